"""What a demo recorded is what the service would have: each ruling that of its day's law, each hand the law's own.

The log is read as a stranger would: states are folded from events alone, the law is that of the rulebooks enacted so
far, and every decision is asked of the same functions that the service asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from demo_kit import Demo, read_all

from api.cases.claiming.claims import place_of
from api.house import local_date
from api.law_of import assess, walk_of
from ledger.envelope import Envelope
from ledger.errors import Refusal
from ledger.events.base import wire_type
from ledger.events.study import Study
from ledger.streams import actor, claim, person
from ledger.streams.claim import Claim
from ledger.streams.person import Person
from ledger.streams.standing import Actor, covers, standing
from policies.law import Law
from policies.person import Bench
from policies.shelf import shipped

EVOLVE: dict[str, Any] = {"per_": person.evolve, "clm_": claim.evolve, "acr_": actor.evolve}
BY_A_SYSTEM = "system"


class Seen:
    """Everything that was known right before an event."""

    def __init__(self) -> None:
        self.states: dict[str, Any] = {}
        self.submitted_on: dict[str, date] = {}
        self.bench = Bench(Law(()))

    def accept(self, envelope: Envelope) -> None:
        event, stream = envelope.event, envelope.stream
        if (evolve := EVOLVE.get(stream[:4])) is not None:
            self.states[stream] = evolve(self.states.get(stream), event)
        if wire_type(event) in ("claim.submitted/1", "claim.revised/1"):
            self.submitted_on[stream] = local_date(envelope.recorded_at)
        if wire_type(event) == "rulebook.enacted/1":
            self.bench = Bench(Law([*self.bench.law.books, shipped().book(event.digest)]))

    def assessed(self, of: Person, study: Study, on: date) -> Any:
        found = assess(self.bench, of, study, on)
        assert not isinstance(found, Refusal), found
        return found


@pytest.fixture(scope="module")
def told(demo: Demo) -> Iterator[list[Envelope]]:
    with demo.ledger() as ledger:
        yield [one.envelope for one in read_all(ledger)]


def test_every_recorded_ruling_is_what_the_law_of_its_day_gives(told: list[Envelope]) -> None:
    seen, statuses = Seen(), Counter[str]()
    for envelope in told:
        event = envelope.event
        if wire_type(event) in ("claim.approved/1", "claim.corrected/1"):
            known: Claim = seen.states[event.claim]
            study = event.study if wire_type(event) == "claim.corrected/1" else known.study
            assert study.evidence_on <= local_date(envelope.recorded_at)
            should = seen.assessed(seen.states[event.person], study, seen.submitted_on[event.claim])
            statuses[should.ruling.status] += 1
            assert event.year == should.year
            if should.ruling.status == "unruled":   # An authority confirmed it, naming a document.
                assert event.ruling.status == "manual" and event.ruling.assessed_centi > 0 and event.ruling.clauses
            else:
                assert event.ruling == should.ruling
        seen.accept(envelope)

    assert min(statuses["ruled"], statuses["manual"], statuses["unruled"]) > 20 and not statuses["refused"]


def test_what_the_law_refuses_was_refused(told: list[Envelope]) -> None:
    seen, refused = Seen(), 0
    for envelope in told:
        event = envelope.event
        if wire_type(event) == "claim.refused/1":
            known = seen.states[event.claim]
            at = seen.states[event.person]
            refused += seen.assessed(at, known.study, seen.submitted_on[event.claim]).ruling.status == "refused"
        seen.accept(envelope)

    assert refused > 0


def test_every_claim_walks_the_steps_that_the_law_of_its_day_names(told: list[Envelope]) -> None:
    seen, walks = Seen(), Counter[tuple[str, ...]]()
    for envelope in told:
        event, day = envelope.event, local_date(envelope.recorded_at)
        if wire_type(event) == "claim.submitted/1" and event.origin in ("self", "auto"):
            at = seen.states[event.person].affiliation_on(day)
            walk = walk_of(seen.bench.law, at, day, event.study.category.value)
            assert (event.unit, event.region, event.sector) == (at.unit, at.region, at.sector)
            assert walk.automatic == (event.origin == "auto")
            assert event.steps == ((BY_A_SYSTEM,) if walk.automatic else walk.roles)
            walks[event.steps] += 1
        elif wire_type(event) == "claim.revised/1":
            known = seen.states[event.claim]
            at = place_of(known, seen.states[event.person])
            assert event.steps == walk_of(seen.bench.law, at, day, event.study.category.value).roles
        seen.accept(envelope)

    assert {("unit", "sector_authority"), ("unit", "human_resources"), ("sector_authority",), ("unit",),
            (BY_A_SYSTEM,)} <= walks.keys()


def test_every_office_acted_within_its_scope_at_the_level_that_the_law_names(told: list[Envelope]) -> None:
    seen, acted = Seen(), Counter[str]()
    for envelope in told:
        event, by = envelope.event, envelope.by
        if wire_type(event).startswith("claim.") and by.actor.startswith("acr_") and event.claim in seen.states:
            known: Claim = seen.states[event.claim]
            hand: Actor = seen.states[by.actor]
            assert standing(hand, by.role, known.matter) is None
            assert hand.person != event.person
            acted[wire_type(event)] += 1
            if known.submitted.origin == "self":
                on = seen.submitted_on[event.claim]
                at = place_of(known, seen.states[event.person])
                office = walk_of(seen.bench.law, at, on, known.study.category.value).office(by.role)
                held = [scope.region for scope in hand.scopes if covers(scope, known.matter)]
                assert office is not None and any(office.is_of_level(region) for region in held)
        seen.accept(envelope)

    assert {"claim.endorsed/1", "claim.returned/1", "claim.approved/1", "claim.refused/1", "claim.corrected/1",
            "claim.frozen/1", "claim.released/1", "claim.revoked/1", "claim.reinstated/1"} <= acted.keys()


def test_nothing_is_done_with_the_data_of_someone_who_asked_for_rest(told: list[Envelope]) -> None:
    seen, resting = Seen(), 0
    for envelope in told:
        event = envelope.event
        of = seen.states.get(envelope.subjects[0]) if envelope.subjects else None
        if isinstance(of, Person) and (of.is_restricted or of.is_forgotten):
            resting += 1
            assert wire_type(event) in ("person.restriction_lifted/1", "person.key_destroyed/1")
        seen.accept(envelope)

    assert resting > 0
