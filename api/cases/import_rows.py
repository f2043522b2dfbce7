"""The rows of an import, judged: new here, a newer version of what is registered, known already, or refused and why.

Who it is, what the law makes of it and whether the ledger would take it is asked of each row; the record that it is,
by system, record and version, says whether it came before. A newer version corrects what the older one registered,
unless it was put right here meanwhile and the source has not yet fetched that: then two corrections would undo each
other in turn (AMB-05).

Reading: what comes in is judged by the law like everything (P 14 has it brought in, not believed); what no rulebook
rules needs the document of the authority that confirmed its hours. The digest of a row is keyed, since it covers an ID
number and anybody could try them all against an open one.

`tests/api/test_http_imports.py` shows it.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec

from api import refusals
from api.cases.faults import BadFields
from api.cases.finding import Found, blocks, by_documents
from api.cases.roster_lists import Wrong
from api.cases.study import read_details, read_study
from api.house import House
from api.law_of import Assessed, assess, bench_now, not_yet
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.base import Name
from ledger.events.claim import ClaimCorrected, Evidence, Ruling, Source, Study, StudyDetails, record_name
from ledger.events.imports import SetAside
from ledger.identifiers import id_number, names
from ledger.identifiers.errors import BadIdentifier
from ledger.identifiers.id_number import IdNumber
from ledger.ids import new_ids
from ledger.importing import Correction, Row
from ledger.ledger import Held
from ledger.streams import act as acts
from ledger.streams import claim as claims
from ledger.streams.claim_register import CorrectClaim, decide_correction
from ledger.streams.claim_review import RegisterClaim, SubmitClaim, decide_registration
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.vocabulary import ClaimId, PersonId

ROW: Final = "import_row"
"""The kind of evidence that a row is of itself."""

_WORDS: Final = {
    "duplicate": "这条记录的这个版本已经登记。",
    "record_twice": "本文件中前面已有同一记录；一个文件中每条记录只写一次，写最新的版本。",
    "record_names_someone": "来源记录号像是证件号码；请改用来源系统自己的编号，记录号会公开留存。",
    "outside_period": "日期不在本批数据所属的期间内。",
    "person_unknown": "没有证件号码和姓名都与此相符的人员；请按证件核对，尚未注册的请本人先注册。",
    "person_differs": "这条记录以前登记的是另一个人；请在来源系统核对，作废旧记录后用新的记录号报送。",
    "source_older": "本系统已登记这条记录更新的版本。",
    "source_changed": "内容与已登记的同一版本不同；来源更正了内容，请同时提高版本号。",
    "changed_here": "这条记录已在本系统更正，来源尚未取回；请先取回更正清单，再连同所取到的位置（seen）报送新版本。",
    "ruling_needed": "没有细则规定这类学习的学时；请填写确认学时和确认的文件号。",
    "certificate_used": "这个证书编号已用于本人的另一项申报；请核对。",
}


class Sent(NamedTuple):
    """A row as it came: its number, counted from 1, and what it says, or what is wrong with its form."""

    row: int
    fields: dict[str, Any] | None
    wrong: Wrong | None = None


class Terms(NamedTuple):
    """What holds for every row of a batch."""

    house: House
    actor: Actor
    role: str
    system: str
    starts: date
    ends: date
    seen: int            # Up to where the source has fetched what was changed here.
    act: str | None      # Of a registration that was killed and goes on.


class _Read(NamedTuple):
    """A row whose form is right, taken apart."""

    sent: Sent
    source: Source
    id: IdNumber
    name: str
    study: Study
    details: StudyDetails
    digest: str


class _Taken(NamedTuple):
    """A row that would be taken over: the names that it reserves, and what the law makes of it."""

    row: Row
    names: list[Name]
    ruling: Ruling


class _Known(NamedTuple):
    """What is registered of a record."""

    claim: claims.Claim | None
    source: Source | None        # Of its newest version in force.
    changed: int                 # Where it was last put right here and not by the source; 0: nowhere.
    is_of_this_act: bool


@dataclass(slots=True)
class Judged:
    """What becomes of the rows of a file; what stands from before a kill is accepted and needs no writing."""

    rows: int
    accepted: list[Row | None] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    words: dict[int, str] = field(default_factory=dict)
    corrections: int = 0
    worth: Counter[Ruling] = field(default_factory=Counter)
    seen: list[str] = field(default_factory=list)

    @property
    def duplicates(self) -> int:
        """How many stand in the register already."""
        return sum(one.code == "duplicate" for one in self.set_aside)

    def put_aside(self, sent: Sent, code: str, words: str) -> None:
        """Note a row that is not taken over."""
        fields = sent.fields or {}
        named = (fields.get("record", ""), str(fields.get("version", "")))
        record, version = ("", "") if code == "record_names_someone" else named
        self.set_aside.append(SetAside(row=sent.row, record=record, version=version, code=code))
        self.words[sent.row] = words


def judge(terms: Terms, rows: Sequence[Sent]) -> Judged:
    """Say of every row what becomes of it, in their order."""
    return _Judging(terms).judged(rows)


class _Judging:
    def __init__(self, terms: Terms) -> None:
        self._terms, self._today = terms, terms.house.today
        self._bench = bench_now(terms.house.answers)
        self._assessments: dict[Any, Assessed | Refusal] = {}
        self._acts: dict[str, bool] = {}
        self._reserved: set[Name] = set()  # By rows before, in this file.

    def judged(self, rows: Sequence[Sent]) -> Judged:
        judged, records = Judged(len(rows)), set[str]()
        for block in blocks(rows):
            self._block(block, judged, records)
        judged.set_aside.sort(key=lambda one: one.row)
        return judged

    def _block(self, block: Sequence[Sent], judged: Judged, records: set[str]) -> None:
        """Judge the next rows; whom they name and which records are known is looked up for all."""
        ledger, read = self._terms.house.ledger, list[_Read]()
        for sent in block:
            found = self._read(sent, records)
            if isinstance(found, Wrong):
                judged.put_aside(sent, found.code, found.words)
            else:
                read.append(found)
        people = by_documents(ledger, [one.id for one in read])
        known = self._known([one.source for one in read])
        ids = new_ids("claim", len(read), now_ms=self._terms.house.now // 1_000)
        taken: list[tuple[_Read, _Taken | None]] = []
        for one, claim in zip(read, ids, strict=True):
            outcome = self._outcome(one, ClaimId(claim), people.get(one.id), known.get(one.source.record), judged)
            if isinstance(outcome, Wrong):
                judged.put_aside(one.sent, outcome.code, outcome.words)
            else:
                taken.append((one, outcome))
        self._accept(taken, judged)

    def _accept(self, taken: Sequence[tuple[_Read, _Taken | None]], judged: Judged) -> None:
        """Accept what names no certificate that another claim of the same person holds, or another row of the file."""
        held = self._terms.house.ledger.find_all(name for _, one in taken if one is not None for name in one.names)
        for read, one in taken:
            if one is None:
                judged.accepted.append(None)
                continue
            own = one.row.claim if isinstance(one.row, Correction) else one.row.submission.claim
            if any(held.get(name, own) != own or name in self._reserved for name in one.names):
                judged.put_aside(read.sent, "certificate_used", _WORDS["certificate_used"])
                continue
            self._reserved.update(one.names)
            judged.accepted.append(one.row)
            judged.worth[one.ruling] += 1
            judged.corrections += isinstance(one.row, Correction)

    # What it says

    def _read(self, sent: Sent, records: set[str]) -> _Read | Wrong:
        if sent.wrong is not None or sent.fields is None:
            return sent.wrong or Wrong("invalid", "这一行读不出来。")
        fields, terms = sent.fields, self._terms
        if _names_someone(fields["record"], self._today):
            return _own("record_names_someone")
        if fields["record"] in records:
            return _own("record_twice")
        records.add(fields["record"])
        try:
            number = id_number.parse(fields["id_kind"], fields["id_number"], today=self._today)
            name = names.parse(fields["name"])
        except BadIdentifier as bad:
            return Wrong(f"{bad.code}_{bad.reason}", bad.text)
        study = read_study(fields["study"])
        if not terms.starts <= study.evidence_on <= terms.ends:
            return _own("outside_period")
        if no := not_yet(study, self._today):
            return _no(no)
        source = Source(system=terms.system, record=fields["record"], version=str(fields["version"]),
                        recorded_at=fields.get("recorded_at"))
        spelled = msgspec.json.encode(msgspec.to_builtins(
            [source, number.kind, number.normalised, name.normalised, study, fields["details"]]), order="sorted")
        return _Read(sent, source, number, name.normalised, study, read_details(fields["details"]),
                     hmac.digest(terms.house.request_key, spelled, "sha256").hex())

    # What it comes to

    def _known(self, sources: Sequence[Source]) -> dict[str, _Known]:
        """What is registered of these records."""
        ledger = self._terms.house.ledger
        asked = {record_name(one.system, one.record): one.record for one in sources}
        holders = {asked[name]: claim for name, claim in ledger.find_all(asked).items()}
        loaded = ledger.load_each(list(holders.values()), claims.evolve)
        stories = ledger.store.streams(list(holders.values()))
        found: dict[str, _Known] = {}
        for record, claim in holders.items():
            held_by = loaded[claim].held_by
            if held_by is not None and held_by != self._terms.act:
                raise Held(claim, held_by)
            source, changed = None, 0
            for position, leaf in stories[claim]:
                envelope = decode(leaf)
                if envelope.by.act is not None and not self._is_closed(envelope.by.act):
                    continue
                said = getattr(envelope.event, "source", None)
                if said is not None:
                    source, changed = said, 0
                elif isinstance(envelope.event, ClaimCorrected):
                    changed = position
            found[record] = _Known(loaded[claim].state, source, changed, held_by is not None)
        return found

    def _is_closed(self, act: str) -> bool:
        if act not in self._acts:
            state, _ = self._terms.house.ledger.load_act(act)
            self._acts[act] = state is not None and state.status is acts.Status.CLOSED
        return self._acts[act]

    def _outcome(
        self, one: _Read, claim: ClaimId, found: Found | None, known: _Known | None, judged: Judged
    ) -> _Taken | Wrong | None:
        if found is None or found.name != one.name:
            return _own("person_unknown")
        judged.seen.append(found.person.person)
        if known is not None and known.is_of_this_act:
            return None
        if known is not None and (wrong := self._not_newer(one, known, found.person)) is not None:
            return wrong
        assessed = self._assessed(found.person, one.study)
        if not isinstance(assessed, Assessed):
            return assessed
        row = (self._new(one, claim, found.person, assessed) if known is None or known.claim is None
               else self._correction(one, known.claim, assessed))
        by = self._terms.actor
        decided = (decide_correction(known and known.claim, row.command, found.person, by)
                   if isinstance(row, Correction) else decide_registration(None, row, found.person, by))
        if isinstance(decided, Refusal):
            return _no(decided)
        return _Taken(row, [name for draft in decided for name in draft.event.names(draft.sealed)], assessed.ruling)

    def _not_newer(self, one: _Read, known: _Known, person: Person) -> Wrong | None:
        """Say why a record that is known is not put right by this row."""
        if known.claim is None or known.source is None:
            return _own("duplicate")
        if known.claim.person != person.person:
            return _own("person_differs")
        stands, comes = _number(known.source.version), _number(one.source.version)
        if comes < stands:
            return _own("source_older")
        if comes == stands:
            digest = next((paper.sha256 for paper in known.claim.evidence if paper.kind == ROW), one.digest)
            was_changed = known.changed or digest == one.digest  # Of what was put right here the digest is no more.
            return _own("duplicate" if was_changed else "source_changed")
        return _own("changed_here") if known.changed > self._terms.seen else None

    def _assessed(self, person: Person, study: Study) -> Assessed | Wrong:
        at = person.affiliation_on(study.evidence_on)
        key = (at and (at.region, at.sector, at.major), msgspec.json.encode(study))
        if key not in self._assessments:
            try:
                self._assessments[key] = assess(self._bench, person, study, self._today)
            except BadFields as bad:
                fault = bad.faults[0]
                return Wrong(fault.code, f"{fault.pointer}：{fault.detail}")
        assessed = self._assessments[key]
        if isinstance(assessed, Refusal):
            return _no(assessed)
        if assessed.ruling.status == "unruled":
            return _own("ruling_needed")
        if assessed.ruling.status == "refused":
            why = "；".join(str(step["arithmetic"]) for step in assessed.why if step.get("arithmetic"))
            clauses = "、".join(assessed.ruling.clauses)
            article = f"{assessed.ruling.rulebook or ''} {clauses}".strip()
            return Wrong("not_countable", f"按细则（{article}）不予计算：{why or '不符合规定'}。")
        return assessed

    def _new(self, one: _Read, claim: ClaimId, person: Person, assessed: Assessed) -> RegisterClaim:
        role = self._terms.role
        return RegisterClaim(ruling=assessed.ruling, year=assessed.year, submission=SubmitClaim(
            claim=claim, person=PersonId(person.person), on=self._today, study=one.study, details=one.details,
            steps=(role,), evidence=(Evidence(kind=ROW, sha256=one.digest),), origin="import", source=one.source,
            role=role))

    def _correction(self, one: _Read, claim: claims.Claim, assessed: Assessed) -> Correction:
        return Correction(claim.claim, claim.person, CorrectClaim(
            role=self._terms.role, study=one.study, details=one.details, ruling=assessed.ruling, year=assessed.year,
            year_because="source_corrected", evidence=(Evidence(kind=ROW, sha256=one.digest),), source=one.source))


def _number(version: str) -> int:
    return int(version) if version.isdecimal() else 0  # What came in before versions were numbers is older than all.


def _names_someone(record: str, today: date) -> bool:
    try:
        id_number.parse("resident_id", record, today=today)
    except BadIdentifier:
        return False
    return True


def _own(code: str) -> Wrong:
    return Wrong(code, _WORDS[code])


def _no(refusal: Refusal) -> Wrong:
    return Wrong(refusal.code, refusals.lines()[refusal.code].detail)
