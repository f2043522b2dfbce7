"""After a class was held, the office that registers its people is told that they wait, and so is the organiser."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest

from tests.api.house_kit import Someone, resident_id
from tests.console.console_kit import Browser, Cast

TOLD = "名册还没有登记"


class City(NamedTuple):
    """Wenzhou, where the department registers (W 13): who held the class, who registers it, who has nothing to do."""

    cast: Cast
    teacher: Someone
    bureau: Someone
    elsewhere: Someone

    def held(self, title: str) -> str:
        """A class that was put on file and held."""
        starts = self.cast.town.house.today - timedelta(9)
        dates = {"starts": starts.isoformat(), "ends": (starts + timedelta(1)).isoformat()}
        made = self.teacher.did("/v1/classes", {
            "title": title, "category": "professional", "route": "training", "level": "provincial", "days": "2",
            "headcount": 30, "lessons": [{"title": "课", "hours": "8"}], **dates})
        place = f"/classes/{made['training_class']}"
        self.bureau.did(f"/v1{place}/acceptance", {"number": f"温备-{title}"}, version=1)
        self.teacher.did(f"/v1{place}/holding", {**dates, "days": "2", "attended": 1, "passed": 1}, version=2)
        return place


@pytest.fixture(scope="module")
def city(cast: Cast) -> Iterator[City]:
    town = cast.town
    base, bureau = town.unit("温州基地", "330300", "environment"), town.unit("温州市环境局", "330300", "environment")
    far = town.unit("嘉兴市环境局", "330400", "environment")
    yield City(cast, town.officer(base, "recognised_organiser", "3303"),
               town.officer(bureau, "sector_authority", "3303", sector="environment"),
               town.officer(far, "sector_authority", "3304", sector="environment"))


def test_the_department_is_told_since_when_and_by_which_article_until_the_list_is_registered(city: City) -> None:
    town, place = city.cast.town, city.held("等着登记的班")
    bureau, teacher = Browser(town, city.bureau), Browser(town, city.teacher)
    told = bureau.get("/home")
    assert TOLD in told.text and "由您这里登记" in told.text and "第五条（没有规定期限）" in told.text
    assert told.link("名册导入") == f"{place}/roster"
    assert f"自 {town.house.today.isoformat()} 起" in told.text
    assert "1 个办完的班" in bureau.get("/queue").text
    assert [one["is_ours"] for one in bureau.json("/home.json")["rosters"]] == [True]
    waits = teacher.get("/home").text
    assert "由行业主管部门登记， 请交名册 。登记之前学员没有学时" in waits and "名册导入" not in waits
    assert "办完的班" not in teacher.get("/queue").text, "there it would be for them to do"
    assert TOLD not in Browser(town, city.elsewhere).get("/home").text

    number = resident_id(next(town.numbers))
    made = town.nobody.did("/v1/persons", {"name": "孙立", "id_kind": "resident_id", "id_number": number})
    works = town.unit("温州监测站", "330302", "environment")
    town.belongs(Someone(town.client(), made["token"], made["person"]), works, "2020-01-01")
    before = town.house.ledger.store.size()
    registered = city.bureau.post(f"/v1{place}/rosters", {
        "file": _file(number), "document": "温环发〔2026〕示例 1 号"}, version=3)
    assert registered.status_code == 201, registered.get_data(as_text=True)
    assert TOLD not in bureau.get("/home").text and TOLD not in teacher.get("/home").text
    assert TOLD in bureau.get(f"/home?as_of={before}").text, "then it still waited"


def test_which_papers_of_a_class_lack_is_said_on_its_page_and_before_its_list_is_registered(city: City) -> None:
    """W 13; a class is told what it has to hand in before it is filed, too."""
    town, place = city.cast.town, city.held("缺材料的班")
    bureau = Browser(town, city.bureau)
    shown = bureau.get(place).text
    assert "! 批准文件 ：缺" in shown and "! 办班计划 ：开班之后才报" in shown

    number = resident_id(next(town.numbers))
    content = base64.b64decode(_file(number))
    check = bureau.press(bureau.get(f"{place}/roster"), "逐行检查", file=(io.BytesIO(content), "名册.csv"))
    assert "报送的材料 ! 批准文件 ：缺" in check.text and "! 办班总结 ：缺" in check.text
    assert "! 参加人员名单 ：缺" in check.text and "温人社发〔2020〕125号 第十三条" in check.text


def _file(number: str) -> str:
    rows = f"证件号码,姓名,出勤天数,登记卡号\r\n{number},孙立,,\r\n"
    return base64.b64encode(rows.encode("utf-8-sig")).decode("ascii")
