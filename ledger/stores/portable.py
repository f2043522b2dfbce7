"""The SQL that SQLite and PostgreSQL both speak, and what may be asked in it: for tables that may lie in either.

The vault and the operational tables lie in a file where there is one host and in a database where there are several.
Each statement of theirs is written once, and read alike by both:

    ?                                            for each value, in order
    INSERT ... ON CONFLICT DO NOTHING            in place of OR IGNORE
    INSERT ... ON CONFLICT (a) DO UPDATE SET     in place of OR REPLACE
    flag = 1                                     a number is no condition
    CASE WHEN a = ? THEN 0 ELSE 1 END            a null sorts first in one and last in the other
    CAST(? AS TEXT) IS NULL                      what is only compared with nothing has no type

`BEGIN IMMEDIATE` lets one writer through at a time in both (`ledger.stores.postgres_portable`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol


class Found(Protocol):
    """What a statement gives."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...

    def close(self) -> None: ...


class Asked(Protocol):
    """A connection as these tables use it: one of SQLite's is one."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Found: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Found: ...

    def rollback(self) -> None: ...
