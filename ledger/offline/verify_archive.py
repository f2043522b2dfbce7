"""The sceptic of a year's archive: by the folder and the log's key, every event of the year, and that none is missing.

Each leaf is hashed as it lies and held against the tile that it stands in; from each tile a path leads to the root that
was signed. A path takes its siblings from the same tile, so one leaf a tile proves all of them. Positions follow each
other, times grow within the year, and the leaves at both edges, proved like the rest, lie outside of it.

`tests/ledger/test_cold_year.py` alters each part.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Any, Final

from ledger.archive import EDGES, Archive, BadArchive, Progress, first_moment
from ledger.offline.verdict import Unverified, Verdict
from ledger.offline.verify_checkpoint import told_of
from ledger.offline.verify_leaf import read_leaf
from ledger.proof.merkle import HASH_SIZE, check_inclusion, hash_leaf, prove_inclusion
from ledger.proof.policy import Policy, believe
from ledger.proof.tiles import TILE_WIDTH, TileHashes, tile_at

UNPROVEN: Final = (
    "不证明登记的内容属实：只证明登记机构在当时确实如此登记，此后未被改动。",
    "不证明此后没有更正或撤销：以后各年的事件可能涉及本年的记录，请以账本或其后的归档为准。",
)


def verify_archive(folder: Path, policy: Policy, *, progress: Progress = lambda done, total: None) -> Verdict:
    """Check a year's archive; raises what does not hold."""
    archive = Archive(folder)
    archive.demand_nothing_more()
    told = archive.manifest
    believed = believe(archive.note(), policy)
    tree = believed.checkpoint
    if (tree.origin, tree.size, tree.root.hex()) != (told.origin, told.size, told.root):
        raise Unverified(str(folder / "checkpoint"), "不是清单所说的检查点")
    reader = TileHashes(archive, tree.size)
    expected, previous, parts, proved = told.first, first_moment(told.year) - 1, 0, -1
    for row in archive.events():
        where = f"归档的事件 {expected}"
        if row["position"] != expected:
            raise Unverified(where, f"其位置上是事件 {row['position']}")
        leaf = _leaf(row, where)
        if not previous < leaf["recorded_at"] < first_moment(told.year + 1):
            raise Unverified(where, f"记录时间没有晚于前一事件，或不在 {told.year} 年")
        previous = leaf["recorded_at"]
        parts += _check_part(row, leaf["sealed"], where)
        index = expected - 1
        _check_in_tile(archive, index, tree.size, row["leaf"], where)
        if index // TILE_WIDTH != proved:
            proved = index // TILE_WIDTH
            path = prove_inclusion(index, tree.size, reader)
            check_inclusion(hash_leaf(row["leaf"]), index, tree.size, path, tree.root)
            progress(expected - told.first, told.last - told.first + 1)
        expected += 1
    if expected != told.last + 1:
        raise BadArchive(folder, f"清单所列的事件到第 {told.last} 个，文件中只到第 {expected - 1} 个")
    is_whole = _check_edges(archive, tree.size, tree.root, reader)
    progress(told.last - told.first + 1, told.last - told.first + 1)
    end = "其后的第一个事件已在次年。" if is_whole else "检查点到此为止，其后的事件不在其中。"
    checked = (
        f"{told.year} 年的 {told.last - told.first + 1:,} 个事件（第 {told.first:,} 至 {told.last:,} 个）逐条重算哈希，"
        f"经瓦片通向检查点的根，记录时间只增不减。{end}",
        f"{parts:,} 个密封部分与各自事件中的摘要一致。",
        *told_of(believed),
    )
    unproven = UNPROVEN if is_whole else (*UNPROVEN, f"不证明 {told.year} 年在检查点之后没有别的事件。")
    return Verdict("archive", tree, checked, unproven)


def _leaf(row: dict[str, Any], where: str) -> dict[str, Any]:
    """A leaf, and that the columns beside it say what it says."""
    leaf = read_leaf(row["leaf"] or b"", where)
    said = (leaf["stream"], leaf["version"], leaf["event"].get("type"), leaf["recorded_at"])
    if said != (row["stream"], row["version"], row["type"], row["recorded_at"]):
        raise Unverified(where, "各列与事件本身不符")
    return leaf


def _check_part(row: dict[str, Any], digest: str | None, where: str) -> bool:
    salt, ciphertext = row["salt"], row["ciphertext"]
    if salt is None or ciphertext is None:
        if digest is not None or salt is not ciphertext:
            raise Unverified(where, "缺少密封部分")
        return False
    if digest is None or b64encode(hashlib.sha256(salt + ciphertext).digest()).decode() != digest:
        raise Unverified(where, "密封部分与事件中的摘要不符")
    return True


def _check_in_tile(archive: Archive, index: int, size: int, leaf: bytes, where: str) -> None:
    tile = tile_at(size, 0, index // TILE_WIDTH)
    assert tile is not None, "a leaf of the tree stands in a tile"
    begin = index % TILE_WIDTH * HASH_SIZE
    if archive.read_tile(tile)[begin:begin + HASH_SIZE] != hash_leaf(leaf):
        raise Unverified(where, "其哈希与瓦片中的不符")


def _check_edges(archive: Archive, size: int, root: bytes, reader: TileHashes) -> bool:
    """The leaves at both edges: proved, and outside of the year. False where the checkpoint ends with the year."""
    told = archive.manifest
    wanted = [at for at in (told.first - 1, told.last + 1) if 1 <= at <= size]
    rows = archive.edges()
    if [row["position"] for row in rows] != wanted:
        raise Unverified(str(archive.folder / EDGES), f"应为事件 {wanted}")
    for row in rows:
        where = f"归档边缘的事件 {row['position']}"
        recorded_at = _leaf(row, where)["recorded_at"]
        is_before = row["position"] < told.first
        if (recorded_at >= first_moment(told.year)) if is_before else (recorded_at < first_moment(told.year + 1)):
            raise Unverified(where, f"记录于 {told.year} 年之内：归档缺少了本年的事件")
        index = row["position"] - 1
        check_inclusion(hash_leaf(row["leaf"]), index, size, prove_inclusion(index, size, reader), root)
    return told.last < size
