"""Copies of the vault expire, hold no master key, and bring nobody back whose key was destroyed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from key_kit import child
from ledger_kit import BY, LI, ORIGIN, WANG, House, enter, open_house, settle

from ledger.errors import LedgerError, Refusal
from ledger.events.base import Draft, Name
from ledger.events.log import LogOpened
from ledger.events.person import KeyDestroyed, PersonRegistered
from ledger.keys import backup as key_backup
from ledger.keys import restore as key_restore
from ledger.keys.backup import BadBackup, CannotBackUp, NoSuchBackup
from ledger.keys.file import Copy, KeyFile
from ledger.keys.master import FileMasterKey, WrongKey
from ledger.keys.restore import BackupExpired, Restored, VaultPresent
from ledger.keys.ring import KeyGone
from ledger.keys.vault import Absent, Vault, open_vault
from ledger.ledger import Deciding, Ledger
from ledger.streams import person as persons
from ledger.vocabulary import PersonId, StreamId

DAY = 86_400_000_000
ZHAO = PersonId("per_zhao")


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = open_house(tmp_path / "house")
    settle(house)
    return house


def backed_up(house: House, place: Path, days: int = 30) -> tuple[Copy, Path]:
    place.mkdir(exist_ok=True)
    copy = key_backup.back_up(house.vault.file, place, origin=ORIGIN, days=days)
    return copy, place / copy.name


def forget(house: House, person: PersonId) -> None:
    """Destroy a person's key as it is done: by an event, and then here."""

    def decide() -> Deciding:
        loaded = house.ledger.load(person, persons.evolve)
        event = KeyDestroyed(person=person, basis="request", final_after=date(2027, 1, 1))
        return Deciding((Draft(event),), {StreamId(person): loaded.version})

    outcome = house.ledger.destroy_key(person, decide, by=BY)
    assert not isinstance(outcome, Refusal), outcome


def restored(house: House, folder: Path, *, although_expired: bool = False) -> tuple[House, Restored]:
    """Lose the vault, and restore it as the command does."""
    house.close()
    people = house.folder / "people.db"
    for each in house.folder.glob("people.db*"):
        each.unlink()
    manifest = key_restore.checked(folder, although_expired=although_expired)
    waiting = key_restore.laid_out(folder, people)
    with closing(open_vault(waiting)) as vault, closing(Ledger.in_file(house.file, vault)) as ledger:
        key_restore.demand_ours(folder, manifest, ledger.store)
        done = key_restore.reconcile(vault, ledger.store, sorted(folder.parent.glob("xueshi-keys-*")))
    key_restore.put_in_place(waiting, people)
    key_restore.discard(waiting)
    return open_house(house.folder), done


def names_in(house: House) -> dict[str, object]:
    """What can be read of each person's registration."""
    found: dict[str, object] = {}
    for recorded in house.ledger.read():
        if isinstance(recorded.envelope.event, PersonRegistered):
            try:
                found[recorded.envelope.key_owner or ""] = house.ledger.opened(recorded)
            except WrongKey:
                found[recorded.envelope.key_owner or ""] = None
    return found


def test_a_copy_is_one_whole_file_of_the_running_vault_without_the_master_key(house: House, tmp_path: Path) -> None:
    copy, folder = backed_up(house, tmp_path / "safe")
    assert sorted(each.name for each in folder.iterdir()) == ["manifest.json", "people.db"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["format"], manifest["origin"], manifest["master"]) == (
        "xueshi-key-backup/1", ORIGIN, "file:master.key")
    assert manifest["keys"] == house.vault.file.count() == 7
    assert datetime.fromisoformat(manifest["expires"]) - datetime.fromisoformat(manifest["taken"]) == timedelta(days=30)
    secret = (house.folder / "master.key").read_bytes().split()[1]
    assert not any(secret in each.read_bytes() for each in folder.iterdir())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}
    assert house.vault.file.copies() == [copy]


def test_a_copy_is_noted_before_it_is_made(house: House, tmp_path: Path) -> None:
    """Killed in between, a destruction counts a copy that may be there: never too early is it final."""
    script = (
        "import os, signal, sqlite3, sys\nfrom pathlib import Path\nfrom ledger.keys import backup as key_backup\n"
        "from ledger.keys.file import KeyFile\n"
        "KeyFile.copied = lambda file, target: os.kill(os.getpid(), signal.SIGKILL)\n"
        "key_backup.back_up(KeyFile(Path(sys.argv[1])), Path(sys.argv[2]), origin='x')"
    )
    (tmp_path / "safe").mkdir()
    with child(script, house.folder / "people.db", tmp_path / "safe") as process:
        assert process.wait(60) == -signal.SIGKILL
    (noted,) = house.vault.file.copies()
    forget(house, LI)
    found = house.vault.destruction(LI)
    assert found is not None and not found.is_final and found.final_from == noted.expires
    assert not (tmp_path / "safe" / noted.name).exists()
    key_backup.note_removed(house.vault.file, noted.name)
    found = house.vault.destruction(LI)
    assert found is not None and found.is_final


