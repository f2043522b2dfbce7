"""How entries are chosen for a case: named one by one, or by what they have in common; and the digest of a list.

A choice has these fields, and an entry must meet all that are given: `training_class`, `organiser`, `approver`,
`decided_from`, `decided_until`, `finding`. The digest stands for the list that was shown: whoever acts sends it along,
and if the list has changed since, nothing is done (`list_changed`).

`tests/api/test_case_bulk.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from api.cases.cases import is_about
from api.cases.doing import Reading
from api.cases.standing import SUPERVISOR
from api.house import House
from ledger.errors import Refusal
from ledger.events.case import Chosen
from ledger.streams.case import NAMED_MOST
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import ClaimId
from projections.case_entries import chosen_claims
from projections.findings.found import finding_of

FIELDS: Final = ("training_class", "organiser", "approver", "decided_from", "decided_until", "finding")


def chosen_of(fields: dict[str, Any]) -> Chosen | None:
    """What is asked of each entry, or nothing where they are named."""
    asked = {name: fields[name] for name in FIELDS if fields.get(name) is not None}
    return Chosen(**asked) if asked else None


def chosen_entries(house: House, actor: Actor, fields: dict[str, Any]) -> tuple[ClaimId, ...] | Refusal:
    """The entries that meet a choice now."""
    chosen = chosen_of(fields)
    if chosen is None:
        return ()
    if (behind := house.settled()) is not None:
        return behind
    among = None
    if chosen.finding is not None:
        among = claims_of_finding(house, actor, chosen.finding)
        if among is None:
            return Refusal.because("finding_absent")
    scopes = [scope for scope in actor.scopes if scope.role == SUPERVISOR]
    found = chosen_claims(house.answers, chosen, scopes, among=among, most=NAMED_MOST)
    if len(found) > NAMED_MOST:
        return Refusal.because("too_many_entries", most=NAMED_MOST)
    return tuple(found)


def list_digest(of: str, lines: Iterable[str]) -> str:
    """The digest of a list as it was shown: what it is for, then a line for each entry."""
    digest = hashlib.sha256(f"xueshi-case-list/1 {of}\n".encode())
    for line in lines:
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def claims_of_finding(house: House, actor: Actor, name: str) -> tuple[str, ...] | None:
    """The entries of a finding that this supervisor may act upon; None if it lies elsewhere or is about them."""
    found = finding_of(house.answers, name)
    if found is None or standing(actor, SUPERVISOR, Matter(found.region or "", found.sector)) is not None:
        return None
    if is_about(Reading(house.ledger), actor, found.actors, found.persons, found.organisers):
        return None
    return tuple(found.claims)
