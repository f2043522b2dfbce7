"""Acts larger than one transaction.

A roster of 50,000 rows is opened with the digest of its list, written in chunks and closed; its rows take effect in
every answer only when it is closed. A killed act is resumed or abandoned, never half in force.
"""

from __future__ import annotations

from ledger.events.base import Event, Open, Pseudonym
from ledger.vocabulary import ActId, StreamId


class ActEvent(Event):
    """The base of all events of a larger act."""

    act: Pseudonym[ActId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.act)

    def subjects(self) -> tuple[str, ...]:
        return ()


class ActOpened(ActEvent, tag="act.opened/1"):
    """The list is fixed by its digest before its first row is written."""

    kind: Open[str]  # roster, import, bulk_revocation, ...
    rows: Open[int]
    chunk: Open[int]
    list_sha256: Open[str]


class ActChunkWritten(ActEvent, tag="act.chunk_written/1"):
    """These rows stand; recorded in the same transaction as the rows, so that resuming knows where to go on."""

    rows_done: Open[int]


class ActClosed(ActEvent, tag="act.closed/1"):
    """Every row stands: all take effect here, at once."""

    rows: Open[int]


class ActAbandoned(ActEvent, tag="act.abandoned/1"):
    """The act will not be finished: none of its rows ever takes effect."""

    rows_done: Open[int]
