"""A statement as a page: in the form of its regulation, for whoever may see it, with a QR code that leads on."""

from __future__ import annotations

import re

from tests.api.house_kit import BODY, SHA, Someone, Town
from tests.api.printing_kit import ADDRESS, RARE, Cells, browser, issued


def test_the_page_that_is_kept_says_what_the_text_says_and_needs_nothing_beside_it(
    person: Someone, made: BODY
) -> None:
    answer = person.get(f"/v1/statements/{made['statement']}/page")

    page = answer.get_data(as_text=True)
    words = Cells(page).words
    assert f'{made["statement"]}.html"' in answer.headers["Content-Disposition"]
    assert words[0] == "宁波市工业和信息化领域专业技术人员继续教育学时登记情况表"
    text = person.saw(f"/v1/statements/{made['statement']}")["text"]
    for found in ("郑三五", f"{RARE} 论坛", "省人社厅 证〔2025〕1号", "市经信局", f"佐证 1 件：{SHA[:12]}",
                  "核验码 " + made["code"]):
        assert found in page, found
    told = "".join(text.split())
    years = [word for word in words if re.fullmatch(r"20\d\d", word)]
    assert years[:3] == ["2024", "2025", "2026"]
    assert all("".join(word.split()) in told for word in words if "第六条" in word or word.startswith("事件"))
    assert not re.search(r'(src|href)="', page), "nothing is loaded"


def test_the_address_on_paper_holds_the_code_and_half_of_the_digest(person: Someone, made: BODY) -> None:
    page = person.get(f"/v1/statements/{made['statement']}/page").get_data(as_text=True)

    assert f"核验网址 {ADDRESS}/v/{made['code'].replace('-', '')}?d={made['sha256'][:32]}<" in page
    assert page.count("<svg") == 1


def test_a_browser_shows_it_to_the_person_and_to_nobody_else(house: Town, person: Someone, made: BODY) -> None:
    place = f"/statements/{made['statement']}"

    own = browser(house, person).get(place)
    assert own.status_code == 200 and "登记情况表" in own.get_data(as_text=True)
    assert "unsafe" not in own.headers["Content-Security-Policy"] and " style=" not in own.get_data(as_text=True)
    assert house.client().get(place).headers["Location"] == f"/login?to={place}"
    assert browser(house, house.person("别人")).get(place).status_code == 404
    text = browser(house, person).get(f"{place}.txt")
    assert text.data == person.get(f"/v1{place}/file").data


def test_an_office_names_a_purpose_also_for_paper(house: Town, person: Someone, made: BODY) -> None:
    bureau = house.officer(house.unit("人社局", "330200", "general"), "human_resources", "3302")
    place = f"/v1/statements/{made['statement']}/page"

    assert bureau.get(place).get_json()["code"] == "purpose_missing"
    assert bureau.get(place, purpose="title_review").status_code == 200


def test_paper_of_what_is_no_longer_in_force_says_so_above_all_else(house: Town, person: Someone) -> None:
    first, second = issued(person), issued(person)
    person.did(f"/v1/statements/{first['statement']}/supersession", {"by_statement": second["statement"]}, version=1)

    words = Cells(person.get(f"/v1/statements/{first['statement']}/page").get_data(as_text=True)).words

    assert words[0] == f"本表已被取代，以新表为准：{second['statement']}"


def test_a_statement_of_one_year_prints_as_a_certificate_under_the_same_marks(
    house: Town, person: Someone, made: BODY
) -> None:
    one = issued(person, years=[2025], name="clear")
    place, look = f"/statements/{one['statement']}", browser(house, person)

    assert f'href="{place}/certificate"' in look.get(place).get_data(as_text=True)
    words = Cells(look.get(f"{place}/certificate").get_data(as_text=True)).words
    assert words[0] == "专业技术人员继续教育年度学时证明（2025 年度）" and "郑三五" in words[1]
    assert any("合计 8：专业科目 8" in each for each in words) and f"核验码 {one['code']}" in words
    assert look.get(f"/statements/{made['statement']}/certificate").status_code == 404
    assert "certificate" not in look.get(f"/statements/{made['statement']}").get_data(as_text=True)
