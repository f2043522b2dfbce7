"""The four ways a command ends, and the one exception that says which.

| status | meaning |
|---|---|
| 0 | it holds, it is done |
| 1 | it does not hold, or it was refused: the question was good and the answer is no |
| 2 | the input is bad: an option, a line, a file, a setting |
| 3 | the world is wrong: cannot read, locked, disk full, port taken, or a bug of ours |

A command interrupted from the keyboard ends with 130, one whose reader went away with 141, as shells expect.
`tests/api/test_cli.py` shows it.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit statuses of `xueshi`. Scripts depend on them."""

    HOLDS = 0
    REFUSED = 1
    BAD_INPUT = 2
    WORLD_IS_WRONG = 3
    INTERRUPTED = 130
    READER_WENT_AWAY = 141


class ReaderWentAway(Exception):
    """Nobody reads standard output any more. Not a `BrokenPipeError`: click would end with 1, which means no."""


class Stop(Exception):
    """End the command so. `code` is stable English; message and cure are Chinese."""

    def __init__(self, status: Exit, code: str, message: str, cure: str = "") -> None:
        self.status, self.code, self.message, self.cure = status, code, message, cure
        super().__init__(message)
