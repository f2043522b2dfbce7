"""The verifier of a case's sealed bundle: first the archive and its seal, then everything in it by the events' proofs.

Nothing is unpacked and nothing is searched for a good reading. The archive has one spelling, the seal covers the
manifest, the manifest every other file; so whatever is changed shows, and what follows is asked of what the register
signed: does each event lead to the checkpoint, do the records that are told have no gap, do sealed parts, rulebooks and
papers have the digests that the events cite.

It needs the standard library and one signature library. `tests/api/test_case_bundle.py` flips bytes and changes
every part; the exhaustive form is in torture.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final

from ledger.offline.case_file import CHECKPOINT, KEY, MANIFEST, SEAL, Manifest, check_seal, parse_manifest, proof_name
from ledger.offline.case_file import sealed_name as sealed_at
from ledger.offline.case_witnessed import Witnessed, check_times, check_witnessed, read_witnessed
from ledger.offline.plain_zip import Member, read_content, read_members
from ledger.offline.verdict import Unverified, Verdict
from ledger.offline.verify_checkpoint import told_of
from ledger.offline.verify_leaf import read_leaf, read_lines
from ledger.proof.bundle import parse_bundle
from ledger.proof.keys import parse_vkey
from ledger.proof.merkle import check_inclusion, hash_leaf
from ledger.proof.policy import Believed, Policy, believe
from ledger.proof.text import Malformed, decode_base64, encode_base64, show

SALT_BYTES: Final = 16
MANIFEST_BYTES_MOST: Final = 32 * 1024 * 1024
UNPROVEN_OF_CASE: Final = (
    "不证明登记的内容属实：只证明登记机构在当时确实如此登记，此后未被改动。",
    "不证明此后没有更正、撤销、恢复或新的处理：材料只到所列的事件为止，现状请向登记机构查询。",
    "启封的文字由登记机构签章担保：密文已证明未被改动，但密钥不随附（它能打开本人的全部密封内容）；有争议时请登记机构当场解封核对。",
    "报告和提示材料由登记机构从所附事件整理，凭签章相信；与事件不一致的，以事件为准。",
)
UNPROVEN_OF_REDACTED: Final = (
    "遮盖之处写的是什么，本份不能证明；需要时请向登记机构索取未遮盖的一份，二者的事件、证明相同。")

_DIGEST: Final = re.compile("[0-9a-f]{64}")
_CLAIM: Final = re.compile("clm_[0-9a-z]{22}")
_WHY_NOT: Final = {"redacted": "遮盖本不附", "destroyed": "密钥已销毁",
                   "absent": "登记机构没有这份文件",
                   "damaged": "登记机构保存的文件已损坏", "withheld": "不在调取人权限内"}
_STATES: Final = {"partly": "部分遮盖", "redacted": "已遮盖", "destroyed": "密钥已销毁、不能再启封",
                  "withheld": "不在调取人权限内、未启封"}
Progress = Callable[[int, int], None]


def verify_case(
    path: Path, policy: Policy, *, roots: bytes | None = None, progress: Progress = lambda done, total: None
) -> Verdict:
    """Check a bundle; raises the reason when it does not hold, OSError where it is not read.

    `roots` are certificates of time-stamping authorities (PEM): without them its time-stamps are only counted.
    """
    with path.open("rb") as file:
        archive = _Archive(file, policy)
        manifest = archive.manifest
        progress(0, len(manifest.files))
        for done, one in enumerate(manifest.files, 1):
            archive.check(one.name, one.sha256, one.bytes)
            progress(done, len(manifest.files))
        believed = believe(archive.read(CHECKPOINT), policy)
        _demand_same_log(manifest, believed, archive.read(KEY), policy)
        events = _events(archive, believed)
        seen = read_witnessed(archive.members, archive.read)
        outside, unproven_outside = _told_of_outside(seen, believed, policy, sorted(events), roots)
        checked = (
            *_told_of_archive(archive),
            *told_of(believed),
            *outside,
            f"{len(events)} 个事件逐个重算哈希，各自的路径都通向这个检查点的根。",
            _check_records(manifest, events),
            *_check_sealed(archive, events),
            *_check_rulebooks(archive, events),
            *_check_papers(manifest, events),
        )
    unproven = (*UNPROVEN_OF_CASE, *unproven_outside, *([UNPROVEN_OF_REDACTED] if manifest.redaction else []))
    told = tuple({"position": position, **leaf} for position, leaf in sorted(events.items()))
    return Verdict("bundle", believed.checkpoint, (*checked, *_told_of_redaction(manifest)), unproven, told)


class _Archive:
    """The files, by name, and what the register says of them."""

    def __init__(self, file: IO[bytes], policy: Policy) -> None:
        self._file = file
        members = read_members(file)
        self.members: dict[str, Member] = {one.name: one for one in members}
        if [one.name for one in members[-2:]] != [MANIFEST, SEAL]:
            raise Unverified("ZIP 文件", f"最后两个文件应是 {MANIFEST} 和 {SEAL}：这不是移送材料")
        if max(one.size for one in members[-2:]) > MANIFEST_BYTES_MOST:
            raise Unverified(f"ZIP 中的 {MANIFEST}", f"超过 {MANIFEST_BYTES_MOST} 字节")
        told = self.read(MANIFEST)
        self.origin, case = check_seal(self.read(SEAL), told, policy)
        self.manifest = parse_manifest(told)
        if (self.manifest.origin, self.manifest.case) != (self.origin, case):
            raise Unverified("移送材料的签章", "与目录说的不是同一个日志、同一个案件")
        listed = [one.name for one in self.manifest.files]
        if listed != [one.name for one in members[:-2]]:
            strange = sorted(set(listed).symmetric_difference(one.name for one in members[:-2]))
            raise Unverified("移送材料", f"ZIP 中的文件与签章的目录不一致（{'、'.join(strange[:3]) or '次序'}）")

    def read(self, name: str) -> bytes:
        """What a file holds."""
        if name not in self.members:
            raise Unverified("移送材料", f"缺少 {name}")
        return read_content(self._file, self.members[name])

    def check(self, name: str, sha256: str, size: int) -> None:
        """Hold a file against the manifest."""
        content = self.read(name)
        if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
            raise Unverified(f"移送材料的 {name}", "内容的 SHA-256 与签章的目录所记不符")

    def demand(self, name: str, sha256: str, what: str) -> bytes:
        """Give a file that something cites by its digest."""
        content = self.read(name)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Unverified(f"移送材料的 {name}", f"不是{what}所引的那一份")
        return content


def _told_of_outside(
    seen: list[Witnessed], under: Believed, policy: Policy, positions: list[int], roots: bytes | None
) -> tuple[list[str], list[str]]:
    """Who outside saw this log, and by when each event stood: what that proves, and what it does not."""
    checked, unproven = check_witnessed(seen, under, policy)
    if roots is None:
        return checked, unproven
    times, not_times = check_times(seen, positions, roots)
    return [*checked, *times], [*unproven[:-1], *not_times]  # The last one says that no time was checked.


def _demand_same_log(manifest: Manifest, believed: Believed, key: bytes, policy: Policy) -> None:
    tree = believed.checkpoint
    if tree.origin != manifest.origin or tree.size != manifest.size or not 1 <= manifest.as_of <= tree.size:
        raise Unverified("移送材料的检查点", "与目录说的不是同一个日志、同一个大小")
    keys = {parse_vkey(line) for line in key.splitlines()}
    if not keys & {log.key for log in policy.logs}:
        raise Unverified(f"移送材料的 {KEY}", "所附公钥中没有所给的这一把")


def _events(archive: _Archive, believed: Believed) -> dict[int, dict[str, Any]]:
    """Every event that goes along, by position: each leaf leads to the root of the one checkpoint."""
    found: dict[int, dict[str, Any]] = {}
    note, tree = archive.read(CHECKPOINT), believed.checkpoint
    for part in archive.manifest.events:
        where = f"事件 {part.position}"
        bundle = parse_bundle(archive.read(proof_name(part.position)))
        if bundle.checkpoint != note or bundle.index + 1 != part.position or part.position in found:
            raise Unverified(where, "证明的位置或检查点与目录不符")
        check_inclusion(hash_leaf(bundle.extra), bundle.index, tree.size, bundle.hashes, tree.root)
        found[part.position] = read_leaf(bundle.extra, where)
    return found


def _check_records(manifest: Manifest, events: dict[int, dict[str, Any]]) -> str:
    """The case and every claim that its events name: their events from the first on, without a gap."""
    versions: dict[str, list[int]] = defaultdict(list)
    for _, leaf in sorted(events.items()):
        versions[leaf["stream"]].append(leaf["version"])
    if manifest.case not in versions:
        raise Unverified("移送材料", f"没有案件 {manifest.case} 的事件")
    ours = [leaf["event"] for leaf in events.values() if leaf["stream"] == manifest.case]
    claims = {name for event in ours for name in _texts(event) if _CLAIM.fullmatch(name)}
    for stream in sorted({manifest.case, *claims}):
        if versions[stream] != list(range(1, len(versions[stream]) + 1)) or not versions[stream]:
            raise Unverified(f"{stream} 的记录", f"所附的是第 {show(str(versions[stream]))} 版：应从第 1 版起连续无缺")
    return (f"案件 {manifest.case} 的事件第 1 至 {len(versions[manifest.case])} 版连续无缺；"
            f"它点名的 {len(claims)} 项学时，各自从申报起的事件连续无缺。")


def _texts(value: Any) -> Iterator[str]:
    """Every text in JSON, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _check_sealed(archive: _Archive, events: dict[int, dict[str, Any]]) -> Iterable[str]:
    """What is sealed: opened parts have the salted digest of their event, the others are not there."""
    count: Counter[str] = Counter()
    for part in archive.manifest.events:
        count[part.sealed] += 1
        where, digest = f"事件 {part.position} 的密封部分", events[part.position]["sealed"]
        has_file = sealed_at(part.position) in archive.members
        if (digest is None) != (part.sealed == "none") or has_file != (part.sealed in ("opened", "partly")):
            raise Unverified(where, "有无与目录或事件不符")
        if has_file:
            told = read_lines(archive.read(sealed_at(part.position)), where, "内容")
            _check_part(told, part.position, part.sealed, digest, archive.manifest.redaction.fields)
    told = [f"{words} {count[state]} 个" for state, words in _STATES.items() if count[state]]
    yield f"{count['opened']} 个密封部分已启封，其密文与各自事件中的加盐摘要一致" + (
        f"；{'，'.join(told)}。" if told else "。")


