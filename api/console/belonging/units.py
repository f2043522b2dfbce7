"""Units in the console: those of an office, one in full, its verification, and its people with their years (W 4, P 4).

What is said of a unit itself is public; of its people it is said for a purpose, masked, and recorded of each of them.
`tests/console/test_registering.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from flask import request

from api.cases.belonging import unit_life, unit_years, units
from api.cases.claiming.queue import PURPOSE
from api.cases.standing import reading_unit
from api.console import deeds, words
from api.console.belonging.registration import seat_fields
from api.console.belonging.transfers import UNIT_STATES
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Room, Subject
from api.console.form import Field
from api.console.moment import ALL, Moment, asked_moment
from api.console.records import passage, seat, unit_name
from api.console.screen import Asking, Page, Shown, onward
from api.console.tracing.field_words import UNIT_KINDS
from api.paper.tables_out import Table
from api.routes.schemas.unit_years import UnitYearsQuery
from api.routes.schemas.units import (
    UnitClosingBody,
    UnitMergerBody,
    UnitRejectionBody,
    UnitRelocationBody,
    UnitRenamingBody,
    VerificationBody,
)
from api.routes.sent import fields_of
from api.words.year_page import basis_view, region
from ledger.errors import Refusal
from ledger.streams.unit import Status, Unit
from policies.words import base_vocabulary
from projections.units import Listed

ROWS: Final = 25
PEOPLE: Final = 50
_AT_ONCE: Final = 500
_MET: Final[Mapping[bool | None, words.Mark]] = {
    True: ("met", "✓", "达标"), False: ("short", "✗", "未达标"), None: ("open", "…", "未定")}
_RUNNING: Final[words.Mark] = ("open", "…", "年度未完")


# Those of an office


def listed(asking: Asking) -> Shown:
    """The units within one's scopes; whoever has only one goes to it."""
    house, caller = asking.house, asking.caller
    moment = asked_moment(rest=("q", "status", "after"))
    position = moment.position(house)
    text, status = moment.rest.get("q", ""), moment.rest.get("status")
    page = units.within(house, caller, text, status if status in UNIT_STATES else None, as_of=position,
                        after=moment.rest.get("after", ""), limit=ROWS)
    if isinstance(page, Refusal):
        return page
    if len(page.items) == 1 and not moment.rest and page.next is None and not request.path.endswith((".json", ".csv")):
        return onward(moment.beside(f"/units/{page.items[0].unit}"))
    counts = units.counted_within(house, caller, text, as_of=position)
    if isinstance(counts, Refusal):
        return counts
    basis = house.answers.reflects(position)
    rows = [{**one._asdict(), "seat": seat(one.region, one.sector), "state": UNIT_STATES[one.status]}
            for one in page.items]
    return Page("units.html", {
        "moment": moment, "basis": told_basis(basis), "rows": rows, "counts": counts, "states": UNIT_STATES,
        "chosen": status, "next": None if page.next is None else page.next[0], "text": text,
    }, {"items": [one._asdict() for one in page.items], "counts": counts, **basis},
        _table(asking, moment, position, basis) if request.path.endswith(".csv") else None)


def _table(asking: Asking, moment: Moment, position: int, basis: Mapping[str, Any]) -> Table:
    found: list[Listed] = []
    after: str | None = ""
    while after is not None:
        some = units.within(asking.house, asking.caller, moment.rest.get("q", ""), moment.rest.get("status"),
                            as_of=position, after=after, limit=_AT_ONCE)
        assert not isinstance(some, Refusal), "the page of it was answered a moment ago"
        found += some.items
        after = None if some.next is None else some.next[0]
    sectors = base_vocabulary().sectors
    heads = ("单位编号", "名称", "统一社会信用代码", "地区", "行业", "状态", "登记事件")
    return Table("units", "单位", heads, [
        (one.unit, one.name, one.credit_code, region(one.region), sectors.get(one.sector, one.sector),
         UNIT_STATES[one.status][2], one.event) for one in found], position, basis["as_of_time"])


# One unit


def detail(asking: Asking, unit: str) -> Shown:
    """One unit, as anyone may see it; with what an office can do about it."""
    address, moment = f"/units/{unit}", asked_moment()
    position = moment.position(asking.house)
    found = units.sheet(asking.house, unit, as_of=None if moment.is_now else position)
    if isinstance(found, Refusal):
        return found
    basis = asking.house.answers.reflects(position)
    subject = _subject_of(found)
    reads = not isinstance(reading_unit(asking.house, asking.caller, unit, PURPOSE), Refusal)
    return Page("unit.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking), "sheet": found, "at": address,
        "subject": subject, "state": UNIT_STATES[found.unit.status], "facts": facts(asking, found.unit),
        "reason": found.body["reason"], "names": _dated(found.body["names"], "name"),
        "seats": _dated([{**one, "seat": seat(one["region"], one["sector"])} for one in found.body["seats"]], "seat"),
        "events": passage(found.body), "reads": reads,
        "offered": deeds.offered(asking, UNIT, subject) if moment.is_now else [],
    }, {**found.body, **basis})


