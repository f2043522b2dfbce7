"""`xueshi export`: the register in a form that other programs read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from api.commands.options import as_json_option, data_option, opened
from api.terminal.exits import Exit, Stop

if TYPE_CHECKING:
    from api.register.register import Register
    from projections.parquet.folder import Progress

STEPS: Final = {
    "follow": "投影追上账本", "read": "读取全部记录", "decided": "读取认定", "entries": "写出记录",
    "coded": "写出编码账",
}
_HIDDEN: Final = ".xueshi-export-"
_WAIT_MS: Final = 60_000
_TOLD_MOST: Final = 20


@click.group()
def export() -> None:
    """导出登记簿，供其他程序读取：Parquet，各列附中文说明"""


@export.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--as-of", "as_of", help="截至何时所知：事件位置、带时区的时间或日期（默认到现在）")
@click.option("--check", "is_check", is_flag=True, help="核对一份导出：各文件的摘要，并从账本另作一份逐一比较")
@data_option
@as_json_option
def parquet(folder: Path, as_of: str | None, is_check: bool, data_folder: Path | None, as_json: bool) -> int:
    """导出为 Parquet：学时记录按年度，编码账按人员分片，各列附中文说明

    只含编号，不含姓名、证件号码和任何密封的内容。不写入账本，服务运行时也可用。同一账本、同一位置得同样的字节；
    整个文件夹写完才出现，中途停止则什么也不留下。
    """
    with _said():
        return _exported(folder, as_of, data_folder, is_check=is_check, as_json=as_json)


@contextmanager
def _said() -> Iterator[None]:
    """What is wrong with the world or with a question, as a command says it."""
    from policies.errors import RulebookError
    from projections import errors

    bad_input = (errors.AsOfBeforeLedger, errors.AsOfInFuture, errors.AsOfMalformed)
    try:
        yield
    except (errors.ProjectionError, RulebookError) as error:
        status = Exit.BAD_INPUT if isinstance(error, bad_input) else Exit.WORLD_IS_WRONG
        raise Stop(status, error.code, str(error)) from error
    except OSError as error:
        raise Stop(Exit.WORLD_IS_WRONG, "export_unwritable", f"写不了或读不了导出的文件（{error.strerror}）",
                   "请核对文件夹、权限和磁盘空间") from error


def _exported(folder: Path, as_of: str | None, data_folder: Path | None, *, is_check: bool, as_json: bool) -> int:
    from api.commands.beside import beside
    from ledger.arrow import arrow

    if is_check:
        if as_of is not None:
            raise click.UsageError("--check 按导出所记的位置核对，不另写 --as-of")
        return _check(folder, data_folder, as_json=as_json)
    if folder.exists():
        raise Stop(Exit.BAD_INPUT, "export_taken", f"{folder} 已存在", "请另选文件夹；已有的不会被覆盖")
    parent = folder.absolute().parent
    if not parent.is_dir():
        raise Stop(Exit.BAD_INPUT, "export_unusable", f"没有文件夹 {parent}", "请先建立，或另选")
    arrow()  # Before anything is read.
    with opened(data_folder) as register, beside(parent, _HIDDEN) as made, _steps(quiet=as_json) as progress:
        told = _made(register, as_of, None, made, progress)
        made.rename(folder)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), **_summary(told)}, ensure_ascii=False))
        return Exit.HOLDS
    click.echo(f"✓ 已导出到 {folder}：{told['people']:,} 人，{told['entries']:,} 条记录，{len(told['files'])} 个文件，"
               f"截至事件 {told['as_of']}。")
    click.echo(f"  日志的根 {told['root']}。核对：xueshi export parquet {folder} --check")
    return Exit.HOLDS


def _summary(told: dict[str, Any]) -> dict[str, Any]:
    return {**{name: told[name] for name in ("as_of", "root", "people", "entries")}, "files": len(told["files"])}


def _made(register: Register, as_of: str | None, buckets: int | None, made: Path, progress: Progress) -> dict[str, Any]:
    """Write an export of the register into an empty folder; gives its manifest."""
    from api.law_of import Library
    from policies.archive import Archive
    from projections.answers import Answers
    from projections.basis import read_axes
    from projections.books import Books
    from projections.catching_up import catch_up
    from projections.parquet.folder import BUCKETS, Asked
    from projections.parquet.folder import export as written
    from projections.replay.store import open_coded

    ledger, answers_folder = register.ledger, register.folder.projections
    catch_up(ledger, answers_folder, partial(progress, "follow"))
    library = Library(Archive(register.folder.rulebooks))
    answers = Answers(ledger, answers_folder, book=library.book, now=lambda: time.time_ns() // 1_000)
    answers.wait_for(ledger.store.size(), _WAIT_MS)
    basis = answers.basis(read_axes(as_of, None, "then"))
    books = Books(library.book)
    law = books.seat(tuple(one.digest for one in basis.rulebooks)).bench.law
    kept = open_coded(answers_folder, ledger, lambda done, total: progress("read", done, total))
    asked = Asked(register.signer.origin, basis.as_of, ledger.store.frontier(basis.as_of).root(), law, basis.rulebooks,
                  buckets or BUCKETS)
    return written(asked, kept.held, answers_folder, made, progress)


def _check(folder: Path, data_folder: Path | None, *, as_json: bool) -> int:
    import tempfile

    from ledger.arrow import arrow
    from projections.parquet.folder import altered, compare, read_manifest

    arrow()
    told = read_manifest(folder)
    with opened(data_folder) as register, tempfile.TemporaryDirectory(prefix=_HIDDEN) as name:
        found = altered(folder, told)
        if told["as_of"] > register.ledger.store.size():
            size = register.ledger.store.size()
            found.append(f"manifest.json 的 as_of 为 {told['as_of']:,}，账本只有 {size:,} 个事件")
        elif told["root"] != register.ledger.store.frontier(told["as_of"]).root().hex():
            found.append("manifest.json 的 root 不是本账本在该位置的根：这是另一本账的导出，或被改动过")
        if not found:
            with _steps(quiet=as_json) as progress:
                fresh = _made(register, str(told["as_of"]), told["buckets"], Path(name), progress)
            found = compare(folder, told, Path(name), fresh)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "holds": not found, "differ": found, **_summary(told)},
                              ensure_ascii=False))
    elif found:
        for line in found[:_TOLD_MOST]:
            click.echo(f"✗ {line}")
        if len(found) > _TOLD_MOST:
            click.echo(f"  另有 {len(found) - _TOLD_MOST:,} 处")
    else:
        many = f"{told['people']:,} 人、{told['entries']:,} 条记录"
        click.echo(f"✓ {folder} 与账本相符：{many}逐一相同，截至事件 {told['as_of']}。")
    return Exit.REFUSED if found else Exit.HOLDS


@contextmanager
def _steps(*, quiet: bool) -> Iterator[Progress]:
    """A bar for each step, one after the other."""
    from api.terminal.progress import bar

    with ExitStack() as stack:
        now: dict[str, Any] = {}

        def told(step: str, done: int, total: int) -> None:
            if step not in now:
                stack.close()
                now.clear()
                now[step] = stack.enter_context(bar(STEPS[step], quiet=quiet))
            now[step](done, total)

        yield told
