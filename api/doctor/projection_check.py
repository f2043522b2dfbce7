"""How far each file of answers is, and which of them are none: whoever follows next makes those anew without a word.

So it is told here before: a file of another ledger means that two data folders were mixed, one of a newer version that
an older program was started, and nobody would see it afterwards. `tests/api/test_upkeep.py` shows it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.doctor.checks import Answer, Level
from api.register.folder import folder_of
from api.register.forgetting import stored
from api.settings import Settings
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.fsck.source import View
    from projections.files.board import Said
    from projections.files.former import Stands
    from projections.files.projection import Projection

_WORDS: Final = {
    "damaged": "无法读取", "torn": "没有写完", "other_version": "内容不是它名称所示的版本",
    "ahead_of_log": "超前于账本", "other_log": "属于另一本账", "absent": "没有文件",
}
_OF_ITSELF: Final = "服务启动时会从账本重建，服务运行时进度见 xueshi projections list"
_MIXED: Final = "请核对数据文件夹与账本是不是同一套，刚恢复过备份的属正常"
_OTHER_PROGRAM: Final = "请核对装的是不是该装的程序"


def projections(settings: Settings) -> Answer:
    """How far each is, which are no answer, and what the one who keeps them says of those that fail."""
    from projections.files.board import Board

    folder = folder_of(settings).projections
    if not folder.is_dir():
        return Level.OK, "投影尚未建立，首次启动时建立", ""
    found = _found(settings)
    said = Board(folder).said()
    reached = {name: one.told for name, one in found.items() if not isinstance(one, str)}
    astray = {name: one for name, one in found.items() if isinstance(one, str)}
    failing = {name: each.failure for name, each in said.items() if each.failure is not None}
    broken = [name for name, why in astray.items() if why == "damaged" and name not in failing]
    if failing or broken:
        words = [f"{name} 停在事件 {each.position} 之前（{each.because}）" for name, each in failing.items()]
        words += [f"{name} {_WORDS['damaged']}" for name in broken]
        cure = "；".join(f"xueshi rebuild {name}" for name in (*failing, *broken))
        return Level.FAIL, f"投影：{'；'.join(words)}", f"先停止服务，再 {cure}；账本不受影响"
    if astray:
        told, cures = _told(astray, said)
        return Level.WARN, told, "；".join((*cures, _OF_ITSELF))
    least, most = min(reached.values()), max(reached.values())
    if least == most:
        return Level.OK, f"{len(reached)} 个投影，均处理到事件 {most:,}", ""
    late = "、".join(f"{name} {position:,}" for name, position in reached.items() if position < most)
    return (Level.WARN, f"投影没有齐平：最前的到事件 {most:,}，{late}",
            "服务运行时会自行追上；进度见 xueshi projections list")


def made_anew(settings: Settings) -> str:
    """Which files whoever opens the register next makes anew, and why, in words; nothing where each is an answer."""
    if not folder_of(settings).projections.is_dir():
        return ""
    astray = {name: one for name, one in _found(settings).items() if isinstance(one, str)}
    words, cures = _told(astray, {})
    return "；".join((words, *cures, "现在从账本重建")) if astray else ""


def _found(settings: Settings) -> dict[str, Stands | str]:
    """What each file says of itself, or why it is no answer."""
    from projections.answers import projections as every

    folder = folder_of(settings).projections
    found = {one.name: _looked_at(folder, one) for one in every()}  # Before the log, which may grow meanwhile.
    _follow(found, settings)
    return found


def _looked_at(folder: Path, one: Projection) -> Stands | str:
    """What its file says of itself; or why there is none, in a word; `newer 7` where only another version has one."""
    from projections.files.former import others, what_stands
    from projections.files.places import path_of

    path = path_of(folder, one)
    if path.exists():
        return what_stands(path, one.name, one.version)
    versions = others(folder, one)
    return "absent" if not versions else ("newer " if max(versions) > one.version else "older ") + str(max(versions))


def _follow(found: dict[str, Stands | str], settings: Settings) -> None:
    """Find out which do not follow the log as it lies; what is wrong with that, other checks say."""
    ledger = folder_of(settings).ledger
    if not settings.database and not ledger.is_file():
        return
    with suppress(LedgerError, ImportError), stored(ledger, settings.database).one_moment() as view:
        for name, one in found.items():
            if not isinstance(one, str) and (why := one.astray(_Lying(view))) is not None:
                found[name] = why


class _Lying:
    """The log as it lies."""

    def __init__(self, view: View) -> None:
        self.size = view.size
        self._leaf = view.leaf

    def leaves(self, after: int, _: int) -> list[bytes]:
        return [bytes(self._leaf(after + 1) or b"")]


def _told(astray: dict[str, str], said: dict[str, Said]) -> tuple[str, list[str]]:
    """Which files are no answer, each kind with its names, and what somebody should look into."""
    kinds: dict[str, list[str]] = {}
    for name, why in astray.items():
        building = said[name].building if name in said else None
        kinds.setdefault("正在重建" if building is not None else _words(why), []).append(name)
    cures = [_MIXED] if {"ahead_of_log", "other_log"} & {*astray.values()} else []
    cures += [_OTHER_PROGRAM] if any(why.startswith("newer") for why in astray.values()) else []
    words = "；".join(f"{'、'.join(names)} {words}" for words, names in kinds.items())
    return f"投影：{words}", cures


def _words(why: str) -> str:
    kind, _, version = why.partition(" ")
    if not version:
        return _WORDS[kind]
    return f"只有{'更新' if kind == 'newer' else '旧'}版程序的文件（第 {version} 版）"
