"""Claims by the offices, step by step: endorsed, returned, approved or refused.

Whose hand it is stands in `api.cases.claiming.office`, what is recorded on approval in `.ruling`; what
may follow once a claim is registered, in `.registered`.
`tests/api/test_four_places.py` shows it.
"""

from __future__ import annotations

from typing import Any

from api.cases.claiming.office import Decide, Prepared, as_office, prepared
from api.cases.claiming.ruling import ruled, why
from api.cases.doing import Asked, Done, Reading
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.streams import claim_review as review
from ledger.streams.claim import Claim
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor


def endorse(house: House, caller: Caller, claim: str, asked: Asked) -> Done | Refusal:
    """Say for a step before the last that nothing speaks against it."""

    def decide(_: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
        return review.decide_endorsement(found, review.EndorseClaim(role=role), person, by)

    return _at_step(house, caller, claim, asked, decide)


def send_back(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Return it to be mended."""

    def decide(_: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
        return review.decide_return(found, review.ReturnClaim(role=role, words=fields["words"]), person, by)

    return _at_step(house, caller, claim, asked.because(fields), decide)


def refuse(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Refuse it for good."""

    def decide(_: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
        return review.decide_refusal(found, review.RefuseClaim(role=role, words=fields["words"]), person, by)

    return _at_step(house, caller, claim, asked.because(fields), decide)


def approve(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Accept it at the last step, worth what the law as of now says or what an authority confirms."""
    return _at_step(house, caller, claim, asked, approving(house, fields))


def approving(house: House, fields: dict[str, Any]) -> Decide:
    """How an approval is decided, alone or among others."""

    def decide(_: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
        assessed = ruled(house, found, person, found.study, role, fields)
        if isinstance(assessed, Refusal):  # Whose hand and what state come first: they refuse with any ruling.
            early = review.decide_return(found, review.ReturnClaim(role=role, words="-"), person, by)
            return early if isinstance(early, Refusal) else assessed
        command = review.ApproveClaim(
            role=role, ruling=assessed.ruling, year=assessed.year,
            opened_evidence=tuple(fields.get("opened_evidence", ())), words=why(fields),
        )
        return review.decide_approval(found, command, person, by)

    return decide


def at_step(house: House, caller: Caller, claim: str, decide: Decide) -> Prepared | Refusal:
    """Make ready to decide in the role whose step is due."""
    return prepared(house, caller, claim, decide, lambda found, _: found.step_due)


def _at_step(house: House, caller: Caller, claim: str, asked: Asked, decide: Decide) -> Done | Refusal:
    """Decide in the role whose step is due."""
    return as_office(house, caller, claim, asked, decide, lambda found, _: found.step_due)
