"""Happened: on which day that took place which an event tells of (发生时间), by the event's own words.

When we learned of it is in the envelope (记录时间); where the two lie apart, something was told late, or beforehand.
A decision happens where it is recorded, and so does whatever names no day: of these it gives none.

`tests/projections/test_happened.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from ledger.events.application import (
    ApplicantDisqualified,
    ApplicationFiled,
    ApplicationGranted,
    DisqualificationLifted,
    TitleRevoked,
)
from ledger.events.base import Event
from ledger.events.claim import ClaimCorrected, ClaimRevised, ClaimSubmitted
from ledger.events.course import CourseCompleted, CourseExamined, CourseHoursRegistered, CourseWithdrawn
from ledger.events.exam import ExamMoved, ExamScheduled, ResultCorrected, ResultRecorded
from ledger.events.imports import ImportOpened, ImportReconciled
from ledger.events.person import (
    AffiliationVoided,
    DepartureVoided,
    PersonAffiliated,
    PersonLeft,
    TitleRecorded,
    TitleVoided,
)
from ledger.events.rulebook import RulebookEnacted, RulebookFiled, RulebookSuperseded
from ledger.events.training import ClassFiled, ClassHeld, PlanFiled
from ledger.events.transfer import TransferConfirmed, TransferRequested
from ledger.events.unit import UnitClosed, UnitMerged, UnitMoved, UnitRenamed

DAYS: Final[dict[type[Event], str]] = {
    # The date of the evidence decides the year and the law of a study (E 10), so that is when it happened.
    ClaimSubmitted: "study.evidence_on", ClaimRevised: "study.evidence_on", ClaimCorrected: "study.evidence_on",
    PersonAffiliated: "affiliation.starts", AffiliationVoided: "starts", PersonLeft: "ends", DepartureVoided: "ends",
    TitleRecorded: "obtained_on", TitleVoided: "obtained_on",
    TransferRequested: "starts", TransferConfirmed: "starts",
    UnitRenamed: "starts", UnitMoved: "starts", UnitMerged: "starts", UnitClosed: "ends",
    CourseWithdrawn: "on", CourseCompleted: "on", CourseExamined: "on", CourseHoursRegistered: "on",
    ExamScheduled: "day", ExamMoved: "day", ResultRecorded: "on", ResultCorrected: "on",
    ApplicationFiled: "goal.applied_on", ApplicationGranted: "obtained_on", ApplicantDisqualified: "starts",
    DisqualificationLifted: "on", TitleRevoked: "on",
    PlanFiled: "filed_on", ClassFiled: "filed_on", ClassHeld: "starts",
    ImportOpened: "ends", ImportReconciled: "snapshot_on",
    RulebookFiled: "filed_on", RulebookEnacted: "in_force_from", RulebookSuperseded: "last_day",
}
"""Of each event that names it, where the day stands."""


def happened_on(event: Event) -> date | None:
    """On which day it took place; None where that is when it was recorded."""
    path = DAYS.get(type(event))
    if path is None:
        return None
    found: object = event
    for name in path.split("."):
        found = getattr(found, name)
    assert found is None or isinstance(found, date), path
    return found
