"""Where somebody belonged, for offices: over time, with what puts it right: a last day, or what was entered in error.

A person's own page of it is `api.console.belonging.transfers.mine`. `tests/console/test_leaving_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from api.cases.belonging import leaving, people, restricting
from api.cases.log import histories
from api.console import deeds
from api.console.belonging.transfers import belonged
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Room, Subject
from api.console.form import Field
from api.console.moment import asked_moment
from api.console.records import named_units, unit_name
from api.console.screen import Asking, Page, Shown
from api.console.tracing.field_words import ID_KINDS
from api.routes.schemas.people import (
    CorrectedPersonBody,
    DepartureBody,
    RestrictionBody,
    RestrictionLiftedBody,
    StruckOutBody,
)
from ledger.errors import Refusal
from ledger.streams.person import Person

PURPOSE: Final = "annual_review"


def detail(asking: Asking, person: str) -> Shown:
    """Where somebody belonged, since when, until when, and by which events."""
    house, address, moment = asking.house, f"/persons/{person}/belonging", asked_moment(rest=("purpose",))
    position, purpose = moment.position(house), asking.purpose
    found = histories.affiliations(house, asking.caller, person, purpose, as_of=position, valid_on=None)
    if isinstance(found, Refusal):
        return found
    names, basis = named_units(house, [one["unit"] for one in found]), house.answers.reflects(position)
    subject = _subject(asking, person)
    if isinstance(subject, Refusal):
        return subject
    return Page("person_belonging.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking), "at": address, "person": person,
        "purpose": purpose, "subject": subject, "rows": [belonged(one, names) for one in reversed(found)],
        # What nothing can be said of (no last day to strike out) is no button, though the ledger would say why.
        "offered": [one for one in deeds.offered(asking, BELONGING, subject) if one.why is None]
        if moment.is_now else [],
    }, {"affiliations": found, **basis})


def _subject(asking: Asking, person: str) -> Subject | Refusal:
    house, purpose = asking.house, None if asking.capacity.is_person else PURPOSE
    found = people.see(house, asking.caller, person, purpose)
    if isinstance(found, Refusal):
        return found
    body, _ = found

    def told(view: Mapping[str, Any]) -> list[tuple[str, Any]]:
        each = [f"{unit_name(house, one['unit'])}，自 {one['from']} 至{_until(one['to'])}"
                for one in reversed(view["affiliations"])]
        return [("人事隶属", "；".join(each) or "没有单位"),
                ("个人信息", "限制处理，只存储" if view["restricted"] else "正常处理")]

    def becomes(then: Person) -> list[tuple[str, Any]]:
        return told(people.view(then))

    identity = body["identity"]
    name = "（名称已注销）" if identity is None else str(identity["name"])
    return Subject(person, f"/persons/{person}/belonging", name, None, told(body), becomes, purpose, body)


def _until(day: Any) -> str:
    return "今" if day is None else f" {day}"


def _ends(asking: Asking, _: Subject) -> Sequence[Field]:
    return (Field("ends", "最后一日", "date", hint="离职、退休之日，可以是已定的将来之日；此后不再隶属于本单位",
                  is_required=True, value=str(asking.house.today)),)


def _ended(_: Asking, subject: Subject) -> Sequence[Field]:
    options = tuple((day, day) for day in _last_days(subject))
    return (Field("ends", "作废哪个最后一日", "choice", options, is_required=True),)


def _begun(asking: Asking, subject: Subject) -> Sequence[Field]:
    options = tuple((str(one["from"]), f"{unit_name(asking.house, one['unit'])}，自 {one['from']}")
                    for one in reversed(subject.state["affiliations"]))
    return (Field("starts", "作废哪一段", "choice", options, is_required=True),)


def _last_days(subject: Subject) -> list[str]:
    return [str(one["to"]) for one in reversed(subject.state["affiliations"]) if one["to"] is not None]


def _first(name: str, days: Sequence[Any], otherwise: Any) -> dict[str, Any]:
    return {name: days[0] if days else otherwise}


def _identity(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("name", "姓名", hint="只填要更正的各项", most=120),
            Field("id_kind", "证件类型", "choice", tuple(ID_KINDS.items()), blank="不变"),
            Field("id_number", "证件号码", most=60), Field("phone", "手机号码", most=30), deeds.WORDS,
            deeds.papers("身份证件或更名证明的扫描件"))


_BASIS: Final = Field("basis", "依据", is_required=True, most=100, hint="条款或公文文号；记入公开的日志，不写个人情况")


def _stopping(_: Asking, __: Subject) -> Sequence[Field]:
    return (_BASIS, replace(deeds.WORDS, hint="加密留存"))


def _resuming(_: Asking, __: Subject) -> Sequence[Field]:
    return (_BASIS,)


def _stops(asking: Asking, subject: Subject, _: Mapping[str, Any]) -> str:
    return _rests(asking, subject, "停办")


def _resumes(asking: Asking, subject: Subject, _: Mapping[str, Any]) -> str:
    return _rests(asking, subject, "恢复办理")


def _rests(asking: Asking, subject: Subject, what: str) -> str:
    found = restricting.effects(asking.house, subject.id)
    kinds = (("学时申报", found["claims"]), ("单位变更", found["transfers"]), ("职称申报", found["applications"]))
    counted = "、".join(f"{kind} {len(those)} 项" for kind, those in kinds if those)
    return f"随之{what}：{counted}。" if counted else f"没有随之{what}的事项。"


BELONGING: Final = Room(_subject, deeds.named(
    Deed("corrections", "更正姓名、证件", people.correct, CorrectedPersonBody, _identity,
         lambda _, __: {"name": "", "words": deeds.UNTYPED},
         note="须核对证件原件。此前的姓名和号码加密留存，不再显示。记为一个事件，不能删除。"),
    Deed("departures", "登记离开", leaving.leave, DepartureBody, _ends,
         lambda asking, _: {"ends": asking.house.today}, depends=True,
         note="离职、退休的登记最后一日；转到其他单位的，由本人申请变更，不必登记离开。记为一个事件；有误的可以作废。"),
    Deed("departure-voidings", "作废离开", leaving.stay, DepartureBody, _ended,
         lambda _, subject: _first("ends", [one["to"] for one in reversed(subject.state["affiliations"])
                                            if one["to"] is not None], None), depends=True,
         note="登记错的最后一日作废后，当作没有离开。记为一个事件，原登记仍然可见。"),
    Deed("affiliation-voidings", "作废隶属", leaving.strike_out, StruckOutBody, _begun,
         lambda _, subject: _first("starts", [one["from"] for one in reversed(subject.state["affiliations"])], None),
         "bad", depends=True,
         note="确认错了单位或起始日的，作废后由本人重新申请。已认定的学时按当时的决定保留，依隶属评定的随之重算。"
              "记为一个事件，原登记仍然可见。"),
    Deed("restrictions", "限制处理", restricting.restrict, RestrictionBody, _stopping,
         lambda _, __: {"basis": deeds.UNTYPED, "words": deeds.UNTYPED}, "bad",
         note="本人依法拒绝处理，或应当删除而尚不能删除的（个人信息保护法第四十四条、第四十七条）。此后只存储，不登记、不审核、"
              "不更正；已登记的学时不变。记为一个事件；可以解除。", along=_stops),
    Deed("restriction-liftings", "解除限制", restricting.lift, RestrictionLiftedBody, _resuming,
         lambda _, __: {"basis": deeds.UNTYPED},
         note="停办的事项从原处恢复。因销毁提议而限制的，撤回提议即解除。记为一个事件，不能删除。", along=_resumes),
))
