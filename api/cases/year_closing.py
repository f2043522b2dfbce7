"""The close of a year (年度关账): its totals fixed as one root, and what was decided about it since.

Who may: the human resources department, which runs the register and answers for what it publishes (P 4), where its
place holds every place that the register has people of. Reading: no regulation names an office for the close itself.

The list of what changed names claims and no persons: whoever wants to know whose one is opens it, for a purpose. A
person's own line is for that person.

The totals are added up before the decision, as of the newest event; whatever is recorded meanwhile is simply later.
`tests/api/test_year_closing.py` shows it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from api.cases.doing import Asked, Done, Reading, do
from api.cases.standing import HUMAN_RESOURCES, acting, by_actor, logged_in, oneself, present
from api.house import House
from api.operational.callers import Caller
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.events.year import YearClosed, stream_of
from ledger.offline.year_line import format_line
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.proof.text import encode_base64
from ledger.proving import prove_event
from ledger.streams import year as years
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import HoursCenti, format_hours
from ledger.witnessing.kept import Kept
from projections.basis import written_time
from projections.errors import NotBuilt
from projections.year_totals import (
    CATEGORIES,
    FORMAT,
    ChangedClaim,
    Line,
    Totals,
    changed_claims,
    changes,
    closing_of,
    regions_of,
    still_open,
    year_totals,
)

FIRST_YEAR: Final = 2000
CLAIMS_MOST: Final = 500
"""So many entries that changed are listed in one answer; how many there are is always said."""


def _of_human_resources(house: House, caller: Caller) -> Actor | Refusal:
    """Who asks, once the answers speak of everything that stands."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    return standing(actor, HUMAN_RESOURCES) or house.settled() or actor


def may_close(house: House, caller: Caller) -> Refusal | None:
    """Say why somebody may not close years at all, whatever a year says; adds nothing up."""
    actor = _of_human_resources(house, caller)
    no = actor if isinstance(actor, Refusal) else _beyond(house, actor)
    return None if no is None else _whose(house, no)


def is_offered(house: House, caller: Caller) -> bool:
    """Say whether somebody may close years by what is known just now: a page that leads there waits for nothing."""
    actor = acting(house, caller)
    return not isinstance(actor, Refusal) and _beyond(house, actor) is None


def _beyond(house: House, actor: Actor) -> Refusal | None:
    """Of the places that the register has people of one that an office does not hold."""
    as_of = house.answers.position()
    people, _ = house.answers.file("people", as_of)
    held = (standing(actor, HUMAN_RESOURCES, Matter(region)) for region in regions_of(people, as_of))
    return next((no for no in held if no is not None), None)


def _whose(house: House, no: Refusal) -> Refusal:
    """A refusal for want of the right, with the department that has it: that of the place which holds all places."""
    if no.code not in ("role_not_held", "outside_scope"):
        return no
    places: tuple[str, ...] = ()
    with suppress(NotBuilt):  # Who may not is told so all the same.
        as_of = house.answers.position()
        places = regions_of(house.answers.file("people", as_of)[0], as_of)
    levels = (places[0][:digits] for digits in (6, 4, 2)) if places else ()
    whole = next((level for level in levels if all(place.startswith(level) for place in places)), None)
    return no if whole is None else Refusal(no.code, {**no.seen, "act": "year_closing", "place": region(whole)})


def stamped(house: House, event: int) -> tuple[int, tuple[str, ...]] | None:
    """The first checkpoint that stays and holds an event, by its size, and which authorities have stamped it."""
    kept = Kept(house.register.folder.witnessed)
    size = next((one for one in kept.dated() if one >= event), None)
    return None if size is None else (size, tuple(kept.stamps(size)))


