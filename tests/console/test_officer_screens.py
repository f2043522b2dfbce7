"""The officer's side: how an account decides beside its peers, where it gave hours itself, who saw whose data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from api.register.register import SYSTEM
from ledger.access.log import anchor_access
from ledger.proof.bundle import parse_bundle, verify_bundle
from ledger.proof.keys import parse_vkey
from ledger.proof.merkle import hash_leaf
from ledger.proof.policy import trust
from projections import peers
from projections.peers import PEERS_LEAST
from tests.api.command_kit import answering, xueshi
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


def test_what_an_account_saw_and_who_saw_a_person_is_told_with_its_proof(scene: Scene) -> None:
    begin = scene.watching.get("/access")
    assert "谁为何看过谁的个人信息" in begin.text
    scene.office.saw(f"/v1/persons/{scene.li.id}/timeline", purpose="appeal")
    by_account = scene.watching.get(f"/access?whom={scene.office.id}&{WHY}")
    of_person = scene.watching.get(f"/access?whom={scene.li.id}&{WHY}&for=appeal")

    assert scene.li.id in by_account.text and "时间线" in by_account.text and "申诉复核" in by_account.text
    assert "共 1 条" in of_person.text and scene.office.id in of_person.text
    address = of_person.link("第 ")
    proof = scene.watching.client.get(address).get_data()
    keys = scene.town.house.register.access_signer.vkeys
    bundle = parse_bundle(proof)
    verify_bundle(bundle, hash_leaf(bundle.extra), trust(*map(parse_vkey, keys)))
    assert scene.office.id in bundle.extra.decode()
    assert "编号：经办账号" in scene.watching.get(f"/access?whom=谁&{WHY}", 422).text
    file = scene.watching.client.get(f"/access.csv?whom={scene.office.id}&{WHY}").get_data(as_text=True)
    assert scene.li.id in file and "appeal" not in file and "申诉复核" in file


def test_the_audit_administrator_asks_too_and_nobody_learns_that_they_were_looked_at(scene: Scene) -> None:
    auditing = Browser(scene.town, scene.audit)
    own = scene.town.officer(scene.town.unit("镇海监督办", "330211", "general"), "supervisor", "3302",
                             person=scene.li.id)

    scene.office.saw(f"/v1/persons/{scene.li.id}/timeline", purpose="appeal")
    assert scene.li.id in auditing.get(f"/access?whom={scene.office.id}&{WHY}").text
    assert "查阅日志" in auditing.get("/accounts").text
    clerk = Browser(scene.town, scene.clerks[0])
    assert clerk.get(f"/access?whom={scene.li.id}&{WHY}", 403).text and clerk.get("/access", 403).text
    assert Browser(scene.town, own).get(f"/access?whom={scene.li.id}&{WHY}", 404).text
    assert scene.li.id not in Browser(scene.town, own).get(f"/access?whom={scene.office.id}&{WHY}").text


def test_the_ledgers_root_of_the_access_log_stands_on_the_page_and_says_when_it_no_longer_fits(scene: Scene) -> None:
    register = scene.town.house.register
    anchor_access(register.ledger, register.access_signer, by=SYSTEM, now=scene.town.house.now)
    page = scene.watching.get(f"/access?whom={scene.office.id}&{WHY}")

    assert "与现在的查阅日志相符" in page.text
    told = scene.watching.json(f"/access.json?whom={scene.office.id}&{WHY}")
    assert told["anchor"]["holds"] and told["behind"] == 0


def test_over_http_and_on_the_command_line_it_is_the_same(scene: Scene, tmp_path: Path) -> None:
    for _ in range(2):
        scene.office.saw(f"/v1/persons/{scene.li.id}/timeline", purpose="appeal")
    told = scene.watch.saw("/v1/access", purpose="investigation", actor=scene.office.id, limit=1)
    more = scene.watch.saw("/v1/access", purpose="investigation", actor=scene.office.id, cursor=told["next_cursor"])

    assert told["items"][0]["subject"] == scene.li.id and told["items"][0]["purpose"] == "appeal"
    assert more["as_of"] == told["as_of"] and more["items"][0]["position"] < told["items"][0]["position"]
    only = scene.watch.saw("/v1/access", **{"purpose": "investigation", "person": scene.li.id, "for": "annual_review"})
    assert only["items"] == []
    assert scene.watch.get("/v1/access", purpose="investigation").status_code == 422
    ever = {"from": "1950-01-01", "to": "2099-12-31", "purpose": "investigation"}
    assert scene.watch.saw("/v1/access", **ever, actor=scene.office.id)["items"]
    assert scene.watch.saw(f"/v1/actors/{scene.office.id}/conduct", **ever)["compared_from"] == "1950-01-01"
    assert scene.watch.get("/v1/access", actor=scene.office.id).get_json()["code"] == "purpose_missing"
    proof = scene.watch.get(f"/v1/access/{told['items'][0]['position']}/proof")
    assert proof.data.startswith(b"c2sp.org/tlog-proof")
    assert scene.watch.get("/v1/access/999999/proof").status_code == 404
    with answering(scene.town.app) as address:
        ended = xueshi(tmp_path, "access", "list", "--actor", scene.office.id, "--purpose", "investigation",
                       XUESHI_SERVER=address, XUESHI_TOKEN=str(scene.watch.token))
    assert ended.returncode == 0 and scene.li.id in ended.stdout and "申诉复核" in ended.stdout
