"""What somebody was granted and has lost, for offices: titles entered and revoked, the right to apply taken and lifted.

P 16, N 10: a sanction rests on entries that were revoked or on a case, by the words of a rulebook in force or of
another document, and is lifted by another hand. Who may not apply on a day is a list of its own.
`tests/console/test_applying.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from flask import request

from api.cases.titles import applications, petitions, sanctions
from api.console import deeds, words
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Room, Subject
from api.console.form import Field
from api.console.moment import asked_moment
from api.console.records import passage
from api.console.screen import Asking, Page, Shown
from api.console.titles import titles
from api.console.titles.applications import PURPOSE
from api.paper.tables_out import Table
from api.routes.bodies import Query
from api.routes.fields import Day
from api.routes.schemas.applications import (
    DisqualificationBody,
    LiftingBody,
    TitleBody,
    TitleRevocationBody,
    TitleVoidingBody,
)
from api.routes.sent import fields_of
from api.words.codes import CAUSES, LIFTING, SERIES, TITLE_LEVELS
from ledger.errors import Refusal
from ledger.streams.application import Application
from ledger.streams.person import Person

LIST: Final = "/sanctions"
ROWS: Final = 50
_AT_ONCE: Final = 500


class _On(Query):
    """On which day."""

    on = Day()


# Whoever may not apply


def listed(asking: Asking) -> Shown:
    """Who may apply for nothing on a day, of those whom one's scopes reach."""
    house, moment = asking.house, asked_moment(rest=("purpose", "on"))
    position, purpose = moment.position(house), asking.purpose
    day = _day(moment.rest.get("on"), house.today)
    found: list[dict[str, Any]] = []
    after: tuple[Any, ...] | None = None
    while True:  # A page may hold nobody of those whom one reaches: it is read on until it is full or all was read.
        page = applications.barred(house, asking.caller, day, purpose, as_of=position, after=after, limit=_AT_ONCE)
        if isinstance(page, Refusal):
            return page
        found += page.items
        after = page.next
        if after is None or (len(found) >= ROWS and not request.path.endswith(".csv")):
            break
    rows, basis = [titles.sanction_row(house, one) for one in found], house.answers.reflects(position)
    heads = ("编号", "人员", "姓名", "原因", "依据", "期限", "事件")
    table = Table("sanctions", f"{day} 不得申报职称的人员", heads, [
        (one["application"], one["person"], one["name"], one["cause_words"], one["ground"], one["term"], one["event"])
        for one in rows], position, basis["as_of_time"])
    return Page("sanctions.html", {
        "moment": moment, "basis": told_basis(basis), "rows": rows, "day": day, "purpose": purpose,
        "purposes": words.PURPOSES, "more": after is not None,
    }, {"on": day.isoformat(), "items": found, **basis}, table)


def _day(text: str | None, today: date) -> date:
    found: date = fields_of(_On(), {} if text is None else {"on": text}).get("on", today)
    return found


# One sanction


def detail(asking: Asking, application: str) -> Shown:
    """What was taken in one act, as it stands."""
    address, purpose = f"{LIST}/{application}", asking.purpose
    found = sanctions.see(asking.house, asking.caller, application, purpose)
    if isinstance(found, Refusal):
        return found
    subject = _of_sanction(asking, application, purpose, found[1])
    body = {**found[0], **sanctions.happened(asking.house, application)}
    return Page("sanction.html", {
        "done": done_before(asking), "at": address, "subject": subject, "events": passage(body), "said": body["said"],
        "body": body, "purpose": purpose, "offered": deeds.offered(asking, SANCTION, subject),
    }, body)


def _sanction(asking: Asking, application: str) -> Subject | Refusal:
    purpose = None if asking.capacity.is_person else PURPOSE
    found = sanctions.see(asking.house, asking.caller, application, purpose)
    return found if isinstance(found, Refusal) else _of_sanction(asking, application, purpose, found[1])


