"""What goes along with an application, and a card, as paper: said whole, with what proves it, and for a purpose."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.api.house_kit import BODY, Someone
from tests.api.past_class_kit import NUMBER, Training, training_in
from tests.api.test_packet_files import with_papers
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Cast

PURPOSE = "purpose=title_application"
TITLE = {"level": "intermediate", "obtained_on": "2024-11-30", "series": "engineering"}


class Applied(NamedTuple):
    """Somebody with a card who applied for a title, with a statement and with papers."""

    someone: Someone
    browser: Browser
    application: BODY
    training: Training


@pytest.fixture(scope="module")
def applied(cast: Cast) -> Applied:
    town = cast.town
    wu = town.person("吴材料")
    town.belongs(wu, cast.works, "2020-01-01")
    cast.office.did(f"/v1/persons/{wu.id}/titles", TITLE)
    training = training_in(town, wu)
    with_papers(town, wu, cast.clerk)
    made = wu.did(f"/v1/persons/{wu.id}/statements", {"name": "clear"})
    one = wu.did("/v1/applications", {
        "person": wu.id, "level": "senior", "series": "engineering", "title_obtained_on": TITLE["obtained_on"],
        "minimum_years": 2, "statement": made["statement"]})
    return Applied(wu, Browser(town, wu), one, training)


def places(applied: Applied) -> tuple[str, str]:
    return f"/applications/{applied.application['application']}/packet", f"/cards/{applied.training.card}/paper"


def test_the_packet_lists_each_paper_under_its_number_and_what_lacks_with_its_words(applied: Applied) -> None:
    page = applied.browser.get(places(applied)[0])

    for words in ("职称申报学时材料目录", "学时登记情况表", "中级，2024-11-30 取得", "佐证 3 件", "学时登记卡",
                  "副高级，"):
        assert words in page.text, words
    assert all(words in page.text for words in ("3-1 名册", "4-1 证书、证明", "4-2 通知、日程"))
    assert "✓ 细则要求的材料都在其中" in page.text
    data = applied.browser.json(places(applied)[0] + ".json")
    assert [one["kind"] for one in data["items"]] == ["statement", "title", "entry", "entry", "card"]


def test_the_list_says_whose_it_is_and_each_paper_leads_to_the_event_that_proves_it(
    applied: Applied, cast: Cast
) -> None:
    assert "申报人 吴*料，证件 " in applied.browser.get(places(applied)[0]).text
    shown = applied.browser.get(places(applied)[0].removesuffix("/packet"))
    rows = [address for words, address in shown.links if words.startswith("#")]
    assert rows and all(applied.browser.get(address).status == 200 for address in rows)
    assert not [address for _, address in shown.links if address.startswith("/v1/")], "a browser's session is no token"


def test_the_archive_is_fetched_from_the_list_with_every_file(applied: Applied) -> None:
    page = applied.browser.get(places(applied)[0])
    (place,) = (address for _, address in page.links if ".zip" in address)

    answer = applied.browser.client.get(place)
    names = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    answer.close()
    assert sum(name.startswith("evidence/") for name in names) == 2 and "目录.txt" in names


def test_before_there_was_a_statement_the_list_says_what_lacks(applied: Applied, cast: Cast) -> None:
    newcomer = cast.town.person("周没有")
    cast.town.belongs(newcomer, cast.works, "2020-01-01")
    cast.office.did(f"/v1/persons/{newcomer.id}/titles", TITLE)
    one = newcomer.did("/v1/applications", {
        "person": newcomer.id, "level": "senior", "series": "engineering", "title_obtained_on": TITLE["obtained_on"],
        "minimum_years": 2})

    page = Browser(cast.town, newcomer).get(f"/applications/{one['application']}/packet")
    assert "✗ 缺 学时登记情况表：浙人社发〔2016〕63号 第十五条“" in page.text


def test_a_card_prints_its_class_its_lessons_and_what_was_registered_of_it(applied: Applied) -> None:  # P 15
    page = applied.browser.get(places(applied)[1])

    for words in (NUMBER, "智能制造", "甬备2026-7", "数字孪生", "合格", "吴*料", "没有条款，待主管部门确认",
                  "举办单位（章）"):
        assert words in page.text, words
    assert "330102" not in page.text.replace("330102****", ""), "the number stands masked"
    data = applied.browser.json(places(applied)[1] + ".json")
    assert (data["card"]["number"], len(data["registered"])) == (NUMBER, 1)


@pytest.mark.requires_system("pdftotext")
def test_a_card_is_set_as_a_pdf_that_says_the_same(applied: Applied, tmp_path: Path) -> None:
    answer = applied.browser.client.get(applied.browser.get(places(applied)[1]).link("PDF"))
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf"), answer.get_data()[:300]
    (tmp_path / "card.pdf").write_bytes(answer.data)
    told = subprocess.run(["pdftotext", "-raw", tmp_path / "card.pdf", "-"], capture_output=True, text=True,
                          check=True).stdout

    told = "".join(told.split())
    for words in (NUMBER, "智能制造", "甬备2026-7", "数字孪生", "合格", "吴*料", "举办单位（章）"):
        assert words in told, words


def test_an_office_names_a_purpose_and_a_stranger_sees_that_nothing_is_there(applied: Applied, cast: Cast) -> None:
    office, stranger = Browser(cast.town, cast.office), Browser(cast.town, cast.stranger)
    for place in places(applied):
        assert "为什么查阅" in office.get(place).text
        assert "记录时间 截至" in office.get(f"{place}?{PURPOSE}").text
        stranger.get(place, 404)
    stranger.get(places(applied)[0] + ".zip", 404)


def test_as_it_stood_before_the_card_there_was_none(applied: Applied, cast: Cast) -> None:
    first = applied.browser.json(places(applied)[1] + ".json")["card"]["events"][0]

    applied.browser.get(f"{places(applied)[1]}?as_of={first - 1}", 404)
    page = applied.browser.get(f"{places(applied)[0]}?as_of={cast.town.house.ledger.store.size()}")
    assert "您看的不是现在" in page.text


@pytest.mark.requires_system("chromium")
def test_the_sheets_have_no_fault_in_a_browser(chromium: Any, served: str, applied: Applied) -> None:
    window = Window(chromium, served, applied.someone.token)

    assert [window.faults(place) for place in places(applied)] == [[], []]
    assert window.said == []
