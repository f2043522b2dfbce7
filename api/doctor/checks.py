"""A check: a question about whether all is well, answered with a level and, unless it is, a cure.

It creates nothing that it does not remove. `xueshi doctor` asks all there are, `/readyz` those that can change.
`tests/api/test_doctor.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ledger.errors import LedgerError


class Level(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


Answer = tuple[Level, str, str]
"""How it came out, what was found, and the cure unless all is well."""


def failed(error: LedgerError, otherwise: str) -> Answer:
    """What an error says, with the cure that it names itself; `otherwise` is that of one which names none."""
    told, _, cure = str(error).partition("。")
    return Level.FAIL, told, cure.rstrip("。") or otherwise


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `xueshi doctor`."""

    check: str
    level: Level
    message: str
    cure: str = ""


class Check(NamedTuple):
    """A named question with no arguments left."""

    name: str
    ask: Callable[[], Answer]


def standby(waits: Callable[[], bool]) -> Answer:
    """Whether writing waits for a server that is away: every host waits for the same, and each goes on answering."""
    if waits():
        return Level.WARN, "登记在等备用服务器确认，等不到就是 503；查询照常", "恢复备用服务器，见 database_copy 一项"
    return Level.OK, "登记不在等备用服务器", ""


class Reach:
    """Whether the ledger answers; what rests on it is not asked while it does not, or each would wait in vain."""

    def __init__(self, read: Callable[[], object]) -> None:
        self._read = read
        self._answers = True

    def check(self) -> Check:
        """The question itself, to be asked before all that rest on it."""
        return Check("ledger", self._ask)

    def before(self, check: Check) -> Check:
        """A question that is asked only where the ledger answered."""
        unasked = Level.FAIL, "账本读不出", "先解决 ledger 一项"
        return Check(check.name, lambda: check.ask() if self._answers else unasked)

    def _ask(self) -> Answer:
        try:
            self._read()
        except LedgerError as error:
            self._answers = False
            return Level.FAIL, str(error), "请检查数据库或磁盘；恢复后无需重启本服务"
        self._answers = True
        return Level.OK, "账本可读", ""


def found(check: Check) -> Finding:
    """Ask, and turn a question that broke into an answer: a doctor who faints helps nobody."""
    try:
        return Finding(check.name, *check.ask())
    except Exception as error:
        broken = f"检查本身失败（{type(error).__name__}）"
        return Finding(check.name, Level.FAIL, broken, "请附上 xueshi doctor --json 的输出报告此问题")
