"""`xueshi fsck`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.commands.options import as_json_option, data_option
from api.exits import Exit, Stop
from api.unreadable import demand_readable

if TYPE_CHECKING:
    from api.register import Folder
    from ledger.fsck_source import Source
    from ledger.proof.policy import Policy


@click.command()
@data_option
@as_json_option
@click.option("--resume", is_flag=True, help="从上次中断处继续")
@click.option("--processes", type=click.IntRange(1, 64), help="并行的进程数（默认为处理器核数）")
def fsck(data_folder: Path | None, as_json: bool, resume: bool, processes: int | None) -> int:
    """逐条重读账本，重建根、瓦片、版本与保留名称，指出第一处错误"""
    from api.progress import bar
    from api.register import Folder, vault_files
    from api.settings import load
    from ledger.fsck import fsck as check

    settings = load({"data_folder": data_folder})
    folder = Folder(settings.data_folder)
    source: Path | Source = folder.ledger
    if settings.database:
        from ledger.fsck_postgres import PostgresSource

        source = PostgresSource(settings.database)
    else:
        _demand_ledger(folder)
    keys = vault_files(settings)
    with bar("检查", quiet=as_json) as progress:
        report = check(
            source,
            policy=_own_keys(folder),
            published=_published(folder),
            keys=keys,
            state_file=folder.root / "fsck.state",
            resume=resume,
            processes=processes,
            progress=progress,
        )
    if as_json:
        body = {
            "holds": report.holds, "size": report.size, "root": report.root.hex(), "checkpoints": report.checkpoints,
            "sealed": report.sealed, "redacted": report.redacted, "names": report.names,
            "problems": [each._asdict() for each in report.problems],
        }
        click.echo(json.dumps(body, ensure_ascii=False))
    else:
        names = f"{report.names} 个保留名称" if report.names is not None else (
            "没有密钥库，保留名称未核对" if keys is None else "事件本身有误，保留名称未核对")
        sealed = f"{report.sealed} 个密封部分（另有 {report.redacted} 个已遮盖，不在本文件中）"
        click.echo(f"{report.size} 个事件，{report.checkpoints} 个检查点，{sealed}，{names}。")
        click.echo(f"根 {report.root.hex()}")
        for problem in report.problems:
            where = "" if problem.position is None else f"事件 {problem.position}："
            click.echo(f"✗ {where}{problem.words} [{problem.code}]")
        wrong = f"✗ 发现 {len(report.problems)} 处问题。请停止写入并保留文件作为证据。"
        click.echo("✓ 账本完好。" if report.holds else wrong)
    return Exit.HOLDS if report.holds else Exit.REFUSED


def _demand_ledger(folder: Folder) -> None:
    if not folder.ledger.exists():
        cure = f"请用 --data 指定数据文件夹（当前查找 {folder.root}）；若账本文件丢失，请从备份恢复"
        raise Stop(Exit.WORLD_IS_WRONG, "no_register", "这里没有账本", cure)
    cure = "请核对文件与权限；若磁盘损坏，请保留原件作为证据，并从备份恢复"
    demand_readable(folder.ledger, status=Exit.WORLD_IS_WRONG, code="store_unreadable", cure=cure)


def _published(folder: Folder) -> bytes | None:
    return _read(folder.published) if folder.published.exists() else None


def _own_keys(folder: Folder) -> Policy | None:
    """Every key that signs or signed this log: checkpoints of former names and former keys are in it for ever."""
    from ledger.former_keys import keys_at_hand
    from ledger.proof.policy import trust

    for path in (folder.keys / "ledger.signing.key", folder.keys / "ledger.former"):
        if path.exists():
            _read(path)
    keys = keys_at_hand(folder.keys)
    return trust(*keys) if keys else None


def _read(path: Path) -> bytes:
    demand_readable(path, status=Exit.WORLD_IS_WRONG, code="keys_unreadable", cure="请核对文件与权限，或从密钥备份恢复")
    return path.read_bytes()
