"""Replays: what is asked, what it will take, how far it is, and one's own jobs; nothing of it enters the ledger.

The address of the form is the question, in the names of `POST /v1/replays`: whoever opens it sees the same question and
what it would take. What a replay came to is shown by `replay_result`. `tests/console/test_replay_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import marshmallow as ma
from flask import Response, request

from api import refusals
from api.cases import replay_rows, replays
from api.cases.doing import Asked, Reading
from api.console import replay_result, sending
from api.console.form import Fault, Field, of_refusal, plainly
from api.console.screen import Asking, Page, Shown, onward
from api.console.words import Mark
from api.house import House
from api.jobs import CANCELLED, DONE, FAILED, OPEN, QUEUED, RUNNING
from api.replay_page import asked_words
from api.routes.schemas.replays import ReplayBody
from api.tables_out import Table
from api.year_page import moment as written
from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.identifiers import regions
from policies.shelf import drafts
from policies.words import base_vocabulary
from projections.errors import ProjectionError

ROWS: Final = 25
STATES: Final[Mapping[str, Mark]] = {
    QUEUED: ("open", "…", "排队中"), RUNNING: ("open", "▶", "进行中"), DONE: ("met", "✓", "已完成"),
    FAILED: ("short", "✗", "没有完成"), CANCELLED: ("", "–", "已取消"),
}
CLEARED: Final[Mark] = ("", "–", "报告已清除")
STEPS: Final = (
    ("读取账本", ("follow", "read")), ("按两套细则评定", ("gather", "judge")), ("抽样重评一遍", ("check",)),
    ("写出明细", ("person_years", "entries", "titles")),
)
_BASES: Final = (
    ("now", "现行细则"), ("now+", "现行细则，加上勾选的"), ("then", "各日期当时有效的细则"), ("set:", "恰为勾选的"),
)
_LABELS: Final = {"under": "新的细则", "against": "与之比较的细则", "as_of": "记录时间", "valid_on": "发生时间",
                  "region": "区划", "sector": "行业"}
_ASKED: Final = ("under", "against", "as_of", "valid_on", "region", "sector")
_PLACES: Final = {"as_of_in_future": "as_of", "as_of_malformed": "as_of", "as_of_before_ledger": "as_of",
                  "valid_on_malformed": "valid_on", "outside_scope": "region"}
_OTHERS: Final = (401, 403, 404)


def listed(asking: Asking) -> Shown:
    """One's own jobs, newest first."""
    before = request.args.get("before") or None
    found = replays.own(asking.house, asking.caller, before=before, limit=ROWS)
    if isinstance(found, Refusal):
        return found
    rows = [_row(one) for one in found.items]
    position = asking.house.answers.position()
    heads = ("作业", "新的细则", "与之比较的细则", "范围", "提交", "完成", "状态")
    table = Table("replays", "本账号的重放", heads, [
        (one["job"], one["under"]["name"], one["against"]["name"], one["scope"], one["made"], one["ended"],
         one["mark"][2]) for one in rows], position)
    return Page("replays.html", {"rows": rows, "next": found.next, "before": before},
                {"items": found.items, "next": found.next}, table)


def _row(view: Mapping[str, Any]) -> dict[str, Any]:
    return {**asked_words(view["question"]), "job": view["job"], "mark": mark_of(view),
            "made": written(view["made_at"]), "ended": written(view["ended_at"]) if view["ended_at"] else ""}


def mark_of(view: Mapping[str, Any]) -> Mark:
    """The state of a job, with its sign; that its report is gone says more than that it was made."""
    return CLEARED if view["state"] == DONE and view["result"] is None else STATES[view["state"]]


# Asking


class Typed(NamedTuple):
    """A question as somebody typed it, and what is wrong with it."""

    given: dict[str, str]
    faults: list[Fault]


def new(asking: Asking) -> Shown:
    """The question, and once it is asked what answering it takes."""
    composed = _composed(asking.house)
    if composed is not None:
        return onward(f"/replays/new?{urlencode(composed)}")
    return _form(asking, Typed({name: value for name in _ASKED if (value := request.args.get(name, "").strip())}, []))


def begin(asking: Asking) -> Shown:
    """Queue it, and go to where one sees how far it is."""
    given = {name: value for name in _ASKED if (value := request.form.get(name, "").strip())}
    fields, faults = _read(given)
    if faults:
        return _form(asking, Typed(given, faults), status=422)
    asked = sending.asked(asking.house, asking.caller)
    came = _submitted(asking, fields, asked)
    if isinstance(came, Fault):
        return _form(asking, Typed(given, [came]), status=422)
    if isinstance(came, Refusal):
        return came
    assert isinstance(came, replays.Submitted), "it was asked for with a key"
    return onward(f"/replays/{came.job.job}")


