"""What a source asks about what it sent: which of it was changed here since, and what became of it day by day (P 14).

Corrections flow back: what was put right, frozen or undone here is listed by the source's own record and version, past
a position, so that a source that asks again with the position that it was given misses nothing (AMB-05). What the
source changed itself, by a newer version, is not told back to it. A record that was set aside because another claim
stood here is told as `freed` when that is revoked, by whomever: it comes in no more by itself.

`tests/api/test_http_imports.py` shows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, Final

from api.cases.claiming.study import study_view
from api.cases.importing.imports import may_ask
from api.house import House, local_date
from api.operational.callers import Caller
from ledger.envelope import decode, wire_type_in
from ledger.errors import Refusal
from ledger.events.base import wire_type
from ledger.events.claim import ClaimCorrected, ClaimFrozen, ClaimReinstated, ClaimReleased, ClaimRevoked
from ledger.events.source import Source
from ledger.reading import Recorded
from ledger.streams.act import Status
from ledger.vocabulary import format_hours
from projections.basis import written_time
from projections.files.projection import HOLDS
from projections.imports import Import, kept_out_by
from projections.imports import imports as known_imports

_AT_ONCE: Final = 2_000
_READ_MOST: Final = 100_000
"""So many events are looked through for one answer; the next begins where it ended."""

_CHANGES: Final = {
    b"claim.corrected/1": "corrected", b"claim.frozen/1": "frozen", b"claim.released/1": "released",
    b"claim.revoked/1": "revoked", b"claim.reinstated/1": "reinstated",
}
_Change = ClaimCorrected | ClaimFrozen | ClaimReleased | ClaimRevoked | ClaimReinstated


def changes(house: House, caller: Caller, system: str, *, after: int, limit: int) -> dict[str, Any] | Refusal:
    """What was done here past a position to what a source sent, in order, and up to where it was looked."""
    if (no := may_ask(house, caller, system)) is not None:
        return no
    size = house.ledger.store.size()
    items: list[dict[str, Any]] = []
    at = min(after, size)
    while at < min(size, after + _READ_MOST) and len(items) < limit:
        leaves = house.ledger.store.leaves(at, min(_AT_ONCE, size - at))
        told = _of_system(house, system, list(_changed(house, leaves, at)), size)
        if isinstance(told, Refusal):
            return told
        for some in told:
            if items and len(items) + len(some) > limit:  # The rest of the block is read again: not passed over.
                at = items[-1]["event"]
                return {"items": items, "position": at, **house.answers.reflects(size)}
            items += some
        at += len(leaves)
    return {"items": items, "position": at, **house.answers.reflects(size)}


def _changed(house: House, leaves: list[bytes], after: int) -> Iterator[Recorded]:
    """The events of a stretch of the log that change a registered claim, in force, and not by a source."""

    @cache
    def is_closed(act: str) -> bool:
        state, _ = house.ledger.load_act(act)
        return state is not None and state.status is Status.CLOSED

    for position, leaf in enumerate(leaves, after + 1):
        if wire_type_in(leaf) in _CHANGES:
            envelope = decode(leaf)
            act = envelope.by.act
            if getattr(envelope.event, "source", None) is None and (act is None or is_closed(act)):
                yield Recorded(position, envelope)


def _of_system(house: House, system: str, found: list[Recorded], size: int) -> list[list[dict[str, Any]]] | Refusal:
    """What is told of each to one system: of its own record in the version that stood before, or of those kept out."""
    stories = house.ledger.store.streams(list(dict.fromkeys(str(one.envelope.stream) for one in found)))
    revoked = [one.envelope.event.claim for one in found if isinstance(one.envelope.event, ClaimRevoked)]
    if revoked and (behind := house.settled(size)) is not None:  # What was set aside is asked of the answers.
        return behind
    freed = kept_out_by(house.answers, system, revoked) if revoked else {}
    told = []
    for one in found:
        source: Source | None = None
        for position, leaf in stories[one.envelope.stream]:
            if position < one.position:
                source = getattr(decode(leaf).event, "source", None) or source
        some = [] if source is None or source.system != system else [_told(one, source)]
        if isinstance(one.envelope.event, ClaimRevoked):
            some += [_of(one, record, version, "freed") for record, version in freed.get(one.envelope.event.claim, [])]
        if some:
            told.append(some)
    return told


def _of(one: Recorded, record: str, version: str, what: str) -> dict[str, Any]:
    return {"event": one.position, "recorded_at": written_time(one.envelope.recorded_at), "record": record,
            "version": version, "claim": one.envelope.event.claim, "what": what}


def _told(one: Recorded, source: Source) -> dict[str, Any]:
    event: _Change = one.envelope.event
    told = _of(one, source.record, source.version, _CHANGES[wire_type(event).encode()])
    if isinstance(event, ClaimCorrected):
        told |= {"study": study_view(event.study), "assessed": format_hours(event.ruling.assessed_centi),
                 "year": event.year}
    if isinstance(event, ClaimRevoked | ClaimReinstated):
        told["basis"] = event.basis
    return told


def reconciliation(
    house: House, caller: Caller, system: str | None, first: date | None, last: date | None, *, as_of: int
) -> dict[str, Any] | Refusal:
    """What became of what was sent: by source and day, with what was put right or undone since."""
    if (no := may_ask(house, caller, system)) is not None:
        return no
    since = _since(house, system, as_of)
    days: dict[tuple[str, date], dict[str, int]] = defaultdict(lambda: dict.fromkeys(_COUNTS, 0))
    for one in _closed(house, system, as_of):
        assert one.closed is not None and one.ended is not None, "only what is over is counted"
        at = one.ended
        day = _day(house, at)
        if (first is None or day >= first) and (last is None or day <= last):
            counts = days[one.opened.system, day]
            later = since.get(at + 1, {})  # The act is closed right after the import, in the same append.
            for name, count in {
                "batches": 1, "sent": one.opened.rows, "accepted": one.closed.accepted,
                "duplicates": one.closed.duplicates, "refused": one.closed.rejected, **later,
            }.items():
                counts[name] += count
    items = [{"system": name, "day": day.isoformat(), **days[name, day]} for name, day in sorted(days)]
    return {"items": items}


_COUNTS: Final = ("batches", "sent", "accepted", "duplicates", "refused", "corrected", "revoked", "frozen")


def _closed(house: House, system: str | None, as_of: int) -> Iterator[Import]:
    after: tuple[int] | None = None
    while True:
        page = known_imports(house.answers, system=system, as_of=as_of, after=after, limit=200)
        yield from (one for one in page.items if one.closed is not None)
        if page.next is None:
            return
        after = page.next


def _day(house: House, position: int) -> date:
    return local_date(house.stored(position).envelope.recorded_at)


def _since(house: House, system: str | None, as_of: int) -> dict[int, dict[str, int]]:
    """How many of what came into force at a position were put right, or stand revoked or frozen."""
    reader, at = house.answers.file("entries", as_of)
    given = "" if system is None else "AND s.system = :system"
    rows = reader.rows(  # CROSS: what was brought in is looked up, and not all that was ever claimed gone through.
        "SELECT c.registered, sum(c.revision > 1), sum(c.status = 'revoked'), sum(c.status = 'frozen') "
        f"FROM sources s CROSS JOIN claims c ON c.claim = s.claim WHERE {HOLDS} {given} GROUP BY c.registered",
        {"as_of": at} | ({} if system is None else {"system": system}))
    return {registered: {"corrected": corrected, "revoked": revoked, "frozen": frozen}
            for registered, corrected, revoked, frozen in rows if registered is not None}
