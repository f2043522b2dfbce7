"""A year as an archive: the whole of it, to the byte, provable with nothing else; no change and no gap goes unseen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ledger_kit import House, fill, small_house

from ledger import archive as archives
from ledger.archive import Archive, BadArchive, NotArchived, first_moment, format_manifest
from ledger.copies import archive_writing
from ledger.copies.archive_writing import NotSigned, YearEmpty, YearOpen, compare, positions_of, write
from ledger.errors import LedgerError
from ledger.file_digest import sha256_of
from ledger.offline.verify import verify_file
from ledger.proof.keys import generate_key
from ledger.proof.policy import trust

NOW = first_moment(2028) + 1
FILLED = 600


@pytest.fixture(scope="module", autouse=True)
def _small_files() -> Iterator[None]:
    """Files of 256 events and groups of 64, so that a year has some of them."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (archives, archive_writing):
            patch.setattr(module, "EVENTS_A_FILE", 256)
            patch.setattr(module, "GROUP", 64)
        yield


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """18 events of 2025, 600 of 2026 in three tiles, 5 of 2027."""
    house = small_house(tmp_path_factory.mktemp("archive") / "house")
    clock: Any = house.store.clock
    clock.ns = first_moment(2026) * 1_000
    fill(house.store, FILLED)
    clock.ns = first_moment(2027) * 1_000
    fill(house.store, 5, start=FILLED)
    yield house
    house.close()


@pytest.fixture(scope="module")
def note(house: House) -> bytes:
    return house.signer().checkpoint()


def written(house: House, note: bytes, year: int, folder: Path) -> Path:
    folder.mkdir()
    write(house.store, note, year, folder, now=NOW)
    return folder


