"""`xueshi backup`: copy a register as it stands, served or not; or check a copy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.options import as_json_option, data_option
from api.terminal.exits import Exit, Stop

if TYPE_CHECKING:
    from api.keeping.backup import Checked
    from ledger.copies.manifest import Manifest


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@data_option
@as_json_option
@click.option("--check", "is_check", is_flag=True, help="不备份，检查该文件夹中的备份：摘要、日志、检查点")
def backup(folder: Path, data_folder: Path | None, as_json: bool, is_check: bool) -> int:
    """把整个登记簿备份到一个新文件夹，服务运行时也可；或检查一份备份

    备份中没有任何密钥：密钥须另行备份，另处存放。两者合在一起才能读出个人信息。
    """
    from api.doctor.archive_check import archives_of
    from api.keeping.backup import back_up, check
    from api.register import last_done
    from api.register.folder import folder_of
    from api.settings import load
    from api.terminal.progress import bar

    settings = load({"data_folder": data_folder})
    if is_check and not folder.is_dir():
        raise Stop(Exit.BAD_INPUT, "folder_absent", f"没有文件夹 {folder}", "请核对路径，或先接上存放备份的磁盘")
    if is_check:
        found = check(folder, settings, lambda words: bar(words, quiet=as_json))
        return _tell_check(folder, found, as_json)
    with bar("备份", quiet=as_json) as progress:
        manifest = back_up(settings, folder, progress)
    last_done.note(folder_of(settings), "backup", size=manifest.ledger.size, holds=True)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), **_body(manifest)}, ensure_ascii=False))
        return Exit.HOLDS
    signed = manifest.ledger.signed
    assert signed is not None, "a backup holds a checkpoint"
    click.echo(f"✓ 已备份到 {folder}（{len(manifest.files)} 个文件，{manifest.room:,} 字节）。")
    click.echo(f"  账本 {manifest.ledger.origin}：{manifest.ledger.size} 个事件，根 {manifest.ledger.root}")
    click.echo(f"  其中 {signed.size} 个由检查点签名；查阅日志 {manifest.access.size} 个事件。")
    for place in archives_of(settings):
        click.echo(f"  {place.year} 年的正文在归档 {place.folder} 中，不在备份里：请另行备份；核对和恢复时它须在原处。")
    click.echo("  备份中没有密钥：请另行备份 keys，另处存放。核对这一份：xueshi backup --check " + str(folder))
    return Exit.HOLDS


def _body(manifest: Manifest) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(manifest.written())
    return body


def _tell_check(folder: Path, found: Checked, as_json: bool) -> int:
    if as_json:
        body = {"folder": str(folder), "holds": found.holds, "problems": found.problems,
                "is_signature_checked": found.is_signature_checked, **_body(found.manifest)}
        click.echo(json.dumps(body, ensure_ascii=False))
        return Exit.HOLDS if found.holds else Exit.REFUSED
    if not found.holds:
        for problem in found.problems:
            click.echo(f"✗ {problem.rstrip('。')}。")
        raise Stop(Exit.REFUSED, "backup_damaged", f"{folder} 中的备份不完好", "请换用另一份；这一份请保留，不要改动")
    manifest = found.manifest
    click.echo(f"✓ {folder} 完好：{manifest.made_at} 所作，{len(manifest.files)} 个文件的摘要相符。")
    if manifest.store == "sqlite":
        click.echo(f"  账本逐条重读：{manifest.ledger.size} 个事件，根与清单和检查点一致。")
    else:
        click.echo("  日志在 PostgreSQL 的转储中，恢复时逐条重读。")
    click.echo("  检查点的签名已用此处的公钥核对。" if found.is_signature_checked
               else "  没有公钥，签名未核对：可用 --data 指定有密钥的数据文件夹。")
    return Exit.HOLDS
