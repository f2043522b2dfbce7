"""The investigator's timeline: of a person, of an account, of one record, in two lanes (发生时间, 记录时间).

Every line says what happened, by whose hand and for whom, what it changed, what led to it, and where to see what was
seen at that moment. Who may read it, and that their reading is recorded, is the use cases' to say
(`api.cases.log.histories`, `api.cases.log.threads`). `tests/console/test_timeline_screens.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from flask import request

from api.cases.belonging import people
from api.cases.holders import actors
from api.cases.log import histories, threads
from api.cases.tracing import officers
from api.console.as_read import file_as_read
from api.console.claiming.claim import told_basis
from api.console.form import Fault
from api.console.moment import Moment, asked_moment
from api.console.screen import Asking, Page, Shown
from api.console.tracing import conduct_view, event_notes, lines
from api.console.tracing.lanes import Span, lanes
from api.paper.tables_out import Table
from ledger.errors import Refusal
from projections.event_kinds import words
from projections.pages import Page as Some
from projections.timeline import SIDES
from projections.timeline_reading import Wanted

LINES: Final = 25
"""So that the first page of an account, with how it decides, is below 100 KB."""
_AT_ONCE: Final = 200
_AT_ONCE_OF_SEVERAL: Final = 5_000
"""Of a file in pieces. For every piece of several records all of them are read again: these are one piece mostly."""
_PLACE: Final = re.compile(r"[0-9]{1,15}-[0-9]{1,18}", re.ASCII)
_YEARS: Final = (1900, 2999)
_ASKED: Final = ("purpose", "kinds", "from", "to", "hand", "organisation", "correlation", "stream", "side", "order",
                 "after")
SIDE_WORDS: Final = {"done": "其办理的", "about": "与其有关的", "on_behalf": "代其办理的"}
HEADS: Final = ("事件", "生效序号", "记录时间", "发生日期", "事项", "代码", "记录", "版本", "角色", "经办", "单位",
                "代", "理由", "起因", "批次", "请求")
_RECORD_NAMES: Final = {
    "claim": "申报", "transfer": "单位变更", "statement": "登记情况表", "unit": "单位", "plan": "年度培训计划",
    "class": "培训班", "import": "导入", "case": "案件",
}

RECORDS: Final = {
    "claim": "/claims/<claim:claim>", "transfer": "/transfers/<transfer:transfer>",
    "statement": "/statements/<statement:statement>", "unit": "/units/<unit:unit>", "plan": "/plans/<plan:plan>",
    "class": "/classes/<class:training_class>", "import": "/imports/<import:batch>",
    "case": "/cases/<case:case>",
}
"""Under which address each kind of record stands that has a thread."""

_Lines = Some[dict[str, Any]]
_Ask = Callable[[Any, int], "_Lines | Refusal"]


class _Question(NamedTuple):
    """What is asked of a timeline."""

    moment: Moment
    position: int
    purpose: str | None
    wanted: Wanted
    after: tuple[int, int] | None
    faults: tuple[Fault, ...]


def person(asking: Asking, person: str) -> Shown:
    """Everything that happened to a person."""
    return _shown(asking, lambda asked: _person(asking, person, asked))


def actor(asking: Asking, actor: str) -> Shown:
    """What an account did, what was done to it, and how it decides."""
    return _shown(asking, lambda asked: _actor(asking, actor, asked))


def record(kind: str) -> Callable[..., Shown]:
    """Everything that happened to one record of a kind."""

    def show(asking: Asking, **named: str) -> Shown:
        (own,) = named.values()
        return _shown(asking, lambda asked: _record(asking, kind, own, asked))

    show.__name__ = f"record_{kind}"
    return show


def of_several(
    asking: Asking, ask: Callable[[bool, Any, int], _Lines | Refusal], told: dict[str, Any], name: str, title: str,
    rest: tuple[str, ...],
) -> Shown:
    """Everything that happened to several records that have something in common; `ask` takes whether newest first."""
    def tell(asked: _Question) -> Shown:
        newest = asked.wanted.newest

        return _page(asking, asked, lambda after, limit: ask(newest, after, limit), told,
                     Named(name, title, {title: str(told["whose"])}), at_once=_AT_ONCE_OF_SEVERAL)

    return _shown(asking, tell, rest)


# What is asked


def _shown(asking: Asking, tell: Callable[[_Question], Shown], rest: tuple[str, ...] = ()) -> Shown:
    moment = asked_moment(rest=tuple(dict.fromkeys((*_ASKED, *rest))))
    position = moment.position(asking.house)
    purpose = asking.purpose
    return tell(_Question(moment, position, purpose, *_wanted(moment.rest)))


def _wanted(rest: Mapping[str, str]) -> tuple[Wanted, tuple[int, int] | None, tuple[Fault, ...]]:
    """Which lines, from where on, and what of the question cannot be read."""
    faults: list[Fault] = []

    def day(name: str, label: str) -> date | None:
        with suppress(ValueError):
            found = date.fromisoformat(rest[name]) if name in rest else None
            if found is None or _YEARS[0] <= found.year <= _YEARS[1]:
                return found
        faults.append(Fault(name, f"{label}：请写成 2025-06-30 这样的日期。"))
        return None

    kind, side = rest.get("kinds"), rest.get("side")
    if kind is not None and kind not in families() and kind not in words():
        faults.append(Fault("kinds", "事项：没有这一种。"))
        kind = None
    first, last = day("from", "自"), day("to", "至")
    if first is not None and last is not None and last < first:
        faults.append(Fault("to", "至：早于“自”。"))
    place = rest.get("after", "")
    after = tuple(map(int, place.split("-"))) if _PLACE.fullmatch(place) else None
    wanted = Wanted(
        kinds=() if kind is None else (kind,), first=first, last=last, stream=rest.get("stream"),
        side=side if side in SIDES else None, newest=rest.get("order") != "oldest", hand=rest.get("hand"),
        organisation=rest.get("organisation"), correlation=rest.get("correlation"))
    return wanted, None if after is None else (after[0], after[1]), tuple(faults)


def families() -> dict[str, str]:
    """The kinds of records of which something can happen, by the first word of their events' codes."""
    return {family: lines.RECORDS[family] for family in dict.fromkeys(kind.partition(".")[0] for kind in words())
            if family in lines.RECORDS}


