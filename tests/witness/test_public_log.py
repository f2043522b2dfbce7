"""Two copies of one register, nothing of which differs: the one that is not behind the public address stops."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from ledgers_kit import OneLedger, listening

from api.doctor.checks import Level
from api.log_routes import log_routes
from api.register.register import stop_what_is_behind
from api.service.app import create_app
from api.settings import Settings
from api.witness.outside import Outside
from api.witness.public_log import EVERY_S, PublicLog
from ledger.errors import LedgerError
from tests.waiting import until

ORIGIN = "a.example/log"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@contextmanager
def public(ledger: OneLedger) -> Iterator[str]:
    with listening(create_app(blueprints=[log_routes(ledger.register)])) as address:
        yield address


def ledger_at(folder: Path) -> OneLedger:
    policy = folder.parent / "policy"
    policy.write_text("quorum none\n")
    return OneLedger(folder, ORIGIN, policy).open()


def original_and_clone(stack: ExitStack, tmp_path: Path) -> tuple[OneLedger, OneLedger]:
    first = ledger_at(tmp_path / "data")
    first.grow(3)
    first.sign()
    first.close()
    shutil.copytree(tmp_path / "data", tmp_path / "clone")
    both = ledger_at(tmp_path / "data"), ledger_at(tmp_path / "clone")
    for one in both:
        stack.callback(one.close)
    return both


def asking(ledger: OneLedger, address: str) -> PublicLog:
    return PublicLog(address, ledger.register.signer, ledger.kept, clock=lambda: ledger.seconds * 1_000_000_000)


@pytest.mark.parametrize(("of_its_own", "code"), [(0, "log_behind"), (2, "log_behind"), (9, "log_forked")])
def test_a_clone_that_is_not_at_the_public_address_stops_as_soon_as_it_asks(
    stack: ExitStack, tmp_path: Path, of_its_own: int, code: str
) -> None:
    original, clone = original_and_clone(stack, tmp_path)
    original.grow(5, "kept")
    original.sign()
    clone.grow(of_its_own, "of the clone")
    address = stack.enter_context(public(original))
    looking = asking(clone, address)
    looking.round()

    level, told, cure = looking.check()
    assert level is Level.FAIL and "不是它的延续" in told and "两份都保留" in cure
    assert clone.code() == code
    register = clone.register
    stop_what_is_behind(register.ledger, register.signer)
    with pytest.raises(LedgerError):
        clone.grow(1)

    itself = asking(original, address)
    itself.round()
    assert itself.check()[0] is Level.OK and original.code() == ""


def test_it_asks_every_few_minutes_and_an_older_checkpoint_is_no_trouble(stack: ExitStack, tmp_path: Path) -> None:
    original, clone = original_and_clone(stack, tmp_path)
    original.grow(2, "kept")
    looking = asking(original, stack.enter_context(public(clone)))
    looking.round()
    assert looking.check()[0] is Level.OK, "as through a proxy that keeps what it was given"

    clone.grow(7, "of the clone")
    clone.sign()
    looking.round()
    assert original.code() == "", "it was asked just now"
    original.seconds += EVERY_S
    looking.round()
    assert original.code() == "log_behind"


def test_nobody_there_or_another_log_is_told_and_stops_nothing(stack: ExitStack, tmp_path: Path) -> None:
    ledger, _ = original_and_clone(stack, tmp_path)
    stranger = OneLedger(tmp_path / "stranger", ORIGIN, tmp_path / "policy").open()
    stack.callback(stranger.close)
    stranger.grow(50)
    stranger.sign()
    for address in ("http://127.0.0.1:9", stack.enter_context(public(stranger))):
        looking = asking(ledger, address)
        looking.round()
        level, told, cure = looking.check()
        assert level is Level.WARN and "读不到本日志的检查点" in told and "证书" in cure
        assert ledger.code() == ""


def test_a_service_asks_by_itself_where_an_address_is_set(stack: ExitStack, tmp_path: Path) -> None:
    original, clone = original_and_clone(stack, tmp_path)
    original.grow(5)
    original.sign()
    settings = Settings(data_folder=clone.folder, origin=ORIGIN, public_address=stack.enter_context(public(original)))
    outside = Outside(settings, clone.register, may=lambda: True)
    outside.start()
    stack.callback(outside.stop)
    (check,) = outside.checks()

    until(lambda: check.ask()[0] is Level.FAIL)
    assert check.name == "public_log" and clone.code() == "log_behind"
    assert Outside(Settings(data_folder=clone.folder), clone.register, may=lambda: True).checks() == []


def test_a_service_that_ends_does_not_wait_for_an_address_that_is_silent(stack: ExitStack, tmp_path: Path) -> None:
    ledger, _ = original_and_clone(stack, tmp_path)
    silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    looking = asking(ledger, f"http://127.0.0.1:{silent.getsockname()[1]}")
    looking.start()
    with silent.accept()[0]:
        looking.stop()
        assert any(each.name == "public-log" for each in threading.enumerate()), "it is still asking"
    until(lambda: not any(each.name == "public-log" for each in threading.enumerate()))
    assert ledger.code() == ""
