"""How everything stands when somebody asks: numbers of the log, its keeper, the answers, jobs, copies and the machine.

Each is read where it is kept, so that whichever process answers says the same. `tests/api/test_metrics.py` shows it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from flask import current_app
from prometheus_client.core import GaugeMetricFamily

from api.house import House
from api.register.home import set_by_s, strange
from api.register.last_done import EVERY, last
from api.sockets.lanes import Lanes
from api.upkeep import upkeep
from api.witness.telling import gauges
from ledger.clock import gap_days
from ledger.errors import LedgerError
from ledger.keys.file import copies_in
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.witnessing.kept import Kept

_PROJECTION: Final[tuple[tuple[str, str, Callable[[Mapping[str, Any]], Any]], ...]] = (
    ("position", "投影已处理到第几个事件", lambda one: one["position"]),
    ("behind_events", "投影落后多少个事件", lambda one: one["behind"]),
    ("failed", "投影停在出错的事件之前为 1", lambda one: int(one["failure"] is not None)),
    ("building", "投影正在重建为 1", lambda one: int(one["building"] is not None)),
    ("build_done_events", "重建已处理的事件数", lambda one: one["building"] and one["building"]["done"]),
    ("build_rate_events", "重建每秒处理的事件数", lambda one: one["building"] and one["building"]["rate"]),
)
_DAY_US: Final = 86_400 * 1_000_000
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Standing:
    """A collector, as the library asks for them."""

    def __init__(self, house: House, leases: Mapping[str, Callable[[], bool]]) -> None:
        self._house, self._leases = house, leases
        self._gaps: tuple[int, int] = 0, 0  # Of which day of the log's own, and how many days: looked up once a day.

    def describe(self) -> list[GaugeMetricFamily]:
        """Name nothing beforehand: else all of it would be looked up once at the start."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Look everything up. A part that cannot be read is left out, and the rest is told."""
        yield _labelled("info", "版本", "version", {version("xueshi-ledger"): 1})
        yield _labelled("lease", "本次答复的进程持有该项任务为 1", "task", {
            name: int(holds()) for name, holds in self._leases.items()})
        for part in (self._log, self._outside, self._projections, _lanes, self._jobs, self._copies, self._machine):
            with suppress(LedgerError, OSError):
                yield from part()

    def _log(self) -> Iterator[GaugeMetricFamily]:
        ledger, note = self._house.ledger, self._house.register.signer.published()
        size = ledger.store.size()
        signed = 0 if note is None else parse_checkpoint(parse_note(note)[0]).size
        waiting = ledger.at(signed + 1)
        since = 0 if waiting is None else max(0, self._house.now - waiting.envelope.recorded_at) // 1_000_000
        yield _plain("log_events", "账本中的事件数", size)
        if (day := ledger.store.last_recorded_at() // _DAY_US) != self._gaps[0]:
            self._gaps = day, gap_days(ledger.store)
        yield _plain("log_gap_days", "最近三十个有登记的日子之间，一个月以上没有登记的共多少天", self._gaps[1])
        yield _plain("log_signed_events", "已公布的检查点所含的事件数", signed)
        yield _plain("log_unsigned_seconds", "最早的未签发事件已等了多少秒，没有为 0", since)

    def _outside(self) -> Iterator[GaugeMetricFamily]:
        for one in gauges(Kept(self._house.register.folder.witnessed), now_s=self._house.now // 1_000_000):
            family = GaugeMetricFamily(f"xueshi_{one.name}", one.says, labels=one.labels)
            for labels, value in one.values.items():
                family.add_metric(labels, value)
            yield family

    def _projections(self) -> Iterator[GaugeMetricFamily]:
        each = {one["name"]: one for one in upkeep(self._house)["items"]}
        for name, says, read in _PROJECTION:
            found = {key: value for key, one in each.items() if (value := read(one)) is not None}
            yield _labelled(f"projection_{name}", says, "projection", found)

    def _jobs(self) -> Iterator[GaugeMetricFamily]:
        yield _labelled("jobs", "作业数，按状态", "state", self._house.jobs.count())

    def _copies(self) -> Iterator[GaugeMetricFamily]:
        folder, now = self._house.register.folder, self._house.now
        done = {what: one for what in EVERY if (one := last(folder, what)) is not None}
        yield _labelled("done_seconds", "距上次备份或重读账本多少秒；没有记录的不列", "what", {
            what: max(0, now // 1_000_000 - int(one.at.timestamp())) for what, one in done.items()})
        yield _labelled("done_holds", "上次备份或重读账本成立为 1", "what", {
            what: int(one.holds) for what, one in done.items()})
        kept = [each for each in copies_in(folder.keys / "people.db") if each.removed is None]
        yield _plain("key_copies", "尚在的密钥备份数", len(kept))
        yield _plain("key_copies_expired", "已到期而未删除的密钥备份数", sum(each.expires <= now for each in kept))
        if kept:
            newest = max(each.taken for each in kept)
            yield _plain("key_copy_seconds", "距最近的密钥备份多少秒", max(0, now - newest) // 1_000_000)

    def _machine(self) -> Iterator[GaugeMetricFamily]:
        folder = self._house.register.folder
        disk = shutil.disk_usage(folder.root)
        yield _plain("served_elsewhere", "上次在别处服务，还没有人说明为 1", int(strange(folder) != ""))
        yield _plain("clock_set_seconds", "自启动服务以来系统时钟被拨快或拨慢了多少秒", abs(set_by_s(folder)[0]))
        yield _plain("disk_free_bytes", "数据文件夹所在磁盘的剩余空间", disk.free)
        yield _plain("disk_bytes", "数据文件夹所在磁盘的容量", disk.total)
        ours = processes()
        yield _plain("processes", "本服务的进程数", len(ours))
        yield _plain("memory_bytes", "各进程常驻内存之和（共用的重复计）", sum(one.memory for one in ours))
        yield _plain("cpu_seconds", "各进程至今用去的处理器时间", sum(one.cpu_ticks for one in ours) // _TICKS)
        yield _plain("open_files", "打开文件最多的进程打开了多少个", max(one.files for one in ours))
        yield _plain("uptime_seconds", "本次答复的进程运行了多少秒", _uptime())


def _lanes() -> Iterator[GaugeMetricFamily]:
    """What waits for its turn in this process, which may be one of several; nothing where no server is."""
    lanes: Lanes[Any] | None = current_app.extensions.get("lanes")
    if lanes is not None:
        counted = lanes.counted()
        for name, says in (("waiting", "本次答复的进程中等候办理的请求数，按类别"),
                           ("working", "本次答复的进程正在办理的请求数，按类别"),
                           ("turned_away", "本次答复的进程自启动以来请其稍后再来的请求数，按类别")):
            yield _labelled(f"lane_{name}", says, "lane", {lane: one[name] for lane, one in counted.items()})


class Process:
    """What the system says of a process."""

    def __init__(self, folder: Path) -> None:
        told = (folder / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
        self.parent = int(told[1])
        self.cpu_ticks = int(told[11]) + int(told[12])
        self.started_ticks = int(told[19])
        self.memory = int(told[21]) * _PAGE
        self.files = 0
        with suppress(PermissionError):
            self.files = sum(1 for _ in (folder / "fd").iterdir())


def processes() -> list[Process]:
    """Give this process and those beside it: the children of the same service, and itself where it is one."""
    from api.metrics import are_shared

    head = os.getppid() if are_shared() else os.getpid()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):  # It ended while it was looked at.
            one = Process(folder)
            if head in (int(folder.name), one.parent):
                found.append(one)
    return found or [Process(Path("/proc/self"))]


def _uptime() -> int:
    since_boot = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000_000
    return max(0, since_boot - Process(Path("/proc/self")).started_ticks // _TICKS)


def _plain(name: str, says: str, value: int) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"xueshi_{name}", says, value=value)


def _labelled(name: str, says: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"xueshi_{name}", says, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
