"""The entries of the access log: who saw whose personal data, and what stands where one was taken out."""

from __future__ import annotations

from ledger.events.base import Event, Open, Pseudonym
from ledger.vocabulary import StreamId


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