@pytest.fixture(scope="module")
def of_2025(house: House, note: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(house, note, 2025, tmp_path_factory.mktemp("of") / "2025")


@pytest.fixture(scope="module")
def of_2026(house: House, note: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(house, note, 2026, tmp_path_factory.mktemp("of") / "2026")


def test_a_year_is_what_was_recorded_in_it_by_the_clock_of_the_place(house: House) -> None:
    assert [positions_of(house.store, year, NOW) for year in (2025, 2026, 2027)] == [
        range(1, 19), range(19, 19 + FILLED), range(19 + FILLED, 24 + FILLED)]
    assert first_moment(2026) == 1_767_196_800_000_000, "midnight at +08:00 is 16:00 of the day before in UTC"


def test_an_archive_holds_every_byte_and_proves_itself(house: House, of_2025: Path, of_2026: Path) -> None:
    for folder, events in ((of_2025, 18), (of_2026, FILLED)):
        parts = len(house.store.sealed_at(positions_of(house.store, int(folder.name), NOW)))
        verdict = verify_file(folder, house.policy)
        assert verdict.kind == "archive" and f"的 {events} 个事件" in verdict.checked[0]
        assert "其后的第一个事件已在次年" in verdict.checked[0]
        assert compare(house.store, Archive(folder)) is None
        assert [row["leaf"] for row in Archive(folder).events()] == house.store.leaves(
            Archive(folder).manifest.first - 1, events)
        assert verdict.checked[1].startswith(f"{parts} 个密封部分") and (parts > 0) == (folder == of_2025)
    assert len([name for name in Archive(of_2026).manifest.files if name.startswith("events/")]) == 3


def test_an_event_is_proved_by_the_archive_alone(house: House, of_2026: Path, tmp_path: Path) -> None:
    for position in (19, 256, 257, 300, 512, 513, 18 + FILLED):
        (tmp_path / "proof").write_bytes(Archive(of_2026).prove(position))
        verdict = verify_file(tmp_path / "proof", house.policy)
        assert verdict.events[0]["position"] == position
    for outside in (18, 19 + FILLED):
        with pytest.raises(NotArchived):
            Archive(of_2026).prove(outside)


def test_a_year_is_written_when_it_is_over_and_signed(house: House, note: bytes, tmp_path: Path) -> None:
    with pytest.raises(YearOpen):
        write(house.store, note, 2027, tmp_path, now=first_moment(2028) - 1)
    with pytest.raises(YearEmpty):
        write(house.store, note, 2020, tmp_path, now=NOW)
    early = house.store.checkpoints()[0].note
    with pytest.raises(NotSigned):
        write(house.store, early, 2026, tmp_path, now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_the_last_year_of_a_log_says_that_nothing_follows(house: House, note: bytes, tmp_path: Path) -> None:
    verdict = verify_file(written(house, note, 2027, tmp_path / "2027"), house.policy)

    assert "检查点到此为止" in verdict.checked[0] and "检查点之后" in verdict.unproven[-1]


def test_a_strangers_key_proves_nothing(of_2025: Path) -> None:
    with pytest.raises(LedgerError):
        verify_file(of_2025, trust(generate_key("register.example/log").public()))


def test_every_file_that_is_altered_missing_or_added_is_named(house: House, of_2026: Path, tmp_path: Path) -> None:
    names = [*Archive(of_2026).manifest.files, "archive.json"]
    for number, name in enumerate(names):
        folder = shutil.copytree(of_2026, tmp_path / str(number))
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 4
        (folder / name).write_bytes(content)
        with pytest.raises(LedgerError) as caught:
            verify_file(folder, house.policy)
        (folder / name).unlink()
        with pytest.raises(BadArchive) as gone:
            verify_file(folder, house.policy)
        assert gone.value.path == folder / name and (name == "archive.json" or name in str(caught.value))
    more = shutil.copytree(of_2026, tmp_path / "more")
    (more / "events" / "more.parquet").write_bytes(b"")
    with pytest.raises(BadArchive, match=r"more\.parquet"):
        verify_file(more, house.policy)


Change = Any


def put(folder: Path, name: str, change: Change) -> None:
    """Write a file's rows otherwise, and the manifest so that it agrees: a forger who knows the format."""
    table = pq.read_table(folder / name)
    rows = change(table.to_pylist())
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), folder / name, row_group_size=64)
    agree(folder, name)


def agree(folder: Path, name: str) -> None:
    """Let the manifest say of a file what it is now."""
    told = json.loads((folder / "archive.json").read_bytes())
    told["files"][name].update(bytes=(folder / name).stat().st_size, sha256=sha256_of(folder / name))
    (folder / "archive.json").write_bytes(format_manifest(msgspec.convert(told, archives.Manifest)))


def first_with(**values: Any) -> Change:
    return lambda rows: [{**rows[0], **values}, *rows[1:]]


def leaf_with(place: int, value: Any) -> Change:
    def changed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        leaf = json.loads(rows[0]["leaf"])
        leaf[place] = value
        text = json.dumps(leaf, ensure_ascii=False, separators=(",", ":")).encode()
        return [{**rows[0], "leaf": text}, *rows[1:]]

    return changed


EVENTS = "events/000000001.parquet"
FORGED: list[tuple[str, str, Change, str]] = [
    ("a leaf", EVENTS, leaf_with(5, "AAAAAAAAAAAAAAAAAAAAAA=="), "哈希与瓦片中的不符"),
    ("a column", EVENTS, first_with(type="claim.approved/1"), "各列与事件本身不符"),
    ("a time beside its leaf", EVENTS, first_with(recorded_at=None), "各列与事件本身不符"),
    ("no leaf", EVENTS, first_with(leaf=None), "不是 JSON"),
    ("a position", EVENTS, first_with(position=2), "其位置上是事件 2"),
    ("an event left out", EVENTS, lambda rows: rows[1:], "其位置上是事件 2"),
    ("the last event left out", EVENTS, lambda rows: rows[:-1], "只到第 17 个"),
    ("one more event", EVENTS, lambda rows: [*rows, {**rows[-1], "position": 19}], "没有晚于前一事件"),
    ("no sealed part", EVENTS, first_with(salt=None, ciphertext=None), "缺少密封部分"),
    ("half a sealed part", EVENTS, first_with(salt=None), "缺少密封部分"),
    ("another sealed part", EVENTS, first_with(ciphertext=b"another"), "密封部分与事件中的摘要不符"),
    ("no edge", "edges.parquet", lambda rows: [], "应为事件"),
    ("another edge", "edges.parquet", leaf_with(3, first_moment(2026) + 7), "各列与事件本身不符"),
    ("a tile", "tiles.parquet", lambda rows: [{**one, "hashes": bytes(32) + one["hashes"][32:]} for one in rows],
     "哈希与瓦片中的不符"),
    ("no tile", "tiles.parquet", lambda rows: [one for one in rows if one["level"] != 0], "缺少瓦片 tile/0/000"),
    ("an upper tile", "tiles.parquet",
     lambda rows: [{**one, "hashes": one["hashes"][:32] + bytes(len(one["hashes"]) - 32)} if one["level"] else one
                   for one in rows], "根"),
]


@pytest.mark.parametrize(("name", "file", "change", "told"), FORGED, ids=[one[0] for one in FORGED])
def test_a_forger_who_writes_the_manifest_anew_is_found(
    house: House, of_2025: Path, tmp_path: Path, name: str, file: str, change: Change, told: str
) -> None:
    folder = shutil.copytree(of_2025, tmp_path / "forged")
    put(folder, file, change)

    with pytest.raises(LedgerError, match=told):
        verify_file(folder, house.policy)


@pytest.mark.parametrize(("file", "column", "kind"), [
    (EVENTS, "ciphertext", pa.string()), (EVENTS, "leaf", pa.string()), ("tiles.parquet", "hashes", pa.string()),
    ("tiles.parquet", "number", pa.float64()),
])
def test_a_forger_who_writes_a_column_as_another_kind_is_told_so(
    house: House, of_2025: Path, tmp_path: Path, file: str, column: str, kind: Any
) -> None:
    folder = shutil.copytree(of_2025, tmp_path / "forged")
    table = pq.read_table(folder / file)
    at = table.schema.get_field_index(column)
    other = pa.array([str(number) if kind == pa.string() else number for number in range(len(table))], kind)
    pq.write_table(table.set_column(at, column, other), folder / file)
    agree(folder, file)

    with pytest.raises(BadArchive, match="各列不是归档应有的"):
        verify_file(folder, house.policy)


@pytest.mark.parametrize("file", [EVENTS, "tiles.parquet"])
def test_a_forger_whose_pages_cannot_be_read_is_told_so(
    house: House, of_2025: Path, tmp_path: Path, file: str
) -> None:
    """The library calls that an error of the disk; the disk has done its part."""
    folder = shutil.copytree(of_2025, tmp_path / "forged")
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[:4] + bytes(200) + content[204:])
    agree(folder, file)

    with pytest.raises(BadArchive, match="不是可读的"):
        verify_file(folder, house.policy)


