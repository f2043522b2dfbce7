"""Applications for titles in the console: filed by the person with the law's answer before them, judged by an office.

N 9: so many years met, two of them in a row, counted on the day of the application; what falls short is postponed, and
the page says to when. No office types hours: an assessment is what the law says for the years of seniority that the
office confirms, and can be tried before it is recorded. `tests/console/test_applying.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from flask import request

from api.cases.doing import Asked, Reading
from api.cases.titles import applications, petitions, sanctions
from api.console import deeds, words
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Room, Subject
from api.console.form import Field, of_refusal
from api.console.moment import Moment, asked_moment
from api.console.records import passage, seat, unit_name
from api.console.screen import Asking, Page, Shown
from api.console.titles import titles
from api.house import House
from api.paper.tables_out import Table
from api.routes.schemas.applications import AssessmentBody, DisqualificationBody, GrantBody
from api.routes.schemas.common import Words
from api.words.codes import CAUSES, SERIES
from ledger.errors import Refusal
from ledger.streams.application import Application, Status
from policies.words import base_vocabulary

LIST: Final = "/applications"
PURPOSE: Final = "title_application"
ROWS: Final = 25
_AT_ONCE: Final = 500
_HEADS: Final = ("申报编号", "人员", "姓名", "级别", "系列", "申报之日", "评委会", "状态", "学时", "取得之日",
                 "最早可申报", "审核之后")


# Lists


def listed(asking: Asking) -> Shown:
    """One's own applications; of an office, those that were filed within its scopes."""
    moment = asked_moment(rest=("purpose", "status", "after"))
    position = moment.position(asking.house)
    return _mine(asking, moment, position) if asking.capacity.is_person else _filed(asking, moment, position)


def _mine(asking: Asking, moment: Moment, position: int) -> Shown:
    house = asking.house
    found = applications.record(house, asking.caller, asking.caller.id, None, as_of=position)
    if isinstance(found, Refusal):
        return found
    body, basis = found.body, house.answers.reflects(position)
    why_not = _why_not(asking, body) if moment.is_now else None
    rows = [titles.application_row(one) for one in reversed(body["applications"])]
    return Page("applications.html", {
        "moment": moment, "basis": told_basis(basis), "rows": rows, "done": done_before(asking),
        "titles": [{**one, "words": titles.title(one)} for one in reversed(body["titles"])],
        "sanctions": [titles.sanction_row(house, one) for one in body["disqualifications"]],
        "revoked": [{**titles.sanction_row(house, one), "words": titles.title(one)} for one in body["revoked_titles"]],
        "why_not": why_not,
        "no_title": titles.no_present(body["titles"]),
    }, {**body, **basis}, _table(rows, position, basis))


def _why_not(asking: Asking, body: Mapping[str, Any]) -> str | None:
    """Why this person can apply for nothing now: a trial with a level that does not exist finds the general bars."""
    held = [date.fromisoformat(one["obtained_on"]) for one in body["titles"] if one["revoked_on"] is None]
    came = petitions.file(asking.house, asking.caller, {
        "person": asking.caller.id, "level": "any", "title_obtained_on": held[-1] if held else None,
        "minimum_years": 0, "committee": "inside"}, Asked(dry_run=True))
    return of_refusal(came, words.documents(asking.house)).words if isinstance(came, Refusal) else None


def _filed(asking: Asking, moment: Moment, position: int) -> Shown:
    house, caller, status = asking.house, asking.caller, moment.rest.get("status")
    purpose = asking.purpose
    is_csv, after = request.path.endswith(".csv"), moment.rest.get("after")
    items: list[dict[str, Any]] = []
    while True:
        page = applications.within(house, caller, status if status in titles.STATES else None, purpose, as_of=position,
                                   after=None if after is None else (after,), limit=_AT_ONCE if is_csv else ROWS)
        if isinstance(page, Refusal):
            return page
        items += page.items
        after = None if page.next is None else str(page.next[0])
        if after is None or not is_csv:
            break
    basis = house.answers.reflects(position)
    rows = [{**titles.application_row(one), "unit_words": unit_name(house, one["unit"]),
             "seat": seat(one["region"], one["sector"])} for one in items]
    return Page("applications_filed.html", {
        "moment": moment, "basis": told_basis(basis), "rows": rows, "states": titles.STATES, "chosen": status,
        "next": after, "purpose": purpose, "purposes": words.PURPOSES,
    }, {"items": items, **basis}, _table(rows, position, basis))


def _table(rows: Sequence[Mapping[str, Any]], position: int, basis: Mapping[str, Any]) -> Table:
    return Table("applications", "职称申报", _HEADS, [
        (one["application"], one["person"], one.get("name"), titles.level(one["level"]),
         SERIES.get(one["series"], one["series"]), one["applied_on"], one["committee_words"], one["state"][2],
         one["verdict"] and one["verdict"][2],
         one["obtained_on"], one["earliest_year"], one["since"] and one["since"][2])
        for one in rows], position, basis["as_of_time"])


# One application


def detail(asking: Asking, application: str) -> Shown:
    """One application: what was applied for, what was decided, what goes along with it and has become of it."""
    house, address, moment = asking.house, f"{LIST}/{application}", asked_moment(rest=("purpose",))
    position, purpose = moment.position(house), asking.purpose
    found = applications.sheet(house, asking.caller, application, purpose, as_of=position)
    if isinstance(found, Refusal):
        return found
    basis, state = house.answers.reflects(position), _state(house, application)
    subject = _subject_of(asking, found, purpose)
    one = found.application
    return Page("application.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking), "at": address, "one": one,
        "row": titles.application_row(found.body), "facts": titles.facts(house, state), "identity": found.identity,
        "decided": one.decided, "events": passage(found.body), "said": found.body["said"], "purpose": purpose,
        "packet": _packet(found.packet), "missing": _missing(house, found.packet), "effect": found.effect,
        "subject": subject, "offered": deeds.offered(asking, APPLICATION, subject) if moment.is_now else [],
        "documents": words.documents(house), **_lost(house, one.status, state),
    }, {**found.body, "packet": found.packet, "effect": found.effect, **basis})


