"""A statement as sheets: the form of the closest regulation, the classes of R, the blasting part apart (R 9)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from test_statement_text import HEAD, answer, entry, minimum, sums

from policies.shelf import shipped
from projections.statement.reading import read_statement
from projections.statement.sheets import Sheet, forms, sheets
from projections.statement.text import statement_text

RESOURCES = "zhejiang-natural-resources/2021-01-01"


def made(told: dict[str, Any]) -> tuple[Sheet, ...]:
    return sheets(read_statement(statement_text(told, HEAD)), shipped())


def of(region: str, sector: str, *books: str, major: str | None = None) -> dict[str, Any]:
    """The statement of somebody who belongs there, under these rulebooks and the province's."""
    told = answer()
    told["affiliations"] = told["affiliations"][1:]
    told["affiliations"][0] |= {"region": region, "sector": sector, "major": major}
    told["basis"]["rulebooks"] = [{"id": one, "digest": "a" * 64, "event": 5}
                                  for one in ("zhejiang/2016-08-01", *books)]
    return told


def resources(major: str | None = None) -> dict[str, Any]:
    told = of("330203", "natural_resources", RESOURCES, major=major)
    told["years"] = told["years"][:1]
    year, rests = told["years"][0], {"rulebook": RESOURCES, "digest": "a" * 64, "flags": [], "event": 18}
    year |= {"differs": False, "differences": [],
             "decided": sums("48", "36", "0", "12", False, minimum("total", "90", "48", False),
                             minimum("class_b_cycle", "36", "24", None, reason="in_progress",
                                     **{"from": 2024, "to": 2026}))}
    year["entries"] = [
        entry("clm_a", "2025-02-01", "12", "12", route="courseware", level=None, hours="12"),
        entry("clm_b", "2025-03-01", "24", "24"),
        entry("clm_c", "2025-04-01", "12", "12", category="general_public", route="course", level=None, hours="12")]
    for one, clause in zip(year["entries"], ("第六条（一）", "第六条（二）1", "第七条"), strict=True):
        one["decided"] |= {**rests, "clauses": [clause]}
        one["evaluated"] |= {"rulebook": RESOURCES, "clause": clause}
    return told


@pytest.mark.parametrize(("region", "sector", "book", "family"), [
    ("330203", "industry", "ningbo-industry/2019-01-01", "ningbo-industry"),
    ("330304", "general", "wenzhou/2020-11-27", "wenzhou"),
    ("330304", "environment", "zhejiang-environment/2018-07-15", "zhejiang-environment"),
    ("330106", "natural_resources", RESOURCES, "zhejiang-natural-resources"),
    ("330106", "general", "wenzhou/2020-11-27", "zhejiang"),
])
def test_the_form_is_that_of_the_closest_regulation(region: str, sector: str, book: str, family: str) -> None:
    (sheet,) = made(of(region, sector, book))

    assert sheet.title == forms()[family].title


def test_every_form_quotes_its_regulation_and_names_a_shipped_one() -> None:
    books = {book.family: book for book in shipped().books}

    assert set(forms()) == set(books)
    for family, form in forms().items():
        for quote in (form.quote, *(one.quote for one in form.apart)):
            assert quote is None or quote in (books[family].text or "")


def test_paper_says_where_the_proof_is_before_it_speaks_of_a_line_that_it_does_not_have() -> None:
    (sheet,) = made(of("330203", "industry", "ningbo-industry/2019-01-01"))

    proof = next(at for at, words in enumerate(sheet.remarks) if "-- 证明 --" in words)
    assert any("在 PDF 里它是附件；纸上没有证明" in words for words in sheet.remarks[:proof])


def test_a_year_row_and_an_entry_row_hold_what_the_text_says() -> None:
    (sheet,) = made(answer())

    assert [row[:6] for row in sheet.years.rows][:2] == [
        (("2025",), ("认定",), ("32",), ("0",), ("12",), ("44",)),
        (("2025",), ("评定",), ("28",), ("0",), ("12",), ("40",))]
    assert sheet.years.rows[0][6] == ("总学时 90，缺 46；专业科目 60，缺 28（甲 第八条）",)
    seminar, paper = sheet.entries.rows[:2]
    assert seminar[3] == ("高研班（市级）", "丙 第六条（一）") and seminar[-1] == ("已登记", "事件 12、15、18")
    told = dict(zip(sheet.entries.heads, paper, strict=True))
    assert (told["排名"], told["核定学时"], told["计入学时"]) == (("2",), ("8", "评定 6"), ("8", "评定 4"))
    revoked = dict(zip(sheet.entries.heads, sheet.entries.rows[3], strict=True))
    assert revoked["起止日期"] == ("2026-02-26", "2026-03-01")


def test_the_professional_hours_of_r_are_told_by_class() -> None:
    (sheet,) = made(resources("测绘地理信息"))

    told = dict(zip(sheet.years.heads, sheet.years.rows[0], strict=True))
    assert [told[f"其中 {one} 类"] for one in "ABC"] == [("12",), ("24",), ("0",)]
    assert [row[3] for row in sheet.entries.rows] == [("A",), ("B",), ("—",)]


@pytest.mark.parametrize("major", ["爆破工程", "采矿工程"])
def test_blasting_majors_have_their_professional_part_on_a_sheet_of_its_own(major: str) -> None:
    public, professional = made(resources(major))

    assert "爆破行业" in professional.title and "爆破" not in public.title
    assert [row[2] for row in public.entries.rows] == [("一般公需",)]
    assert [row[2] for row in professional.entries.rows] == [("专业",), ("专业",)]
    assert "合计" in public.years.heads, "the first sheet says what the whole year comes to"
    assert professional.years.heads[2:6] == ("专业", "其中 A 类", "其中 B 类", "其中 C 类")
    told = dict(zip(professional.years.heads, professional.years.rows[0], strict=True))
    assert told["要求"] == ("B 类周期 2024 至 2026 年 36，已有 24，周期未满（甲 第八条）",)
    assert told["达标"] == ("见总表",)


@pytest.mark.parametrize("law", ["then", "now"])
def test_nothing_that_is_read_on_a_sheet_is_a_word_of_a_program(law: str) -> None:
    told = of("330106", "natural_resources", RESOURCES)
    told["basis"]["law"] = law
    words = " ".join(str(part) for sheet in made(told) for part in sheet).replace("xueshi verify", "")

    assert re.findall(r"(?<![A-Za-z0-9_./:'-])[a-z]{2,}(?![A-Za-z0-9_./='(-])", words) == []
    assert {"then": "各日期当时有效的细则'", "now": "现行细则'"}[law] in words
