"""`xueshi serve`: fills an empty register with the sample where that is asked for, then starts the service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.listening import listen_options, place

if TYPE_CHECKING:
    from api.settings import Settings


@click.command()
@click.option("--data", "data_folder", type=click.Path(path_type=Path), help="数据文件夹（默认 ./data）")
@listen_options(8040)
@click.option("--sample", is_flag=True, help="账本为空时，先写入虚构的历史和示例人员")
def serve(
    data_folder: Path | None, listen_host: str | None, listen_port: int | None, listen: str | None, sample: bool
) -> None:
    """启动服务，并说明访问地址"""
    from api.serve import serve as run
    from api.settings import load

    where = place(listen, listen_host, listen_port)
    options = {"data_folder": data_folder, "listen_host": where.host, "listen_port": where.port}
    settings = load(options)
    if sample:
        settings = _with_sample(settings, options)

    def announce(address: str) -> None:
        for line in _words(address, settings.data_folder):
            click.echo(line)

    run(settings, announce)


def _with_sample(settings: Settings, options: dict[str, Any]) -> Settings:
    """Fill an empty register; the history has a log of its own name, so the settings are read again."""
    from api.sample import begin
    from api.serve import seed
    from api.settings import load
    from api.terminal.progress import bar

    with bar("写入虚构的历史（天）") as progress:
        has_history = begin(settings, progress)
    if has_history:
        settings = load(options)
    seed(settings, upon_history=has_history)
    return settings


def _words(address: str, folder: Path) -> Iterator[str]:
    from api.register.folder import Folder
    from api.register.home import strange
    from api.sample import shown
    from projections.statement.columns import fill, width

    yield f"学时账已启动：{address}"
    if (accounts := Folder(folder).sample_accounts).exists():
        yield f"登录：{address}/login　示例账号（虚构），把令牌粘贴到登录页；全部在 {accounts}"
        told = list(shown(accounts))
        wide = [max((width(one[at]) for one in told), default=0) for at in (0, 1)]
        yield from (f"  {fill(role, wide[0])}  {fill(name, wide[1])}  {token}" for role, name, token in told)
    if copied := strange(Folder(folder)):
        yield f"⚠ {copied}。请先查明那里是否还在服务；确已停用的，运行 xueshi log served-here。"
    yield f"数据文件夹：{folder}　状态：{address}/readyz　停止：Ctrl-C"
