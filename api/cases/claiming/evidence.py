"""Evidence files: handed in by the person whom they are about or by an office, opened by whoever may see the claim.

A file is named by its SHA-256 and sent under that name, so sending it twice is sending it once. Its type is what its
bytes say. The papers that the law asks for a study are those of every rulebook that holds the person (W 12, E 8, N 8).

Reading: the lists of papers end in 等, so which of them suffices is the office's to judge; that none is shown at all
where the law asks for some is not.

`tests/api/test_evidence.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from api.cases.claiming.claims import papers_of, visible
from api.cases.claiming.study import files_view
from api.cases.doing import Reading
from api.cases.standing import absent, acting, may_see, oneself, places
from api.cases.taking_in import OF_DIGEST, Kept, Opened, take_in
from api.house import House
from api.operational.callers import Caller
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.claim import ClaimCorrected, ClaimRevised, ClaimSubmitted
from ledger.events.claim_appeal import ClaimAppealed
from ledger.keys.vault import Absent
from ledger.streams.claim import Claim
from ledger.streams.person import Person, closed_to_processing

_SHOWING: Final = (ClaimSubmitted, ClaimRevised, ClaimCorrected, ClaimAppealed)


def keep(
    house: House, caller: Caller, person: str, sha256: str, name: str | None, read: Callable[[], bytes]
) -> Kept | Refusal:
    """Take in a file. `read` is called only once the sender is known to be somebody who may send it."""
    found = _handing_in(house, caller, person)
    if isinstance(found, Refusal):
        return found
    return take_in(house, caller, person, sha256, name, read)


def _handing_in(house: House, caller: Caller, person: str) -> Person | Refusal:
    """The person whom a file is about, to themselves or to an office that may see them."""
    found = Reading(house.ledger).person(person)
    if caller.kind in ("nobody", "person"):
        self = oneself(caller, person)
        if isinstance(self, Refusal):
            return self
    else:
        actor = acting(house, caller)
        if isinstance(actor, Refusal):
            return actor
        matters = () if found is None else places(found, house.today)
        if all(may_see(actor, matter) is not None for matter in matters):
            return absent(house, caller, "person_absent")
    if found is None:
        return Refusal.because("person_absent")
    return closed_to_processing(found) or found


def of_person(house: House, caller: Caller, person: str) -> dict[str, Any] | Refusal:
    """What was handed in for somebody, to themselves: with the names that the files had."""
    self = oneself(caller, person)
    if isinstance(self, Refusal):
        return self
    return {"person": person, "items": files_view(house.evidence, person, house.evidence.uploaded(person))}


def open_file(house: House, caller: Caller, claim: str, sha256: str, purpose: str | None) -> Opened | Refusal:
    """Give a paper of a claim to whoever may see the claim, recorded like every look."""
    found = visible(house, caller, claim, purpose, what=("evidence", f"file_{sha256[:OF_DIGEST]}"))
    if isinstance(found, Refusal):
        return found
    if sha256 not in shown_in(house, claim):
        return Refusal.because("evidence_absent")
    opened = house.evidence.open(found[0].person, sha256)
    if isinstance(opened, Absent):
        return Refusal.because("key_destroyed")
    if opened is None:
        return Refusal.because("evidence_absent")
    if caller.kind == "actor":
        house.opened_papers.note(claim, sha256, caller.id, now=house.now)
    return Opened(*opened)


def shown_in(house: House, claim: str) -> set[str]:
    """The digest of everything that a claim ever showed: what was looked at then stays to be looked at."""
    events = (decode(leaf).event for _, leaf in house.ledger.store.stream(claim))
    return {one.sha256 for event in events if isinstance(event, _SHOWING) for one in event.evidence}


def not_handed_in(house: House, person: Person | None, claim: Claim) -> tuple[str, ...]:
    """Which papers of a claim nobody can open here, only their digests came; none where the law asks for no paper."""
    if not claim.evidence or not papers_of(house, person, claim.study):
        return ()
    here = set(house.evidence.uploaded(claim.person))
    return tuple(one.sha256 for one in claim.evidence if one.sha256 not in here)
