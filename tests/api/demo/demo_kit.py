"""A small demo and its log, read once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from api.demo.history import Told
from api.demo.making import FAULTS, Made, make
from ledger.keys.vault import open_vault
from ledger.ledger import Ledger
from ledger.reading import Recorded

TOLD = Told(people=160, first_year=2018, last_year=2022, seed=5)


class Demo(NamedTuple):
    """What was made."""

    folder: Path
    told: Told
    made: Made

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger, open."""
        vault = open_vault(self.folder / "keys" / "people.db")
        ledger = Ledger.in_file(self.folder / "ledger.db", vault)
        try:
            yield ledger
        finally:
            ledger.close()
            vault.close()

    def plants(self) -> list[dict[str, Any]]:
        """What is listed as planted."""
        return [json.loads(line) for line in (self.folder / FAULTS).read_text("utf-8").splitlines()]


def made(folder: Path, told: Told) -> Demo:
    """Make one."""
    return Demo(folder, told, make(folder, told))


def read_all(ledger: Ledger) -> Iterator[Recorded]:
    """Every event in order."""
    after = 0
    while found := ledger.read(after):
        yield from found
        after = found[-1].position