# Whose it is


def _person(asking: Asking, person: str, asked: _Question) -> Shown:
    house, caller = asking.house, asking.caller
    seen = people.see(house, caller, person, asked.purpose)
    if isinstance(seen, Refusal):
        return seen

    def ask(after: Any, limit: int) -> _Lines | Refusal:
        return histories.of_person(house, caller, person, asked.wanted, asked.purpose, as_of=asked.position,
                                   after=after, limit=limit)

    identity = seen[0]["identity"]
    name = "（已注销个人信息）" if identity is None else identity["name"]
    return _page(asking, asked, ask, {
        "title": f"{name}的时间线", "whose": person, "path": f"/persons/{person}/timeline", "identity": identity,
        "is_person": True}, Named("person-timeline", "人员时间线", {"人员": person}))


def _actor(asking: Asking, actor: str, asked: _Question) -> Shown:
    house, caller = asking.house, asking.caller

    recorded: set[str] | None = set() if _is_file() else None  # A file records each person once, not with each piece.

    def ask(after: Any, limit: int) -> _Lines | Refusal:
        return histories.of_actor(house, caller, actor, asked.wanted, asked.purpose, as_of=asked.position,
                                  after=after, limit=limit, recorded=recorded)

    conducted = None
    if not asked.faults and asked.after is None and not _is_file():  # A file of lines says nothing of it.
        span = Wanted(first=asked.wanted.first, last=asked.wanted.last, kinds=asked.wanted.kinds)
        found = officers.officer(house, caller, actor, span, asked.purpose, as_of=asked.position)
        if isinstance(found, Refusal):
            return found
        conducted = conduct_view.shown(house, found)
    head = actors.every(house, caller, organisation=None, status=None, as_of=asked.position, after="", limit=1,
                        actor=actor)
    account = None if isinstance(head, Refusal) or not head.items else head.items[0]
    name = "经办账号" if account is None else account["official"] or "（已注销个人信息）"
    return _page(asking, asked, ask, {
        "title": f"{name}的经办时间线",
        "whose": actor, "path": f"/actors/{actor}/timeline", "account": account, "conduct": conducted,
        "sides": SIDE_WORDS, "lead": _lead("actor", actor, asked.purpose)},
        Named("actor-timeline", "经办账号时间线", {"经办账号": actor}),
        {"conduct": None if conducted is None else conducted["data"]})


