"""Cases as answers: which stand open where, whom and what they are about, what came of them.

`tests/projections/test_case_answers.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from ledger.events.actor import Scope
from ledger.events.case import CaseClosed, CaseOpened, CaseReferred, ClaimsHeld, FindingRecorded
from projections.pages import Page, paged
from projections.projection import HOLDS, Effect, Projection, Rows, Table

if TYPE_CHECKING:
    from projections.files import Files

_LISTS: Final = ("claims", "persons", "actors", "organisers", "findings", "held", "released", "events")


class Case(NamedTuple):
    """A case as it stands."""

    case_id: str
    kind: str
    region: str
    sector: str | None
    pattern: str | None
    status: str              # open, closed
    finding: str             # pending, ruled_out, substantiated, referred
    referred_to: str | None
    due: str | None
    claims: tuple[str, ...]
    persons: tuple[str, ...]
    actors: tuple[str, ...]
    organisers: tuple[str, ...]
    findings: tuple[int, ...]    # The events that it rests on.
    held: tuple[str, ...]
    released: tuple[str, ...]
    opened_at: int               # In microseconds.
    events: tuple[int, ...]


# Folding


def _opened(rows: Rows, effect: Effect) -> None:
    event: CaseOpened = effect.event
    one = event.concerned
    rows.begin("cases", effect.position, {
        "case_id": event.case, "kind": event.kind, "region": event.region, "sector": event.sector,
        "pattern": event.pattern, "status": "open", "finding": "pending", "referred_to": None,
        "due": None if event.due is None else event.due.isoformat(), "claims": json.dumps(one.claims),
        "persons": json.dumps(one.persons), "actors": json.dumps(one.actors), "organisers": json.dumps(one.organisers),
        "findings": json.dumps(event.findings), "held": "[]", "released": "[]",
        "opened_at": effect.envelope.recorded_at, "events": json.dumps([effect.recorded]),
    })
    for party in dict.fromkeys((*one.claims, *one.persons, *one.actors, *one.organisers)):
        rows.insert("parties", {"party": party, "case_id": event.case})


def _becomes(rows: Rows, effect: Effect, **values: Any) -> None:
    rows.change("cases", effect.position, {"case_id": effect.event.case}, lambda former: {
        **values, "events": f"{former('events')[:-1]}, {effect.recorded}]"})  # A list in JSON grows at its end.


def _held(rows: Rows, effect: Effect) -> None:
    event: ClaimsHeld = effect.event
    for (held,) in rows.now("cases", ("held",), {"case_id": event.case}):
        every = dict.fromkeys((*json.loads(held), *event.claims))
        _becomes(rows, effect, held=json.dumps(list(every)))


def _found(rows: Rows, effect: Effect) -> None:
    event: FindingRecorded = effect.event
    _becomes(rows, effect, finding=event.finding)


def _referred(rows: Rows, effect: Effect) -> None:
    event: CaseReferred = effect.event
    _becomes(rows, effect, finding="referred", referred_to=event.to)


def _closed(rows: Rows, effect: Effect) -> None:
    event: CaseClosed = effect.event
    _becomes(rows, effect, status="closed", released=json.dumps(event.released))


class Cases(Projection):
    """The fold."""

    name: ClassVar = "cases"
    version: ClassVar = 1
    tables: ClassVar = {
        "cases": Table(
            {**dict.fromkeys(("case_id", "kind", "region", "sector", "pattern", "status", "finding", "referred_to",
                              "due", *_LISTS), str), "opened_at": int},
            ("case_id", "from_position"), (("status", "region"),)),
        "parties": Table({"party": str, "case_id": str}, ("party", "case_id"), dated=False),
    }
    handlers: ClassVar = {
        CaseOpened: _opened, ClaimsHeld: _held, FindingRecorded: _found, CaseReferred: _referred, CaseClosed: _closed,
    }


# Reading

_CASES: Final = (
    f"SELECT {', '.join(Case._fields)} FROM cases WHERE ({{}}) AND {HOLDS} AND case_id > :after "
    "ORDER BY case_id LIMIT :limit"
)


def cases(
    files: Files, scopes: Iterable[Scope], *, status: str | None = None, as_of: int | None = None, after: str = "",
    limit: int = 50,
) -> Page[Case]:
    """Which cases lie within scopes, oldest first."""
    reader, at = files.file("cases", as_of)
    values: dict[str, Any] = {"as_of": at, "after": after, "limit": limit + 1, "status": status}
    reached = [_reaches(number, scope, values) for number, scope in enumerate(scopes)]
    if not reached:
        return paged([], limit, at, lambda one: ())
    wanted = f"({' OR '.join(reached)}) AND (:status IS NULL OR status = :status)"
    found = [_case(row) for row in reader.rows(_CASES.format(wanted), values)]
    return paged(found, limit, at, lambda one: (one.case_id,))


def case_of(files: Files, case: str, *, as_of: int | None = None) -> Case | None:
    """One case."""
    reader, at = files.file("cases", as_of)
    values = {"as_of": at, "after": "", "limit": 1, "key": case}
    return next(map(_case, reader.rows(_CASES.format("case_id = :key"), values)), None)


def cases_about(files: Files, party: str, *, as_of: int | None = None) -> list[Case]:
    """The cases in which a claim, a person, an account or an organiser is concerned, oldest first."""
    reader, at = files.file("cases", as_of)
    about = "case_id IN (SELECT case_id FROM parties WHERE party = :key)"
    values = {"as_of": at, "after": "", "limit": -1, "key": party}
    return [_case(row) for row in reader.rows(_CASES.format(about), values)]


def _reaches(number: int, scope: Scope, values: dict[str, Any]) -> str:
    """Say in SQL whether a scope reaches a case: every limit it sets must be met (`ledger.streams.standing`)."""
    if scope.category is not None or scope.unit is not None:
        return "0"  # A case is no subject's and no unit's alone, so a scope that is never reaches it.
    values |= {f"region{number}": scope.region, f"beyond{number}": f"{scope.region}:", f"sector{number}": scope.sector}
    place = f"region >= :region{number} AND region < :beyond{number}"
    return f"({place} AND (:sector{number} IS NULL OR sector = :sector{number}))"


def _case(row: tuple[Any, ...]) -> Case:
    return Case._make(
        tuple(json.loads(cell)) if name in _LISTS else cell for name, cell in zip(Case._fields, row, strict=True)
    )
