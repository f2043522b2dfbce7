"""The rulebooks on screens: read by anybody beside their text, at any moment; proposed by one, enacted by another."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.console.screens import page_routes
from api.service.app import create_app
from policies.reading_words import in_words
from policies.shelf import SHIPPED, TEXTS, shipped
from projections.replay.report import FORMAT
from tests.api.house_kit import Someone, Town, house_in_2026, study
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Cast

NINGBO = "/rules/ningbo-industry/2019-01-01"
CASES = SHIPPED / "ningbo-industry" / "2019-01-01.cases.toml"
NEWEST = shipped().book("ningbo-industry/2019-01-01").digest


# Reading


def test_everybody_reads_which_rulebooks_there_are_and_which_hold_where(li: Browser, clerk: Browser) -> None:
    for browser in (li, clerk):
        shown = browser.get("/rules")
        assert {"浙人社发〔2016〕63号", "甬经信组〔2018〕244号", "温人社发〔2020〕125号"} <= shown.buttons()
        assert shown.text.count("草案") >= 6
    told = li.json("/rules.json")
    assert {one["region"]: one["sectors"]["industry"] for one in told["coverage"]} == {
        "33": ["zhejiang/2016-08-01"], "3302": ["ningbo-industry/2019-01-01", "zhejiang/2016-08-01"],
        "3303": ["wenzhou/2020-11-27", "zhejiang/2016-08-01"]}
    assert "甬经信组〔2018〕244号" in li.client.get("/rules.csv").get_data(as_text=True)


def test_a_past_moment_has_the_rulebooks_that_were_enacted_by_then(cast: Cast, li: Browser) -> None:
    events = sorted(one["event"] for one in cast.town.nobody.saw("/v1/rulebooks")["items"])
    then = li.get(f"/rules?as_of={events[1]}")

    assert len([one for one in li.json(f"/rules.json?as_of={events[1]}")["items"] if one["event"]]) == 2
    assert "您看的不是现在" in then.text
    assert "还没有细则施行过" in li.get(f"/rules?as_of={events[0] - 1}").text
    last = next(one["id"] for one in cast.town.nobody.saw("/v1/rulebooks")["items"] if one["event"] == events[-1])
    assert f"as_of={events[-1]}" in li.get(f"/rules?as_of={events[-1]}").link("号")
    assert "没有施行过这部细则" in li.get(f"/rules/{last}?as_of={events[1]}", 404).text


def test_each_sentence_leads_to_the_rows_that_it_gives_and_each_row_back(li: Browser) -> None:
    shown = li.get(NINGBO)
    ids = [told["id"] for _, told in shown.tags if "id" in told]

    assert ("（一）", "#c-第六条（一）") in shown.links and ("条款 第六条（一）", "#第六条（一）") in shown.links
    assert len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1]
    inward = {address[1:] for _, address in shown.links if address.startswith("#")}
    assert inward <= set(ids), inward - set(ids)
    assert "参加人力社保部门批准的工程类高研班，省级以上项目可认定登记36个学时" in shown.text
    assert "高研班；每班次 国家级 36、省级 36 学时；每年最多 36（同条合计）" in shown.text


@pytest.mark.parametrize("address", ["/rules/zhejiang-natural-resources/2021-01-01", "/rules/wenzhou/2020-11-27",
                                     "/rules/zhejiang/2016-08-01", "/rules/natural-science-research/2026-05-10"])
def test_in_every_rulebook_and_draft_a_link_has_its_place(li: Browser, address: str) -> None:
    shown = li.get(address)
    ids = [told["id"] for _, told in shown.tags if "id" in told]

    assert len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1]
    assert {to[1:] for _, to in shown.links if to.startswith("#")} <= set(ids)
    told = {row["article"] for one in li.json(f"{address}.json")["sentences"] for row in one["rows"]}
    assert told <= set(ids), "a reason that names an article leads to it"


def test_a_clause_says_how_often_it_decided_and_among_how_many_decisions(cast: Cast, li: Browser) -> None:
    person = cast.town.person("周正")
    cast.town.belongs(person, cast.works, "2020-01-01")
    before = li.json(f"{NINGBO}.json")["counts"]
    filed = person.submit(study(route="exam", subjects=2, date="2026-03-05"), "资格考试")
    approver = Someone(cast.town.client(), cast.clerk.token, cast.clerk.id)
    done = approver.act(filed, "approval", {})

    after = li.json(f"{NINGBO}.json")["counts"]
    assert after["among"] == before["among"] + 1 and after["is_every"] is True
    was, now = (one["by_clause"].get("第六条（八）", {"decisions": 0, "assessed": "0"}) for one in (before, after))
    assert (now["decisions"], now["assessed"]) == (was["decisions"] + 1, str(int(was["assessed"]) + 12))
    told = f"条款 第六条（八） · 认定 {now['decisions']} 次，{now['assessed']} 学时"
    assert told in li.get(NINGBO).text
    own = Browser(cast.town, person).get(f"/claims/{done['claim']}")
    assert ("第六条（八）", f"{NINGBO}#第六条（八）") in own.links, "a reason leads to its article"
    assert told not in li.get(f"{NINGBO}?as_of={done['events'][0] - 1}").text


def test_the_examples_of_a_rulebook_are_run_as_it_is_opened(li: Browser) -> None:
    shown = li.get(NINGBO)
    told = li.json(f"{NINGBO}.json")["examples"]

    assert len(told) == CASES.read_text("utf-8").count("[[case]]") and all(one["holds"] for one in told)
    assert "市级高研班五天是 30，每班次一般不超过 24" in shown.text
    assert "2021-06-01 高研班（市级），天数 5" in shown.text
    assert "✓ 都相符" in shown.text and "不相符" not in shown.text
    assert "AMB-21" in shown.text and "一般不超过 24 个学时" in shown.text


def test_a_reading_says_in_chinese_what_it_calls_by_a_name_of_the_file_and_the_name_beside(li: Browser) -> None:
    page = li.get(NINGBO).text
    assert "计入并标注逾期备案（late_filing）；开始之后才备案或没有备案：不计（not_filed）" in page
    assert "约束的轻重（force = ordinarily）保留这层意思" in page
    for book in shipped().books:
        for one in book.readings:
            for words in (one.question, one.chosen, one.reason, *one.alternatives):
                bare = re.sub(r"（[^（）]*）", "", in_words(words))
                assert not re.search("[a-z]{3}", bare), (book.id, one.id, bare)
                assert all(name in in_words(words) for name in re.findall("[a-z_]{3,}", words)), "nothing is lost"


def test_words_are_looked_for_in_texts_rows_and_readings_and_lead_to_their_sentence(li: Browser) -> None:
    found = li.get("/rules?q=备案 30 天")

    assert "原文" in found.text and "条款" in found.text
    page, _, sentence = found.link("甬经信组〔2018〕244号").partition("#")
    assert page == NINGBO and any(told.get("id") == sentence for _, told in li.get(page).tags)
    assert "核定学时" in li.get("/rules?q=核定学时").text
    assert "换个说法" in li.get("/rules?q=没有这样的词").text
    assert li.get("/rules?q=%20").link("甬经信组") == NINGBO, "of nothing but spaces everything is shown"
    assert "&lt;b&gt;" in li.get("/rules?q=<b>").source


# Two hands


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town of its own: what is enacted is the law of everybody in it."""
    with house_in_2026(tmp_path_factory.mktemp("rules") / "data") as town:
        town.app = create_app(town.house, blueprints=[page_routes()])
        yield town


