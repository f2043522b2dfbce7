"""Recording: decided events are gathered and written in batches of up to 2,000, each at its own time.

The keys of a batch's new people are made durable together, before their first event, as always. Versions are the
writer's to know: nobody else writes, and the store demands them all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from api.demo.store import HistoryRecorder
from ledger.errors import Refusal
from ledger.events.base import By, Draft
from ledger.ledger import Deciding, Ledger
from ledger.stores.append import EVENTS_MAX
from ledger.streams.decision import Decision
from ledger.vocabulary import StreamId

_Waiting = tuple[int, tuple[Draft, ...], By, Mapping[StreamId, int]]


class NotAsPlanned(Exception):
    """The history wanted something that the ledger refuses, which is a fault of the demo."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code} {refusal.seen}")


def decided(decision: Decision) -> tuple[Draft, ...]:
    """What was decided; raises NotAsPlanned."""
    if isinstance(decision, Refusal):
        raise NotAsPlanned(decision)
    return decision


class Pen:
    """Writes to a ledger whose store lets each append say when it was."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger: Final = ledger
        self._store = cast("HistoryRecorder", ledger.store)
        self._store.tell_a_history()
        self._waiting: list[_Waiting] = []
        self._events = 0
        self.written = 0

    def write(
        self, at: int, decision: Decision, by: By, versions: Mapping[str, int] | None = None
    ) -> list[Any]:
        """Record what was decided at a time, upon the versions that were read; a stream that is not named is new.

        Gives the events, for whoever keeps the states.
        """
        drafts = decided(decision)
        if self._events + len(drafts) > EVENTS_MAX:
            self.flush()
        self._waiting.append((at, drafts, by, cast("Mapping[StreamId, int]", versions or {})))
        self._events += len(drafts)
        return [draft.event for draft in drafts]

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        ledger = self.ledger
        ledger.make_keys(draft for _, drafts, _, _ in self._waiting for draft in drafts)
        self._store.append_all([
            (at, ledger.encoded(drafts, by=by, versions=versions)) for at, drafts, by, versions in self._waiting])
        self.written += self._events
        self._waiting, self._events = [], 0

    def destroy_key(self, at: int, person: str, decision: Callable[[], Deciding], by: By) -> None:
        """Record that a person's key is destroyed, and destroy it, as the ledger does it."""
        self.flush()
        self._store.now = at
        outcome = self.ledger.destroy_key(person, decision, by=by)
        if isinstance(outcome, Refusal):
            raise NotAsPlanned(outcome)
        self.written += outcome.events
