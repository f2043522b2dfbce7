"""The verifier: checks a proof or an export offline, and says what it checked and what that does not prove.

It needs the standard library and one signature library, reads no settings and opens no store, so that a sceptic can
read all of it. Nothing it reads is believed before it is checked: the leaf is hashed as it stands, the proof leads
from that hash to a root, the root stands in a checkpoint, the checkpoint is signed by a key that the caller brought.

`tests/ledger/test_verify.py` flips every byte.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from ledger.errors import LedgerError
from ledger.proof.bundle import HEADER, parse_bundle, verify_bundle
from ledger.proof.checkpoint import Checkpoint
from ledger.proof.frontier import Frontier
from ledger.proof.keys import parse_vkey
from ledger.proof.merkle import hash_leaf, hash_leaves
from ledger.proof.policy import Believed, Policy, believe, parse_policy, trust

FORMAT: Final = "xueshi/1"
EXPORT_FORMAT: Final = "xueshi-export/1"
_PORTION: Final = 65_536
Progress = Callable[[int, int], None]


class Unverified(LedgerError):
    """The file does not hold: what was found where."""

    code: ClassVar[str] = "unverified"

    def __init__(self, where: str, found: str) -> None:
        self.where, self.found = where, found
        super().__init__(f"{where}：{found}。这份文件不是登记机构签发的原件，或已被改动；请保留它作为证据，并重新索取。")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was checked, in words for people, and what it does not prove."""

    kind: str
    checkpoint: Checkpoint
    checked: tuple[str, ...]
    unproven: tuple[str, ...]
    events: tuple[dict[str, Any], ...] = field(default=())


_UNPROVEN: Final = (
    "不证明登记的内容属实：只证明登记机构在当时确实如此登记，此后未被改动。",
    "不证明此后没有更正或撤销：请以最新的检查点或公开核验页为准。",
)


def policy_of(key: str) -> Policy:
    """Read what the caller trusts: a vkey line, or the path of a file that holds one or a policy."""
    path = Path(key)
    if "+" in key and not path.exists():
        return trust(parse_vkey(key))
    data = path.read_bytes()
    if b"quorum" in data:
        return parse_policy(data)
    return trust(*(parse_vkey(line) for line in data.decode("utf-8", "replace").splitlines() if line.strip()))


def verify_file(path: Path, policy: Policy, *, progress: Progress = lambda done, total: None) -> Verdict:
    """Check a file of any kind that we hand out; raises the reason when it does not hold."""
    with path.open("rb") as file:
        head = file.read(len(HEADER) + 1)
    if head.startswith(HEADER.encode()):
        return verify_proof(path.read_bytes(), policy)
    if head.startswith(b"{"):
        return verify_export(path, policy, progress=progress)
    raise Unverified(str(path), f"不认识的文件：既不是 {HEADER}，也不是 {EXPORT_FORMAT}")


def verify_proof(data: bytes, policy: Policy) -> Verdict:
    """Check a bundle whose `extra` is the leaf that it proves."""
    bundle = parse_bundle(data)
    if not bundle.extra:
        raise Unverified("证明文件", "没有附带事件本身（extra 行），无从计算它的哈希")
    event = read_leaf(bundle.extra, f"事件 {bundle.index + 1}")
    believed = verify_bundle(bundle, hash_leaf(bundle.extra), policy)
    checked = (
        f"事件 {bundle.index + 1} 的字节与其哈希一致，路径（{len(bundle.hashes)} 个哈希）通向检查点的根。",
        *_signatures(believed),
    )
    return Verdict("proof", believed.checkpoint, checked, _UNPROVEN, ({"position": bundle.index + 1, **event},))


