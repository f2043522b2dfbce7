"""A replay on a cluster: Spark hands each worker some of the people, and each runs the very same kernel over them.

What Spark does is to cut, send, repeat what was lost, and collect. The people lie as Parquet in a folder that driver
and workers can read (`spread.rows_of`, a file a part); `mapInArrow` gives a worker its part, `spread.judged` judges it,
and what it came to returns as one row of bytes. The law travels compiled, some hundred kilobytes of tables.

A worker runs the code that is installed there. If that is not the same code, to the byte, it refuses.

`tests/projections/replay/test_cluster.py` shows it on a cluster of two workers.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from projections.errors import ProjectionError
from projections.replay.coded import Coded
from projections.replay.compiled import Compiled
from projections.replay.kernel import HAS_FAST, WORTH_LOADING, replay
from projections.replay.replayed import Replayed
from projections.replay.sides import Progress
from projections.replay.spread import TIMES, Laws, coded_of, judged, names, rows_of, together

LOCAL: Final = "local[2]"
PARTS_MOST: Final = 1_024
ENTRIES_A_PART: Final = 2_000_000
"""So many that the tables of a law are soon laid out beside what they are looked up for."""

CODE: Final = ("carried", "coded", "compiled", "kernel", "kernel_fast", "packed", "replayed", "sides", "spread")
"""The modules that have to be the same on every machine."""

_ROWS: Final = (
    "number int, person string, day array<date>, year array<smallint>, case array<int>, submitted array<int>, "
    "first_year smallint, standing array<int>, belonging array<int>, belongs_from array<smallint>, "
    "together array<array<int>>")
"""The columns of `spread.rows_of`, as Spark calls them."""

_PORT: Final = 7_077
_REACH_S: Final = 5    # not hours: seconds
_LOOK_S: Final = 0.2   # not hours: seconds
_WORKERS_S: Final = 120
_TOLD_MOST: Final = 400
_THREADS: Final = "NUMBA_NUM_THREADS"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class NoEngine(ProjectionError):
    """Spark or Java is not on this machine."""

    code = "spark_missing"

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"--engine spark 需要 {what}，本机没有。{cure}；或改用 --engine local，结果逐字节相同。")


class Unreachable(ProjectionError):
    """Nobody answers where the cluster should be."""

    code = "spark_unreachable"

    def __init__(self, master: str, because: str) -> None:
        super().__init__(f"连不上 Spark 集群 {master}（{because}）。请核对 --master 和集群是否已启动；没有写出报告。")


class ClusterFailed(ProjectionError):
    """Spark gave up; the last thing that it said of why is kept."""

    code = "spark_failed"

    def __init__(self, because: str) -> None:
        super().__init__(
            f"Spark 没有做完重放，没有写出报告：{because}。各工作节点须装有与本机完全相同的 xueshi-ledger[spark]，"
            "并能读到 --shared 的文件夹；或改用 --engine local，结果逐字节相同。")


class OtherCode(RuntimeError):
    """A worker does not have the code of whoever asks it; raised there, told here."""


class Cluster:
    """An engine (`sides.Engine`): where the cluster is, and an empty folder that everyone there can read."""

    def __init__(self, folder: Path, master: str = LOCAL) -> None:
        demand(master)
        self._folder, self._master = folder, master
        self.kernel_ns, self.part_ns = 0, 0
        """Of the last replay, what `spread.TIMES` says, summed over all parts."""

    def __call__(self, coded: Coded, compiled: Sequence[Compiled], progress: Progress) -> tuple[Replayed, ...]:
        """Judge everyone under each law, wherever Spark has it done."""
        people = self._folder / "people"
        parts = stage(coded, people, progress)
        progress("spark", 0, parts)
        with session(self._master, self._folder) as spark:
            rows = _run(spark, people, Laws.of(coded, compiled), parts, progress)
        self.kernel_ns, self.part_ns = (sum(row[name] for row in rows) for name in TIMES)
        return together(coded, compiled, iter(rows))


def demand(master: str) -> None:
    """See that Spark can be begun at all; raises NoEngine or Unreachable."""
    if find_spec("pyspark") is None:
        cure = "请在程序的文件夹里执行 make install EXTRAS=spark（用 pip 安装的：pip install 'xueshi-ledger[spark]'）"
        raise NoEngine("PySpark", cure)
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").exists()):
        raise NoEngine("Java 17 或更新的版本", "Debian 上请执行 sudo apt-get install -y default-jre-headless")
    if master.startswith("spark://"):
        first = master.removeprefix("spark://").split(",")[0]
        host, _, port = first.rpartition(":")
        try:
            socket.create_connection((host or first, int(port) if host else _PORT), _REACH_S).close()
        except (OSError, ValueError) as error:
            raise Unreachable(master, type(error).__name__) from error
    elif not master.startswith(("local", "yarn", "k8s://")):
        raise Unreachable(master, "写法应为 local[2]、spark://主机:7077、yarn 或 k8s://…")


def stage(coded: Coded, folder: Path, progress: Progress) -> int:
    """Write everyone, so many entries a file, each person in one; gives the number of files."""
    import pyarrow.parquet as pq

    table = rows_of(coded)
    people = len(coded.people)
    few = 2 * _cores() if coded.entries < WORTH_LOADING else 1
    parts = max(1, min(PARTS_MOST, people, max(few, -(-coded.entries // ENTRIES_A_PART))))
    folder.mkdir()
    for part in range(parts):
        progress("stage", part, parts)
        begin, end = people * part // parts, people * (part + 1) // parts
        pq.write_table(table.slice(begin, end - begin), folder / f"part-{part:05d}.parquet", compression="lz4",
                       row_group_size=max(1, end - begin), store_schema=False)
    progress("stage", parts, parts)
    return parts


def _cores() -> int:
    return os.cpu_count() or 1


def fingerprint() -> str:
    """A digest of the code that judges: what a worker has to have as well."""
    digest = hashlib.sha256()
    for name in CODE:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()


class session:  # noqa: N801 - it is used as a function
    """A Spark session that leaves nothing behind, and speaks to nobody but its own log."""

    def __init__(self, master: str, folder: Path) -> None:
        self._master, self._folder = master, folder

    def __enter__(self) -> Any:
        from pyspark import SparkConf, SparkContext
        from pyspark.java_gateway import launch_gateway
        from pyspark.sql import SparkSession

        host = self._master.removeprefix("spark://").rpartition(":")[0]
        if self._master.startswith("local") or host in _LOOPBACK:
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("PYSPARK_DRIVER_PYTHON", os.environ["PYSPARK_PYTHON"])
        conf = SparkConf(loadDefaults=False)
        for name, value in {
            "spark.master": self._master, "spark.app.name": "xueshi replay", "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false", "spark.driver.memory": "2g", "spark.driver.maxResultSize": "0",
            "spark.local.dir": str(self._folder / "spark"),
            f"spark.executorEnv.{_THREADS}": "1",            # A task has one core.
            "spark.sql.warehouse.dir": str(self._folder / "warehouse"),
            "spark.sql.execution.arrow.maxRecordsPerBatch": "0",   # A part is judged in one piece.
            "spark.sql.files.maxPartitionBytes": str(1 << 40),     # A file is a part, and a part a file.
            "spark.sql.files.openCostInBytes": str(1 << 40),
        }.items():
            conf.set(name, value)
        self._log = (self._folder / "spark.log").open("wb")
        try:
            with _one_core():   # Where workers are children of this machine's Java.
                gateway = launch_gateway(conf, {"stdout": self._log, "stderr": self._log})
            self._context = SparkContext(conf=conf, gateway=gateway)
            self._context.setLogLevel("ERROR")
            self._gateway = gateway
            return SparkSession(self._context)
        except Exception as error:
            raise ClusterFailed(_last_word(error)) from error

    def __exit__(self, *_: object) -> None:
        from pyspark import SparkContext
        from pyspark.sql import SparkSession

        active = SparkSession.getActiveSession()
        (self._context if active is None else active).stop()
        SparkContext._gateway, SparkContext._jvm = None, None   # The next one begins with a Java of its own.
        self._gateway.shutdown()
        process: Any = self._gateway.proc
        process.stdin.close()
        process.wait()
        self._log.close()


@contextmanager
def _one_core() -> Iterator[None]:
    """What is started meanwhile takes one core for machine code; this process stays as it is."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        del os.environ[_THREADS]
        if before is not None:
            os.environ[_THREADS] = before


