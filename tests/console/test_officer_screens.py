"""The officer's side: how an account decides beside its peers, where it gave hours itself, who saw whose data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from projections import peers
from projections.peers import PEERS_LEAST
from tests.api.house_kit import SHA, Someone, Town, house_in, study
from tests.console.console_kit import Browser, with_pages

WHY = "purpose=investigation"
_STEPS = 2


class Scene(NamedTuple):
    """Six accounts of a unit that decided alike, one of them without a look at the papers, and one hand's own hours."""

    town: Town
    watch: Someone
    watching: Browser
    clerks: list[Someone]
    office: Someone
    li: Someone
    audit: Someone


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with house_in(tmp_path_factory.mktemp("officers") / "data") as town, pytest.MonkeyPatch.context() as patch:
        patch.setattr(peers, "STEPS_LEAST", _STEPS)  # Of ten each the town would be a minute in the making.
        with_pages(town)
        works = town.unit("甬江机械厂", "330203", "industry")
        clerks = [town.officer(works, "unit", "330203", unit=works["unit"]) for _ in range(PEERS_LEAST + 1)]
        watch = town.officer(town.unit("宁波市监督办", "330200", "general"), "supervisor", "3302")
        office = town.officer(town.unit("海曙某局", "330203", "industry"), "sector_authority", "330203")
        audit = town.officer(town.unit("省某厅", "330000", "general"), "audit_administrator", "33",
                             person=town.person("审计").id)
        li = town.person("李明华")
        town.belongs(li, works, "2018-01-01")
        for at, clerk in enumerate(clerks):
            for number in range(_STEPS):
                made = li.submit(study(date=f"2026-03-{2 * at + number + 1:02d}"), f"第 {at}-{number} 次")
                clerk.act(made, "approval", {} if at == 0 else {"opened_evidence": [SHA]})
        other = li.submit({"category": "professional", "route": "other", "date": "2026-03-09"}, "某项工作")
        office.act(clerks[0].act(other, "endorsement"), "approval", {
            "confirmed_hours": "6", "document": "甬人社函〔2026〕7号"})
        yield Scene(town, watch, Browser(town, watch), clerks, office, li, audit)


def test_an_account_stands_beside_its_peers_with_middle_spread_and_place(scene: Scene) -> None:
    own = scene.clerks[0]
    page = scene.watching.get(f"/actors/{own.id}/timeline?{WHY}")
    told: Any = scene.watching.json(f"/actors/{own.id}/timeline.json?{WHY}")["conduct"]

    (beside,) = told["peers"]
    assert (beside["what"], beside["role"], beside["peers"]) == ("approved", "unit", PEERS_LEAST)
    unopened = next(one for one in beside["measures"] if one["name"] == "none_opened")
    assert (unopened["own"], unopened["middle"], unopened["place"], unopened["of"]) == (1_000, 0, 1, PEERS_LEAST + 1)
    for words in ("与同类账号相比", "附有佐证而一份未开", "第 1 高，共 6 个", "在最边上", "同类账号在这一钟点"):
        assert words in page.text, words
    assert scene.clerks[1].id not in page.source, "nobody it was compared with is named"
    assert scene.watch.saw(f"/v1/actors/{own.id}/conduct", purpose="investigation")["peers"] == told["peers"]


def test_hours_that_it_gave_itself_stand_there_with_the_paper_and_whose_they_were_is_recorded(scene: Scene) -> None:
    page = scene.watching.get(f"/actors/{scene.office.id}/timeline?{WHY}")

    assert "自行给出学时的认定" in page.text and "甬人社函〔2026〕7号" in page.text and "细则没有规定" in page.text


def test_few_peers_are_said_to_be_too_few_and_whoever_bears_the_account_is_told_of_none(scene: Scene) -> None:
    own = Browser(scene.town, scene.clerks[0]).get(f"/actors/{scene.clerks[0].id}/timeline")

    assert "与同类账号相比" not in own.text and "怎样办理" in own.text
    assert scene.clerks[0].saw(f"/v1/actors/{scene.clerks[0].id}/conduct")["peers"] is None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(peers, "PEERS_LEAST", PEERS_LEAST + 1)
        few = scene.watching.get(f"/actors/{scene.clerks[0].id}/timeline?{WHY}")
    assert "只有 5 个" in few.text and "不作比较" in few.text and "中间一半" not in few.text