def _of_sanction(asking: Asking, application: str, purpose: str | None, version: int) -> Subject:
    house = asking.house
    state = sanctions.taken(house, application)

    def stands(then: Application) -> list[tuple[str, Any]]:
        lost = "；".join(f"{titles.title(one._asdict())}，{one.obtained_on} 取得" for one in then.revoked)
        pairs = [*titles.taken(house, then), ("撤销的职称", lost)]
        return [(name, value) for name, value in pairs if value]

    what = "取消申报资格" if state.disqualified else "撤销职称"
    return Subject(application, f"{LIST}/{application}", what, version, stands(state), stands, purpose, state)


def _lifting(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("basis", "依据", "choice", tuple(LIFTING.items()), is_required=True),
            Field("on", "自哪一日恢复", "date", hint="不写即今日"), deeds.WORDS)


SANCTION: Final = Room(_sanction, deeds.named(
    Deed("lifting", "恢复申报资格", sanctions.lift, LiftingBody, _lifting,
         lambda _, __: {"basis": "decided_in_error", "words": "-"},
         note="须由作出处理以外的人办理。记为一个事件，原来的处理仍然可见。"),
))


# Somebody's whole record


def record(asking: Asking, person: str) -> Shown:
    """What somebody holds, applies for and has lost; with what an office can do about it."""
    house, address, moment = asking.house, f"/persons/{person}/titles", asked_moment(rest=("purpose",))
    position, purpose = moment.position(house), asking.purpose
    found = applications.record(house, asking.caller, person, purpose, as_of=position)
    if isinstance(found, Refusal):
        return found
    body, basis, subject = found.body, house.answers.reflects(position), _of_person(asking, person, found, purpose)
    return Page("person_titles.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking), "at": address, "person": person,
        "identity": found.identity, "purpose": purpose, "subject": subject,
        "titles": [{**one, "words": titles.title(one)} for one in reversed(body["titles"])],
        "rows": [titles.application_row(one) for one in reversed(body["applications"])],
        "sanctions": [titles.sanction_row(house, one) for one in body["disqualifications"]],
        "revoked": [{**titles.sanction_row(house, one), "words": titles.title(one)} for one in body["revoked_titles"]],
        "offered": deeds.offered(asking, RECORD, subject) if moment.is_now else [],
        "is_sound": bool(_held(subject)) and not found.tainted,
    }, {**body, **basis})


def _person(asking: Asking, person: str) -> Subject | Refusal:
    house, purpose = asking.house, None if asking.capacity.is_person else PURPOSE
    if (behind := house.settled()) is not None:
        return behind
    found = applications.record(house, asking.caller, person, purpose, as_of=house.answers.position())
    return found if isinstance(found, Refusal) else _of_person(asking, person, found, purpose)


def _of_person(asking: Asking, person: str, found: applications.Record, purpose: str | None) -> Subject:
    house, body = asking.house, found.body
    held = "；".join(f"{titles.title(one)}，{one['obtained_on']}" for one in body["titles"]
                    if one["revoked_on"] is None) or "没有登记的职称"
    taken = "；".join(one["term"] for one in (titles.sanction_row(house, each) for each in body["disqualifications"])
                     if not one["lifted_on"]) or "没有限制"
    lost = "；".join(f"{titles.title(one)}，{one['obtained_on']}" for one in body["revoked_titles"]) or "没有"
    now: list[tuple[str, Any]] = [("登记的职称", held), ("申报资格", taken), ("撤销的职称", lost)]

    def becomes(then: Any) -> list[tuple[str, Any]]:
        changed: dict[str, Any] = {}
        if isinstance(then, Person):
            changed["登记的职称"] = "；".join(
                f"{titles.title(one._asdict())}，{one.obtained_on}" for one in then.titles) or "没有登记的职称"
        elif then.disqualified is not None:
            changed["申报资格"] = titles.barred(house, then.disqualified, None)
        else:
            changed["撤销的职称"] = "；".join(
                f"{titles.title(one._asdict())}，{one.obtained_on}" for one in then.revoked)
        return [(name, changed.get(name, value)) for name, value in now]

    name = "（名称已注销）" if found.identity is None else str(found.identity["name"])
    return Subject(person, f"/persons/{person}/titles", name, None, now, becomes, purpose, found)


