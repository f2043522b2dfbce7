"""A rulebook is shown as the official text with its rows beside the sentences that give them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from policies.coverage import sentences, touches
from policies.page import Page, begun, page_of
from policies.page_forms import FORMS, show, width, wrap
from policies.render import rows_of, shared_rows
from policies.shelf import drafts, shipped
from policies.soundness import fold

BOOKS = shipped().books
EVERY = (*BOOKS, *drafts().books)


class Reader(HTMLParser):
    """The words of a page, what it opened and did not close, and its ids and links."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [(value or "")[1:] for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.parts.append(data)


def words_in(page: str, form: str) -> str:
    """What the page says, without white space and without the marks of its form."""
    if form == "html":
        reader = Reader()
        reader.feed(page)
        page = "".join(reader.parts)
    if form == "markdown":
        page = page.replace("\\", "")
    return re.sub(r"[\s*#-]|<br>", "", page)


@pytest.mark.parametrize("book", EVERY, ids=lambda book: book.id)
@pytest.mark.parametrize("form", FORMS)
def test_a_page_holds_every_sentence_every_row_and_every_reading(form: str, book) -> None:  # type: ignore[no-untyped-def]
    shown = words_in(show(book, form, columns=70), form).replace("│", "")   # Narrow, so that no column cuts a sentence.
    for sentence in sentences(book.text or ""):
        assert re.sub(r"[*#-]", "", sentence) in shown
    for row in rows_of(book):
        assert row.article in shown
        # A condition that its clause has said is not said again.
        assert fold(row.words).replace("-", "") in shown or row.kind == "condition"
    for reading in page_of(book).readings:
        assert all(fold(words).replace("-", "") in shown for words in (reading.id, reading.chosen, reading.reason))


@pytest.mark.parametrize("book", [book for book in EVERY if book.readings], ids=lambda book: book.id)
@pytest.mark.parametrize("form", FORMS)
def test_no_reading_is_printed_with_a_name_of_the_file_alone(form: str, book) -> None:  # type: ignore[no-untyped-def]
    """`by_analogy` is 比照执行, P is 浙人社发〔2016〕63号; a name of the file stands in brackets after its words."""
    shown = words_in(show(book, form, columns=400), form).replace("│", "")
    _, heads, printed = shown.partition(f"读法{book.readings[0].id.replace('-', '')}")
    assert heads
    bare = re.sub(r"（[^（）]*）", "", printed)

    assert not re.search("[a-z]{3}", bare), bare
    assert not re.search("(?<![A-Za-z0-9])[PERNW](?![A-Za-z0-9])", printed), "the letters are ours"
    assert book.key != "N" or "照浙自然资发〔2020〕23号：作者比例（share={percent=[100,80,60],then=0}）" in printed


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.id)
def test_a_row_stands_beside_the_sentences_that_hold_its_words_and_nowhere_else(book) -> None:  # type: ignore[no-untyped-def]
    placed = set()
    for passage, sentence in zip(_of_text(page_of(book)), _kept(sentences(book.text)), strict=True):
        for row in passage.rows:
            placed.add((row.kind, row.article, row.words))
            assert any(touches(fold(quote), sentence) for quote in row.quotes)
    missing = {(row.kind, row.article, row.words) for row in rows_of(book) if row.kind != "condition"} - placed
    assert missing == set()


def _of_text(page: Page) -> list:  # type: ignore[type-arg]
    return [passage for passage in page.passages if passage.pieces]


def _kept(every: list[str]) -> list[str]:
    return [sentence for sentence in every if sentence.strip("-*#")]


def test_a_cap_that_every_route_shares_is_said_once_beside_its_own_sentence() -> None:
    ningbo = shipped().book("ningbo-industry/2019-01-01")
    (cap,) = [row for row in shared_rows(ningbo) if row.kind == "cap"]
    assert cap.words.startswith("每年最多 36 学时，各自计算：第六条（一）、第六条（二）") and len(cap.covers) == 14
    (passage,) = [one for one in page_of(ningbo).passages if "每个途径每年度最多计36个学时" in "".join(one.pieces)]
    assert passage.rows == (cap,)


