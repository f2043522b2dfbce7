"""People who study for titles: enough in any case, or enough only while a seminar counts what it counts today."""

from __future__ import annotations

from datetime import date

from projection_kit import House, course, seminar

from ledger.events.study import Study
from ledger.streams import person as persons
from ledger.streams import person_career as careers
from ledger.vocabulary import Category, PersonId


def confirmed(year: int, hours: int) -> Study:
    """Hours by a document, which no rulebook changes."""
    return Study(category=Category.PROFESSIONAL, route="other", confirmed_centi=100 * hours, document="文",
                 evidence_on=date(year, 3, 1))


def plenty(year: int) -> list[Study]:
    """Enough under every rulebook."""
    return [course(f"{year}-04-01", 2_000), confirmed(year, 72)]


def just(year: int) -> list[Study]:
    """Enough by Ningbo's rule, which says what a seminar is worth (N 6(1): 24); the province leaves it to others."""
    return [course(f"{year}-04-01", 1_800), confirmed(year, 48), seminar(f"{year}-05-03")]


def titled(house: House, person: PersonId, *days: str) -> None:
    """Record a title of each day, from the lowest level on."""
    for number, day in enumerate(days):
        command = careers.RecordTitle(role="human_resources", level=("assistant", "middle", "senior")[number],
                                      obtained_on=date.fromisoformat(day))
        state = house.load(person, persons.evolve)
        house.record(careers.decide_title(state, command, house.officer))
