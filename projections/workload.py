"""Workload: how much waits with each office, since when, and what has waited longest.

An office is a role at a place: the sector authority of a county, the human resources of a city. What waits for units
is told together for a place, since a province has tens of thousands of them, and unit by unit of one county.
Differences are counted as far as they are known. `tests/projections/test_workload.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.events.actor import Scope
from ledger.vocabulary import LOCAL
from projections.differences.queue import ONE_UNIT, UNITS, Reach, loads_too
from projections.reach import LIMITS, reaches
from projections.tables.stood import HAD_ENDED, stood_of_each
from projections.work import UNIT_ROLE
from projections.work_reading import NOT_OWN, TABLES

if TYPE_CHECKING:
    from projections.answers import Answers


_COUNTY: Final = 6
"""So many digits has the place of which units are told one by one."""


class Load(NamedTuple):
    """What waits with one office, or with the units of a place."""

    role: str
    region: str
    sector: str
    kind: str
    unit: str | None     # Where it waits with one unit alone.
    units: int           # With how many units; 0: the office is none.
    waiting: int
    oldest: str          # What has waited longest,
    since: int           # the event by which it came to wait,
    since_at: int        # and when that was recorded, in microseconds.


def workload(
    answers: Answers, scopes: Iterable[Scope], *, organisation: str | None = None, region: str = "",
    as_of: int | None = None, differences_as_of: int | None = None, every_role: bool = False,
) -> tuple[list[Load], int]:
    """What waits within these scopes, office by office, the one whose oldest has waited longest first.

    Of a county, by its six digits, unit by unit.
    `every_role`: what waits with the other offices of these places, too, for whoever watches over them. Differences
    are counted among it as of a position of their own; None: they are not known.
    """
    reader, at = answers.file("work", as_of)
    values: dict[str, Any] = {"as_of": at, "organisation": organisation, "region": region, "beyond": f"{region}:",
                              "unit_role": UNIT_ROLE}
    limits = [limit for limit in LIMITS if limit != "role" or not every_role]
    held = tuple(scopes)
    if not held:
        return [], at
    reached = {table: " OR ".join(f"({reaches(number, scope, values, limits=limits, table=table)})"
                                  for number, scope in enumerate(held)) for table in TABLES}
    # Each row stands under one of the two searches.
    counted = " UNION ALL ".join(  # Beside a min(), SQLite gives the other columns of the row that has it.
        "SELECT role, region, sector, kind, unit, count(*) AS waiting, id, min(event) AS event, since_at "
        f"FROM {source} WHERE {held} AND region >= :region AND region < :beyond AND {NOT_OWN} AND ({reached[table]}) "
        "GROUP BY role, region, sector, kind, unit"
        for table in TABLES for source, held in (
            (table, "to_position IS NULL AND from_position <= :as_of"), (stood_of_each(table, "role"), HAD_ENDED))
    )
    each = told_each(region)
    query = (
        f"SELECT role, region, sector, kind, {ONE_UNIT}, {UNITS}, sum(waiting), id, min(event), since_at "
        f"FROM (SELECT *, CASE role WHEN :unit_role THEN unit END AS holder FROM ({counted})) "
        f"GROUP BY role, region, sector, kind{', holder' if each else ''}"
    )
    found = reader.rows(query, values)
    if differences_as_of is not None:
        reach = Reach((), held) if every_role else Reach(held)
        found += loads_too(answers.differences, reach, region, as_of=differences_as_of, each=each)
    return sorted(map(Load._make, found), key=lambda one: (one.since, *one[:4], one.unit or "")), at


def told_each(region: str) -> bool:
    """Say whether units are told one by one of a region that is asked about."""
    return len(region) >= _COUNTY


def days_waited(since_at: int, counted_on: date) -> int:
    """Whole legal days from the day on which something came to wait."""
    return (counted_on - datetime.fromtimestamp(since_at // 1_000_000, UTC).astimezone(LOCAL).date()).days
