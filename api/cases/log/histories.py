"""Histories and what follows from them: timelines, affiliations, shared papers, by whoever may ask.

A person asks about themselves, an office about whom its scopes reach and for a purpose. What an account did is for
those who supervise it (P 17, W 16) and for whoever bears it. A list shows everyone on it, so each is recorded as seen.

`tests/api/test_histories.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final, NamedTuple

from api.cases.claiming.claims import sealed_details, sights, visible
from api.cases.doing import Reading
from api.cases.looked import record_looks
from api.cases.standing import (
    SUPERVISOR,
    acting,
    by_actor,
    look_at,
    looking,
    may_see,
    reading_unit,
    seeing_scopes,
)
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.act import ActClosed
from ledger.events.study import CERTIFICATE, certificate_name
from ledger.streams.standing import Actor, standing
from ledger.streams.unit import matter_of
from ledger.vocabulary import StreamId
from projections.affiliations import affiliations_of, members_of
from projections.conduct import Conduct, conduct
from projections.duplicates_reading import claims_showing, duplicate_groups, duplicates_of, member_of
from projections.findings.clue_file import clues_in, people_showing
from projections.pages import Page
from projections.timeline_reading import Wanted, actor_timeline, person_timeline

STEPS_MOST: Final = 300
"""So many lines say how somebody decides; of earlier ones a span of days is asked for."""
_LOOKED_BACK: Final = 50
_SINCE_MOST: Final = 2_000
"""So many events are read for whom they name; clues follow the log within seconds."""

_Page = Page[dict[str, Any]]
_After = tuple[Any, ...] | None


class Conducted(NamedTuple):
    """How an account decides, and whether that is all there is of it."""

    conduct: Conduct
    is_all: bool


def of_person(
    house: House, caller: Caller, person: str, wanted: Wanted, purpose: str | None, *, as_of: int | None,
    after: _After, limit: int,
) -> _Page | Refusal:
    """A person's timeline. What is being looked into is told to those who supervise, unless it is about themselves."""
    if no := _may_read(house, caller, person, purpose, what="timeline"):
        return no
    actor = acting(house, caller)
    supervises = isinstance(actor, Actor) and standing(actor, SUPERVISOR) is None and actor.person != person
    shown = wanted._replace(told=not supervises)
    return person_timeline(house.answers, person, shown, as_of=as_of, after=after, limit=limit)


def of_actor(
    house: House, caller: Caller, actor: str, wanted: Wanted, purpose: str | None, *, as_of: int | None,
    after: _After, limit: int, recorded: set[str] | None = None,
) -> _Page | Refusal:
    """An account's timeline, to whoever supervises its organisation and to itself.

    `recorded`: of a file that is read piece by piece, in plain lines, whoever was recorded with an earlier piece.
    """
    asking = _following(house, caller, actor, purpose)
    if isinstance(asking, Refusal):
        return asking
    page = actor_timeline(house.answers, actor, wanted._replace(told=_is_same_hand(house, asking, actor)), as_of=as_of,
                          after=after, limit=limit, plainly=recorded is not None)
    if asking.actor != actor:
        named = (line["facts"].get("person") if recorded is None else line["person"] for line in page.items)
        seen = dict.fromkeys((actor, *filter(None, named)))
        anew = [one for one in seen if recorded is None or one not in recorded]
        _seen(house, caller, asking, SUPERVISOR, anew, purpose, "timeline")
        if recorded is not None:
            recorded.update(anew)
    return page


def last_decision(house: House, actor: str, *, as_of: int) -> dict[str, Any] | None:
    """The line of the last step of anybody's work that an account ended, of the newest things that it did."""
    page = actor_timeline(house.answers, actor, Wanted(side="done", newest=True), as_of=as_of, limit=_LOOKED_BACK)
    return next((line for line in page.items if line.get("decision")), None)


def conduct_of(
    house: House, caller: Caller, actor: str, wanted: Wanted, purpose: str | None, *, as_of: int | None
) -> Conducted | Refusal:
    """How an account decides, by the newest of its steps; whose they were is shown where the hours were its own choice.

    Of the others nothing is shown but how many there were: nobody is recorded as seen who was only counted.
    """
    asking = _following(house, caller, actor, purpose)
    if isinstance(asking, Refusal):
        return asking
    shown = wanted._replace(told=_is_same_hand(house, asking, actor), side="done", newest=True)
    page = actor_timeline(house.answers, actor, shown, as_of=as_of, limit=STEPS_MOST)
    found = conduct(page.items)
    if asking.actor != actor:
        named = (line["facts"].get("person") for line in found.beyond)
        _seen(house, caller, asking, SUPERVISOR, (actor, *filter(None, named)), purpose, "conduct")
    return Conducted(found, page.next is None)


