"""Whether what a statement says is still so, and the events that changed it.

It is asked under the same rulebooks that the statement rests on: the person's years as of the statement's own position
against those as of now. So a law that was amended since makes no statement wrong, and is told apart; what differs is
what happened to the person: an entry approved, corrected, frozen or revoked, a back-dated transfer. Where they went
after the years that it speaks of is not its matter. Their name is that of the day of issue, on whatever basis. A title
is sealed: where a study was stated anew since, the two are opened and compared, and neither is told.

`tests/projections/test_statement_answers.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from ledger.events.study import StudyDetails
from projections.answers import Answers
from projections.basis import Axes
from projections.statements import Statement
from projections.timeline_reading import Wanted, person_timeline

_BEYOND: Final = 1 << 62
_MOST: Final = 1_000
_UNPRINTED: Final = frozenset({"phone"})
_MOVES: Final = ("person.affiliated", "person.affiliation_voided", "person.left", "person.departure_voided")
_PLACES: Final = frozenset({"event", "events", "why"})
"""Where in the log something stands, and how it was reckoned: an entry frozen and released says again what it said."""


class Said(NamedTuple):
    """What a statement says of a person, as of some position."""

    years: dict[int, dict[str, Any]]
    entries: dict[int, dict[str, Any]]
    affiliations: list[Any]
    events: dict[str, list[int]]    # Of each entry.


def changed_since(answers: Answers, statement: Statement, *, as_of: int | None = None) -> dict[str, Any]:
    """Whether what a statement says is still so of the person, year by year, and the events that changed it.

    `corrected`: something that it says is said otherwise now. `changed`: that, or there is more to say of its years.
    """
    at = answers.settle(Axes(as_of))
    was, now = _said(answers, statement, statement.as_of), _said(answers, statement, at)
    retitled = _retitled(answers, statement, was, now, at)
    changes = [_change(year, was, now, retitled) for year in statement.years]
    years = [one for one in changes if one["entries"] or was.years.get(one["year"]) != now.years.get(one["year"])]
    moved = was.affiliations != now.affiliations
    identity = _renamed(answers, statement, at)
    touched = {entry for year in years for entry in (*year["added"], *year["entries"])}
    events = [*identity, *(_events(answers, statement, at, _MOVES) if moved else ()),
              *(one for one in _events(answers, statement, at, ("claim",)) if one["stream"] in touched)]
    return {
        "changed": bool(years) or moved or bool(identity),
        "corrected": any(year["entries"] for year in years) or moved or bool(identity),
        "years": years,
        "affiliations": moved,
        "identity": bool(identity),
        "events": sorted(events, key=lambda one: (one["position"], one["event"])),
        "law_changed": _law(answers, statement, at) != set(statement.rulebooks),
    }


def _law(answers: Answers, statement: Statement, as_of: int) -> set[str]:
    """The rulebooks that the statement's own `law` names as of a position, for `now` those enacted by then."""
    return set(answers.basis(Axes(as_of, _day(statement), statement.law, head=as_of)).digests)


def _day(statement: Statement) -> date | None:
    return None if statement.valid_on is None else date.fromisoformat(statement.valid_on)


def _said(answers: Answers, statement: Statement, as_of: int) -> Said:
    """The years that a statement speaks of under its own rulebooks, and where the person belonged until their end."""
    law = "set:" + ",".join(statement.rulebooks)
    found = answers.years(statement.person, Axes(as_of, _day(statement), law))
    assert found is not None, "a statement is a person's"
    years = {one["year"]: _bare(one) for one in found["years"] if one["year"] in statement.years}
    until = f"{max(statement.years)}-12-31"
    belonged = [{**one, "to": None if one["to"] is None or one["to"] >= until else one["to"]}
                for one in found["affiliations"] if one["from"] <= until]
    return Said(
        years, {year: {entry["claim"]: entry for entry in one["entries"]} for year, one in years.items()},
        _bare(belonged),
        {entry["claim"]: entry["events"] for one in found["years"] for entry in one["entries"]},
    )


def _bare(said: dict[str, Any] | list[Any]) -> Any:
    if isinstance(said, dict):
        return {name: _bare(value) if isinstance(value, dict | list) else value
                for name, value in said.items() if name not in _PLACES}
    return [_bare(one) if isinstance(one, dict | list) else one for one in said]


def _retitled(answers: Answers, statement: Statement, was: Said, now: Said, as_of: int) -> set[str]:
    """The entries whose title is another one than at the statement's basis."""
    found = set()
    for claim, events in was.events.items():
        if now.events.get(claim, events) != events:
            one, two = (answers.claim(claim, at)[-1].study_event for at in (statement.as_of, as_of))
            if one != two and _title(answers, one) != _title(answers, two):
                found.add(claim)
    return found


def _title(answers: Answers, event: int) -> str | None:
    """What was studied, as an event states it; nothing where its key is destroyed."""
    stated = answers.ledger.at(event)
    sealed = None if stated is None else answers.ledger.opened(stated)
    return sealed.title if isinstance(sealed, StudyDetails) else None


def _change(year: int, was: Said, now: Said, retitled: set[str]) -> dict[str, Any]:
    """A year that no longer is as it was said: its totals then and now, what came to it and what stands otherwise."""
    before, after = was.entries.get(year, {}), now.entries.get(year, {})
    return {
        "year": year, "was": _totals(was.years.get(year)), "is": _totals(now.years.get(year)),
        "added": [claim for claim in after if claim not in before],
        "entries": [claim for claim in before if claim in retitled or before[claim] != after.get(claim)],
    }


def _totals(year: dict[str, Any] | None) -> dict[str, str] | None:
    return None if year is None else {side: year[side]["total"] for side in ("decided", "evaluated")}


def _renamed(answers: Answers, statement: Statement, as_of: int) -> list[dict[str, Any]]:
    """What has been put right of who the person is since it was issued, as far as a statement bears it."""
    found = _since(answers, statement, as_of, ("person.corrected",), statement.events[0])
    return [_pointer(one) for one in found if not _UNPRINTED.issuperset(one["facts"]["fields"])]


def _events(answers: Answers, statement: Statement, as_of: int, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    """What has happened to the person since the statement's basis, of these kinds."""
    return [_pointer(one) for one in _since(answers, statement, as_of, kinds, statement.as_of)]


def _since(
    answers: Answers, statement: Statement, as_of: int, kinds: tuple[str, ...], position: int
) -> Sequence[dict[str, Any]]:
    return person_timeline(answers, statement.person, Wanted(kinds=kinds), as_of=as_of, after=(position, _BEYOND),
                           limit=_MOST).items


def _pointer(line: dict[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in ("position", "event", "recorded_at", "what", "words", "stream")}
