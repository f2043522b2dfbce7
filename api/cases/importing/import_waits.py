"""What an import asks of the answers, and when it has to wait for them (P 14).

It asks them of few things: the law, and up to where another ledger was accepted. After a
large act the answers are behind for a while, in which nothing of these may have come: then nobody waits, and a register
that takes in one part of a hand-over after another looks at the next while the last is still followed.

`tests/api/test_lately.py` and `tests/province/test_in_parts.py` show it.
"""

from __future__ import annotations

from collections.abc import Container

from api.house import House
from ledger.errors import Refusal
from ledger.events.base import Event
from ledger.events.imports import (
    ForkDecided,
    ImportAbandoned,
    ImportClosed,
    ImportContradicted,
    ImportEvent,
        ImportProved,
)
from ledger.events.rulebook import RulebookEvent
from ledger.streams import imports
from ledger.streams.imports import Proof
from projections.errors import ProjectionError


def settled(house: House, proof: Proof | None = None) -> Refusal | None:
    """Wait for the answers where something came lately that an import asks them of.

    That is a rulebook, and of another ledger whatever is no part of the same hand-over: where one of its parts goes on
    from what was accepted, so do the others.
    """
    try:
        came = house.lately.since(house.answers.position())
    except ProjectionError:  # They are being made.
        return house.settled()
    told = {event.batch for event in came if isinstance(event, ImportProved)}
    return house.settled() if any(_is_awaited(house, event, proof, told) for event in came) else None


def _is_awaited(house: House, event: Event, proof: Proof | None, told: Container[str]) -> bool:
    if proof is None or not isinstance(event, ImportEvent):
        return isinstance(event, RulebookEvent)
    if isinstance(event, ImportProved):
        return _is_another(event, proof)
    if isinstance(event, ImportClosed | ImportAbandoned) and event.batch not in told:  # It was proved before.
        batch = house.ledger.load(event.batch, imports.evolve).state
        return batch is not None and batch.proved is not None and _is_another(batch.proved, proof)
    return isinstance(event, ImportContradicted | ForkDecided) and event.origin == proof.origin


def _is_another(proved: ImportProved, proof: Proof) -> bool:
    """Whether it is of the same ledger and no part of the same hand-over."""
    return proved.origin == proof.origin and (
        (proved.since, proved.size, proved.root) != (proof.since, proof.size, proof.root))
