"""`xueshi serve`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--data", "data_folder", type=click.Path(path_type=Path), help="数据文件夹（默认 ./data）")
@click.option("--host", "listen_host", help="监听地址（默认 127.0.0.1，只限本机）")
@click.option("--port", "listen_port", type=click.IntRange(0, 65535), help="监听端口（默认 8040；0 表示任选）")
def serve(data_folder: Path | None, listen_host: str | None, listen_port: int | None) -> None:
    """启动服务，并说明访问地址"""
    from api.serve import serve as run
    from api.settings import load

    options = {"data_folder": data_folder, "listen_host": listen_host, "listen_port": listen_port}
    settings = load(options)

    def announce(address: str) -> None:
        click.echo(f"学时账已启动：{address}")
        click.echo(f"数据文件夹：{settings.data_folder}　状态：{address}/readyz　停止：Ctrl-C")

    run(settings, announce)
