"""One house for all tests of the console: each makes what it changes itself."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from waitress.server import create_server

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


@pytest.fixture(scope="module")
def served(cast: Cast) -> Iterator[str]:
    server = create_server(cast.town.app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"  # type: ignore[union-attr]
    server.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One for each file: as long as it is open, its thread runs an event loop that other tests would be caught in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()
