"""Imports as answers: what was taken over from where, and how far one is.

An import names nobody by itself; any official may read it. `tests/api/test_http_trainings.py` shows it.
"""

from __future__ import annotations

from typing import Any

from api.cases.standing import acting
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.imports import ImportProved
from projections import imports as known
from projections.imports import Import
from projections.pages import Page


def import_of(house: House, caller: Caller, batch: str, *, as_of: int) -> dict[str, Any] | Refusal:
    """An import, to an official."""
    if isinstance(asking := acting(house, caller), Refusal):
        return asking
    found = known.import_of(house.answers, batch, as_of=as_of)
    return Refusal.because("import_absent") if found is None else import_view(found) | _progress(house, found)


def _progress(house: House, one: Import) -> dict[str, Any]:
    """How many rows of one that is being written stand by now: whoever waits for it asks again."""
    act = None if one.status != "open" or one.opened.act is None else house.ledger.load_act(one.opened.act)[0]
    return {"progress": None if act is None else {"done": act.rows_done, "total": act.rows}}


def imports(
    house: House, caller: Caller, *, system: str | None, as_of: int, after: tuple[Any, ...] | None, limit: int,
    newest_first: bool = False,
) -> Page[dict[str, Any]] | Refusal:
    """Imports in the order in which they were opened, or in the other, to an official."""
    if isinstance(asking := acting(house, caller), Refusal):
        return asking
    page = known.imports(house.answers, system=system, as_of=as_of, after=after, limit=limit,
                         newest_first=newest_first)
    return page.of([import_view(one) for one in page.items])


def import_view(one: Import) -> dict[str, Any]:
    """An import with the outcome of its rows."""
    opened, closed = one.opened, one.closed
    return {
        "batch": one.batch,
        "version": len(one.events),
        "system": opened.system,
        "status": one.status,
        "file_sha256": opened.file_sha256,
        "rows": opened.rows,
        "starts": opened.starts,
        "ends": opened.ends,
        "region": opened.region,
        "sector": opened.sector,
        "outcome": None if closed is None else {
            "accepted": closed.accepted, "rejected": closed.rejected, "duplicates": closed.duplicates,
            "result_sha256": closed.result_sha256, "act": closed.act,
        },
        "why": one.why,
        "reconciliations": [each._asdict() for each in one.reconciliations],
        "proved": None if one.proved is None else _proved(one.proved),
        "contradictions": [{"event": event, "size": said.size, "root": said.root, "accepted_root": said.accepted_root,
                            "checkpoint": said.checkpoint, "accepted": said.accepted}
                           for event, said in one.contradictions],
        "fork_decisions": [each._asdict() for each in one.decisions],
        "events": list(one.events),
    }


def _proved(one: ImportProved) -> dict[str, Any]:
    return {"origin": one.origin, "since": one.since, "size": one.size, "root": one.root, "part": one.part,
            "parts": one.parts, "checkpoint": one.checkpoint, "carried_by": one.carried_by}
