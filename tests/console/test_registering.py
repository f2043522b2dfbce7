"""Who belongs where: units found, asked for, answered, verified; their people and years; applications for titles."""

from __future__ import annotations

import itertools
import re
from contextlib import ExitStack
from hashlib import sha256
from io import BytesIO
from typing import Any, NamedTuple

import pytest

from api.operational import accounts
from ledger.envelope import decode
from tests.api.house_kit import BODY, Someone, credit_code, resident_id, study
from tests.console.browser_kit import Window
from tests.console.console_kit import HERE, Browser, Cast

CODES = itertools.count(7_000)


class Place(NamedTuple):
    """A unit of another city, with its clerk and the office there: what waits here waits nowhere else."""

    works: BODY
    clerk: Someone
    office: Someone


@pytest.fixture(scope="module")
def here(cast: Cast) -> Place:
    works = cast.town.unit("钱江机械厂", "330106", "industry")
    bureau = cast.town.unit("杭州市人社局", "330100", "general")
    return Place(works, cast.town.officer(works, "unit", "330106", unit=works["unit"]),
                 cast.town.officer(bureau, "human_resources", "3301"))


@pytest.fixture(scope="module")
def clerk(cast: Cast, here: Place) -> Browser:
    return Browser(cast.town, here.clerk)


@pytest.fixture(scope="module")
def office(cast: Cast, here: Place) -> Browser:
    return Browser(cast.town, here.office)


def new_unit(cast: Cast, name: str) -> BODY:
    """A unit that nobody has verified yet."""
    return cast.town.nobody.did("/v1/units", {
        "credit_code": credit_code(next(CODES)), "name": name, "region": "330106", "sector": "industry",
        "contact": {"name": "联系人"}})


def asked(whom: Someone, unit: BODY) -> BODY:
    return whom.did(f"/v1/persons/{whom.id}/transfers", {"to_unit": unit["unit"], "starts": "2026-01-01"})


# Registering oneself

ME = {"name": "郑新人", "id_kind": "resident_id", "password": "一句谁也猜不到的足够长的口令"}


def test_a_person_registers_chooses_a_password_and_is_let_in(cast: Cast) -> None:
    browser, number = Browser(cast.town), resident_id(next(CODES))
    page = browser.get(browser.get("/login").link("个人登记"))
    wrong = browser.press(page, "登记", 422, **{**ME, "id_number": number[:-1], "password": "短"})
    assert {"#id_number", "#password"} <= {address for _, address in wrong.links}
    assert "郑新人" in wrong.source and "短" not in wrong.source, "what was typed stays, but for the secret"

    done = browser.press(wrong, "登记", **{**ME, "id_number": number})
    assert "您已登记（事件 #" in done.text and "并已登录" in done.text and "xsl_" not in done.source
    assert "先做这三步" in browser.get("/home").text
    again = Browser(cast.town).client.post("/login", headers=HERE, data={"name": number, "password": ME["password"]})
    assert (again.status_code, again.headers["Location"]) == (303, "/home")


def test_a_number_that_is_registered_is_said_to_be_and_whose_it_is_is_not(cast: Cast) -> None:
    browser, number = Browser(cast.town), resident_id(next(CODES))
    form = browser.get("/register")
    Browser(cast.town).press(form, "登记", **{**ME, "id_number": number})
    taken = browser.press(browser.get("/register"), "登记", 409, **{**ME, "name": "另一人", "id_number": number})

    assert "郑新人" not in taken.text and "#id_number" in {address for _, address in taken.links}


def test_a_form_that_is_sent_twice_registers_once_and_opens_nothing_to_whoever_finds_it_again(cast: Cast) -> None:
    number, store = resident_id(next(CODES)), cast.town.house.ledger.store
    page = Browser(cast.town).get("/register")
    first, second, third = (Browser(cast.town) for _ in range(3))
    first.press(page, "登记", **{**ME, "id_number": number})
    size = store.size()
    second.press(page, "登记", **{**ME, "id_number": number})
    found = third.press(page, "登记", **{**ME, "id_number": number, "password": "另外一句也足够长的新口令"})

    assert store.size() == size
    assert "先做这三步" in second.get("/home").text, "the same password: the same person"
    assert (found.address, third.get("/home").address) == ("/login", "/login")


