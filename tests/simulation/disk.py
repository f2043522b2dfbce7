"""A disk that fails when it is told to: commits refused, unanswered or cut off, processes that die, power that fails.

What was made durable before the last commit returned outlasts everything. Of what came after, a loss of power leaves as
many bytes as chance has it: SQLite's own recovery reads the rest.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

FAULTS: Final = (
    "refused",      # COMMIT says that the disk is full, and nothing is written.
    "unanswered",   # COMMIT is done, and says that the disk failed.
    "failed",       # COMMIT is not done, and says the same.
    "half_written", # A statement stops in the middle.
    "locked",       # The transaction does not begin.
    "died_before",  # The process is gone before COMMIT,
    "died_after",   # and after it, before anyone was answered.
    "power_before", # The machine is gone before COMMIT,
    "power_after",  # and after it, with whatever of it reached the disk.
)


class Gone(BaseException):
    """The process ends here; nothing that it would do next is done."""


@dataclass
class Weather:
    """What goes wrong next, once, and what has."""

    file: Path
    rng: Random
    commit: str | None = None
    read: bool = False
    durable: int = 0  # Bytes of the journal that outlast a loss of power.
    died: bool = False
    power_lost: bool = False
    met: list[str] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        return self.file.with_name(f"{self.file.name}-wal")

    def settle(self) -> None:
        """Whatever is written now is durable: nobody is in the middle of a commit."""
        try:
            self.durable = os.stat(f"{self.file}-wal").st_size  # noqa: PTH116 - asked after each step
        except FileNotFoundError:
            self.durable = 0

    def take(self, *faults: str) -> str | None:
        """Meet the fault that was set, if it is one of these."""
        if self.commit not in faults:
            return None
        fault, self.commit = self.commit, None
        self.met.append(fault or "")
        return fault


class FailingConnection(sqlite3.Connection):
    """A connection that the weather may break. Subclassed with a weather of its own for each world."""

    weather: Weather

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        weather = self.weather
        if sql == "COMMIT":
            return self._commit()
        if sql == "BEGIN IMMEDIATE" and weather.take("locked"):
            raise sqlite3.OperationalError("database is locked")
        if weather.read and sql.startswith("SELECT"):
            weather.read = False
            weather.met.append("read")
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *values)

    def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
        if sql.startswith("INSERT") and self.weather.take("half_written"):
            rows = list(rows)
            super().executemany(sql, rows[:len(rows) // 2])
            raise sqlite3.OperationalError("disk I/O error")
        return super().executemany(sql, rows)

    def _commit(self) -> sqlite3.Cursor:
        weather = self.weather
        fault = weather.take("refused", "unanswered", "failed", "died_before", "died_after",
                             "power_before", "power_after")
        if fault == "refused":
            raise sqlite3.OperationalError("database or disk is full")
        if fault == "failed":
            raise sqlite3.OperationalError("disk I/O error")
        is_done = fault not in ("died_before", "power_before")
        cursor = super().execute("COMMIT" if is_done else "SELECT 1")
        if fault == "unanswered":
            raise sqlite3.OperationalError("disk I/O error")
        if fault in ("died_before", "died_after"):
            weather.died = True
            raise Gone
        if fault in ("power_before", "power_after"):
            weather.power_lost = True
            take_over(weather.file, weather.file.with_name("after.db"), weather)
            raise Gone
        return cursor


def take_over(file: Path, to: Path, weather: Weather) -> None:
    """Copy a database as it lies on the disk when the power fails."""
    shutil.copyfile(file, to)
    if weather.journal.exists():
        journal = weather.journal.read_bytes()
        cut = weather.rng.randint(min(weather.durable, len(journal)), len(journal))
        if weather.rng.random() < 0.3:
            cut = len(journal)
        to.with_name(f"{to.name}-wal").write_bytes(journal[:cut])
