"""How the system is: how far the log and every projection are, what was signed, backed up and checked last, and when.

Numbers and names of ours alone, so whoever is logged in may see them: they tell how large the register is, which its
checkpoint tells anyone. `tests/console/test_status.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

from api.cases.law import kept_reports
from api.console.screen import Asking, Page, Shown
from api.console.words import Mark, duration
from api.console.words import size as size_words
from api.doctor.checks import Level, found
from api.house import House
from api.register.last_done import EVERY, Last, last
from api.upkeep import upkeep
from api.witness.telling import outside
from api.words.year_page import moment
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.witnessing.kept import Kept
from projections.basis import written_time

LEVELS: Final[Mapping[Level, Mark]] = {
    Level.OK: ("met", "✓", "正常"), Level.WARN: ("open", "…", "请留意"), Level.FAIL: ("short", "✗", "有故障"),
}
CHECKS: Final = {"projections": "查询所用的投影", "differences": "认定与评定的差异",
                 "findings": "核查线索", "rulebooks": "细则", "log_time": "系统时钟", "home": "在哪里服务",
                 "witnesses": "见证人", "time_stamps": "时间戳"}
PROJECTIONS: Final = {
    "people": "人员、单位和隶属", "work": "待办", "entries": "学时申报和登记", "laws": "细则", "timeline": "时间线",
    "duplicates": "相同的佐证和成果", "statements": "登记情况表", "trainings": "培训计划和培训班",
    "imports": "导入", "exams": "课程和考试", "applications": "职称申报", "sanctions": "处理和恢复",
    "cases": "案件", "decided": "线索的处理", "traces": "办理痕迹", "differences": "认定与评定的差异",
    "findings": "核查线索",
}
"""What each projection is of, as the page names it."""

_KINDS: Final = {"witness": "见证人", "authority": "时间戳机构", "public": "对外网址"}
_DONE: Final = {"backup": ("备份", "xueshi backup", 1), "fsck": ("逐条重读账本", "xueshi fsck", 7)}
"""What is done for a register, by which command, and after how many days somebody should wonder."""


def status(asking: Asking) -> Shown:
    """How everything is now."""
    house = asking.house
    size, told = house.ledger.store.size(), upkeep(house)
    newest = house.ledger.at(size)
    note = house.register.signer.published()
    signed = None if note is None else parse_checkpoint(parse_note(note)[0])
    now = datetime.fromtimestamp(house.now / 1_000_000, UTC)  # not hours: a moment, to tell how long ago something was
    done = [_done(what, last(house.register.folder, what), now, size) for what in EVERY]
    checks = _checked(house)
    data = {
        "version": version("xueshi-ledger"), "log_size": size, "origin": None if signed is None else signed.origin,
        "last_recorded_at": None if newest is None else written_time(newest.envelope.recorded_at),
        "signed_size": None if signed is None else signed.size,
        "projections": told["items"], "checks": [{name: one[name] for name in ("name", "level")} for one in checks],
        "outside": outside(Kept(house.register.folder.witnessed), now_s=house.now // 1_000_000),
        "replays": kept_reports.room(house)._asdict(),
        "done": [{name: one[name] for name in ("what", "at", "size", "holds")} for one in done],
    }
    return Page("status.html", {
        **data, "sizes": size_words, "duration": duration, "outside": _outside(data["outside"], size),
        "checks": checks, "done": done, "unsigned": size - (0 if signed is None else signed.size),
        "recorded": "" if newest is None else moment(data["last_recorded_at"]),
        "names": PROJECTIONS, "rows": [{**one, "mark": _mark(one)} for one in told["items"]],
    }, data)


def amiss(house: House) -> list[dict[str, Any]]:
    """Where the register itself does not hold, or nobody has looked whether it does: it comes before any finding."""
    now = datetime.fromtimestamp(house.now / 1_000_000, UTC)  # not hours: a moment
    reread = _done("fsck", last(house.register.folder, "fsck"), now, house.ledger.store.size())
    words = _not_reread(reread)
    forks = outside(Kept(house.register.folder.witnessed), now_s=house.now // 1_000_000)["forks"]
    told = [] if words is None else [{"mark": reread["mark"], "words": words, "command": reread["command"]}]
    told += [{"mark": LEVELS[Level.FAIL], "words": "日志有两种历史，证明已经保存"}] if forks else []
    return told + [{"mark": one["mark"], "words": f"{one['name']}：{one['message']}"} for one in _checked(house)
                   if one["level"] is not Level.OK]


def _not_reread(one: Mapping[str, Any]) -> str | None:
    """Why the log has to be re-read now; None where that was done lately and it held."""
    if one["at"] is None:
        return "没有逐条重读账本的记录"
    if not one["holds"]:
        return "最近一次逐条重读账本，发现它不完好"
    return None if one["mark"] is LEVELS[Level.OK] else f"{one['days']} 天没有逐条重读账本"


def _checked(house: House) -> list[dict[str, Any]]:
    """What the house was asked about itself, and what it said."""
    return [{"name": CHECKS.get(each.name, each.name), "level": one.level, "mark": LEVELS[one.level],
             "message": one.message} for each in house.checks() for one in (found(each),)]


def _outside(told: dict[str, Any], size: int) -> dict[str, Any]:
    """The same in words and marks."""
    each = [{**one, "kind": _KINDS.get(one["kind"], one["kind"]), "since": max(0, size - one["size"]),
             "mark": LEVELS[Level.OK if one["code"] is None else Level.WARN]} for one in told["each"]]
    return {**told, "each": each}


def _done(what: str, one: Last | None, now: datetime, size: int) -> dict[str, Any]:
    words, command, days_most = _DONE[what]
    about = {"what": what, "words": words, "command": command, "at": None, "size": None, "holds": None}
    if one is None:
        return {**about, "mark": LEVELS[Level.WARN], "since": None, "days": None}
    days = max(0, (now - one.at).days)
    mark = LEVELS[Level.FAIL] if not one.holds else LEVELS[Level.WARN if days > days_most else Level.OK]
    at = one.at.isoformat(timespec="seconds")
    return {**about, "at": at, "size": one.size, "holds": one.holds, "mark": mark, "days": days,
            "since": max(0, size - one.size), "told": moment(written_time(int(one.at.timestamp()) * 1_000_000))}


def _mark(one: Mapping[str, Any]) -> Mark:
    if one["failure"] is not None:
        return ("short", "✗", "停在出错的事件之前")
    if one["building"] is not None:
        return ("open", "…", "正在重建")
    return ("met", "✓", "跟上") if one["behind"] == 0 else ("open", "…", f"落后 {one['behind']} 个事件")
