"""Real registers and real witnesses on loopback sockets, each in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from api.register.register import SYSTEM, Register, open_register
from api.settings import Settings
from api.witness.app import WitnessApp
from api.witness.folder import WitnessFolder
from api.witness.submitting import Submitter, read_policy
from ledger.errors import LedgerError
from ledger.events.base import Draft
from ledger.events.log import LOG, AccessAnchored
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.witnessing.kept import Kept


@dataclass
class Serving:
    """A witness that answers at an address."""

    folder: WitnessFolder
    address: str


@contextmanager
def witness_serving(root: Path, name: str, logs: Sequence[str] = ()) -> Iterator[Serving]:
    """A witness of its own, which trusts these logs, until the end of the block."""
    folder = WitnessFolder.create(root, name)
    for vkey in logs:
        folder.trust(vkey)
    state = folder.state()
    with listening(WitnessApp(folder.witness(state), folder.vkey)) as address:
        yield Serving(folder, address)
    state.close()


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """A WSGI application at an address of this machine."""
    server = make_server("127.0.0.1", 0, app, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None: ...


@dataclass
class OneLedger:
    """A register, and what it does with its witnesses; time is told by the test."""

    folder: Path
    origin: str
    policy: Path
    seconds: int = 1_780_000_000
    stack: ExitStack = field(default_factory=ExitStack)
    register: Register = field(init=False)
    submitter: Submitter = field(init=False)

    def open(self) -> OneLedger:
        settings = Settings(data_folder=self.folder, origin=self.origin, witnesses=str(self.policy))
        self.register = open_register(settings, create=True)
        self.stack.callback(self.register.close)
        self.submitter = Submitter(
            self.register.ledger.store, self.register.signer, read_policy(self.policy), self.kept,
            clock=lambda: self.seconds * 1_000_000_000)
        return self

    def close(self) -> None:
        self.stack.close()

    @property
    def kept(self) -> Kept:
        return Kept(self.folder / "witnessed")

    @property
    def vkey(self) -> str:
        return self.register.signer.vkeys[0]

    def grow(self, count: int, word: str = "x") -> None:
        """Record so many events."""
        ledger = self.register.ledger
        for number in range(count):
            ledger.record([Draft(AccessAnchored(origin=f"{word}/y", size=number, root="x"))], by=SYSTEM,
                          versions={LOG: ledger.store.version(LOG)})

    def sign(self) -> bytes:
        return self.register.signer.checkpoint()

    def shown(self) -> None:
        """Sign, and show it to the witnesses; an hour later whoever did not answer may be asked again."""
        self.seconds += 3_600
        self.sign()
        self.submitter.round()

    def code(self) -> str:
        """Why nothing may be signed, or nothing."""
        try:
            self.register.signer.demand_extension()
        except LedgerError as error:
            return error.code
        return ""


def size(note: bytes | None) -> int:
    assert note is not None
    return parse_checkpoint(parse_note(note)[0]).size
