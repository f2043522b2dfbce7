"""Claims by the offices: endorsed, returned, approved or refused, and what may follow once they are registered.

Whose hand it is, the ledger asks (scopes, two hands, nobody's own); which office it is, the law says: the registrar
tables name role and level for the place, and an account of another level is told which words stand against it. What is
recorded on approval is the ruling of the law as of now; where no rulebook has one, an authority confirms the hours
with a document, and the ruling rests on that. Where the words of a row leave room (一般, AMB-21), an authority may give
more than is ordinary, with reason and document, up to what the row gives without them.

Reading: freezing, releasing, revoking and reinstating are the deciding office's, or a supervisor's (P 17, W 16).
`tests/api/test_four_places.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from msgspec.structs import replace

from api.cases.claiming.claims import place_of, sights, submitted_on, view
from api.cases.claiming.study import read_details, read_evidence, read_study
from api.cases.doing import Asked, Done, Reading, do
from api.cases.standing import SUPERVISOR, acting, by_actor, in_sight, of_another_level, role_for
from api.house import House
from api.law_of import Assessed, assess, bench_now, confirmed, law_now, not_yet, room_view, walk_of
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.claim import Study
from ledger.streams import claim_register as register
from ledger.streams import claim_review as review
from ledger.streams.claim import Claim
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import format_hours
from policies.assess import Override
from projections.differences.person import EntryRow

Decide = Callable[[Claim, str, Person, Actor], Decision]


class Prepared(NamedTuple):
    """Who would decide about a claim that they may see, in which role, and how."""

    actor: Actor
    role: str
    decide: Callable[[Reading], Decision]


def endorse(house: House, caller: Caller, claim: str, asked: Asked) -> Done | Refusal:
    """Say for a step before the last that nothing speaks against it."""

    def decide(found: Claim, role: str, person: Person, by: Actor) -> Decision:
        return review.decide_endorsement(found, review.EndorseClaim(role=role), person, by)

    return _at_step(house, caller, claim, asked, decide)


def send_back(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Return it to be mended."""

    def decide(found: Claim, role: str, person: Person, by: Actor) -> Decision:
        return review.decide_return(found, review.ReturnClaim(role=role, words=fields["words"]), person, by)

    return _at_step(house, caller, claim, asked.because(fields), decide)


