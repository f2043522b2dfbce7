"""`xueshi archive`: closed years of the log as cold files, proved by themselves."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.commands.files import OUT, hand_over
from api.commands.options import as_json_option, data_option, opened
from api.terminal.exits import Exit, Stop

if TYPE_CHECKING:
    from ledger.stores.recorder import Room

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
    from api.terminal.progress import bar
    from ledger.archive import Archive
    from ledger.arrow import arrow
    from ledger.copies import archive_writing as writing
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
    from api.terminal.progress import bar
    from ledger.archive import Archive
    from ledger.copies.archive_writing import compare

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
@click.option("--compact", "is_compact", is_flag=True, help="移完即整理（xueshi archive compact）")
@data_option
@as_json_option
def move(folder: Path, is_compact: bool, data_folder: Path | None, as_json: bool) -> int:
    """核对一份归档，再把其中的事件正文移出账本；此后由归档作答

    账本留有全部哈希、瓦片和流，登记、证明、核对（fsck）照常。人员、单位、经办账号和细则的事件不移。逐批移动，中断可再运行；
    可用 xueshi archive bring-back 取回。几台主机共用账本时，归档须放在各台都读得到的文件夹里（设置 archive_folder）。
    """
    from api.terminal.progress import bar
    from ledger.archive import Archive
    from ledger.copies import archive_moving as moving

    with _said(), opened(data_folder) as register:
        store, found = register.ledger.store, Archive(folder)
        found.demand_nothing_more()
        with bar("移出", quiet=as_json) as progress:
            done = moving.move(store, found, progress)
        room = store.compact() if is_compact else None
    if as_json:
        body = {"year": done.place.year, "folder": done.place.folder, "moved": done.events, "bytes": done.bytes}
        told = {} if room is None else {"file_before": room.before, "file_after": room.after}
        click.echo(json.dumps({**body, **told}, ensure_ascii=False))
        return Exit.HOLDS
    year = done.place.year
    click.echo(f"✓ {year} 年有 {done.events:,} 个事件的正文（{done.bytes:,} 字节）移出账本，现由归档作答：")
    click.echo(f"  {done.place.folder}")
    if done.edge:
        click.echo(f"  另有 {done.edge:,} 个事件的正文留在账本：瓦片（每块 256 个事件）写满之后，再运行一次即移出。")
    if room is not None:
        click.echo(f"  {_told(room)}")
    else:
        click.echo("  腾出的空间由新的登记使用；要还给磁盘：xueshi archive compact（PostgreSQL 另见其 --help）")
    click.echo("  这个文件夹从此是账本的一部分：请与账本一样备份，xueshi backup 不复制它。")
    click.echo(f"  取回：xueshi archive bring-back {year}")
    return Exit.HOLDS


@archive.command(name="bring-back")
@click.argument("year", type=click.IntRange(1970, 9998))
@data_option
@as_json_option
def bring_back(year: int, data_folder: Path | None, as_json: bool) -> int:
    """把移入归档的事件正文放回账本，归档本身不动；中断可再运行"""
    from api.terminal.progress import bar
    from ledger.copies import archive_moving as moving

    with _said(), opened(data_folder) as register, bar("取回", quiet=as_json) as progress:
        done = moving.bring_back(register.ledger.store, year, progress)
    if as_json:
        click.echo(json.dumps({"year": year, "brought_back": done.events, "bytes": done.bytes}, ensure_ascii=False))
    else:
        click.echo(f"✓ {year} 年 {done.events:,} 个事件的正文（{done.bytes:,} 字节）已放回账本，与移出之前逐字节相同。")
    return Exit.HOLDS


@archive.command()
@click.argument("folder", type=_FOLDER)
@data_option
def relocate(folder: Path, data_folder: Path | None) -> int:
    """告诉账本，移出的正文所在的归档换了地方；须是同一份归档"""
    from ledger.archive import Archive
    from ledger.copies import archive_moving as moving

    with _said(), opened(data_folder) as register:
        place = moving.relocate(register.ledger.store, Archive(folder))
    click.echo(f"✓ {place.year} 年的正文此后从 {place.folder} 读取。")
    return Exit.HOLDS


@archive.command()
@click.option("--whole", "is_whole", is_flag=True, help="PostgreSQL：整表重写，把空间还给磁盘；其间谁也读写不了账本")
@data_option
def compact(is_whole: bool, data_folder: Path | None) -> int:
    """整理账本，让移出的正文所占的空间重新可用

    SQLite 总是重写整个文件，空间还给磁盘，其间登记须等候。PostgreSQL 只清理（VACUUM），谁也不必等：空间留给新的登记用，
    不还给磁盘；要还给磁盘须加 --whole（VACUUM FULL），请在停机时做，磁盘须另有整理后账本那么大的空间。
    """
    with _said(), opened(data_folder) as register:
        room = register.ledger.store.compact(whole=is_whole)
    click.echo(f"✓ {_told(room)}")
    return Exit.HOLDS


@archive.command(name="list")
@data_option
@as_json_option
def listed(data_folder: Path | None, as_json: bool) -> int:
    """列出正文已移出账本的年份、所在的文件夹、是否在原处"""
    from ledger.archive import MANIFEST
    from ledger.stores.cold import found_here

    with _said(), opened(data_folder) as register:
        places = register.ledger.store.archives()
    body = [{"year": one.year, "first": one.first, "last": one.last, "folder": str(found_here(one)),
             "is_there": (found_here(one) / MANIFEST).is_file()} for one in places]
    if as_json:
        click.echo(json.dumps(body, ensure_ascii=False))
        return Exit.HOLDS
    for one in body:
        mark, said = ("✓", "") if one["is_there"] else ("✗", "，不在那里：放回原处，或 xueshi archive relocate 文件夹")
        click.echo(f"{mark} {one['year']} 年，第 {one['first']:,} 至 {one['last']:,} 个事件：{one['folder']}{said}")
    if not body:
        click.echo("没有移出正文的年份：所有事件都在账本中。")
    return Exit.HOLDS if all(one["is_there"] for one in body) else Exit.REFUSED


def _told(room: Room) -> str:
    if room.after < room.before:
        return f"账本在磁盘上由 {room.before:,} 字节减为 {room.after:,} 字节。"
    return f"账本在磁盘上占 {room.after:,} 字节，没有变小：腾出的空间留给新的登记。"


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
    from api.terminal.unreadable import reason
    from ledger.archive import NotArchived
    from ledger.copies.archive_moving import OtherArchive
    from ledger.copies.archive_writing import YearEmpty, YearOpen
    from ledger.stores.recorder import CannotMove

    try:
        yield
    except (YearEmpty, YearOpen, NotArchived, CannotMove, OtherArchive) as error:
        raise Stop(Exit.BAD_INPUT, error.code, str(error)) from error
    except OSError as error:
        raise Stop(Exit.WORLD_IS_WRONG, "archive_unwritable", f"写不了或读不了归档的文件（{reason(error)}）",
                   "请核对文件夹、权限和磁盘空间") from error
