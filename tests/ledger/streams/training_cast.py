"""A plan, a class, a card and an import in each state, and each command as its most entitled hand would give it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from msgspec.structs import replace
from stream_cast import DAY, PAPERS, PERSON, WHY, ZHAO, actor, unit

from ledger.events.actor import Scope
from ledger.events.imports import ImportId
from ledger.events.study import Evidence
from ledger.events.training import CardId, ClassId, Lesson, PlanId, PlanItem
from ledger.streams import (
    imports,
    training_card,
    training_class,
    training_class_filing,
    training_plan,
    training_plan_answers,
    training_roster,
)
from ledger.streams.act import Act
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.streams.training_card import Card
from ledger.streams.training_class import Roster, TrainingClass
from ledger.streams.training_plan import Plan
from ledger.vocabulary import ActId, Category, PersonId, UnitId

SCHOOL, DEPARTMENT = UnitId("unt_school"), UnitId("unt_department")
PLAN, CLASS, CARD, BATCH = PlanId("pln_1"), ClassId("cls_1"), CardId("crd_1"), ImportId("imp_1")
ACT, LIST, FILE = ActId("act_1"), "d" * 64, "e" * 64

ORGANISER, PEOPLE, SECTOR = "recognised_organiser", "human_resources", "sector_authority"
BOTH = (PEOPLE, SECTOR)

TEACHER = actor("teacher", Scope(role=ORGANISER, region="3302", unit=SCHOOL), organisation=SCHOOL,
                person=PersonId("per_teacher"))
PEOPLES = actor("peoples", Scope(role=PEOPLE, region="3302"), organisation=UnitId("unt_people"), person=ZHAO)
SECTORS = actor("sectors", Scope(role=SECTOR, region="3302", sector="industry"), organisation=DEPARTMENT,
                person=PersonId("per_sun"))
OWN = actor("own", Scope(role=SECTOR, region="3302"), organisation=DEPARTMENT, person=PersonId("per_own"))

SCHOOL_UNIT = replace(unit(SCHOOL, region="330200"), kinds=("organiser",))
DEPARTMENT_UNIT = replace(unit(DEPARTMENT, region="330200"), kinds=("department",))

ITEMS = (PlanItem(number=1, title="智能制造高研班", route="advanced_seminar", level="municipal", days_half=10,
                  headcount=60, month=5),)
FILED_ON = date(2026, 3, 1)

FILE_PLAN = training_plan.FilePlan(
    plan=PLAN, role=ORGANISER, year=2026, sector="industry", recipients=BOTH, items=ITEMS, filed_on=FILED_ON,
)
PROGRAMME = training_class_filing.Programme(
    title="智能制造高研班", category=Category.PROFESSIONAL, route="filed_training", sector="industry",
    lessons=(Lesson(title="数字孪生", hours_centi=800),), starts=date(2026, 5, 11), ends=date(2026, 5, 15),
    days_half=10, headcount=60, room=80, location="宁波", recipient=SECTOR, plan=PLAN, item=1,
)
FILE_CLASS = training_class_filing.FileClass(
    training_class=CLASS, role=ORGANISER, programme=PROGRAMME, filed_on=FILED_ON, evidence=PAPERS
)
HOLD = training_class.RecordHolding(
    role=ORGANISER, on=DAY, starts=date(2026, 5, 11), ends=date(2026, 5, 14), days_half=8, attended=52, passed=50,
    evidence=(Evidence(kind="roster", sha256=LIST),),
)


def fold(evolve: Callable[[Any, Any], Any], state: Any, decision: Decision) -> Any:
    """Let what was decided happen to the stream of its first event."""
    assert isinstance(decision, tuple), decision
    for draft in decision:
        if draft.event.stream == decision[0].event.stream:
            state = evolve(state, draft.event)
    return state


def _acknowledge(plan: Plan, role: str, by: Actor) -> Plan:
    command = training_plan_answers.AcknowledgePlan(role=role)
    known: Plan = fold(training_plan.evolve, plan, training_plan_answers.decide_acknowledgement(plan, command, by))
    return known


PLAN_FILED: Plan = fold(training_plan.evolve, None, training_plan.decide_plan_filing(
    None, FILE_PLAN, SCHOOL_UNIT, TEACHER))
HALFWAY = _acknowledge(PLAN_FILED, PEOPLE, PEOPLES)
ON_FILE = _acknowledge(HALFWAY, SECTOR, SECTORS)

PLANS: dict[str, Plan | None] = {
    "absent": None,
    "filed": PLAN_FILED,
    "halfway": HALFWAY,
    "returned": replace(PLAN_FILED, status=training_plan.Status.RETURNED),
    "acknowledged": ON_FILE,
    "evaluated": replace(ON_FILE, status=training_plan.Status.EVALUATED,
                         evaluated=(training_plan.Answer(PEOPLE, office=UnitId("unt_people")),)),
}

ON_PLAN: dict[str, tuple[Actor, str, Callable[[Plan | None, Actor, str], Decision]]] = {
    "FilePlan": (TEACHER, ORGANISER, lambda plan, by, role: training_plan.decide_plan_filing(
        plan, replace(FILE_PLAN, role=role), SCHOOL_UNIT, by)),
    "RefilePlan": (TEACHER, ORGANISER, lambda plan, by, role: training_plan.decide_plan_refiling(
        plan, training_plan.RefilePlan(role=role, items=ITEMS, filed_on=DAY), by)),
    "AcknowledgePlan": (SECTORS, SECTOR, lambda plan, by, role: training_plan_answers.decide_acknowledgement(
        plan, training_plan_answers.AcknowledgePlan(role=role), by)),
    "ReturnPlan": (SECTORS, SECTOR, lambda plan, by, role: training_plan_answers.decide_plan_return(
        plan, training_plan_answers.ReturnPlan(role=role, words=WHY), by)),
    "EvaluatePlan": (SECTORS, SECTOR, lambda plan, by, role: training_plan_answers.decide_evaluation(
        plan, training_plan_answers.EvaluatePlan(
            role=role, on=DAY, grade="qualified", classes_held=1, attended=52, words=WHY), by)),
    "CorrectEvaluation": (PEOPLES, PEOPLE, lambda plan, by, role: training_plan_answers.decide_evaluation_correction(
        plan, training_plan_answers.CorrectEvaluation(
            role=role, grade="excellent", classes_held=2, attended=90, document="甬人社函1号", words=WHY),
        UnitId("unt_people"), by)),
}

CLASS_FILED: TrainingClass = fold(training_class.evolve, None, training_class_filing.decide_class_filing(
    None, FILE_CLASS, SCHOOL_UNIT, ON_FILE, TEACHER))
ACCEPTED: TrainingClass = fold(training_class.evolve, CLASS_FILED, training_class.decide_acceptance(
    CLASS_FILED, training_class.AcceptClass(role=SECTOR, number="甬备2026-7"), SECTORS))
ANNOUNCED = replace(ACCEPTED, filed=replace(ACCEPTED.filed, recipient=None),
                    status=training_class.Status.ANNOUNCED, number=None)
HELD: TrainingClass = fold(training_class.evolve, ACCEPTED, training_class.decide_holding(ACCEPTED, HOLD, TEACHER))
OPEN_ROSTER = Roster(ACT, 2, LIST)
REGISTERING = replace(HELD, rosters=(OPEN_ROSTER,))
WRITTEN = Act(ACT, "roster", 2, 2, LIST, 2)

CLASSES: dict[str, TrainingClass | None] = {
    "absent": None,
    "filed": CLASS_FILED,
    "refused": replace(CLASS_FILED, status=training_class.Status.REFUSED),
    "accepted": ACCEPTED,
    "announced": ANNOUNCED,
    "held": HELD,
    "returned": replace(HELD, list_returned=LIST),
    "registering": REGISTERING,
    "registered": replace(HELD, rosters=(OPEN_ROSTER._replace(status="closed"),)),
}

OPEN = training_roster.OpenRoster(role=SECTOR, act=ActId("act_2"), rows=3, chunk=3, list_sha256="f" * 64)

ON_CLASS: dict[str, tuple[Actor, str, Callable[[TrainingClass | None, Actor, str], Decision]]] = {
    "FileClass": (TEACHER, ORGANISER, lambda known, by, role: training_class_filing.decide_class_filing(
        known, replace(FILE_CLASS, role=role), SCHOOL_UNIT, ON_FILE, by)),
    "RefileClass": (TEACHER, ORGANISER, lambda known, by, role: training_class_filing.decide_class_refiling(
        known, training_class_filing.RefileClass(
            role=role, filed_on=DAY, programme=replace(PROGRAMME, room=40, recipient=known and known.filed.recipient)),
        replace(SCHOOL_UNIT, kinds=("organiser", "department")), ON_FILE, by)),
    "AcceptClass": (SECTORS, SECTOR, lambda known, by, role: training_class.decide_acceptance(
        known, training_class.AcceptClass(role=role, number="甬备2026-8"), by)),
    "RefuseClass": (SECTORS, SECTOR, lambda known, by, role: training_class.decide_class_refusal(
        known, training_class.RefuseClass(role=role, words=WHY), by)),
    "RecordHolding": (TEACHER, ORGANISER, lambda known, by, role: training_class.decide_holding(
        known, replace(HOLD, role=role), by)),
    "OpenRoster": (SECTORS, SECTOR, lambda known, by, role: training_roster.decide_roster_opening(
        known, replace(OPEN, role=role), by)),
    "CloseRoster": (SECTORS, SECTOR, lambda known, by, role: training_roster.decide_roster_closing(
        known, training_roster.CloseRoster(role=role), WRITTEN, by)),
    "ReturnRoster": (SECTORS, SECTOR, lambda known, by, role: training_roster.decide_roster_return(
        known, training_roster.ReturnRoster(role=role, words=WHY), by)),
    "AbandonRoster": (SECTORS, SECTOR, lambda known, by, role: training_roster.decide_roster_abandonment(
        known, training_roster.AbandonRoster(role=role), WRITTEN, by)),
}

ISSUE = training_card.IssueCard(
    card=CARD, role=ORGANISER, number="2026-017", attended_half=8, hours_centi=2400, result="passed"
)
ISSUED: Card = fold(training_card.evolve, None, training_card.decide_card_issue(None, ISSUE, HELD, PERSON, TEACHER))

CARDS: dict[str, Card | None] = {
    "absent": None, "issued": ISSUED, "voided": replace(ISSUED, status=training_card.Status.VOIDED),
}

ON_CARD: dict[str, tuple[Actor, str, Callable[[Card | None, Actor, str], Decision]]] = {
    "IssueCard": (TEACHER, ORGANISER, lambda card, by, role: training_card.decide_card_issue(
        card, replace(ISSUE, role=role), HELD, PERSON, by)),
    "VoidCard": (TEACHER, ORGANISER, lambda card, by, role: training_card.decide_card_voiding(
        card, training_card.VoidCard(role=role, words=WHY), PERSON, by)),
}

OPEN_IMPORT = imports.OpenImport(
    batch=BATCH, role=PEOPLE, system="ningbo", file_sha256=FILE, rows=10, starts=date(2025, 1, 1),
    ends=date(2025, 12, 31), region="330200",
)
CLOSE_IMPORT = imports.CloseImport(
    role=PEOPLE, accepted=7, rejected=1, duplicates=2, result_sha256="9" * 64, act=ActId("act_rows")
)
ROWS_WRITTEN = Act(ActId("act_rows"), "import", 7, 7, "8" * 64, 7)
RECONCILE = imports.ReconcileImport(
    role=PEOPLE, snapshot_sha256="7" * 64, snapshot_on=date(2026, 6, 30), compared=7, differences=1
)
IMPORT_OPEN: imports.Import = fold(imports.evolve, None, imports.decide_import_opening(
    None, OPEN_IMPORT, None, PEOPLES))
IMPORT_CLOSED: imports.Import = fold(imports.evolve, IMPORT_OPEN, imports.decide_import_closing(
    IMPORT_OPEN, CLOSE_IMPORT, ROWS_WRITTEN, PEOPLES))

IMPORTS: dict[str, imports.Import | None] = {
    "absent": None,
    "open": IMPORT_OPEN,
    "closed": IMPORT_CLOSED,
    "abandoned": replace(IMPORT_OPEN, status=imports.Status.ABANDONED),
}

ON_IMPORT: dict[str, tuple[Actor, str, Callable[[imports.Import | None, Actor, str], Decision]]] = {
    "OpenImport": (PEOPLES, PEOPLE, lambda batch, by, role: imports.decide_import_opening(
        batch, replace(OPEN_IMPORT, role=role), None, by)),
    "CloseImport": (PEOPLES, PEOPLE, lambda batch, by, role: imports.decide_import_closing(
        batch, replace(CLOSE_IMPORT, role=role), ROWS_WRITTEN, by)),
    "AbandonImport": (PEOPLES, PEOPLE, lambda batch, by, role: imports.decide_import_abandonment(
        batch, imports.AbandonImport(role=role, why="wrong_period"), by)),
    "ReconcileImport": (PEOPLES, PEOPLE, lambda batch, by, role: imports.decide_reconciliation(
        batch, replace(RECONCILE, role=role), by)),
    "ContradictImport": (PEOPLES, PEOPLE, lambda batch, by, role: imports.decide_contradiction(
        batch, imports.ContradictImport(
            role=role, size=9, root="other", accepted_root="ours", checkpoint="theirs", accepted="ours",
            file_sha256="c" * 64), by)),
    "DecideFork": (PEOPLES, PEOPLE, lambda batch, by, role: imports.decide_fork(
        batch, imports.DecideFork(role=role, outcome="continued", document="浙人社函〔2026〕88号", words=WHY), by)),
}
