"""What becomes of a proposed rulebook on screens: refused by another with a reason, mended, proposed anew, enacted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.console.screens import page_routes
from api.service.app import create_app
from policies.shelf import TEXTS
from tests.api.house_kit import Someone, Town, house_in_2026
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Cast
from tests.console.test_rule_screens import amended

NAMED = re.compile(r"某政策部门三处 \S+\*")
WRONG = "第六条（九）：原文是每门 3 学时，细则写成了 5。"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town of its own: what is enacted is the law of everybody in it."""
    with house_in_2026(tmp_path_factory.mktemp("proposals") / "data") as town:
        town.app = create_app(town.house, blueprints=[page_routes()])
        yield town


@pytest.fixture(scope="module")
def office(town: Town) -> Browser:
    return Browser(town, officer(town, "某政策部门"))


@pytest.fixture(scope="module")
def second(town: Town) -> Browser:
    return Browser(town, officer(town, "某政策部门二处"))


def officer(town: Town, name: str) -> Someone:
    return town.officer(town.unit(name, "330200", "general"), "policy_office", "33")


def proposed(office: Browser, source: str) -> str:
    """Put forward on the page, begun with the rulebook of Ningbo; where the proposal is shown."""
    begun = office.get("/rules/proposals/new?from=ningbo-industry/2019-01-01")
    return office.press(office.press(begun, "检查", source=source), "提出").address


def test_another_refuses_with_a_reason_and_the_proposer_mends_it_and_it_is_enacted(
    office: Browser, second: Browser
) -> None:
    at = proposed(office, amended("2034-01-01"))
    own = office.get(at)
    assert "撤回" in own.buttons() and not {"施行", "不予施行"} & own.buttons()
    seen = second.get(at)
    assert {"施行", "不予施行"} <= seen.buttons() and "撤回" not in seen.buttons()

    asked = second.get(seen.link("不予施行"))
    assert "待施行" in asked.text and "学时、限额或年度要求与原文不符" in asked.text
    assert "还没有登记过影响报告" in seen.text, "before it is decided it is said that nobody looked"
    empty = second.press(asked, "不予施行", 422)
    assert "理由：请选择" in empty.text and "说明：请填写" in empty.text
    kept = second.press(asked, "不予施行", 422, words=WRONG)
    assert WRONG in kept.form_with("不予施行")[0].fields["words"], "what was typed is kept"
    done = second.press(asked, "不予施行", reason="number_differs", words=WRONG)

    assert "已办理：细则不予施行" in done.text and WRONG in done.text
    assert not {"施行", "不予施行", "撤回"} & done.buttons()
    assert "等您核对后施行" not in second.get("/home").text
    home = office.get("/home")
    assert "您提出的细则，另一人决定不予施行" in home.text and WRONG in home.text and "某政策部门二处" in home.text
    assert "请对照原文改正这一条的数字后重新提出" in home.text
    listed = office.get("/rules")
    assert "不予施行" in listed.text and "学时、限额或年度要求与原文不符" in listed.text

    begun = office.get(home.link("改好后重新提出"))
    checked = office.press(begun, "检查", source=amended("2034-01-01").replace("hours = 5 }", "hours = 3 }"))
    assert "从前提出过" not in checked.text, "it is another file"
    anew = office.press(checked, "提出")
    assert "另一人决定不予施行" not in office.get("/home").text, "what was proposed anew is no longer to be done"
    enacted = second.press(second.get(second.get(anew.address).link("施行")), "施行")
    assert "已施行" in enacted.text
    assert "不予施行" in office.get(at).text, "what was refused stays told"


def test_a_number_that_its_quoted_words_do_not_give_is_noticed_before_it_is_put_forward(office: Browser) -> None:
    begun = office.get("/rules/proposals/new?from=ningbo-industry/2019-01-01")

    checked = office.press(begun, "检查", source=amended("2034-01-15"))  # Five hours a course; the words say three.

    assert "数字不在引文里" in checked.text and "所引的原文里没有 5" in checked.text


def test_what_a_page_carried_along_and_came_back_as_something_else_is_asked_for_again(office: Browser) -> None:
    begun = office.get("/rules/proposals/new?from=ningbo-industry/2019-01-01")
    checked = office.press(begun, "检查", source=amended("2034-01-15"))

    for broken in ("学时登记细则", "=", "ZmFtaWx5*"):
        again = office.press(checked, "提出", status=422, source_carried=broken)
        assert "请上传文件，或把全文写在下面" in again.text, broken


def test_of_a_version_that_would_hold_from_a_day_that_has_passed_both_are_told_what_that_means(
    office: Browser, second: Browser
) -> None:
    begun, past, to_come = (office.get("/rules/proposals/new?from=ningbo-industry/2019-01-01"),
                            amended("2025-01-01"), amended("2034-01-20"))
    assert "这一天已过" not in office.press(begun, "检查", source=to_come).text
    checked = office.press(begun, "检查", source=past)
    assert "这一天已过" in checked.text

    at = office.press(checked, "提出").address

    assert "自 2025-01-01 起施行，这一天已过" in second.get(at).text
    second.press(second.get(f"{at}/refusal"), "不予施行", reason="other", words="年份写错了。")
    assert "这一天已过" not in second.get(at).text, "it is no longer to be decided"


