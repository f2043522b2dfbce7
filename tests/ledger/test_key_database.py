"""The vault that several hosts share: what one makes another opens, what one destroys is gone for all of them."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from postgres_kit import Server, waiting_for_a_standby

from ledger.envelope import Envelope, SealedPart, decode, encode
from ledger.events.base import By, Draft, Words
from ledger.events.person import PersonRestricted
from ledger.keys.backup import back_up
from ledger.keys.database import SERVER_DAYS, STEPS, KeyDatabase
from ledger.keys.file import KeyFile, VaultFailed
from ledger.keys.makes import make_of
from ledger.keys.master import FileMasterKey
from ledger.keys.restore import checked, laid_out
from ledger.keys.rewrap import prepare, switch
from ledger.keys.ring import KeyGone, MasterExchanged, open_keys
from ledger.keys.vault import Absent, Vault, open_vault
from ledger.stores import postgres_portable
from ledger.stores.append import StoreFailed
from ledger.stores.errors import SchemaBehind
from ledger.stores.postgres_schema import migrate
from ledger.vocabulary import PersonId, StreamId
from tests.waiting import until

BY, WORDS = By(actor="acr_test", role="registrar"), Words(words="探针备注")
_NUMBERS = itertools.count(1)


@pytest.fixture
def place(postgres_server: Server, tmp_path: Path) -> Iterator[KeyDatabase]:
    conninfo = postgres_server.new_database(migrated=False)
    migrate(conninfo, "keys", STEPS)
    FileMasterKey.create(tmp_path / "master.key")
    yield KeyDatabase(conninfo, tmp_path)
    postgres_server.drop_database(conninfo)


@pytest.fixture
def hosts(place: KeyDatabase) -> Iterator[Callable[[], Vault]]:
    """Open the vault as one more host does."""
    opened: list[Vault] = []

    def one_more() -> Vault:
        opened.append(open_vault(place))
        return opened[-1]

    yield one_more
    for each in opened:
        each.close()


def sealed_under(vault: Vault, owner: str) -> tuple[Envelope, SealedPart]:
    vault.prepare([owner])
    part = vault.seal(owner, WORDS, stream=StreamId(owner), version=1)
    draft = Draft(PersonRestricted(person=PersonId(owner), basis="request"), WORDS)
    return decode(encode(StreamId(owner), 1, draft, BY, part).leaf(1)), part


def test_what_one_host_seals_another_opens(hosts: Callable[[], Vault]) -> None:
    one, other = hosts(), hosts()

    assert other.open(*sealed_under(one, "per_a")) == WORDS
    assert one.open_all([sealed_under(other, f"per_{name}") for name in "abc"]) == [WORDS] * 3
    assert one.secret("index") == other.secret("index")


def test_two_hosts_that_make_a_key_for_one_person_at_once_have_the_same(hosts: Callable[[], Vault]) -> None:
    vaults, start = [hosts(), hosts()], threading.Barrier(2)
    sealed: list[tuple[Envelope, SealedPart]] = []

    def seal(vault: Vault) -> None:
        for number in range(20):
            start.wait(60)
            sealed.append(sealed_under(vault, f"per_{number}"))

    threads = [threading.Thread(target=seal, args=(vault,)) for vault in vaults]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(sealed) == 40
    for vault in vaults:
        assert vault.open_all(sealed) == [WORDS] * 40


def test_whoever_is_forgotten_on_one_host_is_forgotten_on_all_also_where_their_key_was_remembered(
    hosts: Callable[[], Vault]
) -> None:
    one, other = hosts(), hosts()
    sealed = sealed_under(one, "per_a")
    assert other.open(*sealed) == WORDS

    one.destroy("per_a")

    assert other.open(*sealed) is Absent.DESTROYED
    assert other.open_all([sealed]) == [Absent.DESTROYED]
    with pytest.raises(KeyGone):
        other.prepare(["per_a"])


def test_a_destruction_is_not_final_while_the_server_may_have_copies(
    hosts: Callable[[], Vault], place: KeyDatabase
) -> None:
    vault = hosts()
    sealed_under(vault, "per_a")
    vault.destroy("per_a")

    found = vault.destruction("per_a")
    assert found is not None and not found.is_final
    assert found.final_from - found.at == SERVER_DAYS * 86_400_000_000
    with psycopg.connect(place.conninfo, autocommit=True) as connection:
        connection.execute("UPDATE keys.destroyed SET at = at - %s", [SERVER_DAYS * 86_400_000_000])
    found = vault.destruction("per_a")
    assert found is not None and found.is_final


def test_what_is_destroyed_stands_in_no_file_of_the_table_any_more(
    hosts: Callable[[], Vault], place: KeyDatabase, postgres_server: Server
) -> None:
    vault = hosts()
    vault.prepare(["per_a", "per_b"])
    with psycopg.connect(place.conninfo, autocommit=True) as connection:
        rows = dict(connection.execute("SELECT owner, wrapped FROM keys.keys"))

        def on_disk() -> bytes:
            connection.execute("CHECKPOINT")
            row = connection.execute("SELECT pg_relation_filepath('keys.keys')").fetchone()
            assert row is not None
            return (postgres_server.data / row[0]).read_bytes()

        assert rows["per_a"] in on_disk()
        vault.destroy("per_a")
        left = on_disk()

    assert rows["per_a"] not in left and b"per_a" not in left
    assert rows["per_b"] in left


def test_a_copy_is_a_vault_of_the_form_that_one_host_has_and_goes_back_into_an_empty_database(
    hosts: Callable[[], Vault], place: KeyDatabase, postgres_server: Server, tmp_path: Path
) -> None:
    vault = hosts()
    sealed = [sealed_under(vault, f"per_{name}") for name in "abc"]
    vault.destroy("per_c")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    made = back_up(vault.file, folder, origin="localhost/xueshi")

    manifest = checked(folder / made.name)
    assert (manifest.keys, manifest.destroyed) == (2, 1)
    waiting = laid_out(folder / made.name, tmp_path / "people.db")
    with closing(open_vault(waiting)) as again:
        assert again.open_all(sealed) == [WORDS, WORDS, Absent.DESTROYED]

    with pytest.raises(VaultFailed, match="不覆盖"):
        vault.prepare(["per_d"])
        vault.file.take_over(waiting)
    conninfo = postgres_server.new_database(migrated=False)
    migrate(conninfo, "keys", STEPS)
    there = KeyDatabase(conninfo, tmp_path)
    with closing(open_keys(there)) as file:
        assert file.take_over(waiting) == 2
        assert file.take_over(waiting) == 2, "done again after a stop, it finds what it has done"
    with closing(open_vault(there)) as moved:
        assert moved.open_all(sealed) == [WORDS, WORDS, Absent.DESTROYED]
        assert [copy.name for copy in moved.file.copies()] == [made.name]
    postgres_server.drop_database(conninfo)


def test_the_master_key_is_exchanged_under_hosts_that_then_make_no_key_under_the_former(
    hosts: Callable[[], Vault], place: KeyDatabase, tmp_path: Path
) -> None:
    vault, present = hosts(), FileMasterKey(tmp_path / "master.key")
    sealed = [sealed_under(vault, f"per_{name}") for name in "ab"]
    following = FileMasterKey.create(tmp_path / "next.key")

    with closing(open_keys(place)) as file:
        assert prepare(file, present, following, lambda *_: None) == 2
        vault.prepare(["per_c"])
        assert switch(file, present, following, lambda *_: None).keys == 3

    with pytest.raises(MasterExchanged):
        vault.prepare(["per_d"])
    assert make_of(place) == "file:next.key"
    with closing(open_vault(place)) as again:
        assert again.open_all(sealed) == [WORDS] * 2


def test_a_database_without_the_tables_is_said_to_need_them(postgres_server: Server, tmp_path: Path) -> None:
    conninfo = postgres_server.new_database(migrated=False)
    with pytest.raises(SchemaBehind, match="xueshi migrate"):
        open_keys(KeyDatabase(conninfo, tmp_path))
    postgres_server.drop_database(conninfo)


def test_a_server_that_is_away_is_said_to_be_without_its_password(
    hosts: Callable[[], Vault], place: KeyDatabase, postgres_server: Server
) -> None:
    vault = hosts()
    with postgres_server.connect("postgres") as connection:
        connection.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s",
                           [place.conninfo.rpartition("/")[2]])
    vault.prepare(["per_a"])

    assert postgres_server.password not in repr(place) + str(vault.path)


def test_the_tables_are_those_of_the_file_column_for_column(place: KeyDatabase, tmp_path: Path) -> None:
    kinds = {"TEXT": "text", "BLOB": "bytea", "INTEGER": "bigint"}
    KeyFile(tmp_path / "people.db").close()
    with closing(sqlite3.connect(tmp_path / "people.db")) as file:
        here = {table: [(name, kinds[kind]) for _, name, kind, *_ in file.execute(f"PRAGMA table_info({table})")]
                for (table,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()}
    there: dict[str, list[tuple[str, str]]] = {}
    with psycopg.connect(place.conninfo) as connection:
        for table, name, kind in connection.execute(
                "SELECT table_name, column_name, data_type FROM information_schema.columns "
                "WHERE table_schema = 'keys' ORDER BY ordinal_position"):
            there.setdefault(table, []).append((name, kind))

    assert {table: columns for table, columns in there.items() if table not in ("migrations", "changes")} == here


def test_what_no_standby_confirms_is_told_soon_and_keys_are_read_meanwhile(
    hosts: Callable[[], Vault], postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_portable, "CONFIRMED_S", 1)
    monkeypatch.setattr(postgres_portable, "AGAIN_S", 600)
    vault = hosts()
    sealed = sealed_under(vault, "per_li")

    with waiting_for_a_standby(postgres_server):
        with pytest.raises(StoreFailed, match="尚不能确认"):
            vault.prepare(["per_wang"])
        with pytest.raises(StoreFailed, match="本次未写入"):  # Nobody waits again so soon.
            vault.prepare(["per_zhao"])
        assert vault.open(*sealed) == hosts().open(*sealed) == WORDS
        with pytest.raises(StoreFailed):  # The key is there; it would be lost with its server.
            vault.prepare(["per_wang"])

    monkeypatch.setattr(postgres_portable, "AGAIN_S", 0)
    until(lambda: prepares(vault, "per_wang", "per_zhao"))
    assert hosts().open(*sealed_under(vault, "per_wang")) == WORDS


def prepares(vault: Vault, *owners: str) -> bool:
    try:
        vault.prepare(owners)
    except StoreFailed:
        return False
    return True
