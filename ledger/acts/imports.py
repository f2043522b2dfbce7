"""Imports, run: a file is taken in once for ever, its rows are written in an act, and both end together (P 14).

    batch = open_import(ledger, command, actor=actor)           # or the receipt of the first that took the file
    rows = resume_rows(ledger, batch, by=by)                    # of the act that was opened with it
    while rows.rows_next:
        rows.write(decided[...], by=actor)                      # a killed run goes on here

At its closing (`ledger.streams.imports.decide_import_closing`) every row takes force, and the counts say what became.
A row is a record that is new here, a newer version of one that is registered already and is corrected by it, or what
became of one in the ledger that it came from: frozen, released, revoked, reinstated, in the order that leads there.

Each row was decided when it was looked at, and is written as decided as long as what that rests on has not moved: the
hand is the same, and the append names the versions that were read. Where one has moved, all of the chunk is read and
decided again.

What may be done is decided in `ledger.streams.imports`, and its refusals come out as they are. Whoever brings a file
that is known is refused as `file_imported` with its receipt, also where both came at once and the other was faster.

`tests/ledger/test_importing.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec

from ledger.acts.hands import by_hand, decide_upon, hand_of, present
from ledger.acts.running import Act, resume_act
from ledger.errors import Refusal
from ledger.events.base import By, Draft
from ledger.events.claim import ClaimEvent
from ledger.events.imports import ImportId, file_name
from ledger.ledger import Deciding, Ledger
from ledger.reading import Loaded
from ledger.stores.append import Conflict, Guard, NameTaken, Receipt
from ledger.streams import claim as claims
from ledger.streams import imports
from ledger.streams import person as persons
from ledger.streams.claim_register import (
    CorrectClaim,
    FreezeClaim,
    ReinstateClaim,
    ReleaseClaim,
    RevokeClaim,
    decide_correction,
    decide_freeze,
    decide_reinstatement,
    decide_release,
    decide_revocation,
)
from ledger.streams.claim_review import RegisterClaim, decide_registration
from ledger.streams.decision import Decision
from ledger.streams.imports import ContradictImport, Import, OpenImport
from ledger.streams.standing import Actor
from ledger.vocabulary import ActorId, ClaimId, PersonId, StreamId


class Correction(msgspec.Struct, frozen=True, gc=False):
    """A newer version of a record that is registered."""

    claim: ClaimId
    person: PersonId
    command: CorrectClaim


class Followed(msgspec.Struct, frozen=True, gc=False):
    """A record of another ledger as it now stands there, by the steps that lead to it from what stands here."""

    claim: ClaimId
    person: PersonId
    steps: tuple[Step, ...]


Step = RegisterClaim | CorrectClaim | FreezeClaim | ReleaseClaim | RevokeClaim | ReinstateClaim
Row = RegisterClaim | Correction | Followed


class Decided(msgspec.Struct, frozen=True, gc=False):
    """A row, what was decided about it, and upon which versions of its claim and its person."""

    row: Row
    drafts: tuple[Draft, ...]
    version: int               # Of the claim; 0: it begins here.
    guards: tuple[Guard, ...]  # Of the person.


class Rows:
    """The rows of an import that are taken over, written in the act that was opened with it."""

    def __init__(self, ledger: Ledger, act: Act, by: By) -> None:
        self.act = act
        self._ledger, self._actor = ledger, ActorId(by.actor)

    @property
    def rows_next(self) -> int:
        """How many rows the next chunk holds; 0 when all are written."""
        return self.act.rows_next

    def write(self, rows: Sequence[Decided], *, by: Actor) -> Receipt | Refusal:
        """Write the next rows, all or nothing, as this hand decided them or, where something has moved, anew."""
        hand = hand_of(self._ledger, self._actor)
        if hand.state == by:
            guards = {guard.stream: guard for one in rows for guard in one.guards}
            guards |= {guard.stream: guard for guard in hand.guards}
            try:
                return self.act.write(
                    [draft for one in rows for draft in one.drafts], rows=len(rows), guards=tuple(guards.values()),
                    versions={StreamId(_claim_of(one.row)): one.version for one in rows if one.version})
            except Conflict:
                pass  # Which of them it was the decision finds.
        return self.write_anew([one.row for one in rows])

    def write_anew(self, rows: Sequence[Row]) -> Receipt | Refusal:
        """Read and decide the next rows, and write them, all or nothing."""
        hand = hand_of(self._ledger, self._actor)
        people = self._ledger.load_each_free([_person_of(row) for row in rows], persons.evolve)
        corrected = [row.claim for row in rows if not isinstance(row, RegisterClaim) and not _is_new(row)]
        known = self._ledger.load_each_free(corrected, claims.evolve)
        guards: dict[str, Guard] = {guard.stream: guard for guard in hand.guards}
        drafts: list[Draft] = []
        for row in rows:
            person = people[_person_of(row)]
            decided = _decided(row, known, person.state, present(hand))
            if isinstance(decided, Refusal):
                return decided
            drafts += decided
            guards |= {guard.stream: guard for guard in person.guards}
        versions = {StreamId(claim): loaded.version for claim, loaded in known.items()}
        return self.act.write(drafts, rows=len(rows), versions=versions, guards=tuple(guards.values()))


def _person_of(row: Row) -> PersonId:
    return row.submission.person if isinstance(row, RegisterClaim) else row.person


def _claim_of(row: Row) -> ClaimId:
    return row.submission.claim if isinstance(row, RegisterClaim) else row.claim


def _is_new(row: Correction | Followed) -> bool:
    return isinstance(row, Followed) and isinstance(row.steps[0], RegisterClaim)


def decide_following(
    claim: claims.Claim | None, steps: Sequence[Step], person: persons.Person, by: Actor
) -> Decision:
    """Decide one step after the other, each upon what the one before came to."""
    drafts, evolved = list[Draft](), 0
    for step in steps:
        for draft in drafts[evolved:]:  # Of the last step nothing more is asked.
            claim = claims.evolve(claim, cast("ClaimEvent", draft.event))
        evolved = len(drafts)
        decided = _step(claim, step, person, by)
        if isinstance(decided, Refusal):
            return decided
        drafts += decided
    return tuple(drafts)


def _step(claim: claims.Claim | None, step: Step, person: persons.Person, by: Actor) -> Decision:
    if isinstance(step, RegisterClaim):
        return decide_registration(claim, step, person, by)
    if isinstance(step, CorrectClaim):
        return decide_correction(claim, step, person, by)
    if isinstance(step, FreezeClaim):
        return decide_freeze(claim, step, person, by)
    if isinstance(step, ReleaseClaim):
        return decide_release(claim, step, person, by)
    if isinstance(step, RevokeClaim):
        return decide_revocation(claim, step, person, by)
    return decide_reinstatement(claim, step, person, by)


def _decided(
    row: Row, known: dict[str, Loaded[claims.Claim]], person: persons.Person | None, by: Actor
) -> Decision:
    if isinstance(row, RegisterClaim):  # Its id was just made, and the append holds us to its being new.
        return decide_registration(None, row, person, by)
    assert person is not None, "whoever has a claim is registered"
    if isinstance(row, Followed):
        return decide_following(None if _is_new(row) else known[row.claim].state, row.steps, person, by)
    return decide_correction(known[row.claim].state, row.command, person, by)


def resume_rows(ledger: Ledger, batch: Import, *, by: By) -> Rows | Refusal:
    """Go on with the rows of an import, from its opening or from where it was killed."""
    assert batch.opened.act is not None, "an import that takes rows over opened an act for them"
    act = resume_act(ledger, batch.opened.act, list_sha256=batch.opened.file_sha256, by=by)
    return act if isinstance(act, Refusal) else Rows(ledger, act, by)


def open_import(ledger: Ledger, command: OpenImport, *, actor: ActorId, by: By | None = None) -> Import | Refusal:
    """Take a file in, or say what became of it when it was taken in before. `by`: where it says more than the role."""

    def decision() -> Deciding:
        hand, batch = hand_of(ledger, actor), _import(ledger, command.batch)
        known = ledger.find(file_name(command.system, command.file_sha256))
        same = None if known is None else _import(ledger, ImportId(known))
        decided = imports.decide_import_opening(
            batch.state, command, None if same is None else same.state, present(hand))
        guards = (*hand.guards, *(() if same is None else same.guards))
        versions = {StreamId(command.batch): batch.version}
        if command.act is not None:
            versions[StreamId(command.act.act)] = 0
        return Deciding(decided, versions, guards)

    try:
        opened = ledger.decide(decision, by=by or by_hand(ledger, actor, command.role))
    except NameTaken:  # Another came with the same file and was faster: now it is known.
        again = decision().drafts
        if isinstance(again, Refusal):
            return again
        raise
    if isinstance(opened, Refusal):
        return opened
    state = _import(ledger, command.batch).state
    assert state is not None, "what was just opened is there"
    return state


def contradict_import(
    ledger: Ledger, batch: ImportId, command: ContradictImport, *, actor: ActorId
) -> Receipt | Refusal:
    """Keep what the ledger that it came from signed against it."""
    return decide_upon(ledger, batch, imports.evolve, actor, command.role,
                       lambda known, _, by: imports.decide_contradiction(known, command, by))


def _import(ledger: Ledger, batch: ImportId) -> Loaded[Import]:
    return ledger.load_free(batch, imports.evolve)