def refuse(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Refuse it for good."""

    def decide(found: Claim, role: str, person: Person, by: Actor) -> Decision:
        return review.decide_refusal(found, review.RefuseClaim(role=role, words=fields["words"]), person, by)

    return _at_step(house, caller, claim, asked.because(fields), decide)


def approve(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Accept it at the last step, worth what the law as of now says or what an authority confirms."""
    return _at_step(house, caller, claim, asked, approving(house, fields))


def approving(house: House, fields: dict[str, Any]) -> Decide:
    """How an approval is decided, alone or among others."""

    def decide(found: Claim, role: str, person: Person, by: Actor) -> Decision:
        assessed = _ruled(house, found, person, found.study, role, fields)
        if isinstance(assessed, Refusal):  # Whose hand and what state come first: they refuse with any ruling.
            early = review.decide_return(found, review.ReturnClaim(role=role, words="-"), person, by)
            return early if isinstance(early, Refusal) else assessed
        command = review.ApproveClaim(
            role=role, ruling=assessed.ruling, year=assessed.year,
            opened_evidence=tuple(fields.get("opened_evidence", ())), words=_why(fields),
        )
        return review.decide_approval(found, command, person, by)

    return decide


def correct(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Put a registered claim right, with the ruling of the law as of now on the facts as they now are."""
    study = read_study(fields["study"])
    details = replace(
        read_details(fields["details"]), override_reason=_why(fields), correction_reason=fields.get("words"))
    if "year" in fields:  # The law reads it with the rest: it is that of the evidence, or one of two that are spanned.
        study = replace(study, year=fields["year"])

    def decide(found: Claim, role: str, person: Person, by: Actor) -> Decision:
        as_it_was = register.CorrectClaim(
            role=role, study=found.study, details=details, ruling=confirmed(0, "-"),
            year=found.year or study.evidence_on.year,
        )
        early = register.decide_correction(found, as_it_was, person, by)
        if isinstance(early, Refusal):  # Whose hand and what state come first: they refuse with any study.
            return early
        if no := not_yet(study, house.today) or _not_theirs_to_register(house, found, person, study, role, by):
            return no
        assessed = _ruled(house, found, person, study, role, fields)
        if isinstance(assessed, Refusal):
            return assessed
        command = register.CorrectClaim(
            role=role, study=study, details=details, ruling=assessed.ruling, year=assessed.year,
            year_because=fields.get("year_because"), evidence=read_evidence(fields),
        )
        return register.decide_correction(found, command, person, by)

    return _after(house, caller, claim, asked, decide, supervised=False)


def uphold(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Let stand what was decided, where the law in force says otherwise, as long as it says what the office saw."""
    if (behind := house.settled()) is not None:
        return behind
    as_of = house.answers.position()

    def decide(found: Claim, role: str, person: Person, by: Actor) -> Decision:
        seen = house.answers.judge.against(person.person, claim, as_of) if found.is_registered else None
        decided, evaluated = fields["decided"], fields["evaluated"]
        command = register.UpholdClaim(
            role=role, decided_centi=decided, evaluated_centi=evaluated, as_of=as_of, words=fields["words"],
            against=confirmed(0, "-") if seen is None else seen[1],
        )
        drafts = register.decide_upholding(found, command, person, by)
        if isinstance(drafts, Refusal):
            return drafts
        if seen is None:
            return Refusal.because("nothing_differs", as_of=as_of)
        if (decided, evaluated) != (seen[0].decided_centi, seen[0].evaluated_centi):
            return Refusal.because("difference_moved", decided=format_hours(seen[0].decided_centi),
                                   evaluated=format_hours(seen[0].evaluated_centi), because=seen[0].because)
        return drafts

    return _after(house, caller, claim, asked, decide)


def difference(house: House, found: Claim) -> EntryRow | None:
    """Where what was decided and what the law says now part; None where they do not, or it is not registered."""
    if not found.is_registered or house.settled() is not None:
        return None
    seen = house.answers.judge.against(found.person, found.claim, house.answers.position())
    return None if seen is None else seen[0]


def freeze(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Hold it while it is investigated."""

    def decide(found: Claim, role: str, person: Person, by: Actor) -> Decision:
        return register.decide_freeze(found, register.FreezeClaim(role=role, words=fields["words"]), person, by)

    return _after(house, caller, claim, asked, decide)


def release(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """End the hold."""

    def decide(found: Claim, role: str, person: Person, by: Actor) -> Decision:
        command = register.ReleaseClaim(role=role, words=fields.get("words"))
        return register.decide_release(found, command, person, by)

    return _after(house, caller, claim, asked, decide)


def revoke(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Undo the registration; its hours leave the caps to others."""

    def decide(found: Claim, role: str, person: Person, by: Actor) -> Decision:
        command = register.RevokeClaim(role=role, basis=fields["basis"], words=fields["words"])
        return register.decide_revocation(found, command, person, by)

    return _after(house, caller, claim, asked, decide)


def reinstate(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Undo a revocation, by another hand."""

    def decide(found: Claim, role: str, person: Person, by: Actor) -> Decision:
        command = register.ReinstateClaim(role=role, basis=fields["basis"], words=fields["words"])
        return register.decide_reinstatement(found, command, person, by)

    return _after(house, caller, claim, asked, decide)


def _ruled(
    house: House, found: Claim, person: Person, study: Study, role: str, fields: dict[str, Any]
) -> Assessed | Refusal:
    """The ruling to record, or why there is none: unruled wants an authority's word, what the law refuses has none."""
    day = submitted_on(house, found.claim)
    assessed = assess(bench_now(house.answers), person, study, day)
    if isinstance(assessed, Refusal):
        return assessed
    if "override" in fields:
        return _overridden(house, found, person, study, role, fields["override"], assessed)
    status, hours = assessed.ruling.status, fields.get("confirmed_hours")
    told = {"rulebook": assessed.ruling.rulebook, "clauses": assessed.ruling.clauses, "why": assessed.why}
    if status == "refused":
        return Refusal.because("not_countable", **told)
    if assessed.needs_a_word and (no := _not_theirs_to_confirm(house, found, person, study, role, day)):
        return no
    if hours is not None:
        if status == "ruled":
            return Refusal.because("confirmation_not_needed", **told)
        return assessed._replace(ruling=confirmed(hours, fields["document"]))
    return Refusal.because("ruling_needed", **told) if status == "unruled" else assessed


def _overridden(
    house: House, found: Claim, person: Person, study: Study, role: str, given: dict[str, Any], assessed: Assessed
) -> Assessed | Refusal:
    """The ruling with what an authority gives past the ordinary, as far as the words of the row leave it room."""
    day, room, ruling = submitted_on(house, found.claim), assessed.room, assessed.ruling
    told = {"rulebook": ruling.rulebook, "clauses": ruling.clauses, "why": assessed.why}
    if room is None:
        return Refusal.because("override_no_room", **told)
    if no := _not_theirs_to_confirm(house, found, person, study, role, day):
        return no
    if not room.ordinary < given["hours"] <= room.most:
        return Refusal.because("override_out_of_bounds", **told, **room_view(room))
    override = Override(given["hours"], given["document"])
    return assess(bench_now(house.answers), person, study, day, override)


def _why(fields: dict[str, Any]) -> str | None:
    """Why an authority gives more than is ordinary, where it does."""
    reason: str | None = fields["override"]["reason"] if "override" in fields else None
    return reason


def _not_theirs_to_confirm(
    house: House, found: Claim, person: Person, study: Study, role: str, day: date
) -> Refusal | None:
    """Say that whoever registers here is no authority: a unit has no hours of its own to give (N 8)."""
    law, at, category = law_now(house.answers), place_of(found, person), study.category.value
    last = walk_of(law, at, day, category, confirmed=True).steps[-1]
    if role == last.role or walk_of(law, at, day, category).steps[-1].level is not None:
        return None
    return Refusal.because("confirmation_not_theirs", role=last.role, level=last.level, region=last.region,
                           rulebook=last.rulebook, article=last.article, quote=last.quote)


def at_step(house: House, caller: Caller, claim: str, decide: Decide) -> Prepared | Refusal:
    """Make ready to decide in the role whose step is due."""
    return _prepared(house, caller, claim, decide, lambda found, _: found.step_due)


def _at_step(house: House, caller: Caller, claim: str, asked: Asked, decide: Decide) -> Done | Refusal:
    """Decide in the role whose step is due."""
    return as_office(house, caller, claim, asked, decide, lambda found, _: found.step_due)


def _after(
    house: House, caller: Caller, claim: str, asked: Asked, decide: Decide, *, supervised: bool = True
) -> Done | Refusal:
    """Decide about what is registered, in the role that decided it or as a supervisor."""

    def role(found: Claim, actor: Actor) -> str:
        roles = (found.steps[-1], SUPERVISOR) if supervised else (found.steps[-1],)
        return role_for(actor, roles, found.matter)

    return as_office(house, caller, claim, asked, decide, role)


def as_office(
    house: House, caller: Caller, claim: str, asked: Asked, decide_it: Decide, role_in: Callable[[Claim, Actor], str],
    *, registers: bool = True,
) -> Done | Refusal:
    """Decide in a role. `registers`: it is that of the walk, at the level which the law names for it there."""
    ready = _prepared(house, caller, claim, decide_it, role_in, registers=registers)
    if isinstance(ready, Refusal):
        return ready
    return do(house.ledger, by_actor(caller, ready.actor, ready.role), asked, ready.decide, upon=claim, show=view)


def _prepared(
    house: House, caller: Caller, claim: str, decide_it: Decide, role_in: Callable[[Claim, Actor], str],
    *, registers: bool = True,
) -> Prepared | Refusal:
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    reading = Reading(house.ledger)
    seen = reading.claim(claim)
    if no := in_sight(actor, sights(house, reading, seen), "claim_absent"):
        return no
    assert seen is not None, "what is not there is in nobody's sight"
    role = role_in(seen, actor)

    def decide(reading: Reading) -> Decision:
        found, by = reading.claim(claim), reading.actor(caller.id)
        assert found is not None and by is not None, "neither a claim nor an account is ever taken away"
        person = reading.person(found.person)
        assert person is not None, "a claim is a person's"
        drafts = decide_it(found, role, person, by)
        if isinstance(drafts, Refusal) or not registers:
            return drafts
        return not_the_registrar(house, claim, found, person, role, by) or drafts

    return Prepared(actor, role, decide)


def _not_theirs_to_register(
    house: House, found: Claim, person: Person, study: Study, role: str, by: Actor
) -> Refusal | None:
    """Say why a study of another category is not this office's: it could not have approved it either."""
    if study.category is found.study.category:
        return None
    walk = walk_of(law_now(house.answers), place_of(found, person), house.today, study.category.value)
    office = walk.steps[-1]
    named = {"rulebook": office.rulebook, "article": office.article, "quote": office.quote}
    if walk.automatic:
        return Refusal.because("registered_automatically", **named)
    if office.role != role:
        return Refusal.because("not_the_registrar", role=office.role, level=office.level, region=office.region, **named)
    matter = found.matter._replace(category=study.category)
    return standing(by, role, matter) or of_another_level((office,), matter, role, by)


def not_the_registrar(
    house: House, claim: str, found: Claim, person: Person, role: str, by: Actor
) -> Refusal | None:
    """Say that the law names an office of another level, in its words; a supervisor is of none."""
    day = submitted_on(house, claim)
    office = walk_of(
        law_now(house.answers), place_of(found, person), day, found.study.category.value, confirmed=True).office(role)
    return None if office is None else of_another_level((office,), found.matter, role, by)
