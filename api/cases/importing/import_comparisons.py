"""An import against a later snapshot of its source: what changed or is gone there, what was changed here (P 14).

The snapshot is the source's records of the same days, all of them; each is held against what stands here now of the
same record, also where another file brought it in; of another ledger it is what that hands over from its first entry
on, with all its proofs. A trial compares and writes nothing. What is recorded is that it
was done: of which snapshot, how many were compared, how many differ, and never which of the two is right (AMB-05).

Whoever brings a source's records in compares them, and everyone whose record differs is recorded as looked at: a
snapshot is no way to ask whose number stands behind a record. `tests/api/test_import_comparisons.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from api.cases.belonging.finding import blocks, by_documents
from api.cases.claiming.same_course import is_of_a_course
from api.cases.claiming.study import study_view
from api.cases.doing import Asked, Done, Reading, do, done
from api.cases.importing.hand_over_imports import opened
from api.cases.importing.import_courses import CODE, standing
from api.cases.importing.import_lists import Wrong
from api.cases.importing.import_records import Known, Read, Register, Rows, Sent, ledger_system, number_of
from api.cases.importing.import_rows import Listed
from api.cases.importing.import_shown import TOLD_MOST, view
from api.cases.importing.imports import for_source, import_of, importer
from api.cases.looked import record_looks
from api.cases.standing import by_actor, present
from api.house import House
from api.operational.callers import Caller
from api.paper.tables_out import Table
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.events.base import By
from ledger.events.imports import ImportOpened
from ledger.hand_over.file import looks_like_hand_over
from ledger.streams import imports
from ledger.streams.claim import Status
from ledger.streams.decision import Decision
from ledger.streams.imports import Import
from ledger.vocabulary import format_hours
from projections.files.projection import HOLDS

WHAT: Final[Mapping[str, str]] = {
    "newer_there": "来源有新版本", "changed_there": "来源改了内容而未提高版本", "older_there": "来源的版本较旧",
    "gone_there": "来源已无此记录", "not_here": "本系统没有登记", "corrected_here": "本系统已更正",
    "frozen_here": "本系统已冻结", "revoked_here": "本系统已撤销", "revoked_there": "来源已撤销而本系统仍计",
    "frozen_there": "来源已冻结而本系统没有", "course_registered_twice": "同一课程在本系统已另有一条登记",
}
"""How a record differs; it may in several ways at once."""

_THERE: Final = {Status.FROZEN: "frozen_there", Status.REVOKED: "revoked_there"}
_HERE: Final = {Status.FROZEN: "frozen_here", Status.REVOKED: "revoked_here"}
_REGISTERED: Final = (
    "SELECT c.claim FROM sources o JOIN claims c ON c.claim = o.claim JOIN studies s ON s.event = c.study_event "
    f"WHERE o.system = :system AND {HOLDS} AND c.status IN ('approved', 'frozen', 'revoked') "
    "AND json_extract(s.study, '$.evidence_on') BETWEEN :starts AND :ends"
)


class Difference(NamedTuple):
    """A record that does not stand there as it stands here."""

    record: str
    what: tuple[str, ...]
    row: int | None             # Of the snapshot, where it is in it.
    there: str | None           # Its version in the source,
    here: str | None            # and the one that was taken over.
    fields: tuple[str, ...]     # What the two say differently; `details` is what is sealed.
    claim: str | None
    status: str | None
    hours: str | None           # As they were decided here.
    beside: str | None = None   # The claim as which the same course stands here, where this one does not.


@dataclass(slots=True)
class Comparison:
    """What came of it, and as of which position it was read here."""

    batch: Import
    as_of: int
    compared: int = 0
    outside: int = 0            # Rows of other days, passed over.
    differences: list[Difference] = field(default_factory=list)
    unread: list[tuple[Sent, Wrong]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many records differ in which way."""
        counted = Counter(what for one in self.differences for what in one.what)
        return {what: counted[what] for what in WHAT}


