"""One house for all tests of the console: each makes what it changes itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.console.console_kit import Browser, Cast, cast_in, serving


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
    with serving(cast.town.app) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One for each file: as long as it is open, its thread runs an event loop that other tests would be caught in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[
            "--no-sandbox", "--disable-gpu", "--disable-extensions", "--no-zygote"])
        yield browser
        browser.close()
