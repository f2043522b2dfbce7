"""`xueshi events`: what events look like, and the whole log as one file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from api.commands.asking import PURPOSE, Asking, asks
from api.commands.files import written_whole
from api.commands.options import data_option, opened
from api.terminal.exits import Exit, Stop


@click.group()
def events() -> None:
    """事件的格式，以及整本日志的导出"""


@events.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """输出每种事件的 JSON Schema；给出名称（如 claim.approved/1）则只输出一种"""
    from ledger.events.catalogue import schemas

    found = schemas()
    if name is None:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    if name not in found:
        raise Stop(Exit.BAD_INPUT, "unknown_event", f"没有事件 {name}", f"已有的事件：{'、'.join(found)}")
    click.echo(json.dumps(found[name], ensure_ascii=False, indent=2))


@events.command()
@asks(founder=True)
@click.argument("position", type=click.IntRange(1))
def show(asking: Asking, position: int) -> int:
    """查看一个事件的全部公开内容（须有读取账本的权限）"""
    return asking.get(f"/v1/events/{position}", lambda body: click.echo(json.dumps(body, ensure_ascii=False, indent=2)))


@events.command()
@asks(founder=True)
@click.argument("position", type=click.IntRange(1))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="写入的文件")
@PURPOSE
def proof(asking: Asking, position: int, out: Path, purpose: str | None) -> int:
    """取一个事件的证明（.tlog-proof）：本人的、可以看到的，或有读取账本的权限"""
    return asking.fetch(f"/v1/events/{position}/proof", out, {"purpose": purpose},
                        then=f"核验：xueshi verify {out} --key 公钥")


@events.command()
@asks()
@click.option("--after", type=click.IntRange(0), help="从哪个位置之后")
@click.option("--limit", type=click.IntRange(1, 1_000), help="最多多少个")
@click.option("--wait", type=click.IntRange(0, 9), help="没有新事件时最多等多少秒")
def feed(asking: Asking, **query: int | None) -> int:
    """事件流：权限内的记录发生了什么，CloudEvents，一行一个"""
    return asking.get("/v1/feed", lambda told: click.echo("\n".join(
        json.dumps(one, ensure_ascii=False) for one in told)), query)


@events.command()
@data_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="写入的文件")
@click.option("--redacted", is_flag=True, help="不含密封部分（个人信息的密文）")
def export(data_folder: Path | None, out: Path, redacted: bool) -> None:
    """导出整本日志（NDJSON，附检查点），任何人可离线核验"""
    from api.terminal.progress import bar
    from ledger.copies.export import export as lines_of

    with opened(data_folder) as register, written_whole(out) as file, bar("导出") as progress:
        note = register.signer.checkpoint()
        size = register.ledger.store.size()
        for number, line in enumerate(lines_of(register.ledger.store, note, redacted=redacted)):
            file.write(line)
            if number % 1_000 == 0:
                progress(min(number, size), size)
    click.echo(f"已导出到 {out}（{out.stat().st_size:,} 字节）。核验：xueshi verify {out} --key 公钥")
