"""Spreadsheets that somebody filled in, or filled with malice: read within bounds, written as text and nothing else."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from api.paper.sheets import Mark, cell_name, columns, is_formula, is_scientific, read, returned, template
from api.refusals.faults import BadFields

NAMES = {"id": ("证件号码", "身份证号"), "name": ("姓名",)}
ID = "330102199003070019"


def book(*rows: tuple[object, ...]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
        sheet = made.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return file.getvalue()


def changed(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one of its parts rewritten."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as was, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as now:
        for one in was.namelist():
            now.writestr(one, change(was.read(one)) if one == name else was.read(one))
    return out.getvalue()


def code(content: bytes) -> str:
    with pytest.raises(BadFields) as found:
        read(content)
    return found.value.faults[0].code


SHEET = "xl/worksheets/sheet1.xml"
GOOD = book(("姓名", "证件号码"), ("李明", ID))


def test_a_workbook_and_a_table_of_the_same_cells_are_the_same() -> None:
    text = f"姓名,证件号码\r\n李明,{ID}\r\n"
    rows = read(GOOD).rows
    for content in (text.encode(), text.encode("utf-8-sig"), text.encode("gb18030"),
                    text.replace(",", "\t").encode(), f'姓名,证件号码\n"李明","{ID}"'.encode()):
        assert read(content).rows == rows == [["姓名", "证件号码"], ["李明", ID]]


def test_what_is_no_sheet_is_told_what_it_is_and_what_to_do() -> None:
    assert code(b"") == "sheet_empty"
    assert code(b"PK\x03\x04 and nothing more") == "sheet_not_read"
    assert code(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") == "sheet_not_read"
    assert code(b'a,"b\nc') == "sheet_not_read"
    assert code(b"\x89PNG\0\0") == "sheet_not_read"
    assert code(GOOD[:-40]) == "sheet_not_read"
    assert code(b"x" * (6 * 1024 * 1024 + 1)) == "sheet_too_large"


def test_an_archive_that_unpacks_to_more_than_a_list_can_be_is_refused_before_it_does() -> None:
    """A zip bomb: a hundred kilobytes that are a hundred megabytes."""
    bomb = changed(GOOD, "xl/sharedStrings.xml", lambda text: text + b" " * (100 * 1024 * 1024))
    assert len(bomb) < 200_000 and code(bomb) == "sheet_bomb"


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    """What the directory says of a part is nobody's word to go by."""
    lying = bytearray(changed(GOOD, SHEET, lambda text: text + b" " * 1_000_000))
    with zipfile.ZipFile(io.BytesIO(bytes(lying))) as archive:
        size = archive.getinfo(SHEET).file_size
    told, small = size.to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    assert lying.count(told) == 2
    assert code(bytes(lying).replace(told, small)) == "sheet_not_read"


def test_an_archive_of_very_many_parts_or_of_one_twice_is_refused() -> None:
    out = io.BytesIO(GOOD)
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(300):
            archive.writestr(f"xl/more{number}.xml", b"")
    assert code(out.getvalue()) == "sheet_bomb"


@pytest.mark.parametrize("place", [b'r="XFD1048576"', b"r='XFD2'", b'r = "A9999999"', b'r="&#65;1"', b'r="a1"'])
def test_a_cell_that_says_it_stands_where_nobody_fills_one_in_is_refused(place: bytes) -> None:
    """The reader makes room up to the last cell: a kilobyte could ask for seventeen thousand million."""
    assert code(changed(GOOD, SHEET, lambda text: text.replace(b'r="B2"', place))) == "sheet_too_wide"


def test_a_sheet_in_another_encoding_hides_nothing() -> None:
    wide = changed(GOOD, SHEET, lambda text: text.decode().replace("UTF-8", "UTF-16").encode("utf-16"))
    assert code(wide) == "sheet_not_read"


def test_a_list_of_more_rows_or_columns_than_there_may_be_is_refused() -> None:
    assert code(("姓名\n" + "李明\n" * 50_030).encode()) == "sheet_too_wide"
    assert code((",".join("x" * 61)).encode()) == "sheet_too_wide"


def test_columns_are_found_by_their_names_below_a_title_in_any_order() -> None:
    rows = [["某班名单"], [], ["序号", " 姓 名 *", "身份证号："], ["1", "李明", ID]]
    found = columns(rows, NAMES, ("id", "name"))

    assert (found.row, found.places, found.unknown) == (2, {"name": 1, "id": 2}, ("序号",))


@pytest.mark.parametrize(("heads", "wrong"), [(["姓名", "号码"], "column_missing"),
                                              (["姓名", "证件号码", "身份证号"], "column_twice")])
def test_a_column_that_is_missing_or_there_twice_is_named(heads: list[str], wrong: str) -> None:
    with pytest.raises(BadFields) as found:
        columns([heads], NAMES, ("id", "name"))
    assert found.value.faults[0].code == wrong and "证件号码" in found.value.faults[0].detail


def test_what_a_spreadsheet_would_compute_or_has_rounded_is_known() -> None:
    assert all(map(is_formula, ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1")))
    assert not is_formula("李明")
    assert is_scientific("3.30102E+17") and is_scientific("3E17") and not is_scientific(ID)
    assert (cell_name(4, 1), cell_name(0, 27)) == ("第 5 行 B 列", "第 1 行 AB 列")


def test_what_is_written_is_text_and_never_a_formula_or_a_link() -> None:
    rows = [["姓名", "备注"], ["=1+1", "http://example.invalid/"], [330102199003070019, 2.5]]
    content = returned(rows, 0, {1: Mark(frozenset({0}), "以公式符号开头")})
    back = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()

    assert back[1] == ["=1+1", "http://example.invalid/", "以公式符号开头"]
    assert back[2][1] == "2.5" and isinstance(back[2][0], str)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read(SHEET)
        assert b"FFC7CE" in archive.read("xl/styles.xml")
    assert read(template("名单", ("证件号码", "姓名"), ("说明",))).rows == [["证件号码", "姓名"]]
