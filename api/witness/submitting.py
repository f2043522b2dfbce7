"""What the service does with its checkpoints: it shows each to its witnesses and keeps what they sign.

Nothing waits for a witness: a checkpoint is signed and handed out
as before, and once as many have cosigned it as the policy asks for it takes the place of the one before as that which
everybody is given. A witness that does not answer is asked less and less often; one that has seen more, or something
else, is asked what, and if this log's own key signed that, it must be extended from now on (`Signer.must_extend`): an
older copy thus stops before it makes a second history, and where there is one already it is proven and kept.

`tests/witness/test_submitting.py` shows it, `test_three_ledgers.py` with three that watch each other.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import structlog

from api.doctor.checks import Level
from api.terminal.exits import Exit, Stop
from api.witness.app import monitored_path
from api.witness.asking import TIMEOUT_S, Away, ask, is_address
from api.witness.rounds import Rounds
from ledger.errors import LedgerError
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.cosignature import CosignatureVerifier, read_time
from ledger.proof.notes import Signature, format_note, open_note, parse_note
from ledger.proof.policy import Policy, Witness, parse_policy
from ledger.proof.text import NUMBER_MAX, Malformed, parse_decimal
from ledger.proof.tiles import TileHashes
from ledger.proving import prove_growth
from ledger.signing.signer import Signer
from ledger.stores.recorder import AppendingRecorder
from ledger.witnessing.fork import format_fork, prove_fork
from ledger.witnessing.kept import Kept, seen_at, size_of
from ledger.witnessing.request import Request, format_request
from ledger.witnessing.witness import signatures_of

KIND: Final = "witness"
LATE_S: Final = 600
_LOOK_S: Final = 2
_TRIES: Final = 3


class _Failed(Exception):
    """A witness did not cosign: a stable word and the Chinese reason."""

    def __init__(self, code: str, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(reason)


class Submitter(Rounds):
    """Shows checkpoints to the witnesses of a policy."""

    kind, thread_name, back_off_s = KIND, "witnesses", 300

    def __init__(
        self, store: AppendingRecorder, signer: Signer, policy: Policy, kept: Kept, *,
        may: Callable[[], bool] = lambda: True, clock: Callable[[], int] = time.time_ns,
    ) -> None:
        super().__init__([each.name for each in policy.witnesses], kept, may=may, clock=clock)
        self._store, self._signer, self._policy = store, signer, policy
        self._text, self._given = b"", dict[str, Signature]()

    def look(self) -> None:
        """Ask once what the witnesses have seen, for a short while: an older copy stops before it records anything."""
        self._together(lambda witness: self._look(witness, timeout_s=_LOOK_S), list(self._policy.witnesses))

    def round(self) -> None:
        """Show the newest checkpoint to whoever has not cosigned it and may be asked again."""
        note = self._signer.published()
        if note is None:
            return
        text, signatures = parse_note(note)
        if text != self._text:
            self._text, self._given = text, {}
        due = [witness for witness in self._policy.witnesses
               if witness.name not in self._given and self._is_due(witness.name)]
        if not due:
            return
        with self._telling():
            self._together(lambda witness: self._show(witness, note), due)
            if self._given and self._policy.is_met(self._given):
                self._kept.keep_latest(format_note(text, [*signatures, *self._given.values()]))

    def check(self) -> tuple[Level, str, str]:
        """For `/readyz`: whether cosignatures come; that they do not stops nothing, so it is no failure."""
        return check(self._kept, self._signer, now_s=self._seconds())

    def _together(self, work: Callable[[Witness], object], witnesses: list[Witness]) -> None:
        """All at once, so that one that hangs delays the others by its own time at most."""
        if witnesses:
            with ThreadPoolExecutor(len(witnesses), thread_name_prefix="witness") as pool:
                list(pool.map(work, witnesses))

    def _show(self, witness: Witness, note: bytes) -> None:
        told = self._told[witness.name]
        try:
            signature = self._cosigned(witness, note, told.size)
        except (Away, _Failed) as error:
            self._failed(witness.name, error.code, error.reason)
            return
        self._given[witness.name] = signature
        self._answered(witness.name, size_of(note), read_time(signature.signature))

    def _cosigned(self, witness: Witness, note: bytes, old: int) -> Signature:
        size = size_of(note)
        if not is_address(witness.url):
            raise _Failed("no_address", "策略文件没有给出可用的网址")
        for _ in range(_TRIES):
            if old > size:
                self._examine(witness, note)
                raise _Failed("witness_ahead", f"见证人已见过 {old} 条，这里只有 {size} 条")
            body = format_request(Request(old, tuple(prove_growth(self._store, old, size)), note))
            answer = ask("POST", witness.url, "/add-checkpoint", body)
            if answer.status == 200:
                return _signature(witness, note, answer.body)
            if answer.status == 409:
                old = _size(answer.body)
                continue
            if answer.status == 422:
                self._examine(witness, note)
                raise _Failed("inconsistent", "见证人称这个检查点与它所见的不一致")
            raise _Failed(f"status_{answer.status}", _REASONS.get(answer.status, f"答复 {answer.status}"))
        raise _Failed("size_unsettled", "见证人所说的大小一再改变")

    def _look(self, witness: Witness, *, timeout_s: int = TIMEOUT_S) -> bytes | None:
        """What a witness last cosigned of this log, if this log's key signed it; then it must be extended."""
        if not is_address(witness.url):
            return None
        try:
            answer = ask("GET", witness.url, monitored_path(self._signer.origin), timeout_s=timeout_s)
        except Away:
            return None
        if answer.status != 200:
            return None
        try:
            self._signer.must_extend(answer.body)
        except LedgerError as error:
            structlog.get_logger().error("witness_told_otherwise", code=error.code)
            return None
        return answer.body

    def _examine(self, witness: Witness, note: bytes) -> None:
        """Find out what a witness has seen that this log does not extend; prove it where that can be proven."""
        seen = self._look(witness)
        if seen is None:
            return
        theirs, ours, held = _checkpoint(seen), _checkpoint(note), self._store.size()
        smaller, larger = sorted((theirs, ours), key=lambda checkpoint: checkpoint.size)
        if larger.size > held or self._store.frontier(larger.size).root() != larger.root:
            return  # Theirs is the longer tree, and not ours: only whoever has it can tell.
        root_at = self._store.frontier(smaller.size).root()
        if (fork := prove_fork(note, seen, TileHashes(self._store, larger.size), root_at)) is not None:
            path = self._kept.keep_fork(smaller.size, larger.size, format_fork(fork))
            structlog.get_logger().error("log_fork_proven", older=smaller.size, newer=larger.size, file=path.name)


