"""One person's year under both laws of a replay, with every entry and the steps that each law takes with it.

A replay keeps what changed and names the clauses; why it did is said by whatever answers a person's year, asked twice
on the replay's own basis. Rulebooks that were sent with the question are read from its report, where they lie under
their digests. Whom somebody may look at is asked of today, and whoever looks is recorded first.

`tests/console/test_replay_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from api.cases import years
from api.cases.law.replay_reports import place_of, sums_of
from api.cases.law.replay_rows import may_read
from api.cases.standing import look_at
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from policies.archive import RulebookMissing
from policies.building import build
from policies.rulebook import Rulebook
from projections.basis import Basis, Cited
from projections.books import Books

_WHAT: Final = ("replay", "years", "titles", "identity")


class Both(NamedTuple):
    """A year as either law has it; None where a person has no such year."""

    old: dict[str, Any] | None
    new: dict[str, Any] | None
    question: dict[str, Any]
    names: Mapping[str, Any]   # What people call what the report names by codes.


def year(house: House, caller: Caller, job: str, person: str, year: int, purpose: str | None) -> Both | Refusal:
    """A person's year under the law that a replay compared with, and under the new one."""
    if no := may_read(house, caller, job):
        return no
    if no := look_at(house, caller, person, purpose, what=_WHAT, route="replay"):
        return no
    found = house.jobs.find(job)
    assert found is not None, "it can be read"
    books = _books(house, place_of(house, job))
    old, new = (_year(house, books, person, _basis(found.question, side), year) for side in ("against", "under"))
    return Both(old, new, found.question, (found.outcome or {}).get("names", {}))


def _year(house: House, books: Books, person: str, basis: Basis, year: int) -> dict[str, Any] | None:
    answer = house.answers.years_on(person, basis, books, year)
    years.put_titles(house, answer)
    return next(iter(answer["years"]), None)


def _basis(question: Mapping[str, Any], side: str) -> Basis:
    """What the replay rested on."""
    law, valid_on = question[side], question.get("valid_on")
    return Basis(
        question["as_of"], question["as_of_time"], None if valid_on is None else date.fromisoformat(valid_on),
        law["law"], tuple(Cited(**one) for one in law["rulebooks"]), question["as_of"],
        bytes.fromhex(question["root"]))


def _books(house: House, report: Path) -> Books:
    """The house's rulebooks, and those that were sent with the question."""
    sent = {digest: name for name, digest in sums_of(report).items() if name.endswith(".toml")}

    def book(digest: str) -> Rulebook:
        try:
            return house.answers.books.book(digest)
        except RulebookMissing:
            if digest not in sent:
                raise
        return build(sent[digest], (report / sent[digest]).read_bytes(), digest, None)

    return Books(book)
