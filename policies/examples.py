"""The worked examples of a rulebook as people read them: what is given, what is expected, whether it comes out so.

They are the cases that were shipped beside its file (`cases.py`), told in the words of the law and run anew each time.
A rulebook whose bytes are not those of a shipped one has none: cases speak of the file they stand beside.

`tests/policies/test_examples.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from policies.cases import NULL, Case, case_file, outcome, read_cases
from policies.person import Bench, PersonRuling
from policies.rulebook import Rulebook
from policies.shelf import DRAFTS, SHIPPED, drafts, shipped
from policies.steps import REASONS
from policies.words import Vocabulary

_LABELS: Final = {
    "status": "结论", "rulebook": "细则", "clause": "条款", "assessed": "核定", "counted": "计入", "flags": "标注",
    "reason": "理由", "attributed": "计入年度", "year": "年度", "total": "全年", "exam_hours": "考试学时",
    "met": "全年要求", "eligible": "申报", "years_met": "达标年数", "consecutive": "连续达标", "earliest": "最早可申报",
    "bad": "不能读的字段",
}
_STATUSES: Final = {
    "ruled": "可计", "manual": "按主管部门确认的", "refused": "不予计入", "unruled": "待主管部门确认",
    "duplicate": "重复，只计一次",
}
_FLAGS: Final = {"by_analogy": "比照执行", "late_filing": "逾期备案"}
_HOURS: Final = ("assessed", "counted", "total", "exam_hours", "professional", "sector_public", "general_public")
_OPEN: Final = {"in_progress": "周期未满", "undetermined": "未定", "absent": "不适用"}
_LEFT_OUT: Final = ("id", "route", "level", "date", "category")


class Example(NamedTuple):
    """One case, told and run."""

    name: str
    article: str                             # Of the row that ruled its last entry; empty where none of this book did.
    given: tuple[str, ...]
    expected: tuple[tuple[str, str], ...]
    differs: tuple[str, ...]                 # What came out otherwise; nothing: it holds.
    readings: tuple[str, ...]                # Which readings it shows.

    @property
    def holds(self) -> bool:
        """Say whether it comes out as expected."""
        return not self.differs


def examples(book: Rulebook, bench: Bench) -> list[Example]:
    """Every example of a rulebook, run by a law that holds it, in the order of their file."""
    return [_run(book, bench, case) for case in _cases(book.digest)]


@lru_cache(maxsize=64)
def _cases(digest: str) -> tuple[Case, ...]:
    """The cases beside the shipped file of these bytes."""
    for folder, shelf in ((SHIPPED, shipped()), (DRAFTS, drafts())):
        for book in shelf.books:
            if book.digest == digest:
                beside = case_file(Path(folder, f"{book.id}.toml"))
                return tuple(read_cases(beside)) if beside.exists() else ()
    return ()


def _run(book: Rulebook, bench: Bench, case: Case) -> Example:
    ruled, differs = outcome(bench, case)
    words = bench.law.vocabulary
    return Example(
        case.name, _article(book, ruled), tuple(_given(case, words)), tuple(_expected(case, words)),
        tuple(_told(case, one) for one in differs), case.shows,
    )


def _told(case: Case, differs: str) -> str:
    """What came out otherwise, under the name that the expectation has here."""
    name, space, rest = differs.removeprefix(f"案例“{case.name}”：").partition(" ")
    return f"{_LABELS.get(name, name)}{space}{rest}"


def _article(book: Rulebook, ruled: PersonRuling | None) -> str:
    if ruled is None or not ruled.weighed:
        return ""
    ruling = ruled.weighed[-1].ruling
    return ruling.article or "" if ruling.book is not None and ruling.book.id == book.id else ""


def _given(case: Case, words: Vocabulary) -> Iterator[str]:
    """What the person belongs to, where that changes, and each entry and application in one line."""
    if len(case.affiliations) > 1:
        for one in case.affiliations:
            yield f"{one.get('from')} 起归属 {one['region']} {words.sectors.get(one['sector'], one['sector'])}"
    for row in case.given:
        level = row.get("level")
        named = words.route_name(row["route"]) + (f"（{words.level_name(level, row['route'])}）" if level else "")
        category = row.get("category", "professional")
        more = [words.categories.get(category, category)] if category != "professional" else []
        more += [f"{words.field_name(name)} {words.value_name(name, str(value))}" for name, value in row.items()
                 if name not in _LEFT_OUT]
        yield f"{row['date']} {'，'.join([named, *more])}"
    if case.applies is not None:
        yield "，".join(["申报职称", *(f"{_APPLIES.get(name, name)} {_COMMITTEES.get(value, value)}"
                                       for name, value in case.applies.items())])


_APPLIES: Final = {"applied_on": "申报日", "title_obtained_on": "现职称取得于", "minimum_years": "最低资历年限",
                   "committee": "评委会"}
_COMMITTEES: Final[Mapping[Any, str]] = {"inside": "本市", "outside": "市外"}


def _expected(case: Case, words: Vocabulary) -> Iterator[tuple[str, str]]:
    for name, wanted in case.expect.items():
        if name == "minimums":
            yield from ((_minimum(key, words), _stands(told)) for key, told in wanted.items())
        else:
            yield _LABELS.get(name) or words.categories.get(name, name), _value(name, wanted)


def _minimum(key: str, words: Vocabulary) -> str:
    family, _, name = key.partition(" ")
    return f"{family} 的{words.minimums[name].name if name in words.minimums else name}"


def _stands(told: Any) -> str:
    if isinstance(told, Mapping):
        named = {"have": "已有", "need": "应有", "from": "自", "to": "至"}
        return "，".join(f"{named[part]} {value}" if part in named else _stands(value) for part, value in told.items())
    return _OPEN.get(told, str(told)) if isinstance(told, str) else "达到" if told else "未达到"


def _value(name: str, wanted: Any) -> str:
    if isinstance(wanted, list):
        return "、".join(_value(name, one) for one in wanted) or "无"
    match name:
        case "status":
            return _STATUSES.get(wanted, str(wanted))
        case "flags":
            return _FLAGS.get(wanted, str(wanted))
        case "reason":
            return REASONS.get(wanted, str(wanted))
        case "met" | "eligible":
            yes, no = ("达到", "未达到") if name == "met" else ("可以", "不可以")
            return "未定" if wanted == NULL else yes if wanted else no
    if wanted == NULL:
        return "无"
    return f"{wanted} 学时" if name in _HOURS else str(wanted)
