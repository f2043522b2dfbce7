"""What a log says of itself: its names, its maps, and what the ledger keeps of its access log."""

from __future__ import annotations

from typing import Final

from ledger.events.base import Event, Open
from ledger.vocabulary import StreamId

LOG: Final = StreamId("log_0000000000000000000000")
"""What a log says of itself stands in one stream of it."""


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
