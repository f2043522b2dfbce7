"""`xueshi restore`: everything is checked before anything is touched; what comes back is what was acknowledged."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from command_kit import made, served, xueshi
from used_kit import Used, used

from api.register.folder import Folder
from api.register.register import open_register
from api.settings import Settings
from projections.answers import projections
from tests.forked import PYTHON, run


class Kept:
    """A register that was backed up, then used again, then backed up again; copied for each test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.before: Used = used(folder)
        self.size = made(folder, "backup", "first")["ledger"]["size"]
        shutil.copyfile(folder / "data" / "keys" / "ledger.published", folder / "first.note")
        self.after: Used = used(folder, people=1, start=50)
        self.later = made(folder, "backup", "second")["ledger"]["size"]
        shutil.copyfile(folder / "data" / "keys" / "ledger.published", folder / "second.note")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def folder(kept: Kept, tmp_path: Path) -> Path:
    return shutil.copytree(kept.folder, tmp_path / "copy")


def lose(folder: Path, *names: str) -> None:
    for name in names or ("ledger.db",):
        (folder / "data" / name).unlink()


def restored(folder: Path, *arguments: str) -> dict[str, object]:
    return made(folder, "restore", *arguments)


def test_what_is_lost_comes_back_whole_and_is_signed_again(folder: Path, kept: Kept) -> None:
    lose(folder)
    told = xueshi(folder, "restore", "second")
    assert told.returncode == 0 and "可以登记和签发" in told.stdout
    assert xueshi(folder, "fsck").returncode == 0
    assert xueshi(folder, "log", "checkpoint").returncode == 0
    register = open_register(Settings(data_folder=folder / "data"))
    assert register.ledger.store.size() == kept.later
    register.close()
    assert not (folder / "data" / "projections").exists(), "answers are made anew"
    with served(folder):
        pass
    compared = xueshi(folder, "rebuild", "--compare", "--json")
    names = [one["name"] for one in json.loads(compared.stdout)["projections"]]  # Others after them.
    assert compared.returncode == 0 and names[:len(projections())] == [one.name for one in projections()]


def test_into_an_empty_place_it_comes_without_keys_and_says_so(folder: Path, tmp_path: Path) -> None:
    told = xueshi(folder, "restore", "second", "--data", "elsewhere")
    assert told.returncode == 0 and "没有密钥" in told.stdout and "签名未核对" in told.stdout
    closed = xueshi(folder, "log", "show", "--data", "elsewhere")
    assert closed.returncode == 3 and "keys_missing" in closed.stderr
    for name in ("master.key", "people.db", "ledger.signing.key", "access.signing.key"):
        shutil.copyfile(folder / "data" / "keys" / name, folder / "elsewhere" / "keys" / name)
        (folder / "elsewhere" / "keys" / name).chmod(0o600)
    assert xueshi(folder, "fsck", "--data", "elsewhere").returncode == 0
    assert xueshi(folder, "log", "checkpoint", "--data", "elsewhere").returncode == 0


def test_a_register_that_is_there_is_replaced_only_on_demand_and_then_kept(folder: Path, kept: Kept) -> None:
    refused = xueshi(folder, "restore", "first")
    assert refused.returncode == 1 and "register_present" in refused.stderr
    before = (folder / "data" / "ledger.db").read_bytes()
    told = restored(folder, "first", "--replace")
    aside = folder / str(told["set_aside"])
    assert (aside / "ledger.db").read_bytes() == before
    assert told["logs"]["ledger"]["missing"] == kept.later - kept.size  # type: ignore[index]


