"""What a claim would come to: the offices it would pass, what it would be worth, what it would do to its year.

`tests/api/test_claims.py` shows it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, Final

from msgspec.structs import replace

from api.cases.claiming.claims import office_view, papers_of, place_of
from api.cases.claiming.queue import PURPOSE
from api.cases.doing import Reading
from api.cases.looked import record_looks
from api.cases.standing import acting, by_actor, seeing_scopes
from api.house import House
from api.law_of import Assessed, assess, bench_now, walk_of
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.streams import claim as claims
from ledger.streams.claim import Claim, Status
from projections.duplicates import OF_ONE_PERSON
from projections.entries_reading import Decision, Version


def prospects(house: House, state: Claim) -> dict[str, Any]:
    """What a claim in this state would pass, be worth and do to its year, by the law as of now."""
    person = Reading(house.ledger).person(state.person)
    assert person is not None, "a claim is a person's"
    bench = bench_now(house.answers)
    assessed = assess(bench, person, state.study, house.today)
    if isinstance(assessed, Refusal):  # It stood when it was decided; an affiliation may have been struck out since.
        return {}
    walk = walk_of(bench.law, place_of(state, person), house.today, state.study.category.value,
                   confirmed=assessed.is_for_an_authority)
    if state.is_registered and state.ruling is not None and state.year is not None:  # Decided, if only as a trial.
        assessed = assessed._replace(ruling=state.ruling, year=state.year)
    house.settled()
    return {
        "walk": [office_view(office) for office in walk.steps],
        "ruling": assessed.as_json(),
        "papers": [paper._asdict() for paper in papers_of(house, person, state.study)],
        **_effect(house, state, assessed),
    }


def before_deciding(house: House, caller: Caller, state: Claim) -> dict[str, Any]:
    """The same to an office that tries what it would decide: it sees a year and other claims, and is recorded first."""
    _seen_by(house, caller, state)
    return prospects(house, state)


def before_revoking(house: House, caller: Caller, state: Claim) -> dict[str, Any]:
    """What the year would come to without a claim, to an office that tries to revoke it."""
    _seen_by(house, caller, state)
    return without(house, state)


def without(house: House, state: Claim) -> dict[str, Any]:
    """What the year of a registered claim would come to if it were not, and what would be missing then."""
    house.settled()
    stands = house.answers.claim(state.claim)
    after, before = house.answers.years_with(state.person, stands[-1]) if stands else (None, None)
    if before is None or after is None:
        return {"year": None}
    return {"year": {
        "year": before["year"], "counted": "0", "status": Status.REVOKED.value, "before": before["evaluated"],
        "after": after["evaluated"], "missing": _missing(after), "left": None}}


def _seen_by(house: House, caller: Caller, state: Claim) -> None:
    actor = acting(house, caller)
    assert not isinstance(actor, Refusal), "whoever may try it is somebody in office"
    role = seeing_scopes(actor)[0].role
    record_looks(house, by_actor(caller, actor, role), (state.person,), PURPOSE, what=("claim", "years"),
                 route="claims")


def _effect(house: House, state: Claim, assessed: Assessed) -> dict[str, Any]:
    """What the year would come to with it, what is still missing then, and what says the same already."""
    before, after = house.answers.years_with(state.person, _as_approved(house, state, assessed))
    stands, left = house.answers.claim(state.claim), None
    if stands and stands[-1].status in _IN_FORCE:  # What it is put in the place of counts before, wherever that was.
        without, before_it = house.answers.years_with(state.person, stands[-1])
        if before_it is not None and after is not None and before_it["year"] != after["year"]:
            left = {"year": before_it["year"], "before": before_it["evaluated"]["total"],
                    "after": "0" if without is None else without["evaluated"]["total"]}
        else:
            before = before_it
    if after is None:
        return {"year": None, "duplicates": []}
    entry = next(one for one in after["entries"] if one["claim"] == state.claim)
    year = {
        "year": after["year"], "counted": entry["evaluated"]["counted"], "status": entry["evaluated"]["status"],
        "before": None if before is None else before["evaluated"], "after": after["evaluated"],
        "missing": _missing(after), "left": left,
    }
    return {"year": year, "duplicates": list(alike(house, state))}


def _missing(year: dict[str, Any]) -> list[dict[str, Any]]:
    """The minimums of a year that are not met, or cannot be said to be."""
    return [
        {"name": one["name"], "rulebook": one["rulebook"], "article": one["article"], "need": one["need"],
         "have": one["have"], "met": one["met"]}
        for one in year["evaluated"]["minimums"] if one["met"] is not True
    ]


def _as_approved(house: House, state: Claim, assessed: Assessed) -> Version:
    """The claim as an entry of the answers, as if it had just been approved."""
    event = -secrets.randbits(62) - 1   # No event has it: the answers remember what events stated.
    ruling, size = assessed.ruling, house.ledger.store.size()
    decision = Decision(event, ruling.assessed_centi, ruling.status, ruling.rulebook, ruling.digest, ruling.clauses,
                       ruling.flags, assessed.year)
    return Version(
        state.claim, state.person, Status.APPROVED.value, 1, 0, "self", house.today.isoformat(), size + 1, size + 1,
        (), state.study, event, decision, size + 1, None,
    )


def duplicates_of(house: House, state: Claim) -> Iterable[dict[str, str]]:
    """Registered claims of the same person that name the same occasion or the same output."""
    for other in house.answers.registered(state.person):
        for name in ("occasion", "output"):
            key = getattr(state.study, name)
            if key is not None and other.claim != state.claim and getattr(other.study, name) == key:
                yield {"claim": other.claim, "by": name, "date": other.study.evidence_on.isoformat()}


def alike(house: House, state: Claim) -> Iterable[dict[str, str]]:
    """Other claims of the same person that this one may be once more, each by the strongest reason, for whoever tries.

    Those that nobody has decided yet are among them: a claim that was sent twice is found while both are waiting.
    """
    named = {one["claim"]: one for one in duplicates_of(house, state)}
    others = [one for one in house.answers.claims_of(state.person) if one != state.claim]
    for claim, loaded in house.ledger.load_each(others, claims.evolve).items():
        other = loaded.state
        if claim in named:
            yield named[claim] | ({} if other is None else {"status": other.status.value})
        elif other is None or not (other.is_open or other.is_registered):
            continue
        elif (by := _same_by(state, other)) is not None:
            yield {"claim": claim, "by": by, "date": other.study.evidence_on.isoformat(), "status": other.status.value}


_IN_FORCE: Final = (Status.APPROVED, Status.FROZEN)


def _same_by(state: Claim, other: Claim) -> str | None:
    """By what two claims of one person may be one; two that each have a key of their own were told apart."""
    mine, its = state.study, other.study
    for name in ("occasion", "output"):
        if getattr(mine, name) is not None and getattr(its, name) is not None:
            return name if getattr(mine, name) == getattr(its, name) else None
    shown = {one.sha256 for one in state.evidence if one.kind in OF_ONE_PERSON}
    if shown & {one.sha256 for one in other.evidence if one.kind in OF_ONE_PERSON}:
        return "certificate"
    facts = replace(mine, occasion=None, output=None), replace(its, occasion=None, output=None)
    return "facts" if facts[0] == facts[1] else None