def _composed(house: House) -> dict[str, str] | None:
    """The question that the choices of the form come to, or that a link from a rulebook means; None: it is complete."""
    args = request.args
    kept = {name: value for name in _ASKED if (value := args.get(name, "").strip())}
    if (law := args.get("law", "").strip()) and "under" not in kept:
        return kept | _about(house, law)
    if not any(f"{side}_base" in args for side in ("under", "against")):
        return None
    for side in ("under", "against"):
        base = args.get(f"{side}_base", "")
        books = ",".join(args.getlist(f"{side}_books"))
        kept[side] = f"{base}{books}" if base.endswith(("+", ":")) else base
    return kept


def _about(house: House, law: str) -> dict[str, str]:
    """What one asks about a rulebook: of one in force what it changed, of any other what it would change."""
    enacted = house.answers.rulebooks()
    if any(law in (one.id, one.digest) for one in enacted):
        others = [one.id for one in enacted if law not in (one.id, one.digest) and one.superseded_by is None]
        return {"under": "now", "against": f"set:{','.join(others)}"}
    return {"under": f"now+{law}", "against": "now"}


def _form(asking: Asking, typed: Typed, *, status: int = 200) -> Shown:
    given, faults = typed
    own = replays.own_place(asking.house, asking.caller)
    if isinstance(own, Refusal):
        return own
    estimate = None
    if "under" in given and not faults:
        fields, faults = _read(given)
        tried = None if faults else _submitted(asking, fields, Asked(dry_run=True))
        if isinstance(tried, Refusal):
            return tried
        if isinstance(tried, Fault):
            faults = [tried]
        elif isinstance(tried, dict):
            estimate = tried
        status = 422 if faults else 200
    return Page("replay_form.html", {
        "laws": [_law_fields(asking.house, side, given, faults) for side in ("under", "against")],
        "scope": _scope_fields(asking.house, own, given, faults), "faults": faults,
        "estimate": estimate and {**asked_words(estimate["question"]), **estimate, "lasts": duration(
            estimate["cost"]["seconds"])},
        "carried": estimate and _carried(given, estimate["question"]),
    }, status=status)


