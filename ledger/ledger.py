"""The ledger as the other rooms use it: opened where it lies, decided upon, recorded to.

It is the library's `Application` over our recorder, mapper and factory; `reading.py` reads it. `record` seals and
encodes in the thread that asks and hands the append straight to the recorder; the library's own `save` takes the same
events and the same guards, names and request and ends in the same append, at some 10 µs more an event.

`tests/ledger/test_ledger.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from ledger.envelope import SALT_BYTES, Encoded, Random, SealedPart, decode, drawn_at_once, encode_unread, read_back
from ledger.errors import LedgerError, Refusal
from ledger.events.base import By, Draft, Event
from ledger.events.person import KeyDestroyed
from ledger.keys.vault import SEAL_CHANCE_BYTES, Vault
from ledger.lookup import Lookup
from ledger.reading import LedgerReading
from ledger.stores.append import AnyGuard, Append, Conflict, NameChange, NameTaken, OfEvent, Receipt, RequestKey
from ledger.vocabulary import StreamId

DECISIONS_MAX: Final = 5  # Read again and decide again this often before the caller is told.


class Deciding(NamedTuple):
    """What a decision came to, and what it read: the versions it extends and the ones it only rests on."""

    drafts: tuple[Draft, ...] | Refusal
    versions: Mapping[StreamId, int] = {}
    guards: tuple[AnyGuard, ...] = ()


class Decided(NamedTuple):
    """A decision that is to be recorded."""

    drafts: tuple[Draft, ...]
    versions: Mapping[StreamId, int]
    guards: tuple[AnyGuard, ...]


class Conninfo(str):
    """Where a database is, with the password: whoever prints the settings it stands among prints no password."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'(not shown)'"


