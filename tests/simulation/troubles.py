"""What else happens in a history: commits fail, processes die or stop, power fails, clocks jump, keys are tidied."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.signing.signer import Signer
from ledger.stores.append import StoreFailed
from ledger.stores.errors import Unreadable
from ledger.stores.requests import month_of
from ledger.stores.writer import Ticket
from tests.ledger.ledger_kit import ORIGIN
from tests.simulation.disk import FAULTS
from tests.simulation.model import root_of, told
from tests.simulation.parts import DAY, SECOND, Broken, Client, Lost

if TYPE_CHECKING:
    from tests.simulation.world import World


class Troubles:
    """What goes wrong and what is done about it, as a part of the world."""

    def _trouble(self: World) -> None:
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

    def _answer_stopped(self: World, waiting: list[tuple[Ticket, Client]]) -> None:
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

    def _sign(self: World) -> None:
        try:
            note = self.signer.checkpoint()
        except (StoreFailed, Unreadable):
            return
        checkpoint = parse_checkpoint(parse_note(note)[0])
        root = self.roots[checkpoint.size] = root_of(self.leaves[:checkpoint.size])
        if checkpoint.size != len(self.leaves) or checkpoint.root != root:
            raise Broken(f"a checkpoint says {checkpoint.size} and {checkpoint.root.hex()}, the log {root.hex()}")
        self.counts["signed"] += 1

    def _jump(self: World) -> None:
        chance = self.rng.random()
        jump = self.rng.choice((-DAY, -60 * SECOND, DAY)) if chance < 0.7 else 45 * DAY if chance < 0.9 else 400 * DAY
        self.clock.ns += jump
        self.clock.steady += abs(jump)
        self.trace(f"the clock jumps by {jump // SECOND} s")

    def _tidy(self: World) -> None:
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

    # The dead

    def _after_death(self: World) -> None:
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

    def _restart_machine(self: World) -> None:
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
