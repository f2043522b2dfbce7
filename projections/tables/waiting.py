"""Rows of larger acts that wait, by their positions, until the act is closed; those of an abandoned one never count.

Which acts have any is known without asking the file, once it was looked up: most acts that end held nothing for most
projections, and what was gathered need not be written to find that out.

`tests/projections/test_waiting.py` shows it.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence
from typing import Final

from projections.tables.rows import Rows
from projections.tables.table import Table

NAME: Final = "waiting"
TABLE: Final = Table({"position": int, "act": str}, ("position",), (("act",),), dated=False)
"""It stands in the file of every projection."""


class Waiting:
    """What waits in one file. `forget` it whenever the rows go back to what the file says."""

    def __init__(self, connection: sqlite3.Connection, rows: Rows) -> None:
        self._connection, self._rows = connection, rows.lasting[NAME]
        self._counts: dict[str, int] | None = None

    def add(self, position: int, act: str) -> None:
        """Let a row of an act wait."""
        counts = self._known()
        self._rows.enter((position, act))
        counts[act] = counts.get(act, 0) + 1

    def take_out(self, act: str) -> Sequence[int]:
        """Let nothing of an act wait any more; gives what did, in order."""
        count = self._known().pop(act, 0)
        if not count:
            return ()
        fresh = self._rows.drop_fresh("act", act)
        if len(fresh) == count:
            return [position for position, _ in fresh]
        found = array("Q")  # An import's are a million.
        query = f"SELECT position FROM {NAME} WHERE act = ? ORDER BY position"
        found.extend(position for position, in self._connection.execute(query, (act,)))
        found.extend(position for position, _ in fresh)
        self._rows.remove({"act": act})
        assert len(found) == count, "what waits is counted"
        return found

    def forget(self) -> None:
        """Look it up anew."""
        self._counts = None

    def _known(self) -> dict[str, int]:
        if self._counts is None:  # Rows that are gathered are counted as they come: there are none when it is asked.
            assert not self._rows.fresh, "looked up before anything is gathered"
            self._counts = dict(self._connection.execute(f"SELECT act, count(*) FROM {NAME} GROUP BY act"))
        return self._counts
