"""A restore changes nothing until it is decided, and once it is decided it is finished; what was seen is held to."""

from __future__ import annotations

import errno
import os
import shutil
from functools import partial
from pathlib import Path

import msgspec
import pytest
from killing import Ended, killed_at
from ledger_kit import fill, house_policy, open_house, settle_file, small_house

from ledger.copies.backup import BackupFailed, log_in
from ledger.copies.manifest import Manifest, list_files
from ledger.copies.restore import (
    PLAN,
    STAGING,
    Plan,
    RestoreRefused,
    Seen,
    carry_out,
    commit,
    forget,
    greatest,
    is_unfinished,
    make_ready,
    stage,
    standing,
)
from ledger.fsck.source import SQLiteSource
from ledger.proof.checkpoint import Checkpoint

OLD = {"ledger.db": "old", "ledger.db-wal": "journal", "keys/ledger.published": "old note", "projections/a.db": "old"}
NEW = {"ledger.db": "new", "rulebooks/a.toml": "law"}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def read(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def staged(root: Path) -> Plan:
    write(root, OLD)
    write(root / STAGING, NEW)
    return Plan(
        made_at="then", aside=("ledger.db", "ledger.db-wal"), aside_to="now", discard=("projections",),
        put=tuple(NEW), published={"ledger.published": "new note"})


def test_what_hosts_share_is_put_where_they_share_it(tmp_path: Path) -> None:
    """Also where that is another file system."""
    root, shared = tmp_path / "host", tmp_path / "shared"
    write(shared, {"rulebooks/a.toml": "other law", "keys/ledger.published": "old note"})
    root.mkdir()
    plan = staged(root)
    (root / "keys" / "ledger.published").unlink()
    write(root / STAGING, {"evidence/kept/aa": "paper"})
    commit(root, msgspec.structs.replace(
        plan, shared=str(shared), common=("keys", "evidence", "rulebooks"), put=(*plan.put, "evidence/kept/aa"),
        aside=(*plan.aside, "rulebooks/a.toml")))
    with pytest.MonkeyPatch.context() as patch:
        rename = Path.rename

        def on_one_disk(self: Path, target: Path) -> Path:
            if (shared in self.parents) != (shared in target.parents):
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            return rename(self, target)

        patch.setattr(Path, "rename", on_one_disk)
        carry_out(root)

    assert read(shared) == {
        "rulebooks/a.toml": "law", "evidence/kept/aa": "paper", "keys/ledger.published": "new note"}
    assert read(root) == {
        "ledger.db": "new", "set-aside/now/ledger.db": "old", "set-aside/now/ledger.db-wal": "journal",
        "set-aside/now/rulebooks/a.toml": "other law"}


def restore_in(root: Path) -> None:
    """As a command does: a plan that stands is carried out first."""
    if not is_unfinished(root):
        commit(root, staged(root))
    carry_out(root)


AFTER = {
    "ledger.db": "new", "rulebooks/a.toml": "law", "keys/ledger.published": "new note",
    "set-aside/now/ledger.db": "old", "set-aside/now/ledger.db-wal": "journal",
}


def test_killed_at_any_step_it_leaves_what_was_there_or_is_finished_by_the_next_run(tmp_path: Path) -> None:
    for number in range(1, 100):
        root = tmp_path / str(number)
        staged(root)
        if killed_at(number, partial(restore_in, root)) is Ended.DONE:
            assert read(root) == AFTER
            break
        if not is_unfinished(root) and (root / "ledger.db").read_text() == "old":
            assert {name: text for name, text in read(root).items() if not name.startswith(STAGING)} == OLD
            continue
        if is_unfinished(root):
            carry_out(root)
        assert {name: text for name, text in read(root).items() if not name.startswith(STAGING)} == AFTER
    assert number > 12, "there are as many steps as were killed"


def test_each_file_that_is_put_in_place_is_so_on_the_disk_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, rename = os.fsync, os.rename

    def synced(descriptor: int) -> None:
        calls.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    def renamed(source: Path, target: Path) -> None:
        calls.append(f"{source} becomes {target}")
        rename(source, target)

    commit(tmp_path, staged(tmp_path))
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    carry_out(tmp_path)

    moves = [number for number, call in enumerate(calls) if " becomes " in call]
    assert len(moves) > 3
    for number in moves:
        source, target = map(Path, calls[number].split(" becomes "))
        assert calls[number + 1:number + 3] == [str(target.parent), str(source.parent)], calls[number]


@pytest.mark.parametrize("content", [b"{", b"", b'{"aside_to":"\xff"}'])
def test_a_plan_that_cannot_be_read_is_told_and_nothing_is_moved(tmp_path: Path, content: bytes) -> None:
    commit(tmp_path, staged(tmp_path))
    (tmp_path / STAGING / PLAN).write_bytes(content)
    with pytest.raises(RestoreRefused, match="另一个空文件夹"):
        carry_out(tmp_path)
    assert (tmp_path / "ledger.db").read_text() == "old"


def test_what_is_copied_is_held_to_its_digest_and_to_the_room_there_is(tmp_path: Path) -> None:
    write(tmp_path / "backup", {"ledger.db": "bytes", "other": "not wanted"})
    house = small_house(tmp_path / "house")
    house.close()
    files, log = list_files(tmp_path / "backup"), None
    manifest = Manifest("1", "then", "sqlite", log, log, files)  # type: ignore[arg-type]
    root = tmp_path / "root"
    root.mkdir()
    assert read(stage(tmp_path / "backup", manifest, root, ["ledger.db"], lambda *_: None)) == {"ledger.db": "bytes"}
    write(tmp_path / "backup", {"ledger.db": "bytez"})
    with pytest.raises(RestoreRefused, match=r"ledger\.db 与备份时的 SHA-256 不符"):
        stage(tmp_path / "backup", manifest, root, ["ledger.db"], lambda *_: None)
    (tmp_path / "backup" / "ledger.db").unlink()
    with pytest.raises(RestoreRefused, match=r"ledger\.db"):
        stage(tmp_path / "backup", manifest, root, ["ledger.db"], lambda *_: None)
    large = type(files[0])("ledger.db", 1 << 60, "0" * 64)
    with pytest.raises(RestoreRefused, match="磁盘空间不足"):
        stage(tmp_path / "backup", Manifest("1", "then", "sqlite", log, log, (large,)), root,  # type: ignore[arg-type]
              ["ledger.db"], lambda *_: None)


def stands(path: Path, seen: Checkpoint | None) -> str:
    with SQLiteSource(path).one_moment() as view:
        return standing(view, seen)


def test_a_log_is_current_behind_or_forked_by_what_was_seen(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    fill(house.store, 10)
    early = Seen(house.signer().checkpoint().decode(), "先前").checkpoint
    shutil.copyfile(settle_file(house), tmp_path / "older.db")
    house = open_house(tmp_path / "house")
    fill(house.store, 5, start=10)
    late = Seen(house.signer().checkpoint().decode(), "后来").checkpoint
    file = settle_file(house)
    other = open_house(tmp_path / "other")
    fill(other.store, 20)
    fork = settle_file(other)

    assert [stands(path, late) for path in (file, tmp_path / "older.db", fork)] == ["current", "behind", "forked"]
    assert [stands(path, early) for path in (file, tmp_path / "older.db", fork)] == ["current", "current", "forked"]
    assert stands(fork, None) == "current"


def test_of_what_was_seen_the_greatest_counts_and_only_what_a_key_at_hand_signed(tmp_path: Path) -> None:
    house, other = open_house(tmp_path / "house"), open_house(tmp_path / "other")
    fill(house.store, 3)
    first = Seen(house.signer().checkpoint().decode(), "甲处")
    fill(house.store, 3, start=3)
    second = Seen(house.signer().checkpoint().decode(), "乙处")
    fill(other.store, 9)
    strange = Seen(other.signer().checkpoint().decode(), "丙处")
    policy = house_policy(house.folder)

    assert greatest([second, first], policy) == greatest([first, second], policy) == second
    assert greatest([], policy) is None
    with pytest.raises(RestoreRefused, match="丙处"):
        greatest([first, strange], policy)
    with pytest.raises(RestoreRefused, match="丁处"):
        greatest([first, Seen(second.note.replace("\n6\n", "\n7\n"), "丁处")], policy)
    assert greatest([first, strange], None) == strange, "without a key nobody can say"


def test_two_trees_of_one_size_under_one_key_are_evidence_and_no_way_on(tmp_path: Path) -> None:
    one, other = open_house(tmp_path / "one"), open_house(tmp_path / "other")
    shutil.copyfile(one.folder / "ledger.signing.key", other.folder / "ledger.signing.key")
    fill(one.store, 4)
    fill(other.store, 4)
    notes = [Seen(house.signer().checkpoint().decode(), where) for house, where in ((one, "甲处"), (other, "乙处"))]
    with pytest.raises(RestoreRefused, match="两种说法") as refused:
        greatest(notes, house_policy(one.folder))
    assert all(seen.checkpoint.root.hex() in str(refused.value) for seen in notes)


def test_names_of_the_destroyed_do_not_come_back_and_the_copy_is_made_ready_to_be_written(tmp_path: Path) -> None:
    house = small_house(tmp_path / "house")
    names = list(house.store.names())
    owners = {held.reservation.owner for held in names}
    gone = sorted(owners)[0]
    shutil.copyfile(settle_file(house), tmp_path / "copy.db")
    assert forget(tmp_path / "copy.db", lambda owner: owner == gone) == 1
    make_ready(tmp_path / "copy.db")
    data = (tmp_path / "copy.db").read_bytes()
    assert data[18:20] == b"\x02\x02", "written with a write-ahead log"
    assert not any(held.reservation.name in data for held in names if held.reservation.owner == gone)
    assert all(held.reservation.name in data for held in names if held.reservation.owner != gone)
    with SQLiteSource(tmp_path / "copy.db").one_moment() as view, pytest.raises(BackupFailed, match="名称"):
        log_in(view, "copy.db")  # It opens, and is a log without a name.
