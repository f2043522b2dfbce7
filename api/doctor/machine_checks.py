"""What this machine must offer: a Python, a disk that keeps what is written, a port, fonts.

`tests/api/test_doctor.py` shows it.
"""

from __future__ import annotations

import errno
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.doctor.checks import Answer, Check, Level
from api.doctor.clock_checks import clock
from api.settings import Settings
from ledger.vocabulary import LOCAL

SQLITE_LEAST: Final = (3, 37, 0)    # STRICT tables.
DISK_FAIL_MB: Final = 100
DISK_WARN_MB: Final = 2_000
_TRIED: Final = bytes(64 * 1024)
"""As much as a commit writes: pages of the log and of its indexes."""

OPTIONAL: Final = {
    "go": ("用 Go 的官方实现核对本账的签名和证明（测试用）", "apt-get install golang-go golang-golang-x-mod-dev"),
    "strace": ("在测试中模拟磁盘故障", "apt-get install strace"),
}


def machine_checks(settings: Settings) -> list[Check]:
    """Everything that can be asked of a machine before the service starts."""
    return [
        Check("python", python),
        *ready_checks(settings),
        Check("sqlite", sqlite),
        Check("wal", partial(wal, settings.data_folder)),
        Check("time_zone", time_zone),
        Check("port", partial(port, settings.listen_host, settings.listen_port)),
        Check("fonts", fonts),
        *(Check(f"tool:{name}", partial(tool, name)) for name in OPTIONAL),
    ]


def ready_checks(settings: Settings) -> list[Check]:
    """What can go wrong while the service runs."""
    return [
        Check("folder", partial(folder, settings.data_folder)),
        Check("disk", partial(disk, settings.data_folder)),
        Check("clock", partial(clock, settings.data_folder)),
    ]


def python() -> Answer:
    """Which one runs; an older one than 3.11 does not get this far."""
    return Level.OK, f"Python {'.'.join(map(str, sys.version_info[:3]))}", ""


def folder(path: Path) -> Answer:
    """Writable, or not there yet and creatable."""
    home = _nearest_existing(path)
    if path.exists() and not path.is_dir():
        return Level.FAIL, f"{path} 不是文件夹", "换一个数据文件夹：XUESHI_DATA_FOLDER=路径"
    try:
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(_TRIED)  # A quota leaves room on the disk and none in the folder.
            file.flush()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return Level.FAIL, f"{home} 写不下 {len(_TRIED) // 1024} KB", "腾出磁盘空间，或提高配额；服务会自行恢复写入"
        cure = f"执行 chown 或 chmod 使当前用户可写 {home}，或换一个数据文件夹：XUESHI_DATA_FOLDER=路径"
        return Level.FAIL, f"{home} 不可写", cure
    state = "可写" if path.exists() else "尚未建立，首次启动时建立"
    return Level.OK, f"数据文件夹 {path} {state}", ""


def disk(path: Path) -> Answer:
    """Room to write: the log only grows."""
    free_mb = shutil.disk_usage(_nearest_existing(path)).free // 1_000_000
    message = f"剩余空间 {free_mb:,} MB"
    if free_mb < DISK_FAIL_MB:
        return Level.FAIL, message, "腾出磁盘空间，或把数据文件夹移到更大的磁盘"
    if free_mb < DISK_WARN_MB:
        return Level.WARN, message, "账本只增不减，请尽早扩容"
    return Level.OK, message, ""


def sqlite() -> Answer:
    """The library's version, and that it may be used from many threads."""
    version = sqlite3.sqlite_version
    with sqlite3.connect(":memory:") as connection:
        options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    connection.close()
    if sqlite3.sqlite_version_info < SQLITE_LEAST:
        least = ".".join(map(str, SQLITE_LEAST))
        return Level.FAIL, f"SQLite {version}", f"需要 SQLite {least} 或更新的版本：换用较新的 Python 或系统"
    if "THREADSAFE=0" in options:
        return Level.FAIL, f"SQLite {version}，不支持多线程", "换用以 THREADSAFE=1 编译的 SQLite"
    if any(option.startswith("OMIT_WAL") for option in options):
        return Level.FAIL, f"SQLite {version}，没有 WAL", "换用带 WAL 的 SQLite"
    return Level.OK, f"SQLite {version}，{'THREADSAFE=1' if 'THREADSAFE=1' in options else 'THREADSAFE=2'}", ""


