"""Whoever was forgotten stays so, though the log and the vault come back from copies of different days.

A log that is newer than the vault says who was forgotten since: their keys are destroyed again. A vault that is newer
than the log knows whose key was destroyed since: their reserved names are dropped from the log's tables again.

`tests/api/test_wrong_orders.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from api.register.folder import folder_of
from api.register.register import SCHEMAS
from api.settings import Settings
from ledger.copies.restore import destroyed_in, forget
from ledger.fsck.portion import KeyFiles
from ledger.fsck.source import Source, SQLiteSource
from ledger.keys.vault import Vault


def stored(path: Path, database: str) -> Source:
    """A log to be read as it lies: in this file, or under the file's name in the database."""
    if not database:
        return SQLiteSource(path)
    from ledger.fsck.postgres import PostgresSource

    return PostgresSource(database, path.stem)


def mark(keys: KeyFiles | None, log: Source) -> list[str]:
    """Note in the vault whom a log says is forgotten while the vault has the key, and give them.

    If what follows is stopped, whoever opens the ledger next ends it; if the log is not put in place, a mark decides
    nothing.
    """
    if keys is None:
        return []
    with closing(keys.opened()) as vault, log.one_moment() as view:
        people = [person for person in destroyed_in(view) if not vault.is_destroyed(person)]
        for person in people:
            vault.mark(person)
    return people


def destroy(keys: KeyFiles | None, people: Sequence[str]) -> None:
    """Destroy their keys again, once the log that says so stands."""
    if keys is not None and people:
        with closing(keys.opened()) as vault:
            for person in people:
                vault.destroy(person)


def drop_names(settings: Settings, vault: Vault) -> int:
    """Drop the reserved names of whoever a vault says is forgotten, where the logs are older; gives of how many."""
    if settings.database:
        from ledger.copies import dumping

        return sum(dumping.forget(settings.database, schema, vault.is_destroyed) for schema in SCHEMAS)
    here = folder_of(settings)
    return sum(forget(path, vault.is_destroyed) for path in (here.ledger, here.access) if path.exists())
