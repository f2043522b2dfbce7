"""Cases as answers: which stand open where, who works on them, whom and what they are about, what came of them.

Whom and what a case names stands a row each: a case over ten thousand entries is no longer to read than another, and a
list is read by the page. What stands on its desk is in `projections/case_desk.py`, in the same file.

`tests/projections/test_case_answers.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from ledger.events.actor import Scope
from ledger.events.case import (
    CaseClosed,
    CaseOpened,
    CaseReferred,
    CaseWidened,
    ClaimsHeld,
    Concerned,
    FindingRecorded,
)
from projections import case_desk
from projections.case_desk import happens
from projections.files.projection import HOLDS, Effect, Projection, Rows, Table
from projections.pages import Page, paged

if TYPE_CHECKING:
    from projections.opened import Files

PARTIES: Final = ("claims", "persons", "actors", "organisers")
"""Whom and what a case can be about."""
NAMED: Final = (*PARTIES, "held", "released")
LISTED_MOST: Final = 500
"""So many of each list are told with the case itself; the whole list by the page (`named_in`)."""
_HEAD: Final = ("case_id", "kind", "region", "sector", "pattern", "status", "finding", "referred_to", "due")
_LISTS: Final = ("findings", "taken", "members", "events")


class Case(NamedTuple):
    """A case as it stands."""

    case_id: str
    kind: str
    region: str
    sector: str | None
    pattern: str | None
    status: str                  # open, closed
    finding: str                 # pending, ruled_out, substantiated, referred
    referred_to: str | None
    due: str | None
    findings: tuple[int, ...]    # The events that it rests on.
    taken: tuple[str, ...]       # The findings of patterns that are looked into in it.
    members: tuple[str, ...]     # Who works on it; nobody in particular while there is none.
    opened_at: int               # In microseconds.
    events: tuple[int, ...]
    counts: dict[str, int]       # How many it names, of each kind.
    named: dict[str, tuple[str, ...]]  # Who and what, the first of each; nothing where only heads are asked for.

    @property
    def claims(self) -> tuple[str, ...]:
        """The first of its entries."""
        return self.named.get("claims", ())

    @property
    def persons(self) -> tuple[str, ...]:
        """The first of the people whom it is about."""
        return self.named.get("persons", ())

    @property
    def actors(self) -> tuple[str, ...]:
        """The first of the accounts that it is about."""
        return self.named.get("actors", ())

    @property
    def organisers(self) -> tuple[str, ...]:
        """The first of the units that it is about."""
        return self.named.get("organisers", ())

    @property
    def held(self) -> tuple[str, ...]:
        """The first of what was ever held in it."""
        return self.named.get("held", ())

    @property
    def released(self) -> tuple[str, ...]:
        """What was released as it was closed."""
        return self.named.get("released", ())


# Folding


def _opened(rows: Rows, effect: Effect) -> None:
    event: CaseOpened = effect.event
    rows.begin("cases", effect.position, {
        "case_id": event.case, "kind": event.kind, "region": event.region, "sector": event.sector,
        "pattern": event.pattern, "status": "open", "finding": "pending", "referred_to": None,
        "due": None if event.due is None else event.due.isoformat(), "findings": json.dumps(event.findings),
        "taken": "[]", "members": "[]", "opened_at": effect.envelope.recorded_at,
        "events": json.dumps([effect.recorded]),
    })
    _concerns(rows, effect, event.concerned)


def _concerns(rows: Rows, effect: Effect, concerned: Concerned) -> None:
    for kind in PARTIES:
        _names(rows, effect, kind, getattr(concerned, kind))


def _names(rows: Rows, effect: Effect, kind: str, ids: Iterable[str]) -> None:
    for nth, one in enumerate(dict.fromkeys(ids)):
        rows.insert("named", {"case_id": effect.event.case, "kind": kind, "party": one, "position": effect.position,
                              "nth": nth})


def _widened(rows: Rows, effect: Effect) -> None:
    happens(rows, effect)
    _concerns(rows, effect, effect.event.concerned)


def _held(rows: Rows, effect: Effect) -> None:
    event: ClaimsHeld = effect.event
    happens(rows, effect)
    _names(rows, effect, "held", event.claims)


def _found(rows: Rows, effect: Effect) -> None:
    event: FindingRecorded = effect.event
    happens(rows, effect, finding=event.finding)


def _referred(rows: Rows, effect: Effect) -> None:
    event: CaseReferred = effect.event
    happens(rows, effect, finding="referred", referred_to=event.to)


def _closed(rows: Rows, effect: Effect) -> None:
    event: CaseClosed = effect.event
    happens(rows, effect, status="closed")
    _names(rows, effect, "released", event.released)


class Cases(Projection):
    """The fold."""

    name: ClassVar = "cases"
    version: ClassVar = 2
    tables: ClassVar = {
        "cases": Table({**dict.fromkeys((*_HEAD, *_LISTS), str), "opened_at": int},
                       ("case_id", "from_position"), (("status", "region"),)),
        "named": Table({**dict.fromkeys(("case_id", "kind", "party"), str), "position": int, "nth": int},
                       ("case_id", "kind", "position", "nth"), (("party",),), dated=False),
        **case_desk.TABLES,
    }
    handlers: ClassVar = {
        CaseOpened: _opened, CaseWidened: _widened, ClaimsHeld: _held, FindingRecorded: _found,
        CaseReferred: _referred, CaseClosed: _closed, **case_desk.HANDLERS,
    }


# Reading

_READ: Final = (*_HEAD, "findings", "taken", "members", "opened_at", "events")
_CASES: Final = (
    f"SELECT {', '.join(_READ)} FROM cases WHERE ({{}}) AND {HOLDS} AND case_id > :after "
    "ORDER BY case_id LIMIT :limit"
)


def cases(
    files: Files, scopes: Iterable[Scope], *, status: str | None = None, as_of: int | None = None, after: str = "",
    limit: int = 50,
) -> Page[Case]:
    """Which cases lie within scopes, oldest first: their heads, and how many each names."""
    reader, at = files.file("cases", as_of)
    values: dict[str, Any] = {"as_of": at, "after": after, "limit": limit + 1, "status": status}
    reached = [_reaches(number, scope, values) for number, scope in enumerate(scopes)]
    if not reached:
        return paged([], limit, at, lambda one: ())
    wanted = f"({' OR '.join(reached)}) AND (:status IS NULL OR status = :status)"
    found = [_case(reader, row, at) for row in reader.rows(_CASES.format(wanted), values)]
    return paged(found, limit, at, lambda one: (one.case_id,))


def case_of(files: Files, case: str, *, as_of: int | None = None, listed: bool = True) -> Case | None:
    """One case, with the first of everyone and everything that it names; or its head alone."""
    reader, at = files.file("cases", as_of)
    values = {"as_of": at, "after": "", "limit": 1, "key": case}
    for row in reader.rows(_CASES.format("case_id = :key"), values):
        return _case(reader, row, at, listed=listed)
    return None


def named_in(
    files: Files, case: str, kind: str, *, as_of: int | None = None, after: tuple[int, int] = (0, -1),
    limit: int = LISTED_MOST,
) -> Page[str]:
    """Whom or what a case names, in the order in which it did (`NAMED`)."""
    reader, at = files.file("cases", as_of)
    return _named(reader, case, kind, at, after, limit)


def is_named(files: Files, case: str, *parties: str | None) -> bool:
    """Say whether a case is about any of these, as far as is known now."""
    return bool(named_among(files, case, (one for one in parties if one is not None)))


def named_among(files: Files, case: str, parties: Iterable[str]) -> frozenset[str]:
    """Which of these a case is about, as far as is known now."""
    reader, at = files.file("cases", None)
    query = (f"SELECT party FROM named WHERE case_id = :case AND kind IN {PARTIES} AND position <= :as_of "
             "AND party IN (SELECT value FROM json_each(:parties))")
    values = {"case": case, "as_of": at, "parties": json.dumps(list(parties))}
    return frozenset(party for party, in reader.rows(query, values))


def open_about(files: Files, parties: Iterable[str]) -> tuple[str, ...]:
    """The open cases that are about any of these, as far as is known now."""
    reader, at = files.file("cases", None)
    query = (f"SELECT case_id FROM cases WHERE status = 'open' AND {HOLDS} AND case_id IN (SELECT case_id FROM named "
             f"WHERE kind IN {PARTIES} AND party IN (SELECT value FROM json_each(:parties))) ORDER BY case_id")
    return tuple(case for case, in reader.rows(query, {"as_of": at, "parties": json.dumps(list(parties))}))


def members_of(files: Files, case: str) -> tuple[str, ...]:
    """Who works on a case now; nobody in particular where there is none."""
    reader, at = files.file("cases", None)
    query = f"SELECT members FROM cases WHERE case_id = :case AND {HOLDS}"
    return next((tuple(json.loads(members)) for members, in reader.rows(query, {"case": case, "as_of": at})), ())


def _named(reader: Any, case: str, kind: str, at: int, after: tuple[int, int], limit: int) -> Page[str]:
    query = ("SELECT party, MIN(position), nth FROM named WHERE case_id = :case AND kind = :kind "
             "AND position <= :as_of GROUP BY party HAVING (MIN(position), nth) > (:position, :nth) "
             "ORDER BY 2, 3 LIMIT :limit")
    values = {"case": case, "kind": kind, "as_of": at, "position": after[0], "nth": after[1], "limit": limit + 1}
    page = paged(list(reader.rows(query, values)), limit, at, lambda row: (row[1], row[2]))
    return page.of([row[0] for row in page.items])


def _reaches(number: int, scope: Scope, values: dict[str, Any]) -> str:
    """Say in SQL whether a scope reaches a case: every limit it sets must be met (`ledger.streams.standing`)."""
    if scope.category is not None or scope.unit is not None:
        return "0"  # A case is no subject's and no unit's alone, so a scope that is never reaches it.
    values |= {f"region{number}": scope.region, f"beyond{number}": f"{scope.region}:", f"sector{number}": scope.sector}
    place = f"region >= :region{number} AND region < :beyond{number}"
    return f"({place} AND (:sector{number} IS NULL OR sector = :sector{number}))"


def _case(reader: Any, row: tuple[Any, ...], at: int, *, listed: bool = False) -> Case:
    fields: dict[str, Any] = {
        name: tuple(json.loads(cell)) if name in _LISTS else cell for name, cell in zip(_READ, row, strict=True)}
    query = ("SELECT kind, COUNT(DISTINCT party) FROM named WHERE case_id = :case AND position <= :as_of "
             "GROUP BY kind")
    counted = dict(reader.rows(query, {"case": row[0], "as_of": at}))
    counts = {kind: counted.get(kind, 0) for kind in NAMED} | {"findings": len(fields["findings"])}
    named = {kind: _named(reader, row[0], kind, at, (0, -1), LISTED_MOST).items for kind in NAMED} if listed else {}
    return Case(**fields, counts=counts, named=named)
