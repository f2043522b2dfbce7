"""Stores for tests: `store` runs a test once for each store there is."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres_kit import Server
from store_kit import STORES, Clock, open_memory, open_postgres, open_sqlite

from ledger.stores.postgres_schema import migrate
from ledger.stores.recorder import AppendingRecorder

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_for_stores(postgres_server: Server) -> str:
    """One database for all tests of stores: each has schemas of its own in it, which are made faster."""
    return postgres_server.new_database(migrated=False)


@pytest.fixture
def new_schema(postgres_for_stores: str) -> Callable[[], str]:
    """Make an empty log in the database of stores."""
    def make() -> str:
        schema = f"log_{next(_NUMBERS)}"
        migrate(postgres_for_stores, schema)
        return schema

    return make


@pytest.fixture(params=STORES)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., AppendingRecorder]]:
    """Open new stores of one kind, each with a clock of its own where one is given; closed when the test is over."""
    opened: list[AppendingRecorder] = []

    def make(clock: Clock | None = None) -> AppendingRecorder:
        if request.param == "postgres":
            conninfo = request.getfixturevalue("postgres_for_stores")
            opened.append(open_postgres(conninfo, request.getfixturevalue("new_schema")(), clock))
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
