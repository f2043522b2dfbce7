"""Two data folders, each with its own keys, and one database: of them one serves, whichever came first."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.keeping.restore_postgres import room_in
from api.register.register import open_register
from api.settings import Settings
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import open_vault
from ledger.ledger import Ledger
from ledger.stores.append import Append, StoreFailed
from ledger.stores.postgres_alone import DatabaseInUse, OtherVaultServes
from tests.api.workers_kit import ENVIRONMENT, XUESHI, serving, started
from tests.forked import run
from tests.ledger.ledger_kit import plain_event
from tests.waiting import until


def copied(folder: Path) -> Path:
    """What somebody makes who means to try the service elsewhere."""
    return shutil.copytree(folder, folder.with_name(f"{folder.name}-copy"))


def test_of_a_folder_and_its_copy_one_has_the_database(postgres: str, tmp_path: Path) -> None:
    first = Settings(data_folder=tmp_path / "data", database=postgres)
    with closing(open_register(first, create=True)):
        second = Settings(data_folder=copied(first.data_folder), database=postgres)
        with pytest.raises(OtherVaultServes) as refused:
            open_register(second)
        with closing(open_register(first)):
            """Another process of the same service."""
    assert refused.value.code == "other_keys_serve"
    assert "先停止那里的服务" in str(refused.value) and "127.0.0.1" in str(refused.value)

    with closing(open_register(second)), pytest.raises(OtherVaultServes):  # It was moved, and its old place is silent.
        open_register(first)


def test_what_is_served_elsewhere_is_not_exchanged_under_it_by_a_restore(postgres: str, tmp_path: Path) -> None:
    here = Settings(data_folder=tmp_path / "data", database=postgres)
    with closing(open_register(here, create=True)), pytest.raises(DatabaseInUse, match="先停止各台主机上的服务"):
        room_in(here, replace=True)

    assert set(room_in(here, replace=True).asides) == {"ledger", "access"}


def test_a_service_that_lost_its_connections_writes_nothing_while_another_has_the_database(
    postgres: str, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    FileMasterKey.create(folder / "master.key")
    open_vault(folder / "people.db").close()
    copy = copied(folder)
    with (closing(open_vault(folder / "people.db")) as vault, closing(open_vault(copy / "people.db")) as other,
          closing(Ledger.in_postgres(postgres, vault)) as here, closing(Ledger.in_postgres(postgres, other)) as there,
          psycopg.connect(postgres, autocommit=True) as beside):
        here.store.append(Append((plain_event(1),)))
        cut(beside)
        there.store.append(Append((plain_event(2),)))
        with pytest.raises(StoreFailed, match=r"另一处的服务.*本次未写入"):
            here.store.append(Append((plain_event(3),)))
        assert there.store.size() == 2, "neither has written over the other"

        cut(beside)  # Whoever asks first has it: the one that was turned away holds nothing meanwhile.
        here.store.append(Append((plain_event(4),)))
        assert here.store.size() == 3


def cut(beside: psycopg.Connection[Any]) -> None:
    """End every other session, as a server does that is started anew."""
    beside.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                   "WHERE datname = current_database() AND pid <> pg_backend_pid()")


@pytest.mark.torture
def test_a_service_on_a_copy_of_the_folder_does_not_start_until_the_first_is_gone(
    postgres: str, tmp_path: Path
) -> None:
    (first := tmp_path / "first").mkdir()
    with serving(first, postgres) as service:
        town = service.town()
        works = town.unit("某厂", "330203", "industry")
        second = copied(first)
        refused = started(second, postgres)
        assert refused.returncode == 3, refused.stdout + refused.stderr
        assert "另一处的服务" in refused.stderr and "shared_folder" in refused.stderr
        town.officer(works, "unit", "330203", unit=works["unit"])
        os.killpg(service.master.pid, signal.SIGKILL)  # Its host went down; nobody could give anything back.
        service.master.wait()

    with psycopg.connect(postgres, autocommit=True) as beside:
        until(lambda: beside.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())").fetchone() == (0,))
    lacking = started(second, postgres)
    assert lacking.returncode == 3 and "这里的密钥库没有密钥" in lacking.stderr, lacking.stdout + lacking.stderr
    assert "keys_elsewhere" in lacking.stderr, "the account that the first made since is one of whom it knows nothing"
    here = run([XUESHI, "log", "served-here"], cwd=second, env={**ENVIRONMENT, "XUESHI_DATABASE": postgres}, text=True)
    assert here.returncode == 0, here.stderr
    with serving(second, postgres):
        again = started(first, postgres)
    assert again.returncode == 3 and "另一处的服务" in again.stderr, again.stdout + again.stderr
