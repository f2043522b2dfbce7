"""Clues: what is sealed of claims, cards and sessions of study, made comparable without being kept.

Two people who show one certificate are found by its number, and the number is sealed. So this file opens what is
sealed, once, where the vault is, reads each value as `alike.py` says, and keeps of it only an HMAC under the index key:
equal values have equal clues, and without that key none can be tried against them. It holds no word of what it read.

    certificate         issuer and number of a certificate      certificate_as_written  it, where it was typed otherwise
    certificate_number  the number alone, where it is telling   card_number             the number printed on a card
    class_number        a class's own numbers: its filing (备案) and its approval, which a whole class may rightly show
    title, author_list  of a study                              address, device         whence it was sent or studied
    document, picture   of a paper that names one person: what the file tells of its own making (`marks.py`)

`clue.claim` is the record that says so: a claim, a card, a class, or the enrolment of a session, whose event stands
beside it. What was restated is forgotten, but not from where it was sent: that was so. The numbers are of one family,
so the number on somebody's certificate can be held against a card's or a class's; all else compares within its kind.

A person's clues go with their key (`person.key_destroyed`): they are overwritten, not marked.

`clues.py` keeps the file up; `tests/projections/findings/test_clues.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final

from ledger.events.base import Event, Name, Sealed
from ledger.events.claim import ClaimCorrected, ClaimRevised, ClaimSubmitted, ClaimWithdrawn
from ledger.events.course import Device, StudyRecorded
from ledger.events.person import KeyDestroyed
from ledger.events.study import Evidence, StudyDetails
from ledger.events.training import CardIssued, CardNumber, ClassAccepted, ClassFiled
from ledger.keys.master import WrongKey
from ledger.ledger import Ledger
from ledger.lookup import Lookup
from ledger.reading import Recorded
from projections.duplicates import OF_ONE_PERSON
from projections.errors import NotBuilt
from projections.files.batch import Batch
from projections.files.projection import Effect, Handler, Projection, Rows, Table, by_kind
from projections.files.reader import Reader
from projections.findings import alike

KINDS: Final = (
    "certificate", "certificate_as_written", "certificate_number", "card_number", "class_number", "title",
    "author_list", "address", "device", "document", "picture",
)
CLUE_BYTES: Final = 16
"""Of 32: two different values share a clue once in more than any register will hold, and the file is half as large."""
OPENED_AT_ONCE: Final = 500

_OF_STUDY: Final = ("certificate", "certificate_as_written", "certificate_number", "title", "author_list")
_OF_PAPERS: Final = ("document", "picture")
_NUMBERS: Final = frozenset({"certificate_number", "card_number", "class_number"})

_CLUE: Final = Table(
    {"claim": str, "person": str, "kind": str, "value": str, "event": int}, ("claim", "kind", "value", "event"),
    (("kind", "value"), ("person",)), dated=False)
_UNREAD: Final = Table(
    {"claim": str, "sha256": str, "person": str, "event": int}, ("claim", "sha256"), (("event",), ("person",)),
    dated=False)


class ClueFile(Projection):
    """The fold; it is given what opens."""

    name: ClassVar = "clues"
    version: ClassVar = 1
    tables: ClassVar = {"clue": _CLUE, "unread": _UNREAD}
    handlers: ClassVar = {}

    def __init__(self, ledger: Ledger) -> None:
        self._opening = _Opening(ledger)
        self._lookup: Final = ledger.lookup
        self._touching: Final = frozenset(self.handlers_by_kind())
        self.has_forgotten = False

    def handlers_by_kind(self) -> dict[bytes, Handler]:
        """Its own, bound to what opens."""
        own: Mapping[type[Event], Handler] = {
            ClaimSubmitted: self._stated, ClaimRevised: self._stated, ClaimCorrected: self._stated,
            ClaimWithdrawn: _withdrawn, CardIssued: self._issued, StudyRecorded: self._studied,
            ClassFiled: self._filed, ClassAccepted: self._accepted, KeyDestroyed: self._forgotten,
        }
        return by_kind(own)

    def look_ahead(self, batch: Batch) -> None:
        """Open what is sealed in events that are about to be taken: together, and as they were read for that."""
        kinds = self._touching
        effects = [batch.effect(place) for place, kind in batch.free if kind in kinds]
        self._opening.open_all([Recorded(one.recorded, one.envelope) for one in effects])

    def _stated(self, rows: Rows, effect: Effect) -> None:
        """What a claim says, in the place of what it said; a correction that shows no paper leaves its papers."""
        event: ClaimSubmitted | ClaimRevised | ClaimCorrected = effect.event
        if not isinstance(event, ClaimSubmitted):
            _forget(rows, event.claim, _OF_STUDY)
        details = self._opening.of(effect)
        if isinstance(details, StudyDetails):
            self._enter(rows, effect, event.claim, event.person, _of_details(details))
        if isinstance(event, ClaimCorrected) and not event.evidence:
            return
        if not isinstance(event, ClaimSubmitted):
            _forget(rows, event.claim, _OF_PAPERS)
            rows.remove("unread", {"claim": event.claim})
        _to_read(rows, effect, event.claim, event.person, event.evidence)

    def _issued(self, rows: Rows, effect: Effect) -> None:
        event: CardIssued = effect.event
        number = self._opening.of(effect)
        if isinstance(number, CardNumber):
            self._enter(rows, effect, event.card, event.person, _telling("card_number", number.number))

    def _studied(self, rows: Rows, effect: Effect) -> None:
        event: StudyRecorded = effect.event
        where = self._opening.of(effect)
        if isinstance(where, Device):
            self._enter(rows, effect, event.enrolment, event.person, _whence(where.address, where.device))

    def _filed(self, rows: Rows, effect: Effect) -> None:
        event: ClassFiled = effect.event
        self._enter(rows, effect, event.training_class, "", _telling("class_number", event.approval))

    def _accepted(self, rows: Rows, effect: Effect) -> None:
        event: ClassAccepted = effect.event
        self._enter(rows, effect, event.training_class, "", _telling("class_number", event.number))

    def _forgotten(self, rows: Rows, effect: Effect) -> None:
        for table in ("clue", "unread"):
            rows.remove(table, {"person": effect.event.person})
        self.has_forgotten = True

    def _enter(
        self, rows: Rows, effect: Effect, record: str, person: str, found: Iterator[tuple[str, str]]
    ) -> None:
        for kind, value in found:
            rows.lasting["clue"].enter((record, person, kind, clue_of(self._lookup, kind, value), effect.recorded))


def clues_in(folder: Path, ledger: Ledger) -> Reader | None:
    """What stands in a folder; None while it has not been made."""
    reader = Reader(ClueFile(ledger), folder)
    try:
        return reader if reader.position() else None
    except NotBuilt:
        return None


def people_showing(clues: Reader, lookup: Lookup, issuer: str | None, number: str) -> set[str] | None:
    """Whose certificates read like one, among them whoever has its very number; None: it says nothing to compare."""
    read = alike.number(number)
    if read is None:
        return None
    value = clue_of(lookup, "certificate", f"{alike.words(issuer) or ''}\n{read}")
    return {person for person, in clues.rows(
        "SELECT DISTINCT person FROM clue WHERE kind = 'certificate' AND value = :value", {"value": value})}


def clue_of(lookup: Lookup, kind: str, value: str) -> str:
    """Give the clue of a value as it was read: what stands in the file, and what a number in hand is looked up by."""
    assert kind in KINDS, f"no kind of clue: {kind}"
    family = "number" if kind in _NUMBERS else kind
    return lookup.hidden(Name(f"clue:{family}", value))[:CLUE_BYTES].hex()


class _Opening:
    """Opens what is sealed, some hundreds at once: nearly always the next one that is asked for stands close behind."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._kinds = frozenset({ClaimSubmitted, ClaimRevised, ClaimCorrected, CardIssued, StudyRecorded})
        self._found: dict[int, Sealed | None] = {}

    def of(self, effect: Effect) -> Sealed | None:
        """Give what is sealed beside an event; None where its key, or it, is gone."""
        if effect.recorded not in self._found:  # A row of an act: those of one nearly always stand together.
            self.open_all(self._ledger.read(effect.recorded - 1, OPENED_AT_ONCE))
        return self._found.get(effect.recorded)

    def open_all(self, recorded: Iterable[Recorded]) -> None:
        """Have at hand what is sealed in these, and nothing else any more."""
        ahead = [one for one in recorded if type(one.envelope.event) in self._kinds]
        self._found = dict(zip((one.position for one in ahead), self._opened(ahead), strict=True))

    def _opened(self, ahead: list[Recorded]) -> list[Sealed | None]:
        try:
            found = self._ledger.opened_each(ahead)
        except WrongKey:  # Of one of them: `xueshi fsck` says of which, and the others are compared all the same.
            found = []
            for one in ahead:
                sealed = None
                with suppress(WrongKey):
                    sealed = self._ledger.opened(one)
                found.append(sealed)
        return [one if isinstance(one, Sealed) else None for one in found]


