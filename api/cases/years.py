"""A person's years, and what waits for whom: questions to the answers, by whoever may ask them.

Totals come from `projections`; here they are only asked for on behalf of a caller, after everything that stands has
been followed, so that everyone reads what they wrote. Titles are put in from what is sealed, for those who may read it.

`tests/api/test_four_places.py` and `tests/api/test_http_work.py` show it.
"""

from __future__ import annotations

from typing import Any

from api.cases.called import SEEN, Part, told
from api.cases.differences import await_differences
from api.cases.standing import acting, look_at
from api.house import House, Stored
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.claim import ClaimCorrected, ClaimRevised, ClaimSubmitted
from ledger.events.study import StudyDetails
from ledger.streams.actor import SEPARATED
from ledger.streams.standing import standing
from projections.answers import Page
from projections.basis import Axes
from projections.wanted import EVERYTHING, Place, Wanted


def years(
    house: House, caller: Caller, person: str, axes: Axes, year: int | None, purpose: str | None
) -> dict[str, Any] | Refusal:
    """A person's years, or one of them, on a basis that is echoed."""
    no = look_at(house, caller, person, purpose, what=("years", "titles"), route="years")
    return no if no is not None else answered(house, person, axes, year)


def answered(house: House, person: str, axes: Axes, year: int | None = None) -> dict[str, Any] | Refusal:
    """The answer with its titles, once everything that stands has been followed."""
    if (behind := house.settled()) is not None:
        return behind
    answer = house.answers.years(person, axes, year)
    if answer is None:  # Known by now, perhaps, but not as of then.
        later = house.answers.person(person) is not None
        return Refusal.because("person_not_yet" if later else "person_absent")
    put_titles(house, answer)
    return answer


def put_titles(house: House, answer: dict[str, Any]) -> None:
    """Let each entry of an answer say what it was called, as far as that can still be read."""
    entries = [entry for one in answer["years"] for entry in one["entries"]]
    stated = [_stated(house, entry["events"]) for entry in entries]
    for entry, opened in zip(entries, house.ledger.vault.open_each(stated), strict=True):
        entry["title"] = opened.title if isinstance(opened, StudyDetails) else None  # None: its key is destroyed.


def _stated(house: House, events: list[int]) -> Stored:
    """Where a study was last stated, of the events that made it what it is."""
    for position in reversed(events):
        found = house.stored(position)
        if isinstance(found.envelope.event, ClaimSubmitted | ClaimRevised | ClaimCorrected):
            break
    return found


def work(
    house: House, caller: Caller, *, role: str | None, as_of: int | None, after: Place | None, limit: int,
    wanted: Wanted = EVERYTHING, differences_as_of: int | None = None,
) -> Page | Refusal:
    """What waits for an actor within their scopes, or what a person has under way; longest first unless asked."""
    if as_of is None and (behind := house.settled()) is not None:
        return behind
    if caller.kind == "person":
        return house.answers.claimant_work(caller.id, as_of=as_of, after=after, limit=limit)
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    held = [one for one in actor.scopes if one.role not in SEPARATED and role in (None, one.role)]
    if no := standing(actor, role or (held[0].role if held else "human_resources")):
        return no
    if as_of is not None and differences_as_of is None:
        await_differences(house, as_of)
    return house.answers.work(
        held, organisation=actor.organisation, as_of=as_of, after=after, limit=limit, wanted=wanted,
        differences_as_of=differences_as_of)


def work_on(
    house: House, caller: Caller, *, role: str | None, as_of: int | None, after: Place | None, limit: int,
    wanted: Wanted = EVERYTHING,
) -> Page | Refusal:
    """The same page after page, of differences as far as the first one knew them: each place says so as well."""
    known, place = (None, None) if after is None else (after[0], after[1:])
    page = work(house, caller, role=role, as_of=as_of, after=place, limit=limit, wanted=wanted,
                differences_as_of=known)
    if isinstance(page, Refusal) or page.next is None:
        return page
    return page._replace(next=(page.differences_as_of or 0, *page.next))


def work_of(
    house: House, caller: Caller, person: str, purpose: str | None, *, as_of: int, after: tuple[int, str] | None,
    limit: int,
) -> Part | Refusal:
    """What a person has under way, for themselves or for an office that says what for."""
    no = look_at(house, caller, person, purpose, what=SEEN, route="work")
    if no is not None:
        return no
    page = house.answers.claimant_work(person, as_of=as_of, after=after, limit=limit)
    return Part.of(page, told(house, page.items, as_of=as_of))
