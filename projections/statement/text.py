"""The statement (学时登记情况表) as plain text: for reading, for printing, and for a digest in the log.

Pure: the same answer and head give the same bytes. What is handed in is held to `projections.statement.form` before
anything is written, so nothing half-known is printed. As decided (认定) and as evaluated under the law that was asked
for (评定) are two totals; where they differ both stand there, with the reason.

Free text (titles, names) only ever stands at the end of a line, and controls in it are made visible, so that nobody's
title can shape the table. Every line of a table is 96 columns at most, in which a Chinese character takes two.

What is written here `projections.statement.reading` reads again: a page, a PDF and a verifier know a statement from
these bytes alone. So every fact that the law weighs stands there (事实), for whoever wants to weigh it again.

`tests/projections/test_statement_text.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ledger.identifiers import regions
from ledger.ids import format_verify_code
from ledger.offline.statement_file import COMPLETENESS, EVENTS_FIELD, EVENTS_WORDS, NUMBER_FIELD, SEPARATOR
from ledger.vocabulary import LOCAL, Category, format_hours, parse_hours
from policies.words import base_vocabulary
from projections.statement.columns import Column, fill, heads, row, visible, width, wrap
from projections.statement.form import (
    Answer,
    Basis,
    Closed,
    Entry,
    Evaluated,
    Head,
    Minimum,
    Registered,
    Title,
    convert,
)

WIDTH: Final = 96
TITLE: Final = "专业技术人员继续教育学时登记情况表"

_SIGNS: Final = "甲乙丙丁戊己庚辛壬癸"
_ID_KINDS: Final = {
    "resident_id": "居民身份证", "hmt_residence_permit": "港澳台居民居住证",
    "foreign_permanent_residence": "外国人永久居留身份证", "passport": "护照",
    "mainland_travel_permit": "来往内地（大陆）通行证", "other": "其他证件",
}
_LAWS: Final = {"then": "各日期当时有效的细则", "now": "现行细则"}
_CHOSEN: Final = "注意：评定和达标与否是按所指定的细则试算的，不是按规定应当适用的细则得出的，不能作为达标的证明。"
"""A paper under rules of one's own choice says so first: whoever holds it may have chosen them for that."""
_CATEGORIES: Final = {
    Category.PROFESSIONAL: "专业", Category.SECTOR_PUBLIC: "行业公需", Category.GENERAL_PUBLIC: "一般公需",
}
_STATUSES: Final = {"approved": "已登记", "frozen": "冻结", "revoked": "已撤销"}
_EVALUATIONS: Final = {
    "ruled": "按条款核定", "manual": "按确认文件", "refused": "不予登记", "duplicate": "重复，只计一次",
    "unruled": "没有条款，待定", "revoked": "已撤销",
}
FLAGS: Final = {"by_analogy": "比照执行", "late_filing": "逾期备案", "override": "主管部门认定"}
AFTER_CLOSE: Final = "关账后更正"
_QUANTITIES: Final = (
    ("days", "天"), ("hours", "学时"), ("minutes", "分钟"), ("subjects", "科"), ("courses", "门"), ("characters", "字"),
)
YEARS: Final = (
    Column("年度", 4), Column("口径", 4), Column("专业", 8, True), Column("行业公需", 8, True),
    Column("一般公需", 8, True), Column("合计", 8, True), Column("达标", 4), Column("要求", 38),
)
ENTRIES: Final = (
    Column("序号", 4, True), Column("年度", 4), Column("科目", 8), Column("途径", 22), Column("日期", 10),
    Column("数量", 10), Column("核定学时", 8, True), Column("计入学时", 8, True), Column("状态", 6),
)
FACTS: Final = {
    "completed_by": "完成方式", "filed_on": "备案日期", "platform": "学习平台", "organiser": "组织者",
    "organiser_level": "组织者级别", "approved_by": "批准者", "major": "专业", "attributed": "计入年度",
    "confirmed_hours": "确认学时", "occasion": "活动编号", "output": "成果编号",
}
"""Each is followed by its code or value as it stands, so that it can be read again."""
TITLES: Final = {"assistant": "初级", "intermediate": "中级", "senior": "副高级", "professor": "正高级"}
INDENT: Final = " " * 6
NOTES: Final = ("项目", "起止", "证书", "佐证", "登记", "事实", "依据", "评定")
"""What a line under the row of an entry may begin with."""
DIGEST_SHOWN: Final = 12
"""So many characters name a paper: its whole digest stands in the event that the row leads to."""
_COMPLETE: Final = (
    f"“{COMPLETENESS}”一行以下列出日志中以本人为当事人的全部事件的编号，并证明无一遗漏；"
    "这以登记机构的完整性地图经过审计为前提（xueshi fsck --map）。"
)


