"""Where a person belonged from day to day, as it follows from everything that was entered; and the same for the law.

Reading: an entry whose day lies in no affiliation is unruled, not lost: that day is a day nowhere.

`tests/projections/test_years.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from msgspec import UNSET

from policies.facts import Affiliation as Stated
from policies.places import NO_LATER, Place, places_of
from projections.people_reading import Affiliation, Departure

_NOWHERE: Final = ("", "", None)


class Belonging(NamedTuple):
    """An affiliation with its last day, as it follows from everything that was entered."""

    affiliation: Affiliation
    first: int
    last: int | None


def belongings(
    affiliations: Sequence[Affiliation], departures: Sequence[Departure], valid_on: date | None = None
) -> list[Belonging]:
    """Where the person belonged, by first day: a later affiliation ends the one before it, so does a last day."""
    until = None if valid_on is None else valid_on.isoformat()
    begun = [one for one in affiliations if until is None or one.starts <= until]
    found = []
    for at, one in enumerate(begun):
        ends = [gone.ends for gone in departures
                if gone.unit == one.unit and gone.ends >= one.starts and (until is None or gone.ends <= until)]
        last = date.fromisoformat(min(ends)).toordinal() if ends else None
        if at + 1 < len(begun):
            before = date.fromisoformat(begun[at + 1].starts).toordinal() - 1
            last = before if last is None else min(last, before)
        found.append(Belonging(one, date.fromisoformat(one.starts).toordinal(), last))
    return found


def places(belonged: Sequence[Belonging], first_day: int) -> list[Place]:
    """The same for the law, without a gap from the first day on: a day in none of them is a day nowhere."""
    given = places_of([
        (one.first, one.last, Stated("-", one.affiliation.starts, one.affiliation.region, one.affiliation.sector,
                                     major=one.affiliation.major or UNSET))
        for one in belonged
    ])
    whole: list[Place] = []
    free = min(first_day, given[0].first) if given else first_day
    for place in given:
        if free < place.first:
            whole.append(Place(free, place.first - 1, *_NOWHERE))
        whole.append(place)
        free = place.last + 1
    return [*whole, Place(free, NO_LATER, *_NOWHERE)] if free <= NO_LATER else whole
