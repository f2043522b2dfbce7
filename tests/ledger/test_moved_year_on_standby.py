"""Whoever reads from a streaming standby while a year moves on its primary sees every event as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from moved_kit import Kept, in_database, make
from postgres_kit import FOLDER, USER, Server, running

from ledger import archive as archives
from ledger.copies import archive_moving as moving
from ledger.copies import archive_writing
from ledger.errors import LedgerError
from ledger.stores import cold
from ledger.stores.on_standby import OnStandby
from ledger.stores.postgres_standby import StandbyRecorder
from tests.memory_kit import temporary
from tests.waiting import until

pytestmark = pytest.mark.torture


class Standby(Server):
    """A copy of a primary that follows it, on the same host."""

    def __init__(self, folder: Path, primary: Server) -> None:
        self._primary = primary
        super().__init__(folder)

    def _make(self, settings: dict[str, str]) -> None:
        self.password = self._primary.password
        source = f"host=127.0.0.1 port={self._primary.port} user={USER} password={self.password}"
        subprocess.run([self._binaries / "pg_basebackup", "-d", source, "-D", self.data, "-R", "-X", "stream",
                        "-c", "fast", "--no-sync"], check=True, capture_output=True, cwd="/", **self._as_owner())
        lines = {"port": str(self.port), "unix_socket_directories": str(self.folder), "hot_standby": "on"}
        with (self.data / "postgresql.auto.conf").open("a") as configuration:
            configuration.writelines(f"{name} = '{value}'\n" for name, value in lines.items())


@pytest.fixture(scope="module")
def primary() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def kept(primary: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    for module in (archives, archive_writing):
        monkeypatch.setattr(module, "EVENTS_A_FILE", 256)
        monkeypatch.setattr(module, "GROUP", 64)
    monkeypatch.setattr(moving, "PORTION", 50)
    return in_database(make(tmp_path), primary.new_database())


@pytest.fixture
def standby(primary: Server, kept: Kept) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-", dir=temporary()))
    server = Standby(folder, primary)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_standby_answers_as_ever_while_bodies_move_and_come_back_on_its_primary(
    kept: Kept, standby: Server, primary: Server, record_property: Callable[[str, object], None]
) -> None:
    there = StandbyRecorder(kept.conninfo.replace(f":{primary.port}/", f":{standby.port}/"))
    before, parts = there.leaves(0, 918), there.sealed_at(range(1, 919))
    stream, tried, over, wrong = "clm_00000003", 0, threading.Event(), list[object]()

    def read() -> None:
        nonlocal tried
        while not over.is_set() and not wrong:
            try:
                if (there.leaves(0, 918), there.sealed_at(range(1, 919))) != (before, parts):
                    wrong.append("another answer")
                if [leaf for _, leaf in there.stream(stream)] != [before[21]]:
                    wrong.append("another stream")
            except LedgerError as error:
                wrong.append(error)
            tried += 1

    reading = threading.Thread(target=read)
    reading.start()
    try:
        with closing(kept.open()) as house:
            for _ in range(3):
                kept.move(house, 2025, 2026)
                house.store.compact()
                seen = tried
                until(lambda: (len(there.archives()) == 2 and tried > seen + 3) or bool(wrong))  # noqa: B023
                for year in (2026, 2025):
                    moving.bring_back(house.store, year)
                until(lambda: there.archives() == [] or bool(wrong))
            kept.move(house, 2026)
    finally:
        over.set()
        reading.join()
    record_property("tried", tried)
    assert wrong == [] and tried > 10

    until(lambda: there.archives() != [])
    (kept.root / "2026").rename(kept.root / "away")
    cold.SHELF.forget()
    with pytest.raises(cold.ArchiveAway):
        there.leaves(100, 1)
    with pytest.raises(OnStandby), there.changing():
        pytest.fail("a standby changes nothing")
    there.close()
