"""The master key that a make names: the one place that knows every kind there is.

`tests/ledger/test_vault.py` and `tests/ledger/test_key_command.py` show it.
"""

from __future__ import annotations

from pathlib import Path

from ledger.keys.master import COMMAND, FILE, FileMasterKey, MasterKey


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
