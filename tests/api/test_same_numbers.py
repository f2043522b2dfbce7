"""Who else has reserved a certificate's number is looked up among those who may, and is what trying everyone finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cases.log import histories
from projections.findings import upkeep
from projections.findings.clues import Clues
from tests.api.house_kit import Someone, Town, house_in, study

NUMBER = {"certificate_issuer": "某省培训中心", "certificate_number": "ZJ-2026-0007"}


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setattr(upkeep, "BEGINS_MS", 3_600_000)  # Else a second later it writes the file of clues, too.
    with house_in(tmp_path / "data") as made:
        yield made


def everybodys_names(*_: object) -> None:
    raise AssertionError("every reservation was read")


def others(who: Someone, claim: str) -> list[str]:
    found = who.saw(f"/v1/claims/{claim}/certificate", purpose="spot_check")
    return [one["claim"] for one in found["items"]]


def test_those_whose_certificates_read_alike_are_tried_and_whoever_came_since_and_nobody_else(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = town.unit("甬江机械厂", "330203", "industry")
    watch = town.officer(town.unit("宁波市监督办", "330200", "general"), "supervisor", "3302")
    people = [town.person() for _ in range(5)]
    for one in people:
        town.belongs(one, works, "2020-01-01")
    li, wang, alike, later, last = people
    mine = li.submit(study(), **NUMBER)["claim"]
    theirs = wang.submit(study(), **NUMBER)["claim"]
    alike.submit(study(), **{**NUMBER, "certificate_number": "zj－2026－O007"})  # Reads alike, and is another number.
    assert others(watch, mine) == [theirs], "no clues are made yet"
    with Clues(town.house.ledger, town.house.register.folder.projections) as clues:
        clues.catch_up()
    newest = later.submit(study(), **NUMBER)["claim"]
    last.submit(study(), **{**NUMBER, "certificate_number": "ZJ-2026-0008"})

    with monkeypatch.context() as patch:
        patch.setattr(type(town.house.ledger.store), "names", everybodys_names)
        assert others(watch, mine) == [theirs, newest] and others(watch, theirs) == [mine, newest]
    monkeypatch.setattr(histories, "_SINCE_MOST", 1)
    assert others(watch, mine) == [theirs, newest], "clues that are far behind are not relied on"
