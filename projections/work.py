"""Open work: what waits for an office, since when, and what a person has under way.

A claim waits for the role whose step is due, where it was submitted (it stays with that office when the person moves,
AMB-28), an appeal about it for the office that hears it; a transfer for the receiving unit; a unit for whoever verifies
it. A claim that was returned waits for its claimant. A year's plan waits for each recipient that has not acknowledged
it, at once (P 11), a class for the one that puts it on file (N 7), an application for a title for the human resources
of the place where it was filed, until its hours are judged (P 16). A row ends when the step is taken and the next
begins with it; where a claim is given to one hand it goes on under that one, as old as it was, so that every row says
since when the step has waited. What one looks for first in a long list stands in the row: of which year a study is, and
how many papers show it.

`tests/projections/test_work.py` shows it.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, ClassVar, Final

from ledger.events.actor import ActorAppointed
from ledger.events.application import (
    ApplicantDisqualified,
    ApplicationAssessed,
    ApplicationFiled,
    ApplicationPostponed,
    ApplicationWithdrawn,
)
from ledger.events.claim import (
    ClaimApproved,
    ClaimAssigned,
    ClaimCorrected,
    ClaimEndorsed,
    ClaimRefused,
    ClaimReinstated,
    ClaimReopened,
    ClaimReturned,
    ClaimRevised,
    ClaimRevoked,
    ClaimSubmitted,
    ClaimWithdrawn,
)
from ledger.events.claim_appeal import (
    ClaimAppealAllowed,
    ClaimAppealDismissed,
    ClaimAppealed,
    ClaimAppealWithdrawn,
)
from ledger.events.training import (
    ClassAccepted,
    ClassEvent,
    ClassFiled,
    ClassRefused,
    PlanAcknowledged,
    PlanEvent,
    PlanFiled,
    PlanReturned,
)
from ledger.events.transfer import TransferConfirmed, TransferRefused, TransferRequested, TransferWithdrawn
from ledger.events.unit import UnitMoved, UnitRegistered, UnitRejected, UnitVerified
from ledger.vocabulary import Category
from projections.files.projection import Effect, Projection, Rows, Table

UNIT_ROLE: Final = "unit"
"""Who answers a transfer: the receiving unit (W 4)."""

VERIFIER_ROLE: Final = "human_resources"
"""Who sees a unit's papers."""

ASSESSOR_ROLE: Final = "human_resources"
"""Who judges the hours of an application. Reading: P 16 names nobody; the human resources keep the register (P 7)."""

CLAIMANT: Final = "claimant"
"""What was returned waits for whoever claimed it."""


IN_ORDER: Final = ("role", "event", "id", "region", "sector")
"""By which what waits for a role is read longest first, and no further than a page goes."""

BY_OFFICE: Final = ("role", "region", "sector", "kind", "unit", "event", "id", "since_at", "from_position",
                    "to_position")
"""By which what waits is counted, office by office, without looking at the rows themselves."""


# Folding

_WORK: Final = Table(
    {"id": str, "kind": str, "role": str, "region": str, "sector": str, "category": str, "unit": str, "person": str,
     "steps": str, "taken": int, "since_at": int, "event": int, "holder": str, "studied": int,
     "papers": int},
    ("id", "from_position"), (("person",),), holding=(IN_ORDER, BY_OFFICE, ("unit",)), stood=("role", "region"))
_ROLE, _UNIT, _STEPS, _TAKEN, _SINCE_AT, _EVENT, _HOLDER = _WORK.places(
    "role", "unit", "steps", "taken", "since_at", "event", "holder")


def _wait(rows: Rows, effect: Effect, values: dict[str, Any]) -> None:
    rows.begin("work", effect.position, {**values, **_since(effect)})


def _on(rows: Rows, effect: Effect, id_: str, values: dict[str, Any]) -> None:
    """The next step is nobody's in particular."""
    rows.change("work", effect.position, {"id": id_}, {"holder": None, **values, **_since(effect)})


def _since(effect: Effect) -> dict[str, int]:
    return {"since_at": effect.envelope.recorded_at, "event": effect.recorded}


@cache
def _written(steps: tuple[str, ...]) -> str:
    return json.dumps(steps)


@cache
def _steps(written: str) -> tuple[str, ...]:
    return tuple(json.loads(written))


def _claim_submitted(rows: Rows, effect: Effect) -> None:
    event: ClaimSubmitted = effect.event
    rows.dated["work"].hold(event.claim, [
        event.claim, "claim", event.steps[0], event.region, event.sector, event.study.category.value, event.unit,
        event.person, _written(event.steps), 0, effect.envelope.recorded_at, effect.recorded, None,
        event.study.evidence_on.year, len(event.evidence), effect.position, None])


