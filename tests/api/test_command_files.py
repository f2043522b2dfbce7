"""Files that commands write are new and whole; files that they read are there and are what they should be."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest

from api.commands.files import hand_over, read_bytes, read_json, write_new, written_whole
from api.terminal.exits import Exit, Stop


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    kept = tmp_path / "证明{1}.tlog-proof"
    hand_over(b"first", kept, "")
    with pytest.raises(Stop) as refused:
        hand_over(b"second", kept, "")

    assert (refused.value.status, refused.value.code) == (Exit.BAD_INPUT, "file_exists")
    assert kept.read_bytes() == b"first"


def test_what_names_people_is_its_owners_alone_from_its_first_byte_on(tmp_path: Path) -> None:
    """It is made so: whoever is killed over it leaves nothing that others may read."""
    before = os.umask(0)
    try:
        write_new(tmp_path / "names.ndjson", b"x", mode=0o600)
    finally:
        os.umask(before)

    assert (tmp_path / "names.ndjson").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Stop) as refused:
        write_new(tmp_path / "none" / "a.txt", b"")

    assert (refused.value.status, refused.value.code) == (Exit.WORLD_IS_WRONG, "file_unwritable")
    assert "none/a.txt" in str(refused.value)


def test_a_long_file_takes_the_place_of_no_device_and_of_no_link(tmp_path: Path) -> None:
    """Whoever writes to /dev/stdout as the machine's keeper must still have one afterwards."""
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(tmp_path / "elsewhere")
    os.mkfifo(pipe)
    for out in (link, pipe):
        with pytest.raises(Stop) as refused, written_whole(out) as file:
            file.write(b"x")
        assert (refused.value.status, refused.value.code) == (Exit.BAD_INPUT, "not_a_file")
    assert link.is_symlink() and pipe.is_fifo() and sorted(tmp_path.iterdir()) == [link, pipe]


def test_a_long_file_that_ends_early_leaves_what_was_there(tmp_path: Path) -> None:
    kept = tmp_path / "log.ndjson"
    kept.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), written_whole(kept) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert kept.read_bytes() == b"before" and [*tmp_path.iterdir()] == [kept]

    with written_whole(kept) as file:
        file.write(b"after")
    assert kept.read_bytes() == b"after" and [*tmp_path.iterdir()] == [kept]


def test_of_a_full_disk_no_half_file_is_left(tmp_path: Path) -> None:
    """A limit on the size of files is met as a full disk is: a write that fails after another that did not."""
    before, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(Stop) as refused:
            write_new(tmp_path / "a.txt", b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)

    assert refused.value.code == "file_unwritable"
    assert list(tmp_path.iterdir()) == []


def test_what_is_read_is_a_json_object_or_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[1]")
    for name, code in (("list.json", "bad_json"), ("none.json", "file_unreadable")):
        with pytest.raises(Stop) as refused:
            read_json(tmp_path / name)
        assert refused.value.code == code and name in str(refused.value)
    (tmp_path / "plan.json").write_bytes('{"title": "智能制造"}'.encode())
    assert read_json(tmp_path / "plan.json") == {"title": "智能制造"}
    assert read_bytes(tmp_path / "list.json") == b"[1]"
