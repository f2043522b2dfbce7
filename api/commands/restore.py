"""`xueshi restore`: put a backup in place, and say plainly what it can and cannot do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.options import as_json_option, data_option
from api.terminal.exits import Exit, Stop

if TYPE_CHECKING:
    from api.keeping.restore import Restored, RestoredLog

_NAMES = {"ledger": "账本", "access": "查阅日志"}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@data_option
@as_json_option
@click.option("--checkpoint", "checkpoints", multiple=True, type=click.Path(path_type=Path, dir_okay=False),
              help="外人手中的检查点文件，可给多个：恢复后须延续其中最大的一个")
@click.option("--replace", is_flag=True, help="数据文件夹里有账本时以备份代替；现有的移到一旁（set-aside），不删除")
@click.option("--with-operations", is_flag=True,
              help="连同令牌和会话一起恢复（备份之后收回的令牌会重新有效，默认不恢复）")
def restore(
    folder: Path, data_folder: Path | None, as_json: bool, checkpoints: tuple[Path, ...], replace: bool,
    with_operations: bool,
) -> int:
    """核验一份备份并放到位：全部通过才动数据文件夹，中断可再运行

    恢复后的账本须延续已公布的检查点，否则只供查询和核验，不登记也不签发。
    """
    from api.keeping.restore import restore as put_in_place
    from api.settings import load
    from api.terminal.progress import bar
    from ledger.copies.restore import RestoreRefused

    settings = load({"data_folder": data_folder})
    try:
        done = put_in_place(
            settings, folder, checkpoints=checkpoints, replace=replace, with_operations=with_operations,
            bar=lambda words: bar(words, quiet=as_json),
        )
    except RestoreRefused as error:
        if as_json:
            click.echo(json.dumps({"restored": False, "problems": list(error.problems)}, ensure_ascii=False))
            return Exit.REFUSED
        for problem in error.problems:
            click.echo(f"✗ {problem.rstrip('。')}。")
        cure = "请换用另一份备份；这一份请保留，不要改动"
        raise Stop(Exit.REFUSED, error.code, "未恢复，数据文件夹没有改动", cure) from error
    if as_json:
        click.echo(json.dumps(_body(done), ensure_ascii=False))
    else:
        for line in _words(done):
            click.echo(line)
    return Exit.HOLDS


def _body(done: Restored) -> dict[str, Any]:
    logs = {
        log.name: {
            "size": log.size, "root": log.root, "standing": log.standing, "missing": log.missing,
            "seen": None if log.seen is None else {"origin": log.seen.origin, "size": log.seen.size},
            "is_signature_checked": log.is_signature_checked,
        }
        for log in done.logs
    }
    return {
        "restored": True, "made_at": done.made_at, "logs": logs, "rulebooks": done.rulebooks,
        "forgotten": done.forgotten, "destroyed_again": done.destroyed_again,
        "has_keys": done.has_keys, "has_operations": done.has_operations,
        "lacks_keys": done.lacks_keys,
        "schemas_aside": list(done.schemas_aside),
        "set_aside": None if done.aside is None else str(done.aside), "is_finished_only": done.is_finished_only,
    }


def _words(done: Restored) -> Iterator[str]:
    begin = "上次中断的恢复已完成" if done.is_finished_only else "已恢复"
    yield f"✓ {begin}：{done.made_at} 的备份。"
    for log in done.logs:
        yield f"  {_NAMES[log.name]}：{log.size} 个事件，根 {log.root}"
    yield f"  细则 {done.rulebooks} 份；投影将在下次启动时从账本重建。"
    if done.forgotten:
        yield f"  {done.forgotten} 人的密钥在备份之后已销毁：其保留名称没有恢复，已忘记的不会回来。"
    if done.destroyed_again:
        yield f"  账本记载已销毁、密钥库里却还有的 {done.destroyed_again} 把密钥已重新销毁，没有一把回来。"
    if done.aside is not None:
        yield f"  原有的文件移到了 {done.aside}，没有删除。"
    if done.schemas_aside:
        yield f"  数据库中原有的改名为 {'、'.join(done.schemas_aside)}，没有删除。"
    if not done.has_operations:
        yield "  令牌和会话没有恢复：备份之后收回的令牌会重新有效。确要恢复，请加 --with-operations。"
    if not done.has_keys:
        yield "⚠ 此处没有密钥：请先从密钥备份恢复 keys，账本才能打开。不要新建密钥。"
    if done.lacks_keys:
        yield ("⚠ 密钥库缺少账本中一部分人的密钥，可能比账本旧：他们的个人信息读不出，证明不受影响。"
               "请找较新的密钥备份（xueshi keys restore）。")
    if not all(log.is_signature_checked for log in done.logs):
        yield "⚠ 此处没有签名密钥，检查点的签名未核对；恢复密钥后请运行 xueshi fsck。"
    for log in done.logs:
        yield from _standing(log)


def _standing(log: RestoredLog) -> Iterator[str]:
    if log.seen is None or log.standing == "current":
        if log.seen is not None:
            yield f"✓ {_NAMES[log.name]}延续了所知最大的检查点（{log.seen.size} 条），可以登记和签发。"
        return
    if log.standing == "behind":
        yield (f"⚠ {_NAMES[log.name]}是较旧的副本：已公布的检查点有 {log.seen.size} 条，这里只有 {log.size} 条，"
               f"缺少 {log.missing} 个已公布的事件。")
    else:
        yield f"⚠ {_NAMES[log.name]}在 {log.seen.size} 条处的根与已公布的不同：这是另一段历史，永远无法补齐。"
    if log.name == "access":
        yield "  谁查阅了什么照常记录，但不签发检查点；出路与账本相同。"
        return
    yield "  照常：查询、待办、已有事件的证明；已发出的登记情况表仍可离线核验。"
    yield "  拒绝：一切新的登记和办理（503 log_" + log.standing + "）、签发检查点，直到问题解决。"
    if log.standing == "behind":
        yield f"  出路一：找到不少于 {log.seen.size} 条的备份，运行 xueshi restore 该备份 --replace。"
        yield "  出路二：确实找不回时，以新的名称继续：xueshi log continue-as 新名称。旧名称从此不再签发。"
    else:
        yield "  出路一：找回公布过的那一本的备份，运行 xueshi restore 该备份 --replace。"
        yield "  出路二：确实找不回时，以新的名称继续：xueshi log continue-as 新名称。旧名称从此不再签发。"
