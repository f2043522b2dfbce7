"""`xueshi serve`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click


@click.command()
@click.option("--data", "data_folder", type=click.Path(path_type=Path), help="数据文件夹（默认 ./data）")
@click.option("--host", "listen_host", help="监听地址（默认 127.0.0.1，只限本机）")
@click.option("--port", "listen_port", type=click.IntRange(0, 65535), help="监听端口（默认 8040；0 表示任选）")
@click.option("--sample", is_flag=True, help="账本为空时，先登记虚构的示例人员和学时")
def serve(data_folder: Path | None, listen_host: str | None, listen_port: int | None, sample: bool) -> None:
    """启动服务，并说明访问地址"""
    from api.serve import seed
    from api.serve import serve as run
    from api.settings import load

    options = {"data_folder": data_folder, "listen_host": listen_host, "listen_port": listen_port}
    settings = load(options)
    if sample:
        seed(settings)

    def announce(address: str) -> None:
        for line in _words(address, settings.data_folder):
            click.echo(line)

    run(settings, announce)


def _words(address: str, folder: Path) -> Iterator[str]:
    from api.register import Folder

    yield f"学时账已启动：{address}"
    if (accounts := Folder(folder).sample_accounts).exists():
        yield f"示例账号和令牌：{accounts}　登录：{address}/login"
    yield f"数据文件夹：{folder}　状态：{address}/readyz　停止：Ctrl-C"
