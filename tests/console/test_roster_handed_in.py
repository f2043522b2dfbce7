"""The organiser checks its list on the page and hands it in; the office is told, and looks at it as it came."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from tests.api.house_kit import Someone, Town, resident_id
from tests.console.console_kit import Browser, Cast
from tests.console.test_roster_waits import City

HEADS = "证件号码,姓名,出勤天数,登记卡号\r\n"


@pytest.fixture(scope="module")
def city(cast: Cast) -> Iterator[City]:
    """Wenzhou, where the department registers (W 13)."""
    town = cast.town
    base, bureau = (town.unit(name, "330300", "environment") for name in ("温州学会", "温州市环境局二处"))
    yield City(cast, town.officer(base, "recognised_organiser", "3303"),
               town.officer(bureau, "sector_authority", "3303", sector="environment"),
               town.officer(bureau, "sector_authority", "3304", sector="environment"))


def attending(town: Town, name: str, works: str) -> tuple[str, Someone]:
    """Somebody who registered themselves and belongs to a unit, and the number by which a list names them."""
    number = resident_id(next(town.numbers))
    made = town.nobody.did("/v1/persons", {"name": name, "id_kind": "resident_id", "id_number": number})
    person = Someone(town.client(), made["token"], made["person"])
    town.belongs(person, town.unit(works, "330302", "environment"), "2020-01-01")
    return number, person


def test_what_the_organiser_brings_is_checked_waits_and_is_registered_as_it_came(city: City) -> None:
    town, place = city.cast.town, city.held("自己交名册的班")
    teacher, bureau = Browser(town, city.teacher), Browser(town, city.bureau)
    number, person = attending(town, "钱进", "温州监测二站")

    def file(name: str) -> tuple[io.BytesIO, str]:
        return io.BytesIO((HEADS + f"{number},{name},,\r\n").encode("utf-8-sig")), "名册.csv"

    assert teacher.get("/home").link("请交名册") == f"{place}/roster"
    wrong = teacher.press(teacher.get(f"{place}/roster"), "逐行检查", file=file("钱退"))
    assert "有错误" in wrong.text and "交给登记部门" not in wrong.buttons()
    check = teacher.press(teacher.get(f"{place}/roster"), "逐行检查", file=file("钱进"))
    assert "可以登记" in check.text and "登记这" not in check.text
    brought = teacher.press(check, "交给登记部门")
    assert "学员名单" in brought.text and "CSV" in brought.text
    assert "名册已交" in teacher.get("/home").text

    before = town.house.ledger.store.size() - 1
    assert "名册已交来" in bureau.get("/home").text
    assert "名册已交来" not in bureau.get(f"/home?as_of={before}").text, "then it had not come"
    form = bureau.get(f"{place}/roster")
    assert "办班单位交来了名册" in form.text and form.text.count("确认的文件号") == 2
    looked = bureau.press(form, "检查交来的名册")
    assert "办班单位交来的名册" in looked.text
    assert not any(year["entries"] for year in person.years()["years"]), "nothing counts before it is registered"
    assert "已登记" in bureau.press(looked, "登记这 1 人").text
    assert any(year["entries"] for year in person.years()["years"])


def test_what_the_office_sends_back_the_organiser_is_told_why_of_and_hands_in_anew(city: City) -> None:
    town, place = city.cast.town, city.held("名册要改的班")
    teacher, bureau = Browser(town, city.teacher), Browser(town, city.bureau)
    number, person = attending(town, "孙退", "温州监测三站")

    def brought(days: str) -> None:
        file = io.BytesIO((HEADS + f"{number},孙退,{days},\r\n").encode("utf-8-sig")), "名册.csv"
        check = teacher.press(teacher.get(f"{place}/roster"), "逐行检查", file=file)
        assert "学员名单" in teacher.press(check, "交给登记部门").text

    assert bureau.client.get(f"{place}/roster-return").status_code == 409, "nothing was handed in yet"
    brought("2")
    assert "退回名册" not in teacher.get(place).buttons()
    assert bureau.get(f"{place}/roster").link("退回名册") == f"{place}/roster-return"
    looked = bureau.press(bureau.get(f"{place}/roster"), "检查交来的名册")
    assert looked.link("退回名册") == f"{place}/roster-return", "where it is seen what is wrong with it"
    another = bureau.press(bureau.get(f"{place}/roster"), "逐行检查", file=(io.BytesIO((
        HEADS + f"{number},孙退,1,\r\n").encode("utf-8-sig")), "名册.csv"))
    assert "退回名册" not in another.buttons(), "nobody handed this one in"
    form = bureau.get(f"{place}/roster-return")
    assert "办班单位看得到" in form.text and "本人看得到" not in form.text
    back = bureau.press(form, "退回名册", reason="attendance_wrong",
                        words="孙退只到了一天")
    back = bureau.press(back, "确认退回名册") if "确认退回名册" in back.buttons() else back
    assert "退回名册的理由" in back.text and "孙退只到了一天" in back.text

    assert "交来的名册已退回，等办班单位改好重新交来" in back.text and "尚未导入名册" not in back.text

    waits = teacher.get("/home")
    assert "名册被退回：出勤天数与考勤不符。孙退只到了一天" in waits.text
    assert waits.link("请改好重新交") == f"{place}/roster"
    assert "孙退只到了一天" in teacher.get(f"{place}/roster").text
    assert "名册已退回，等办班单位重新交来" in bureau.get("/home").text
    assert "办班单位交来了名册" not in bureau.get(f"{place}/roster").text

    brought("1")
    assert "名册被退回" not in teacher.get("/home").text
    assert "退回名册的理由" not in teacher.get(place).text
    looked = bureau.press(bureau.get(f"{place}/roster"), "检查交来的名册")
    assert "已登记" in bureau.press(looked, "登记这 1 人").text
    assert any(year["entries"] for year in person.years()["years"])
