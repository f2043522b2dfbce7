"""`xueshi demo`."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from api.commands.options import as_json_option
from api.terminal.exits import Exit, Stop

FIRST_YEAR: Final = 2017
PEOPLE_LEAST, PEOPLE_MOST = 20, 2_000_000
SEED_MOST: Final = 2**32 - 1


@click.command()
@click.option("--data", "data_folder", required=True, type=click.Path(path_type=Path), help="数据文件夹：新的或空的")
@click.option("--people", default=200, type=click.IntRange(PEOPLE_LEAST, PEOPLE_MOST), help="人数（默认 200）")
@click.option("--years", default="2017-2025", help="从哪一年到哪一年，如 2019-2023 或 2020（默认 2017-2025）")
@click.option("--seed", default=1, type=click.IntRange(0, SEED_MOST), help="种子：换一个数，就是另一段历史（默认 1）")
@as_json_option
def demo(data_folder: Path, people: int, years: str, seed: int, as_json: bool) -> None:
    """在空文件夹里写一本虚构的登记簿：多年的历史，同样的选项得到同样的内容

    单位、人员、申报、审核、更正、撤销都是虚构的，每一步都按当日施行的细则；其中埋有异常，列在 demo-faults.ndjson。
    写到一半被中断的文件夹不能当作账本打开，再次运行本命令会删去重写。
    """
    from api.demo.history import Told
    from api.demo.making import FAULTS, make
    from api.register.folder import Folder
    from api.telling import logs
    from api.terminal.progress import bar

    logs.configure("error", "auto")
    first, last = _years(years)
    began = time.monotonic_ns()
    with bar("写入历史（天）", quiet=as_json) as progress:
        made = make(data_folder, Told(people, first, last, seed), progress)
    seconds = max(1, (time.monotonic_ns() - began) // 1_000_000_000)
    faults, accounts = data_folder / FAULTS, Folder(data_folder).sample_accounts
    if as_json:
        click.echo(json.dumps({
            "people": made.people, "events": made.events, "root": made.root, "seed": seed,
            "faults": str(faults), "accounts": str(accounts),
        }, ensure_ascii=False))
        return
    rate = f"用时 {seconds} 秒（每秒 {made.events // seconds:,} 个）"
    click.echo(f"✓ 已写入 {data_folder}：{made.people:,} 人，{made.events:,} 个事件，{rate}。")
    click.echo(f"  根 {made.root}")
    click.echo(f"  埋入的异常，和只是看着像的：{faults}")
    click.echo(f"  账号和令牌：{accounts}　启动：xueshi serve --data {data_folder}")


def _years(text: str) -> tuple[int, int]:
    """Read the years; each must be over, since nothing is recorded in the future."""
    over = datetime.now().astimezone().year - 1
    found = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", text.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not FIRST_YEAR <= first <= last <= over:
        cure = f"应为 {FIRST_YEAR} 到 {over} 之间的年份，如 {FIRST_YEAR}-{over} 或 2020"
        raise Stop(Exit.BAD_INPUT, "bad_years", f"--years {text} 读不成已经过完的年份", cure)
    return first, last
