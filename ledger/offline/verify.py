"""The verifier: checks a statement, a proof, an export or a case's bundle offline, says what it checked and what not.

It needs the standard library and one signature library, reads no settings and opens no store, so that a sceptic can
read all of it. Nothing it reads is believed before it is checked: the leaf is hashed as it stands, the proof leads
from that hash to a root, the root stands in a checkpoint, the checkpoint is signed by a key that the caller brought.

`tests/ledger/test_verify.py` and `tests/ledger/test_verify_statement.py` flip every byte.
Bundles are `ledger.offline.verify_case`'s, exports `ledger.offline.verify_export`'s.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

from ledger.errors import LedgerError
from ledger.offline.other_kinds import other_kind
from ledger.offline.plain_zip import looks_like_archive
from ledger.offline.statement_file import FILE_BYTES_MAX, SEPARATOR, looks_like_statement, number_in, parse_statement
from ledger.offline.verdict import UNPROVEN, OtherFile, Progress
from ledger.offline.verdict import Unverified as Unverified  # By this name readers know them, wherever they stand.
from ledger.offline.verdict import Verdict as Verdict
from ledger.offline.verify_case import verify_case
from ledger.offline.verify_checkpoint import (
    CHECKPOINT_BYTES_MAX,
    looks_like_checkpoint,
    told_of,
    verify_checkpoint,
    verify_fork,
)
from ledger.offline.verify_export import EXPORT_FORMAT, verify_export
from ledger.offline.verify_leaf import read_leaf as read_leaf
from ledger.offline.verify_map import (
    UNPROVEN_HOURS,
    UNPROVEN_IF_COMPLETE,
    UNPROVEN_IF_NOT,
    check_completeness,
    demand_none,
    told,
)
from ledger.offline.verify_pdf import HEADER as PDF_HEADER
from ledger.offline.verify_pdf import PDF_BYTES_MAX, UNPROVEN_OF_PDF, open_pdf
from ledger.offline.year_line import HEADER as YEAR_LINE_HEADER
from ledger.offline.year_line import LINE_BYTES_MAX, verify_line
from ledger.proof.bundle import HEADER, parse_bundle, verify_bundle
from ledger.proof.keys import parse_vkey
from ledger.proof.merkle import hash_leaf
from ledger.proof.policy import Policy, parse_policy, trust
from ledger.proof.text import show
from ledger.witnessing.fork import FORK_BYTES_MAX
from ledger.witnessing.fork import HEADER as FORK_HEADER

STATEMENT_EVENT: Final = "statement.issued/1"
CONTINUED_EVENT: Final = "log.continued/1"
_LOCAL: Final = timezone(timedelta(hours=8))
_LAWS: Final = {"then": "各日期当时有效的细则", "now": "出具时现行的细则"}
"""In words what an event says in a code; rules of one's own choice are named as they are."""


class NoKey(LedgerError):
    """What the caller trusts cannot be read: neither a key line nor a file of keys or a policy."""

    code: ClassVar[str] = "key_absent"

    def __init__(self, key: str) -> None:
        super().__init__(f"{show(key)} 里没有公钥。请给出 vkey 一行，或存有公钥或核验策略的文件的路径。")


UNPROVEN_OF_STATEMENT: Final = (
    UNPROVEN[0],
    "不证明此后没有更正、撤销，也不证明本表没有被取代或作废：请凭核验码向登记机构查询现状。",
)


def policy_of(key: str) -> Policy:
    """Read what the caller trusts: a vkey line, or the path of a file that holds such lines or a policy.

    Raises OSError where there is no such file.
    """
    try:
        data = Path(key).read_bytes()
    except (OSError, ValueError):  # ValueError: a NUL can stand in no path.
        if "+" not in key:
            raise
        return trust(parse_vkey(key))
    if b"quorum" in data:
        return parse_policy(data)
    keys = [parse_vkey(line) for line in data.splitlines() if line.strip()]
    if not keys:
        raise NoKey(key)
    return trust(*keys)


