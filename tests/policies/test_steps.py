"""Every ruling tells its reasons in words that a person can redo by hand."""

from __future__ import annotations

from law_at_work import NINGBO, Fact, answers, entry, of_kind

from policies.shelf import DRAFTS

E = NINGBO | {"region": "330106", "sector": "environment"}
R = NINGBO | {"region": "330106", "sector": "natural_resources"}


def told(held: Fact, *rows: Fact) -> list[str]:
    """The arithmetic of the last entry."""
    return [step["arithmetic"] for step in of_kind("entry", answers(held, *rows, explain=True))[-1]["why"]]


def test_a_share_is_told_with_its_rank_and_product() -> None:
    assert told(E, entry(route="project", level="municipal", rank=3)) == [
        "1 项 × 28 = 28",
        "第 3 作者 70%：28 × 70% = 19.6",
    ]


def test_analogy_names_the_level_that_is_listed() -> None:
    first = told(R, entry(route="project", level="national", rank=1))[0]
    assert first == "条文没有列国家级，比照所列的省部级，由审核人确认"


def test_whole_units_are_told_with_the_division() -> None:
    assert told(NINGBO, entry(route="courseware", minutes=100))[0] == "⌊100 分钟 ÷ 45⌋ × 1 = 2"
    assert told(E, entry(route="book", characters=59_999, rank=1))[0] == "⌊59999 字 ÷ 10000⌋ × 20 = 100"


def test_a_cap_names_the_earlier_entries_that_filled_it() -> None:
    rows = [entry(1, subjects=4, date="2021-01-01"), entry(2, subjects=1, date="2021-01-02"), entry(3, subjects=2)]
    assert (
        told(NINGBO, *rows)[-1]
        == "第六条（八） 在 2021 年最多计 36：此前已计 30（e1 24，e2 6），余 6；核定 12 → 计入 6"
    )


def test_a_duplicate_names_the_entry_that_is_kept_and_both_worths() -> None:
    rows = [entry(1, subjects=4, occasion="o"), entry(2, occasion="o")]
    assert told(NINGBO, *rows)[-1] == "与 e1 同一 occasion，只计一次：保留 e1（核定 24），e2 核定 6，计入 0"


def test_a_filing_is_told_in_days() -> None:
    late = entry(route="filed_training", days="1", filed_on="2021-05-10", starts="2021-06-01")
    assert told(NINGBO, late)[0] == "开始前 22 天备案，少于 30 天；计入，标注 late_filing"
    assert told(NINGBO, late | {"filed_on": "2021-06-03"}) == ["开始后 2 天才备案，不计学时"]
    assert told(NINGBO, entry(route="filed_training", days="1")) == ["没有在开始之前备案，不计学时"]
    assert told(NINGBO, late | {"filed_on": "2021-06-01"})[0].startswith("开始当天备案，")
    assert told(NINGBO, late | {"filed_on": "2024-06-03"}) == ["开始后一年多才备案，不计学时"]


def test_confirmed_hours_that_a_clause_leaves_no_room_for_are_said_not_to_be_used() -> None:
    confirmed: Fact = {"confirmed_hours": "8", "document": "甬经信〔2021〕1号"}
    ruled = told(NINGBO, entry(**confirmed))
    assert ruled[:2] == ["1 科 × 6 = 6", "确认学时 8 不采用：细则对这一途径已有标准，按标准计"]
    unfiled = entry(route="unit_training", days="1", **confirmed)
    assert told(NINGBO, unfiled)[-1] == "确认学时 8 不采用：细则不计的，确认学时不能代替"
    assert "不采用" not in told(NINGBO, entry(route="other", **confirmed))[-1]


def test_a_major_that_the_rulebook_does_not_list_is_named_with_those_that_it_does() -> None:
    course = entry(route="courseware", hours="10", platform="浙江省爆破行业网络学习平台")
    unknown = told(R | {"major": "爆破"}, course)[-1]
    assert unknown.startswith("专业“爆破”不在细则所列之内，按没有写专业核定；所列：地质勘查、")
    assert len(told(R | {"major": "爆破工程"}, course)) == 1
    assert "爆破" not in "".join(told(NINGBO | {"major": "爆破"}, entry()))


def test_an_application_before_its_title_is_told_as_such_and_counts_no_year_backwards() -> None:
    asked: Fact = {"kind": "application", "person": "p1", "title_obtained_on": "2022-05-05", "minimum_years": 1}
    for held, answer in ((NINGBO, False), (E, None)):
        ruled = of_kind("application", answers(held, asked | {"applied_on": "2021-08-31"}, explain=True))[0]
        assert (ruled["eligible"], ruled["years_met"]) == (answer, 0)
        assert ruled["reasons"][0] == "申报日期 2021-08-31 早于取得现职称的日期 2022-05-05，请核对这两个日期"
        assert ruled["why"][0]["arithmetic"] == (
            "现职称 2022-05-05 取得，自 2023 年起计；到 2021-08-31 申报时还没有可计的年份；达标 0 年，需 1 年"
        )
    same_year = of_kind("application", answers(NINGBO, asked | {"applied_on": "2022-08-31"}, explain=True))[0]
    assert "早于" not in "".join(same_year["reasons"]) and "还没有可计的年份" in same_year["why"][0]["arithmetic"]


