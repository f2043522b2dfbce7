"""The workbench: for somebody their year and what is under way, for an office what waits and for how long."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from api.console.home import office as home_office
from api.console.home.beginnings import STEPS
from api.register.last_done import note
from projections.findings.patterns import patterns
from tests.api.house_kit import house_in, study
from tests.console.console_kit import Browser, Cast, with_pages


def test_somebody_sees_what_is_short_this_year_and_who_has_their_claims(cast: Cast, li: Browser) -> None:
    shown, data = li.get("/home").text, li.json("/home.json")
    year = cast.li.year(cast.town.house.today.year)

    assert f"{year['evaluated']['total']} 学时，还差" in shown
    assert data["year"]["evaluated"] == year["evaluated"]
    assert "焊接工艺培训 用人单位" in shown
    assert "returned 的培训 ↩ 本人，请修改" in shown
    assert "作废的培训" not in shown.split("在办")[-1]
    assert shown.index("本人，请修改") < shown.index("年度要求"), "what waits for them comes first"


def test_what_was_taken_away_is_said_with_the_term_and_the_office_of_an_appeal(cast: Cast, li: Browser) -> None:
    """P 17, AMB-32: a case reaches people who open no old claim by themselves."""
    today = cast.town.house.today
    lost = li.get("/home").text.split("可以申诉的决定")[1].split("在办")[0]

    assert "作废的培训 ⊘ 已撤销" in lost and "refused 的培训 ✗ 已驳回" in lost
    assert f"可在 {today + timedelta(days=60)} 之前（含当日）申诉，由宁波市海曙区行业主管部门办理" in lost
    before = cast.claims["revoked"]["events"][0]
    assert "可以申诉的决定" not in li.get(f"/home?as_of={before}").text, "of a past moment nothing is offered"


def test_nobody_has_fallen_short_of_a_year_that_is_not_over(cast: Cast, li: Browser) -> None:
    this = cast.town.house.today.year

    running, over = (li.get(f"/persons/{cast.li.id}/years/{year}").text for year in (this, this - 1))

    assert "… 年度未完" in running
    assert "✗ 未达标" not in running
    assert "✗ 未达标" in over


def test_whoever_has_nothing_yet_is_told_three_steps(cast: Cast) -> None:
    shown = Browser(cast.town, cast.newcomer).get("/home")

    assert "先做这三步" in shown.text
    assert "匹配用人单位" in shown.text
    assert shown.link("填写申报") == "/claims/new"


def test_of_a_past_moment_only_what_was_under_way_then_is_shown(cast: Cast, li: Browser) -> None:
    first = cast.claims["open"]["events"][0]
    shown = li.get(f"/home?as_of={first}").text

    assert "焊接工艺培训" in shown
    assert "补报的研修" not in shown


def test_an_office_sees_how_much_waits_of_what_and_for_how_long(cast: Cast, clerk: Browser) -> None:
    page, data = clerk.get("/home"), clerk.json("/home.json")

    assert f"{data['waiting']} 件" in page.text
    assert data["waiting"] == len(cast.clerk.saw("/v1/work", limit=200)["items"])
    assert "3 天以内" in page.text
    assert "李" not in page.text, "a count names nobody"


def test_an_office_for_which_nothing_waits_is_told_why(cast: Cast) -> None:
    town, place = cast.town, "331004"    # No other test has an office there.
    mill, bureau = town.unit("路桥泵厂", place, "general"), town.unit("路桥区人社局", place, "general")
    someone, office = town.person(), town.officer(bureau, "human_resources", place)
    town.belongs(someone, mill, "2020-01-01")
    someone.submit(study(date="2026-03-02"))
    shown = Browser(town, office).get("/home").text

    assert "没有待审核的事项" in shown
    assert "用人单位" in shown, "it sees what waits with those below it"
    for path in ("/home", "/queue"):
        past = Browser(town, office).get(f"{path}?as_of=1").text
        assert "当时没有待审核的事项" in past and "就在这里出现" not in past, "nothing comes into a past"


def test_of_many_seats_those_that_have_waited_longest_are_shown_and_all_are_in_the_data(
    cast: Cast, monkeypatch: pytest.MonkeyPatch,
) -> None:
    town = cast.town
    watching = Browser(town, town.officer(town.unit("省监督办", "330000", "general"), "supervisor", "33"))
    every = watching.json("/home.json")["loads"]
    assert len(every) > 1 and "另有" not in watching.get("/home").text

    monkeypatch.setattr(home_office, "LOADS_MOST", 1)
    shown = watching.get("/home")
    assert f"列出等得最久的 1 行，另有 {len(every) - 1} 行" in shown.text
    assert every[0]["days"] == max(one["days"] for one in every) and watching.json("/home.json")["loads"] == every


def test_units_stand_together_by_their_place_and_one_by_one_where_it_is_opened(cast: Cast) -> None:
    town, place = cast.town, "330212"
    for name in ("鄞一厂", "鄞二厂"):
        mill, someone = town.unit(name, place, "industry"), town.person()
        town.belongs(someone, mill, "2020-01-01")
        someone.submit(study())
    watching = Browser(town, town.officer(town.unit("省监督处", "330000", "general"), "supervisor", "33"))
    page = watching.get("/home")

    assert "2 个" in page.text and "鄞一厂" not in page.text
    (line,) = [one for one in watching.json("/home.json")["loads"] if one["region"] == place]
    assert (line["units"], line["unit"], line["waiting"]) == (2, None, 2)
    assert f'href="/home?region={place}#loads"' in page.source
    opened = watching.get(f"/home?region={place}").text
    assert "鄞一厂" in opened and "鄞二厂" in opened and "全部所辖" in opened
    assert "鄞一厂" not in watching.get("/home?region=nowhere").text, "what is no place opens none"
    assert f'href="/home?region={place}#loads"' in watching.get("/home?region=nowhere").source, "and narrows nothing"


@pytest.mark.parametrize("role", ["human_resources", "sector_authority", "recognised_organiser", "title_committee",
                                  "policy_office", "supervisor"])
def test_for_whom_nothing_waits_there_are_three_steps_and_each_leads_somewhere(cast: Cast, role: str) -> None:
    town = cast.town
    idle = Browser(town, town.officer(town.unit(f"清闲的单位 {role}", "331100", "general"), role, "3311"))
    page = idle.get("/home")
    steps = page.tags
    assert ("要您核对后施行的细则" in page.text) == (role == "policy_office"), "it reviews no claims"
    links = [told["href"] for tag, told in steps if tag == "a"]

    assert [links.count(address) >= 1 for address, _, _ in STEPS[role]] == [True] * 3
    town.house.detecting.run([*patterns().values()])  # What they find is a list of its own, which begins with this.
    assert all(idle.client.get(address).status_code == 200 for address, _, _ in STEPS[role])


def test_a_close_of_the_year_is_offered_to_whoever_holds_everyones_place_alone(tmp_path: Path) -> None:
    """In a house where nothing waits for either: then each is told where to begin."""
    with house_in(tmp_path / "data") as town:
        with_pages(town)
        town.belongs(town.person(), town.unit("某厂", "330203", "industry"), "2020-01-01")
        whole, city = (
            Browser(town, town.officer(town.unit(name, at.ljust(6, "0"), "general"), "human_resources", at))
            for name, at in (("省里的人社", "33"), ("丽水的人社", "3311")))
        assert "年度关账 把全部人员的年度学时定下来" in whole.get("/home").text
        assert "把全部人员的年度学时定下来" not in city.get("/home").text and "查阅学时" in city.get("/home").text


def test_whoever_investigates_is_told_first_where_the_register_itself_does_not_hold(cast: Cast) -> None:
    town = cast.town
    watching = Browser(town, town.officer(town.unit("市监督办", "331000", "general"), "supervisor", "3310"))
    folder = town.house.register.folder
    try:
        told = watching.get("/home").text
        assert "请留意 没有逐条重读账本的记录：请在服务器上运行 xueshi fsck" in " ".join(told.split())
        assert told.count("没有逐条") == 1 and "没有记录" not in told, "it is said once"
        note(folder, "fsck", size=3, holds=False)
        assert "发现它不完好：请在服务器上运行" in watching.get("/home").text
        note(folder, "fsck", size=3, holds=True)
        assert "不完好" not in watching.get("/home").text and "没有逐条重读" not in watching.get("/home").text
    finally:
        folder.last_done("fsck").unlink(missing_ok=True)


@pytest.mark.parametrize(("role", "way", "command"), [
    ("system_administrator", "账号和权限", "xueshi doctor"),
    ("security_administrator", "销毁个人信息", "xueshi keys show"),
    ("audit_administrator", "查阅日志", "xueshi log forks"),
])
def test_each_of_the_separated_three_is_told_what_is_theirs_and_whether_the_register_holds(
    cast: Cast, role: str, way: str, command: str
) -> None:
    town = cast.town
    centre = town.unit(f"信息中心 {role}", "330100", "general")
    someone = town.officer(centre, role, "33", person=town.person("许知微").id)
    shown = Browser(town, someone).get("/home")

    assert "这个身份不审核学时，也不兼别的身份" in shown.text and command in shown.text
    assert "账本本身" in shown.text, "before anything else"
    for address, words, _ in STEPS[role]:
        assert Browser(town, someone).get(address).status == 200, words
    assert shown.link(way) == STEPS[role][0][0]
