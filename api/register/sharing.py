"""What a register needs that several hosts serve, and how what one host had in its folder becomes theirs.

    database          both logs, and the operational tables in the schema `operations`
    key_database      the keys of persons, wrapped; a database of its own, backed up apart
    shared_folder     signing keys, the last published checkpoints, tokens of the installation, master.key if it is a
                      file; evidence, enacted rulebooks, reports, what was signed outside: files that are
                      written whole and given their name
    data_folder       each host's own: its settings, its answers, nothing that cannot be made anew

`xueshi migrate` makes the tables and carries over what it finds in the data folder; a folder in which keys or tokens of
before are left is refused, since two vaults would each know half of the people.

`tests/api/test_sharing.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from api.operational.place import SCHEMA as OPERATIONS
from api.operational.place import STEPS as OPERATIONAL_STEPS
from api.terminal.exits import Exit, Stop
from ledger.durable import sync
from ledger.lease import PostgresLease

if TYPE_CHECKING:
    from api.operational.place import Place
    from api.settings import Settings
    from ledger.stores.postgres_schema import Status

COMMON: Final = ("keys", "evidence", "rulebooks", "replays", "witnessed")
OPERATIONS_FILE: Final = "operations.db"
PEOPLE_FILE: Final = "people.db"
CARRIED: Final = ".carried-over"
_OPENING_S: Final = 60
_PAUSE_S: Final = 0.05  # not hours: seconds


class Carried(NamedTuple):
    """What was carried over, and how much of it."""

    what: str
    rows: int


def schemas(settings: Settings) -> dict[str, tuple[str, str, str]]:
    """Every schema that a register has: what it is called, in which database, of which steps."""
    from ledger.stores.postgres_schema import LOG

    found = {"ledger": ("账本", settings.database, LOG), "access": ("查阅日志", settings.database, LOG)}
    if settings.shared_folder:
        from ledger.keys.database import SCHEMA, STEPS

        found[OPERATIONS] = "令牌、会话和草稿", settings.database, OPERATIONAL_STEPS
        found[SCHEMA] = "密钥库", settings.key_database, STEPS
    return found


def statuses(settings: Settings, *, taking: bool = False) -> list[Status]:
    """Where each schema stands; `taking` takes the steps that are missing, and tells what they were."""
    from ledger.stores.postgres_schema import migrate, status

    return [(migrate if taking else status)(conninfo, schema, package)
            for schema, (_, conninfo, package) in schemas(settings).items()]


def operational_place(settings: Settings, file: Path) -> Place:
    """Where the operational tables lie: the file, or the database, open."""
    if not settings.shared_folder:
        return file
    from ledger.stores.postgres_connections import connect
    from ledger.stores.postgres_errors import reading_clearly
    from ledger.stores.postgres_portable import PortableDatabase
    from ledger.stores.postgres_schema import demand_migrated

    database = PortableDatabase(settings.database, OPERATIONS)
    with reading_clearly(database.target), connect(database.target) as connection:
        demand_migrated(connection, database.target, OPERATIONAL_STEPS)
    return database


@contextmanager
def alone_among_hosts(settings: Settings) -> Iterator[None]:
    """Open the register while no other host does: the first to come makes its keys, and makes them once."""
    from ledger.stores.postgres_connections import connect
    from ledger.stores.postgres_errors import reading_clearly
    from ledger.stores.postgres_target import Target

    with reading_clearly(target := Target(settings.database, OPERATIONS)), connect(target):
        pass  # A server that is away or a standby is told at once, and not waited for.
    lease = PostgresLease(settings.database, "opening")
    until = time.monotonic() + _OPENING_S
    while not lease.try_take():
        if time.monotonic() > until:
            break  # Whoever has it is slow; what makes keys never makes them over others.
        time.sleep(_PAUSE_S)
    try:
        yield
    finally:
        lease.release()


def demand_carried_over(settings: Settings) -> None:
    """See that a host which shares has no keys, tokens or files of its own left over."""
    if not settings.shared_folder:
        if (settings.data_folder / f"{OPERATIONS_FILE}{CARRIED}").exists():
            cure = "请在设置中写上 key_database 和 shared_folder（xueshi.toml 或环境变量）"
            raise Stop(Exit.WORLD_IS_WRONG, "register_shared", f"{settings.data_folder} 已改由几台主机共用", cure)
        return
    if left := own_left(settings):
        cure = "请先停止服务，运行 xueshi migrate，它会把这里的内容移到共用之处；若是复制来的，请移走后再启动"
        message = f"设了 shared_folder，而 {left[0]} 仍在本机的数据文件夹里"
        raise Stop(Exit.WORLD_IS_WRONG, "not_carried_over", message, cure)
    if not Path(settings.shared_folder).is_dir():
        cure = "请检查它是否已挂载；首次使用时请先建立：mkdir -m 700"
        raise Stop(
            Exit.WORLD_IS_WRONG, "shared_folder_missing", f"共用文件夹 {settings.shared_folder} 不存在", cure)


def own_left(settings: Settings) -> list[Path]:
    """What a host that shares still has for itself, and should not."""
    if not settings.shared_folder:
        return []
    root = settings.data_folder
    return [path for path in (root / OPERATIONS_FILE, *(root / name for name in COMMON)) if path.exists()]


def carry_over(settings: Settings) -> list[Carried]:
    """Bring what one host had in its folder to where all of them have it; done again, it does what is left.

    Whoever calls has the folder to themselves.

    The tables are filled before a file gets another name, and a folder is moved only where nothing is in its place.
    """
    from ledger.keys.database import KeyDatabase, KeyTables

    done: list[Carried] = []
    root, shared = settings.data_folder, Path(settings.shared_folder)
    people, operations = root / "keys" / PEOPLE_FILE, root / OPERATIONS_FILE
    if people.exists():
        with closing(KeyTables(KeyDatabase(settings.key_database, shared / "keys"))) as tables:
            done.append(Carried("vault", tables.take_over(people)))
        for ending in ("-wal", "-shm", ""):  # A copy that nobody knew of would keep every destruction from being final.
            people.with_name(people.name + ending).unlink(missing_ok=True)
        sync(people.parent)
    if operations.exists():
        done.append(Carried(OPERATIONS, _poured(operations, settings.database)))
        _set_aside(operations)
    done += [Carried(name, _moved(root / name, shared / name)) for name in COMMON if (root / name).exists()]
    return done


def copy_operations(settings: Settings, target: Path) -> None:
    """Copy the operational tables, in one view, into a file as one host has it: `carry_over` brings it back."""
    import sqlite3

    from api.operational import (
        accounts,
        claim_drafts,
        event_notes,
        jobs,
        opened_papers,
        operations,
        second_factor,
        study_sessions,
    )
    from ledger.stores.postgres_portable import PortableDatabase

    target.touch(mode=0o600)
    database = PortableDatabase(settings.database, OPERATIONS)
    with closing(sqlite3.connect(target)) as file, closing(database), database.used() as source:
        for module in (operations, accounts, claim_drafts, opened_papers, event_notes, study_sessions, jobs,
                       second_factor):
            file.executescript(module.SCHEMA)
        file.execute(operations.NAMED)
        source.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        for (table,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            names = [name for _, name, *_ in file.execute(f"PRAGMA table_info({table})")]
            rows = [tuple(row) for row in source.execute(f"SELECT {', '.join(names)} FROM {table}")]
            file.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", rows)
        source.rollback()
        file.commit()
    sync(target)


def _set_aside(file: Path) -> None:
    """Give a file that was carried over a name under which nobody looks for it."""
    import sqlite3

    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    file.rename(file.with_name(file.name + CARRIED))
    sync(file.parent)


def _poured(file: Path, conninfo: str) -> int:
    """Copy every operational row, all or none."""
    import sqlite3

    from ledger.stores.postgres_portable import PortableDatabase

    database, count = PortableDatabase(conninfo, OPERATIONS), 0
    with closing(sqlite3.connect(file)) as source, closing(database), database.used() as target:
        target.execute("BEGIN IMMEDIATE")
        try:
            tables = source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in tables:
                rows = source.execute(f"SELECT * FROM {table}").fetchall()
                names = [name for _, name, *_ in source.execute(f"PRAGMA table_info({table})")]
                if rows:
                    into = f"{table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
                    target.executemany(f"INSERT INTO {into} ON CONFLICT DO NOTHING", rows)
                count += len(rows)
            target.execute("COMMIT")
        except BaseException:
            target.rollback()
            raise
    return count


def _moved(source: Path, target: Path) -> int:
    """Move a folder to another disk: whole under another name first, then into its place."""
    import shutil

    if target.exists():
        cure = f"请核对两处内容，移走其中一个，再运行 xueshi migrate（{source}）"
        raise Stop(Exit.WORLD_IS_WRONG, "already_shared", f"{target} 已存在，不覆盖", cure)
    count = sum(1 for path in source.rglob("*") if path.is_file())
    coming = target.with_name(f".{target.name}.coming")
    shutil.rmtree(coming, ignore_errors=True)
    shutil.copytree(source, coming, copy_function=shutil.copy2)
    for path in coming.rglob("*"):
        sync(path)
    coming.rename(target)
    sync(target.parent)
    shutil.rmtree(source)
    return count
