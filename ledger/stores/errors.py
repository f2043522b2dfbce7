"""What can be wrong with a store before anything is asked of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ledger.errors import LedgerError

_HEADER_BYTES: Final = 512  # The smallest page that SQLite knows.


class NotALedger(LedgerError):
    """The file is something else."""

    code = "not_a_ledger"

    def __init__(self, path: Path, *, application_id: int) -> None:
        self.path, self.application_id = path, application_id
        super().__init__(
            f"{path} 不是学时账数据库（application_id {application_id:#x}）。请核对数据文件夹；该文件未被改动。"
        )


class OtherSchema(LedgerError):
    """The file is a ledger whose tables are of another version."""

    code = "ledger_of_other_version"

    def __init__(self, path: Path, *, version: int, expected: int) -> None:
        self.path, self.version, self.expected = path, version, expected
        cure = "请升级本程序后再打开"
        if version < expected:
            cure = "1.0 之前的格式不作转换：请用建立它的程序版本打开或导出"
        super().__init__(
            f"{path} 是另一格式的学时账数据库（格式版本 {version}，本程序使用 {expected}），未被改动。{cure}。"
        )


class Unreadable(LedgerError):
    """The file cannot be opened or read."""

    code = "store_unreadable"

    def __init__(self, path: Path, cause: BaseException) -> None:
        self.path, self.cause = path, cause
        super().__init__(
            f"无法打开 {path}（{cause}）。请检查该文件夹是否存在、是否可写、磁盘是否已满；"
            "若文件被截断或损坏，请保留原件作为证据，并从备份恢复。"
        )


def is_cut_off(path: Path) -> bool:
    """Say whether SQLite would take a cut-off database for a new one, and throw its journal away."""
    size = path.stat().st_size if path.is_file() else 0
    journal = path.with_name(path.name + "-wal")
    return 0 < size < _HEADER_BYTES or (size == 0 and journal.is_file() and journal.stat().st_size > 0)


class AbsentTile(LedgerError):
    """A tile that the log does not have, or not so wide."""

    code = "tile_absent"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"日志中没有 {path}：它还没有长到这么大，或宽度写错。请从最新的检查点算出应有的瓦片。")