_REASONS: Final = {
    400: "见证人称请求不成形", 403: "见证人不认识这个日志的密钥", 404: "见证人还没有登记这个日志：请把公钥交给其管理者",
    429: "见证人称请求太多",
}


def check(kept: Kept, signer: Signer, *, now_s: int) -> tuple[Level, str, str]:
    """Whether the newest checkpoint has its witnesses, or one that is not much older."""
    if forks := kept.forks():
        cure = "请保留证据并停止使用这一本：xueshi log forks"
        return Level.FAIL, f"日志有两种历史，已有 {len(forks)} 份证明", cure
    published, latest = signer.published(), kept.latest()
    failing = [one for one in kept.answering() if one.kind == KIND and one.code]
    late_s = 0 if latest is None else now_s - seen_at(latest)
    if published is not None and (latest is None or (size_of(latest) < size_of(published) and late_s > LATE_S)):
        words = "还没有检查点得到足够的见证人联署" if latest is None else f"见证人已有 {late_s} 秒没有足够的联署"
        return Level.WARN, words, "；".join(f"{one.name}：{one.reason}" for one in failing) or "请稍候"
    if failing:
        return Level.WARN, f"{len(failing)} 个见证人没有答复", "；".join(f"{one.name}：{one.reason}" for one in failing)
    return Level.OK, "见证人按时联署", ""


def read_policy(path: Path) -> Policy:
    """The policy that a setting names; what cannot be used is told with its line."""
    try:
        policy = parse_policy(path.read_bytes())
    except OSError as error:
        cure = "请核对设置 witnesses（相对的路径从启动服务的文件夹起，宜写绝对路径）；没有见证人时留空"
        told = f"读不出策略文件 {path.absolute()}（{error.strerror}）"
        raise Stop(Exit.BAD_INPUT, "policy_unreadable", told, cure) from None
    except LedgerError as error:
        raise Stop(Exit.BAD_INPUT, error.code, f"策略文件 {path} 不能用", str(error)) from None
    for witness in policy.witnesses:
        if witness.url and not is_address(witness.url):
            cure = "应为 http:// 或 https:// 开头，不带 ? 和 #"
            raise Stop(Exit.BAD_INPUT, "policy_malformed", f"策略文件 {path} 中 {witness.name} 的网址不能用", cure)
    return policy


def _signature(witness: Witness, note: bytes, body: bytes) -> Signature:
    """The witness's cosignature in its answer, verified; other lines are nobody's that we asked."""
    try:
        found = signatures_of(body.decode())
        text, _ = parse_note(note)
        verifier = CosignatureVerifier(witness.key)
        return open_note(format_note(text, found), [verifier]).verified[0]
    except (LedgerError, UnicodeDecodeError) as error:
        raise _Failed("bad_cosignature", "见证人的答复中没有它的有效联署") from error


def _size(body: bytes) -> int:
    try:
        size = parse_decimal(body.decode("ascii", "replace").removesuffix("\n"), "见证人的答复", Malformed)
    except Malformed as error:
        raise _Failed("bad_size", "见证人没有说出它所见的大小") from error
    assert size <= NUMBER_MAX
    return size


def _checkpoint(note: bytes) -> Checkpoint:
    return parse_checkpoint(parse_note(note)[0])
