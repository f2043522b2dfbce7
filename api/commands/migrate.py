"""`xueshi migrate`: makes the tables in PostgreSQL, or brings them to what this program works on.

A service never does so itself: several processes would begin at once, and whoever upgrades decides when.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from api.commands.options import as_json_option, data_option
from api.terminal.exits import Exit, Stop

CARRIED: Final = {
    "vault": "密钥库", "operations": "令牌、会话和草稿", "keys": "签名密钥和检查点", "evidence": "证明材料",
    "rulebooks": "细则", "replays": "重放报告",
}
_BEHIND: Final = {
    True: "旧版本的服务可以继续运行：先运行 xueshi migrate，再逐台换上新版本。",
    False: "请先停止旧版本的服务，再运行 xueshi migrate。",
}


@click.command()
@data_option
@as_json_option
@click.option("--check", "is_check", is_flag=True, help="只查看还差哪些步骤，不改动数据库；有差的退出码为 1")
def migrate(data_folder: Path | None, as_json: bool, is_check: bool) -> int:
    """在 PostgreSQL 中建立账本的表，或更新到本程序所需的版本

    每一步与其记录一并提交，中断后再次运行即可。同时运行多个时，逐个进行。用 SQLite 时不需要：表随文件建立。
    设了 shared_folder 时，本机数据文件夹里的密钥、令牌和文件一并移到几台主机共用之处（须先停止服务）。
    """
    from api.settings import load

    settings = load({"data_folder": data_folder})
    if not settings.database:
        cure = "用 SQLite 时不需要；用 PostgreSQL 时请先设 XUESHI_DATABASE"
        raise Stop(Exit.BAD_INPUT, "no_database", "没有设置 PostgreSQL 连接串（database）", cure)
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        cure = "请安装 xueshi-ledger[postgres]"
        raise Stop(Exit.WORLD_IS_WRONG, "driver_missing", "没有安装 PostgreSQL 驱动", cure) from error
    from api.keeping.restore import having
    from api.register.folder import folder_of
    from api.register.sharing import carry_over, own_left, schemas, statuses

    words = {schema: told for schema, (told, *_) in schemas(settings).items()}
    found = statuses(settings, taking=not is_check)
    carried = []
    if own_left(settings) and not is_check:
        with having(folder_of(settings)):
            carried = carry_over(settings)
    is_behind = is_check and any(each.pending for each in found)
    if as_json:
        key = "pending" if is_check else "taken"
        click.echo(json.dumps({
            each.schema: {"number": each.number + (0 if is_check else len(each.pending)),
                          key: [step.name for step in each.pending]}
            for each in found} | ({"carried_over": {one.what: one.rows for one in carried}} if carried else {}),
            ensure_ascii=False))
    else:
        for each in found:
            steps = "、".join(f"{step.number:04} {step.name}" for step in each.pending)
            told = "已是最新" if not each.pending else f"还差 {steps}" if is_check else f"已执行 {steps}"
            click.echo(f"{'✗' if is_check and each.pending else '✓'} {words[each.schema]}（{each.schema}）：{told}。")
        for one in carried:
            click.echo(f"✓ {CARRIED[one.what]}：{one.rows} 项，已移到几台主机共用之处。")
        if is_behind:
            click.echo(_BEHIND[all(step.beside < step.number for each in found for step in each.pending)])
    return Exit.REFUSED if is_behind else Exit.HOLDS
