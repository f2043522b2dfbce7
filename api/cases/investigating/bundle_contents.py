"""What goes into the bundle of a case (移送材料): which events, what of them stands open, which papers and rulebooks.

The case's events; every event of every claim that they name; who the people in it are; what people decided about the
findings that it looks into; the larger acts by which claims were decided; the events on which the case rests; and what
else was chosen. What is sealed is opened where the case is
about it, or where whoever asks may look at whose it is anyway; everything else goes along closed, and says so. A person
is not opened by a key: that would open all that was ever sealed of them.

`tests/api/test_case_bundle.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Sized
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from api.cases import cases
from api.cases.investigating.bundle_findings import Detected, detected
from api.cases.log import proofs
from api.evidence.files import EvidenceDamaged
from api.evidence.types import TYPES
from api.house import House
from api.operational.callers import Caller
from ledger.envelope import Envelope, decode
from ledger.errors import Refusal
from ledger.events.act import ActClosed
from ledger.events.base import Sealed
from ledger.events.catalogue import EVERY
from ledger.events.claim import ClaimApproved, ClaimCorrected
from ledger.events.person import PersonCorrected, PersonRegistered
from ledger.events.study import Evidence
from ledger.ids import PREFIXES, kind_of
from ledger.keys.vault import Absent
from ledger.offline.case_file import Paper, Part, Redaction
from ledger.reading import Recorded
from ledger.streams.standing import Actor
from policies.rulebook import Rulebook
from projections.cases import NAMED, case_of, named_in

EVENTS_MOST: Final = 60_000       # A bulk act over ten thousand entries, with all that came before it.
DIRECT_MOST: Final = 5_000        # So many are made while a request waits: 2 s of a processor and 60 MB, for whoever
                                  # asks at the same time again. More is a job's to do, one at a time.
PAPERS_MOST: Final = 10_000       # With two files an event that is still fewer than an archive counts.
PAPERS_BYTES_MOST: Final = 512 * 1024 * 1024
ENDINGS: Final = dict(zip(TYPES, ("pdf", "jpg", "png", "ofd"), strict=True))
Item = TypeVar("Item")
Tell = Callable[[str, int, int], None]
"""Is told of a step how much is done, and of how much, now and then; it may raise, and nothing is made."""

_TOLD_EVERY: Final = 200
_STATES: Final = {Absent.DESTROYED: "destroyed", Absent.REDACTED: "redacted"}


class Told(NamedTuple):
    """An event that goes along, and what of its sealed part is told."""

    part: Part
    envelope: Envelope
    fields: dict[str, Any]       # In clear, without what was blacked out.
    hidden: tuple[str, ...]

    @property
    def position(self) -> int:
        """Where it stands."""
        return self.part.position


class Contents(NamedTuple):
    """All of it, before it is written."""

    case: Mapping[str, Any]      # As `opened_case` gives it.
    as_of: int
    events: tuple[Told, ...]     # In the order of the log,
    records: Mapping[str, Sequence[Told]]   # and the same record by record.
    papers: tuple[Paper, ...]
    owners: Mapping[str, str]    # Of each claim whose it is,
    claims: tuple[str, ...]      # and those that the case names.
    rulebooks: tuple[Rulebook, ...]
    detected: Detected
    redaction: Redaction

    @property
    def people(self) -> list[str]:
        """Everyone who is in it: of each it is recorded that it was handed out."""
        parties = {one for told in self.events for one in (*told.envelope.event.subjects(),
                                                           *told.envelope.event.untold())}
        return sorted(one for one in parties if one.startswith((PREFIXES["person"], PREFIXES["actor"])))

    def is_in_force(self, one: Told) -> bool:
        """Say whether an event had taken effect: what a larger act writes has once the act is closed."""
        act = one.envelope.by.act
        return act is None or one.part.why == "act" or any(
            isinstance(told.envelope.event, ActClosed) for told in self.records.get(act, ()))

    def name_of(self, person: str) -> str | None:
        """What a person is called, where it stands open here."""
        names = [_identity(one.fields).get("name") for one in self.records.get(person, ())]
        return next((str(one) for one in reversed(names) if one is not None), None)


def opened_case(
    house: House, caller: Caller, name: str, purpose: str | None, *, as_of: int, what: str
) -> tuple[Actor, dict[str, Any]] | Refusal:
    """Let a member of a case in, recorded, and give it as of a position with every list of it whole."""
    entered = cases.let_in(house, caller, name, purpose, what=what)
    if isinstance(entered, Refusal):
        return entered
    found = case_of(house.answers, name, as_of=as_of)
    if found is None:
        return Refusal.because("case_absent")  # At that position there was none.
    return entered.actor, {**cases.case_view(found), **{
        kind: _every(house, name, kind, as_of) for kind in NAMED}}


def _every(house: House, case: str, kind: str, as_of: int) -> list[str]:
    found: list[str] = []
    after: Any = (0, -1)
    while after is not None:
        page = named_in(house.answers, case, kind, as_of=as_of, after=after)
        found += page.items
        after = page.next
    return found


def gathered(
    house: House, caller: Caller, case: Mapping[str, Any], purpose: str, *, as_of: int, chosen: Iterable[int],
    redaction: Redaction, most: int = EVENTS_MOST, tell: Tell | None = None,
) -> Contents | Refusal:
    """Gather it for somebody who may open the case; what is too much is refused and never cut.

    `most`: of more, a job has to be made of it (`api.cases.investigating.bundle_jobs`).
    """
    reasons = _reasons(house, case, as_of)
    for position, why in ((*((one, "cited") for one in case["findings"]), *((one, "chosen") for one in chosen))):
        if position > as_of:
            return Refusal.because("event_absent")
        if position not in reasons:
            seen = proofs.visible(house, caller, position, purpose)
            if isinstance(seen, Refusal):
                return seen
            reasons[position] = why
    if (no := too_many(len(reasons), most)) is not None:
        return no
    stored = [(position, house.stored(position)) for position in told_of("events", sorted(reasons), tell)]
    recorded = [Recorded(position, one.envelope) for position, one in stored]
    owners: dict[str, str] = {one.envelope.stream: one.envelope.event.person for one in recorded
                              if kind_of(one.envelope.stream) == "claim"}
    named = [one.envelope.stream for one in recorded if reasons[one.position] == "claim"]
    # Of what was only chosen nothing is opened that whoever asks could not look at elsewhere.
    may_open = _Openable(house, caller, {
        str(case["case"]), *case["linked_findings"], *case["persons"], *(owners[claim] for claim in named)})
    events = tuple(
        _told(one, sealed, reasons[one.position], may_open, redaction)
        for one, sealed in told_of("unseal", zip(recorded, house.ledger.opened_each(recorded), strict=True), tell,
                                   total=len(recorded)))
    records: dict[str, list[Told]] = {}
    for one in events:
        records.setdefault(one.envelope.stream, []).append(one)
    papers, size = _papers(house, events, owners, may_open, redaction)
    if size > PAPERS_BYTES_MOST or len(papers) > PAPERS_MOST:
        return Refusal.because("bundle_too_large", papers=len(papers), bytes=size, most=PAPERS_BYTES_MOST)
    return Contents(case, as_of, events, records, papers, owners, tuple(sorted(set(named))), _rulebooks(house, events),
                    detected(house, case, as_of), redaction)


def too_many(events: int, most: int) -> Refusal | None:
    """Say of so many events why nothing is made of them, or nothing while somebody waits."""
    if events > EVENTS_MOST:
        return Refusal.because("bundle_too_large", events=events, most=EVENTS_MOST)
    return Refusal.because("bundle_in_background", events=events, most=most) if events > most else None


def count_events(house: House, case: Mapping[str, Any], *, as_of: int, chosen: Collection[int]) -> int:
    """How many events it would hold."""
    return len({*_reasons(house, case, as_of), *case["findings"], *chosen})


def told_of(step: str, some: Iterable[Item], tell: Tell | None, *, total: int | None = None) -> Iterator[Item]:
    """Go through some, telling how far that is."""
    many = total if total is not None else len(some) if isinstance(some, Sized) else 0
    for done, one in enumerate(some):
        if tell is not None and done % _TOLD_EVERY == 0:
            tell(step, done, many)
        yield one
    if tell is not None:
        tell(step, many, many)


def sealed_fields() -> frozenset[str]:
    """Every name under which something is sealed: what may be blacked out."""
    return _sealed_fields()


@cache
def _sealed_fields() -> frozenset[str]:
    found: set[str] = set()
    waiting: list[type[msgspec.Struct]] = [one.sealed_as for one in EVERY if one.sealed_as is not None]
    for struct in waiting:
        for field in msgspec.structs.fields(struct):
            inner = msgspec.inspect.type_info(field.type)
            if isinstance(inner, msgspec.inspect.Metadata):
                inner = inner.type
            if isinstance(inner, msgspec.inspect.StructType) and inner.cls not in waiting:
                waiting.append(inner.cls)
            if not isinstance(inner, msgspec.inspect.StructType):
                found.add(field.name)
    return frozenset(found)


def _reasons(house: House, case: Mapping[str, Any], as_of: int) -> dict[int, str]:
    """Which events, and why each; an event has the first reason that there is for it."""
    found: dict[int, str] = {}
    acts: dict[str, None] = {}

    def put(stream: str, why: str, kinds: tuple[type, ...] = (object,)) -> Iterator[Envelope]:
        for position, leaf in house.ledger.store.stream(stream):
            if position <= as_of and isinstance((envelope := decode(leaf)).event, kinds):
                found.setdefault(position, why)
                yield envelope

    ours = list(put(str(case["case"]), "case"))
    named = dict.fromkeys(text for one in ours for text in texts(msgspec.to_builtins(one.event))
                          if text.startswith(PREFIXES["claim"]))
    for claim in dict.fromkeys((*case["claims"], *named)):
        acts |= {one.by.act: None for one in put(claim, "claim") if one.by.act is not None}
    for person in case["persons"]:
        list(put(person, "person", (PersonRegistered, PersonCorrected)))
    for finding in case["linked_findings"]:
        list(put(finding, "finding"))
    for act in (*acts, *(one.by.act for one in ours if one.by.act is not None)):
        list(put(act, "act"))
    return found


def texts(value: Any) -> Iterator[str]:
    """Every text in what would be JSON, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from texts(one)


