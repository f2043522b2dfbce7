"""What an investigator notes beside events: theirs alone, or their case's; seen on timelines, gone with the key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from api.operational import event_notes
from tests.api.house_kit import Someone, Town, house_in, study
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Read, serving, with_pages

WHY = "purpose=investigation"


class Watch(NamedTuple):
    """Two supervisors of a city who have a case, one who has none in it, and somebody with an entry of theirs."""

    town: Town
    watch: Someone
    colleague: Someone
    other: Someone
    li: Someone
    event: int
    case: str

    def browser(self, someone: Someone) -> Browser:
        return Browser(self.town, someone)

    def noted(self, whom: Someone, button: str = "存", **typed: Any) -> Read:
        browser = self.browser(whom)
        return browser.press(browser.get(f"/events/{self.event}?{WHY}"), button, **typed)

    def sees(self, whom: Someone) -> str:
        return self.browser(whom).get(f"/persons/{self.li.id}/timeline?{WHY}").text


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    with house_in(tmp_path_factory.mktemp("notes") / "data") as made:
        town = with_pages(made)
        works = town.unit("甬江机械厂", "330203", "industry")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        office = town.unit("市监督局", "330200", "general")
        watch, colleague, other = (town.officer(office, "supervisor", "3302") for _ in range(3))
        li = town.person("李明华")
        town.belongs(li, works, "2020-01-01")
        claim = clerk.act(li.submit(study(date="2026-03-02"), "焊接工艺培训"), "approval", {})
        case = watch.did("/v1/cases", {"kind": "falsification", "region": "330203", "claims": [claim["claim"]],
                                       "words": "签到表有两处笔迹相同"})
        watch.did(f"/v1/cases/{case['case']}/members", {"actor": colleague.id}, version=2)
        yield Watch(town, watch, colleague, other, li, claim["events"][0], str(case["case"]))


def test_a_note_is_its_writers_alone_until_it_is_shared_with_those_of_a_case(desk: Watch) -> None:
    size = desk.town.house.ledger.store.size()
    saved = desk.noted(desk.watch, words="与另一份笔迹相同", star="1")
    assert "已存" in saved.text and "与另一份笔迹相同" in saved.source
    assert "★ 星标" in desk.sees(desk.watch) and "我的批注：与另一份笔迹相同" in desk.sees(desk.watch)
    assert all("笔迹相同" not in desk.sees(one) for one in (desk.colleague, desk.other))

    desk.noted(desk.watch, words="与另一份笔迹相同", star="1", case=desk.case)
    assert "同案批注：与另一份笔迹相同" in desk.sees(desk.colleague)
    assert "笔迹相同" not in desk.sees(desk.other)
    assert desk.town.house.ledger.store.size() == size, "a thought is no event"
    listed = desk.browser(desk.watch).get("/notes")
    assert "学时认定 #" in listed.text and "同案办理人" in listed.text
    assert "与另一份笔迹相同" in desk.browser(desk.watch).client.get("/notes.csv").get_data(as_text=True)

    assert "已删去" in desk.noted(desk.watch, "删去").text
    assert "还没有批注" in desk.browser(desk.watch).get("/notes").text
    assert "笔迹相同" not in desk.sees(desk.colleague)


def test_who_investigates_nothing_is_offered_no_note_and_takes_none(desk: Watch) -> None:
    browser = desk.browser(desk.li)
    page = browser.get(f"/events/{desk.event}")
    assert "星标" not in page.text
    browser.get("/notes", 403)
    form, _ = browser.get("/help").form_with("关闭单键")
    answer = browser.client.post(f"/events/{desk.event}/note", headers={"Sec-Fetch-Site": "same-origin"}, data={
        "key": form.fields["key"], "words": "x"})
    assert answer.status_code == 403
    other = desk.browser(desk.other)
    page = other.get(f"/events/{desk.event}?{WHY}")
    assert "case_absent" in other.press(page, "存", 404, words="x", case=desk.case).source


def test_nobody_reads_it_from_the_file_and_it_goes_with_the_key(desk: Watch) -> None:
    desk.noted(desk.colleague, words="只有我知道的一句话")
    notes = desk.town.house.event_notes
    with notes._using() as file:
        sealed = b"".join(bytes(row[0]) for row in file.execute("SELECT sealed FROM event_note").fetchall())
    assert sealed and "只有我知道".encode() not in sealed
    assert [one.words for one in notes.every(desk.colleague.id)] == ["只有我知道的一句话"]

    desk.town.house.ledger.vault.destroy(desk.li.id)
    assert notes.every(desk.colleague.id) == []
    notes.tidy()
    with notes._using() as file:
        assert file.execute("SELECT count(*) FROM event_note").fetchone() == (0,)


def test_nobody_notes_without_end(desk: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_notes, "NOTES_MOST", 0)
    browser = desk.browser(desk.watch)
    page = browser.get(f"/events/1?{WHY}")

    assert "批注太多" in browser.press(page, "存", 409, words="又一条").text


@pytest.mark.requires_system("chromium")
def test_every_screen_with_notes_is_readable(desk: Watch, chromium: Any) -> None:
    browser = desk.browser(desk.other)
    browser.press(browser.get(f"/events/2?{WHY}"), "存", words="看一看", star="1")
    with serving(desk.town.app) as served:
        window = Window(chromium, served, desk.other.token)
        assert {path: faults for path in ("/notes", "/notes?only=star", f"/events/2?{WHY}")
                if (faults := window.faults(path))} == {}
        assert window.said == []
