"""One person before the law, from rows of projections: as decided, and as evaluated under any set of rulebooks.

*As decided*: each entry is worth what was recorded when an office decided, under the rulebook and clause that were
recorded; the caps are those of that rulebook. *As evaluated*: each entry is worth what the law at hand says
(`policies.person`). Duplicates, sums and requirements are the same fold for both, and both are judged by the law at
hand, so that the two differ by worth and caps alone.

The rulebooks stand in `projections.books`, where the person belonged in `projections.belonging`.

`tests/projections/test_years.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from policies.assess import UNRULED
from policies.errors import BadLine
from policies.lines import entry_steps
from policies.person import Bench, EntriesRuling
from policies.places import NO_LATER, Place
from policies.steps import Step
from policies.year import Folded, Weighed, fold
from projections.belonging import Belonging, places
from projections.books import Books
from projections.entries_reading import Version, year_of


class Judged(NamedTuple):
    """One person twice: by what was decided, and by what the law at hand says. Lists run parallel to `standing`."""

    bench: Bench
    places: list[Place]
    standing: list[Version]    # What counts: approved or frozen.
    decided: list[Weighed]
    folded: Folded             # As decided.
    ruled: EntriesRuling       # As evaluated.
    bad: dict[int, BadLine]    # What the law could not read.


def judge(books: Books, digests: tuple[str, ...], belonged: Sequence[Belonging], standing: list[Version]) -> Judged:
    """Judge everything of one person, given in the order of registration."""
    decided = [books.weighed(version) for version in standing]
    return _under(books, digests, places(belonged, first_day(standing)), standing, decided, fold(decided))


def judge_rest(judged: Judged, belonged: Sequence[Belonging], stays: Callable[[Version], bool]) -> Judged:
    """The same without some of the entries. It comes to what `judge` makes of the others, for less than half."""
    kept = [at for at, one in enumerate(judged.standing) if stays(one)]
    standing, decided = [judged.standing[at] for at in kept], [judged.decided[at] for at in kept]
    whole = places(belonged, first_day(standing))
    return Judged(
        judged.bench, whole, standing, decided, fold(decided), judged.bench.judge_rest(judged.ruled, kept),
        {new: judged.bad[at] for new, at in enumerate(kept) if at in judged.bad},
    )


def first_day(standing: Sequence[Version]) -> int:
    """The first day that may matter to these: of their evidence, or of the year that one was attributed to."""
    return min(
        (min(one.study.evidence_on.toordinal(), date(year_of(one), 1, 1).toordinal()) for one in standing),
        default=NO_LATER,
    )


def judge_under(books: Books, digests: tuple[str, ...], judged: Judged) -> Judged:
    """The same past under another law: what was decided, and where the person belonged, is the same."""
    return _under(books, digests, judged.places, judged.standing, judged.decided, judged.folded)


def _under(
    books: Books, digests: tuple[str, ...], whole: list[Place], standing: list[Version], decided: list[Weighed],
    folded: Folded,
) -> Judged:
    seat = books.seat(digests)
    entries, bad = seat.take_all(standing)
    return Judged(seat.bench, whole, standing, decided, folded, seat.bench.judge_entries(whole, entries), bad)


def steps_of(judged: Judged, at: int) -> list[Step]:
    """Why an entry counts what it counts under the law at hand; where that could not read it, why not."""
    steps, bad = entry_steps(judged.ruled, at), judged.bad.get(at)
    if bad is None:
        return steps
    return [Step(UNRULED, None, None, None, f"所问的细则读不懂这条记录（{bad.field}：{bad}），按待定处理"), *steps]
