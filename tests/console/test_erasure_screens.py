"""Forgetting somebody on screens: read before it is done, proposed by one office, done by another that sees no name."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest

from tests.api.house_kit import study
from tests.api.test_erasure import ASKED, Place, place_in, somebody_in
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, serving, with_pages

NAME = "李忘川"


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place_in(tmp_path_factory.mktemp("screens") / "data") as found:
        with_pages(found.town)
        yield found


@pytest.fixture
def place(everywhere: Place) -> Place:
    return somebody_in(everywhere)


def at(place: Place) -> str:
    return f"/persons/{place.li.id}/erasure"


def proposed(place: Place) -> Browser:
    """Human resources propose it from the page that says what would go."""
    office = Browser(place.town, place.people)
    form = office.get(office.get(at(place)).link("提议销毁"))
    done = office.press(form, "提议销毁", **{name: str(one) for name, one in ASKED.items()})
    assert "已办理：" in done.text and "已提议，自 " in done.text
    return office


def test_an_office_reads_what_would_go_and_what_stays_before_it_proposes(place: Place) -> None:
    office = Browser(place.town, place.people)
    titles = office.get(f"/persons/{place.li.id}/titles?purpose=title_application")
    page = office.get(titles.link("先看将销毁什么"))
    for told in ("没有提议", "销毁后谁也读不出", "仍在，并仍可证明", "已登记的学时申报 1 项", "没有登记的备份"):
        assert told in page.text
    form = office.get(page.link("提议销毁"))
    assert "已限制：只保存，不办理新的事项" in form.text, "what it would become"
    assert "文号 — （按所填）" in form.text, "of what nobody typed yet nothing is made up"
    missing = office.press(form, "提议销毁", 422)
    assert {"#basis", "#document", "#asked_on", "#words"} <= {address for _, address in missing.links}
    assert place.saw()["erasure"] is None


def test_what_still_runs_is_named_with_its_reason_and_leads_there(place: Place) -> None:
    opened = place.li.submit(study(date="2026-05-02"))
    page = Browser(place.town, place.people).get(at(place))
    assert "须先办结" in page.text and "有在审核或退回待修改的学时申报" in page.text
    assert page.link(str(opened["claim"])) == f"/claims/{opened['claim']}"
    assert "提议销毁" not in [words for words, _ in page.links]


def test_another_hand_without_a_name_types_the_document_and_destroys_it_when_the_rest_is_over(place: Place) -> None:
    proposed(place)
    security = Browser(place.town, place.security)
    listed = security.get(security.get("/home").link("销毁个人信息"))
    assert NAME not in listed.source and place.li.id in listed.text and "已提议" in listed.text
    page = security.get(at(place))
    assert NAME not in page.source and "确认销毁" not in [words for words, _ in page.links], "not before its day"

    place.rest()
    security = Browser(place.town, place.security)  # The session of a month ago is over.
    form = security.get(security.get(at(place)).link("确认销毁"))
    assert ASKED["document"] not in form.form_with("确认销毁")[0].fields.values(), "it is typed, and not offered"
    wrong = security.press(form, "确认销毁", 422, document="申〔2026〕8号")
    assert "文号" in wrong.text or "公文" in wrong.text
    done = security.press(wrong, "确认销毁", document=ASKED["document"])
    assert "已办理：" in done.text and "已销毁，不能恢复" in done.text and "最终" in done.text
    assert [words for words, _ in done.links if words in ("确认销毁", "撤回提议", "提议销毁")] == []
    rows = security.json("/erasures.json")["items"]
    assert next(one["status"] for one in rows if one["person"] == place.li.id) == "destroyed"


def test_somebody_sees_that_they_are_restricted_and_takes_back_what_they_had_asked_for(place: Place) -> None:
    proposed(place)
    li = Browser(place.town, place.li)
    page = li.get(li.get("/home").link("查看销毁的提议，或撤回自己的申请"))
    assert ASKED["document"] in page.text and "须先办结" not in page.text
    done = li.press(li.get(page.link("撤回提议")), "撤回提议", words="不删了")
    assert "已办理：" in done.text and "没有提议" in done.text and "照常" in done.text
    assert "已限制处理" not in li.get("/home").text


def test_the_papers_are_named_by_their_digests_and_not_kept(place: Place) -> None:
    office = Browser(place.town, place.people)
    form = office.get(office.get(at(place)).link("提议销毁"))
    named = {name: str(one) for name, one in ASKED.items()}
    wrong = office.press(form, "提议销毁", 422, **named, evidence="申请书.pdf")
    assert "#evidence" in {address for _, address in wrong.links} and "申请书.pdf" in wrong.source

    typed, scan = "AB" * 32, b"%PDF-1.7 signed and scanned"
    form = office.get(office.get(at(place)).link("提议销毁"))
    files = [(BytesIO(scan), "申请书.pdf"), (BytesIO(scan), "again.pdf")]
    done = office.press(form, "提议销毁", **{**named, "evidence": [f" {typed}\r\n", *files]})

    digests = [typed.lower(), sha256(scan).hexdigest()]
    assert place.saw()["erasure"]["evidence"] == digests
    assert all(one[:16] in done.text for one in digests)
    assert place.town.house.evidence.uploaded(place.li.id) == [] and "申请书.pdf" not in done.source


def test_nobody_else_reads_of_it(place: Place) -> None:
    proposed(place)
    for other in (place.clerk, place.town.person("赵敏")):
        browser = Browser(place.town, other)
        assert browser.client.get(at(place)).status_code in (403, 404)
        assert browser.client.get("/erasures").status_code == 403


@pytest.mark.parametrize("after", ["9" * 30, "-1", "x", "٣"])
def test_a_place_in_the_list_that_is_none_is_its_beginning(place: Place, after: str) -> None:
    proposed(place)
    assert place.li.id in Browser(place.town, place.people).get(f"/erasures?after={after}").text


@pytest.mark.requires_system("chromium")
def test_the_pages_can_be_read_by_everyone_and_in_a_small_window(place: Place, chromium: Any) -> None:
    proposed(place)
    with serving(place.town.app) as address:
        window = Window(chromium, address, place.security.token)
        assert {path: window.faults(path) for path in ("/erasures", at(place))} == {"/erasures": [], at(place): []}
        assert window.said == []
