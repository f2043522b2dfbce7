"""The law at hand: the enacted rulebooks, as a bench that judges one study and as the walk that a claim takes.

What is enacted is read from the answers (`projections.laws`), its bytes from the archive; each set of rulebooks is made
into a law once. A study is judged where the person belonged on its day, a walk is that of the place where they belong
on the day of submission (AMB-28).

`tests/api/test_claims.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from api.refusals.faults import BadFields, Fault, of_line
from ledger.errors import Refusal
from ledger.events.person import Affiliation
from ledger.events.study import Ruling, Study
from ledger.streams.person import Person
from ledger.vocabulary import RulebookId, format_hours
from policies.archive import Archive, RulebookMissing
from policies.assess import Override, Room
from policies.authority import Walk, confirmed_walk, walk
from policies.entries import Entry
from policies.errors import BadLine
from policies.law import Law
from policies.lines import entry_steps
from policies.person import Bench
from policies.places import NO_LATER, Place
from policies.rulebook import Rulebook
from policies.shelf import drafts
from policies.words import base_vocabulary
from projections.answers import Answers
from projections.facts import entry_fields


class Library:
    """Rulebooks by digest from the archive, drafts by name."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def book(self, name: str) -> Rulebook:
        """Give an enacted rulebook by its digest, or a shipped draft by name or digest."""
        if len(name) == 64 and "/" not in name:
            try:
                return self.archive.book(name)
            except RulebookMissing:
                if all(book.digest != name for book in drafts().books):
                    raise
        return drafts().book(name)


class Assessed(NamedTuple):
    """What the law makes of one study, alone: the ruling as it would be recorded, its year, its reasons.

    `room`: what its row leaves to an authority; `asks_for_more`: the study names hours past what the row ordinarily
    gives, with a document that says so.
    """

    ruling: Ruling
    year: int
    why: tuple[dict[str, str | None], ...]
    room: Room | None = None
    asks_for_more: bool = False

    @property
    def needs_a_word(self) -> bool:
        """Say whether no rulebook gives the hours: an authority does, or nobody yet."""
        return self.ruling.status in ("manual", "unruled")

    @property
    def is_for_an_authority(self) -> bool:
        """Say whether the hours are, or may be, an authority's to give; who registers without being one has none."""
        return self.needs_a_word or self.asks_for_more

    def as_json(self) -> dict[str, Any]:
        """The ruling with its reasons, and with what its row leaves to an authority."""
        told = {**ruling_view(self.ruling), "why": list(self.why)}
        return told if self.room is None else {**told, "room": room_view(self.room)}


def room_view(room: Room) -> dict[str, str]:
    """What a row ordinarily gives and gives at most, by which words."""
    return {"ordinary": format_hours(room.ordinary), "most": format_hours(room.most), "article": room.article,
            "quote": room.quote}


def ruling_view(ruling: Ruling) -> dict[str, Any]:
    """A ruling as it is answered."""
    return {
        "status": ruling.status, "assessed": format_hours(ruling.assessed_centi), "rulebook": ruling.rulebook,
        "digest": ruling.digest, "clauses": list(ruling.clauses), "flags": list(ruling.flags),
        **({} if ruling.ordinary_centi is None else {"ordinary": format_hours(ruling.ordinary_centi)}),
    }


def bench_now(answers: Answers) -> Bench:
    """The law as it is enacted now, with its memory."""
    return answers.books.seat(answers.law_digests()).bench


def law_now(answers: Answers) -> Law:
    """The law as it is enacted now."""
    return bench_now(answers).law


