"""What waits is called by its name: what is public always, whose it is for a purpose, recorded before it is told."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.api.house_kit import BODY, Someone, Town, study


@pytest.fixture(scope="module")
def mover(town: Town, works: BODY) -> Someone:
    """Somebody who asks to leave the works, and has put a claim forward there."""
    mover = town.person()
    town.belongs(mover, works, "2020-01-01")
    mover.submit(study())
    return mover


@pytest.fixture(scope="module")
def mill(town: Town) -> BODY:
    return town.unit("湖畔印染厂", "330203", "industry")


@pytest.fixture(scope="module")
def receiving(town: Town, mill: BODY, mover: Someone) -> Someone:
    """Who acts for the unit to which they want to go."""
    mover.did(f"/v1/persons/{mover.id}/transfers", {"to_unit": mill["unit"], "starts": "2026-03-01"})
    return town.officer(mill, "unit", "330203", unit=mill["unit"])


def of_kind(answer: BODY, kind: str) -> dict[str, Any]:
    (found,) = [one for one in answer["items"] if one["kind"] == kind]
    return dict(found)


def test_a_transfer_is_called_by_whose_it_is_and_where_it_leads_once_a_purpose_is_given(
    town: Town, works: BODY, mover: Someone, receiving: Someone
) -> None:
    silent = of_kind(receiving.saw("/v1/work"), "transfer")
    before = town.house.register.access.store.size()
    told = of_kind(receiving.saw("/v1/work", purpose="review"), "transfer")

    assert (silent["title"], silent["name"], silent["person"]) == (None, None, mover.id)
    name = town.house.answers.unit(works["unit"]).names[-1].name  # type: ignore[union-attr]
    assert told["title"] == f"{name} → 湖畔印染厂"
    assert told["name"][1:].startswith("*"), "masked, as on every list"
    assert town.house.register.access.store.size() == before + 1, "that it was seen stands in the access log"


def test_somebody_reads_what_they_asked_for_by_its_name_without_a_purpose(mover: Someone, receiving: Someone) -> None:
    own = of_kind(mover.saw("/v1/work"), "transfer")

    assert own["title"].endswith("→ 湖畔印染厂") and own["name"][1:].startswith("*")
    assert of_kind(mover.saw(f"/v1/persons/{mover.id}/work"), "transfer") == own
    assert of_kind(mover.saw("/v1/work"), "claim")["title"] is None, "a claim's title is read where it is opened"


def test_a_unit_that_waits_is_called_by_its_name_which_is_public(town: Town, works: BODY) -> None:
    town.nobody.did("/v1/units", {
        "credit_code": "91330100MA27XYA111", "name": "新来的厂", "region": "330203", "sector": "industry",
        "contact": {"name": "某人"}})

    told = of_kind(town.officer(works, "human_resources", "330203").saw("/v1/work"), "unit")
    assert (told["title"], told["name"]) == ("新来的厂", None)


def test_the_list_that_is_taken_away_names_as_much(receiving: Someone) -> None:
    def cells(**query: str) -> list[str]:
        answer = receiving.get("/v1/work.csv", **query)
        lines = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline=""), strict=True))
        heads = next(line for line in lines if "姓名" in line)
        (row,) = [line for line in lines if "单位变更" in line]
        return [row[heads.index(one)] for one in ("名称", "姓名")]

    assert cells() == ["", ""]
    assert cells(purpose="review")[0].endswith("→ 湖畔印染厂") and "*" in cells(purpose="review")[1]
