"""Claims by their claimant: submitted, revised, withdrawn, and looked at.

The steps that a claim walks are those of the law where the person belongs on the day of submission; they are fixed
then and stay with those offices when the person moves (W 12, N 8, AMB-28). What a study is worth is the approver's to
record, so a submission records none; a trial says what it would be (`api.cases.claiming.prospects`).

`tests/api/test_claims.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from api.cases import reasons
from api.cases.belonging.ended import unit_ended
from api.cases.claiming import card_numbers
from api.cases.claiming.study import (
    demand_possible,
    details_view,
    evidence_view,
    files_view,
    read_details,
    read_evidence,
    read_study,
    study_view,
)
from api.cases.doing import Asked, Done, Reading, do
from api.cases.standing import absent, look, not_a_person, oneself, places
from api.house import House, local_date
from api.law_of import bench_now, judged, law_now, not_yet, ruling_view, understand, walk_of
from api.operational.callers import Caller
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.claim import ClaimCorrected, ClaimReopened, ClaimRevised, ClaimSubmitted
from ledger.events.person import Affiliation
from ledger.events.study import Evidence, Study, StudyDetails
from ledger.reading import Recorded
from ledger.streams import claim as claims
from ledger.streams import claim_review as review
from ledger.streams.claim import Appeal, Claim, Status
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Matter
from ledger.vocabulary import ClaimId, PersonId
from policies.authority import Office, Walk
from policies.papers import Paper, papers

_DETAILED: Final = (ClaimSubmitted, ClaimRevised, ClaimCorrected, ClaimReopened)


def submit(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Put a study forward."""
    self = oneself(caller, fields["person"])
    if isinstance(self, Refusal):
        return self
    claim = ClaimId(house.new_id("claim"))
    decided = submission(house, self, claim, fields)

    def decide(reading: Reading) -> Decision:
        reading.fresh(claim)
        return decided(reading)

    return do(house.ledger, caller.by("person"), asked, decide)


def submission(
    house: House, self: PersonId, claim: ClaimId, fields: dict[str, Any]
) -> Callable[[Reading], Decision]:
    """How a submission is decided; whether the claim is new is for the caller to have read."""
    study, details, evidence = read_study(fields["study"]), read_details(fields["details"]), read_evidence(fields)
    day = house.today

    def decide(reading: Reading) -> Decision:
        person = reading.person(self)
        walk = _walk(house, person, study, None if person is None else person.affiliation_on(day))
        if isinstance(walk, Refusal):
            return walk
        if no := _without_papers(house, person, study, evidence):
            return no
        command = review.SubmitClaim(
            claim=claim, person=self, on=day, study=study, details=details, steps=() if walk is None else walk.roles,
            evidence=evidence,
        )
        return review.decide_submission(None, command, person)

    return decide