def understand(
    bench: Bench, person: Person, study: Study, submitted_on: date | None
) -> tuple[Affiliation, Entry] | Refusal:
    """Read one study by the words of a law, and where it belongs; raises BadFields where they cannot be read."""
    at = person.affiliation_on(study.evidence_on)
    if at is None:
        return Refusal.because("no_affiliation_on_date", date=study.evidence_on)
    fields = entry_fields(study, bench.law.vocabulary, None if submitted_on is None else submitted_on.isoformat())
    if study.year is not None:
        fields["year"] = study.year
    _declared(study, bench.law)
    if study.year is not None and study.year < (first := min(one.starts.year for one in person.affiliations)):
        words = f"读到 {study.year}；应不早于本人首次归属的年度 {first}。"
        raise BadFields([Fault("/study/year", "not_by_the_words_of_the_law", words)])
    try:
        return at, bench.take(bench.reader.entry_row({**fields, "id": "-", "person": person.person}))
    except BadLine as bad:
        raise of_line(bad, "/study/further" if bad.field in study.further else "/study") from None


def not_yet(study: Study, today: date) -> Refusal | None:
    """Say that the day of the evidence has not come: nobody holds a certificate of tomorrow."""
    if study.evidence_on <= today:
        return None
    return Refusal.because("evidence_in_future", date=study.evidence_on, today=today)


def assess(
    bench: Bench, person: Person, study: Study, submitted_on: date | None, override: Override | None = None
) -> Assessed | Refusal:
    """Read and judge one study by a law; raises BadFields where its words cannot be read.

    `override`: what an authority gives where the row leaves it room; where it leaves none, that changes nothing.
    """
    understood = understand(bench, person, study, submitted_on)
    if isinstance(understood, Refusal):
        return understood
    at, entry = understood
    return judged(bench, study, at, entry if override is None else bench.overridden(entry, override))


def judged(bench: Bench, study: Study, at: Affiliation, entry: Entry) -> Assessed:
    """Judge one study that the law has understood."""
    ruled = bench.judge([Place(study.evidence_on.toordinal(), NO_LATER, at.region, at.sector, at.major)], [entry])
    weighed = ruled.weighed[0]
    told, room = weighed.ruling, weighed.ruling.room
    given = next((detail for kind, detail in told.trace if kind == "override"), None)
    ruling = Ruling(
        assessed_centi=told.assessed,
        status=told.status,
        rulebook=None if told.rulebook is None else RulebookId(told.rulebook),
        digest=None if told.book is None else told.book.digest,
        clauses=() if told.article is None else (told.article, *(() if given is None else (given[2],))),
        flags=told.flags,
        ordinary_centi=None if given is None else given[0],
    )
    if told.status == "manual" and study.document is not None:
        ruling = confirmed(told.assessed, study.document)
    asked = study.confirmed_centi if study.document is not None else None
    return Assessed(ruling, weighed.year, tuple(step.as_json() for step in entry_steps(ruled, 0)), room,
                    room is not None and asked is not None and asked > room.ordinary)


def confirmed(hours_centi: int, document: str) -> Ruling:
    """The ruling of an authority where no rulebook has one: it rests on the document that confirms the hours."""
    return Ruling(assessed_centi=hours_centi, status="manual", clauses=(document,))


def _declared(study: Study, law: Law) -> None:
    """Refuse a further field that no rulebook declares, or that has a place of its own: the law would pass over it."""
    if not study.further:
        return
    known = law.vocabulary.fields.keys() - set(study.__struct_fields__) - base_vocabulary().fields.keys()
    strange = [name for name in study.further if name not in known]
    if strange:
        words = f"没有细则声明这个字段；可用的：{'、'.join(sorted(known)) or '（无）'}。"
        raise BadFields([Fault(f"/study/further/{name}", "not_by_the_words_of_the_law", words) for name in strange])


def walk_of(law: Law, at: Affiliation, day: date, category: str, *, confirmed: bool = False) -> Walk:
    """Who looks at a claim of someone who belongs there, submitted on that day; raises NobodyRegisters.

    `confirmed`: where an authority's word alone gives the hours.
    """
    found = walk(law, day, at.region, at.sector, at.major, at.standing, category)
    return confirmed_walk(found, law, day, at.region, at.sector, at.major, category) if confirmed else found