def _of_details(details: StudyDetails) -> Iterator[tuple[str, str]]:
    number, written = alike.number(details.certificate_number), alike.number_as_written(details.certificate_number)
    if number is not None:
        issuer = alike.words(details.certificate_issuer) or ""
        yield "certificate", f"{issuer}\n{number}"
        if written != number:
            yield "certificate_as_written", f"{issuer}\n{written}"
        if alike.is_telling(number):
            yield "certificate_number", number
    if (title := alike.title(details.title)) is not None:
        yield "title", title
    if (authors := alike.author_list(details.authors)) is not None:
        yield "author_list", authors
    yield from _whence(details.address, details.device)


def _whence(address: str | None, device: str | None) -> Iterator[tuple[str, str]]:
    for kind, value in (("address", alike.address(address)), ("device", alike.device(device))):
        if value is not None:
            yield kind, value


def _telling(kind: str, written: str | None) -> Iterator[tuple[str, str]]:
    number = alike.number(written)
    if number is not None and alike.is_telling(number):
        yield kind, number


def _to_read(rows: Rows, effect: Effect, claim: str, person: str, evidence: tuple[Evidence, ...]) -> None:
    """Note the papers that name one person: of a notice nothing is to be learned that its digest does not say."""
    for sha256 in dict.fromkeys(one.sha256 for one in evidence if one.kind in OF_ONE_PERSON):
        rows.insert("unread", {"claim": claim, "sha256": sha256, "person": person, "event": effect.recorded})


def _withdrawn(rows: Rows, effect: Effect) -> None:
    """What was taken back before it was decided is nobody's fault."""
    claim: str = effect.event.claim
    rows.remove("clue", {"claim": claim})
    rows.remove("unread", {"claim": claim})


def _forget(rows: Rows, claim: str, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        rows.remove("clue", {"claim": claim, "kind": kind})
