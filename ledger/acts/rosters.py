"""Rosters, run: whoever was at a class is registered, all at once, in a larger act that the class knows (W 13, W 14).

    roster = open_roster(ledger, training_class, rows=40, list_sha256=..., actor=actor, role=role, now_ms=...)
    while roster.rows_next:
        roster.write(rows)            # a killed run goes on here, after `resume_roster`
    roster.close()

What may be done is decided in `ledger.streams.training_roster`, and its refusals come out as they are. Class and act
begin and end in one append each, so there is never a roster without its act, nor hours in force of a roster that seems
open. Every row guards the class: one that changed is read and decided again, and so is one with a card's number when
anything of the organiser was recorded meanwhile, since that may be a card of this number.

`tests/ledger/test_rosters.py` shows it, with a kill in the middle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ledger.acts.hands import by_hand, decide_upon, hand_of, present
from ledger.acts.running import CHUNK, Act, resume_act
from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.training import ClassId, card_name
from ledger.ids import new_id
from ledger.ledger import Deciding, Ledger
from ledger.reading import Loaded
from ledger.stores.append import AnyGuard, Conflict, NothingSince, Receipt
from ledger.streams import act as acts
from ledger.streams import person as persons
from ledger.streams import training_card
from ledger.streams import training_class as classes
from ledger.streams import training_roster as rosters
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.streams.training_card import Card
from ledger.streams.training_roster import RegisterRow, decide_row
from ledger.vocabulary import ActId, ActorId, PersonId, StreamId


class Roster:
    """A roster as it was read: its class, its act, and the hand that goes on with it."""

    def __init__(self, ledger: Ledger, training_class: ClassId, act: Act, actor: ActorId, role: str) -> None:
        self.training_class, self.act = training_class, act
        self._ledger, self._actor, self._role = ledger, actor, role

    @property
    def rows_next(self) -> int:
        """How many rows the next chunk holds; 0 when all are written."""
        return self.act.rows_next

    def write(
        self, rows: Sequence[RegisterRow], people: Mapping[PersonId, Loaded[Person]] | None = None
    ) -> Receipt | Refusal:
        """Write the next rows of the list, all or nothing. `people`: as they were read before, unless one has moved."""
        if people is not None:
            with suppress(Conflict):
                return self._write(rows, people)
        return self._write(rows, self._ledger.load_each_free([row.person for row in rows], persons.evolve))

    def _write(self, rows: Sequence[RegisterRow], people: Mapping[Any, Loaded[Person]]) -> Receipt | Refusal:
        hand, held = hand_of(self._ledger, self._actor), _class(self._ledger, self.training_class)
        drafts: list[Draft] = []
        guards: dict[str, AnyGuard] = {guard.stream: guard for guard in (*hand.guards, *held.guards)}
        issued, since = self._cards(rows, held.state)
        for row in rows:
            person, card = people[row.person], issued.get(row.card_number)
            # A claim begins here: its id was just made, and the append holds us to its being new.
            decided = decide_row(held.state, None, row, person.state, present(hand), card and card.state)
            if isinstance(decided, Refusal):
                return decided
            drafts += decided
            guards |= {guard.stream: guard for guard in (*person.guards, *(card.guards if card else ()))}
        return self.act.write(drafts, rows=len(rows), guards=(*guards.values(), *since))

    def _cards(
        self, rows: Sequence[RegisterRow], held: classes.TrainingClass | None
    ) -> tuple[dict[str | None, Loaded[Card]], tuple[AnyGuard, ...]]:
        """The cards that bear the numbers of these rows; that there is no other rests on nothing since (D01)."""
        numbers = [row.card_number for row in rows if row.card_number is not None]
        if held is None or not numbers:
            return {}, ()
        since = NothingSince(held.organiser, self._ledger.store.size())
        named = {card_name(held.organiser, number): number for number in numbers}
        found = self._ledger.find_all(named)
        issued = self._ledger.load_each_free(list(found.values()), training_card.evolve)
        return {named[name]: issued[holder] for name, holder in found.items()}, (since,)

    def close(self) -> Receipt | Refusal:
        """Put every row in force, and say so of the class."""
        command = rosters.CloseRoster(role=self._role)
        return self._end(lambda held, act, by: rosters.decide_roster_closing(held, command, act, by))

    def abandon(self) -> Receipt | Refusal:
        """Give it up: none of its rows will ever count."""
        command = rosters.AbandonRoster(role=self._role)
        return self._end(lambda held, act, by: rosters.decide_roster_abandonment(held, command, act, by))

    def _end(
        self, decide: Callable[[classes.TrainingClass | None, acts.Act | None, Actor], Decision]
    ) -> Receipt | Refusal:
        return decide_upon(self._ledger, self.training_class, classes.evolve, self._actor, self._role, decide,
                           act=self.act.id)


def open_roster(
    ledger: Ledger,
    training_class: ClassId,
    *,
    rows: int,
    list_sha256: str,
    actor: ActorId,
    role: str,
    now_ms: int,
    chunk: int = CHUNK,
) -> Roster | Refusal:
    """Open a roster and its act for a list that is fixed by its digest."""
    act = ActId(new_id("act", now_ms=now_ms))
    command = rosters.OpenRoster(role=role, act=act, rows=rows, chunk=chunk, list_sha256=list_sha256)

    def decision() -> Deciding:
        hand, held = hand_of(ledger, actor), _class(ledger, training_class)
        versions: Mapping[StreamId, int] = {StreamId(training_class): held.version, StreamId(act): 0}
        return Deciding(
            rosters.decide_roster_opening(held.state, command, present(hand)), versions, hand.guards
        )

    opened = ledger.decide(decision, by=by_hand(ledger, actor, role))
    if isinstance(opened, Refusal):
        return opened
    return resume_roster(ledger, training_class, list_sha256=list_sha256, actor=actor, role=role)


def resume_roster(
    ledger: Ledger, training_class: ClassId, *, list_sha256: str, actor: ActorId, role: str
) -> Roster | Refusal:
    """Go on with the roster that is open, after a kill, with the list it was opened with or not at all."""
    held = _class(ledger, training_class).state
    roster = None if held is None else held.open_roster
    if held is None or roster is None:
        return Refusal.because("roster_not_open", rosters=0 if held is None else len(held.rosters))
    act = resume_act(ledger, roster.act, list_sha256=list_sha256, by=by_hand(ledger, actor, role))
    return act if isinstance(act, Refusal) else Roster(ledger, training_class, act, actor, role)


def _class(ledger: Ledger, training_class: ClassId) -> Loaded[classes.TrainingClass]:
    return ledger.load_free(training_class, classes.evolve)
