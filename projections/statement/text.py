"""The statement (学时登记情况表) as plain text: for reading, for printing, and for a digest in the log.

Pure: the same answer and head give the same bytes. What is handed in is held to `projections.statement.form` before
anything is written, so nothing half-known is printed. As decided (认定) and as evaluated under the law that was asked
for (评定) are two totals; where they differ both stand there, with the reason.

Controls in free text (titles, names) are made visible, so that nobody's title can shape what stands around it. The two
tables are those of `projections.statement.tables`.

What is written here `projections.statement.reading` reads again: a page, a PDF and a verifier know a statement from
these bytes alone.

`tests/projections/test_statement_text.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.identifiers import regions
from ledger.ids import format_verify_code
from ledger.offline.statement_file import COMPLETENESS, EVENTS_FIELD, EVENTS_WORDS, NUMBER_FIELD, SEPARATOR
from ledger.vocabulary import LOCAL
from policies.words import base_vocabulary
from projections.statement.columns import fill, heads, visible, width, wrap
from projections.statement.form import Answer, Basis, Head, Title, convert
from projections.statement.tables import (
    CATEGORIES,
    ENTRIES,
    EVALUATIONS,
    STATUSES,
    WIDTH,
    YEARS,
    Books,
    entries_table,
    years_table,
)

TITLE: Final = "专业技术人员继续教育学时登记情况表"

_ID_KINDS: Final = {
    "resident_id": "居民身份证", "hmt_residence_permit": "港澳台居民居住证",
    "foreign_permanent_residence": "外国人永久居留身份证", "passport": "护照",
    "mainland_travel_permit": "来往内地（大陆）通行证", "other": "其他证件",
}
_LAWS: Final = {"then": "各日期当时有效的细则", "now": "现行细则"}
_CHOSEN: Final = "注意：评定和达标与否是按所指定的细则试算的，不是按规定应当适用的细则得出的，不能作为达标的证明。"
"""A paper under rules of one's own choice says so first: whoever holds it may have chosen them for that."""
TITLES: Final = {"assistant": "初级", "intermediate": "中级", "senior": "副高级", "professor": "正高级"}
_COMPLETE: Final = (
    f"“{COMPLETENESS}”一行以下列出日志中以本人为当事人的全部事件的编号，并证明无一遗漏；"
    "这以登记机构的完整性地图经过审计为前提（xueshi fsck --map）。"
)


def statement_text(answer: Mapping[str, Any], head: Mapping[str, Any]) -> str:
    """Write the text; ValueError names what is missing or cannot be so."""
    known, whose = convert(answer, Answer), convert(head, Head)
    _demand_words(known, whose)
    books = Books(known)
    lines = [
        "=" * WIDTH, " " * ((WIDTH - width(TITLE)) // 2) + TITLE, "=" * WIDTH,
        *_whose(known, whose), "", *_basis(known.basis, whose, books), "",
        "年度情况", *heads(YEARS), *years_table(known, books), "",
        "登记明细", *heads(ENTRIES), *entries_table(known, books), "",
        *_foot(is_complete=whose.events is not None), "",
        "单位意见（章）：" + " " * 40 + "主管部门意见（章）：", "", "", "=" * WIDTH,
    ]
    return "".join(f"{line}\n" for line in lines)


def _demand_words(answer: Answer, head: Head) -> None:
    """Demand a word for every code, and a name for every unit."""
    if absent := {one.unit for one in answer.affiliations} - head.units.keys():
        raise ValueError(f"the head does not name the units {sorted(absent)}")
    entries = [entry for year in answer.years for entry in year.entries]
    for what, given, words in (
        ("id kind", {head.id_kind}, set(_ID_KINDS)),
        ("category", {entry.category for entry in entries}, {str(category) for category in CATEGORIES}),
        ("status", {entry.status for entry in entries}, set(STATUSES)),
        ("evaluation", {entry.evaluated.status for entry in entries}, set(EVALUATIONS)),
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


def _basis(basis: Basis, head: Head, books: Books) -> Iterator[str]:
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