def _record(asking: Asking, kind: str, record: str, asked: _Question) -> Shown:
    found = threads.of_record(asking.house, asking.caller, record, asked.purpose, as_of=asked.position)
    if isinstance(found, Refusal):
        return found
    kept = found.lines[::-1] if asked.wanted.newest else found.lines
    return _page(asking, asked, lambda _, __: Some(kept, None, asked.position), {
        "title": f"{_RECORD_NAMES[kind]}的经过", "whose": record, "path": f"{lines.AT[kind]}{record}/timeline",
        "is_record": True, "about": lines.leads(record, asked.purpose), "of": found.person,
        "lead": _lead(kind, record, asked.purpose)},
        Named(f"{kind}-timeline", f"{_RECORD_NAMES[kind]}的经过", {"记录": record}))


# How it is shown


_LEADS: Final = {
    "class": ("class", "/shared", "同班的申报"), "actor": ("approver", "/shared", "经其认定的申报"),
    "unit": ("organiser", "/shared/timeline", "其主办的经过"),
}


def _lead(kind: str, record: str, purpose: str | None) -> dict[str, str] | None:
    """Where whoever supervises goes on from a record to the entries that have it in common."""
    if kind not in _LEADS:
        return None
    dimension, place, said = _LEADS[kind]
    asked = urlencode({"dimension": dimension, "value": record} | ({"purpose": purpose} if purpose else {}))
    return {"address": f"{place}?{asked}", "words": said}


class Named(NamedTuple):
    """What a file of the list is called, and what it was narrowed to."""

    name: str
    title: str
    asked: dict[str, str]


_UNTOLD: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("account", "conduct", "identity", "key", "lead", "of")), "is_person": False, "is_record": False,
    "about": (), "sides": {}, "thread": ()}
"""What a timeline tells of somebody or something, where it is another's."""


def _page(
    asking: Asking, asked: _Question, ask: _Ask, told: dict[str, Any], named: Named,
    also: Mapping[str, Any] | None = None, *, at_once: int | None = None,
) -> Shown:
    if _is_file() and not asked.faults:
        return _file(asking, asked, named, ask, at_once or _AT_ONCE)
    page = Some((), None, asked.position) if asked.faults else ask(asked.after, LINES)
    if isinstance(page, Refusal):
        return page
    basis = asking.house.answers.reflects(page.as_of)
    rows = lines.told(asking, page.items, asked.purpose)
    following = None if page.next is None else "-".join(map(str, page.next))
    return Page("timeline.html", {
        "moment": asked.moment, "basis": told_basis(basis), "rows": rows, "following": following,
        "notes": event_notes.told(asking, [one["event"] for one in rows]), "may_note": event_notes.may_note(asking),
        "lanes": lanes([Span(one["event"], one["happened"], one["recorded"], one["words"]) for one in rows]),
        "faults": asked.faults, "families": families(), "purpose": asked.purpose,
        "narrowed": [one for one in _ASKED if one in asked.moment.rest and one not in ("purpose", "order", "after")],
        **_UNTOLD, **told,
    }, {"items": list(page.items), "next": following, **(also or {}), **basis}, status=422 if asked.faults else 200)


def _is_file() -> bool:
    return request.path.endswith(".csv")


def _file(asking: Asking, asked: _Question, named: Named, ask: _Ask, at_once: int) -> Shown:
    """Every line as a file, however many, written as they are read; what only the page says of them is not asked for.

    Nothing but the first piece is waited for, and nothing but one is held: an account may have a lifetime's lines.
    """
    begun = ask(None, at_once)
    if isinstance(begun, Refusal):
        return begun
    basis = asking.house.answers.reflects(asked.position)
    table = Table(named.name, named.title, HEADS, (), asked.position, basis["as_of_time"], named.asked)
    return file_as_read(table, begun, lambda after: ask(after, at_once), lambda some: map(lines.row, some))


assert _RECORD_NAMES.keys() == RECORDS.keys() == threads.GATES.keys(), "each has its page"
