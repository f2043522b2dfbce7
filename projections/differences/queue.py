"""Differences between as decided and as evaluated, of everyone: which entries and person-years, why, and since when.

They follow from the log and from the law, so they are no plain fold of events: `upkeep.py` keeps the file
beside the projections, judging whomever something happened to, and everyone when a rulebook is enacted. It speaks up to
a position of its own, which each answer names. Rows say between which positions they hold; before the position at which
the file was made they are not known. Whoever asks for that, of what had happened by a day or under another law is
answered from what `asked.py` makes: the same tables, read by the same questions.

An entry waits in the queue of the office that decided it until it differs no longer, because it was corrected or
revoked or the law was, or until that office let it stand (`claim.upheld/1`).

`tests/projections/test_differences.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, NamedTuple, Protocol

from ledger.events.actor import Scope
from ledger.vocabulary import format_hours
from projections.basis import written_time
from projections.differences.person import EntryRow, YearRow
from projections.errors import NotBuilt, ProjectionError
from projections.files.projection import HOLDS, Projection, Table
from projections.pages import Page, paged
from projections.reach import LIMITS, reaches
from projections.wanted import EVERYTHING, Place, Waiting, Wanted
from projections.work import UNIT_ROLE

KIND: Final = "difference"
"""What a difference is called among the things that wait."""

VERDICTS: Final = {1: True, 0: False, None: None}


class DifferencesBehind(ProjectionError):
    """A position that the file has not reached."""

    code = "differences_behind"

    def __init__(self, as_of: int, *, position: int) -> None:
        self.as_of, self.position = as_of, position
        super().__init__(f"差异清单目前处理到事件 {position}，所问的是 {as_of}。"
                         "请稍后重试，或不加记录时间（as_of）查看现有的。")
        self.told = str(self)


_TEXTS: Final = ("claim", "person", "kind", "role", "region", "sector", "category", "unit", "decided_rulebook",
                 "decided_clause", "evaluated_rulebook", "evaluated_clause", "because")
_SINCE: Final = ("since", "since_at")  # The event since which, and when that was recorded, in microseconds.


def _columns(fields: Sequence[str]) -> dict[str, type]:
    return {name: str if name in _TEXTS else int for name in (*fields, *_SINCE)}


class DifferencesFile(Projection):
    """The tables. No event has a handler: the rows are judged, not folded."""

    name: ClassVar = "differences"
    version: ClassVar = 1
    tables: ClassVar = {
        "entries": Table(_columns(EntryRow._fields), ("claim", "from_position"), (("since", "claim"), ("person",))),
        "years": Table(_columns(YearRow._fields), ("person", "year", "from_position"), (("since", "person", "year"),)),
        "known": Table({"from_position": int}, ("from_position",), dated=False),
    }
    handlers: ClassVar = {}


# Reading


class Filters(NamedTuple):
    """Which of them; nothing of a filter that is not set."""

    region: str | None = None   # What codes begin with.
    sector: str | None = None
    year: int | None = None
    kind: str | None = None
    person: str | None = None


class Reach(NamedTuple):
    """As far as somebody sees: scopes by every limit they set, and such as reach the work of every role."""

    scopes: tuple[Scope, ...]
    watching: tuple[Scope, ...] = ()


class Rows(Protocol):
    """Where the tables are."""

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """Ask."""

    def position(self) -> int:
        """Up to where they speak."""


def within(reader: Rows, as_of: int | None) -> int | None:
    """The position to answer as of; None before what is known, or while the file is made. Raises DifferencesBehind."""
    try:
        position = reader.position()
    except NotBuilt:
        return None
    if as_of is None or not position:
        return position or None
    if as_of > position:
        raise DifferencesBehind(as_of, position=position)
    return as_of if as_of >= _known_from(reader) else None


def _known_from(reader: Rows) -> int:
    """The position as of which the file was made; before it was, none is known."""
    return max((int(at) for (at,) in reader.rows("SELECT from_position FROM known")), default=reader.position() + 1)


def read_entries(
    reader: Rows, reach: Reach | None, filters: Filters, *, as_of: int,
    after: tuple[Any, ...] | None, limit: int,
) -> Page[dict[str, Any]]:
    """Entries that differ, longest first: within somebody's reach, or all."""
    values: dict[str, Any] = {}
    wanted = [*_within_reach(reach, values), *_filtered(filters, values)]
    rows = _page(reader, "entries", (*EntryRow._fields, *_SINCE), ("since", "claim"), wanted, values,
                 as_of, after, limit)
    page = paged(rows, limit, as_of, lambda row: (row["since"], row["claim"]))
    return page.of([_entry(row) for row in page.items])


