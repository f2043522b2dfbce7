"""What a service let go of is the system's again, and it keeps few pools of the C library's."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from api.beside import memory

glibc = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="glibc alone keeps memory so")

# Thousands of small pieces, of which every hundredth stays: what is free lies between, and at no pool's end.
_PIECES = """
import sys
from pathlib import Path
from threading import Thread
from api.beside import memory

def resident():
    return int(Path("/proc/self/statm").read_text("ascii").split()[1])

memory.keep_few_pools()
kept = []

def work():
    pieces = [bytes(2_000) for _ in range(20_000)]
    kept.extend(pieces[::100])

for _ in range(4):
    thread = Thread(target=work)
    thread.start()
    thread.join()
before = resident()
if sys.argv[1] == "now":
    memory.give_back()
else:
    with memory.giving_back(0.001):
        while before - resident() < 1_000:
            pass
print(before - resident())
"""


@glibc
@pytest.mark.parametrize("when", ["now", "again and again"])
def test_what_was_let_go_of_between_what_is_kept_is_given_back(when: str) -> None:
    done = subprocess.run([sys.executable, "-c", _PIECES, when], capture_output=True, text=True, timeout=60, check=True,
                          cwd=Path(memory.__file__).parent.parent)

    assert int(done.stdout) >= 1_000, "pages of four kilobytes"


def test_where_there_is_no_glibc_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())

    memory.keep_few_pools()
    memory.give_back()
