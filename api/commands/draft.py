"""`xueshi draft`: what of a claim is typed so far, kept outside the log until it is submitted or let go."""

from __future__ import annotations

from typing import Any

import click

from api.commands import study
from api.commands.asking import Asking, Id, acts_upon, asks
from api.commands.claim import SAID
from api.commands.claim_told import tell
from api.words.telling import pairs, table, with_options


@click.group()
def draft() -> None:
    """申报草稿：保存、试办、提交、删去"""


_name = click.argument("name")


@draft.command()
@asks(conditional=True)
@click.argument("person", type=Id("person"))
@_name
@click.argument("facts", nargs=-1)
@with_options(SAID)
def save(
    asking: Asking, person: str, name: str, facts: tuple[str, ...], proofs: tuple[str, ...], **details: Any
) -> int:
    """保存草稿，盖过原来所写的：字段=值，可以不全；写 - 则从标准输入读 JSON"""
    place, version = _place(person, name), asking.version
    content = study.typed(facts, proofs, details.items())
    with asking.client() as client:
        if version is None and (seen := client.get(place)).ok:
            version = int(seen.json["version"])
        reply = client.save(place, content, version=version)
    return asking.tell(reply, _tell)


@draft.command("list")
@asks()
@click.argument("person", type=Id("person"))
def list_(asking: Asking, person: str) -> int:
    """列出本人的草稿"""
    return asking.get(f"/v1/persons/{person}/drafts", _tell_all)


@draft.command()
@asks()
@click.argument("person", type=Id("person"))
@_name
def show(asking: Asking, person: str, name: str) -> int:
    """查看一份草稿"""
    return asking.get(_place(person, name), _tell)


@draft.command()
@acts_upon("person")
@_name
def submit(asking: Asking, person: str, name: str) -> int:
    """提交草稿，入账后即删去。先加 --dry-run 看缺什么、值多少、为什么"""
    place = _place(person, name)
    return asking.post(f"{place}/submission", tell, upon=place, done="已提交")


@draft.command()
@asks()
@click.argument("person", type=Id("person"))
@_name
def drop(asking: Asking, person: str, name: str) -> int:
    """删去一份草稿"""
    with asking.client() as client:
        reply = client.drop(_place(person, name))
    return asking.tell(reply, lambda _: click.echo("✓ 已删去。"), empty=True)


def _place(person: str, name: str) -> str:
    return f"/v1/persons/{person}/drafts/{name}"


def _tell(body: dict[str, Any]) -> None:
    about = ((name, str(value)) for part in ("study", "details") for name, value in body.get(part, {}).items())
    pairs((
        ("草稿", f"{body['draft']}（第 {body['version']} 版）"), ("保存于", body["saved_at"][:19].replace("T", " ")),
        ("保留到", body["kept_until"][:10]), *about, ("佐证", str(len(body.get("evidence", ())))),
    ))


def _tell_all(body: dict[str, Any]) -> None:
    table(("草稿", "版本", "项目", "保存于", "保留到"), (
        (one["draft"], one["version"], one.get("details", {}).get("title"), one["saved_at"][:19].replace("T", " "),
         one["kept_until"][:10]) for one in body["items"]
    ), empty="没有草稿。")