def test_what_a_killed_copy_left_is_found_and_taken_away_when_it_is_due(house: House, tmp_path: Path) -> None:
    """It holds every key, and its folder has no name yet."""
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom ledger.keys import backup as key_backup\n"
        "from ledger.keys.file import KeyFile\n"
        "key_backup.write_durably = lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL)\n"
        "key_backup.back_up(KeyFile(Path(sys.argv[1])), Path(sys.argv[2]), origin='x')"
    )
    (tmp_path / "safe").mkdir()
    with child(script, house.folder / "people.db", tmp_path / "safe") as process:
        assert process.wait(60) == -signal.SIGKILL
    assert len(list((tmp_path / "safe").glob(".*/people.db"))) == 1
    (noted,) = house.vault.file.copies()
    assert key_backup.remove(house.vault.file, noted)
    assert list((tmp_path / "safe").iterdir()) == []


def test_a_copy_that_cannot_be_written_is_not_noted_and_leaves_nothing(house: House, tmp_path: Path) -> None:
    with pytest.raises(CannotBackUp, match="没有留下不完整的备份") as refused:
        key_backup.back_up(house.vault.file, tmp_path / "nowhere", origin=ORIGIN)
    assert refused.value.code == "key_backup_failed"
    assert house.vault.file.copies() == []