def facts(asking: Asking, unit: Unit) -> list[tuple[str, str]]:
    """What a unit is, as pairs of a name and a value."""
    last = unit.seats[-1]
    pairs = [("统一社会信用代码", unit.credit_code), ("地区", region(last.region)),
             ("行业", base_vocabulary().sectors.get(last.sector, last.sector)),
             ("性质", "、".join(UNIT_KINDS.get(one, one) for one in unit.kinds)),
             ("并入", unit_name(asking.house, unit.into)),
             ("自" if unit.into else "至", "" if unit.ended_on is None else str(unit.ended_on))]
    return [(name, value) for name, value in pairs if value]


def _dated(items: Sequence[Mapping[str, Any]], name: str) -> list[tuple[str, str]]:
    """What changed over time, the newest first; what never did is told above."""
    return [] if len(items) == 1 else [
        ("起初" if one is items[0] else f"自 {one['starts']}", str(one[name])) for one in reversed(items)]


def _subject(asking: Asking, unit: str) -> Subject | Refusal:
    found = units.sheet(asking.house, unit)
    return found if isinstance(found, Refusal) else _subject_of(found)


def _subject_of(found: units.Sheet) -> Subject:
    def stands(unit: Unit) -> list[tuple[str, Any]]:
        return [("名称", unit.names[-1].name), ("状态", UNIT_STATES[unit.status]),
                ("所在地和行业", seat(unit.seats[-1].region, unit.seats[-1].sector)),
                ("人员匹配", "可以匹配" if unit.status is Status.VERIFIED else "不能匹配")]

    one = found.unit
    return Subject(one.unit, f"/units/{one.unit}", one.names[-1].name, found.version, stands(one), stands, state=one)


def _seen(_: Asking, __: Subject) -> Sequence[Field]:
    return (deeds.papers("登记证照的扫描件"),)


def _why(_: Asking, __: Subject) -> Sequence[Field]:
    return (deeds.reason_field("unit.rejected"),
            Field("words", "说明", "words", hint="加密留存；单位看到的是上面的理由。", is_required=True, most=1000))


def _new_name(asking: Asking, subject: Subject) -> Sequence[Field]:
    return (Field("name", "新名称", is_required=True, value=subject.title, most=100),
            _day(asking, "starts", "自", "登记机关核准更名的日期"))


def _seat(asking: Asking, subject: Subject) -> Sequence[Field]:
    last = subject.state.seats[-1]
    region_, sector = seat_fields(asking.house)
    return (replace(region_, value=last.region), replace(sector, value=last.sector),
            _day(asking, "starts", "自", "变更登记的日期"))


def _moves_along(asking: Asking, subject: Subject, given: Mapping[str, Any]) -> str:
    day, today = given["starts"], asking.house.today
    told = unit_life.effects(asking.house, subject.id, day)
    return (f"人员随单位改记，以{'今天' if day == today else f' {day} '}计 {told['people']} 人"
            + (f"，其中 {told['left']} 人限制处理，不改记" if told["left"] else "")
            + f"；在办的学时申报 {told['claims_waiting']} 项、职称申报 {told['applications_waiting']} 项"
            f"仍由原部门办理。单位经办账号 {told['accounts']} 个，新旧所在地均可办理"
            + (f"；举办单位账号 {told['recognised']} 个，由新所在地部门认定后授权。" if told["recognised"] else "。"))


def _elsewhere(subject: Subject) -> dict[str, str]:
    """Any other place, to find out whether it may be moved at all."""
    last = subject.state.seats[-1]
    return {"region": "330000" if last.region != "330000" else "330100", "sector": last.sector}


def _into(asking: Asking, _: Subject) -> Sequence[Field]:
    return (Field("into", "存续的单位", is_required=True, most=40, hint="单位编号或统一社会信用代码；须已核验"),
            _day(asking, "starts", "自", "合并生效的日期"))


def _last_day(asking: Asking, _: Subject) -> Sequence[Field]:
    return (_day(asking, "ends", "最后一日", "登记机关注销的日期"),)


