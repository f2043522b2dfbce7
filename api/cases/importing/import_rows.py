"""The rows of an import, judged: new here, a newer version of what is registered, known already, or refused and why.

Who it is, what the law makes of it and whether the ledger would take it is asked of each row; the record that it is,
by system, record and version, says whether it came before. A newer version corrects what the older one registered,
unless it was put right here meanwhile and the source has not yet fetched that: then two corrections would undo each
other in turn (AMB-05).

Reading: what comes in is judged by the law like everything (P 14 has it brought in, not believed); what no rulebook
rules needs the document of the authority that confirmed its hours.

`tests/api/test_http_imports.py` shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import msgspec

from api.cases.belonging.finding import Found, blocks, by_documents
from api.cases.importing import following
from api.cases.importing.import_alike import Alike, Course, course_of
from api.cases.importing.import_courses import Coming, Courses, said_twice
from api.cases.importing.import_lists import Wrong
from api.cases.importing.import_records import ROW, Known, Read, Register, Rows, Sent, number_of, said_no
from api.cases.importing.import_words import DUPLICATE, WORDS, in_its_cells, malformed
from api.cases.importing.sources import misplaced
from api.house import House
from api.law_of import Assessed, assess, bench_now
from api.paper.sheets import Columns, Mark, Sheet, returned
from api.refusals.faults import BadFields
from ledger.acts.imports import Correction, Decided, Followed, Row, decide_following
from ledger.acts.running import CHUNK_REGISTERED
from ledger.errors import Refusal
from ledger.events.base import Draft, Name
from ledger.events.imports import SetAside
from ledger.events.study import CERTIFICATE, Evidence, Ruling, Study
from ledger.ids import new_ids
from ledger.stores.append import EVENTS_MAX
from ledger.streams.claim import Claim
from ledger.streams.claim_register import CorrectClaim, decide_correction
from ledger.streams.claim_review import RegisterClaim, SubmitClaim, decide_registration
from ledger.streams.import_source import ImportSource
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.vocabulary import ClaimId, PersonId
from policies.archive import RulebookMissing


class Listed(NamedTuple):
    """The rows of a file; of a sheet also how it came, so that it can go back."""

    rows: Sequence[Sent]
    sheet: Sheet | None = None
    columns: Columns | None = None


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
    source: ImportSource | None = None  # Which system it is and what it may register, where that is known.

    @property
    def following(self) -> following.Terms:
        """The same for what another ledger handed over."""
        return following.Terms(self.role, self.house.today, self.seen)


class _Taken(msgspec.Struct, frozen=True, gc=False):
    """A row that would be taken over: what was decided, the names that it reserves, and what the law makes of it."""

    decided: Decided
    names: list[Name]
    ruling: Ruling


@dataclass(slots=True)
class Judged:
    """What becomes of the rows of a file; what stands from before a kill is accepted and needs no writing."""

    listed: Listed
    courses: Courses                 # Those that it brings, which nothing else may stand for,
    alike: Alike                     # also under their title alone.
    accepted: list[Decided | None] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    wrongs: dict[int, Wrong] = field(default_factory=dict)
    corrections: int = 0
    rulings: list[Ruling | None] = field(default_factory=list)  # What the law makes of each that is accepted.
    seen: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.listed.rows)

    @property
    def duplicates(self) -> int:
        """How many stand in the register already."""
        return sum(one.code == DUPLICATE for one in self.set_aside)

    @property
    def worth(self) -> Counter[Ruling]:
        """How many of what would be registered are worth what."""
        return Counter(one for one in self.rulings if one is not None)

    def put_aside(self, sent: Sent, wrong: Wrong) -> None:
        """Note a row that is not taken over."""
        fields, handed = sent.fields or {}, sent.handed
        named = (fields.get("record", ""), str(fields.get("version", "")))
        if handed is not None:
            named = (handed.claim, "0" if handed.decided is None else str(handed.decided.position))
        record, version = ("", "") if wrong.code == "record_names_someone" else named
        self.set_aside.append(SetAside(row=sent.row, record=record, version=version, code=wrong.code,
                                       claim=wrong.claim))
        self.wrongs[sent.row] = in_its_cells(wrong, sent.row, self.listed.columns)


def judge(terms: Terms, listed: Listed) -> Judged | Refusal:
    """Say of every row what becomes of it, in their order; or that the answers cannot tell it yet."""
    return _Judging(terms).judged(listed)


def rows_at_once(accepted: Sequence[Decided | None]) -> int:
    """As many rows as fit one append with their count, however much became of the one of them that has most events."""
    most = max((len(one.drafts) for one in accepted if one is not None), default=2)
    return max(1, min(CHUNK_REGISTERED, (EVENTS_MAX - 1) // most))


def returned_workbook(judged: Judged) -> bytes | None:
    """The sheet as it came, what was refused in red with the reason; None where nothing was, or where it is none."""
    refused = [one.row for one in judged.set_aside if one.code != DUPLICATE]
    _, sheet, columns = judged.listed
    if sheet is None or columns is None or not refused:
        return None
    wide = frozenset(range(max(map(len, sheet.rows))))
    marks = {}
    for row in refused:
        wrong = judged.wrongs[row]
        marks[row - 1] = Mark(frozenset(columns.places[name] for name in wrong.at if name in columns.places) or wide,
                              wrong.words)
    return returned(sheet.rows, columns.row, marks)


def _taken(row: Row, decided: Sequence[Draft], found: Found, known: Known | None, ruling: Ruling) -> _Taken:
    version = 0 if known is None or known.claim is None else known.version
    names = [name for draft in decided if known is not None or getattr(draft.sealed, "certificate_number", None)
             for name in draft.event.names(draft.sealed)
             if known is not None or name.kind == CERTIFICATE]  # Of a record that is new here no name is held.
    return _Taken(Decided(row, tuple(decided), version, found.loaded.guards), names, ruling)


class _Judging:
    def __init__(self, terms: Terms) -> None:
        self._terms, self._today, self._ledger = terms, terms.house.today, terms.house.ledger
        self._bench = bench_now(terms.house.answers)
        self._assessments: dict[Any, Assessed | Refusal] = {}
        self._rows = Rows(terms.house, terms.system)
        self._register = Register(self._ledger, terms.act)
        self._reserved: set[Name] = set()  # By rows before, in this file.
        self._books: dict[str | None, bool] = {}
        self._courses, self._alike = Courses(terms.house), Alike(terms.house, terms.system)

    def judged(self, listed: Listed) -> Judged | Refusal:
        judged = Judged(listed, courses=self._courses, alike=self._alike)
        for block in blocks(listed.rows):
            self._block(block, judged)
        if self._courses.coming and (behind := self._terms.house.settled()) is not None:
            return behind
        for one, other in reversed(list(self._courses.second())):  # From the end, so that places stay.
            self._take_back(judged, one, other)
        judged.set_aside.sort(key=lambda one: one.row)
        return judged

    def _block(self, block: Sequence[Sent], judged: Judged) -> None:
        """Judge the next rows; whom they name and which records are known is looked up for all."""
        read = list[Read]()
        for sent in block:
            found = self._fitting(self._rows.read(sent))
            if isinstance(found, Wrong):
                judged.put_aside(sent, found)
            else:
                read.append(found)
        people = by_documents(self._ledger, [one.id for one in read])
        known = self._register.known(one.source for one in read)
        ids = new_ids("claim", len(read), now_ms=self._terms.house.now // 1_000)
        taken: list[tuple[Read, _Taken | None]] = []
        courses: list[Course] = []
        for one, claim in zip(read, ids, strict=True):
            whose, stood = people.get(one.id), known.get(one.source.record)
            outcome = self._outcome(one, ClaimId(claim), whose, stood, judged)
            if isinstance(outcome, Wrong):
                judged.put_aside(one.sent, outcome)
            else:
                taken.append((one, outcome))
                assert whose is not None, "what is nobody's is put aside"
                courses += course_of(one, whose.person.person, outcome and outcome.decided.row, stood)
        self._accept(taken, known, self._alike.among(courses), judged)

    def _fitting(self, found: Read | Wrong) -> Read | Wrong:
        if isinstance(found, Wrong):
            return found
        if not self._terms.starts <= found.study.evidence_on <= self._terms.ends:
            return WORDS["outside_period"]
        source = self._terms.source
        return found if source is None else misplaced(source, found.study) or found

    def _take_back(self, judged: Judged, one: Coming, other: str) -> None:
        """Set a row aside after all: what it would put in the register stands there as another claim."""
        decided, _ = judged.accepted.pop(one.at), judged.rulings.pop(one.at)
        assert decided is not None, "it was accepted as it came"
        judged.corrections -= decided.version > 0
        judged.put_aside(one.read.sent, said_twice(other))

    def _accept(
        self, taken: Sequence[tuple[Read, _Taken | None]], known: Mapping[str, Known], alike: Mapping[str, Wrong],
        judged: Judged,
    ) -> None:
        """Accept what names no certificate that another claim of the same person holds, or another row of the file.

        `alike`: why others are set aside, by their records.
        """
        held = self._ledger.find_all(name for _, one in taken if one is not None for name in one.names)
        for read, one in taken:
            stood = known.get(read.source.record)
            if one is None:
                self._courses.go_on(read, stood)
                judged.accepted.append(None)
                judged.rulings.append(None)
                continue
            row = one.decided.row
            own = row.submission.claim if isinstance(row, RegisterClaim) else row.claim
            others = [held[name] for name in one.names if held.get(name, own) != own]
            if others or not self._reserved.isdisjoint(one.names):
                judged.put_aside(read.sent, WORDS["certificate_used"]._replace(claim=next(iter(others), None)))
                continue
            if (wrong := alike.get(read.source.record)) is not None:
                judged.put_aside(read.sent, wrong)
                continue
            self._reserved.update(one.names)
            if isinstance(row, Followed):
                self._courses.note(read, row.claim, row.person, stood, len(judged.accepted))
            judged.accepted.append(one.decided)
            judged.rulings.append(one.ruling)
            judged.corrections += one.decided.version > 0

    def _outcome(
        self, one: Read, claim: ClaimId, found: Found | None, known: Known | None, judged: Judged
    ) -> _Taken | Wrong | None:
        if found is None or found.name != one.name:
            return WORDS["person_unknown"]
        judged.seen.append(found.person.person)
        if known is not None and known.is_of_this_act:
            return None
        if one.there is not None:
            return self._followed(one, one.there, claim, found, known)
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
            return said_no(decided)
        return _taken(row, decided, found, known, assessed.ruling)

    def _followed(
        self, one: Read, there: Claim, claim: ClaimId, found: Found, known: Known | None
    ) -> _Taken | Wrong | None:
        """What another ledger decided is taken as decided there; whether our law agrees is asked of the answers."""
        came = following.steps(self._terms.following, one, there, claim, found.person, known)
        if isinstance(came, str):
            return WORDS[came]
        if there.ruling is not None and not self._is_known(there.ruling.digest):
            return WORDS["rulebook_not_here"]
        decided = decide_following(None if known is None else known.claim, came.steps, found.person, self._terms.actor)
        if isinstance(decided, Refusal):
            return said_no(decided)
        assert there.ruling is not None, "what was registered was decided"
        return _taken(came, decided, found, known, there.ruling)

    def _is_known(self, digest: str | None) -> bool:
        """Say whether a rulebook is kept here: what was decided by another could be explained to nobody."""
        if digest not in self._books:
            house = self._terms.house
            try:
                self._books[digest] = digest is None or bool(house.library.archive.book(digest))
            except RulebookMissing:
                if digest in house.answers.law_digests():
                    raise  # Enacted here and lost here: that is nothing to refuse a city's record for.
                self._books[digest] = False
        return self._books[digest]

    def _not_newer(self, one: Read, known: Known, person: Person) -> Wrong | None:
        """Say why a record that is known is not put right by this row."""
        if known.claim is None or known.source is None:
            return WORDS[DUPLICATE]
        if known.claim.person != person.person:
            return WORDS["person_differs"]
        stands, comes = number_of(known.source), number_of(one.source)
        if comes < stands:
            return WORDS["source_older"]
        if comes == stands:
            was_changed = known.changed or known.digest in (None, one.digest)
            return WORDS[DUPLICATE if was_changed else "source_changed"]
        return WORDS["changed_here"] if known.changed > self._terms.seen else None

    def _assessed(self, person: Person, study: Study) -> Assessed | Wrong:
        at = person.affiliation_on(study.evidence_on)
        key = (at and (at.region, at.sector, at.major), msgspec.json.encode(study))
        if key not in self._assessments:
            try:
                self._assessments[key] = assess(self._bench, person, study, self._today)
            except BadFields as bad:
                return malformed([(fault.pointer, fault.detail) for fault in bad.faults], bad.faults[0].code)
        assessed = self._assessments[key]
        if isinstance(assessed, Refusal):
            return said_no(assessed)
        if assessed.ruling.status == "unruled":
            return WORDS["ruling_needed"]
        if assessed.ruling.status == "refused":
            why = "；".join(str(step["arithmetic"]) for step in assessed.why if step.get("arithmetic"))
            clauses = "、".join(assessed.ruling.clauses)
            article = f"{assessed.ruling.rulebook or ''} {clauses}".strip()
            return Wrong("not_countable", f"按细则（{article}）不予计算：{why or '不符合规定'}。")
        return assessed

    def _new(self, one: Read, claim: ClaimId, person: Person, assessed: Assessed) -> RegisterClaim:
        role = self._terms.role
        return RegisterClaim(ruling=assessed.ruling, year=assessed.year, submission=SubmitClaim(
            claim=claim, person=PersonId(person.person), on=self._today, study=one.study, details=one.details,
            steps=(role,), evidence=(Evidence(kind=ROW, sha256=one.digest),), origin="import", source=one.source,
            role=role))

    def _correction(self, one: Read, claim: Claim, assessed: Assessed) -> Correction:
        return Correction(claim.claim, claim.person, CorrectClaim(
            role=self._terms.role, study=one.study, details=one.details, ruling=assessed.ruling, year=assessed.year,
            year_because="source_corrected", evidence=(Evidence(kind=ROW, sha256=one.digest),), source=one.source))

