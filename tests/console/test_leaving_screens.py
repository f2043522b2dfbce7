"""Where somebody belonged, as an office puts it right in the console; and what becomes of a unit."""

from __future__ import annotations

import pytest

from tests.api.house_kit import BODY, Someone, credit_code, study
from tests.console.console_kit import Browser, Cast


@pytest.fixture(scope="module")
def office(cast: Cast) -> Browser:
    bureau = cast.town.unit("绍兴市人社局", "330600", "general")
    return Browser(cast.town, cast.town.officer(bureau, "human_resources", "3306"))


def works(cast: Cast, name: str) -> BODY:
    return cast.town.unit(name, "330602", "industry")


def at(whom: Someone) -> str:
    return f"/persons/{whom.id}/belonging"


def test_a_retirement_is_tried_entered_and_struck_out_again(cast: Cast, office: Browser) -> None:
    unit, person = works(cast, "越城的厂"), cast.town.person("鲁师傅")
    cast.town.belongs(person, unit, "2024-01-01")
    page = office.get(f"{at(person)}?purpose=annual_review")
    assert "越城的厂" in page.text and "作废离开" not in page.text, "there is no last day yet"

    tried = office.press(office.get(f"{at(person)}/departures"), "先看结果", ends="2026-03-31")
    assert "自 2024-01-01 至 2026-03-31" in tried.text
    left = office.press(office.get(f"{at(person)}/departures"), "登记离开", ends="2026-03-31")
    assert "已办理" in left.text and "登记离开" not in left.buttons()
    assert "没有单位" in Browser(cast.town, person).get("/me/unit").text

    back = office.press(office.get(f"{at(person)}/departure-voidings"), "作废离开", ends="2026-03-31")
    assert "至今" in back.text


def test_somebody_is_restricted_with_what_rests_before_ones_eyes_and_released_again(
    cast: Cast, office: Browser
) -> None:
    unit, person = works(cast, "上虞的厂"), cast.town.person("沈师傅")
    cast.town.belongs(person, unit, "2024-01-01")
    person.submit(study(date="2026-03-02"))
    form = office.get(f"{at(person)}/restrictions")
    assert "随之停办：学时申报 1 项。" in form.text
    empty = cast.town.person("没有在办的")
    cast.town.belongs(empty, unit, "2024-01-01")
    assert "没有随之停办的事项。" in office.get(f"{at(empty)}/restrictions").text

    done = office.press(form, "限制处理", basis="申〔2026〕8号", words="本人申请")
    assert {"限制处理", "登记离开"} & done.buttons() == set() and "解除限制" in done.text
    lifted = office.press(office.get(f"{at(person)}/restriction-liftings"), "解除限制", basis="申〔2026〕9号")
    assert "限制处理" in lifted.text and "解除限制" not in lifted.buttons()


def test_whoever_belongs_to_no_unit_is_not_offered_to_be_barred(cast: Cast, office: Browser) -> None:
    """For how long is said by the law of a place, and they have none."""
    unit, person = works(cast, "上虞的厂"), cast.town.person("何师傅")
    page = f"/persons/{person.id}/titles?purpose=title_application"
    assert "限期不得申报" not in office.get(page).buttons()

    cast.town.belongs(person, unit, "2024-01-01")
    assert "限期不得申报" in office.get(page).buttons()


def test_a_title_that_was_entered_in_error_is_struck_out(cast: Cast, office: Browser) -> None:
    unit, person = works(cast, "诸暨的厂"), cast.town.person("冯师傅")
    cast.town.belongs(person, unit, "2024-01-01")
    page = f"/persons/{person.id}/titles"
    wrong = {"level": "senior", "obtained_on": "2021-12-30"}
    bare = office.get(f"{page}?purpose=title_application")
    assert {"作废职称", "撤销职称"} & bare.buttons() == set() and "限期不得申报" in bare.buttons()
    assert bare.text.count("适用的细则没有规定这一处理") == 1 and "没有这一条职称登记" not in bare.text
    held = office.press(office.get(f"{page}/recording"), "登记职称", **wrong)
    assert "作废职称" in held.buttons() and "撤销职称" not in held.buttons()
    assert "此人没有已撤销的学时" in held.text, "nothing that a revocation could rest on"

    form = office.get(f"{page}/voiding")
    assert form.form_with("作废职称")[0].fields["obtained_on"] == "2021-12-30", "what was entered last is offered"
    assert "没有登记的职称" in form.text, "what is left when it is gone"
    gone = office.press(form, "作废职称", **wrong)

    assert "没有登记的职称" in gone.text or "2021-12-30" not in gone.text


def test_a_wrong_unit_is_struck_out_by_human_resources_alone(cast: Cast, office: Browser) -> None:
    right, wrong, person = works(cast, "对的厂"), works(cast, "错的厂"), cast.town.person("钱师傅")
    cast.town.belongs(person, right, "2024-01-01")
    cast.town.belongs(person, wrong, "2026-02-01")
    clerk = Browser(cast.town, cast.town.officer(wrong, "unit", "330602", unit=wrong["unit"]))
    assert "作废隶属" not in clerk.get(f"{at(person)}?purpose=annual_review").text

    done = office.press(office.get(f"{at(person)}/affiliation-voidings"), "作废隶属", starts="2026-02-01")

    assert "错的厂" not in done.text and "对的厂" in done.text


def test_a_unit_is_renamed_merged_and_closed(cast: Cast, office: Browser) -> None:
    one, two = works(cast, "老名字的厂"), works(cast, "接收的厂")
    page = f"/units/{one['unit']}"

    renamed = office.press(office.get(f"{page}/renaming"), "更名", name="新名字的厂", starts="2026-02-01")
    assert "新名字的厂" in renamed.text and "起初" in renamed.text
    cast.town.belongs(cast.town.person(), one, "2024-01-01")
    form = office.get(f"{page}/relocation")
    assert "以今天计 1 人" in form.text and "办理后" not in form.text, "nobody has said where to"
    tried = office.press(form, "先看结果", region="330603", sector="industry", starts="2026-02-01")
    assert "以 2026-02-01 计 1 人" in tried.text and "柯桥" in tried.text
    moved = office.press(form, "变更地区或行业", region="330603", sector="industry", starts="2026-02-01")
    assert "柯桥" in moved.text and "起初" in moved.text
    unknown = office.press(office.get(f"{page}/merger"), "并入其他单位", 422,
                           into=credit_code(8_321), starts="2026-03-01")
    assert "没有这个编号或代码的单位" in unknown.text
    cast.town.officer(two, "unit", "330602", unit=two["unit"])
    merged = office.press(office.get(f"{page}/merger"), "并入其他单位", into=two["credit_code"], starts="2026-03-01")
    assert "→ 已并入其他单位" in merged.text and "接收的厂" in merged.text
    assert {"更名", "并入其他单位", "注销"} & merged.buttons() == set()

    closed = office.press(office.get(f"/units/{two['unit']}/closing"), "注销", ends="2026-04-01")
    assert "– 已注销" in closed.text


def test_a_name_is_put_right_and_the_former_one_is_shown_nowhere(cast: Cast, office: Browser) -> None:
    person = cast.town.person("周写错")
    cast.town.belongs(person, works(cast, "柯桥的厂"), "2024-01-01")

    page = office.get(f"{at(person)}/corrections")
    wrong = office.press(page, "更正姓名、证件", 422, id_number="330102199003070010", words="与身份证不符")
    assert "证件号码：" in wrong.text
    done = office.press(page, "更正姓名、证件", name="周写对", words="与身份证不符")

    assert "周*对：人事隶属" in done.text and "周*错" not in done.source
