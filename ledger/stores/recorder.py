"""What every store offers beyond the library's recorder: the append contract, reading by position, tiles, checkpoints.

`AppendingRecorder` is the seam: the stores in SQLite, in PostgreSQL and in memory subclass it. The library's own calls
(`insert_events`, `select_events`, `select_notifications`) go through the same append and read the same rows, so its
notification log, event store and runners work on the ledger unchanged.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Final, NamedTuple

from eventsourcing.persistence import ApplicationRecorder, IntegrityError, Notification, StoredEvent, Subscription

from ledger.envelope import FORMAT, SALT_BYTES, Encoded, SealedPart, decode
from ledger.errors import LedgerError
from ledger.events.base import wire_type
from ledger.proof.frontier import Frontier
from ledger.proof.tiles import Tile
from ledger.stores.append import Append, Conflict, Receipt, RequestKey, Reservation
from ledger.stores.cold import Change, Place
from ledger.stores.names import Held
from ledger.stores.writer import Watch
from ledger.vocabulary import StreamId

_READ_AT_ONCE: Final = 1_000


class StoredCheckpoint(NamedTuple):
    """A signed checkpoint as it was persisted; several may bear one size when keys rotate."""

    size: int
    note: bytes


class Room(NamedTuple):
    """What a store takes on the disk before and after it was tidied, in bytes."""

    before: int
    after: int


class CannotMove(LedgerError):
    """This store keeps its bodies."""

    code: ClassVar[str] = "archive_move_unsupported"

    def __init__(self) -> None:
        super().__init__("这个账本只在内存中，正文不能移入归档：只有 SQLite 和 PostgreSQL 的账本能移。")


class AppendingRecorder(ApplicationRecorder):
    """A recorder whose every append is durable, ordered without gaps, and proved."""

    clock: Callable[[], int]
    """Nanoseconds since 1970: whoever opens a store may give it another; times only grow by whichever."""

    _wakers: tuple[Callable[[], object], ...] = ()
    _watches: tuple[Watch, ...] = ()

    # Writing

    @abstractmethod
    def append(self, append: Append) -> Receipt:
        """Make it durable and say where it stands; raises a Conflict, KeyReused, Busy or StoreFailed."""

    @abstractmethod
    def answered(self, request: RequestKey) -> Receipt | None:
        """Give the receipt of a request that was done already, so that a repetition need not be decided again."""

    @abstractmethod
    def save_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        """Persist a signed checkpoint before anyone sees it; saving the same bytes again changes nothing."""

    @abstractmethod
    def close(self) -> None:
        """Commit what is queued, then let go of everything."""

    def begin_writing(self) -> None:
        """Take what only one may have who writes, now and not with the first event; most stores have no such thing."""

    def wake_on_commit(self, wake: Callable[[], object]) -> None:
        """Call this after each commit of this process, in the thread that made it: it must be quick and never fail.

        It is a hint and no more: another process may write as well, so whoever follows the log polls besides.
        """
        self._wakers = (*self._wakers, wake)

    def watch_commits(self, watch: Watch) -> None:
        """Tell this of each commit of this process: how many events it wrote, in how many nanoseconds."""
        self._watches = (*self._watches, watch)

    def _committed(self) -> None:
        for wake in self._wakers:
            wake()

    def _wrote(self, events: int, nanos: int) -> None:
        for watch in self._watches:
            watch(events, nanos)

    def tidy_requests(self, now: int) -> None:
        """Drop request keys older than 13 months; a store that keeps none for so long has nothing to do."""

    # Reading; every method sees only what is committed

    def waits_for_standby(self) -> bool:
        """Whether what is written now waits for another server that is away; most stores wait for none."""
        return False

    @abstractmethod
    def size(self) -> int:
        """How many events stand."""

    @abstractmethod
    def last_recorded_at(self) -> int:
        """The time of the last event, in microseconds; 0 where there is none."""

    @abstractmethod
    def leaves(self, after: int, limit: int) -> list[bytes]:
        """The leaves at positions after + 1, after + 2, ... at most `limit` of them."""

    @abstractmethod
    def sealed(self, position: int) -> SealedPart | None:
        """What is stored beside the leaf at a position; None where nothing is, or where a copy was redacted."""

    @abstractmethod
    def stream(self, stream: str, *, after: int = 0) -> list[tuple[int, bytes]]:
        """The (position, leaf) of a stream's events in order, those past version `after`."""

    def streams(self, streams: Sequence[str]) -> dict[str, list[tuple[int, bytes]]]:
        """The same of many streams, each by its name; a database answers for hundreds in the time of a few."""
        return {stream: self.stream(stream) for stream in streams}

    def sealed_at(self, positions: Sequence[int]) -> dict[int, SealedPart]:
        """What is stored beside the leaves at many positions, where there is anything."""
        return {position: part for position in positions if (part := self.sealed(position)) is not None}

    @abstractmethod
    def version(self, stream: str) -> int:
        """The version of a stream; 0 where there is none."""

    @abstractmethod
    def position_at(self, recorded_at: int) -> int:
        """The largest position recorded before a time."""

    @abstractmethod
    def holder(self, name: bytes) -> Reservation | None:
        """Who holds a reserved name."""

    def holders(self, names: Sequence[bytes]) -> dict[bytes, Reservation]:
        """Who holds each of many reserved names, those that are held."""
        return {name: held for name in names if (held := self.holder(name)) is not None}

    def held(self, names: Sequence[bytes]) -> list[Held]:
        """The same with where each was reserved, by position."""
        wanted = set(names)
        return [one for one in self.names() if one.reservation.name in wanted]

    @abstractmethod
    def names(self) -> Iterator[Held]:
        """Every reserved name by position, for the checker."""

    @abstractmethod
    def read_tile(self, tile: Tile) -> bytes:
        """The bytes of a hash tile or entry bundle, as wide as asked; raises AbsentTile."""

    @abstractmethod
    def frontier(self, size: int | None = None) -> Frontier:
        """The right edge of the tree at a size, read from the stored tiles and leaves."""

    @abstractmethod
    def checkpoints(self) -> list[StoredCheckpoint]:
        """Every signed checkpoint, in the order in which they were signed."""

    @abstractmethod
    def last_checkpoint(self) -> StoredCheckpoint | None:
        """The checkpoint that was signed last."""

    # Bodies that lie in archives (`ledger.stores.cold`)

    def archives(self) -> list[Place]:
        """The archives that hold bodies of events, by position."""
        return []

    def changing(self) -> AbstractContextManager[Change]:
        """One transaction in which rows are put otherwise, never two at once; what it raises undoes all of it."""
        raise CannotMove

    def may_cut(self) -> bool:
        """Say whether entries of an access log whose time is over may be let go of here."""
        return False

    def compact(self, *, whole: bool = False) -> Room:
        """Make the room that bodies took fit for use again; `whole` gives it back to the disk, while others wait."""
        raise CannotMove

    # The library's calls, on the same rows

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append what the library's event store hands over; a lost race is its IntegrityError.

        `guards`, `names` and `request` pass through `Application.save` untouched and mean what they mean in `Append`.
        Anything else is refused: a misspelt guard or a tracking position must not get lost in silence.
        """
        events = tuple(thaw(event) for event in stored_events)
        named = {name: kwargs.pop(name) for name in ("guards", "names", "request") if name in kwargs}
        if unknown := [name for name, value in kwargs.items() if value is not None]:
            raise TypeError(f"the ledger cannot record {', '.join(unknown)} with events")
        if not events:
            return []
        try:
            return list(self.append(Append(events, **named)).positions)
        except Conflict as lost:
            raise IntegrityError(str(lost)) from lost

    def select_events(
        self,
        originator_id: Any,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        rows = self.stream(str(originator_id), after=max(0, gt or 0))
        found = [notification(position, leaf) for position, leaf in rows]
        kept = [event for event in found if lte is None or event.originator_version <= lte]
        return (kept[::-1] if desc else kept)[:limit]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = max(0, 0 if start is None else start - 1 if inclusive_of_start else start)
        found: list[Notification] = []
        at_once = max(limit, _READ_AT_ONCE) if topics else limit  # Of few topics few are found: do not ask one by one.
        while len(found) < limit and (leaves := self.leaves(after, at_once)):
            for position, leaf in enumerate(leaves, after + 1):
                if len(found) == limit or (stop is not None and position > stop):
                    return found
                event = notification(position, leaf)
                if not topics or event.topic in topics:
                    found.append(event)
            after += len(leaves)
        return found

    def max_notification_id(self) -> int | None:
        return self.size() or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[Any]:
        """Refuse: followers read by position and poll, since a lost wake-up must not put one to sleep for ever."""
        raise NotImplementedError("followers read by position and poll")


def freeze(event: Encoded) -> StoredEvent:
    """Give an encoded event in the library's form: its two halves and what is sealed, apart by NUL."""
    sealed = b"" if event.sealed is None else event.sealed.salt + event.sealed.ciphertext
    state = b"\0".join((event.before_time, event.after_time, sealed))  # JSON text never holds a NUL.
    return StoredEvent(originator_id=event.stream, originator_version=event.version, topic=FORMAT, state=state)


def thaw(event: StoredEvent) -> Encoded:
    """Take up what `freeze` made."""
    before, after, sealed = event.state.split(b"\0", 2)
    part = SealedPart(sealed[:SALT_BYTES], sealed[SALT_BYTES:]) if sealed else None
    return Encoded(StreamId(str(event.originator_id)), event.originator_version, before, after, part)


def notification(position: int, leaf: bytes) -> Notification:
    """Give a leaf in the library's form."""
    envelope = decode(leaf)
    return Notification(
        originator_id=envelope.stream, originator_version=envelope.version,
        topic=wire_type(envelope.event), state=leaf, id=position,
    )