def reconcile(
    house: House, caller: Caller, name: str, fields: Mapping[str, Any], listed: Callable[[], Listed], asked: Asked
) -> Done | Comparison | Refusal:
    """Compare, and record that it was done; of a trial, give the comparison, whether or not it was recorded before."""
    if asked.key is not None and (receipt := house.ledger.store.answered(asked.key)) is not None:
        return done(house.ledger, receipt)
    found = importer(house, caller, name)
    if isinstance(found, Refusal):
        return found
    if (behind := house.settled()) is not None:  # What stands here of other files is asked of the answers.
        return behind
    batch = import_of(Reading(house.ledger), name)
    assert batch is not None, "an import is never taken away"
    found = for_source(house, found[0], batch.opened.system, batch.matter)
    if isinstance(found, Refusal):
        return found
    by, role = by_actor(caller, *found), found[1]
    if batch.closed is None:
        return Refusal.because("import_not_closed", status=batch.status)
    if fields["on"] > house.today:
        raise BadFields([Fault("/on", "in_future", "快照的日期不能晚于今天。")])
    rows = listed() if not looks_like_hand_over(fields["file"]) else _handed(house, batch, fields["file"])
    if isinstance(rows, Refusal):
        return rows
    comparison = _Comparing(house, batch).compared(rows)
    _record_seen(house, by, comparison.seen)
    if asked.dry_run:
        return comparison
    if comparison.unread:  # A record that cannot be read would be told as gone.
        raise BadFields(Fault("/file", wrong.code, f"第 {sent.row} 行：{wrong.words}")
                        for sent, wrong in comparison.unread[:TOLD_MOST])

    def decide(reading: Reading) -> Decision:
        command = imports.ReconcileImport(
            role=role, snapshot_sha256=hashlib.sha256(fields["file"]).hexdigest(), snapshot_on=fields["on"],
            compared=comparison.compared, differences=len(comparison.differences),
            report_sha256=_digest(comparison.differences))
        return imports.decide_reconciliation(import_of(reading, name), command, present(reading, caller))

    return do(house.ledger, by, asked, decide, upon=name, show=view)


def _handed(house: House, batch: Import, file: bytes) -> Listed | Refusal:
    """The rows of a snapshot that another ledger handed over, every proof checked."""
    handed = opened(house, file)
    if isinstance(handed, Refusal):
        return handed
    if ledger_system(handed.header.origin) != batch.opened.system:
        raise BadFields([Fault("/file", "other_ledger", "这份移交来自另一本账，不能与这次导入比较。")])
    return Listed([Sent(number, None, handed=one) for number, one in enumerate(handed.entries, 1)])


class _Comparing:
    """Holds a snapshot against what stands here, some hundred records at once."""

    def __init__(self, house: House, batch: Import) -> None:
        self._house, self._opened = house, batch.opened
        self._rows, self._register = Rows(house, batch.opened.system), Register(house.ledger)
        self._comparison = Comparison(batch, house.answers.position())

    def compared(self, listed: Listed) -> Comparison:
        here = set(_registered(self._house, self._opened, self._comparison.as_of))
        for block in blocks(listed.rows):
            self._block(block, here)
        for some in blocks(sorted(here)):  # What nobody named.
            self._gone(self._register.of_claims(some).values())
        return self._comparison

    def _block(self, block: Sequence[Sent], here: set[str]) -> None:
        read = list(self._read(block))
        known = self._register.known(one.source for one in read)
        both = [(one, known.get(one.source.record)) for one in read]
        others = by_documents(self._house.ledger, [one.id for one, it in both if it is None or not _same(one, it)])
        for one, it in both:
            claim = None if it is None or it.claim is None else it.claim.claim
            if claim not in here and not self._opened.starts <= one.study.evidence_on <= self._opened.ends:
                self._comparison.outside += 1
                continue
            if claim is not None:
                here.discard(claim)
            found = others.get(one.id)
            person = None if found is None else found.person.person
            self._note(self._beside(one, it, person, _difference(one, it, person)), it)

    def _beside(self, one: Read, it: Known | None, person: str | None, found: Difference | None) -> Difference | None:
        """Of a course that is registered there and not here, as which other claim it stands here."""
        claim = None if it is None else it.claim
        whose = person if claim is None else claim.person
        if found is None or whose is None or one.there is None or not one.there.is_registered:
            return found
        if (claim is not None and claim.is_registered) or not is_of_a_course(one.study):
            return found
        other = next(iter(standing(self._house, "" if claim is None else claim.claim, whose, one.study)), None)
        return found if other is None else found._replace(what=(*found.what, CODE), beside=other)

    def _read(self, block: Sequence[Sent]) -> Iterator[Read]:
        for sent in block:
            found = self._rows.read(sent)
            if isinstance(found, Wrong):
                self._comparison.unread.append((sent, found))
            else:
                yield found

    def _gone(self, registered: Iterable[Known]) -> None:
        for it in registered:
            assert it.claim is not None and it.source is not None, "it came from there and stands here"
            agreed = it.claim.status is Status.REVOKED  # It holds on neither side.
            self._note(None if agreed else _told(it.source.record, ("gone_there", *_changed_here(it)), it), it)

    def _note(self, difference: Difference | None, it: Known | None) -> None:
        self._comparison.compared += 1
        if difference is not None:
            self._comparison.differences.append(difference)
            if it is not None and it.claim is not None:
                self._comparison.seen.append(it.claim.person)