@pytest.fixture(scope="module")
def office(town: Town) -> Browser:
    return Browser(town, _officer(town, "某政策部门"))


@pytest.fixture(scope="module")
def second(town: Town) -> Browser:
    return Browser(town, _officer(town, "某政策部门二处"))


@pytest.fixture(scope="module")
def anyone(town: Town) -> Browser:
    return Browser(town, town.person())


def _officer(town: Town, name: str) -> Someone:
    return town.officer(town.unit(name, "330200", "general"), "policy_office", "33")


def amended(day: str) -> str:
    """The rulebook of Ningbo with another number, in force from a day on which nobody in the town has studied."""
    source = (SHIPPED / "ningbo-industry" / "2019-01-01.toml").read_text("utf-8")
    assert source.count('rate    = { each = "course", hours = 3 }') == 1
    source = source.replace('rate    = { each = "course", hours = 3 }', 'rate    = { each = "course", hours = 5 }')
    return source.replace("in_force_from = 2019-01-01", f"in_force_from = {day}")


def test_only_the_policy_office_is_offered_to_propose(town: Town, office: Browser, anyone: Browser) -> None:
    clerk = Browser(town, town.officer(town.unit("某局", "330200", "general"), "human_resources", "33"))
    assert "提出一版" not in anyone.get("/rules").buttons() | clerk.get("/rules").buttons()
    assert "提出一版" in office.get("/rules").buttons()
    assert "以此为底稿，提出一版" in office.get(NINGBO).buttons()
    assert "以此为底稿，提出一版" not in anyone.get(NINGBO).buttons()
    for browser in (anyone, clerk):
        browser.get("/rules/proposals/new", 403)
        browser.get(f"/rules/proposals/{'e' * 64}", 403)
    assert "没有提出过这一版细则" in office.get(f"/rules/proposals/{'e' * 64}", 404).text


