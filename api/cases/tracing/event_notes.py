"""Notes and stars of those who investigate, beside events that they may see: whose they are, and who reads them.

A note is its writer's, or shared with those who work on one case; nobody else learns that there is one. It is no act
and no event, and asks for no purpose of its own: the event is looked at for one, and that look is recorded.
`tests/console/test_event_note_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from api.cases.cases import supervising, works_on
from api.cases.log import proofs
from api.house import House
from api.operational.callers import Caller
from api.operational.event_notes import WORDS_MOST, Full, Note
from ledger.errors import Refusal
from projections.basis import written_time


class Beside(NamedTuple):
    """What the reader themselves noted beside an event, and what others share with them."""

    own: Note | None
    others: tuple[Note, ...]


def may_note(house: House, caller: Caller) -> Refusal | None:
    """Say why somebody notes nothing."""
    found = supervising(house, caller)
    return found if isinstance(found, Refusal) else None


def note(
    house: House, caller: Caller, event: int, purpose: str | None, *, words: str, is_star: bool, case: str
) -> Note | Refusal:
    """Note something beside an event that one may see; no words and no star: nothing any more."""
    actor = supervising(house, caller)
    if isinstance(actor, Refusal):
        return actor
    found = proofs.visible(house, caller, event, purpose)
    if isinstance(found, Refusal):
        return found
    if case and not works_on(house, actor, case):
        return Refusal.because("case_absent")
    made = Note(caller.id, event, case, is_star, house.now, words.strip()[:WORDS_MOST])
    kept = house.event_notes.save(made, owner=found.envelope.key_owner or caller.id)
    return Refusal.because("notes_full", most=kept.notes) if isinstance(kept, Full) else made


def beside(house: House, caller: Caller, events: Iterable[int]) -> dict[int, Beside]:
    """What stands beside these events for whoever reads; of who investigates nothing, nothing."""
    actor = supervising(house, caller)
    if isinstance(actor, Refusal):
        return {}

    @cache
    def shares(case: str) -> bool:
        return bool(case) and works_on(house, actor, case)

    found: dict[int, Beside] = {}
    for one in house.event_notes.beside(events):
        before = found.get(one.event, Beside(None, ()))
        if one.writer == caller.id:
            found[one.event] = before._replace(own=one)
        elif shares(one.case_id):
            found[one.event] = before._replace(others=(*before.others, one))
    return found


def every(house: House, caller: Caller) -> list[Note] | Refusal:
    """Everything that somebody noted, the last first."""
    no = may_note(house, caller)
    return no if no is not None else house.event_notes.every(caller.id)


def as_data(one: Note) -> dict[str, Any]:
    """A note as it is answered."""
    return {**one._asdict(), "case_id": one.case_id or None, "saved_at": written_time(one.saved_at)}
