"""`xueshi archive`: closed years of the log as cold files, proved by themselves."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from api.commands.files import OUT, hand_over
from api.commands.options import as_json_option, data_option, opened
from api.exits import Exit, Stop

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_HIDDEN = ".xueshi-archive-"


@click.group()
def archive() -> None:
    """归档：把已结束的一年写成冷存文件，凭公钥即可离线核验，逐条可证"""


@archive.command()
@click.argument("year", type=click.IntRange(1970, 9998))
@click.argument("folder", type=click.Path(path_type=Path))
@data_option
@as_json_option
def write(year: int, folder: Path, data_folder: Path | None, as_json: bool) -> int:
    """把一年的全部事件写入新文件夹，附瓦片和检查点

    账本不变，服务运行时也可用；整个文件夹写完才出现。个人信息仍是密文，没有密钥打不开。写完即与账本逐字节比较。
    """
    from api.commands.beside import beside
    from api.progress import bar
    from ledger import archive_writing as writing
    from ledger.archive import Archive
    from ledger.arrow import arrow
    from ledger.durable import sync

    if folder.exists():
        raise Stop(Exit.BAD_INPUT, "archive_taken", f"{folder} 已存在", "请另选文件夹；已有的不会被覆盖")
    parent = folder.absolute().parent
    if not parent.is_dir():
        raise Stop(Exit.BAD_INPUT, "archive_unusable", f"没有文件夹 {parent}", "请先建立，或另选")
    arrow()  # Before anything is read.
    with _said(), opened(data_folder) as register, beside(parent, _HIDDEN) as made:
        store, now = register.ledger.store, time.time_ns() // 1_000
        writing.positions_of(store, year, now)  # Refused before anything is signed for it.
        note = register.signer.checkpoint()
        with bar("写出", quiet=as_json) as progress:
            told = writing.write(store, note, year, made, now=now, progress=progress)
        with bar("比较", quiet=as_json) as progress:
            differs = writing.compare(store, Archive(made), progress)
        if differs is not None:
            raise Stop(Exit.WORLD_IS_WRONG, "archive_differs", f"写出的归档与账本不符：{differs}",
                       "没有留下归档；请检查磁盘后重试")
        made.rename(folder)
        sync(parent)
    summary = {"year": year, "first": told.first, "last": told.last, "size": told.size, "root": told.root}
    if as_json:
        click.echo(json.dumps({"folder": str(folder), **summary}, ensure_ascii=False))
        return Exit.HOLDS
    many = f"{told.last - told.first + 1:,} 个事件（第 {told.first:,} 至 {told.last:,} 个）"
    click.echo(f"✓ {year} 年的 {many}已归档到 {folder}，与账本逐字节相同。")
    click.echo(f"  离线核验：xueshi verify {folder} --key 公钥")
    return Exit.HOLDS


@archive.command()
@click.argument("folder", type=_FOLDER)
@data_option
@as_json_option
def check(folder: Path, data_folder: Path | None, as_json: bool) -> int:
    """把一份归档与账本逐字节比较；不用账本的核验是 xueshi verify 文件夹 --key 公钥"""
    from api.progress import bar
    from ledger.archive import Archive
    from ledger.archive_writing import compare

    with _said(), opened(data_folder) as register:
        found = Archive(folder)
        found.demand_nothing_more()
        for name in found.manifest.files:
            found.demand(name)
        with bar("比较", quiet=as_json) as progress:
            differs = compare(register.ledger.store, found, progress)
    if as_json:
        told = {"folder": str(folder), "holds": differs is None, "differs": differs}
        click.echo(json.dumps(told, ensure_ascii=False))
    elif differs is not None:
        click.echo(f"✗ {folder} 与账本不符：{differs}。")
    else:
        click.echo(f"✓ {folder} 与账本逐字节相同：第 {found.manifest.first:,} 至 {found.manifest.last:,} 个事件。")
    return Exit.HOLDS if differs is None else Exit.REFUSED


@archive.command()
@click.argument("folder", type=_FOLDER)
@click.argument("position", type=click.IntRange(1))
@OUT
def prove(folder: Path, position: int, out: Path | None) -> int:
    """只凭归档为一个事件出具证明（.tlog-proof），不用账本"""
    from ledger.archive import Archive

    with _said():
        bundle = Archive(folder).prove(position)
    return hand_over(bundle, out, f"事件 {position} 的证明，核验：xueshi verify {out} --key 公钥")


@contextmanager
def _said() -> Iterator[None]:
    """What is wrong with a question, with a folder or with the disk, as a command says it."""
    from api.unreadable import reason
    from ledger.archive import NotArchived
    from ledger.archive_writing import YearEmpty, YearOpen

    try:
        yield
    except (YearEmpty, YearOpen, NotArchived) as error:
        raise Stop(Exit.BAD_INPUT, error.code, str(error)) from error
    except OSError as error:
        raise Stop(Exit.WORLD_IS_WRONG, "archive_unwritable", f"写不了或读不了归档的文件（{reason(error)}）",
                   "请核对文件夹、权限和磁盘空间") from error
