"""`xueshi witness`: be a witness for other ledgers; it needs a folder of its own and no register."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click

from api.commands.listening import listen_options, place
from api.commands.options import as_json_option

_PORT: Final = 8041
folder_option = click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("witness"), show_default="./witness",
    help="见证人的文件夹")


@click.group()
def witness() -> None:
    """为其他账本作见证：只为延续了上次所见的检查点联署"""


@witness.command()
@click.argument("name")
@folder_option
def init(name: str, folder: Path) -> None:
    """建立见证人：密钥和记录。NAME 形如 witness.example.org/1"""
    from api.witness.folder import WitnessFolder

    made = WitnessFolder.create(folder, name)
    click.echo(f"✓ 已在 {folder} 建立见证人。公钥：")
    click.echo(made.vkey)
    click.echo("请公布这一行；记录（witness.db）不可用较旧的副本替换，否则可能为两种历史联署。")


@witness.command()
@folder_option
def key(folder: Path) -> None:
    """输出见证人的公钥（vkey），写入核验策略时用"""
    from api.witness.folder import WitnessFolder

    click.echo(WitnessFolder(folder).vkey)


@witness.command()
@click.argument("vkey")
@click.option("--url", default="", help="日志的网址（例如 https://xueshi.example.gov.cn）")
@folder_option
def trust(vkey: str, url: str, folder: Path) -> None:
    """开始为一个日志联署；VKEY 是其公钥（xueshi log key）。运行中的见证人随即采用"""
    from api.terminal.exits import Exit, Stop
    from api.witness.folder import WitnessFolder
    from ledger.proof.keys import KeyUnsupported, MalformedKey

    here = WitnessFolder(folder)
    _ = here.key  # A folder that is no witness's is refused first.
    try:
        is_new = here.trust(vkey, url)
    except (MalformedKey, KeyUnsupported) as error:
        raise Stop(Exit.BAD_INPUT, error.code, str(error)) from None
    click.echo(f"✓ {'今后为' if is_new else '已在为'}日志 {vkey.partition('+')[0]} 联署。")


@witness.command()
@folder_option
@as_json_option
def status(folder: Path, as_json: bool) -> int:
    """列出所信任的日志、各自最后联署到哪里、有无矛盾；有矛盾时退出码为 1"""
    from api.terminal.exits import Exit
    from api.witness.folder import WitnessFolder

    here = WitnessFolder(folder)
    vkey, state = here.vkey, here.state()
    try:
        seen = {one.origin: one for one in state.all_seen()}
        suspects = state.suspects()
    finally:
        state.close()
    rows: list[dict[str, Any]] = []
    for log in here.trusted():
        last = seen.get(log.key.name)
        rows.append({
            "origin": log.key.name, "url": log.url, "size": None if last is None else last.size,
            "at": None if last is None else _moment(last.at),
            "suspects": sum(suspect.origin == log.key.name for suspect in suspects)})
    if as_json:
        click.echo(json.dumps({"vkey": vkey, "logs": rows}, ensure_ascii=False))
    else:
        click.echo(f"见证人 {vkey}")
        for row in rows:
            where = "尚未联署" if row["size"] is None else f"联署到 {row['size']} 条，{row['at']}"
            click.echo(f"  {'✗' if row['suspects'] else '✓'} {row['origin']}：{where}")
            if row["suspects"]:
                click.echo(f"    有 {row['suspects']} 个检查点与所联署的矛盾：xueshi witness forks --folder {folder}")
        if not rows:
            click.echo("  还没有信任的日志：xueshi witness trust 公钥")
    return Exit.REFUSED if any(row["suspects"] for row in rows) else Exit.HOLDS


@witness.command()
@folder_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="把证明写入这个文件夹")
def forks(folder: Path, out: Path | None) -> int:
    """列出矛盾的检查点，并做成任何人可核验的分叉证明；有矛盾时退出码为 1"""
    from api.commands.files import write_new
    from api.terminal.exits import Exit
    from api.witness.asking import Away
    from api.witness.folder import WitnessFolder
    from api.witness.proving import prove
    from ledger.witnessing.fork import format_fork

    here = WitnessFolder(folder)
    state = here.state()
    try:
        suspects = state.suspects()
    finally:
        state.close()
    for number, suspect in enumerate(suspects, 1):
        try:
            proof = prove(suspect, [log for log in here.trusted() if log.key.name == suspect.origin])
            why = "日志现在的瓦片没有给出证明：两个检查点请一并保存"
        except Away as error:
            proof, why = None, f"还没有证明（{error.reason}）"
        click.echo(f"✗ {suspect.origin}，{_moment(suspect.at)}：{'分叉已证明。' if proof else why}")
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            parts = {"fork": format_fork(proof)} if proof else {"seen": suspect.seen, "offered": suspect.offered}
            for kind, content in parts.items():
                write_new(out / f"{number}.{kind}", content)
                click.echo(f"  已写入 {out / f'{number}.{kind}'}")
    if not suspects:
        click.echo("没有矛盾的检查点。")
    return Exit.REFUSED if suspects else Exit.HOLDS


@witness.command()
@folder_option
@listen_options(_PORT)
@click.option("--allow-remote", is_flag=True, help="允许监听本机以外的地址")
def serve(
    folder: Path, listen_host: str | None, listen_port: int | None, listen: str | None, allow_remote: bool
) -> None:
    """启动见证人的服务（C2SP tlog-witness），并说明访问地址"""
    from api.telling import logs
    from api.witness.folder import WitnessFolder
    from api.witness.serve import serve as run

    host, port = _place(listen, listen_host, listen_port, allow_remote=allow_remote)
    logs.configure("info", "auto")
    here = WitnessFolder(folder)

    def announce(address: str) -> None:
        click.echo(f"见证人 {here.key.name} 在 {address} 联署；按 Ctrl-C 停止。")
        click.echo(f"策略文件中写：witness 名称 {here.vkey} {address}")

    run(here, host, port, announce)


def _place(listen: str | None, host: str | None, port: int | None, *, allow_remote: bool) -> tuple[str, int]:
    import ipaddress

    from api.terminal.exits import Exit, Stop

    where = place(listen, host, port)
    host = where.host or "127.0.0.1"
    if not ipaddress.ip_address(host).is_loopback and not allow_remote:
        cure = "确需对外监听时请加 --allow-remote，宜由前置的代理提供 HTTPS"
        raise Stop(Exit.BAD_INPUT, "remote_not_allowed", f"{host} 不是本机地址", cure)
    return host, _PORT if where.port is None else where.port


def _moment(seconds: int) -> str:
    from datetime import UTC, datetime

    from ledger.vocabulary import LOCAL

    return datetime.fromtimestamp(seconds, UTC).astimezone(LOCAL).isoformat(sep=" ", timespec="seconds")
