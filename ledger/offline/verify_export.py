"""A whole export, verified: every line, every sealed part, the root of all leaves, the checkpoint that is signed.

`tests/ledger/test_verify.py` flips every byte.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ledger.offline.verdict import UNPROVEN, Progress, Unverified, Verdict
from ledger.offline.verify_checkpoint import told_of
from ledger.offline.verify_leaf import read_json, read_leaf
from ledger.proof.frontier import Frontier
from ledger.proof.merkle import hash_leaves
from ledger.proof.policy import Believed, Policy, believe
from ledger.proof.text import Malformed, decode_base64, show

EXPORT_FORMAT: Final = "xueshi-export/1"
SALT_BYTES: Final = 16  # Of fixed length, so that no byte can move between salt and ciphertext.
_SEALED: Final = ("salt", "ciphertext")
_PORTION: Final = 65_536


def verify_export(path: Path, policy: Policy, *, progress: Progress = lambda done, total: None) -> Verdict:
    """Check a whole export: every line, every sealed part, the root of all leaves, the checkpoint."""
    frontier, digest, parts, redacted = Frontier(), hashlib.sha256(), 0, 0
    portion: list[bytes] = []
    origin, size = "", -1
    last: dict[str, Any] | None = None
    previous = 0
    for number, (line, value) in enumerate(_lines(path), 1):
        if last is not None:
            raise Unverified(f"第 {number} 行", "在结尾行之后还有内容")
        if "checkpoint" in value:
            _demand_keys(value, number, {"checkpoint", "events", "sha256"})
            last = value
            continue
        digest.update(line)
        if number == 1:
            origin, size = _header(value)
            continue
        _demand_keys(value, number, {"leaf"}, {"leaf", *_SEALED})
        leaf = _text(value, "leaf", number)
        event = read_leaf(leaf, f"第 {number} 行")
        if event["recorded_at"] <= previous:
            raise Unverified(f"第 {number} 行", "记录时间没有晚于前一事件")
        previous = event["recorded_at"]
        has_part = "salt" in value
        if has_part:
            _check_sealed_part(value, event["sealed"], number)
        parts, redacted = parts + has_part, redacted + (not has_part and event["sealed"] is not None)
        portion.append(leaf)
        if len(portion) == _PORTION:
            frontier, portion = frontier.append(hash_leaves(portion))[0], []
            progress(frontier.size, size)
    frontier = frontier.append(hash_leaves(portion))[0]
    if last is None:
        raise Unverified(str(path), f"没有结尾行：文件在第 {frontier.size} 个事件之后被截断")
    believed = _conclude(last, policy, origin=origin, frontier=frontier, size=size, sha256=digest.hexdigest())
    progress(size, size)
    checked = (
        f"{size} 个事件逐条重算哈希，从第一条重建的根与检查点一致，记录时间只增不减。",
        f"{parts} 个密封部分与各自事件中的摘要一致" + (f"；{redacted} 个已遮盖，未随文件提供。" if redacted else "。"),
        *told_of(believed),
    )
    return Verdict("export", believed.checkpoint, checked, UNPROVEN)


def _lines(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            where = f"第 {number} 行"
            if not line.endswith(b"\n"):
                raise Unverified(where, "不完整：文件可能被截断")
            value = read_json(line[:-1], where, "该行")
            if not isinstance(value, dict):
                raise Unverified(where, "不是 JSON 对象")
            yield line, value


def _header(value: dict[str, Any]) -> tuple[str, int]:
    _demand_keys(value, 1, {"format", "origin", "size"})
    origin, size = value["origin"], value["size"]
    if value["format"] != EXPORT_FORMAT or not isinstance(origin, str) or type(size) is not int or size < 0:
        raise Unverified("第 1 行", f"不是 {EXPORT_FORMAT} 的首行")
    return origin, size


def _demand_keys(value: dict[str, Any], number: int, *allowed: set[str]) -> None:
    """Nothing may ride along that nobody checks."""
    if value.keys() not in allowed:
        raise Unverified(f"第 {number} 行", f"所含各项应为 {'、'.join(sorted(allowed[-1]))}")


def _text(value: dict[str, Any], name: str, number: int) -> bytes:
    text = value[name]
    if not isinstance(text, str):
        raise Unverified(f"第 {number} 行", f"{name} 不是文本")
    return text.encode()  # Its line was written again: there is no lone surrogate in it.


def _check_sealed_part(value: dict[str, Any], digest: str | None, number: int) -> None:
    where = f"第 {number} 行"
    if digest is None:
        raise Unverified(where, "事件没有密封部分，文件却附带一个")
    salt, ciphertext = (
        decode_base64(_text(value, name, number).decode(), f"{where}的 {name}", Malformed) for name in _SEALED
    )
    if len(salt) != SALT_BYTES or b64encode(hashlib.sha256(salt + ciphertext).digest()).decode() != digest:
        raise Unverified(where, "密封部分与事件中的摘要不符")


def _conclude(
    last: dict[str, Any], policy: Policy, *, origin: str, frontier: Frontier, size: int, sha256: str
) -> Believed:
    where = "结尾行"
    if last["sha256"] != sha256:
        raise Unverified(where, f"以上各行的 SHA-256 是 {sha256}，与所记不符")
    if type(last["events"]) is not int or not size == last["events"] == frontier.size:
        raise Unverified(where, f"首行称 {size} 个事件，实有 {frontier.size} 个")
    note = last["checkpoint"]
    if not isinstance(note, str):
        raise Unverified(where, "检查点不是文本")
    believed = believe(note.encode(), policy)
    if believed.checkpoint.origin != origin:
        raise Unverified(where, f"首行称 {show(origin)}，检查点是 {show(believed.checkpoint.origin)}")
    if believed.checkpoint.size != size or believed.checkpoint.root != frontier.root():
        raise Unverified(where, f"重建的根是 {frontier.root().hex()}，检查点是 {believed.checkpoint.root.hex()}")
    return believed
