"""The coded ledger as of a position: what stood in the register then, gathered from columns into the kernel's form.

Everything is as `projections.judging` and `projections.years` have it for one person: what is approved or frozen
counts, what was revoked only makes its year be answered; where a person belonged follows from all that was entered; a
day in none of the affiliations lies nowhere; `valid_on` leaves out what had not happened by a day. Here it is done for
everyone at once, by sorted keys of person and day.

`tests/projections/replay/test_gathered.py` holds it against `Answers.years`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ledger.events.study import Study
from policies.assess import MANUAL, OVERRIDDEN, RULED
from policies.law import Law
from policies.places import NO_LATER, last_day
from projections.books import Seat
from projections.entries_reading import Decision, Version
from projections.replay.coded import NOWHERE, Case, Coded, Ints, Zone
from projections.replay.held import REVOKED, Columns, Held, Statement

_DAY_BITS: Final = 22       # The last day of the year 9999 takes so many.
_AT_ONCE: Final = 1 << 20   # Keys are twice as wide as what they are made of: never all of them at a time.
_NOWHERE: Final = Zone("", "", None)
_TABLE_MOST: Final = 1 << 26

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The coded ledger, and where each part of it comes from."""

    as_of: int
    held: Held
    coded: Coded                  # Its cases know no law yet: `read_under` gives them one.
    claims: NDArray[np.int32]     # By entry: the row of `held.claims`.
    statement: Ints               # By case: the number of the statement.
    zone: Ints                    # By case: the number of the zone.
    unit: Ints                    # By year row: the unit on 31 December, or NOWHERE.
    is_answered: NDArray[np.bool_]   # By year row: whether `Answers.years` has a line for it.


@dataclass(frozen=True, slots=True)
class _Places:
    """Where people belonged, without a gap: each row begins where the one before it ends."""

    person: Longs
    first: Longs
    zone: Longs
    unit: Longs

    def on(self, persons: Longs, days: Longs) -> Longs:
        """The row that holds for each person and day."""
        keys = self.person << _DAY_BITS | self.first
        return np.searchsorted(keys, persons << _DAY_BITS | days, side="right") - 1


def gather(held: Held, as_of: int, valid_on: date | None = None) -> Gathered:
    """What stood as of a position, which is one that `held` has reached, of what had happened by a day."""
    assert as_of <= held.position, "nothing is known here of what came later"
    claims, until = held.claims, NO_LATER if valid_on is None else valid_on.toordinal()
    stood = holds(claims, as_of) & (claims["day"] <= until)
    is_revoked = claims["status"] == REVOKED
    at, gone = np.flatnonzero(stood & ~is_revoked).astype(np.int32), np.flatnonzero(stood & is_revoked)
    has_any = np.zeros(len(held.people), dtype=np.bool_)
    has_any[claims["person"][at]] = has_any[claims["person"][gone]] = True
    number = np.cumsum(has_any) - 1
    person = number[claims["person"][at]].astype(np.int32)
    people, day, year = int(has_any.sum()), claims["day"][at], claims["year"][at]

    places = _places(held, as_of, until, has_any, number, _first_days(people, person, day, year))
    zones = (*held.zones, _NOWHERE)
    case, statement, zone = _cases(places, person, day, claims["statement"][at], len(zones), len(held.statements))
    row_person, row_year, first_row, first_year, is_answered = _year_rows(
        people, places, person, year, number[claims["person"][gone]], claims["year"][gone])
    on = places.on(row_person, _last_days(row_year))
    is_nowhere = np.array([one.region == "" for one in zones])[places.zone[on]]
    submitted = claims["submitted"][at]
    group, keyed = _groups(claims, at)
    narrow = np.int16 if len(zones) < np.iinfo(np.int16).max else np.int32
    coded = Coded(
        people=tuple(held.people[has_any].astype(str).tolist()), zones=zones, cases=(),
        first_entry=_starts(person, people), case=case, day=day,
        row=(first_row[person] + year - first_year[person]).astype(np.int32),
        submitted=submitted if submitted.any() else submitted[:0], place=np.zeros(0, dtype=np.int32),
        first_year_row=first_row, first_year=first_year,
        standing=np.where(is_nowhere, NOWHERE, places.zone[on]).astype(narrow),
        first_belonging=_starts(places.person, people), belonging=places.zone.astype(narrow),
        belongs_from=_years_of(places.first).astype(np.int16), group=group, keyed=keyed,
    )
    unit = np.where(is_nowhere, NOWHERE, places.unit[on]).astype(np.int32)
    return Gathered(as_of, held, coded, at, statement, zone, unit, is_answered)


