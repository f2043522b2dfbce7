"""The verifier of completeness: that the events which a statement's file lists are all that name its person.

It is handed what the proofs have shown already: the event of the statement, and the event that commits to the map, both
out of one checkpoint. It follows the person's entry to the map's root and compares the count that the text states. What
it shows holds if the map was made as it should be, which an audit of the log shows (`xueshi fsck --map`), no file.

`tests/ledger/test_verify_completeness.py` changes every byte.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ledger.offline.statement_file import COMPLETENESS, EVENTS_FIELD, EVENTS_WORDS, Completeness
from ledger.offline.verdict import Complete, Unverified, Verdict
from ledger.proof.map_proof import FORMAT, check_presence, parse_presence
from ledger.proof.merkle import HASH_SIZE
from ledger.proof.text import Malformed, decode_base64, show

MAP_EVENT: Final = "log.map_committed/1"
UNPROVEN_IF_COMPLETE: Final = (
    "完整性以地图属实为前提：须由登记机构或其监督方用 xueshi fsck --map 从全部事件重建地图并比较，本文件自身不能证明。"
    "所列事件的内容不在本文件中；监察案件只告知监察者，不在清单之列。"
)
UNPROVEN_IF_NOT: Final = "不证明所列内容完整无遗。"
UNPROVEN_HOURS: Final = "没有重新计算学时：计入学时由登记机构按所列细则得出。"
"""Said by a verifier that knows no law; whoever does may weigh the listed entries again."""
_WHERE: Final = "完整性证明"
_SHOWN_MOST: Final = 40
_COUNTED: Final = re.compile(f"^{EVENTS_FIELD} +{EVENTS_WORDS.format('(0|[1-9][0-9]*)')}$", re.MULTILINE)


def demand_none(text: bytes) -> None:
    """See that a file without a proof of completeness is not one from which it was cut away."""
    if _COUNTED.search(text.decode()):
        raise Unverified("登记情况表文件", f"正文说附有完整性证明，却没有 {COMPLETENESS} 一节：文件被截断")


def check_completeness(
    text: bytes, given: Completeness, issued: Verdict, mapped: Verdict, *, person: str, as_of: int
) -> Complete:
    """Raise Unverified or MapUnproven unless the listed events are all that name the person, in a map of the log."""
    if mapped.checkpoint != issued.checkpoint:
        raise Unverified(_WHERE, "地图与情况表不在同一个检查点之内")
    (event,) = mapped.events
    found = _committed(event)
    root = decode_base64(found["root"], f"{_WHERE}的地图的根", Malformed, length=HASH_SIZE)
    if found["size"] < as_of:
        raise Unverified(_WHERE, f"地图只及 {found['size']} 条，情况表依据的是截至第 {as_of} 个事件的记录")
    presence = parse_presence(given.presence)
    check_presence(root, found["size"], person, presence)
    positions = tuple(one.position for one in presence.events)
    within = sum(position <= as_of for position in positions)
    counted = _COUNTED.search(text.decode())
    if counted is not None and int(counted[1]) != within:
        raise Unverified(_WHERE, f"正文说截至依据共 {counted[1]} 个事件，清单上有 {within} 个")
    return Complete(
        event["position"], found["size"], root.hex(), found["people"], found["key_sha256"], positions, within)


def told(complete: Complete, person: str) -> tuple[str, ...]:
    """What was shown, in words for people."""
    later = len(complete.events) - complete.within_basis
    after = f"，依据之后、地图之内另有 {later} 个" if later else ""
    count = len(complete.events)
    return (
        f"完整性：截至第 {complete.map_size} 个事件，日志中以 {person} 为当事人的事件就是所列的 {count} 个，"
        f"无一遗漏，也无一多出（依据之内 {complete.within_basis} 个{after}）：{_listed(complete.events)}。",
        f"清单通向事件 {complete.map_event} 所记的完整性地图（{complete.people} 人，根 {complete.map_root}）。",
    )


def _listed(positions: tuple[int, ...]) -> str:
    shown = "、".join(map(str, positions[:_SHOWN_MOST]))
    return shown if len(positions) <= _SHOWN_MOST else f"{shown}……至 {positions[-1]}"


def _committed(leaf: dict[str, Any]) -> dict[str, Any]:
    """Read the event of a map; each part that is told is demanded first."""
    event: dict[str, Any] = leaf["event"]
    where = f"事件 {leaf['position']}"
    if event.get("type") != MAP_EVENT:
        raise Unverified(where, f"是 {show(str(event.get('type')))}，不是 {MAP_EVENT}：它没有记下完整性地图")
    kinds = {"map": str, "format": str, "size": int, "root": str, "people": int, "key_sha256": str}
    if wrong := [name for name, kind in kinds.items() if type(event.get(name)) is not kind]:
        raise Unverified(where, f"{'、'.join(wrong)} 不成形")
    if event["format"] != FORMAT:
        raise Unverified(where, f"地图的格式是 {show(event['format'])}，本程序只识 {FORMAT}")
    if event["map"] != leaf["stream"] or not 0 < event["size"] < leaf["position"]:
        raise Unverified(where, "地图的编号与流不符，或所及的事件不在它之前")
    return event