def _claim_endorsed(rows: Rows, effect: Effect) -> None:
    claim = rows.dated["work"].succeed(effect.event.claim, effect.position)
    if claim is not None:
        due, taken = _steps(claim[_STEPS]), claim[_TAKEN] + 1
        claim[_TAKEN], claim[_ROLE] = taken, due[min(taken, len(due) - 1)]
        claim[_SINCE_AT], claim[_EVENT] = effect.envelope.recorded_at, effect.recorded
        claim[_HOLDER] = None


def _claim_assigned(rows: Rows, effect: Effect) -> None:
    """It waits as long as before: being handed on is no step."""
    claim = rows.dated["work"].succeed(effect.event.claim, effect.position)
    if claim is not None:
        claim[_HOLDER] = effect.event.to


def _claim_returned(rows: Rows, effect: Effect) -> None:
    _on(rows, effect, effect.event.claim, {"role": CLAIMANT})


def _claim_revised(rows: Rows, effect: Effect) -> None:
    event: ClaimRevised = effect.event
    _on(rows, effect, event.claim, {
        "role": event.steps[0], "steps": _written(event.steps), "taken": 0, "category": event.study.category.value,
        "studied": event.study.evidence_on.year, "papers": len(event.evidence),
    })


def _claim_done(rows: Rows, effect: Effect) -> None:
    rows.dated["work"].cease(effect.event.claim, effect.position)


def _appealed(rows: Rows, effect: Effect) -> None:
    """It waits for the area of the office that hears it, so those that decided do not see it among their own."""
    event: ClaimAppealed = effect.event
    _wait(rows, effect, {
        "id": event.claim, "kind": "appeal", "role": event.office, "region": event.region, "sector": event.sector,
        "category": event.category.value, "unit": event.unit, "person": event.person, "steps": "[]", "taken": 0,
    })


def _appeal_allowed(rows: Rows, effect: Effect) -> None:
    """A review begins anew, or a correction waits for whoever registered."""
    event: ClaimAppealAllowed = effect.event
    if event.effect == "reinstated":
        rows.end("work", effect.position, {"id": event.claim})
    else:
        kind = "claim" if event.effect == "reopened" else "correction"
        _on(rows, effect, event.claim, {"kind": kind, "role": event.step, "region": event.region})


def _reopened(rows: Rows, effect: Effect) -> None:
    event: ClaimReopened = effect.event
    _on(rows, effect, event.claim, {"role": event.steps[0], "steps": _written(event.steps), "taken": 0})


def _transfer_requested(rows: Rows, effect: Effect) -> None:
    event: TransferRequested = effect.event
    seat = rows.dated["seats"].holds(event.to_unit)
    _, region, sector = ("", "", "") if seat is None else seat[:3]
    rows.dated["moving"].hold((event.to_unit, event.transfer), [event.to_unit, event.transfer, effect.position, None])
    _wait(rows, effect, {
        "id": event.transfer, "kind": "transfer", "role": UNIT_ROLE, "region": region, "sector": sector,
        "category": None, "unit": event.to_unit, "person": event.person, "steps": "[]", "taken": 0,
    })


def _transfer_done(rows: Rows, effect: Effect) -> None:
    transfer: str = effect.event.transfer
    waiting = rows.dated["work"].holds(transfer)
    if waiting is not None:
        rows.dated["moving"].cease((waiting[_UNIT], transfer), effect.position)
        rows.dated["work"].cease(transfer, effect.position)


def _seated(rows: Rows, effect: Effect) -> None:
    event: UnitRegistered | UnitMoved = effect.event
    rows.dated["seats"].cease(event.unit, effect.position)
    rows.dated["seats"].hold(event.unit, [event.unit, event.region, event.sector, effect.position, None])


def _unit_registered(rows: Rows, effect: Effect) -> None:
    event: UnitRegistered = effect.event
    _seated(rows, effect)
    _wait(rows, effect, {
        "id": event.unit, "kind": "unit", "role": VERIFIER_ROLE, "region": event.region, "sector": event.sector,
        "category": None, "unit": event.unit, "person": None, "steps": "[]", "taken": 0,
    })


def _unit_moved(rows: Rows, effect: Effect) -> None:
    """What waits for the unit waits for it where it now is."""
    event: UnitMoved = effect.event
    _seated(rows, effect)
    for (id_,) in rows.now("moving", ("id",), {"unit": event.unit}):
        rows.change("work", effect.position, {"id": id_}, {"region": event.region, "sector": event.sector})


def _application_filed(rows: Rows, effect: Effect) -> None:
    event: ApplicationFiled = effect.event
    _wait(rows, effect, {
        "id": event.application, "kind": "application", "role": ASSESSOR_ROLE, "region": event.region,
        "sector": event.sector, "category": None, "unit": event.unit, "person": event.person, "steps": "[]",
        "taken": 0,
    })


