"""`xueshi log`: look at the log, prove an event, sign a checkpoint."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from api.commands.options import as_json_option, data_option, opened


@click.group()
def log() -> None:
    """查看日志，出具证明，签发检查点"""


@log.command()
@data_option
@as_json_option
@click.option("--after", type=click.IntRange(0), default=0, help="从此编号之后开始")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, help="最多列出多少条（默认 20）")
@click.option("--stream", help="只看一个流，例如 clm_… 或 per_…")
def show(data_folder: Path | None, as_json: bool, after: int, limit: int, stream: str | None) -> None:
    """按编号列出事件（密封的个人信息不显示）"""
    from ledger.envelope import decode
    from ledger.events.base import wire_type
    from ledger.ledger import Recorded

    with opened(data_folder) as register:
        if stream:
            found = [Recorded(position, decode(leaf)) for position, leaf in register.ledger.store.stream(stream)]
            events = [recorded for recorded in found if recorded.position > after][:limit]
        else:
            events = register.ledger.read(after, limit)
    if as_json:
        for position, envelope in events:
            click.echo(json.dumps(_body(position, envelope), ensure_ascii=False))
        return
    for position, envelope in events:
        when = _local(envelope.recorded_at)
        name = wire_type(envelope.event)
        click.echo(f"{position:>8}  {when}  {name:<28} {envelope.stream} v{envelope.version}  {envelope.by.actor}")
    if not events:
        click.echo("没有事件。请核对 --after、--stream 与数据文件夹。", err=True)


@log.command()
@data_option
@click.argument("position", type=click.IntRange(1))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="写入文件（默认输出到屏幕）")
def prove(data_folder: Path | None, position: int, out: Path | None) -> None:
    """为一个事件出具证明（.tlog-proof），任何人可离线核验"""
    from ledger.proving import NotYetSigned, prove_event

    with opened(data_folder) as register:
        try:
            bundle = prove_event(register.ledger.store, position, register.signer.latest())
        except NotYetSigned:
            bundle = prove_event(register.ledger.store, position, register.signer.checkpoint())
    if out is None:
        sys.stdout.buffer.write(bundle)
        return
    out.write_bytes(bundle)
    click.echo(f"事件 {position} 的证明已写入 {out}（{len(bundle)} 字节）。核验：xueshi verify {out} --key 公钥")


@log.command()
@data_option
def checkpoint(data_folder: Path | None) -> None:
    """立即签发检查点并输出"""
    with opened(data_folder) as register:
        sys.stdout.buffer.write(register.signer.checkpoint())


@log.command()
@data_option
def key(data_folder: Path | None) -> None:
    """输出日志的公钥（vkey），核验时用"""
    with opened(data_folder) as register:
        for line in register.signer.vkeys:
            click.echo(line)


def _local(recorded_at: int) -> str:
    from datetime import UTC, datetime, timedelta

    from ledger.vocabulary import LOCAL

    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=recorded_at)
    return moment.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S.%f")


def _body(position: int, envelope: Any) -> dict[str, Any]:
    import msgspec

    body: dict[str, Any] = msgspec.to_builtins(
        {"position": position, "stream": envelope.stream, "version": envelope.version,
         "recorded_at": envelope.recorded_at, "subjects": envelope.subjects, "by": envelope.by, "event": envelope.event}
    )
    return body