def _day(asking: Asking, name: str, label: str, hint: str) -> Field:
    return Field(name, label, "date", hint=f"{hint}；不晚于今天", is_required=True, value=str(asking.house.today))


_STAY: Final = ("名下人员的隶属不随之改变：请各人申请变更到现单位（温人社发〔2020〕125号第四条）。已登记的学时不受"
                "影响；在办的申报和所办的计划、班次由{}办理，原单位的经办权限随之收回。")

UNIT: Final = Room(_subject, deeds.named(
    Deed("verification", "核验通过", units.verify, VerificationBody, _seen, look="main",
         note="表示已查验登记证照与名称、代码相符。核验后，个人可以匹配该单位。记为一个事件，不能删除。"),
    Deed("rejection", "不予核验", units.reject, UnitRejectionBody, _why, lambda _, __: {"words": "-"}, "bad",
         note="信用代码随之空出，单位更正后可以重新登记。记为一个事件，不能删除。"),
    Deed("renaming", "更名", unit_life.rename, UnitRenamingBody, _new_name,
         lambda asking, _: {"name": deeds.UNTYPED, "starts": asking.house.today}, depends=True,
         note="信用代码、人员和已登记的学时不变；此前的日期仍显示原名称。记为一个事件，不能删除。"),
    Deed("relocation", "变更地区或行业", unit_life.relocate, UnitRelocationBody, _seat,
         lambda asking, subject: {**_elsewhere(subject), "starts": asking.house.today}, depends=True,
         note="自该日起，人员随单位改记，适用新所在地和行业的细则；此前登记的学时，认定不变。单位经办的权限随单位到新地，"
              "原地的待办照办；举办单位的认定由新地部门另行授予。记为一个事件，不能删除。", along=_moves_along),
    Deed("merger", "并入其他单位", unit_life.merge, UnitMergerBody, _into,
         lambda asking, _: {"into": "", "starts": asking.house.today}, "bad", depends=True,
         note=f"此后不再接收人员或办理业务。{_STAY.format('存续单位的经办（没有的，由人力社保部门）')}不能恢复。"),
    Deed("closing", "注销", unit_life.close, UnitClosingBody, _last_day,
         lambda asking, _: {"ends": asking.house.today}, "bad",
         note=f"此后不再接收人员或办理业务。{_STAY.format('本部门')}不能恢复。"),
))


# Its people


def people(asking: Asking, unit: str) -> Shown:
    """Who belongs to a unit on a day, and what each of them has in which years."""
    house, caller, address = asking.house, asking.caller, f"/units/{unit}/people"
    moment = asked_moment(ALL, ("purpose", "from", "to", "on", "after"))
    asked, purpose = unit_years.asked_of(house, _question(moment), unit), asking.purpose
    position = moment.position(house)
    if request.path.endswith(".csv"):
        table = unit_years.table(house, caller, asked, purpose, as_of=position)
        return table if isinstance(table, Refusal) else Page("unit_people.html", table=table)
    head = house.ledger.store.size() if asked.axes.head is None else asked.axes.head
    after = moment.rest.get("after")
    found = unit_years.page(house, caller, asked, purpose, as_of=position, limit=PEOPLE,
                            after=None if after is None else (after, head, asked.on.isoformat()))
    if isinstance(found, Refusal):
        return found
    return Page("unit_people.html", {
        "moment": moment, "basis": basis_view(found.basis.as_json()), "unit": unit, "name": unit_name(house, unit),
        "people": [{**one, "lines": [_line(line, house.today.year) for line in one["years"]]} for one in found.items],
        "next": None if found.next is None else found.next[0], "on": asked.on, "years": asked.years,
        "at": address, "purpose": purpose, "more_years": unit_years.YEARS_MOST,
        "purposes": words.PURPOSES, "sent": urlencode({**moment.past, "purpose": purpose or ""}),
    }, {"unit": unit, "on": asked.on.isoformat(), "items": found.items, "basis": found.basis.as_json()})


def _question(moment: Moment) -> dict[str, Any]:
    """The address, read as the API reads it."""
    given = {**moment.past, **{name: value for name, value in moment.rest.items() if name in ("from", "to", "on")}}
    return fields_of(UnitYearsQuery(), given)


def _line(one: Mapping[str, Any], running: int) -> dict[str, Any]:
    known = base_vocabulary().minimums
    lacking = dict.fromkeys(
        f"{known[lack['name']].name if lack['name'] in known else lack['name']} {lack['have']}/{lack['need']}"
        for lack in one["lacking"])
    is_running = one["met"] is False and one["year"] >= running
    return {**one, "mark": _RUNNING if is_running else _MET[one["met"]], "lacks": list(lacking)}
