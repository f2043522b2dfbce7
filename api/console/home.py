"""The workbench: for somebody themselves their year and what is under way, for an office what waits and for how long.

`tests/console/test_home.py` shows it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from flask import request

from api.cases import called, workload, year_closing, years
from api.cases.belonging import people
from api.cases.claiming import claim_drafts, claim_sheet, queue
from api.cases.forgetting.erasure import SECURITY_ADMINISTRATOR
from api.cases.learning import exam_waits
from api.cases.log.looks import AUDITOR
from api.cases.standing import HUMAN_RESOURCES, POLICY_OFFICE, SUPERVISOR, SYSTEM_ADMINISTRATOR
from api.cases.statement import statement_shown
from api.cases.training import plan_waits, roster_waits
from api.console import status, words
from api.console.claiming import remedies
from api.console.claiming.claim import done_before, told_basis
from api.console.investigating.findings import investigating
from api.console.law import proposals, replays, rules
from api.console.learning import moving
from api.console.learning.learning import own_studies
from api.console.moment import Moment, asked_moment
from api.console.records import named_units, place_of, unit_name
from api.console.screen import Asking, Page, Shown
from api.house import House
from api.words.telling import role as role_name
from api.words.year_page import moment as written
from api.words.year_page import region, rows, verdict
from ledger.errors import Refusal
from ledger.ids import PREFIXES
from policies.words import base_vocabulary
from projections.basis import written_time
from projections.workload import Load, days_waited

_UNDER_WAY_MOST = 20
LOADS_MOST = 50
"""So many lines of what waits where are shown, those that have waited longest; all of them stand in the JSON."""

_PLACE: Final = re.compile("[0-9]{2}([0-9]{2}){0,2}")

_CLOSING: Final = ("/year-closings", "年度关账", "把全部人员的年度学时定下来")

STEPS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "unit": (
        ("/years", "查阅学时", "本单位人员各年度还差什么"),
        ("/persons/new", "登记人员", "新来的、不便自己登记的"),
        ("/classes/new", "申报培训班", "本单位组织的培训，开班之前备案"),
    ),
    HUMAN_RESOURCES: (
        ("/imports/new", "导入", "别的系统已认定的学时"),
        ("/persons/new", "登记人员", "不便自己登记的"),
        ("/years", "查阅学时", "所辖人员各年度还差什么"),
    ),
    "sector_authority": (
        ("/classes", "培训班", "备案的、自办的，和导入的名册"),
        ("/imports/new", "导入", "别的系统已认定的学时"),
        ("/years", "查阅学时", "所辖人员各年度还差什么"),
    ),
    "recognised_organiser": (
        ("/plans/new", "申报年度计划", "全年要办的班"),
        ("/classes/new", "申报培训班", "开班之前备案"),
        ("/classes", "办过的班", "登记举办情况、导入名册、出具登记卡"),
    ),
    "title_committee": (
        ("/applications?purpose=title_application", "职称申报", "各人的年度和学时是否达到"),
        ("/sanctions?purpose=title_application", "不得申报的人员", "为何，到何时"),
        ("/years", "查阅学时", "申报人各年度的学时和依据"),
    ),
    POLICY_OFFICE: (
        ("/rules/proposals/new", "提出一版细则", "由另一人施行"),
        ("/replays/new", "影响分析", "施行之前看谁的学时会变"),
        ("/differences", "差异", "认定与按细则重新评定的不同"),
    ),
    SUPERVISOR: (
        ("/findings", "核查线索", "规则发现的，逐条核查"),
        ("/cases", "案件", "立案、冻结、推演、处理"),
        ("/timeline", "时间线", "从手上有的编号、证件、证书查起"),
    ),
    SYSTEM_ADMINISTRATOR: (
        ("/accounts", "账号和权限", "任用经办账号，授予和收回权限，停用"),
        ("/status", "系统状态", "自检、备份、逐条重读、投影处理到哪里"),
    ),
    SECURITY_ADMINISTRATOR: (
        ("/erasures", "销毁个人信息", "提议期满之后由您确认"),
        ("/status", "系统状态", "日志的密钥、见证人，自检有没有异常"),
        ("/sessions", "令牌和会话", "本账号的，不认识的使其失效"),
    ),
    AUDITOR: (
        ("/access", "查阅日志", "谁为何看过谁的个人信息"),
        ("/accounts", "账号和权限", "谁任用了谁，授予了什么"),
        ("/timeline", "时间线", "一个账号、一个单位、一次请求做过什么"),
    ),
}
ON_THE_SERVER: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    SYSTEM_ADMINISTRATOR: (("xueshi doctor", "自检"), ("xueshi fsck", "逐条重读账本"), ("xueshi backup", "备份")),
    SECURITY_ADMINISTRATOR: (("xueshi keys show", "密钥和它们的备份"), ("xueshi keys backup", "备份密钥，到期销毁"),
                             ("xueshi log key", "日志的公钥")),
    AUDITOR: (("xueshi verify", "离线核验取走的证明"), ("xueshi log forks", "日志有没有两种历史")),
}
"""What the separated three do beside their screens: where the register itself lies."""
"""Where each begins for whom nothing waits: what is done of one's own accord."""