def test_a_file_that_comes_again_unchanged_says_why_it_was_refused_before(office: Browser, second: Browser) -> None:
    source = amended("2034-02-01")
    at = proposed(office, source)
    second.press(second.get(f"{at}/refusal"), "不予施行", reason="impact_unclear", words="影响报告还没有登记。")

    checked = office.press(office.get(office.get(at).link("改好后重新提出")), "检查", source=source)

    assert "一字未改" in checked.text and "影响报告还没有登记。" in checked.text
    shown = office.press(checked, "提出")
    assert shown.address == at and "待施行" in shown.text
    assert "同一份文件从前的提议" in shown.text and "影响还没有查清" in shown.text


def test_that_a_rulebook_in_force_was_lost_is_not_told_as_a_fault_of_what_is_proposed(
    town: Town, office: Browser, second: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = office.get("/rules/proposals/new?from=ningbo-industry/2019-01-01")
    at = proposed(office, amended("2034-02-10"))
    archive = town.house.library.archive
    of_the_province, = (one.digest for one in town.house.answers.rulebooks() if one.id == "zhejiang/2016-08-01")
    lost = archive.folder / f"{of_the_province}.toml"
    kept = lost.read_bytes()
    lost.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(archive, "_books", {})  # As after a start.
        pages = [second.get(at, 500), office.press(begun, "检查", 500, source=amended("2034-02-11"))]
    lost.write_bytes(kept)

    assert all("已施行的细则在数据目录中找不到" in page.text for page in pages)


def test_the_proposer_takes_it_back_and_nobody_is_asked_any_more(
    town: Town, office: Browser, second: Browser
) -> None:
    at = proposed(office, amended("2034-03-01"))

    done = office.press(office.get(office.get(at).link("撤回")), "撤回", words="附件不是最后一稿。")

    assert "已撤回" in done.text and "附件不是最后一稿。" in done.text
    assert "附件不是最后一稿。" in second.get(at).text and "不予施行" not in second.get(at).buttons()
    assert "2034-03-01" not in second.get("/home").text and "2034-03-01" not in office.get("/home").text
    events = office.json(f"{at}.json")
    for event in (events["event"], events["ended"]["event"]):
        page = second.get(f"/events/{event}")
        assert page.link("看提议，谁提出、为何不予施行或撤回") == at
        assert "打开密封的内容" not in page.buttons(), "no purpose is asked for where it would open nothing"
    stranger = Browser(town, town.officer(town.unit("某局", "330200", "general"), "supervisor", "3302"))
    assert at not in {to for _, to in stranger.get(f"/events/{events['event']}").links}
    late = second.get(f"{at}/refusal", 409)
    assert "已由提出人撤回" in late.text


def test_of_a_colleague_a_proposal_tells_the_masked_name_of_another_office_its_organisation(
    town: Town, office: Browser, second: Browser
) -> None:
    bureau = town.unit("某政策部门三处", "330200", "general")
    one, other = (Browser(town, town.officer(bureau, "policy_office", "33")) for _ in range(2))
    at = proposed(one, amended("2034-04-01"))
    looks = town.house.register.access.store

    assert "某政策部门三处 本人" in one.get(at).text
    before = looks.size()
    seen = other.get(at).text
    assert NAMED.search(seen), seen[:600]
    assert looks.size() == before + 1, "who looked is recorded"
    assert NAMED.search(other.get("/rules").text)
    elsewhere = second.get(at).text
    assert "某政策部门三处（" in elsewhere and not NAMED.search(elsewhere)
    one.press(one.get(one.get(at).link("撤回")), "撤回", words="另行提出。")


@pytest.mark.requires_system("chromium")
def test_the_screens_of_a_refusal_are_readable_and_the_browser_says_nothing(
    cast: Cast, served: str, chromium: Any
) -> None:
    proposer, other = officer(cast.town, "某政策部门"), officer(cast.town, "某政策部门二处")
    body = {"source": amended("2034-06-01"), "text": next(TEXTS.glob("N-*")).read_text("utf-8")}
    version = proposer.did("/v1/rulebook-proposals", body)["version"]
    at = f"/rules/proposals/{hashlib.sha256(body['source'].encode()).hexdigest()}"
    found: dict[str, list[str]] = {}

    def look(someone: Someone, *paths: str) -> None:
        window = Window(chromium, served, someone.token)
        found.update({path: faults for path in paths if (faults := window.faults(path))})
        assert window.said == []

    look(other, f"{at}/refusal")
    other.did(f"/v1{at.replace('/rules/proposals', '/rulebook-proposals')}/refusal",
              {"reason": "number_differs", "words": WRONG}, version=version)
    look(proposer, at, "/home")
    assert found == {}
