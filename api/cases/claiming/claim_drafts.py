"""Drafts of claims: saved as they are typed, seen by nobody but their person, submitted once or let go.

A draft takes whatever a form may hold, also what no claim could say; what is wrong with it is told by a trial of its
submission, with the place of each fault and what it would be worth as it stands. It leaves only when its claim is in
the log. `tests/api/test_claim_drafts.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.cases.claiming.claims import submission
from api.cases.doing import Asked, Done, Reading, do
from api.cases.standing import oneself
from api.house import House
from api.operational.callers import Caller
from api.operational.claim_drafts import Draft, Full, Turn
from ledger.errors import Refusal
from ledger.streams.decision import Decision
from ledger.streams.person import closed_to_processing
from ledger.vocabulary import ClaimId
from projections.basis import written_time

Read = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes of what was typed what a claim says, or raises with the place of each fault."""


def save(
    house: House, caller: Caller, person: str, name: str, content: dict[str, Any], seen: int | None,
    turn: Turn | None = None,
) -> Draft | Refusal:
    """Keep what was typed, over what was seen, or over what the same page sent before."""
    self = oneself(caller, person)
    if isinstance(self, Refusal):
        return self
    known = Reading(house.ledger).person(self)
    if known is None:
        return Refusal.because("person_absent")
    if no := closed_to_processing(known):
        return no
    kept = house.claim_drafts.save(
        self, name, content, seen=seen, claim=house.new_id("claim"), now=house.now, turn=turn)
    if isinstance(kept, Full):
        return Refusal.because("drafts_full", drafts=kept.drafts)
    if isinstance(kept, Draft):
        return kept
    if kept.stands is None:
        return Refusal.because("draft_absent")
    return Refusal.because("draft_exists", version=kept.stands.version) if seen is None else _stale(self, kept.stands)


def see(house: House, caller: Caller, person: str, name: str) -> tuple[dict[str, Any], int] | Refusal:
    """Show a draft to whoever typed it."""
    self = oneself(caller, person)
    if isinstance(self, Refusal):
        return self
    found = house.claim_drafts.find(self, name)
    return Refusal.because("draft_absent") if found is None else (view(self, found), found.version)


def every(house: House, caller: Caller, person: str) -> dict[str, Any] | Refusal:
    """Show somebody all drafts of theirs, the last saved first."""
    self = oneself(caller, person)
    if isinstance(self, Refusal):
        return self
    items = [{**view(self, one), "version": one.version} for one in house.claim_drafts.every(self)]
    return {"person": person, "items": items}


def drop(house: House, caller: Caller, person: str, name: str) -> Refusal | None:
    """Let a draft go."""
    self = oneself(caller, person)
    if isinstance(self, Refusal):
        return self
    return None if house.claim_drafts.drop(self, name) else Refusal.because("draft_absent")


def submit(house: House, caller: Caller, person: str, name: str, read: Read, asked: Asked) -> Done | Refusal:
    """Put forward what the draft says. It is dropped once its claim stands, also when an earlier try was cut short."""
    self = oneself(caller, person)
    if isinstance(self, Refusal):
        return self

    def decide(reading: Reading) -> Decision:
        found = house.claim_drafts.find(self, name)
        if found is None:
            return Refusal.because("draft_absent")
        claim = ClaimId(found.claim)
        if reading.claim(claim) is not None:  # Before the version: nothing that is typed now can change that.
            return Refusal.because("claim_exists", claim=claim)
        if asked.version not in (None, found.version):
            return _stale(self, found)
        return submission(house, self, claim, {"person": self, **read(found.content)})(reading)

    done = do(house.ledger, caller.by("person"), asked, decide)
    stands = done.seen["claim"] if isinstance(done, Refusal) and done.code == "claim_exists" else (
        done.stream if isinstance(done, Done) and done.receipt is not None else None)
    found = house.claim_drafts.find(self, name)
    if found is not None and found.claim == stands:
        house.claim_drafts.drop(self, name)
    return done


def view(person: str, draft: Draft) -> dict[str, Any]:
    """A draft with all that was typed."""
    return {
        "person": person, "draft": draft.name, "claim": draft.claim, "saved_at": written_time(draft.saved_at),
        "kept_until": written_time(draft.kept_until), **draft.content,
    }


def _stale(person: str, stands: Draft) -> Refusal:
    return Refusal.because("stale_version", version=stands.version,
                           current={**view(person, stands), "version": stands.version})