@pytest.mark.parametrize("can_be_removed", [True, False])
def test_a_copy_that_bears_its_name_and_is_not_durable_is_gone_or_known(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_be_removed: bool
) -> None:
    """Nobody may hold every key without it being noted: a destruction would be called final too early."""
    def fails(folder: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(key_backup, "sync", fails)
    if not can_be_removed:
        monkeypatch.setattr(key_backup.shutil, "rmtree", lambda *given, **named: None)
    (tmp_path / "safe").mkdir()

    with pytest.raises(CannotBackUp):
        key_backup.back_up(house.vault.file, tmp_path / "safe", origin=ORIGIN)

    there = sorted(each.name for each in (tmp_path / "safe").iterdir())
    assert there == [each.name for each in house.vault.file.copies()]
    assert bool(there) is not can_be_removed


def test_a_full_disk_leaves_neither_half_a_copy_nor_a_note_of_one(house: House, tmp_path: Path) -> None:
    house.vault.prepare(f"per_{number}" for number in range(2_000))
    house.close()
    script = (
        "import resource, signal, sys\nfrom pathlib import Path\nfrom ledger.keys import backup as key_backup\n"
        "from ledger.keys.file import KeyFile\n"
        "file = KeyFile(Path(sys.argv[1]))\nfile.copies()\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "try:\n    key_backup.back_up(file, Path(sys.argv[2]), origin='x')\n"
        "except key_backup.CannotBackUp as error:\n    print(error.code)\n"
    )
    (tmp_path / "safe").mkdir()
    with child(script, house.folder / "people.db", tmp_path / "safe") as process:
        assert process.communicate(timeout=60)[0] == "key_backup_failed\n"
    assert list((tmp_path / "safe").iterdir()) == []
    with closing(KeyFile(house.folder / "people.db")) as file:
        assert file.copies() == []


def test_a_busy_vault_is_copied_in_one_view(house: House, tmp_path: Path) -> None:
    stopping, begun = threading.Event(), threading.Event()

    def keep_busy() -> None:
        number = 0
        with closing(open_vault(house.folder / "people.db")) as vault:
            while not stopping.is_set():
                vault.prepare([f"per_busy_{number}", f"per_twin_{number}"])  # Two in one commit.
                begun.set()
                number += 1

    thread = threading.Thread(target=keep_busy)
    thread.start()
    try:
        assert begun.wait(60)
        _, folder = backed_up(house, tmp_path / "safe")
    finally:
        stopping.set()
        thread.join(60)
    shutil.copyfile(house.folder / "master.key", tmp_path / "master.key")
    with closing(sqlite3.connect(folder / "people.db")) as connection:
        kept = [owner for (owner,) in connection.execute("SELECT owner FROM keys")]
    assert sum("busy" in owner for owner in kept) == sum("twin" in owner for owner in kept) > 0


def test_past_its_time_a_copy_is_taken_away_and_then_the_destruction_is_final(house: House, tmp_path: Path) -> None:
    copy, folder = backed_up(house, tmp_path / "safe", days=1)
    forget(house, LI)
    file = house.vault.file
    assert key_backup.due(file, copy.expires - 1) == []
    assert key_backup.due(file, copy.expires) == [copy]
    assert key_backup.remove(file, copy)
    assert not folder.exists()
    found = house.vault.destruction(LI)
    assert found is not None and found.is_final
    assert key_backup.due(file, copy.expires) == []
    with pytest.raises(NoSuchBackup):
        key_backup.note_removed(file, copy.name)


def test_only_the_two_files_of_a_copy_are_ever_deleted(house: House, tmp_path: Path) -> None:
    copy, folder = backed_up(house, tmp_path / "safe")
    (folder / "note.txt").write_text("somebody's own")
    assert key_backup.remove(house.vault.file, copy)
    assert [each.name for each in folder.iterdir()] == ["note.txt"]


@pytest.mark.parametrize("how", ["moved", "emptied", "another file"])
def test_a_copy_that_is_not_found_is_not_taken_for_gone(house: House, tmp_path: Path, how: str) -> None:
    copy, folder = backed_up(house, tmp_path / "safe")
    if how == "moved":
        folder.rename(tmp_path / "elsewhere")
    elif how == "emptied":
        (folder / "manifest.json").unlink()
    else:
        (folder / "manifest.json").write_text("{}")
    assert not key_backup.remove(house.vault.file, copy)
    assert house.vault.file.copies() == [copy]
    assert how == "moved" or (folder / "people.db").exists()


# Restoring


def test_nobody_comes_back_whose_destruction_the_log_records(house: House, tmp_path: Path) -> None:
    _, folder = backed_up(house, tmp_path / "safe")
    before = names_in(house)
    forget(house, LI)
    assert names_in(house) == {**before, LI: Absent.DESTROYED}

    again, done = restored(house, folder)

    assert done == Restored(6, (LI,), ())
    assert names_in(again) == {**before, LI: Absent.DESTROYED}
    with pytest.raises(KeyGone):
        again.vault.prepare([LI])
    kept = (folder / "people.db").read_bytes()
    with closing(sqlite3.connect(folder / "people.db")) as connection:
        ((wrapped,),) = connection.execute("SELECT wrapped FROM keys WHERE owner = ?", (LI,)).fetchall()
    assert wrapped in kept
    again.close()
    assert not any(wrapped in each.read_bytes() for each in house.folder.glob("people.db*")), "no byte of it is here"


def test_a_destruction_that_is_done_again_counts_every_copy_that_lies_beside_the_one_restored(
    house: House, tmp_path: Path
) -> None:
    _, early = backed_up(house, tmp_path / "safe", days=30)
    late, _ = backed_up(house, tmp_path / "safe", days=90)
    forget(house, LI)
    again, _ = restored(house, early)
    assert len(again.vault.file.copies()) == 2, "one made after the restored one is in no table of it"
    found = again.vault.destruction(LI)
    assert found is not None and not found.is_final and found.final_from == late.expires


def test_copies_of_another_register_in_the_same_place_are_not_noted(house: House, tmp_path: Path) -> None:
    house.ledger.record([Draft(LogOpened(origin=ORIGIN))], by=BY)
    _, ours = backed_up(house, tmp_path / "safe")
    shutil.copytree(ours, strange := tmp_path / "safe" / "xueshi-keys-20200101T000000Z")
    change(strange, lambda body: body.update(origin="localhost/another", name=strange.name))
    again, _ = restored(house, ours)
    assert [copy.name for copy in again.vault.file.copies()] == [ours.name]


def test_whoever_came_after_the_copy_is_named_and_the_rest_goes_on(house: House, tmp_path: Path) -> None:
    number = Name("person", "330102199003070019")
    hidden = house.ledger.lookup.hidden(number)
    _, folder = backed_up(house, tmp_path / "safe")
    enter(house, ZHAO, 7)
    again, done = restored(house, folder)
    assert done.missing == (ZHAO,) and done.destroyed_again == ()
    found = names_in(again)
    assert found.pop(ZHAO) is None and None not in found.values()
    assert again.ledger.lookup.hidden(number) == hidden, "numbers are found under the same key"


def test_a_vault_that_is_there_is_never_written_over(house: House, tmp_path: Path) -> None:
    _, folder = backed_up(house, tmp_path / "safe")
    house.close()
    for name in ("people.db", "people.db-wal"):
        for each in house.folder.glob("people.db*"):
            each.unlink()
        (house.folder / name).write_bytes(b"what is there")
        with pytest.raises(VaultPresent, match=name) as refused:
            key_restore.laid_out(folder, house.folder / "people.db")
        assert refused.value.code == "vault_present"
        assert (house.folder / name).read_bytes() == b"what is there"


def expired(folder: Path) -> None:
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    change(folder, lambda manifest: manifest.update(expires=past))


def change(folder: Path, how: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    how(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_copy_past_its_time_is_restored_only_on_an_explicit_word(house: House, tmp_path: Path) -> None:
    _, folder = backed_up(house, tmp_path / "safe")
    expired(folder)
    with pytest.raises(BackupExpired, match="--although-expired") as refused:
        key_restore.checked(folder)
    assert refused.value.code == "key_backup_expired"
    again, _ = restored(house, folder, although_expired=True)
    assert None not in names_in(again).values()


WRONG: dict[str, Callable[[Path], object]] = {
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "no file": lambda folder: (folder / "people.db").unlink(),
    "a changed byte": lambda folder: flip(folder / "people.db"),
    "cut": lambda folder: (folder / "people.db").write_bytes((folder / "people.db").read_bytes()[:-1]),
    "another form": lambda folder: change(folder, lambda manifest: manifest.update(format="xueshi-key-backup/2")),
    "something more": lambda folder: change(folder, lambda manifest: manifest.update(more=1)),
    "no time": lambda folder: change(folder, lambda manifest: manifest.update(expires="soon")),
    "a time without a zone": lambda folder: change(folder, lambda manifest: manifest.update(expires="2027-01-01")),
    "another name": lambda folder: change(folder, lambda manifest: manifest.update(name="../../etc")),
}


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_copy_that_is_not_whole_is_told(house: House, tmp_path: Path, wrong: str) -> None:
    _, folder = backed_up(house, tmp_path / "safe")
    WRONG[wrong](folder)
    with pytest.raises(BadBackup) as refused:
        key_restore.checked(folder)
    assert refused.value.code == "key_backup_damaged"


def test_a_copy_of_another_log_is_refused_and_nothing_is_put_in_place(house: House, tmp_path: Path) -> None:
    _, folder = backed_up(house, tmp_path / "safe")
    change(folder, lambda manifest: manifest.update(origin="other.example/log"))
    house.ledger.record([Draft(LogOpened(origin=ORIGIN))], by=BY)
    with pytest.raises(BadBackup, match=r"other\.example"):
        restored(house, folder)
    assert not (house.folder / "people.db").exists()


def test_a_copy_under_a_former_master_key_says_so_and_opens_with_that(house: House, tmp_path: Path) -> None:
    from ledger.keys.rewrap import prepare, switch

    _, folder = backed_up(house, tmp_path / "safe")
    house.close()
    with closing(KeyFile(house.folder / "people.db")) as file:
        present, following = FileMasterKey(house.folder / "master.key"), FileMasterKey.create(house.folder / "next.key")
        prepare(file, present, following, lambda done, total: None)
        switch(file, present, following, lambda done, total: None)
    with closing(open_vault(house.folder / "people.db")):
        pass
    again, done = restored(House(house.folder, house.vault, house.ledger), folder)
    assert done.keys == 7 and [each.make for each in again.vault.file.masters()] == ["file:master.key"]
    again.close()
    (house.folder / "master.key").unlink()
    with pytest.raises(LedgerError, match=r"master\.key"):
        open_vault(house.folder / "people.db")


def test_restoring_that_was_killed_leaves_no_vault_and_ends_when_it_is_run_again(house: House, tmp_path: Path) -> None:
    _, folder = backed_up(house, tmp_path / "safe")
    forget(house, LI)
    house.close()
    for each in house.folder.glob("people.db*"):
        each.unlink()
    waiting = key_restore.laid_out(folder, house.folder / "people.db")
    with closing(Vault(waiting, FileMasterKey(house.folder / "master.key"))) as vault:
        vault.destroy(WANG)  # Half of something: what a killed run leaves is not gone on with.
    assert not (house.folder / "people.db").exists()
    again, done = restored(House(house.folder, house.vault, house.ledger), folder)
    assert done.destroyed_again == (LI,) and not again.vault.is_destroyed(WANG)
    assert list(house.folder.glob("*.restoring*")) == []
