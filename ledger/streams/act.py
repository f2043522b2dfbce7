"""A larger act: opened with the digest of its list, written in chunks, closed or abandoned.

It is a frame and decides nothing about its rows: each row is a decision of its own, and takes effect in every answer
only when the act is closed. Every chunk brings the digest of the list it comes from, so that a killed act is resumed
with the list it was opened with or not at all. `ledger.acts.running` runs it.

`tests/ledger/streams/test_act_stream.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.act import ActAbandoned, ActChunkWritten, ActClosed, ActEvent, ActOpened
from ledger.events.base import Draft
from ledger.streams.decision import Beheaded, Command, Decision, State
from ledger.vocabulary import ActId


class Status(StrEnum):
    """Where an act is in life."""

    OPEN = "open"
    CLOSED = "closed"
    ABANDONED = "abandoned"


class Act(State):
    """An act as it stands."""

    act: ActId
    kind: str
    rows: int
    chunk: int
    list_sha256: str
    rows_done: int = 0
    status: Status = Status.OPEN

    @property
    def rows_next(self) -> int:
        """Say how many rows the next chunk holds; 0 when all are written."""
        return min(self.chunk, self.rows - self.rows_done)


class OpenAct(Command):
    """Fix the list before its first row is written."""

    act: ActId
    kind: str
    rows: int
    chunk: int
    list_sha256: str


class WriteChunk(Command):
    """Write the next rows of the list."""

    rows: int
    list_sha256: str


class CloseAct(Command):
    """Let every row take effect, at once."""


class AbandonAct(Command):
    """Let none ever take effect."""


def decide_opening(act: Act | None, command: OpenAct) -> Decision:
    """Open an act of at least one row, in chunks of at least one."""
    if act is not None:
        return Refusal.because("act_exists", act=act.act)
    if command.rows < 1 or command.chunk < 1:
        return Refusal.because("act_empty", rows=command.rows, chunk=command.chunk)
    opened = ActOpened(
        act=command.act,
        kind=command.kind,
        rows=command.rows,
        chunk=command.chunk,
        list_sha256=command.list_sha256,
    )
    return (Draft(opened),)


def decide_chunk(act: Act | None, command: WriteChunk) -> Decision:
    """Write whole chunks in order, so that where to go on is one number."""
    open_act = going_on(act, command.list_sha256)
    if isinstance(open_act, Refusal):
        return open_act
    if command.rows < 1 or command.rows != open_act.rows_next:
        return Refusal.because("chunk_out_of_order", rows=command.rows, expected=open_act.rows_next)
    return (Draft(ActChunkWritten(act=open_act.act, rows_done=open_act.rows_done + command.rows)),)


def decide_act_closing(act: Act | None, command: CloseAct) -> Decision:
    """Close when every row is written."""
    open_act = _open(act)
    if isinstance(open_act, Refusal):
        return open_act
    if open_act.rows_done != open_act.rows:
        return Refusal.because("act_unfinished", rows_done=open_act.rows_done, rows=open_act.rows)
    return (Draft(ActClosed(act=open_act.act, rows=open_act.rows)),)


def decide_abandonment(act: Act | None, command: AbandonAct) -> Decision:
    """Abandon whatever is written of it."""
    open_act = _open(act)
    if isinstance(open_act, Refusal):
        return open_act
    return (Draft(ActAbandoned(act=open_act.act, rows_done=open_act.rows_done)),)


def going_on(act: Act | None, list_sha256: str) -> Act | Refusal:
    """Give an act that goes on with this list, or say why it does not."""
    open_act = _open(act)
    if isinstance(open_act, Act) and list_sha256 != open_act.list_sha256:
        return Refusal.because("list_changed", opened=open_act.list_sha256, brought=list_sha256)
    return open_act


def _open(act: Act | None) -> Act | Refusal:
    """Give an act that goes on, or say why it does not."""
    if act is None:
        return Refusal.because("act_absent")
    if act.status is not Status.OPEN:
        return Refusal.because("act_ended", status=act.status)
    return act


def evolve(act: Act | None, event: ActEvent) -> Act:
    """Accept what happened."""
    if isinstance(event, ActOpened):
        return Act(event.act, event.kind, event.rows, event.chunk, event.list_sha256)
    if act is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](act, event)


_EVOLVE: Final[dict[type[ActEvent], Callable[[Act, Any], Act]]] = {
    ActChunkWritten: lambda act, event: replace(act, rows_done=event.rows_done),
    ActClosed: lambda act, event: replace(act, status=Status.CLOSED),
    ActAbandoned: lambda act, event: replace(act, status=Status.ABANDONED),
}