def _run(spark: Any, people: Path, laws: Laws, parts: int, progress: Progress) -> list[dict[str, Any]]:
    """Have all parts judged, and look how far they are until they are."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    context = spark.sparkContext
    sent = context.broadcast(laws)
    schema = ", ".join([*(f"{name} binary" for name in names(len(laws.compiled))), *(f"{name} long" for name in TIMES)])
    rows = spark.read.schema(_ROWS).parquet(people.absolute().as_uri())   # Asking a file for it is a task by itself.
    asked = rows.mapInArrow(judging(sent, fingerprint()), schema)
    found: list[Any] = []

    def collect() -> None:
        try:
            found.append(asked.toArrow())
        except (PySparkException, Py4JError, OSError) as error:
            found.append(error)

    thread = threading.Thread(target=collect, name="spark", daemon=True)
    thread.start()
    began, tracker = time.monotonic(), context.statusTracker()
    while thread.is_alive():
        thread.join(_LOOK_S)
        stages = [info for info in map(tracker.getStageInfo, tracker.getActiveStageIds()) if info]
        done = sum(info.numCompletedTasks for info in stages)
        if done or not stages or any(info.numActiveTasks for info in stages):   # Else tasks wait for workers.
            began = time.monotonic()
            progress("spark", min(done, parts), parts)
        elif time.monotonic() - began > _WORKERS_S:
            context.cancelAllJobs()
            raise ClusterFailed(f"{_WORKERS_S} 秒内没有一个工作节点接受任务，集群可能没有空闲的核或内存")
    if isinstance(found[0], BaseException):
        raise ClusterFailed(_last_word(found[0])) from found[0]
    progress("spark", parts, parts)
    came: list[dict[str, Any]] = found[0].to_pylist()
    return came


def judging(sent: Any, code: str) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What a worker does with its part."""

    def judge(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        if fingerprint() != code:
            raise OtherCode("工作节点上的 xueshi-ledger 与发起重放的不是同一版代码")
        some = list(batches)
        if some:
            table = pa.Table.from_batches(some)
            _load(table, sent.value)
            row = judged(table, sent.value)
            fields = [(name, pa.binary()) for name in names(len(sent.value.compiled))]
            fields += [(name, pa.int64()) for name in TIMES]
            yield pa.RecordBatch.from_pylist([row], schema=pa.schema(fields))

    return judge


_loaded: set[str] = set()


def _load(table: Any, laws: Laws) -> None:
    """Load the machine code, once a worker, where there is enough to do: its seconds are not the kernel's."""
    import pyarrow.compute as pc

    if HAS_FAST and not _loaded and pc.sum(pc.list_value_length(table.column("day"))).as_py() >= WORTH_LOADING:
        one = coded_of(table.slice(0, 1), laws)
        first = replay(one, laws.compiled[0], fast=True)
        for law in laws.compiled[1:]:
            replay(one, law, fast=True, known=(laws.compiled[0], first))
        _loaded.add("kernel_fast")


def _last_word(error: BaseException) -> str:
    """The line of what Spark says that tells why: the last one of a worker's traceback, if there is one."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if "Error: " in line or "Exception: " in line or "OtherCode: " in line]
    return (told or lines or [type(error).__name__])[-1 if not told else 0][:_TOLD_MOST].rstrip("。.")