def _check_part(told: Any, position: int, state: str, digest: str, redacted: tuple[str, ...]) -> None:
    where = f"事件 {position} 的密封部分"
    names = ["position", "salt", "ciphertext", "fields"] if state == "opened" else ["position", "redacted", "fields"]
    if not isinstance(told, dict) or list(told) != names or told["position"] != position or not isinstance(
            told["fields"], dict):
        raise Unverified(where, "不成形")
    if state == "partly":
        hidden = told["redacted"]
        if not isinstance(hidden, list) or not hidden or not set(redacted).issuperset(hidden):
            raise Unverified(where, "遮盖的项目与目录不符")
        return
    salt, ciphertext = (decode_base64(str(told[name]), f"{where}的 {name}", Malformed) for name in names[1:3])
    if len(salt) != SALT_BYTES or encode_base64(hashlib.sha256(salt + ciphertext).digest()) != digest:
        raise Unverified(where, "与事件中的摘要不符")


def _check_rulebooks(archive: _Archive, events: dict[int, dict[str, Any]]) -> Iterable[str]:
    """Every rulebook by which a claim was decided, and the text that it quotes."""
    given = {one.sha256: one for one in archive.manifest.rulebooks}
    for one in given.values():
        source = archive.demand(f"rulebooks/{one.sha256}.toml", one.sha256, "细则清单")
        try:
            quoted = tomllib.loads(source.decode()).get("text_sha256")
        except (ValueError, RecursionError) as error:
            raise Unverified(f"细则 {one.rulebook}", "不是一份细则文件") from error
        if quoted != one.text_sha256:
            raise Unverified(f"细则 {one.rulebook}", "它引用的是另一份原文")
        archive.demand(f"rulebooks/{one.text_sha256}.txt", one.text_sha256, f"细则 {one.rulebook} ")
    cited = {ruling["digest"] for leaf in events.values()
             if isinstance(ruling := leaf["event"].get("ruling"), dict) and ruling.get("digest") is not None}
    if missing := cited.difference(given):
        raise Unverified("移送材料", f"缺少所依据的细则 {min(missing)}")
    yield f"所依据的 {len(given)} 部细则及其引用的规范性文件原文，与事件所引的 SHA-256 一致。"


