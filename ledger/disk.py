"""When the disk says no: the same words for a file that cannot be read or written, whoever comes upon it.

Stores, vault and signer say in their own words what a failing disk means for them. Everything else that touches a file
meets the same few causes; they are told here and caught at the doors, so that a full disk is never called a bug.

`tests/ledger/test_disk.py` and `tests/faults/` show it.
"""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from ledger.errors import LedgerError

_CAUSES: Final = {
    errno.EIO: "磁盘读写出错",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超出磁盘配额",
    errno.EFBIG: "超出文件大小的上限",
    errno.EROFS: "文件系统是只读的",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EMFILE: "本进程打开的文件过多",
    errno.ENFILE: "本机打开的文件过多",
    errno.ESTALE: "网络盘已断开",
    errno.ENODEV: "磁盘已不在",
    errno.ENXIO: "磁盘已不在",
}
_OF_SQLITE: Final = {
    sqlite3.SQLITE_IOERR: "磁盘读写出错",
    sqlite3.SQLITE_FULL: "磁盘已满",
    sqlite3.SQLITE_READONLY: "文件或文件系统是只读的",
    sqlite3.SQLITE_PERM: "没有权限",
    sqlite3.SQLITE_CANTOPEN: "打不开文件",
    sqlite3.SQLITE_BUSY: "另一进程长时间占用",
    sqlite3.SQLITE_LOCKED: "另一进程长时间占用",
    sqlite3.SQLITE_CORRUPT: "文件已损坏",
    sqlite3.SQLITE_NOTADB: "文件已损坏",
}


class DiskFailed(LedgerError):
    """A file could not be read or written: the disk, the room on it, or the right to it."""

    code = "disk_failed"

    def __init__(self, cause: str, path: str | None = None) -> None:
        self.path = path
        what = "数据文件夹中的一个文件"
        told = (
            f"无法读写 {what}（{cause}）。已确认的登记不受影响，本次是否写入尚不确定。请检查磁盘空间、权限，"
            "以及是否以只读方式挂载；排除后以同一个 Idempotency-Key 或同样的命令重试，已写入的会得到原来的答复。"
        )
        super().__init__(told if path is None else told.replace(what, path))
        self.told = told


def disk_failure(error: BaseException) -> DiskFailed | None:
    """Say that the disk is what an error comes from; None where it is not."""
    if isinstance(error, OSError) and error.errno in _CAUSES:
        return DiskFailed(_CAUSES[error.errno], None if error.filename is None else str(error.filename))
    if isinstance(error, sqlite3.Error):
        cause = _OF_SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        return None if cause is None else DiskFailed(cause)
    return None
