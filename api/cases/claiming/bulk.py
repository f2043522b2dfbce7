"""Many approvals in one request: each claim decided as it would be alone, with an answer for every line.

What needs a person's eye is left for one: a claim whose ruling carries a flag or is not the law's own, that says the
same as another, or of which a paper was never handed in here, is told apart and not approved here. Line by line, or
all in one append, where one no undoes nothing because nothing was done. A line repeated under the request's key is
answered again and not decided again.

`tests/api/test_bulk_approval.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from api.cases.claiming.claims import view
from api.cases.claiming.evidence import not_handed_in
from api.cases.claiming.office import Decide, Prepared
from api.cases.claiming.prospects import duplicates_of
from api.cases.claiming.review import approving, at_step
from api.cases.doing import Asked, Done, Reading, do
from api.cases.standing import acting, by_actor
from api.house import House
from api.operational.callers import Caller
from ledger.errors import LedgerError, Refusal
from ledger.events.base import Draft
from ledger.events.claim import ClaimApproved
from ledger.stores.append import RequestKey
from ledger.streams.claim import Claim
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.vocabulary import StreamId, format_hours

LINES_MOST: Final = 500

Seen = dict[tuple[str, str, str], str]
"""Which claim of a batch named an occasion or an output first: answers do not know of it yet."""


class Line(NamedTuple):
    """A claim to be approved, as it was seen."""

    claim: str
    version: int
    opened_evidence: tuple[str, ...] = ()


class Approved(NamedTuple):
    """What a line came to."""

    version: int
    assessed: str
    year: int | None
    events: tuple[int, ...]    # None recorded: it was only tried.
    is_replayed: bool


Outcome = Approved | Refusal | LedgerError | None
"""None: it was not tried, because of another line."""


def may_begin(house: House, caller: Caller) -> Refusal | None:
    """Say why somebody decides upon no claim at all."""
    actor = acting(house, caller)
    return actor if isinstance(actor, Refusal) else None


def approve_each(
    house: House, caller: Caller, lines: Sequence[Line], asked: Asked, *, goes_on: bool
) -> list[Outcome]:
    """Approve one after another, until one is refused or through to the end."""
    outcomes: list[Outcome] = []
    seen: Seen = {}
    for number, line in enumerate(lines):
        if outcomes and not goes_on and not isinstance(outcomes[-1], Approved):
            return [*outcomes, *[None] * (len(lines) - number)]
        outcomes.append(_approve(house, caller, line, _nth(asked, number, line), seen))
    return outcomes


def _approve(house: House, caller: Caller, line: Line, asked: Asked, seen: Seen) -> Outcome:
    ready = _ready(house, caller, line, seen)
    if isinstance(ready, Refusal):
        return ready
    try:
        done = do(house.ledger, by_actor(caller, ready.actor, ready.role), asked, ready.decide, upon=line.claim,
                  show=view)
    except LedgerError as error:  # Of this line: what stands before it was done, and is told.
        return error
    return done if isinstance(done, Refusal) else _told(done, line, done.version)


def approve_all(house: House, caller: Caller, lines: Sequence[Line], asked: Asked) -> list[Outcome]:
    """Approve all in one append, or none."""
    seen: Seen = {}
    readies = [_ready(house, caller, line, seen) for line in lines]
    for number, ready in enumerate(readies):
        if isinstance(ready, Refusal):
            return _only(lines, number, ready)
    prepared = [ready for ready in readies if isinstance(ready, Prepared)]
    role = prepared[0].role
    for number, ready in enumerate(prepared):
        if ready.role != role:  # One append has one hand, and a hand acts in one role.
            return _only(lines, number, Refusal.because("bulk_of_two_roles", roles=[role, ready.role]))
    failed = 0

    def decide(reading: Reading) -> Decision:
        nonlocal failed
        drafts: list[Draft] = []
        for number, (line, ready) in enumerate(zip(lines, prepared, strict=True)):
            failed, decided = number, ready.decide(reading)
            if isinstance(decided, Refusal):
                return decided
            if (version := reading.versions[StreamId(line.claim)]) != line.version:
                return Refusal.because("stale_version", version=version)
            drafts += decided
        return tuple(drafts)

    done = do(house.ledger, by_actor(caller, prepared[0].actor, role), asked, decide)
    if isinstance(done, Refusal):
        return _only(lines, failed, done)
    return [_told(done, line, line.version + 1) for line in lines]


def _only(lines: Sequence[Line], number: int, refusal: Refusal) -> list[Outcome]:
    return [refusal if at == number else None for at in range(len(lines))]


def _ready(house: House, caller: Caller, line: Line, seen: Seen) -> Prepared | Refusal:
    fields: dict[str, Any] = {"opened_evidence": line.opened_evidence}
    return at_step(house, caller, line.claim, _unflagged(house, approving(house, fields), seen))


def _unflagged(house: House, decide: Decide, seen: Seen) -> Decide:
    """The same decision, of what nobody need look at alone."""

    def decide_unflagged(reading: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
        drafts = decide(reading, found, role, person, by)
        if isinstance(drafts, Refusal):
            return drafts
        ruling = next(draft.event.ruling for draft in drafts if isinstance(draft.event, ClaimApproved))
        same = _same(house, found, seen)
        asks = found.study.confirmed_centi is not None  # For hours of an authority's, which nobody gives in passing.
        unseen = not_handed_in(house, person, found)  # Nobody can have looked at them here.
        if ruling.status != "ruled" or ruling.flags or same or asks or unseen:
            return Refusal.because("look_at_alone", status=ruling.status, flags=ruling.flags, duplicates=same,
                                   papers_absent=unseen)
        return drafts

    return decide_unflagged


def _same(house: House, found: Claim, seen: Seen) -> list[dict[str, str]]:
    """Which claims name the same occasion or output: those that are registered, and those of this batch."""
    named = [(name, key) for name in ("occasion", "output") if (key := getattr(found.study, name)) is not None]
    if not named:
        return []
    house.settled()
    same = list(duplicates_of(house, found))
    for name, key in named:
        first = seen.setdefault((found.person, name, key), found.claim)
        if first != found.claim and all(one["claim"] != first for one in same):
            same.append({"claim": first, "by": name})
    return same


def _told(done: Done, line: Line, version: int) -> Approved:
    event = next(draft.event for draft in done.drafts
                 if isinstance(draft.event, ClaimApproved) and draft.event.claim == line.claim)
    positions = () if done.receipt is None else tuple(
        position for position, draft in zip(done.receipt.positions, done.drafts, strict=True)
        if draft.event.stream == line.claim)
    return Approved(version, format_hours(event.ruling.assessed_centi), event.year, positions, done.replayed)


def _nth(asked: Asked, number: int, line: Line) -> Asked:
    """How a line is asked for: under a key of its own, which follows from the request's."""
    key = asked.key
    if key is not None:
        key = RequestKey(hashlib.sha256(key[0] + number.to_bytes(4, "big")).digest(), key[1])
    return asked._replace(key=key, version=line.version)
