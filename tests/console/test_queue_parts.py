"""The queue page by page over everything that waits, its facets, and whose each row is."""

from __future__ import annotations

from typing import Any

import pytest

from api.console.claiming import queue as screen
from tests.api.house_kit import BODY, Someone, Town, study
from tests.console.console_kit import Browser, Cast

MANY = 28  # More than a page.


class Desk:
    """A unit of its own, with more to look at than stands on one page."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.works = town.unit("象山水产所", "330225", "industry")
        self.person = town.person("田原").hands_in()
        town.belongs(self.person, self.works, "2020-01-01")
        self.clerk, self.colleague = (
            town.officer(self.works, "unit", "330225", unit=self.works["unit"]) for _ in range(2))
        self.claims = [self.person.submit(study(date=f"2026-{1 + at // 28:02d}-{1 + at % 28:02d}"), f"第 {at} 份")
                       for at in range(MANY)]
        self.claims += [self.person.submit(study(date="2025-12-01"), "去年的")]

    @property
    def browser(self) -> Browser:
        return Browser(self.town, self.clerk)


@pytest.fixture(scope="module")
def desk(cast: Cast) -> Desk:
    return Desk(cast.town)


def ids(browser: Browser, address: str) -> list[str]:
    found: list[dict[str, Any]] = browser.json(address.replace("/queue", "/queue.json", 1))["items"]
    return [one["id"] for one in found]


def of(claims: list[BODY]) -> list[str]:
    return [one["claim"] for one in claims]


@pytest.mark.parametrize("sort", ["", "&sort=days", "&sort=unit", "&sort=-category"])
def test_every_page_goes_on_where_the_last_ended_and_leads_back(desk: Desk, sort: str) -> None:
    browser, first = desk.browser, f"/queue?kind=claim{sort}"
    one = browser.get(first)
    two = browser.get(one.link("下一页"))
    assert "第 1–25 份" in one.text and "第 26–29 份" in two.text

    seen = ids(browser, first) + ids(browser, one.link("下一页"))
    assert sorted(seen) == sorted(of(desk.claims))
    assert seen == (of(desk.claims)[::-1] if sort in ("&sort=days", "&sort=-category") else of(desk.claims))
    assert "下一页" not in two.buttons()
    assert ids(browser, two.link("上一页")) == seen[:25]
    assert "第 1–25 份" in browser.get(two.link("上一页")).text
    assert "上一页" not in browser.get(two.link("上一页")).buttons()


def test_what_was_decided_meanwhile_passes_nothing_over(cast: Cast) -> None:
    desk = Desk(cast.town)
    browser = desk.browser
    on = browser.get("/queue").link("下一页")
    for claim in desk.claims[:3]:
        desk.clerk.act(claim, "approval", {})

    assert ids(browser, on) == of(desk.claims[25:])
    for claim in desk.claims[25:]:
        desk.clerk.act(claim, "approval", {})
    assert ids(browser, on) == of(desk.claims[3:25]), "nothing is left there: one goes on from the beginning"


def test_another_order_begins_at_its_beginning(desk: Desk) -> None:
    two = desk.browser.get(desk.browser.get("/queue?kind=claim").link("下一页"))

    assert "第 1–25 份" in desk.browser.get(two.link("等待")).text


def test_a_place_in_the_list_is_of_one_list_and_nobody_makes_one_up(desk: Desk) -> None:
    on = desk.browser.get("/queue").link("下一页")

    assert desk.browser.client.get(on.replace("/queue?", "/queue?mark=late&")).status_code == 422
    assert desk.browser.client.get("/queue?at=abc").status_code == 422
    assert Browser(desk.town, desk.colleague).client.get(on).status_code == 422


def test_facets_find_what_is_marked_and_whose_it_is(desk: Desk) -> None:
    browser, mine, yours = desk.browser, desk.claims[4], desk.claims[5]
    desk.clerk.act(mine, "assignment", {"to": desk.clerk.id})
    desk.clerk.act(yours, "assignment", {"to": desk.colleague.id})
    page = browser.get("/queue")

    assert "标记 全部 补录 1" in page.text
    assert "转办 全部 指定给我 1 未指定 27 指定给同事 1" in page.text
    assert ids(browser, "/queue?mark=late") == of(desk.claims[-1:])
    assert ids(browser, "/queue?holder=me") == of([mine])
    assert ids(browser, "/queue?holder=others") == of([yours])
    assert len(browser.client.get("/queue.csv?holder=none").get_data(as_text=True).splitlines()) >= 27
    rows = {one["id"]: one for one in browser.json("/queue.json?kind=claim")["items"]}
    assert (rows[mine["claim"]]["holder"], rows[mine["claim"]]["is_plain"]) == ("我", True)
    assert rows[yours["claim"]]["holder"].startswith("经*人"), "masked"
    assert not rows[yours["claim"]]["is_plain"], "a colleague's is not approved in passing"


def test_what_one_person_claims_twice_is_marked_and_found(cast: Cast) -> None:
    works = cast.town.unit("奉化服装厂", "330213", "industry")
    one, two = cast.town.person("苏云"), cast.town.person("苏月")
    for person in (one, two):
        cast.town.belongs(person, works, "2020-01-01")
    facts = {"route": "paper", "level": "core", "rank": 1, "output": "CN-1"}
    same = [one.submit(study(**facts, date=f"2026-03-0{day}"), "同一篇论文") for day in (1, 2)]
    two.submit(study(**{**facts, "rank": 2}, date="2026-03-03"), "合著的")
    gone = one.submit(study(date="2026-03-04", occasion="培训 1"), "撤回的")
    one.act(gone, "withdrawal")
    one.submit(study(date="2026-03-05", occasion="培训 1"), "重新提交的")
    browser = Browser(cast.town, cast.town.officer(works, "unit", "330213", unit=works["unit"]))

    assert ids(browser, "/queue?mark=duplicate") == of(same), "neither a co-author's nor what was withdrawn"
    marked = {row["id"]: row["marks"] for row in browser.json("/queue.json")["items"]}
    assert [claim for claim, marks in marked.items() if "duplicate" in marks] == of(same)
    assert "疑重复 2" in browser.get("/queue").text


def test_what_came_without_its_papers_is_found_however_far_down_it_stands(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = cast.town.unit("宁海茶厂", "330226", "industry")
    one, two = cast.town.person("茅一").hands_in(), cast.town.person("茅二")
    for person in (one, two):
        cast.town.belongs(person, works, "2020-01-01")
    one.submit(study(date="2026-03-01"), "材料在这里的")
    absent = [two.submit(study(date=f"2026-03-0{day}"), "只有摘要的") for day in (2, 3)]
    browser = Browser(cast.town, cast.town.officer(works, "unit", "330226", unit=works["unit"]))

    assert "标记 全部 材料未上传 2" in browser.get("/queue").text
    assert ids(browser, "/queue?mark=papers_absent") == of(absent)
    monkeypatch.setattr(screen, "_JUDGED_MOST", 2)
    assert "材料未上传 至少 1" in browser.get("/queue").text, "so many are looked at for the facet alone"
    assert ids(browser, "/queue?mark=papers_absent") == of(absent), "of all where that is asked for"


def test_a_facet_that_divides_nothing_is_no_line(cast: Cast) -> None:
    works = cast.town.unit("慈溪轴承厂", "330282", "industry")
    person = cast.town.person("路远").hands_in()
    cast.town.belongs(person, works, "2020-01-01")
    person.submit(study())
    shown = Browser(cast.town, cast.town.officer(works, "unit", "330282", unit=works["unit"])).get("/queue")

    assert not [told for tag, told in shown.tags if told.get("class") == "facets"]


def test_ages_are_counted_in_whole_days(desk: Desk) -> None:
    assert ids(desk.browser, "/queue?age=10") == ids(desk.browser, "/queue?age=4") == []
    assert len(ids(desk.browser, "/queue?age=0")) == 25


def test_what_is_no_claim_leads_to_its_own_page(desk: Desk) -> None:
    someone: Someone = desk.town.person("新来的")
    asked = someone.did(f"/v1/persons/{someone.id}/transfers",
                        {"to_unit": desk.works["unit"], "starts": "2026-01-01"})
    page = desk.browser.get("/queue?kind=transfer")

    assert f"/transfers/{asked['transfer']}" in {address.partition("?")[0] for _, address in page.links}


def test_how_many_are_approved_at_once_is_spoken_of_where_any_can_be(desk: Desk) -> None:
    assert "成批认定所勾选的 没有勾选框的须逐份审核" in desk.browser.get("/queue?sort=days").text, "one is of last year"
    assert "勾选框" not in desk.browser.get("/queue?mark=late").text, "here none can"
