"""Both logs of a PostgreSQL database as one dump, by PostgreSQL's own tools, and back.

A dump is of one moment: it is made in the view of a transaction that also says how far the logs go in it. Loading is
one transaction of `pg_restore`; what stood under the schemas' names keeps its rows under others. A dump cannot be read
where it lies, so it is checked once it is loaded, and taken back where anything is wrong with it.

No password stands on a command line: it goes through the environment. `tests/api/test_backup_postgres.py` shows it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from psycopg.conninfo import make_conninfo

from ledger.copies.backup import BackupFailed
from ledger.errors import LedgerError
from ledger.fsck.postgres import PostgresView
from ledger.fsck.source import View
from ledger.stores.errors import first_line
from ledger.stores.postgres_connections import Connection, connect
from ledger.stores.postgres_errors import reading_clearly
from ledger.stores.postgres_schema import demand_migrated
from ledger.stores.postgres_target import Target

DUMP: Final = "logs.dump"
_PLACES: Final = Path("/usr/lib/postgresql")  # Where Debian puts what it does not put on PATH.
_LOOK_EVERY_S: Final = 0.2  # not hours: seconds
_WRITING: Final = {
    "default_transaction_read_only": "off", "statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
_ONE_MOMENT: Final = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
Progress = Callable[[int, int], None]


class ToolMissing(LedgerError):
    """PostgreSQL's own tools are not on this machine."""

    code = "postgres_tool_missing"

    def __init__(self, name: str) -> None:
        super().__init__(f"本机没有 {name}。请安装 PostgreSQL 客户端（apt-get install postgresql-client）后重试。")


class LoadFailed(LedgerError):
    """The dump was not loaded, and nothing of it stands."""

    code = "load_failed"

    def __init__(self, place: str, cause: str) -> None:
        cure = "请核对权限、磁盘和服务器版本后重试"
        super().__init__(f"未能把转储装入 {place}（{cause.rstrip('。')}），已全部撤回。{cure}。")


def tool(name: str) -> Path:
    """Find a tool on PATH, or the newest where Debian puts them."""
    if (found := shutil.which(name)) is not None:
        return Path(found)
    versions = [path for path in _PLACES.glob(f"*/bin/{name}") if path.parent.parent.name.isdigit()]
    if not versions:
        raise ToolMissing(name)
    return max(versions, key=lambda path: int(path.parent.parent.name))


class Moment:
    """One view of both logs."""

    def __init__(self, connection: Connection, snapshot: str) -> None:
        self._connection, self.snapshot = connection, snapshot

    def log(self, schema: str) -> View:
        """A log in this view, until another is asked for."""
        self._connection.execute(f"SET LOCAL search_path TO {schema}".encode())
        return PostgresView(self._connection, schema)

    def room(self, schemas: Sequence[str]) -> int:
        """How many bytes the tables take; a dump takes less."""
        query = ("SELECT coalesce(sum(pg_table_size(c.oid)), 0)::bigint FROM pg_class c "
                 "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1) AND c.relkind = 'r'")
        row = self._connection.execute(query.encode(), (list(schemas),)).fetchone()
        return 0 if row is None else int(row[0])


@contextmanager
def one_moment(conninfo: str, schemas: Sequence[str]) -> Iterator[Moment]:
    """Hold a view of the database in which the dump is made, while others go on writing."""
    target = Target(conninfo, schemas[0])
    with reading_clearly(target), connect(target, _ONE_MOMENT) as connection:
        for schema in schemas:
            demand_migrated(connection, Target(conninfo, schema))
        connection.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute(b"SELECT pg_export_snapshot()").fetchone()
        assert row is not None, "a function gives a row"
        yield Moment(connection, row[0])