def _registered(house: House, opened: ImportOpened, as_of: int) -> Iterator[str]:
    """The claims that a system's records of some days became."""
    reader, at = house.answers.file("entries", as_of)
    rows = reader.rows(_REGISTERED, {"system": opened.system, "starts": opened.starts.isoformat(),
                                     "ends": opened.ends.isoformat(), "as_of": at})
    return (claim for claim, in rows)


def _same(one: Read, it: Known) -> bool:
    return it.digest == one.digest


def _difference(one: Read, it: Known | None, person: str | None) -> Difference | None:
    """How a row differs from what stands here of its record; None where it does not."""
    if it is None or it.claim is None or it.source is None:
        there = one.source.version
        return Difference(one.source.record, ("not_here",), one.sent.row, there, None, (), None, None, None)
    fields = () if _same(one, it) else tuple(_differing(one, it, person))
    newer = number_of(one.source) - number_of(it.source)
    what = _changed_here(it)
    if one.there is not None and one.there.status is not it.claim.status:
        what = (*what, *((_THERE[one.there.status],) if one.there.status in _THERE else ()))
    elif one.there is not None:  # It stands in the same way on both sides.
        what = tuple(each for each in what if each not in _HERE.values())
    if newer:
        what = ("newer_there" if newer > 0 else "older_there", *what)
    elif fields and not it.changed:
        what = ("changed_there", *what)
    if not what:
        return None
    return _told(one.source.record, what, it, row=one.sent.row, there=one.source.version, fields=fields)


def _changed_here(it: Known) -> tuple[str, ...]:
    assert it.claim is not None, "what stands here is a claim"
    corrected = ("corrected_here",) if it.changed else ()
    return (*corrected, *((_HERE[it.claim.status],) if it.claim.status in _HERE else ()))


def _differing(one: Read, it: Known, person: str | None) -> Iterator[str]:
    """Name what the two say differently."""
    assert it.claim is not None, "what stands here is a claim"
    there, here = study_view(one.study), study_view(it.claim.study)
    names = sorted(name for name in there.keys() | here.keys() if there.get(name) != here.get(name))
    yield from names
    if person != it.claim.person:
        yield "person"
    elif not names and it.digest is not None:
        yield "details"


def _told(record: str, what: tuple[str, ...], it: Known, *, row: int | None = None, there: str | None = None,
          fields: tuple[str, ...] = ()) -> Difference:
    claim, source = it.claim, it.source
    assert claim is not None and source is not None, "it stands here"
    hours = None if claim.ruling is None else format_hours(claim.ruling.assessed_centi)
    return Difference(record, what, row, there, source.version, fields, claim.claim, claim.status.value, hours)


def _digest(differences: Sequence[Difference]) -> str:
    return hashlib.sha256(msgspec.json.Encoder().encode_lines(differences)).hexdigest()


def _record_seen(house: House, by: By, seen: Sequence[str]) -> None:
    record_looks(house, by, seen, "import_reconciliation", what=("claims",), route="imports")


# How it is shown


def preview(comparison: Comparison) -> dict[str, Any]:
    """How many were compared and how many differ in which way, with the first of them."""
    opened = comparison.batch.opened
    return {
        "batch": opened.batch, "system": opened.system, "starts": opened.starts, "ends": opened.ends,
        "compared": comparison.compared, "differences": len(comparison.differences), "counts": comparison.counts,
        "outside": comparison.outside, "unread": len(comparison.unread),
        "items": [one._asdict() for one in comparison.differences[:TOLD_MOST]],
        "problems": [{"row": sent.row, "code": wrong.code, "detail": wrong.words}
                     for sent, wrong in comparison.unread[:TOLD_MOST]],
    }


def table(house: House, comparison: Comparison) -> Table:
    """Every difference, as a list to be taken away."""
    opened = comparison.batch.opened
    rows = [(one.record, "；".join(WHAT[what] for what in one.what), one.row, one.there, one.here,
             "、".join(one.fields), one.claim, one.status, one.hours, one.beside) for one in comparison.differences]
    heads = ("来源记录号", "差异", "快照行", "来源版本", "本系统所据版本", "不同的内容", "申报", "状态", "认定学时",
             "同一课程的另一条")
    asked = {"导入": str(opened.batch), "来源": opened.system, "期间": f"{opened.starts} 至 {opened.ends}",
             "比较": str(comparison.compared)}
    when = house.answers.reflects(comparison.as_of)["as_of_time"]
    return Table("import-comparison", "导入与来源快照比较", heads, rows, comparison.as_of, when, asked)
