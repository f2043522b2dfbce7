"""Where much happens a process of its own follows; whoever of the two dies, nothing is lost, nobody waits in vain."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import ref

import pytest
from projection_kit import NINGBO, House, living
from test_follower import made_up_to, say

import projections.following.follower
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.lease import FileLease
from ledger.ledger import Ledger
from projections.answers import projections as every_projection
from projections.files import marker
from projections.files.content import stands
from projections.files.places import path_of
from projections.files.reader import Reader
from projections.following.apart import Apart, _collecting_seldom
from projections.following.standby import Standby
from projections.laws import Laws
from tests.waiting import until

KIT = Path(__file__).parent


def apart_from(house: House, *command: str) -> Apart:
    return following(command, ledger=str(house.folder / "ledger.db"), answers=str(house.folder / "answers"))


def following(command: Sequence[str] = (), *, ledger: str = "", database: str = "", answers: str) -> Apart:
    told = {"ledger": ledger, "database": database, "answers": answers, "log_level": "info", "log_format": "json"}
    return Apart(command or (sys.executable, "-P", "-m", "api.beside.following"), json.dumps(told).encode())


@contextmanager
def standing(house: House, apart: Apart) -> Iterator[Standby]:
    house.follower.stop()
    standby = Standby(house.ledger, house.folder / "answers", every_projection(), apart=apart)
    standby.start()
    try:
        yield standby
    finally:
        standby.stop()


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything counts as much."""
    monkeypatch.setattr(projections.following.follower, "BUSY_PERCENT", 0)


def owner(house: House) -> str:
    """Who has the lock on the files, by what is written in it."""
    return (house.folder / "answers" / "follower.lock").read_text().split(" ")[0]


def moved_out(house: House, standby: Standby) -> bool:
    return until(lambda: standby._follower is None and owner(house) not in ("", str(os.getpid())))


def test_cycles_are_found_when_they_are_looked_for_and_a_round_is_not_interrupted_for_them() -> None:
    class Kept:
        itself: Any = None

    with _collecting_seldom() as collect:
        one = Kept()
        one.itself, seen = one, ref(one)
        del one

        assert not gc.isenabled()
        assert seen() is not None
        collect()
        assert seen() is None
        assert gc.get_freeze_count() > 10_000, "what was there from the beginning is looked through no more"
    assert gc.isenabled()
    assert gc.get_freeze_count() < 10_000
    gc.freeze()  # As it was: what stands when a file's tests begin stands to the end (`tests/conftest.py`).


def test_where_little_happens_a_thread_follows_and_no_process_is_called(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        apart = apart_from(house)
        with standing(house, apart) as standby:
            for _ in range(3):
                say(house.ledger)
                assert standby.wait_for(house.size, 60)
                time.sleep(0.2)

            assert standby.follows
            assert owner(house) == str(os.getpid())
            assert apart._process is None


@pytest.mark.usefixtures("busy")
def test_where_much_happens_a_process_of_its_own_follows_and_whoever_waits_meanwhile_is_answered(
    tmp_path: Path,
) -> None:
    with living(tmp_path / "house") as house:
        apart = apart_from(house)
        with standing(house, apart) as standby:
            waited = []

            def written_and_answered() -> bool:
                say(house.ledger)
                waited.append(standby.wait_for(house.size, 60))
                return standby._follower is None and apart.follows

            until(written_and_answered)
            assert moved_out(house, standby)
            unit = house.unit(NINGBO, "industry")
            assert standby.wait_for(house.size, 60)
            assert house.answers.unit(unit) is not None
            assert standby.follows
            assert {lag.behind for lag in standby.lag().values()} == {0}
            assert standby.failures() == []

            second = apart_from(house)  # Of another process that answers: one is enough for all.
            until(second.stands_ready)
            assert not second.follows
        assert all(waited)
        assert not apart.follows
        assert {path.name for path in (house.folder / "answers").glob("*.db")} <= marker.take(house.folder / "answers")


@pytest.mark.usefixtures("busy")
def test_when_the_process_is_killed_a_thread_follows_and_no_other_is_called_at_once(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        apart = apart_from(house)
        with standing(house, apart) as standby:
            assert moved_out(house, standby)
            os.kill(int(owner(house)), signal.SIGKILL)
            say(house.ledger)

            assert standby.wait_for(house.size, 60)
            assert owner(house) == str(os.getpid())
            time.sleep(0.5)
            assert standby._follower is not None
            assert not apart.follows
        for one in every_projection():
            found = stands(path_of(house.folder / "answers", one), house.ledger)
            assert found == made_up_to(house.ledger, one, house.size, tmp_path / "fresh.db"), one.name


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("command", [("/nowhere/python",), (sys.executable, "-c", "raise SystemExit(1)")])
def test_where_no_process_can_be_had_a_thread_goes_on_following(tmp_path: Path, command: tuple[str, ...]) -> None:
    with living(tmp_path / "house") as house:
        apart = apart_from(house, *command)
        with standing(house, apart) as standby:
            until(lambda: apart._again_at_ns and apart._process is None)
            say(house.ledger)

            assert standby.wait_for(house.size, 60)
            assert owner(house) == str(os.getpid())


def test_a_ledger_in_postgresql_is_followed_without_its_keys(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "answers").mkdir()
    apart = following(database=postgres, answers=str(tmp_path / "answers"))
    vault = Vault(tmp_path / "people.db", FileMasterKey.create(tmp_path / "master.key"))
    ledger = Ledger.in_postgres(postgres, vault)
    reader = Reader(Laws(), tmp_path / "answers")
    try:
        until(apart.stands_ready)
        say(ledger, 3)

        until(lambda: reader.path.exists() and reader.position() == 3)
    finally:
        apart.let_go()
        ledger.close()
        vault.close()


CALLER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import projections.following.follower
projections.following.follower.BUSY_PERCENT = 0
from projection_kit import open_house
from test_apart import apart_from, moved_out
from projections.answers import projections
from projections.following.standby import Standby

house = open_house(Path(sys.argv[1]), start=False)
standby = Standby(house.ledger, house.folder / "answers", projections(), apart=apart_from(house))
standby.start()
print(moved_out(house, standby), flush=True)
time.sleep(60)
"""


def test_when_whoever_called_it_is_killed_the_process_lets_go_in_good_order(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.follower.stop()
        caller = subprocess.Popen(
            [sys.executable, "-c", CALLER, str(house.folder), str(KIT)], text=True, cwd=KIT.parents[1],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert caller.stdout is not None
        try:
            assert "True\n" in caller.stdout  # Lines of its log come before.
        finally:
            caller.kill()
            caller.wait()
            caller.stdout.close()

        lease = FileLease(house.folder / "answers" / "follower.lock")
        until(lease.try_take)
        lease.release()
        assert marker.take(house.folder / "answers")
