"""`xueshi account`: one's own password, named tokens, and what is open in one's name.

Passwords are asked for on a terminal without being shown, or read from standard input, one a line: never from the
command line, where others could read them.
"""

from __future__ import annotations

from typing import Any

import click

from api.commands import factor
from api.commands.asking import Asking, asks
from api.commands.secrets_told import tell_token
from api.terminal import standard_input
from api.words.telling import pairs, table


@click.group()
def account() -> None:
    """账号：口令、第二因素、具名令牌，列出和终止名下有效的令牌和会话"""


for _each in factor.EVERY:
    account.add_command(_each)


@account.command()
@asks(writes=True)
@click.option("--code", help="一次性设置码；不用令牌时必填")
@click.option("--change", is_flag=True, help="更改已有的口令：先输入现用的，再输入新的")
def password(asking: Asking, code: str | None, change: bool) -> int:
    """设置或更改口令（在终端输入，或从标准输入逐行读）"""
    body = {"current": _secret("现用口令")} if change else {}
    body["password"] = _secret("新口令", confirm=True)
    return asking.post("/v1/password", _tell_set, body if code is None else {**body, "code": code}, done="口令已设置")


@account.command("name-token")
@asks(writes=True)
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="多少天后失效")
def name_token(asking: Asking, name: str, days: int) -> int:
    """为一个程序另发具名令牌（只显示这一次），取代同名的"""
    return asking.post("/v1/tokens", _tell_named, {"name": name, "lasts_days": days}, done="已发放")


@account.command("list")
@asks()
def list_(asking: Asking) -> int:
    """列出名下有效的令牌和会话"""
    return asking.get("/v1/credentials", _tell_every)


@account.command()
@asks(writes=True)
@click.argument("credential")
def end(asking: Asking, credential: str) -> int:
    """使名下的一个令牌或会话失效"""
    return asking.post(f"/v1/credentials/{credential}/revocation", _tell_ended, done="已失效")


def _secret(asked: str, *, confirm: bool = False) -> str:
    if standard_input.is_terminal():
        return str(click.prompt(asked, hide_input=True, confirmation_prompt=confirm))
    return standard_input.line()


def _tell_set(body: dict[str, Any]) -> None:
    pairs((("持有人", body["holder"]), ("同时终止的会话", body.get("sessions_ended"))))


def _tell_named(body: dict[str, Any]) -> None:
    pairs((("名称", body["name"]), ("失效", body.get("expires_at"))))
    tell_token(body)


def _tell_every(body: dict[str, Any]) -> None:
    pairs((("持有人", body["holder"]), ("口令", "已设置" if body["password"] else "未设置")))
    kinds = {"token": "令牌", "session": "会话", "link": "单点登录"}
    table(("编号", "种类", "自", "至", "名称"), [
        (one["credential"], kinds.get(one["kind"], one["kind"]), one["issued_at"][:16].replace("T", " "),
         (one["expires_at"] or "不限")[:16].replace("T", " "), one["name"]) for one in body["items"]])


def _tell_ended(body: dict[str, Any]) -> None:
    pairs((("编号", body["credential"]),))
