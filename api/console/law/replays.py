"""Replays: one's own jobs, and how far each is; nothing of it enters the ledger.

What is asked is `replay_form`'s, what came of it `replay_result`'s. `tests/console/test_replay_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import Response, request

from api.cases.doing import Reading
from api.cases.law import replay_rows, replays
from api.console import sending
from api.console.law import replay_check, replay_result
from api.console.law.replay_form import again
from api.console.law.replay_names import names_in
from api.console.screen import Asking, Page, Shown, onward
from api.console.words import Mark, duration
from api.house import House
from api.operational.jobs import CANCELLED, DONE, FAILED, OPEN, QUEUED, REPLAY_CHECK, RUNNING
from api.paper.tables_out import Table
from api.replays.page import asked_words
from api.words.year_page import moment as written
from ledger.errors import Refusal

ROWS: Final = 25
LATEST: Final = 3
STATES: Final[Mapping[str, Mark]] = {
    QUEUED: ("open", "…", "排队中"), RUNNING: ("open", "▶", "进行中"), DONE: ("met", "✓", "已完成"),
    FAILED: ("short", "✗", "没有完成"), CANCELLED: ("", "–", "已取消"),
}
CLEARED: Final[Mark] = ("", "–", "报告已清除")
STEPS: Final = (
    ("读取账本", ("follow", "read")), ("按两套细则评定", ("gather", "judge")), ("抽样重评一遍", ("check",)),
    ("写出明细", ("person_years", "entries", "titles")),
)


def listed(asking: Asking) -> Shown:
    """One's own jobs, newest first."""
    before = request.args.get("before") or None
    found = replays.own(asking.house, asking.caller, before=before, limit=ROWS)
    if isinstance(found, Refusal):
        return found
    rows = [_row(asking.house, one) for one in found.items]
    position = asking.house.answers.position()
    heads = ("作业", "新的细则", "与之比较的细则", "范围", "提交", "完成", "状态")
    table = Table("replays", "本账号的重放", heads, [
        (one["job"], one["under"]["name"], one["against"]["name"], one["scope"], one["made"], one["ended"],
         one["mark"][2]) for one in rows], position)
    return Page("replays.html", {"rows": rows, "next": found.next, "before": before},
                {"items": found.items, "next": found.next}, table)


def latest(asking: Asking) -> list[dict[str, Any]] | None:
    """One's newest jobs, for the workbench; None of whoever asks for none."""
    found = replays.own(asking.house, asking.caller, before=None, limit=LATEST)
    return None if isinstance(found, Refusal) else [_row(asking.house, one) for one in found.items]


def _row(house: House, view: Mapping[str, Any]) -> dict[str, Any]:
    began, ended = view["begun_at"], view["ended_at"]
    lasted = None if None in (began, ended) else datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    asked = asked_words(view["question"], names_in(house, view["question"]))
    if view["kind"] == REPLAY_CHECK:
        asked["under"] = {**asked["under"], "name": f"核对：{asked['under']['name']}"}
    return {**asked, "job": view["job"], "mark": mark_of(view),
            "made": written(view["made_at"]), "ended": written(ended) if ended else "",
            "lasted": None if lasted is None else duration(max(1, round(lasted.total_seconds())))}


def mark_of(view: Mapping[str, Any]) -> Mark:
    """The state of a job, with its sign; that its report is gone says more than that it was made."""
    return CLEARED if view["state"] == DONE and view["result"] is None else STATES[view["state"]]


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
    if view["kind"] == REPLAY_CHECK and view["state"] == DONE:
        return replay_check.detail(asking, job)
    if view["result"] is not None:
        shown = replay_result.sums(asking, view)
        if not isinstance(shown, Refusal) or shown.code != "replay_cleared":
            return shown
        view |= {"result": None, "is_cleared": True}  # Reports are in no copy of a register; the row says otherwise.
    return Page("replay_job.html", {
        **asked_words(view["question"], names_in(asking.house, view["question"])), "view": view,
        "mark": mark_of(view), "is_open": is_open,
        "steps": _way(view), "progress": view["progress"], "asker": _asker(asking, view["asked_by"]),
        "asker_of_end": view["cancelled_by"] and _asker(asking, view["cancelled_by"]), "written": written,
        "duration": duration, "again": again(view["question"]), "report": replay_check.report_of(asking.house, job),
        "elapsed": _elapsed(asking, view["begun_at"]),
    }, view)


def cancel(asking: Asking, job: str) -> Shown:
    """End a job that is not over."""
    came = replays.cancel(asking.house, asking.caller, job, sending.asked(asking.house, asking.caller))
    if isinstance(came, Refusal) and came.code != "job_over":  # It came to its end just then: its page says to which.
        return came
    return onward(f"/replays/{job}")


def _elapsed(asking: Asking, begun_at: str | None) -> int:
    """For how many seconds a job has run; of one that waits, for none."""
    if begun_at is None:
        return 0
    return max(0, round(asking.house.now / 1_000_000 - datetime.fromisoformat(begun_at).timestamp()))


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
