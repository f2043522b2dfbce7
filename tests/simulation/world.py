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
from ledger.errors import Refusal
from ledger.ledger import Ledger, Loaded
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.signer import Signer
from ledger.stores.append import Append, Busy, Conflict, KeyReused, NameTaken, Receipt, StoreFailed
from ledger.stores.errors import Unreadable
from ledger.stores.requests import month_of
from ledger.stores.writer import Ticket
from ledger.vault import FileMasterKey, Vault
from projections.errors import NotBuilt, ProjectionError
from projections.file import Reader
from projections.follower import Follower
from tests.ledger.ledger_kit import BY, ORIGIN
from tests.simulation.asked import Asked, any_decision, bare, request
from tests.simulation.checks import check_end
from tests.simulation.disk import FAULTS, Weather
from tests.simulation.model import Model, Name, root_of, told
from tests.simulation.parts import (
    BEGINNING,
    DAY,
    SECOND,
    Appending,
    Broken,
    Client,
    Clock,
    Lost,
    Process,
    Script,
    Until,
    template,
)
from tests.simulation.watch import CURRENT, Fold, Standing


class World:
    """Everything that is, and what it must be."""

    def __init__(self, seed: int, folder: Path, *, say: Callable[[str], object] | None = None) -> None:
        self.rng = Random(seed)
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

    # People

    def _client(self, client: Client) -> None:
        state = client.state
        if client.is_over or isinstance(state, Appending):
            return
        if isinstance(state, Until) and not state.is_so():
            return
        client.go_on()
        self._put(client)

    def _put(self, client: Client) -> None:
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

    def _life(self) -> Script:
        while not self.calm:
            if self.rng.random() < 0.3:
                yield None
            if self.rng.random() < 0.5:
                yield from self._decided()
            else:
                yield from self._bare()

    def _decided(self) -> Script:
        """Ask for a decision until it is answered, always under one key; then read what was written."""
        asked = any_decision(self.rng)
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

    def _asking(self, process: Process, asked: Asked, key: Any) -> Script:
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

    def _load(self, ledger: Ledger, stream: str, evolve: Any) -> Loaded[Any]:
        """Load a stream; between two of them others may be faster."""
        loaded = ledger.load(stream, evolve)
        if self.rng.random() < 0.1:
            self._commit(self.rng.choice(self.processes))
        return loaded

    def _bare(self) -> Script:
        self.requests += 1
        key = request(self.rng, self.requests)
        append = None
        while True:
            process = self.rng.choice(self.processes)
            try:
                append = append or bare(self.rng, process.ledger, key, self.rng.randint(0, 1))
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

    def _read_own(self, receipt: Receipt) -> Script:
        """Whoever was answered reads what they wrote, once it is followed."""
        last = receipt.first + receipt.events - 1
        if len(self.model.log) < last:
            raise Broken(f"{receipt} was acknowledged, and the log has {len(self.model.log)} events")
        if self.rng.random() < 0.4:
            yield Until(f"position {last}", lambda: self.follower.wait_for(last, timeout_s=0))
            with suppress(NotBuilt):
                if self.reader.position() < last:
                    raise Broken(f"told of {last}, a reader finds {self.reader.position()}")

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

    def _after_death(self) -> None:
        """A process, or all of them, are gone; whoever waited for an answer asks again."""
        weather, self.weather.died = self.weather, False
        is_power, weather.power_lost = weather.power_lost, False
        self.trace("the power fails" if is_power else "a process dies")
        dying = self.processes if is_power else [self.committing]
        in_flight = [ticket for one in dying for ticket, _ in one.line if ticket.outcome is not None]
        waiting = [client for one in dying for _, client in one.line]
        self.processes = [one for one in self.processes if one not in dying]
        for process in dying:
            process.end()
        if is_power:
            self._restart_machine()
        else:
            for process in dying:
                self.processes.append(self._process(process.name))
            self.signer = Signer(self.processes[0].store, origin=ORIGIN, folder=self.folder)
        self._find_out([ticket.append for ticket in in_flight])
        for client in waiting:
            client.go_on(Lost())
            self._put(client)

    def _restart_machine(self) -> None:
        self._kill_follower()
        self.watching.close()
        for end in ("-wal", "-shm", "-turn"):
            self.file.with_name(self.file.name + end).unlink(missing_ok=True)
        after = self.file.with_name("after.db")
        after.replace(self.file)
        with suppress(FileNotFoundError):
            after.with_name("after.db-wal").replace(self.weather.journal)
        answers = self.folder / "answers"
        (answers / "follower.reached").unlink(missing_ok=True)  # It is good for one run of the machine.
        (answers / "follower.lock").unlink(missing_ok=True)
        self.read_last = 0  # Of those who read, nobody is left.
        self.weather.commit, self.weather.read = None, False
        self._begin()

    # Followers and readers

    def _follow_on(self) -> None:
        chance = self.rng.random()
        if not self.calm and chance < 0.05:
            self.trace("the follower dies, another follows")
            self._kill_follower()
            return self._follow()
        if not self.calm and chance < 0.1:
            self.trace("the follower stops, another follows")
            self.follower.stop()
            return self._follow()
        if not self.calm and chance < 0.11:
            self.follower.rebuild(self.projection.name)
        elif not self.calm and chance < 0.16:
            self.projection.unlucky = True
        self.follower.step()
        return None

    def _kill_follower(self) -> None:
        follower = self.follower
        for track in follower._tracks.values():
            for file in track._files():
                file.connection.rollback()
                file.connection.close()
        if follower._telling is not None:
            follower._telling.close()
        if follower._ownership is not None:
            follower._ownership._lease.release()

    def _read(self) -> None:
        """Read beside the follower: what is said is the fold of the log up to where it says that it speaks."""
        try:
            position = self.reader.position()
            rows = self.reader.rows(CURRENT, (position, position))
        except NotBuilt:
            return
        except ProjectionError as error:
            raise Broken(f"a reader cannot read: {error}") from error
        if position < self.read_last:
            raise Broken(f"a reader was told of {self.read_last}, and now of {position}")
        self.read_last = position
        if position > len(self.envelopes):
            raise Broken(f"a reader is told of {position}, the log has {len(self.envelopes)}")
        if rows != self._fold_at(position):
            raise Broken(f"at {position} a reader does not find what the log comes to")

    def _fold_at(self, position: int) -> list[tuple[str, int, int]]:
        while len(self.folds) <= position:
            self.folds.append(self.fold.take(self.envelopes[len(self.folds) - 1]))
        return self.folds[position]

    # What else happens

    def _trouble(self) -> None:
        chance = self.rng.random()
        if chance < 0.7:
            self.weather.commit = self.rng.choice(FAULTS)
        elif chance < 0.9:
            self.weather.read = True
        else:
            process = self.rng.choice(self.processes)
            self.trace(f"{process.name} stops in order")
            self.processes.remove(process)
            waiting, process.line = process.line, []
            self.weather.commit, self.weather.read = None, False
            process.writer.close()
            process.ledger.close()
            self.processes.append(self._process(process.name))
            self.signer = Signer(self.processes[0].store, origin=ORIGIN, folder=self.folder)
            self._answer_stopped(waiting)

    def _answer_stopped(self, waiting: list[tuple[Ticket, Client]]) -> None:
        """Whoever was in line when a process stopped in order has been answered."""
        outcomes: list[Any] = [ticket.outcome for ticket, _ in waiting]
        if None in outcomes:
            raise Broken("a process stopped in order and left somebody waiting")
        for pair, outcome in zip(waiting, outcomes, strict=True):
            if isinstance(outcome, StoreFailed):
                raise Broken(f"a process stopped in order and failed: {outcome}")
            expected = self.model.judge(pair[0].append)
            if told(outcome) != expected:
                raise Broken(f"the store says {told(outcome)}, the model {expected}")
        self._look_at_log(len(self.model.log))
        for (_, client), outcome in zip(waiting, outcomes, strict=True):
            client.go_on(outcome)
            self._put(client)

    def _sign(self) -> None:
        try:
            note = self.signer.checkpoint()
        except (StoreFailed, Unreadable):
            return
        checkpoint = parse_checkpoint(parse_note(note)[0])
        root = self.roots[checkpoint.size] = root_of(self.leaves[:checkpoint.size])
        if checkpoint.size != len(self.leaves) or checkpoint.root != root:
            raise Broken(f"a checkpoint says {checkpoint.size} and {checkpoint.root.hex()}, the log {root.hex()}")
        self.counts["signed"] += 1

    def _jump(self) -> None:
        chance = self.rng.random()
        jump = self.rng.choice((-DAY, -60 * SECOND, DAY)) if chance < 0.7 else 45 * DAY if chance < 0.9 else 400 * DAY
        self.clock.ns += jump
        self.clock.steady += abs(jump)
        self.trace(f"the clock jumps by {jump // SECOND} s")

    def _tidy(self) -> None:
        now = self.clock() // 1000
        process = self.rng.choice(self.processes)
        try:
            process.store.tidy_requests(now)
        except Unreadable:  # It met the one failing read; what was begun is done the next time.
            process.store.tidy_requests(now)
        oldest = month_of(min(now, self.envelopes[-1].recorded_at)) - 13
        kept = next((position for position, envelope in enumerate(self.envelopes, 1)
                     if month_of(envelope.recorded_at) >= oldest), len(self.envelopes) + 1)
        self.model.forget_requests(kept)

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
