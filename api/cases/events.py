"""Events as they are shown: everything of the leaf that people ask about, nothing that is sealed beside it.

`tests/api/test_http_events.py` shows it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.cases.cases import works_on
from api.cases.standing import SUPERVISOR, looking
from api.house import House
from api.operational.callers import FOUNDER, Caller
from ledger.envelope import Envelope, decode
from ledger.errors import Refusal
from ledger.ids import PREFIXES
from ledger.streams.standing import standing
from projections.basis import written_time


def events_of(house: House, stream: str, *, as_of: int | None = None) -> dict[str, Any]:
    """Every event of a stream up to a position, oldest first."""
    return {"items": [event_view(position, decode(leaf)) for position, leaf in house.ledger.store.stream(stream)
                      if as_of is None or position <= as_of]}


def see(house: House, caller: Caller, position: int) -> dict[str, Any] | Refusal:
    """One event, to whoever has the right to read the ledger: the reader's token, the installation, a supervisor.

    An event of a case is only for those who work on it, here as on the page of the case: it tells who is looked into.
    """
    found = house.ledger.at(position) if position <= house.ledger.store.size() else None
    if caller.kind not in ("reader", FOUNDER):
        actor = looking(house, caller)
        if isinstance(actor, Refusal):
            return actor
        if no := standing(actor, SUPERVISOR):
            return no
        if found is not None and is_of_case(found.envelope) and not works_on(house, actor, found.envelope.stream):
            return Refusal.because("event_absent")
    return Refusal.because("event_absent") if found is None else event_view(*found)


def is_of_case(envelope: Envelope) -> bool:
    """Say whether an event is one of a case."""
    return envelope.stream.startswith(PREFIXES["case"])


def event_view(position: int, envelope: Envelope) -> dict[str, Any]:
    """An event with where it stands, when it was recorded and by whom."""
    return {
        "position": position,
        "recorded_at": written_time(envelope.recorded_at),
        "stream": envelope.stream,
        "version": envelope.version,
        "by": msgspec.to_builtins(envelope.by),
        "event": msgspec.to_builtins(envelope.event),
    }
