"""The systems that records come from, in the console: registered after a look, listed, closed, registered anew."""

from __future__ import annotations

import pytest

from tests.api.house_kit import Someone
from tests.console.console_kit import Browser, Cast, Read

LIST = "/imports/sources"
SAID = {"name": "绍兴市学时登记系统", "kind": "local_system", "region": "330600", "categories": ["general_public"]}


@pytest.fixture(scope="module")
def bureau(cast: Cast) -> Someone:
    return cast.town.officer(cast.town.unit("绍兴市人社局", "330600", "general"), "human_resources", "3306")


@pytest.fixture(scope="module")
def office(cast: Cast, bureau: Someone) -> Browser:
    return Browser(cast.town, bureau)


def registered(office: Browser, system: str) -> Read:
    check = office.press(office.get("/imports/new-source"), "下一步：核对", system=system, **SAID)
    return office.press(check, "登记")


def test_the_form_of_an_import_leads_to_where_a_source_is_registered(office: Browser) -> None:
    led = {address for _, address in office.get("/imports/new").links}

    assert LIST in led
    assert "/imports/new-source" in {address for _, address in office.get(LIST).links}


def test_a_source_is_looked_at_before_it_is_registered_and_is_then_on_the_list(cast: Cast, office: Browser) -> None:
    size = cast.town.house.ledger.store.size
    before = size()
    check = office.press(office.get("/imports/new-source"), "下一步：核对", system="shaoxing", **SAID)
    assert "当地或部门的登记系统" in check.text and "一般公需科目" in check.text and "绍兴市" in check.text
    assert size() == before

    done = office.press(check, "登记")
    assert (done.address, size()) == (f"{LIST}/shaoxing", before + 1)
    assert "已办理" in done.text and "使用中" in done.text
    item, = (one for one in office.json(f"{LIST}.json")["items"] if one["system"] == "shaoxing")
    assert (item["name"], item["status"]) == (SAID["name"], "open")
    assert "绍兴市学时登记系统" in office.get(LIST).text
    assert "绍兴市学时登记系统" not in office.get(f"{LIST}?as_of={before}").text, "then nobody had registered it"


def test_whoever_looks_back_finds_what_was_typed(office: Browser) -> None:
    check = office.press(office.get("/imports/new-source"), "下一步：核对", system="again", **SAID)
    form, _ = office.press(check, "返回修改").form_with("下一步：核对")

    assert form.fields["system"] == "again" and form.fields["region"] == "330600"


def test_what_is_wrong_is_said_at_its_field(office: Browser) -> None:
    page = office.press(office.get("/imports/new-source"), "下一步：核对", 422, **{**SAID, "system": "宁波"})
    assert "来源系统代码" in page.text and 'aria-invalid="true"' in page.source
    empty = office.press(office.get("/imports/new-source"), "下一步：核对", 422)
    assert "可以报送的科目：请选择。" in empty.text

    registered(office, "taken")
    again = office.press(office.get("/imports/new-source"), "下一步：核对", 409, system="taken", **SAID)
    assert "这个来源系统已经登记" in again.text


def test_a_source_is_closed_with_a_reason_and_registered_anew_from_what_it_was(office: Browser) -> None:
    page = registered(office, "changing")
    deed = next(address for words, address in page.links if words == "停用")
    closed = office.press(office.get(deed), "停用", why="changed")
    assert "已停用" in closed.text and "范围有变" in closed.text

    anew = next(address for words, address in closed.links if words == "重新登记")
    form, _ = office.get(anew).form_with("下一步：核对")
    assert (form.fields["system"], form.fields["name"]) == ("changing", SAID["name"])
    check = office.press(office.get(anew), "下一步：核对", categories=["general_public", "professional"])
    assert "专业科目" in office.press(check, "登记").text


def test_who_may_look_but_not_register_is_offered_nothing(cast: Cast, office: Browser) -> None:
    registered(office, "theirs")
    away = Browser(cast.town, cast.clerk)
    page = away.get(f"{LIST}/theirs")

    assert "停用" not in {words for words, _ in page.links}
    assert "/imports/new-source" not in {address for _, address in away.get(LIST).links}
    away.get("/imports/new-source", 403)
    away.get(f"{LIST}/theirs/closing", 403)
    away.get(f"{LIST}/nobody", 404)
