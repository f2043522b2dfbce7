"""A restore's part in PostgreSQL: room is made, the dump is loaded, and until all is checked it can be taken back.

What stood under the schemas' names keeps its rows under others; a note in the data folder says which, so that a restore
that is killed leaves nothing that anyone would open, and the next one puts back what was there.

`tests/api/test_backup_postgres.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from api.register.folder import Folder
from api.register.register import SCHEMAS
from api.settings import Settings
from api.terminal.exits import Exit, Stop
from ledger.copies.restore import LOADING, STAGING, is_loading, undone
from ledger.durable import write_durably
from ledger.fsck.portion import KeyFiles

Bar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


class Room(NamedTuple):
    """What stands where a dump is to go: logs that get other names, tables that never held an event."""

    asides: dict[str, str]
    empty: tuple[str, ...]


def room_in(settings: Settings, *, replace: bool) -> Room:
    """See what stands in the database; raises Stop for a ledger that is not to be replaced."""
    if not settings.database:
        return Room({}, ())
    from ledger.copies.dumping import standing
    from ledger.stores.postgres_alone import demand_unused

    demand_unused(settings.database, SCHEMAS[0])
    stands = standing(settings.database, SCHEMAS)
    full = [schema for schema, events in stands.items() if events]
    if full and not replace:
        cure = "确要以备份代替时，请加 --replace：现有的会改名保留，不会删除"
        raise Stop(Exit.REFUSED, "register_present", f"数据库中已有 {'、'.join(full)}，恢复不会覆盖它", cure)
    stamp = datetime.now(UTC).strftime("%Y%m%dt%H%M%S%f")  # Two restores in one second are two.
    empty = tuple(schema for schema, events in stands.items() if not events)
    return Room({schema: f"{schema}_aside_{stamp}" for schema in full}, empty)


@contextmanager
def loaded(
    settings: Settings, backup: Path, staging: Path, room: Room, keys: KeyFiles | None, bar: Bar
) -> Iterator[int]:
    """Load the dump, to be checked; take it back where that ends badly. Gives how many were forgotten since."""
    from ledger.copies import dumping
    from ledger.stores.postgres_schema import migrate

    write_durably(staging / LOADING, msgspec.json.encode(room.asides), mode=0o600)
    try:
        dumping.make_room(settings.database, room.asides, room.empty)
        with bar("装入转储") as progress:
            progress(0, 1)
            dumping.load(settings.database, backup / dumping.DUMP)
            for schema in SCHEMAS:
                migrate(settings.database, schema)  # An older program's dump has its tables.
            progress(1, 1)
        forgotten = 0
        if keys is not None:
            with closing(keys.opened()) as vault:
                for schema in SCHEMAS:
                    forgotten += dumping.forget(settings.database, schema, vault.is_destroyed)
        yield forgotten
    except BaseException:
        if is_loading(staging.parent):  # What is decided is carried out, by this run or the next.
            dumping.take_back(settings.database, SCHEMAS, room.asides)
            (staging / LOADING).unlink()
        raise


def undo(settings: Settings, folder: Folder) -> None:
    """Put back what stood before a restore that was killed while it loaded."""
    from ledger.copies import dumping

    if not settings.database:
        cure = "请用同一个 XUESHI_DATABASE 再次运行 xueshi restore"
        raise Stop(Exit.WORLD_IS_WRONG, "restore_unfinished", "上次恢复停在装入 PostgreSQL 的中途", cure)
    note = folder.root / STAGING / LOADING
    dumping.take_back(settings.database, SCHEMAS, msgspec.json.decode(note.read_bytes(), type=dict[str, str]))
    with undone(folder.root):
        note.unlink()
