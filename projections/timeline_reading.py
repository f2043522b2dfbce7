"""Timelines as they are asked for: of a person, of an account, of one record; page by page, in order.

`tests/projections/test_timeline.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from ledger.envelope import decode
from ledger.events.act import ActClosed
from ledger.events.base import By
from ledger.ledger import Ledger
from ledger.vocabulary import LOCAL
from projections.basis import Axes, microseconds
from projections.errors import KindUnknown
from projections.event_kinds import KIND_OF
from projections.pages import Page, paged
from projections.timeline import ABOUT, DONE, ROOM, SIDES, UNTOLD, Pointer
from projections.timeline_lines import line_of_a_person, line_of_a_record, line_of_an_actor, plain_line

if TYPE_CHECKING:
    from projections.opened import Files

SIFTED_MOST: Final = 2_000
"""So many lines are read for one page of those that are wanted; where it stops short, the next page goes on."""

_Tell = Callable[["Files", str, Pointer, int], dict[str, Any]]


class Wanted(NamedTuple):
    """Which lines are wanted: of kinds (`claim.approved`) or families (`claim`), days, one record, one side."""

    kinds: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    stream: str | None = None
    side: str | None = None
    newest: bool = False
    told: bool = False  # For whom it is about, and their employer: without what they are not told.
    hand: str | None = None          # Whose hand it was,
    organisation: str | None = None  # for which organisation,
    correlation: str | None = None   # in which request: these three stand in the log alone.

    @property
    def is_sifted(self) -> bool:
        """Say whether lines are to be read before it is known whether they are wanted."""
        return any(one is not None for one in (self.hand, self.organisation, self.correlation))

    def fits(self, by: By) -> bool:
        """Say whether whoever did it is who is asked about."""
        return (self.hand in (None, by.actor) and self.organisation in (None, by.organisation)
                and self.correlation in (None, by.correlation))


def person_timeline(
    files: Files, person: str, wanted: Wanted = Wanted(), *, as_of: int | None = None,  # noqa: B008 - frozen
    after: tuple[int, int] | None = None, limit: int = 50,
) -> Page[dict[str, Any]]:
    """What happened to a person, and what they did. Of an event that is not first about them only its line is told."""
    return _told(files, person, wanted, files.settle(Axes(as_of)), after, limit, line_of_a_person)


def events_about(files: Files, person: str, as_of: int) -> frozenset[int]:
    """Where every event stands that is about a person and that they are told, of what had taken effect."""
    query = ("SELECT line >> :room FROM lines WHERE who = :who AND position <= :as_of AND side & :about "
             "AND NOT side & :untold")
    values = {"room": ROOM, "who": person, "as_of": as_of, "about": ABOUT, "untold": UNTOLD}
    return frozenset(event for event, in files.file("timeline", as_of)[0].rows(query, values))


def actor_timeline(
    files: Files, actor: str, wanted: Wanted = Wanted(), *, as_of: int | None = None,  # noqa: B008 - frozen
    after: tuple[int, int] | None = None, limit: int = 50, plainly: bool = False,
) -> Page[dict[str, Any]]:
    """What an account did and what was done to it; of a decision also how long it had waited and what was opened.

    `plainly`: without that, which costs most of the time where thousands are asked for.
    """
    tell = plain_line if plainly else line_of_an_actor
    return _told(files, actor, wanted, files.settle(Axes(as_of)), after, limit, tell)


def record_timeline(files: Files, stream: str, *, as_of: int | None = None) -> tuple[dict[str, Any], ...]:
    """Everything that happened to one record and had taken effect, in order, with what each event says openly."""
    at = files.settle(Axes(as_of))
    pointers = []
    for position, leaf in files.ledger.store.stream(stream):
        act = decode(leaf).by.act
        took_effect = position if act is None or act == stream else _closed_at(files.ledger, act)
        if took_effect is not None and took_effect <= at:
            pointers.append(Pointer(took_effect, position << ROOM, ABOUT))
    found = [(one, files.ledger.at(one.event)) for one in pointers]
    return tuple(line_of_a_record(pointer, one) for pointer, one in found if one is not None)


def _closed_at(ledger: Ledger, act: str) -> int | None:
    """Where a larger act was closed; None while it is open, and of one that was abandoned."""
    return next((position for position, leaf in ledger.store.stream(act) if isinstance(decode(leaf).event, ActClosed)),
                None)


def _told(
    files: Files, who: str, wanted: Wanted, as_of: int, after: tuple[int, int] | None, limit: int, tell: _Tell
) -> Page[dict[str, Any]]:
    if wanted.is_sifted:
        page = _sifted(files, who, wanted, as_of, after, limit)
    else:
        page = paged(_pointers(files, who, wanted, as_of, after, limit + 1), limit, as_of, _place)
    return page.of([tell(files, who, one, as_of) for one in page.items])


def _place(pointer: Pointer) -> tuple[int, int]:
    return pointer.position, pointer.line


def _pointers(
    files: Files, who: str, wanted: Wanted, as_of: int, after: tuple[int, int] | None, limit: int
) -> list[Pointer]:
    values: dict[str, Any] = {"who": who, "limit": limit, "room": ROOM, **_span(files.ledger, wanted, as_of)}
    parts = ["who = :who", "position BETWEEN :first AND :last"]
    if wanted.kinds:
        parts.append(f"({' OR '.join(_of_kind(number, kind, values) for number, kind in enumerate(wanted.kinds))})")
    if wanted.stream is not None:
        events = [position for position, _ in files.ledger.store.stream(wanted.stream) if position <= as_of]
        values["events"] = msgspec.json.encode(events).decode()
        parts.append("line >> :room IN (SELECT value FROM json_each(:events))")
    if wanted.side is not None:
        values["side"] = SIDES[wanted.side]
        parts.append("side & :side")
    if wanted.told:
        values |= {"untold": UNTOLD, "done": DONE}
        parts.append("(NOT side & :untold OR side & :done)")
    if after is not None:
        values["position"], values["line"] = after
        parts.append(f"(position, line) {'<' if wanted.newest else '>'} (:position, :line)")
        bound = "last" if wanted.newest else "first"  # So that the search begins there, however deep the page lies.
        values[bound] = (min if wanted.newest else max)(values[bound], after[0])
    order = "DESC" if wanted.newest else "ASC"
    query = (
        f"SELECT position, line, side FROM lines WHERE {' AND '.join(parts)} "
        f"ORDER BY position {order}, line {order} LIMIT :limit"
    )
    return [Pointer._make(row) for row in files.file("timeline", as_of)[0].rows(query, values)]


def _sifted(
    files: Files, who: str, wanted: Wanted, as_of: int, after: tuple[int, int] | None, limit: int
) -> Page[Pointer]:
    """The pointers whose events fit; a page may hold fewer than were asked for, or none, and more still follow."""
    read = _pointers(files, who, wanted, as_of, after, SIFTED_MOST + 1)
    found: list[Pointer] = []
    for one in read[:SIFTED_MOST]:
        recorded = files.ledger.at(one.event)
        if recorded is not None and wanted.fits(recorded.envelope.by):
            found.append(one)
            if len(found) > limit:
                return paged(found, limit, as_of, _place)
    return Page(tuple(found), _place(read[SIFTED_MOST - 1]) if len(read) > SIFTED_MOST else None, as_of)


def _span(ledger: Ledger, wanted: Wanted, as_of: int) -> dict[str, int]:
    """The days as positions: time only grows with them."""
    def before(day: date) -> int:
        return ledger.store.position_at(microseconds(datetime(day.year, day.month, day.day, tzinfo=LOCAL)))

    return {
        "first": 1 if wanted.first is None else before(wanted.first) + 1,
        "last": as_of if wanted.last is None else min(as_of, before(wanted.last + timedelta(days=1))),
    }


def _of_kind(number: int, kind: str, values: dict[str, Any]) -> str:
    name = f"kind{number}"
    values[name] = kind
    if kind in KIND_OF.values():
        return f"kind = :{name}"
    if any(known.startswith(f"{kind}.") for known in KIND_OF.values()):
        return f"(kind > :{name} || '.' AND kind < :{name} || '/')"  # In ASCII the slash comes right after the stop.
    raise KindUnknown(kind)
