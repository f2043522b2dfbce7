"""A card (学时登记卡, P 15) as it is printed: the card, the class that it is of, whose it is, and what was registered.

No text prescribes its form; it has what the texts and running systems name of a card. Whose it is stands there masked,
for whoever may see the person, and is left open for everybody else.

`tests/console/test_paper_screens.py` shows it.
"""

from __future__ import annotations

from typing import Any

from api.callers import Caller
from api.cases import people, trainings
from api.house import House
from ledger.errors import Refusal
from ledger.vocabulary import format_hours
from policies.words import base_vocabulary
from projections.basis import read_axes
from projections.entries import Version, read_registered


def sheet(house: House, caller: Caller, card: str, purpose: str | None, *, as_of: int) -> dict[str, Any] | Refusal:
    """Everything that stands on a card's paper, for whoever may see the card."""
    found = trainings.card(house, caller, card, purpose, as_of=as_of)
    if isinstance(found, Refusal):
        return found
    held = trainings.training_class(house, caller, found["training_class"], read_axes(str(as_of)))
    if isinstance(held, Refusal):
        return held
    seen = people.see(house, caller, found["person"], purpose)
    reader, at = house.answers.file("entries", as_of)
    mine = [one for one in read_registered(reader, found["person"], at)
            if one.study.training_class == found["training_class"]]
    words = base_vocabulary()
    return {
        "card": found, "training_class": held, "category": words.categories[held["category"]],
        "route": words.route_name(held["route"]),
        "level": None if held["level"] is None else words.level_name(held["level"], held["route"]),
        "identity": None if isinstance(seen, Refusal) else seen[0]["identity"],
        "registered": [_entry(one) for one in mine],
    }


def _entry(one: Version) -> dict[str, Any]:
    assert one.decision is not None, "what is registered was decided"
    return {"claim": one.claim, "status": one.status, "event": one.decision.event,
            "hours": format_hours(one.decision.assessed_centi), "rulebook": one.decision.rulebook,
            "clauses": list(one.decision.clauses), "year": one.decision.year}
