"""Imports as answers: which file of which system was taken over, what became of its rows, how it compares since (P 14).

Beside them the systems themselves, as an office registered them.

`tests/projections/test_imports.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import msgspec

from ledger.events.import_source import ImportSourceClosed, ImportSourceRegistered
from ledger.events.imports import (
    ForkDecided,
    ImportAbandoned,
    ImportClosed,
    ImportContradicted,
    ImportOpened,
    ImportProved,
    ImportReconciled,
    ImportRowsSetAside,
    file_name,
)
from projections.files.projection import HOLDS, Effect, Projection, Rows, Table
from projections.pages import Page, paged

if TYPE_CHECKING:
    from projections.opened import Files


class Source(NamedTuple):
    """A system whose records are taken over, as it was registered last."""

    registered: ImportSourceRegistered
    why: str | None        # For which reason it was closed, where it is.
    event: int


class Reconciliation(NamedTuple):
    """How it compared with a snapshot of its source."""

    snapshot_sha256: str
    snapshot_on: str
    compared: int
    differences: int
    report_sha256: str | None
    event: int


class Contradiction(NamedTuple):
    """Another history that its ledger signed, and where that was kept."""

    event: int
    said: ImportContradicted


class Decision(NamedTuple):
    """What an office decided about all that contradicted by then."""

    event: int
    outcome: str  # continued, closed
    document: str


class Import(NamedTuple):
    """An import as it stands."""

    batch: str
    status: str
    opened: ImportOpened
    closed: ImportClosed | None
    why: str | None  # For which reason it was abandoned.
    reconciliations: tuple[Reconciliation, ...]
    events: tuple[int, ...]
    proved: ImportProved | None = None  # Where another ledger handed its rows over, or somebody brought them along.
    contradictions: tuple[Contradiction, ...] = ()
    decisions: tuple[Decision, ...] = ()
    ended: int | None = None  # The event that closed it.


# Folding


def _opened(rows: Rows, effect: Effect) -> None:
    event: ImportOpened = effect.event
    rows.begin("imports", effect.position, {
        "batch": event.batch, "system": event.system, "status": "open", "opened": msgspec.json.encode(event).decode(),
        "closed": None, "why": None, "reconciliations": "[]", "origin": None, "proved": None, "contradictions": "[]",
        "decisions": "[]", "ended": None, "first": effect.recorded,
        "events": json.dumps([effect.recorded]),
    })


def _change(rows: Rows, effect: Effect, **values: Any) -> None:
    key = {"batch": effect.event.batch}
    for (events,) in rows.now("imports", ("events",), key):
        told = json.dumps([*json.loads(events), effect.recorded])
        rows.change("imports", effect.position, key, {**values, "events": told})


def _set_aside(rows: Rows, effect: Effect) -> None:
    event: ImportRowsSetAside = effect.event
    _change(rows, effect)
    for (system,) in rows.now("imports", ("system",), {"batch": event.batch}):
        for one in event.rows:
            if one.claim is not None:
                rows.begin("in_the_way", effect.position, {
                    "claim": one.claim, "system": system, "record": one.record, "version": one.version,
                    "batch": event.batch, "line": one.row})


def _closed(rows: Rows, effect: Effect) -> None:
    _change(rows, effect, status="closed", closed=msgspec.json.encode(effect.event).decode(),
            ended=effect.recorded)


def _abandoned(rows: Rows, effect: Effect) -> None:
    _change(rows, effect, status="abandoned", why=effect.event.why)


def _proved(rows: Rows, effect: Effect) -> None:
    event: ImportProved = effect.event
    _change(rows, effect, origin=event.origin, proved=msgspec.json.encode(event).decode())


def _contradicted(rows: Rows, effect: Effect) -> None:
    for (known,) in rows.now("imports", ("contradictions",), {"batch": effect.event.batch}):
        told = [*json.loads(known), (effect.recorded, msgspec.to_builtins(effect.event))]
        _change(rows, effect, contradictions=json.dumps(told, ensure_ascii=False))


def _fork_decided(rows: Rows, effect: Effect) -> None:
    event: ForkDecided = effect.event
    for (known,) in rows.now("imports", ("decisions",), {"batch": event.batch}):
        told = [*json.loads(known), Decision(effect.recorded, event.outcome, event.document)]
        _change(rows, effect, decisions=json.dumps(told, ensure_ascii=False))


def _reconciled(rows: Rows, effect: Effect) -> None:
    event: ImportReconciled = effect.event
    one = Reconciliation(event.snapshot_sha256, event.snapshot_on.isoformat(), event.compared, event.differences,
                         event.report_sha256, effect.recorded)
    for (known,) in rows.now("imports", ("reconciliations",), {"batch": event.batch}):
        _change(rows, effect, reconciliations=json.dumps([*json.loads(known), one]))


def _registered(rows: Rows, effect: Effect) -> None:
    event: ImportSourceRegistered = effect.event
    _replaced(rows, effect, {"registered": msgspec.json.encode(event).decode(), "why": None})


def _source_closed(rows: Rows, effect: Effect) -> None:
    _replaced(rows, effect, {"why": effect.event.why})


def _replaced(rows: Rows, effect: Effect, values: dict[str, Any]) -> None:
    key = {"system": effect.event.system}
    if rows.now("sources", ("system",), key):
        rows.change("sources", effect.position, key, {**values, "event": effect.recorded})
    else:
        rows.begin("sources", effect.position, {**key, **values, "event": effect.recorded})


class Imports(Projection):
    """The fold."""

    name: ClassVar = "imports"
    version: ClassVar = 6
    """Until 2 no ledger handed over, until 3 no source was registered, until 4 no fork was decided, until 5 nothing was
    known of what stands in the way of a row."""
    tables: ClassVar = {
        "imports": Table(
            {"batch": str, "system": str, "status": str, "opened": str, "closed": str, "why": str,
             "reconciliations": str, "origin": str, "proved": str, "contradictions": str, "decisions": str,
             "ended": int, "first": int, "events": str},
            ("batch", "from_position"), (("system",), ("first",), ("origin",))),
        "in_the_way": Table({"claim": str, "system": str, "record": str, "version": str, "batch": str, "line": int},
                            ("claim", "batch", "line", "from_position")),
        "sources": Table({"system": str, "registered": str, "why": str, "event": int}, ("system", "from_position")),
    }
    handlers: ClassVar = {
        ImportOpened: _opened,
        ImportRowsSetAside: _set_aside,
        ImportClosed: _closed,
        ImportAbandoned: _abandoned,
        ImportReconciled: _reconciled,
        ImportProved: _proved,
        ImportContradicted: _contradicted,
        ForkDecided: _fork_decided,
        ImportSourceRegistered: _registered,
        ImportSourceClosed: _source_closed,
    }


# Reading

_FIELDS: Final = "batch, status, opened, closed, why, reconciliations, events, proved, contradictions, decisions, ended"
_read_opened = msgspec.json.Decoder(ImportOpened).decode
_read_closed = msgspec.json.Decoder(ImportClosed).decode
_read_proved = msgspec.json.Decoder(ImportProved).decode
_read_source = msgspec.json.Decoder(ImportSourceRegistered).decode
_read_contradictions = msgspec.json.Decoder(tuple[Contradiction, ...]).decode
_read_decisions = msgspec.json.Decoder(tuple[Decision, ...]).decode


def imports(
    files: Files, *, batch: str | None = None, system: str | None = None, as_of: int | None = None,
    after: tuple[int] | None = None, limit: int = 50, newest_first: bool = False,
) -> Page[Import]:
    """Imports in the order in which they were opened, or in the other."""
    reader, at = files.file("imports", as_of)
    given = {name: value for name, value in (("batch", batch), ("system", system)) if value is not None}
    place = [] if after is None else ["first < :after" if newest_first else "first > :after"]
    where = " AND ".join([HOLDS, *place, *(f"{name} = :{name}" for name in given)])
    order = "DESC" if newest_first else "ASC"
    query = f"SELECT {_FIELDS} FROM imports WHERE {where} ORDER BY first {order} LIMIT :limit"
    values = {**given, "as_of": at, "limit": limit + 1} | ({} if after is None else {"after": after[0]})
    rows = reader.rows(query, values)
    return paged([_read(row) for row in rows], limit, at, lambda one: (one.events[0],))


def import_of(files: Files, batch: str, *, as_of: int | None = None) -> Import | None:
    """An import as it stood."""
    return next(iter(imports(files, batch=batch, as_of=as_of).items), None)


def sources(files: Files, *, as_of: int | None = None) -> list[Source]:
    """Every system that was registered as a source, by its code."""
    reader, at = files.file("imports", as_of)
    query = f"SELECT registered, why, event FROM sources WHERE {HOLDS} ORDER BY system"
    return [Source(_read_source(registered), why, event)
            for registered, why, event in reader.rows(query, {"as_of": at})]


def handed_over(files: Files, *, origin: str | None = None, as_of: int | None = None) -> list[Import]:
    """Every import of what ledgers handed over, of one of them or of all, in the order in which they were opened."""
    reader, at = files.file("imports", as_of)
    given = "origin IS NOT NULL" if origin is None else "origin = :origin"
    query = f"SELECT {_FIELDS} FROM imports WHERE {HOLDS} AND {given} ORDER BY first"
    rows = reader.rows(query, {"as_of": at} | ({} if origin is None else {"origin": origin}))
    return [_read(row) for row in rows]


def kept_out_by(files: Files, system: str, claims: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """The records of a system, each in its newest version, that were set aside because a claim stood here already."""
    reader, at = files.file("imports", None)
    rows = reader.rows(
        "SELECT claim, record, max(CAST(version AS INTEGER)) FROM in_the_way WHERE claim IN (SELECT value FROM "
        f"json_each(:claims)) AND system = :system AND {HOLDS} GROUP BY claim, record ORDER BY claim, record",
        {"claims": json.dumps(list(claims)), "system": system, "as_of": at})
    found = dict[str, list[tuple[str, str]]]()
    for claim, record, version in rows:
        found.setdefault(claim, []).append((record, str(version)))
    return found


def import_of_file(files: Files, system: str, file_sha256: str) -> Import | None:
    """The import that took a file of a system over; none where that was abandoned."""
    found = files.ledger.find(file_name(system, file_sha256))
    return None if found is None else import_of(files, found)


def _read(row: tuple[Any, ...]) -> Import:
    batch, status, opened, closed, why, reconciliations, events, proved, contradictions, decisions, ended = row
    return Import(batch, status, _read_opened(opened), None if closed is None else _read_closed(closed), why,
                  tuple(Reconciliation(*one) for one in json.loads(reconciliations)), tuple(json.loads(events)),
                  None if proved is None else _read_proved(proved), _read_contradictions(contradictions),
                  _read_decisions(decisions), ended)