class _Openable:
    """Says of each owner whether what is sealed of them goes along opened."""

    def __init__(self, house: House, caller: Caller, concerned: set[str]) -> None:
        self._house, self._caller, self._known = house, caller, dict.fromkeys(concerned, True)

    def __call__(self, owner: str) -> bool:
        if owner not in self._known:
            self._known[owner] = proofs.in_sight(self._house, self._caller, owner)
        return self._known[owner]


def _told(
    one: Recorded, sealed: Sealed | Absent | None, why: str, may_open: _Openable, redaction: Redaction
) -> Told:
    state, fields, hidden = "none", dict[str, Any](), tuple[str, ...]()
    if isinstance(sealed, Absent):
        state = _STATES[sealed]
    elif sealed is not None and not may_open(str(one.envelope.key_owner)):
        state = "withheld"
    elif sealed is not None and redaction.persons:
        state = "redacted"
    elif sealed is not None:
        fields, hidden = _without(msgspec.to_builtins(sealed), frozenset(redaction.fields))
        state = "partly" if hidden else "opened"
    return Told(Part(one.position, why, state), one.envelope, fields, hidden)


def _without(fields: dict[str, Any], names: frozenset[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The same without some of it, and which of it was there."""
    kept, hidden = dict[str, Any](), dict[str, None]()
    for name, value in fields.items():
        if name in names and value not in (None, [], ""):
            hidden[name] = None
        elif isinstance(value, dict):
            kept[name], more = _without(value, names)
            hidden |= dict.fromkeys(more)
        else:
            kept[name] = value
    return kept, tuple(hidden)


def _identity(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = fields.get("identity", fields)
    return inner if isinstance(inner, dict) else fields


def _papers(
    house: House, events: Iterable[Told], owners: Mapping[str, str], may_open: _Openable, redaction: Redaction
) -> tuple[tuple[Paper, ...], int]:
    """Every paper that a claim showed, and how large together are those that go along, each counted once.

    Where that is too much it does not go on: nothing is made of it.
    """
    shown: dict[tuple[str, str], Evidence] = {}
    for told in events:
        for paper in getattr(told.envelope.event, "evidence", ()):
            if isinstance(paper, Evidence) and told.envelope.stream in owners:  # A class's papers are about many.
                shown.setdefault((told.envelope.stream, paper.sha256), paper)
    papers, sizes = [], dict[str, int]()
    for (claim, sha256), paper in shown.items():
        name, why = None, "redacted" if redaction else None if may_open(owners[claim]) else "withheld"
        if why is None:
            name, why, size = _paper(house, owners[claim], sha256)
            sizes[sha256] = max(size, sizes.get(sha256, 0))
        papers.append(Paper(claim, paper.kind, sha256, name, why))
        if sum(sizes.values()) > PAPERS_BYTES_MOST or len(sizes) > PAPERS_MOST:
            break
    return tuple(papers), sum(sizes.values())


def _paper(house: House, owner: str, sha256: str) -> tuple[str | None, str | None, int]:
    """Under which name a paper goes along, or why not; it is opened once before, since half a bundle is none."""
    try:
        found = house.evidence.open(owner, sha256)
    except EvidenceDamaged:
        return None, "damaged", 0
    if found is None or isinstance(found, Absent):
        return None, "absent" if found is None else "destroyed", 0
    return f"evidence/{sha256}.{ENDINGS[found[0].media_type]}", None, len(found[1])


def _rulebooks(house: House, events: Iterable[Told]) -> tuple[Rulebook, ...]:
    """The rulebooks by which claims were decided, by id."""
    decided = (one.envelope.event for one in events)
    digests = {event.ruling.digest for event in decided if isinstance(event, ClaimApproved | ClaimCorrected)}
    books = (house.library.archive.book(one) for one in digests if one is not None)
    return tuple(sorted(books, key=lambda book: (book.id, book.digest)))
