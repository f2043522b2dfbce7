"""What a case does to many entries at once, run: a larger act that the case knows, with its list in the log.

    bulk = open_bulk(ledger, case, command, actor=actor)
    while bulk.rows_next:
        bulk.write()                 # a killed run goes on here, after `resume_bulk`
    bulk.close()

What may be done is decided in `ledger.streams.case_bulk`, and its refusals come out as they are. Whoever goes on with
an act that was killed brings nothing: the list, the words and the basis are read from the log, so that any member of
the case can, also when whoever began is gone. Case and act begin and end in one append each. An entry that is not as it
was shown stops it (`list_changed`).

`tests/ledger/test_bulk_acts.py` shows it, with a kill in the middle.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final

from ledger.acts.hands import by_hand, decide_upon, hand_of, present
from ledger.acts.running import Act, resume_act
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.base import Draft, Words
from ledger.events.case import CaseId
from ledger.events.case_bulk import BulkOpened
from ledger.ledger import Deciding, Ledger
from ledger.reading import Recorded
from ledger.stores.append import Receipt
from ledger.streams import act as acts
from ledger.streams import case as cases
from ledger.streams import case_bulk as bulks
from ledger.streams import claim as claims
from ledger.streams import person as persons
from ledger.streams.case import Case
from ledger.streams.case_bulk import Deed, decide_row, grounds_of
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.vocabulary import ActorId, ClaimId, StreamId

CHUNK: Final = 1_000
"""Rows of one event each, with their count well within one append: half as many commits as of 500, and no slower."""


class Bulk:
    """An act of a case as it was read: its list, what is done of it, and the hand that goes on."""

    def __init__(
        self, ledger: Ledger, case: Case, bulk: cases.Bulk, act: Act, words: str, actor: ActorId, role: str
    ) -> None:
        self.case, self.opened, self.act = case.case, bulk.opened, act
        self._ledger, self._actor, self._role = ledger, actor, role
        self._claims, self._versions = bulk.claims, bulk.versions
        self._on = grounds_of(case, Deed(bulk.opened.effect), role, words, bulk.opened.basis)

    @property
    def deed(self) -> Deed:
        """What is done to each entry of the list."""
        return self._on.deed

    @property
    def claims(self) -> tuple[ClaimId, ...]:
        """The list, as it was shown."""
        return self._claims

    @property
    def rows_done(self) -> int:
        """How many rows of the list stand."""
        return self.act.rows_done

    @property
    def rows_next(self) -> int:
        """How many rows the next chunk holds; 0 when all are written."""
        return self.act.rows_next

    def write(self) -> Receipt | Refusal:
        """Write the next rows of the list, all or nothing."""
        first, last = self.rows_done, self.rows_done + self.rows_next
        names: tuple[ClaimId, ...] = self._claims[first:last]
        hand = hand_of(self._ledger, self._actor)
        by, entries = present(hand), self._ledger.load_each_free(names, claims.evolve)
        people = self._ledger.load_each_free(
            list(dict.fromkeys(one.state.person for one in entries.values() if one.state is not None)), persons.evolve)
        guards = {guard.stream: guard for one in people.values() for guard in one.guards}
        guards |= {guard.stream: guard for guard in hand.guards}
        drafts: list[Draft] = []
        for name, shown in zip(names, self._versions[first:last], strict=True):
            entry = entries[name]
            if entry.state is None or entry.version != shown:
                return Refusal.because("list_changed", claim=name, shown=shown, version=entry.version)
            person = people[entry.state.person].state
            assert person is not None, "an entry is a person's"
            decided = decide_row(self._on, entry.state, person, by)
            if isinstance(decided, Refusal):
                return dataclasses.replace(decided, seen={**decided.seen, "claim": name})
            drafts += decided
        versions = {StreamId(name): entries[name].version for name in names}
        return self.act.write(drafts, rows=len(names), versions=versions, guards=tuple(guards.values()))

    def close(self) -> Receipt | Refusal:
        """Put every row in force, and say so of the case."""
        command = bulks.CloseBulk(role=self._role)
        return self._end(lambda case, act, by: bulks.decide_bulk_closing(case, act, command, by))

    def abandon(self, words: str | None = None) -> Receipt | Refusal:
        """Give it up: none of its rows will ever count."""
        command = bulks.AbandonBulk(role=self._role, words=words)
        return self._end(lambda case, act, by: bulks.decide_bulk_abandonment(case, act, command, by))

    def _end(self, decide: Callable[[Case | None, acts.Act | None, Actor], Decision]) -> Receipt | Refusal:
        return decide_upon(self._ledger, self.case, cases.evolve, self._actor, self._role, decide, act=self.act.id)


def open_bulk(ledger: Ledger, case: CaseId, command: bulks.OpenBulk, *, actor: ActorId) -> Bulk | Refusal:
    """Open the act for a list as it was shown, and fix the list with it."""
    def decision() -> Deciding:
        hand, found = hand_of(ledger, actor), ledger.load_free(case, cases.evolve)
        decided = bulks.decide_bulk_opening(found.state, command, present(hand))
        return Deciding(decided, {StreamId(case): found.version, StreamId(command.act): 0}, hand.guards)

    opened = ledger.decide(decision, by=by_hand(ledger, actor, command.role))
    return opened if isinstance(opened, Refusal) else resume_bulk(
        ledger, case, command.act, actor=actor, role=command.role)


def resume_bulk(ledger: Ledger, case: CaseId, act: str, *, actor: ActorId, role: str) -> Bulk | Refusal:
    """Go on with an act that is open, after a kill or by another member."""
    going = bulks.going_on(ledger.load_free(case, cases.evolve).state, act, role, present(hand_of(ledger, actor)))
    if isinstance(going, Refusal):
        return going
    known, bulk = going
    resumed = resume_act(ledger, bulk.opened.act, list_sha256=bulk.opened.list_sha256, by=by_hand(ledger, actor, role))
    if isinstance(resumed, Refusal):
        return resumed
    return Bulk(ledger, known, bulk, resumed, words_of(ledger, case, act), actor, role)


def words_of(ledger: Ledger, case: CaseId, act: str) -> str:
    """What was said as an act of a case was opened; nothing where that can no longer be read."""
    for position, leaf in ledger.store.stream(case):
        envelope = decode(leaf)
        if isinstance(envelope.event, BulkOpened) and envelope.event.act == act:
            sealed = ledger.opened(Recorded(position, envelope))
            return sealed.words if isinstance(sealed, Words) else ""
    return ""
