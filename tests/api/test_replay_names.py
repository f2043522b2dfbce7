"""A report speaks of rulebooks, requirements and sectors as people do; a code is shown where no name is known."""

from __future__ import annotations

from typing import Any

import pytest

from api.replays.names import NO_NAMES, Names
from api.replays.page import asked_words, reach_words
from policies.shelf import drafts, shipped
from projections.replay.names import names_of

P, N = "zhejiang/2016-08-01", "ningbo-industry/2019-01-01"
NAMES = Names(**names_of((*shipped().books, *drafts().books)))


def test_a_rulebook_is_called_by_its_document_and_a_clause_by_its_document_and_article() -> None:
    assert NAMES.book(N) == "甬经信组〔2018〕244号"
    assert NAMES.clause(f"{N} 第六条（一）") == "甬经信组〔2018〕244号 第六条（一）"
    assert (NAMES.clause(None), NAMES.clause("manual")) == ("没有细则规定", "主管部门确认")


def test_two_encodings_of_one_document_are_told_apart_by_their_ids() -> None:
    names = Names(documents={P: "浙人社发〔2016〕63号", f"{P}.2": "浙人社发〔2016〕63号"})

    assert names.clause(f"{P} 第十条") == f"浙人社发〔2016〕63号 {P} 第十条"
    assert names.clause(f"{P}.2 第十条") == f"浙人社发〔2016〕63号 {P}.2 第十条"


@pytest.mark.parametrize(("code", "words"), [
    (f"{P} public", "公需科目（浙人社发〔2016〕63号）"),
    ("zhejiang-construction/2022-01-01 total_in_cycle", "四年总学时（浙建〔2017〕5号及 2026 年问答）"),
])
def test_a_requirement_that_a_draft_brings_has_its_words_too(code: str, words: str) -> None:
    assert NAMES.minimum(code) == words


def test_a_sector_that_a_draft_brings_has_its_words_too() -> None:
    assert (NAMES.sector("marine_fisheries"), NAMES.sector("industry"), NAMES.sector("")) == (
        "海洋渔业", "工业和信息化", "（无归属）")


def test_a_report_of_an_earlier_form_has_no_names_and_shows_codes() -> None:
    old = Names.of({"format": 3})

    assert old == NO_NAMES and old.clause(f"{N} 第六条（一）") == f"{N} 第六条（一）"
    assert old.minimum(f"{P} total") == f"总学时（{P}）"
    assert reach_words({"id": P, "region": "33", "sector": None}, old) is None


def test_a_law_is_called_by_what_it_adds_however_it_was_named() -> None:
    draft = drafts().book("hangzhou-credits/2025-06-06")
    cited = [{"id": draft.id, "digest": draft.digest, "event": None}]
    question: dict[str, Any] = {"as_of_time": None, "region": None, "sector": "marine_fisheries",
                                "against": {"law": "now", "rulebooks": []}}
    for name in (draft.id, draft.digest):
        told = asked_words(question | {"under": {"law": f"now+{name}", "rulebooks": cited}}, NAMES)
        assert told["under"]["name"] == "现行细则，加 杭州市政府公报 2025-06-06"
    assert told["under"]["rulebooks"][0]["title"] == draft.title and told["scope"] == "全部区划，海洋渔业"


def test_whom_an_amendment_may_rule_is_said_and_so_is_that_it_may_rule_nobody() -> None:
    amendment = {"id": "zhejiang-marine-fisheries/2026-01-01", "region": "33", "sector": "marine_fisheries"}

    assert reach_words({**amendment, "people": 1_200, "person_years": 3_000}, NAMES) == (
        "浙海经发〔2026〕：施行以来，年末属于它范围的有 1,200 人，3,000 个人年度。")
    assert reach_words({**amendment, "people": 0, "person_years": 0}, NAMES) == (
        "浙海经发〔2026〕：施行以来，没有一个人年末属于它的范围（浙江省，海洋渔业）。请核对单位登记的地区和行业。")
