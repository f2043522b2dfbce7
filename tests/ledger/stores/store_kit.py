"""What the tests of stores are made of: small appends, every store, crowds of threads, and a clock one can set."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from ledger.envelope import Encoded, SealedPart, encode
from ledger.errors import LedgerError
from ledger.events.base import By, Draft
from ledger.events.claim import ClaimWithdrawn
from ledger.events.person import PersonLeft
from ledger.stores.append import Append, Freeing, Receipt, RequestKey, Reservation, StoreFailed
from ledger.stores.memory import MemoryRecorder
from ledger.stores.postgres import PostgresRecorder
from ledger.stores.postgres_reading import LedgerPostgresDatastore
from ledger.stores.recorder import AppendingRecorder
from ledger.stores.sqlite import LedgerDatastore, SQLiteRecorder
from ledger.vocabulary import ClaimId, PersonId, StreamId, UnitId

BY = By(actor="acr_test", role="registrar")
PERSON = PersonId("per_test")


class Clock:
    """Nanoseconds since 1970, as `time.time_ns` gives them, and settable."""

    def __init__(self, seconds: int = 1_700_000_000) -> None:
        self.ns = seconds * 1_000_000_000

    def __call__(self) -> int:
        return self.ns

    def set(self, seconds: float) -> None:
        self.ns = int(seconds * 1_000_000_000)


def open_sqlite(path: Path, clock: Callable[[], int] | None = None) -> SQLiteRecorder:
    """Open or create a store in a file."""
    datastore = LedgerDatastore(str(path))
    store = SQLiteRecorder(datastore) if clock is None else SQLiteRecorder(datastore, clock=clock)
    store.create_table()
    return store


def open_memory(path: Path, clock: Callable[[], int] | None = None) -> MemoryRecorder:
    """Make a store in memory; the path is not looked at."""
    return MemoryRecorder() if clock is None else MemoryRecorder(clock=clock)


def open_postgres(
    conninfo: str, schema: str = "ledger", clock: Callable[[], int] | None = None
) -> PostgresRecorder:
    """Open a store in a schema that was migrated."""
    datastore = LedgerPostgresDatastore(conninfo, schema=schema)
    store = PostgresRecorder(datastore) if clock is None else PostgresRecorder(datastore, clock=clock)
    store.create_table()
    return store


STORES = ("memory", "sqlite", "postgres")
"""Every store there is: the contract suite runs once for each word here; `conftest.py` opens them."""


def stream(number: int | str) -> StreamId:
    """Name a stream."""
    return StreamId(f"clm_{number:0>8}")


def event(name: int | str, version: int = 1, *, sealed: bytes | None = None) -> Encoded:
    """Encode a small event."""
    part = None if sealed is None else SealedPart(hashlib.sha256(sealed).digest()[:16], sealed)
    draft = Draft(ClaimWithdrawn(claim=ClaimId(stream(name)), person=PERSON))
    return encode(stream(name), version, draft, BY, part)


def other_event(name: int | str, version: int = 1) -> Encoded:
    """Encode a small event of another type."""
    draft = Draft(PersonLeft(person=PERSON, unit=UnitId("unt_test"), ends=date(2020, 1, 31)))
    return encode(stream(name), version, draft, BY, None)


def one(name: int | str, version: int = 1, **rest: object) -> Append:
    """Make an append of one small event."""
    return Append((event(name, version),), **rest)  # type: ignore[arg-type]


def name(
    value: str, holder: int | str, *, kind: str = "certificate", owner: str = PERSON, act: str | None = None
) -> Reservation:
    """Reserve a name for a stream."""
    return Reservation(hashlib.sha256(f"{kind}:{value}".encode()).digest(), kind, stream(holder), owner, act)


def free(holder: int | str, *kinds: str, act: str | None = None) -> Freeing:
    """Free what a stream holds."""
    return Freeing(stream(holder), frozenset(kinds or ("certificate",)), act)


def request(key: str, body: str = "body", status: int = 201) -> RequestKey:
    """Make an idempotency key."""
    return RequestKey(hashlib.sha256(f"key:{key}".encode()).digest(), hashlib.sha256(body.encode()).digest(), status)


def outcome_of(store: AppendingRecorder, append: Append) -> Receipt | LedgerError:
    """Append, and give what came of it either way."""
    try:
        return store.append(append)
    except LedgerError as error:
        return error


def crowd(store: AppendingRecorder, appends: Sequence[Append]) -> list[Receipt | LedgerError]:
    """Append all at once, each in a thread of its own; the outcomes in the order of the appends."""
    outcomes: list[Receipt | LedgerError | None] = [None] * len(appends)
    start = threading.Barrier(len(appends))

    def run(place: int) -> None:
        start.wait(60)
        outcomes[place] = outcome_of(store, appends[place])

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(appends))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert None not in outcomes, "every thread was answered"
    return outcomes  # type: ignore[return-value]


def closed_under_load(store: AppendingRecorder, threads: int) -> set[int]:
    """Close a store while many append without a pause: whoever is refused was not written; gives what was acknowledged.

    Nobody hangs: each that was queued is committed, each that came later is told.
    """
    outcomes: dict[str, Receipt | LedgerError] = {}
    begun = threading.Barrier(threads + 1)

    def write(thread: int) -> None:
        begun.wait(60)
        for number in range(500):
            outcome = outcomes[f"{thread}-{number}"] = outcome_of(store, one(f"{thread}-{number}"))
            if not isinstance(outcome, Receipt):
                return

    writing = [threading.Thread(target=write, args=(thread,)) for thread in range(threads)]
    for each in writing:
        each.start()
    begun.wait(60)
    while len(outcomes) < 6 * threads:
        time.sleep(0.001)
    store.close()
    for each in writing:
        each.join(60)
        assert not each.is_alive()
    refused = [outcome for outcome in outcomes.values() if not isinstance(outcome, Receipt)]
    assert all(isinstance(outcome, StoreFailed) and "未写入" in str(outcome) for outcome in refused)
    return {outcome.first for outcome in outcomes.values() if isinstance(outcome, Receipt)}


def root_from_leaves(leaves: Sequence[bytes]) -> bytes:
    """The root of RFC 6962 2.1, by its own recursive definition and nothing of ours."""
    if len(leaves) <= 1:
        return hashlib.sha256(b"\0" + leaves[0] if leaves else b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = root_from_leaves(leaves[:split]), root_from_leaves(leaves[split:])
    return hashlib.sha256(b"\1" + left + right).digest()
