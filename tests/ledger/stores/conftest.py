"""Stores for tests: `store` runs a test once for each store there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_kit import STORES, Clock

from ledger.stores.recorder import AppendingRecorder


@pytest.fixture(params=STORES)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., AppendingRecorder]]:
    """Open new stores of one kind, each with a clock of its own where one is given; closed when the test is over."""
    opened: list[AppendingRecorder] = []

    def make(clock: Clock | None = None) -> AppendingRecorder:
        opened.append(STORES[request.param](tmp_path / f"ledger-{len(opened)}.sqlite", clock))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., AppendingRecorder]) -> AppendingRecorder:
    """A new store."""
    return open_store()
