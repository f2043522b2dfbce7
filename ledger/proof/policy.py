"""Trust policies: which logs are believed, and how many witnesses must have seen what they say.

    log <vkey> [url]                 witness <name> <vkey> [url]
    group <name> all|any|<k> <member>...                              quorum <name>|none

Text: C2SP tlog-policy. Items are separated by spaces and tabs, `#` starts a comment line, and names are
opaque octets: what is not UTF-8 is kept as surrogates and goes out as it came in.
`tests/ledger/proof/test_trust_policy.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.errors import LedgerError
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.cosignature import CosignatureVerifier, read_time
from ledger.proof.keys import KeyUnsupported, PublicKey, format_vkey, parse_vkey
from ledger.proof.notes import Note, NoteVerifier, open_note
from ledger.proof.text import Malformed, show

NONE: Final = "none"

_FORBIDDEN: Final = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_SPACE: Final = re.compile(r"[ \t]+")
_THRESHOLD: Final = re.compile(r"all|any|[1-9][0-9]{0,8}")


class MalformedPolicy(Malformed):
    """A policy file is wrong at a line; `where` names it."""

    code: ClassVar[str] = "policy_malformed"
    cure: ClassVar[str] = "请改正该行后再试"


class UntrustedLog(LedgerError):
    """The checkpoint is not signed by a log of the policy that bears its origin."""

    code: ClassVar[str] = "log_untrusted"

    def __init__(self, origin: str, trusted: Collection[str]) -> None:
        self.origin, self.trusted = origin, tuple(trusted)
        names = "、".join(show(name) for name in self.trusted) or "（无）"
        super().__init__(
            f"检查点的来源 {show(origin)} 没有被信任的日志密钥签名（策略信任：{names}）。"
            "请核对公钥或策略文件是否属于该登记机构。"
        )


class QuorumUnmet(LedgerError):
    """The log signed, but too few witnesses did."""

    code: ClassVar[str] = "quorum_unmet"

    def __init__(self, quorum: str, cosigned: Collection[str]) -> None:
        self.quorum, self.cosigned = quorum, tuple(cosigned)
        names = "、".join(show(name) for name in self.cosigned) or "（无）"
        super().__init__(
            f"见证人不足：策略要求 {show(quorum)}，实际共签的有 {names}。"
            "请等见证人共签后重新索取，或核对策略文件。"
        )


@dataclass(frozen=True, slots=True)
class Log:
    """A log that is believed; its key's name is the origin of its checkpoints."""

    key: PublicKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness, by a name that has a meaning in this file only."""

    name: str
    key: PublicKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups of which `threshold` (`all`, `any` or a number) must have signed."""

    name: str
    threshold: str
    members: tuple[str, ...]

    @property
    def needed(self) -> int:
        """How many members make the group."""
        return {"all": len(self.members), "any": 1}.get(self.threshold) or int(self.threshold)


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs, witnesses, groups (each after its members) and the quorum; `parse_policy` keeps the rules
    between them.
    """

    logs: tuple[Log, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NONE

    def is_met(self, cosigned: Collection[str]) -> bool:
        """Whether the witnesses named are a quorum."""
        if self.quorum == NONE:
            return True
        standing = {witness.name for witness in self.witnesses if witness.name in cosigned}
        for group in self.groups:
            if len(standing.intersection(group.members)) >= group.needed:
                standing.add(group.name)
        return self.quorum in standing


@dataclass(frozen=True, slots=True)
class Believed:
    """A checkpoint that a policy accepts: who signed, and when each witness saw it (POSIX seconds)."""

    checkpoint: Checkpoint
    log: PublicKey
    seen: dict[str, int]
    note: Note


def trust(*logs: PublicKey) -> Policy:
    """The policy of someone who holds a log's key and asks for no witness."""
    return Policy(tuple(Log(key) for key in logs))


def believe(message: bytes, policy: Policy) -> Believed:
    """Open a checkpoint: a trusted log's signature under its own origin, every known cosignature valid, the
    quorum met.
    """
    logs = [NoteVerifier(log.key) for log in policy.logs]
    witnesses = {witness.name: CosignatureVerifier(witness.key) for witness in policy.witnesses}
    note = open_note(message, [*logs, *witnesses.values()])
    signed = {(signature.name, signature.key_id): signature.signature for signature in note.verified}
    checkpoint = parse_checkpoint(note.text)
    signers = [log.key for log in logs if log.name == checkpoint.origin and (log.name, log.key_id) in signed]
    if not signers:
        raise UntrustedLog(checkpoint.origin, [log.name for log in logs])
    seen = {
        name: read_time(signed[witness.name, witness.key_id])
        for name, witness in witnesses.items() if (witness.name, witness.key_id) in signed
    }
    if not policy.is_met(seen):
        raise QuorumUnmet(policy.quorum, seen)
    return Believed(checkpoint, signers[0], seen, note)


