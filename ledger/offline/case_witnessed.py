"""Who saw the log of a case's bundle, and when: checkpoints that others signed or stamped, each on the way to its own.

    witnessed/<size>.checkpoint         a checkpoint as it was kept: the log's signature, and those of who saw it
    witnessed/<size>.growth             the hashes that prove that the bundle's checkpoint extends it, a line each
    witnessed/<size>.<authority>.tsr    its time (RFC 3161), over the text that was signed

The checkpoint of a bundle is often minutes old, and nobody outside has stamped it yet. An earlier one that somebody did
stamp holds all events up to its size, and the growth says that the bundle tells of this same log. So of each event the
earliest stamped checkpoint that holds it goes along: by then it stood.

Signatures and growth need the standard library and one signature library; times need the extra `witness`, and the
certificate of the authority, which whoever verifies brings. `tests/witness/test_case_witnessed.py` shows it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Final, NamedTuple

from ledger.offline.verdict import Unverified
from ledger.offline.verify_checkpoint import told_of
from ledger.proof.merkle import check_consistency
from ledger.proof.notes import parse_note
from ledger.proof.policy import NONE, Believed, Policy, believe
from ledger.proof.text import Malformed, decode_base64, encode_base64

FOLDER: Final = "witnessed/"
WITNESSED_MOST: Final = 400
"""So many checkpoints go along at most, the newest: one a day for more than a year."""

UNPROVEN_OF_COSIGNED: Final = (
    "见证人的联署只证明其所见是同一个历史、此前没有见过与之矛盾的；不证明登记的内容属实，也不证明见证人的时钟准确。")
UNPROVEN_OF_STAMPED: Final = (
    "时间戳只证明所列事件最迟在那一刻已经登记、此后未变；不证明事件发生在其所称的日期，也不证明更早的时刻。")

_NAME: Final = re.compile(r"witnessed/([0-9]{1,19})\.(?:(checkpoint)|(growth)|([a-z0-9-]{1,40})\.tsr)")
_LOCAL: Final = timezone(timedelta(hours=8))


class Witnessed(NamedTuple):
    """A checkpoint that somebody outside saw, the proof that another extends it, and its times by authority."""

    size: int
    note: bytes
    growth: tuple[bytes, ...]
    stamps: Mapping[str, bytes]


def wanted_sizes(positions: Iterable[int], stamped: Sequence[int], *, upto: int) -> list[int]:
    """Of each event the earliest stamped checkpoint that holds it; none beyond the one under which all is proved."""
    sizes = [size for size in sorted(stamped) if size <= upto]
    found = {at for position in positions if (at := bisect_left(sizes, position)) < len(sizes)}
    return [sizes[at] for at in sorted(found)][-WITNESSED_MOST:]


def files_of(one: Witnessed) -> Iterator[tuple[str, bytes]]:
    """Write it."""
    yield f"{FOLDER}{one.size}.checkpoint", one.note
    yield f"{FOLDER}{one.size}.growth", "".join(f"{encode_base64(part)}\n" for part in one.growth).encode()
    for authority, token in sorted(one.stamps.items()):
        yield f"{FOLDER}{one.size}.{authority}.tsr", token


def read_witnessed(names: Iterable[str], read: Callable[[str], bytes]) -> list[Witnessed]:
    """Read what goes along, the oldest first; a file that belongs to no checkpoint is none of ours."""
    notes, growths, stamps = dict[int, bytes](), dict[int, bytes](), dict[int, dict[str, bytes]]()
    for name in names:
        if not name.startswith(FOLDER):
            continue
        found = _NAME.fullmatch(name)
        if found is None or found[1] != str(int(found[1])):
            raise Unverified(f"移送材料的 {name}", "不是检查点、增长证明或时间戳的文件名")
        size, content = int(found[1]), read(name)
        if found[2] or found[3]:
            (notes if found[2] else growths)[size] = content
        else:
            stamps.setdefault(size, {})[found[4]] = content
    if notes.keys() != growths.keys() or not stamps.keys() <= notes.keys():
        raise Unverified("移送材料的 witnessed", "检查点、增长证明、时间戳不配套")
    return [Witnessed(size, notes[size], _hashes(size, growths[size]), stamps.get(size, {})) for size in sorted(notes)]


def _hashes(size: int, text: bytes) -> tuple[bytes, ...]:
    where = f"移送材料的 {FOLDER}{size}.growth"
    return tuple(decode_base64(line, where, Malformed) for line in text.decode("ascii", "replace").splitlines())


def check_witnessed(seen: Iterable[Witnessed], under: Believed, policy: Policy) -> tuple[list[str], list[str]]:
    """Demand that each is signed by the same log and grew into its checkpoint; says who saw it, and what that is not.

    Fewer witnesses than the policy wants are enough here: how many saw the checkpoint itself was asked of that.
    """
    checked, is_cosigned, stamps = list[str](), bool(under.seen), 0
    for one in seen:
        believed = believe(one.note, replace(policy, quorum=NONE))
        tree = believed.checkpoint
        if tree.size != one.size or tree.origin != under.checkpoint.origin:
            raise Unverified(f"移送材料的 {FOLDER}{one.size}.checkpoint", "不是这个日志在这个大小的检查点")
        check_consistency(tree.size, under.checkpoint.size, one.growth, tree.root, under.checkpoint.root)
        checked.append(f"较早的检查点（{tree.size} 条）由同一公钥签名，已证明材料所依的检查点由它增长而来，"
                       f"第 1 至 {tree.size} 个事件未变。")
        checked += told_of(believed)[1:]
        is_cosigned, stamps = is_cosigned or bool(believed.seen), stamps + len(one.stamps)
    unproven = [UNPROVEN_OF_COSIGNED] if is_cosigned else []
    if not is_cosigned:
        unproven.append("没有核验见证人的联署：请用写有见证人的核验策略文件作 --key。" if not policy.witnesses else
                        "所给策略中的见证人没有联署这些检查点：历史是否只有一种，只有登记机构自己的话。")
    if stamps:
        unproven.append(f"附有 {stamps} 个时间戳，没有核验：请用 --tsa 给出时间戳机构的 CA 证书。")
    else:
        unproven.append("没有附时间戳：各事件最迟何时已经登记，只有登记机构自己的记录。")
    return checked, unproven


def check_times(seen: Iterable[Witnessed], positions: Sequence[int], roots: bytes) -> tuple[list[str], list[str]]:
    """Check every time-stamp by an authority's certificate (PEM); says of which events it proves by when they stood."""
    from ledger.witnessing.stamp import check_stamp

    checked, covered = list[str](), 0
    for one in seen:
        for name, token in sorted(one.stamps.items()):
            stamped = check_stamp(token, parse_note(one.note)[0], roots)
            covered = one.size
            count = sum(position <= one.size for position in positions)
            checked.append(
                f"时间戳 {name}：{stamped.by} 证明 {one.size} 条的检查点在 "
                f"{stamped.at.astimezone(_LOCAL):%Y-%m-%d %H:%M:%S} +08:00 已经存在（策略 {stamped.policy}），"
                f"所附事件中的 {count} 个最迟那时已经登记。")
    later = sum(position > covered for position in positions)
    unproven = [UNPROVEN_OF_STAMPED] if checked else ["没有附时间戳：时间没有证明。"]
    if checked and later:
        unproven.append(f"所附最后 {later} 个事件在最近的时间戳之后登记：何时登记只有登记机构自己的记录；"
                        "稍后重新调取的一份会附上盖住它们的时间戳。")
    return checked, unproven