def test_what_is_wrong_with_a_rulebook_is_said_place_by_place_and_what_was_typed_is_kept(
    town: Town, office: Browser
) -> None:
    size = town.house.ledger.store.size()
    begun = office.get("/rules/proposals/new?from=ningbo-industry/2019-01-01")
    wrong = amended("2031-01-01").replace("每门考试考核合格课程可认定登记 3 个学时", "每门课程 5 个学时").replace(
        'routes  = ["degree_course"]', 'routes  = ["degree"]')

    refused = office.press(begun, "检查", 422, source=wrong)

    assert ("div", {"class": "error", "role": "alert", "tabindex": "-1", "id": "faults",
                    "autofocus": ""}) in refused.tags
    assert "第六条（九） quote：读到 “每门课程 5 个学时”，应为原文中连续的一段" in refused.text
    assert "routes：读到 “degree”" in refused.text
    assert any(address == "#source" for _, address in refused.links)
    assert "每门课程 5 个学时" in refused.form_with("检查")[0].fields["source"]
    missing = office.press(office.get("/rules/proposals/new"), "检查", 422)
    assert "请上传文件，或把全文写在下面" in missing.text
    unknown = office.press(office.get("/rules/proposals/new"), "检查", 422, source=amended("2031-01-01"))
    assert "请选择沿用哪一部的原文，或上传公布的原文全文" in unknown.text
    draft = office.press(begun, "检查", 422, source="draft = true\n" + amended("2031-01-01"))
    assert "是草案（draft = true），不能施行" in draft.text
    assert town.house.ledger.store.size() == size


def test_one_proposes_another_enacts_and_both_read_first_what_changes(
    office: Browser, second: Browser, anyone: Browser
) -> None:
    begun = office.get("/rules/proposals/new?from=ningbo-industry/2019-01-01")
    checked = office.press(begun, "检查", source=amended("2031-01-01"))
    assert "可以提出" in checked.text
    assert "在职学历（学位）课程；每门 5 学时；每年最多 36" in checked.text
    assert "细则怎么改" in checked.text and "原文怎么改" not in checked.text
    back = office.press(checked, "返回修改")
    assert back.form_with("检查")[0].fields["source"].strip() == amended("2031-01-01").strip()

    proposed = office.press(checked, "提出")
    assert "已办理：" in proposed.text and "待施行" in proposed.text
    assert "这一版是您提出的，须由另一人施行" in proposed.text and "施行" not in proposed.buttons()
    digest = hashlib.sha256(amended("2031-01-01").encode()).hexdigest()
    assert proposed.address == f"/rules/proposals/{digest}", "the bytes that were typed, and no others"
    assert len(anyone.json("/rules.json")["items"]) == 11, "it rules nothing yet"
    assert office.press(checked, "提出").text.count("已办理：") == 1, "a form that is sent twice is done once"
    assert "这一版细则已提出" in office.press(begun, "检查", 409, source=amended("2031-01-01")).text

    assert "某政策部门" in second.get("/rules").text and "等您核对后施行的细则" in second.get("/home").text
    seen = second.get(f"/rules/proposals/{digest}")
    assert "随带的原文" in second.get(seen.link("以此为底稿")).text
    asked = second.get(seen.link("施行"))
    assert "甬经信组〔2018〕244号，2019-01-01 起的一版 甬经信组〔2018〕244号，2031-01-01 起的一版" in asked.text
    assert "细则 2 处，原文 0 处" in asked.text
    done = second.press(asked, "施行")
    assert "已施行" in done.text and "（事件 #" in done.text
    assert "施行" not in done.buttons()
    assert "等您核对后施行" not in second.get("/home").text

    listed = anyone.get("/rules")
    assert "未到施行日" in listed.text and "2031-01-01" in listed.text
    compared = anyone.get("/rules/ningbo-industry/2019-01-01/2031-01-01")
    assert "在职学历（学位）课程；每门 3 学时；每年最多 36" in compared.text and "施行日" in compared.text
    assert anyone.get("/rules/ningbo-industry/2031-01-01").link("比较") == compared.address
    assert anyone.get(NINGBO).link("比较") == compared.address
    assert "没有随附的算例" in anyone.get("/rules/ningbo-industry/2031-01-01").text


