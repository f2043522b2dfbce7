"""The library that reads and writes Parquet, which only those install who want columns.

`tests/api/test_export_command.py` shows what is said where it is not.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ledger.errors import LedgerError


class ArrowMissing(LedgerError):
    """pyarrow is not installed: all that has nothing to do with Parquet goes on without."""

    code: ClassVar[str] = "pyarrow_missing"

    def __init__(self) -> None:
        super().__init__(
            "写出和读取 Parquet 需要 pyarrow，本机没有。请在程序的文件夹里执行 make install EXTRAS=columns"
            "（用 pip 安装的：pip install 'xueshi-ledger[columns]'）。")


def arrow() -> Any:
    """The library with its Parquet, or what to do; raises ArrowMissing."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ArrowMissing from error
    return pyarrow