def verify_file(
    path: Path, policy: Policy, *, roots: bytes | None = None, progress: Progress = lambda done, total: None
) -> Verdict:
    """Check a file of any kind that we hand out; raises the reason when it does not hold, OSError where it is not read.

    `roots` are the certificates of time-stamping authorities: by them the time-stamps in a case's bundle are checked.
    """
    if path.is_dir():
        from ledger.offline.verify_archive import verify_archive  # Of Parquet, which the rest does without.

        return verify_archive(path, policy, progress=progress)
    with path.open("rb") as file:
        head = file.read(len(HEADER) + 1)  # The longest of those that are looked for.
    if not head:
        raise Unverified(str(path), "是空文件，没有可以核验的内容")
    if head.startswith(HEADER.encode()):
        return verify_proof(path.read_bytes(), policy)
    if head.startswith(FORK_HEADER.encode()):
        with path.open("rb") as file:
            return verify_fork(file.read(FORK_BYTES_MAX + 1), policy)
    if head.startswith(YEAR_LINE_HEADER.encode()):
        with path.open("rb") as file:
            return verify_line(file.read(LINE_BYTES_MAX + 1), policy, verify_proof)
    if looks_like_archive(head):
        return verify_case(path, policy, roots=roots, progress=progress)
    if head.startswith(b"{"):
        return verify_export(path, policy, progress=progress)
    if head.startswith(PDF_HEADER):
        with path.open("rb") as file:
            return verify_sealed(file.read(PDF_BYTES_MAX + 1), policy)
    with path.open("rb") as file:
        data = file.read(FILE_BYTES_MAX + 1)
    if len(data) <= FILE_BYTES_MAX and looks_like_statement(data):
        return verify_statement(data, policy)
    if len(data) <= CHECKPOINT_BYTES_MAX and looks_like_checkpoint(data):
        return verify_checkpoint(data, policy)
    found = f"不认识的文件：既不是 {HEADER}、检查点、{EXPORT_FORMAT}、移送材料，也没有登记情况表的分隔行 {SEPARATOR}"
    raise OtherFile(str(path), other_kind(data) or found)


def verify_statement(data: bytes, policy: Policy) -> Verdict:
    """Check a statement: the proof of its event, the text against what the event says of it, then its completeness."""
    parts = parse_statement(data)
    proof = verify_proof(parts.bundle, policy)
    (event,) = proof.events
    issued = _issued(event, f"事件 {event['position']}")
    digest = hashlib.sha256(parts.text).hexdigest()
    if issued.sha256 != digest:
        own = number_in(parts.text.decode())
        is_own = own in (None, issued.statement)
        whose = "正文被改动" if is_own else f"所附证明是另一份 {issued.statement} 的，不是正文自称的 {own}"
        raise Unverified("登记情况表正文", f"{whose}，凭核验码 {issued.code} 可查原件现状"
                         f"（SHA-256 是 {digest}，出具时是 {issued.sha256}）")
    checked = (
        f"正文 {parts.text.count(10)} 行 {len(parts.text)} 字节，与事件 {event['position']} 所记的 SHA-256 一致。",
        f"这是登记机构于 {issued.at} 为 {issued.person} 出具的登记情况表 {issued.statement}，核验码 {issued.code}。",
        f"所依据的是截至第 {issued.as_of} 个事件的记录，规则口径：{_LAWS.get(issued.law, issued.law)}，"
        f"年度 {issued.years}。",
    )
    if parts.completeness is None:
        demand_none(parts.text)
        unproven = (*UNPROVEN_OF_STATEMENT, UNPROVEN_IF_NOT, UNPROVEN_HOURS)
        return Verdict("statement", proof.checkpoint, (*checked, *proof.checked), unproven, proof.events,
                       text=parts.text.decode(), note=proof.note)
    mapped = verify_proof(parts.completeness.bundle, policy)
    complete = check_completeness(
        parts.text, parts.completeness, proof, mapped, person=issued.person, as_of=issued.as_of)
    return Verdict(
        "statement", proof.checkpoint, (*checked, *told(complete, issued.person), *proof.checked),
        (*UNPROVEN_OF_STATEMENT, UNPROVEN_IF_COMPLETE, UNPROVEN_HOURS), (*proof.events, *mapped.events), complete,
        parts.text.decode(), proof.note)


