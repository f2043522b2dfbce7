"""`xueshi fsck`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.commands.options import as_json_option, data_option
from api.exits import Exit

if TYPE_CHECKING:
    from api.register import Folder
    from ledger.proof.policy import Policy


@click.command()
@data_option
@as_json_option
@click.option("--resume", is_flag=True, help="从上次中断处继续")
@click.option("--processes", type=click.IntRange(1, 64), help="并行的进程数（默认为处理器核数）")
def fsck(data_folder: Path | None, as_json: bool, resume: bool, processes: int | None) -> int:
    """逐条重读账本，重建根、瓦片、版本与保留名称，指出第一处错误"""
    from api.progress import bar
    from api.register import Folder
    from api.settings import load
    from ledger.fsck import KeyFiles
    from ledger.fsck import fsck as check

    folder = Folder(load({"data_folder": data_folder}).data_folder)
    keys = KeyFiles(folder.people, folder.master) if folder.master.exists() and folder.people.exists() else None
    with bar("检查", quiet=as_json) as progress:
        report = check(
            folder.ledger,
            policy=_own_keys(folder),
            published=folder.published.read_bytes() if folder.published.exists() else None,
            keys=keys,
            state_file=folder.root / "fsck.state",
            resume=resume,
            processes=processes,
            progress=progress,
        )
    if as_json:
        body = {
            "holds": report.holds, "size": report.size, "root": report.root.hex(), "checkpoints": report.checkpoints,
            "sealed": report.sealed, "names": report.names, "problems": [each._asdict() for each in report.problems],
        }
        click.echo(json.dumps(body, ensure_ascii=False))
    else:
        names = "保留名称未核对（没有密钥库，或为续查）" if report.names is None else f"{report.names} 个保留名称"
        click.echo(f"{report.size} 个事件，{report.checkpoints} 个检查点，{report.sealed} 个密封部分，{names}。")
        click.echo(f"根 {report.root.hex()}")
        for problem in report.problems:
            where = "" if problem.position is None else f"事件 {problem.position}："
            click.echo(f"✗ {where}{problem.words} [{problem.code}]")
        wrong = f"✗ 发现 {len(report.problems)} 处问题。请停止写入并保留文件作为证据。"
        click.echo("✓ 账本完好。" if report.holds else wrong)
    return Exit.HOLDS if report.holds else Exit.REFUSED


def _own_keys(folder: Folder) -> Policy | None:
    from ledger.proof.keys import parse_skey
    from ledger.proof.policy import trust

    path = folder.keys / "ledger.signing.key"
    if not path.exists():
        return None
    return trust(*(parse_skey(line).public() for line in path.read_text("ascii").splitlines() if line))
