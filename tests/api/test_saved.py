"""What is saved is called in Chinese by what it is, whose, and as of when; beside it stands a name in ASCII."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from werkzeug.http import parse_options_header

import api
from api.paper.saved import as_it_is_called, disposition, named
from api.paper.tables_out import Table, file_of, words_of
from tests.console.console_kit import Browser, Cast, cast_in

_BY_ITSELF = {"saved.py", "client.py"}  # The one place; and the client, which sends a file's own name along.


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Cast:
    with cast_in(tmp_path_factory.mktemp("saved")) as found:
        yield found  # type: ignore[misc]


def called(headers: str) -> str:
    """The name that a browser saves under."""
    how, _, name = headers.partition("; filename*=UTF-8''")
    assert how.isascii() and name.isascii()
    return unquote(name)


def test_a_name_is_chinese_with_one_in_ascii_beside_it() -> None:
    header = disposition("登记情况表-张＊三-2025年度", "sta_01.pdf")

    assert header.startswith('attachment; filename="sta_01.pdf"; ')
    assert called(header) == "登记情况表-张＊三-2025年度.pdf"
    assert parse_options_header(header)[1]["filename"] == "登记情况表-张＊三-2025年度.pdf"


@pytest.mark.parametrize(("words", "name"), [
    ("张*三/李?四\\王:五", "张＊三／李？四＼王：五.pdf"),
    ("一行\r\nX-Header: 1\x00", "一行 X-Header： 1.pdf"),
    (" ..\"<|>.. ", "＂＜｜＞.pdf"),
    ("长" * 500, "长" * 100 + ".pdf"),
    ("100% 'a';b", "100% 'a';b.pdf"),
])
def test_nothing_in_a_name_breaks_out_of_the_header_or_of_a_folder(words: str, name: str) -> None:
    assert named(words, "x.pdf") == name
    assert called(disposition(words, "x.pdf")) == name
    assert "\r" not in (header := disposition(words, "x.pdf")) and "\n" not in header and ";b" not in header


def test_a_file_that_came_with_a_name_keeps_it() -> None:
    assert called(as_it_is_called("证书 1.pdf", is_shown=True)) == "证书 1.pdf"


def test_a_list_says_what_it_is_whose_and_as_of_when() -> None:
    table = Table("roster", "名单", ("人员",), (), 12, "2026-03-02T10:00:00+08:00", {"班次": "cls_1", "名称": "焊接班"})

    assert words_of(table) == "名单-焊接班-2026-03-02-序号12"
    assert file_of(table, "xlsx").name == "roster-as-of-12.xlsx"


def test_no_door_names_a_file_by_itself() -> None:
    here = Path(api.__file__).parent
    alone = [str(path.relative_to(here)) for path in here.rglob("*.py")
             if re.search(r"attachment;|download_name", path.read_text("utf-8")) and path.name not in _BY_ITSELF]

    assert alone == ["routes/evidence.py"], "which only says what may be sent there"


def test_a_person_who_saves_a_list_finds_it_again_by_its_name(cast: Cast) -> None:
    saved = Browser(cast.town, cast.li).client.get("/claims.csv").headers["Content-Disposition"]

    assert re.fullmatch(r"我的申报-\d{4}-\d\d-\d\d-序号\d+\.csv", called(saved))


def test_a_statement_is_called_by_whose_it_is_of_which_year_as_it_says_itself(cast: Cast) -> None:
    made = cast.li.did(f"/v1/persons/{cast.li.id}/statements", {"years": [2026]})
    saved = {form: called(Browser(cast.town, cast.li).client.get(
        f"/statements/{made['statement']}{form}").headers["Content-Disposition"]) for form in (".txt", "-verify.html")}

    assert re.fullmatch(r"继续教育学时登记情况表-李＊华-2026年度-\d{4}-\d\d-\d\d-核验文件\.txt", saved[".txt"])
    assert saved["-verify.html"].endswith("-可离线核验.html")
