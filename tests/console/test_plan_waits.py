"""After a year has ended, the office that has its plan on file is told that it has not evaluated it, and since when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.api.house_kit import Someone
from tests.console.console_kit import Browser, Cast

TOLD = "年度已过，计划还没有评估"


class City(NamedTuple):
    """Ningbo: who files plans, the two departments that take them, the sector's of another city and of a county."""

    cast: Cast
    teacher: Someone
    people: Someone
    bureau: Someone
    elsewhere: Someone
    county: Someone

    def on_file(self, year: int) -> str:
        """A plan that both departments put on file."""
        item = {"number": 1, "title": "智能制造", "route": "advanced_seminar", "level": "provincial", "days": "2",
                "headcount": 30, "seeks_funding": True}
        made = self.teacher.did("/v1/plans", {"year": year, "items": [item]})
        for version, office in enumerate((self.people, self.bureau), 1):
            office.did(f"/v1/plans/{made['plan']}/acknowledgement", {}, version=version)
        return str(made["plan"])


@pytest.fixture(scope="module")
def city(cast: Cast) -> Iterator[City]:
    town = cast.town
    base = town.unit("象山继续教育基地", "330200", "industry")
    bureau, far = town.unit("宁波市经信局评估处", "330200", "industry"), town.unit("嘉兴市经信局", "330400", "industry")
    near = town.unit("象山县经信局", "330225", "industry")
    yield City(cast, town.officer(base, "recognised_organiser", "3302"),
               town.officer(bureau, "human_resources", "3302"),
               town.officer(bureau, "sector_authority", "3302", sector="industry"),
               town.officer(far, "sector_authority", "3304", sector="industry"),
               town.officer(near, "sector_authority", "330225", sector="industry"))


def test_each_department_is_told_of_the_plan_it_has_not_evaluated_until_it_has(city: City) -> None:
    town, year = city.cast.town, city.cast.town.house.today.year - 1
    plan, this_year = city.on_file(year), city.on_file(year + 1)
    bureau = Browser(town, city.bureau)

    told = bureau.get("/home")
    assert TOLD in told.text and "1 项申请财政资助" in told.text
    assert f"自 {year + 1}-01-01 起，已" in told.text and "第十二条（没有规定期限）" in told.text
    assert told.link("评估实施情况") == f"/plans/{plan}/evaluation"
    assert [one["plan"] for one in bureau.json("/home.json")["plans"]] == [plan], "the other year has not ended"
    assert this_year not in told.text
    for other in (city.teacher, city.elsewhere, city.county):
        assert TOLD not in Browser(town, other).get("/home").text

    city.bureau.did(f"/v1/plans/{plan}/evaluation", {"grade": "qualified", "words": "如期"}, version=3)
    assert TOLD not in bureau.get("/home").text
    assert TOLD in Browser(town, city.people).get("/home").text, "the other department judges for itself"
