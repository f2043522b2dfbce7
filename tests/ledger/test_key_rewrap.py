"""Rewrapping: whenever it is killed one master key opens everything, the vault says which, and run again it ends."""

from __future__ import annotations

import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from key_kit import answering, child, service

from ledger.keys.command import CommandDied
from ledger.keys.file import KeyFile, VaultFailed, recorded_make
from ledger.keys.makes import open_master
from ledger.keys.master import FileMasterKey, MasterKey, Owned, WrongKey
from ledger.keys.rewrap import AT_ONCE, Rewrapped, Unfaithful, finished, prepare, switch
from ledger.keys.ring import KeyGone, MasterExchanged
from ledger.keys.vault import Vault, open_vault

KEYS = 3 * AT_ONCE + 7


def unseen(done: int, total: int) -> None:
    """Nobody is looking."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a vault of some hundred keys, one destroyed, and the next master key's file."""
    folder = tmp_path / "keys"
    folder.mkdir()
    with closing(Vault(folder / "people.db", FileMasterKey.create(folder / "master.key"))) as vault:
        vault.prepare(f"per_{number}" for number in range(KEYS))
        vault.secret("index")
        vault.prepare(["per_gone"])
        vault.destroy("per_gone")
    FileMasterKey.create(folder / "next.key")
    return folder


def contents(folder: Path, name: str) -> dict[str, bytes]:
    """Every key in clear, under one master key alone."""
    master = FileMasterKey(folder / name)
    with closing(KeyFile(folder / "people.db")) as file, file.used() as connection:
        rows = [Owned(*row) for row in connection.execute("SELECT owner, wrapped FROM keys")]
    return dict(zip((owner for owner, _ in rows), master.unwrap(rows), strict=True))


def rewrap(folder: Path, present: MasterKey | None = None, following: MasterKey | None = None) -> Rewrapped | None:
    """Do all of it, as the command does."""
    following = following or FileMasterKey(folder / "next.key")
    present = present or FileMasterKey(folder / "master.key")
    with closing(KeyFile(folder / "people.db")) as file:
        if finished(file, following):
            return None
        prepare(file, present, following, unseen)
        return switch(file, present, following, unseen)


def raw(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("people.db*")))


def test_every_key_is_under_the_next_master_key_and_none_under_the_former(folder: Path) -> None:
    before, old = contents(folder, "master.key"), raw(folder)
    wrapped = [bytes(each) for each in wrapped_in(folder)]
    done = rewrap(folder)
    assert done is not None
    assert (done.keys, done.former.make, done.present.make) == (KEYS + 1, "file:master.key", "file:next.key")
    assert contents(folder, "next.key") == before
    with pytest.raises(WrongKey):
        contents(folder, "master.key")
    after = raw(folder)
    assert all(each in old for each in wrapped)
    assert not any(each in after for each in wrapped), "no byte of it is left in the file or its journal"
    with closing(open_vault(folder / "people.db")) as vault:
        assert vault.is_destroyed("per_gone")
        vault.prepare(["per_new"])


def wrapped_in(folder: Path) -> list[bytes]:
    with closing(KeyFile(folder / "people.db")) as file, file.used() as connection:
        return [each for (each,) in connection.execute("SELECT wrapped FROM keys")]


def test_from_a_file_to_a_program_and_back_again(folder: Path) -> None:
    before = contents(folder, "master.key")
    make = f"command:{service(folder)}"
    with closing(open_vault(folder / "people.db")) as vault:
        secret = vault.secret("index")
    with closing(open_master(make, folder)) as program:
        rewrap(folder, following=program)
        with closing(open_vault(folder / "people.db", make)) as vault:
            assert vault.secret("index") == secret
        rewrap(folder, present=program, following=FileMasterKey(folder / "next.key"))
    assert contents(folder, "next.key") == before
    with closing(KeyFile(folder / "people.db")) as file:
        assert [each.make for each in file.masters()] == ["file:master.key", make, "file:next.key"]


def test_done_twice_it_is_done_once(folder: Path) -> None:
    rewrap(folder)
    after = wrapped_in(folder)
    assert rewrap(folder) is None
    assert wrapped_in(folder) == after


