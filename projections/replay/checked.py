"""Real people judged a second time, with every reason, by what answers everybody's questions (`Answers.years`).

The kernel is the third form of the fold, and columns are the second form of the rows; at each replay some people are
judged without either. If one of them comes out differently, the report stops and keeps both accounts.

`tests/projections/replay/test_gathered.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ledger.vocabulary import format_hours
from projections.errors import ProjectionError
from projections.replay.compiled import Compiled, Dues
from projections.replay.gathered import Gathered
from projections.replay.replayed import EXAM, HOW_BITS, IN_PROGRESS, MET, SHORT, UNDETERMINED, Replayed

VERDICT: Final = {1: True, 0: False, -1: None}
HOW: Final = {MET: (True, None), SHORT: (False, None), IN_PROGRESS: (None, "in_progress"),
              UNDETERMINED: (None, "undetermined")}
_CATEGORIES: Final = ("professional", "sector_public", "general_public")


class Account(NamedTuple):
    """What somebody's entries count, how their years stand, what their titles rest on: all that a replay gives."""

    entries: dict[str, str]
    years: dict[int, dict[str, Any]]
    titles: tuple[Any, ...] = ()


class Disagreement(ProjectionError):
    """A replay and an answer differ over one person. Both accounts are kept: they are evidence."""

    code = "replay_disagrees"

    def __init__(self, person: str, law: str, *, replayed: Account, answered: Account) -> None:
        self.person, self.law, self.replayed, self.answered = person, law, replayed, answered
        super().__init__(
            f"重放与逐条评定不一致：{person}，细则 {law}。报告没有写出；"
            f"重放得 {replayed}，逐条评定得 {answered}。请保留这段文字并报告，这是程序的错误。"
        )


def replayed_account(gathered: Gathered, compiled: Compiled, replayed: Replayed, number: int) -> Account:
    """What a replay says of one person."""
    coded = gathered.coded
    first, last = coded.first_entry[number:number + 2].tolist()
    claims = gathered.held.claims["claim"][gathered.claims[first:last]].astype(str).tolist()
    counted = [format_hours(centi) for centi in replayed.counted[first:last].tolist()]
    begin, end = coded.first_year_row[number:number + 2].tolist()
    first_year = int(coded.first_year[number])
    years = {first_year + row - begin: _year(gathered, compiled, replayed, row, first_year + row - begin)
             for row in range(begin, end) if gathered.is_answered[row]}
    return Account(dict(sorted(zip(claims, counted, strict=True))), years)


def _year(gathered: Gathered, compiled: Compiled, replayed: Replayed, row: int, year: int) -> dict[str, Any]:
    sums = replayed.sums[row].tolist()
    zone = int(gathered.coded.standing[row])
    return {
        "total": format_hours(sum(sums[:EXAM])),
        **{name: format_hours(centi) for name, centi in zip(_CATEGORIES, sums, strict=False)},
        "exam_hours": format_hours(sums[EXAM]), "met": VERDICT[int(replayed.verdict[row])],
        "minimums": stands(compiled.dues, zone, year, int(replayed.minimums[row])),
    }


def stands(dues: Dues, zone: int, year: int, packed: int) -> list[tuple[str, str, bool | None, str | None]]:
    """How each requirement of a year stands: rulebook, name, met, and why not if it is open."""
    if zone < 0:
        return []
    listed = dues.lists[int(dues.of[zone, year - dues.first_year])]
    return [(due.rulebook.id, due.minimum.name, *HOW[packed >> HOW_BITS * at & 3]) for at, due in enumerate(listed)]


def answered_account(answer: Mapping[str, Any]) -> Account:
    """The same part of an answer."""
    entries, years = {}, {}
    for year in answer["years"]:
        for entry in year["entries"]:
            if entry["status"] != "revoked":
                entries[entry["claim"]] = entry["evaluated"]["counted"]
        told = year["evaluated"]
        years[year["year"]] = {
            **{name: told[name] for name in ("total", *_CATEGORIES, "exam_hours", "met")},
            "minimums": [(one["rulebook"], one["name"], one["met"], one.get("reason")) for one in told["minimums"]],
        }
    return Account(dict(sorted(entries.items())), years)
