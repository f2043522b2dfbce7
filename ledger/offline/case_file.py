"""The sealed bundle of a case (移送材料): which files are in the archive, and what the register says of them.

    README.txt                    what this is and how it is checked, for people
    report.html, report.pdf       what the case comes to, drawn from the rest
    case.json                     the same as data
    checkpoint, key.vkey          the signed checkpoint under which everything is proved; the key, to be compared
    proofs/<position>.tlog-proof  each event with its path to the checkpoint
    sealed/<position>.json        what is sealed beside it: salt and ciphertext, and what they say, opened
    rulebooks/<sha256>.toml .txt  what was decided by, with the regulation's text
    evidence/<sha256>.<ending>    papers as they were handed in
    findings/...                  what a detector proposed: its rows, the SQL and the thresholds of its version
    witnessed/...                 earlier checkpoints that others saw and stamped (`ledger.offline.case_witnessed`)
    manifest.json, manifest.note  every file with its SHA-256; the seal

The archive is `ledger.offline.plain_zip`'s. The seal is a note, signed by the key that signs the log, over

    学时账移送材料 sealed bundle of a case
    <origin>
    <case>
    <base64 of the SHA-256 of manifest.json>

The first line holds spaces, so no checkpoint can be taken for it, nor it for one. By it the register says: we put these
files together; what stands opened is what the sealed parts hold (no key goes along, since a person's key opens all that
was ever sealed of them); the papers are those that were handed in; nothing of the case is left out but what is said to
be. It does not say that what was registered is true.

In a redacted copy (遮盖本) a sealed part is left out, or single fields of it. The leaf holds its salted digest either
way, so every proof is as before; the manifest says what was blacked out, and papers do not go along, since nobody knows
what can be read on them.

It needs the standard library and one signature library. `tests/api/test_case_bundle.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from ledger.offline.verdict import Unverified
from ledger.offline.verify_leaf import format_lines, read_lines
from ledger.proof.keys import SigningKey
from ledger.proof.notes import NoteVerifier, format_note, open_note, sign
from ledger.proof.policy import Policy
from ledger.proof.text import encode_base64, show

FORMAT: Final = "xueshi-case-bundle/1"
FIRST: Final = "学时账移送材料 sealed bundle of a case"
MANIFEST: Final = "manifest.json"
SEAL: Final = "manifest.note"
CHECKPOINT: Final = "checkpoint"
KEY: Final = "key.vkey"
SEALED: Final = ("none", "opened", "partly", "redacted", "destroyed", "withheld")
"""What has become of an event's sealed part; withheld: whoever asked for the bundle may not look at whose it is."""

_WHERE: Final = "移送材料的目录"
_WORDS: Final = {
    "name": "姓名", "name_normalised": "姓名", "id_number": "证件号码", "id_kind": "证件种类", "phone": "手机号码",
    "title": "项目名称", "certificate_number": "证书编号", "certificate_issuer": "发证单位", "location": "地点",
    "authors": "作者", "file_names": "文件名", "words": "文字说明", "address": "网络地址", "device": "设备",
}


class File(NamedTuple):
    """A file of the archive."""

    name: str
    bytes: int
    sha256: str


class Part(NamedTuple):
    """An event that goes along: where it stands, why it is here, and what has become of its sealed part."""

    position: int
    why: str                # case, claim, person, finding, act, cited, chosen
    sealed: str


class Paper(NamedTuple):
    """A paper that a claim showed: the file, or why there is none."""

    claim: str
    kind: str
    sha256: str
    file: str | None
    why: str | None         # redacted, destroyed, absent, damaged, withheld


class Book(NamedTuple):
    """A rulebook by which something was decided."""

    rulebook: str
    sha256: str
    text_sha256: str


class Redaction(NamedTuple):
    """What was blacked out: all that is sealed, or these fields wherever they stand."""

    persons: bool = False
    fields: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.persons or bool(self.fields)

    def told(self) -> str:
        """Say it in words for people; a field that nobody named is called by its code."""
        if self.persons:
            return "全部个人信息和文字"
        return "、".join(dict.fromkeys(_WORDS.get(one, one) for one in self.fields))


