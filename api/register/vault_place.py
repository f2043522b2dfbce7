"""Where the keys of persons lie and what opens them, as the settings say.

`tests/api/test_register.py` shows it.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from api.register.folder import folder_of
from api.settings import Settings
from api.terminal.exits import Exit, Stop
from ledger.keys.makes import make_of
from ledger.keys.master import FILE
from ledger.keys.ring import open_keys
from ledger.keys.vault import Vault, open_vault

if TYPE_CHECKING:
    from ledger.fsck.portion import KeyFiles
    from ledger.keys.database import KeyDatabase


def people_of(settings: Settings) -> Path | KeyDatabase:
    """Where the keys of persons lie."""
    if not settings.key_database:
        return folder_of(settings).people
    from ledger.keys.database import KeyDatabase  # The driver is an extra.

    return KeyDatabase(settings.key_database, folder_of(settings).keys)


def has_vault(settings: Settings) -> bool:
    """Say whether there are keys where they should be."""
    place = people_of(settings)
    if isinstance(place, Path):
        return not is_void(place)
    with closing(open_keys(place)) as file:
        return file.count() > 0


def vault_of(settings: Settings) -> Vault:
    """Open the vault under the master key that the settings name; a lost one is not replaced by an empty one."""
    if lost := lost_of(settings):
        message = f"有账本而没有{'和'.join(lost)}"
        cure = f"{'；'.join(lost.values())}；不要新建，新的密钥打不开已有的个人信息"
        raise Stop(Exit.WORLD_IS_WRONG, "keys_missing", message, cure)
    return open_vault(people_of(settings), settings.master_key)


def lost_of(settings: Settings) -> dict[str, str]:
    """What of all that opens the sealed parts of a ledger that is here is gone, each with its cure."""
    folder, master = folder_of(settings), master_file(settings)
    lost = {}
    if master is not None and not _is_there(master):
        source = settings.sources.get("master_key", "默认值")
        lost["主密钥"] = (f"请把另存的主密钥放回 {master}（设置 master_key = {settings.master_key}，来自{source}），"
                       "或让这个设置指向它：密钥备份里没有主密钥")
    if not has_vault(settings) and (folder.ledger.exists() or folder.published.exists()):
        lost["密钥库"] = "请恢复密钥库：xueshi keys restore 最近的密钥备份"
    return lost


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:  # It may be; whoever opens it says who may.
        return True


def vault_files(settings: Settings) -> KeyFiles | None:
    """Where the vault is and what opens it, for whoever checks a copy of the ledger; None where one of them is lost."""
    from ledger.fsck.portion import KeyFiles

    master = master_file(settings)
    if not has_vault(settings) or (master is not None and not master.exists()):
        return None
    return KeyFiles(people_of(settings), settings.master_key)


def master_file(settings: Settings) -> Path | None:
    """The file that holds the master key, if it is one."""
    folder = folder_of(settings)
    make = make_of(people_of(settings), settings.master_key)
    return folder.keys / make.removeprefix(FILE) if make.startswith(FILE) else None


def is_void(path: Path) -> bool:
    """Say whether a file is not there or was emptied: to SQLite both are a database that is still to be made."""
    beside = path.with_name(f"{path.name}-wal")
    return not any(each.exists() and each.stat().st_size for each in (path, beside))
