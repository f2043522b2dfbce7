"""Whom a start would ask outside, read beforehand: a slip in such a file keeps a service from coming up again.

What each of them answered is told by `/readyz`. `tests/api/test_doctor.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from functools import partial
from pathlib import Path

from api.doctor.checks import Answer, Check, Level
from api.settings import Settings
from api.terminal.exits import Stop
from api.witness.authorities import read_authorities
from api.witness.submitting import read_policy


def read_beforehand(settings: Settings) -> list[Check]:
    """Nothing is set, nothing is read."""
    named = {"witnesses": (settings.witnesses, lambda path: read_policy(path).witnesses, "个见证人"),
             "time_stamps": (settings.time_stamps, read_authorities, "个时间戳机构")}
    return [Check(name, partial(_read, Path(path), read, words)) for name, (path, read, words) in named.items() if path]


def _read(path: Path, read: Callable[[Path], Sized], words: str) -> Answer:
    try:
        return Level.OK, f"{path.name} 可用，{len(read(path))} {words}", ""
    except Stop as stop:
        return Level.FAIL, stop.message, stop.cure
