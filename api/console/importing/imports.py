"""Records of another system, brought in: a file tried, what would be set aside, taken over, its receipt, given up.

A file with rows that would be set aside is taken over only where that is said on purpose: the others then count, and
those stay listed with their reason. `tests/console/test_import_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from api.cases import exports
from api.cases.doing import Asked, Done
from api.cases.importing import hand_over_imports, import_answers, import_shown, imports, ledgers
from api.cases.importing.hand_over_imports import Handed
from api.cases.importing.import_lists import blank
from api.cases.importing.import_rows import Judged, returned_workbook
from api.cases.standing import logged_in
from api.console import deeds, sending, words
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import UNTYPED, Deed, Pairs, Room, Subject, named, offered
from api.console.form import Fault, Field, of_refusal
from api.console.moment import Moment, asked_moment
from api.console.records import passage_of
from api.console.screen import Asking, Page, Shown, onward
from api.console.training.rosters import Sent, workbook
from api.console.words import Mark
from api.house import House
from api.paper.sheets import FILE_BYTES_MOST
from api.paper.tables_out import Table
from api.refusals.faults import BadFields
from api.refusals.problems import Problem
from api.refusals.refusals import status_of, turns_away
from api.routes.imports import rows_of
from api.routes.schemas.imports import AbandonmentBody, ForkDecisionBody, ImportBody
from api.routes.schemas.ledgers import HandedOverBody
from api.whole import whole
from api.words.codes import ABANDONING, FORK_OUTCOMES
from api.words.telling import source_of
from api.words.year_page import moment as written
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.hand_over.file import looks_like_hand_over
from ledger.streams.imports import Import
from policies.words import base_vocabulary
from projections.imports import import_of_file

MARKS: Final[Mapping[str, Mark]] = {
    "open": ("open", "…", "导入中"), "closed": ("met", "✓", "已完成"), "abandoned": ("", "–", "已放弃"),
}
ROWS: Final = 25
_ASIDE_MOST: Final = 100
_ROWS_A_SECOND: Final = 1_000  # Taken over, as measured on two cores (tests/bench/results.md).
_LONG: Final = 1_000


class _Terms(ImportBody):
    """All but the file, which comes as one."""

    class Meta(ImportBody.Meta):
        exclude = ("file",)


# Read


def listed(asking: Asking) -> Shown:
    """Every import, the last opened first."""
    house, caller = asking.house, asking.caller
    moment = asked_moment(rest=("system", "after"))
    position = moment.position(house)
    query = {"system": moment.rest["system"]} if "system" in moment.rest else {}
    if request.path.endswith(".csv"):
        made: Table | Refusal = exports.imports(house, caller, query, as_of=position)
        return made if isinstance(made, Refusal) else Page("imports.html", table=made)
    after = moment.rest.get("after", "")
    page = import_answers.imports(
        house, caller, system=query.get("system"), as_of=position, limit=ROWS, newest_first=True,
        after=None if (place := whole(after)) is None else (place,))
    if isinstance(page, Refusal):
        return page
    basis = house.answers.reflects(position)
    return Page("imports.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking), "region": region,
        "source_of": source_of,
        "rows": [{**one, "mark": MARKS[one["status"]]} for one in page.items],
        "next": None if page.next is None else page.next[0],
        "may_begin": moment.is_now and imports.may_begin(house, caller) is None,
    }, {"items": list(page.items), **basis})


def one(asking: Asking, batch: str) -> Shown:
    """One import: what became of its rows, which were set aside and why, how it compared since."""
    house, caller = asking.house, asking.caller
    moment = asked_moment(rest=("row",))
    position = moment.position(house)
    body = import_answers.import_of(house, caller, batch, as_of=position)
    if isinstance(body, Refusal):
        return body
    row = moment.rest.get("row", "")
    after = whole(row, 7) or 0
    aside = imports.set_aside(house, caller, batch, after, _ASIDE_MOST + 1)
    told = [] if isinstance(aside, Refusal) else [import_shown.aside_view(each) for each in aside[:_ASIDE_MOST]]
    basis = house.answers.reflects(position)
    outcome = body["outcome"] or {}
    counts = [(name, outcome[code], f"{outcome[code] * 240 // (body['rows'] or 1)}") for code, name in (
        ("accepted", "接受"), ("duplicates", "重复"), ("rejected", "拒绝")) if code in outcome]
    notes = [*([body["proved"]["checkpoint"]] if body["proved"] else []),
             *(each[side] for each in body["contradictions"] for side in ("accepted", "checkpoint"))]
    return Page("import.html", {
        "cosigned": {note: _cosigned(house, note) for note in notes}, "source_of": source_of,
        "moment": moment, "basis": told_basis(basis), "one": body, "state": MARKS[body["status"]], "counts": counts,
        "place": region(body["region"]), "sector": base_vocabulary().sectors.get(body["sector"] or "", ""),
        "aside": told, "next_row": told[-1]["row"] if not isinstance(aside, Refusal) and len(aside) > _ASIDE_MOST
        else None, "fork_outcomes": FORK_OUTCOMES,
        "why": ABANDONING.get(body["why"] or "", body["why"]), "again": "again" in request.args,
        "offers": offered(asking, ROOM, _subject(body)) if moment.is_now else [], "done": done_before(asking),
        "may_compare": moment.is_now and body["status"] == "closed" and not isinstance(
            imports.importer(house, caller, batch), Refusal),
        "events": passage_of(asking.house, batch, position),
    }, {**body, **basis})


def _cosigned(house: House, note: str) -> str:
    """Who else saw a checkpoint: of two histories that an office has to choose from, the first thing to be asked."""
    found = ledgers.cosigned(house, note)
    if found is None:
        return "keys/ledgers.policy 没有列出见证人，联署没有核验"
    return "、".join(f"{name}（{written(at)}）" for name, at in found) or "没有所列见证人的联署"


# Bring in


class _HandedTerms(HandedOverBody):
    """The same of what another ledger handed over: it says itself where it is from, and of which days."""

    class Meta(HandedOverBody.Meta):
        exclude = ("file",)


_ASKED_OF_HANDED: Final = frozenset({"region", "sector", "on_behalf_of", "seen"})


def _fields(*, is_handed: bool = False) -> list[Field]:
    sectors = tuple(base_vocabulary().sectors.items())
    every = [
        Field("system", "来源系统代码", hint="登记过的来源，如 ningbo；新的先登记",
              is_required=True, most=40),
        Field("region", "记录所属地区", hint="六位区划代码，如 330200", is_required=True, most=6),
        Field("starts", "所属期间的第一天", "date", is_required=True),
        Field("ends", "所属期间的最后一天", "date", is_required=True),
        Field("sector", "行业", "choice", sectors, hint="只含一个行业的记录时选"),
        Field("on_behalf_of", "代哪个单位报送", hint="以 unt_ 开头；不写即本单位的系统", most=26),
        Field("seen", "更正清单已取回到", "number", hint="更正回传给出的位置；没有取过的不写", most=9),
    ]
    return [one for one in every if not is_handed or one.name in _ASKED_OF_HANDED]


def new(asking: Asking) -> Shown:
    """Choose a file, and say whose records of which days it holds."""
    no = imports.may_begin(asking.house, asking.caller)
    return no if no is not None else _form(MultiDict(), [], 200)


def template(asking: Asking) -> Shown:
    """The workbook to be filled in."""
    no = logged_in(asking.house, asking.caller)
    return no or workbook(blank(), "导入模板", "import-template.xlsx")


def _form(typed: MultiDict[str, str], faults: Sequence[Fault], status: int) -> Page:
    return Page("import_form.html", {
        "fields": deeds.filled(_fields(), typed, faults), "faults": faults, "most": FILE_BYTES_MOST >> 20,
    }, status=status)


def send(asking: Asking) -> Shown:
    """Try a file, hand it back marked, or take it over."""
    house, caller, step, sent = asking.house, asking.caller, request.form.get("step", ""), Sent()
    is_handed = looks_like_hand_over(sent.content)
    terms, asked_of = _HandedTerms if is_handed else _Terms, _fields(is_handed=is_handed)
    fields, faults = deeds.read(terms, asked_of, request.form)
    if not sent.content:
        faults = [*faults, Fault("file", "文件：请选择文件。")]
    if faults:
        return _form(request.form, faults, 422)
    fields["file"] = sent.content
    came = _taken(asking, fields, Asked(dry_run=True))
    if isinstance(came, Judged) and step == "take" and _is_meant(came):
        came = _taken(asking, fields, sending.asked(house, caller))
    if isinstance(came, list):
        return _form(request.form, came, 422)
    if isinstance(came, Refusal):
        if turns_away(came):
            return came
        fault = of_refusal(came, words.documents(house))
        return _form(request.form, [fault], status_of(came))
    if isinstance(came, Done):
        event = came.receipt.positions[0] if came.receipt is not None else 0
        about = {"again": 1} if came.replayed else {"done": event}
        return onward(f"/imports/{came.stream}?{urlencode(about)}")
    if step == "returned" and (back := returned_workbook(came)) is not None:
        return workbook(back, "导入检查结果-请更正后重新导入", "import-returned.xlsx")
    before = None if is_handed else import_of_file(house.answers, fields["system"], sent.told["sha256"])
    if before is not None and before.status == "closed":
        return onward(f"/imports/{before.batch}?again=1")
    return _checked(asking, sent, came, is_unsure=step == "take")


def _taken(asking: Asking, fields: dict[str, Any], asked: Asked) -> Done | Judged | Refusal | list[Fault]:
    try:
        if looks_like_hand_over(fields["file"]):
            found = hand_over_imports.bring_in(asking.house, asking.caller, fields, asked)
            return found.judged if isinstance(found, Handed) else found
        return imports.take(asking.house, asking.caller, fields, lambda: rows_of(fields["file"]), asked)
    except BadFields as bad:
        return [Fault("file", fault.detail) for fault in bad.faults]
    except Problem as bad:
        return [Fault("file", bad.detail or "读不出这个文件。")]


def _is_meant(judged: Judged) -> bool:
    """Say whether nothing is set aside that was not already here, or whoever asks wants the others all the same."""
    return len(judged.set_aside) == judged.duplicates or request.form.get("partial") == "1"


def _checked(asking: Asking, sent: Sent, judged: Judged, *, is_unsure: bool) -> Page:
    would = import_shown.preview(judged)
    carried = [(field.name, request.form.get(field.name, "")) for field in _fields()]
    fault = Fault("partial", f"有 {would['refused']} 行不能接受：请先改好文件，或勾选只导入其余的。")
    return Page("import_check.html", {
        "sent": sent.told, "would": would, "carried": carried, "documents": words.documents(asking.house),
        "faults": [fault] if is_unsure else [], "is_sheet": judged.listed.sheet is not None,
        "is_handed": looks_like_hand_over(sent.content),
        "seconds": None if would["accepted"] < _LONG else -(-would["accepted"] // _ROWS_A_SECOND),
    }, status=422 if is_unsure else 200)


# Give up


def _subject(body: Mapping[str, Any]) -> Subject:
    title = f"{source_of(body['system'])} {body['starts']} 至 {body['ends']}，{body['rows']} 行"
    return Subject(body["batch"], f"/imports/{body['batch']}", title, body["version"],
                   _stands(body["status"], _decided(body)), _becomes, state=body)


def _becomes(state: Import) -> Pairs:
    return _stands(state.status.value, None if state.decided is None else state.decided.outcome)


def _decided(body: Mapping[str, Any]) -> str | None:
    """What was decided of two histories, unless another came up since."""
    found = body["fork_decisions"]
    is_settled = found and all(one["event"] < found[-1]["event"] for one in body["contradictions"])
    return found[-1]["outcome"] if is_settled else None


def _stands(status: str, outcome: str | None) -> Pairs:
    return [("状态", MARKS[status]), *([] if outcome is None else [("两种历史", FORK_OUTCOMES[outcome])])]


def see(asking: Asking, batch: str) -> Subject | Refusal:
    """An import as something to be done upon."""
    position = Moment((), {}, {}).position(asking.house)
    body = import_answers.import_of(asking.house, asking.caller, batch, as_of=position)
    return body if isinstance(body, Refusal) else _subject(body)


ROOM: Final = Room(see, named(
    Deed("abandonment", "放弃", imports.abandon, AbandonmentBody,
         lambda _, __: [Field("why", "原因", "choice", tuple(ABANDONING.items()), is_required=True)],
         lambda _, __: {"why": "other"}, look="bad",
         note="放弃后，已写入的各行都不会生效；同一文件可以再导入。办理后记为一个事件。"),
    Deed("fork-decision", "对两种历史作出决定", imports.decide_fork, ForkDecisionBody,
         lambda _, __: [
             Field("outcome", "决定", "choice", tuple(FORK_OUTCOMES.items()), is_required=True),
             Field("document", "决定的文件号", is_required=True, most=100),
             Field("words", "怎样查明的", "words", is_required=True, most=1000)],
         lambda _, __: {"outcome": "continued", "document": UNTYPED, "words": UNTYPED}, depends=True,
         note="决定之前，这本账的移交一概不接受；决定只管到现在为止发现的矛盾，两份检查点照样留存。办理后记为一个事件。"),
))
