"""`xueshi account factor…`: one's own second factor; and taking away that of somebody who lost their device.

Codes are typed on a terminal or read from standard input, never from the command line, where others could read them.
`tests/api/test_factor_commands.py` shows it.
"""

from __future__ import annotations

from typing import Any

import click

from api.commands.asking import Asking, asks
from api.terminal import standard_input
from api.words.telling import pairs

REASONS = ("lost", "broken", "suspected", "left")


@click.command("factor")
@asks()
def show(asking: Asking) -> int:
    """看自己的第二因素：是否启用，还有几个恢复码"""
    return asking.get("/v1/second-factor", _tell_state)


@click.command("factor-enrol")
@asks(writes=True)
@click.option("--password", is_flag=True, help="设有口令而尚无第二因素时：先输入现用口令")
def enrol(asking: Asking, password: bool) -> int:
    """取得密钥，放进动态口令应用；以 xueshi account factor-confirm 确认之后生效"""
    body = {"current": _typed("现用口令")} if password else {}
    return asking.post("/v1/second-factor/enrolment", _tell_offered, body)


@click.command("factor-confirm")
@asks(writes=True)
def confirm(asking: Asking) -> int:
    """输入应用显示的动态口令，启用第二因素；恢复码只显示这一次"""
    return asking.post("/v1/second-factor/confirmation", _tell_papers, {"code": _typed("动态口令")}, done="已启用")


@click.command("factor-check")
@asks(writes=True)
def check(asking: Asking) -> int:
    """验证第二因素：此后一刻钟内可以开出令牌和设置码"""
    return asking.post("/v1/second-factor/check", _tell_shown, {"code": _typed("动态口令")}, done="已验证")


@click.command("factor-codes")
@asks(writes=True)
def papers(asking: Asking) -> int:
    """换发恢复码（只显示这一次），旧的失效"""
    return asking.post("/v1/second-factor/recovery-codes", _tell_papers, done="已换发")


@click.command("factor-remove")
@asks(writes=True)
def give_up(asking: Asking) -> int:
    """停用第二因素（本服务要求启用的除外）"""
    return asking.post("/v1/second-factor/removal", _tell_holder, done="已停用")


@click.command("factor-reset")
@asks(writes=True)
@click.argument("holder", metavar="ACTOR|PERSON")
@click.option("--reason", type=click.Choice(REASONS), required=True,
              help="遗失（lost）、损坏或更换（broken）、疑为他人所用（suspected）、已离岗（left）")
def reset(asking: Asking, holder: str, reason: str) -> int:
    """重置他人的第二因素，终止其全部会话，记入查阅日志"""
    nouns = "persons" if holder.startswith("per_") else "actors"
    return asking.post(f"/v1/{nouns}/{holder}/second-factor-resets", _tell_reset, {"reason": reason}, done="已重置")


EVERY = (show, enrol, confirm, check, papers, give_up, reset)


def _typed(asked: str) -> str:
    if standard_input.is_terminal():
        return str(click.prompt(asked, hide_input=True))
    return standard_input.line()


def _tell_state(body: dict[str, Any]) -> None:
    pairs((("持有人", body["holder"]), ("第二因素", f"自 {body['since']}" if body["since"] else "未启用"),
           ("恢复码", f"还有 {body['recovery_codes_left']} 个"), ("本服务要求", "是" if body["demanded"] else "否")))


def _tell_offered(body: dict[str, Any]) -> None:
    pairs((("持有人", body["holder"]), ("密钥", body.get("secret")), ("二维码内容", body.get("address"))))
    if "secret" in body:
        click.echo("请放进动态口令应用，一小时内运行 xueshi account factor-confirm；在此之前没有改变。")


def _tell_papers(body: dict[str, Any]) -> None:
    pairs((("持有人", body["holder"]),))
    for one in body.get("recovery_codes", ()):
        click.echo(one)
    if "recovery_codes" in body:
        click.echo("恢复码只显示这一次：请抄下或打印，锁在别处。每个代替动态口令用一次。")


def _tell_shown(body: dict[str, Any]) -> None:
    pairs((("持有人", body["holder"]), ("恢复码", f"还有 {body.get('recovery_codes_left', '')} 个")))


def _tell_holder(body: dict[str, Any]) -> None:
    pairs((("持有人", body["holder"]),))


def _tell_reset(body: dict[str, Any]) -> None:
    pairs((("持有人", body["holder"]), ("原因", body["reason"]), ("同时终止的会话", body.get("sessions_ended"))))
