"""`xueshi actor`: accounts of those who act for an organisation, what they may act upon, and their tokens (W 5, R 8).

On the machine of the installation the first accounts are appointed with `keys/founder.token`, which is used where no
other token is given.
"""

from __future__ import annotations

from typing import Any, Final

import click

from api.commands.asking import Asking, Id, asks
from api.commands.secrets_told import tell_code, tell_token
from api.words.telling import next_page, pairs, role, state, table, with_options, word

_COUNTY: Final = 6  # As many digits stand for one place and what is registered with it, zeros at the end or not.
_SCOPE = (
    click.option("--role", required=True,
                 help="角色，如人力社保部门（human_resources）、行业主管部门（sector_authority）、用人单位（unit）"),
    click.option("--region", required=True,
                 help="地区，区划代码前缀：33 全省，3302 全宁波，330203 一县；330200 只指宁波本级"),
    click.option("--sector", help="只限此行业"),
    click.option("--category", help="只限此科目"),
    click.option("--unit", type=Id("unit"), help="只限此单位（用人单位角色必填）"),
)


@click.group()
def actor() -> None:
    """经办账号：任用、权限、令牌、停用"""


@actor.command()
@asks(writes=True, founder=True)
@click.argument("organisation", type=Id("unit"))
@click.option("--account", required=True, help="账号名，如 lucheng-hr-01")
@click.option("--name", required=True, help="经办人姓名")
@click.option("--phone", help="经办人电话")
@click.option("--person", type=Id("person"), help="经办人本人的人员编号：不得经办自己的事项")
def appoint(
    asking: Asking, organisation: str, account: str, name: str, phone: str | None, person: str | None
) -> int:
    """为一个单位或部门任用经办账号"""
    official = {"name": name, "phone": phone} if phone else {"name": name}
    body = {"organisation": organisation, "account": account, "official": official}
    return asking.post("/v1/actors", tell, {**body, "person": person} if person else body, done="已任用")


@actor.command("list")
@asks(founder=True)
@click.option("--organisation", type=Id("unit"), help="只看此单位的")
@click.option("--status", type=click.Choice(["active", "suspended", "dismissed"]), help="只看在任、停用或终止的")
@click.option("--as-of", help="按当时所知：事件序号、带时区的时间或日期")
@click.option("--cursor", help="从上一页给出的位置继续")
@click.option("--limit", type=click.IntRange(1, 200), help="最多列出多少个")
def list_(asking: Asking, **query: Any) -> int:
    """列出经办账号：谁在哪里可以办理什么"""
    return asking.get("/v1/actors", _tell_list, query)


@actor.command()
@asks(founder=True)
@click.argument("actor", type=Id("actor"))
def show(asking: Asking, actor: str) -> int:
    """查看经办账号及其权限"""
    return asking.get(f"/v1/actors/{actor}", tell)


@actor.command()
@asks(writes=True, conditional=True, founder=True)
@click.argument("actor", type=Id("actor"))
@with_options(_SCOPE)
def grant(asking: Asking, actor: str, **scope: str | None) -> int:
    """授予权限：以什么角色、在哪里办理什么"""
    return _upon(asking, actor, "scopes", "已授予", {name: value for name, value in scope.items() if value})


@actor.command()
@asks(writes=True, conditional=True, founder=True)
@click.argument("actor", type=Id("actor"))
@with_options(_SCOPE)
def withdraw(asking: Asking, actor: str, **scope: str | None) -> int:
    """收回权限"""
    return _upon(asking, actor, "scope-withdrawals", "已收回", {name: value for name, value in scope.items() if value})


@actor.command()
@asks(writes=True, founder=True)
@click.argument("actor", type=Id("actor"))
def token(asking: Asking, actor: str) -> int:
    """发放令牌（只显示这一次），取代原有的"""
    return asking.post(f"/v1/actors/{actor}/tokens", tell_token, done="已发放")


@actor.command()
@asks(writes=True, founder=True)
@click.argument("actor", type=Id("actor"))
def code(asking: Asking, actor: str) -> int:
    """发放一次性设置码（只显示这一次）：持有人凭它设置口令"""
    return asking.post(f"/v1/actors/{actor}/setup-codes", tell_code, done="已发放")


@actor.command()
@asks(writes=True, conditional=True, founder=True)
@click.argument("actor", type=Id("actor"))
def suspend(asking: Asking, actor: str) -> int:
    """停用"""
    return _upon(asking, actor, "suspension", "已停用")


@actor.command()
@asks(writes=True, conditional=True, founder=True)
@click.argument("actor", type=Id("actor"))
def reinstate(asking: Asking, actor: str) -> int:
    """恢复"""
    return _upon(asking, actor, "reinstatement", "已恢复")


@actor.command()
@asks(writes=True, conditional=True, founder=True)
@click.argument("actor", type=Id("actor"))
def dismiss(asking: Asking, actor: str) -> int:
    """终止任用"""
    return _upon(asking, actor, "dismissal", "已终止")


def _upon(asking: Asking, actor: str, act: str, done: str, body: dict[str, Any] | None = None) -> int:
    return asking.post(f"/v1/actors/{actor}/{act}", tell, body, upon=f"/v1/actors/{actor}", done=done)


def tell(body: dict[str, Any]) -> None:
    """Tell of an actor."""
    pairs((("经办账号", body["actor"]), ("单位", body["organisation"]), ("状态", state(body["status"]))))
    for scope in body["scopes"]:
        pairs([("权限", _in_words(scope))])


def _in_words(scope: dict[str, Any]) -> str:
    limits = [_area(scope["region"]), *(word(name, scope[name]) for name in ("sector", "category") if name in scope),
              *([scope["unit"]] if "unit" in scope else [])]
    return f"{role(scope['role'])}，{'，'.join(limits)}"


def _area(region: str) -> str:
    """A scope's region, saying of 330200 what its grantor may not have meant: the city itself, and no county of it."""
    if len(region) < _COUNTY or not region.endswith("00"):
        return region
    whole = region[:2] if region.endswith("0000") else region[:4]
    return f"{region}（只限本级；连同所辖各地写 {whole}）"


def _tell_list(body: dict[str, Any]) -> None:
    table(
        ("经办账号", "经办人", "状态", "起始事件", "单位", "权限"),
        [(one["actor"], one["official"] or "", state(one["status"]), one["since"], one["organisation_name"],
          "；".join(map(_in_words, one["scopes"]))) for one in body["items"]],
        empty="权限之内没有经办账号。")
    next_page(body)