def read_under(gathered: Gathered, law: Law) -> Coded:
    """The coded ledger with its cases read by the words of a law, as a bench would read them."""
    seat, coded = Seat(law), gathered.coded
    needed = np.unique(gathered.statement).tolist()
    values = {each: seat.take(_version(gathered.held.statements[each])).entry.shape.values for each in needed}
    cases = []
    for each, zone in zip(gathered.statement.tolist(), gathered.zone.tolist(), strict=True):
        place, weighed = coded.zones[zone], values[each]
        lead = gathered.held.statements[each].lead
        cases.append(Case(place, weighed, weighed.get("major", place.major), lead))
    return replace(coded, cases=tuple(cases))


_study = msgspec.json.Decoder(Study).decode


def _version(statement: Statement) -> Version:
    """A claim that says so and was never recorded: a bench takes it like any, and does not remember it."""
    decision = None
    if statement.confirmed_centi is not None:
        assert statement.document is not None
        status, flags = (RULED, (OVERRIDDEN,)) if statement.is_override else (MANUAL, ())
        decision = Decision(0, statement.confirmed_centi, status, None, None, (statement.document,), flags, None)
    return Version("-", "-", "approved", 1, 0, "auto", "", 1, 1, (), _study(statement.study), 0, decision, 1, None)


def holds(columns: Columns, as_of: int) -> NDArray[np.bool_]:
    """Which rows hold as of a position (`projections.files.projection.HOLDS`)."""
    last = columns["to_position"]
    return np.asarray((columns["from_position"] <= as_of) & ((last == 0) | (last > as_of)))


def _first_days(people: int, person: Ints, day: Ints, year: NDArray[np.int16]) -> Longs:
    """For each person the first day that anything asks about; of whom nothing counts, none."""
    first = np.full(people, NO_LATER, dtype=np.int64)
    if len(person):
        begin = np.flatnonzero(np.diff(person, prepend=-1))
        asked = np.minimum(day, _table(year, lambda one: date(one, 1, 1).toordinal())[year - year.min()])
        first[person[begin]] = np.minimum.reduceat(asked, begin)
    return first


def _table(years: NDArray[Any], of: Any) -> Longs:
    """Something of each year between the first and the last of these."""
    return np.array([of(one) for one in range(int(years.min()), int(years.max()) + 1)], dtype=np.int64)


def _last_days(years: Longs) -> Longs:
    return _table(years, last_day)[years - years.min()] if len(years) else years


def _years_of(days: Longs) -> Longs:
    """The year of each ordinal day."""
    epoch = date(1970, 1, 1).toordinal()
    return (days - epoch).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def _places(
    held: Held, as_of: int, until: int, has_any: NDArray[np.bool_], number: Longs, first_days: Longs
) -> _Places:
    """Where everyone belonged (`belonging.belongings`), without a gap from their first day on (`belonging.places`)."""
    nowhere = len(held.zones)
    rows = holds(held.affiliations, as_of) & has_any[held.affiliations["person"]] & (
        held.affiliations["starts"] <= until)
    person, first, zone, unit = (
        held.affiliations[name][rows].astype(np.int64) for name in ("person", "starts", "zone", "unit"))
    last = _last_belonging(held, as_of, until, person, first, unit)
    person = number[person]
    is_first = np.diff(person, prepend=-1) != 0
    free = np.where(is_first, np.minimum(first_days[person], first), np.append(0, last + 1)[:len(last)])
    gap, is_last = free < first, np.append(is_first[1:], True)[:len(person)]
    ended = is_last & (last < NO_LATER)
    without = np.setdiff1d(np.arange(len(first_days)), person)
    parts = (
        (person, first, zone, unit),
        (person[gap], free[gap], nowhere, NOWHERE), (person[ended], last[ended] + 1, nowhere, NOWHERE),
        (without, first_days[without], nowhere, NOWHERE),
    )
    columns = [np.concatenate([np.broadcast_to(part[at], len(part[0])) for part in parts]).astype(np.int64)
               for at in range(4)]
    order = np.lexsort((columns[1], columns[0]))
    return _Places(*(column[order] for column in columns))


