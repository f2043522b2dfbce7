"""Claims listed: a person's own, or those that were submitted where an office's scopes reach, narrowed and paged.

An office says what for, and everyone on a page is in the access log before it is shown; who they are is masked, as on
every list. What a claim is called is sealed, and read where a claim is opened. To a person their own are told whole.

`tests/api/test_claim_lists.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.cases.belonging.unit_years import identities
from api.cases.looked import record_looks
from api.cases.standing import by_actor, looking, may_look, seeing_scopes
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.streams.standing import Actor
from ledger.vocabulary import format_hours
from projections.basis import written_time
from projections.claim_lists import (
    COUNTED_MOST,
    LATE,
    Listed,
    Wanted,
    claims_of_person,
    claims_within,
    count_within,
)
from projections.entries_reading import year_of
from projections.pages import Page
from projections.wanted import Waiting

OLDEST_FIRST: Final = "submitted"
SORTS: Final = (f"-{OLDEST_FIRST}", OLDEST_FIRST)

_After = tuple[Any, ...] | None


def wanted_of(query: Mapping[str, Any]) -> Wanted:
    """Read which claims are asked for; raises where the days are the wrong way round."""
    first, last = query.get("first"), query.get("last")
    if first is not None and last is not None and first > last:
        raise BadFields([Fault("/from", "days_unfit", f"自 {first} 至 {last}：起日晚于止日；请把起止日期对调。")])
    asked: dict[str, Any] = {name: query.get(name) for name in Wanted._fields}
    return Wanted(**{**asked, "is_oldest_first": query.get("sort") == OLDEST_FIRST})


def page(
    house: House, caller: Caller, wanted: Wanted, purpose: str | None, *, as_of: int, after: _After, limit: int
) -> Page[dict[str, Any]] | Refusal:
    """Some of them, the newest first unless asked otherwise."""
    place = None if after is None else str(after[0])
    if caller.kind == "person":
        own = claims_of_person(house.answers, caller.id, wanted, as_of=as_of, after=place, limit=limit)
        return _told(house, own, is_own=True)
    asking = _looker(house, caller)
    if isinstance(asking, Refusal):
        return asking
    if purpose is None:
        return Refusal.because("purpose_missing")
    scopes = seeing_scopes(asking)
    found = claims_within(house.answers, scopes, wanted, as_of=as_of, after=place, limit=limit)
    record_looks(house, by_actor(caller, asking, scopes[0].role), _people(found.items), purpose,
                 what=("claims", "identity"), route="claims")
    return _told(house, found, is_own=False)


def counted(
    house: House, caller: Caller, wanted: Wanted, *, as_of: int, most: int = COUNTED_MOST
) -> int | Refusal:
    """How many there are within an office's scopes, up to one more than are counted: that names nobody."""
    asking = _looker(house, caller)
    if isinstance(asking, Refusal):
        return asking
    return count_within(house.answers, seeing_scopes(asking), wanted, as_of=as_of, most=most)


def _looker(house: House, caller: Caller) -> Actor | Refusal:
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    return may_look(asking) or asking


def _people(found: Sequence[Listed]) -> list[str]:
    return list(dict.fromkeys(one.version.person for one in found))


def _told(house: House, found: Page[Listed], *, is_own: bool) -> Page[dict[str, Any]]:
    names = dict(identities(house, _people(found.items)))
    return found.of([{**_view(one, names[one.version.person]["name"]), "waits": _waits(one.waiting, is_own=is_own)}
                     for one in found.items])


def _waits(one: Waiting | None, *, is_own: bool) -> dict[str, Any] | None:
    """For whom a claim waits, since when; to a claimant it is an office, whichever hand it was given to."""
    return None if one is None else {"kind": one.kind, "role": one.role, "since": written_time(one.since_at),
                                     "holder": None if is_own else one.holder}


def _view(one: Listed, name: str | None) -> dict[str, Any]:
    version, decision = one.version, one.version.decision
    study = version.study
    return {
        "claim": version.claim, "person": version.person, "name": name, "status": version.status,
        "origin": version.origin, "region": one.region, "sector": one.sector, "unit": one.unit,
        "category": study.category, "route": study.route, "level": study.level, "date": study.evidence_on,
        "year": year_of(version), "submitted_on": version.submitted_on, "revision": version.revision,
        "assessed": None if decision is None else format_hours(decision.assessed_centi),
        "rulebook": None if decision is None else decision.rulebook,
        "flags": [*([LATE] if study.evidence_on.year < int(version.submitted_on[:4]) else []),
                  *(() if decision is None else decision.flags)],
    }
