"""`xueshi log`: look at the log, prove an event, sign a checkpoint."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from api.commands.files import OUT, hand_over
from api.commands.options import as_json_option, data_option, opened
from api.terminal.exits import Exit, Stop


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
    from ledger.reading import Recorded

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
@OUT
def prove(data_folder: Path | None, position: int, out: Path | None) -> None:
    """为一个事件出具证明（.tlog-proof），任何人可离线核验"""
    from ledger.proving import NoSuchEvent, NotYetSigned, prove_event

    with opened(data_folder) as register:
        try:
            bundle = prove_event(register.ledger.store, position, register.signer.latest())
        except NotYetSigned:
            bundle = prove_event(register.ledger.store, position, register.signer.checkpoint())
        except NoSuchEvent as error:
            raise Stop(Exit.BAD_INPUT, error.code, str(error), "最后几个事件的编号见 xueshi log show") from error
    hand_over(bundle, out, f"事件 {position} 的证明，核验：xueshi verify {out} --key 公钥")


@log.command()
@data_option
def checkpoint(data_folder: Path | None) -> None:
    """立即签发检查点并输出"""
    with opened(data_folder) as register:
        sys.stdout.buffer.write(register.signer.checkpoint())


@log.command()
@data_option
@click.option("--former", is_flag=True, help="也输出曾经使用的公钥，用以核验那时签发的文件")
def key(data_folder: Path | None, former: bool) -> None:
    """输出日志的公钥（vkey），核验时用"""
    from ledger.proof.keys import format_vkey
    from ledger.signing.former_keys import former_keys

    with opened(data_folder) as register:
        for line in register.signer.vkeys:
            click.echo(line)
        for each in former_keys(register.folder.keys) if former else ():
            click.echo(format_vkey(each))


@log.command()
@data_option
@as_json_option
def forks(data_folder: Path | None, as_json: bool) -> int:
    """列出这本日志有两种历史的证明；有时退出码为 1。任何人可用 xueshi verify 核验"""
    from api.register.folder import folder_of
    from api.settings import load
    from api.terminal.exits import Exit
    from ledger.witnessing.kept import Kept

    folder = folder_of(load({"data_folder": data_folder})).witnessed
    found = sorted(Kept(folder).forks())
    if as_json:
        click.echo(json.dumps({"forks": [str(folder / name) for name in found]}, ensure_ascii=False))
    for name in [] if as_json else found:
        click.echo(f"✗ {folder / name}：核验 xueshi verify {folder / name} --key 公钥")
    if not found and not as_json:
        click.echo("没有发现分叉。")
    return Exit.REFUSED if found else Exit.HOLDS


@log.command("served-here")
@data_option
def served_here(data_folder: Path | None) -> None:
    """说明这本账从此只在这里服务，别处的已经停用（先停止服务）：搬家、换网卡、放回副本之后"""
    from api.keeping.restore import having
    from api.register.folder import folder_of
    from api.register.forgetting import stored
    from api.register.home import settle, strange
    from api.register.register import is_there
    from api.settings import load

    settings = load({"data_folder": data_folder})
    folder = folder_of(settings)
    if not is_there(settings):
        raise Stop(Exit.WORLD_IS_WRONG, "no_register", "这里没有账本", "请用 --data 指定数据文件夹")
    with having(folder), stored(folder.ledger, settings.database).one_moment() as view:
        before = strange(folder)
        settle(folder, view.size())
    click.echo("✓ 已记下：从此在这里服务。" + (f"此前：{before}。" if before else ""))


@log.command("continue-as")
@click.argument("name")
@data_option
@as_json_option
@click.option("--checkpoint", "checkpoints", multiple=True, type=click.Path(path_type=Path, dir_okay=False),
              help="外人手中的检查点文件，可给多个：新名称的首个事件引用其中最大的一个")
@click.option("--why", type=click.Choice(["key_lost", "renamed"]),
              help="日志没有落后也没有分叉时的理由：签名密钥丢失或泄露，或机构更名")
def continue_as(
    name: str, data_folder: Path | None, as_json: bool, checkpoints: tuple[Path, ...], why: str | None
) -> None:
    """让永远无法补齐的日志以新的名称继续；旧名称从此不再签发（须先停止服务）

    新名称的首个事件引用旧名称下最后见到的检查点和这里实有的大小与根。旧公钥仍可核验旧名称下的一切文件。
    """
    from api.keeping.continuing import continue_as as carry_on
    from api.settings import load

    settings = load({"data_folder": data_folder})
    load({"data_folder": data_folder, "origin": name})  # A name that the settings could not hold is refused here.
    done = carry_on(settings, name, checkpoints=checkpoints, why=why)
    if as_json:
        body = {one.name: {"position": one.position, "vkey": one.vkey, **_plain(one.event)} for one in done}
        click.echo(json.dumps(body, ensure_ascii=False))
        return
    for one in done:
        event, what = one.event, "账本" if one.name == "ledger" else "查阅日志"
        click.echo(f"✓ {what}以 {event.origin} 之名继续（事件 {one.position}，log.continued）。")
        click.echo(f"  旧名称 {event.continues}：最后见到的检查点有 {event.seen_size} 条，这里有 {event.size} 条。")
        if event.seen_size > event.size:
            lost = event.seen_size - event.size
            click.echo(f"  缺少的 {lost} 个事件已无法找回：持有其证明的人须凭证明重新办理登记。")
        if one.evidence is not None:
            click.echo(f"  旧名称下最后的检查点保存在 {one.evidence}，请一并存档。")
        click.echo(f"  新公钥：{one.vkey}")
    click.echo(f"请把设置 origin 改为 {name} 后再启动服务，并公布新公钥和这次更名；旧公钥继续公布，用以核验旧文件。")


def _plain(event: Any) -> dict[str, Any]:
    import msgspec

    body: dict[str, Any] = msgspec.to_builtins(event)
    return body


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
