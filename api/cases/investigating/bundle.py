"""The sealed bundle of a case for a court or a disciplinary body (移送材料), as one archive that anyone can verify.

For whoever else draws a screen or a command over it:

* `bundle(house, caller, case, purpose, as_of=..., chosen=(), redaction=Redaction())` gives the archive as an open file,
  or the refusal; the file's format is `ledger.offline.case_file`'s, and `xueshi verify FILE` checks it;
* `pack(house, contents, actor, purpose, into)` writes it to whatever takes bytes: a large one is made by a job
  (`api.cases.investigating.bundle_jobs`), sealed as it grows;
* `redacted(fields, persons=...)` reads what is to be blacked out, and refuses a name under which nothing is sealed.

Whoever may open the case may have it made, for a purpose; of everyone who is in it, it is recorded before it is handed
out. The same case as of the same position, asked for by the same hand for the same purpose under the same checkpoint,
is the same bytes, until somebody outside has seen or stamped more of the log.

`tests/api/test_case_bundle.py` shows it.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import IO, Any, Final

import msgspec

from api.cases import cases
from api.cases.investigating.bundle_contents import (
    DIRECT_MOST,
    Contents,
    Tell,
    Told,
    gathered,
    opened_case,
    sealed_fields,
    told_of,
)
from api.cases.investigating.bundle_report import report, report_data
from api.house import House
from api.log_routes import published_keys
from api.operational.callers import Caller
from api.paper.documents import Document, pages, set_as_pdf
from api.paper.typesetting import PdfImpossible
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.keys.vault import Absent
from ledger.offline.case_file import (
    CHECKPOINT,
    KEY,
    MANIFEST,
    SEAL,
    Book,
    File,
    Manifest,
    Redaction,
    format_manifest,
    format_seal,
    proof_name,
    sealed_name,
)
from ledger.offline.case_witnessed import Witnessed, files_of, wanted_sizes
from ledger.offline.plain_zip import Sink, Writer
from ledger.offline.verify_leaf import format_lines
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.keys import SigningKey
from ledger.proof.notes import parse_note
from ledger.proof.text import encode_base64
from ledger.proving import Prover, prove_growth
from ledger.streams.standing import Actor
from ledger.witnessing.kept import Kept

_TOGETHER: Final = {"name": ("name", "name_normalised")}  # Whoever hides the one hides the other.
SET_MOST: Final = 2_000
"""So many events are set as pages, some hundred, with 300 MB; 7,800 took 1 GB, and nobody reads that on paper."""
_IN_MEMORY_MOST: Final = 8 * 1024 * 1024  # A larger archive is put together on the disk.


def names_of(case: str, *, is_redacted: bool) -> tuple[str, str]:
    """What a bundle is called as a file: in Chinese without an ending, and in ASCII."""
    return (f"案件移送材料-{case}{'-去标识' if is_redacted else ''}",
            f"{case}{'-redacted' if is_redacted else ''}.zip")


def bundle(
    house: House, caller: Caller, case: str, purpose: str | None, *, as_of: int, chosen: Iterable[int] = (),
    redaction: Redaction = Redaction(),  # noqa: B008 - it is a value that cannot change
    most: int = DIRECT_MOST,
) -> IO[bytes] | Refusal:
    """Put it together for whoever may open the case; whoever sends it closes it."""
    opened = opened_case(house, caller, case, purpose, as_of=as_of, what="case_bundle")
    if isinstance(opened, Refusal):
        return opened
    actor, shown = opened
    assert purpose is not None, "nobody is let in without one"
    contents = gathered(house, caller, shown, purpose, as_of=as_of, chosen=chosen, redaction=redaction,
                        most=most)
    if isinstance(contents, Refusal):
        return contents
    cases.seen(house, caller, actor, contents.people, purpose, "case_bundle")
    made = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_MOST)  # noqa: SIM115 - whoever sends it closes it
    try:
        pack(house, contents, actor, purpose, made)
    except BaseException:
        made.close()
        raise
    made.seek(0)
    return made


def pack(
    house: House, contents: Contents, actor: Actor, purpose: str, into: Sink, tell: Tell | None = None
) -> None:
    """Write the archive."""
    _Packing(house, contents, into, tell).put_all(actor, purpose)


def redacted(fields: Iterable[str], *, persons: bool) -> Redaction:
    """Read what is to be blacked out; raises BadFields for a name under which nothing is sealed."""
    names, known = sorted({each for one in fields for each in _TOGETHER.get(one, (one,))}), sealed_fields()
    if strange := [one for one in names if one not in known]:
        words = f"没有密封的 {'、'.join(strange)}；可以遮盖的是 {'、'.join(sorted(known))}。"
        raise BadFields([Fault("/redact", "field_not_sealed", words)])
    return Redaction(persons, () if persons else tuple(names))


class _Packing:
    """An archive that is being put together."""

    def __init__(self, house: House, contents: Contents, file: Sink, tell: Tell | None) -> None:
        self._house, self._contents, self._tell = house, contents, tell
        self._writer, self._files = Writer(file), list[File]()
        signer = house.register.signer
        last = max(one.position for one in contents.events)
        note = signer.latest()
        self._note = note if _size(note) >= max(last, contents.as_of) else signer.checkpoint()

    def put_all(self, actor: Actor, purpose: str) -> None:
        """Write every file, then what the register says of them."""
        contents, signer = self._contents, self._house.register.signer
        missing = (*self._put_told(purpose), *contents.detected.missing)
        self._put(CHECKPOINT, self._note)
        self._put(KEY, "".join(f"{line}\n" for line in published_keys(self._house.register)).encode())
        self._put_witnessed()
        prover = Prover(self._house.ledger.store, self._note)
        for one in told_of("prove", contents.events, self._tell):
            self._put(proof_name(one.position), prover.prove(one.position))
            if one.part.sealed in ("opened", "partly"):
                self._put(sealed_name(one.position), _sealed(self._house, one))
        self._put_rulebooks()
        self._put_papers()
        for name, content in contents.detected.files():
            self._put(name, content)
        self._put("README.txt", _readme(contents, signer.origin, missing).encode())
        case = str(contents.case["case"])
        told = format_manifest(Manifest(
            origin=signer.origin, case=case, as_of=contents.as_of, size=_size(self._note), purpose=purpose,
            actor=actor.actor, organisation=actor.organisation, redaction=contents.redaction,
            events=tuple(one.part for one in contents.events), papers=contents.papers,
            rulebooks=tuple(Book(one.id, one.digest, hashlib.sha256(_text(one.text)).hexdigest())
                            for one in contents.rulebooks),
            files=tuple(self._files)))
        self._writer.put(MANIFEST, told)
        self._writer.put(SEAL, format_seal(signer.origin, case, told, signer.keys))
        self._writer.finish()

    def _put(self, name: str, content: bytes) -> None:
        self._files.append(File(name, len(content), hashlib.sha256(content).hexdigest()))
        self._writer.put(name, content)

    def _put_told(self, purpose: str) -> tuple[str, ...]:
        """The report, to be read and as data; neither is kept while the rest is written."""
        self._tell_of("report", 0)
        data = report_data(self._house, self._contents)
        self._tell_of("report", 1)
        document = report(data, origin=self._house.register.signer.origin, purpose=purpose)
        missing = self._put_report(document)
        self._tell_of("report", 2)
        self._put("case.json", _lines(data))
        self._tell_of("report", 3)
        return missing

    def _tell_of(self, step: str, done: int) -> None:
        if self._tell is not None:
            self._tell(step, done, 3)

    def _put_report(self, document: Document) -> tuple[str, ...]:
        """The report as a page, and as PDF where that can be made; else why it cannot."""
        self._put("report.html", pages([document], f"{document.title} {document.number}"))
        if (many := len(self._contents.events)) > SET_MOST:
            return (f"没有 report.pdf：所附事件 {many} 个，逐个排版要数百页；report.html 和 case.json 是完整的。",)
        told = self._house.stored(self._contents.events[-1].position).envelope.recorded_at
        try:
            made = set_as_pdf(document, datetime.fromtimestamp(told // 1_000_000, UTC))
        except PdfImpossible as no:
            return (f"没有 report.pdf：{no}",)
        self._put("report.pdf", made)
        return ()

    def _put_witnessed(self) -> None:
        """Of each event the earliest checkpoint that somebody stamped; and the newest one that witnesses saw."""
        kept, upto = Kept(self._house.register.folder.witnessed), _size(self._note)
        positions = [one.position for one in self._contents.events]
        stamps = {size: kept.stamps(size) for size in kept.dated()}
        wanted = wanted_sizes(positions, [size for size, some in stamps.items() if some], upto=upto)
        if not wanted or wanted[-1] < positions[-1]:
            kept.want(positions[-1])  # Whoever has it made again later gets its time.
        notes = {size: note for size in wanted if (note := kept.at(size)) is not None}
        cosigned = kept.latest()
        if cosigned is not None and _size(cosigned) < upto:
            notes.setdefault(_size(cosigned), cosigned)
        for size, note in sorted(notes.items()):
            if _is_of(note, self._house.register.signer.keys):  # Under a former name it is another log's.
                growth = tuple(prove_growth(self._house.ledger.store, size, upto))
                for name, content in files_of(Witnessed(size, note, growth, stamps.get(size, {}))):
                    self._put(name, content)

    def _put_rulebooks(self) -> None:
        put: set[str] = set()
        for book in self._contents.rulebooks:
            text = _text(book.text)
            digest = hashlib.sha256(text).hexdigest()
            self._put(f"rulebooks/{book.digest}.toml", book.source)
            if digest not in put:
                put.add(digest)
                self._put(f"rulebooks/{digest}.txt", text)

    def _put_papers(self) -> None:
        put: set[str] = set()
        for paper in self._contents.papers:
            if paper.file is not None and paper.file not in put:
                put.add(paper.file)
                found = self._house.evidence.open(self._contents.owners[paper.claim], paper.sha256)
                assert found is not None and not isinstance(found, Absent), "it was there when it was listed"
                self._put(paper.file, found[1])


def _sealed(house: House, one: Told) -> bytes:
    """What is sealed beside an event: bound to it by its salted digest, unless something of it is blacked out."""
    if one.part.sealed == "partly":
        return format_lines({"position": one.position, "redacted": list(one.hidden), "fields": one.fields})
    part = house.stored(one.position).sealed
    assert part is not None, "it was opened"
    return format_lines({"position": one.position, "salt": encode_base64(part.salt),
                         "ciphertext": encode_base64(part.ciphertext), "fields": one.fields})


def _text(text: str | None) -> bytes:
    assert text is not None, "an enacted rulebook quotes a text"
    return text.encode()


def _size(note: bytes) -> int:
    return parse_checkpoint(parse_note(note)[0]).size


def _is_of(note: bytes, keys: Iterable[SigningKey]) -> bool:
    signers = {(one.name, one.key_id) for one in parse_note(note)[1]}
    return any((key.name, key.public().key_id) in signers for key in keys)


def _lines(data: Any) -> bytes:
    """What `format_lines` writes, in a tenth of the memory: of a large case this is millions of lines."""
    return msgspec.json.format(msgspec.json.encode(data, enc_hook=str), indent=1) + b"\n"


def _readme(contents: Contents, origin: str, missing: Iterable[str]) -> str:
    return "\n".join(_readme_lines(contents, origin, missing)) + "\n"


def _readme_lines(contents: Contents, origin: str, missing: Iterable[str]) -> Iterator[str]:
    case, claims = contents.case["case"], len(contents.claims)
    yield f"监察案件移送材料　{case}"
    yield f"登记机构日志 {origin}，截至第 {contents.as_of} 个事件；事件 {len(contents.events)} 个，学时 {claims} 项。"
    if contents.redaction:
        yield f"这是遮盖本：遮盖了{contents.redaction.told()}，佐证文件不附。事件、证明和签章与未遮盖的一份同样成立。"
    yield ""
    yield "report.html（report.pdf）  案情报告，供阅读"
    yield "case.json                   报告的数据"
    yield "proofs/                     每个事件和它通向检查点的证明（.tlog-proof，C2SP 格式）"
    yield "sealed/                     事件的密封部分：盐、密文，以及启封的文字"
    yield "rulebooks/                  认定所依据的细则和所引的规范性文件原文，以 SHA-256 为名"
    yield "evidence/                   申报时交来的佐证原件，以 SHA-256 为名"
    yield "findings/                   提示线索的核查规则（SQL、阈值）和所查出的行，案件由规则提示时才有"
    yield "checkpoint, key.vkey        签名的检查点；登记机构的公钥（请与另行取得的公钥比对）"
    yield "witnessed/                  较早的检查点、见证人的联署、时间戳（.tsr），本检查点由它增长而来的证明；有才附"
    yield "manifest.json, manifest.note  全部文件的 SHA-256；登记机构对它的签章"
    yield ""
    yield "核验（不需要网络）：xueshi verify 文件.zip --key 公钥"
    yield "写有见证人的核验策略文件可作 --key；时间戳另给 --tsa CA证书.pem：证明各事件最迟何时已经登记。"
    yield "公钥请从登记机构公布的地址 /log/key 取得，不要只用材料里附的这一把。"
    yield ""
    yield "签章是签署日志的同一把密钥所签。登记机构以此担保：这些文件由它汇集；启封的文字就是密封部分的内容"
    yield "（密钥不随附，因为一个人的密钥能打开其全部密封内容）；佐证是登记时交来的原件；除目录所说的以外没有遗漏。"
    yield "它不担保登记的内容属实。材料不压缩、逐字节只有一种写法，改动任何一个字节都会被发现。"
    for words in missing:
        yield ""
        yield words