def revise(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Mend what was returned, or change what nobody has looked at yet; the walk begins again."""
    study, details, evidence = read_study(fields["study"]), read_details(fields["details"]), read_evidence(fields)

    def decide(_: Reading, found: Claim, person: Person) -> Decision:
        walk = _walk(house, person, study, place_of(found, person))
        if isinstance(walk, Refusal):
            return walk
        if no := _without_papers(house, person, study, evidence):
            return no
        command = review.ReviseClaim(
            person=person.person, study=study, details=details, steps=() if walk is None else walk.roles,
            evidence=evidence,
        )
        return review.decide_revision(found, command, person)

    return upon_own(house, caller, claim, asked, decide)


def withdraw(house: House, caller: Caller, claim: str, asked: Asked) -> Done | Refusal:
    """Take a claim back before it is decided."""
    return upon_own(house, caller, claim, asked, lambda _, found, person: review.decide_withdrawal(
        found, review.WithdrawClaim(person=person.person), person))


def upon_own(
    house: House, caller: Caller, claim: str, asked: Asked, decide_it: Callable[[Reading, Claim, Person], Decision]
) -> Done | Refusal:
    """Act upon a claim of the asker's own; of another's not even that there is one."""
    if no := not_a_person(caller):
        return no

    def decide(reading: Reading) -> Decision:
        found = reading.claim(claim)
        person = reading.person(found.person) if found is not None and found.person == caller.id else None
        return Refusal.because("claim_absent") if found is None or person is None else decide_it(reading, found, person)

    return do(house.ledger, caller.by("person"), asked, decide, upon=claim, show=view)


def place_of(claim: Claim, person: Person) -> Affiliation:
    """Where a claim was submitted: it stays with those offices, also when the person has moved since (AMB-28)."""
    submitted = claim.submitted
    for one in reversed(person.affiliations):
        if (one.unit, one.region, one.sector) == (submitted.unit, submitted.region, submitted.sector):
            return one
    return Affiliation(unit=submitted.unit, starts=claim.study.evidence_on, region=submitted.region,
                       sector=submitted.sector)  # The affiliation was struck out; the claim was submitted all the same.


def _walk(house: House, person: Person | None, study: Study, at: Affiliation | None) -> Walk | Refusal | None:
    """The walk of a claim that is submitted today, once the law has understood the study; None for nobody's."""
    if person is None or at is None:
        return None    # The ledger says why not.
    if no := not_yet(study, house.today):
        return no
    demand_possible(study)
    walk = walk_for(house, person, study, at)
    if isinstance(walk, Refusal):
        return walk
    if walk.automatic:
        office = walk.steps[-1]
        return Refusal.because("registered_automatically", rulebook=office.rulebook, article=office.article,
                               quote=office.quote)
    return walk


def walk_for(house: House, person: Person, study: Study, at: Affiliation) -> Walk | Refusal:
    """Who would look at a study from today on: what no rulebook gives goes on to an authority (P 7)."""
    bench, category = bench_now(house.answers), study.category.value
    understood = understand(bench, person, study, house.today)  # What it is worth is for the approver to record.
    if isinstance(understood, Refusal):
        return understood
    walk = walk_of(bench.law, at, house.today, category)
    if walk.steps[-1].level is None and judged(bench, study, *understood).is_for_an_authority:
        return walk_of(bench.law, at, house.today, category, confirmed=True)
    return walk


def papers_of(house: House, person: Person | None, study: Study) -> tuple[Paper, ...]:
    """The papers that the law asks for such a study where the person belonged on its day."""
    at = None if person is None else person.affiliation_on(study.evidence_on)
    if at is None:
        return ()
    return papers(law_now(house.answers), study.evidence_on, at.region, at.sector, at.major, study.route)


def _without_papers(
    house: House, person: Person | None, study: Study, evidence: tuple[Evidence, ...]
) -> Refusal | None:
    """Say that nothing is shown where the law asks for papers; which of them suffice is for the office to judge."""
    wanted = () if evidence else papers_of(house, person, study)
    if not wanted:
        return None
    return Refusal.because("evidence_missing", papers=[paper._asdict() for paper in wanted])


# How it is shown


def view(claim: Claim) -> dict[str, Any]:
    """A claim without anything sealed."""
    open_ = claim.status is Status.UNDER_REVIEW
    return {
        "claim": claim.claim,
        "person": claim.person,
        "status": claim.status,
        "revision": claim.revision,
        "unit": claim.submitted.unit,
        "region": claim.submitted.region,
        "sector": claim.submitted.sector,
        "origin": claim.submitted.origin,
        "study": study_view(claim.study),
        "evidence": evidence_view(claim.evidence),
        "steps": list(claim.steps),
        "steps_taken": len(claim.endorsed),
        "step_due": claim.step_due if open_ else None,
        "assigned": claim.assigned,
        "ruling": None if claim.ruling is None else ruling_view(claim.ruling),
        "year": claim.year,
        "appeal": None if claim.appeal is None else _appeal_view(claim.appeal),
    }


def _appeal_view(appeal: Appeal) -> dict[str, Any]:
    """The last appeal: against what, who hears it, until when, and what came of it."""
    made = appeal.made
    return {
        "status": appeal.outcome or "open", "against": made.against, "decision": made.decision, "office": made.office,
        "region": made.region, "due": made.due.isoformat(), "rulebook": made.rulebook, "article": made.article,
        "evidence": evidence_view(made.evidence),
    }


def office_view(office: Office) -> dict[str, Any]:
    """An office that takes a step, with the words that name it."""
    return office._asdict()


def see(
    house: House, caller: Caller, claim: str, purpose: str | None, *, as_of: int | None = None
) -> tuple[dict[str, Any], int] | Refusal:
    """Show a claim with its details and what was said about it: to its claimant, or to an office for a purpose."""
    found = visible(house, caller, claim, purpose, what=("claim", "details"), as_of=as_of)
    return found if isinstance(found, Refusal) else (shown(house, found[0], as_of), found[1])


def shown(house: House, state: Claim, as_of: int | None) -> dict[str, Any]:
    """A claim with what was sealed of it, its papers and the reasons that were given, up to a position."""
    details = sealed_details(house, state.claim, as_of=as_of)
    of_appeal = () if state.appeal is None else state.appeal.made.evidence
    said = reasons.said(house, state.claim, state.submitted.region, state.submitted.sector)
    return {
        **view(state), "details": None if details is None else details_view(details),
        "files": files_view(house.evidence, state.person, (one.sha256 for one in (*state.evidence, *of_appeal))),
        "said": [one for one in said if as_of is None or one["event"] <= as_of],
        "unit_ended": unit_ended(house, state.submitted.unit, as_of),
    }


def visible(
    house: House, caller: Caller, claim: str, purpose: str | None, *, what: tuple[str, ...], as_of: int | None = None
) -> tuple[Claim, int] | Refusal:
    """A claim that the caller may look at now, as it is or was; of another person's not even that there is one."""
    reading = Reading(house.ledger)
    found = reading.claim(claim)
    if found is None:
        return absent(house, caller, "claim_absent")
    no = look(house, caller, person=found.person, matters=sights(house, reading, found), purpose=purpose, what=what,
              route="claims", otherwise="claim_absent")
    if no is not None or as_of is None:
        return no or (found, reading.versions[found.submitted.stream])
    then = house.ledger.load(claim, claims.evolve, as_of=as_of)
    return Refusal.because("claim_absent") if then.state is None else (then.state, then.version)


def sights(house: House, reading: Reading, claim: Claim | None) -> tuple[Matter | None, ...]:
    """Every place from which a claim is seen: where it was submitted, where its claimant belongs or belonged, and of a
    roster's row from its class."""
    if claim is None:
        return ()
    person, held = reading.person(claim.person), card_numbers.class_of(reading, claim)
    own = () if person is None else places(person, house.today)
    return (claim.matter, *own, *(() if held is None else (held.matter,)))


def sealed_details(house: House, claim: str, *, as_of: int | None = None) -> StudyDetails | None:
    """What was last said of the study in clear, up to a position; None when the key is destroyed."""
    for position, leaf in reversed(house.ledger.store.stream(claim)):
        envelope = decode(leaf)
        if isinstance(envelope.event, _DETAILED) and (as_of is None or position <= as_of):
            opened = house.ledger.opened(Recorded(position, envelope))
            return opened if isinstance(opened, StudyDetails) else None
    return None


def submitted_on(house: House, claim: str) -> Any:
    """The local day on which a claim was submitted, or last revised: whose law gave it its steps."""
    for _, leaf in reversed(house.ledger.store.stream(claim)):
        envelope = decode(leaf)
        if isinstance(envelope.event, ClaimSubmitted | ClaimRevised):
            return local_date(envelope.recorded_at)
    return house.today
