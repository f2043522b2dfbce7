"""`xueshi person`: people register themselves, or an office does it for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.commands import petition
from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.secrets_told import tell_code, tell_token
from api.terminal import standard_input
from api.words.telling import AXES, pairs, table, with_options, word


@click.group()
def person() -> None:
    """专业技术人员：登记、查看、另发令牌，登记职称、离开，限制处理"""


person.add_command(petition.title)
person.add_command(petition.void_title)


@person.command()
@asks(writes=True)
@click.option("--name", required=True, help="姓名")
@click.option("--id-kind", default="resident_id", show_default=True, help="证件类型")
@click.option("--id-number", required=True, help="证件号码（写在命令行会留在历史中；写 - 则从标准输入读）")
@click.option("--phone", help="手机号码")
def register(asking: Asking, name: str, id_kind: str, id_number: str, phone: str | None) -> int:
    """登记一个人；本人登记的，同时得到令牌（只显示这一次）"""
    number = standard_input.line().strip() if id_number == "-" else id_number
    body = {"name": name, "id_kind": id_kind, "id_number": number}
    return asking.post("/v1/persons", tell, {**body, "phone": phone} if phone else body)


@person.command()
@asks()
@click.argument("person", type=Id("person"))
@PURPOSE
def show(asking: Asking, person: str, purpose: str | None) -> int:
    """查看一个人：身份（遮盖）、人事隶属、职称"""
    return asking.get(f"/v1/persons/{person}", tell, {"purpose": purpose})


@person.command()
@asks()
@click.argument("person", type=Id("person"))
@with_options(AXES[:2])
@PURPOSE
def affiliations(
    asking: Asking, person: str, as_of: str | None, valid_on: str | None, purpose: str | None
) -> int:
    """查看一个人的人事隶属：从何时到何时、因哪次变更、依据哪些事件"""
    query = {"as_of": as_of, "valid_on": valid_on, "purpose": purpose}
    return asking.get(f"/v1/persons/{person}/affiliations", tell_affiliations, query)


@person.command()
@asks(writes=True)
@click.argument("person", type=Id("person"))
@click.option("--name", help="更正后的姓名")
@click.option("--id-kind", help="更正后的证件类型")
@click.option("--id-number", help="更正后的证件号码（写 - 则从标准输入读）")
@click.option("--phone", help="更正后的手机号码")
@click.option("--words", required=True, help="理由")
@click.option("--evidence", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="所核对的证件文件，只取其摘要，可多次")
def correct(asking: Asking, person: str, id_number: str | None, evidence: tuple[Path, ...], **given: str | None) -> int:
    """更正姓名、证件或手机号码（人力社保部门）"""
    from api.commands.study import digest

    number = standard_input.line().strip() if id_number == "-" else id_number
    named = {**given, "id_number": number, "evidence": [digest(path) for path in evidence]}
    body = {name: value for name, value in named.items() if value}
    return asking.post(f"/v1/persons/{person}/corrections", tell, body, done="已更正")


@person.command()
@asks(writes=True)
@click.argument("person", type=Id("person"))
@click.option("--ends", required=True, help="在单位的最后一日（YYYY-MM-DD），可以是将来的退休之日")
def leave(asking: Asking, person: str, ends: str) -> int:
    """登记离开单位的最后一日：离职、退休（单位或人力社保部门）"""
    return asking.post(f"/v1/persons/{person}/departures", tell, {"ends": ends}, done="已登记离开")


@person.command("void-departure")
@asks(writes=True)
@click.argument("person", type=Id("person"))
@click.option("--ends", required=True, help="登记错的最后一日（YYYY-MM-DD）")
def void_departure(asking: Asking, person: str, ends: str) -> int:
    """作废登记错的最后一日（单位或人力社保部门）"""
    return asking.post(f"/v1/persons/{person}/departure-voidings", tell, {"ends": ends}, done="已作废")


@person.command("void-affiliation")
@asks(writes=True)
@click.argument("person", type=Id("person"))
@click.option("--starts", required=True, help="登记错的人事隶属自哪一天起（YYYY-MM-DD）")
def void_affiliation(asking: Asking, person: str, starts: str) -> int:
    """作废登记错的人事隶属（人力社保部门）"""
    return asking.post(f"/v1/persons/{person}/affiliation-voidings", tell, {"starts": starts}, done="已作废")


@person.command()
@asks(writes=True)
@click.argument("person", type=Id("person"))
@click.option("--basis", required=True, help="依据的条款或公文文号；公开可见，不写个人情况")
@click.option("--words", required=True, help="理由，加密留存")
def restrict(asking: Asking, person: str, basis: str, words: str) -> int:
    """限制处理个人信息：只存储，不办理（人力社保部门）；先用 --dry-run 看停办哪些"""
    body = {"basis": basis, "words": words}
    return asking.post(f"/v1/persons/{person}/restrictions", _tell_restricted, body, done="已限制处理")


@person.command("lift-restriction")
@asks(writes=True)
@click.argument("person", type=Id("person"))
@click.option("--basis", required=True, help="依据的条款或公文文号；公开可见，不写个人情况")
def lift_restriction(asking: Asking, person: str, basis: str) -> int:
    """解除限制处理（人力社保部门）"""
    place = f"/v1/persons/{person}/restriction-liftings"
    return asking.post(place, _tell_restricted, {"basis": basis}, done="已解除限制")


def _tell_restricted(body: dict[str, Any]) -> None:
    tell(body)
    if (effects := body.get("effects")) is not None:
        pairs((("在办的申报", "、".join(effects["claims"])), ("待确认的单位变更", "、".join(effects["transfers"])),
               ("在办的职称申报", "、".join(effects["applications"]))))


@person.command()
@asks(writes=True)
@click.argument("person", type=Id("person"))
def token(asking: Asking, person: str) -> int:
    """为遗失令牌的人另发（人力社保部门）"""
    return asking.post(f"/v1/persons/{person}/tokens", tell_token, done="已发放")


@person.command()
@asks(writes=True)
@click.argument("person", type=Id("person"))
def code(asking: Asking, person: str) -> int:
    """为未设或忘记口令的人发放一次性设置码（人力社保部门）"""
    return asking.post(f"/v1/persons/{person}/setup-codes", tell_code, done="已发放")


def tell(body: dict[str, Any]) -> None:
    """Tell of a person."""
    identity = body.get("identity") or {}
    pairs((
        ("人员编号", body["person"]), ("姓名", identity.get("name")), ("证件号码", identity.get("id_number")),
        ("令牌", body.get("token")),
    ))
    if "token" in body:
        click.echo("请妥善保存：令牌只显示这一次，凭它即可办理。")
    rows = [(one["from"], one["to"] or "至今", one["unit"], one["region"], word("sector", one["sector"]), one["major"])
            for one in body["affiliations"]]
    if rows:
        table(("自", "至", "单位", "所在地", "行业", "专业"), rows)


_ENDS = {"next": "转往下一单位", "departure": "离开"}


def tell_affiliations(body: dict[str, Any]) -> None:
    """Tell where somebody belonged, over time."""
    rows = [
        (one["from"], one["to"] or "至今", _ENDS.get(one["ended_by"], ""), one["unit"], one["region"],
         word("sector", one["sector"]), "、".join(map(str, one["events"])), one["transfer"])
        for one in body["items"]
    ]
    table(("自", "至", "因何结束", "单位", "所在地", "行业", "事件", "单位变更"), rows, empty="没有登记人事隶属关系。")