def statement_text(answer: Mapping[str, Any], head: Mapping[str, Any]) -> str:
    """Write the text; ValueError names what is missing or cannot be so."""
    known, whose = convert(answer, Answer), convert(head, Head)
    _demand_words(known, whose)
    books = _Books(known)
    lines = [
        "=" * WIDTH, " " * ((WIDTH - width(TITLE)) // 2) + TITLE, "=" * WIDTH,
        *_whose(known, whose), "", *_basis(known.basis, whose, books), "",
        "年度情况", *heads(YEARS), *_years(known, books), "",
        "登记明细", *heads(ENTRIES), *_entries(known, books), "",
        *_foot(is_complete=whose.events is not None), "",
        "单位意见（章）：" + " " * 40 + "主管部门意见（章）：", "", "", "=" * WIDTH,
    ]
    return "".join(f"{line}\n" for line in lines)


class _Books:
    """Short signs for rulebooks: those of the basis first, then what was cited when it was decided."""

    def __init__(self, answer: Answer) -> None:
        self.of_basis = {book.id: book for book in answer.basis.rulebooks}
        entries = [entry for year in answer.years for entry in year.entries]
        self.others: dict[str, str | None] = {}
        for book, digest in [
            *((entry.decided.rulebook, entry.decided.digest) for entry in entries),
            *((entry.evaluated.rulebook, None) for entry in entries),
            *((one.rulebook, None) for year in answer.years for sums in (year.decided, year.evaluated)
              for one in sums.minimums),
        ]:
            if book is not None and book not in self.of_basis:
                self.others.setdefault(book, digest)
        names = [*self.of_basis, *self.others]
        self._signs = {book: _SIGNS[place] if place < len(_SIGNS) else f"#{place + 1}"
                       for place, book in enumerate(names)}

    def sign(self, book: str) -> str:
        """Give the sign of a rulebook."""
        return self._signs[book]

    def clause(self, book: str | None, clauses: Iterable[str]) -> str:
        """Write what a ruling rests on."""
        return " ".join([self.sign(book), *clauses]) if book is not None else "人工确认"


def _demand_words(answer: Answer, head: Head) -> None:
    """Demand a word for every code, and a name for every unit."""
    if absent := {one.unit for one in answer.affiliations} - head.units.keys():
        raise ValueError(f"the head does not name the units {sorted(absent)}")
    entries = [entry for year in answer.years for entry in year.entries]
    for what, given, words in (
        ("id kind", {head.id_kind}, set(_ID_KINDS)),
        ("category", {entry.category for entry in entries}, {str(category) for category in _CATEGORIES}),
        ("status", {entry.status for entry in entries}, set(_STATUSES)),
        ("evaluation", {entry.evaluated.status for entry in entries}, set(_EVALUATIONS)),
    ):
        if strange := given - words:
            raise ValueError(f"there is no word for the {what} {sorted(strange)}")


def _field(name: str, value: str) -> list[str]:
    """Write a name and its value, which may take several lines."""
    first, *rest = wrap(visible(value), WIDTH - 12)
    return [fill(name, 10) + "  " + first, *(" " * 12 + line for line in rest)]


def _whose(answer: Answer, head: Head) -> Iterator[str]:
    yield from _field("姓名", head.name)
    yield from _field("证件", f"{_ID_KINDS[head.id_kind]} {head.id_number}")
    yield from _field("人员编号", answer.person)
    if head.title is not None:
        yield from _field("现职称", _title(head.title))
    if not answer.affiliations:
        yield from _field("单位", "没有登记人事隶属关系")
        return
    unit = head.units[answer.affiliations[-1].unit]
    yield from _field("单位", f"{unit.name}（统一社会信用代码 {unit.credit_code}）")
    words = base_vocabulary()
    for number, one in enumerate(answer.affiliations):
        sector = words.sectors.get(one.sector, one.sector)
        major = f"，{words.value_name('major', one.major)}专业" if one.major is not None else ""
        until = f"至 {one.ends}" if one.ends is not None else "起"
        place = f"{_region(one.region)}，{sector}{major}，{head.units[one.unit].name}"
        yield from _field("" if number else "人事隶属", f"{one.starts} {until}，{place}（事件 {one.event}）")


def _title(title: Title) -> str:
    level = TITLES.get(title.level, title.level)
    name = f"{title.series}（{level}）" if title.series is not None and visible(title.series) else level
    return f"{name}，{title.obtained_on} 取得"


def _region(code: str) -> str:
    """A region in words: city and county; a code without a name of its own stands as it is."""
    own = regions.span(code)
    if own is None:
        return code
    above = regions.parent(code)
    city = None if above is None or above == regions.PROVINCE else regions.span(above)
    return f"{city.name if city else ''}{own.name}（{code}）"


def _basis(basis: Basis, head: Head, books: _Books) -> Iterator[str]:
    yield "打印依据"
    at = basis.as_of_time.astimezone(LOCAL).isoformat(sep=" ")
    yield from _field("记录时间", f"截至 {at}，第 {basis.as_of} 个事件")
    yield from _field("发生时间", f"截至 {basis.valid_on}" if basis.valid_on is not None else "不限")
    yield from _field("规则", f"{_LAWS.get(basis.law, '指定的细则')}（{basis.law}）")
    if basis.law not in _LAWS:
        yield from _field("", _CHOSEN)
    for book in books.of_basis.values():
        event = f"，事件 {book.event}" if book.event is not None else "，截至记录时间没有施行"
        yield from _field("", f"{books.sign(book.id)} {book.id}，摘要 {book.digest[:12]}{event}")
    for name, digest in books.others.items():
        short = f"，摘要 {digest[:12]}" if digest is not None else ""
        yield from _field("", f"{books.sign(name)} {name}{short}，仅为认定时所引用")
    yield from _field("日志", f"{head.origin}，{basis.log_size} 条")
    yield from _field("根", basis.root)
    if head.events is not None:
        yield from _field(EVENTS_FIELD, EVENTS_WORDS.format(head.events))
    yield from _field(NUMBER_FIELD, head.statement)
    yield from _field("核验码", format_verify_code(head.code))
    yield from _field("随机数", head.salt)


def _years(answer: Answer, books: _Books) -> Iterator[str]:
    for year in answer.years:
        rows = [("认定", year.decided), ("评定", year.evaluated)] if year.differs else [("", year.decided)]
        for place, (kind, sums) in enumerate(rows):
            met = {True: "是", False: "否", None: "未定"}[sums.met]
            needs = "\n".join(_minimum(one, books) for one in sums.minimums) or "没有适用的要求"
            yield from row((
                "" if place else str(year.year), kind, sums.professional, sums.sector_public, sums.general_public,
                sums.total, met, needs,
            ), YEARS)
        for one in year.differences:
            words = f"{one.entry} 认定 {one.decided}，评定 {one.evaluated}：{visible(one.because)}"
            yield from _note("差异", words)
        if year.closed is not None:
            yield from _note("关账", _closed(year.closed))


def _closed(one: Closed) -> str:
    since = f"其后更正 {one.changed} 项，标有“{AFTER_CLOSE}”" if one.changed else "其后没有更正"
    return f"已关账（事件 {one.event}，合计据事件 {one.as_of}），{since}"


def _minimum(one: Minimum, books: _Books) -> str:
    words = base_vocabulary().minimums
    name = words[one.name].name if one.name in words else one.name
    span = f"{one.first} 至 {one.last} 年 " if one.first is not None and one.last is not None else ""
    missing = parse_hours(one.need) - parse_hours(one.have)
    open_words = "周期未满" if one.reason == "in_progress" else "待定"
    have = f"已有 {one.have}"
    state = {True: have, False: f"缺 {format_hours(missing)}", None: f"{have}，{open_words}"}[one.met]
    return f"{name} {span}{one.need}，{state}（{books.sign(one.rulebook)} {one.article}）"


def _entries(answer: Answer, books: _Books) -> Iterator[str]:
    entries = [(year.year, entry) for year in answer.years for entry in year.entries]
    if not entries:
        yield "所列年度没有已登记的学时。"
    for number, (year, entry) in enumerate(entries, 1):
        decided = entry.decided
        yield from row((
            str(number), str(year), _CATEGORIES[Category(entry.category)], _route(entry), str(entry.on),
            _quantity(entry), decided.assessed, decided.counted, _STATUSES[entry.status],
        ), ENTRIES)
        if entry.title is not None and visible(entry.title):
            yield from _note("项目", visible(entry.title))
        if entry.starts is not None or entry.ends is not None:
            yield from _note("起止", " 至 ".join(str(day) for day in (entry.starts, entry.ends) if day is not None))
        if entry.certificate is not None and visible(entry.certificate):
            yield from _note("证书", visible(entry.certificate))
        if entry.evidence:
            papers = "、".join(one[:DIGEST_SHOWN] for one in entry.evidence)
            yield from _note("佐证", f"{len(entry.evidence)} 件：{papers}")
        if entry.registered is not None:
            yield from _note("登记", "，".join(_registered(entry.registered)))
        if facts := list(_facts(entry)):
            yield from _note("事实", "；".join(facts))
        basis = books.clause(decided.rulebook, map(visible, decided.clauses))  # A typed document may be among them.
        if entry.document is not None and visible(entry.document) and entry.document not in decided.clauses:
            basis += f"，文件 {visible(entry.document)}"
        marks = "".join(f"，{FLAGS.get(flag, flag)}" for flag in decided.flags)
        marks += f"，{AFTER_CLOSE}" if entry.after_close else ""
        yield from _note("依据", f"{basis}{marks}；事件 {'、'.join(map(str, entry.events))}；{entry.claim}")
        is_same = (entry.evaluated.assessed, entry.evaluated.counted) == (decided.assessed, decided.counted)
        if not is_same and entry.status != "revoked":
            yield from _note("评定", _evaluation(entry.evaluated, books))


def _registered(one: Registered) -> Iterator[str]:
    yield str(one.on)
    if one.office is not None:
        yield visible(one.office)
    if one.system is not None:
        yield f"来自 {visible(one.system)}"


def _facts(entry: Entry) -> Iterator[str]:
    """What the law weighs and no column shows; no value can look like two of them."""
    for name, words in FACTS.items():
        value = getattr(entry, name)
        if value is not None:
            yield f"{words}：{visible(str(value)).replace('；', '，')}"


def _route(entry: Entry) -> str:
    words = base_vocabulary()
    level = f"（{words.level_name(entry.level, entry.route)}）" if entry.level is not None else ""
    return words.route_name(entry.route) + level


def _quantity(entry: Entry) -> str:
    found = [f"{value} {unit}" for name, unit in _QUANTITIES if (value := getattr(entry, name)) is not None]
    if entry.rank is not None:
        found.append(f"第 {entry.rank} 名")
    if not found and entry.confirmed_hours is not None:
        found.append(f"确认 {entry.confirmed_hours}")
    return "，".join(found) or "1 项"


def _evaluation(one: Evaluated, books: _Books) -> str:
    rests = f"（{books.clause(one.rulebook, (one.clause,) if one.clause else ())}）" if one.rulebook is not None else ""
    return f"核定 {one.assessed}，计入 {one.counted}，{_EVALUATIONS[one.status]}{rests}"


def _note(name: str, words: str) -> Iterator[str]:
    """Write a line under a row: it never begins at the margin, so it can never pass for the separator."""
    first, *rest = wrap(words, WIDTH - len(INDENT) - 6)
    yield f"{INDENT}{name}  {first}"
    for line in rest:
        yield INDENT + " " * 6 + line


def _foot(*, is_complete: bool) -> Iterator[str]:
    yield "说明"
    for number, words in zip("一二三四五六", (
        "核定学时是登记时的认定；计入学时是按上列依据扣除上限和重复之后的结果。同一依据总得到同一内容。",
        f"本文件“{SEPARATOR}”一行以下是证明：正文的 SHA-256 载于登记机构日志的一个事件，该事件在其签名的检查点之内。"
        "它证明登记机构当时出具的就是这份正文，此后一字未改；出具时间以该事件的记录时间为准。",
        *([_COMPLETE] if is_complete else []),
        "它不证明所登记的内容属实，也不证明此后没有更正、撤销，或本表没有被取代、作废：请凭核验码向登记机构查询现状。",
        "离线核验：把本文件逐字节原样保存，不要另存或转换换行，用登记机构公布的公钥运行",
    ), strict=False):
        first, *rest = wrap(words, WIDTH - 6)
        yield f"  {number}、{first}"
        yield from (" " * 6 + line for line in rest)
    yield "      xueshi verify 文件 --key 公钥文件"
