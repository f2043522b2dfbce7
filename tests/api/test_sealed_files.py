"""A sealed file gives what was put into it, or nothing that was not checked: cut, turned, swapped, it says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.evidence import sealed as sealed_files
from api.evidence.sealed import SealedFileDamaged, Sealing, bytes_in, opened

SECRET, NAME = b"s" * 32, "job_1"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sealed_files, "PORTION", 16)
    yield


def sealed(path: Path, data: bytes, name: str = NAME) -> Path:
    file = Sealing(path, SECRET, name)
    for at in range(0, len(data), 5):
        file.write(data[at:at + 5])
    file.finish()
    return path


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 32, 33, 100])
def test_what_went_in_comes_out_and_its_length_is_known_before(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    path = sealed(tmp_path / "file", data)

    assert b"".join(opened(path, SECRET, NAME)) == data
    assert bytes_in(path) == size
    assert path.stat().st_mode & 0o777 == 0o600


def test_every_flipped_byte_and_every_cut_is_found(tmp_path: Path) -> None:
    whole = sealed(tmp_path / "file", bytes(40)).read_bytes()
    path = tmp_path / "other"
    for at in range(len(whole)):
        for bad in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:]):
            path.write_bytes(bad)
            with pytest.raises(SealedFileDamaged):
                list(opened(path, SECRET, NAME))
    path.write_bytes(whole + b"x")
    with pytest.raises(SealedFileDamaged):
        list(opened(path, SECRET, NAME))


def test_it_opens_for_its_own_job_and_its_own_vault_alone(tmp_path: Path) -> None:
    path = sealed(tmp_path / "file", b"about somebody")
    for secret, name in ((b"t" * 32, NAME), (SECRET, "job_2")):
        with pytest.raises(SealedFileDamaged):
            list(opened(path, secret, name))


def test_portions_of_two_makings_cannot_be_put_together(tmp_path: Path) -> None:
    one, two = (sealed(tmp_path / name, b"a" * 40).read_bytes() for name in "ab")
    assert one[24:] != two[24:], "made again it has another key"
    (tmp_path / "c").write_bytes(one[:60] + two[60:])
    with pytest.raises(SealedFileDamaged):
        list(opened(tmp_path / "c", SECRET, NAME))


def test_what_is_not_finished_has_no_name_and_no_word_in_clear(tmp_path: Path) -> None:
    file = Sealing(tmp_path / "file", SECRET, NAME)
    file.write("欧阳若兰".encode() * 20)
    assert not (tmp_path / "file").exists()
    file.drop()
    assert list(tmp_path.iterdir()) == []
