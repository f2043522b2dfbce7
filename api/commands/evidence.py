"""`xueshi evidence`: papers of claims, handed in under their digest and opened through the claim that cites them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.files import OUT, read_bytes
from api.words.codes import FILE_TYPES
from api.words.telling import table

_HEADS: Final = ("SHA-256", "类型", "字节", "收到", "文件名")


@click.group()
def evidence() -> None:
    """佐证文件：上传、列出、打开一项申报的"""


@evidence.command()
@asks()
@click.argument("person", type=Id("person"))
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def upload(asking: Asking, person: str, path: Path) -> int:
    """上传一个文件，以它的 SHA-256 为名；再传一次等于没有再传"""
    content = read_bytes(path)
    place = f"/v1/persons/{person}/evidence/{hashlib.sha256(content).hexdigest()}"
    with asking.client() as client:
        reply = client.put(place, content, name=path.name)

    def tell(body: dict[str, Any]) -> None:
        taken = "已收下" if reply.status == 201 else "早已在此"
        click.echo(f"✓ {taken}。申报时写 --evidence 种类={path}，其 SHA-256 为 {body['sha256']}")

    return asking.tell(reply, tell)


@evidence.command("list")
@asks()
@click.argument("person", type=Id("person"))
def list_(asking: Asking, person: str) -> int:
    """列出本人上传的文件"""
    return asking.get(f"/v1/persons/{person}/evidence", _tell)


@evidence.command()
@asks()
@click.argument("claim", type=Id("claim"))
@click.argument("sha256")
@OUT
@PURPOSE
def fetch(asking: Asking, claim: str, sha256: str, out: Path | None, purpose: str | None) -> int:
    """打开一项申报的佐证文件；各文件的 SHA-256 见 xueshi claim show"""
    return asking.fetch(f"/v1/claims/{claim}/evidence/{sha256}", out, {"purpose": purpose})


def _tell(body: dict[str, Any]) -> None:
    table(_HEADS, (
        (one["sha256"], FILE_TYPES[one["media_type"]], one["bytes"], one["received_at"][:10], one["name"])
        for one in body["items"]
    ), empty="没有上传过文件。")