def test_a_vault_that_is_open_meanwhile_wraps_nothing_more_after_the_switch(folder: Path) -> None:
    with closing(open_vault(folder / "people.db")) as other:
        rewrap(folder)
        with pytest.raises(MasterExchanged):
            other.prepare(["per_late"])
        with pytest.raises(MasterExchanged):
            other.secret("index")
        other.destroy("per_1")
    assert "per_late" not in contents(folder, "next.key") and "per_1" not in contents(folder, "next.key")


def test_what_a_service_makes_and_destroys_between_the_two_parts_is_made_and_destroyed(folder: Path) -> None:
    present, following = FileMasterKey(folder / "master.key"), FileMasterKey(folder / "next.key")
    with closing(KeyFile(folder / "people.db")) as file, closing(open_vault(folder / "people.db")) as service:
        prepare(file, present, following, unseen)
        service.prepare(["per_late"])
        staged = staged_of(file, "per_2")
        service.destroy("per_2")
        switch(file, present, following, unseen)
    found = contents(folder, "next.key")
    assert "per_late" in found and "per_2" not in found
    assert staged not in raw(folder), "also what was prepared of a destroyed key is wiped"
    with closing(open_vault(folder / "people.db")) as vault, pytest.raises(KeyGone):
        vault.prepare(["per_2"])


def staged_of(file: KeyFile, owner: str) -> bytes:
    with file.used() as connection:
        found: bytes = connection.execute("SELECT wrapped FROM rewrapped WHERE owner = ?", (owner,)).fetchone()[0]
        return found


def test_what_was_prepared_for_another_master_key_is_dropped(folder: Path) -> None:
    before = contents(folder, "master.key")
    present = FileMasterKey(folder / "master.key")
    with closing(KeyFile(folder / "people.db")) as file:
        prepare(file, present, FileMasterKey.create(folder / "other.key"), unseen)
        prepare(file, present, FileMasterKey(folder / "next.key"), unseen)
        (folder / "next.key").unlink()  # Made anew under the same name: what was prepared under the first is worthless.
        following = FileMasterKey.create(folder / "next.key")
        prepare(file, present, following, unseen)
        switch(file, present, following, unseen)
    assert contents(folder, "next.key") == before


def test_a_key_service_that_gives_back_something_else_is_told_and_nothing_is_exchanged(folder: Path) -> None:
    body = (
        'if request["do"] == "wrap":\n    print(json.dumps({"id": request["id"], "wrapped": "AAAA"}), flush=True)\n'
        'else:\n    print(json.dumps({"id": request["id"], "key": "' + "A" * 43 + '="}), flush=True)'
    )
    before = contents(folder, "master.key")
    with closing(answering(folder / "faithless.py", body)) as following, pytest.raises(Unfaithful) as told:
        rewrap(folder, following=following)
    assert told.value.code == "master_key_unfaithful"
    assert contents(folder, "master.key") == before


def test_a_key_service_that_fails_in_the_middle_is_asked_for_the_rest_when_it_is_run_again(folder: Path) -> None:
    before = contents(folder, "master.key")
    good = service(folder)
    text, counter = good.read_text(), folder / "asked"
    good.write_text(text.replace(
        "    request = json.loads(line)\n",
        "    request = json.loads(line)\n"
        f"    counter = Path({str(counter)!r}); counter.write_text(str(int(counter.read_text()) + 1))\n"
        "    if int(counter.read_text()) > 700: sys.exit(3)\n"))
    counter.write_text("0")
    with closing(open_master(f"command:{good}", folder)) as following:
        with pytest.raises(CommandDied):
            rewrap(folder, following=following)
        assert contents(folder, "master.key") == before
        with closing(KeyFile(folder / "people.db")) as file, file.used() as connection:
            assert connection.execute("SELECT count(*) FROM rewrapped").fetchone() == (AT_ONCE,)
        good.write_text(text)
        assert rewrap(folder, following=following) is not None
    with closing(open_vault(folder / "people.db", f"command:{good}")) as vault:
        assert vault.secret("index") == before["system:index"]


# Killed