class Manifest(NamedTuple):
    """What the register says of the archive."""

    origin: str
    case: str
    as_of: int              # Up to here the case is told,
    size: int               # and so long was the log under whose checkpoint it is proved.
    purpose: str
    actor: str              # Who had it made, and for whom they act.
    organisation: str | None
    redaction: Redaction
    events: tuple[Part, ...]
    papers: tuple[Paper, ...]
    rulebooks: tuple[Book, ...]
    files: tuple[File, ...]


def proof_name(position: int) -> str:
    """Where an event's proof lies."""
    return f"proofs/{position}.tlog-proof"


def sealed_name(position: int) -> str:
    """Where what is sealed beside it lies."""
    return f"sealed/{position}.json"


def format_manifest(one: Manifest) -> bytes:
    """Write it."""
    told = one._asdict() | {"redaction": one.redaction._asdict()}
    told |= {name: [each._asdict() for each in getattr(one, name)] for name in _LISTS}
    return format_lines({"format": FORMAT, **told})


def parse_manifest(data: bytes) -> Manifest:
    """Read it, every part of the type that it has to have, and none that nobody checks."""
    value = read_lines(data, _WHERE, "内容")
    told = _struct(value, {"format": str, **_TYPES}, _WHERE)
    if told.pop("format") != FORMAT:
        raise Unverified(_WHERE, f"不是 {FORMAT}")
    redaction = _struct(told["redaction"], {"persons": bool, "fields": list}, _WHERE)
    if not all(isinstance(one, str) for one in redaction["fields"]):
        raise Unverified(_WHERE, "遮盖的项目不成形")
    told["redaction"] = Redaction(redaction["persons"], tuple(redaction["fields"]))
    for name, (made, types) in _LISTS.items():
        told[name] = tuple(made(**_struct(one, types, f"{_WHERE}的 {name}")) for one in told[name])
    if wrong := {one.sealed for one in told["events"]}.difference(SEALED):
        raise Unverified(_WHERE, f"密封部分的状态 {show(min(wrong))} 不认识")
    return Manifest(**told)


def format_seal(origin: str, case: str, manifest: bytes, keys: Iterable[SigningKey]) -> bytes:
    """Sign for a manifest with the keys that sign the log."""
    text = f"{FIRST}\n{origin}\n{case}\n{_digest(manifest)}\n".encode()
    return format_note(text, [sign(text, key) for key in keys])


def check_seal(note: bytes, manifest: bytes, policy: Policy) -> tuple[str, str]:
    """Raise unless a key that the caller trusts signed for this manifest; gives the log's name and the case."""
    lines = open_note(note, [NoteVerifier(log.key) for log in policy.logs]).text.decode().split("\n")
    where = "移送材料的签章"
    if len(lines) != 5 or lines[0] != FIRST or lines[4]:
        raise Unverified(where, "不是移送材料的签章")
    if all(log.key.name != lines[1] for log in policy.logs):
        raise Unverified(where, f"它是 {show(lines[1])} 的签章，不是所给公钥的")
    if lines[3] != _digest(manifest):
        raise Unverified(where, "所签的是另一份目录")
    return lines[1], lines[2]


def _digest(manifest: bytes) -> str:
    return encode_base64(hashlib.sha256(manifest).digest())


_OPTIONAL: Final = (str, type(None))
_TYPES: Final[dict[str, Any]] = {
    "origin": str, "case": str, "as_of": int, "size": int, "purpose": str, "actor": str, "organisation": _OPTIONAL,
    "redaction": dict, "events": list, "papers": list, "rulebooks": list, "files": list,
}
_LISTS: Final[dict[str, tuple[Any, dict[str, Any]]]] = {
    "events": (Part, {"position": int, "why": str, "sealed": str}),
    "papers": (Paper, {"claim": str, "kind": str, "sha256": str, "file": _OPTIONAL, "why": _OPTIONAL}),
    "rulebooks": (Book, {"rulebook": str, "sha256": str, "text_sha256": str}),
    "files": (File, {"name": str, "bytes": int, "sha256": str}),
}


def _struct(value: Any, types: dict[str, Any], where: str) -> dict[str, Any]:
    """Demand an object of exactly these parts, each of its type; a truth is no number."""
    if not isinstance(value, dict) or list(value) != list(types):
        raise Unverified(where, f"所含各项应依次为 {'、'.join(types)}")
    for name, wanted in types.items():
        if not isinstance(value[name], wanted) or (wanted is int and isinstance(value[name], bool)):
            raise Unverified(where, f"{name} 不成形")
    return dict(value)
