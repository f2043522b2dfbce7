"""How far a check is: a small value, so that one that was stopped goes on where it was.

`tests/ledger/test_fsck.py` shows it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ledger.errors import LedgerError
from ledger.fsck.problem import Problem
from ledger.fsck.source import View
from ledger.proof.frontier import Frontier
from ledger.proof.tiles import TILE_WIDTH

_COUNTS: Final = ("seed", "position", "last_time", "index_sum", "sealed", "redacted")


@dataclass(slots=True)
class State:
    """How far the check is: all that a later run needs to go on."""

    seed: int
    position: int = 0
    upper: Frontier = field(default_factory=Frontier)  # The tree above level 0, by the roots of full level-0 tiles.
    last_time: int = 0
    index_sum: int = 0
    sealed: int = 0
    redacted: int = 0
    problems: list[Problem] = field(default_factory=list)


class CannotResume(LedgerError):
    """The state of an earlier check does not fit."""

    code = "fsck_cannot_resume"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"不能从 {path} 继续上次的检查：{reason}。请不带 --resume 从头检查。")


def save(path: Path, state: State, view: View) -> None:
    """Keep it for a run that goes on, with what the ledger is known again by."""
    value = {
        "form": 2, "python": sys.version, "anchor": _anchor(view, state.position),
        "upper": [b64encode(row).decode() for row in state.upper.edge], "problems": state.problems,
        **{name: getattr(state, name) for name in _COUNTS},
    }
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    temporary.replace(path)


def resumed(path: Path, view: View) -> State:
    """Go on where a run was stopped; raises CannotResume where that was of another ledger, or another program."""
    try:
        value = json.loads(path.read_text("utf-8"))
        if value["form"] != 2 or value["python"] != sys.version:  # Another Python may hash a string otherwise.
            raise CannotResume(path, "状态文件由另一版本的程序写成")
        counts = {name: _number(value[name]) for name in _COUNTS}
        upper = Frontier.restore(counts["position"] // TILE_WIDTH, [b64decode(row) for row in value["upper"]])
        state = State(**counts, upper=upper, problems=[Problem(*problem) for problem in value["problems"]])
    except FileNotFoundError:
        raise CannotResume(path, "没有上次检查的状态文件") from None
    except CannotResume:
        raise
    except (OSError, ValueError, KeyError, TypeError, RecursionError, LedgerError) as error:
        raise CannotResume(path, f"状态文件不可读（{error}）") from error
    if value["anchor"] != _anchor(view, state.position):
        raise CannotResume(path, "状态文件不属于这个账本，或账本在中断之后被改动")
    return state


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a count")
    return value


def _anchor(view: View, position: int) -> str | None:
    """Tell one ledger from another by the last leaf that was checked."""
    leaf = view.leaf(position)
    return hashlib.sha256(leaf).hexdigest() if isinstance(leaf, bytes) else None
