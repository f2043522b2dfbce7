"""How what is set falls upon pages: what belongs together stays together, and nothing stands upon anything else."""

from __future__ import annotations

import itertools
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from api.operational.callers import Caller
from api.paper.documents import Document, Section, Table, set_as_pdf
from api.statements import pdf
from api.statements.paper import Paper, paper
from tests.api.house_kit import BODY, Someone, Town
from tests.api.printing_kit import ADDRESS

FONTS: Final = Path("/usr/share/fonts/opentype/noto")
pytestmark = [pytest.mark.requires_system("pdftotext"),
              pytest.mark.skipif(not FONTS.is_dir(), reason="needs fonts-noto-cjk; see `sh tests/setup-system.sh`")]
AT: Final = datetime(2026, 3, 1, 8, tzinfo=UTC)
TOGETHER: Final = ("打印依据", "说明", "单位意见（章）", "主管部门意见（章）", "核验码", "正文 SHA-256")
BOTTOM: Final = 842 - 57  # Of a page upright, in points.
PERSON: Final = "per_01m840va9pq5355ynjwjdd"


class Word(NamedTuple):
    """Where a word stands."""

    left: float
    top: float
    right: float
    bottom: float
    text: str


@pytest.fixture(scope="module")
def one(house: Town, person: Someone, made: BODY) -> Paper:
    found = paper(house.house, Caller("person", person.id), made["statement"], None, ADDRESS)
    assert isinstance(found, Paper)
    return found


def with_entries(one: Paper, count: int) -> Paper:
    """The same with so many studies."""
    sheet = one.sheets[0]
    rows = tuple(itertools.islice(itertools.cycle(sheet.entries.rows), count))
    return one._replace(sheets=(sheet._replace(entries=sheet.entries._replace(rows=rows)),))


def pages(made: bytes) -> list[str]:
    done = subprocess.run(("pdftotext", "-layout", "-", "-"), input=made, capture_output=True, check=True)
    return done.stdout.decode().split("\f")[:-1]


def words(made: bytes) -> list[list[Word]]:
    """The words of each page with their places."""
    done = subprocess.run(("pdftotext", "-bbox", "-", "-"), input=made, capture_output=True, check=True)
    found = r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>'
    return [[Word(*map(float, each[:4]), each[4]) for each in re.findall(found, page)]
            for page in done.stdout.decode().split("<page ")[1:]]


def overlapping(page: list[Word]) -> list[tuple[str, str]]:
    """Words that stand upon each other."""
    return [(one.text, other.text) for one, other in itertools.combinations(page, 2)
            if min(one.right, other.right) - max(one.left, other.left) > 1
            and min(one.bottom, other.bottom) - max(one.top, other.top) > (one.bottom - one.top) / 2]


@pytest.mark.parametrize(("entries", "most"), [(1, 1), (6, 1), (30, 3)])
def test_a_statement_ends_with_its_basis_its_seals_and_its_code_on_one_page(
    one: Paper, entries: int, most: int
) -> None:
    made = pdf._set(with_entries(one, entries))
    told = pages(made)

    assert len(told) <= most
    assert [words for words in TOGETHER if words not in told[-1]] == []
    for number, page in enumerate(told, 1):
        lines = [line.strip() for line in page.splitlines() if line.strip()]
        assert re.search(rf"郑三五 .*第 {number} 页，共 {len(told)} 页$", lines[-1]), "whose it is stands on each page"
        assert (number > 1) == lines[0].endswith("学时登记情况表（续）")
        assert lines[-2] not in ("年度情况", "登记明细", "打印依据", "说明") and not lines[-2].startswith("序号")
        if number > 1 and "已登记" in page:
            assert lines[1].startswith("序号"), "what each column holds stands on each page"
    assert [overlapping(page) for page in words(made)] == [[] for _ in told]


def test_a_heading_and_the_words_under_it_go_to_the_page_where_their_table_begins() -> None:
    table = Table(("事件", "事项"), [(at, "学时认定") for at in range(4)], frozenset({0}))
    sections = [Section(f"第{at}节", ("规则只提示，不作结论。",), table=table) for at in range(30)]

    told = pages(set_as_pdf(Document("经过", "cas_1", sections, wide=True), AT))

    assert len(told) > 3
    for page in told:
        assert "事件" in page.rpartition("节\n")[2], page


def test_an_id_that_is_wider_than_its_column_goes_on_in_the_next_line() -> None:
    row = (PERSON, 2026, f"{PERSON} 的培训", "签到表有两处笔迹相同")
    table = Table(("人员", "年度", "项目", "理由"), [row, row], frozenset({1}), (4, 2, 4, 10))
    pairs = [(f"第{at}项", PERSON) for at in range(7)]

    made = set_as_pdf(Document("所涉", "cas_1", [Section("一", pairs=pairs, table=table)]), AT)
    (page,) = words(made)

    assert overlapping(page) == [] and max(word.right for word in page) < 596 - 60
    assert pages(made)[0].count(PERSON) == 7, "where there is room it stays whole"


def test_a_place_for_a_seal_is_a_place_and_stays_in_one_piece() -> None:
    lines = [Section(None, [f"第 {at} 行"]) for at in range(27)]

    told = words(set_as_pdf(Document("登记卡", "甬学 1", lines, seals=("举办单位（章）", "主管部门（章）")), AT))

    (first, second) = ([word for word in page if word.text.endswith("（章）")] for page in told)
    assert first == [] and second[0].top == second[1].top and second[0].right < second[1].left
    assert max(word.bottom for word in told[0] if word.bottom < BOTTOM) + 90 > BOTTOM, "the words alone had room"
