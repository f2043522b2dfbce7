"""A town in which two people show one certificate, and those who supervise it. No test lives here.

What is found is found by the patterns themselves, over the facts of the town.
"""

from __future__ import annotations

from typing import NamedTuple

from projections.findings.found import Finding, findings
from projections.findings.patterns import patterns
from tests.api.house_kit import BODY, Someone, Town, study

WATCH = "supervisor"
PATTERN = "D02"
"""Two people and one file of a certificate: every claim of the kit shows the same one."""


class Place(NamedTuple):
    """A county where two people's hours are registered, and who watches over it."""

    town: Town
    works: BODY
    li: Someone
    wang: Someone
    clerk: Someone
    watch: Someone
    mate: Someone       # Of the same bureau.
    other: Someone      # Of another bureau of the same city.
    away: Someone


def place_in(town: Town) -> Place:
    """Put everyone there; nothing is registered yet."""
    works = town.unit("甬江机械厂", "330203", "industry")
    li, wang = town.person("李明"), town.person("王伟")
    for one in (li, wang):
        town.belongs(one, works, "2020-01-01")
    bureau, second = (town.unit(name, "330200", "general") for name in ("市监督局", "市监察机关"))
    return Place(
        town, works, li, wang, town.officer(works, "unit", "330203", unit=works["unit"]),
        town.officer(bureau, WATCH, "3302"), town.officer(bureau, WATCH, "3302"), town.officer(second, WATCH, "3302"),
        town.officer(town.unit("温州监督局", "330300", "general"), WATCH, "3303"))


def shown_twice(place: Place, day: str = "2026-03-02") -> tuple[str, str]:
    """Both register a training with the same certificate; gives the claims."""
    first, second = (str(place.clerk.act(one.submit(study(date=day), f"{one.id} 的培训"), "approval", {})["claim"])
                     for one in (place.li, place.wang))
    return first, second


def look(town: Town) -> list[Finding]:
    """Ask the patterns about what moved, and give what they found."""
    town.house.settled()
    town.house.detecting.run([*patterns().values()])
    return list(findings(town.house.answers, None, limit=500).items)


def looked(place: Place) -> Finding:
    """What the patterns found of the certificate that two people show."""
    (found,) = [one for one in look(place.town) if one.pattern == PATTERN]
    return found
