"""The statement file: a text that people read, one fixed line, and the proof that a program reads.

    <text: UTF-8, lines end in LF>
    -- 证明 --
    <.tlog-proof of the event statement.issued, verbatim>
    -- 完整性 --
    <proof of presence in the completeness map, as `ledger.proof.map_proof` writes it>
    <empty line>
    <.tlog-proof of the event log.map_committed, verbatim>

The last four lines are absent from what was issued without a proof of completeness. Whether they have to be there the
text says: it has a line that counts the person's events, and `ledger.offline.verify_map` compares. The digest in the
event is that of the text's bytes, the last LF included and nothing after it. There is one way to write each file: what
is parsed is written again as the same bytes, and nothing rides along that nobody checks. A text holds no character that
would let it look like another: no controls but LF, no marks that turn the direction of writing, no separators of lines
that only some programs know. Its spelling (NFC or not) is its own affair.

It needs the standard library alone, because the verifier reads it. `tests/ledger/test_statement_file.py` shows it.
"""

from __future__ import annotations

import hashlib
import re
from typing import ClassVar, Final, NamedTuple

from ledger.offline.other_kinds import other_kind
from ledger.proof.bundle import HEADER
from ledger.proof.text import Malformed, show

SEPARATOR: Final = "-- 证明 --"
COMPLETENESS: Final = "-- 完整性 --"
NUMBER_FIELD: Final = "本表编号"
EVENTS_FIELD: Final = "本人事件"
EVENTS_WORDS: Final = "截至依据共 {} 个，清单和完整性证明附于文末"
RETURNED: Final = "：换行被改成了 CRLF，多半是经编辑器或邮件另存"
RECODED: Final = "：编码不是 UTF-8，多半是经编辑器另存为 GBK"
BARE: Final = "：只有正文，没有附证明"
FILE_BYTES_MAX: Final = 4 * 1024 * 1024  # A life of entries is some 100 kB; more is not read into memory.

_LINE: Final = f"{SEPARATOR}\n".encode()
_COMPLETENESS_LINE: Final = f"{COMPLETENESS}\n".encode()
_NUMBER: Final = re.compile(rf"^{NUMBER_FIELD} +(\S+)$", re.MULTILINE)
_FORBIDDEN: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f"  # Controls, C0 and C1.
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # What turns the direction of writing.
    "\u2028\u2029\ufeff\ud800-\udfff]"  # Other ends of lines, a mark of byte order, half a character.
)


class MalformedStatement(Malformed):
    """A text or a file is not what this module describes; `where` names the line."""

    code: ClassVar[str] = "statement_malformed"


class StatementFile(NamedTuple):
    """The parts of the file, as bytes: nothing in them is believed yet."""

    text: bytes
    bundle: bytes
    completeness: Completeness | None = None


class Completeness(NamedTuple):
    """The proof that no event of the person was left out: their entry in a map, and the map in the log."""

    presence: bytes
    bundle: bytes


def digest_of(text: str) -> str:
    """Give the SHA-256 of a text's bytes in hex, which the event holds; raises MalformedStatement."""
    return hashlib.sha256(_encoded(text)).hexdigest()


def format_statement(text: str, bundle: bytes, completeness: Completeness | None = None) -> bytes:
    """Write the file; raises MalformedStatement for a text or a bundle that `parse_statement` would refuse."""
    data = _encoded(text) + _LINE + bundle
    if completeness is not None:
        data += _COMPLETENESS_LINE + completeness.presence + b"\n" + completeness.bundle
    parse_statement(data)
    return data


def parse_statement(data: bytes) -> StatementFile:
    """Take the file apart where its one separator stands."""
    text, rest = _apart(data, SEPARATOR, least=1)
    try:
        _check(text.decode())
    except UnicodeDecodeError as problem:
        where = f"登记情况表正文第 {text.count(10, 0, problem.start) + 1} 行"
        raise MalformedStatement(where, f"第 {problem.start} 字节起不是 UTF-8 文本") from None
    bundle, mapped = _apart(rest, COMPLETENESS, least=0)
    completeness = None
    if len(bundle) < len(rest):
        presence, blank, proof = mapped.partition(b"\n\n")
        if not blank:
            raise MalformedStatement("登记情况表的完整性证明", "缺少空行及其后的证明，文件可能被截断")
        completeness = Completeness(presence + b"\n", proof)
    for part in (bundle, *([] if completeness is None else [completeness.bundle])):
        if not part.startswith(f"{HEADER}\n".encode()):
            found = show(part.partition(b"\n")[0])
            raise MalformedStatement("登记情况表的证明", f"分隔行之后应为 {HEADER}，却是 {found}")
    return StatementFile(text, bundle, completeness)


def _apart(data: bytes, separator: str, *, least: int) -> tuple[bytes, bytes]:
    """Split where the one line of this kind stands; without any, nothing follows."""
    line = f"{separator}\n".encode()
    places = [match.start() for match in re.finditer(b"^" + re.escape(line), data, re.MULTILINE)]
    if not least <= len(places) <= 1:
        found = f"没有分隔行{_why_absent(data, line)}" if not places else f"有 {len(places)} 个分隔行"
        raise MalformedStatement("登记情况表文件", f"应恰有一行 {separator}，{found}")
    return (data[:places[0]], data[places[0] + len(line):]) if places else (data, b"")


def _why_absent(data: bytes, line: bytes) -> str:
    """What an editor, a mail program or a copy of the page has done to a file, as far as it shows."""
    if line in data.replace(b"\r\n", b"\n"):
        return RETURNED
    if SEPARATOR.encode("gb18030") in data:
        return RECODED
    return "" if HEADER.encode() in data else BARE


def looks_like_statement(data: bytes) -> bool:
    """Say whether someone meant this to be a statement: one changed byte cannot spoil both of its marks."""
    return other_kind(data) is None and (_LINE.strip() in data or f"\n{HEADER}".encode() in data)


def number_in(text: str) -> str | None:
    """The number of a statement by its own words, of which nothing is believed."""
    found = _NUMBER.search(text)
    return found and found[1]


def _encoded(text: str) -> bytes:
    _check(text)
    return text.encode()


def _check(text: str) -> None:
    """Demand the one form of a text."""
    if found := _FORBIDDEN.search(text):
        line = text.count("\n", 0, found.start()) + 1
        where = f"登记情况表正文第 {line} 行"
        raise MalformedStatement(where, f"有不可见的控制字符 U+{ord(found[0]):04X}；换行只能是单个 LF")
    if not text.endswith("\n"):
        raise MalformedStatement("登记情况表正文", "为空，或末行没有换行符")
    lines = text.split("\n")
    for separator in (SEPARATOR, COMPLETENESS):
        if separator in lines:
            raise MalformedStatement("登记情况表正文", f"含有只能出现一次的分隔行 {separator}")
