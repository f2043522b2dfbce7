"""`xueshi work`: what waits, for an office by its scopes or for a person by what they have under way."""

from __future__ import annotations

from typing import Any

import click

from api.commands.asking import Asking, asks
from api.commands.telling import role, table, word

_KINDS = {"claim": "学时申报", "transfer": "单位变更", "unit": "单位核验"}


@click.group()
def work() -> None:
    """待办：经办人权限之内的，或本人在办的"""


@work.command("list")
@asks()
@click.option("--role", "as_role", help="只看以此角色办理的")
@click.option("--cursor", help="从上一页给出的位置继续")
@click.option("--limit", type=click.IntRange(1, 200), help="最多列出多少条")
def list_(asking: Asking, as_role: str | None, cursor: str | None, limit: int | None) -> int:
    """列出待办，等得最久的在前"""
    return asking.get("/v1/work", _tell, {"role": as_role, "cursor": cursor, "limit": limit})


def _tell(body: dict[str, Any]) -> None:
    rows = [
        (one["id"], _KINDS.get(one["kind"], one["kind"]), role(one["role"]), one["region"],
         word("category", one["category"]) if one.get("category") else "", str(one["since_at"])[:10])
        for one in body["items"]
    ]
    table(("编号", "事项", "待谁办理", "地区", "科目", "起于"), rows, empty="没有待办。")
    if body.get("next_cursor"):
        click.echo(f"还有。下一页：--cursor {body['next_cursor']}")
