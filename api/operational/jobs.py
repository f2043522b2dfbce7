"""Jobs: what takes too long for a request, in the order in which it was asked for. Operational, not proven.

A job is queued, running, and then done, failed or cancelled for good; whoever changes its state names the one that it
had, so that of two who would end it one does. What was asked, as it was understood, and what came of it stand in its
row, so that whatever process runs it next asks the very same. Files that a job made lie beside (`api.replays.runner`):
they are cleared away after a month (an announced report later: `api.cases.law.kept_reports`), the row when the key
under which it was asked for is forgotten. There are three runners: of replays and of what checks them; of what a case
does to many entries; of bundles of large cases (`api.service.bulk_runner`).

`tests/api/test_jobs.py` shows it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from api.operational.place import Operational
from ledger.errors import LedgerError
from ledger.stores.append import KeyReused, RequestKey
from ledger.stores.portable import Asked

if TYPE_CHECKING:
    from api.operational.place import Place

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
OPEN: Final = (QUEUED, RUNNING)
REPLAY, REPLAY_CHECK, CASE_BULK, CASE_BUNDLE = "replay", "replay_check", "case_bulk", "case_bundle"
_RUN_BY: Final = {REPLAY_CHECK: REPLAY}
"""A check asks everything that the replay asked: the two wait in one queue. Each other kind has its own."""

KEPT_S: Final = 30 * 86_400
REMEMBERED_S: Final = 400 * 86_400   # Thirteen months and a few days, as every other request is.
WAITING_MOST: Final = 20
"""So many of one owner's may be open: a queue that grows without end answers nobody."""

