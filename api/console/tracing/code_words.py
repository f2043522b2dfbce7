"""Code words: what the codes that events give are called, for whoever reads an event and has never seen one.

A code is looked up under the field that holds it, first as its own kind of event means it. What no table knows stands
as it was recorded: a reason that an office made up, the key of an occasion.

`tests/console/test_code_words.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from api.cases.importing.sources import KINDS as SOURCE_KINDS
from api.console.tracing.field_words import COMPLETED_BY, FIELDS, FLAGS, ID_KINDS, ORIGINS, OWN, UNIT_KINDS
from api.console.words import APPEALS, VERDICTS
from api.evidence.types import PAPER_KINDS
from api.words.codes import (
    ABANDONING,
    BULK_DEEDS,
    CAUSES,
    COMMITTEES,
    ENDINGS,
    ERASING,
    FORK_OUTCOMES,
    HOLDING_PAPERS,
    LIFTING,
    OUTCOMES,
    RELEASING,
    SERIES,
    SOURCE_CLOSINGS,
    STANDINGS,
    TITLE_LEVELS,
    VOIDING,
)
from api.words.telling import CASE_KINDS, GRADES, RESULTS
from api.words.year_page import BASES
from policies.words import base_vocabulary

_BASES: Final = {
    **BASES, **LIFTING, **VOIDING, **ERASING, "decided_twice": "同一事实处理了两次", "appeal_allowed": "申诉改变原决定",
    "requested": "本人申请", "request_withdrawn": "本人撤回申请", "erasure_proposed": "已提出销毁个人信息",
    "erasure_withdrawn": "撤回销毁个人信息",
}
_ASIDE: Final = {
    "duplicate": "已登记过这个版本", "outside_period": "不在所属期间内", "person_unknown": "没有相符的人员",
    "person_differs": "以前登记的是另一个人", "source_older": "本系统已有更新的版本",
    "source_changed": "内容变了而版本没有提高", "changed_here": "本系统已更正，来源尚未取回",
    "revoked_there": "来源已撤销", "decided_here": "本系统另有决定", "rulebook_not_here": "所按的细则没有在这里施行",
    "ruling_needed": "没有细则规定其学时", "certificate_used": "证书编号已用过",
    "course_registered_twice": "同一课程已另有一条登记", "course_looks_registered": "同一年度已登记过同名的课程",
    "record_twice": "文件中写了两次", "row_malformed": "格式不符合要求", "not_countable": "按细则不予计算",
}

CODES: Final[Mapping[str, Mapping[str, str]]] = {
    "origin": ORIGINS, "flags": FLAGS, "completed_by": COMPLETED_BY, "id_kind": ID_KINDS, "kinds": UNIT_KINDS,
    "status": {code: mark[2] for code, mark in VERDICTS.items()},
    "kind": {
        **CASE_KINDS, **{f"case_{code}": f"案件批量{name}" for code, name in BULK_DEEDS.items()}, "import": "导入",
    },
    "against": {"refusal": "驳回", "revocation": "撤销", "assessment": "认定的学时"},
    "basis": _BASES, "effect": {**BULK_DEEDS, **APPEALS}, "level": TITLE_LEVELS, "series": SERIES,
    "cause": CAUSES, "lasts": {"this_application": "本次申报", "term": "一定期限"},
    "because": RELEASING, "result": RESULTS, "grade": GRADES,
    "outcome": OUTCOMES, "finding": OUTCOMES, "law": {"then": "各日期当时有效的细则", "now": "现行细则"},
    "code": _ASIDE, "committee": COMMITTEES,
    "why": {**ENDINGS, **ABANDONING, **SOURCE_CLOSINGS}, "standing": STANDINGS,
    "year_because": {"source_corrected": "来源更正", "entered_in_error": "年度原来登记有误"},
    "fields": {**FIELDS, **OWN["person.corrected"]},
}
"""Of each field that holds a code, what the codes are called."""

OWN_CODES: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "act.opened": {"kind": {"roster": "名单登记"}},
    "class.filed": {"kind": {"plan": "实施方案", "approval": "批准文件"}},
    "class.held": {"kind": HOLDING_PAPERS},
    "import.fork_decided": {"outcome": FORK_OUTCOMES},
    "import_source.registered": {"kind": SOURCE_KINDS},
    "plan.filed": {"kind": {"plan": "年度计划"}},
}
"""Of some kinds of events, what a code means there."""


def code_words(what: str, name: str, code: str) -> str:
    """What a code of a field of an event is called; itself where nobody said."""
    known = base_vocabulary()
    own = OWN_CODES.get(what, {}).get(name, {})
    return own.get(code) or _shared().get(name, {}).get(code) or known.value_name(name, code)


@cache
def _shared() -> Mapping[str, Mapping[str, str]]:
    """The tables of above, with those that the law's own vocabulary gives."""
    known = base_vocabulary()
    return {
        **CODES, "category": known.categories, "categories": known.categories,
        "sector": known.sectors, "level": {**known.levels, **CODES["level"]},
        "kind": {**PAPER_KINDS, **CODES["kind"]},
    }
