"""Acts larger than one transaction, and what the log says about itself.

A roster of 50,000 rows is opened with the digest of its list, written in chunks and closed; its rows take effect in
every answer only when it is closed. A killed act is resumed or abandoned, never half in force.
"""

from __future__ import annotations

from typing import Final

from ledger.events.base import Event, Open, Pseudonym
from ledger.vocabulary import ActId, StreamId

LOG: Final = StreamId("log_0000000000000000000000")
"""What a log says of itself stands in one stream of it."""


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


class LogEvent(Event):
    """The base of what a log says of itself."""

    @property
    def stream(self) -> StreamId:
        return LOG

    def subjects(self) -> tuple[str, ...]:
        return ()


class LogOpened(LogEvent, tag="log.opened/1"):
    """The first event of every log: its name, and the checkpoint of the log that it continues, if any."""

    origin: Open[str]
    continues: Open[str | None] = None


class LogContinued(LogEvent, tag="log.continued/1"):
    """The log goes on under another name, since under the old one it can no longer extend what was published.

    The first event under the new name. It says what anyone may have seen of the old one, and what stood here: whoever
    holds a checkpoint beyond `size` holds evidence of events that this log has lost.
    """

    origin: Open[str]  # The name from here on.
    continues: Open[str]  # The name until here.
    seen_size: Open[int]  # The last checkpoint under the old name that anyone is known to have seen.
    seen_root: Open[str]
    size: Open[int]  # What stood here, and was continued.
    root: Open[str]
    why: Open[str]  # A code: log_behind, log_forked, key_lost, renamed.
    seen_sha256: Open[str | None] = None  # The digest of the note that was seen, where the note itself is at hand.


class AccessAnchored(LogEvent, tag="log.access_anchored/1"):
    """The daily checkpoint of the access log, so that it cannot quietly change either."""

    origin: Open[str]
    size: Open[int]
    root: Open[str]


class AccessPruned(LogEvent, tag="log.access_pruned/1"):
    """Entries of the access log whose time is over are taken out; of each its hash stays, so every proof goes on.

    Recorded before anything is taken out: what is gone was said to go, and nothing else may be gone.
    """

    origin: Open[str]
    upto: Open[int]     # Every entry up to here, which a root recorded earlier in this ledger holds fast.
    before: Open[int]   # All of them were recorded before this time, in microseconds.
    months: Open[int]   # So long entries are kept here.


class MapCommitted(LogEvent, tag="log.map_committed/1"):
    """Which events name which person, all of them, as one root: what a statement proves its completeness against.

    It follows from the events up to `size` and from a key, so `xueshi fsck --map` makes it anew and compares.
    """

    map: Open[StreamId]     # A stream of its own: statements never wait for each other.
    format: Open[str]       # xueshi-map/1: how root and entries are made.
    size: Open[int]         # The events it was made from; those that follow stand in later maps.
    root: Open[str]
    people: Open[int]       # How many entries it has.
    key_sha256: Open[str]   # A commitment to the key, so that another key is told from another map.

    @property
    def stream(self) -> StreamId:
        return self.map


class AccessRecorded(Event, tag="access.recorded/1"):
    """Someone saw personal data outside their own. Stands in the access log, never in the ledger."""

    access: Pseudonym[StreamId]  # One stream an access: readers never wait for each other.
    reader: Pseudonym[str]
    subject: Pseudonym[str]
    purpose: Open[str]
    what: Open[tuple[str, ...]]
    route: Open[str | None] = None

    @property
    def stream(self) -> StreamId:
        return self.access

    def subjects(self) -> tuple[str, ...]:
        return (self.subject, self.reader)


class AccessCut(Event, tag="access.cut/1"):
    """What stands in the place of an entry of the access log that was taken out: the hash of its leaf, and no more."""

    access: Pseudonym[StreamId]
    leaf_hash: Open[str]

    @property
    def stream(self) -> StreamId:
        return self.access

    def subjects(self) -> tuple[str, ...]:
        return ()