def read_years(
    reader: Rows, reach: Reach | None, filters: Filters, *, as_of: int,
    after: tuple[Any, ...] | None, limit: int,
) -> Page[dict[str, Any]]:
    """Person-years that differ, longest first: of people of whom an entry that does lies within reach, or all."""
    values: dict[str, Any] = {}
    wanted = _filtered(filters._replace(kind=None), values)
    reached = _within_reach(reach, values)
    if filters.kind is not None:
        reached += ["kind = :kind", "year = years.year"]
        values["kind"] = filters.kind
    if reached:
        wanted.append(f"EXISTS (SELECT 1 FROM entries WHERE person = years.person AND {HOLDS} "
                      f"AND {' AND '.join(reached)})")
    rows = _page(reader, "years", (*YearRow._fields, *_SINCE), ("since", "person", "year"), wanted, values,
                 as_of, after, limit)
    page = paged(rows, limit, as_of, lambda row: (row["since"], row["person"], row["year"]))
    return page.of([_year(row) for row in page.items])


def read_offices(
    reader: Rows, reach: Reach | None, filters: Filters, *, as_of: int
) -> list[dict[str, Any]]:
    """How many wait for which office and how many it let stand, by kind, and since when the oldest waits."""
    values: dict[str, Any] = {"as_of": as_of}
    wanted = " AND ".join([HOLDS, *_within_reach(reach, values), *_filtered(filters, values)])
    query = (
        "SELECT role, region, sector, kind, count(*) - count(upheld), count(upheld), "
        f"min(CASE WHEN upheld IS NULL THEN since END) FROM entries WHERE {wanted} "
        "GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    )
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for role, region, sector, kind, waiting, upheld, since in reader.rows(query, values):
        one = found.setdefault((role, region, sector), {
            "role": role, "region": region, "sector": sector, "waiting": 0, "upheld": 0, "since": None, "kinds": {}})
        one["waiting"] += waiting
        one["upheld"] += upheld
        one["kinds"][kind] = waiting + upheld
        one["since"] = min((at for at in (one["since"], since) if at is not None), default=None)
    return list(found.values())


_AS_WORK: Final = ("role", "region", "sector", "category", "unit", "person", "since", "since_at")


def read_waiting(
    reader: Rows, scopes: Iterable[Scope], *, as_of: int, after: Place | None, limit: int, wanted: Wanted = EVERYTHING
) -> list[Waiting]:
    """Differences as work: those that these scopes reach and that nobody has let stand."""
    if wanted.kind not in (None, KIND):
        return []
    values: dict[str, Any] = {"as_of": as_of, "limit": limit}
    conditions = [
        HOLDS, "upheld IS NULL", *_within_reach(Reach(tuple(scopes)), values),
        *wanted._replace(kind=None).conditions(values, _AS_WORK, id_="claim"),
        *wanted.past(after, values, since="since", id_="claim"),
    ]
    rows = reader.rows(f"SELECT claim, {', '.join(_AS_WORK)} FROM entries WHERE {' AND '.join(conditions)} "
                       f"ORDER BY {wanted.sorted(since='since', id_='claim')} LIMIT :limit", values)
    return [Waiting(claim, KIND, *row) for claim, *row in rows]


def waiting_too(
    reader: Rows, scopes: Iterable[Scope], *, as_of: int, after: Place | None, limit: int, wanted: Wanted = EVERYTHING
) -> tuple[list[Waiting], int | None]:
    """Differences to be shown among other work, and up to where they are known; None where nothing is.

    Other work is not kept waiting for them: after a rulebook was enacted they may take a while.
    """
    at = known_at(reader, as_of)
    return ([], None) if at is None else (read_waiting(
        reader, scopes, as_of=at, after=after, limit=limit, wanted=wanted), at)


ONE_UNIT: Final = "CASE count(DISTINCT holder) WHEN 1 THEN holder END"
UNITS: Final = "count(DISTINCT holder)"
"""Of what is counted together: the unit with which it waits, where it is one, and with how many."""


def loads_too(reader: Rows, reach: Reach, region: str, *, as_of: int, each: bool) -> list[tuple[Any, ...]]:
    """How many differences wait with each office, to be counted among other work: the columns of `workload.Load`."""
    values: dict[str, Any] = {"as_of": as_of, "kind": KIND, "unit_role": UNIT_ROLE}
    wanted = [HOLDS, "upheld IS NULL", *_within_reach(reach, values), *_filtered(Filters(region=region), values)]
    return reader.rows(  # Beside a min(), SQLite gives the other columns of the row that has it.
        f"SELECT role, region, sector, :kind, {ONE_UNIT}, {UNITS}, count(*), claim, min(since), since_at "
        "FROM (SELECT *, CASE role WHEN :unit_role THEN unit END AS holder FROM entries "
        f"WHERE {' AND '.join(wanted)}) GROUP BY role, region, sector{', holder' if each else ''}", values)


def known_at(reader: Rows, as_of: int) -> int | None:
    """The position up to which differences are known by a moment; None where none is."""
    try:
        at = min(as_of, reader.position())
        return at if at >= _known_from(reader) else None
    except NotBuilt:
        return None


def _page(
    reader: Rows, table: str, fields: Sequence[str], order: Sequence[str], wanted: Sequence[str],
    values: Mapping[str, Any], as_of: int, after: tuple[Any, ...] | None, limit: int,
) -> list[dict[str, Any]]:
    """One row more than the limit, past a place in the order."""
    asked: dict[str, Any] = {**values, "as_of": as_of, "limit": limit + 1}
    conditions = [HOLDS, *wanted]
    if after is not None:
        asked |= {f"after{at}": value for at, value in enumerate(after)}
        conditions.append(f"({', '.join(order)}) > ({', '.join(f':after{at}' for at in range(len(order)))})")
    query = (f"SELECT {', '.join(fields)} FROM {table} WHERE {' AND '.join(conditions)} "
             f"ORDER BY {', '.join(order)} LIMIT :limit")
    return [dict(zip(fields, row, strict=True)) for row in reader.rows(query, asked)]


def _within_reach(reach: Reach | None, values: dict[str, Any]) -> list[str]:
    if reach is None:
        return []
    every_role = tuple(name for name in LIMITS if name != "role")
    reached = [(scope, LIMITS) for scope in reach.scopes] + [(scope, every_role) for scope in reach.watching]
    parts = [f"({reaches(number, scope, values, limits=limits, table='entries')})"
             for number, (scope, limits) in enumerate(reached)]
    return [f"({' OR '.join(parts)})"] if parts else ["0"]


def _filtered(filters: Filters, values: dict[str, Any]) -> list[str]:
    wanted = []
    for name in ("sector", "year", "kind", "person"):
        if (value := getattr(filters, name)) is not None:
            wanted.append(f"{name} = :only_{name}")
            values[f"only_{name}"] = value
    if filters.region is not None:
        wanted.append("substr(region, 1, :only_length) = :only_region")
        values |= {"only_region": filters.region, "only_length": len(filters.region)}
    return wanted


def _entry(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("claim", "person", "year", "kind", "because")},
        "office": {name: row[name] for name in ("role", "region", "sector", "category", "unit")},
        **{side: {"counted": format_hours(row[f"{side}_centi"]), "rulebook": row[f"{side}_rulebook"],
                  "clause": row[f"{side}_clause"]} for side in ("decided", "evaluated")},
        "since": row["since"], "since_at": written_time(row["since_at"]), "upheld": row["upheld"],
    }


def _year(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("person", "year", "region", "sector")},
        **{side: {"total": format_hours(row[f"{side}_centi"]), "met": VERDICTS[row[f"{side}_met"]]}
           for side in ("decided", "evaluated")},
        "entries": row["entries"], "since": row["since"], "since_at": written_time(row["since_at"]),
    }
