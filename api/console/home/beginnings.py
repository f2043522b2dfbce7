"""Where each role begins of its own accord, and what the separated three do beside their screens.

`tests/console/test_home.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.cases import year_closing
from api.cases.forgetting.erasure import SECURITY_ADMINISTRATOR
from api.cases.log.looks import AUDITOR
from api.cases.standing import HUMAN_RESOURCES, POLICY_OFFICE, SUPERVISOR, SYSTEM_ADMINISTRATOR
from api.console.screen import Asking

_CLOSING: Final = ("/year-closings", "年度关账", "把全部人员的年度学时定下来")

STEPS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "unit": (
        ("/years", "查阅学时", "本单位人员各年度还差什么"),
        ("/persons/new", "登记人员", "新来的、不便自己登记的"),
        ("/classes/new", "申报培训班", "本单位组织的培训，开班之前备案"),
    ),
    HUMAN_RESOURCES: (
        ("/imports/new", "导入", "别的系统已认定的学时"),
        ("/persons/new", "登记人员", "不便自己登记的"),
        ("/years", "查阅学时", "所辖人员各年度还差什么"),
    ),
    "sector_authority": (
        ("/classes", "培训班", "备案的、自办的，和导入的名册"),
        ("/imports/new", "导入", "别的系统已认定的学时"),
        ("/years", "查阅学时", "所辖人员各年度还差什么"),
    ),
    "recognised_organiser": (
        ("/plans/new", "申报年度计划", "全年要办的班"),
        ("/classes/new", "申报培训班", "开班之前备案"),
        ("/classes", "办过的班", "登记举办情况、导入名册、出具登记卡"),
    ),
    "title_committee": (
        ("/applications?purpose=title_application", "职称申报", "各人的年度和学时是否达到"),
        ("/sanctions?purpose=title_application", "不得申报的人员", "为何，到何时"),
        ("/years", "查阅学时", "申报人各年度的学时和依据"),
    ),
    POLICY_OFFICE: (
        ("/rules/proposals/new", "提出一版细则", "由另一人施行"),
        ("/replays/new", "影响分析", "施行之前看谁的学时会变"),
        ("/differences", "差异", "认定与按细则重新评定的不同"),
    ),
    SUPERVISOR: (
        ("/findings", "核查线索", "规则发现的，逐条核查"),
        ("/cases", "案件", "立案、冻结、推演、处理"),
        ("/timeline", "时间线", "从手上有的编号、证件、证书查起"),
    ),
    SYSTEM_ADMINISTRATOR: (
        ("/accounts", "账号和权限", "任用经办账号，授予和收回权限，停用"),
        ("/status", "系统状态", "自检、备份、逐条重读、投影处理到哪里"),
    ),
    SECURITY_ADMINISTRATOR: (
        ("/erasures", "销毁个人信息", "提议期满之后由您确认"),
        ("/status", "系统状态", "日志的密钥、见证人，自检有没有异常"),
        ("/sessions", "令牌和会话", "本账号的，不认识的使其失效"),
    ),
    AUDITOR: (
        ("/access", "查阅日志", "谁为何看过谁的个人信息"),
        ("/accounts", "账号和权限", "谁任用了谁，授予了什么"),
        ("/timeline", "时间线", "一个账号、一个单位、一次请求做过什么"),
    ),
}
"""Where each begins for whom nothing waits: what is done of one's own accord."""

ON_THE_SERVER: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    SYSTEM_ADMINISTRATOR: (("xueshi doctor", "自检"), ("xueshi fsck", "逐条重读账本"), ("xueshi backup", "备份")),
    SECURITY_ADMINISTRATOR: (("xueshi keys show", "密钥和它们的备份"), ("xueshi keys backup", "备份密钥，到期销毁"),
                             ("xueshi log key", "日志的公钥")),
    AUDITOR: (("xueshi verify", "离线核验取走的证明"), ("xueshi log forks", "日志有没有两种历史")),
}
"""What the separated three do beside their screens: where the register itself lies."""


def steps_of(asking: Asking, role: str | None) -> tuple[tuple[str, str, str], ...]:
    """Where somebody begins; of a close only whoever holds everyone's place is told: a city may not make it."""
    steps = STEPS.get(str(role), ())
    closes = role == HUMAN_RESOURCES and year_closing.is_offered(asking.house, asking.caller)
    return (*steps[:-1], _CLOSING) if closes else steps