def home(asking: Asking) -> Shown:
    """Where everybody begins."""
    moment = asked_moment()
    position = moment.position(asking.house)
    basis = told_basis(asking.house.answers.reflects(position))
    common = {"moment": moment, "basis": basis, "done": done_before(asking)}
    if asking.capacity.is_person:
        return _person(asking, moment, position, common)
    if not asking.capacity.reviews:
        return _separated(asking, moment, common)
    return _office(asking, moment, position, common)


# For somebody themselves


def _person(asking: Asking, moment: Moment, position: int, common: dict[str, Any]) -> Shown:
    house, caller = asking.house, asking.caller
    shown = people.see(house, caller, caller.id, None)
    if isinstance(shown, Refusal):
        return shown
    day = workload.counted_on(house, moment.asked["as_of"])
    told = years.answered(house, caller.id, moment.read(), day.year)
    if isinstance(told, Refusal):
        return told
    year = next(iter(told["years"]), None)
    page = years.work(house, caller, role=None, as_of=position, after=None, limit=_UNDER_WAY_MOST)
    if isinstance(page, Refusal):
        return page
    own = claim_sheet.own(house, caller, as_of=position)
    titles = {} if isinstance(own, Refusal) else {one.version.claim: one.title for one in own}
    others = {one.id: called.title_of(house, one, position).title for one in page.items}
    waiting = [_under_way(one, others | titles, day) for one in page.items]
    kept = claim_drafts.every(house, caller, caller.id)
    learned = own_studies(asking, position)
    moved = [] if isinstance(learned, Refusal) else moving.told(asking, learned["bookings"])
    statements = statement_shown.of_person(house, caller, caller.id, None, as_of=position)
    return Page("home_person.html", {
        **common, "person": caller.id, "identity": shown[0]["identity"], "year": day.year,
        "is_restricted": shown[0]["restricted"],
        "view": None if year is None else {"verdict": verdict(year, day), "rows": list(rows(year, day))},
        "belongs": bool(told["affiliations"]), "place": _place(house, told["affiliations"]), "waiting": waiting,
        "lost": remedies.in_time(asking, [] if isinstance(own, Refusal) or not moment.is_now else own),
        "drafts": [] if isinstance(kept, Refusal) else kept["items"], "written": written,
        "statements": [] if isinstance(statements, Refusal) else statements[-1:], "has_claims": bool(titles),
        "words": base_vocabulary(),
        "learning": [] if isinstance(learned, Refusal) else [
            one for one in learned["enrolments"] if one["status"] in ("enrolled", "completed")],
        "moved": moved,
    }, {"year": year, "waiting": waiting, "moved": moved, **common["basis"]})


def _under_way(one: Any, titles: dict[str, str | None], day: date) -> dict[str, Any]:
    return {"id": one.id, "kind": words.KINDS.get(one.kind, one.kind), "is_claim": one.id.startswith(PREFIXES["claim"]),
            "address": place_of(one.id),
            "title": titles.get(one.id) or "", "is_own": one.role == "claimant",
            "holder": "本人，请修改" if one.role == "claimant" else role_name(one.role),
            "days": days_waited(one.since_at, day)}


def _place(house: House, affiliations: list[dict[str, Any]]) -> str:
    """Where somebody belongs, in words."""
    if not affiliations:
        return ""
    unit = house.answers.unit(affiliations[-1]["unit"])
    return "" if unit is None else str(unit.names[-1].name)


# For an office


def _separated(asking: Asking, moment: Moment, common: dict[str, Any]) -> Page:
    """The three who decide upon nobody: whether the register holds, and what each of them does."""
    role = str(asking.capacity.role)
    is_one = moment.is_now and asking.capacity.role is not None
    return Page("home_office.html", {
        **common, "loads": [], "kinds": [], "waiting": 0, "more": False,
        "amiss": status.amiss(asking.house) if is_one else None, "steps": STEPS.get(role, ()) if is_one else (),
        "commands": ON_THE_SERVER.get(role, ()) if is_one else (),
    }, common["basis"])


