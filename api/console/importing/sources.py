"""The systems that records are taken over from: which there are, what each may register, registered, closed.

`tests/console/test_import_source_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from flask import request
from werkzeug.datastructures import MultiDict

from api.cases.doing import Asked, Done
from api.cases.importing import imports, sources
from api.console import deeds, sending, words
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Pairs, Room, Subject, named, offered
from api.console.form import Fault, Field, of_refusal
from api.console.moment import Moment, asked_moment
from api.console.records import passage_of
from api.console.screen import Asking, Page, Shown, onward
from api.console.words import Mark
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import BadFields
from api.refusals.refusals import status_of, turns_away
from api.routes.schemas.import_sources import ImportSourceBody, ImportSourceClosingBody
from api.words.codes import SOURCE_CLOSINGS
from api.words.telling import word
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.events.import_source import stream_of
from ledger.streams.import_source import ImportSource
from policies.words import base_vocabulary

LIST: Final = "/imports/sources"
NEW: Final = "/imports/new-source"  # Beside the list: below it a system may be called anything.
_MARKS: Final[Mapping[str, Mark]] = {"open": ("met", "✓", "使用中"), "closed": ("", "–", "已停用")}


# Read


def listed(asking: Asking) -> Shown:
    """Every system that was registered, by its code."""
    house = asking.house
    moment = asked_moment()
    position = moment.position(house)
    found = sources.listed(house, asking.caller, as_of=position)
    if isinstance(found, Refusal):
        return found
    basis = house.answers.reflects(position)
    return Page("import_sources.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking),
        "rows": [{**one, "kind": sources.KINDS[one["kind"]], "place": _place(one), "mark": _MARKS[one["status"]],
                  "subjects": _subjects(one["categories"])} for one in found],
        "may_register": moment.is_now and imports.may_begin(house, asking.caller) is None,
    }, {"items": found, **basis})


def one(asking: Asking, system: str) -> Shown:
    """One system: what it may register, since when, and what can be done about it."""
    house = asking.house
    moment = asked_moment()
    position = moment.position(house)
    found = sources.one(house, asking.caller, system, as_of=position)
    if isinstance(found, Refusal):
        return found
    basis = house.answers.reflects(position)
    return Page("import_source.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking), "one": found,
        "at": f"{LIST}/{system}", "subject": _subject(found), "state": _MARKS[found["status"]], "facts": _facts(found),
        "offers": offered(asking, ROOM, _subject(found)) if moment.is_now and found["status"] == "open" else [],
        "may_register": moment.is_now and found["status"] == "closed"
        and imports.may_begin(house, asking.caller) is None,
        "events": passage_of(asking.house, stream_of(system), position),
    }, {**found, **basis})


def _place(found: Mapping[str, Any]) -> str:
    sector = base_vocabulary().sectors.get(found["sector"] or "", found["sector"])
    return region(found["region"]) if sector is None else f"{region(found['region'])} · {sector}"


def _subjects(categories: Iterable[str]) -> str:
    return "、".join(word("category", one) for one in categories)


def _facts(found: Mapping[str, Any]) -> Pairs:
    why = found["why"]
    told = [("代码", found["system"]), ("种类", sources.KINDS[found["kind"]]), ("记录所属", _place(found)),
            ("可以报送", _subjects(found["categories"])), ("只报送的平台", found["platform"]),
            ("依据", found["document"]), ("停用原因", SOURCE_CLOSINGS.get(why or "", why))]
    return [(name, value) for name, value in told if value]


# Register


def _fields() -> list[Field]:
    vocabulary = base_vocabulary()
    return [
        Field("system", "来源系统代码", hint="小写英文，如 ningbo；登记后不能改", is_required=True, most=40),
        Field("name", "系统的名称", hint="如 宁波市学时登记系统", is_required=True),
        Field("kind", "种类", "choice", tuple(sources.KINDS.items()), is_required=True),
        Field("region", "记录所属地区", hint="六位区划代码，如 330200", is_required=True, most=6),
        Field("categories", "可以报送的科目", "many", tuple(vocabulary.categories.items()), is_required=True),
        Field("sector", "行业", "choice", tuple(vocabulary.sectors.items()), hint="只含一个行业的记录时选",
              blank="各行业"),
        Field("platform", "只报送的学习平台", hint="只报送一个平台的：平台的名称，与记录中的相同"),
        Field("document", "依据的文件号"),
    ]


def new(asking: Asking) -> Shown:
    """Say what a system is; of one that was closed, beginning with what was said of it before."""
    if (no := imports.may_begin(asking.house, asking.caller)) is not None:
        return no
    position = Moment((), {}, {}).position(asking.house)
    former = sources.one(asking.house, asking.caller, request.args.get("again", ""), as_of=position)
    return _form(_said(former) if isinstance(former, dict) else MultiDict(), [], 200)


def _said(former: Mapping[str, Any]) -> MultiDict[str, str]:
    return MultiDict([(name, value) for name, given in former.items() if given is not None
                      for value in (given if isinstance(given, list) else [str(given)])])


def send(asking: Asking) -> Shown:
    """Show what would be registered; then register it."""
    typed, step = request.form, request.form.get("step", "")
    content, faults = deeds.read(ImportSourceBody, _fields(), typed)
    if faults:
        return _form(typed, faults, 422)
    asked = sending.asked(asking.house, asking.caller) if step == "do" else Asked(dry_run=True)
    try:
        came = sources.register(asking.house, asking.caller, content, asked)
    except BadFields as bad:
        return _form(typed, deeds.faults_at(_fields(), (one._asdict() for one in bad.faults)), 422)
    if isinstance(came, Refusal):
        if came.code == "role_not_held" and turns_away(came):
            return came
        return _form(typed, [of_refusal(came, words.documents(asking.house))], status_of(came))
    if came.receipt is not None:
        return onward(f"{LIST}/{content['system']}?done={came.receipt.positions[0]}")
    if step != "check":
        return _form(typed, [], 200)
    carried = [(name, value) for name, value in typed.items(multi=True)
               if name not in (sending.KEY, sending.VERSION, "step")]
    return Page("import_source_check.html", {
        "title": content["name"], "facts": _facts(sources.view(came.state)), "carried": carried})


def _form(typed: MultiDict[str, str], faults: Sequence[Fault], status: int) -> Page:
    return Page("learning_form.html", {
        "title": "登记来源系统", "fields": deeds.filled(_fields(), typed, faults), "faults": faults,
        "action": NEW, "back": LIST}, status=status)


# Close


def _close(house: House, caller: Caller, system: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    return sources.close(house, caller, {**fields, "system": system}, asked)


class _Why(ImportSourceClosingBody):
    """All but the system, which the address names."""

    class Meta(ImportSourceClosingBody.Meta):
        exclude = ("system",)


def _subject(found: Mapping[str, Any]) -> Subject:
    title = f"{found['name']}，{_place(found)}"
    return Subject(found["system"], f"{LIST}/{found['system']}", title, None, _stands(found), _becomes)


def _becomes(state: ImportSource) -> Pairs:
    return _stands(sources.view(state))


def _stands(found: Mapping[str, Any]) -> Pairs:
    return [("状态", _MARKS[found["status"]])]


def see(asking: Asking, system: str) -> Subject | Refusal:
    """A source as something to be done upon."""
    position = Moment((), {}, {}).position(asking.house)
    found = sources.one(asking.house, asking.caller, system, as_of=position)
    return found if isinstance(found, Refusal) else _subject(found)


ROOM: Final = Room(see, named(
    Deed("closing", "停用", _close, _Why,
         lambda _, __: [Field("why", "原因", "choice", tuple(SOURCE_CLOSINGS.items()), is_required=True)],
         lambda _, __: {"why": "replaced"}, look="bad",
         note="停用后不再从它导入，已导入的记录不受影响；范围有变的，停用后可以重新登记。办理后记为一个事件。"),
))
