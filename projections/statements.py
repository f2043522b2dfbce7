"""Statements as answers: issued on which basis, superseded or void, and whether what they say is still so.

*Still so* is asked under the same rulebooks that the statement rests on: the person's years as of the statement's own
position against those as of now. So a law that was amended since makes no statement wrong, and is told apart; what
differs is what happened to the person: an entry approved, corrected, frozen or revoked, a back-dated transfer. Where
they went after the years that it speaks of is not its matter.

`tests/projections/test_statement_answers.py` shows it.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from ledger.events.statement import StatementIssued, StatementSuperseded, StatementVoided
from projections.basis import Axes
from projections.projection import HOLDS, Effect, Projection, Rows, Table
from projections.timeline import Wanted, person_timeline

if TYPE_CHECKING:
    from projections.answers import Answers


class Statement(NamedTuple):
    """A statement as it stands."""

    statement: str
    person: str
    status: str
    code: str
    sha256: str
    as_of: int
    log_size: int
    root: str | None
    valid_on: str | None
    law: str
    rulebooks: tuple[str, ...]
    years: tuple[int, ...]
    superseded_by: str | None
    events: tuple[int, ...]


# Folding


def _issued(rows: Rows, effect: Effect) -> None:
    event: StatementIssued = effect.event
    rows.begin("statements", effect.position, {
        "statement": event.statement, "person": event.person, "status": "issued", "code": event.code,
        "sha256": event.sha256, "as_of": event.as_of, "log_size": event.log_size, "root": event.root,
        "valid_on": None if event.valid_on is None else event.valid_on.isoformat(), "law": event.law,
        "rulebooks": json.dumps(event.rulebooks), "years": json.dumps(event.years), "superseded_by": None,
        "events": json.dumps([effect.recorded]),
    })


def _becomes(rows: Rows, effect: Effect, **values: str) -> None:
    key = {"statement": effect.event.statement}
    for (events,) in rows.now("statements", ("events",), key):
        told = json.dumps([*json.loads(events), effect.recorded])
        rows.change("statements", effect.position, key, {**values, "events": told})


def _superseded(rows: Rows, effect: Effect) -> None:
    _becomes(rows, effect, status="superseded", superseded_by=effect.event.by_statement)


def _voided(rows: Rows, effect: Effect) -> None:
    _becomes(rows, effect, status="voided")


class Statements(Projection):
    """The fold."""

    name: ClassVar = "statements"
    version: ClassVar = 1
    tables: ClassVar = {
        "statements": Table(
            {"statement": str, "person": str, "status": str, "code": str, "sha256": str, "as_of": int,
             "log_size": int, "root": str, "valid_on": str, "law": str, "rulebooks": str, "years": str,
             "superseded_by": str, "events": str},
            ("statement", "from_position"), (("person",), ("code",))),
    }
    handlers: ClassVar = {StatementIssued: _issued, StatementSuperseded: _superseded, StatementVoided: _voided}


# Reading

_BY: Final = f"SELECT {', '.join(Statement._fields)} FROM statements WHERE {{}} = :key AND {HOLDS} ORDER BY statement"
_LISTS: Final = frozenset({"rulebooks", "years", "events"})
_BEYOND: Final = 1 << 62
_MOST: Final = 1_000


def statements_of(answers: Answers, person: str, *, as_of: int | None = None) -> list[Statement]:
    """Every statement that was handed out about a person, oldest first."""
    return _read(answers, "person", person, as_of)


def statement_of_code(answers: Answers, code: str, *, as_of: int | None = None) -> Statement | None:
    """The statement of a verify code, in its stored form."""
    return next(iter(_read(answers, "code", code, as_of)), None)


def _read(answers: Answers, by: str, key: str, as_of: int | None) -> list[Statement]:
    reader, at = answers.file("statements", as_of)
    return [Statement._make(tuple(json.loads(cell)) if name in _LISTS else cell
                            for name, cell in zip(Statement._fields, row, strict=True))
            for row in reader.rows(_BY.format(by), {"key": key, "as_of": at})]


# Still so?

_MOVES: Final = ("person.affiliated", "person.affiliation_voided", "person.left", "person.departure_voided")
_PLACES: Final = frozenset({"event", "events", "why"})
"""Where in the log something stands, and how it was reckoned: an entry frozen and released says again what it said."""


class Said(NamedTuple):
    """What a statement says of a person, as of some position."""

    years: dict[int, dict[str, Any]]
    entries: dict[int, dict[str, Any]]
    affiliations: list[Any]


def changed_since(answers: Answers, statement: Statement, *, as_of: int | None = None) -> dict[str, Any]:
    """Whether what a statement says is still so of the person, year by year, and the events that changed it.

    `corrected`: something that it says is said otherwise now. `changed`: that, or there is more to say of its years.
    """
    at = answers.settle(Axes(as_of))
    was, now = _said(answers, statement, statement.as_of), _said(answers, statement, at)
    years = [_change(year, was, now) for year in statement.years if was.years.get(year) != now.years.get(year)]
    moved = was.affiliations != now.affiliations
    identity = _events(answers, statement, at, ("person.corrected",))
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
    law = "set:" + ",".join(statement.rulebooks) if statement.rulebooks else statement.law
    found = answers.years(statement.person, Axes(as_of, _day(statement), law))
    assert found is not None, "a statement is a person's"
    years = {one["year"]: _bare(one) for one in found["years"] if one["year"] in statement.years}
    until = f"{max(statement.years)}-12-31"
    belonged = [{**one, "to": None if one["to"] is None or one["to"] >= until else one["to"]}
                for one in found["affiliations"] if one["from"] <= until]
    return Said(
        years, {year: {entry["claim"]: entry for entry in one["entries"]} for year, one in years.items()},
        _bare(belonged),
    )


def _bare(said: dict[str, Any] | list[Any]) -> Any:
    if isinstance(said, dict):
        return {name: _bare(value) if isinstance(value, dict | list) else value
                for name, value in said.items() if name not in _PLACES}
    return [_bare(one) if isinstance(one, dict | list) else one for one in said]


def _change(year: int, was: Said, now: Said) -> dict[str, Any]:
    """A year that no longer is as it was said: its totals then and now, what came to it and what stands otherwise."""
    before, after = was.entries.get(year, {}), now.entries.get(year, {})
    return {
        "year": year, "was": _totals(was.years.get(year)), "is": _totals(now.years.get(year)),
        "added": [claim for claim in after if claim not in before],
        "entries": [claim for claim in before if before[claim] != after.get(claim)],
    }


def _totals(year: dict[str, Any] | None) -> dict[str, str] | None:
    return None if year is None else {side: year[side]["total"] for side in ("decided", "evaluated")}


def _events(answers: Answers, statement: Statement, as_of: int, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    """What has happened to the person since the statement's basis, of these kinds."""
    page = person_timeline(answers, statement.person, Wanted(kinds=kinds), as_of=as_of,
                           after=(statement.as_of, _BEYOND), limit=_MOST)
    return [{name: one[name] for name in ("position", "event", "recorded_at", "what", "words", "stream")}
            for one in page.items]
