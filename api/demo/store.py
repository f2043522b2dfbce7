"""A store for a history that is not the present's: each append says itself when it was.

Everything else is the store's own: the same transaction, the same judging of versions and names, the same tree, and
times that only grow. Only a store of this class listens to such a time, only once it is told to, and only the demo does
that: in a running register the sequencer alone says when.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from ledger.errors import LedgerError
from ledger.stores.admission import Admission
from ledger.stores.append import Append, Outcome
from ledger.stores.sqlite import LedgerDatastore, LedgerFactory, SQLiteRecorder

_CHECKPOINT_PAGES: Final = 32_000  # 256 MiB.


class HistoryRecorder(SQLiteRecorder):
    """The ledger in one SQLite file, written as if it had been written then."""

    def __init__(self, datastore: LedgerDatastore, events_table_name: str = "events") -> None:
        super().__init__(datastore, events_table_name, clock=lambda: time.time_ns() if self.now is None else 0)
        self.now: int | None = None
        """When it is, for an append that does not say; None as long as no history is told: then it is now."""
        self._times: Sequence[int] = ()  # Of a batch that is being written.

    def tell_a_history(self) -> None:
        """Take each append's word for when it was, and wait for the disk at checkpoints alone.

        Until the end nobody is told that anything stands; the last commit is one of a store as usual, and makes all
        that is before it durable. Reserved names are random, so each batch touches pages all over: the fewer
        checkpoints, the fewer times each is copied.
        """
        self.now = 0
        with self._writing() as connection:
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")

    def _admit(self, admission: Admission, appends: Sequence[Append]) -> list[Outcome]:
        if self.now is None:
            return super()._admit(admission, appends)
        outcomes = []
        times = self._times or [self.now] * len(appends)
        for append, at in zip(appends, times, strict=True):
            admission.not_before(at)
            outcomes.append(admission.admit(append))
        return outcomes

    def append_all(self, dated: Sequence[tuple[int, Append]]) -> None:
        """Make appends durable in one transaction, each at its time; raises what the first that lost is told."""
        self._times = [at for at, _ in dated]
        try:
            for outcome in self._commit([append for _, append in dated]):
                if isinstance(outcome, LedgerError):
                    raise outcome
        finally:
            self._times = ()


class HistoryFactory(LedgerFactory):
    """Makes such a store: the `PERSISTENCE_MODULE` of a demo's ledger while it is being made."""

    application_recorder_class = HistoryRecorder
