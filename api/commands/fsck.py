"""`xueshi fsck`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.commands.options import as_json_option, data_option
from api.terminal.exits import Exit, Stop
from api.terminal.unreadable import demand_readable

if TYPE_CHECKING:
    from api.register.folder import Folder
    from ledger.fsck.checker import Report
    from ledger.fsck.maps import MapReport
    from ledger.fsck.portion import KeyFiles
    from ledger.fsck.source import Source
    from ledger.proof.policy import Policy


@click.command()
@data_option
@as_json_option
@click.option("--resume", is_flag=True, help="从上次中断处继续")
@click.option("--map", "with_maps", is_flag=True, help="再从全部事件重建登记过的每一份完整性地图，并比较其根")
@click.option("--processes", type=click.IntRange(1, 64), help="并行的进程数（默认为处理器核数）")
def fsck(data_folder: Path | None, as_json: bool, resume: bool, with_maps: bool, processes: int | None) -> int:
    """逐条重读账本，重建根、瓦片、版本与保留名称，指出第一处错误

    随后同样重读查阅日志，并核对账本所引的每一份细则原文。登记情况表的完整性证明以 --map 的核对为前提；它需要密钥库。
    """
    from api.commands.fsck_told import Found
    from api.keeping.fsck_beside import check_access, check_rulebooks, source_of
    from api.register import last_done
    from api.register.folder import folder_of
    from api.register.register import SCHEMAS
    from api.register.vault_place import vault_files
    from api.settings import load
    from api.terminal.progress import bar
    from ledger.fsck.checker import fsck as check

    settings = load({"data_folder": data_folder})
    folder = folder_of(settings)
    if not settings.database:
        _demand_ledger(folder)
    source = source_of(settings, SCHEMAS[0])
    keys = vault_files(settings)
    if with_maps and keys is None:
        cure = f"请从密钥备份恢复 {folder.keys}；没有它，谁的条目在地图的何处无从得知"
        raise Stop(Exit.WORLD_IS_WRONG, "keys_missing", "没有密钥库，无法核对完整性地图", cure)
    with bar("检查", quiet=as_json) as progress:
        report = check(
            source,
            policy=_own_keys(folder),
            published=_kept_outside(folder.published),
            seen=_kept_outside(folder.keys / "ledger.seen"),
            keys=keys,
            state_file=folder.root / "fsck.state",
            resume=resume,
            processes=processes,
            progress=progress,
        )
    with bar("检查查阅日志", quiet=as_json) as progress:
        access = check_access(settings, processes, progress)
    rulebooks, unread = check_rulebooks(settings) if report.root else (None, [])
    maps = _audited(source, keys, report, processes, quiet=as_json) if with_maps and keys is not None else None
    found = Found(report, access, rulebooks, tuple(unread), maps, asked_maps=with_maps, has_keys=keys is not None)
    last_done.note(folder, "fsck", size=report.size, holds=found.holds)
    click.echo(json.dumps(found.body(), ensure_ascii=False) if as_json else "\n".join(found.lines()))
    return Exit.HOLDS if found.holds else Exit.REFUSED


def _audited(source: Source, keys: KeyFiles, report: Report, processes: int | None, *, quiet: bool) -> MapReport | None:
    """Check the maps of a log whose events are what they were; of another nothing can be said."""
    import os

    from api.terminal.progress import bar
    from ledger.fsck.maps import EventUnreadable, audit

    if not report.root:
        return None
    try:
        with bar("核对完整性地图", quiet=quiet) as progress:
            return audit(source, keys, processes=processes or os.cpu_count() or 1, progress=progress)
    except EventUnreadable:
        return None


def _demand_ledger(folder: Folder) -> None:
    if not folder.ledger.exists():
        cure = f"请用 --data 指定数据文件夹（当前查找 {folder.root}）；若账本文件丢失，请从备份恢复"
        raise Stop(Exit.WORLD_IS_WRONG, "no_register", "这里没有账本", cure)
    cure = "请核对文件与权限；若磁盘损坏，请保留原件作为证据，并从备份恢复"
    demand_readable(folder.ledger, status=Exit.WORLD_IS_WRONG, code="store_unreadable", cure=cure)


def _kept_outside(note: Path) -> bytes | None:
    return _read(note) if note.exists() else None


def _own_keys(folder: Folder) -> Policy | None:
    """Every key that signs or signed this log: checkpoints of former names and former keys are in it for ever."""
    from ledger.proof.policy import trust
    from ledger.signing.former_keys import keys_at_hand

    for path in (folder.keys / "ledger.signing.key", folder.keys / "ledger.former"):
        if path.exists():
            _read(path)
    keys = keys_at_hand(folder.keys)
    return trust(*keys) if keys else None


def _read(path: Path) -> bytes:
    demand_readable(path, status=Exit.WORLD_IS_WRONG, code="keys_unreadable", cure="请核对文件与权限，或从密钥备份恢复")
    return path.read_bytes()