def _title(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("level", "级别", "choice", tuple(TITLE_LEVELS.items()), is_required=True),
            Field("series", "系列", "choice", tuple(SERIES.items())),
            Field("obtained_on", "取得之日", "date", is_required=True), deeds.papers("职称证书的扫描件"))


_ENTERED: Final = ("level", "series", "obtained_on")


def _entered(asking: Asking, subject: Subject) -> Sequence[Field]:
    last, levels = _newest(asking, subject), tuple(TITLE_LEVELS.items())
    return (Field("level", "登记错的级别", "choice", levels, value=last["level"], is_required=True),
            Field("series", "系列", "choice", tuple(SERIES.items()), value=last["series"] or "", blank="没有写系列"),
            Field("obtained_on", "登记的取得之日", "date", value=str(last["obtained_on"]), is_required=True))


def _counts_from_it(asking: Asking, subject: Subject, given: Mapping[str, Any]) -> str:
    resting = petitions.resting_on(asking.house, subject.id, dict(given))
    return f"在办的职称申报有 {len(resting)} 项从这一职称起算年数，作废后须重新核对。" if resting else ""


def _bar(_: Asking, subject: Subject) -> Sequence[Field]:
    cause = Field("cause", "原因", "choice", tuple(CAUSES.items()), is_required=True)
    return titles.grounds(subject.state.tainted, (
        cause, Field("starts", "自", "date", hint="不写即今日"),
        Field("until", "至", "date", hint="细则规定期限的，由细则算出")))


def _which(_: Asking, subject: Subject) -> Sequence[Field]:
    return titles.grounds(subject.state.tainted, (
        Field("level", "撤销的职称级别", "choice", tuple(TITLE_LEVELS.items()), is_required=True),
        Field("series", "系列", "choice", tuple(SERIES.items())),
        Field("obtained_on", "该职称取得之日", "date", is_required=True)))


def _held(subject: Subject) -> list[dict[str, Any]]:
    return [one for one in subject.state.body["titles"] if one["revoked_on"] is None]


def _newest(_: Asking, subject: Subject) -> Mapping[str, Any]:
    """The title that was obtained last, as if every revoked entry had gone into it: what a trial is made with."""
    held = _held(subject)
    last: dict[str, Any] = held[-1] if held else {"level": "assistant", "obtained_on": "1950-01-01", "series": None}
    return {"level": last["level"], "series": last["series"], "obtained_on": date.fromisoformat(last["obtained_on"]),
            "claims": [one.claim for one in subject.state.tainted], "words": "-"}


RECORD: Final = Room(_person, deeds.named(
    Deed("recording", "登记职称", petitions.record_title, TitleBody, _title,
         lambda asking, _: {"level": "assistant", "obtained_on": asking.house.today}, depends=True,
         note="他处评定或登记簿之前取得的职称。申报的年数从取得之后算起。记为一个事件，不能删除。"),
    Deed("voiding", "作废职称", petitions.void_title, TitleVoidingBody, _entered,
         lambda asking, subject: {name: _newest(asking, subject)[name] for name in _ENTERED}, "bad",
         depends=True,
         note="登记错的级别、系列或日期作废后重新登记。评定取得的职称不能作废。记为一个事件，原登记仍然可见。",
         along=_counts_from_it, wants=lambda subject: bool(_held(subject))),
    Deed("disqualification", "限期不得申报", sanctions.bar, DisqualificationBody, _bar,
         lambda _, __: {"cause": "falsified", "words": "-"}, "bad", depends=True,
         note="没有申报可取消、而有文件规定期限的。记为一个事件；恢复须另一人办理。",
         wants=lambda subject: bool(subject.state.body["belongs"])),
    Deed("revocation", "撤销职称", sanctions.revoke_title, TitleRevocationBody, _which, _newest, "bad", depends=True,
         note="须列明所依据的不实学时。记为一个事件，不能删除。",
         wants=lambda subject: bool(_held(subject) and subject.state.tainted)),
))
