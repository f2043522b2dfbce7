"""The data folder: made once, opened whole or not at all, and never quietly replaced."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from api.register.folder import Folder
from api.register.register import SYSTEM, open_register, stop_what_is_behind
from api.settings import Settings
from api.terminal.exits import Stop
from ledger.errors import LedgerError
from ledger.events.base import Draft
from ledger.events.log import LOG, AccessAnchored, LogOpened
from ledger.keys.master import BadMasterKey
from ledger.signing.signer import LogBehind


def settings(path: Path, **more: object) -> Settings:
    return Settings(data_folder=path / "data", **more)  # type: ignore[arg-type]


def test_the_first_start_makes_keys_that_only_their_owner_can_read(tmp_path: Path) -> None:
    register = open_register(settings(tmp_path), create=True)
    register.signer.checkpoint()
    register.close()

    folder = Folder(tmp_path / "data")
    for path in (folder.master, folder.reader_token, *folder.keys.glob("*.signing.key")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(folder.keys.stat().st_mode) == 0o700


def test_the_first_event_says_what_the_log_is_called_and_a_second_start_adds_none(tmp_path: Path) -> None:
    for _ in range(2):
        register = open_register(settings(tmp_path), create=True)
        first = register.ledger.at(1)
        size = register.ledger.store.size()
        register.close()

    assert first is not None
    assert first.envelope.event == LogOpened(origin="localhost/xueshi")
    assert size == 1


def test_without_create_an_empty_folder_is_an_error_and_stays_empty(tmp_path: Path) -> None:
    with pytest.raises(Stop) as stopped:
        open_register(settings(tmp_path))

    assert stopped.value.code == "no_register"
    assert not (tmp_path / "data").exists()


def test_a_lost_ledger_is_not_replaced_by_an_empty_one_of_the_same_name(tmp_path: Path) -> None:
    register = open_register(settings(tmp_path), create=True)
    register.signer.checkpoint()
    register.close()
    for path in (tmp_path / "data").glob("ledger.db*"):
        path.unlink()

    with pytest.raises(Stop) as stopped:
        open_register(settings(tmp_path), create=True)

    assert stopped.value.code == "ledger_missing"


def test_an_older_copy_of_the_ledger_opens_but_is_not_signed(tmp_path: Path) -> None:
    register = open_register(settings(tmp_path), create=True)
    register.close()
    old = (tmp_path / "data" / "ledger.db").read_bytes()
    register = open_register(settings(tmp_path))
    anchored = Draft(AccessAnchored(origin="x/y", size=1, root="x"))
    register.ledger.record([anchored], by=SYSTEM, versions={LOG: 1})
    register.signer.checkpoint()
    register.close()
    (tmp_path / "data" / "ledger.db").write_bytes(old)

    register = open_register(settings(tmp_path))
    with pytest.raises(LogBehind):
        register.signer.checkpoint()
    register.close()


def test_what_lacked_published_events_records_again_once_it_has_them(tmp_path: Path) -> None:
    register = open_register(settings(tmp_path), create=True)
    first = register.signer.checkpoint()
    register.close()
    old = register.folder.ledger.read_bytes()
    anchored = Draft(AccessAnchored(origin="x/y", size=1, root="x"))
    register = open_register(settings(tmp_path))
    register.ledger.record([anchored], by=SYSTEM, versions={LOG: 1})
    register.signer.checkpoint()
    register.close()
    register.folder.ledger.write_bytes(old)

    register = open_register(settings(tmp_path))
    with pytest.raises(LogBehind):
        register.ledger.record([anchored], by=SYSTEM, versions={LOG: 1})
    register.folder.published.write_bytes(first)  # Now nothing is missing, as when the right log is put back.
    stop_what_is_behind(register.ledger, register.signer)
    register.ledger.record([anchored], by=SYSTEM, versions={LOG: 1})
    register.close()


def test_a_lost_master_key_is_not_replaced(tmp_path: Path) -> None:
    open_register(settings(tmp_path), create=True).close()
    Folder(tmp_path / "data").master.unlink()

    with pytest.raises(Stop) as stopped:
        open_register(settings(tmp_path), create=True)

    assert stopped.value.code == "keys_missing"


def test_a_master_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    open_register(settings(tmp_path), create=True).close()
    Folder(tmp_path / "data").master.chmod(0o644)

    with pytest.raises(BadMasterKey):
        open_register(settings(tmp_path))


def test_a_log_keeps_the_name_it_was_opened_with(tmp_path: Path) -> None:
    open_register(settings(tmp_path), create=True).close()

    with pytest.raises((Stop, LedgerError)) as stopped:
        open_register(settings(tmp_path, origin="other.example/log"))

    assert "localhost/xueshi" in str(stopped.value)
