"""The letters that tell people what was decided on their claims (告知书): one each, as a page and as PDF.

For whoever else draws a screen or a command over it:

* `letter(notice, day)` makes one document of an item of `api.cases.investigating.notices.notices`;
* `letters_page(found, day)` gives all of them as one HTML file to be printed, a letter beginning a page;
* `letters_archive(house, found, day, as_of=...)` gives one ZIP: a PDF for each person, the same page, the list as CSV.

A letter names nobody but whom it is to, and no case: that there is one is not theirs to know. Its number is that of the
decision in the log. A name that the font lacks makes no empty box: that letter goes along as a page alone, and the list
of the archive says so; without fonts or the extra there are no letters at all, and the page still is.

`tests/api/test_case_notices.py` shows it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import IO, Any, Final

from api.cases.investigating.notices import DEEDS, basis_words, notices_table, office_words
from api.house import House
from api.paper.documents import Document, Section, Table, pages, set_as_pdf
from api.paper.tables_out import file_of
from api.paper.typesetting import PdfImpossible
from api.words.telling import role as role_name
from api.words.telling import word
from ledger.offline.plain_zip import Writer
from ledger.vocabulary import LOCAL
from projections.statement.text import TITLES

TITLE: Final = "学时认定处理告知书"
_MET: Final = {True: "达标", False: "不达标", None: "未定"}
_IN_MEMORY_MOST: Final = 8 * 1024 * 1024
_NUMBERS: Final = "一二三四五六"


def letter(notice: Mapping[str, Any], day: date) -> Document:
    """The letter to one person."""
    decisions = notice["decisions"]
    last = max(one["event"] for one in decisions)
    parts = [_decided(decisions), _years(notice["years"])]
    if notice["statements"]:
        parts.append(_statements(notice["statements"]))
    if notice["applications"]:
        parts.append(_applications(notice["applications"]))
    parts.append(_appeals(decisions))
    events = "、".join(str(one["event"]) for one in decisions)
    parts.append(Section("核对", (
        f"以上每项决定都登记在学时登记日志中（事件 {events}），登录系统可以查看其内容和证明；"
        "情况表可凭核验码公开核验现状。",)))
    close = dict.fromkeys(one["organisation_name"] or role_name(one["role"]) for one in decisions)
    return Document(
        TITLE, f"学时告字第 {last} 号",
        [part._replace(title=f"{_NUMBERS[at]}、{part.title}") for at, part in enumerate(parts)],
        lead=(f"{notice['name'] or notice['person']}：",
              "经核查，对您名下已登记的继续教育学时作出如下处理，现予告知。"),
        close=("、".join(close), f"{day.year} 年 {day.month} 月 {day.day} 日"))


def _decided(decisions: Sequence[Mapping[str, Any]]) -> Section:
    rows = [(number, one["year"], one["title"] or word("route", one["route"]), DEEDS[one["kind"]], one["hours_before"],
             one["hours_after"], basis_words(one["basis"]), one["on"], one["event"])
            for number, one in enumerate(decisions, 1)]
    heads = ("序号", "年度", "项目", "处理", "处理前", "处理后", "依据", "决定日期", "事件")
    said = [f"第 {number} 项的理由：{one['words']}" for number, one in enumerate(decisions, 1) if one["words"]]
    moved = [f"第 {number} 项由 {one['year_before']} 年度改计入 {one['year']} 年度。"
             for number, one in enumerate(decisions, 1) if one["year"] != one["year_before"]]
    return Section("处理决定", (*said, *moved), table=Table(
        heads, rows, frozenset({0, 4, 5, 8}), (5, 6, 20, 6, 7, 7, 11, 11, 8)))


def _years(years: Sequence[Mapping[str, Any]]) -> Section:
    rows = [(one["year"], *_year(one["before"]), *_year(one["after"])) for one in years]
    return Section("年度学时的变化", ("按现行细则的上限和要求计算；冻结中的学时仍计在内。",), table=Table(
        ("年度", "处理前合计", "是否达标", "现合计", "是否达标"), rows, frozenset({1, 3}), (1, 1, 1, 1, 1)))


def _year(one: Mapping[str, Any] | None) -> tuple[str, str]:
    return ("0", "—") if one is None else (one["total"], _MET[one["met"]])


def _statements(statements: Sequence[Mapping[str, Any]]) -> Section:
    told = {True: "所载内容已与登记不符，请勿再使用；需要的，请重新申领。", False: "所载内容现仍与登记一致。"}
    return Section("受影响的登记情况表", tuple(
        f"核验码 {one['code']}（{'、'.join(map(str, one['years']))} 年度，事件 {one['event']}）{told[one['corrected']]}"
        for one in statements))


def _applications(applications: Sequence[Mapping[str, Any]]) -> Section:
    told = {True: "按现在的登记，结论依然成立。",
            False: "按现在的登记，结论不再成立；是否重新审核、如何处理，由审核机构另行决定并告知。"}
    return Section("受影响的职称申报", tuple(
        f"{one['applied_on']} 申报{TITLES.get(one['level'], one['level'])}{_obtained(one['obtained_on'])}，"
        f"学时审核（事件 {one['event']}）以上述学时为依据。{told[one['holds']]}" for one in applications))


def _obtained(on: str | None) -> str:
    return "" if on is None else f"（{on} 取得）"


def _appeals(decisions: Sequence[Mapping[str, Any]]) -> Section:
    """Where and until when, once for all decisions of which the same is true."""
    told: dict[str, list[int]] = {}
    cited: dict[str, None] = {}
    for number, one in enumerate(decisions, 1):
        if (appeal := one["appeal"]) is not None:
            until = date.fromisoformat(appeal["until"])
            end = f"{until.year} 年 {until.month} 月 {until.day} 日"
            words = "已提出申诉，结果另行告知。" if appeal["made"] else (
                f"不服的，可于 {end}（含）以前，即自决定之日起 {appeal['days']} 日内，"
                f"向{office_words(appeal)}提出申诉：登录系统，在该项学时的页面上写明理由，并备好证明供核对。")
            told.setdefault(words, []).append(number)
            cited[f"依据：{appeal['document']}{appeal['article']}“{appeal['quote']}”"] = None
    if not told:
        return Section("申诉", (
            "上述处理没有减少您的学时，或细则没有规定申诉的办法；有异议的，可向作出决定的机构提出。",))
    return Section("申诉", (
        *(f"第 {'、'.join(map(str, numbers))} 项：{words}" for words, numbers in told.items()), *cited))


# All of them


def letters_page(found: Mapping[str, Any], day: date) -> bytes:
    """Every letter as one page that needs nothing beside it."""
    return pages([letter(one, day) for one in found["items"]], TITLE)


def letters_archive(house: House, found: Mapping[str, Any], day: date, *, as_of: int) -> IO[bytes]:
    """One ZIP with a PDF for each person; raises PdfImpossible where none can be made."""
    made = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_MOST)  # noqa: SIM115 - whoever sends it closes it
    try:
        _put_all(Writer(made), house, found, day, as_of)
    except BaseException:
        made.close()
        raise
    made.seek(0)
    return made


def _put_all(writer: Writer, house: House, found: Mapping[str, Any], day: date, as_of: int) -> None:
    told = []
    for name, content, words in _files(found, day):
        writer.put(name, content)
        told.append(words)
    writer.put("letters.html", letters_page(found, day))
    writer.put("notices.csv", file_of(notices_table(house, found, as_of=as_of), "csv").content)
    told += ["letters.html　全部告知书，供打印", "notices.csv　告知名单"]
    writer.put("README.txt", "".join(f"{line}\n" for line in (
        f"{TITLE}　{found['counts']['persons']} 人，学时 {found['counts']['claims']} 项", "", *told)).encode())
    writer.finish()


def _files(found: Mapping[str, Any], day: date) -> Iterator[tuple[str, bytes, str]]:
    """Each letter under the id of whom it is to: as PDF, or as a page where the font lacks a character of it."""
    at = datetime.combine(day, time(), LOCAL).astimezone(UTC)
    for one in found["items"]:
        document, name = letter(one, day), f"letters/{one['person']}"
        try:
            yield f"{name}.pdf", set_as_pdf(document, at), f"{name}.pdf　{one['name'] or '（密钥已销毁）'}"
        except PdfImpossible as no:
            if no.is_total:
                raise
            yield f"{name}.html", pages([document], TITLE), f"{name}.html　{one['name']}：{no}"
