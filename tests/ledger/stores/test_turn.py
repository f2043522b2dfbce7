"""Writers of one SQLite file take turns: one at a time, whoever holds it, and nobody who has died."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from store_kit import one, open_sqlite

from ledger.stores.append import StoreFailed
from ledger.stores.turn import Turn


def test_one_at_a_time_has_it(tmp_path: Path) -> None:
    inside, most = 0, 0

    def take() -> None:
        nonlocal inside, most
        turn = Turn(str(tmp_path / "turn"), timeout_s=30)  # Another descriptor, as another process has.
        for _ in range(20):
            with turn.taken():
                inside += 1
                most = max(most, inside)
                time.sleep(0.000_5)
                inside -= 1
        turn.close()

    crowd = [threading.Thread(target=take) for _ in range(4)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()

    assert (most, inside) == (1, 0)


def test_whoever_dies_with_it_has_it_no_longer(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    if not (child := os.fork()):
        with Turn(str(tmp_path / "turn"), timeout_s=30).taken():
            os.write(writing, b".")
            signal.pause()
        os._exit(0)
    assert os.read(reading, 1) == b"."
    turn = Turn(str(tmp_path / "turn"), timeout_s=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"), turn.taken():
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

    with turn.taken():
        pass
    turn.close()
    os.close(reading)
    os.close(writing)


def test_an_append_that_cannot_have_it_in_time_is_not_written_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.stores.sqlite.BUSY_TIMEOUT_S", 0)
    store = open_sqlite(tmp_path / "ledger.sqlite")
    held = Turn(f"{tmp_path / 'ledger.sqlite'}-turn", timeout_s=0)

    with held.taken(), pytest.raises(StoreFailed, match="另一进程长时间占用数据库"):
        store.append(one("x"))
    assert store.append(one("x")).first == 1
    held.close()
    store.close()


def test_a_folder_that_takes_no_file_is_told_in_words(tmp_path: Path) -> None:
    turn = Turn(str(tmp_path / "nowhere" / "turn"), timeout_s=0)

    with pytest.raises(sqlite3.OperationalError, match="unable to open"), turn.taken():
        pass
