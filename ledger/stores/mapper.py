"""The library's mapper for envelopes. Its transcoder, compressor and cipher are passed by: a leaf is final bytes."""

from __future__ import annotations

from typing import Any, cast

from eventsourcing.persistence import Mapper, StoredEvent

from ledger.envelope import Encoded, Envelope, decode
from ledger.stores.recorder import freeze


class LedgerMapper(Mapper[str]):
    """Encoded events in, typed envelopes out."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        return freeze(cast("Encoded", domain_event))

    def to_domain_event(self, stored_event: StoredEvent) -> Envelope:  # type: ignore[override]
        return decode(stored_event.state)