def _office(asking: Asking, moment: Moment, position: int, common: dict[str, Any]) -> Shown:
    house, caller, role = asking.house, asking.caller, asking.capacity.role
    found = queue.waiting(house, caller, role, as_of=position)
    if isinstance(found, Refusal):
        return found
    day = workload.counted_on(house, moment.asked["as_of"])
    ages = [days_waited(one.since_at, day) for one in found.items]
    kinds = Counter(one.kind for one in found.items)
    place = asked_moment(rest=("region",))  # Of what waits where alone: everything else here is of all that is one's.
    within = place.rest.get("region", "")
    within = within if _PLACE.fullmatch(within) else ""
    loads = workload.offices(house, caller, within, moment.asked["as_of"])
    if isinstance(loads, Refusal):
        return loads
    proposed = rules.proposed(asking, moment, position) or []
    rosters = roster_waits.waiting(house, caller, role, as_of=position)
    held = exam_waits.waiting(house, caller, role, as_of=position)
    sat = [] if isinstance(held, Refusal) else [_sat(one, day) for one in held[0]]
    ended = plan_waits.waiting(house, caller, role, as_of=position) if moment.is_now else ([], False)
    plans = [] if isinstance(ended, Refusal) else [_plan(house, one, day) for one in ended[0]]
    watches = role in (HUMAN_RESOURCES, SUPERVISOR)
    theirs = [one for one in loads.items if watches or one.role == role]
    listed = theirs if request.path.endswith(".json") else theirs[:LOADS_MOST]
    called = named_units(house, [one.unit for one in listed])
    items = [_load(one, called, loads.counted_on) for one in listed]
    told = [{"code": code, "words": words.KINDS.get(code, code), "many": many} for code, many in kinds.most_common()]
    return Page("home_office.html", {
        **common, "waiting": len(found.items), "more": found.next is not None, "kinds": told,
        "steps": _steps(asking, role) if moment.is_now else (),
        "loads": items[:LOADS_MOST], "more_loads": max(0, len(theirs) - LOADS_MOST), "watches": watches,
        "place": place, "within": within, "within_words": region(within) if within else "",
        "ages": {"old": sum(age > 10 for age in ages), "some": sum(3 < age <= 10 for age in ages),
                 "new": sum(age <= 3 for age in ages)},
        "oldest": max(ages, default=0), "own": sum(one.holder == caller.id for one in found.items),
        "looks": investigating(asking, position) if role == SUPERVISOR and moment.is_now else None,
        "amiss": status.amiss(house) if role == SUPERVISOR and moment.is_now else None,
        "replays": replays.latest(asking) if moment.is_now else None,
        "proposed": [one for one in proposed if one["status"] == "open"],
        "turned_down": proposals.turned_down(proposed, day),
        "rosters": [] if isinstance(rosters, Refusal) else [_roster(house, one, day) for one in rosters[0]],
        "more_rosters": not isinstance(rosters, Refusal) and rosters[1],
        "plans": plans, "more_plans": not isinstance(ended, Refusal) and ended[1],
        "sat": sat, "more_sat": not isinstance(held, Refusal) and held[1],
        "oldest_since": written_time(found.items[0].since_at)[:10] if found.items else "",
    }, {"waiting": len(found.items), "kinds": told, "loads": items, "exams": sat, "plans": plans,
        "rosters": [] if isinstance(rosters, Refusal) else [
            {"training_class": one.one.training_class, "since": written_time(one.one.since_at), "is_ours": one.is_ours,
             "roles": [each.role for each in one.offices]} for one in rosters[0]], **common["basis"]})


def _load(one: Load, called: Mapping[str, str], day: date) -> dict[str, Any]:
    return {**workload.load_told(one, day), "role_words": role_name(one.role),
            "unit_words": "" if one.unit is None else called[one.unit],
            "kind_words": words.KINDS.get(one.kind, one.kind), "region_words": region(one.region),
            "sector_words": base_vocabulary().sectors.get(one.sector, one.sector)}


def _roster(house: House, one: roster_waits.Waits, day: date) -> dict[str, Any]:
    """A class whose list waits to be registered, and by which words of which document."""
    names = dict.fromkeys(role_name(each.role) for each in one.offices)
    basis = {each.rulebook: each.article for each in one.offices}
    documents = {book.id: book.document for book in house.answers.rulebooks()}
    return {
        "address": f"/classes/{one.one.training_class}", "title": one.title, "organiser": one.organiser_name,
        "is_ours": one.is_ours, "is_own_hand": one.is_own_hand, "is_own": one.is_own,
        "is_brought": one.is_brought, "returned": one.returned, "who": "、".join(names) or "登记部门",
        "since": written_time(one.one.since_at)[:10],
        "days": days_waited(one.one.since_at, day),
        "basis": "；".join(f"{documents.get(book, book)} {article}" for book, article in basis.items()),
    }


def _plan(house: House, one: plan_waits.Waits, day: date) -> dict[str, Any]:
    """A plan whose year has ended and which was not evaluated, since when."""
    return {"plan": one.plan.plan, "year": one.plan.year, "organiser": unit_name(house, one.plan.organiser),
            "seeks": sum(item.seeks_funding for item in one.plan.filed.items),
            "since": one.since.isoformat(), "days": (day - one.since).days}


def _sat(one: exam_waits.Waits, day: date) -> dict[str, Any]:
    """A session whose day has passed: of how many there is no result, since when."""
    exam = one.exam
    return {"exam": exam.exam, "words": f"{exam.day} {exam.starts} {exam.place}", "booked": exam.taken,
            "without_result": one.without_result, "since": exam.day,
            "days": (day - date.fromisoformat(exam.day)).days}


def _steps(asking: Asking, role: str | None) -> tuple[tuple[str, str, str], ...]:
    """Where somebody begins; of a close only whoever holds everyone's place is told: a city may not make it."""
    steps = STEPS.get(str(role), ())
    closes = role == HUMAN_RESOURCES and year_closing.is_offered(asking.house, asking.caller)
    return (*steps[:-1], _CLOSING) if closes else steps
