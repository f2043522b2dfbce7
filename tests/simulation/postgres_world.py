"""The same history over PostgreSQL: several processes, one server that loses connections and is replaced by another.

    python -m tests.simulation --postgres --many 1000

The model judges at the moment at which the server carries a statement out, whoever still waits for it: what is told
afterwards must be what was judged then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.signing.signer import Signer
from ledger.stores.append import Append, StoreFailed
from ledger.stores.writer import GroupWriter, Ticket
from tests.ledger.ledger_kit import ORIGIN
from tests.simulation.model import told
from tests.simulation.parts import BEGINNING, Broken, Client, Clock, Lost, Process, template
from tests.simulation.virtual_postgres import FAULTS, Attempt, Server, VirtualFactory
from tests.simulation.world import World

ENVIRONMENT = {"PERSISTENCE_MODULE": "tests.simulation.virtual_postgres:VirtualFactory"}


class Host(Process):
    """A process with its own store before the common server."""

    def __init__(self, name: str, vault: Vault, clock: Clock, server: Server) -> None:
        VirtualFactory.server, VirtualFactory.clock = server, clock
        self.name = name
        self.ledger = Ledger(vault, ENVIRONMENT)
        self.store: Any = self.ledger.store
        self.writer = GroupWriter(self.store._commit, driven=True)
        self.line: list[tuple[Ticket, Client]] = []


class PostgresWorld(World):
    """The world over one server."""

    def _begin(self) -> None:
        if not hasattr(self, "server"):
            self.server = Server(self.rng)
            _fill(self.server, self.file)
            self.server.carried_out, self.server.meanwhile = self._carried_out, self._meanwhile
            self.wrong = ""    # What was seen where nobody can be stopped: in the midst of a commit.
            self._nested = False
        VirtualFactory.server, VirtualFactory.clock = self.server, self.clock
        self.processes = [self._process(name) for name in ("a", "b", "c")[:self.rng.randint(1, 3)]]
        self.watching = Ledger(self.vault, ENVIRONMENT)
        self.signer = Signer(self.processes[0].store, origin=ORIGIN, folder=self.folder)
        self._follow()

    def _process(self, name: str) -> Process:
        return Host(name, self.vault, self.clock, self.server)

    def step(self) -> None:
        self.server.monotonic += self.rng.random() * 2
        if self.server.late and self.rng.random() < 0.2:
            self.server.arrive()
            self._look_at_log(len(self.model.log))
        super().step()
        if self.wrong:
            raise Broken(self.wrong)
        if self.server.died:
            self._after_death()

    # What the server does

    def _carried_out(self, attempt: Attempt) -> None:
        """It stands from here on, whoever hears of it."""
        if attempt.verdicts is not None:
            self.wrong = "a statement was carried out twice"
        if attempt.promised_not:
            self.wrong = "it was said that nothing was written, and it was, later"
        attempt.verdicts = [self.model.judge(append) for append in attempt.appends]

    def _meanwhile(self) -> None:
        """Others go on while a process waits for the server."""
        if self._nested or self.rng.random() < 0.6:
            return
        others = [one for one in self.processes if one is not self.committing]
        if others:
            self._nested, own = True, self.committing
            try:
                self._commit(self.rng.choice(others))
            finally:
                self._nested, self.committing = False, own

    def _commit(self, process: Process) -> None:
        if not self.server.died:
            super()._commit(process)

    def _hold_against_model(self, group: list[tuple[Ticket, Client]], outcomes: list[Any]) -> None:
        if self.server.died:
            return None
        failed = [isinstance(outcome, StoreFailed) for outcome in outcomes]
        if any(failed) and not all(failed):
            raise Broken("of one commit some heard that it failed, others that it did not")
        if not group:
            return None
        attempt = self.committing.store.attempt
        if any(failed):
            self.counts["failed"] += 1
            attempt.promised_not = any("本次未写入" in outcome.cure for outcome in outcomes)
            if attempt.promised_not and attempt.verdicts is not None:
                raise Broken("it was said that nothing was written, and it was")
            return self._look_at_log(len(self.model.log))
        if attempt.verdicts is None:  # Nothing of the group was written: it is judged as things stand.
            attempt.verdicts = [self.model.judge(append) for append in attempt.appends]
        for outcome, was in zip(outcomes, attempt.verdicts, strict=True):
            if told(outcome) != was:
                raise Broken(f"the store says {told(outcome)}, the model {was}")
        return self._look_at_log(len(self.model.log))

    def _find_out(self, appends: list[Append], *, promised_not: bool = False) -> None:
        self._look_at_log(self.watching.store.size())

    # What goes wrong

    def _trouble(self) -> None:
        if self.rng.random() < 0.9:
            self.server.fault = self.rng.choice(FAULTS)
        else:
            self.server.fail_over()

    def _after_death(self) -> None:
        self.server.died = False
        process = self.committing
        waiting = [client for _, client in process.line]
        self.trace(f"{process.name} dies")
        if process in self.processes:
            self.processes.remove(process)
            process.end()
        self.processes.append(self._process(process.name))
        self.signer = Signer(self.processes[0].store, origin=ORIGIN, folder=self.folder)
        self._look_at_log(len(self.model.log))
        for client in waiting:
            client.go_on(Lost())
            self._put(client)

    def _sign(self) -> None:
        """Any process may: whoever held the lease was stopped between looking and signing, and has lost it since."""
        self.signer = Signer(self.rng.choice(self.processes).store, origin=ORIGIN, folder=self.folder)
        super()._sign()

    def _tidy(self) -> None:
        """The months of keys are the real server's."""

    def _settle(self) -> None:
        self.server.fault = None
        super()._settle()
        self.server.late.clear()


def _fill(server: Server, file: Path) -> None:
    """Begin with what every history begins with."""
    ledger = template_ledger(file)
    store, tables = ledger.store, server.tables
    tables._leaves = store.leaves(0, BEGINNING)
    for held in store.names():
        tables._names[held.reservation.name] = held
    from ledger.envelope import decode

    for position, leaf in enumerate(tables._leaves, 1):
        tables._streams.setdefault(str(decode(leaf).stream), []).append(position)
        if (sealed := store.sealed(position)) is not None:
            tables._sealed[position] = sealed
    ledger.close()


def template_ledger(file: Path) -> Ledger:
    from ledger.keys.master import FileMasterKey

    folder = template()
    return Ledger.in_file(file, Vault(folder / "people.db", FileMasterKey(folder / "master.key")))
