"""A backup says what it is, and every byte that is not as it was is found in its own file."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import pytest
from ledger_kit import BY, ORIGIN, House, fill, open_house, small_house

from ledger.copies.backup import BackupFailed, BackupRefused, beside, copy_database, log_in, write_file
from ledger.copies.manifest import MANIFEST, BackupDamaged, CopiedLog, Manifest, damages, list_files, read_manifest
from ledger.events.base import Draft
from ledger.events.log import LogOpened
from ledger.fsck.checker import fsck
from ledger.fsck.source import SQLiteSource
from tests.waiting import until


def read_log(path: Path) -> CopiedLog:
    with SQLiteSource(path).one_moment() as view:
        return log_in(view, path.name)


def opened(house: House) -> House:
    """Say in the log what it is called, as a register's first event does, and sign it."""
    house.ledger.record([Draft(LogOpened(origin=ORIGIN))], by=BY)
    house.signer().checkpoint()
    return house


def backed_up(folder: Path, target: Path) -> Manifest:
    """A backup of a small ledger, twice over, as far as this room knows of one."""
    house = opened(small_house(folder))
    house.close()
    with beside(target, needed=1) as unfinished:
        for name in ("ledger", "access"):
            copy_database(house.file, unfinished / f"{name}.db")
            write_file(unfinished / f"{name}.checkpoint", b"a note")
        write_file(unfinished / "rulebooks" / "a.toml", b"law = 1\n")
        log = read_log(unfinished / "ledger.db")
        manifest = Manifest("1", "2026-11-21T00:00:00+00:00", "sqlite", log, log, list_files(unfinished))
        write_file(unfinished / MANIFEST, manifest.written())
    return manifest


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("whole")
    backed_up(place / "house", place / "backup")
    return place / "backup"


def test_what_was_written_is_read_and_whole(backup: Path) -> None:
    manifest = read_manifest(backup)
    assert manifest.written() == (backup / MANIFEST).read_bytes()
    assert damages(backup, manifest) == []
    assert (manifest.ledger.size, manifest.ledger.signed is not None) == (19, True)
    assert {one.name for one in manifest.files} == {
        "ledger.db", "access.db", "ledger.checkpoint", "access.checkpoint", "rulebooks/a.toml"}


def test_every_byte_of_the_manifest_is_held_to_what_was_written(backup: Path, tmp_path: Path) -> None:
    written = (backup / MANIFEST).read_bytes()
    for place in range(len(written)):
        changed = bytearray(written)
        changed[place] ^= 1
        (tmp_path / MANIFEST).write_bytes(changed)
        with pytest.raises(BackupDamaged, match="manifest"):
            read_manifest(tmp_path)
    for cut in (0, 1, len(written) // 2, len(written) - 1):
        (tmp_path / MANIFEST).write_bytes(written[:cut])
        with pytest.raises(BackupDamaged):
            read_manifest(tmp_path)


def test_a_changed_byte_anywhere_is_told_by_the_name_of_its_file(backup: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(backup, tmp_path / "copy")
    manifest = read_manifest(copy)
    for one in manifest.files:
        data = (copy / one.name).read_bytes()
        step = max(1, len(data) // 40)  # A digest is a digest: a few places tell what all would.
        for place in {*range(0, len(data), step), len(data) - 1}:
            (copy / one.name).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1:])
            (told,) = damages(copy, manifest)
            assert one.name in told
        (copy / one.name).write_bytes(data[:-1])
        assert one.name in damages(copy, manifest)[0]
        (copy / one.name).unlink()
        assert damages(copy, manifest) == [f"备份缺少文件 {one.name}"]
        (copy / one.name).write_bytes(data)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../b", "", "a//b", "./a"])
def test_a_manifest_that_points_outside_its_folder_is_refused(backup: Path, tmp_path: Path, name: str) -> None:
    manifest = read_manifest(backup)
    one = type(manifest.files[0])(name, 1, "0" * 64)
    log = manifest.ledger
    strange = Manifest(manifest.program, manifest.made_at, manifest.store, log, log, (one,))
    (tmp_path / MANIFEST).write_bytes(strange.written())
    with pytest.raises(BackupDamaged, match="文件夹之外"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'"x"', b"\xff", b'{"format": "xueshi-backup/2"}', b"[" * 100_000])