REWRAP = """
import sys, time
from pathlib import Path
from ledger.keys.file import KeyFile
from ledger.keys.master import FileMasterKey
from ledger.keys.rewrap import finished, prepare, switch
folder, stop_at = Path(sys.argv[1]), int(sys.argv[2])
steps = 0
def progress(done, total):
    global steps
    steps += 1
    if steps == stop_at:
        print("here", flush=True)
        time.sleep(60)
file = KeyFile(folder / "people.db")
present, following = FileMasterKey(folder / "master.key"), FileMasterKey(folder / "next.key")
if not finished(file, following):
    prepare(file, present, following, progress)
    switch(file, present, following, progress)
print("done", flush=True)
"""


def one_of_the_two(folder: Path, before: dict[str, bytes]) -> str:
    """See that exactly the master key which the vault names opens everything."""
    named = recorded_make(folder / "people.db")
    assert named in ("file:master.key", "file:next.key")
    assert contents(folder, named.removeprefix("file:")) == before
    with closing(open_vault(folder / "people.db")) as vault:
        assert vault.secret("index") == before["system:index"]
    return named


@pytest.mark.parametrize("step", range(1, 7))
def test_killed_in_any_step_one_of_the_two_opens_everything_and_running_again_ends_it(folder: Path, step: int) -> None:
    """Steps 1 to 5 are commits of what is prepared; step 6 lies within the exchanging transaction."""
    before = contents(folder, "master.key")
    with child(REWRAP, folder, step) as process:
        assert process.stdout is not None and process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)
    assert one_of_the_two(folder, before) == "file:master.key", "until the commit the former one opens everything"
    rewrap(folder)
    assert one_of_the_two(folder, before) == "file:next.key"


def killed_at_random(folder: Path, copy: Path, runs: int, seed: int) -> set[str]:
    """Kill the whole of it at moments that nobody chose."""
    rng, seen = random.Random(seed), set()
    before = contents(folder, "master.key")
    longest = 0.0
    for run in range(runs + 1):
        here = copy / str(run)
        shutil.copytree(folder, here)
        began = time.monotonic()
        with child(REWRAP, here, 0) as process:
            if run:
                time.sleep(rng.uniform(0.4, 1.0) * longest)  # The first half of it is the start of the interpreter.
                process.kill()
            said, _ = process.communicate()
        if not run:  # The first is let be, and says how long it takes.
            longest = time.monotonic() - began
            assert said == "done\n"
        seen.add(one_of_the_two(here, before))
        rewrap(here)
        assert one_of_the_two(here, before) == "file:next.key"
        shutil.rmtree(here)
    return seen


def test_killed_at_moments_that_nobody_chose_it_is_the_same(folder: Path, tmp_path: Path) -> None:
    killed_at_random(folder, tmp_path / "copies", 6, 20261121)


@pytest.mark.torture
def test_killed_two_hundred_times_it_is_the_same(folder: Path, tmp_path: Path) -> None:
    seen = killed_at_random(folder, tmp_path / "copies", 200, 5)
    assert seen == {"file:master.key", "file:next.key"}, "some before the commit, some after it"


def test_on_a_full_disk_nothing_is_exchanged_and_it_ends_when_there_is_room(folder: Path) -> None:
    before = contents(folder, "master.key")
    limit = (folder / "people.db").stat().st_size + 40_000
    with child(REWRAP, folder, 0, stderr=subprocess.PIPE, preexec_fn=lambda: full_disk(limit)) as process:
        said = process.communicate(timeout=60)[1]
    assert VaultFailed.__name__ in said and process.returncode == 1
    assert one_of_the_two(folder, before) == "file:master.key"
    rewrap(folder)
    assert one_of_the_two(folder, before) == "file:next.key"


def full_disk(limit: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # A write past the limit fails, as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def test_a_reader_that_holds_up_the_wiping_is_told_and_running_again_ends_it(folder: Path) -> None:
    wrapped = wrapped_in(folder)
    reader = sqlite3.connect(folder / "people.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM keys").fetchall()
    present, following = FileMasterKey(folder / "master.key"), FileMasterKey(folder / "next.key")
    with closing(KeyFile(folder / "people.db")) as file:
        with file.used() as connection:
            connection.execute("PRAGMA busy_timeout=50")
        prepare(file, present, following, unseen)
        with pytest.raises(VaultFailed, match=r"密钥已全部改由 file:next\.key 包裹"):
            switch(file, present, following, unseen)
    reader.close()
    assert rewrap(folder) is None
    assert not any(each in raw(folder) for each in wrapped)

