"""A Spark cluster for tests: a master and workers on loopback, each a process, gone with the block that made it.

Spark lives in an environment of its own (`make .venv-spark/.installed`), since it is half a gigabyte that only the
torture and a benchmark want.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PYTHON: Final = Path(os.environ.get("SPARK_PYTHON") or ROOT / ".venv-spark" / "bin" / "python")
_START_S: Final = 300
ENVIRONMENT: Final = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_PUBLIC_DNS": "127.0.0.1", "PYTHONPATH": str(ROOT)}


def missing() -> str | None:
    """What is not here of all that a cluster wants, and how to get it."""
    if shutil.which("java") is None:
        return "needs Java; sudo apt-get install -y default-jre-headless"
    done = None
    if PYTHON.exists():
        done = subprocess.run([PYTHON, "-c", "import pyspark"], capture_output=True, check=False)
    return None if done is not None and done.returncode == 0 else "needs Spark; run `make .venv-spark/.installed`"


def environment() -> dict[str, str]:
    """The environment of whatever has to do with the cluster."""
    return {**os.environ, **ENVIRONMENT, "PYSPARK_PYTHON": str(PYTHON)}


@contextmanager
def cluster(folder: Path, workers: int = 2, *, only: Mapping[str, str] | None = None) -> Iterator[str]:
    """Start a master and workers of one core each; gives the master's address once all of them have come.

    `only`: what the workers have in their environment besides.
    """
    home = subprocess.run([PYTHON, "-c", "import pyspark; print(pyspark.__path__[0])"], capture_output=True, text=True,
                          check=True).stdout.strip()
    port, page = _free(), _free()
    master = f"spark://127.0.0.1:{port}"
    processes: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str, **more: str) -> None:
        log = (folder / f"{name}.log").open("wb")
        kind = name.partition("-")[0]
        processes.append(subprocess.Popen(
            [f"{home}/bin/spark-class", f"org.apache.spark.deploy.{kind}.{kind.title()}", *arguments],
            env={**environment(), "SPARK_HOME": home, **more}, stdout=log, stderr=log, cwd=folder))
        log.close()

    try:
        start("master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page))
        for number in range(workers):
            start(f"worker-{number}", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0",
                  "--work-dir", str(folder / f"work-{number}"), master, **(only or {}))
        _wait(page, workers, processes, folder)
        yield master
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _wait(page: int, workers: int, processes: list[subprocess.Popen[bytes]], folder: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:  # not by chance: two minutes, with what went wrong as an error.
        ended = [process for process in processes if process.poll() is not None]
        if ended:
            raise RuntimeError("".join(log.read_text("utf-8", "replace")[-800:] for log in folder.glob("*.log")))
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=60) as answer:
                if json.load(answer)["aliveworkers"] == workers:
                    return
        except OSError:
            pass
        time.sleep(0.5)
    raise TimeoutError(f"{workers} workers did not come within {_START_S} s")


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
