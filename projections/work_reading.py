"""Open work as it is asked about: by an office, by a person, of one step that was taken.

`tests/projections/test_work.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ledger.events.actor import Scope
from projections.files.projection import HOLDS
from projections.files.reader import Reader
from projections.reach import reaches
from projections.tables.stood import HAD_ENDED, stood
from projections.tables.table import index_name
from projections.wanted import EVERYTHING, NO_ROW, Place, Waiting, Wanted
from projections.work import IN_ORDER, Work

_FIELDS: Final = "id, kind, role, region, sector, category, unit, person, event, since_at"
_ALL: Final = {"work": f"{_FIELDS}, holder, studied, papers", "filings": f"{_FIELDS}, NULL, NULL, NULL"}
TABLES: Final = ("work", "filings")
"""Where things wait: for one office at a time, or for several at once."""

NOT_OWN: Final = "(kind NOT IN ('unit', 'plan', 'class') OR unit IS NOT :organisation)"
"""Nobody vouches for their own organisation."""
_WAITS: Final = "to_position IS NULL AND from_position <= :as_of AND event <= :as_of"
"""That the event by which it came to wait is no later either need not be said, but in that order is it read."""


def read_work(
    reader: Reader, scopes: Iterable[Scope], organisation: str | None, *, as_of: int, after: Place | None,
    limit: int, wanted: Wanted = EVERYTHING,
) -> list[Waiting]:
    """What waits for an actor with these scopes, longest first unless asked otherwise.

    A transfer is shown to those who act for the receiving unit alone, and no unit, plan or class to its own people:
    nobody else may answer the one, nobody vouches for themselves in the others.
    """
    values: dict[str, Any] = {"organisation": organisation}
    own = f"(kind <> 'transfer' OR unit = :organisation) AND {NOT_OWN}"
    parts = []
    for number, scope in enumerate(scopes):
        for table in TABLES:
            reached = f"{reaches(number, scope, values, table=table)} AND {own}"
            parts += [(table, f"{table}{_read_by(table, scope, wanted)}", _WAITS, reached),
                      (table, stood(table), HAD_ENDED, reached)]
    return _read(reader, parts, {**values, "as_of": as_of, "limit": limit}, after, wanted)


def _read_by(table: str, scope: Scope, wanted: Wanted) -> str:
    """The index by which what waits is read: a unit's own, or in order; left to itself SQLite takes the office's."""
    if scope.unit is not None and ("unit",) in Work.tables[table].holding:
        return f" INDEXED BY {index_name(table, ('unit',))}"
    in_order = wanted.by == "since" and wanted.claims is None
    return f" INDEXED BY {index_name(table, IN_ORDER)}" if in_order else ""


def read_colleagues(reader: Reader, organisation: str, *, limit: int) -> list[str]:
    """Every account that was appointed to act for an organisation, the first first, whatever became of it."""
    query = "SELECT actor FROM hands WHERE organisation = :organisation ORDER BY event LIMIT :limit"
    return [actor for actor, in reader.rows(query, {"organisation": organisation, "limit": limit})]


def read_own_work(
    reader: Reader, person: str, *, as_of: int, after: Place | None, limit: int
) -> list[Waiting]:
    """What a person has under way: claims, returned ones too, and an open transfer."""
    values = {"person": person, "as_of": as_of, "limit": limit}
    return _read(reader, [("work", "work", HOLDS, "person = :person")], values, after, EVERYTHING)


def read_step(reader: Reader, id_: str, position: int) -> Waiting | None:
    """The step of open work that was ended at a position: for whom it waited, and since when."""
    goes_on = ("EXISTS (SELECT 1 FROM work AS next WHERE next.id = work.id AND next.from_position = :position "
               "AND next.event = work.event)")  # It was given to another hand, and waits still.
    ended = {"work": f"NOT {goes_on}", "filings": "1"}
    query = " UNION ".join(f"SELECT {_ALL[table]} FROM {table} WHERE id = :id AND to_position = :position "
                           f"AND {ended[table]}" for table in TABLES)
    found = reader.rows(query, {"id": id_, "position": position})
    return Waiting._make(found[0]) if found else None


def _read(
    reader: Reader, parts: list[tuple[str, str, str, str]], values: dict[str, Any], after: Place | None, wanted: Wanted
) -> list[Waiting]:
    """A page of several parts, each no longer than the page: a table, where and by what it is read, whose it is."""
    pages = []
    for table, source, held, reached in parts:
        narrowed = [*wanted.conditions(values, Work.tables[table].columns), *wanted.past(after, values)]
        if NO_ROW in narrowed:
            continue
        inside = " AND ".join([held, reached, *narrowed])
        pages.append(f"SELECT * FROM (SELECT {_ALL[table]} FROM {source} WHERE {inside} "
                     f"ORDER BY {wanted.sorted()} LIMIT :limit)")
    if not pages:
        return []
    query = f"SELECT * FROM ({' UNION '.join(pages)}) ORDER BY {wanted.sorted()} LIMIT :limit"
    return [Waiting._make(row) for row in reader.rows(query, values)]
