"""The verifier of what stands for a whole log: a checkpoint with those who saw it, and the proof that there are two.

`tests/witness/test_verify_checkpoint.py` shows it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from ledger.errors import LedgerError
from ledger.offline.verdict import Verdict
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.proof.policy import Believed, Policy, believe
from ledger.proof.text import encode_base64
from ledger.witnessing.fork import check_fork, parse_fork

CHECKPOINT_BYTES_MAX: Final = 512 * 1024
_LOCAL: Final = timezone(timedelta(hours=8))

_UNPROVEN_OF_CHECKPOINT: Final = (
    "不证明登记的内容属实：只证明登记机构在这个大小下只有这一种历史。",
    "不证明某一项在其中：请另验那一项的证明。",
)
_UNPROVEN_OF_FORK: Final = (
    "不证明两种历史中哪一种是真的，也不证明是谁、为何改动：只证明持有该日志密钥的一方签署了互相矛盾的两种历史。",
)


def looks_like_checkpoint(data: bytes) -> bool:
    """Whether a file is a signed note whose text is a checkpoint."""
    try:
        parse_checkpoint(parse_note(data)[0])
    except LedgerError:
        return False
    return True


def verify_checkpoint(data: bytes, policy: Policy) -> Verdict:
    """Check a checkpoint by itself: the log's signature, and as many witnesses as the policy asks for."""
    believed = believe(data, policy)
    tree = believed.checkpoint
    checked = (*told_of(believed), f"根是 {encode_base64(tree.root)}。")
    return Verdict("checkpoint", tree, checked, _UNPROVEN_OF_CHECKPOINT)


def verify_fork(data: bytes, policy: Policy) -> Verdict:
    """Check that a log has two histories: both are signed by it, and neither extends the other."""
    found = check_fork(parse_fork(data), policy)
    older, newer = found.older, found.newer
    if older.size == newer.size:
        roots = "，另一个的根是 ".join(encode_base64(each.root) for each in (older, newer))
        how = f"同为 {older.size} 条，一个的根是 {roots}。"
    else:
        how = (f"{newer.size} 条的检查点在 {older.size} 条处的根已证明是 {encode_base64(found.root)}，"
               f"而另一个检查点称 {older.size} 条的根是 {encode_base64(older.root)}。")
    checked = (f"日志 {older.origin} 签署了两个互相矛盾的检查点，两个签名都由所给公钥验明。", how,
               "一棵树在一个大小下只有一个根：这个日志有两种历史，分叉成立。")
    return Verdict("fork", newer, checked, _UNPROVEN_OF_FORK)


def told_of(believed: Believed) -> tuple[str, ...]:
    """Who signed a checkpoint, and when each witness saw it, in words for people."""
    tree = believed.checkpoint
    return (f"检查点（{tree.origin}，{tree.size} 条）由所给公钥签名。",
            *(f"见证人 {name} 已联署，所记时间 {_local(believed.seen[name])}。" for name in sorted(believed.seen)))


def _local(seconds: int) -> str:
    """A witness's time at +08:00; one that no calendar has is told as it stands."""
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone(_LOCAL).isoformat(sep=" ", timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return f"（POSIX {seconds} 秒）"
