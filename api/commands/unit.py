"""`xueshi unit`: units register themselves; the human resources department of their place verifies them (W 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from api.commands import reasons
from api.commands.asking import PURPOSE, Asking, Id, acts_upon, asks
from api.commands.files import OUT
from api.words.telling import AS_OF, AXES, LOG_SIZE, PAGE, next_page, pairs, state, table, with_options, word

_MET: Final = {True: "✓", False: "✗", None: "…"}


@click.group()
def unit() -> None:
    """用人单位、部门和机构：登记、查看、核验，更名、变更地区或行业、并入、注销"""


@unit.command()
@asks(writes=True)
@click.option("--credit-code", required=True, help="统一社会信用代码")
@click.option("--name", required=True, help="单位名称")
@click.option("--region", required=True, help="六位区划代码，如 330302；省本级为 330000")
@click.option("--sector", required=True,
              help="行业：环保（environment）、自然资源（natural_resources）、工业和信息化（industry）、其他行业（general）")
@click.option("--kind", "kinds", multiple=True,
              help="性质：用人单位（employer，默认）、主管部门（department）、学会协会（association）等，可多次")
@click.option("--contact", required=True, help="联系人姓名")
@click.option("--phone", help="联系电话")
@click.option("--email", help="电子邮箱")
def register(
    asking: Asking, credit_code: str, name: str, region: str, sector: str, kinds: tuple[str, ...], contact: str,
    phone: str | None, email: str | None,
) -> int:
    """登记一个单位；经人力社保部门核验后可供人员匹配"""
    person = {name: value for name, value in (("name", contact), ("phone", phone), ("email", email)) if value}
    body = {"credit_code": credit_code, "name": name, "region": region, "sector": sector, "contact": person}
    return asking.post("/v1/units", tell, {**body, "kinds": list(kinds)} if kinds else body)


@unit.command()
@asks()
@click.argument("unit", type=Id("unit"))
def show(asking: Asking, unit: str) -> int:
    """查看一个单位（公开信息）"""
    return asking.get(f"/v1/units/{unit}", tell)


@unit.command()
@asks()
@click.argument("unit", type=Id("unit"))
@click.option("--on", help="哪一天（YYYY-MM-DD，默认今天）")
@with_options((AS_OF, *PAGE))
@PURPOSE
def members(
    asking: Asking, unit: str, on: str | None, as_of: str | None, cursor: str | None, limit: int | None,
    purpose: str | None,
) -> int:
    """某一天隶属于一个单位的人员"""
    from datetime import datetime

    from ledger.vocabulary import LOCAL

    day = on or datetime.now(LOCAL).date().isoformat()
    query = {"on": day, "as_of": as_of, "cursor": cursor, "limit": limit, "purpose": purpose}
    return asking.get(f"/v1/units/{unit}/members", _tell_members, query)


def _tell_members(body: dict[str, Any]) -> None:
    rows = [
        (one["person"], one["from"], one["to"] or "至今", one["region"], word("sector", one["sector"]), one["major"])
        for one in body["items"]
    ]
    table(("人员", "自", "至", "所在地", "行业", "专业"), rows, empty=f"{body['on']} 没有人隶属于该单位。")
    next_page(body)


@unit.command()
@asks()
@click.argument("unit", type=Id("unit"))
@click.option("--from", "first", type=click.IntRange(1950, 2099), help="自哪一年度；不写即 --to")
@click.option("--to", "last", type=click.IntRange(1950, 2099), help="至哪一年度；不写即今年")
@click.option("--on", help="哪一天隶属于该单位（YYYY-MM-DD，默认今天）")
@with_options((*AXES, LOG_SIZE, *PAGE))
@PURPOSE
@click.option("--form", type=click.Choice(["csv", "xlsx"]), help="全部人员，写成电子表格文件")
@OUT
def years(
    asking: Asking, unit: str, first: int | None, last: int | None, cursor: str | None, limit: int | None,
    form: str | None, out: Path | None, **named: str | None,
) -> int:
    """单位人员的年度学时和尚缺：供聘用、聘期考核和业绩考核"""
    query, place = {"from": first, "to": last, **named}, f"/v1/units/{unit}/years"
    if form is None and out is None:
        return asking.get(place, _tell_years, {**query, "cursor": cursor, "limit": limit})
    return asking.fetch(f"{place}.{form or 'csv'}", out, query, then="内有个人信息，请妥善保管。")


def _tell_years(body: dict[str, Any]) -> None:
    rows = [
        (one["person"], one["name"], year["year"], _MET[year["met"]], year["professional"], year["sector_public"],
         year["general_public"], year["total"],
         "；".join(f"{lack['name']} {lack['have']}/{lack['need']}" for lack in year["lacking"]))
        for one in body["items"] for year in one["years"]
    ]
    table(("人员", "姓名", "年度", "达标", "专业", "行业公需", "一般公需", "合计", "尚缺"), rows,
          empty=f"{body['on']} 没有人隶属于该单位，或没有这些年度。")
    next_page(body)


@unit.command()
@asks(writes=True, conditional=True, founder=True)
@click.argument("unit", type=Id("unit"))
@click.option("--evidence", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="所核对的材料文件，只取其摘要，可多次")
def verify(asking: Asking, unit: str, evidence: tuple[Path, ...]) -> int:
    """核验一个单位（人力社保部门；首批部门由安装者核验）"""
    from api.commands.study import digest

    body = {"evidence": [digest(path) for path in evidence]} if evidence else {}
    return asking.post(f"/v1/units/{unit}/verification", tell, body, upon=f"/v1/units/{unit}", done="已核验")


@unit.command()
@acts_upon("unit")
@with_options(reasons.GIVEN)
def reject(asking: Asking, unit: str, reason: str | None, words: str) -> int:
    """不予核验，并说明理由"""
    place, body = f"/v1/units/{unit}", reasons.sent(reason, words)
    return asking.post(f"{place}/rejection", tell, body, upon=place, done="不予核验")


@unit.command()
@acts_upon("unit")
@click.option("--name", required=True, help="新名称")
@click.option("--starts", required=True, help="自哪一天起（YYYY-MM-DD），不晚于今天")
def rename(asking: Asking, unit: str, name: str, starts: str) -> int:
    """更名：信用代码和人员不变（人力社保部门）"""
    return _change(asking, unit, "renaming", "已更名", {"name": name, "starts": starts})


@unit.command()
@acts_upon("unit")
@click.option("--region", required=True, help="新的六位区划代码；不变的照写")
@click.option("--sector", required=True, help="新的行业；不变的照写")
@click.option("--starts", required=True, help="自哪一天起（YYYY-MM-DD），不晚于今天")
def relocate(asking: Asking, unit: str, region: str, sector: str, starts: str) -> int:
    """变更地区或行业：人员随单位改记（人力社保部门）；先用 --dry-run 看影响"""
    body = {"region": region, "sector": sector, "starts": starts}
    return _change(asking, unit, "relocation", "已变更", body)


@unit.command()
@acts_upon("unit")
@click.option("--into", required=True, help="存续的单位：编号或统一社会信用代码")
@click.option("--starts", required=True, help="自哪一天起（YYYY-MM-DD），不晚于今天")
def merge(asking: Asking, unit: str, into: str, starts: str) -> int:
    """并入另一单位：人员各自申请变更（人力社保部门）"""
    return _change(asking, unit, "merger", "已并入", {"into": into, "starts": starts})


@unit.command()
@acts_upon("unit")
@click.option("--ends", required=True, help="最后一日（YYYY-MM-DD），不晚于今天")
def close(asking: Asking, unit: str, ends: str) -> int:
    """注销：此后不再接收人员（人力社保部门）"""
    return _change(asking, unit, "closing", "已注销", {"ends": ends})


def _change(asking: Asking, unit: str, act: str, done: str, body: dict[str, Any]) -> int:
    place = f"/v1/units/{unit}"
    return asking.post(f"{place}/{act}", tell, body, upon=place, done=done)


def tell(body: dict[str, Any]) -> None:
    """Tell of a unit."""
    pairs((
        ("单位编号", body["unit"]), ("名称", body["name"]), ("信用代码", body["credit_code"]),
        ("所在地", body["region"]), ("行业", word("sector", body["sector"])), ("状态", state(body["status"])),
        ("并入", body["into"]), ("自" if body["into"] else "至", body["ended_on"]),
    ))
    reasons.tell(body.get("reason"))
    if (effects := body.get("effects")) is not None:
        pairs((
            ("随单位改记", f"{effects['people']} 人，其中 {effects['left']} 人限制处理，不改记"),
            ("仍由原部门办理", f"申报 {effects['claims_waiting']} 项，职称申报 {effects['applications_waiting']} 项"),
            ("经办账号", f"{effects['accounts']} 个，新旧所在地均可办理；"
                         f"举办单位账号 {effects['recognised']} 个，由新所在地部门认定后授权"),
            ("已登记的学时", f"{effects['claims_registered']} 项认定不变，重算时依新所在地的细则"),
        ))
