"""A register in a history of chance: sequencers, a follower, a signer, readers and people, one step at a time.

Everything is driven by one generator of numbers, so a history is its seed. Nothing waits and no clock is asked: whose
step comes next, what time it is and what fails are drawn. What runs is ours: `Ledger.deciding`, the group writer, the
SQLite store, the follower and its files, readers, the signer. What it must come to is `tests/simulation/model.py`.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from ledger.envelope import Envelope, decode
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.signing.signer import Signer
from ledger.stores.append import Append, NameTaken, Receipt, StoreFailed
from ledger.stores.writer import Ticket
from projections.files.reader import Reader
from projections.following.follower import Follower
from tests.ledger.ledger_kit import ORIGIN
from tests.simulation.asked import Asked
from tests.simulation.checks import check_end
from tests.simulation.disk import Weather
from tests.simulation.followed import Followed
from tests.simulation.model import Model, Name, told
from tests.simulation.parts import (
    BEGINNING,
    SECOND,
    Broken,
    Client,
    Clock,
    Process,
    template,
)
from tests.simulation.people import People
from tests.simulation.troubles import Troubles
from tests.simulation.watch import Fold, Standing


class World(People, Followed, Troubles):
    """Everything that is, and what it must be."""

    def __init__(
        self, seed: int, folder: Path, *, rests_on_lists: bool = False, say: Callable[[str], object] | None = None,
    ) -> None:
        self.rng = Random(seed)
        self.rests_on_lists = rests_on_lists    # A kind of its own: histories that are kept stay what they were.
        self.folder, self.say = folder, say
        self.clock, self.model = Clock(), Model()
        self.envelopes: list[Envelope] = []
        self.leaves: list[bytes] = []
        self.fold, self.folds = Fold(), [list[tuple[str, int, int]]()]
        shutil.copytree(template(), folder, dirs_exist_ok=True)
        self.file = folder / "ledger.db"
        self.asked: dict[bytes, Asked] = {}
        self.requests = self.loads = self.steps = 0
        self.counts: Counter[str] = Counter()
        self.roots: dict[int, bytes] = {}
        self.read_last = 0
        self.projection = Standing()
        self.vault = Vault(folder / "people.db", FileMasterKey(folder / "master.key"), random=self.rng.randbytes)
        self.weather = Weather(self.file, self.rng)
        self.calm = False
        self._begin()
        self._remember_beginning()
        self.clients = [Client(f"client {number}", self._life()) for number in range(self.rng.randint(2, 4))]

    def _begin(self) -> None:
        """Start the processes, the follower and the signer, as after a loss of power."""
        names = ("a", "b")[:1 if self.rng.random() < 0.5 else 2]
        self.processes = [self._process(name) for name in names]
        self.watching = Ledger.in_file(self.file, self.vault)
        self.signer = Signer(self.processes[0].store, origin=ORIGIN, folder=self.folder)
        self._follow()

    def _process(self, name: str) -> Process:
        return Process(name, self.vault, self.file, self.clock, self.weather)

    def _follow(self) -> None:
        self.follower = Follower(
            self.watching, self.folder / "answers", [self.projection], clock=self.clock.monotonic)
        self.follower.open(succeeding=True)
        self.reader = Reader(self.projection, self.folder / "answers")

    def _remember_beginning(self) -> None:
        """What the template holds stands in the model without having been judged."""
        self._look_at_log(BEGINNING)
        for envelope in self.envelopes:
            self.model.versions[envelope.stream] = envelope.version
        self.model.log = [None] * BEGINNING
        for held in self.watching.store.names():
            name, kind, holder, owner, act = held.reservation
            self.model.names[name] = Name(holder, kind, owner, act, held.position, held.freed_by)

    # One step after the other

    def run(self, steps: int) -> None:
        """Live through a history, then let everything settle, and look at what it came to."""
        for client in self.clients:
            client.go_on()
            self._put(client)
        for _ in range(steps):
            self.step()
        self._settle()
        check_end(self)

    def step(self) -> None:
        self.steps += 1
        self.clock.ns += self.rng.randrange(2 * SECOND)
        self.clock.steady += self.rng.randrange(SECOND)
        acts: list[Callable[[], object]] = [
            *[partial(self._client, client) for client in self.clients],
            *[partial(self._commit, process) for process in self.processes] * 2,
            self._follow_on, self._follow_on, self._read,
        ]
        if not self.calm and self.rng.random() < 0.2:
            acts += [self._trouble, self._trouble, self._sign, self._jump, self._tidy]
        self.rng.choice(acts)()
        if self.weather.power_lost or self.weather.died:
            self._after_death()
        self.weather.settle()

    def trace(self, words: str) -> None:
        if self.say is not None:
            self.say(f"{self.steps:4} {words}")

    # Processes

    def _commit(self, process: Process) -> None:
        """Let one process commit one group, and hold what it answers against the model."""
        if process not in self.processes or not process.line or self.weather.died or self.weather.power_lost:
            return
        self.committing = process
        process.writer.step()
        if self.weather.died or self.weather.power_lost:
            return  # Nobody is answered any more.
        group = []
        while process.line and process.line[0][0].outcome is not None:
            group.append(process.line.pop(0))
        outcomes: list[Any] = [ticket.outcome for ticket, _ in group]
        self.trace(f"{process.name} commits {len(group)}: {', '.join(_short(one) for one in outcomes)}")
        self._hold_against_model(group, outcomes)
        for (_, client), outcome in zip(group, outcomes, strict=True):
            client.go_on(outcome)
            self._put(client)

    def _hold_against_model(self, group: list[tuple[Ticket, Client]], outcomes: list[Any]) -> None:
        failed = [isinstance(outcome, StoreFailed) for outcome in outcomes]
        if any(failed):
            if not all(failed):
                raise Broken("of one commit some heard that it failed, others that it did not")
            self._find_out([ticket.append for ticket, _ in group], promised_not=any(
                "本次未写入" in outcome.cure for outcome in outcomes))
            return
        for (ticket, _), outcome in zip(group, outcomes, strict=True):
            expected = self.model.judge(ticket.append)
            if told(outcome) != expected:
                raise Broken(f"the store says {told(outcome)}, the model {expected}")
        self._look_at_log(len(self.model.log))

    def _find_out(self, appends: list[Append], *, promised_not: bool = False) -> None:
        """After a commit whose end nobody knows: all of the group stands, or none."""
        size = self.watching.store.size()
        if size != len(self.model.log):
            if promised_not:
                raise Broken("it was said that nothing was written, and it was")
            for append in appends:
                self.model.judge(append)
        self._look_at_log(size)

    def _look_at_log(self, size: int) -> None:
        """See that the log has so many events, that they are the model's, and that time only grew."""
        if size != len(self.model.log) and self.model.log:
            raise Broken(f"the store has {size} events, the model {len(self.model.log)}")
        store = self.watching.store
        new = store.leaves(len(self.leaves), 10_000)
        if len(self.leaves) + len(new) != size:
            raise Broken(f"{len(self.leaves) + len(new)} leaves in a log of {size} events")
        for leaf in new:
            envelope = decode(leaf)
            if self.envelopes and envelope.recorded_at <= self.envelopes[-1].recorded_at:
                raise Broken(f"event {len(self.envelopes) + 1} was recorded no later than the one before")
            stood = self.model.log[len(self.leaves)] if self.model.log else None
            if stood is not None and stood.event.leaf(envelope.recorded_at) != leaf:
                raise Broken(f"event {len(self.envelopes) + 1} is not the one that was appended")
            self.leaves.append(leaf)
            self.envelopes.append(envelope)

    # The end

    def _settle(self) -> None:
        """The weather clears: everyone is answered, and everything that follows catches up."""
        self.calm, self.weather.commit, self.weather.read, self.projection.unlucky = True, None, False, False
        for _ in range(2_000):
            if all(client.is_over for client in self.clients):
                break
            self.step()
            self.clock.steady += SECOND
        else:
            waiting = [(client.name, client.state) for client in self.clients if not client.is_over]
            raise Broken(f"somebody waits for ever: {waiting}")
        for _ in range(50):
            self.clock.steady += 2 * SECOND
            if not self.follower.step() and self.follower.wait_for(len(self.leaves), timeout_s=0):
                return
        raise Broken(f"the follower stands at {self.follower.lag()}, the log at {len(self.leaves)}")

    def close(self) -> None:
        """Let go of everything."""
        with suppress(Exception):
            self.follower.stop()
        for process in self.processes:
            process.end()
        self.watching.close()
        self.vault.close()

    def fingerprint(self) -> str:
        """Tell one history from another: its log but for what a key hid, and what was counted."""
        return hashlib.sha256(repr((self.leaves, sorted(self.counts.items()))).encode()).hexdigest()


def _short(outcome: Any) -> str:
    if isinstance(outcome, Receipt):
        return f"{outcome.first}+{outcome.events}{' again' if outcome.replayed else ''}"
    if isinstance(outcome, NameTaken):
        return f"taken by {outcome.holder}"
    return str(getattr(outcome, "code", outcome))
