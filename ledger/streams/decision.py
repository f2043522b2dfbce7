"""What every decision is made of: a command, the states it rests on, and drafts or a refusal.

A decision is a pure function. Its first argument is the state of the stream that the command is for (None where nothing
has happened yet); the states of other streams it rests on are arguments too, and the caller guards their versions. The
drafts name their streams themselves, so an outcome over several streams is still one plain tuple.

Refusals come in one order everywhere, so that two readers of the rules expect the same code: what is not there, whose
hand it is, whose data it is, the state of the thing, then the details of the command.

`evolve` accepts what happened and refuses nothing: history is not ours to doubt. `tests/ledger/streams/` shows both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias, TypeVar, dataclass_transform

import msgspec

from ledger.errors import LedgerError, Refusal
from ledger.events.base import Draft, Event, Words

Decision: TypeAlias = tuple[Draft, ...] | Refusal

_State = TypeVar("_State")
_Event = TypeVar("_Event", bound=Event)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Command(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What someone wants to happen, in the imperative. It says nothing of the state it will meet."""


@dataclass_transform(frozen_default=True)
class State(msgspec.Struct, frozen=True, gc=False):
    """What a stream has come to. Its version is the reader's to keep."""


class Beheaded(LedgerError):
    """A stream that does not begin with its beginning."""

    code = "stream_beheaded"

    def __init__(self, event: Event) -> None:
        self.event = event
        super().__init__(
            f"事件流 {event.stream} 缺少开头：读到的第一个事件是 {type(event).__name__}。"
            "请勿继续写入，先运行 xueshi fsck 找出缺失的位置，再从备份恢复。"
        )


def rebuild(evolve: Callable[[_State | None, _Event], _State], events: Iterable[_Event]) -> _State | None:
    """Fold a stream's events into its state; None when nothing has happened."""
    state: _State | None = None
    for event in events:
        state = evolve(state, event)
    return state


def spoken(words: str | None) -> Words | None:
    """Seal the words that go with an act, if there are any."""
    return Words(words=words.strip()) if words and words.strip() else None
