"""A claim as somebody has it before them who decides about it: what, whose, what it is worth and why, what happened.

All of it is one look, recorded once before anything is shown. As of a past position the claim is what it was then: its
state, its words and its events up to there. `tests/console/test_claim.py` shows it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from api.cases import years
from api.cases.belonging.ended import words_of
from api.cases.belonging.people import identity_of
from api.cases.claiming.claims import shown, visible
from api.cases.claiming.prospects import prospects
from api.cases.doing import Reading
from api.cases.events import events_of
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.streams.claim import Claim
from projections.basis import Axes
from projections.entries_reading import Version


class Sheet(NamedTuple):
    """Everything that is known of one claim, as of one position."""

    claim: Claim
    version: int
    is_now: bool
    body: dict[str, Any]             # As it is answered: the claim, its details, files, reasons and events.
    identity: dict[str, Any] | None  # Whose it is, masked; None: the key is destroyed.
    unit: str                        # The unit of submission, in words.
    foreseen: dict[str, Any]         # While it is open: what it would come to now.
    entry: dict[str, Any] | None     # Once it is registered: its entry in the year, as decided and as evaluated.


def sheet(
    house: House, caller: Caller, claim: str, purpose: str | None, *, as_of: int | None = None
) -> Sheet | Refusal:
    """Show a claim whole, to its claimant or to an office for a purpose."""
    found = visible(house, caller, claim, purpose, what=("claim", "details", "events", "identity"), as_of=as_of)
    if isinstance(found, Refusal):
        return found
    state, version = found
    reading = Reading(house.ledger)
    person, unit = reading.person(state.person), reading.unit(state.submitted.unit)
    assert person is not None, "a claim is a person's"
    body = _body(house, state, version, as_of)
    return Sheet(
        state, version, as_of is None, body, identity_of(house, person),
        "" if unit is None else words_of(reading, unit.names[-1].name, body["unit_ended"]),
        prospects(house, state) if state.is_open and as_of is None else {},
        _entry(house, state, as_of) if state.year is not None else None,
    )


def _body(house: House, state: Claim, version: int, as_of: int | None) -> dict[str, Any]:
    """The claim as the API answers it, with its events."""
    events = events_of(house, state.claim, as_of=as_of)["items"]
    return {**shown(house, state, as_of), "version": version, "events": events}


def _entry(house: House, state: Claim, as_of: int | None) -> dict[str, Any] | None:
    """What its year makes of it: what counts of it after caps, and why."""
    told = years.answered(house, state.person, Axes(as_of=as_of), state.year)
    if isinstance(told, Refusal):
        return None
    entries = (entry for one in told["years"] for entry in one["entries"])
    return next((one for one in entries if one["claim"] == state.claim), None)


class Own(NamedTuple):
    """A claim in the list of its claimant: its last version, and its title in clear."""

    version: Version
    title: str | None


def own(house: House, caller: Caller, *, as_of: int) -> list[Own] | Refusal:
    """Every claim that somebody ever made, whatever came of it, the newest first."""
    if caller.kind != "person":
        return Refusal.because("person_needed")
    answers = house.answers
    found = [versions[-1] for claim in answers.claims_of(caller.id) if (versions := answers.claim(claim, as_of))]
    opened = house.ledger.vault.open_each([house.stored(one.study_event) for one in found])
    return [Own(one, getattr(details, "title", None)) for one, details in zip(found, opened, strict=True)][::-1]
