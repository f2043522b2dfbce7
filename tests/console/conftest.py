"""One house for all tests of the console: each makes what it changes itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.console.console_kit import Browser, Cast, cast_in


@pytest.fixture(scope="session")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with cast_in(tmp_path_factory.mktemp("console") / "data") as cast:
        yield cast


@pytest.fixture(scope="session")
def li(cast: Cast) -> Browser:
    return Browser(cast.town, cast.li)


@pytest.fixture(scope="session")
def clerk(cast: Cast) -> Browser:
    return Browser(cast.town, cast.clerk)
