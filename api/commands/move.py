"""`xueshi move`: from the files of the data folder to PostgreSQL."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from api.commands.options import as_json_option, data_option
from api.terminal.exits import Exit, Stop


@click.command()
@click.option("--to", "conninfo", help="目标：postgresql://用户@主机/库名；省略时取设置 database，密码宜放在那里")
@data_option
@as_json_option
def move(conninfo: str | None, data_folder: Path | None, as_json: bool) -> int:
    """把账本从 SQLite 搬到 PostgreSQL：逐字节复制，全部比较一致才算搬完

    须先停止服务。中断后再次运行会继续；目标中有别的内容时拒绝。来源不改动，只标记为已搬走。
    """
    from api.settings import load
    from api.terminal.progress import bar

    settings = load({"data_folder": data_folder, "database": conninfo})
    if not settings.database:
        cure = "请用 --to 或 XUESHI_DATABASE 给出 postgresql://用户@主机/库名"
        raise Stop(Exit.BAD_INPUT, "no_database", "没有给出搬到哪里", cure)
    try:
        from api.keeping.moving import move as carry
    except ImportError as error:
        raise Stop(Exit.WORLD_IS_WRONG, "driver_missing", "没有安装 PostgreSQL 驱动",
                   "请安装 xueshi-ledger[postgres]") from error
    began = time.monotonic_ns()
    moved = carry(settings, settings.database, lambda words: bar(words, quiet=as_json))
    seconds = max(1, (time.monotonic_ns() - began) // 1_000_000_000)
    holds = all(one.holds for one in moved.projections)
    if as_json:
        click.echo(json.dumps({
            "moved": holds, "to": moved.place, "sizes": moved.sizes, "roots": moved.roots, "rows": moved.rows,
            "projections": [
                {"name": one.name, "holds": one.holds, "sha256": one.should.sha256} for one in moved.projections],
        }, ensure_ascii=False))
        return Exit.HOLDS if holds else Exit.REFUSED
    rate = moved.rows // seconds
    click.echo(f"✓ 已复制到 {moved.place}：{moved.rows:,} 行逐行比较一致，用时 {seconds} 秒（每秒 {rate:,} 行）。")
    for name, words in (("ledger", "账本"), ("access", "查阅日志")):
        click.echo(f"  {words}：{moved.sizes[name]} 个事件，根 {moved.roots[name]}，两边相同。")
    for one in moved.projections:
        told = "与从新账本重建的一致" if one.holds else "与从新账本重建的不同"
        click.echo(f"  {'✓' if one.holds else '✗'} 投影 {one.name}：{one.stands.rows} 行，{told}。")
    if not holds:
        cure = "请先运行 xueshi rebuild --compare 查明原来的投影是否完好，重建后再次运行 xueshi move"
        raise Stop(Exit.REFUSED, "projections_differ", "账本相同而投影不同，没有标记为已搬走", cure)
    click.echo("原来的文件没有改动，已标记为搬走（moved.json），不会再被当作账本打开。")
    click.echo("请设置环境变量 XUESHI_DATABASE（或 xueshi.toml 中的 database）为新的连接串，然后启动服务。")
    return Exit.HOLDS
