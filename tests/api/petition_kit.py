"""A unit of Ningbo's industry in November 2026, its people with two full years, and the offices that decide on titles.

No test lives here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from ledger.errors import Refusal
from ledger.events.base import By
from ledger.events.study import Ruling, Study, StudyDetails
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from ledger.vocabulary import Category, ClaimId, PersonId
from tests.api.house_kit import BODY, Someone, Town, house_in, study

WHY = {"words": "经核实"}
TITLE = {"level": "intermediate", "obtained_on": "2024-11-30", "series": "engineering"}
NOVEMBER = int(datetime(2026, 11, 20, 2, tzinfo=UTC).timestamp()) * 1_000_000


class Bureau(NamedTuple):
    """A town and those in it who decide: each of the city, but for the clerk of the unit and the office elsewhere."""

    town: Town
    works: BODY
    clerk: Someone
    people: Someone
    colleague: Someone
    sector: Someone
    committee: Someone
    watch: Someone
    away: Someone

    def applicant(
        self, *, years: tuple[int, ...] = (), has_title: bool = True
    ) -> tuple[Someone, dict[int, str]]:
        """Somebody with a title of 2024, or none, and these years met; of each year one of the claims that met it."""
        li = self.town.person()
        self.town.belongs(li, self.works, "2018-01-01")
        if has_title:
            self.people.did(f"/v1/persons/{li.id}/titles", TITLE)
        return li, {year: self._full_year(li, year) for year in years}

    def _full_year(self, li: Someone, year: int) -> str:
        seminar = study(route="advanced_seminar", level="provincial", days="5", date=f"{year}-03-06")
        filed = study(route="filed_training", days="6", date=f"{year}-05-08", filed_on=f"{year}-03-01",
                      starts=f"{year}-05-03")
        claims = [self.clerk.act(li.submit(one), "approval", {})["claim"] for one in (seminar, filed)]
        self._public(li, year)
        return str(claims[0])

    def _public(self, li: Someone, year: int) -> None:
        """Eighteen hours that a system registers: no door takes them from a person there (N 8)."""
        house = self.town.house
        person = house.ledger.load(PersonId(li.id), persons.evolve).state
        day = date(year, 6, 1)
        passed = Study(category=Category.GENERAL_PUBLIC, route="course", evidence_on=day, hours_centi=1_800,
                       completed_by="exam")
        command = review.RegisterClaim(
            submission=review.SubmitClaim(
                claim=ClaimId(house.new_id("claim")), person=PersonId(li.id), study=passed,
                details=StudyDetails(title="公需科目"), evidence=(), steps=("system",), on=day, origin="auto"),
            ruling=Ruling(assessed_centi=1_800, status="manual", clauses=("甬人社发〔2017〕45号",)), year=year)
        drafts = review.decide_registration(None, command, person)
        assert not isinstance(drafts, Refusal), drafts
        versions = {draft.event.stream: 0 for draft in drafts}
        house.ledger.record(drafts, by=By(actor="system", role="system"), versions=versions)

    def file(self, li: Someone, **more: Any) -> BODY:
        return li.did("/v1/applications", {
            "person": li.id, "level": "senior", "series": "engineering", "title_obtained_on": TITLE["obtained_on"],
            "minimum_years": 2, **more})

    def assessed(self, li: Someone, **more: Any) -> BODY:
        return act(self.committee, self.file(li, **more), "assessment", {"minimum_years": 2})

    def revoked(self, claim: str) -> str:
        """A claim whose hours turned out to be false."""
        seen = self.clerk.saw(f"/v1/claims/{claim}", purpose="review")
        self.clerk.act(seen, "revocation", {"basis": "falsified", **WHY})
        return claim


def act(whom: Someone, one: BODY, what: str, body: BODY | None = None) -> BODY:
    return whom.did(f"/v1/applications/{one['application']}/{what}", body, version=one["version"])


def no(whom: Someone, one: BODY, what: str, body: BODY | None = None) -> BODY:
    """What somebody is told who may not."""
    answer = whom.post(f"/v1/applications/{one['application']}/{what}", body, version=one["version"])
    assert answer.status_code >= 400, answer.get_data(as_text=True)
    found: BODY = answer.get_json()
    return found


@contextmanager
def bureau_in(folder: Path) -> Iterator[Bureau]:
    with house_in(folder, lambda: NOVEMBER) as town:
        works = town.unit("某厂", "330203", "industry")
        city, there = town.unit("宁波某局", "330200", "general"), town.unit("温州某局", "330300", "general")

        def office(role: str) -> Someone:
            return town.officer(city, role, "3302")

        yield Bureau(
            town, works, town.officer(works, "unit", "330203", unit=works["unit"]), office("human_resources"),
            office("human_resources"), town.officer(city, "sector_authority", "3302", sector="industry"),
            office("title_committee"), town.officer(there, "supervisor", "33"),
            town.officer(there, "human_resources", "3303"))
