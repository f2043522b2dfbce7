"""A person's line of a closed year as one file, and its sceptic: the line, its path to the totals, the event's proof.

    xueshi-year-line/1
    index <decimal>
    line <the line's text>
    *(<base64 hash>)          from the line to the root of the totals

    <tlog-proof of the event year.closed>

Whoever has the log's key checks that the register fixed exactly this line when it closed the year, and when that was.
`tests/api/test_year_closing.py` shows it and flips each byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from ledger.offline.verdict import Unverified, Verdict
from ledger.proof.merkle import HASH_SIZE, check_inclusion, hash_leaf
from ledger.proof.policy import Policy
from ledger.proof.text import Malformed, decode_base64, encode_base64, parse_decimal, read_text, show
from ledger.vocabulary import format_hours

HEADER: Final = "xueshi-year-line/1"
YEAR_EVENT: Final = "year.closed/1"
LINE_BYTES_MAX: Final = 256 * 1024
_HASHES_MAX: Final = 63
_UNPROVEN: Final = "不证明此后没有更正：关账后的更正另有登记，请向登记机构查询。"


class MalformedLine(Malformed):
    """The file is not a line of a closed year."""

    code: ClassVar[str] = "year_line_malformed"


def format_line(line: bytes, index: int, path: Sequence[bytes], proof: bytes) -> bytes:
    """The file."""
    head = f"{HEADER}\nindex {index}\nline ".encode() + line
    return head + "".join(f"{encode_base64(each)}\n" for each in path).encode() + b"\n" + proof


def verify_line(data: bytes, policy: Policy, verify_proof: Callable[[bytes, Policy], Verdict]) -> Verdict:
    """Check a file: the event's proof, then that the line is one of those that the event fixed."""
    where = "关账的一行"
    if len(data) > LINE_BYTES_MAX:
        raise MalformedLine(where, f"超过 {LINE_BYTES_MAX} 字节")
    head, blank, _ = read_text(data, where, MalformedLine).partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != HEADER or not blank or len(lines) < 2:
        raise MalformedLine(where, f"首行应为 {HEADER}，其后有 index、line 两行和空行")
    if not lines[0].startswith("index ") or not lines[1].startswith("line ") or len(lines) > _HASHES_MAX + 2:
        raise MalformedLine(where, f"应有 index 行和 line 行，却是 {show(lines[0])}、{show(lines[1])}")
    index = parse_decimal(lines[0].removeprefix("index "), f"{where}的 index 行", MalformedLine)
    line = lines[1].removeprefix("line ")
    path = [decode_base64(each, f"{where}的第 {place} 个哈希", MalformedLine, length=HASH_SIZE)
            for place, each in enumerate(lines[2:], 1)]
    found = verify_proof(data[len(head.encode()) + 2:], policy)
    (event,) = found.events
    closed = event["event"]
    if closed.get("type") != YEAR_EVENT:
        raise Unverified(where, f"所附的证明是 {show(str(closed.get('type')))}，不是 {YEAR_EVENT}")
    if type(closed.get("people")) is not int or not isinstance(closed.get("totals_root"), str):
        raise Unverified(where, "关账的事件不成形")
    root = decode_base64(closed["totals_root"], f"{where}的 totals_root", MalformedLine, length=HASH_SIZE)
    check_inclusion(hash_leaf(f"{line}\n".encode()), index, closed["people"], path, root)
    told = (f"{closed.get('year')} 年度关账（事件 {event['position']}）所固定的 {closed['people']} 行中，"
            f"第 {index + 1} 行是：{_in_words(line)}。")
    return replace(found, kind="year_line", checked=(told, *found.checked), unproven=(*found.unproven, _UNPROVEN))


def _in_words(line: str) -> str:
    """The line as whoever is handed it reads hours: it counts hundredths, since a root is over whole numbers."""
    person, _, counted = line.partition(" ")
    if re.fullmatch(r"[0-9]{1,15}( [0-9]{1,15}){3}", counted, re.ASCII) is None:
        return line
    entries, *hours = map(int, counted.split(" "))
    professional, sector, general = map(format_hours, hours)
    return f"{person}，{entries} 条，专业科目 {professional} 学时，行业公需 {sector} 学时，一般公需 {general} 学时"
