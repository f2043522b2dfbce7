"""A witness: how long a log waits for a cosignature over HTTP, from a process that has it on the disk by then.

The log grows by ten events a checkpoint, as one of a busy register does; every other time the witness is asked with the
size it has, the next time with an old one, which it only has to correct.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from api.witness.folder import WitnessFolder
from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.frontier import Frontier
from ledger.proof.keys import format_vkey, generate_key
from ledger.proof.merkle import hash_leaf, prove_consistency, root_of
from ledger.proof.notes import format_note, sign
from ledger.witnessing.request import Request, format_request
from tests.bench import Figure

CHECKPOINTS = 300
EACH = 10
ROOT = Path(__file__).parents[2]


def rows() -> Iterator[Figure]:
    """Milliseconds until the cosignature is there."""
    bodies = _bodies()
    with TemporaryDirectory(dir=os.environ.get("XUESHI_BENCH_DISK")) as name:
        folder = WitnessFolder.create(Path(name) / "w", "witness.example/bench")
        folder.trust(_VKEY)
        process = subprocess.Popen(
            [sys.executable, "-c", "from api.cli import main; main()", "witness", "serve", "--folder", str(folder.root),
             "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"})
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found is not None
            took, corrected = _asked(found[0], bodies)
        finally:
            process.terminate()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
    yield Figure("witness: cosigned and on the disk, median", statistics.median(took), "ms", most=5)
    yield Figure("… in 95 of 100", statistics.quantiles(took, n=20)[-1], "ms")
    yield Figure("… told the size that it has, median", statistics.median(corrected), "ms")


_KEY = generate_key("log.example/bench")
_VKEY = format_vkey(_KEY.public())


class _Tree:
    """Leaves of a log, whose ranges are hashed when they are asked for."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []

    def read_hashes(self, subtrees: object) -> list[bytes]:
        assert isinstance(subtrees, list)
        return [root_of(self.hashes[index << level:(index + 1) << level]) for level, index in subtrees]


def _bodies() -> list[bytes]:
    """What the log sends, made beforehand."""
    tree, frontier, found = _Tree(), Frontier(), []
    for number in range(CHECKPOINTS):
        some = [hash_leaf(b"%d %d" % (number, each)) for each in range(EACH)]
        old, frontier = frontier.size, frontier.append(some)[0]
        tree.hashes += some
        text = format_checkpoint(Checkpoint(_KEY.name, frontier.size, frontier.root()))
        proof = tuple(prove_consistency(old, frontier.size, tree))
        found.append(format_request(Request(old, proof, format_note(text, [sign(text, _KEY)]))))
    return found


def _asked(address: str, bodies: list[bytes]) -> tuple[list[float], list[float]]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)

    def ask(body: bytes, wanted: int) -> Callable[[], None]:
        def asked() -> None:
            connection.request("POST", "/add-checkpoint", body)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == wanted, answer.status

        return asked

    took, corrected = [], []
    for body in bodies:
        took.append(_ms(ask(body, 200)))
        corrected.append(_ms(ask(bodies[0], 409)))
    connection.close()
    return took, corrected


def _ms(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1_000