def test_what_is_no_manifest_is_told_so(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(BackupDamaged, match="不是一份备份"):
        read_manifest(tmp_path)
    (tmp_path / MANIFEST).write_bytes(body)
    with pytest.raises(BackupDamaged, match="manifest"):
        read_manifest(tmp_path)


def test_a_backup_never_takes_the_place_of_anything(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("mine")
    with pytest.raises(BackupRefused, match="不是空文件夹"), beside(tmp_path / "taken", needed=1):
        pass
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BackupRefused, match="不是空文件夹"), beside(tmp_path / "file", needed=1):
        pass
    with pytest.raises(BackupRefused, match="磁盘空间不足"), beside(tmp_path / "large", needed=1 << 60):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken"]


def test_an_empty_folder_is_a_place_and_two_do_not_share_one(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    with beside(tmp_path / "place", needed=1) as unfinished:
        write_file(unfinished / "x", b"1")
        with pytest.raises(BackupRefused, match="另一个备份"), beside(tmp_path / "place", needed=1):
            pass
        assert (unfinished / "x").read_bytes() == b"1"
    assert (tmp_path / "place" / "x").read_bytes() == b"1"
    assert [path.name for path in tmp_path.iterdir()] == ["place"]


def test_one_that_fails_or_is_killed_leaves_nothing_of_that_name_and_the_next_one_sweeps_up(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), beside(tmp_path / "place", needed=1) as unfinished:
        write_file(unfinished / "half", b"1")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    script = (
        "import os, signal, sys; from pathlib import Path; from ledger.copies.backup import beside, write_file\n"
        "with beside(Path(sys.argv[1]), needed=1) as place:\n"
        "    write_file(place / 'half', b'1'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "place")], check=False)
    assert [path.name for path in tmp_path.iterdir()] == [".place.unfinished"]
    with beside(tmp_path / "place", needed=1) as unfinished:
        assert list(unfinished.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["place"]


def test_a_copy_is_one_moment_of_a_log_that_is_written_to_all_the_while(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    fill(house.store, 4_000)
    opened(house)
    written, stop = [4_001], threading.Event()

    def write() -> None:
        while not stop.is_set():
            fill(house.store, 20, start=written[0])
            written[0] += 20

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            before = written[0]

            def until_more_is_written(*_: object, before: int = before) -> None:
                """The copy stands still here: nobody who waited for its end would ever write on."""
                until(lambda: written[0] > before, "writers do not go on meanwhile")

            copy_database(house.file, tmp_path / f"{number}.db", until_more_is_written)
            assert written[0] > before
            log = read_log(tmp_path / f"{number}.db") if number else None  # The first is read by the checker alone.
            report = fsck(tmp_path / f"{number}.db", processes=1)
            assert report.holds and before <= report.size <= written[0]
            assert log is None or (log.size, log.root) == (report.size, b64encode(report.root).decode())
            assert not list(tmp_path.glob(f"{number}.db-*")), "the copy is one file"
    finally:
        stop.set()
        writer.join()
    house.close()


def test_a_source_that_is_damaged_and_a_log_without_a_name_are_told(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)
    with pytest.raises(BackupFailed, match="已损坏"):
        copy_database(tmp_path / "bad.db", tmp_path / "copy.db")
    house = open_house(tmp_path / "house")
    fill(house.store, 3)
    house.close()
    with pytest.raises(BackupFailed, match="名称"):
        read_log(house.file)


def test_a_copy_whose_checkpoint_is_not_of_it_is_no_backup(tmp_path: Path) -> None:
    house = opened(small_house(tmp_path / "house"))
    fill(house.store, 1)
    house.signer().checkpoint()
    house.close()
    copy_database(house.file, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM events WHERE position = 20")
        connection.commit()
    with pytest.raises(BackupFailed, match="xueshi fsck"):
        read_log(tmp_path / "copy.db")


def test_the_manifest_is_plain_json_that_anyone_can_read(backup: Path) -> None:
    body = json.loads((backup / MANIFEST).read_bytes())
    assert list(body) == ["format", "program", "made_at", "store", "ledger", "access", "files", "sha256"]
    assert CopiedLog(**body["ledger"]).signed is not None
