"""Acts larger than one transaction: opened with the digest of their list, written in chunks, closed, or abandoned.

    act = open_act(ledger, kind="roster", rows=50_000, list_sha256=..., by=by, now_ms=...)
    act.write(drafts_of_rows)    # again and again; a killed run goes on at `act.rows_done`
    act.close()

Each chunk is one transaction with its own count in the act's stream, so after a kill the number of rows done is known
exactly and no row is written twice. Until the act is closed its rows count in no answer, and the streams they touch
are held (`Ledger.load`); once it is abandoned they never count.

`tests/ledger/test_acts.py` shows it, with a kill in the middle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ledger.envelope import decode
from ledger.errors import LedgerError
from ledger.events.act import ActAbandoned, ActChunkWritten, ActClosed, ActOpened
from ledger.events.base import By, Draft
from ledger.ids import new_id
from ledger.ledger import Ledger
from ledger.stores.append import Guard, Receipt
from ledger.vocabulary import ActId, StreamId

CHUNK: Final = 1_000


class NoSuchAct(LedgerError):
    """There is no act of that id."""

    code = "no_such_act"

    def __init__(self, act: str) -> None:
        self.act = act
        super().__init__(f"没有批次 {act}。请核对批次号。")


class ActOver(LedgerError):
    """The act was closed or abandoned: nothing more can be written to it."""

    code = "act_over"

    def __init__(self, act: str, standing: str) -> None:
        self.act, self.standing = act, standing
        words = "关闭" if standing == "closed" else "放弃"
        super().__init__(f"批次 {act} 已{words}，不能再写入。如需补充，请另开批次。")


class ActIncomplete(LedgerError):
    """The act cannot be closed: rows of its list are missing, or there are more than it was opened with."""

    code = "act_incomplete"

    def __init__(self, act: str, *, rows: int, rows_done: int) -> None:
        self.act, self.rows, self.rows_done = act, rows, rows_done
        super().__init__(
            f"批次 {act} 登记时有 {rows} 行，写入的是 {rows_done} 行：不能关闭。请核对名册，从未写入的行继续，或放弃。"
        )


class Act:
    """An open act: where it stands, and how it goes on."""

    def __init__(self, ledger: Ledger, act: ActId, by: By) -> None:
        self._ledger = ledger
        self._by = msgspec.structs.replace(by, act=act)
        self.id = act
        events = [decode(leaf).event for _, leaf in ledger.store.stream(act)]
        if not events or not isinstance(events[0], ActOpened):
            raise NoSuchAct(act)
        self.opened: ActOpened = events[0]
        self.version = len(events)
        self.rows_done = next((event.rows_done for event in reversed(events) if isinstance(event, ActChunkWritten)), 0)
        self._demand_open()

    def write(
        self,
        drafts: Sequence[Draft],
        *,
        rows: int,
        versions: Mapping[StreamId, int] | None = None,
        guards: Sequence[Guard] = (),
    ) -> Receipt:
        """Write the next `rows` rows of the list, all or nothing, together with the count of what is done."""
        if self.rows_done + rows > self.opened.rows:
            raise ActIncomplete(self.id, rows=self.opened.rows, rows_done=self.rows_done + rows)
        counted = Draft(ActChunkWritten(act=self.id, rows_done=self.rows_done + rows))
        read = {**(versions or {}), StreamId(self.id): self.version}
        receipt = self._ledger.record([*drafts, counted], by=self._by, versions=read, guards=guards)
        self.version += 1
        self.rows_done += rows
        return receipt

    def close(self) -> Receipt:
        """Put every row in force at once."""
        if self.rows_done != self.opened.rows:
            raise ActIncomplete(self.id, rows=self.opened.rows, rows_done=self.rows_done)
        return self._end(Draft(ActClosed(act=self.id, rows=self.rows_done)))

    def abandon(self) -> Receipt:
        """Give it up: none of its rows will ever count."""
        return self._end(Draft(ActAbandoned(act=self.id, rows_done=self.rows_done)))

    def _end(self, draft: Draft) -> Receipt:
        receipt = self._ledger.record([draft], by=self._by, versions={StreamId(self.id): self.version})
        self.version += 1
        return receipt

    def _demand_open(self) -> None:
        if (standing := self._ledger.standing_of_act(self.id)) != "open":
            raise ActOver(self.id, standing)


def open_act(ledger: Ledger, *, kind: str, rows: int, list_sha256: str, by: By, now_ms: int) -> Act:
    """Open an act for a list that is fixed by its digest."""
    act = ActId(new_id("act", now_ms=now_ms))
    opened = ActOpened(act=act, kind=kind, rows=rows, chunk=CHUNK, list_sha256=list_sha256)
    ledger.record([Draft(opened)], by=msgspec.structs.replace(by, act=act))
    return Act(ledger, act, by)


def resume_act(ledger: Ledger, act: ActId, *, list_sha256: str, by: By) -> Act:
    """Go on with an act after a kill; the list must be the one it was opened with."""
    resumed = Act(ledger, act, by)
    if resumed.opened.list_sha256 != list_sha256:
        raise OtherList(act)
    return resumed


class OtherList(LedgerError):
    """The list is not the one that the act was opened with."""

    code = "act_other_list"

    def __init__(self, act: str) -> None:
        self.act = act
        super().__init__(f"名册与批次 {act} 打开时登记的摘要不同：不能续写。请使用原名册，或放弃该批次后另开。")
