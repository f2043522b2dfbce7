"""`xueshi transfer`: a person asks to belong to a unit, the receiving unit answers (W 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.commands import reasons
from api.commands.asking import PURPOSE, Asking, Id, acts_upon, asks
from api.words.telling import pairs, role, state, with_options


@click.group()
def transfer() -> None:
    """单位匹配和变更：申请、确认、拒绝、撤回"""


@transfer.command()
@asks(writes=True)
@click.argument("person", type=Id("person"))
@click.option("--to-unit", type=Id("unit"), required=True, help="接收单位")
@click.option("--starts", required=True, help="自哪一天起（YYYY-MM-DD）")
@click.option("--major", help="专业（自然资源九个专业之一）")
@click.option("--standing",
              help="人事身份，如人事档案在省人才市场的人员（talent_market）、厅直属事业单位人员（provincial_institution）")
@click.option("--evidence", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="佐证材料文件，只取其摘要，可多次")
def request(
    asking: Asking, person: str, to_unit: str, starts: str, major: str | None, standing: str | None,
    evidence: tuple[Path, ...],
) -> int:
    """申请匹配到一个单位，或变更单位（本人）"""
    from api.commands.study import digest

    more = (("major", major), ("standing", standing), ("evidence", [digest(path) for path in evidence]))
    body = {"to_unit": to_unit, "starts": starts, **{name: value for name, value in more if value}}
    return asking.post(f"/v1/persons/{person}/transfers", tell, body, done="已申请")


@transfer.command()
@asks()
@click.argument("transfer", type=Id("transfer"))
@PURPOSE
def show(asking: Asking, transfer: str, purpose: str | None) -> int:
    """查看一次单位变更"""
    return asking.get(f"/v1/transfers/{transfer}", tell, {"purpose": purpose})


@transfer.command()
@acts_upon("transfer")
@click.option("--starts", help="更正后的起始日期")
def confirm(asking: Asking, transfer: str, starts: str | None) -> int:
    """接收单位确认"""
    return _upon(asking, transfer, "confirmation", "已确认", {"starts": starts} if starts else {})


@transfer.command()
@acts_upon("transfer")
@with_options(reasons.GIVEN)
def refuse(asking: Asking, transfer: str, reason: str | None, words: str) -> int:
    """接收单位拒绝，并说明理由"""
    return _upon(asking, transfer, "refusal", "已拒绝", reasons.sent(reason, words))


@transfer.command()
@acts_upon("transfer")
def withdraw(asking: Asking, transfer: str) -> int:
    """本人撤回"""
    return _upon(asking, transfer, "withdrawal", "已撤回")


def _upon(asking: Asking, transfer: str, act: str, done: str, body: dict[str, Any] | None = None) -> int:
    place = f"/v1/transfers/{transfer}"
    return asking.post(f"{place}/{act}", tell, body, upon=place, done=done, purpose="transfer_answer")


def tell(body: dict[str, Any]) -> None:
    """Tell of a transfer, and of a trial who holds each claim meanwhile and what the new law makes of it."""
    pairs((
        ("变更编号", body["transfer"]), ("人员", body["person"]), ("自", body["starts"]), ("转入", body["to_unit"]),
        ("转出", body["from_unit"]), ("专业", body["major"]), ("状态", state(body["status"])),
    ))
    for one in body.get("said", ()):
        click.echo(f"  {one['recorded_at'][:10]}  {role(one['role'])}：{one['words']}")
        reasons.tell(one["reason"], indent="    ")
    for one in body.get("claims", ()):
        held, worth = one["held_by"], one["assessed"]
        law = f"，按新的归属由 {worth['before']} 变为 {worth['after']} 学时" if one["law_moves"] else ""
        click.echo(f"  {one['claim']}（{one['date']}，{state(one['status'])}）仍由{role(held['role'])}"
                   f"（{held['region']}）办理{law}")
