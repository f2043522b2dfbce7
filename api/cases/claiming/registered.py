"""Claims that stand in the register: corrected, upheld, frozen and released, revoked and reinstated.

Reading: freezing, releasing, revoking and reinstating are the deciding office's, or a supervisor's (P 17, W 16).
Of a course one claim stands: `api.cases.claiming.same_course` finds another before a second comes to be.

`tests/api/test_four_places.py` and `tests/api/test_same_hours.py` show it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from api.cases.claiming import card_numbers, same_course
from api.cases.claiming.claims import place_of
from api.cases.claiming.office import Decide, as_office
from api.cases.claiming.ruling import ruled, why
from api.cases.claiming.study import demand_possible, read_details, read_evidence, read_study
from api.cases.doing import Asked, Done, Reading
from api.cases.standing import SUPERVISOR, of_another_level, role_for
from api.house import House
from api.law_of import confirmed, law_now, not_yet, walk_of
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.study import Study
from ledger.streams import claim_register as register
from ledger.streams.claim import Claim
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import format_hours
from projections.differences.person import EntryRow


def correct(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Put a registered claim right, with the ruling of the law as of now on the facts as they now are."""
    as_sent = read_study(fields["study"])
    details = replace(
        read_details(fields["details"]), override_reason=why(fields), correction_reason=fields.get("words"))
    if "year" in fields:  # The law reads it with the rest: it is that of the evidence, or one of two that are spanned.
        as_sent = replace(as_sent, year=fields["year"])

    def decide(reading: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
        study = _of_its_course(found, as_sent)
        as_it_was = register.CorrectClaim(
            role=role, study=found.study, details=details, ruling=confirmed(0, "-"),
            year=found.year or study.evidence_on.year,
        )
        early = register.decide_correction(found, as_it_was, person, by)
        if isinstance(early, Refusal):  # Whose hand and what state come first: they refuse with any study.
            return early
        if no := not_yet(study, house.today) or _not_theirs_to_register(house, found, person, study, role, by):
            return no
        demand_possible(study)
        assessed = ruled(house, found, person, study, role, fields)
        if isinstance(assessed, Refusal):
            return assessed
        organiser = card_numbers.organiser_of(reading, found)
        command = register.CorrectClaim(
            role=role, study=study, details=details, ruling=assessed.ruling, year=assessed.year,
            year_because=fields.get("year_because"), evidence=read_evidence(fields), card_of=organiser,
        )
        card = None if organiser is None else card_numbers.card_with(
            house, reading, organiser, details.certificate_number)
        return one_of_a_course(house, reading, found, study, lambda beside: register.decide_correction(
            found, command, person, by, beside, card))

    return _after(house, caller, claim, asked, decide, supervised=False)


def uphold(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Let stand what was decided, where the law in force says otherwise, as long as it says what the office saw."""
    if (behind := house.settled()) is not None:
        return behind
    as_of = house.answers.position()

    def decide(_: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
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

    def decide(_: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
        return register.decide_freeze(found, register.FreezeClaim(role=role, words=fields["words"]), person, by)

    return _after(house, caller, claim, asked, decide)


def release(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """End the hold."""

    def decide(_: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
        command = register.ReleaseClaim(role=role, words=fields.get("words"))
        return register.decide_release(found, command, person, by)

    return _after(house, caller, claim, asked, decide)


def revoke(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Undo the registration; its hours leave the caps to others."""

    def decide(_: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
        command = register.RevokeClaim(role=role, basis=fields["basis"], words=fields["words"])
        return register.decide_revocation(found, command, person, by)

    return _after(house, caller, claim, asked, decide)


def reinstate(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Undo a revocation, by another hand."""

    def decide(reading: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
        command = register.ReinstateClaim(role=role, basis=fields["basis"], words=fields["words"])
        return one_of_a_course(house, reading, found, found.study, lambda beside: register.decide_reinstatement(
            found, command, person, by, beside))

    return _after(house, caller, claim, asked, decide)


def _after(
    house: House, caller: Caller, claim: str, asked: Asked, decide: Decide, *, supervised: bool = True
) -> Done | Refusal:
    """Decide about what is registered, in the role that decided it or as a supervisor."""

    def role(found: Claim, actor: Actor) -> str:
        roles = (found.steps[-1], SUPERVISOR) if supervised else (found.steps[-1],)
        return role_for(actor, roles, found.matter)

    return as_office(house, caller, claim, asked, decide, role)


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


def _of_its_course(found: Claim, study: Study) -> Study:
    """A study that the system registered is of the course that was studied here, also where nobody says so again."""
    is_same = found.submitted.origin == "auto" and study.occasion is None and study.route == found.study.route
    return replace(study, occasion=found.study.occasion) if is_same else study


def one_of_a_course(
    house: House, reading: Reading, found: Claim, study: Study, decide: Callable[[Claim | None], Decision]
) -> Decision:
    """Decide, knowing of the claim as which the study's course stands already; whose hand and what state come first."""
    other = same_course.beside(house, reading, found.claim, found.person, study)
    early = decide(None) if isinstance(other, Refusal) else decide(other)
    return other if isinstance(other, Refusal) and not isinstance(early, Refusal) else early