def test_a_refusal_shows_the_value_that_was_given() -> None:
    assert told(E, entry(organiser_level="county")) == [
        "组织者不是省级以上主管部门（组织者级别 organiser_level 为“county”），不计学时"
    ]


def test_the_unruled_names_the_rulebooks_that_are_silent() -> None:
    assert "zhejiang-environment/2018-07-15、zhejiang/2016-08-01" in told(E, entry(route="unit_training", days="1"))[0]


def test_a_chosen_year_is_told() -> None:
    row = entry(route="overseas", days="1", date="2020-01-03", starts="2019-12-28", ends="2020-01-03", year=2019)
    assert told(E, row)[0] == "佐证日期 2020-01-03，所跨两年中计入 2019 年，不拆分"


def test_a_year_says_what_is_still_missing_and_why_it_is_open() -> None:
    years = of_kind(
        "year", answers(R, entry(route="overseas", days="1"), entry(2, route="teaching", days="1"), explain=True)
    )
    words = [step["arithmetic"] for step in years[-1]["why"]]
    assert "专业科目还差 59：有 6，需 65；有待定的记录可能补足，不判" in words
    assert "B 类周期（2021—2023 年周期）还差 30：有 6，需 36；周期未满，不判" in words
    assert "一般公需科目还差 18：有 0，需 18" in words


def test_a_requirement_that_is_met_says_what_there_is() -> None:
    rows = [entry(1, category="general_public", route="course", hours="18", completed_by="exam")]
    years = of_kind("year", answers(R, *rows, explain=True))
    assert "一般公需科目达到：有 18，需 18" in [step["arithmetic"] for step in years[-1]["why"]]


def test_a_claim_after_its_deadline_is_told_in_days() -> None:
    """A draft's: within 90 days, so until 30 August."""
    held = NINGBO | {"sector": "natural_science_research"}
    paper = entry(route="paper", level="core", rank=1, date="2026-06-01", submitted_on="2026-09-10")
    assert drafted(held, paper) == ["申报晚于期限 11 天，不计学时"]


def test_whoever_is_treated_as_the_first_author_is_told_why() -> None:
    held = NINGBO | {"sector": "natural_science_research"}
    paper = entry(route="paper", level="core", rank=2, author_role="corresponding", date="2026-06-01")
    assert drafted(held, paper)[1] == "第 2 作者（通讯作者，视同第一） 100%：20 × 100% = 20"


def test_what_a_first_author_gains_is_told_as_a_sum() -> None:
    """A draft's: ten more for the first author."""
    held = NINGBO | {"region": "330106", "sector": "general"}
    paper = entry(route="paper", level="core", rank=1, date="2026-06-01")
    assert drafted(held, paper)[-1] == "第 1 作者加 10：25 + 10 = 35"


def test_each_step_has_the_name_that_machines_know_it_by() -> None:
    confirmed: Fact = {"confirmed_hours": "8", "document": "文"}
    filed = entry(route="filed_training", days="1", starts="2021-06-01", filed_on="2021-05-10")
    course = entry(route="courseware", hours="10", platform="浙江省爆破行业网络学习平台")
    for held, row, names in (
        (NINGBO, entry(route="other", **confirmed), ["manual"]),
        (NINGBO, entry(route="other"), ["unruled"]),
        (NINGBO, entry(**confirmed), ["rate", "confirmed_not_used", "cap"]),
        (NINGBO, filed, ["filing", "rate", "cap"]),
        (NINGBO, filed | {"filed_on": None}, ["refused"]),
        (NINGBO, entry(route="unit_training", days="1", **confirmed), ["refused", "confirmed_not_used"]),
        (E, entry(route="project", level="municipal", rank=3), ["rate", "share"]),
        (R, entry(route="project", level="national", rank=1), ["analogy", "rate", "share", "cap"]),
        (R | {"major": "爆破"}, course, ["rate", "major_not_listed"]),
    ):
        given = {key: value for key, value in row.items() if value is not None}
        told = of_kind("entry", answers(held, given, explain=True))[0]["why"]
        assert [step["step"] for step in told] == names


def drafted(held: Fact, row: Fact) -> list[str]:
    """The arithmetic of an entry under the drafts alone."""
    return [step["arithmetic"] for step in of_kind("entry", answers(held, row, rules=DRAFTS, explain=True))[0]["why"]]