_SECOND: Final = 1_000_000
_LOOKED_BACK: Final = 100
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS job (
    job          TEXT PRIMARY KEY,
    owner        TEXT NOT NULL,
    region       TEXT NOT NULL,
    sector       TEXT,
    trace        TEXT NOT NULL,
    asked        BLOB NOT NULL,
    question     BLOB NOT NULL,
    cost         BLOB NOT NULL,
    made_at      INTEGER NOT NULL,
    request      BLOB NOT NULL UNIQUE,
    fingerprint  BLOB NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    begun_at     INTEGER,
    ended_at     INTEGER,
    tries        INTEGER NOT NULL DEFAULT 0,
    progress     BLOB,
    outcome      BLOB,
    cancelled_by TEXT,
    is_cleared   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS job_by_owner ON job (owner, job);
CREATE INDEX IF NOT EXISTS job_by_state ON job (state, made_at, job);
"""


class Job(NamedTuple):
    """A job as it stands."""

    job: str
    owner: str                # The actor who asked for it.
    region: str               # Where it is about: a prefix, as scopes have it,
    sector: str | None        # and of which sector.
    trace: str                # The request that asked for it.
    asked: dict[str, Any]     # What the process that does it is told.
    question: dict[str, Any]  # What was understood, with everything settled that it rests on.
    cost: dict[str, Any]      # What it was reckoned to take.
    made_at: int              # Microseconds since 1970, as the others.
    state: str = QUEUED
    begun_at: int | None = None
    ended_at: int | None = None
    tries: int = 0
    progress: dict[str, Any] | None = None
    outcome: dict[str, Any] | None = None   # What it came to, or why it came to nothing.
    cancelled_by: str | None = None
    is_cleared: bool = False  # Whether its files are gone.

    @property
    def kind(self) -> str:
        """Who does it. It stands in what was asked; of a replay, which was the first kind, nothing does."""
        return str(self.asked.get("kind", REPLAY))

    @property
    def queue(self) -> str:
        """The kind in whose queue it waits."""
        return _RUN_BY.get(self.kind, self.kind)

    @property
    def kept_until(self) -> int | None:
        """Until when its files are kept."""
        return None if self.ended_at is None else self.ended_at + KEPT_S * _SECOND


class Outcome(NamedTuple):
    """How a job ended, and what it came to."""

    state: str
    told: dict[str, Any]


class Full(NamedTuple):
    """The owner has as many open jobs as anybody may."""

    waiting: int


class JobKeyReused(KeyReused):
    """The idempotency key was used before, for another job: no event says which."""

    def __init__(self, job: str) -> None:
        LedgerError.__init__(self, f"该 Idempotency-Key 已用于另一请求（{job}），内容与本次不同。新的请求请换新的键。")


class Jobs(Operational):
    """The table, used by every thread of a process under one lock; several processes may open the file at once."""

    def __init__(self, place: Place) -> None:
        super().__init__(place, SCHEMA)

    # By whoever asks

    def asked_by(self, request: RequestKey) -> Job | None:
        """The job that this very request asked for; raises JobKeyReused."""
        with self._using() as file:
            return _asked_by(file, request)

    def add(self, job: Job, request: RequestKey) -> Job | Full:
        """Queue a job, or give the one that this request queued before; raises JobKeyReused."""
        with self._writing(job.owner) as file:
            if (stands := _asked_by(file, request)) is not None:
                return stands
            (count,) = file.execute("SELECT COUNT(*) FROM job WHERE owner = ? AND state IN (?, ?)",
                                    (job.owner, *OPEN)).fetchone()
            if count >= WAITING_MOST:
                return Full(count)
            file.execute(
                "INSERT INTO job (job, owner, region, sector, trace, asked, question, cost, made_at, request, "
                "fingerprint, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (job.job, job.owner, job.region, job.sector, job.trace, _written(job.asked), _written(job.question),
                 _written(job.cost), job.made_at, request.key, request.fingerprint, job.state))
        return job

    def find(self, job: str) -> Job | None:
        """Give a job."""
        with self._using() as file:
            return _one(file, "WHERE job = ?", (job,))

    def of(self, owner: str, *, before: str | None, limit: int) -> list[Job]:
        """The jobs that somebody asked for, newest first."""
        with self._using() as file:
            rows = file.execute(
                f"{_SELECT} WHERE owner = ? AND (CAST(? AS TEXT) IS NULL OR job < ?) ORDER BY job DESC LIMIT ?",
                (owner, before, before, limit)).fetchall()
        return [_read(row) for row in rows]

    def count(self) -> dict[str, int]:
        """How many there are in each state."""
        with self._using() as file:
            found = file.execute("SELECT state, COUNT(*) FROM job GROUP BY state ORDER BY state").fetchall()
        return dict.fromkeys((QUEUED, RUNNING, DONE, FAILED, CANCELLED), 0) | dict(found)

    def ahead(self, job: str) -> int:
        """How many are to be done before a job that waits."""
        waiting = self._open()
        queue = next((one.queue for one in waiting if one.job == job), None)
        names = [one.job for one in waiting if one.queue == queue]
        return names.index(job) if job in names else 0

    def open_of(self, kind: str) -> list[Job]:
        """Those of the queue of one kind that are not over, in order."""
        return [one for one in self._open() if one.queue == kind]

    def about(self, digest: str) -> list[Job]:
        """The jobs that made a report or check it, done or still open, newest first."""
        with self._using() as file:
            rows = file.execute("SELECT job, outcome FROM job WHERE state = ?", (DONE,)).fetchall()
            named = [job for job, outcome in rows if digest.encode() in bytes(outcome)]  # Few are read for it.
            done = [one for job in named if (one := _one(file, "WHERE job = ?", (job,))) is not None
                    and one.outcome is not None and one.outcome.get("digest") == digest]
        still = [one for one in self.open_of(REPLAY) if one.asked.get("digest") == digest]
        return sorted((*done, *still), key=lambda one: one.job, reverse=True)

    def _open(self) -> list[Job]:
        with self._using() as file:
            rows = file.execute(f"{_SELECT} WHERE state IN (?, ?) ORDER BY made_at, job", OPEN).fetchall()
        return [_read(row) for row in rows]

    def cancel(self, job: str, *, by: str, now: int) -> bool:
        """End a job that is not over; False where it is. Whoever runs it finds that it is not to be done any more."""
        with self._using() as file:
            return file.execute(
                "UPDATE job SET state = ?, ended_at = ?, cancelled_by = ? WHERE job = ? AND state IN (?, ?)",
                (CANCELLED, now, by, job, *OPEN)).rowcount > 0

    def last_done(self) -> Job | None:
        """The replay that came to its end last: how long it took says how long the next one will."""
        with self._using() as file:
            rows = file.execute(f"{_SELECT} WHERE state = ? ORDER BY ended_at DESC LIMIT ?", (DONE, _LOOKED_BACK))
            return next((one for one in map(_read, rows) if one.kind == REPLAY), None)

    # By whoever does them

    def next(self, but: Collection[str], kind: str = REPLAY) -> Job | None:
        """The first that is to be done and is none of these; one that runs was left by a process that is gone."""
        return next((one for one in self.open_of(kind) if one.job not in but), None)

    def begin(self, job: str, *, now: int) -> bool:
        """Say that a job runs from here on; False where it is over."""
        with self._using() as file:
            return file.execute(
                "UPDATE job SET state = ?, begun_at = ?, tries = tries + 1, progress = NULL "
                "WHERE job = ? AND state IN (?, ?)", (RUNNING, now, job, *OPEN)).rowcount > 0

    def put_back(self, job: str) -> None:
        """Let a job wait again, as if it had not been begun: the service stops, and it is not its fault."""
        with self._using() as file:
            file.execute("UPDATE job SET state = ?, begun_at = NULL, tries = tries - 1, progress = NULL "
                               "WHERE job = ? AND state = ?", (QUEUED, job, RUNNING))

    def tell(self, job: str, progress: Mapping[str, Any]) -> None:
        """Say how far a job is."""
        with self._using() as file:
            file.execute("UPDATE job SET progress = ? WHERE job = ? AND state = ?",
                               (_written(progress), job, RUNNING))

    def end(self, job: str, state: str, outcome: Mapping[str, Any], *, now: int) -> bool:
        """Say what a running job came to; False where somebody ended it before."""
        with self._using() as file:
            return file.execute(
                "UPDATE job SET state = ?, outcome = ?, ended_at = ?, progress = NULL WHERE job = ? AND state = ?",
                (state, _written(outcome), now, job, RUNNING)).rowcount > 0

    def is_running(self, job: str) -> bool:
        """Say whether a job that was begun is still to be done."""
        with self._using() as file:
            return file.execute("SELECT 1 FROM job WHERE job = ? AND state = ?", (job, RUNNING)).fetchone() \
                is not None

    # By whoever tidies

    def past(self, *, now: int) -> list[str]:
        """The jobs whose files are to be cleared away: they ended a month ago."""
        with self._using() as file:
            rows = file.execute("SELECT job FROM job WHERE is_cleared = 0 AND ended_at <= ?",
                                      (now - KEPT_S * _SECOND,)).fetchall()
        return [job for (job,) in rows]

    def cleared(self, job: str) -> None:
        """Note that the files of a job are gone."""
        with self._using() as file:
            file.execute("UPDATE job SET is_cleared = 1 WHERE job = ?", (job,))

    def forget(self, *, now: int) -> None:
        """Drop what was asked for so long ago that its key is forgotten everywhere."""
        with self._using() as file:
            file.execute("DELETE FROM job WHERE is_cleared = 1 AND made_at <= ?", (now - REMEMBERED_S * _SECOND,))


_SELECT: Final = f"SELECT {', '.join(Job._fields)} FROM job"
_SPELLED: Final = frozenset({"asked", "question", "cost", "progress", "outcome"})


def _asked_by(file: Asked, request: RequestKey) -> Job | None:
    row = file.execute("SELECT job, fingerprint FROM job WHERE request = ?", (request.key,)).fetchone()
    if row is None:
        return None
    if row[1] != request.fingerprint:
        raise JobKeyReused(row[0])
    return _one(file, "WHERE job = ?", (row[0],))


def _one(file: Asked, where: str, values: tuple[Any, ...]) -> Job | None:
    row = file.execute(f"{_SELECT} {where}", values).fetchone()
    return None if row is None else _read(row)


def _read(row: tuple[Any, ...]) -> Job:
    named = dict(zip(Job._fields, row, strict=True))
    for name in _SPELLED:
        if named[name] is not None:
            named[name] = msgspec.json.decode(named[name], type=dict[str, Any])
    return Job(**{**named, "is_cleared": bool(named["is_cleared"])})


def _written(value: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(value)
