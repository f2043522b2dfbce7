"""Affiliations over time: where a person belonged from when to when, and who belonged to a unit on a day.

Both follow from everything that was entered (`projections.belonging`), as the law's own question does: a later
affiliation ends the one before it, so does a last day. A back-dated one answers as if it had been entered in time; what
was said before it was known is asked with `as_of`.

`tests/projections/test_affiliations.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from projections.belonging import Belonging, belongings
from projections.files.projection import HOLDS
from projections.files.reader import Reader
from projections.pages import Page, paged
from projections.people_reading import Departure, is_registered, read_affiliations, read_departures, read_transfer

if TYPE_CHECKING:
    from projections.opened import Files

_AT_ONCE: Final = 200
_EVER: Final = (
    f"SELECT DISTINCT person FROM affiliations WHERE unit = :unit AND person > :after AND starts <= :on AND {HOLDS} "
    "ORDER BY person LIMIT :limit"
)


def affiliations_of(
    files: Files, person: str, *, as_of: int | None = None, valid_on: date | None = None
) -> list[dict[str, Any]] | None:
    """Every affiliation of a person with its last day, what ended it, and the events it rests on; None of a stranger.

    `valid_on` leaves out what began, and the last days that came, after that day.
    """
    reader, at = files.file("people", as_of)
    if not is_registered(reader, person, at):
        return None
    gone = read_departures(reader, person, at)
    return [_told(reader, one, gone, at) for one in belongings(read_affiliations(reader, person, at), gone, valid_on)]


def _told(reader: Reader, one: Belonging, gone: list[Departure], as_of: int) -> dict[str, Any]:
    entered, last = one.affiliation, None if one.last is None else date.fromordinal(one.last).isoformat()
    left = next((each for each in gone if each.unit == entered.unit and each.ends == last), None)
    asked = None if entered.transfer is None else read_transfer(reader, entered.transfer, as_of)
    events = {entered.event, *(() if asked is None else asked.events), *(() if left is None else (left.event,))}
    return {
        "unit": entered.unit, "region": entered.region, "sector": entered.sector, "major": entered.major,
        "standing": entered.standing, "from": entered.starts, "to": last,
        "ended_by": None if last is None else "next" if left is None else "departure",
        "transfer": entered.transfer, "event": entered.event, "events": sorted(events),
    }


def members_of(
    files: Files, unit: str, on: date, *, as_of: int | None = None, after: str = "", limit: int = 50
) -> Page[dict[str, Any]]:
    """Who belonged to a unit on a day, by their ids; each with the affiliation that says so."""
    reader, at = files.file("people", as_of)
    found: list[dict[str, Any]] = []
    for person in _ever(reader, unit, on, at, after):
        belonged = _belonged(reader, person, on, at)
        if belonged is not None and belonged["unit"] == unit:
            found.append({"person": person, **belonged})
            if len(found) > limit:
                break
    return paged(found, limit, at, lambda one: (one["person"],))


def belongs_to(files: Files, person: str, unit: str, on: date) -> bool:
    """Say whether a person belonged to a unit on a day, as is known now."""
    reader, at = files.file("people", None)
    found = _belonged(reader, person, on, at)
    return found is not None and found["unit"] == unit


def ever_of(files: Files, unit: str) -> list[str]:
    """Everyone who ever came to a unit or is entered to come, also those who have gone again."""
    reader, at = files.file("people", None)
    return list(_ever(reader, unit, date.max, at, ""))


def _ever(reader: Reader, unit: str, on: date, as_of: int, after: str) -> Iterator[str]:
    """Everyone who had come to the unit by a day, also those who had gone again."""
    while True:
        values = {"unit": unit, "on": on.isoformat(), "as_of": as_of, "after": after, "limit": _AT_ONCE}
        people = [person for (person,) in reader.rows(_EVER, values)]
        yield from people
        if len(people) < _AT_ONCE:
            return
        after = people[-1]


def _belonged(reader: Reader, person: str, on: date, as_of: int) -> dict[str, Any] | None:
    """Where a person belonged on a day; the last day itself belongs to it."""
    gone, day = read_departures(reader, person, as_of), on.toordinal()
    for one in belongings(read_affiliations(reader, person, as_of), gone):
        if one.first <= day and (one.last is None or day <= one.last):
            return _told(reader, one, gone, as_of)
    return None
