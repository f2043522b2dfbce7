"""Where rows of larger acts wait until the act is closed; those of an abandoned one never count.

What waits is the log's to say: here stands in which of its blocks, a few hundred events each, an act has rows that the
projection cares about. A row of its own for each event was written nine times for an import and deleted nine times.
However the log came, in whatever pieces, the same blocks stand here.

Which acts have any is known without asking the file, once it was looked up: most acts that end held nothing for most
projections, and what was gathered need not be written to find that out.

`tests/projections/test_waiting.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from projections.tables.rows import Rows
from projections.tables.table import Table

NAME: Final = "withheld"
TABLE: Final = Table({"act": str, "block": int}, ("act", "block"), dated=False)
"""It stands in the file of every projection."""

BLOCK: Final = 256
"""Events. To read a block for the one row in it takes half a millisecond. What stands in files is counted in it."""

class Waiting:
    """What waits in one file. `forget` it whenever the rows go back to what the file says."""

    def __init__(self, connection: sqlite3.Connection, rows: Rows) -> None:
        self._connection, self._rows = connection, rows.lasting[NAME]
        self._blocks: dict[str, list[int]] | None = None

    def add(self, act: str, block: int) -> None:
        """Let the rows of an act in a block wait; blocks come in order, each as often as there is something in it."""
        blocks = self._known().setdefault(act, [])
        if not blocks or blocks[-1] != block:
            self._rows.enter((act, block))
            blocks.append(block)

    def take_out(self, act: str) -> Sequence[int]:
        """Let nothing of an act wait any more; gives the blocks in which something did, in order."""
        blocks = self._known().pop(act, [])
        if blocks and len(self._rows.drop_fresh("act", act)) < len(blocks):
            self._rows.remove({"act": act})
        return blocks

    def forget(self) -> None:
        """Look it up anew."""
        self._blocks = None

    def _known(self) -> dict[str, list[int]]:
        if self._blocks is None:  # Rows that are gathered are noted as they come: there are none when it is asked.
            assert not self._rows.fresh, "looked up before anything is gathered"
            self._blocks = {}
            for act, block in self._connection.execute(f"SELECT act, block FROM {NAME} ORDER BY act, block"):
                self._blocks.setdefault(act, []).append(block)
        return self._blocks
