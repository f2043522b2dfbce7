"""Entries, read and checked: each distinct shape once, and a line that is like one before by what differs in it.

`tests/policies/test_lines_read_once.py` and `tests/policies/test_lines_alike.py` show it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from policies import shapes
from policies.assess import OVERRIDE, Override
from policies.errors import BadLine
from policies.facts import (
    LOOSE_FIELDS,
    Affiliation,
    Application,
    Reader,
    Row,
    check_date,
    check_text,
    check_value,
)
from policies.law import Law

MEMORY_MOST: Final = 200_000
"""Distinct facts remembered; beyond it the memory starts anew, so that a file of any size fits."""

_FRAME: Final = re.compile(
    rb'\{"kind": ?"entry", ?"id": ?"([^"\\\x00-\x1f]+)", ?"person": ?"([^"\\\x00-\x1f]+)", ?"date": ?"([0-9-]{10})"'
)
"""The usual head of an entry's line; a line written in another order is read like any line."""

_LOOSE: Final = re.compile(rb'"(occasion|output|starts|filed_on)": ?"([^"\\\x00-\x1f]+)"')
"""What entries that are alike otherwise differ in, each as it stands in the rest of such a line."""


class Shape:
    """The part of an entry that the law weighs; one object for all entries that state the same."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values


class Day(NamedTuple):
    """What the law needs of a date: its number, its year, and the stretch between two changes of the law."""

    number: int
    year: int
    interval: int


class Entry(NamedTuple):
    """An entry that has been read and checked: its own and its loose fields, and its shape."""

    id: str
    person: str
    date: str
    year: Any
    starts: Any
    ends: Any
    filed_on: Any
    submitted_on: Any
    occasion: Any
    output: Any
    document: Any
    shape: Shape
    day: Day


class EntryReader:
    """Reads facts as a law knows them, and remembers what it has read."""

    def __init__(self, law: Law) -> None:
        self.law: Final = law
        self.reader: Final = Reader(law.vocabulary)
        self._shapes: dict[Row, Shape] = {}
        self._overridden: dict[tuple[Shape, Override], Shape] = {}
        self._lines: dict[bytes, tuple[Any, ...]] = {}
        self._days: dict[str, Day] = {}
        self._loose = {
            name.encode(): (at, law.vocabulary.fields[name])
            for at, name in enumerate(LOOSE_FIELDS) if name in ("starts", "filed_on", "occasion", "output")
        }
        self._written_days: dict[bytes, tuple[str, Day]] = {}
        self._platform = self.reader.names.index("platform")

    def take(self, row: Row) -> Entry:
        """The entry of a row, checked; raises `BadLine`. Each distinct shape is checked once."""
        name, person, day = row[:3]
        if not name or not person:
            check_text("person" if name else "id", person if name else name)
        if day not in self._days:
            number = check_date("date", day)
            self._days[day] = Day(number, int(day[:4]), self.law.interval(number))
        loose = row[3:11]
        if loose.count(UNSET) != 8:
            shapes.check_loose(row, self.law.vocabulary, self.law.make_up, row[self._platform])
        tail = (row[10] is UNSET, *row[11:])   # Whether confirmed hours have a document is part of the shape.
        shape = self._shapes.get(tail)
        if shape is None:
            start = self.reader.tail
            pairs = zip(self.reader.weighed, row[start:], strict=True)
            values = {name: value for name, value in pairs if value is not UNSET}
            shapes.check_shape(values, self.law.vocabulary)
            shapes.check_confirmation(row, values)
            if len(self._shapes) >= MEMORY_MOST:
                self._shapes.clear()
            shape = self._shapes[tail] = Shape(values)
        return Entry._make((*row[:11], shape, self._days[day]))

    def read(self, line: bytes) -> Affiliation | Application | Entry:
        """The fact on a line, checked but for what other lines say; raises `BadLine`.

        A line that differs from one read before only in id, person and date needs no second reading.
        """
        framed = _FRAME.match(line)
        if framed is None:
            return self._read(line)
        rest = line[framed.end():]
        known = self._lines.get(rest)
        if known is None:
            return self._read_loose(line, framed.groups(), rest)
        name, person, written = framed.groups()
        day = self._written_days.get(written)
        if day is None:
            return self._read(line)
        try:
            held = (name.decode(), person.decode(), day[0], *known, day[1])
        except UnicodeDecodeError:
            return self._read(line)
        return tuple.__new__(Entry, held)

    def _read(self, line: bytes) -> Affiliation | Application | Entry:
        fact = self.reader.read(line)
        return fact if isinstance(fact, Affiliation | Application) else self.take(fact)

    def _read_loose(self, line: bytes, frame: Sequence[bytes], rest: bytes) -> Affiliation | Application | Entry:
        """Read a line with its loose texts and dates left out of what is remembered; each is checked by itself.

        Only where neither `ends` nor `year` is given: those are held against the others.
        """
        pieces = _LOOSE.split(rest)
        loose, names = pieces[2::3], pieces[1::3]
        del pieces[2::3]
        key = b"\0".join(pieces) if loose else rest      # No line that can be read holds the byte 0.
        known, day = self._lines.get(key) if loose else None, self._written_days.get(frame[2])
        if known is not None and day is not None:
            try:
                own = [*known]
                for name, value in zip(names, loose, strict=True):
                    at, field = self._loose[name]
                    own[at] = value.decode()
                    check_value(field, own[at])
                return tuple.__new__(Entry, (frame[0].decode(), frame[1].decode(), day[0], *own, day[1]))
            except (BadLine, UnicodeDecodeError):
                pass                                      # What is wrong with it is said by whoever reads the whole.
        entry = self._read(line)
        if isinstance(entry, Entry):
            self._written_days[frame[2]] = (entry.date, entry.day)
            if (entry.year is UNSET and entry.ends is UNSET) if loose else entry[3:11].count(UNSET) == 8:
                if len(self._lines) >= MEMORY_MOST:
                    self._lines.clear()
                self._lines[key] = entry[3:12]
        return entry

    def entry(self, **values: Any) -> Entry:
        """An entry given by its fields, read as a line of facts would be."""
        row = self.reader.read(msgspec.json.encode({"kind": "entry", **values}))
        assert type(row) is tuple
        return self.take(row)

    def overridden(self, entry: Entry, override: Override) -> Entry:
        """The same entry with what an authority gave; whether its row leaves room for that is for the row to say."""
        key = (entry.shape, override)
        shape = self._overridden.get(key)
        if shape is None:
            if len(self._overridden) >= MEMORY_MOST:
                self._overridden.clear()
            shape = self._overridden[key] = Shape({**entry.shape.values, OVERRIDE: override})
        return entry._replace(shape=shape)