class Ledger(LedgerReading):
    """Facts in order, sealed where personal, proved."""

    env: ClassVar[dict[str, str]] = {
        "PERSISTENCE_MODULE": "ledger.stores.sqlite:LedgerFactory",
        "MAPPER_TOPIC": "ledger.stores.mapper:LedgerMapper",
    }

    def __init__(self, vault: Vault, env: Mapping[str, str]) -> None:
        super().__init__(env=dict(env))
        self.vault = vault
        self.lookup = Lookup(vault.secret("index"))
        self._stopped: Callable[[], LedgerError] | None = None
        self.end_destructions()  # One was stopped between the log and the vault.

    @classmethod
    def in_file(cls, path: Path, vault: Vault, *, cache_kib: int | None = None) -> Ledger:
        """Open or create a ledger in an SQLite file."""
        return cls(vault, {"SQLITE_DBNAME": str(path), "SQLITE_CACHE_KIB": str(cache_kib or "")})

    @classmethod
    def in_postgres(cls, conninfo: str, vault: Vault, *, schema: str = "ledger") -> Ledger:
        """Open a ledger in PostgreSQL; its tables are made by `xueshi migrate`, never by opening."""
        return cls(vault, {"PERSISTENCE_MODULE": "ledger.stores.postgres:PostgresFactory",
                           "LEDGER_CONNINFO": Conninfo(conninfo), "LEDGER_SCHEMA": schema,
                           "LEDGER_VAULT": vault.file.identity})

    @classmethod
    def in_memory(cls, vault: Vault) -> Ledger:
        """Make a ledger that is gone with the process."""
        return cls(vault, {"PERSISTENCE_MODULE": "ledger.stores.memory:MemoryFactory"})

    def close(self) -> None:
        self.store.close()
        super().close()

    # Recording

    def stop_recording(self, because: Callable[[], LedgerError]) -> None:
        """Refuse every append from here on, for a reason that is made anew for each; what was done is still answered.

        What is recorded in a copy that lacks published events makes a history that can never again extend them.
        """
        self._stopped = because

    def go_on_recording(self) -> None:
        """Record again: what was missing is there."""
        self._stopped = None

    def record(
        self,
        drafts: Sequence[Draft],
        *,
        by: By,
        versions: Mapping[StreamId, int] | None = None,
        guards: Iterable[AnyGuard] = (),
        request: RequestKey | None = None,
    ) -> Receipt:
        """Make decided events durable, in one transaction. `versions` are those that were read; absent means new."""
        if self._stopped is not None:
            if request is not None and (done := self.store.answered(request)) is not None:
                return done
            raise self._stopped()
        return self.store.append(self.prepare(drafts, by=by, versions=versions, guards=guards, request=request))

    def prepare(
        self,
        drafts: Sequence[Draft],
        *,
        by: By,
        versions: Mapping[StreamId, int] | None = None,
        guards: Iterable[AnyGuard] = (),
        request: RequestKey | None = None,
    ) -> Append:
        """Make the keys that are missing, then seal and encode drafts into an append."""
        self.make_keys(drafts)
        return self.encoded(drafts, by=by, versions=versions, guards=guards, request=request)

    def make_keys(self, drafts: Iterable[Draft]) -> None:
        """Make the keys under which these drafts are to be sealed, those that are missing, in one commit."""
        self.vault.prepare(draft.event.subjects()[0] for draft in drafts if draft.sealed is not None)

    def encoded(
        self,
        drafts: Sequence[Draft],
        *,
        by: By,
        versions: Mapping[StreamId, int] | None = None,
        guards: Iterable[AnyGuard] = (),
        request: RequestKey | None = None,
    ) -> Append:
        """Seal and encode drafts into an append; their keys were made before."""
        assert by.act is None or any(str(draft.event.stream) == by.act for draft in drafts), "an act counts its rows"
        ahead = dict(versions or {})
        events: list[Encoded] = []
        names: list[NameChange] = []
        sealed = sum(draft.sealed is not None for draft in drafts)
        random = drawn_at_once(self.vault.random, SALT_BYTES * len(drafts) + SEAL_CHANCE_BYTES * sealed)
        for number, draft in enumerate(drafts):
            stream = draft.event.stream
            version = ahead[stream] = ahead.get(stream, 0) + 1
            part = self._seal(stream, version, draft, random)
            events.append(encode_unread(stream, version, draft, by, part, random=random))
            if changes := list(self.lookup.changes(stream, version, draft, by.act)):
                names += [OfEvent(number), *changes] if number else changes
        read_back(events)
        return Append(tuple(events), tuple(guards), tuple(names), request)

    def decide(
        self, decision: Callable[[], Deciding], *, by: By, request: RequestKey | None = None
    ) -> Receipt | Refusal:
        """Decide and record; when someone else was faster, read and decide again, up to five times."""
        deciding = self.deciding(decision, request=request)
        try:
            decided = next(deciding)
            while True:
                try:
                    receipt = self.record(
                        decided.drafts, by=by, versions=decided.versions, guards=decided.guards, request=request)
                except Conflict as lost:
                    decided = deciding.throw(lost)
                else:
                    decided = deciding.send(receipt)
        except StopIteration as end:
            outcome: Receipt | Refusal = end.value
            return outcome

    def deciding(
        self, decision: Callable[[], Deciding], *, request: RequestKey | None = None
    ) -> Generator[Decided, Receipt, Receipt | Refusal]:
        """What `decide` does, with the recording left to the caller: it is told how each attempt ended.

        So a caller that drives many at once says in which order they read and are recorded.
        """
        for attempt in range(1, DECISIONS_MAX + 1):
            decided = decision()
            if isinstance(decided.drafts, Refusal):  # What was done already is refused when it is decided again.
                done = None if request is None else self.store.answered(request)
                return decided.drafts if done is None else done
            try:
                return (yield Decided(decided.drafts, decided.versions, decided.guards))
            except NameTaken:
                raise  # Deciding again would not give the name back.
            except Conflict:
                if attempt == DECISIONS_MAX:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def destroy_key(
        self, person: str, decision: Callable[[], Deciding], *, by: By, request: RequestKey | None = None
    ) -> Receipt | Refusal:
        """Record that a person's key is destroyed, then destroy it.

        The event comes first: a key without one would be lost for no reason that anyone could see. Before the event a
        mark is made durable in the vault; whatever is stopped in between, the next opening reads the log and ends it.
        """
        assert by.act is None, "what an act may still abandon cannot be destroyed"

        def marking() -> Deciding:
            decided = decision()
            if not isinstance(decided.drafts, Refusal):
                assert any(_destroys(draft.event, person) for draft in decided.drafts), "it decides something else"
                self.vault.mark(person)
            return decided

        outcome = self.decide(marking, by=by, request=request)
        self._destroy_if_recorded(person)  # Also when it was recorded before, and refused for that reason now.
        return outcome

    def end_destructions(self, others: Iterable[str] = ()) -> None:
        """Destroy what the log says is destroyed and the vault still has: it was stopped in between, or came back.

        Asked of who bears a mark, and of others of whom an answer says so: the log alone decides.
        """
        for person in dict.fromkeys([*self.vault.marked(), *others]):
            self._destroy_if_recorded(person)

    def _destroy_if_recorded(self, person: str) -> None:
        found = (decode(leaf) for _, leaf in self.store.stream(person))
        if any(_destroys(envelope.event, person) and envelope.by.act is None for envelope in found):
            self.vault.destroy(person)

    def _seal(self, stream: StreamId, version: int, draft: Draft, random: Random) -> SealedPart | None:
        form = draft.event.sealed_as
        if draft.sealed is None:
            return None
        assert form is not None and isinstance(draft.sealed, form), f"{draft.event!r} seals {form}"
        return self.vault.seal(draft.event.subjects()[0], draft.sealed, stream=stream, version=version, random=random)


def _destroys(event: Event, person: str) -> bool:
    return isinstance(event, KeyDestroyed) and event.person == person
