"""Help: the keys, the words, the rules in force; and three choices: as whom somebody works, whether single keys
act, and how large letters and how close rows are.

The choices are kept in cookies of this browser alone: they are nobody else's to know. `tests/console/test_frame.py`.
"""

from __future__ import annotations

from typing import Final

from flask import Response, request

from api.cases.doing import Reading
from api.console import wanted
from api.console.cookies import is_over_tls, of_host
from api.console.frame import KEYS_COOKIE, LOOK_COOKIE, LOOKS, ROLE_COOKIE
from api.console.screen import Asking, Page, Shown, onward
from api.console.wanted import HOME
from api.words.telling import role as role_name
from api.words.year_page import region
from policies.words import base_vocabulary

KEEPS_SECONDS: Final = 365 * 24 * 3600
GLOSSARY: Final = (
    ("学时", "继续教育的计量单位。各途径一天、一科、一篇折合多少学时，由登记细则规定。不同于学分。"),
    ("专业科目", "从事专业工作应当掌握的新理论、新知识、新技术、新方法。"),
    ("公需科目", "各类专业技术人员都应掌握的内容，分行业公需和一般公需，以课程学习。"),
    ("核定学时", "认定时审核人所见、按当时细则得出的学时。认定之后不再改写，更正另记一笔。"),
    ("计入学时", "核定学时除去重复、受上限限制之后，计入年度的学时。它由事件和细则算出，不是记下的数字。"),
    ("发生时间", "学习发生的日期，以佐证材料上的日期为准，决定计入的年度。"),
    ("记录时间", "这件事记入账本的时间。按过去的记录时间查看，看到的是当时所知的。"),
    ("事件", "账本中的一条记录。只增加，不修改，不删除；每一条都能凭公钥离线核验。"),
    ("更正、撤销", "已登记的有误时，另记一个事件，原来的仍然可见。没有删除。"),
    ("补录", "佐证材料的日期在往年，今年才申报的。"),
)
KEYS: Final = (
    ("/", "到页首的输入栏"), ("?", "打开本页"), ("g 再按 h", "工作台"), ("g 再按 w", "审核待办"), ("g 再按 n", "申报"),
    ("g 再按 c", "我的申报"), ("g 再按 y", "学时"), ("g 再按 b", "规则库"), ("g 再按 k", "公需课程"),
    ("g 再按 l", "时间线"), ("g 再按 f", "差异"), ("g 再按 d", "重放"), ("g 再按 u", "单位"),
    ("j、k", "下一行、上一行"), ("x", "勾选"), ("Enter", "打开"),
    ("a", "通过（到按钮，再按 Enter 确认）"), ("r", "退回（到说明栏）"), ("Esc", "关闭右栏"),
)


def help_page(asking: Asking) -> Shown:
    """What one may want to know."""
    books = sorted(asking.house.answers.rulebooks(), key=lambda one: (one.in_force_from, one.id))
    return Page("help.html", {"glossary": GLOSSARY, "keys": KEYS, "books": books})


def choose_keys(asking: Asking) -> Shown:
    """Switch single keys on or off (WCAG 2.1.4)."""
    return _kept(onward("/help#keys"), KEYS_COOKIE, "off" if request.form.get("keys") == "off" else "on")


def choose_look(asking: Asking) -> Shown:
    """Larger letters, closer rows, both or neither."""
    return _kept(onward("/help#look"), LOOK_COOKIE, "-".join(one for one in LOOKS if request.form.get(one) == "yes"))


def roles(asking: Asking) -> Shown:
    """As whom somebody can work."""
    if asking.capacity.is_person:
        return onward(wanted.named() or HOME)
    actor = Reading(asking.house.ledger).actor(asking.caller.id)
    scopes = () if actor is None else actor.scopes
    sectors, categories = base_vocabulary().sectors, base_vocabulary().categories
    told = {role: [" · ".join(filter(None, (
        region(one.region), sectors.get(one.sector or "", ""), categories.get(one.category or "", ""))))
        for one in scopes if one.role == role] for role in asking.capacity.roles}
    return Page("role.html", {"roles": [(role, role_name(role), areas) for role, areas in told.items()],
                              "action": wanted.on_the_way("/role", wanted.named())})


def choose_role(asking: Asking) -> Shown:
    """Work in one of several roles from now on; it gives nothing that the account has not."""
    chosen = request.form.get("role", "")
    if chosen not in asking.capacity.roles:
        return onward(wanted.on_the_way("/role", wanted.named()))
    return _kept(onward(wanted.named() or HOME), ROLE_COOKIE, chosen)


def _kept(response: Response, name: str, value: str) -> Response:
    response.set_cookie(
        of_host(name), value, max_age=KEEPS_SECONDS, httponly=True, samesite="Strict", secure=is_over_tls())
    return response
