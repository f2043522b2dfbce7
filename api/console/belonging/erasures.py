"""Forgetting somebody, on screens: what was proposed, what it would do and waits for, and the two hands that do it.

What nobody could read any more, what goes on being proved, and until when a copy of the key lasts is read before
anybody puts their name to it. Whoever destroys sees no name, and types the document's number themselves.
`tests/console/test_erasure_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.cases.doing import Asked, Done
from api.cases.forgetting import erasure
from api.cases.standing import HUMAN_RESOURCES
from api.console import deeds
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Pairs, Room, Subject
from api.console.form import Field
from api.console.moment import asked_moment
from api.console.records import place_of
from api.console.screen import Asking, Page, Shown
from api.console.words import Mark
from api.house import House
from api.operational.callers import Caller
from api.paper.tables_out import Table
from api.routes.schemas.common import Words
from api.routes.schemas.erasure import DOCUMENT_MOST, DestructionBody, ProposalBody
from api.whole import whole
from api.words.codes import ERASING
from api.words.year_page import moment as written
from ledger.errors import Refusal
from ledger.streams.erasure import REQUEST

LIST: Final = "/erasures"
ROWS: Final = 50
STATES: Final[Mapping[str, Mark]] = {
    "proposed": ("open", "…", "已提议"), "withdrawn": ("", "–", "已撤回"), "destroyed": ("short", "⊘", "已销毁")}
_HEADS: Final = ("人员", "状态", "依据", "文号", "申请或公文日期", "可以确认之日", "最后一份密钥备份到期", "事件")


def address(person: str) -> str:
    """Where what stands about forgetting somebody is shown."""
    return f"/persons/{person}/erasure"


def listed(asking: Asking) -> Shown:
    """What was proposed where an office is, the last that changed first."""
    moment = asked_moment(rest=("after",))
    position, after = moment.position(asking.house), whole(moment.rest.get("after", ""))
    page = erasure.listed(asking.house, asking.caller, as_of=position, limit=ROWS,
                          after=None if after is None else (after,))
    if isinstance(page, Refusal):
        return page
    basis, following = asking.house.answers.reflects(position), page.next[0] if page.next else None
    rows = [{**one, "state": STATES[one["status"]], "basis_words": ERASING[one["basis"]],
             "address": address(one["person"])} for one in page.items]
    table = Table("erasures", "销毁个人信息", _HEADS, [
        (one["person"], one["state"][2], one["basis_words"], one["document"], one["asked_on"], one["not_before"],
         one["final_after"] or "", one["event"]) for one in rows], position, basis["as_of_time"])
    return Page("erasures.html", {
        "moment": moment, "basis": told_basis(basis), "rows": rows, "next": following,
        "proposes": asking.capacity.role == HUMAN_RESOURCES,
    }, {"items": list(page.items), "next": following, **basis}, table)


def detail(asking: Asking, person: str) -> Shown:
    """How it stands with one person, and what would go and stay."""
    found = erasure.see(asking.house, asking.caller, person)
    if isinstance(found, Refusal):
        return found
    body, version = found
    subject = _of(person, body, version)
    return Page("erasure.html", {
        "done": done_before(asking), "subject": subject, "body": body, "written": written,
        "waits": [{**one, "places": [(name, place_of(name)) for name in one["ids"]]}
                  for one in body.get("in_the_way", ())],
        "offered": [] if body["forgotten"] else deeds.offered(asking, ROOM, subject),
    }, body)


# What is done


def _see(asking: Asking, person: str) -> Subject | Refusal:
    found = erasure.see(asking.house, asking.caller, person)
    return found if isinstance(found, Refusal) else _of(person, *found)


def _of(person: str, body: Mapping[str, Any], version: int) -> Subject:
    return Subject(person, address(person), "销毁个人信息", version, _stands(body),
                   lambda then: _stands(erasure.view(then)), state=body)


def _stands(body: Mapping[str, Any]) -> Pairs:
    """How it stands, in words."""
    one = body["erasure"]
    proposed = "没有提议" if one is None else f"已提议，自 {one['not_before']} 起可以由另一人确认"
    pairs = [("销毁", "已销毁，不能恢复" if body["forgotten"] else proposed),
             ("处理", "已限制：只保存，不办理新的事项" if body["restricted"] else "照常")]
    if one is not None:
        pairs += [("依据", ERASING[one["basis"]]), ("文号", one["document"]), ("申请或公文日期", str(one["asked_on"]))]
        pairs += _papers(one["evidence"])
    return pairs


def _papers(digests: Sequence[str]) -> Pairs:
    return [("扫描件摘要", "、".join(f"{one[:16]}…" for one in digests))] if digests else []


def _proposal(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("basis", "依据", "choice", tuple(ERASING.items()), is_required=True),
            Field("document", "申请书或公文的编号", hint="公开登记：不写姓名。", is_required=True, most=DOCUMENT_MOST),
            Field("asked_on", "申请或公文的日期", "date", is_required=True),
            deeds.papers("申请书或公文的扫描件"), deeds.WORDS)


def _words(_: Asking, __: Subject) -> Sequence[Field]:
    return (deeds.WORDS,)


def _document(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("document", "申请书或公文的编号", hint="请对照原件重写：编号不符的，不是这一位。", is_required=True,
                  most=DOCUMENT_MOST),)


def _proposed(asking: Asking, _: Subject) -> Mapping[str, Any]:
    return {"basis": REQUEST, "document": "-", "asked_on": asking.house.today, "words": "-"}


def _stood(_: Asking, subject: Subject) -> Mapping[str, Any]:
    one = subject.state["erasure"]
    return {"document": "-" if one is None else one["document"]}


def _destroy(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    done = erasure.destroy(house, caller, person, fields, asked)
    return done if isinstance(done, Refusal) else done[0]


ROOM: Final = Room(_see, deeds.named(
    Deed("proposal", "提议销毁", erasure.propose, ProposalBody, _proposal, _proposed, look="bad",
         note="提议之后即限制处理：只保存，不再办理新的事项，可以撤回。期满之后由安全管理员确认才销毁。"),
    Deed("withdrawal", "撤回提议", erasure.withdraw, Words, _words, lambda _, __: {"words": "-"}, is_own=None,
         note="撤回后恢复办理。本人可以撤回自己的申请；有权机关的公文由提出的部门撤回。"),
    Deed("destruction", "确认销毁", _destroy, DestructionBody, _document, _stood, look="bad",
         note="销毁密钥，不能挽回：姓名、号码、材料从此谁也读不出；学时和证明仍在，不再通向任何人。"),
))