def test_a_year_that_is_cut_short_is_found(house: House, of_2026: Path, tmp_path: Path) -> None:
    """The manifest says that the year ended a file earlier, and the event after it is handed over as the edge."""
    folder = shutil.copytree(of_2026, tmp_path / "short")
    *_, before, dropped = sorted(name for name in Archive(of_2026).manifest.files if name.startswith("events/"))
    (edge, *_) = pq.read_table(of_2026 / dropped).to_pylist()
    (folder / dropped).unlink()
    told = json.loads((folder / "archive.json").read_bytes())
    del told["files"][dropped]
    told["last"] = edge["position"] - 1
    (folder / "archive.json").write_bytes(format_manifest(msgspec.convert(told, archives.Manifest)))
    put(folder, "edges.parquet", lambda edges: [edges[0], edge])

    assert int(Path(before).stem) < edge["position"]
    with pytest.raises(LedgerError, match="归档缺少了本年的事件"):
        verify_file(folder, house.policy)


def test_the_ledger_says_of_an_archive_of_another_log_that_it_is_none_of_its_own(
    of_2025: Path, tmp_path: Path
) -> None:
    other = small_house(tmp_path / "other")
    try:
        assert "另一本账" in (compare(other.store, Archive(of_2025)) or "")
    finally:
        other.close()


@pytest.mark.parametrize(("content", "told"), [
    (b"", "不是归档的清单"), (b"{}", "不是归档的清单"), (b"[1]", "不是归档的清单"),
    (b'{"format": "\xff"}', "不是归档的清单"),
])
def test_what_is_no_archive_is_said_to_be_none(tmp_path: Path, house: House, content: bytes, told: str) -> None:
    with pytest.raises(BadArchive, match="读不出"):
        verify_file(tmp_path, house.policy)
    (tmp_path / "archive.json").write_bytes(content)
    with pytest.raises(BadArchive, match=told):
        verify_file(tmp_path, house.policy)
