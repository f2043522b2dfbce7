"""What people ask of the register in a history: real decisions on claims and people, and bare appends that race.

A decision loads what it rests on through a function that is handed in. So the same decision is made twice: when it is
asked for, on what the store then says, and at the end of the history, on the log as it stood right before its events.
Both must come to the same events, or some decision rested on what was no longer so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, NamedTuple

from ledger.envelope import Envelope, encode
from ledger.errors import Refusal
from ledger.events.act import ActAbandoned, ActChunkWritten, ActClosed, ActOpened
from ledger.events.base import By, Draft
from ledger.events.claim import ClaimWithdrawn
from ledger.ledger import Deciding, Ledger
from ledger.reading import Loaded
from ledger.stores.append import (
    Abandoning,
    AnyGuard,
    Append,
    Closing,
    Forgetting,
    Freeing,
    Guard,
    NameChange,
    NothingSince,
    OfEvent,
    RequestKey,
    Reservation,
)
from ledger.streams import actor as actors
from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from ledger.streams import person_career as careers
from ledger.streams import unit as units
from ledger.vocabulary import ActId, ClaimId, PersonId, StreamId
from tests.ledger.ledger_kit import BY, CLERK, LI, OFFICER, RULING, WANG, WORKS, Affiliation, date, identity, submission

Load = Callable[[str, Any], Loaded[Any]]
Decision = Callable[[Load], Deciding]
PEOPLE, CLAIMS, NUMBERS, CERTIFICATES = 3, 3, 3, 3
ALONE = 4
STREAMS, ACTS, NAMES = 3, 2, 5


class Asked(NamedTuple):
    """Something to be decided."""

    word: str
    decision: Decision


def person_id(number: int) -> PersonId:
    """Two of them are in the register and belong to a unit when a history begins."""
    return (LI, WANG, PersonId("per_sim0"))[number]


def claim_id(number: int) -> ClaimId:
    return ClaimId(f"clm_sim{number}")


def any_decision(rng: Random) -> Asked:
    """Choose what somebody asks for."""
    person, claim = person_id(rng.randrange(PEOPLE)), claim_id(rng.randrange(CLAIMS))
    word = rng.choice((
        "register", "affiliate", "submit", "submit", "submit", "endorse", "endorse", "endorse", "approve", "approve",
        "freeze", "release", "revoke", "withdraw", "suspend", "suspend", "reinstate", "reinstate"))
    if word == "register":
        return Asked(f"{word} {person}", _registration(person, rng.randrange(NUMBERS)))
    if word == "affiliate":
        return Asked(f"{word} {person}", _affiliation(person))
    if word == "submit":
        certificate = rng.randrange(CERTIFICATES)
        return Asked(f"{word} {claim} for {person}", _submission(claim, person, certificate))
    if word in ("suspend", "reinstate"):
        return Asked(f"{word} the clerk", _of_clerk(word))
    return Asked(f"{word} {claim}", _of_claim(word, claim))


def any_decision_on_a_list(rng: Random) -> Asked:
    """Choose what rests on all that there is of somebody, also on there being no more: of these claims one at a time
    may stand for a person, as of applications, seats in an exam and registrations of one course."""
    person, claim = person_id(rng.randrange(2)), ClaimId(f"{_ALONE}{rng.randrange(ALONE)}")
    if rng.random() < 0.35:
        return Asked(f"withdraw {claim}", _of_claim("withdraw", claim))
    return Asked(f"submit {claim} alone for {person}", _sole_submission(claim, person))


def standing_alone(of: Any, envelope: Envelope) -> Any:
    """Not for a stream: all claims of a person of which one may stand, as a loader reads them out of the log."""
    if not envelope.stream.startswith(_ALONE):
        return of
    is_gone = isinstance(envelope.event, ClaimWithdrawn)
    return (of or {}) | {envelope.stream: None if is_gone else getattr(envelope.event, "person", None)}


def listed(person: str, upto: int, envelopes: Iterable[Envelope]) -> Loaded[Any]:
    """What stands of somebody in the log, resting on nothing having been said of them after a position."""
    state: Any = None
    for envelope in envelopes:
        state = standing_alone(state, envelope)
    standing = frozenset(claim for claim, whose in (state or {}).items() if whose == person)
    return Loaded(standing, 0, None, (NothingSince(person, upto),))  # type: ignore[arg-type]


_ALONE = "clm_alone"


def _deciding(drafts: tuple[Draft, ...] | Refusal, own: Loaded[Any], *rests: Loaded[Any]) -> Deciding:
    stream = own.guards[0].stream
    return Deciding(drafts, {stream: own.version}, tuple(guard for one in rests for guard in one.guards))


def _registration(person: PersonId, number: int) -> Decision:
    def decide(load: Load) -> Deciding:
        known = load(person, persons.evolve)
        command = persons.RegisterPerson(person=person, identity=identity(number))
        return _deciding(persons.decide_person_registration(known.state, command), known)
    return decide


def _affiliation(person: PersonId) -> Decision:
    def decide(load: Load) -> Deciding:
        known, unit, officer = load(person, persons.evolve), load(WORKS, units.evolve), load(OFFICER, actors.evolve)
        at_works = Affiliation(unit=WORKS, starts=date(2020, 3, 1), region="330203", sector="industry")
        command = careers.AffiliatePerson(role="registrar", affiliation=at_works)
        drafts = careers.decide_affiliation(known.state, command, unit.state, officer.state)
        return _deciding(drafts, known, unit, officer)
    return decide


def _submission(claim: ClaimId, person: PersonId, certificate: int) -> Decision:
    def decide(load: Load) -> Deciding:
        known, of = load(claim, claims.evolve), load(person, persons.evolve)
        drafts = review.decide_submission(known.state, submission(claim, person, certificate), of.state)
        return _deciding(drafts, known, of)
    return decide


def _sole_submission(claim: ClaimId, person: PersonId) -> Decision:
    def decide(load: Load) -> Deciding:
        known, of, every = load(claim, claims.evolve), load(person, persons.evolve), load(person, standing_alone)
        if every.state:
            return Deciding(Refusal.because("another_stands"))
        number = int(claim.removeprefix(_ALONE))
        drafts = review.decide_submission(known.state, submission(claim, person, CERTIFICATES + number), of.state)
        return _deciding(drafts, known, of, every)
    return decide


def _of_clerk(word: str) -> Decision:
    def decide(load: Load) -> Deciding:
        clerk, unit, officer = load(CLERK, actors.evolve), load(WORKS, units.evolve), load(OFFICER, actors.evolve)
        if word == "suspend":
            drafts = actors.decide_suspension(
                clerk.state, actors.SuspendActor(role="registrar"), unit.state, officer.state)
        else:
            drafts = actors.decide_actor_reinstatement(
                clerk.state, actors.ReinstateActor(role="registrar"), unit.state, officer.state)
        return _deciding(drafts, clerk, unit, officer)
    return decide


_DECIDE: dict[str, tuple[Callable[..., Any], Any]] = {
    "approve": (review.decide_approval, review.ApproveClaim(role="registrar", ruling=RULING, year=2026)),
    "freeze": (register.decide_freeze, register.FreezeClaim(role="registrar", words="核查中")),
    "release": (register.decide_release, register.ReleaseClaim(role="registrar")),
    "revoke": (register.decide_revocation, register.RevokeClaim(role="registrar", basis="forged", words="证书系伪造")),
}


def _of_claim(word: str, claim: ClaimId) -> Decision:
    def decide(load: Load) -> Deciding:
        known = load(claim, claims.evolve)
        if known.state is None:
            return Deciding(Refusal.because("claim_absent"))
        person, clerk, officer = known.state.person, load(CLERK, actors.evolve), load(OFFICER, actors.evolve)
        of = load(person, persons.evolve)
        if word == "withdraw":
            return _deciding(review.decide_withdrawal(
                known.state, review.WithdrawClaim(person=person), of.state), known, of)
        if word == "endorse":
            drafts = review.decide_endorsement(
                known.state, review.EndorseClaim(role="unit_reviewer"), of.state, clerk.state)
            return _deciding(drafts, known, of, clerk)
        decide_it, command = _DECIDE[word]
        return _deciding(decide_it(known.state, command, of.state, officer.state), known, of, officer)
    return decide


# Bare appends: what a store is asked, whatever it may mean


def request(rng: Random, number: int) -> RequestKey:
    """A key of one request; now and then one that another request bears already."""
    if rng.random() < 0.05:
        number = rng.randrange(number + 1)
    return RequestKey(hashlib.sha256(f"key {number}".encode()).digest(), rng.randbytes(32),
                      rng.choice((200, 201)))


def bare(
    rng: Random, ledger: Ledger, request: RequestKey, stale: int, *, rests_on_lists: bool = False, beginning: int = 0,
) -> Append:
    """Some events on some streams, under an act or none; versions may be `stale`, as of whoever read too early."""
    version = ledger.store.version
    act = rng.choice([None, *range(ACTS)])
    act_id = None if act is None else ActId(f"act_sim{act + ACTS * (version(StreamId('act_sim0')) // 6)}")
    if act_id is not None:
        opened = ledger.load_act(act_id)[0]
        if opened is None or rng.random() < 0.25:
            return _of_act(rng, act_id, opened, version(act_id), request)
        if opened.status != "open":
            act_id = None
    streams = [ClaimId(f"clm_bare{number}") for number in rng.sample(range(STREAMS), rng.randint(1, 2))]
    by = By(actor="acr_sim", role="registrar", act=act_id)
    events, names = [], list[NameChange]()
    ahead = {stream: max(0, version(stream) - (stale if rng.random() < 0.2 else 0)) for stream in streams}
    for stream in streams:
        for _ in range(rng.randint(1, 2)):
            ahead[stream] += 1
            draft = Draft(ClaimWithdrawn(claim=stream, person=PersonId("per_bare")))
            events.append(encode(StreamId(stream), ahead[stream], draft, by, None, random=rng.randbytes))
    for number in range(len(events)):
        for _ in range(rng.choice((0, 1, 2))):
            names += [OfEvent(number), _name_change(rng, StreamId(events[number].stream), act_id)]
    guards = list[AnyGuard]()
    if rests_on_lists and rng.random() < 0.4:
        named = rng.choice((*(f"clm_bare{number}" for number in range(STREAMS)), "per_bare", LI, "per_nobody"))
        guards.append(NothingSince(named, max(beginning, ledger.store.size() - rng.choice((0, 0, 0, 1, 3)))))
    if rng.random() < 0.4:
        other = StreamId(f"clm_bare{rng.randrange(STREAMS)}")
        guards.append(Guard(other, version(other)))
    if act_id is not None:
        chunk = Draft(ActChunkWritten(act=act_id, rows_done=len(events)))
        events.append(encode(StreamId(act_id), version(act_id) + 1, chunk, by, None, random=rng.randbytes))
    return Append(tuple(events), tuple(guards), tuple(names), request)


def _name_change(rng: Random, stream: StreamId, act: ActId | None) -> NameChange:
    chance = rng.random()
    kind = rng.choice(("certificate", "seat"))
    if chance < 0.65:
        name = hashlib.sha256(f"{kind} {rng.randrange(NAMES)}".encode()).digest()
        return Reservation(name, kind, stream, f"per_{rng.randrange(3)}", act)
    if chance < 0.95 or act is not None:
        return Freeing(stream, frozenset([kind]), act)
    return Forgetting(f"per_{rng.randrange(3)}")


def _of_act(rng: Random, act: ActId, known: Any, version: int, request: RequestKey) -> Append:
    event: Any
    names: tuple[NameChange, ...] = ()
    if known is None:
        event = ActOpened(act=act, kind="roster", rows=9, chunk=3, list_sha256="0" * 64)
    elif rng.random() < 0.6:
        event, names = ActClosed(act=act, rows=9), (Closing(act),)
    else:
        event, names = ActAbandoned(act=act, rows_done=9), (Abandoning(act),)
    if known is not None and known.status != "open":  # It has ended: whatever comes is no row of it.
        event, names = ActChunkWritten(act=act, rows_done=9), ()
    encoded = encode(StreamId(act), version + 1, Draft(event), BY, None, random=rng.randbytes)
    return Append((encoded,), (), names, request)
