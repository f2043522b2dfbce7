"""People coded one after the other, in memory: what a kernel's test is asked on, beside the coded ledger of a store."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from msgspec import UNSET

from policies.entries import Entry
from policies.facts import DAYS
from policies.places import Place, last_day, place_on
from projections.replay.coded import LEAD_MOST, NOT_SUBMITTED, NOWHERE, Case, Coded, Zone


class Coder:
    """Codes people one after the other."""

    def __init__(self) -> None:
        self._people: list[str] = []
        self._zones: dict[Zone, int] = {}
        self._cases: dict[Any, int] = {}
        self._facts: list[Case] = []
        self._columns = {name: array(kind) for name, kind in (
            ("first_entry", "q"), ("case", "i"), ("day", "i"), ("row", "i"), ("submitted", "i"), ("place", "i"),
            ("first_year_row", "q"), ("first_year", "h"), ("standing", "h"),
            ("first_belonging", "q"), ("belonging", "h"), ("belongs_from", "h"), ("group", "q"), ("keyed", "q"),
        )}

    def add(self, person: str, places: Sequence[Place], entries: Sequence[Entry]) -> None:
        """Code one person: where they belonged, and their entries in the order of registration."""
        columns = self._columns
        self._people.append(person)
        for name, of in (("first_entry", "day"), ("first_year_row", "standing"), ("first_belonging", "belonging")):
            columns[name].append(len(columns[of]))
        begin = len(columns["day"])
        by_day = sorted(range(len(entries)), key=lambda at: entries[at].day.number)
        for at in by_day:
            entry = entries[at]
            columns["case"].append(self._case(place_on(places, entry.day.number), entry))
            columns["day"].append(entry.day.number)
            submitted = NOT_SUBMITTED if entry.submitted_on is UNSET else DAYS[entry.submitted_on]
            columns["submitted"].append(submitted)
            columns["place"].append(at)
        self._add_groups(entries, {at: begin + row for row, at in enumerate(by_day)})
        for place in places:
            columns["belonging"].append(self._zone(Zone(*place[2:])))
            columns["belongs_from"].append(date.fromordinal(place.first).year)
        self._add_years(places, [entries[at].day.year if entries[at].year is UNSET else entries[at].year
                                 for at in by_day])

    def _add_groups(self, entries: Sequence[Entry], rows: Mapping[int, int]) -> None:
        for name in ("occasion", "output"):
            groups: dict[Any, list[int]] = {}
            for at, entry in enumerate(entries):
                if (key := getattr(entry, name)) is not UNSET:
                    groups.setdefault(key, []).append(rows[at])
            for group in groups.values():
                if len(group) > 1:
                    self._columns["group"].append(len(self._columns["keyed"]))
                    self._columns["keyed"].extend(group)

    def _add_years(self, places: Sequence[Place], years: Sequence[int]) -> None:
        """A row for each year from the first belonging, or the first entry's if that is earlier, to the last entry."""
        own = [*years, *([date.fromordinal(places[0].first).year] if places else [])]
        first_row, first_year = len(self._columns["standing"]), min(own, default=0)
        self._columns["first_year"].append(first_year)
        self._columns["row"].extend(first_row + year - first_year for year in years)
        if not years:
            return
        for year in range(first_year, max(years) + 1):
            place = place_on(places, last_day(year)) if places else None
            self._columns["standing"].append(NOWHERE if place is None else self._zone(Zone(*place[2:])))

    def _zone(self, zone: Zone) -> int:
        return self._zones.setdefault(zone, len(self._zones))

    def _case(self, place: Place | None, entry: Entry) -> int:
        zone = Zone("", "", None) if place is None else Zone(*place[2:])
        lead = None
        if entry.filed_on is not UNSET:
            lead = max(-LEAD_MOST, min(DAYS[entry.starts] - DAYS[entry.filed_on], LEAD_MOST))
        key = (zone, entry.shape, lead)
        number = self._cases.get(key)
        if number is None:
            values = entry.shape.values
            number = self._cases[key] = len(self._facts)
            self._facts.append(Case(zone, values, values.get("major", zone.major), lead))
        return number

    def coded(self) -> Coded:
        """Give what was coded so far."""
        columns = {name: np.frombuffer(column, dtype=column.typecode).copy() if column
                   else np.zeros(0, dtype=column.typecode) for name, column in self._columns.items()}
        ends = {"first_entry": "day", "first_year_row": "standing", "first_belonging": "belonging", "group": "keyed"}
        for name, of in ends.items():
            columns[name] = np.append(columns[name], np.int64(len(columns[of])))
        if not columns["submitted"].any():
            columns["submitted"] = columns["submitted"][:0]
        return Coded(tuple(self._people), tuple(self._zones), tuple(self._facts), **columns)