def follows(house: House, caller: Caller, actor: str) -> bool:
    """Say whether somebody may read an account's timeline, for a purpose."""
    return not isinstance(_following(house, caller, actor, "-"), Refusal)


def _following(house: House, caller: Caller, actor: str, purpose: str | None) -> Actor | Refusal:
    """Give whoever asks what an account did, or say why they may not."""
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    reading, itself = Reading(house.ledger), asking.actor == actor
    role = asking.scopes[0].role if itself and asking.scopes else SUPERVISOR
    if no := standing(asking, role):
        return no
    found = reading.actor(actor)
    unit = None if found is None else reading.unit(found.organisation)
    if found is None or unit is None or (not itself and standing(asking, SUPERVISOR, matter_of(unit)) is not None):
        return Refusal.because("actor_absent")
    return Refusal.because("purpose_missing") if not itself and purpose is None else asking


def _is_same_hand(house: House, asking: Actor, actor: str) -> bool:
    """Whether an account is the asker's own, this one or another of the same person."""
    if asking.actor == actor:
        return True
    found = Reading(house.ledger).actor(actor)
    return found is not None and found.person is not None and found.person == asking.person


def affiliations(
    house: House, caller: Caller, person: str, purpose: str | None, *, as_of: int, valid_on: date | None
) -> list[dict[str, Any]] | Refusal:
    """Where a person belonged, over time."""
    if no := _may_read(house, caller, person, purpose, what="affiliations"):
        return no
    found = affiliations_of(house.answers, person, as_of=as_of, valid_on=valid_on)
    return Refusal.because("person_absent") if found is None else found


def members(
    house: House, caller: Caller, unit: str, on: date, purpose: str | None, *, as_of: int | None, after: _After,
    limit: int,
) -> _Page | Refusal:
    """Who belonged to a unit on a day, to an office whose scope holds the unit."""
    asking = reading_unit(house, caller, unit, purpose)
    if isinstance(asking, Refusal):
        return asking
    page = members_of(house.answers, unit, on, as_of=as_of, after="" if after is None else after[0], limit=limit)
    _seen(house, caller, asking, seeing_scopes(asking)[0].role, (one["person"] for one in page.items), purpose,
          "affiliations")
    return page


def duplicates(
    house: House, caller: Caller, purpose: str | None, *, kind: str | None, across: bool, as_of: int | None,
    after: _After, limit: int,
) -> _Page | Refusal:
    """Claims that share something, of which one lies within the asker's scopes."""
    asking = _looking(house, caller, purpose)
    if isinstance(asking, Refusal):
        return asking
    scopes = seeing_scopes(asking)
    page = duplicate_groups(house.answers, scopes, kind=kind, across=across, as_of=as_of, after=after, limit=limit)
    people = (member["person"] for one in page.items for member in one["members"])
    _seen(house, caller, asking, scopes[0].role, people, purpose, "claims")
    return page


def same_number(house: House, caller: Caller, claim: str, purpose: str | None) -> dict[str, Any] | Refusal:
    """Which other claims hold the number of this one's certificate, whoever's they are (D01).

    Asked of what is reserved now: numbers are sealed, so nothing else is known of them, nor of any day that is past.
    """
    if caller.kind == "person":
        return Refusal.because("official_needed")
    seen = visible(house, caller, claim, purpose, what=("certificate",))
    if isinstance(seen, Refusal):
        return seen
    if (behind := house.settled()) is not None:
        return behind
    asking = acting(house, caller)
    assert isinstance(asking, Actor) and purpose is not None, "nobody else may look"
    details, at = sealed_details(house, claim), house.answers.position()
    issuer, number = (None, None) if details is None else (details.certificate_issuer, details.certificate_number)
    held = [] if number is None else _holders(house, issuer, number)
    others = [member_of(house.answers, holder, at, since) for since, holder in held
              if holder != claim and house.answers.claim(holder, at)]  # A row of an open act is nobody's claim yet.
    _seen(house, caller, asking, seeing_scopes(asking)[0].role, (one["person"] for one in others), purpose, "claims")
    return {"claim": claim, "has_number": number is not None, "items": others, **house.answers.reflects(at)}


