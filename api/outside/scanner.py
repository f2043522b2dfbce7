"""A scanner of the installation, asked about each paper before it is taken in (`paper_scanner = "command:PATH"`).

The program gets the file on its standard input and says by its exit status what it found: 0 nothing, 1 something
harmful; anything else is no answer, and what nobody could look at is not taken in. That is how `clamdscan -` behaves,
so two lines of script put it behind this. It is started for each file, without our environment and its secrets.
`tests/api/test_scanner.py` shows it.
"""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from typing import Final

TIMEOUT_S: Final = 60
AT_ONCE: Final = 2
COMMAND: Final = "command:"
_CLEAN, _FOUND = 0, 1


class ScannerAway(Exception):
    """The scanner gave no answer; `why` is for whoever runs the service."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class Scanner:
    """The program, used by every thread; a few files are looked at at once, the others wait."""

    def __init__(self, program: Path, *, timeout_s: float = TIMEOUT_S) -> None:
        self._program, self._timeout_s = program, timeout_s
        self._turn = threading.BoundedSemaphore(AT_ONCE)

    def finds(self, content: bytes) -> bool:
        """Say whether there is something harmful in a file."""
        if not self._turn.acquire(timeout=self._timeout_s):
            raise ScannerAway("busy")
        try:
            done = subprocess.run(
                [self._program], input=content, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                timeout=self._timeout_s, env={"PATH": os.defpath, "LANG": "C.UTF-8"})
        except subprocess.TimeoutExpired:
            raise ScannerAway("timeout") from None
        except OSError as error:
            raise ScannerAway(error.strerror or type(error).__name__) from None
        finally:
            self._turn.release()
        if done.returncode not in (_CLEAN, _FOUND):
            raise ScannerAway(f"status_{done.returncode}")
        return done.returncode == _FOUND


def harmless() -> bytes:
    """What every scanner finds although it does nothing (the EICAR test file), put together here: a copy of this
    program should not be found itself."""
    return b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