def test_a_row_says_which_reading_set_its_parameter() -> None:
    rows = {row.words.split("；")[0]: row for row in rows_of(shipped().book("ningbo-industry/2019-01-01"))}
    assert rows["著作、译作"].readings == ("AMB-18",) and rows["论文、译文"].readings == ()


def test_levels_fields_and_values_are_words_not_codes() -> None:
    told = "\n".join(row.words for book in EVERY for row in rows_of(book) if row.kind != "duty")
    assert "省部级 24、市厅级 12" in told and "完成方式须为 考试（考核）合格" in told
    assert not re.search(r"[a-z]+_[a-z]+", told), re.findall(r"\S*[a-z]+_[a-z]+\S*", told)


@pytest.mark.parametrize("form", FORMS)
def test_a_draft_says_first_that_it_is_one(form: str) -> None:
    for book in drafts().books:
        head = show(book, form).split("摘要")[0]
        assert "草案：为检验格式而写，未施行，不参与任何认定" in head
    assert all("草案" not in show(book, form).split("摘要")[0] for book in BOOKS)


@pytest.mark.parametrize("book", EVERY, ids=lambda book: book.id)
def test_the_html_is_whole_and_its_links_lead_somewhere(book) -> None:  # type: ignore[no-untyped-def]
    page = show(book, "html")
    reader = Reader()
    reader.feed(page)
    assert reader.open == [] and page.startswith("<!doctype html>")
    assert set(reader.links) <= set(reader.ids) and len(set(reader.ids)) == len(reader.ids)
    assert "<script" not in page and "http" not in "".join(reader.links)


@pytest.mark.parametrize("columns", [84, 100, 132])
def test_two_columns_stand_straight_and_nothing_runs_over_the_edge(columns: int) -> None:
    for book in EVERY:
        lines = show(book, columns=columns).splitlines()
        assert max(map(width, lines)) <= columns
        assert len({width(line[: line.index("│")]) for line in lines if "│" in line}) == 1


def test_a_narrow_terminal_gets_the_rows_under_their_sentence() -> None:
    lines = show(BOOKS[0], columns=60).splitlines()
    assert max(width(line) for line in lines if "sha256" not in line) <= 60   # A digest is not cut: it is copied.
    at = next(number for number, line in enumerate(lines) if line == "  │ 要求 第四条")
    assert lines[at + 1] == "  │ · 每年总学时不少于 90 学时"


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    text = "（一）甲、乙（丙），“丁”；第六条（二）、第六条（三）。20.5 学时 ningbo-industry/2019-01-01"
    for columns in range(12, 60):
        lines = wrap(text, columns)
        assert fold("".join(lines)) == fold(text)
        assert not any(line[0] in "，。；：、）”" or line[-1] in "（“" for line in lines)
        assert any("20.5" in line for line in lines)


def test_every_sentence_begins_its_article_on_a_line_of_its_own() -> None:
    for book in BOOKS:
        pieces = [piece for passage in page_of(book).passages for piece in passage.pieces]
        assert not any(re.search(r"[^一-龥》”]第[一二三四五六七八九十]+条 ", piece[1:]) for piece in pieces)
        assert sum(piece.startswith("第一条 ") for piece in pieces) == 1


def test_each_article_and_item_is_known_by_the_name_that_clauses_have_for_it_and_begins_once() -> None:
    page = page_of(shipped().book("ningbo-industry/2019-01-01"))
    names = [name for names in begun(page) for name in names if name is not None]

    assert [len(names) for names in begun(page)] == [len(passage.pieces) for passage in page.passages]
    assert len(names) == len(set(names))
    assert names[:4] == ["第一条", "第二条", "第三条", "第四条"]
    assert [name for name in names if name.startswith("第六条")] == [
        "第六条", *(f"第六条（{number}）" for number in "一二三四五六七八九十")], "some are printed with half brackets"
