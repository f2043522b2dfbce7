"""Of a log in a database one vault: services over two of them would each make the keys of half the people.

Whoever writes holds a lock that bears the vault's name, on the very connection that writes; all who write with one
vault hold it together. A connection that meets the lock of another vault is not written on. So it holds after a lost
connection and on a server that took another's place, nothing of it is kept in the database or in a copy of it, and
whoever stops one service and starts another elsewhere has nothing to clear away: the server frees the locks of a
session that ends, and ends that of a host that is gone (`postgres_connections`). The same lock tells a restore that
somebody still serves, on this host or another.

`tests/api/test_two_folders.py` shows it with two services.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from ledger.errors import LedgerError
from ledger.stores.append import StoreFailed
from ledger.stores.postgres_connections import Connection, connect
from ledger.stores.postgres_errors import reading_clearly
from ledger.stores.postgres_target import Target

_TURN: Final = b"SELECT pg_advisory_xact_lock($1::int, 0)"  # One looks at a time: of two, the first has it.
_OTHER: Final = b"""
    SELECT coalesce(host(client_addr), '') FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid = $1::int AND objsubid = 2 AND objid NOT IN (0, $2::int) LIMIT 1
"""
_TAKE: Final = b"SELECT pg_advisory_lock_shared($1::int, $2::int)"

_LEAVING_S: Final = 1
_PAUSE_S: Final = 0.05  # not hours: seconds
_Found = TypeVar("_Found", bound=tuple[Any, ...])


class OtherVaultServes(StoreFailed):
    """Somebody else writes to the database, with keys that lie elsewhere."""

    code = "other_keys_serve"

    def __init__(self, place: str, address: str) -> None:
        told = f"{place} 正由另一处的服务使用，它用的不是这里的密钥库" + (f"（连接来自 {address}）" if address else "")
        cure = ("本次未写入。一个数据库只能有一个密钥库，否则两边各建一部分人的密钥，谁也读不全："
                "换主机的，先停止那里的服务；试运行的，请改用另一个数据库；几台主机同时服务的，请设 shared_folder。")
        super().__init__(RuntimeError(told), cure=cure)
        self.args = (f"{told}。{cure}",)


class DatabaseInUse(LedgerError):
    """Somebody has the log open to write, while it was to be exchanged."""

    code = "database_in_use"

    def __init__(self, place: str, address: str) -> None:
        where = f"（连接来自 {address}）" if address else ""
        super().__init__(f"{place} 正由一个服务使用{where}，没有改动任何内容。请先停止各台主机上的服务，再运行一次。")


def demand_unused(conninfo: str, schema: str) -> None:
    """See that nobody has a log open to write, on whatever host, before what lies there is exchanged."""
    target = Target(conninfo, schema)
    with reading_clearly(target), connect(target) as connection:
        asked = _log_of(schema), 0
        other = _lasting(lambda: connection.execute(_OTHER, asked).fetchone())
    if other is not None:
        raise DatabaseInUse(target.shown, other[0])


def keep_alone(connection: Connection, target: Target, vault: str) -> None:
    """Hold a log for a vault as long as the connection lasts; raises OtherVaultServes."""
    log, ours = _log_of(target.schema), _number(vault)

    def take() -> tuple[str] | None:
        with connection.transaction():
            connection.execute(_TURN, (log,))
            other: tuple[str] | None = connection.execute(_OTHER, (log, ours)).fetchone()
            if other is None:
                connection.execute(_TAKE, (log, ours))
        return other

    if (other := _lasting(take)) is not None:
        raise OtherVaultServes(target.shown, other[0])


def _lasting(look: Callable[[], _Found | None]) -> _Found | None:
    """What is still there after a moment: the server hears a little later that somebody has left."""
    end = time.monotonic() + _LEAVING_S
    while (found := look()) is not None and time.monotonic() < end:
        time.sleep(_PAUSE_S)
    return found


def _log_of(schema: str) -> int:
    return _number(f"xueshi vault of {schema}")


def _number(name: str) -> int:
    """A name among locks, which are called by two numbers; 0 is the turn."""
    return 1 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % (2**31 - 1)
