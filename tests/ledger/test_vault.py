"""The vault: keys are durable before they are used, gone when destroyed, and say clearly when they do not fit."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.envelope import Envelope, SealedPart, decode, encode
from ledger.events.base import By, Draft, Words
from ledger.events.person import PersonRestricted
from ledger.keys.file import Copy, KeyFile, VaultFailed, recorded_make
from ledger.keys.makes import OtherMake, make_of
from ledger.keys.master import BadMasterKey, FileMasterKey, Owned, WrongKey
from ledger.keys.ring import KeyGone, MasterExchanged
from ledger.keys.vault import Absent, Vault, open_vault
from ledger.ledger import Ledger
from ledger.vocabulary import PersonId, StreamId

BY = By(actor="acr_test", role="registrar")
WORDS = Words(words="探针备注")


@pytest.fixture
def master(tmp_path: Path) -> FileMasterKey:
    return FileMasterKey.create(tmp_path / "master.key")


@pytest.fixture
def vault(tmp_path: Path, master: FileMasterKey) -> Iterator[Vault]:
    vault = Vault(tmp_path / "vault.sqlite", master)
    yield vault
    vault.close()


def sealed_under(vault: Vault, owner: str) -> tuple[Envelope, SealedPart]:
    vault.prepare([owner])
    part = vault.seal(owner, WORDS, stream=StreamId(owner), version=1)
    draft = Draft(PersonRestricted(person=PersonId(owner), basis="request"), WORDS)
    return decode(encode(StreamId(owner), 1, draft, BY, part).leaf(1)), part


def raw(tmp_path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(tmp_path.glob("vault.sqlite*")))


def wrapped_keys(tmp_path: Path) -> dict[str, bytes]:
    connection = sqlite3.connect(tmp_path / "vault.sqlite")
    try:
        return dict(connection.execute("SELECT owner, wrapped FROM keys").fetchall())
    finally:
        connection.close()


def test_what_is_sealed_opens_again_also_in_the_next_process(tmp_path: Path, master: FileMasterKey) -> None:
    vault = Vault(tmp_path / "vault.sqlite", master)
    envelope, part = sealed_under(vault, "per_a")
    assert vault.open(envelope, part) == WORDS
    vault.close()

    again = Vault(tmp_path / "vault.sqlite", FileMasterKey(tmp_path / "master.key"))
    assert again.open(envelope, part) == WORDS
    again.close()


def test_a_destroyed_key_is_destroyed_for_good(vault: Vault) -> None:
    envelope, part = sealed_under(vault, "per_a")
    other, other_part = sealed_under(vault, "per_b")

    vault.destroy("per_a")
    vault.destroy("per_a")

    assert vault.is_destroyed("per_a")
    assert vault.open(envelope, part) is Absent.DESTROYED
    assert vault.open(other, other_part) == WORDS
    for attempt in (lambda: vault.prepare(["per_a"]),
                    lambda: vault.seal("per_a", WORDS, stream=StreamId("per_a"), version=2)):
        with pytest.raises(KeyGone) as gone:
            attempt()  # type: ignore[no-untyped-call]
        assert (gone.value.code, gone.value.owner) == ("key_destroyed", "per_a")


def test_a_refused_preparation_makes_no_key_at_all_and_leaves_the_vault_usable(vault: Vault, tmp_path: Path) -> None:
    vault.prepare(["per_gone"])
    vault.destroy("per_gone")

    with pytest.raises(KeyGone):
        vault.prepare(["per_new", "per_gone"])

    assert wrapped_keys(tmp_path) == {}
    vault.prepare(["per_new"])
    assert wrapped_keys(tmp_path).keys() == {"per_new"}


def test_the_keys_of_a_long_list_are_made_with_few_questions(vault: Vault) -> None:
    """In a database each is a way there and back; three for each person were a tenth of registering them."""
    asked: list[str] = []
    with vault.file.used() as connection:
        assert isinstance(connection, sqlite3.Connection)
        connection.set_trace_callback(asked.append)

    vault.prepare([f"per_{number}" for number in range(1_000)])

    assert 0 < sum(statement.startswith("SELECT") for statement in asked) < 20


def test_destroying_many_keys_leaves_no_byte_of_any_in_the_file_or_its_journal(vault: Vault, tmp_path: Path) -> None:
    """Rows move when pages are split: copies that SQLite left behind on the way would be found here."""
    owners = [f"per_{number * 7_919 % 1_000:04}" for number in range(1_000)]
    for start in range(0, 1_000, 50):
        vault.prepare(owners[start:start + 50])
    keys = wrapped_keys(tmp_path)
    destroyed = owners[::3]
    for owner in destroyed:
        vault.destroy(owner)

    left = raw(tmp_path)

    for owner in destroyed:
        assert keys[owner] not in left
        assert keys[owner][12:28] not in left, "not even a part of it"
    kept = set(owners) - set(destroyed)
    assert all(keys[owner] in left for owner in kept)


def test_a_key_destroyed_by_another_process_is_not_sealed_under_any_more(
    vault: Vault, tmp_path: Path, master: FileMasterKey
) -> None:
    envelope, part = sealed_under(vault, "per_a")
    other = Vault(tmp_path / "vault.sqlite", master)

    other.destroy("per_a")
    other.close()

    assert vault.open(envelope, part) is Absent.DESTROYED
    with pytest.raises(KeyGone):
        vault.prepare(["per_a"])


def test_a_destruction_that_cannot_wipe_the_journal_says_so_and_is_done_when_it_is_asked_again(
    tmp_path: Path, master: FileMasterKey
) -> None:
    vault = Vault(tmp_path / "vault.sqlite", master)
    with vault.file.used() as connection:
        connection.execute("PRAGMA busy_timeout=50")  # Not half a minute, for the test's sake.
    vault.prepare(["per_a"])
    key = wrapped_keys(tmp_path)["per_a"]
    reader = sqlite3.connect(tmp_path / "vault.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM keys").fetchall()

    with pytest.raises(VaultFailed):
        vault.destroy("per_a")
    assert vault.is_destroyed("per_a")

    reader.close()
    vault.destroy("per_a")
    assert key not in raw(tmp_path)
    vault.close()


def test_another_master_key_opens_nothing_and_says_so(vault: Vault, tmp_path: Path) -> None:
    envelope, part = sealed_under(vault, "per_a")
    wrong = FileMasterKey.create(tmp_path / "another.key")

    with pytest.raises(WrongKey, match=r"它记载的主密钥是 file:master\.key") as refused:
        Vault(tmp_path / "vault.sqlite", wrong)
    assert refused.value.code == "wrong_key"
    assert vault.open(envelope, part) == WORDS, "nothing was done to it"


def test_a_wrapped_key_cannot_be_given_to_another_owner(vault: Vault, tmp_path: Path, master: FileMasterKey) -> None:
    envelope, part = sealed_under(vault, "per_a")
    sealed_under(vault, "per_b")
    connection = sqlite3.connect(tmp_path / "vault.sqlite")
    [(of_another,)] = connection.execute("SELECT wrapped FROM keys WHERE owner = 'per_b'").fetchall()
    connection.execute("UPDATE keys SET wrapped = ? WHERE owner = 'per_a'", (of_another,))
    connection.commit()
    connection.close()

    other = Vault(tmp_path / "vault.sqlite", master)
    with pytest.raises(WrongKey):
        other.open(envelope, part)
    other.close()


def test_a_vault_without_the_key_says_that_it_is_not_there(tmp_path: Path, vault: Vault, master: FileMasterKey) -> None:
    """An older backup of the vault: the ledger knows of people whose keys it does not have."""
    envelope, part = sealed_under(vault, "per_a")
    older = Vault(tmp_path / "older.sqlite", master)

    with pytest.raises(WrongKey, match="没有这把密钥"):
        older.open(envelope, part)
    older.close()


def test_a_secret_is_made_once_and_stays(vault: Vault, tmp_path: Path, master: FileMasterKey) -> None:
    other = Vault(tmp_path / "vault.sqlite", master)

    assert vault.secret("index") == vault.secret("index") == other.secret("index")
    assert vault.secret("index") != vault.secret("requests")
    assert len(vault.secret("index")) == 32
    other.close()


def test_many_threads_that_need_one_key_get_the_same_one(vault: Vault) -> None:
    found: list[object] = []

    def seal_and_open() -> None:
        found.append(vault.open(*sealed_under(vault, "per_a")))

    threads = [threading.Thread(target=seal_and_open) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert found == [WORDS] * 32


@pytest.mark.parametrize("content", [b"garbage" * 1_000, b"x"], ids=["garbage", "one byte"])
def test_a_file_that_is_no_vault_is_refused_and_left_as_it_is(
    tmp_path: Path, master: FileMasterKey, content: bytes
) -> None:
    path = tmp_path / "broken.sqlite"
    path.write_bytes(content)

    with pytest.raises(VaultFailed) as refused:
        Vault(path, master)

    assert refused.value.code == "vault_failed"
    assert path.read_bytes() == content


def test_a_ledgers_file_given_as_a_vault_is_refused_and_left_as_it_is(
    vault: Vault, tmp_path: Path, master: FileMasterKey
) -> None:
    Ledger.in_file(tmp_path / "ledger.sqlite", vault).close()
    before = (tmp_path / "ledger.sqlite").read_bytes()

    with pytest.raises(VaultFailed, match="不是密钥库"):
        Vault(tmp_path / "ledger.sqlite", master)

    assert (tmp_path / "ledger.sqlite").read_bytes() == before


def test_a_vault_in_a_folder_that_is_not_there_is_refused(tmp_path: Path, master: FileMasterKey) -> None:
    with pytest.raises(VaultFailed, match="nowhere"):
        Vault(tmp_path / "nowhere" / "vault.sqlite", master)


# The master key's file


def test_a_master_key_is_made_for_its_owner_alone_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    os.umask(0o022)
    FileMasterKey.create(path)
    before = path.read_bytes()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        FileMasterKey.create(path)
    assert path.read_bytes() == before


GOOD = "xueshi-master-key/1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"


@pytest.mark.parametrize("content", [
    b"", b"\n", GOOD[:-3].encode(), GOOD.replace("/1", "/2").encode(), GOOD.replace("AAEC", "AA!C").encode(),
    GOOD.split(" ")[1].encode(), (GOOD + GOOD).encode(), b"xueshi-master-key/1 AAEC\n", GOOD.encode("utf-16"),
    "密钥".encode(), bytes(32),
], ids=repr)
def test_a_malformed_master_key_is_refused_and_never_shown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(BadMasterKey) as refused:
        FileMasterKey(path)

    assert refused.value.code == "master_key_malformed"
    assert str(path) in str(refused.value)
    assert "AAEC" not in str(refused.value)


def test_a_good_master_key_is_read(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_text(GOOD)
    path.chmod(0o600)

    key = FileMasterKey(path)

    one, other = key.wrap([Owned("per_a", b"k" * 32), Owned("per_b", b"l" * 32)])
    assert key.unwrap([Owned("per_b", other), Owned("per_a", one)]) == [b"l" * 32, b"k" * 32]
    for wrapped in (b"", b"short", other):
        with pytest.raises(WrongKey):
            key.unwrap([Owned("per_a", wrapped)])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666, 0o601])
def test_a_master_key_that_others_may_read_is_refused_with_the_mode_it_should_have(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    path.write_text(GOOD)
    path.chmod(mode)

    with pytest.raises(BadMasterKey, match="600"):
        FileMasterKey(path)


def test_a_master_key_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMasterKey, match="不存在"):
        FileMasterKey(tmp_path / "none")
    tmp_path.chmod(0o700)
    with pytest.raises(BadMasterKey, match="读不出"):
        FileMasterKey(tmp_path)


def changed(tmp_path: Path, *statements: str) -> Path:
    file = tmp_path / "vault.sqlite"
    connection = sqlite3.connect(file)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return file


@pytest.mark.parametrize(("version", "missing"), [
    (0, ("marked", "masters", "rewrapped", "backups")), (2, ("masters", "rewrapped", "backups")),
])
def test_a_vault_of_an_earlier_form_is_upgraded_when_it_is_opened_and_loses_nothing(
    tmp_path: Path, master: FileMasterKey, version: int, missing: tuple[str, ...]
) -> None:
    older = Vault(tmp_path / "vault.sqlite", master)
    envelope, part = sealed_under(older, "per_a")
    older.prepare(["per_b"])
    older.destroy("per_b")
    older.close()
    file = changed(tmp_path, *(f"DROP TABLE {name}" for name in missing), f"PRAGMA user_version={version}")
    vault = Vault(file, master)
    assert vault.open(envelope, part) == WORDS
    assert vault.is_destroyed("per_b")
    assert [each.make for each in vault.file.masters()] == ["file:master.key"]
    vault.mark("per_a")
    assert vault.marked() == ["per_a"]
    vault.close()
    again = Vault(file, master)
    assert again.marked() == ["per_a"]
    again.close()


def test_a_vault_of_an_earlier_form_is_not_upgraded_under_a_master_key_that_opens_nothing(
    tmp_path: Path, master: FileMasterKey
) -> None:
    """It would note the wrong master key for good."""
    older = Vault(tmp_path / "vault.sqlite", master)
    older.prepare(["per_a"])
    older.close()
    file = changed(tmp_path, "DROP TABLE masters", "PRAGMA user_version=2")
    with pytest.raises(WrongKey):
        Vault(file, FileMasterKey.create(tmp_path / "wrong.key"))
    assert recorded_make(file) is None


@pytest.mark.parametrize(("statement", "words"), [
    ("PRAGMA user_version=4", "请升级本程序"), ("DROP TABLE destroyed", "缺少密钥表"),
    ("DROP TABLE keys", "缺少密钥表"),
])
def test_a_vault_of_a_newer_form_or_without_its_tables_is_refused_and_left_as_it_is(
    tmp_path: Path, vault: Vault, master: FileMasterKey, statement: str, words: str
) -> None:
    vault.close()
    file = changed(tmp_path, statement)
    before = file.read_bytes()
    with pytest.raises(VaultFailed, match=words):
        Vault(file, master)
    assert file.read_bytes() == before


@pytest.mark.parametrize("length", [0, 1, 7, 11, 12, 27])
def test_a_sealed_part_too_short_to_hold_a_nonce_is_told_by_its_place(vault: Vault, length: int) -> None:
    vault.prepare(["per_a"])
    part = SealedPart(bytes(16), bytes(length))
    draft = Draft(PersonRestricted(person=PersonId("per_a"), basis="request"), WORDS)
    envelope = decode(encode(StreamId("per_a"), 4, draft, BY, part).leaf(1))
    with pytest.raises(WrongKey, match="per_a 第 4 版的密封部分"):
        vault.open(envelope, part)


# Which master key


def test_the_vault_remembers_its_master_key_and_a_file_beside_it_moves_with_it(tmp_path: Path) -> None:
    for folder in ("keys", "elsewhere"):
        (tmp_path / folder).mkdir()
    beside, apart = tmp_path / "keys" / "master.key", tmp_path / "elsewhere" / "master.key"
    Vault(tmp_path / "keys" / "people.db", FileMasterKey.create(beside)).close()
    Vault(tmp_path / "keys" / "other.db", FileMasterKey.create(apart)).close()

    assert recorded_make(tmp_path / "keys" / "people.db") == "file:master.key"
    assert recorded_make(tmp_path / "keys" / "other.db") == f"file:{apart}"
    (tmp_path / "keys").rename(tmp_path / "moved")
    for name in ("people.db", "other.db"):
        with closing(open_vault(tmp_path / "moved" / name)) as vault:
            vault.prepare(["per_a"])


def test_a_program_that_only_the_vault_names_is_not_run(tmp_path: Path, vault: Vault, master: FileMasterKey) -> None:
    vault.close()
    file = changed(tmp_path, "UPDATE masters SET make = 'command:/usr/local/bin/keys'")

    with pytest.raises(OtherMake, match='master_key = "command:/usr/local/bin/keys"') as refused:
        open_vault(file)
    assert refused.value.code == "master_key_setting"
    assert make_of(file, f"file:{tmp_path / 'master.key'}").startswith("file:"), "what the settings say goes first"


def test_a_vault_whose_master_key_is_exchanged_under_its_feet_wraps_nothing_more(vault: Vault, tmp_path: Path) -> None:
    envelope, part = sealed_under(vault, "per_a")
    sealed_under(vault, "per_b")
    changed(tmp_path, "INSERT INTO masters VALUES (2, 'file:next.key', 1)", "UPDATE keys SET wrapped = x'00'")

    with pytest.raises(MasterExchanged, match="重新启动") as refused:
        vault.prepare(["per_c"])
    assert refused.value.code == "master_key_exchanged"
    with pytest.raises(MasterExchanged):
        vault.open(envelope, part)
    assert "per_c" not in wrapped_keys(tmp_path)


# When a destruction is final


def noted(vault: Vault, *copies: Copy) -> None:
    with vault.file.changed() as connection:
        connection.executemany("INSERT OR REPLACE INTO backups VALUES (?, ?, ?, ?, ?, ?)", copies)


def test_a_destruction_of_what_was_never_copied_is_final_at_once(vault: Vault) -> None:
    vault.prepare(["per_a"])
    vault.destroy("per_a")
    found = vault.destruction("per_a")
    assert found is not None and found.is_final and found.final_from == found.at
    assert vault.destruction("per_b") is None


def test_a_destruction_is_final_when_each_copy_that_held_the_key_is_known_to_be_gone(vault: Vault) -> None:
    now = time.time_ns() // 1_000
    day = 86_400_000_000
    vault.prepare(["per_a"])
    early = Copy("early", "/b", now - day, now + 29 * day, 1, None)
    late = Copy("late", "/b", now, now + 30 * day, 1, None)
    noted(vault, early, late)
    vault.destroy("per_a")
    noted(vault, Copy("later", "/b", now + day, now + 31 * day, 1, None))  # Made when the key was gone.

    def found() -> tuple[int, bool]:
        destruction = vault.destruction("per_a")
        assert destruction is not None
        return destruction.final_from, destruction.is_final

    assert found() == (now + 30 * day, False)
    noted(vault, late._replace(removed=now + 2 * day))
    assert found() == (now + 29 * day, False), "one removed before its time no longer counts from then on"
    noted(vault, early._replace(removed=now + 40 * day))
    assert found() == (now + 40 * day, True), "past its time and not removed is not gone"


def test_a_clock_that_is_set_back_makes_no_destruction_older_than_a_copy_that_held_the_key(vault: Vault) -> None:
    ahead = time.time_ns() // 1_000 + 3_600_000_000
    vault.prepare(["per_a"])
    noted(vault, Copy("ahead", "/b", ahead, ahead + 1_000, 1, None))
    vault.destroy("per_a")
    found = vault.destruction("per_a")
    assert found is not None and not found.is_final and found.final_from == ahead + 1_000


def test_two_processes_that_open_an_empty_vault_at_once_agree_on_its_master_key(tmp_path: Path) -> None:
    master = FileMasterKey.create(tmp_path / "master.key")
    vaults: list[Vault] = []
    threads = [threading.Thread(target=lambda: vaults.append(Vault(tmp_path / "v.sqlite", master))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with closing(KeyFile(tmp_path / "v.sqlite")) as file:
        assert [each.serial for each in file.masters()] == [1]
    assert len(vaults) == 8
    for vault in vaults:
        vault.close()
