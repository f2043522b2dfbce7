"""The packet of an application as one archive (P 15, E 12, R 9): every paper under its number, and what proves each.

    目录.txt                    what is in it, numbered as annexes are cited (佐证 3-1), what lacks and by which words
    SHA256SUMS                  of every other file, for `sha256sum -c`
    packet.json                 the same as data
    statement/<id>.txt          the text and its proof; <id>-verify.html verifies itself in a browser
    evidence/<number>_...       the files as they were handed in, named by their digests
    proofs/event-<position>     a `.tlog-proof` of each event that the packet rests on

Whatever could not be put in is named in the list with the reason: an archive never looks whole when it is not. Each
file that is opened is recorded, like everywhere else. A proof holds its event, so only one that names nobody beside the
applicant goes along.

`tests/api/test_packet_files.py` shows it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final, NamedTuple

from api.cases.claiming import evidence
from api.cases.statement import statement_shown
from api.cases.statement.statement_verifier import verifier_of
from api.cases.titles import packets
from api.evidence.types import PAPER_KINDS, TYPES
from api.house import House
from api.operational.callers import Caller
from api.refusals import problems
from ledger.errors import Refusal
from ledger.ids import PREFIXES
from ledger.proving import NotYetSigned, prove_event
from policies.words import base_vocabulary
from projections.applications import application_of
from projections.statement.text import TITLES

LIST: Final = "目录.txt"
SUMS: Final = "SHA256SUMS"
KINDS: Final = {"statement": "学时登记情况表", "title": "现职称", "entry": "学时", "card": "学时登记卡",
                "assessment": "学时审核结论"}

_ENDINGS: Final = dict(zip(TYPES, ("pdf", "jpg", "png", "ofd"), strict=True))
_IN_MEMORY_MOST: Final = 8 * 1024 * 1024  # A larger archive is put together on the disk.
_DAY_ONE: Final = (1980, 1, 1, 0, 0, 0)   # An archive says nothing of when it was made: the same files, the same bytes.


class Annex(NamedTuple):
    """A paper that goes along: under which number, of what, and its digest."""

    number: str
    claim: str
    kind: str
    sha256: str
    issued_on: str | None


class Line(NamedTuple):
    """One thing that goes along, with its papers."""

    number: int
    words: str
    about: str
    item: Mapping[str, Any]
    annexes: tuple[Annex, ...]


def aim(house: House, packet: Mapping[str, Any], as_of: int) -> str:
    """What was applied for (拟申报级别), and when, of a packet that somebody may see."""
    one = application_of(house.answers, packet["application"], as_of=as_of)
    assert one is not None, "its packet was told"
    return f"{TITLES.get(one.level, one.level)}，{one.applied_on} 申报"


def lines(packet: Mapping[str, Any]) -> tuple[Line, ...]:
    """What goes along in its order, each under a number, its papers under numbers below that."""
    words = base_vocabulary()
    told = []
    for number, item in enumerate(packet["items"], 1):
        about = str(item["id"])
        if item["kind"] == "entry":
            about = f"{item['year']} 年度，{words.categories[item['category']]}，{words.route_name(item['route'])}"
        papers = tuple(
            Annex(f"{number}-{at}", str(item["id"]), PAPER_KINDS.get(one["kind"], one["kind"]), one["sha256"],
                  _day(one.get("issued_on")))
            for at, one in enumerate(item.get("evidence", ()), 1))
        if item["kind"] == "title":
            level, _, day = about.partition(" ")
            about = f"{TITLES.get(level, level)}，{day} 取得"
        told.append(Line(number, KINDS[item["kind"]], about, item, papers))
    return tuple(told)


def _day(given: Any) -> str | None:
    return None if given is None else str(given)


def archive(
    house: House, caller: Caller, application: str, purpose: str | None, *, as_of: int, address: str
) -> IO[bytes] | Refusal:
    """Put it together for whoever may see the application."""
    packet = packets.packet(house, caller, application, purpose, as_of=as_of)
    if isinstance(packet, Refusal):
        return packet
    made = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_MOST)  # noqa: SIM115 - whoever sends it closes it
    with zipfile.ZipFile(made, "w") as file:
        packing = _Packing(house, caller, purpose, address, file)
        for line in lines(packet):
            packing.put_line(line, packet["person"])
        packing.put("packet.json", _json(packet))
        packing.put(LIST, _listed(packet, aim(house, packet, as_of), packing.told).encode())
        sums = "".join(f"{digest}  {name}\n" for name, digest in packing.sums.items())
        packing.put(SUMS, sums.encode())
    made.seek(0)
    return made


class _Packing:
    """An archive that is being put together: what is in it, and what of it could not be had."""

    def __init__(self, house: House, caller: Caller, purpose: str | None, address: str, file: zipfile.ZipFile) -> None:
        self._house, self._caller, self._purpose, self._address = house, caller, purpose, address
        self._file, self._note = file, house.register.signer.latest()
        self.sums: dict[str, str] = {}
        self.told: list[str] = []

    def put(self, name: str, content: bytes) -> str:
        """Put a file in; a name that is there already has the same content."""
        if name not in self.sums:
            self.sums[name] = hashlib.sha256(content).hexdigest()
            self._file.writestr(zipfile.ZipInfo(name, _DAY_ONE), content, zipfile.ZIP_DEFLATED)
        return name

    def put_line(self, line: Line, person: str) -> None:
        """Put in all that belongs to one thing, and tell where it stands."""
        self.told.append(f"{line.number}. {line.words}：{line.about}（事件 {line.item['position']}）")
        if line.item["kind"] == "statement":
            self._statement(str(line.item["id"]))
        for annex in line.annexes:
            self._annex(annex)
        for position in line.item.get("events", (line.item["position"],)):
            self._proof(position, person)

    def _statement(self, statement: str) -> None:
        found = statement_shown.file(self._house, self._caller, statement, self._purpose)
        if isinstance(found, Refusal):
            self._lacks("正文和证明", found)
            return
        self._tell("正文和证明", self.put(f"statement/{statement}.txt", found))
        page = verifier_of(self._house.register, self._address, found)
        self._tell("自行核验的页面", self.put(f"statement/{statement}-verify.html", page))

    def _annex(self, annex: Annex) -> None:
        found = evidence.open_file(self._house, self._caller, annex.claim, annex.sha256, self._purpose)
        words = f"佐证 {annex.number}，{annex.kind}，SHA-256 {annex.sha256}"
        if isinstance(found, Refusal):
            self._lacks(words, found)
            return
        ending = _ENDINGS[found.about.media_type]
        self._tell(words, self.put(f"evidence/{annex.number}_{annex.sha256[:16]}.{ending}", found.content))

    def _proof(self, position: int, person: str) -> None:
        subjects = self._house.stored(position).envelope.event.subjects()
        if any(one.startswith(PREFIXES["person"]) and one != person for one in subjects):
            self.told.append(f"   事件 {position} 还涉及他人，其证明不随附；可凭事件号向登记机构索取。")
            return
        try:
            proof = prove_event(self._house.ledger.store, position, self._note)
        except NotYetSigned:
            self._note = self._house.register.signer.checkpoint()
            proof = prove_event(self._house.ledger.store, position, self._note)
        self._tell("事件的证明", self.put(f"proofs/event-{position}.tlog-proof", proof))

    def _tell(self, words: str, name: str) -> None:
        self.told.append(f"   {words}：{name}")

    def _lacks(self, words: str, no: Refusal) -> None:
        self.told.append(f"   {words}：没有放入（{problems.of_refusal(no, '')['detail']}）")


def _listed(packet: Mapping[str, Any], aim: str, told: Sequence[str]) -> str:
    return "\n".join([
        "职称申报材料目录", f"申报 {packet['application']}，申报人 {packet['person']}", f"拟申报级别 {aim}", "",
        *told, "",
        *(_missing(packet["missing"]) or ["细则要求的材料都在其中。"]), "",
        f"各文件的 SHA-256 见 {SUMS}（sha256sum -c {SUMS}）。",
        "情况表和事件的证明用 xueshi verify 文件 --key 公钥 离线核验；情况表也可用浏览器打开 -verify.html 自行核验。",
        "佐证文件按登记时的摘要取出：摘要在各学时的事件里，核对事件的证明即知文件未被替换。", "",
    ])


def _missing(given: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"缺 {KINDS[one['kind']]}{_of(one)}：{one['rulebook']} {one['article']}“{one['quote']}”" for one in given]


def _of(one: Mapping[str, Any]) -> str:
    return f"（学时 {one['claim']}）" if "claim" in one else ""


def _json(packet: Mapping[str, Any]) -> bytes:
    return (json.dumps(packet, ensure_ascii=False, indent=1, default=str) + "\n").encode()