def close(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Fix a year's totals; `fields` has the year and, if there is one, the document that announces them."""
    actor = _of_human_resources(house, caller)
    if isinstance(actor, Refusal):
        return _whose(house, actor)
    year, as_of = fields["year"], house.answers.position()
    entries, _ = house.answers.file("entries", as_of)
    people, _ = house.answers.file("people", as_of)
    found = year_totals(entries, year, as_of)
    command = years.CloseYear(
        year=year, role=HUMAN_RESOURCES, this_year=house.today.year, regions=regions_of(people, as_of), as_of=as_of,
        root=encode_base64(house.ledger.store.frontier(as_of).root()), format=FORMAT,
        totals_root=encode_base64(found.root), people=len(found.lines), entries=found.entries,
        total_centi=HoursCenti(found.total_centi), still_open=len(still_open(entries, year, as_of)),
        document=fields.get("document"),
    )

    def decide(reading: Reading) -> Decision:
        return years.decide_closing(reading.state(stream_of(year), years.evolve), command, present(reading, caller))

    done = do(house.ledger, by_actor(caller, actor, HUMAN_RESOURCES), asked, decide)
    if isinstance(done, Refusal):
        return _whose(house, done)
    if done.receipt is not None:
        Kept(house.register.folder.witnessed).want(done.receipt.positions[-1])
        house.register.signer.checkpoint()  # What witnesses see and what is time-stamped next holds the close.
    return done


def view(closing: years.Closing) -> dict[str, Any]:
    """A year as it was closed."""
    return _told(closing.closed)


def every(house: House, caller: Caller, *, as_of: int) -> dict[str, Any] | Refusal:
    """Every year that had been closed by a position, the newest first."""
    if no := logged_in(house, caller):
        return no
    closings = (closing_of(house.ledger, year) for year in range(house.today.year - 1, FIRST_YEAR - 1, -1))
    return {"items": [_stands(one) for one in closings if one is not None and one[0] <= as_of]}


def one(house: House, caller: Caller, year: int) -> dict[str, Any] | Refusal:
    """A year as it was closed, as it is now, and what was decided about it in between."""
    actor = _of_human_resources(house, caller)
    if isinstance(actor, Refusal):
        return actor
    closing = closing_of(house.ledger, year)
    if closing is None:
        return Refusal.because("year_open", year=year)
    as_of = house.answers.position()
    entries, _ = house.answers.file("entries", as_of)
    before, after = (year_totals(entries, year, at) for at in (closing[2].as_of, as_of))
    moved = changed_claims(entries, year, closing[2].as_of, as_of)
    return {
        **_stands(closing),
        "holds": encode_base64(before.root) == closing[2].totals_root,
        "now": {"as_of": as_of, **_sums(after)},
        "changed_people": sum(1 for _ in changes(before, after)),
        "changed_claims": len(moved),
        "changes": [_change(each) for each in moved[:CLAIMS_MOST]],
    }


def line(house: House, caller: Caller, year: int, person: str) -> dict[str, Any] | Refusal:
    """A person's line in a closed year with its path to the root, for themselves."""
    if isinstance(own := oneself(caller, person), Refusal):
        return own
    closing = closing_of(house.ledger, year)
    if closing is None:
        return Refusal.because("year_open", year=year)
    entries, _ = house.answers.file("entries", closing[2].as_of)
    totals = year_totals(entries, year, closing[2].as_of)
    found = totals.of(person)
    if found is None:
        return Refusal.because("not_in_year", year=year)
    place, told = found
    path, store = totals.prove(place), house.ledger.store
    note, times = _seen_and_timed(house, closing[0])
    return {
        "checkpoint": parse_checkpoint(parse_note(note)[0]).size, "time_stamps": times,
        **_stands(closing), "person": person, "line": told.text.decode(), "index": place,
        "path": [encode_base64(each) for each in path], "hours": _hours(told),
        "file": format_line(told.text, place, path, prove_event(store, closing[0], note)).decode(),
    }


def _seen_and_timed(house: House, event: int) -> tuple[bytes, list[str]]:
    """The checkpoint to prove a close under: the one whose time was had from outside, or the newest until it is."""
    signer, kept = house.register.signer, stamped(house, event)
    if kept is not None and kept[1] and (note := Kept(house.register.folder.witnessed).at(kept[0])) is not None:
        return note, sorted(kept[1])
    latest = signer.latest()
    holds = latest is not None and parse_checkpoint(parse_note(latest)[0]).size >= event
    return (latest if latest is not None and holds else signer.checkpoint()), []


def _stands(closing: tuple[int, int, YearClosed]) -> dict[str, Any]:
    position, at, closed = closing
    return {**_told(closed), "event": position, "recorded_at": written_time(at)}


def _told(closed: YearClosed) -> dict[str, Any]:
    return {
        "year": closed.year, "as_of": closed.as_of, "root": closed.root, "format": closed.format,
        "totals_root": closed.totals_root, "people": closed.people, "entries": closed.entries,
        "total": format_hours(closed.total_centi), "still_open": closed.still_open, "document": closed.document,
    }


def _sums(totals: Totals) -> dict[str, Any]:
    return {"people": len(totals.lines), "entries": totals.entries, "total": format_hours(totals.total_centi),
            "totals_root": encode_base64(totals.root)}


def _hours(own: Line) -> dict[str, str]:
    return {**dict(zip(CATEGORIES, map(format_hours, own.hours_centi), strict=True)),
            "total": format_hours(own.total_centi)}


def _change(one: ChangedClaim) -> dict[str, Any]:
    (was, before), (now, after) = one.before, one.after
    return {"claim": one.claim, "status_before": was or None, "status_after": now or None,
            "hours_before": format_hours(before), "hours_after": format_hours(after)}