def test_files_are_taken_as_they_are_and_their_bytes_survive_the_page_between(
    town: Town, office: Browser, anyone: Browser
) -> None:
    """A browser sends other ends of lines than a file has; the digest is that of the file."""
    text = next(TEXTS.glob("N-*")).read_bytes().replace(b"\n", b"\r\n")
    digest = hashlib.sha256(text).hexdigest()
    lines = [f'text_sha256   = "{digest}"' if line.startswith("text_sha256") else line
             for line in amended("2032-01-01").splitlines()]
    source = "\r\n".join(lines).encode()
    page = office.get("/rules/proposals/new")
    sent: dict[str, Any] = {"source_file": (io.BytesIO(source), "新.toml"), "text_file": (io.BytesIO(text), "原文.txt")}

    checked = office.press(page, "检查", **sent)
    proposed = office.press(checked, "提出")

    assert proposed.address == f"/rules/proposals/{hashlib.sha256(source).hexdigest()}"
    broken = office.press(page, "检查", 422, text_from=NEWEST,
                          source_file=(io.BytesIO("细则".encode("gbk")), "旧.toml"))
    assert "不是 UTF-8 文字" in broken.text
    large = office.press(page, "检查", 422, text_from=NEWEST, source_file=(io.BytesIO(b"#" * 150_001), "大.toml"))
    assert "文件超过 150 KB" in large.text
    kept = office.press(page, "检查", 422, source_file=(io.BytesIO(source[:40]), "半.toml"),
                        text_file=(io.BytesIO(text), "原文.txt"))
    assert "随带的原文" in kept.text, "a file need not be chosen twice"
    assert "可以提出" in office.press(kept, "检查", source_file=(io.BytesIO(
        source.replace(b"2032-01-01", b"2033-01-01")), "全.toml")).text


def test_what_a_report_announced_of_a_rulebook_stands_below_it(town: Town, anyone: Browser) -> None:
    store, book = town.house.ledger.store, shipped().book("wenzhou/2020-11-27")
    size = store.size()
    cited = {"id": book.id, "digest": book.digest}
    counted = dict.fromkeys(("people", "person_years", "changed_people", "changed_person_years", "moved_entries",
                             "newly_passed", "touched_titles", "touched_applications"), 17)
    report = {"format": FORMAT, "question": {
        "as_of": size, "root": store.frontier(size).root().hex(), "region": "3303", "sector": "industry",
        "under": {"rulebooks": [cited]}, "against": {"rulebooks": []}},
        "amendments": [{**cited, "region": "3303", "sector": None}], "gained": "1", "given_up": "0", **counted,
        "newly_failed": 23}
    assert "登记过的影响报告" not in anyone.get(f"/rules/{book.id}").text

    _officer(town, "温州某政策部门").did("/v1/impact-reports", {"report": json.dumps(report)})

    shown = anyone.get(f"/rules/{book.id}").text
    assert "登记过的影响报告" in shown and f"重放到 #{size}" in shown and "温州市，工业和信息化 17 23 17" in shown


@pytest.mark.requires_system("chromium")
def test_every_screen_of_the_rulebooks_is_readable_and_the_browser_says_nothing(
    cast: Cast, served: str, chromium: Any
) -> None:
    office = _officer(cast.town, "某政策部门")
    proposed = office.did("/v1/rulebook-proposals", {
        "source": amended("2031-06-01"), "text": next(TEXTS.glob("N-*")).read_text("utf-8")})
    proposal = f"/rules/proposals/{proposed['proposed'][0]}"
    other = _officer(cast.town, "某政策部门二处")
    opened = [
        (cast.li, ["/rules?as_of=4", "/rules?q=备案", "/rules/wenzhou/2020-11-27", f"{NINGBO}/2019-01-01"]),
        (office, ["/rules", "/rules/proposals/new?from=wenzhou/2020-11-27", proposal]),
        (other, [f"{proposal}/enactment"]),
    ]
    found: dict[str, list[str]] = {}
    for someone, paths in opened:
        window = Window(chromium, served, someone.token)
        found |= {path: faults for path in paths if (faults := window.faults(path))}
        assert window.said == []

    assert found == {}
