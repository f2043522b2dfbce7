"""A snapshot of traces and clues, of which patterns are asked: read-only, of one moment, what is touched beside it.

A pattern sees these tables and nothing else, and can change none of them.

`tests/projections/findings/test_findings_run.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from projections.errors import NotBuilt
from projections.files.reader import Reader
from projections.findings import touching
from projections.findings.patterns import COLUMNS, LISTED, LISTS, Pattern, PatternMalformed
from projections.findings.traces import Traces

_CACHE_KIB: Final = 2 * 1024
"""Of each file. What moved leads to few pages, which are in the system's cache: a service looks every few seconds, and
with more room each look kept, for its moment, as much as the register had grown by."""
_WHOLE_CACHE_KIB: Final = 64 * 1024
_LOOK_EVERY: Final = 100_000
"""So many steps of SQLite's machine: some milliseconds."""


class Interrupted(Exception):
    """Whoever asked for it asks for it no longer."""


class Row(NamedTuple):
    """What a pattern gives: lists and objects as canonical JSON, so that equal ones are equal texts."""

    about: str
    region: str | None
    sector: str | None
    persons: str
    claims: str
    actors: str
    organisers: str
    events: str
    counter: str
    figures: str


class Found(NamedTuple):
    """A row, and every key that leads to it."""

    row: Row
    keys: tuple[tuple[str, str], ...]   # By kind: person, claim, actor, organiser, or looked.


class Snapshot:
    """Both files as of one moment. That of the clues begins when they are first asked: bring them as far before.

    `stop` is asked now and then whether to give up; then what is being asked raises Interrupted.
    """

    def __init__(self, folder: Path, clues: Path, stop: Callable[[], bool] = lambda: False) -> None:
        traces = Reader(Traces(), folder)
        told = traces.position()  # Before the snapshot, so that it holds all of that. Raises NotBuilt.
        self._folder, self._clues, self._stop = folder, clues, stop
        self.connection: Final = sqlite3.connect(":memory:", uri=True, isolation_level=None, check_same_thread=False)
        try:
            for name, path in (("traces", traces.path), ("clues", clues)):
                self._attach(name, path)
            self._keep(_CACHE_KIB)
            touching.prepare(self.connection)
            self.connection.execute("BEGIN")
            (own,) = self.connection.execute("SELECT position FROM traces.projection").fetchone()
        except BaseException:
            self.connection.close()
            raise
        self.position: Final = max(told, int(own))
        self.connection.set_progress_handler(stop, _LOOK_EVERY)

    def _attach(self, name: str, path: Path) -> None:
        if not path.exists():
            raise NotBuilt(name)
        self.connection.execute(f"ATTACH ? AS {name}", (f"{path.absolute().as_uri()}?mode=ro",))

    def _keep(self, kib: int) -> None:
        for name in ("traces", "clues"):
            self.connection.execute(f"PRAGMA {name}.cache_size=-{kib}")

    def look_at_everything(self) -> None:
        """Keep more of the files from now on: the same pages are met again and again."""
        self._keep(_WHOLE_CACHE_KIB)

    def another(self) -> Snapshot:
        """One more for another thread, of this moment or a little later: what it sees besides will be touched again."""
        return Snapshot(self._folder, self._clues, self._stop)

    def close(self) -> None:
        """Let go of it."""
        self.connection.close()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def or_stopped(self) -> Iterator[None]:
        """Ask for long; raises Interrupted where whoever asks has given up."""
        if self._stop():
            raise Interrupted
        try:
            yield
        except sqlite3.OperationalError:
            if self._stop():
                raise Interrupted from None
            raise

    def ask(self, pattern: Pattern, thresholds: Mapping[str, int | str]) -> Iterator[Found]:
        """Ask a pattern about what is touched; raises PatternMalformed where it gives other columns than it should."""
        with self.or_stopped():
            cursor = self.connection.execute(pattern.sql, pattern.bound(thresholds))
            columns = [column[0] for column in cursor.description]
            if columns not in ([*COLUMNS], [*COLUMNS, "looked"]):
                raise PatternMalformed(pattern.id, f"结果的列须依次为 {'、'.join(COLUMNS)}（其后可有 looked）")
            for row in cursor:
                yield _found(pattern, row)


_decode = msgspec.json.decode
_encode = msgspec.json.encode


def _found(pattern: Pattern, row: tuple[Any, ...]) -> Found:
    """Read a row; lists are put in order, each id once."""
    told = dict(zip(COLUMNS, row, strict=False))
    lists = {name: sorted(set(_decode(told[name]))) for name in (*LISTS, "events")}
    for name in ("counter", "figures"):
        if not isinstance(said := _decode(told[name]), dict):
            raise PatternMalformed(pattern.id, f"{name} 不是 JSON 对象")
        told[name] = _encode(said).decode()
    if not isinstance(told["about"], str) or not lists["events"]:
        raise PatternMalformed(pattern.id, "about 须为文字，events 不得为空")
    keys = [(kind, one) for kind in LISTED for one in lists[f"{kind}s"]]
    keys += [("looked", one) for one in (_decode(row[-1]) if len(row) > len(COLUMNS) else ())]
    return Found(Row(**{**told, **{name: _encode(one).decode() for name, one in lists.items()}}),
                 tuple(dict.fromkeys(keys)))
