"""Stores for tests: `store` runs a test once for each store there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres_kit import Server
from store_kit import STORES, Clock, open_memory, open_postgres, open_sqlite

from ledger.stores.recorder import AppendingRecorder


@pytest.fixture
def new_log(postgres_server: Server) -> Iterator[Callable[[], str]]:
    """Make an empty log in PostgreSQL: a copy of one, since to migrate a schema takes twice as long."""
    made: list[str] = []

    def make() -> str:
        made.append(postgres_server.new_database())
        return made[-1]

    yield make
    for conninfo in made:
        postgres_server.drop_database(conninfo)


@pytest.fixture(params=STORES)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., AppendingRecorder]]:
    """Open new stores of one kind, each with a clock of its own where one is given; closed when the test is over."""
    opened: list[AppendingRecorder] = []
    new_log = request.getfixturevalue("new_log") if request.param == "postgres" else None  # It goes after the stores.

    def make(clock: Clock | None = None) -> AppendingRecorder:
        if new_log is not None:
            opened.append(open_postgres(new_log(), clock=clock))
        else:
            open_one = open_sqlite if request.param == "sqlite" else open_memory
            opened.append(open_one(tmp_path / f"ledger-{len(opened)}.sqlite", clock))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., AppendingRecorder]) -> AppendingRecorder:
    """A new store."""
    return open_store()
