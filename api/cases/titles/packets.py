"""The packet that goes with an application (P 15, E 12, R 9): each thing with the event that proves it, and what lacks.

The statement, the present title, every entry of the years that count with its evidence, the cards of filed seminars,
and what the office made of it. A position leads to a proof (`GET /v1/events/{position}/proof`), a digest to a file:
whoever receives the packet can check each part without asking anybody. What is missing names the words that ask for it.

`tests/api/test_petitions.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from api.cases.claiming.study import evidence_view
from api.cases.doing import Reading
from api.cases.standing import absent, look_at
from api.house import House
from api.law_of import law_now
from api.operational.callers import Caller
from ledger.errors import Refusal
from policies.rulebook import Duty, Rulebook
from projections.applications import Application, application_of
from projections.entries_reading import Version, read_registered, year_of
from projections.statements import statements_of
from projections.trainings_reading import Card, cards

CARD: Final = "继续教育学时登记卡"  # P 15.
_STANDING: Final = ("approved", "frozen")


class Wanted(NamedTuple):
    """A duty that the rulebooks in force lay on whoever applies."""

    book: Rulebook
    duty: Duty

    def missing(self, kind: str, **of: Any) -> dict[str, Any]:
        """Say that what it asks for is not there, in its words."""
        return {"kind": kind, **of, "rulebook": self.book.id, "article": self.duty.article, "quote": self.duty.quote}


def packet(house: House, caller: Caller, name: str, purpose: str | None, *, as_of: int) -> dict[str, Any] | Refusal:
    """What goes along with an application, as of a moment."""
    found = application_of(house.answers, name, as_of=as_of)
    if found is None:
        return absent(house, caller, "application_absent")
    no = look_at(house, caller, found.person, purpose, what=("applications", "claims"), route="applications",
                 otherwise="application_absent")
    return contents(house, found, as_of=as_of) if no is None else no


def contents(house: House, found: Application, *, as_of: int) -> dict[str, Any]:
    """The same, for whoever was let in to the application already."""
    name = found.application
    entries = _entries(house, found, as_of)
    held = {one.training_class: one for one in cards(house.answers, person=found.person, as_of=as_of)
            if one.status == "issued"}
    items = [*_statement(house, found, as_of), *_title(house, found, as_of), *(_entry(house, one) for one in entries)]
    items += [_card(held[name]) for name in dict.fromkeys(one.study.training_class for one in entries)
              if name is not None and name in held]
    if found.decided is not None:
        items.append({"kind": "assessment", "id": name, "position": found.decided.event})
    return {"application": name, "person": found.person, "items": items,
            "missing": _missing(house, found, items, entries, held)}


def _statement(house: House, one: Application, as_of: int) -> list[dict[str, Any]]:
    """The statement that was handed in; else the newest that is in force."""
    issued = [each for each in statements_of(house.answers, one.person, as_of=as_of) if each.status == "issued"]
    chosen = [each for each in issued if each.statement == one.statement] or issued[-1:]
    return [{"kind": "statement", "id": each.statement, "position": each.events[0], "sha256": each.sha256,
             "years": list(each.years), "handed_in": each.statement == one.statement} for each in chosen]


def _title(house: House, one: Application, as_of: int) -> list[dict[str, Any]]:
    person = house.answers.person(one.person, as_of)
    assert person is not None, "whoever applied is registered"
    return [{"kind": "title", "id": f"{title.level} {title.obtained_on}", "position": title.event}
            for title in person.titles if title.obtained_on == one.title_obtained_on]


def _entries(house: House, one: Application, as_of: int) -> list[Version]:
    """Every entry that stands, of the years from the present title, or from the first on, to the application."""
    reader, at = house.answers.file("entries", as_of)
    last = date.fromisoformat(one.applied_on).year
    first = 0 if one.title_obtained_on is None else date.fromisoformat(one.title_obtained_on).year
    return [each for each in read_registered(reader, one.person, at)
            if each.status in _STANDING and first <= year_of(each) <= last]


def _entry(house: House, one: Version) -> dict[str, Any]:
    claim = Reading(house.ledger).claim(one.claim)
    assert claim is not None and one.decision is not None, "what is registered was claimed and decided"
    return {"kind": "entry", "id": one.claim, "position": one.decision.event, "events": list(one.events),
            "year": year_of(one), "category": one.study.category.value, "route": one.study.route,
            "status": one.status, "evidence": evidence_view(claim.evidence)}


def _card(one: Card) -> dict[str, Any]:
    return {"kind": "card", "id": one.card, "position": one.events[0], "training_class": one.training_class}


def _missing(
    house: House, one: Application, items: list[dict[str, Any]], entries: list[Version], held: dict[str, Card]
) -> list[dict[str, Any]]:
    """What the rulebooks in force where it was filed ask for, and is not among it."""
    law = law_now(house.answers)
    day = date.fromisoformat(one.applied_on)
    layer = law.layer(law.interval(day.toordinal()), one.region, one.sector, None)
    wanted = [Wanted(book, duty) for book in layer.books for duty in book.duties]
    found = []
    statement = next((each for each in wanted if each.duty.kind == "statement"), None)
    if statement is not None and not any(item["kind"] == "statement" for item in items):
        found.append(statement.missing("statement"))
    card = next((each for each in wanted if each.duty.kind == "evidence" and CARD in each.duty.documents), None)
    if card is not None:
        found += [card.missing("card", claim=each.claim) for each in entries
                  if each.study.route in card.duty.routes and each.study.training_class not in held]
    return found