def _application_assessed(rows: Rows, effect: Effect) -> None:
    """What falls short waits on, to be postponed (N 9); what suffices, and where no law answers, waits no more."""
    event: ApplicationAssessed = effect.event
    if event.assessment.eligible is False:
        _on(rows, effect, event.application, {"role": ASSESSOR_ROLE})
    else:
        rows.end("work", effect.position, {"id": event.application})


def _application_done(rows: Rows, effect: Effect) -> None:
    rows.end("work", effect.position, {"id": effect.event.application})


def _unit_done(rows: Rows, effect: Effect) -> None:
    rows.end("work", effect.position, {"id": effect.event.unit})


def _plan_filed(rows: Rows, effect: Effect) -> None:
    """It waits for every recipient anew, also for one that had acknowledged what was filed before."""
    event: PlanFiled = effect.event
    _answered(rows, effect)
    for role in event.recipients:
        _filed(rows, effect, event.plan, "plan", role, Category.PROFESSIONAL)


def _class_filed(rows: Rows, effect: Effect) -> None:
    """A department's own class waits for nobody (W 14)."""
    event: ClassFiled = effect.event
    _answered(rows, effect)
    if event.recipient is not None:
        _filed(rows, effect, event.training_class, "class", event.recipient, event.category)


def _filed(rows: Rows, effect: Effect, id_: str, kind: str, role: str, category: Category) -> None:
    event: PlanFiled | ClassFiled = effect.event
    rows.begin("filings", effect.position, {
        "id": id_, "kind": kind, "role": role, "region": event.region, "sector": event.sector,
        "category": category.value, "unit": event.organiser, "person": None, **_since(effect),
    })


def _acknowledged(rows: Rows, effect: Effect) -> None:
    event: PlanAcknowledged = effect.event
    rows.end("filings", effect.position, {"id": event.plan, "role": event.recipient})


def _answered(rows: Rows, effect: Effect) -> None:
    event: PlanEvent | ClassEvent = effect.event
    for (role,) in rows.now("filings", ("role",), {"id": event.stream}):
        rows.end("filings", effect.position, {"id": event.stream, "role": role})


def _appointed(rows: Rows, effect: Effect) -> None:
    event: ActorAppointed = effect.event
    rows.insert("hands", {"event": effect.recorded, "organisation": event.organisation, "actor": event.actor})


class Work(Projection):
    """The fold."""

    name: ClassVar = "work"
    # 1 knew no filings, 2 no applications, 3 nobody to whom a claim was given, 4 no `moving`; 5 indexed what was done,
    # 6 by its end alone.
    version: ClassVar = 7
    weight: ClassVar = 6
    tables: ClassVar = {
        "work": _WORK,
        "filings": Table(
            {"id": str, "kind": str, "role": str, "region": str, "sector": str, "category": str, "unit": str,
             "person": str, "since_at": int, "event": int},
            ("id", "role", "from_position"), holding=(IN_ORDER, BY_OFFICE), stood=("role", "region")),
        "seats": Table({"unit": str, "region": str, "sector": str}, ("unit", "from_position")),
        "moving": Table({"unit": str, "id": str}, ("unit", "id", "from_position")),  # Transfers that wait for a unit.
        "hands": Table({"event": int, "organisation": str, "actor": str}, ("event",), (("organisation",),),
                       dated=False),
    }
    handlers: ClassVar = {
        ClaimSubmitted: _claim_submitted,
        ClaimEndorsed: _claim_endorsed,
        ClaimAssigned: _claim_assigned,
        ClaimReturned: _claim_returned,
        ClaimRevised: _claim_revised,
        ClaimWithdrawn: _claim_done,
        ClaimApproved: _claim_done,
        ClaimRefused: _claim_done,
        ClaimReopened: _reopened,
        ClaimCorrected: _claim_done,
        ClaimRevoked: _claim_done,
        ClaimReinstated: _claim_done,
        ClaimAppealed: _appealed,
        ClaimAppealWithdrawn: _claim_done,
        ClaimAppealDismissed: _claim_done,
        ClaimAppealAllowed: _appeal_allowed,
        TransferRequested: _transfer_requested,
        TransferConfirmed: _transfer_done,
        TransferRefused: _transfer_done,
        TransferWithdrawn: _transfer_done,
        ActorAppointed: _appointed,
        UnitRegistered: _unit_registered,
        UnitMoved: _unit_moved,
        ApplicationFiled: _application_filed,
        ApplicationAssessed: _application_assessed,
        ApplicationPostponed: _application_done,
        ApplicationWithdrawn: _application_done,
        ApplicantDisqualified: _application_done,
        UnitVerified: _unit_done,
        UnitRejected: _unit_done,
        PlanFiled: _plan_filed,
        PlanAcknowledged: _acknowledged,
        PlanReturned: _answered,
        ClassFiled: _class_filed,
        ClassAccepted: _answered,
        ClassRefused: _answered,
    }
