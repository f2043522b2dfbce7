"""Why a file cannot be read, in Chinese, before a command opens it for what it should hold.

`tests/api/test_check_commands.py` shows it.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

from api.terminal.exits import Exit, Stop

_REASONS: Final = {
    errno.ENOENT: "文件不存在",
    errno.ENOTDIR: "文件不存在",
    errno.EISDIR: "是文件夹，不是文件",
    errno.EACCES: "当前用户没有读取权限",
    errno.EPERM: "当前用户没有读取权限",
    errno.EIO: "磁盘读取出错",
    errno.ENAMETOOLONG: "文件名过长",
    errno.ENXIO: "是套接字或已不在的设备，不是文件",
    errno.ELOOP: "链接绕回了自己",
}


def reason(error: OSError) -> str:
    """Say why, with the system's own name for a rare one."""
    return _REASONS.get(error.errno or 0) or f"系统错误 {errno.errorcode.get(error.errno or 0, '不明')}"


def demand_readable(path: Path, *, status: Exit, code: str, cure: str) -> None:
    """See that a file is there and can be read; a folder's name opens, so a byte is read."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise Stop(status, code, f"读不出 {path}（{reason(error)}）", cure) from error
