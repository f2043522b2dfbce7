"""Acts larger than one transaction, run: opened with the digest of their list, written in chunks, closed or abandoned.

    act = open_act(ledger, kind="roster", rows=50_000, list_sha256=..., by=by, now_ms=...)
    while act.rows_next:
        act.write(drafts_of_rows, rows=act.rows_next)    # a killed run goes on here, after `resume_act`
    act.close()

What may be done is decided in `ledger.streams.act`, and its refusals come out as they are; here it is only read,
recorded and remembered. Each chunk is one transaction with its own count in the act's stream, so after a kill the
number of rows done is known exactly and no row is written twice. Until the act is closed its rows count in no answer,
and the streams they touch are held (`Ledger.load`); once it is abandoned they never count, and the names they reserved
are free again (`ledger.stores.names`).

`tests/ledger/test_acts.py` shows it, with a kill in the middle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import msgspec

from ledger.errors import Refusal
from ledger.events.act import ActEvent
from ledger.events.base import By, Draft
from ledger.ids import new_id
from ledger.ledger import DECISIONS_MAX, Ledger
from ledger.stores.append import AnyGuard, Conflict, Receipt
from ledger.streams import act as acts
from ledger.streams.decision import Decision
from ledger.vocabulary import ActId, StreamId

_Rows = TypeVar("_Rows")
_Outcome = TypeVar("_Outcome")

CHUNK: Final = 500  # Rows, each of three events at most, with their count fit one append (`EVENTS_MAX`).
CHUNK_REGISTERED: Final = 999
"""The same of rows that are submitted and approved in one breath, two events each.

Names that rows reserve lie scattered, so that every commit rewrites most pages of a long list's: half as many commits
write half as much.
"""


def insist(write: Callable[[_Rows], _Outcome], rows: _Rows) -> _Outcome:
    """Write the next rows; where somebody else has just written to what they rest on, read and decide them again."""
    for _ in range(DECISIONS_MAX - 1):
        with suppress(Conflict):
            return write(rows)
    return write(rows)


class Act:
    """An act as it was read: what it has come to, and how it goes on."""

    def __init__(self, ledger: Ledger, act: ActId, by: By, *, list_sha256: str) -> None:
        self.id = act
        self._ledger = ledger
        self._by = msgspec.structs.replace(by, act=act)
        self._list_sha256 = list_sha256
        self.state, self.version = ledger.load_act(act)

    @property
    def rows_done(self) -> int:
        """How many rows of the list stand."""
        return 0 if self.state is None else self.state.rows_done

    @property
    def rows_next(self) -> int:
        """How many rows the next chunk holds; 0 when all are written."""
        return 0 if self.state is None else self.state.rows_next

    def write(
        self,
        drafts: Sequence[Draft],
        *,
        rows: int,
        versions: Mapping[StreamId, int] | None = None,
        guards: Sequence[AnyGuard] = (),
    ) -> Receipt | Refusal:
        """Write the next rows of the list, all or nothing, together with the count of what is done."""
        command = acts.WriteChunk(rows=rows, list_sha256=self._list_sha256)
        return self._record(acts.decide_chunk(self.state, command), drafts, versions or {}, guards)

    def close(self) -> Receipt | Refusal:
        """Put every row in force at once."""
        return self._record(acts.decide_act_closing(self.state, acts.CloseAct()))

    def abandon(self) -> Receipt | Refusal:
        """Give it up: none of its rows will ever count."""
        return self._record(acts.decide_abandonment(self.state, acts.AbandonAct()))

    def _record(
        self,
        decision: Decision,
        rows: Sequence[Draft] = (),
        versions: Mapping[StreamId, int] = {},
        guards: Sequence[AnyGuard] = (),
    ) -> Receipt | Refusal:
        if isinstance(decision, Refusal):
            return decision
        read = {**versions, StreamId(self.id): self.version}
        receipt = self._ledger.record([*rows, *decision], by=self._by, versions=read, guards=guards)
        for draft in decision:
            assert isinstance(draft.event, ActEvent), "what is decided about an act happens to it"
            self.state = acts.evolve(self.state, draft.event)
            self.version += 1
        return receipt


def open_act(
    ledger: Ledger, *, kind: str, rows: int, list_sha256: str, by: By, now_ms: int, chunk: int = CHUNK
) -> Act | Refusal:
    """Open an act for a list that is fixed by its digest."""
    act = Act(ledger, ActId(new_id("act", now_ms=now_ms)), by, list_sha256=list_sha256)
    command = acts.OpenAct(act=act.id, kind=kind, rows=rows, chunk=chunk, list_sha256=list_sha256)
    opened = act._record(acts.decide_opening(act.state, command))
    return opened if isinstance(opened, Refusal) else act


def resume_act(ledger: Ledger, act: ActId, *, list_sha256: str, by: By) -> Act | Refusal:
    """Go on with an act after a kill, with the list it was opened with or not at all."""
    resumed = Act(ledger, act, by, list_sha256=list_sha256)
    standing = acts.going_on(resumed.state, list_sha256)
    return standing if isinstance(standing, Refusal) else resumed
