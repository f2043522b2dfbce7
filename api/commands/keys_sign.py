"""`xueshi keys sign-with-new`, `retire` and `learn`: one signing key takes the place of another in the open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from api.commands.files import read_bytes
from api.commands.keys_show import LOGS
from api.commands.options import data_option
from api.terminal.exits import Exit, Stop

log_option = click.option(
    "--log", "name", type=click.Choice(list(LOGS)), default="ledger", help="账本（ledger，默认）或查阅日志（access）"
)


@click.command("sign-with-new")
@data_option
@log_option
def sign_with_new(data_folder: Path | None, name: str) -> None:
    """加入一把新的签名密钥：此后每个检查点由新旧两把同时签名（服务不必停）"""
    from ledger.proof.keys import format_vkey
    from ledger.signing.rotation import sign_with_new as add

    keys, origin = _keys_of(data_folder, name)
    with _telling(keys):
        new = add(keys, origin, name=name)
    click.echo(f"✓ {LOGS[name]}的新签名密钥 {new.key_id.hex()} 已加入，下一个检查点起与原有的同时签名。")
    click.echo(f"  公钥：{format_vkey(new)}")
    click.echo(f"  请立即另存一份 {keys}/{name}.signing.key，公布新公钥和 {keys}/{name}.succession。")
    click.echo("  各方取得两把同签的检查点之后，用 xueshi keys retire 停用旧的一把。")


@click.command()
@click.argument("key_id", metavar="KEYID")
@data_option
@log_option
@click.option("--compromised", "is_compromised", is_flag=True, help="私钥已泄露：只由它签名的文件，外人不应再采信")
def retire(key_id: str, data_folder: Path | None, name: str, is_compromised: bool) -> None:
    """停用一把签名密钥；须先公布过新旧两把同签的检查点

    公钥仍保留，用以核验它签过的一切。编号见 xueshi keys show。
    """
    from ledger.signing.rotation import RotationRefused
    from ledger.signing.rotation import retire as take_out

    keys, origin = _keys_of(data_folder, name)
    with _telling(keys):
        try:
            take_out(keys, origin, key_id, name=name, is_compromised=is_compromised)
        except RotationRefused as error:
            raise Stop(Exit.REFUSED, error.code, str(error)) from error
    click.echo(f"✓ {LOGS[name]}的签名密钥 {key_id} 已停用，公钥保存在 {keys}/{name}.former。")
    if is_compromised:
        click.echo("  已声明泄露：/log/key 不再列出它。请公告停用；持有只由它签名的文件的人，请重新取得文件。")
    else:
        click.echo("  它签过的文件仍可核验：/log/key 继续列出它。")
    click.echo(f"  请公布 {keys}/{name}.succession，并销毁私钥的其他副本。")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--key", "vkeys", required=True, multiple=True, help="已信任的公钥（vkey 一行，可给多个）")
def learn(file: Path, vkeys: tuple[str, ...]) -> None:
    """凭已信任的公钥，从密钥交替文件得知此后的公钥，一行一个，可存成文件供 xueshi verify --key 使用

    FILE 是登记机构公布的密钥交替文件（ledger.succession，也可从 /log/key/succession 取得）。不用账本，不联网。
    """
    from ledger.errors import LedgerError
    from ledger.proof.keys import format_vkey, parse_vkey
    from ledger.signing.rotation import follow

    try:
        believed = follow(read_bytes(file), *(parse_vkey(line) for line in vkeys))
    except LedgerError as error:
        raise Stop(Exit.BAD_INPUT, error.code, str(error)) from error
    if not believed:
        cure = "请向登记机构索取新的公钥，并用另一途径核对"
        raise Stop(Exit.REFUSED, "key_compromised", "所信任的公钥已声明泄露，没有可由它得知的公钥", cure)
    for key in believed:
        click.echo(format_vkey(key))


def _keys_of(data_folder: Path | None, name: str) -> tuple[Path, str]:
    from api.register.folder import folder_of
    from api.register.register import ACCESS
    from api.settings import load

    settings = load({"data_folder": data_folder})
    return folder_of(settings).keys, settings.origin + (ACCESS if name == "access" else "")


@contextmanager
def _telling(keys: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"无法写入 {keys}（{error.strerror}），签名密钥没有更换完"
        raise Stop(Exit.WORLD_IS_WRONG, "keys_unwritable", message, "请检查该文件夹，再运行一次") from error
