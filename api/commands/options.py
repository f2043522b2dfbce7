"""Options that several commands share, and the register they open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from api.register.register import Register

data_option = click.option(
    "--data", "data_folder", type=click.Path(path_type=Path, file_okay=False), help="数据文件夹（默认 ./data）"
)
as_json_option = click.option("--json", "as_json", is_flag=True, help="输出 JSON")


@contextmanager
def opened(data_folder: Path | None) -> Iterator[Register]:
    """Open the register that the settings name, and close it whatever happens."""
    from api.register.register import open_register
    from api.settings import load

    register = open_register(load({"data_folder": data_folder}))
    try:
        yield register
    finally:
        register.close()
