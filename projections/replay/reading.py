"""What every replay rests on, read into columns from the files of the projections `people` and `entries`, not the log.

These are the very rows that `Answers.years` judges, so what stands, what an act released and what a correction moved is
decided in one place, and a ledger in PostgreSQL is read like one in a file.

`tests/projections/replay/test_gathered.py` holds it against `Answers.years`.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ledger.uncollected import uncollected
from policies.assess import OVERRIDDEN, RULED
from policies.facts import DAYS
from projections.entries import Entries
from projections.errors import NotBuilt, Unreadable
from projections.files.places import path_of
from projections.files.reader import Reader
from projections.people import People
from projections.replay.coded import Zone
from projections.replay.held import AFFILIATIONS, CLAIMS, DEPARTURES, ID_BYTES, Columns, Held, Statement
from projections.replay.studies import Studies

Progress = Callable[[int, int], None]
_AT_ONCE: Final = 20_000
_PEOPLE_AT_ONCE: Final = 400
_STATUS: Final = "CASE v.status WHEN 'approved' THEN 1 WHEN 'frozen' THEN 2 ELSE 3 END"
_MANUAL: Final = "d.status = 'manual' AND d.assessed_centi AND d.clauses <> '[]'"
_OVERRIDE: Final = f"d.status = '{RULED}' AND instr(d.flags, '\"{OVERRIDDEN}\"')"
_WORD: Final = f"({_MANUAL} OR {_OVERRIDE})"
_CLAIMS: Final = (
    f"SELECT v.person, v.claim, {_STATUS}, CASE v.origin WHEN 'self' THEN v.submitted_on END, v.registered, "
    "v.registered_event, v.from_position, iif(v.to_position > :upto, 0, coalesce(v.to_position, 0)), s.study, "
    f"CASE WHEN {_WORD} THEN d.assessed_centi END, CASE WHEN {_WORD} THEN d.clauses END, {_OVERRIDE}, "
    "coalesce(d.year, 0) "
    "FROM claims v JOIN studies s ON s.event = v.study_event JOIN decisions d ON d.event = v.decision_event "
    "WHERE v.status IN ('approved', 'frozen', 'revoked') AND v.from_position <= :upto"
)
_HELD: Final = "from_position, iif(to_position > :upto, 0, coalesce(to_position, 0))"
_AFFILIATIONS: Final = (
    f"SELECT person, starts, unit, region, sector, nullif(major, ''), {_HELD} FROM affiliations "
    "WHERE from_position <= :upto"
)
_DEPARTURES: Final = f"SELECT person, unit, ends, {_HELD} FROM departures WHERE from_position <= :upto"


class Snapshot:
    """Both files, each as it was at one moment, and the position up to which both speak."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        try:
            # What was told before they are opened stands in them.
            told = [Reader(one, folder).position() for one in (People(), Entries())]
            self.people, self.entries = (self._open(folder, one) for one in (People(), Entries()))
            self.position: Final = min(max(one, _position(file)) for one, file in zip(
                told, (self.people, self.entries), strict=True))
        except BaseException:
            self._stack.close()
            raise

    def _open(self, folder: Path, projection: People | Entries) -> sqlite3.Connection:
        path = path_of(folder, projection)
        if not path.exists():
            raise NotBuilt(projection.name)
        try:
            uri = f"{path.absolute().as_uri()}?mode=ro"
            connection = self._stack.enter_context(closing(sqlite3.connect(uri, uri=True, timeout=30)))
            connection.execute("BEGIN")
            _position(connection)  # A transaction begins with its first reading.
        except sqlite3.Error as error:
            raise Unreadable(path, error) from error
        return connection

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _position(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT position FROM projection").fetchone()[0])


def read_all(
    snapshot: Snapshot, progress: Progress = lambda done, total: None, *, upto: int | None = None
) -> Held:
    """Everything up to the snapshot's position, or as it was at an earlier one."""
    upto = snapshot.position if upto is None else upto
    total = snapshot.entries.execute("SELECT coalesce(max(rowid), 0) FROM claims").fetchone()[0]
    reading = _Reading(upto)
    reading.take_affiliations(snapshot.people.execute(_AFFILIATIONS, {"upto": upto}))
    reading.take_departures(snapshot.people.execute(_DEPARTURES, {"upto": upto}))
    cursor, done = snapshot.entries.execute(_CLAIMS, {"upto": upto}), 0
    progress(0, total)
    with uncollected():
        while rows := cursor.fetchmany(_AT_ONCE):
            reading.take_claims(rows)
            done += len(rows)
            progress(min(done, total), total)
    progress(total, total)
    return reading.held()


def read_people(snapshot: Snapshot, people: Sequence[str]) -> Held:
    """Everything of these people; those of whom nothing is known are there with nothing."""
    upto = snapshot.position
    reading = _Reading(upto)
    for one in people:
        reading.person(one)
    for begin in range(0, len(people), _PEOPLE_AT_ONCE):
        some = people[begin:begin + _PEOPLE_AT_ONCE]
        named = {f"p{at}": one for at, one in enumerate(some)} | {"upto": upto}
        among = f" AND person IN ({', '.join(f':p{at}' for at in range(len(some)))})"
        reading.take_affiliations(snapshot.people.execute(_AFFILIATIONS + among, named))
        reading.take_departures(snapshot.people.execute(_DEPARTURES + among, named))
        reading.take_claims(snapshot.entries.execute(_CLAIMS + among.replace("person", "v.person"), named).fetchall())
    return reading.held()


def changed_since(snapshot: Snapshot, position: int) -> list[str]:
    """Whose rows began or ended after a position: all rows are looked through, which costs less than reading them."""
    found: set[str] = set()
    queries = {"claims": snapshot.entries, "affiliations": snapshot.people, "departures": snapshot.people}
    for table, connection in queries.items():
        query = f"SELECT DISTINCT person FROM {table} WHERE from_position > :since OR to_position > :since"
        found.update(person for (person,) in connection.execute(query, {"since": position}))
    return sorted(found)


@lru_cache(maxsize=65_536)
def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


class _Reading:
    """Rows on their way into columns."""

    def __init__(self, position: int) -> None:
        self._position = position
        self._people: dict[str, int] = {}
        self._units: dict[str, int] = {}
        self._zones: dict[Zone, int] = {}
        self._studies = Studies()
        self._statements: dict[tuple[int, int | None, str | None, bool], int] = {}
        self._keys: dict[tuple[int, str], int] = {}
        self._claims: list[dict[str, NDArray[Any]]] = []
        self._affiliations = {name: array("q") for name in AFFILIATIONS}
        self._departures = {name: array("q") for name in DEPARTURES}

    def person(self, name: str) -> int:
        """The number of a person."""
        return self._people.setdefault(name, len(self._people))

    def take_affiliations(self, rows: Iterator[tuple[Any, ...]] | sqlite3.Cursor) -> None:
        """Take where people belong from a day on."""
        add = [column.append for column in self._affiliations.values()]
        for person, starts, unit, region, sector, major, first, last in rows:
            zone = self._zones.setdefault(Zone(region, sector, major), len(self._zones))
            unit = self._units.setdefault(unit, len(self._units))
            row = (self.person(person), _ordinal(starts), unit, zone, first, last)
            for put, value in zip(add, row, strict=True):
                put(value)

    def take_departures(self, rows: Iterator[tuple[Any, ...]] | sqlite3.Cursor) -> None:
        """Take last days."""
        add = [column.append for column in self._departures.values()]
        for person, unit, ends, first, last in rows:
            row = (self.person(person), self._units.setdefault(unit, len(self._units)), _ordinal(ends), first, last)
            for put, value in zip(add, row, strict=True):
                put(value)

    def take_claims(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Take what was registered."""
        if not rows:
            return
        (people, claims, status, submitted, registered, registered_event, first, last, texts, confirmed, clauses,
         overrides, decided) = zip(*rows, strict=True)
        number, known = self._people.setdefault, self._people
        persons = [number(one, len(known)) for one in people]
        at = self._studies.numbers(texts)
        shape, day, year = self._studies.columns(at)
        chosen = np.array(decided, dtype=np.int16)
        columns = (
            persons, claims, status, self._statements_of(shape, confirmed, clauses, overrides), day,
            np.where(chosen == 0, year, chosen), [0 if one is None else DAYS[one] for one in submitted],
            *self._keys_of(persons, at), registered, registered_event, first, last,
        )
        self._claims.append({name: np.array(column, dtype=kind)
                             for (name, kind), column in zip(CLAIMS.items(), columns, strict=True)})

    def _statements_of(
        self, shapes: NDArray[np.int32], confirmed: Sequence[int | None], clauses: Sequence[str | None],
        overrides: Sequence[int],
    ) -> NDArray[np.int32]:
        """What was stated, and of the few that an office confirmed by hand what it said."""
        plain = np.zeros(len(self._studies.shapes), dtype=np.int32)
        for shape in np.unique(shapes).tolist():
            plain[shape] = self._statement(shape, None, None)
        found = plain[shapes]
        for row, centi in enumerate(confirmed):
            if centi is not None:
                clause = clauses[row]
                assert clause is not None, "whatever is confirmed rests on a document"
                rests, is_override = json.loads(clause), bool(overrides[row])
                document = rests[-1] if is_override else rests[0]
                found[row] = self._statement(int(shapes[row]), centi, document, is_override=is_override)
        return found

    def _statement(
        self, shape: int, centi: int | None, document: str | None, *, is_override: bool = False
    ) -> int:
        return self._statements.setdefault((shape, centi, document, is_override), len(self._statements))

    def _keys_of(self, persons: Sequence[int], at: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Occasions and outputs as numbers, a person's own; none: 0."""
        occasion, output = np.zeros(len(at), dtype=np.int32), np.zeros(len(at), dtype=np.int32)
        of = self._studies.keys
        if of:
            for row in np.flatnonzero(np.isin(at, list(of))).tolist():
                for column, text in zip((occasion, output), of[int(at[row])], strict=True):
                    if text is not None:
                        column[row] = self._keys.setdefault((persons[row], text), len(self._keys) + 1)
        return occasion, output

    def held(self) -> Held:
        """Give what was taken, in order."""
        names = np.array(list(self._people), dtype=f"S{ID_BYTES}")
        by_name = np.argsort(names, kind="stable")
        rank = np.empty(len(names), dtype=np.int32)
        rank[by_name] = np.arange(len(names), dtype=np.int32)
        claims = {name: np.concatenate([np.empty(0, kind), *(one.pop(name) for one in self._claims)])
                  for name, kind in CLAIMS.items()}
        statements = [
            Statement(text, confirmed, document, lead, readable, is_override)
            for shape, confirmed, document, is_override in self._statements
            for text, lead, readable in (self._studies.shapes[shape],)
        ]
        return Held(
            self._position, names[by_name],
            _ordered(claims, rank, "registered_event", "registered", "day"),
            _ordered(_arrays(self._affiliations, AFFILIATIONS), rank, "from_position", "starts"),
            _ordered(_arrays(self._departures, DEPARTURES), rank, "from_position", "ends", "unit"),
            tuple(statements), tuple(self._zones), tuple(self._units),
        )


def _arrays(columns: Mapping[str, array[int]], kinds: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    return {name: np.array(columns[name], dtype=kind) for name, kind in kinds.items()}


def _ordered(columns: dict[str, NDArray[Any]], rank: NDArray[np.int32], *keys: str) -> Columns:
    """By person, then by these, the last one first."""
    columns["person"] = rank[columns["person"]] if len(rank) else columns["person"]
    order = np.lexsort((*(columns[key] for key in keys), columns["person"]))
    return {name: column[order] for name, column in columns.items()}
