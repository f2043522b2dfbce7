"""Timelines: everything that named a person or an account, and everything that a hand did, in order.

Kept are pointers: who, where it took effect, what kind it was, on which side they stood. What a line says is read from
the log when somebody asks, so that no copy can say anything else. A row of a larger act stands at the position where
the act was closed and names the event itself; rows of an open or an abandoned act stand nowhere, and the line of the
account that opened the act says what became of it.

`tests/projections/test_timeline.py` shows it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import msgspec

from ledger.envelope import decode
from ledger.events.act import AccessCut, AccessRecorded, ActAbandoned, ActChunkWritten, ActClosed, ActOpened
from ledger.events.base import By, Event, wire_type
from ledger.events.catalogue import CURRENT
from ledger.events.claim import ClaimApproved, ClaimRevised, ClaimSubmitted
from ledger.ledger import Ledger, Recorded
from ledger.vocabulary import LOCAL
from projections.basis import Axes, microseconds, written_time
from projections.errors import KindUnknown
from projections.files.projection import Effect, Handler, Projection, Rows, Table
from projections.happened import happened_on
from projections.pages import Page, paged
from projections.work_reading import read_step

if TYPE_CHECKING:
    from projections.opened import Files

ABOUT: Final = 1   # It concerns them.
DONE: Final = 2    # Theirs was the hand.
FOR: Final = 4     # It was done on their behalf.
UNTOLD: Final = 8  # It concerns them, and they are not told.
SIDES: Final = {"about": ABOUT, "done": DONE, "on_behalf": FOR}

_PARTIES: Final = ("per_", "acr_")
"""Units are left out: what happens to one stands in its own stream, what happens to its people in theirs."""
SIFTED_MOST: Final = 2_000
"""So many lines are read for one page of those that are wanted; where it stops short, the next page goes on."""
_ROOM: Final = 12
"""So many bits for the parties of one event: a leaf of 65,535 bytes does not hold 4,096 ids."""
_ELSEWHERE: Final = frozenset({ActChunkWritten, ActClosed, ActAbandoned, AccessRecorded, AccessCut})
"""What becomes of an act is told in the line of its opening; who looked at what stands in a log of its own."""


# Folding


def kind_of(event: Event | type[Event]) -> str:
    """What kind of event it is: the wire name without its version, for programs and for ever."""
    return wire_type(event).partition("/")[0]


_KINDS: Final = {event: kind_of(event) for event in CURRENT.values()}


def _named(kind: str, *, tells_all: bool) -> Handler:
    """Write down whom an event of a kind names; most kinds tell everyone whom they concern."""
    def handle(rows: Rows, effect: Effect) -> None:
        position, recorded, envelope, event = effect
        by, sides = envelope.by, {subject: ABOUT for subject in envelope.subjects if subject.startswith(_PARTIES)}
        if not tells_all:
            sides |= {subject: ABOUT | UNTOLD for subject in event.untold() if subject.startswith(_PARTIES)}
        sides[by.actor] = sides.get(by.actor, 0) | DONE
        if by.on_behalf_of is not None:
            sides[by.on_behalf_of] = sides.get(by.on_behalf_of, 0) | FOR
        enter, line = rows.lasting["lines"].enter, recorded << _ROOM
        for who, side in sides.items():
            enter((line, who, position, kind, side))
            line += 1

    return handle


class Timeline(Projection):
    """The fold."""

    name: ClassVar = "timeline"
    version: ClassVar = 2
    weight: ClassVar = 10
    tables: ClassVar = {
        # Rows come at the end of the table, and the index ends in `line`, so it gives them in their order.
        "lines": Table({"line": int, "who": str, "position": int, "kind": str, "side": int}, ("line",),
                       (("who", "position"),), dated=False),
    }
    handlers: ClassVar = {event: _named(_KINDS[event], tells_all=event.untold is Event.untold)
                          for event in CURRENT.values() if event not in _ELSEWHERE}


# Asking


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
    return _told(files, person, wanted, files.settle(Axes(as_of)), after, limit, _line_of_a_person)


def events_about(files: Files, person: str, as_of: int) -> frozenset[int]:
    """Where every event stands that is about a person and that they are told, of what had taken effect."""
    query = ("SELECT line >> :room FROM lines WHERE who = :who AND position <= :as_of AND side & :about "
             "AND NOT side & :untold")
    values = {"room": _ROOM, "who": person, "as_of": as_of, "about": ABOUT, "untold": UNTOLD}
    return frozenset(event for event, in files.file("timeline", as_of)[0].rows(query, values))


def actor_timeline(
    files: Files, actor: str, wanted: Wanted = Wanted(), *, as_of: int | None = None,  # noqa: B008 - frozen
    after: tuple[int, int] | None = None, limit: int = 50, plainly: bool = False,
) -> Page[dict[str, Any]]:
    """What an account did and what was done to it; of a decision also how long it had waited and what was opened.

    `plainly`: without that, which costs most of the time where thousands are asked for.
    """
    tell = _plain_line if plainly else _line_of_an_actor
    return _told(files, actor, wanted, files.settle(Axes(as_of)), after, limit, tell)


def record_timeline(files: Files, stream: str, *, as_of: int | None = None) -> tuple[dict[str, Any], ...]:
    """Everything that happened to one record and had taken effect, in order, with what each event says openly."""
    at = files.settle(Axes(as_of))
    pointers = []
    for position, leaf in files.ledger.store.stream(stream):
        act = decode(leaf).by.act
        took_effect = position if act is None or act == stream else _closed_at(files.ledger, act)
        if took_effect is not None and took_effect <= at:
            pointers.append(Pointer(took_effect, position << _ROOM, ABOUT))
    found = [(one, files.ledger.at(one.event)) for one in pointers]
    return tuple({**_line(pointer, one), "facts": _facts(one.envelope.event)} for pointer, one in found
                 if one is not None)


def _closed_at(ledger: Ledger, act: str) -> int | None:
    """Where a larger act was closed; None while it is open, and of one that was abandoned."""
    return next((position for position, leaf in ledger.store.stream(act) if isinstance(decode(leaf).event, ActClosed)),
                None)


def _told(
    files: Files, who: str, wanted: Wanted, as_of: int, after: tuple[int, int] | None, limit: int, tell: Any
) -> Page[dict[str, Any]]:
    if wanted.is_sifted:
        page = _sifted(files, who, wanted, as_of, after, limit)
    else:
        page = paged(_pointers(files, who, wanted, as_of, after, limit + 1), limit, as_of, _place)
    return page.of([tell(files, who, one, as_of) for one in page.items])


class Pointer(NamedTuple):
    """Where a line stands in the log, and on which side of it somebody is."""

    position: int
    line: int
    side: int

    @property
    def event(self) -> int:
        """Where the event itself stands."""
        return self.line >> _ROOM


def _place(pointer: Pointer) -> tuple[int, int]:
    return pointer.position, pointer.line


def _pointers(
    files: Files, who: str, wanted: Wanted, as_of: int, after: tuple[int, int] | None, limit: int
) -> list[Pointer]:
    values: dict[str, Any] = {"who": who, "limit": limit, "room": _ROOM, **_span(files.ledger, wanted, as_of)}
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
    if kind in _KINDS.values():
        return f"kind = :{name}"
    if any(known.startswith(f"{kind}.") for known in _KINDS.values()):
        return f"(kind > :{name} || '.' AND kind < :{name} || '/')"  # In ASCII the slash comes right after the stop.
    raise KindUnknown(kind)


# Telling


@cache
def words() -> dict[str, str]:
    """What each kind of event is called in Chinese."""
    text = resources.files(__package__).joinpath("timeline.toml").read_text(encoding="utf-8")
    return {f"{family}.{name}": said for family, names in tomllib.loads(text).items() for name, said in names.items()}


def _line(pointer: Pointer, found: Recorded) -> dict[str, Any]:
    """What every line says: where and when, what, by whom, in which record, caused by what."""
    envelope = found.envelope
    by, kind = envelope.by, _KINDS[type(envelope.event)]
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


def _line_of_a_person(files: Files, person: str, pointer: Pointer, _: int) -> dict[str, Any]:
    found = files.ledger.at(pointer.event)
    assert found is not None, "what is pointed at stands"
    own = found.envelope.key_owner == person
    return {**_line(pointer, found), "facts": _facts(found.envelope.event) if own else None}


def _plain_line(files: Files, _: str, pointer: Pointer, __: int) -> dict[str, Any]:
    found = files.ledger.at(pointer.event)
    assert found is not None, "what is pointed at stands"
    event = found.envelope.event
    return {**_line(pointer, found), "person": getattr(event, "person", None)}


def _line_of_an_actor(files: Files, _: str, pointer: Pointer, as_of: int) -> dict[str, Any]:
    found = files.ledger.at(pointer.event)
    assert found is not None, "what is pointed at stands"
    line = {**_line(pointer, found), "facts": _facts(found.envelope.event)}
    if isinstance(found.envelope.event, ActOpened):
        line["became"] = _end_of(files.ledger, found.envelope.event, as_of)
    elif pointer.side & DONE and (decision := _decision(files, pointer, found, as_of)) is not None:
        line["decision"] = decision
    return line


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
