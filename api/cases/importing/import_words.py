"""Why rows of an import are set aside, in words: a stable code, what to do, and the columns that it is about.

`tests/api/test_http_imports.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from api.cases.importing import sources
from api.cases.importing.import_lists import NAMES, Wrong
from api.paper.sheets import Columns, cell_name
from api.refusals import meanings, refusals
from api.words.plainly import plainly

DUPLICATE: Final = "duplicate"
"""Of a row that stands in the register already: it is not taken over, and nothing is wrong with it."""

WORDS: Final = {
    DUPLICATE: Wrong(DUPLICATE, "这条记录的这个版本已经登记。"),
    "outside_period": Wrong("outside_period", "日期不在本批数据所属的期间内。", ("date",)),
    "person_unknown": Wrong(
        "person_unknown", "没有证件号码和姓名都与此相符的人员；请按证件核对，尚未注册的请本人先注册。",
        ("id_number", "name")),
    "person_differs": Wrong(
        "person_differs", "这条记录以前登记的是另一个人；请在来源系统核对，作废旧记录后用新的记录号报送。",
        ("record", "id_number", "name")),
    "source_older": Wrong("source_older", "本系统已登记这条记录更新的版本。", ("version",)),
    "source_changed": Wrong(
        "source_changed", "内容与已登记的同一版本不同；来源更正了内容，请同时提高版本号。", ("version",)),
    "changed_here": Wrong(
        "changed_here",
        "这条记录已在本系统更正，来源尚未取回；请先取回更正清单，再连同所取到的位置（seen）报送新版本。"),
    "revoked_there": Wrong("revoked_there", "来源的账已撤销这条记录，本系统没有登记过，无需导入。"),
    "decided_here": Wrong(
        "decided_here", "本系统已自行冻结、撤销或恢复这条记录，与来源不同；请与来源核对，在本系统改变决定后再导入。"),
    "rulebook_not_here": Wrong(
        "rulebook_not_here", "这条记录按本系统没有施行的一版细则认定；请政策部门先登记施行那一版，再请对方移交。"),
    "ruling_needed": Wrong(
        "ruling_needed", "没有细则规定这类学习的学时；请填写确认学时和确认的文件号。", ("confirmed_hours", "document")),
    **sources.WORDS,
    "certificate_used": Wrong(
        "certificate_used", "这个证书编号已用于本人的另一项申报；请核对。", ("certificate_number",)),
}

MALFORMED: Final = "row_malformed"
_UNKNOWN: Final = {"route": "没有这个途径", "level": "没有这个级别"}
_MALFORMED: Final = "这一行的格式不符合要求；用同一文件试办，逐行写明位置和改法。"


def words_of(code: str) -> str:
    """Why a row was set aside, as it is told when only its code is left: the log keeps no more of it."""
    if code in WORDS:
        return WORDS[code].words
    known = None if code == MALFORMED else refusals.lines().get(code) or meanings.line_of(code)
    return _MALFORMED if known is None else known.detail


def malformed(faults: Sequence[tuple[str, str]], code: str = MALFORMED) -> Wrong:
    """Everything that is wrong with the form of a row, each by its place in the JSON and what is wrong there."""
    at = tuple(dict.fromkeys(name for pointer, _ in faults if (name := _column(pointer)) in NAMES))
    return Wrong(code, _joined(f"{pointer}：{words}" for pointer, words in faults), at, faults=tuple(faults))


def in_its_cells(wrong: Wrong, row: int, columns: Columns | None) -> Wrong:
    """The same of a row of a sheet, to whoever filled it in: by cell and name of the column, without words of JSON."""
    if columns is None or not wrong.faults:
        return wrong
    told = [(_column(pointer), words) for pointer, words in wrong.faults]
    return wrong._replace(words=_joined(f"{_cell(name, row, columns)}：{_said(name, words)}" for name, words in told))


def _said(name: str, words: str) -> str:
    """Of a name that is none what it could be: how a code is formed helps nobody who writes names."""
    if name in _UNKNOWN and "小写英文" in words:
        return f"{_UNKNOWN[name]}，名称和代码见模板的填写说明"
    return plainly(words)


def _cell(name: str, row: int, columns: Columns) -> str:
    if name not in NAMES:
        return f"第 {row} 行"
    place = columns.places.get(name)
    return (f"第 {row} 行“{NAMES[name][0]}”" if place is None
            else f"{cell_name(row - 1, place)}“{NAMES[name][0]}”")


def _column(pointer: str) -> str:
    return pointer.rpartition("/")[2]


def _joined(told: Iterable[str]) -> str:
    return "；".join(one.rstrip("。") for one in told) + "。"