def _check_papers(manifest: Manifest, events: dict[int, dict[str, Any]]) -> Iterable[str]:
    """Every paper that a claim showed is listed; those that go along are named by what they hold."""
    shown = {(leaf["stream"], one["sha256"]) for leaf in events.values() if _CLAIM.fullmatch(leaf["stream"])
             for one in leaf["event"].get("evidence", ())}
    listed = {(one.claim, one.sha256) for one in manifest.papers}
    if not shown <= listed:
        claim, sha256 = min(shown - listed)
        raise Unverified("移送材料", f"学时 {claim} 的佐证 {sha256} 没有列入目录")
    digests = {one.name: one.sha256 for one in manifest.files}
    for one in manifest.papers:
        is_named = one.file is not None and one.file.startswith(f"evidence/{one.sha256}.")
        if (one.file is None) != (one.why in _WHY_NOT) or (one.file is not None and (
                not is_named or digests.get(one.file) != one.sha256 or not _DIGEST.fullmatch(one.sha256))):
            raise Unverified(f"佐证 {show(one.sha256)}", "文件与事件所记的摘要不符，或没有说明为何未附")
    given = {one.sha256 for one in manifest.papers if one.file is not None}
    # One paper may be shown with several claims: it is one file, whether it goes along or not.
    lacking = Counter(why for why, _ in {(one.why, one.sha256) for one in manifest.papers if one.why is not None})
    told = "，".join(f"{_WHY_NOT[why]} {number} 份" for why, number in sorted(lacking.items()))
    ending = f"；未附的：{told}，摘要在目录中。" if told else "。"
    yield f"佐证文件 {len(given)} 份，与事件所记的 SHA-256 一致{ending}"


def _told_of_archive(archive: _Archive) -> Iterable[str]:
    one = archive.manifest
    size = sum(each.bytes for each in one.files)
    yield (f"ZIP 中 {len(one.files)} 个文件共 {size} 字节，不压缩、无重名、无越界路径，逐字节符合规范写法；"
           "各文件的 SHA-256 与目录一致。")
    yield (f"目录由 {one.origin} 的日志密钥签章：登记机构担保这是案件 {one.case} 截至第 {one.as_of} 个事件的移送材料，"
           f"由 {one.actor} 以 {one.purpose} 为目的调取。")


def _told_of_redaction(manifest: Manifest) -> Iterable[str]:
    if manifest.redaction:
        yield f"这是遮盖本：遮盖了{manifest.redaction.told()}，佐证文件不附；事件、证明和签章不受影响，全部成立。"
