"""Threads of what is no record: all that happened to whatever has a certificate, a file, a device or an organiser.

Whoever supervises follows it for a purpose, entry by entry within sight, and everyone whose entries they are shown is
recorded. Of a file it is also told who handed it in and when, who has opened it since, and whether it lay open before
whoever decided. `tests/api/test_http_shared.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from api.cases.log.proofs import in_sight
from api.cases.tracing.shared import key_of, record_seen, supervising, traced
from api.evidence.files import About
from api.house import House
from api.operational.callers import Caller
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.claim import ClaimApproved
from projections.basis import written_time
from projections.findings.having import Holding, Key, Member, holding
from projections.pages import Page
from projections.timeline_reading import record_timeline

RECORDS_MOST: Final = 200
"""So many records are read from the log, the newest where the newest come first; that there are more is said."""
_After = tuple[Any, ...] | None


class Thread(NamedTuple):
    """What happened to everything that has something, and how much of it is not told."""

    key: Key
    page: Page[dict[str, Any]]
    claims: int      # Entries within sight,
    beyond: int      # and beyond it;
    records: int     # plans, classes, cards and studies beside them.
    is_more: bool    # More than are read.
    papers: tuple[dict[str, Any], ...]


def of_key(
    house: House, caller: Caller, dimension: str, value: str, purpose: str | None, *, as_of: int, newest: bool,
    after: _After, limit: int,
) -> Thread | Refusal:
    """Everything that had happened to whatever has something."""
    asking = supervising(house, caller)
    if isinstance(asking, Refusal):
        return asking
    key = key_of(dimension, value)
    if purpose is None:
        return Refusal.because("purpose_missing")
    found = holding(traced(house, asking, as_of=as_of), key)
    within = [one for one in found.members if one.within]
    if newest:
        within.reverse()
    others = [(record, person) for record, person in found.others[:RECORDS_MOST // 2]
              if person is None or in_sight(house, caller, person)]
    streams = [*(record for record, _ in others), *(one.claim for one in within)]
    owners = {one.claim: one.person for one in within} | {record: person for record, person in others if person}
    lines = sorted(_lines(house, streams[:RECORDS_MOST], as_of), key=_place, reverse=newest)
    page = _page(lines, as_of, newest=newest, after=after, limit=limit)
    shown = within[:RECORDS_MOST] if key.dimension == "evidence" and after is None else []
    people = [*(owners[one["stream"]] for one in page.items if one["stream"] in owners), *(one.person for one in shown)]
    record_seen(house, caller, asking, people, purpose, "events")
    return Thread(key, page, len(within), len(found.members) - len(within), len(found.others),
                  _is_more(found, streams), tuple(_papers(house, key.value, shown, as_of)))


def _is_more(found: Holding, streams: Sequence[str]) -> bool:
    return found.is_more or len(streams) > RECORDS_MOST or len(found.others) > RECORDS_MOST // 2


def _lines(house: House, streams: Iterable[str], as_of: int) -> Iterable[dict[str, Any]]:
    for stream in streams:
        yield from record_timeline(house.answers, stream, as_of=as_of)


def _place(line: dict[str, Any]) -> tuple[int, int]:
    return line["position"], line["event"]


def _page(
    lines: list[dict[str, Any]], as_of: int, *, newest: bool, after: _After, limit: int
) -> Page[dict[str, Any]]:
    if after is not None:
        beyond = (int(after[0]), int(after[1]))
        lines = [one for one in lines if (_place(one) < beyond if newest else _place(one) > beyond)]
    return Page(tuple(lines[:limit]), _place(lines[limit - 1]) if len(lines) > limit else None, as_of)


# Of a file


def _papers(house: House, sha256: str, shown: Sequence[Member], as_of: int) -> Iterable[dict[str, Any]]:
    """Of each entry that shows a file: when it was handed in and by whom, who opened it, and whoever decided, too."""
    for one in shown:
        about = house.evidence.about(one.person, sha256)
        opened = house.opened_papers.of(one.claim).get(sha256, {})
        yield {
            "claim": one.claim, "person": one.person,
            "received_at": written_time(about.received_at) if isinstance(about, About) else None,
            "by": about.by if isinstance(about, About) else None,
            "opened": [{"actor": actor, "at": written_time(at)} for actor, at in opened.items()],
            "decisions": list(_decisions(house, one.claim, sha256, as_of)),
        }


def _decisions(house: House, claim: str, sha256: str, as_of: int) -> Iterable[dict[str, Any]]:
    """Every approval of an entry, and whether whoever gave it says to have opened the file."""
    for position, leaf in house.ledger.store.stream(claim):
        envelope = decode(leaf)
        event = envelope.event
        if position <= as_of and isinstance(event, ClaimApproved):
            yield {"event": position, "actor": envelope.by.actor, "at": written_time(envelope.recorded_at),
                   "opened": sha256 in event.opened_evidence}