def _carried(given: Mapping[str, str], question: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the form sends on: the question as it was settled, so that what was estimated is what is done."""
    return [*({**given, "as_of": str(question["as_of"])}).items()]


def _read(given: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    """What was typed, read as the API reads it; of a law that is to be made of rulebooks, none may be ticked yet."""
    empty = [side for side in ("under", "against") if given.get(side, "").endswith(("+", ":"))]
    if empty:
        return {}, [Fault(_field_of(side), f"{_LABELS[side]}：请勾选至少一部细则，或改选别的") for side in empty]
    try:
        found: dict[str, Any] = ReplayBody().load(dict(given))
    except ma.ValidationError as error:
        said: Any = error.messages
        return {}, [Fault(_field_of(name), f"{_LABELS.get(name, name)}：{plainly(str(words[0]))}")
                    for name, words in said.items()]
    return found, []


def _field_of(name: str) -> str:
    return f"{name}_base" if name in ("under", "against") else name


def _submitted(
    asking: Asking, fields: dict[str, Any], asked: Asked
) -> replays.Submitted | dict[str, Any] | Fault | Refusal:
    """Ask for it; what can be mended in the form is said there."""
    try:
        came = replays.submit(asking.house, asking.caller, fields, asked)
    except ProjectionError as error:  # No such law, or no such moment.
        if (code := getattr(error, "code", "")) not in _PLACES and not code.startswith("law_"):
            raise
        return Fault(_PLACES.get(code, "under_base"), str(error))
    if isinstance(came, Refusal) and (came.code in _PLACES or _status(came) not in _OTHERS):
        told = of_refusal(came)
        return Fault(_PLACES.get(came.code, ""), told.words)
    return came


def _status(refusal: Refusal) -> int:
    return refusals.lines()[refusal.code].status


def _law_fields(
    house: House, side: str, given: Mapping[str, str], faults: Iterable[Fault]
) -> tuple[str, list[Field]]:
    law = given.get(side, "now+" if side == "under" else "now")
    base = next((code for code, _ in reversed(_BASES) if law.startswith(code) and code.endswith(("+", ":"))), law)
    named = law.removeprefix(base) if base.endswith(("+", ":")) else ""
    books = _books(house)
    by_name = {name: code for code, _, digest in books for name in (code, digest)}
    ticked = " ".join(by_name.get(name, name) for name in named.split(","))
    fault = next((one.words for one in faults if one.field == f"{side}_base"), "")
    return _LABELS[side], [
        Field(f"{side}_base", "以何为准", "choice", options=_BASES, is_required=True, value=base, fault=fault),
        Field(f"{side}_books", "勾选的细则", "many", options=tuple((code, words) for code, words, _ in books),
              value=ticked),
    ]


def _books(house: House) -> list[tuple[str, str, str]]:
    """Every rulebook that a law may be made of: what is asked for it, what it is called, its digest."""
    enacted = house.answers.rulebooks()
    found = [(one.id, f"{one.document}（{one.id}）", one.digest) for one in enacted]
    known = {one.digest for one in enacted}
    for put in house.answers.proposals():
        if put.digest not in known:
            known.add(put.digest)
            found.append((put.digest, f"{put.document}（{put.id}，提议 {put.digest[:8]}）", put.digest))
    found += [(one.id, f"{one.document}（{one.id}，草案）", one.digest) for one in drafts().books]
    return found


def _scope_fields(house: House, own: Scope, given: Mapping[str, str], faults: Iterable[Fault]) -> list[Field]:
    wrong = {one.field: one.words for one in faults}
    region = given.get("region", f"{own.region:0<6}")
    today = house.today
    areas = sorted({regions.PROVINCE, *regions.cities(today), *regions.county_units(today)})
    within = [code for code in areas if code.startswith(own.region)]
    places = tuple((code, _place(code)) for code in (*within, *(() if region in within else (region,))))
    sectors = tuple((code, words) for code, words in base_vocabulary().sectors.items() if own.sector in (None, code))
    return [
        Field("as_of", "记录时间", hint="当时所知的：日期或事件序号，不填为现在", most=60,
              value=given.get("as_of", ""), fault=wrong.get("as_of", "")),
        Field("valid_on", "发生时间", "date", hint="只看到这一天为止已发生的；这样的报告不能登记为影响预告",
              value=given.get("valid_on", ""), fault=wrong.get("valid_on", "")),
        Field("region", "区划", "choice", options=places, hint="只报告这里的人", is_required=True,
              value=region, fault=wrong.get("region", "")),
        Field("sector", "行业", "choice", options=sectors, hint="不选为全部" if own.sector is None else "本账号的行业",
              value=given.get("sector", own.sector or ""), fault=wrong.get("sector", "")),
    ]


def _place(code: str) -> str:
    span = regions.span(code)
    return code if span is None else f"{'　' if code[4:] != '00' else ''}{span.name}（{code}）"


def duration(seconds: int) -> str:
    """So long, in words."""
    return f"{seconds} 秒" if seconds < 100 else f"{-(-seconds // 60)} 分钟"


# A job


def detail(asking: Asking, job: str) -> Shown:
    """How far a job is; of one that is done, what it came to."""
    view = replays.see(asking.house, asking.caller, job)
    if isinstance(view, Refusal):
        if replay_rows.may_read(asking.house, asking.caller, job) is None:  # Sums are for those who make rules alone.
            return onward(f"/replays/{job}/person-years")
        return view
    is_open = view["state"] in OPEN
    if "HX-Request" in request.headers and not is_open:
        return Response(headers={"HX-Refresh": "true"})  # It is over: the page is another one.
    if view["result"] is not None:
        return replay_result.sums(asking, view)
    return Page("replay_job.html", {
        **asked_words(view["question"]), "view": view, "mark": mark_of(view), "is_open": is_open,
        "steps": _way(view), "progress": view["progress"], "asker": _asker(asking, view["asked_by"]),
        "asker_of_end": view["cancelled_by"] and _asker(asking, view["cancelled_by"]), "written": written,
        "duration": duration, "again": again(view["question"]),
    }, view)


def cancel(asking: Asking, job: str) -> Shown:
    """End a job that is not over."""
    came = replays.cancel(asking.house, asking.caller, job, sending.asked(asking.house, asking.caller))
    if isinstance(came, Refusal) and came.code != "job_over":  # It came to its end just then: its page says to which.
        return came
    return onward(f"/replays/{job}")


def again(question: Mapping[str, Any]) -> str:
    """The address of the same question, asked as of now."""
    asked = {"under": question["under"]["law"], "against": question["against"]["law"],
             "valid_on": question.get("valid_on"), "region": question["region"], "sector": question["sector"]}
    return f"/replays/new?{urlencode({name: value for name, value in asked.items() if value})}"


def _way(view: Mapping[str, Any]) -> list[dict[str, str]]:
    """The steps of a job, each done, due or to come."""
    step = None if view["progress"] is None else view["progress"]["step"]
    now = next((at for at, (_, names) in enumerate(STEPS) if step in names), -1)
    return [{"words": words, "about": "", "state": "done" if at < now else "now" if at == now else "next"}
            for at, (words, _) in enumerate(STEPS)]


def _asker(asking: Asking, actor: str) -> str:
    """Whose account it was, in words."""
    if actor == asking.caller.id:
        return "本账号"
    reading = Reading(asking.house.ledger)
    found = reading.actor(actor)
    unit = None if found is None else reading.unit(found.organisation)
    return actor if unit is None else f"{unit.names[-1].name}（{actor}）"