def test_the_journal_of_a_lost_log_is_not_played_into_the_restored_one(folder: Path) -> None:
    data = folder / "data"
    with closing(sqlite3.connect(data / "ledger.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("INSERT INTO request_filters VALUES (1, x'00')")
        shutil.copyfile(data / "ledger.db-wal", folder / "journal")
    lose(folder)
    shutil.copyfile(folder / "journal", data / "ledger.db-wal")
    told = restored(folder, "second")
    assert (folder / str(told["set_aside"]) / "ledger.db-wal").read_bytes() == (folder / "journal").read_bytes()
    assert xueshi(folder, "fsck").returncode == 0
    with closing(sqlite3.connect(data / "ledger.db")) as connection:
        assert connection.execute("SELECT count(*) FROM request_filters").fetchone() == (0,)


def test_an_access_log_that_is_still_there_stays_and_one_that_is_lost_alone_comes_back(folder: Path) -> None:
    access = (folder / "data" / "access.db").read_bytes()
    lose(folder)
    assert list(restored(folder, "second")["logs"]) == ["ledger"]  # type: ignore[call-overload]
    assert (folder / "data" / "access.db").read_bytes() == access
    lose(folder, "access.db")
    gone = xueshi(folder, "log", "show")
    assert gone.returncode == 3 and "log_missing" in gone.stderr
    assert not (folder / "data" / "access.db").exists(), "no empty one was made in its place"
    assert list(restored(folder, "second")["logs"]) == ["access"]  # type: ignore[call-overload]
    assert xueshi(folder, "log", "show").returncode == 0


def test_tokens_come_back_only_when_that_is_asked_for(folder: Path, kept: Kept) -> None:
    operations = folder / "data" / "operations.db"
    operations.unlink()
    lose(folder)
    assert "没有恢复" in xueshi(folder, "restore", "second").stdout
    assert not operations.exists()
    lose(folder)
    assert restored(folder, "second", "--with-operations")["has_operations"] is True
    with served(folder):
        shown = xueshi(folder, "person", "show", kept.before.people[0], XUESHI_TOKEN=kept.before.tokens[0])
    assert shown.returncode == 0, shown.stderr


def test_the_bytes_of_the_law_come_back_and_changed_ones_are_set_aside(folder: Path) -> None:
    rulebooks = sorted((folder / "data" / "rulebooks").iterdir())
    right = [path.read_bytes() for path in rulebooks]
    rulebooks[0].unlink()
    rulebooks[1].write_bytes(b"changed")
    lose(folder)
    told = restored(folder, "second")
    assert [path.read_bytes() for path in rulebooks] == right
    assert (folder / str(told["set_aside"]) / "rulebooks" / rulebooks[1].name).read_bytes() == b"changed"


def standing(folder: Path) -> dict[str, bytes]:
    """What stands in the data folder but for locks and journals, which come and go."""
    return {str(path): path.read_bytes() for path in (folder / "data").rglob("*")
            if path.is_file() and not path.name.endswith(("-wal", "-shm", ".lock", "serve.address"))}


@pytest.mark.parametrize("name", [
    "ledger.db", "access.db", "ledger.checkpoint", "operations/operations.db", "rulebooks", "manifest.json"])
def test_a_damaged_backup_is_refused_by_name_and_an_older_one_restored(folder: Path, name: str) -> None:
    lose(folder, "ledger.db", "access.db")
    path = folder / "second" / name
    path = sorted(path.iterdir())[0] if path.is_dir() else path
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1:])
    before = standing(folder)
    refused = xueshi(folder, "restore", "second", "--with-operations")
    assert refused.returncode in (1, 3), refused.stdout
    assert path.name in refused.stdout + refused.stderr
    assert standing(folder) == before
    assert restored(folder, "first")["restored"] is True


def forge(folder: Path, statement: str) -> None:
    """Change a backup's log and write its manifest anew: digests alone would find nothing."""
    from ledger.copies.manifest import CopiedFile, read_manifest
    from ledger.file_digest import sha256_of

    backup = folder / "second"
    manifest = read_manifest(backup)
    with closing(sqlite3.connect(backup / "ledger.db")) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(statement)
        connection.commit()
    path = backup / "ledger.db"
    files = tuple(CopiedFile(one.name, path.stat().st_size, sha256_of(path)) if one.name == "ledger.db" else one
                  for one in manifest.files)
    new = type(manifest)(manifest.program, manifest.made_at, manifest.store, manifest.ledger, manifest.access, files)
    (backup / "manifest.json").write_bytes(new.written())


@pytest.mark.parametrize(("statement", "found"), [
    ("UPDATE events SET leaf = replace(leaf, '2026', '2027') WHERE position = 9", "事件 9"),
    ("DELETE FROM events WHERE position > 20", "log_behind"),
    ("DELETE FROM streams WHERE position = 12", "index_mismatch"),
    ("DELETE FROM names WHERE position = (SELECT max(position) FROM names)", "name_mismatch"),
    ("UPDATE sealed SET ciphertext = zeroblob(40) WHERE position = (SELECT min(position) FROM sealed)",
     "sealed_mismatch"),
    ("DELETE FROM checkpoints WHERE serial = 1", "checkpoint_mismatch"),
])
def test_a_forged_backup_with_a_new_manifest_is_found_by_reading_the_log(
    folder: Path, statement: str, found: str
) -> None:
    lose(folder)
    forge(folder, statement)
    refused = xueshi(folder, "restore", "second")
    assert refused.returncode == 1 and found in refused.stdout, refused.stdout + refused.stderr
    assert "数据文件夹没有改动" in refused.stderr
    assert not (folder / "data" / "ledger.db").exists()
    problems = json.loads(xueshi(folder, "restore", "second", "--json").stdout)["problems"]
    assert any(found in problem for problem in problems)


def test_a_backup_of_another_log_is_not_believed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    used(other, people=0)
    assert xueshi(other, "backup", "copy").returncode == 0
    lose(folder)
    refused = xueshi(folder, "restore", str(other / "copy"))
    assert refused.returncode == 1 and "不可信" in refused.stdout
    given = xueshi(folder, "restore", "second", "--checkpoint", str(other / "data" / "keys" / "ledger.published"))
    assert given.returncode == 1 and "不可信" in given.stdout
    nonsense = xueshi(folder, "restore", "second", "--checkpoint", "second/ledger.db")
    assert nonsense.returncode == 2 and "checkpoint_unreadable" in nonsense.stderr


