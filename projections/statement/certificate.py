"""The certificate of one year (年度学时证明): a statement of a single year in a few sentences.

It is another dress of the same text, so nothing stands on it that the log has no digest of; the studies and the proof
are the statement's. As decided and as evaluated stay two where they differ, and hours under rules of somebody's own
choice are called that. `tests/projections/test_statement_certificate.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from projections.statement.contents import Need, Statement, YearLine

TITLE: Final = "专业技术人员继续教育年度学时证明"
REMARK: Final = "本证明由上列登记情况表的正文得出，逐条明细、细则全称和离线证明见该表；二者不一致的，以该表为准。"
_MET: Final = {True: "达到所列要求", False: "未达到所列要求", None: "是否达到要求尚不能确定"}
_SIDES: Final = {"": "登记", "认定": "登记时认定", "评定": "按所列细则评定"}
_LAWS: Final = frozenset({"then", "now"})


class Certificate(NamedTuple):
    """What it says: of which year, to whom, its sentences, and each requirement with what there is."""

    title: str
    year: int
    sentences: tuple[str, ...]
    needs: tuple[str, ...]
    basis: tuple[tuple[str, str], ...]


def certificate(statement: Statement) -> Certificate | None:
    """The certificate of a statement of one year; of any other there is none."""
    years = {line.year for line in statement.years}
    if len(years) != 1:
        return None
    (year,) = years
    fields = statement.fields
    return Certificate(
        TITLE, year, (_whose(fields), *(_told(line) for line in statement.years), *statement.closings,
                      *_warned(statement.law)),
        tuple(map(_need, statement.years[-1].needs)),
        tuple((name, fields[name]) for name in ("记录时间", "发生时间", "本表编号", "核验码")),
    )


def _whose(fields: Mapping[str, str]) -> str:
    title = f"，现职称 {fields['现职称']}" if "现职称" in fields else ""
    return f"{fields['姓名']}，{fields['证件']}，{fields['单位']}{title}。"


def _told(line: YearLine) -> str:
    return (f"{line.year} 年度{_SIDES[line.side]}继续教育学时合计 {line.total}：专业科目 {line.professional}，"
            f"行业公需科目 {line.sector_public}，一般公需科目 {line.general_public}；{_MET[line.met]}。")


def _need(need: Need) -> str:
    """A requirement with the whole name of its rulebook: the signs are explained on the statement alone."""
    return f"{need.words.partition(f'（{need.sign}')[0]}（{need.rulebook} {need.article}）"


def _warned(law: str) -> Iterator[str]:
    if law not in _LAWS:
        yield "以上按持有人指定的细则试算，不是按规定应当适用的细则得出的，不能作为达标的证明。"
