"""The people of a history: each asks for one thing after the other, under a key, until it is answered."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.ledger import Ledger
from ledger.reading import Loaded
from ledger.stores.append import Busy, Conflict, KeyReused, Receipt, StoreFailed
from ledger.stores.errors import Unreadable
from projections.errors import NotBuilt
from tests.ledger.ledger_kit import BY
from tests.simulation.asked import (
    Asked,
    any_decision,
    any_decision_on_a_list,
    bare,
    listed,
    request,
    standing_alone,
)
from tests.simulation.parts import BEGINNING, Appending, Broken, Client, Lost, Process, Script, Until

if TYPE_CHECKING:
    from tests.simulation.world import World


class People:
    """What they do, as a part of the world."""

    def _client(self: World, client: Client) -> None:
        state = client.state
        if client.is_over or isinstance(state, Appending):
            return
        if isinstance(state, Until) and not state.is_so():
            return
        client.go_on()
        self._put(client)

    def _put(self: World, client: Client) -> None:
        """Put what a client wants appended into the line of the process that it asked."""
        while isinstance(state := client.state, Appending) and not client.is_over:
            if state.process not in self.processes:
                client.go_on(Lost())
                continue
            try:
                ticket = state.process.writer.put(state.append)
            except (Busy, StoreFailed) as error:
                client.go_on(error)
                continue
            state.process.line.append((ticket, client))
            return

    def _life(self: World) -> Script:
        while not self.calm:
            if self.rng.random() < 0.3:
                yield None
            if self.rng.random() < 0.5:
                yield from self._decided()
            else:
                yield from self._bare()

    def _decided(self: World) -> Script:
        """Ask for a decision until it is answered, always under one key; then read what was written."""
        on_a_list = self.rests_on_lists and self.rng.random() < 0.5
        asked = any_decision_on_a_list(self.rng) if on_a_list else any_decision(self.rng)
        self.requests += 1
        key = request(self.rng, self.requests)
        self.asked[key.key + key.fingerprint] = asked
        while True:
            process = self.rng.choice(self.processes)
            try:
                outcome = yield from self._asking(process, asked, key)
            except (StoreFailed, Busy, Lost, Unreadable) as error:
                self.trace(f"{asked.word}: {type(error).__name__}, again")
                yield None
                continue
            except (Conflict, KeyReused) as lost:
                self.counts[lost.code] += 1
                self.trace(f"{asked.word}: {lost.code}")
                return
            break
        word = "refused" if isinstance(outcome, Refusal) else "replayed" if outcome.replayed else "done"
        self.counts[word] += 1
        self.trace(f"{asked.word}: {word} {outcome.code if isinstance(outcome, Refusal) else outcome.first}")
        if isinstance(outcome, Receipt):
            yield from self._read_own(outcome)

    def _asking(self: World, process: Process, asked: Asked, key: Any) -> Script:
        """What `Ledger.decide` does, a step at a time."""
        ledger = process.ledger
        deciding = ledger.deciding(partial(asked.decision, partial(self._load, ledger)), request=key)
        try:
            decided = next(deciding)
            while True:
                yield None
                append = ledger.prepare(
                    decided.drafts, by=BY, versions=decided.versions, guards=decided.guards, request=key)
                try:
                    receipt = yield Appending(process, append)
                except Conflict as lost:
                    self.counts["decided again"] += 1
                    decided = deciding.throw(lost)
                else:
                    decided = deciding.send(receipt)
        except StopIteration as end:
            return end.value

    def _load(self: World, ledger: Ledger, stream: str, evolve: Any) -> Loaded[Any]:
        """Load a stream; between two of them others may be faster."""
        if evolve is standing_alone:
            return self._listed(ledger, stream)
        loaded = ledger.load(stream, evolve)
        if self.rng.random() < 0.1:
            self._commit(self.rng.choice(self.processes))
        return loaded

    def _listed(self: World, ledger: Ledger, person: str) -> Loaded[Any]:
        """What answers that are followed up to what stands would list; others may be faster than they are read."""
        upto = ledger.store.size()
        if self.rng.random() < 0.2:
            self._commit(self.rng.choice(self.processes))
        return listed(person, upto, map(decode, ledger.store.leaves(BEGINNING, 10_000)))

    def _bare(self: World) -> Script:
        self.requests += 1
        key = request(self.rng, self.requests)
        append = None
        while True:
            process = self.rng.choice(self.processes)
            try:
                append = append or bare(
                    self.rng, process.ledger, key, self.rng.randint(0, 1), rests_on_lists=self.rests_on_lists,
                    beginning=BEGINNING)
                if self.rng.random() < 0.5:
                    yield None
                receipt = yield Appending(process, append)
            except (StoreFailed, Busy, Lost, Unreadable) as error:
                self.trace(f"append: {type(error).__name__}, again")
                yield None
                continue
            except (Conflict, KeyReused) as lost:
                self.counts[lost.code] += 1
                return
            self.counts["appended"] += 1
            yield from self._read_own(receipt)
            return

    def _read_own(self: World, receipt: Receipt) -> Script:
        """Whoever was answered reads what they wrote, once it is followed."""
        last = receipt.first + receipt.events - 1
        if len(self.model.log) < last:
            raise Broken(f"{receipt} was acknowledged, and the log has {len(self.model.log)} events")
        if self.rng.random() < 0.4:
            yield Until(f"position {last}", lambda: self.follower.wait_for(last, timeout_s=0))
            with suppress(NotBuilt):
                if self.reader.position() < last:
                    raise Broken(f"told of {last}, a reader finds {self.reader.position()}")
