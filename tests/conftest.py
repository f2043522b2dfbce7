"""What every test may rely on: fixed seeds, a clean environment, and no silent skip where it counts.

With `CI=true` a skipped test is a failed test: a suite that is green because half of it did not run proves nothing.
"""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.chromium_kit import be_patient, program
from tests.memory_kit import temporary
from tests.reporting_kit import tell_less
from tests.sharing_kit import compile_share, remember_templates, rewrite_share
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from postgres_kit import Server

compile_share()  # Before any other conftest, whose kits load everything.

IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")

# Whether examples come quickly depends on who else is at work here: a machine that stands still fails no test.
settings.register_profile("fixed", derandomize=True, deadline=None, database=None,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fixed")

LINES = {**structlog.get_config(),
         # As it comes, a traceback is drawn in colours for half a second, and nobody looks.
         "processors": [structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]}
structlog.configure(**LINES)

os.environ["TMPDIR"] = tempfile.tempdir = str(temporary())  # Of ours, and of `tmp_path` when it is first asked for.
remember_templates()

LONGEST = (
    "test_workers.py", "test_postgres_faults.py", "test_authority_matrix.py", "test_fsck_postgres.py",
    "test_schemathesis.py", "test_fsck.py", "test_store_faults.py", "test_links.py", "test_backup_postgres.py",
    "test_simulation.py", "test_postgres_store.py", "test_failing_calls.py", "test_replay_screens.py",
    "test_kernel.py", "test_replay_runner.py", "test_demo_replays.py", "test_december.py", "test_workers_ending.py",
    "test_case_desk.py", "test_replay_command.py", "test_impact_reports.py", "test_screens.py", "test_demo.py",
    "test_wrong_orders.py", "test_moved_year.py", "test_follower.py", "test_machines.py", "test_registering.py",
    "test_applying.py", "test_contract.py", "test_page.py", "test_postgresql_guide.py", "test_standby.py",
    "test_course_screens.py", "test_beforehand.py", "test_key_command.py", "test_store.py", "test_readme_shell.py",
    "test_apart.py", "test_journeys.py", "test_bundle_jobs.py", "test_rule_screens.py", "test_move_command.py",
    "test_keys_command.py", "test_bulk_jobs.py", "test_reconciling.py", "test_sample_investigations.py",
    "test_serve.py", "test_exam_screens.py", "test_statement_verifier.py", "test_telemetry.py",
    "test_restore_command.py", "test_keeper.py", "test_restore_drill.py", "test_backup_guide.py",
)
"""These begin, so that no worker is left alone with one of them at the end. What replays is not among the very first:
in a fresh clone the kernel is being compiled (`tests.compiled`), and whoever wants it before would compile it again."""

gc.disable()  # Until all tests are known: what is made till then stands to the end.


def pytest_sessionstart(session: pytest.Session) -> None:
    """Before anything is collected."""
    tell_less(session.config)
    rewrite_share(session.config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first; all else as it was."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


def pytest_unconfigure() -> None:
    """Let what stood to the end go again: some library counts what it finds left at its exit."""
    gc.unfreeze()


def pytest_collection_finish() -> None:
    """Leave alone what stands: walking through thousands of tests again and again took a sixth of the time."""
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
    gc.enable()


@pytest.fixture(autouse=True, scope="module")
def _what_outlives_a_file_is_left_alone() -> None:
    """The same of what fixtures of the whole run and imports inside functions have left.

    Before a file and not after it: till then the last test of the one before is held, and what is held here would keep
    its files open for ever.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def _lines_are_said_as_before() -> Iterator[None]:
    """A service that was put together here says what its settings let it; the next file looks for other lines."""
    yield
    structlog.configure(**LINES)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sees the settings that it sets itself and no others."""
    for name in [name for name in os.environ if name.startswith("XUESHI_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _the_same_cores() -> Iterator[None]:
    """A test that leaves its process on one core makes every later one wait for it."""
    before = os.sched_getaffinity(0)
    yield
    assert os.sched_getaffinity(0) == before, "the cores that this process may use are others than before"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Honour `@pytest.mark.requires_system("go", "strace")`."""
    for marker in item.iter_markers("requires_system"):
        missing = [name for name in marker.args if (program() if name == "chromium" else shutil.which(name)) is None]
        if missing:
            pytest.skip(f"needs {', '.join(missing)} from the system; `sh tests/setup-system.sh` says how to get it")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A private PostgreSQL for this session, or a skip that says why there is none."""
    from postgres_kit import NotRunnable, running

    try:
        server = running()
        started = server.__enter__()
    except NotRunnable as reason:
        pytest.skip(str(reason))
    try:
        yield started
    finally:
        server.__exit__(None, None, None)


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[str]:
    """The conninfo of a database of the test's own: both logs migrated and empty."""
    conninfo = postgres_server.new_database()
    yield conninfo
    postgres_server.drop_database(conninfo)


@pytest.fixture(scope="session")
def _one_chromium() -> Iterator[Any]:
    """One browser for the run: to start one takes as long as to read three screens in it."""
    from playwright.sync_api import sync_playwright

    be_patient()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=[
            "--no-sandbox", "--disable-gpu", "--disable-extensions", "--no-zygote"], timeout=2 * PATIENCE_S * 1_000)
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield browser, loop
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture(scope="module")
def chromium(_one_chromium: tuple[Any, asyncio.AbstractEventLoop]) -> Iterator[Any]:
    """A browser, with nothing open in it. Its thread runs an event loop, which tests of other files see nothing of."""
    browser, loop = _one_chromium
    asyncio._set_running_loop(loop)
    yield browser
    for context in browser.contexts:
        context.close()
    asyncio._set_running_loop(None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """In CI, turn a skip into a failure."""
    report = yield
    return _failed_if_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """The same for a whole module that skips itself."""
    report = yield
    return _failed_if_skipped(report)


def _failed_if_skipped(report):
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped when CI=true. {reason}"
    return report
