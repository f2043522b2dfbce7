"""The close of a year in a browser: read before it is made, beside what stands now, one's own line to take along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.refusals import refusals
from ledger.offline.verify import policy_of, verify_file
from tests.api.house_kit import BODY, Someone, Town, house_in_2026, study
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, serving, with_pages


class Year:
    """A town with a year that is over: one entry stands, one waits."""

    def __init__(self, town: Town) -> None:
        self.town = with_pages(town)
        works = town.unit("甬江机械厂", "330203", "industry")
        self.office = town.officer(town.unit("浙江省人社厅", "330000", "general"), "human_resources", "33")
        self.city = town.officer(town.unit("温州市人社局", "330300", "general"), "human_resources", "3303")
        self.clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        self.li, self.wang = town.person("李明华"), town.person("王芳")
        for one in (self.li, self.wang):
            town.belongs(one, works, "2018-01-01")
        self.standing = self.clerk.act(self.li.submit(study(date="2025-05-03", days="2"), "两天的培训"), "approval")
        self.waiting = self.li.submit(study(date="2025-06-03", days="3"), "还没有办结的")

    def browser(self, someone: Someone) -> Browser:
        return Browser(self.town, someone)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    with house_in_2026(tmp_path_factory.mktemp("closing") / "data") as town:
        yield Year(town)


@pytest.fixture(scope="module")
def before(year: Year) -> dict[str, str]:
    """What everyone read before the close; then it is closed."""
    office = year.browser(year.office)
    read = {"none": office.get("/year-closings").text, "city": year.browser(year.city).get("/year-closings").text}
    form = office.get("/year-closings/new")
    size = year.town.house.ledger.store.size()
    check = office.press(form, "下一步：试算", document="浙人社发〔2026〕1号")
    assert year.town.house.ledger.store.size() == size, "a trial writes nothing"
    return {**read, "form": form.text, "check": check.text,
            "done": office.press(check, "关账").text}


@pytest.fixture(scope="module")
def after(year: Year, before: dict[str, str]) -> BODY:
    """Something is decided after the close, and something is revoked."""
    year.clerk.act(year.waiting, "approval")
    return year.clerk.act(year.standing, "revocation", {"basis": "falsified", "words": "材料不实"})


def test_a_close_is_read_before_it_is_made_and_says_what_it_leaves_open(before: dict[str, str]) -> None:
    assert "还没有关过账" in before["none"] and "先试算一个年度" in before["none"]
    assert "您不能关账" in before["city"] and "先试算" not in before["city"]
    assert "请转交管辖宁波市海曙区的人力社保部门" in before["city"], "who may is told to whoever may not"
    assert "2025 年度" in before["form"]
    assert "登记项数 1 核定学时合计 8 尚未办结的申报 1 件" in before["check"]
    assert "已办理" in before["done"] and "由账本重算，与关账时一致" in before["done"]
    assert "关账之后没有更正" in before["done"] and "浙人社发〔2026〕1号" in before["done"]


def test_a_year_is_closed_once(year: Year, before: dict[str, str]) -> None:
    office = year.browser(year.office)
    form = office.get("/year-closings/new")
    assert "2024 年度" in form.text and "2025 年度" not in form.text
    assert refusals.lines()["year_empty"].detail in office.press(form, "下一步：试算", 422).text
    assert refusals.lines()["year_closed"].detail in office.press(form, "下一步：试算", 409, year="2025").text
    assert office.client.get("/year-closings.csv").get_data(as_text=True).count("2025,1,1,8,1,") == 1


def test_what_was_decided_after_the_close_stands_beside_it(year: Year, after: BODY) -> None:
    page = year.browser(year.office).get("/year-closings/2025")
    lines = year.browser(year.office).client.get("/year-closings/2025.csv").get_data(as_text=True).splitlines()

    assert "由账本重算，与关账时一致" in page.text
    assert "核定学时合计 8 12 +4" in page.text
    assert f"{year.standing['claim']} ✓ 已登记 8 ⊘ 已撤销 0 −8" in page.text
    assert f"{year.waiting['claim']} – 不在其中 0 ✓ 已登记 12 +12" in page.text
    assert sum(one.startswith("clm_") for one in lines) == 2
    assert "事件 #" in page.text and "下载证明" in page.text


def test_a_person_takes_their_own_line_along_and_nobody_elses(year: Year, after: BODY, tmp_path: Path) -> None:
    browser = year.browser(year.li)
    page = browser.get(browser.get("/year-closings").link("2025 年度：我的一行"))
    assert "合计 8 学时" in page.text and "12" not in page.text.partition("证明")[0].partition("固定")[2]
    file = tmp_path / "year-2025-line.txt"
    file.write_bytes(browser.client.get(page.link("下载这一行")).data)
    key = year.town.client().get("/log/key").get_data(as_text=True)
    assert verify_file(file, policy_of(key.strip())).kind == "year_line"
    assert "/year-closings/2025/line" in browser.get(f"/persons/{year.li.id}/years/2025").source
    year.browser(year.wang).get("/year-closings/2025/line", 404)
    browser.get("/year-closings/2025", 403)


@pytest.mark.requires_system("chromium")
def test_every_screen_of_a_close_is_readable(year: Year, after: BODY, chromium: Any) -> None:
    with serving(year.town.app) as served:
        found = {}
        for someone, paths in ((year.office, ["/year-closings", "/year-closings/new", "/year-closings/2025"]),
                               (year.li, ["/year-closings", "/year-closings/2025/line"])):
            window = Window(chromium, served, someone.token)
            found |= {path: faults for path in paths if (faults := window.faults(path))}
            assert window.said == []
        assert found == {}
