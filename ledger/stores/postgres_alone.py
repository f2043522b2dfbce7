"""Of a log in a database one vault: services over two of them would each make the keys of half the people.

Whoever writes holds a lock that bears the vault's name, on the very connection that writes; all who write with one
vault hold it together. A connection that meets the lock of another vault is not written on. So it holds after a lost
connection and on a server that took another's place, nothing of it is kept in the database or in a copy of it, and
whoever stops one service and starts another elsewhere has nothing to clear away: the server frees the locks of a
session that ends, and ends that of a host that is gone (`postgres_connections`).

`tests/api/test_two_folders.py` shows it with two services.
"""

from __future__ import annotations

import hashlib
from typing import Final

from ledger.stores.append import StoreFailed
from ledger.stores.postgres_connections import Connection
from ledger.stores.postgres_target import Target

_TURN: Final = b"SELECT pg_advisory_xact_lock($1::int, 0)"  # One looks at a time: of two, the first has it.
_OTHER: Final = b"""
    SELECT coalesce(host(client_addr), '') FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid = $1::int AND objsubid = 2 AND objid NOT IN (0, $2::int) LIMIT 1
"""
_TAKE: Final = b"SELECT pg_advisory_lock_shared($1::int, $2::int)"


class OtherVaultServes(StoreFailed):
    """Somebody else writes to the database, with keys that lie elsewhere."""

    code = "other_keys_serve"

    def __init__(self, place: str, address: str) -> None:
        told = f"{place} 正由另一处的服务使用，它用的不是这里的密钥库" + (f"（连接来自 {address}）" if address else "")
        cure = ("本次未写入。一个数据库只能有一个密钥库，否则两边各建一部分人的密钥，谁也读不全："
                "换主机的，先停止那里的服务；试运行的，请改用另一个数据库；几台主机同时服务的，请设 shared_folder。")
        super().__init__(RuntimeError(told), cure=cure)
        self.args = (f"{told}。{cure}",)


def keep_alone(connection: Connection, target: Target, vault: str) -> None:
    """Hold a log for a vault as long as the connection lasts; raises OtherVaultServes."""
    log, ours = _number(f"xueshi vault of {target.schema}"), _number(vault)
    with connection.transaction():
        connection.execute(_TURN, (log,))
        other = connection.execute(_OTHER, (log, ours)).fetchone()
        if other is not None:
            raise OtherVaultServes(target.shown, other[0])
        connection.execute(_TAKE, (log, ours))


def _number(name: str) -> int:
    """A name among locks, which are called by two numbers; 0 is the turn."""
    return 1 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % (2**31 - 1)