def holding_number(
    house: House, caller: Caller, issuer: str | None, number: str, purpose: str | None
) -> dict[str, Any] | Refusal:
    """Which claims hold a certificate's number that somebody has before them; of those beyond their scopes how many.

    The number is compared as it was registered, with its issuer; asked of what is reserved now.
    """
    asking = _looking(house, caller, purpose)
    if isinstance(asking, Refusal):
        return asking
    if (behind := house.settled()) is not None:
        return behind
    at, reading = house.answers.position(), Reading(house.ledger)
    held = _holders(house, issuer, number)
    found = [member_of(house.answers, claim, at, since) for since, claim in held if house.answers.claim(claim, at)]
    within = [one for one in found
              if any(may_see(asking, place) is None for place in sights(house, reading, reading.claim(one["claim"])))]
    _seen(house, caller, asking, seeing_scopes(asking)[0].role, (one["person"] for one in within), purpose, "claims")
    return {"items": within, "beyond": len(found) - len(within), **house.answers.reflects(at)}


def _holders(house: House, issuer: str | None, number: str) -> list[tuple[int, StreamId]]:
    """Which claims have reserved a number, and since which event."""
    return house.ledger.find_each(CERTIFICATE, lambda person: certificate_name(issuer, number, person),
                                  _likely(house, issuer, number))


def _likely(house: House, issuer: str | None, number: str) -> set[str] | None:
    """Everyone who may have it: by the clues whoever shows one that reads alike, and all of whom something was
    registered since these were followed. None: anybody may, where no clues are made, or they are far behind."""
    clues = clues_in(house.register.folder.projections, house.ledger)
    if clues is None:
        return None
    since = house.ledger.read(clues.position(), _SINCE_MOST + 1)
    if len(since) > _SINCE_MOST or any(isinstance(one.envelope.event, ActClosed) for one in since):
        return None  # What an act closes took effect with its closing, whose subjects are not all of its people.
    shown = people_showing(clues, house.ledger.lookup, issuer, number)
    return None if shown is None else shown.union(*(one.envelope.subjects for one in since))


def showing(
    house: House, caller: Caller, sha256: str, purpose: str | None, *, as_of: int
) -> dict[str, Any] | Refusal:
    """Which claims show a file that somebody holds in their hands; of those beyond the asker's scopes the number."""
    asking = _looking(house, caller, purpose)
    if isinstance(asking, Refusal):
        return asking
    scopes = seeing_scopes(asking)
    found, beyond = claims_showing(house.answers, sha256, scopes, as_of=as_of)
    _seen(house, caller, asking, scopes[0].role, (one["person"] for one in found), purpose, "claims")
    return {"sha256": sha256, "items": found, "beyond": beyond}


def _looking(house: House, caller: Caller, purpose: str | None) -> Actor | Refusal:
    """Whoever may look at people's claims within some scope, and says what for."""
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    scopes = seeing_scopes(asking)
    if no := standing(asking, scopes[0].role) if scopes else Refusal.because("not_for_reading"):
        return no
    return Refusal.because("purpose_missing") if purpose is None else asking


def own_duplicates(
    house: House, caller: Caller, person: str, purpose: str | None, *, as_of: int
) -> list[dict[str, Any]] | Refusal:
    """What a person's claims share. To themselves only with their own: who else shows a paper is not theirs to know."""
    if no := _may_read(house, caller, person, purpose, what="claims"):
        return no
    found = duplicates_of(house.answers, person, as_of=as_of)
    if caller.kind != "person":
        asking = acting(house, caller)
        assert isinstance(asking, Actor) and purpose is not None, "nobody else may look"
        others = {member["person"] for one in found for member in one["members"]} - {person}
        _seen(house, caller, asking, seeing_scopes(asking)[0].role, sorted(others), purpose, "claims")
        return found
    own = ({**one, "members": [each for each in one["members"] if each["person"] == person]} for one in found)
    return [{**one, "claims": len(one["members"]), "persons": 1} for one in own if len(one["members"]) > 1]


def _may_read(house: House, caller: Caller, person: str, purpose: str | None, *, what: str) -> Refusal | None:
    return look_at(house, caller, person, purpose, what=(what,), route="histories")


def _seen(
    house: House, caller: Caller, asking: Actor, role: str, subjects: Iterable[str], purpose: str | None, what: str
) -> None:
    """Record everyone on a list as seen, before it is shown."""
    assert purpose is not None, "without one nothing is shown"
    record_looks(house, by_actor(caller, asking, role), subjects, purpose, what=(what,), route="histories")
