"""What must outlast a loss of power is on the disk before it has its name, and its name is before anyone is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.durable import write_durably, write_new


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the system, in order: which file or folder is synced, and which gets its name."""
    seen: list[str] = []
    fsync, link, rename, replace = os.fsync, os.link, os.rename, os.replace

    def synced(descriptor: int) -> None:
        seen.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        fsync(descriptor)

    def named(call: Callable[..., None]) -> Callable[..., None]:
        def renamed(source: Path, target: Path) -> None:
            seen.append(f"{Path(source).name} becomes {Path(target).name}")
            call(source, target)
        return renamed

    monkeypatch.setattr(os, "fsync", synced)
    for name, call in (("link", link), ("rename", rename), ("replace", replace)):
        monkeypatch.setattr(os, name, named(call))
    return seen


def test_a_file_that_is_replaced_is_on_the_disk_before_it_has_its_name(tmp_path: Path, calls: list[str]) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "published").write_bytes(b"old")

    write_durably(folder / "published", b"new", mode=0o644)

    assert calls == ["sync published.new", "published.new becomes published", "sync keys"]
    assert (folder / "published").read_bytes() == b"new"


def test_a_new_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path, calls: list[str]) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()

    write_new(folder / "signing.key", b"secret", mode=0o600)

    temporary = calls[0].removeprefix("sync ")
    assert calls == [f"sync {temporary}", f"{temporary} becomes signing.key", "sync keys"]
    with pytest.raises(FileExistsError):
        write_new(folder / "signing.key", b"another", mode=0o600)
    assert [(one.name, one.read_bytes()) for one in folder.iterdir()] == [("signing.key", b"secret")]


def test_a_new_file_that_was_cut_off_stands_in_the_way_of_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(descriptor: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut, pytest.raises(KeyboardInterrupt):
        cut.setattr(os, "fsync", killed)
        cut.setattr(Path, "unlink", lambda *_, **__: None)  # Who is killed tidies nothing up.
        write_new(tmp_path / "master.key", b"half", mode=0o600)
    assert not (tmp_path / "master.key").exists()

    write_new(tmp_path / "master.key", b"whole", mode=0o600)

    assert (tmp_path / "master.key").read_bytes() == b"whole"
