"""Whether the archives are there that bodies of the ledger were moved into, and are those that took them.

`tests/api/test_archive_command.py` shows it.
"""

from __future__ import annotations

from api.doctor.checks import Answer, Check, Level
from api.register.folder import folder_of
from api.register.forgetting import stored
from api.settings import Settings
from ledger.archive import MANIFEST
from ledger.errors import LedgerError
from ledger.file_digest import sha256_of
from ledger.stores.cold import Place, found_here


def archive_checks(settings: Settings) -> list[Check]:
    """Nothing is asked where nothing was ever moved."""
    try:
        places = archives_of(settings)
    except LedgerError:
        return []  # What is wrong with the file or the database others say.
    return [Check("archives", lambda: _asked(places))] if places else []


def archives_of(settings: Settings) -> list[Place]:
    """The archives that hold bodies of a ledger, open or not; none where there is no ledger."""
    ledger = folder_of(settings).ledger
    if not settings.database and not ledger.is_file():
        return []
    with stored(ledger, settings.database).one_moment() as view:
        return view.archives()


def _asked(places: list[Place]) -> Answer:
    away = [one for one in places if not _is_there(one)]
    if away:
        told = "、".join(f"{one.year} 年的在 {found_here(one)}" for one in away)
        cure = "把整个文件夹放回原处；放在别处的运行 xueshi archive relocate，本机另有挂载点的设 archive_folder"
        return Level.FAIL, f"移出的正文读不到：{told}", cure
    return Level.OK, f"{len(places)} 个年度的正文在归档中，归档都在原处", ""


def _is_there(place: Place) -> bool:
    try:
        return sha256_of(found_here(place) / MANIFEST) == place.manifest
    except OSError:
        return False
