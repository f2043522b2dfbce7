"""What a line of a timeline says: read from the log, openly, with what became of an act and how a decision was taken.

`tests/projections/test_timeline.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from ledger.envelope import decode
from ledger.events.act import ActAbandoned, ActChunkWritten, ActClosed, ActOpened
from ledger.events.base import Event
from ledger.events.claim import ClaimApproved, ClaimRevised, ClaimSubmitted
from ledger.ledger import Ledger
from ledger.reading import Recorded
from projections.basis import written_time
from projections.event_kinds import KIND_OF, words
from projections.happened import happened_on
from projections.timeline import DONE, SIDES, Pointer
from projections.work_reading import read_step

if TYPE_CHECKING:
    from projections.opened import Files


def line_of_a_record(pointer: Pointer, found: Recorded) -> dict[str, Any]:
    """With what the event says openly."""
    return {**_line(pointer, found), "facts": _facts(found.envelope.event)}


def line_of_a_person(files: Files, person: str, pointer: Pointer, _: int) -> dict[str, Any]:
    """With what the event says, where it is first about this person; of another's event only that it happened."""
    found = _pointed_at(files, pointer)
    own = found.envelope.key_owner == person
    return {**_line(pointer, found), "facts": _facts(found.envelope.event) if own else None}


def line_of_an_actor(files: Files, _: str, pointer: Pointer, as_of: int) -> dict[str, Any]:
    """With what became of an act that was opened, or how long a decision had waited and what was opened for it."""
    found = _pointed_at(files, pointer)
    line = line_of_a_record(pointer, found)
    if isinstance(found.envelope.event, ActOpened):
        line["became"] = _end_of(files.ledger, found.envelope.event, as_of)
    elif pointer.side & DONE and (decision := _decision(files, pointer, found, as_of)) is not None:
        line["decision"] = decision
    return line


def plain_line(files: Files, _: str, pointer: Pointer, __: int) -> dict[str, Any]:
    """Without any of that: whose it is, and nothing that would have to be looked up."""
    found = _pointed_at(files, pointer)
    return {**_line(pointer, found), "person": getattr(found.envelope.event, "person", None)}


def _pointed_at(files: Files, pointer: Pointer) -> Recorded:
    found = files.ledger.at(pointer.event)
    assert found is not None, "what is pointed at stands"
    return found


def _line(pointer: Pointer, found: Recorded) -> dict[str, Any]:
    """What every line says: where and when, what, by whom, in which record, caused by what."""
    envelope = found.envelope
    by, kind = envelope.by, KIND_OF[type(envelope.event)]
    happened = happened_on(envelope.event)
    return {
        "position": pointer.position,
        "event": found.position,
        "recorded_at": written_time(envelope.recorded_at),
        "happened_on": None if happened is None else happened.isoformat(),
        "what": kind,
        "words": words().get(kind, kind),
        "sides": [name for name, side in SIDES.items() if pointer.side & side],
        "by": {"actor": by.actor, "role": by.role, "organisation": by.organisation, "on_behalf_of": by.on_behalf_of,
               "reason": by.reason},
        "stream": envelope.stream,
        "version": envelope.version,
        "cause": by.cause,
        "correlation": by.correlation,
        "act": by.act,
    }


def _facts(event: Event) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(event)
    return {name: value for name, value in facts.items() if name != "type"}


def _end_of(ledger: Ledger, opened: ActOpened, as_of: int) -> dict[str, Any]:
    """What had become of an act: how many rows stood, and whether they took effect."""
    said = [(position, decode(leaf).event) for position, leaf in ledger.store.stream(opened.stream)
            if position <= as_of]
    done = max((event.rows_done for _, event in said if isinstance(event, ActChunkWritten)), default=0)
    position, last = said[-1]
    if isinstance(last, ActClosed | ActAbandoned):
        status = "closed" if isinstance(last, ActClosed) else "abandoned"
        return {"status": status, "rows_done": done, "event": position}
    return {"status": "open", "rows_done": done, "event": None}


def _decision(files: Files, pointer: Pointer, found: Recorded, as_of: int) -> dict[str, Any] | None:
    """Of an event that ended a step of open work: since when that had waited, where it belongs, what was opened."""
    step = read_step(files.file("work", as_of)[0], found.envelope.stream, pointer.position)
    if step is None:
        return None
    event, by = found.envelope.event, found.envelope.by
    told: dict[str, Any] = {
        "waited_since": step.since,
        "waited_since_at": written_time(step.since_at),
        "waited_seconds": (found.envelope.recorded_at - step.since_at) // 1_000_000,
        "role": step.role, "region": step.region, "sector": step.sector, "category": step.category,
        "unit": step.unit, "person": step.person,
        "own_organisation": step.unit is not None and step.unit == by.organisation,
    }
    if isinstance(event, ClaimApproved):
        shown = _evidence(files.ledger.store.stream(event.claim), found.position)
        told["evidence"] = len(shown)
        told["evidence_opened"] = len(shown & set(event.opened_evidence))
    return told


def _evidence(stream: Sequence[tuple[int, bytes]], before: int) -> set[str]:
    """The digests that a claim showed when it was decided."""
    shown: set[str] = set()
    for position, leaf in stream:
        if position >= before:
            break
        event = decode(leaf).event
        if isinstance(event, ClaimSubmitted | ClaimRevised):
            shown = {one.sha256 for one in event.evidence}
    return shown
