"""`xueshi config`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from api.commands.options import as_json_option, data_option


@click.group()
def config() -> None:
    """查看设置及其来源"""


@config.command()
@data_option
@as_json_option
def show(data_folder: Path | None, as_json: bool) -> None:
    """逐项列出设置的值和来源，密钥以星号代替"""
    from api.settings import load, shown

    lines = list(shown(load({"data_folder": data_folder})))
    if as_json:
        body = {each.name: {"value": each.value, "source": each.source} for each in lines}
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))
        return
    wide_name = max(len(each.name) for each in lines)
    wide_value = max(len(str(each.value)) for each in lines)
    for each in lines:
        value = str(each.value).lower() if isinstance(each.value, bool) else str(each.value)
        click.echo(f"{each.name:<{wide_name}}  {value:<{wide_value}}  {each.source}  # {each.text}")
