"""The house put together: the open register, who may knock, what the law is, and what the answers say.

`composed()` builds it for the running service; tests build the same one in a folder of their own (`open_house`). The
clock is a field, so that a test says what day it is. `tests/api/test_house.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from api.callers import Tokens
from api.operations import Operations
from api.register import Register
from ledger.ids import new_id
from ledger.ledger import Ledger
from ledger.vocabulary import LOCAL, StreamId


@contextmanager
def open_house(register: Register, clock: Callable[[], int] | None = None) -> Iterator[House]:
    """Open the house around a register, and let go of what is the house's own at the end."""
    secret = register.ledger.vault.secret
    operations = Operations(register.folder.operations, secret("tokens"))
    try:
        yield House(register, operations, secret("requests"), secret("cursors"), clock or now_us)
    finally:
        operations.close()


def now_us() -> int:
    """Say what time it is, in microseconds since 1970."""
    return time.time_ns() // 1_000


@dataclass(frozen=True, slots=True)
class House:
    """Everything a use case may need, chosen once."""

    register: Register
    operations: Operations
    request_key: bytes       # Under it idempotency keys and bodies become HMACs.
    cursor_key: bytes
    clock: Callable[[], int] = now_us

    @property
    def ledger(self) -> Ledger:
        """The facts."""
        return self.register.ledger

    @property
    def tokens(self) -> Tokens:
        """Who may knock."""
        return Tokens(self.register.founder_token, self.register.reader_token, self.operations)

    @property
    def now(self) -> int:
        """Microseconds since 1970."""
        return self.clock()

    @property
    def today(self) -> date:
        """The legal date."""
        return local_date(self.now)

    def new_id(self, kind: str) -> StreamId:
        """Make an id of one kind."""
        return new_id(kind, now_ms=self.now // 1_000)


def local_date(recorded_at: int) -> date:
    """The legal date of a time in microseconds."""
    return datetime.fromtimestamp(recorded_at // 1_000_000, UTC).astimezone(LOCAL).date()