def test_the_greatest_checkpoint_that_it_is_shown_is_the_one_to_be_extended(folder: Path, kept: Kept) -> None:
    (folder / "data" / "keys" / "ledger.published").unlink()
    lose(folder)
    told = restored(folder, "first", "--checkpoint", "first.note", "--checkpoint", "second.note")
    assert told["logs"]["ledger"] == {  # type: ignore[index]
        **told["logs"]["ledger"], "standing": "behind", "missing": kept.later - kept.size,  # type: ignore[index]
    }
    published = (folder / "data" / "keys" / "ledger.published").read_bytes()
    assert published == (folder / "second.note").read_bytes()
    assert xueshi(folder, "log", "checkpoint").returncode == 3


def test_without_any_checkpoint_but_its_own_an_older_copy_cannot_know(folder: Path) -> None:
    """What nobody shows nobody can hold it to: hence `--checkpoint`, and the guide's word to keep them elsewhere."""
    (folder / "data" / "keys" / "ledger.published").unlink()
    lose(folder)
    assert restored(folder, "first")["logs"]["ledger"]["standing"] == "current"  # type: ignore[index]


def test_a_person_forgotten_since_stays_forgotten(folder: Path, kept: Kept) -> None:
    register = open_register(Settings(data_folder=folder / "data"))
    register.ledger.vault.destroy(kept.before.people[0])
    names = {bytes(held.reservation.name) for held in register.ledger.store.names()
             if held.reservation.owner == kept.before.people[0]}
    register.close()
    assert names
    told = restored(folder, "first", "--replace")
    assert told["forgotten"] == 1
    data = (folder / "data" / "ledger.db").read_bytes()
    assert not [name for name in names if name in data]


def test_a_vault_that_is_older_than_the_log_keeps_nobody_from_restoring_it(folder: Path, kept: Kept) -> None:
    with closing(sqlite3.connect(folder / "data" / "keys" / "people.db")) as connection:
        gone = connection.execute("DELETE FROM keys WHERE owner = ?", (kept.before.people[0],)).rowcount
        connection.commit()
    assert gone == 1
    lose(folder)
    told = xueshi(folder, "restore", "second")
    assert told.returncode == 0 and "密钥库缺少" in told.stdout and "xueshi keys restore" in told.stdout
    lose(folder)
    forge(folder, "UPDATE sealed SET ciphertext = zeroblob(40) WHERE position = (SELECT max(position) FROM sealed)")
    refused = xueshi(folder, "restore", "second")
    assert refused.returncode == 1 and "sealed_mismatch" in refused.stdout, "of the backup nothing is let pass"


def test_it_wants_the_service_stopped(folder: Path) -> None:
    with served(folder):
        refused = xueshi(folder, "restore", "second", "--replace")
    assert refused.returncode == 3 and "register_served" in refused.stderr


def test_a_restore_that_was_stopped_is_finished_first_and_nothing_opens_meanwhile(folder: Path, kept: Kept) -> None:
    lose(folder)
    script = (
        "import os, signal, ledger.copies.restore as r\n"
        "move, left = r._move, [1]\n"
        "def stopped(source, target):\n"
        "    move(source, target); left[0] -= 1\n"
        "    if left[0] == 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "r._move = stopped\n"
        "from api.cli import main\n"
        "main(['restore', 'second', '--replace'])\n"
    )
    run([str(PYTHON), "-c", script], cwd=folder)
    for command in (("log", "show"), ("backup", "third"), ("serve", "--port", "0")):
        closed = xueshi(folder, *command)
        assert closed.returncode == 3 and "restore_unfinished" in closed.stderr, command
    told = xueshi(folder, "restore", "first")
    assert told.returncode == 0 and "上次中断的恢复已完成" in told.stdout and f"{kept.later} 个事件" in told.stdout
    assert Folder(folder / "data").ledger.exists() and xueshi(folder, "fsck").returncode == 0


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """A file system of a few megabytes of its own."""
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("a small file system can be mounted by root alone")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.parametrize("over", [-100_000, -1, 0, 8_192, 16_384, 24_576, 65_536])
def test_a_disk_that_is_full_or_fills_up_is_told_and_with_room_it_is_done(folder: Path, over: int) -> None:
    lose(folder)
    files = [folder / "second" / "ledger.db", *(folder / "second" / "rulebooks").iterdir()]
    left = sum(-(-path.stat().st_size // 4_096) * 4_096 for path in files) + over
    with small_disk(folder / "disk", "16m") as disk:
        data = shutil.copytree(folder / "data", disk / "data")
        (disk / "filler").write_bytes(b"x" * (shutil.disk_usage(disk).free - left))
        told = xueshi(folder, "restore", "second", "--data", str(data))
        if told.returncode:
            assert told.returncode in (1, 3) and "磁盘" in told.stdout + told.stderr, told.stdout + told.stderr
            assert not (data / "ledger.db").exists() or "再次运行" in told.stderr
            (disk / "filler").unlink()
            told = xueshi(folder, "restore", "second", "--data", str(data))
        else:
            assert over > 0
        assert told.returncode == 0
        assert xueshi(folder, "fsck", "--data", str(data)).returncode == 0
