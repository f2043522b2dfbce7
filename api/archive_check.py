"""Whether the archives are there that bodies of the ledger were moved into, and are those that took them.

`tests/api/test_archive_command.py` shows it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from api.checks import Answer, Check, Level
from ledger.archive import MANIFEST, digest
from ledger.stores.cold import Place, places_in


def archive_checks(ledger: Path) -> list[Check]:
    """Nothing is asked where nothing was ever moved."""
    try:
        places = places_in(ledger)
    except sqlite3.Error:
        return []  # What is wrong with the file others say.
    return [Check("archives", lambda: _asked(places))] if places else []


def _asked(places: list[Place]) -> Answer:
    away = [one for one in places if not _is_there(one)]
    if away:
        told = "、".join(f"{one.year} 年的在 {one.folder}" for one in away)
        cure = "把整个文件夹放回原处，或放在别处后运行 xueshi archive relocate 文件夹"
        return Level.FAIL, f"移出的正文读不到：{told}", cure
    return Level.OK, f"{len(places)} 个年度的正文在归档中，归档都在原处", ""


def _is_there(place: Place) -> bool:
    try:
        return digest(Path(place.folder) / MANIFEST) == place.manifest
    except OSError:
        return False