def dump(conninfo: str, schemas: Sequence[str], path: Path, moment: Moment, progress: Progress) -> None:
    """Write both logs as they are in a view to a file."""
    command = [tool("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment.snapshot}",
               *(f"--schema={schema}" for schema in schemas), f"--file={path}"]
    total = moment.room(schemas)
    with _started(conninfo, command) as process:
        while process.poll() is None:
            progress(min(path.stat().st_size if path.exists() else 0, total), total)
            time.sleep(_LOOK_EVERY_S)
        if process.returncode:
            raise BackupFailed("pg_dump", _words(conninfo, process))
    progress(total, total)


def load(conninfo: str, path: Path) -> None:
    """Load a dump in one transaction; raises LoadFailed with nothing of it standing."""
    command = [tool("pg_restore"), "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", path]
    with _started(conninfo, command) as process:
        process.wait()
        if process.returncode:
            raise LoadFailed(Target(conninfo, "ledger").shown, _words(conninfo, process))


@contextmanager
def _started(conninfo: str, command: list[Any]) -> Iterator[subprocess.Popen[str]]:
    parameters = dict(Target(conninfo, "ledger").parameters)
    password = parameters.pop("password", None)
    known = {**parameters, "connect_timeout": parameters["connect_timeout"]}
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    with subprocess.Popen(
        [*command, f"--dbname={make_conninfo(**known)}"], env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _words(conninfo: str, process: subprocess.Popen[str]) -> str:
    """What a tool said first, without a password."""
    said = process.stderr.read() if process.stderr is not None else ""
    error = RuntimeError(said.strip() or f"退出码 {process.returncode}")
    return first_line(Target(conninfo, "ledger").words(error))


# Making room and taking back


def standing(conninfo: str, schemas: Sequence[str]) -> dict[str, int]:
    """Which of the schemas are there, and how many events each holds; -1 for one that is no log of this program."""
    target = Target(conninfo, schemas[0])
    with reading_clearly(target), connect(target) as connection:
        found = {}
        for schema in schemas:
            if not _exists(connection, schema):
                continue
            row = connection.execute("SELECT to_regclass($1)", (f"{schema}.events",)).fetchone()
            is_log = row is not None and row[0] is not None
            count = connection.execute(f"SELECT count(*) FROM {schema}.events".encode()).fetchone() if is_log else None
            found[schema] = int(count[0]) if count is not None else -1
        return found


def make_room(conninfo: str, asides: dict[str, str], empty: Sequence[str]) -> None:
    """Give what stands other names, and drop tables that never held an event; all of it or nothing."""
    target = Target(conninfo, "ledger")
    with reading_clearly(target), connect(target, _WRITING) as connection, connection.transaction():
        for schema in empty:
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE'.encode())
        for schema, aside in asides.items():
            connection.execute(f'ALTER SCHEMA "{schema}" RENAME TO "{aside}"'.encode())


def take_back(conninfo: str, schemas: Sequence[str], asides: dict[str, str]) -> None:
    """Undo a load that was not accepted: what stood before stands again. Done twice, it changes nothing."""
    target = Target(conninfo, "ledger")
    with reading_clearly(target), connect(target, _WRITING) as connection, connection.transaction():
        for schema in schemas:
            aside = asides.get(schema)
            if aside is not None and not _exists(connection, aside):
                continue  # It was stopped before it began, or taken back before.
            connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())
            if aside is not None:
                connection.execute(f'ALTER SCHEMA "{aside}" RENAME TO "{schema}"'.encode())


def _exists(connection: Connection, schema: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = $1", (schema,)).fetchone() is not None


def forget(conninfo: str, schema: str, is_destroyed: Callable[[str], bool]) -> int:
    """Drop the reserved names of everyone whose key was destroyed since, as `restore.forget` does in a file."""
    target = Target(conninfo, schema)
    with reading_clearly(target), connect(target, _WRITING) as connection:
        rows = connection.execute(f"SELECT DISTINCT owner FROM {schema}.names".encode()).fetchall()
        owners = [owner for (owner,) in rows if is_destroyed(owner)]
        for owner in owners:
            connection.execute(f"DELETE FROM {schema}.names WHERE owner = $1".encode(), (owner,))
        return len(owners)

