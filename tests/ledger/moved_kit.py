"""Where a house is kept whose years are moved: in a file or in a database, with the archives of its years beside it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from ledger_kit import Clock, House, check, fill, open_house, small_house
from postgres_kit import Server

from ledger.archive import Archive, first_moment
from ledger.copies.archive_moving import Moved, move
from ledger.copies.archive_writing import write
from ledger.copies.copying import copy
from ledger.copies.sides import in_file, in_postgres
from ledger.fsck.checker import Report
from ledger.fsck.postgres import PostgresSource
from ledger.ledger import Ledger
from ledger.stores.cold import SHELF

NOW = first_moment(2028) + 1
FILLED = 600


@dataclass
class Kept:
    """A folder with a house and the archives of 2025 and 2026; the rows of the house in a database, where one is."""

    root: Path
    conninfo: str = ""

    def open(self) -> House:
        SHELF.forget()
        house = open_house(self.root / "house")
        if self.conninfo:
            house.ledger.close()
            house.ledger = Ledger.in_postgres(self.conninfo, house.vault)
            house.store.clock = Clock()
        return house

    def archive(self, year: int) -> Archive:
        return Archive(self.root / str(year))

    def move(self, house: House, *years: int) -> list[Moved]:
        return [move(house.store, self.archive(year)) for year in years]

    def check(self, house: House) -> Report:
        where: Any = PostgresSource(self.conninfo) if self.conninfo else None
        return check(house, where)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What somebody finds who asks the database itself."""
        with self._connected() as connection:
            return connection.execute(query).fetchall()

    def execute(self, *statements: str) -> None:
        """What somebody does who has the database and no scruples."""
        with self._connected() as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        if self.conninfo:
            with psycopg.connect(self.conninfo, options="-c search_path=ledger") as server:
                yield _Binary(server)
        else:
            with closing(sqlite3.connect(self.root / "house" / "ledger.db")) as file:
                yield file

    def all_rows(self) -> list[list[tuple[Any, ...]]]:
        """Every row that bodies could have been taken from, and all that guards them."""
        guards = "sqlite_master" if not self.conninfo else (
            "(SELECT tgrelid::regclass::text, tgname::text, tgenabled::text FROM pg_trigger) t")
        return [sorted(self.rows(f"SELECT * FROM {table}"), key=repr)
                for table in ("events", "sealed", "streams", "tiles", guards)]

    def stubs(self) -> int:
        count: int = self.rows("SELECT count(*) FROM events WHERE length(leaf) = 9")[0][0]
        return count


class _Binary:
    """A connection whose answers are bytes where columns are."""

    def __init__(self, server: psycopg.Connection[Any]) -> None:
        self._server, self.commit = server, server.commit

    def execute(self, query: str) -> Any:
        return self._server.cursor(binary=True).execute(query)  # type: ignore[arg-type]


def make(root: Path) -> Kept:
    """A house with 18 events of 2025, 600 of 2026 and 300 of 2027, and beside it the archives of the first two."""
    house = small_house(root / "house")
    clock: Any = house.store.clock
    for year, begin, many in ((2026, 0, FILLED), (2027, FILLED, 300)):
        clock.ns = first_moment(year) * 1_000
        fill(house.store, many, start=begin)
    note = house.signer().checkpoint()
    for year in (2025, 2026):
        (root / str(year)).mkdir()
        write(house.store, note, year, root / str(year), now=NOW)
    house.close()
    return Kept(root)


def in_database(kept: Kept, conninfo: str) -> Kept:
    """The same with its rows in a database."""
    with in_file(kept.root / "house" / "ledger.db") as source, in_postgres(conninfo, "ledger", writing=True) as there:
        copy(source, there)
    return Kept(kept.root, conninfo)


def copied(kept: Kept, root: Path, server: Server | None) -> Kept:
    """A copy for a test of its own."""
    conninfo = server.copy_of(kept.conninfo) if server is not None and kept.conninfo else ""
    return Kept(shutil.copytree(kept.root, root), conninfo)