def _lost(house: House, status: str, state: Application) -> dict[str, Any]:
    """What was taken and upon what, at a moment at which it had been."""
    taken = state.disqualified if status in (Status.DISQUALIFIED, Status.LIFTED) else None
    return {"taken": [] if taken is None else titles.taken(house, state),
            "grounds": None if taken is None else taken.sanction}


def _state(house: House, application: str) -> Application:
    state = petitions.application_of(Reading(house.ledger), application)
    assert state is not None, "what the answers know stands in the ledger"
    return state


_KINDS: Final = {
    "statement": "学时登记情况表", "title": "现职称", "entry": "学时", "card": "学时登记卡", "assessment": "学时审核",
}


def _packet(packet: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What goes along, in words."""
    vocabulary = base_vocabulary()
    told = []
    for one in packet["items"]:
        about = str(one["id"])
        if one["kind"] == "title":
            about = f"{titles.level(about.partition(' ')[0])}，{about.partition(' ')[2]} 取得"
        if one["kind"] == "statement":
            about = f"{'、'.join(map(str, one['years']))} 年度" + ("（随申报提交）" if one["handed_in"] else "")
        if one["kind"] == "assessment":
            about = "结论见上"
        if one["kind"] == "entry":
            category = vocabulary.categories[one["category"]]
            about = f"{one['year']} 年度 · {vocabulary.route_name(one['route'])} · {category}"
        told.append({**one, "words": _KINDS[one["kind"]], "about": about,
                     "link": f"/claims/{one['id']}" if one["kind"] == "entry" else ""})
    return told


def _missing(house: House, packet: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is missing: each sentence of law that asks for something once, with all the claims that lack it."""
    told: dict[tuple[str, ...], list[str]] = {}
    for one in packet["missing"]:
        document = words.documents(house).get(one["rulebook"], one["rulebook"])
        told.setdefault((_KINDS[one["kind"]], document, one["article"], one["quote"]), []).append(one.get("claim", ""))
    return [dict(zip(("words", "document", "article", "quote"), key, strict=True)) | {"claims": [*filter(None, claims)]}
            for key, claims in told.items()]


def _subject(asking: Asking, application: str) -> Subject | Refusal:
    house, purpose = asking.house, None if asking.capacity.is_person else PURPOSE
    if (behind := house.settled()) is not None:
        return behind
    found = applications.sheet(house, asking.caller, application, purpose, as_of=house.answers.position())
    return found if isinstance(found, Refusal) else _subject_of(asking, found, purpose)


def _subject_of(asking: Asking, found: applications.Sheet, purpose: str | None) -> Subject:
    house, one = asking.house, found.application
    whose = f"{found.identity['name']} " if purpose is not None and found.identity is not None else ""
    state = _state(house, one.application)
    return Subject(one.application, f"{LIST}/{one.application}", f"{whose}申报{titles.title(one._asdict())}",
                   house.ledger.store.version(one.application), titles.stands(house, state),
                   lambda then: titles.stands(house, then), purpose, state)


def _years(_: Asking, subject: Subject) -> Sequence[Field]:
    stated = subject.state.filed.goal.minimum_years
    return (Field("minimum_years", "核对过的资历年限", "number", is_required=True, value=str(stated),
                  hint="该级别规定的年数；本人填的是这个数"),)


def _why(_: Asking, __: Subject) -> Sequence[Field]:
    return (deeds.WORDS,)


def _obtained(asking: Asking, _: Subject) -> Sequence[Field]:
    return (Field("obtained_on", "取得职称之日", "date", is_required=True, value=str(asking.house.today)),)


def _cause(asking: Asking, subject: Subject) -> Sequence[Field]:
    cause = Field("cause", "原因", "choice", tuple(CAUSES.items()), is_required=True)
    days = (cause, Field("starts", "限期的，自", "date", hint="不写即今日"), Field("until", "至", "date"))
    house = asking.house
    tainted = applications.revoked_entries(house, subject.state.person, as_of=house.answers.position())
    return titles.grounds(tainted, days)


APPLICATION: Final = Room(_subject, deeds.named(
    Deed("assessment", "审核学时", petitions.assess, AssessmentBody, _years,
         lambda _, subject: {"minimum_years": subject.state.filed.goal.minimum_years}, "main", depends=True,
         note="结论由登记细则得出，按此刻所知的学时；以后学时有变，可以再次审核。"),
    Deed("postponement", "延期申报", petitions.postpone, Words, _why, lambda _, __: {"words": "-"},
         note="学时不足只延期，不是处罚；延到最早可能符合的年份。记为一个事件，不能删除。"),
    Deed("grant", "申报通过", petitions.grant, GrantBody, _obtained,
         lambda asking, _: {"obtained_on": asking.house.today}, "main",
         note="取得的职称随之记入本人的登记。记为两个事件，不能删除；有误的，另行撤销。"),
    Deed("disqualification", "取消申报资格", sanctions.disqualify, DisqualificationBody, _cause,
         lambda _, __: {"cause": "falsified", "words": "-"}, "bad", depends=True,
         note="须有已撤销的学时或属实的案件为据。期限由所依据的文件决定。记为一个事件；恢复须另一人办理。"),
    Deed("withdrawal", "撤回申报", petitions.withdraw, look="bad", is_own=True,
         note="撤回后可以重新申报。记为一个事件，不能删除。"),
))
