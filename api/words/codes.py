"""Codes that forms offer and events record, in words: one table for the form that asks and the page that tells.

`tests/console/test_code_words.py` shows it.
"""

from __future__ import annotations

from typing import Final

TITLE_LEVELS: Final = {"assistant": "初级", "intermediate": "中级", "senior": "副高级", "professor": "正高级"}
SERIES: Final = {
    "engineering": "工程技术", "economics": "经济", "accounting": "会计", "statistics": "统计", "auditing": "审计",
    "agriculture": "农业技术", "health": "卫生技术", "research": "科学研究", "teaching": "教师",
    "publishing": "新闻出版",
    "archives": "图书、文博、档案", "arts": "艺术", "other": "其他",
}
NO_TITLE: Final = "无（首次申报）"
COMMITTEES: Final = {"inside": "本市评委会", "outside": "市外评委会"}
CAUSES: Final = {"short": "学时不足", "falsified": "弄虚作假"}
LIFTING: Final = {
    "decided_in_error": "原处理有误", "evidence_found": "补到有效证明", "appeal_upheld": "申诉、复核后改变",
}
STANDINGS: Final = {
    "provincial_institution": "省厅直属事业单位（含所属企业）", "provincial_blasting": "省属企事业单位爆破行业",
    "talent_market": "人事档案在省人才市场",
}
"""Who registers otherwise than the place of the unit says (R 8, E 11); every other word follows from the place."""

ABANDONING: Final = {"wrong_period": "期间有误", "wrong_file": "文件有误", "wrong_source": "来源有误", "other": "其他"}
"""Why an import is given up."""

FORK_OUTCOMES: Final = {"continued": "以已接受的历史为准，继续接受", "closed": "不再接受这本账的移交"}
"""What an office decides of a ledger that signed two histories."""

SOURCE_CLOSINGS: Final = {
    "replaced": "已由另一系统取代", "changed": "范围有变", "mistaken": "登记有误", "other": "其他",
}
"""Why nothing more is taken over from a system."""

BULK_DEEDS: Final = {"hold": "冻结", "release": "解冻", "revoke": "撤销", "reinstate": "恢复"}
ENDINGS: Final = {"not_provided": "拒不提供", "withdrawn": "不再需要"}
"""Why material is waited for no longer."""

RELEASING: Final = {"called_off": "场次取消", "given_back": "本人退座", "moved": "改期后本人退座"}
"""Why a seat is free again."""

FILE_TYPES: Final = {"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG", "application/ofd": "OFD"}
LIST_TYPES: Final = {**FILE_TYPES, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
                     "text/csv": "CSV"}
"""Of a class, whose list may be a spreadsheet."""

HOLDING_PAPERS: Final = {"summary": "总结", "roster": "学员名单", "attendance": "考勤"}
PLAN_FILES: Final = {"document": "文件、批件", "plan": "年度计划"}
CLASS_FILES: Final = {"document": "文件、批件", "plan": "实施方案", "approval": "批准文件", **HOLDING_PAPERS}
OUTCOMES: Final = {"pending": "待核查", "ruled_out": "排除", "substantiated": "属实", "referred": "移送"}
ERASING: Final = {"request": "本人申请", "order": "有权机关的公文"}
VOIDING: Final = {"issued_in_error": "出具有误", "falsified": "弄虚作假", "other": "其他"}
REVOKING: Final = {
    "falsified": "弄虚作假", "duplicate": "重复登记", "entered_in_error": "登记有误", "decided_wrongly": "原处理有误",
}
REINSTATING: Final = {"evidence_found": "补到有效证明", "decided_wrongly": "原处理有误", "entered_in_error": "登记有误"}
"""On what a registration is taken away, or put back."""

PURPOSES: Final = {
    "annual_review": "年度审核", "title_application": "职称申报核对", "appeal": "申诉复核", "investigation": "核查举报",
    "review": "审核办理", "course_hours": "课程学时登记", "exam_results": "考试组织、登记成绩",
}
"""What somebody else's data is looked at for; a code that is not here was made up by who asks, and stands."""

ALIKE: Final = {
    "occasion": "是同一活动", "output": "是同一成果", "certificate": "出示同一份证书", "facts": "所写的内容全部相同",
}
"""By what two claims of one person may be the same study."""


def purpose(code: str) -> str:
    """For what something was looked at, in words; of a code that an interface made up, that it is one."""
    return PURPOSES.get(code) or f"调取的系统自行写明的目的：{code}"
