"""What a case rests on: every event that it names, and those of the findings that were taken into it, by the page.

The event that opens a case on findings names the first of theirs alone, since a leaf has an end; the findings have them
all. `tests/console/test_finding_screens.py` shows it.
"""

from __future__ import annotations

from typing import Any

from api.cases.cases import let_in
from api.cases.doing import Reading
from api.cases.investigating.finding_acts import in_force
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.ids import PREFIXES
from ledger.streams import finding as findings
from ledger.streams.finding import Finding
from projections.basis import written_time
from projections.cases import Case, case_of
from projections.event_kinds import kind_of, words
from projections.pages import Page, paged


def rests_on(
    house: House, caller: Caller, case: str, purpose: str | None, *, as_of: int, after: tuple[int, ...] | None,
    limit: int,
) -> Page[dict[str, Any]] | Refusal:
    """The events that a case rests on, oldest first: for its members, recorded with whom they are about."""
    known = case_of(house.answers, case, as_of=as_of, listed=False)
    places = [] if known is None else _places(house, known, as_of)
    begin = 0 if after is None else after[0]
    page = paged([one for one in places if one > begin][:limit + 1], limit, as_of, lambda one: (one,))
    found = [recorded for position in page.items if (recorded := house.ledger.at(position)) is not None]
    about = [one for each in found for one in each.envelope.subjects if one.startswith(PREFIXES["person"])]
    entered = let_in(house, caller, case, purpose, what="case_rests_on", shown=about)
    if isinstance(entered, Refusal):
        return entered
    return page.of([{
        "event": each.position, "recorded_at": written_time(each.envelope.recorded_at), "what": kind,
        "words": words().get(kind, kind), "stream": each.envelope.stream,
    } for each in found for kind in (kind_of(each.envelope.event),)])


def _places(house: House, case: Case, as_of: int) -> list[int]:
    named, reading = set(case.findings), Reading(house.ledger)
    for name in case.taken:
        known: Finding | None = reading.state(name, findings.evolve)
        found = in_force(house, name)
        if found is not None and known is not None and found.facts_sha256 == known.upon.facts_sha256:
            named.update(found.events)
        elif known is not None:  # It rests on others since: what was acted upon is what the ledger has of it.
            named.update(known.upon.events)
    return sorted(one for one in named if one <= as_of)