def format_policy(policy: Policy) -> bytes:
    """The policy as a file; comments are not kept."""
    rows = [
        *(("log", format_vkey(log.key), log.url) for log in policy.logs),
        *(("witness", each.name, format_vkey(each.key), each.url) for each in policy.witnesses),
        *(("group", group.name, group.threshold, *group.members) for group in policy.groups),
        ("quorum", policy.quorum),
    ]
    lines = (" ".join(item for item in row if item) for row in rows)   # An absent URL is an empty item.
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def parse_policy(data: bytes) -> Policy:
    """Read a policy file; every error names its line."""
    if control := _FORBIDDEN.search(data):
        line = data.count(b"\n", 0, control.start()) + 1
        raise MalformedPolicy(f"策略文件第 {line} 行", f"有控制字节 0x{control[0][0]:02x}，只许制表符和 LF")
    if not data.endswith(b"\n"):
        raise MalformedPolicy("策略文件", "末行没有换行符，文件可能被截断", "请补全文件")
    reader = _PolicyReader()
    for number, row in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), start=1):
        items = [item for item in _SPACE.split(row) if item]
        if items and not items[0].startswith("#"):
            reader.read(f"策略文件第 {number} 行", items)
    return reader.finish()


class _PolicyReader:
    """What was defined so far, since a line may only refer to lines before it."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self.names = {NONE}
        self.members: set[str] = set()

    def read(self, where: str, items: list[str]) -> None:
        match items:
            case ["log", vkey, *url] if len(url) <= 1:
                self.logs.append(Log(self._key(where, NoteVerifier, vkey, self.logs), "".join(url)))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._define(where, name)
                key = self._key(where, CosignatureVerifier, vkey, self.witnesses)
                self.witnesses.append(Witness(name, key, "".join(url)))
            case ["group", name, threshold, *members] if members:
                self.groups.append(self._group(where, name, threshold, members))
            case ["quorum", name]:
                if self.quorum is not None:
                    raise MalformedPolicy(where, "quorum 行重复，只能有一行")
                if name not in self.names:
                    raise MalformedPolicy(where, f"{show(name)} 未在前面定义")
                self.quorum = name
            case _:
                raise MalformedPolicy(
                    where, f"{show(' '.join(items))} 不成行",
                    "应为 log <vkey> [url]、witness <名称> <vkey> [url]、"
                    "group <名称> all|any|<数目> <成员>… 或 quorum <名称>|none",
                )

    def finish(self) -> Policy:
        if self.quorum is None:
            raise MalformedPolicy("策略文件", "缺少 quorum 行", "不要求见证人时请写 quorum none")
        return Policy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum)

    def _define(self, where: str, name: str) -> None:
        if name in self.names:
            raise MalformedPolicy(where, f"名称 {show(name)} 已被占用")
        self.names.add(name)

    def _key(
        self, where: str, verifier: type[NoteVerifier] | type[CosignatureVerifier], vkey: str,
        others: list[Log] | list[Witness],
    ) -> PublicKey:
        try:
            key = verifier(parse_vkey(vkey)).key
        except Malformed as problem:
            raise MalformedPolicy(where, f"公钥行 {show(vkey)} {problem.found}", problem.remedy) from problem
        except KeyUnsupported as problem:
            raise MalformedPolicy(where, str(problem).rstrip("。")) from problem
        if any(other.key.key == key.key for other in others):   # Under another name it is still the same key.
            raise MalformedPolicy(where, f"{show(key.name)} 的公钥已在前面列出")
        return key

    def _group(self, where: str, name: str, threshold: str, members: list[str]) -> Group:
        for member in members:
            if member == NONE or member not in self.names:
                raise MalformedPolicy(where, f"成员 {show(member)} 未在前面定义")
            if member in self.members:   # Each witness counts on one way only.
                raise MalformedPolicy(where, f"{show(member)} 已是某个组的成员，只能入组一次")
            self.members.add(member)
        self._define(where, name)
        group = Group(name, threshold, tuple(members))
        if not _THRESHOLD.fullmatch(threshold) or not 1 <= group.needed <= len(members):
            raise MalformedPolicy(where, f"数目 {show(threshold)} 应为 all、any 或 1 到 {len(members)}")
        return group