def test_whoever_registers_while_no_password_can_be_worked_out_is_shown_a_token_once(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "BUSY_AFTER_S", 0.01)
    browser, form = Browser(cast.town), {**ME, "id_number": resident_id(next(CODES))}
    page = browser.get("/register")
    with ExitStack() as busy:
        for _ in range(accounts.AT_ONCE):
            busy.enter_context(cast.town.house.accounts._turn())
        shown = browser.press(page, "登记", **form)
    (token,) = re.findall(r"xsl_[A-Za-z0-9_-]{43}", shown.source)

    assert "它只显示这一次" in shown.text and browser.get("/home").address == "/login"
    assert browser.press(page, "登记", **form).address == "/login", "whoever sends it again need not be the same"
    answer = Browser(cast.town).client.post("/login", data={"token": token}, headers=HERE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/home")


def test_a_registration_from_elsewhere_is_not_taken(cast: Cast) -> None:
    page, client = Browser(cast.town).get("/register"), cast.town.client()
    form, _ = page.form_with("登记")
    sent = {**form.fields, **ME, "id_number": resident_id(next(CODES))}

    assert client.post("/register", data=sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/register", data={**sent, "key": "x" * 54}, headers=HERE).status_code == 403


def test_a_unit_registers_itself_and_its_page_says_how_it_stands(cast: Cast, office: Browser) -> None:
    browser, code = Browser(cast.town), credit_code(next(CODES))
    page = browser.get("/register/unit")
    facts = {"name": "自己登记的厂", "region": "330106", "sector": "industry", "contact.name": "王芳"}
    wrong = browser.press(page, "登记", 422, **facts, credit_code="123", **{"contact.phone": "12"})
    assert "#credit_code" in {address for _, address in wrong.links}
    assert ("option", {"value": "330106", "selected": ""}) in wrong.tags

    shown = browser.press(wrong, "登记", **{"contact.phone": "13800001234"}, **facts, credit_code=code)
    assert shown.address.startswith("/register/unit/unt_") and "… 待核验" in shown.text
    assert "王芳" not in shown.text and "13800001234" not in shown.source
    unit = shown.address.rpartition("/")[2]
    office.press(office.get(f"/units/{unit}/rejection"), "不予核验", reason="code_differs", words="不符")
    assert "统一社会信用代码与名称不符" in browser.get(shown.address).text
    browser.get("/register/unit/unt_" + "0" * 22, 404)


# Where somebody belongs


def test_a_person_finds_their_unit_reads_what_it_would_change_and_asks(cast: Cast, here: Place) -> None:
    cast.town.unit("余杭勘测院", "330110", "natural_resources")
    li = cast.town.person("吴勘")
    cast.town.belongs(li, here.works, "2020-01-01")
    claim = li.submit(study(date="2026-05-02"), "转单位前的培训")
    browser = Browser(cast.town, li)
    found = browser.get("/me/unit/request?q=勘测")
    form = browser.get(found.link("余杭勘测院"))
    size = cast.town.house.ledger.store.size()

    contract = (BytesIO(b"a contract"), "contract.pdf")
    check = browser.press(form, "下一步：看影响", starts="2026-03-01", major="测绘地理信息", evidence=contract)
    assert "转单位前的培训 2026-05-02 … 审核中 钱江机械厂 改按新单位 0 → 12" in check.text
    assert cast.town.house.ledger.store.size() == size, "nothing is written before it is asked for"
    back = browser.get(check.link("返回修改"))
    assert [told["value"] for _, told in back.tags if told.get("id") == "starts"] == ["2026-03-01"]

    done = browser.press(check, "提交申请")
    assert "已办理：申请匹配或变更单位" in done.text and "… 待接收单位确认" in done.text
    asked = cast.town.house.ledger.at(size + 1)
    assert asked is not None and asked.envelope.event.evidence == (sha256(b"a contract").hexdigest(),)
    assert "专业 测绘地理信息" in done.text
    assert "正在申请" in browser.get("/me/unit").text
    assert "申请变更单位" not in browser.get("/me/unit").buttons(), "one at a time"
    assert li.saw(f"/v1/claims/{claim['claim']}")["status"] == "under_review"


def test_a_unit_that_is_not_verified_is_found_and_cannot_be_chosen(cast: Cast) -> None:
    unit = new_unit(cast, "尚待核验的厂")
    browser = Browser(cast.town, cast.town.person())
    found = browser.get("/me/unit/request?q=尚待核验")

    assert "… 待核验" in found.text
    assert not any("to=" in address for _, address in found.links)
    refused = browser.press(browser.get(f"/me/unit/request?to={unit['unit']}"), "下一步：看影响", 409,
                            starts="2026-01-01")
    assert "核验" in refused.text
    assert "没有名称含" in browser.get("/me/unit/request?q=%25%25").text, "what is typed is text, not a pattern"


def test_what_is_missing_is_said_at_its_field_and_what_was_typed_stays(cast: Cast) -> None:
    there = cast.town.unit("萧山勘测院", "330109", "natural_resources")
    browser = Browser(cast.town, cast.town.person())
    page = browser.press(browser.get(f"/me/unit/request?to={there['unit']}"), "下一步：看影响", 422,
                         standing="talent_market")

    assert ("a", {"href": "#starts"}) in page.tags
    assert ("option", {"value": "talent_market", "selected": ""}) in page.tags


def test_the_unit_puts_the_day_right_and_the_person_belongs_to_it(cast: Cast, here: Place, clerk: Browser) -> None:
    qian = cast.town.person("钱工")
    transfer = asked(qian, here.works)["transfer"]
    waits = clerk.get("/queue?kind=transfer")
    words, address = next((words, one) for words, one in waits.links if transfer in one)
    assert words == "首次归属 → 钱江机械厂" and transfer not in waits.text, "called by where it leads, not by an id"
    assert "选一份，这里显示它的内容" not in waits.text, "each has a page of its own"
    assert f"{words} 单位变更 · 2026-01-01 起 钱*" in waits.text
    assert "首次归属 → 钱江机械厂" in Browser(cast.town, qian).get("/home").text
    page = clerk.get(address)
    assert {"确认为本单位人员", "不予确认"} <= page.buttons() and "钱*" in page.text and "钱工" not in page.text

    check = clerk.get(page.link("确认为本单位人员"))
    assert "人事隶属 没有单位 钱江机械厂，自 2026-01-01 起" in check.text
    done = clerk.press(check, "确认为本单位人员", starts="2026-02-01")

    assert "已办理：接收单位确认" in done.text and "✓ 已确认" in done.text
    own = Browser(cast.town, qian)
    assert "钱江机械厂 自 2026-02-01 起" in own.get("/me/unit").text
    (one,) = own.json("/me/unit.json")["affiliations"]
    assert one["from"] == "2026-02-01"
    assert "钱江机械厂" in own.client.get("/me/unit.csv").get_data(as_text=True)
    assert "还没有单位" in own.get(f"/me/unit?as_of={one['event'] - 2}").text


def test_who_is_turned_down_is_told_why_by_the_law_and_may_ask_anew(cast: Cast, here: Place, clerk: Browser) -> None:
    sun = cast.town.person("孙工")
    transfer = asked(sun, here.works)["transfer"]
    page = clerk.get(f"/transfers/{transfer}/refusal")
    wanting = clerk.press(page, "不予确认", 422, reason="not_employed")
    assert "说明：请填写。" in wanting.text
    clerk.press(wanting, "不予确认", words="查无此人")

    shown = Browser(cast.town, sun).get(f"/transfers/{transfer}")
    assert "单位未予确认的理由 查无此人 不是本单位的人员" in shown.text
    assert "均应根据人事隶属关系" in shown.text
    assert shown.buttons() & {"确认为本单位人员", "不予确认", "撤回申请"} == set()


def test_only_the_receiving_unit_answers_and_only_the_person_withdraws(
    cast: Cast, here: Place, clerk: Browser, office: Browser
) -> None:
    zhou = cast.town.person("周工")
    transfer = asked(zhou, here.works)["transfer"]
    elsewhere = cast.town.unit("别处的厂", "330105", "industry")
    away = Browser(cast.town, cast.town.officer(elsewhere, "unit", "330105", unit=elsewhere["unit"]))
    own = Browser(cast.town, zhou)

    away.get(f"/transfers/{transfer}?purpose=review", 404)
    away.get(f"/transfers/{transfer}/confirmation", 404)
    Browser(cast.town, cast.stranger).get(f"/transfers/{transfer}", 404)
    assert office.get(f"/transfers/{transfer}?purpose=review").buttons() & {
        "确认为本单位人员", "撤回申请"} == set()
    assert "确认为本单位人员" not in own.get(f"/transfers/{transfer}").buttons()
    done = own.press(own.get(f"/transfers/{transfer}/withdrawal"), "撤回申请")
    assert "– 已撤回" in done.text


def test_what_another_hand_has_decided_meanwhile_is_shown_and_nothing_is_done_twice(
    cast: Cast, here: Place, clerk: Browser
) -> None:
    wu = cast.town.person("吴工")
    transfer = asked(wu, here.works)["transfer"]
    page = clerk.get(f"/transfers/{transfer}/confirmation")
    wu.did(f"/v1/transfers/{transfer}/withdrawal", version=1)

    answer = clerk.send(page, "确认为本单位人员")
    assert (answer.status_code, "内容已被他人改变" in answer.get_data(as_text=True)) == (412, True)
    assert wu.saw(f"/v1/transfers/{transfer}")["status"] == "withdrawn"


# Units


def test_an_office_verifies_a_unit_and_from_then_on_it_can_be_chosen(
    cast: Cast, clerk: Browser, office: Browser
) -> None:
    unit = new_unit(cast, "待核验的甬厂")
    page = office.get(f"/units/{unit['unit']}")
    assert {"核验通过", "不予核验"} <= page.buttons()
    assert {"核验通过", "不予核验"} & clerk.get(f"/units/{unit['unit']}").buttons() == set()

    done = office.press(office.get(page.link("核验通过")), "核验通过", evidence="ab" * 32)
    last = cast.town.house.ledger.store.stream(unit["unit"])[-1][1]
    assert decode(last).event.evidence == ("ab" * 32,), "what was looked at stays known by its digest"
    assert "已办理：核验单位" in done.text and "✓ 已核验" in done.text
    assert "to=" in Browser(cast.town, cast.newcomer).get("/me/unit/request?q=待核验的甬厂").link("待核验的甬厂")
    assert "… 待核验" in office.get(f"/units/{unit['unit']}?as_of={unit['events'][0]}").text


def test_a_unit_that_is_turned_away_reads_the_reason_and_never_the_words(cast: Cast, office: Browser) -> None:
    unit = new_unit(cast, "代码不符的厂")
    office.press(office.get(f"/units/{unit['unit']}/rejection"), "不予核验", reason="code_differs", words="实为另一家")

    shown = Browser(cast.town, cast.newcomer).get(f"/units/{unit['unit']}").text
    assert "不予核验的理由 统一社会信用代码与名称不符" in shown
    assert "实为另一家" not in shown


def test_the_list_holds_what_is_within_ones_scopes_and_a_unit_goes_straight_to_itself(
    cast: Cast, here: Place, clerk: Browser, office: Browser
) -> None:
    new_unit(cast, "列表中的厂")
    away = cast.town.officer(cast.town.unit("温州某人社局", "330302", "general"), "human_resources", "3303")
    far = Browser(cast.town, away)

    assert clerk.get("/units").address == f"/units/{here.works['unit']}"
    assert [one["name"] for one in office.json("/units.json?q=列表中的")["items"]] == ["列表中的厂"]
    assert far.json("/units.json?q=列表中的")["items"] == []
    assert "清除筛选" in far.get("/units?q=列表中的").text
    listed = office.client.get("/units.csv?q=列表中的").get_data(as_text=True)
    assert listed.count("列表中的厂") == 1 and "待核验" in listed
    Browser(cast.town, cast.newcomer).get("/units", 403)


def test_a_units_people_are_shown_masked_for_a_purpose_and_each_is_recorded(
    cast: Cast, here: Place, clerk: Browser
) -> None:
    address, access = f"/units/{here.works['unit']}/people", cast.town.house.register.access
    assert "为什么查阅" in clerk.get(address).text
    cast.town.belongs(cast.town.person("陈师傅"), here.works, "2020-01-01")
    before = access.store.size()
    page = clerk.get(f"{address}?purpose=annual_review&from=2025&to=2026")
    told = clerk.json(f"{address}.json?purpose=annual_review")["items"]

    assert "陈*傅" in page.text and "陈师傅" not in page.text
    assert "… 年度未完" in page.text and "✗ 未达标" in page.text
    assert access.store.size() == before + 2 * len(told), "for each time that they were shown"
    lines = clerk.client.get(f"{address}.csv?purpose=annual_review").get_data(as_text=True)
    assert lines.count("陈*傅") == 1 and "隶属于" in lines
    assert "应先后有序" in clerk.get(f"{address}?purpose=review&from=2026&to=2025", 422).text
    Browser(cast.town, cast.newcomer).get(f"{address}?purpose=annual_review", 403)


@pytest.mark.requires_system("chromium")
def test_every_screen_is_readable_in_every_state_and_the_browser_says_nothing(
    cast: Cast, here: Place, served: str, chromium: Any
) -> None:
    unit, fan = new_unit(cast, "供查看的厂"), cast.town.person("范工")
    there = cast.town.unit("供查看的勘测院", "330109", "natural_resources")
    transfer = asked(fan, here.works)["transfer"]
    opened = [
        (fan, ["/me/unit", "/me/unit/request", "/me/unit/request?q=供查看", "/me/unit/request?q=没有的",
               f"/me/unit/request?to={there['unit']}", f"/transfers/{transfer}", f"/transfers/{transfer}/withdrawal"]),
        (cast.li, ["/me/unit", "/me/unit?as_of=20"]),
        (here.clerk, [f"/transfers/{transfer}?purpose=review", f"/transfers/{transfer}/confirmation",
                      f"/transfers/{transfer}/refusal", f"/units/{here.works['unit']}/people?purpose=annual_review",
                      "/queue?kind=transfer"]),
        (here.office, ["/units", "/units?status=closed", f"/units/{unit['unit']}", f"/units/{unit['unit']}/rejection"]),
    ]
    found = {}
    for someone, paths in opened:
        window = Window(chromium, served, someone.token)
        found |= {path: faults for path in paths if (faults := window.faults(path))}
        assert window.said == []

    assert found == {}
