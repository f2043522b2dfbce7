"""Where a person belonged, day by day: affiliations as stretches of days, a later one ending the one before it.

`tests/policies/test_properties.py` shows it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Final, NamedTuple

from msgspec import UNSET

from policies.facts import Affiliation
from policies.year import Standing

NO_LATER: Final = date.max.toordinal()


class Place(NamedTuple):
    """One affiliation with its days as numbers: where, from when, until when."""

    first: int
    last: int
    region: str
    sector: str
    major: str | None


def places_of(affiliations: Sequence[tuple[int, int | None, Affiliation]]) -> list[Place]:
    """Affiliations by date; a later one ends the one before it."""
    ordered = sorted(affiliations, key=lambda one: one[0])
    places: list[Place] = []
    for at, (first, last, one) in enumerate(ordered):
        until = NO_LATER if last is None else last
        if at + 1 < len(ordered):
            until = min(until, ordered[at + 1][0] - 1)
        places.append(Place(first, until, one.region, one.sector, None if one.major is UNSET else one.major))
    return places


def place_on(places: Sequence[Place], day: int) -> Place | None:
    """The affiliation on a day, if any."""
    at = 0 if len(places) == 1 else bisect_right(places, day, key=_first_day) - 1
    return places[at] if at >= 0 and places[at].first <= day <= places[at].last else None


def _first_day(place: Place) -> int:
    return place.first


def standing_on(places: Sequence[Place], day: int) -> Standing | None:
    """The affiliation that decides which requirements judge a year."""
    place = place_on(places, day)
    return None if place is None else Standing(day, *place[2:])


@cache
def last_day(year: int) -> int:
    """The ordinal of 31 December."""
    return date(year, 12, 31).toordinal()
