"""An archive of one spelling: any program opens it, no byte of it can change, and what would do harm is named."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable

import pytest

from ledger.offline.plain_zip import (
    CutShort,
    MalformedArchive,
    Member,
    Writer,
    looks_like_archive,
    read_content,
    read_members,
)

FILES = {"README.txt": "说明".encode(), "proofs/1.tlog-proof": b"x" * 30, "empty.json": b""}


def archive(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    writer = Writer(made)
    for name, content in files.items():
        writer.put(name, content)
    writer.finish()
    return made.getvalue()


def opened(data: bytes) -> dict[str, bytes]:
    file = io.BytesIO(data)
    return {one.name: read_content(file, one) for one in read_members(file)}


def of_another_program(write: Callable[[zipfile.ZipFile], None]) -> bytes:
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w") as file:
        warnings.simplefilter("ignore")  # It warns of a name that is there twice, and writes it.
        write(file)
    return made.getvalue()


def test_it_is_read_as_it_was_written_by_us_and_by_any_program() -> None:
    data = archive(FILES)

    assert opened(data) == FILES and looks_like_archive(data)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        assert {name: file.read(name) for name in file.namelist()} == FILES
    assert opened(archive({})) == {}


@pytest.mark.torture
def test_more_files_than_sixteen_bits_count_are_read_by_us_and_by_any_program(
    record_property: Callable[[str, object], None]
) -> None:
    many = {f"e/{number}": b"" for number in range(65_535)}
    record_property("tried", len(many))
    data = archive(many)

    assert opened(data) == many
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert len(file.namelist()) == len(many)


def test_the_end_of_a_large_archive_has_one_spelling_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.offline.plain_zip._MANY", 3)
    few, data = archive(dict(list(FILES.items())[:2])), archive(FILES)

    assert opened(data) == FILES and len(opened(few)) == 2
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(MalformedArchive):
            opened(bytes(changed))
    for cut in (data[:-98] + data[-22:], data[:-1], data[-98:], data[-22:], few[:-22] + data[-98:]):
        with pytest.raises(MalformedArchive):
            opened(cut)


def test_every_flipped_bit_is_found() -> None:
    data = archive(FILES)

    for at in range(len(data)):
        for bit in (0, 3, 7):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            with pytest.raises(MalformedArchive):
                opened(bytes(changed))


def test_what_was_only_cut_short_is_told_apart_from_what_was_changed() -> None:
    """Of a download that broke off nobody should think that somebody changed it, nor the other way round."""
    data = archive(FILES)
    content = data.index(b"x" * 30)

    for length in range(len(data)):
        with pytest.raises(CutShort, match="没有下载完整"):
            opened(data[:length])
    for length in range(content + 30, len(data)):
        with pytest.raises(MalformedArchive) as found:
            opened(data[:content] + b"y" + data[content + 1:length])
        assert not isinstance(found.value, CutShort), "a file that is whole was changed"
    for at in range(len(data) - 22, len(data)):
        with pytest.raises(MalformedArchive) as found:
            opened(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
        assert not isinstance(found.value, CutShort), "nothing is missing"


def test_every_byte_that_is_added_is_found() -> None:
    data = archive(FILES)

    for changed in (data + b"\0", b"\0" + data, data[:40] + b"\0" + data[40:]):
        with pytest.raises(MalformedArchive):
            opened(changed)


@pytest.mark.parametrize(("name", "words"), [
    ("/etc/passwd", "文件夹之外"), ("../../up.txt", "文件夹之外"), ("a/../../up.txt", "文件夹之外"),
    ("..\\up.txt", "文件夹之外"), ("C:/x.txt", "文件夹之外"), ("a//b", "写法"), (".hidden", "写法"),
    ("说明.txt", "ASCII"),
])
def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_read(name: str, words: str) -> None:
    data = of_another_program(lambda file: file.writestr(name, b"x"))

    with pytest.raises(MalformedArchive, match=words):
        opened(data)


def test_what_is_compressed_is_never_inflated() -> None:
    data = of_another_program(lambda file: file.writestr("bomb.txt", b"\0" * 5_000_000, zipfile.ZIP_DEFLATED))
    assert len(data) < 10_000

    with pytest.raises(MalformedArchive, match="压缩"):
        opened(data)


def test_two_files_of_one_name_are_refused() -> None:
    def twice(file: zipfile.ZipFile) -> None:
        file.writestr("report.html", b"one")
        file.writestr("report.html", b"two")

    with pytest.raises(MalformedArchive, match="同名"):
        opened(of_another_program(twice))


def test_an_archive_of_another_program_is_refused_even_if_it_holds_the_same() -> None:
    def written(file: zipfile.ZipFile) -> None:
        for name, content in FILES.items():
            file.writestr(name, content)

    with pytest.raises(MalformedArchive):
        opened(of_another_program(written))


def test_a_size_that_is_not_true_is_refused() -> None:
    data = archive({"a.txt": b"abc"})
    huge = data.replace((3).to_bytes(4, "little") * 2, (0x7FFFFFFF).to_bytes(4, "little") * 2)
    assert huge != data

    with pytest.raises(MalformedArchive, match="超出"):
        opened(huge)
    with pytest.raises(MalformedArchive, match="CRC"):
        read_content(io.BytesIO(data), Member("a.txt", 0, 10_000, 0))