def wal(path: Path) -> Answer:
    """Write-ahead logging works on this very disk (on most network disks it does not), and how long a commit takes."""
    try:
        scratch = tempfile.mkdtemp(prefix=".doctor-", dir=_nearest_existing(path))
    except OSError:
        return Level.FAIL, "无法试写", "先解决 folder 一项"
    try:
        connection = sqlite3.connect(Path(scratch) / "wal.sqlite", isolation_level=None)
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                return Level.FAIL, f"此磁盘不支持 WAL（得到 {mode}）", "把数据文件夹放在本机磁盘上，不要用网络盘"
            micros = _commit_micros(connection)
        finally:
            connection.close()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if micros > 20_000:
        return Level.WARN, f"一次落盘 {micros:,} 微秒，很慢", "换用固态硬盘可提高登记速度；正确性不受影响"
    return Level.OK, f"WAL 可用，一次落盘 {micros:,} 微秒", ""


def time_zone() -> Answer:
    """The zone data of the system agree with the fixed +08:00 that legal dates are read in."""
    try:
        zone = ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        return Level.WARN, "没有时区数据", "apt-get install tzdata（法定日期按固定的 +08:00 计算，不受影响）"
    now = datetime.now(UTC)
    if now.astimezone(zone).utcoffset() != now.astimezone(LOCAL).utcoffset():
        return Level.FAIL, "系统时区数据中的 Asia/Shanghai 不是 +08:00", "更新 tzdata"
    return Level.OK, "Asia/Shanghai 为 +08:00", ""


def port(host: str, number: int) -> Answer:
    """Free to listen on."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return Level.WARN, f"{host}:{number} 已被占用", f"若是本服务正在运行则无妨；否则{port_cure(number)}"
            why = errno.errorcode.get(error.errno or 0, "?")
            return Level.FAIL, f"无法监听 {host}:{number}（{why}）", "改用 XUESHI_LISTEN_HOST 或 XUESHI_LISTEN_PORT"
    return Level.OK, f"{host}:{number} 可用", ""


def port_cure(number: int) -> str:
    """What to do about a port that somebody else holds."""
    return f"停掉占用者（ss -ltnp 'sport = :{number}' 可查），或换一个端口：xueshi serve --port {number + 1}"


def fonts() -> Answer:
    """A Chinese font for printed statements; WenQuanYi alone lacks rare name characters."""
    cure = "apt-get install fontconfig fonts-noto-cjk（打印登记情况表时才需要）"
    program = shutil.which("fc-list")
    if program is None:
        return Level.WARN, "没有 fc-list，无法查看字体", cure
    listed = subprocess.run([program, ":lang=zh", "family"], capture_output=True, text=True, timeout=10, check=False)
    families = sorted({line.split(",")[0].strip() for line in listed.stdout.splitlines() if line.strip()})
    if not families:
        return Level.WARN, "没有中文字体", cure
    if not any("CJK" in family or "Source Han" in family for family in families):
        return Level.WARN, f"中文字体 {families[0]} 缺少人名中的罕用字", cure
    return Level.OK, f"中文字体 {next(family for family in families if 'CJK' in family or 'Source Han' in family)}", ""


def tool(name: str) -> Answer:
    """A program that is not needed, with what it would be good for."""
    use, cure = OPTIONAL[name]
    where = shutil.which(name)
    return (Level.OK, f"{name}：{use}", "") if where else (Level.WARN, f"没有 {name}：{use}", cure)


def _nearest_existing(path: Path) -> Path:
    return next(each for each in (path, *path.absolute().parents) if each.is_dir())


def _commit_micros(connection: sqlite3.Connection) -> int:
    """The median of nine durable commits."""
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE scratch (value)")
    return sorted(_commits(connection, 9))[4]


def _commits(connection: sqlite3.Connection, times: int) -> Iterator[int]:
    for _ in range(times):
        begin = time.perf_counter_ns()
        connection.execute("INSERT INTO scratch VALUES (1)")
        yield (time.perf_counter_ns() - begin) // 1_000
