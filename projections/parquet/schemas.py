"""What each table of an export holds: every column with its type and what it means, in Chinese, as Parquet keeps it.

Nothing here is a name, a number of an ID or a title that somebody wrote: people and entries stand under their ids. What
a column means lies in the file itself, as `description` of its field, and once more in the manifest.

`tests/projections/parquet/test_export.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ledger.arrow import arrow

TITLES: Final = {
    "entries": "已登记的学时记录，一行一条；按归属年度分文件夹",
    "coded": "编码账：一行一人，其记录按日期排成列表；按人员编号的散列分文件夹，一个人只在一处",
    "cases": "情形：细则可以衡量的全部事实（日期除外）和当日所在之处，编号即编码账中的 case",
    "rulings": "情形在现行细则下各值多少：一行一种情形的一段日期，未出现过的组合不列",
}

COLUMNS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "entries": {
        "entry": ("string", "申报编号"),
        "person": ("string", "人员编号；不含姓名和证件号码"),
        "status": ("string", "approved 已登记；frozen 已冻结（仍计）；revoked 已撤销（不计）"),
        "evidence_on": ("date", "佐证日期，决定年度和适用的细则"),
        "category": ("string", "professional 专业科目；sector_public 行业公需；general_public 一般公需"),
        "route": ("string", "途径"),
        "level": ("string", "级别"),
        "days_half": ("int32", "天数，以半天计"),
        "subjects": ("int32", "合格科目数"),
        "courses": ("int32", "课程门数"),
        "characters": ("int32", "字数"),
        "minutes": ("int32", "课件分钟数"),
        "hours_centi": ("int32", "课程标明的学时，百分之一学时"),
        "rank": ("int32", "署名位次"),
        "completed_by": ("string", "exam 考试合格；completion 学习完成"),
        "confirmed_centi": ("int32", "主管部门确认的学时，百分之一学时"),
        "region": ("string", "当日所在用人单位的区划（GB/T 2260）；不在任何单位，或已撤销，则空"),
        "sector": ("string", "当日所在用人单位的行业"),
        "assessed_centi": ("int32", "核定学时，百分之一学时：认定时所见，不是计入学时"),
        "ruling": ("string", "认定的依据：ruled 细则；manual 主管部门确认"),
        "rulebook": ("string", "认定所依的细则"),
        "clauses": ("strings", "认定所依的条款；由主管部门确认时为其文号"),
        "flags": ("strings", "认定时的标记"),
        "origin": ("string", "self 本人；batch 班次名单；auto 系统；import 导入"),
        "submitted_on": ("date", "本人申报的日期；不是本人申报则空"),
        "registered": ("int64", "登记生效的事件位置"),
        "decided": ("int64", "最近一次认定的事件位置"),
    },
    "coded": {
        "number": ("int32", "次序：按人员编号"),
        "person": ("string", "人员编号"),
        "day": ("dates", "每条记录的佐证日期，从早到晚"),
        "year": ("int16s", "每条记录的归属年度"),
        "case": ("int32s", "每条记录的情形，见 cases"),
        "submitted": ("int32s", "本人申报的日期（公元 1 年 1 月 1 日为 1），0 为不是本人申报；没有一条则整列为空"),
        "first_year": ("int16", "standing 的第一年"),
        "standing": ("int32s", "逐年 12 月 31 日所在之处，见 cases 的 zone；-1 为不在任何单位"),
        "belonging": ("int32s", "先后所在之处，见 cases 的 zone"),
        "belongs_from": ("int16s", "各自从哪一年起"),
        "together": ("groups", "共用同一活动或成果的各组记录：在本人记录中的序号（从 0 起），按登记先后"),
        "entry": ("strings", "每条记录的申报编号"),
    },
    "cases": {
        "case": ("int32", "编号"),
        "zone": ("int32", "所在之处的编号；同号即同处"),
        "region": ("string", "区划；空为不在任何单位"),
        "sector": ("string", "行业"),
        "major": ("string", "专业"),
        "facts": ("string", "细则可以衡量的事实，JSON；日期、活动和成果的键不在其中"),
        "confirmed_centi": ("int32", "主管部门确认的学时，百分之一学时"),
        "overridden": ("bool", "是否在细则留有余地处由主管部门给定"),
        "lead": ("int32", "班次在开始前多少天备案；没有备案则空"),
    },
    "rulings": {
        "case": ("int32", "情形的编号"),
        "begins": ("date", "从哪一天起；空为最早"),
        "ends": ("date", "到哪一天止；空为至今"),
        "late": ("int32", "错过了哪些申报期限，一位一个；0 为没有"),
        "status": ("string", "ruled 有细则；unruled 没有细则可依；refused 细则不计；manual 主管部门确认"),
        "rulebook": ("string", "细则"),
        "article": ("string", "条款"),
        "counts": ("bool", "是否计入"),
        "category": ("string", "计入哪一类"),
        "hours_centi": ("int32", "一条值多少，百分之一学时"),
        "bucket": ("string", "与哪些共用上限"),
        "cap_centi": ("int32", "该上限，百分之一学时；空为不限"),
    },
}


def schema(table: str) -> Any:
    """The schema of a table, with what its columns mean."""
    pa = arrow()
    kinds = {
        "string": pa.string(), "int16": pa.int16(), "int32": pa.int32(), "int64": pa.int64(), "bool": pa.bool_(),
        "date": pa.date32(), "strings": pa.list_(pa.string()), "dates": pa.list_(pa.date32()),
        "int16s": pa.list_(pa.int16()), "int32s": pa.list_(pa.int32()), "groups": pa.list_(pa.list_(pa.int32())),
    }
    return pa.schema([pa.field(name, kinds[kind], metadata={"description": meaning})
                      for name, (kind, meaning) in COLUMNS[table].items()], metadata={"title": TITLES[table]})


def write(table: Any, name: str, path: Path) -> None:
    """Write a table under its schema; the same rows give the same bytes."""
    pa = arrow()
    path.parent.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(
        table.select(list(COLUMNS[name])).cast(schema(name)), path, compression="zstd", version="2.6",
        row_group_size=100_000, write_statistics=True)
