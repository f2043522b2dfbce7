"""The proof that a log has two histories: two checkpoints that it signed and of which neither extends the other.

    xueshi-fork/1
    older <bytes>
    newer <bytes>
    [root <base64>]           of the newer tree, at the older one's size
    *(<base64 hash>)          that the newer tree grew from that root

    <older note, verbatim><newer note, verbatim>

Of two checkpoints of one size nothing more is needed than that their roots differ. Else the root at the older size is
given and proven to be the newer tree's: a tree has one root at each size, and the log signed another. Whoever holds
the log's public key can check it; no witness need be believed.

`tests/witness/test_fork.py` shows it and flips each byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.errors import LedgerError
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.merkle import HASH_SIZE, HashReader, check_consistency, prove_consistency
from ledger.proof.notes import NoteVerifier, open_note, parse_note
from ledger.proof.policy import Policy, UntrustedLog
from ledger.proof.text import (
    Malformed,
    decode_base64,
    encode_base64,
    in_file_name,
    parse_decimal,
    read_text,
    show,
)

HEADER: Final = "xueshi-fork/1"
FORK_BYTES_MAX: Final = 1024 * 1024
_HASHES_MAX: Final = 63


class MalformedFork(Malformed):
    """The file is not the proof of a fork."""

    code: ClassVar[str] = "fork_malformed"


class NoFork(LedgerError):
    """Both checkpoints may well be of one history: nothing is proven against the log."""

    code: ClassVar[str] = "fork_unproven"

    def __init__(self, reason: str) -> None:
        super().__init__(f"未证明分叉：{reason}。请保留两个检查点，并向登记机构索取其间的一致性证明。")


@dataclass(frozen=True, slots=True)
class Fork:
    """Two notes of one log, the smaller first, and of unequal sizes what shows that they contradict."""

    older: bytes
    newer: bytes
    root: bytes | None = None
    hashes: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Forked:
    """What a proof of a fork says once it holds."""

    older: Checkpoint
    newer: Checkpoint
    root: bytes


def prove_fork(one: bytes, other: bytes, reader: HashReader, root_at: bytes) -> Fork | None:
    """Put together what two notes contradict each other in, or None where they do not.

    `reader` reads the tree of the larger one, `root_at` is its root at the smaller one's size.
    """
    older, newer = sorted((one, other), key=lambda note: _checkpoint(note).size)
    small, large = _checkpoint(older), _checkpoint(newer)
    if small.size == large.size:
        return Fork(older, newer) if small.root != large.root else None
    if small.root == root_at:
        return None
    return Fork(older, newer, root_at, tuple(prove_consistency(small.size, large.size, reader)))


def same_size_fork(one: bytes, other: bytes) -> Fork | None:
    """The fork that two notes prove by themselves, if they do."""
    first, second = _checkpoint(one), _checkpoint(other)
    is_fork = (first.origin, first.size) == (second.origin, second.size) and first.root != second.root
    return Fork(one, other) if is_fork else None


def check_fork(fork: Fork, policy: Policy) -> Forked:
    """See that a log which the policy trusts signed both, and that they contradict; raises the reason."""
    older, newer = (_opened(note, policy) for note in (fork.older, fork.newer))
    if older.origin != newer.origin:
        raise NoFork(f"两个检查点属于不同的日志（{show(older.origin)}、{show(newer.origin)}）")
    if older.size == newer.size:
        if fork.root is not None or fork.hashes:
            raise MalformedFork("分叉证明", "两个检查点大小相同，不应再有 root 行和哈希")
        if older.root == newer.root:
            raise NoFork("两个检查点相同")
        return Forked(older, newer, newer.root)
    if older.size > newer.size or fork.root is None:
        raise MalformedFork("分叉证明", "较小的检查点应在前；大小不同时应有 root 行")
    check_consistency(older.size, newer.size, fork.hashes, fork.root, newer.root)
    if fork.root == older.root:
        raise NoFork("较大的检查点正是较小的检查点的延续")
    return Forked(older, newer, fork.root)


def file_name(origin: str, event: int) -> str:
    """What a file of it is called: whose two histories they are, and which event here keeps them."""
    return f"fork-{in_file_name(origin)}-{event}.fork"


def format_fork(fork: Fork) -> bytes:
    """The proof as a file."""
    lines = [HEADER, f"older {len(fork.older)}", f"newer {len(fork.newer)}"]
    if fork.root is not None:
        lines += [f"root {encode_base64(fork.root)}", *map(encode_base64, fork.hashes)]
    return "".join(f"{line}\n" for line in [*lines, ""]).encode() + fork.older + fork.newer


def parse_fork(data: bytes) -> Fork:
    """Read a proof; the notes stay bytes until a policy opens them."""
    where = "分叉证明"
    if len(data) > FORK_BYTES_MAX:
        raise MalformedFork(where, f"有 {len(data)} 字节，最多 {FORK_BYTES_MAX} 字节")
    head, blank, _ = read_text(data, where, MalformedFork).partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != HEADER:
        raise MalformedFork(where, f"首行应为 {HEADER}")
    if not blank or len(lines) < 2:
        raise MalformedFork(where, "缺少 older、newer 两行，或其后的空行，文件可能被截断")
    first, second = (_length(line, word) for line, word in zip(lines, ("older", "newer"), strict=False))
    notes = data[len(head.encode()) + 2:]
    if len(notes) != first + second:
        raise MalformedFork(where, f"两个检查点共 {len(notes)} 字节，首部称 {first + second} 字节")
    root, hashes = None, lines[2:]
    if hashes:
        if not hashes[0].startswith("root "):
            raise MalformedFork(where, f"应有 root 行，却是 {show(hashes[0])}")
        root = decode_base64(hashes.pop(0).removeprefix("root "), f"{where}的 root 行", MalformedFork, length=HASH_SIZE)
    if len(hashes) > _HASHES_MAX:
        raise MalformedFork(where, f"有 {len(hashes)} 个哈希，最多 {_HASHES_MAX} 个")
    proof = tuple(decode_base64(line, f"{where}的第 {place} 个哈希", MalformedFork, length=HASH_SIZE)
                  for place, line in enumerate(hashes, 1))
    return Fork(notes[:first], notes[first:], root, proof)


def _length(line: str, word: str) -> int:
    if not line.startswith(f"{word} "):
        raise MalformedFork("分叉证明", f"应有 {word} 行，却是 {show(line)}")
    return parse_decimal(line.removeprefix(f"{word} "), f"分叉证明的 {word} 行", MalformedFork)


def _opened(note: bytes, policy: Policy) -> Checkpoint:
    """A checkpoint that a trusted log signed; how many witnesses saw it does not matter here."""
    verifiers = [NoteVerifier(log.key) for log in policy.logs]
    opened = open_note(note, verifiers)
    checkpoint = parse_checkpoint(opened.text)
    if checkpoint.origin not in {signature.name for signature in opened.verified}:
        raise UntrustedLog(checkpoint.origin, [verifier.name for verifier in verifiers])
    return checkpoint


def _checkpoint(note: bytes) -> Checkpoint:
    return parse_checkpoint(parse_note(note)[0])
