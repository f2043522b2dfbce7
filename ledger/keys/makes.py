"""Master keys by their make: which one a setting means, and the one place that knows every kind there is.

`tests/ledger/test_vault.py` and `tests/ledger/test_key_command.py` show it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.errors import LedgerError
from ledger.keys.file import recorded_make
from ledger.keys.master import COMMAND, FILE, FileMasterKey, MasterKey

if TYPE_CHECKING:
    from ledger.keys.database import KeyDatabase

    Place = Path | KeyDatabase

BY_RECORD: Final = "file"  # The setting that leaves it to the vault to say in which file its master key lies.
_FIRST: Final = f"{FILE}master.key"


class OtherMake(LedgerError):
    """The setting leaves the master key to the vault, and the vault names a program: programs are named by settings."""

    code = "master_key_setting"

    def __init__(self, path: Path, make: str) -> None:
        self.make = make
        super().__init__(
            f'密钥库 {path} 由 {make} 包裹，而设置 master_key 写的是文件（file）。请在设置中写 master_key = "{make}"。'
        )


def open_master(make: str, folder: Path) -> MasterKey:
    """Open a master key by its make; a file without a folder lies beside the vault."""
    if make.startswith(COMMAND):
        from ledger.keys.command import CommandMasterKey  # Whoever has a file starts no program.

        return CommandMasterKey(Path(make.removeprefix(COMMAND)))
    assert make.startswith(FILE), make
    return FileMasterKey(folder / make.removeprefix(FILE))


def make_beside(make: str, folder: Path) -> str:
    """Name a make as the vault in a folder remembers it: a file in that folder moves with it."""
    path = Path(make.removeprefix(FILE))
    is_beside = make.startswith(FILE) and path.parent == folder.absolute()
    return f"{FILE}{path.name}" if is_beside else make


def make_of(place: Place, setting: str = BY_RECORD) -> str:
    """Which make of master key a setting means for a vault; a file may be left to the vault's own record."""
    if setting != BY_RECORD:
        return setting
    make = _recorded(place) or _FIRST
    if make.startswith(COMMAND):
        raise OtherMake(place if isinstance(place, Path) else Path(place.shown), make)
    return make


def _recorded(place: Place) -> str | None:
    if isinstance(place, Path):
        return recorded_make(place)
    from ledger.keys.database import recorded_make_in

    return recorded_make_in(place)
