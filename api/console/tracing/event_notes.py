"""Notes and stars in the console: written on the page of an event, shown on every timeline, listed as one's own.

`tests/console/test_event_note_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from flask import request

from api.cases.tracing import event_notes
from api.cases.tracing.event_notes import Beside
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown, onward
from api.console.tracing import lines
from api.operational.event_notes import Note
from api.paper.tables_out import Table
from api.words.year_page import moment as written
from ledger.errors import Refusal
from ledger.ids import PREFIXES
from projections.basis import written_time
from projections.event_kinds import kind_of, words

LIST: Final = "/notes"
_CASE_MOST: Final = 40


def told(asking: Asking, events: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What stands beside events, as a page shows it."""
    found = event_notes.beside(asking.house, asking.caller, events)
    return {event: _told(one) for event, one in found.items()}


def _told(one: Beside) -> dict[str, Any]:
    return {"own": None if one.own is None else _note(one.own), "others": [_note(each) for each in one.others],
            "is_star": one.own is not None and one.own.is_star}


def _note(one: Note) -> dict[str, Any]:
    return {**one._asdict(), "time": written(written_time(one.saved_at))[:16]}


def may_note(asking: Asking) -> bool:
    """Say whether whoever looks notes things."""
    return not asking.capacity.is_person and event_notes.may_note(asking.house, asking.caller) is None


def save(asking: Asking, position: int) -> Shown:
    """Keep what was typed, and go back to the event."""
    typed, purpose = request.form, request.form.get("purpose") or None
    case = typed.get("case", "").strip()[:_CASE_MOST] if typed.get("step") != "drop" else ""
    is_case = case.startswith(PREFIXES["case"]) and case.replace("_", "").isalnum()
    if case and not is_case:
        return Refusal.because("case_absent")
    is_kept = typed.get("step") != "drop"
    done = event_notes.note(
        asking.house, asking.caller, position, purpose, words=typed.get("words", "") if is_kept else "",
        is_star=is_kept and bool(typed.get("star")), case=case)
    if isinstance(done, Refusal):
        return done
    asked = {"noted": "yes" if is_kept else "no"} | ({} if purpose is None else {"purpose": purpose})
    return onward(f"/events/{position}?{urlencode(asked)}#note")


def listed(asking: Asking) -> Shown:
    """One's own notes and stars, the last first."""
    found = event_notes.every(asking.house, asking.caller)
    if isinstance(found, Refusal):
        return found
    moment = asked_moment(axes=(), rest=("only",))
    kept = [one for one in found if moment.rest.get("only") != "star" or one.is_star]
    rows = [_listed(asking, one) for one in kept]
    position = asking.house.ledger.store.size()
    table = Table("notes", "我的批注和星标", ("事件", "事项", "记录", "星标", "批注", "给同案的人看", "写于"), [
        (one["event"], one["what"], one["stream"], "★" if one["is_star"] else "", one["words"], one["case_id"],
         one["time"]) for one in rows], position)
    return Page("notes.html", {"rows": rows, "moment": moment, "all": len(found)},
                {"items": [event_notes.as_data(one) for one in kept]}, table)


def _listed(asking: Asking, one: Note) -> dict[str, Any]:
    found = asking.house.ledger.at(one.event)
    assert found is not None, "a note stands beside an event that is there"
    kind, stream = kind_of(found.envelope.event), found.envelope.stream
    record = next((name for name, prefix in PREFIXES.items() if stream.startswith(prefix)), "")
    return {**_note(one), "what": words().get(kind, kind), "stream": stream, "record": lines.RECORDS.get(record, "")}