def verify_sealed(data: bytes, policy: Policy) -> Verdict:
    """Check a statement as PDF: its seal, then the statement in it."""
    sealed = open_pdf(data, policy)
    found = verify_statement(sealed.file, policy)
    if found.checkpoint.origin != sealed.origin:  # Whoever trusts two logs need not trust one with the other's paper.
        raise Unverified("PDF 的电子签章", "印章与正文不属于同一个日志")
    told = (
        f"PDF 全文 {len(data)} 字节由 {sealed.origin} 的印章签署（SHA-256 {sealed.sha256}），签署之后没有改动；"
        "该印章由所给公钥指明。",
        "PDF 所附的文件就是登记情况表的正文和证明，以下各项按它核验。",
    )
    return replace(found, checked=(*told, *found.checked), unproven=(*found.unproven, UNPROVEN_OF_PDF))


def verify_proof(data: bytes, policy: Policy) -> Verdict:
    """Check a bundle whose `extra` is the leaf that it proves."""
    bundle = parse_bundle(data)
    if not bundle.extra:
        raise Unverified("证明文件", "没有附带事件本身（extra 行），无从计算它的哈希")
    event = read_leaf(bundle.extra, f"事件 {bundle.index + 1}")
    believed = verify_bundle(bundle, hash_leaf(bundle.extra), policy)
    checked = (
        f"事件 {bundle.index + 1} 的字节与其哈希一致，路径（{len(bundle.hashes)} 个哈希）通向检查点的根。",
        *told_of(believed),
        *_continuation(event["event"], f"事件 {bundle.index + 1}"),
    )
    return Verdict("proof", believed.checkpoint, checked, UNPROVEN, ({"position": bundle.index + 1, **event},),
                   note=bundle.checkpoint)


class _Issued(NamedTuple):
    """What an event says of the statement that it issues, in words for people."""

    statement: str
    person: str
    sha256: str
    code: str
    as_of: int
    law: str
    years: str
    at: str


def _issued(leaf: dict[str, Any], where: str) -> _Issued:
    """Read the event of a statement; each part that is told is demanded first."""
    event, kinds = leaf["event"], {"as_of": int, "years": list}
    if event.get("type") != STATEMENT_EVENT:
        raise Unverified(where, f"是 {show(str(event.get('type')))}，不是 {STATEMENT_EVENT}：这份证明不是登记情况表的")
    told = {name: event.get(name) for name in ("statement", "person", "sha256", "code", "as_of", "law", "years")}
    wrong = [name for name, value in told.items() if type(value) is not kinds.get(name, str)]
    if wrong or not all(type(year) is int for year in told["years"]):
        raise Unverified(where, f"{'、'.join(wrong) or 'years'} 不成形")
    if told["statement"] != leaf["stream"] or not 1 <= told["as_of"] < leaf["position"]:
        raise Unverified(where, "编号与流不符，或所依据的位置不在它之前")
    told["years"] = "、".join(map(str, told["years"]))
    told["code"] = "-".join(told["code"][start:start + 4] for start in range(0, len(told["code"]), 4))
    return _Issued(**told, at=_local_time(leaf["recorded_at"], where))


def _continuation(event: dict[str, Any], where: str) -> tuple[str, ...]:
    """What an event says of the log's names, in words for people."""
    if event.get("type") != CONTINUED_EVENT:
        return ()
    told = {name: event.get(name) for name in ("origin", "continues", "seen_size", "size")}
    kinds = {"seen_size": int, "size": int}
    if wrong := [name for name, value in told.items() if type(value) is not kinds.get(name, str)]:
        raise Unverified(where, f"{'、'.join(wrong)} 不成形")
    return (
        f"日志 {show(str(told['continues']))} 从此以 {show(str(told['origin']))} 之名继续：旧名称下最后见到的检查点有 "
        f"{told['seen_size']} 条，继续时实有 {told['size']} 条；旧名称下签发的文件仍以旧公钥核验。",
    )


def _local_time(microseconds: int, where: str) -> str:
    try:
        time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
        return time.astimezone(_LOCAL).isoformat(sep=" ", timespec="seconds")
    except OverflowError as error:
        raise Unverified(where, "记录时间不成形") from error