def _last_belonging(held: Held, as_of: int, until: int, person: Longs, first: Longs, unit: Longs) -> Longs:
    """The last day of each belonging: the day before the next, or a departure from that unit, if that is earlier."""
    last = np.full(len(person), NO_LATER, dtype=np.int64)
    follows = np.flatnonzero(person[1:] == person[:-1])
    last[follows] = first[follows + 1] - 1
    gone = holds(held.departures, as_of) & (held.departures["ends"] <= until)
    if gone.any():
        units = len(held.units)
        whose = held.departures["person"][gone].astype(np.int64) * units + held.departures["unit"][gone]
        keys = np.sort(whose << _DAY_BITS | held.departures["ends"][gone])
        own = person * units + unit
        found = np.searchsorted(keys, own << _DAY_BITS | first)
        key = keys[np.minimum(found, len(keys) - 1)]
        has_left = (found < len(keys)) & (key >> _DAY_BITS == own)
        last[has_left] = np.minimum(last[has_left], key[has_left] & ((1 << _DAY_BITS) - 1))
    return last


def _cases(
    places: _Places, person: Ints, day: Ints, statement: Ints, zones: int, statements: int
) -> tuple[Ints, Ints, Ints]:
    """For each entry its case, and for each case statement and zone."""
    mixed = np.empty(len(person), dtype=np.int64)
    for begin in range(0, len(person), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        zone = places.zone[places.on(person[some].astype(np.int64), day[some].astype(np.int64))]
        mixed[some] = statement[some].astype(np.int64) * zones + zone
    if statements * zones <= _TABLE_MOST:
        distinct = np.flatnonzero(np.bincount(mixed, minlength=1))
        numbers = np.zeros(int(distinct.max(initial=0)) + 1, dtype=np.int32)
        numbers[distinct] = np.arange(len(distinct), dtype=np.int32)
        case = numbers[mixed]
    else:
        distinct, inverse = np.unique(mixed, return_inverse=True)
        case = inverse.astype(np.int32)
    return case, (distinct // zones).astype(np.int32), (distinct % zones).astype(np.int32)


def _starts(owner: NDArray[Any], owners: int) -> Longs:
    """Where the rows of each owner begin, and where the last one's end."""
    return np.append(0, np.cumsum(np.bincount(owner, minlength=owners))).astype(np.int64)


def _year_rows(
    people: int, places: _Places, person: Ints, year: NDArray[np.int16], gone: Longs, gone_year: NDArray[np.int16]
) -> tuple[Longs, Longs, Longs, NDArray[np.int16], NDArray[np.bool_]]:
    """A row for each year from the first belonging or entry to the last entry, also a revoked one."""
    begins = _starts(places.person, people)[:-1]
    first = _years_of(places.first[begins])
    last = np.zeros(people, dtype=np.int64)
    for whose, when in ((person, year), (gone, gone_year)):
        np.minimum.at(first, whose, when)
        np.maximum.at(last, whose, when)
    rows = last - first + 1
    first_row = np.append(0, np.cumsum(rows)).astype(np.int64)
    row_person = np.repeat(np.arange(people), rows)
    row_year = np.repeat(first - first_row[:-1], rows) + np.arange(first_row[-1])
    belongs = np.zeros(people, dtype=np.bool_)
    belongs[places.person[places.unit != NOWHERE]] = True
    is_answered = belongs[row_person]   # Who belongs nowhere at all is answered for the years of entries alone.
    for whose, when in ((person, year), (gone, gone_year)):
        is_answered[first_row[whose] + when - first[whose]] = True
    return row_person, row_year, first_row, first.astype(np.int16), is_answered


def _groups(claims: Columns, at: NDArray[np.int32]) -> tuple[Longs, Longs]:
    """Entries that share an occasion or an output, by group and in the order of registration."""
    groups, keyed = [0], []
    for name in ("occasion", "output"):
        key = claims[name][at]
        some = np.flatnonzero(key)
        rows = at[some]
        order = np.lexsort((claims["registered_event"][rows], claims["registered"][rows], key[some]))
        some, key = some[order], key[some][order]
        edges = [*np.flatnonzero(np.diff(key, prepend=0)).tolist(), len(key)]
        for begin, end in pairwise(edges):
            if end - begin > 1:
                keyed.append(some[begin:end])
                groups.append(groups[-1] + end - begin)
    return np.array(groups, dtype=np.int64), np.concatenate([np.zeros(0, np.int64), *keyed])
