"""What can be done about a plan or a class: put on file, sent back, refused, held, evaluated, a list given up.

Each deed has a page of its own (`api.console.deeds`). `tests/console/test_training_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from api.cases.doing import Asked, Done, Reading
from api.cases.training import class_filings, plan_filings, rosters, training_files, trainings
from api.console.deeds import WORDS, Deed, Pairs, Room, Subject, named, reason_field
from api.console.form import Field
from api.console.moment import Moment
from api.console.records import unit_name
from api.console.screen import Asking
from api.console.training.training_papers import PAPERS_KEPT, papers
from api.console.words import Mark
from api.house import House
from api.operational.callers import Caller
from api.routes.schemas.filings import (
    AcceptanceBody,
    ClassRefusalBody,
    EvaluationBody,
    EvaluationCorrectionBody,
    HoldingBody,
    PlanReturnBody,
    RosterReturnBody,
)
from api.words.codes import HOLDING_PAPERS
from api.words.telling import CLASS_STATES, GRADES, PLAN_STATES, funded, grades
from api.words.telling import role as role_name
from ledger.errors import Refusal
from ledger.streams.training_class import TrainingClass
from ledger.streams.training_plan import Plan
from ledger.vocabulary import parse_hours

CLASS_MARKS: Final[Mapping[str, Mark]] = {
    "filed": ("open", "…", CLASS_STATES["filed"]), "accepted": ("met", "✓", CLASS_STATES["accepted"]),
    "announced": ("", "–", CLASS_STATES["announced"]), "refused": ("short", "✗", CLASS_STATES["refused"]),
    "held": ("met", "✓", CLASS_STATES["held"]),
}
PLAN_MARKS: Final[Mapping[str, Mark]] = {
    "filed": ("open", "…", PLAN_STATES["filed"]), "returned": ("open", "↩", PLAN_STATES["returned"]),
    "acknowledged": ("met", "✓", PLAN_STATES["acknowledged"]), "evaluated": ("met", "✓", PLAN_STATES["evaluated"]),
}
ROSTER_MARKS: Final[Mapping[str, Mark]] = {
    "open": ("open", "…", "登记中"), "closed": ("met", "✓", "已登记"), "abandoned": ("", "–", "已放弃"),
    "returned": ("open", "↩", "已退回"),
}
_TOLD: Final = replace(WORDS, hint="办班单位看得到。")
"""What is said of a plan or a class is for its organiser."""


def class_subject(body: Mapping[str, Any]) -> Subject:
    """A class as something to be done upon."""
    held = body["held"]
    return Subject(
        body["training_class"], f"/classes/{body['training_class']}", f"{body['title']}（{body['organiser_name']}）",
        body["version"], _class_stands(body["status"], body["number"], None if held is None else (
            held["starts"], held["ends"], held["attended"], held["passed"]),
            _list_stands(body["list_returned"], [one["status"] for one in body["rosters"]])),
        _class_becomes, state=body)


def _class_becomes(state: TrainingClass) -> Pairs:
    held = state.held
    return _class_stands(state.status.value, state.number, None if held is None else (
        held.starts, held.ends, held.attended, held.passed),
        _list_stands(state.list_returned, [one.status for one in state.rosters]))


def _list_stands(returned: str | None, rosters: Sequence[str]) -> str | None:
    """How the list of a class stands: sent back until another is handed in or registered, else as the newest does."""
    return "returned" if returned is not None and "closed" not in rosters else rosters[-1] if rosters else None


def _class_stands(
    status: str, number: str | None, held: tuple[Any, Any, int, int] | None, roster: str | None
) -> Pairs:
    told = "尚未登记" if held is None else f"{held[0]} 至 {held[1]}，参加 {held[2]} 人，合格 {held[3]} 人"
    found = [("状态", CLASS_MARKS[status]), ("备案号", number or "—"), ("举办", told)]
    return found if roster is None else [*found, ("名单", ROSTER_MARKS[roster])]


def plan_subject(asking: Asking, body: Mapping[str, Any]) -> Subject:
    """A plan as something to be done upon."""
    title = f"{body['year']} 年度培训计划（{unit_name(asking.house, body['organiser'])}）"
    return Subject(body["plan"], f"/plans/{body['plan']}", title, body["version"],
                   _plan_stands(body["status"], body["missing"], body["evaluations"]), _plan_becomes, state=body)


def _plan_becomes(state: Plan) -> Pairs:
    return _plan_stands(state.status.value, state.missing, [one._asdict() for one in state.evaluated])


def _plan_stands(status: str, missing: Sequence[str], evaluations: Sequence[Mapping[str, Any]]) -> Pairs:
    return [("状态", PLAN_MARKS[status]), ("尚待备案", "、".join(map(role_name, missing)) or "无"),
            ("已评估", grades(evaluations) or "无")]


def _see_class(asking: Asking, training_class: str) -> Subject | Refusal:
    found = trainings.training_class(asking.house, asking.caller, training_class, Moment((), {}, {}).read())
    return found if isinstance(found, Refusal) else class_subject(found)


def _see_plan(asking: Asking, plan: str) -> Subject | Refusal:
    house = asking.house
    if (behind := house.settled()) is not None:
        return behind
    found = trainings.plan(house, asking.caller, plan, as_of=house.answers.position())
    return found if isinstance(found, Refusal) else plan_subject(asking, found)


def _number(_: Asking, __: Subject) -> list[Field]:
    return [Field("number", "备案号", hint="本部门内不重复，如 甬备2026-7", is_required=True)]


def _holding(_: Asking, subject: Subject) -> list[Field]:
    """As it was filed, until it is typed otherwise; what was registered already, as it was registered."""
    was = subject.state["held"] or subject.state
    counts = {name: str(was.get(name, "")) for name in ("attended", "passed")}
    return [
        Field("starts", "实际开班", "date", is_required=True, value=str(was["starts"])),
        Field("ends", "实际结束", "date", is_required=True, value=str(was["ends"])),
        Field("days", "实际天数", "decimal", hint="半天记 0.5", is_required=True, value=str(was["days"])),
        Field("attended", "参加人数", "number", is_required=True, value=counts["attended"]),
        Field("passed", "考核合格人数", "number", is_required=True, value=counts["passed"]),
        *(Field(f"paper_{kind}", words, "file", hint=PAPERS_KEPT)
          for kind, words in HOLDING_PAPERS.items()),
    ]


def _held_as_filed(_: Asking, subject: Subject) -> dict[str, Any]:
    filed = subject.state
    return {"starts": filed["starts"], "ends": filed["ends"], "days": int(parse_hours(filed["days"])) // 50,
            "attended": 0, "passed": 0}


def _hold(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """What was handed in before stays, but for what is handed in anew."""
    keep = None if asked.dry_run else partial(training_files.keep_chosen, house, caller, name)
    sent, unkept = papers(keep=keep)
    if unkept:  # Before the event that cites them: what is registered as handed in is here.
        return unkept[0][1]
    known = class_filings.class_of(Reading(house.ledger), name)
    kinds = {one["kind"] for one in sent}
    before = () if known is None or known.held is None else known.held.evidence
    kept = [{"kind": one.kind, "sha256": one.sha256, "issued_on": one.issued_on} for one in before
            if one.kind not in kinds]
    return class_filings.hold(house, caller, name, {**fields, "evidence": [*kept, *sent]}, asked)


def _evaluation(_: Asking, subject: Subject) -> list[Field]:
    carried = subject.state["carried"]
    seen = (f"登记在案：申报 {carried['classes_filed']} 班，举办 {carried['classes_held']} 班，"
            f"参加 {carried['attended']} 人")
    return [Field("grade", "等次", "choice", tuple(GRADES.items()), hint=seen, is_required=True), _TOLD]


def _correction(asking: Asking, subject: Subject) -> list[Field]:
    """The same, and on which document it rests."""
    document = Field("document", "依据文号", hint="如 甬人社函〔2027〕12号", is_required=True)
    grade, words = _evaluation(asking, subject)
    return [grade, document, words]


def _on_funding(_: Asking, subject: Subject, __: Mapping[str, Any]) -> str:
    """What P 12 has an office look at where public money is sought."""
    plan = subject.state
    if not (many := funded(plan["items"])):
        return ""
    judged = grades(plan["last_year"]) or "没有评估"
    return (f"{many} 个项目申请财政资助。上年度计划的评估：{judged}。评估结果是承担财政资助高研班项目的重要参考："
            "浙人社发〔2016〕63号第十二条。")


def _with_reason(kind: str) -> Any:
    return lambda _, __: [reason_field(kind), _TOLD]


def _tried(**given: Any) -> Any:
    return lambda _, __: given


CLASSES: Final = Room(_see_class, named(
    Deed("acceptance", "备案", class_filings.accept, AcceptanceBody, _number, _tried(number="-"), look="main"),
    Deed("refusal", "不予备案", class_filings.refuse, ClassRefusalBody, _with_reason("class.refused"),
         _tried(words="-", reason="other"), look="bad", note="不予备案后不能再办；须另行申报。办理后记为一个事件。"),
    Deed("holding", "登记举办情况", _hold, HoldingBody, _holding, _held_as_filed, look="main"),
    Deed("roster-return", "退回名册", rosters.send_back, RosterReturnBody, _with_reason("class.roster_returned"),
         _tried(words="-", reason="other"),
         note="办班单位看到理由，改好后重新提交；在此之前不登记这份名册。办理后记为一个事件。"),
    Deed("roster-abandonment", "放弃未完成的名单", rosters.abandon, look="bad",
         note="放弃后，已写入的各行都不会生效；名册可以再导入。办理后记为一个事件。"),
))
PLANS: Final = Room(_see_plan, named(
    Deed("acknowledgement", "备案", plan_filings.acknowledge, look="main", along=_on_funding),
    Deed("return", "退回修改", plan_filings.send_plan_back, PlanReturnBody, _with_reason("plan.returned"),
         _tried(words="-", reason="other")),
    Deed("evaluation", "评估实施情况", plan_filings.evaluate, EvaluationBody, _evaluation,
         _tried(grade="qualified", words="-"), depends=True),
    Deed("evaluation-correction", "更正评估", plan_filings.correct_evaluation, EvaluationCorrectionBody, _correction,
         _tried(grade="qualified", words="-", document="-"), depends=True,
         note="办理后记为一个事件；原来的评估不删除，仍可查看。举办的班次和人数按现在登记的取。"),
))
