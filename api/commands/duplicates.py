"""`xueshi duplicates`: claims that share an occasion, an output, a certificate or another paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.claim_told import study_line
from api.words.telling import AS_OF, PAGE, next_page, state, with_options

_KINDS = {"occasion": "同一活动", "output": "同一成果", "certificate": "同一证书文件", "paper": "同一佐证"}


@click.group()
def duplicates() -> None:
    """共用同一活动、成果、证书或佐证的申报"""


@duplicates.command("list")
@asks()
@click.option("--kind", type=click.Choice(list(_KINDS)), help="只看这一种")
@click.option("--across", is_flag=True, help="只看涉及多人的")
@with_options((AS_OF, *PAGE))
@PURPOSE
def list_(asking: Asking, across: bool, **query: Any) -> int:
    """列出权限之内的，存在最久的在前；是否重复由人判断"""
    return asking.get("/v1/duplicates", _tell, {**query, "across": "true" if across else None})


@duplicates.command()
@asks()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_options((AS_OF,))
@PURPOSE
def file(asking: Asking, path: Path, as_of: str | None, purpose: str | None) -> int:
    """哪些申报出示过这份文件；文件不离开本机，只取摘要"""
    from api.commands.study import digest

    return asking.get(f"/v1/evidence/{digest(path)}", _tell_shown, {"as_of": as_of, "purpose": purpose})


@duplicates.command()
@asks()
@click.argument("claim", type=Id("claim"))
@PURPOSE
def number(asking: Asking, claim: str, purpose: str | None) -> int:
    """哪些申报登记了同一证书编号（按现在的登记；编号是密封的，不显示）"""
    return asking.get(f"/v1/claims/{claim}/certificate", _tell_number, {"purpose": purpose})


@duplicates.command()
@asks()
@click.argument("person", type=Id("person"))
@with_options((AS_OF,))
@PURPOSE
def show(asking: Asking, person: str, as_of: str | None, purpose: str | None) -> int:
    """一个人的申报与哪些申报共用材料"""
    return asking.get(f"/v1/persons/{person}/duplicates", _tell, {"as_of": as_of, "purpose": purpose})


def _tell_shown(body: dict[str, Any]) -> None:
    for one in body["items"]:
        _tell_member(one)
    if not body["items"]:
        click.echo("权限之内没有申报出示过这份文件。")
    if body["beyond"]:
        click.echo(f"权限之外还有 {body['beyond']} 项申报出示过。")


def _tell_number(body: dict[str, Any]) -> None:
    for one in body["items"]:
        _tell_member(one)
    if not body["items"]:
        click.echo("没有其他申报登记了同一编号。" if body["has_number"] else "这项申报没有写证书编号，或密钥已销毁。")


def _tell_member(one: dict[str, Any]) -> None:
    click.echo("  " + "  ".join((one["claim"], one["person"], state(one["status"]), study_line(one["study"]))))


def _tell(body: dict[str, Any]) -> None:
    for one in body["items"]:
        click.echo(f"{_KINDS[one['kind']]}  {one['value']}  {one['claims']} 项申报，{one['persons']} 人，"
                   f"自事件 {one['since']}")
        for member in one["members"]:
            _tell_member(member)
    if not body["items"]:
        click.echo("没有共用材料的申报。")
    next_page(body)