def verify_export(path: Path, policy: Policy, *, progress: Progress = lambda done, total: None) -> Verdict:
    """Check a whole export: every line, every sealed part, the root of all leaves, the checkpoint."""
    frontier, digest, parts, redacted = Frontier(), hashlib.sha256(), 0, 0
    portion: list[bytes] = []
    size = -1
    last: dict[str, Any] | None = None
    previous = 0
    for number, (line, value) in enumerate(_lines(path), 1):
        if last is not None:
            raise Unverified(f"第 {number} 行", "在结尾行之后还有内容")
        if "checkpoint" in value:
            last = value
            continue
        digest.update(line)
        if number == 1:
            size = _header(value)
            continue
        leaf = _text(value, "leaf", number).encode()
        event = read_leaf(leaf, f"第 {number} 行")
        if event["recorded_at"] <= previous:
            raise Unverified(f"第 {number} 行", "记录时间没有晚于前一事件")
        previous = event["recorded_at"]
        has_part = _sealed_part(value, event["sealed"], number)
        parts, redacted = parts + has_part, redacted + (not has_part and event["sealed"] is not None)
        portion.append(leaf)
        if len(portion) == _PORTION:
            frontier, portion = frontier.append(hash_leaves(portion))[0], []
            progress(frontier.size, size)
    frontier = frontier.append(hash_leaves(portion))[0]
    if last is None:
        raise Unverified(str(path), f"没有结尾行：文件在第 {frontier.size} 个事件之后被截断")
    believed = _conclude(last, policy, frontier=frontier, size=size, sha256=digest.hexdigest())
    progress(size, size)
    checked = (
        f"{size} 个事件逐条重算哈希，从第一条重建的根与检查点一致，记录时间只增不减。",
        f"{parts} 个密封部分与各自事件中的摘要一致" + (f"；{redacted} 个已遮盖，未随文件提供。" if redacted else "。"),
        *_signatures(believed),
    )
    return Verdict("export", believed.checkpoint, checked, _UNPROVEN)


def read_leaf(leaf: bytes, where: str) -> dict[str, Any]:
    """Read a leaf with the standard library alone, after checking its form."""
    try:
        value = json.loads(leaf)
    except (UnicodeDecodeError, ValueError) as error:
        raise Unverified(where, "事件不是 JSON") from error
    if not isinstance(value, list) or len(value) != 9 or value[0] != FORMAT or not isinstance(value[7], dict):
        raise Unverified(where, f"不是 {FORMAT} 信封")
    if json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() != leaf:
        raise Unverified(where, "不是规范写法：两个读者可能读出不同的内容")
    _, stream, version, recorded_at, subjects, _salt, by, event, sealed = value
    if not isinstance(recorded_at, int):
        raise Unverified(where, "记录时间不是整数")
    return {"stream": stream, "version": version, "recorded_at": recorded_at, "subjects": subjects, "by": by,
            "event": event, "sealed": sealed}


def _lines(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                value = json.loads(line)
            except (UnicodeDecodeError, ValueError) as error:
                raise Unverified(f"第 {number} 行", "不是 JSON") from error
            if not isinstance(value, dict) or not line.endswith(b"\n"):
                raise Unverified(f"第 {number} 行", "不是完整的一行 JSON 对象")
            yield line, value


def _header(value: dict[str, Any]) -> int:
    size = value.get("size")
    if value.get("format") != EXPORT_FORMAT or not isinstance(size, int) or size < 0:
        raise Unverified("第 1 行", f"不是 {EXPORT_FORMAT} 的首行")
    return size


def _text(value: dict[str, Any], name: str, number: int) -> str:
    text = value.get(name)
    if not isinstance(text, str):
        raise Unverified(f"第 {number} 行", f"缺少 {name}")
    return text


def _sealed_part(value: dict[str, Any], digest: str | None, number: int) -> bool:
    if "salt" not in value and "ciphertext" not in value:
        return False
    if digest is None:
        raise Unverified(f"第 {number} 行", "事件没有密封部分，文件却附带一个")
    try:
        salt = b64decode(_text(value, "salt", number), validate=True)
        ciphertext = b64decode(_text(value, "ciphertext", number), validate=True)
        found, expected = hashlib.sha256(salt + ciphertext).digest(), b64decode(digest, validate=True)
    except ValueError as error:
        raise Unverified(f"第 {number} 行", "密封部分不是 base64") from error
    if found != expected:
        raise Unverified(f"第 {number} 行", "密封部分与事件中的摘要不符")
    return True


def _conclude(last: dict[str, Any], policy: Policy, *, frontier: Frontier, size: int, sha256: str) -> Believed:
    where = "结尾行"
    if last.get("sha256") != sha256:
        raise Unverified(where, f"以上各行的 SHA-256 是 {sha256}，与所记不符")
    if not size == last.get("events") == frontier.size:
        raise Unverified(where, f"首行称 {size} 个事件，实有 {frontier.size} 个")
    believed = believe(_text(last, "checkpoint", 0).encode(), policy)
    if believed.checkpoint.size != size or believed.checkpoint.root != frontier.root():
        raise Unverified(where, f"重建的根是 {frontier.root().hex()}，检查点是 {believed.checkpoint.root.hex()}")
    return believed


def _signatures(believed: Believed) -> tuple[str, ...]:
    tree = believed.checkpoint
    words = [f"检查点（{tree.origin}，{tree.size} 条）由所给公钥签名。"]
    words += [f"见证人 {name} 已联署。" for name in sorted(believed.seen)]
    return tuple(words)
