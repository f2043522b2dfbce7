"""Where what was decided and what the law says part, entry by entry: of which kind a difference is, and why.

    unreadable   the law at hand cannot read the facts, so the entry is unruled there
    belonging    the person turned out to have belonged elsewhere on that day: a transfer entered later (W 4)
    worth        the law gives the same facts other hours, or none, or some
    duplicate    another entry of the same occasion or output is kept
    room         worth the same, but a cap leaves more or less of it
    class        the same hours count for another class, or bring other hours of another category with them

An entry differs when what it brings to its year differs. So a year that differs holds an entry that does, or follows in
a cycle on one that holds it. `projections/differences/bulk.py` finds the same over columns.

Reading: a difference is of belonging where, had the person belonged where the office believed they did, the law at hand
gave what was decided; of worth where the law would have moved it all the same.

`tests/projections/test_differing.py` shows each kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from ledger.vocabulary import format_hours
from policies.assess import DUPLICATE, RULED, UNRULED, Ruling
from policies.law import BY_EXAM
from policies.places import Place, place_on
from policies.year import Folded
from projections.belonging import Belonging, places
from projections.entries_reading import year_of
from projections.judging import Judged, steps_of

UNREADABLE: Final = "unreadable"
BELONGING: Final = "belonging"
WORTH: Final = "worth"
REPEATED: Final = "duplicate"
ROOM: Final = "room"
CLASS: Final = "class"
KINDS: Final = (UNREADABLE, BELONGING, WORTH, REPEATED, ROOM, CLASS)

Known = Callable[[int], Sequence[Belonging]]
"""Where the person belonged, as the register knew it at a position."""


class Differing(NamedTuple):
    """An entry that differs; hours are those that count."""

    at: int               # Its place among what stands.
    kind: str
    decided_centi: int
    evaluated_centi: int
    because: str


def differing(judged: Judged, known: Known, year: int | None = None) -> list[Differing]:
    """Every entry that differs, in the order of registration; or those of a year."""
    told, meant = judged.folded, judged.ruled.folded
    found = []
    for at, version in enumerate(judged.standing):
        if year is not None and year_of(version) != year:
            continue
        decided, evaluated = judged.decided[at].ruling, judged.ruled.weighed[at].ruling
        if brought(decided, at, told) != brought(evaluated, at, meant):
            kind = _kind(judged, at, known)
            found.append(Differing(at, kind, told.counted[at], meant.counted[at], _because(judged, at, kind)))
    return found


def brought(ruling: Ruling, at: int, folded: Folded) -> tuple[Any, ...]:
    """What an entry brings to its year: hours, their class, other hours with them, and what it leaves open."""
    if not ruling.counts:
        is_open = ruling.status == UNRULED
        return 0, None, None, (1 << ruling.category | (BY_EXAM if ruling.by_exam else 0)) if is_open else 0
    if at in folded.lost:
        return 0, None, None, 0
    hours, credit = folded.counted[at], ruling.credit
    return hours, ruling.class_ if hours else None, credit and (credit.category, credit.hours_centi), 0


def _kind(judged: Judged, at: int, known: Known) -> str:
    if at in judged.bad:
        return UNREADABLE
    told, meant = judged.decided[at].ruling, judged.ruled.weighed[at].ruling
    if not _same_worth(told, meant):
        return BELONGING if _same_worth(told, _where_believed(judged, at, known)) else WORTH
    if at in judged.folded.lost or at in judged.ruled.folded.lost:
        return REPEATED
    return ROOM if judged.folded.counted[at] != judged.ruled.folded.counted[at] else CLASS


def _same_worth(one: Ruling, two: Ruling) -> bool:
    return (one.assessed, one.counts) == (two.assessed, two.counts)


def _where_believed(judged: Judged, at: int, known: Known) -> Ruling:
    """What the law at hand gives where the office believed the person to belong; the very ruling where it was right."""
    decision = judged.standing[at].decision
    assert decision is not None, "what stands was decided"
    day = judged.ruled.weighed[at].day
    believed = places(known(decision.event), day)
    if _zone(place_on(believed, day)) == _zone(place_on(judged.places, day)):
        return judged.ruled.weighed[at].ruling
    return judged.bench.judge_entries(believed, [judged.ruled.entries[at]]).weighed[0].ruling


def _zone(place: Place | None) -> Any:
    return place and place[2:]


_MOVED: Final = {
    REPEATED: "核定相同，重复的取舍不同", ROOM: "核定相同，上限之下所余不同", CLASS: "核定相同，归类或另给的学时不同",
}


def _because(judged: Judged, at: int, kind: str) -> str:
    """What moved the number, in words, with the last step of what the law says."""
    steps = steps_of(judged, at)
    last = steps[-1].arithmetic if steps else ""
    if kind in _MOVED:
        return f"{_MOVED[kind]}：{last}"
    told, meant = judged.decided[at].ruling, judged.ruled.weighed[at].ruling
    then, now = f"依{_law(told)}为 {format_hours(told.assessed)}", f"依{_law(meant)}为 {format_hours(meant.assessed)}"
    moved = "（后来登记的隶属关系改变了适用的细则）" if kind == BELONGING else ""
    return f"核定时{then}；所问的法{now}{moved}：{last}"


def _law(ruling: Ruling) -> str:
    if ruling.status in (RULED, DUPLICATE) or ruling.book is not None:
        return f" {ruling.rulebook or '（未记细则）'} {ruling.article or ''}".rstrip()
    return "主管部门文件" if ruling.counts else "（没有细则规定）"
