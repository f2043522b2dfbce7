"""What is told once and never again: a token, a code.

`tests/api/test_account_commands.py` shows it.
"""

from __future__ import annotations

from typing import Any

import click

from api.words.telling import pairs


def tell_code(body: dict[str, Any]) -> None:
    """Show a code, this once."""
    pairs((("持有人", body["holder"]), ("设置码", body.get("code"))))
    if "code" in body:
        click.echo(f"请当面或另行转交：只显示这一次，{body['lasts_days']} 天内可用它设置一次口令。")


def tell_token(body: dict[str, Any]) -> None:
    """Show a token, this once."""
    pairs((("持有人", body["holder"]), ("令牌", body.get("token"))))
    if "token" in body:
        click.echo("请妥善保存：令牌只显示这一次，凭它即可办理。")
