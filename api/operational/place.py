"""Where operational tables lie, and how they are asked: one SQLite file on one host, one schema for several.

What stands there is operational: outside the log, proven by nobody, gone without any registered hour being lost. Each
module keeps tables of its own, used by every thread of a process; several processes may have them open at once, with
PostgreSQL on several hosts. Statements are written once for both (`ledger.stores.portable`). The file is made as it is
opened; the schema is made by `xueshi migrate` (`api/migrations/`), since whoever upgrades several hosts decides when.

`tests/api/test_operations.py` and `tests/api/test_operational_places.py` show it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.errors import LedgerError
from ledger.stores.journal import keep_journal
from ledger.stores.portable import Asked

if TYPE_CHECKING:
    from ledger.stores.postgres_portable import PortableDatabase

    Place = Path | PortableDatabase

SCHEMA: Final = "operations"
STEPS: Final = "api"
"""The package whose `migrations/` make the schema."""

APPLICATION_ID: Final = 0x58534F50  # "XSOP"


class OperationsUnreadable(LedgerError):
    """The file of what is operational cannot be opened, or is something else."""

    code = "operations_unreadable"

    def __init__(self, path: Path, cause: sqlite3.Error) -> None:
        self.path = path
        super().__init__(
            f"{path} 无法打开（{cause}）。令牌、口令和草稿在其中，登记的学时不在。请检查磁盘空间、权限、是否只读挂载；"
            "若文件损坏，请停止服务，把它（连同 -wal、-shm）移开并保留，放回备份中的 operations/operations.db"
            "（备份之后收回的令牌会重新有效）；或不放回，启动时另建一个空的，令牌须另发，口令须重设。"
        )
        self.told = ("令牌、口令和草稿所在的文件读不出来，登记的学时不受影响。请稍后重试；"
                     "一直如此的，请管理员查看服务日志，运行 xueshi doctor。")


class Operational:
    """Some of the tables: `schema` makes them in a file. In a database they are there, and closed by whoever opened."""

    def __init__(self, place: Place, schema: str) -> None:
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None
        self._database: PortableDatabase | None = None
        if isinstance(place, Path):
            self._file = _opened(place, schema)
        else:
            self._database = place

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            with self._lock:
                self._file.close()

    @contextmanager
    def _using(self, whose: str = "") -> Iterator[Asked]:
        """Ask, or change with one statement."""
        if self._file is not None:
            with self._lock:
                yield self._file
        else:
            assert self._database is not None, "tables lie in one or the other"
            with self._database.used(type(self).__name__, whose) as connection:
                yield connection

    @contextmanager
    def _writing(self, whose: str = "") -> Iterator[Asked]:
        """Change everything until the block ends, or nothing. `whose`: of what belongs to others nothing is looked at.

        A file has one writer in any case; in a database those who write for different owners do not wait.
        """
        with self._using(whose) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()  # Where the disk failed SQLite may have done so; to ask twice would hide why.
                raise


def _opened(path: Path, schema: str) -> sqlite3.Connection:
    """Open the file and make what tables it lacks; another database in its place is left as it is."""
    try:
        file = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            path.chmod(0o600)
            found = file.execute("PRAGMA application_id").fetchone()[0]
            if found not in (0, APPLICATION_ID):  # 0: new, or made before it had a mark.
                raise sqlite3.DatabaseError(f"application_id {found:#x}")
            keep_journal(file)
            file.execute("PRAGMA synchronous = FULL")
            file.executescript(f"{schema} PRAGMA application_id = {APPLICATION_ID};")
        except BaseException:
            file.close()
            raise
    except sqlite3.Error as error:
        raise OperationsUnreadable(path, error) from error
    return file
