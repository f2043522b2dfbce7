"""`xueshi erasure`: somebody is forgotten, by one hand and another. `tests/api/test_erasure_commands.py` shows it.

The data go with the key of the person, so what is destroyed is said of the key.
"""

from __future__ import annotations

from typing import Any, Final

import click

from api.commands.asking import Asking, Id, asks
from api.words.telling import PAGE, next_page, pairs, table, with_options

BASES: Final = {"request": "本人申请", "order": "有权机关的公文"}
STATES: Final = {"proposed": "待确认", "withdrawn": "已撤回", "destroyed": "已销毁"}
_DOCUMENT: Final = click.option("--document", required=True, help="申请书或公文的编号（公开登记，不写姓名）")
_PERSON: Final = click.argument("person", type=Id("person"))


@click.group()
def erasure() -> None:
    """销毁个人信息：提出、等候、由另一人确认，或撤回；不能挽回"""


@erasure.command("list")
@asks()
@with_options(PAGE)
def list_(asking: Asking, limit: int | None, cursor: str | None) -> int:
    """列出本辖区的提议：文号、日期和现状，没有姓名"""
    return asking.get("/v1/erasures", _tell_list, {"limit": limit, "cursor": cursor})


@erasure.command()
@asks()
@_PERSON
def show(asking: Asking, person: str) -> int:
    """查看：什么将不可读，什么仍可证明，须等什么办结，何时可以确认（不写入任何内容）"""
    return asking.get(f"/v1/persons/{person}/erasure", _tell)


@erasure.command()
@asks(writes=True)
@_PERSON
@click.option("--basis", required=True, type=click.Choice(list(BASES)),
              help="本人申请（request）、有权机关的公文（order）")
@_DOCUMENT
@click.option("--asked-on", required=True, help="申请或公文的日期（YYYY-MM-DD）")
@click.option("--words", required=True, help="理由")
@click.option("--evidence", multiple=True, help="申请书或公文的 SHA-256，可重复")
def propose(asking: Asking, person: str, evidence: tuple[str, ...], **named: str) -> int:
    """提出（人力社保部门）：此后停止处理此人的信息，等候期满由安全管理员确认"""
    body: dict[str, Any] = {**named, **({"evidence": list(evidence)} if evidence else {})}
    return asking.post(f"/v1/persons/{person}/erasure", _tell, body, done="已提出")


@erasure.command()
@asks(writes=True, conditional=True)
@_PERSON
@click.option("--words", required=True, help="理由")
def withdraw(asking: Asking, person: str, words: str) -> int:
    """撤回（本人撤回自己的申请，或人力社保部门）：恢复处理，什么都没有失去"""
    path = f"/v1/persons/{person}/erasure"
    return asking.post(f"{path}/withdrawal", _tell, {"words": words}, upon=path, done="已撤回")


@erasure.command()
@asks(writes=True, conditional=True)
@_PERSON
@_DOCUMENT
def destroy(asking: Asking, person: str, document: str) -> int:
    """确认（安全管理员，不是提出的人）：销毁密钥；先以 --dry-run 试办"""
    path = f"/v1/persons/{person}/erasure"
    return asking.post(f"{path}/destruction", _tell, {"document": document}, upon=path, done="密钥已销毁，不能挽回")


def _tell(body: dict[str, Any]) -> None:
    one, gone = body.get("erasure"), body.get("destroyed")
    pairs((("人员编号", body["person"]), ("现状", _state(body)), ("依据", None if one is None else BASES[one["basis"]]),
           ("文号", None if one is None else one["document"]),
           ("提出的账号", None if one is None else one["proposed_by"]),
           ("可以确认", None if body["forgotten"] else body.get("rests_until") or (one or {}).get("not_before")),
           ("销毁于", None if gone is None else gone["at"])))
    for waits in body.get("in_the_way", ()):
        told = "、".join([*waits["ids"], *([f"至 {waits['until']}"] if waits["until"] else [])])
        click.echo(f"须先办结：{waits['what']}{f'（{told}）' if told else ''}。{waits['why']}{waits['cure']}")
    if (unreadable := body.get("unreadable")) is not None:
        click.echo("销毁之后谁也不能再读：")
        table(("密封的内容", "事件数"), [(each["name"], each["events"]) for each in unreadable["sealed"]])
        click.echo(f"佐证文件 {unreadable['evidence_files']} 份、草稿 {unreadable['drafts']} 份一并删去；"
                   f"令牌、会话和关联 {unreadable['credentials']} 个，以及口令、第二因素失效。")
        stays = body["stays"]
        click.echo(f"照旧可以证明：事件 {stays['events']} 个，其中已登记的申报 {stays['registered']} 项；"
                   f"已出具的情况表 {stays['statements']} 份仍可核验。")
    if (final := body.get("final_after")) is not None:
        copies = body.get("backups")
        count = f"（{len(copies)} 份备份未登记删除）" if copies else ""
        click.echo(f"密钥的备份至迟 {final} 到期{count}：到期并以 xueshi keys expire 删除之后，销毁即为最终。")
    if gone is not None:
        click.echo("已是最终：没有留下任何一份含这把密钥的备份。" if gone["is_final"] else "还不是最终：见备份。")


def _state(body: dict[str, Any]) -> str:
    if body["forgotten"]:
        return "已销毁"
    return "没有提议" if body["erasure"] is None else "待确认，已停止处理"


def _tell_list(body: dict[str, Any]) -> None:
    table(("人员", "现状", "依据", "文号", "提出", "可以确认", "备份到期"),
          [(one["person"], STATES[one["status"]], BASES[one["basis"]], one["document"], one["asked_on"],
            one["not_before"], one["final_after"]) for one in body["items"]], empty="没有销毁提议。")
    next_page(body)
