"""The coded ledger as rows of people, so that it can be cut between people and judged in many places at once.

A row is a person with lists: the days, years and cases of their entries, where they belonged, what they share. Arrow
keeps a list as one column of values and one of beginnings, which is the kernel's own form; so some of the rows become a
coded ledger by a copy, and what the kernel says of them goes back as one row of bytes. No person is ever in two parts,
and nobody's result depends on anybody else: judged in one part or in a thousand, everyone comes to the same.

`cluster.py` has Spark do this; `tests/projections/replay/test_spread.py` shows that parts and the whole are one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from projections.errors import ProjectionError
from projections.replay.coded import Case, Coded, Zone
from projections.replay.compiled import Compiled
from projections.replay.kernel import HAS_FAST
from projections.replay.replayed import EXAM, Replayed, room
from projections.replay.sides import judge_both

EPOCH: Final = 719_163
"""The ordinal of 1970-01-01, from which Arrow counts days."""

_ENTRY: Final = ("day", "year", "case", "submitted")
_PARTS: Final = ("counted", "sums", "unruled", "verdict", "minimums")
_KINDS: Final = (np.int32, np.int32, np.uint8, np.int8, np.uint32)

Longs = NDArray[np.int64]


class Incomplete(ProjectionError):
    """What came back of a spread replay is not everyone once."""

    code = "replay_incomplete"

    def __init__(self, people: int, came: int) -> None:
        super().__init__(
            f"集群返回的结果不完整：应有 {people:,} 人，每人一次，收到 {came:,} 人次。没有写出报告；"
            "请查看集群的日志后重新运行，或改在本机计算（--engine local）。")


@dataclass(frozen=True, slots=True)
class Laws:
    """What every part has to know beside its people: two laws and the cases that their tables are of."""

    zones: tuple[Zone, ...]
    zone: NDArray[np.int32]          # By case: the number of its zone; one more than there are: nowhere.
    compiled: tuple[Compiled, ...]

    @classmethod
    def of(cls, coded: Coded, compiled: Sequence[Compiled]) -> Laws:
        """Take along what the kernel reads, and no reasons: these may be long."""
        numbers = {zone: at for at, zone in enumerate(coded.zones)}
        nowhere = len(coded.zones)
        zone = np.array([numbers.get(case.zone, nowhere) for case in coded.cases], dtype=np.int32)
        return cls(coded.zones, zone, tuple(one.for_the_kernel() for one in compiled))

    def cases(self) -> tuple[Case, ...]:
        """The cases, with nothing of them but where they are."""
        each = [Case(zone, {}, None, None) for zone in (*self.zones, Zone("", "", None))]
        return tuple(each[at] for at in self.zone.tolist())


# There


def rows_of(coded: Coded, **more: Any) -> Any:
    """Everyone as a table of Arrow, a person a row; `more`: further columns, a value an entry."""
    import pyarrow as pa

    first, years = coded.first_entry, coded.first_year_row
    owner = np.repeat(np.arange(len(coded.people)), np.diff(first))
    year = coded.row - years[owner] + coded.first_year[owner]

    def listed(begins: Longs, values: Any) -> Any:
        return pa.LargeListArray.from_arrays(pa.array(begins), pa.array(values))

    submitted = listed(first, coded.submitted) if len(coded.submitted) else listed(
        np.zeros(len(first), dtype=np.int64), np.zeros(0, dtype=np.int32))
    columns = {
        "number": pa.array(np.arange(len(coded.people), dtype=np.int32)),
        "person": pa.array(coded.people, type=pa.string()),
        "day": listed(first, pa.array(coded.day - np.int32(EPOCH)).cast(pa.date32())),
        "year": listed(first, year.astype(np.int16)),
        "case": listed(first, coded.case),
        "submitted": submitted,
        "first_year": pa.array(coded.first_year),
        "standing": listed(years, coded.standing.astype(np.int32)),
        "belonging": listed(coded.first_belonging, coded.belonging.astype(np.int32)),
        "belongs_from": listed(coded.first_belonging, coded.belongs_from),
        "together": _together(coded),
        **{name: listed(first, values) for name, values in more.items()},
    }
    return pa.table(columns)


def _together(coded: Coded) -> Any:
    """By person the groups of entries that share something: their numbers among the person's own, as registered.

    In an order of their own: which key was read first says nothing.
    """
    import pyarrow as pa

    starts, sizes = coded.keyed[coded.group[:-1]], np.diff(coded.group)
    owner = np.searchsorted(coded.first_entry, starts, side="right") - 1
    own = coded.keyed - coded.first_entry[np.repeat(owner, sizes)]
    told = sorted(zip(owner.tolist(), map(tuple, np.split(own, coded.group[1:-1])), strict=True)) if len(owner) else []
    members = np.array([one for _, group in told for one in group], dtype=np.int32)
    begins = np.cumsum([0, *(len(group) for _, group in told)], dtype=np.int64)
    groups = pa.LargeListArray.from_arrays(pa.array(begins), pa.array(members))
    by_person = np.append(0, np.cumsum(np.bincount(owner, minlength=len(coded.people)))).astype(np.int64)
    return pa.LargeListArray.from_arrays(pa.array(by_person), groups)


def _spans(begins: Any, sizes: Any) -> Longs:
    """The numbers begin, begin + 1, ... of each span, one span after the other."""
    before = np.cumsum(sizes) - sizes
    return np.asarray(np.repeat(begins - before, sizes) + np.arange(int(sizes.sum())), dtype=np.int64)


# And back


def coded_of(table: Any, laws: Laws) -> Coded:
    """Some of the rows as a coded ledger of these people alone."""
    narrow = np.int16 if len(laws.zones) < np.iinfo(np.int16).max else np.int32
    first, day = _lists(table, "day", np.int32)
    first_year_row, standing = _lists(table, "standing", narrow)
    first_belonging, belonging = _lists(table, "belonging", narrow)
    first_year = np.array(_column(table, "first_year"), dtype=np.int16)
    owner = np.repeat(np.arange(len(first_year)), np.diff(first))
    year = _values(table, "year", np.int32)
    group, keyed = _groups(table, first)
    return Coded(
        people=("",) * len(first_year), zones=laws.zones, cases=laws.cases(),
        first_entry=first, case=_values(table, "case", np.int32), day=day + np.int32(EPOCH),
        row=(first_year_row[owner] + year - first_year[owner]).astype(np.int32),
        submitted=_values(table, "submitted", np.int32), place=np.zeros(0, dtype=np.int32),
        first_year_row=first_year_row, first_year=first_year, standing=standing,
        first_belonging=first_belonging, belonging=belonging, belongs_from=_values(table, "belongs_from", np.int16),
        group=group, keyed=keyed,
    )


def _column(table: Any, name: str) -> Any:
    """A column in one piece."""
    import pyarrow as pa

    column = table.column(name)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _lists(table: Any, name: str, kind: Any) -> tuple[Longs, NDArray[Any]]:
    """Where each person's list begins, and all values, whatever part of a larger column this is.

    A copy, in the very types of a ledger that was never spread: machine code is made for types.
    """
    begins, values = _cut(_column(table, name))
    return begins, np.array(values, dtype=kind)


def _cut(column: Any) -> tuple[Longs, Any]:
    import pyarrow as pa

    begins = column.offsets.to_numpy().astype(np.int64) if len(column) else np.zeros(1, dtype=np.int64)
    values = column.values[int(begins[0]):int(begins[-1])]
    if pa.types.is_date32(values.type):
        values = values.view(pa.int32())
    return begins - begins[0], values


def _values(table: Any, name: str, kind: Any) -> NDArray[Any]:
    return _lists(table, name, kind)[1]


def _groups(table: Any, first_entry: Longs) -> tuple[Longs, Longs]:
    by_person, groups = _cut(_column(table, "together"))
    begins, own = _cut(groups)
    owner = np.repeat(np.arange(len(by_person) - 1), np.diff(by_person))
    first = first_entry[np.repeat(owner, np.diff(begins))]
    return begins, np.array(own, dtype=np.int64) + first


# Judged in parts


TIMES: Final = ("kernel_ns", "part_ns")
"""Nanoseconds of processors: of the kernel alone (`clocked`), and of all that was done with a part, rows to row."""


def clocked(coded: Coded, compiled: Sequence[Compiled]) -> tuple[tuple[Replayed, ...], int]:
    """Judge everyone; what they come to, and how many nanoseconds of all processors of this process it took.

    That is the kernel alone, the tables of each law among it, on memory that is there: the first write to a page that
    is new waits for the machine, up to five times as long as all that the kernel does, or not at all, depending on
    what the process did before. Here and on a cluster kernel seconds are these.
    """
    rooms = [room(coded, one).touched() for one in compiled] if HAS_FAST else []
    began = time.process_time_ns()
    results = judge_both(coded, compiled, lambda step, done, total: None, rooms)
    return results, time.process_time_ns() - began


def judged(table: Any, laws: Laws) -> dict[str, Any]:
    """What some people come to, as one row: whose results, then every column of them as bytes; and `TIMES`."""
    began = time.process_time_ns()
    results, kernel_ns = clocked(coded_of(table, laws), laws.compiled)
    row: dict[str, Any] = {"numbers": np.array(_column(table, "number"), dtype=np.int32).tobytes()}
    for side, result in enumerate(results):
        for name, kind, column in zip(_PARTS, _KINDS, result, strict=True):
            row[f"{name}_{side}"] = np.ascontiguousarray(np.asarray(column).T, dtype=kind).tobytes()
    return {**row, "kernel_ns": kernel_ns, "part_ns": time.process_time_ns() - began}


def names(sides: int) -> tuple[str, ...]:
    """The columns of bytes of such a row."""
    return ("numbers", *(f"{name}_{side}" for side in range(sides) for name in _PARTS))


def together(coded: Coded, compiled: Sequence[Compiled], rows: Iterator[dict[str, Any]]) -> tuple[Replayed, ...]:
    """Put what parts came to in everyone's places; raises Incomplete unless each person came exactly once."""
    found = [room(coded, one) for one in compiled]
    times = np.zeros(len(coded.people), dtype=np.int32)
    for row in rows:
        numbers = np.frombuffer(row["numbers"], dtype=np.int32)
        np.add.at(times, numbers, 1)
        entries = _spans(coded.first_entry[numbers], coded.first_entry[numbers + 1] - coded.first_entry[numbers])
        begins = coded.first_year_row[numbers]
        years = _spans(begins, coded.first_year_row[numbers + 1] - begins)
        for side, result in enumerate(found):
            columns: tuple[NDArray[Any], ...] = result
            for name, kind, column in zip(_PARTS, _KINDS, columns, strict=True):
                values = np.frombuffer(row[f"{name}_{side}"], dtype=kind)
                if name == "sums":
                    column[years] = values.reshape(EXAM + len(compiled[side].classes), len(years)).T
                else:
                    column[entries if name == "counted" else years] = values
    if not (times == 1).all():
        raise Incomplete(len(times), int(times.sum()))
    return tuple(found)
