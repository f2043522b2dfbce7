"""Rulebooks as they were enacted, shown to everyone with their text and their words; how one comes to be so is told in
`api.cases.law.proposals`. `tests/api/test_rulebooks.py` shows it.
"""

from __future__ import annotations

from typing import Any

from api.house import House
from api.law_of import law_now
from ledger.errors import Refusal
from ledger.streams import rulebook as rulebooks
from projections.laws import Enacted


def view(rulebook: rulebooks.Rulebook) -> dict[str, Any]:
    """A rulebook's life so far; of what was proposed more than once, how the last of it ended."""
    last = {one.put.digest: one.ended for one in rulebook.proposals}
    return {
        "rulebook": rulebook.rulebook,
        "in_force_from": rulebook.in_force_from,
        "revision": rulebook.revision,
        "digests": list(rulebook.digests),
        "proposed": list(dict.fromkeys(one.put.digest for one in rulebook.proposals)),
        **{how: [digest for digest, ended in last.items() if ended == how] for how in ("refused", "withdrawn")},
        "superseded_by": rulebook.superseded_by,
        "last_day": rulebook.last_day,
        "impact_reports": list(rulebook.reports),
    }


def enacted_view(one: Enacted) -> dict[str, Any]:
    """One enacted revision."""
    return {
        "id": one.id, "family": one.family, "in_force_from": one.in_force_from, "revision": one.revision,
        "digest": one.digest, "document": one.document, "event": one.event, "superseded_by": one.superseded_by,
        "last_day": one.last_day,
    }


def every(house: House, *, as_of: int) -> dict[str, Any]:
    """Every rulebook that had been enacted by a position, by id."""
    return {"items": [enacted_view(one) for one in house.answers.rulebooks(as_of)]}


def one(house: House, name: str, *, as_of: int) -> dict[str, Any] | Refusal:
    """One revision that had been enacted by a position, with its source and the text it quotes."""
    found = next((each for each in house.answers.rulebooks(as_of) if each.id == name), None)
    if found is None:
        return Refusal.because("rulebook_absent", rulebook=name)
    book = house.library.archive.book(found.digest)
    version = f"{found.family}/{found.in_force_from}"
    announced = [one.digest for one in house.answers.impact_reports(as_of, rulebook=version)]
    return {**enacted_view(found), "impact_reports": announced, "source": book.source.decode(), "text": book.text}


def words(house: House) -> dict[str, Any]:
    """The words that the law as of now understands: what may be sent as sector, route, level and so on."""
    known = law_now(house.answers).vocabulary
    return {
        "sectors": dict(known.sectors),
        "categories": dict(known.categories),
        "levels": dict(known.levels),
        "routes": [
            {
                "route": route.code, "name": route.name, "categories": list(route.categories),
                "quantity": list(route.quantity), "needs": list(route.needs), "levels": list(route.levels),
                "level_optional": route.level_optional, "ranked": route.ranked,
            }
            for route in known.routes.values()
        ],
    }
