"""What waits for an office: narrowed, sorted, opened beside the list, decided one by one or many at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.house_kit import BODY, study
from tests.console.console_kit import Browser, Cast, cast_in


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """A town of its own, in which everybody has handed in what their claims show."""
    with cast_in(tmp_path_factory.mktemp("queue") / "data") as cast:
        for one in (cast.li, cast.stranger):
            one.hands_in()
        yield cast


@pytest.fixture(scope="module")
def clerk(cast: Cast) -> Browser:
    return Browser(cast.town, cast.clerk)


def put(cast: Cast, title: str, **facts: object) -> BODY:
    return cast.stranger.submit(study(**facts), title)


def rows(clerk: Browser, query: str = "") -> list[BODY]:
    found: list[BODY] = clerk.json(f"/queue.json{query}")["items"]
    return found


def test_a_row_says_whose_what_worth_how_long_and_what_is_odd(cast: Cast, clerk: Browser) -> None:
    shown = clerk.get("/queue").text
    late = next(one for one in rows(clerk) if one["id"] == cast.claims["late"]["claim"])

    assert "补报的研修 培训、研修、研讨 · 专业科目 · 2025-04-02 李*华 甬江机械厂 8 补录" in shown
    assert (late["hours"], late["marks"], late["is_plain"], late["days"]) == ("8", ["late"], False, 0)
    assert "李明华" not in shown


def test_everyone_on_a_page_of_rows_is_recorded_as_seen(cast: Cast, clerk: Browser) -> None:
    access = cast.town.house.register.access
    before = access.store.size()
    people = {one["name"] for one in rows(clerk)}

    assert access.store.size() == before + len(people)


def test_the_longest_waiting_comes_first_unless_asked_otherwise(clerk: Browser) -> None:
    since = [one["since_at"] for one in rows(clerk)]

    assert since == sorted(since)
    assert [one["since_at"] for one in rows(clerk, "?sort=days")] == sorted(since, reverse=True)


def test_facets_count_what_they_leave(cast: Cast, clerk: Browser) -> None:
    newcomer = cast.town.person("钱多")
    newcomer.did(f"/v1/persons/{newcomer.id}/transfers", {"to_unit": cast.works["unit"], "starts": "2026-01-01"})
    page = clerk.get("/queue")
    transfers = [one for one in rows(clerk) if one["kind"] == "transfer"]

    assert len(transfers) == 1
    assert "单位变更 1" in page.text
    assert rows(clerk, "?kind=transfer") == transfers
    assert "清除筛选" in clerk.get("/queue?category=sector_public").text


def test_of_a_past_moment_the_list_is_what_waited_then_and_nothing_can_be_done(cast: Cast, clerk: Browser) -> None:
    at = cast.claims["open"]["events"][0]
    page = clerk.get(f"/queue?as_of={at}&selected={cast.claims['open']['claim']}")

    assert [one["id"] for one in rows(clerk, f"?as_of={at}")] == [cast.claims["open"]["claim"]]
    assert not page.buttons() & {"认定通过", "退回修改", "成批认定所勾选的"}


def test_what_is_decided_beside_the_list_leads_to_the_next_row(cast: Cast, clerk: Browser) -> None:
    first, second = (put(cast, f"逐份审核 {number}", date=f"2026-04-0{number}") for number in (3, 4))
    page = clerk.get(f"/queue?category=professional&sort=-days&selected={first['claim']}")
    assert "按现行细则 8 学时" in page.text

    after = clerk.press(page, "认定通过")
    assert "已办理：认定" in after.text
    assert f"selected={second['claim']}" in after.query
    assert "category=professional" in after.query
    assert first["claim"] not in {one["id"] for one in rows(clerk)}


def test_a_return_beside_the_list_without_words_is_asked_for_them_and_comes_back(cast: Cast, clerk: Browser) -> None:
    claim = put(cast, "退回时没写说明", date="2026-04-05")
    page = clerk.get(f"/queue?selected={claim['claim']}")
    asked = clerk.press(page, "退回修改", 422, returned="wrong_date")
    assert "说明：请填写" in asked.text

    after = clerk.press(asked, "退回修改", words="请补日程")
    assert (after.address, "已办理：退回修改" in after.text) == ("/queue", True)
    (said,) = cast.stranger.saw(f"/v1/claims/{claim['claim']}")["said"]
    assert (said["words"], said["reason"]["code"]) == ("请补日程", "wrong_date"), "what was chosen is kept"


def test_many_are_approved_at_once_with_a_result_for_each(cast: Cast, clerk: Browser) -> None:
    plain = [put(cast, f"成批的培训 {number}", date=f"2026-05-0{number}") for number in (3, 4)]
    page = clerk.get("/queue")
    lines = [f"{one['claim']} {one['version']}" for one in plain]
    odd = f"{cast.claims['late']['claim']} 99"
    check = clerk.press(page, "成批认定所勾选的", line=[*lines, odd])
    assert "2 份 共 16 学时" in check.text
    assert "须单独审核" in check.text

    done = clerk.press(check, "认定这 2 份")
    assert done.text.count("✓ 已认定 事件 #") == 2
    assert {one["claim"] for one in plain}.isdisjoint(one["id"] for one in rows(clerk))


def test_what_carries_a_mark_cannot_be_ticked(cast: Cast, clerk: Browser) -> None:
    ticks = [told["value"].split()[0] for tag, told in clerk.get("/queue").tags if told.get("name") == "line"]

    assert cast.claims["open"]["claim"] in ticks
    assert cast.claims["late"]["claim"] not in ticks


def test_whose_paper_was_never_handed_in_is_marked_and_cannot_be_ticked(cast: Cast, clerk: Browser) -> None:
    zhou = cast.town.person("周白")
    cast.town.belongs(zhou, cast.works, "2020-01-01")
    claim = zhou.submit(study(date="2026-05-09"), "没有交来证书的培训")["claim"]

    def row() -> BODY:
        return next(one for one in rows(clerk) if one["id"] == claim)

    assert (row()["marks"], row()["is_plain"]) == (["papers_absent"], False)
    assert "8 材料未上传" in clerk.get("/queue").text
    zhou.hands_in()
    assert (row()["marks"], row()["is_plain"]) == ([], True)


def test_who_ticked_nothing_is_told_to_tick(clerk: Browser) -> None:
    shown = clerk.press(clerk.get("/queue"), "成批认定所勾选的", 422, line=None)

    assert "没有勾选" in shown.text and "认定这 0 份" not in shown.text and shown.link("回到待办").startswith("/queue?")


def test_a_batch_tells_nothing_of_a_claim_beyond_the_askers_sight(cast: Cast) -> None:
    away = cast.town.officer(cast.town.unit("温州某院", "330302", "environment"), "sector_authority", "3303")
    browser = Browser(cast.town, away)
    page = browser.get("/help")
    form, _ = page.form_with("关闭单键")
    answer = browser.client.post("/queue/batch", headers={"Sec-Fetch-Site": "same-origin"}, data={
        "key": form.fields["key"], "line": f"{cast.claims['open']['claim']} 1"})

    shown = answer.get_data(as_text=True)
    assert "焊接工艺" not in shown and "李*华" not in shown


@pytest.mark.parametrize("selected", ["clm_" + "0" * 22, "x", "<script>", "clm_"])
def test_a_chosen_id_that_is_none_is_no_error_of_ours(clerk: Browser, selected: str) -> None:
    answer = clerk.client.get("/queue", query_string={"selected": selected})

    assert answer.status_code in (200, 404)


def test_whoever_has_nothing_waiting_is_told_so(cast: Cast) -> None:
    quiet = cast.town.officer(cast.town.unit("舟山市人社局", "330900", "general"), "human_resources", "3309")
    shown = Browser(cast.town, quiet).get("/queue").text
    assert "没有待审核的事项" in shown and "上次审核" not in shown, "nobody ever asked it for anything"


def test_whoever_has_done_it_all_is_told_what_they_decided_last(cast: Cast) -> None:
    town = cast.town
    house = town.unit("海曙新办的单位", "330203", "industry")
    clerk, newcomer = town.officer(house, "unit", "330203", unit=house["unit"]), town.person("赵新")
    asked = newcomer.did(f"/v1/persons/{newcomer.id}/transfers", {"to_unit": house["unit"], "starts": "2026-01-01"})
    waiting = Browser(town, clerk).get("/queue").text
    clerk.did(f"/v1/transfers/{asked['transfer']}/confirmation", version=1)
    page = Browser(town, clerk).get("/queue")

    assert "赵" in waiting and "上次审核" not in waiting
    assert "您上次审核：20" in page.text and page.link("确认").partition("?")[0] == f"/transfers/{asked['transfer']}"


def test_what_a_full_cap_would_not_count_is_marked_and_can_be_asked_for(cast: Cast, clerk: Browser) -> None:
    counted, over = (put(cast, title, route="advanced_seminar", level="municipal", days="5", date=day)
                     for title, day in (("上半年的研修", "2026-03-10"), ("下半年的研修", "2026-09-10")))
    cast.clerk.act(counted, "approval", {})
    page = clerk.get("/queue?mark=over_cap")

    marked = rows(clerk, "?mark=over_cap")
    assert [(one["marks"], one["is_plain"]) for one in marked if one["id"] in (counted["claim"], over["claim"])] == [
        (["over_cap"], False)]
    assert over["claim"] in {one["id"] for one in marked} and f"超上限 {len(marked)}" in page.text
    assert "下半年的研修" in page.text and "焊接工艺培训" not in page.text
