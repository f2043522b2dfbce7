"""Statements as answers: issued on which basis, superseded or void. Whether they still hold: `still_so.py`.

`tests/projections/test_statement_answers.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from ledger.events.statement import StatementIssued, StatementSuperseded, StatementVoided
from projections.files.projection import HOLDS, Effect, Projection, Rows, Table

if TYPE_CHECKING:
    from projections.opened import Files


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

_BY: Final = f"SELECT {', '.join(Statement._fields)} FROM statements WHERE {{}} AND {HOLDS} ORDER BY statement"
_LISTS: Final = frozenset({"rulebooks", "years", "events"})


def statements_of(files: Files, person: str, *, as_of: int | None = None) -> list[Statement]:
    """Every statement that was handed out about a person, oldest first."""
    return _read(files, "person = :key", person, as_of)


def statements_of_all(files: Files, persons: Iterable[str], *, as_of: int | None = None) -> list[Statement]:
    """Every statement that was handed out about several people, oldest first."""
    return _read(files, "person IN (SELECT value FROM json_each(:key))", json.dumps(list(persons)), as_of)


def statement_of_code(files: Files, code: str, *, as_of: int | None = None) -> Statement | None:
    """The statement of a verify code, in its stored form."""
    return next(iter(_read(files, "code = :key", code, as_of)), None)


def _read(files: Files, by: str, key: str, as_of: int | None) -> list[Statement]:
    reader, at = files.file("statements", as_of)
    return [Statement._make(tuple(json.loads(cell)) if name in _LISTS else cell
                            for name, cell in zip(Statement._fields, row, strict=True))
            for row in reader.rows(_BY.format(by), {"key": key, "as_of": at})]
