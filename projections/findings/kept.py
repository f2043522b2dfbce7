"""The open file of findings: what a pattern found is written together with the position that it reflects.

Whoever has the right to write it sees to it that nobody else does (`running.py`). A finding that is found as it was
stays as old as it is; one that is found otherwise begins a new form; one that was looked for and is found no more ends.

`tests/projections/findings/test_findings_run.py` shows it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from ledger.ledger import Ledger
from projections.files.build import opened
from projections.files.places import is_doubted
from projections.findings.findings_file import FindingsFile
from projections.findings.found import facts_sha256, finding_id
from projections.findings.patterns import SEVERITIES, Pattern
from projections.findings.snapshot import Found

_TOLD: Final = ("version", "severity", "region", "sector", "persons", "claims", "actors", "organisers", "events",
                "counter", "figures", "thresholds")
"""What a form is: where one of these is another, another form begins."""
_MANY: Final = 10_000


Form = tuple[tuple[Any, ...], frozenset[tuple[str, str]]]
"""The values of `_TOLD`, and the keys."""


class Asked(NamedTuple):
    """What was asked of a pattern last."""

    fingerprint: str
    position: int
    run_at: int


class Held(NamedTuple):
    """A form that holds."""

    finding: str
    from_position: int
    since_position: int
    form: Form


class Came(NamedTuple):
    """What a run came to, of one pattern: how many hold now; how many began, changed or ended."""

    pattern: str
    is_whole: bool   # It was asked about the whole past.
    findings: int
    begun: int
    changed: int
    ended: int


class Kept:
    """The open file."""

    def __init__(self, ledger: Ledger, path: Path, patterns: Iterable[Pattern]) -> None:
        self._ledger, self._path = ledger, path
        known = tuple(patterns)
        self._known = frozenset(one.id for one in known)
        self._leading = frozenset(one.id for one in known if not one.looks_at_everything)
        self._file = opened(FindingsFile(), path, ledger)
        self.connection: Final = self._file.connection
        self._inode = path.stat().st_ino

    def close(self) -> None:
        """Let go of it."""
        self.connection.close()

    def changes(self) -> int:
        """The file's own counter of what others changed in it."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def is_fit(self) -> bool:
        """Say whether it is still the file of its name, and nobody doubts it."""
        return self._path.exists() and self._path.stat().st_ino == self._inode and not is_doubted(self._path)

    # What stands

    def asked(self) -> dict[str, Asked]:
        """Of each pattern what was asked last."""
        rows = self._rows("SELECT pattern, fingerprint, position, run_at FROM asked")
        return {pattern: Asked(*row) for pattern, *row in rows}

    def named(self, ids: Collection[str]) -> dict[str, set[str]]:
        """Of each pattern the findings that hold and name one of these ids, whatever it is to them."""
        found: dict[str, set[str]] = {}
        listed = sorted(ids)
        for at in range(0, len(listed), _MANY):
            for pattern, finding in self._rows(
                    "SELECT DISTINCT f.pattern, f.finding FROM json_each(?) i CROSS JOIN member m ON m.id = i.value "
                    "CROSS JOIN finding f ON f.finding = m.finding AND f.from_position = m.from_position "
                    "WHERE f.to_position IS NULL", (_listed(listed[at:at + _MANY]),)):
                found.setdefault(pattern, set()).add(finding)
        return found

    def keys_of(self, findings: Collection[str]) -> set[tuple[str, str]]:
        """Every key of some findings that hold, by kind."""
        return set(self._rows(
            "SELECT m.kind, m.id FROM json_each(?) i CROSS JOIN finding f ON f.finding = i.value "
            "CROSS JOIN member m ON m.finding = f.finding AND m.from_position = f.from_position "
            "WHERE f.to_position IS NULL", (_listed(findings),)))

    # Papers that are being read

    def reading(self) -> list[str]:
        """The claims of which papers were to be read since the last run: what came of that has to be looked at."""
        return [claim for (claim,) in self._rows("SELECT claim FROM reading ORDER BY claim")]

    def note_reading(self, claims: Iterable[str]) -> None:
        """Remember of which claims papers are going to be read, so that no kill lets it be forgotten."""
        with self.one_commit():
            self.connection.executemany("INSERT OR IGNORE INTO reading VALUES (?)", ((claim,) for claim in claims))

    def looked_at(self, asked: Collection[str]) -> None:
        """Forget them, once every pattern was asked about them."""
        if self._leading.issubset(asked):
            self.connection.execute("DELETE FROM reading")

    # Writing

    @contextmanager
    def one_commit(self) -> Iterator[None]:
        """Let everything that is written stand together or not at all."""
        with self._file.one_commit():
            yield

    def write(
        self, pattern: Pattern, thresholds: Mapping[str, int | str], found: Iterable[Found], *, at: int, run_at: int,
        looked: Collection[str] | None,
    ) -> Came:
        """Let what a pattern found stand as of a position; of what holds, only findings that were `looked` for may end.

        None: all of it. Whoever calls it holds the transaction, which position and rows are of (`one_commit`).
        """
        said = msgspec.json.encode(dict(sorted(thresholds.items()))).decode()
        forms = {finding_id(pattern.id, one.row.about): (one, _form(pattern, said, one)) for one in found}
        begun = changed = ended = 0
        held = self._held(pattern.id, looked, forms)
        for finding, former in held.items():
            if finding not in forms or forms[finding][1] != former.form:
                self._end(former, at)
                ended += finding not in forms
        for finding, (one, form) in forms.items():
            since = held[finding].since_position if finding in held else at
            if finding not in held or form != held[finding].form:
                self._begin(pattern, finding, one, form, at, since, run_at)
                begun, changed = begun + (finding not in held), changed + (finding in held)
        self._note(pattern, thresholds, at, run_at)
        self._reach()
        return Came(pattern.id, looked is None, self._count(pattern.id), begun, changed, ended)

    def drop_unknown(self, at: int) -> None:
        """Let nothing hold of patterns that there are no longer."""
        for pattern in self.asked().keys() - self._known:
            for form in self._held(pattern, None, ()).values():
                self._end(form, at)
            self.connection.execute("DELETE FROM asked WHERE pattern = ?", (pattern,))

    def _held(self, pattern: str, looked: Collection[str] | None, forms: Collection[str]) -> dict[str, Held]:
        """The forms that hold of what was looked at, by finding."""
        query = (f"SELECT finding, from_position, since_position, {', '.join(_TOLD)} FROM finding "
                 "WHERE pattern = ? AND to_position IS NULL")
        values: tuple[Any, ...] = (pattern,)
        if looked is not None:
            query += " AND finding IN (SELECT value FROM json_each(?))"
            values += (_listed({*looked, *forms}),)
        found = {}
        for finding, from_position, since, *told in self._rows(query, values):
            members = self._rows("SELECT kind, id FROM member WHERE finding = ? AND from_position = ?",
                                 (finding, from_position))
            found[finding] = Held(finding, from_position, since, (tuple(told), frozenset(members)))
        return found

    def _end(self, form: Held, at: int) -> None:
        """Let a form hold no longer; one that began where it ends was never told of."""
        key = (form.finding, form.from_position)
        if form.from_position < at:
            self.connection.execute(
                "UPDATE finding SET to_position = ? WHERE finding = ? AND from_position = ?", (at, *key))
            return
        for table in ("finding", "member"):
            self.connection.execute(f"DELETE FROM {table} WHERE finding = ? AND from_position = ?", key)

    def _begin(
        self, pattern: Pattern, finding: str, one: Found, form: Form, at: int, since: int, run_at: int
    ) -> None:
        row = one.row
        values = {
            **dict(zip(_TOLD, form[0], strict=True)), "finding": finding, "pattern": pattern.id,
            "rank": SEVERITIES.index(pattern.severity), "about": row.about,
            "facts_sha256": facts_sha256(row.events, row.claims, row.figures), "since_position": since,
            "run_at": run_at, "from_position": at}
        self.connection.execute(
            f"INSERT INTO finding ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
            tuple(values.values()))
        self.connection.executemany("INSERT INTO member VALUES (?, ?, ?, ?)",
                                    ((finding, at, kind, id_) for kind, id_ in one.keys))

    def _note(self, pattern: Pattern, thresholds: Mapping[str, int | str], at: int, run_at: int) -> None:
        """Remember what was asked; `whole_position` stays that of the first time, which is about the whole past."""
        self.connection.execute(
            "INSERT INTO asked VALUES (:pattern, :version, :fingerprint, :at, :at, :run_at) ON CONFLICT (pattern) DO "
            "UPDATE SET version = :version, fingerprint = :fingerprint, position = :at, run_at = :run_at", {
                "pattern": pattern.id, "version": pattern.version, "fingerprint": pattern.fingerprint(thresholds),
                "at": at, "run_at": run_at})

    def _reach(self) -> None:
        """Speak as far as every pattern was asked; not at all while one never was.

        Those that compare everything are asked seldom: nobody waits for them, and `asked` says as of where they were.
        """
        positions = {pattern: one.position for pattern, one in self.asked().items()}
        at = min(positions[one] for one in self._leading) if positions.keys() >= self._known else 0
        leaf = self._ledger.store.leaves(at - 1, 1) if at else []  # None where the log was restored to before it.
        digest = hashlib.sha256(leaf[0]).hexdigest() if leaf else ""
        self.connection.execute("UPDATE projection SET position = ?, leaf_sha256 = ?", (at, digest))

    def _count(self, pattern: str) -> int:
        query = "SELECT count(*) FROM finding WHERE pattern = ? AND to_position IS NULL"
        return int(self._rows(query, (pattern,))[0][0])

    def _rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, values).fetchall()


def _form(pattern: Pattern, thresholds: str, one: Found) -> Form:
    row = one.row
    return (pattern.version, pattern.severity, row.region, row.sector, row.persons, row.claims, row.actors,
            row.organisers, row.events, row.counter, row.figures, thresholds), frozenset(one.keys)


def _listed(ids: Iterable[str]) -> str:
    return msgspec.json.encode(sorted(ids)).decode()


def content(connection: sqlite3.Connection) -> str:
    """The digest of what holds: the same however the runs fell, and whatever store the log stands in."""
    digest = hashlib.sha256()
    for row in connection.execute(f"SELECT finding, pattern, about, facts_sha256, {', '.join(_TOLD)} FROM finding "
                                  "WHERE to_position IS NULL ORDER BY finding"):
        digest.update(msgspec.json.encode(row))
    for row in connection.execute("SELECT m.finding, m.kind, m.id FROM finding f CROSS JOIN member m USING "
                                  "(finding, from_position) WHERE f.to_position IS NULL ORDER BY 1, 2, 3"):
        digest.update(msgspec.json.encode(row))
    return digest.hexdigest()
