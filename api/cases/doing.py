"""How anything is done here: read, decide, record in one append, and say what it came to; or try, and write nothing.

A use case hands in a decision over a `Reading`. Every stream it reads is loaded free of open acts and named to the
append: those it writes by their version, all of them as guards. So whatever the decision rested on, the actor's scopes
and the person's affiliation included, still stands when the events are made durable, or it is decided again.

The answer to a request is rendered from the log as it stood after the request's own events. So a repetition, by its
key, gets the same body, whatever has happened since. `tests/api/test_conditions.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import msgspec

from api.refusals.refusals import turns_away
from ledger.errors import Refusal
from ledger.events.base import By, Draft
from ledger.ids import kind_of
from ledger.ledger import Deciding, Ledger
from ledger.stores.append import AnyGuard, NameTaken, Receipt, RequestKey
from ledger.streams import (
    actor,
    application,
    case,
    claim,
    course,
    enrolment,
    exam,
    finding,
    import_source,
    imports,
    person,
    rulebook,
    statement,
    training_card,
    training_class,
    training_plan,
    transfer,
    unit,
    year,
)
from ledger.streams.act import Act
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.vocabulary import StreamId

_State = TypeVar("_State")

EVOLVE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "person": person.evolve, "unit": unit.evolve, "actor": actor.evolve, "transfer": transfer.evolve,
    "claim": claim.evolve, "rulebook": rulebook.evolve,
    "statement": statement.evolve,
    "application": application.evolve, "case": case.evolve, "finding": finding.evolve,
    "course": course.evolve, "enrolment": enrolment.evolve, "exam": exam.evolve, "booking": exam.evolve_booking,
    "plan": training_plan.evolve, "class": training_class.evolve, "card": training_card.evolve,
    "import": imports.evolve, "import_source": import_source.evolve, "year": year.evolve,
}


class Asked(NamedTuple):
    """How something is asked for: under which key, upon which version, for real or to see, for what reason."""

    key: RequestKey | None = None
    version: int | None = None
    dry_run: bool = False
    trace: str | None = None
    reason: str | None = None    # A code of `policies.reasons`; the words that go with it are the decision's to seal.

    def because(self, fields: dict[str, Any]) -> Asked:
        """The same, for the reason that was sent."""
        return self._replace(reason=fields.get("reason"))


class Done(NamedTuple):
    """What a request came to: the stream it was about, with the version and state that its own events gave it."""

    stream: str
    version: int
    state: Any
    drafts: tuple[Draft, ...]
    receipt: Receipt | None      # None: it was only tried.

    @property
    def replayed(self) -> bool:
        """Say whether it had been done before, under the same key."""
        return self.receipt is not None and self.receipt.replayed


@dataclass(slots=True)
class Reading:
    """What one decision reads. Each stream is read once, so that a decision sees one version of it."""

    ledger: Ledger
    versions: dict[StreamId, int] = field(default_factory=dict)
    guards: list[AnyGuard] = field(default_factory=list)
    _states: dict[str, Any] = field(default_factory=dict)

    def state(self, stream: str, evolve: Callable[[_State | None, Any], _State]) -> _State | None:
        """Fold a stream that the decision rests on; raises Held while a larger act writes to it."""
        if stream not in self._states:
            loaded = self.ledger.load_free(stream, evolve)
            self._states[stream] = loaded.state
            self.versions[StreamId(stream)] = loaded.version
            self.guards += loaded.guards
        found: _State | None = self._states[stream]
        return found

    def states(
        self, streams: Iterable[str], evolve: Callable[[_State | None, Any], _State]
    ) -> dict[str, _State | None]:
        """The same of many streams of one kind, read together."""
        names = list(dict.fromkeys(streams))
        missing = [one for one in names if one not in self._states]
        for stream, loaded in self.ledger.load_each_free(missing, evolve).items():
            self._states[stream] = loaded.state
            self.versions[StreamId(stream)] = loaded.version
            self.guards += loaded.guards
        return {one: self._states[one] for one in names}

    def fresh(self, stream: str) -> None:
        """Note a stream that begins here: its id was just made, and the append holds us to its being new."""
        self._states[stream], self.versions[StreamId(stream)] = None, 0

    def person(self, of: str) -> person.Person | None:
        """Read a person."""
        return self.state(of, person.evolve)

    def unit(self, of: str) -> unit.Unit | None:
        """Read a unit."""
        return self.state(of, unit.evolve)

    def actor(self, of: str) -> Actor | None:
        """Read an actor."""
        return self.state(of, actor.evolve)

    def act(self, of: str | None) -> Act | None:
        """Read a larger act, which a decision about what opened it may end; None where nothing did."""
        if of is None:
            return None
        found, self.versions[StreamId(of)] = self.ledger.load_act(of)
        return found

    def transfer(self, of: str) -> transfer.Transfer | None:
        """Read a transfer."""
        return self.state(of, transfer.evolve)

    def claim(self, of: str) -> claim.Claim | None:
        """Read a claim."""
        return self.state(of, claim.evolve)


Decide = Callable[[Reading], Decision]


class Record(Protocol):
    """Records what is decided, as `Ledger.decide` does."""

    def __call__(
        self, decision: Callable[[], Deciding], *, by: By, request: RequestKey | None
    ) -> Receipt | Refusal: ...


def do(
    ledger: Ledger, by: By, asked: Asked, decide: Decide, *, upon: str | None = None,
    show: Callable[[Any], dict[str, Any]] | None = None, record: Record | None = None,
) -> Done | Refusal:
    """Decide and record, or only decide. `upon`: the stream whose version the request names; `show` tells it anew.

    `record`: what records it, where the ledger has a way of its own.
    """

    tried: list[Done] = []
    if asked.reason is not None:
        by = msgspec.structs.replace(by, reason=asked.reason)

    def decision() -> Deciding:
        reading = Reading(ledger)
        drafts = decide(reading)
        if isinstance(drafts, Refusal) and turns_away(drafts):
            return Deciding(drafts)  # Before the version: how a thing stands is shown to whoever may act upon it.
        if upon is not None and (stale := _stale(reading, upon, asked.version, show)) is not None:
            return Deciding(stale)
        if isinstance(drafts, Refusal):
            return Deciding(drafts)
        tried[:] = [_extended(reading, drafts)]
        return Deciding(drafts, reading.versions, tuple(reading.guards))

    if asked.dry_run:
        decided = decision().drafts
        return decided if isinstance(decided, Refusal) else _taken(ledger, decided) or tried[0]
    try:
        outcome = (record or ledger.decide)(decision, by=by, request=asked.key)
    except NameTaken as taken:  # Never whose it is: of an ID number that would tell who is registered here.
        return Refusal.because("name_taken", kind=taken.kind)
    if isinstance(outcome, Refusal):
        return outcome
    return done(ledger, outcome) if outcome.replayed else tried[0]._replace(receipt=outcome)


def done(ledger: Ledger, receipt: Receipt) -> Done:
    """Render what was done before, from the log as it stood right after it."""
    events = [one for position in receipt.positions if (one := ledger.at(position)) is not None]
    stream = events[0].envelope.stream
    loaded = ledger.load(stream, EVOLVE[kind_of(stream)], as_of=receipt.positions[-1])
    return Done(stream, loaded.version, loaded.state, tuple(Draft(one.envelope.event) for one in events), receipt)


def _stale(
    reading: Reading, upon: str, wanted: int | None, show: Callable[[Any], dict[str, Any]] | None
) -> Refusal | None:
    """Say that the request was about another version, and show the one that stands."""
    state = reading.state(upon, EVOLVE[kind_of(upon)])
    version = reading.versions[StreamId(upon)]
    if state is None or wanted is None or version == wanted:
        return None
    current = {} if show is None else {"current": {**show(state), "version": version}}
    return Refusal.because("stale_version", version=version, **current)


def _extended(reading: Reading, drafts: tuple[Draft, ...]) -> Done:
    """Fold what was decided onto what was read: what the stream of the first event comes to."""
    stream = drafts[0].event.stream
    evolve = EVOLVE[kind_of(stream)]
    state, version = reading.state(stream, evolve), reading.versions[stream]
    for draft in drafts:
        if draft.event.stream == stream:
            state, version = evolve(state, draft.event), version + 1
    return Done(stream, version, state, drafts, None)


def _taken(ledger: Ledger, drafts: tuple[Draft, ...]) -> Refusal | None:
    """Say of a trial what the append would: that another stream holds one of its names."""
    for draft in drafts:
        for name in draft.event.names(draft.sealed):
            if ledger.find(name) not in (None, draft.event.stream):
                return Refusal.because("name_taken", kind=name.kind)
    return None
