"""One house for all tests of the console: each makes what it changes itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.register.folder import Folder
from api.sample import begin, prepare, shown
from api.service.composed import composed
from api.settings import load
from tests.console.console_kit import Browser, Cast, cast_in, serving
from tests.console.crawl_kit import logged_in
from tests.waiting import until


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


@pytest.fixture(scope="module")  # Its keeper and its detectors are at work as long as it stands.
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, str]]]:
    """The sample upon its history, as `make run` has it, and the token of one account of each role."""
    folder = tmp_path_factory.mktemp("sample") / "data"
    options = {"data_folder": folder}
    has_history = begin(load(options), lambda done, total: None)
    assert prepare(load(options), upon_history=has_history)
    with composed(load(options)) as app:
        accounts = Folder(folder).sample_accounts
        lines = accounts.read_text("utf-8").splitlines()
        at = max(at for at, line in enumerate(lines) if line.startswith("  per_"))  # Somebody of the history.
        tokens = {role: token for role, _, token in shown(accounts)} | {lines[at].strip(): lines[at + 1].strip()}
        watch = logged_in(app, tokens["监督部门"])
        until(lambda: watch.get("/findings.json").status_code == 200, "the patterns were never asked")
        yield app, tokens
