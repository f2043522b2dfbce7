"""`xueshi init`."""

from __future__ import annotations

from pathlib import Path

import click

from api.commands.options import data_option


@click.command()
@data_option
def init(data_folder: Path | None) -> None:
    """建立数据文件夹、密钥和一本空账"""
    from api.register.folder import folder_of
    from api.register.register import is_there, open_register
    from api.settings import load

    settings = load({"data_folder": data_folder})
    is_new = not is_there(settings)
    open_register(settings, create=True).close()
    state = "已建立在" if is_new else "早已建立在"
    where = "数据库中" if settings.database else f" {settings.data_folder}"
    click.echo(f"账本 {settings.origin} {state}{where}。请把 {folder_of(settings).keys} 另行备份。")
