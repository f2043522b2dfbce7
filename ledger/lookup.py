"""Look-up and uniqueness without clear numbers: HMAC-SHA256(index key, kind NUL normalised value).

A store sees only these. Without the index key, which lies in the vault, an ID number cannot be tried against them.
"""

from __future__ import annotations

from ledger.events.act import ActAbandoned, ActClosed
from ledger.events.base import Draft, Event, Name
from ledger.events.person import KeyDestroyed
from ledger.keyed import Keyed
from ledger.stores.append import Abandoning, Closing, Forgetting, Freeing, NameChange, Reservation
from ledger.vocabulary import StreamId


class Lookup:
    """Turns names into what a store may hold."""

    def __init__(self, index_key: bytes) -> None:
        self._keyed = Keyed(index_key)

    def hidden(self, name: Name) -> bytes:
        """The 32 bytes under which a name is reserved and found."""
        return self._keyed.digest(f"{name.kind}\0{name.value}".encode())

    def changes(self, stream: StreamId, version: int, draft: Draft, act: str | None) -> list[NameChange]:
        """What an event does to reserved names: first it frees, then it reserves. The checker replays exactly this."""
        freed = self.freed(stream, draft.event, act)
        if version == 1:  # What begins holds nothing: the store is spared.
            freed = [one for one in freed if not isinstance(one, Freeing)]
        return freed + self.reserved(stream, draft, act)

    def freed(self, stream: StreamId, event: Event, act: str | None) -> list[NameChange]:
        """What it frees, which stands open in the event."""
        freed: list[NameChange] = []
        if isinstance(event, KeyDestroyed) and act is None:  # Under an act that may be abandoned no key is destroyed.
            freed.append(Forgetting(event.person))
        elif isinstance(event, ActClosed):
            freed.append(Closing(event.act))
        elif isinstance(event, ActAbandoned):
            freed.append(Abandoning(event.act))
        if kinds := event.freed():
            freed.append(Freeing(stream, kinds, act))
        return freed

    def reserved(self, stream: StreamId, draft: Draft, act: str | None) -> list[NameChange]:
        """What it reserves, which may need what is sealed."""
        names = draft.event.names(draft.sealed)
        if not names:
            return []
        subjects = draft.event.subjects()
        owner = subjects[0] if subjects else stream
        return [Reservation(self.hidden(name), name.kind, stream, owner, act) for name in names]
