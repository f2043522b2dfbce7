"""Why something was returned or refused, as it is told: the code, its name, what to do, and the words of law.

The codes stand in `policies.reasons`, the one that was given in the envelope of the event (`By.reason`), the words that
go with it sealed beside it. Of a record the reason is told for as long as it stands so: once something else happened
to it, the reason is in its events and no longer what is to be mended.

`tests/api/test_reasons.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.house import House
from api.law_of import law_now
from ledger.envelope import Envelope, decode
from ledger.events.base import Words, wire_type
from ledger.events.study import StudyDetails
from ledger.reading import Recorded
from policies.reasons import reason, reasons
from projections.basis import written_time


def every(house: House, kind: str | None = None) -> dict[str, Any]:
    """Each code of each kind of event, or of one, with the rulebooks in force whose words it rests on."""
    books = law_now(house.answers).in_force(house.today)
    return {"items": [{"kind": of, **one.under(books)} for of, listed in reasons().items() if kind in (None, of)
                      for one in listed]}


def told(house: House, envelope: Envelope, region: str, sector: str | None) -> dict[str, Any] | None:
    """The reason that an event was given with, by the words that hold in its place; None where there is none."""
    found = reason(wire_type(envelope.event).partition("/")[0], envelope.by.reason)
    return None if found is None else found.where(law_now(house.answers), house.today, region, sector)


def at(house: House, position: int, region: str, sector: str | None) -> dict[str, Any] | None:
    """The same, of the event that stands there: the last of a record says why it stands as it does."""
    found = house.ledger.at(position)
    return None if found is None else told(house, found.envelope, region, sector)


def said(house: House, stream: str, region: str, sector: str | None) -> Iterable[dict[str, Any]]:
    """The reasons that were given at each step, in order; what a case says of it is for those who may see the case."""
    for position, leaf in house.ledger.store.stream(stream):
        envelope = decode(leaf)
        event = envelope.event
        if event.sealed_as not in (Words, StudyDetails) or getattr(event, "case", None) is not None:
            continue
        opened = house.ledger.opened(Recorded(position, envelope))
        words = _of_correction(opened) if isinstance(opened, StudyDetails) else getattr(opened, "words", None)
        if words:
            yield {"event": position, "type": wire_type(event).partition("/")[0],
                   "recorded_at": written_time(envelope.recorded_at), "role": envelope.by.role,
                   "words": words, "reason": told(house, envelope, region, sector)}


def _of_correction(details: StudyDetails) -> str:
    """Why a registered claim was put right, and why more was given than is ordinary, where that is said."""
    return "；".join(one for one in (details.correction_reason, details.override_reason) if one is not None)
