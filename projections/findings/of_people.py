"""What happens to people and accounts, as traces: where somebody belonged from when to when, who acts for whom.

Where somebody belonged is computed from what was entered, as in `ledger.streams.person`: an affiliation lasts until the
day before the next one begins, or to a last day that was entered with its unit. So one that is entered late, or struck
out, moves the ends of others.

`tests/projections/findings/test_traces.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from ledger.events.actor import ActorAppointed, ScopeGranted
from ledger.events.application import (
    ApplicantDisqualified,
    ApplicationAssessed,
    ApplicationFiled,
    ApplicationGranted,
    ApplicationPostponed,
    ApplicationWithdrawn,
    TitleRevoked,
)
from ledger.events.base import Event
from ledger.events.person import (
    AffiliationVoided,
    DepartureVoided,
    KeyDestroyed,
    PersonAffiliated,
    PersonLeft,
    PersonRegistered,
)
from ledger.events.transfer import TransferConfirmed, TransferRequested
from projections.files.projection import Effect, Handler, Rows

_SPAN: Final = ("since", "unit", "until")


def _registered(rows: Rows, effect: Effect) -> None:
    event: PersonRegistered = effect.event
    rows.begin("person", effect.position, {
        "person": event.person, "left_on": None, "registered_event": effect.recorded,
        "registered_at": effect.envelope.recorded_at, "forgotten": 0})


def _forgotten(rows: Rows, effect: Effect) -> None:
    event: KeyDestroyed = effect.event
    rows.change("person", effect.position, {"person": event.person}, {"forgotten": 1})


def _affiliated(rows: Rows, effect: Effect) -> None:
    event: PersonAffiliated = effect.event
    one, key = event.affiliation, {"person": event.person, "since": event.affiliation.starts.isoformat()}
    rows.end("affiliation", effect.position, key)  # No two of a person begin on one day: the later entry stands.
    rows.begin("affiliation", effect.position, {
        **key, "unit": one.unit, "region": one.region, "sector": one.sector, "until": None, "event": effect.recorded})
    _span(rows, effect)


def _affiliation_voided(rows: Rows, effect: Effect) -> None:
    event: AffiliationVoided = effect.event
    rows.end("affiliation", effect.position,
             {"person": event.person, "since": event.starts.isoformat(), "unit": event.unit})
    _span(rows, effect)


def _left(rows: Rows, effect: Effect) -> None:
    event: PersonLeft = effect.event
    key = {"person": event.person, "unit": event.unit, "ends": event.ends.isoformat()}
    rows.end("departure", effect.position, key)
    rows.begin("departure", effect.position, {**key, "event": effect.recorded})
    _span(rows, effect)


def _departure_voided(rows: Rows, effect: Effect) -> None:
    event: DepartureVoided = effect.event
    rows.end("departure", effect.position,
             {"person": event.person, "unit": event.unit, "ends": event.ends.isoformat()})
    _span(rows, effect)


def _span(rows: Rows, effect: Effect) -> None:
    """Let each affiliation of a person end where it does by everything that was entered."""
    person: str = effect.event.person
    spans = sorted(rows.now("affiliation", _SPAN, {"person": person}))
    gone = rows.now("departure", ("unit", "ends"), {"person": person})
    left_on = None
    for number, (since, unit, until) in enumerate(spans):
        following = spans[number + 1][0] if number + 1 < len(spans) else None
        last_days = [ends for of, ends in gone if of == unit and since <= ends]
        ends = min([*last_days, *([] if following is None else [_before(following)])], default=None)
        if ends != until:
            rows.change("affiliation", effect.position, {"person": person, "since": since}, {"until": ends})
        left_on = ends
    for (known,) in rows.now("person", ("left_on",), {"person": person}):
        if known != left_on:
            rows.change("person", effect.position, {"person": person}, {"left_on": left_on})


def _before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


# Accounts


def _appointed(rows: Rows, effect: Effect) -> None:
    event: ActorAppointed = effect.event
    rows.begin("actor", effect.position, {
        "actor": event.actor, "person": event.person, "organisation": event.organisation, "region": None, "role": None,
        "event": effect.recorded})


def _granted(rows: Rows, effect: Effect) -> None:
    """The newest scope says where an account acts, and as what."""
    event: ScopeGranted = effect.event
    rows.change("actor", effect.position, {"actor": event.actor},
                {"region": event.scope.region, "role": event.scope.role})


# Moving, applying


def _asked(rows: Rows, effect: Effect) -> None:
    event: TransferRequested = effect.event
    rows.begin("transfer", effect.position, {
        "transfer": event.transfer, "person": event.person, "from_unit": event.from_unit, "to_unit": event.to_unit,
        "starts": event.starts.isoformat(), "event": effect.recorded})


def _confirmed(rows: Rows, effect: Effect) -> None:
    """The unit may put the day right."""
    event: TransferConfirmed = effect.event
    starts = event.starts.isoformat()
    for (asked,) in rows.now("transfer", ("starts",), {"transfer": event.transfer}):
        if asked != starts:
            rows.change("transfer", effect.position, {"transfer": event.transfer}, {"starts": starts})


def _filed(rows: Rows, effect: Effect) -> None:
    event: ApplicationFiled = effect.event
    rows.begin("application", effect.position, {
        "application": event.application, "person": event.person, "unit": event.unit, "region": event.region,
        "sector": event.sector, "applied_on": event.goal.applied_on.isoformat(), "outcome": "filed",
        "title": event.goal.level, "at": effect.envelope.recorded_at, "event": effect.recorded})


def _assessed(rows: Rows, effect: Effect) -> None:
    event: ApplicationAssessed = effect.event
    outcome = {True: "eligible", False: "short", None: "unruled"}[event.assessment.eligible]
    rows.change("application", effect.position, {"application": event.application}, {"outcome": outcome})


def _becomes(table: str, **values: Any) -> Callable[[Rows, Effect], None]:
    def handle(rows: Rows, effect: Effect) -> None:
        rows.change(table, effect.position, {table: getattr(effect.event, table)}, values)

    return handle


HANDLERS: Final[Mapping[type[Event], Handler]] = {
    PersonRegistered: _registered,
    KeyDestroyed: _forgotten,
    PersonAffiliated: _affiliated,
    AffiliationVoided: _affiliation_voided,
    PersonLeft: _left,
    DepartureVoided: _departure_voided,
    ActorAppointed: _appointed,
    ScopeGranted: _granted,
    TransferRequested: _asked,
    TransferConfirmed: _confirmed,
    ApplicationFiled: _filed,
    ApplicationAssessed: _assessed,
    ApplicationPostponed: _becomes("application", outcome="postponed"),
    ApplicationGranted: _becomes("application", outcome="granted"),
    ApplicationWithdrawn: _becomes("application", outcome="withdrawn"),
    ApplicantDisqualified: _becomes("application", outcome="disqualified"),
    TitleRevoked: _becomes("application", outcome="title_revoked"),
}
