"""The steps of a restore in another order, twice, half done, or at the wrong place: nobody who was forgotten comes
back, nothing is recorded where it could not stay, and no two refusals send an operator to each other."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import psycopg
import pytest
from command_kit import CLEAN, made, xueshi
from used_kit import Used, used

from api.register.folder import Folder
from api.register.register import SYSTEM, Register, open_register
from api.settings import Settings
from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.log import LOG, AccessAnchored
from ledger.events.person import KeyDestroyed
from ledger.ledger import Deciding
from ledger.signing.signer import LogBehind
from ledger.streams import person as persons
from ledger.vocabulary import PersonId
from tests.forked import PYTHON, run

SAFE = ("master.key", "ledger.signing.key", "access.signing.key")


class Pattern:
    """A register with a copy of everything, in which then a person was forgotten, and again a copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.used: Used = used(folder)
        self.person = self.used.people[0]
        self.keys_before = _copied(folder, "before")
        forget(folder, self.person)
        self.keys_after = _copied(folder, "after")


def _copied(folder: Path, name: str) -> str:
    made(folder, "backup", name)
    backup: str = made(folder, "keys", "backup", f"keys-{name}")["backup"]
    return f"keys-{name}/{backup}"


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Pattern:
    return Pattern(tmp_path_factory.mktemp("pattern"))


@pytest.fixture
def there(pattern: Pattern, tmp_path: Path) -> Path:
    return shutil.copytree(pattern.folder, tmp_path / "there")


def forget(folder: Path, person: str, **more: str) -> None:
    """Destroy a person's key, event first."""
    with opened(folder, **more) as register:
        loaded = register.ledger.load(person, persons.evolve)
        event = KeyDestroyed(person=PersonId(person), basis="第四十七条", final_after=date(2027, 1, 1))
        decided = Deciding((Draft(event),), {event.stream: loaded.version})
        assert not isinstance(register.ledger.destroy_key(person, lambda: decided, by=SYSTEM), Refusal)
        register.signer.checkpoint()


@contextmanager
def opened(folder: Path, **more: str) -> Iterator[Register]:
    register = open_register(Settings(data_folder=folder / "data", **more))  # type: ignore[arg-type]
    try:
        yield register
    finally:
        register.close()


def lose_everything(folder: Path) -> None:
    """The machine is gone; what was in the safe is put back."""
    (folder / "data").rename(folder / "lost")
    (folder / "data" / "keys").mkdir(mode=0o700, parents=True)
    for name in SAFE:
        shutil.copy2(folder / "lost" / "keys" / name, folder / "data" / "keys" / name)


def names_of(register: Register, person: str) -> int:
    return sum(held.reservation.owner == person for held in register.ledger.store.names())


def test_a_later_log_takes_the_place_of_an_older_one_and_whoever_it_says_is_forgotten_is(
    there: Path, pattern: Pattern
) -> None:
    lose_everything(there)
    made(there, "restore", "before")
    made(there, "keys", "restore", pattern.keys_before)
    with opened(there) as register:
        assert not register.ledger.vault.is_destroyed(pattern.person), "neither copy knows of it yet"
    told = xueshi(there, "restore", "after", "--replace")
    assert told.returncode == 0 and "1 把密钥已重新销毁" in told.stdout, told.stdout + told.stderr
    with opened(there) as register:
        assert register.ledger.vault.is_destroyed(pattern.person)
        assert not names_of(register, pattern.person)
    assert xueshi(there, "fsck").returncode == 0


@pytest.mark.parametrize("moment", ["api.keeping.restore.destroy", "ledger.copies.restore._move"])
def test_whoever_is_forgotten_stays_so_when_that_restore_is_killed(
    there: Path, pattern: Pattern, moment: str
) -> None:
    lose_everything(there)
    made(there, "restore", "before")
    made(there, "keys", "restore", pattern.keys_before)
    script = (
        "import os, signal, api.keeping.restore, ledger.copies.restore\n"
        "from api.cli import main\n"
        f"{moment} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "main(['restore', 'after', '--replace'])\n"
    )
    killed = run([str(PYTHON), "-c", script], cwd=there, env=CLEAN)
    assert killed.returncode == -signal.SIGKILL
    if moment == "ledger.copies.restore._move":
        assert made(there, "restore", "after")["is_finished_only"]
    with opened(there) as register:
        assert register.ledger.vault.is_destroyed(pattern.person)


def test_a_later_vault_over_an_older_log_takes_back_the_names_of_whoever_was_forgotten(
    there: Path, pattern: Pattern
) -> None:
    lose_everything(there)
    made(there, "restore", "before")
    done = made(there, "keys", "restore", pattern.keys_after)
    assert done["forgotten"] == 1
    with opened(there) as register:
        assert register.ledger.vault.is_destroyed(pattern.person)
        assert not names_of(register, pattern.person)
    assert xueshi(there, "fsck").returncode == 0


def test_over_postgresql_a_vault_waits_for_a_log_and_then_the_same_holds(
    there: Path, pattern: Pattern, postgres: str
) -> None:
    within = {"XUESHI_DATABASE": postgres}
    lose_everything(there)
    early = xueshi(there, "keys", "restore", pattern.keys_before, **within)
    assert early.returncode == 3 and "请先用 xueshi restore" in early.stderr, "an empty log knows of nobody"
    assert not Folder(there / "data").people.exists()

    made(there, "restore", "before")
    made(there, "keys", "restore", pattern.keys_before)
    made(there, "move", **within)
    made(there, "backup", "dump-before", **within)
    forget(there, pattern.person, database=postgres)
    made(there, "backup", "dump-after", **within)
    keys_after = made(there, "keys", "backup", "keys-of-dump", **within)["backup"]

    for log, keys in (("dump-before", f"keys-of-dump/{keys_after}"), ("dump-before", pattern.keys_before)):
        shutil.rmtree(there / "data")
        (there / "data" / "keys").mkdir(mode=0o700, parents=True)
        for name in SAFE:
            shutil.copy2(there / "lost" / "keys" / name, there / "data" / "keys" / name)
        made(there, "restore", log, "--replace", **within)
        done = made(there, "keys", "restore", keys, **within)
        assert done["forgotten"] == (keys != pattern.keys_before)
        assert xueshi(there, "fsck", **within).returncode == 0
    with opened(there, database=postgres) as register:
        assert names_of(register, pattern.person) and not register.ledger.vault.is_destroyed(pattern.person)
    assert made(there, "restore", "dump-after", "--replace", **within)["destroyed_again"] == 1
    with opened(there, database=postgres) as register:
        assert register.ledger.vault.is_destroyed(pattern.person) and not names_of(register, pattern.person)


def test_a_database_with_the_ledger_of_other_keys_is_not_opened_and_nothing_is_recorded_in_it(
    there: Path, postgres: str, tmp_path: Path
) -> None:
    within = {"XUESHI_DATABASE": postgres}
    made(there, "move", **within)
    used(tmp_path / "other", people=0)
    before = made(there, "fsck", **within)
    for command in (("log", "checkpoint"), ("log", "show")):
        refused = xueshi(tmp_path / "other", *command, **within)
        assert refused.returncode == 3 and "[log_of_other_keys]" in refused.stderr, command
    assert made(there, "fsck", **within) == before
    assert xueshi(tmp_path / "other", "log", "checkpoint").returncode == 0


def test_an_older_log_is_not_written_to_although_its_own_checkpoint_cannot_be_read(tmp_path: Path) -> None:
    used(tmp_path, people=0)
    made(tmp_path, "backup", "older")
    with opened(tmp_path) as register:
        register.ledger.record([Draft(AccessAnchored(origin="x/y", size=1, root="x"))], by=SYSTEM,
                               versions={LOG: register.ledger.store.version(LOG)})
        register.signer.checkpoint()
    made(tmp_path, "restore", "older", "--replace")
    with closing(sqlite3.connect(tmp_path / "data" / "ledger.db")) as connection:
        connection.execute("INSERT INTO checkpoints SELECT max(serial) + 1, max(size), x'00' FROM checkpoints")
        connection.commit()
    with opened(tmp_path) as register, pytest.raises(LogBehind):
        register.ledger.record([], by=SYSTEM)


def test_what_two_restores_in_one_second_set_aside_is_all_there(there: Path) -> None:
    asides = {made(there, "restore", name, "--replace")["set_aside"] for name in ("before", "after", "before", "after")}
    assert len(asides) == 4 and all((Path(there) / aside / "ledger.db").exists() for aside in asides)


def test_a_move_that_was_stopped_at_its_last_step_is_done(there: Path, postgres: str) -> None:
    within = {"XUESHI_DATABASE": postgres}
    made(there, "move", **within)
    (there / "data" / "moving.json").write_text("{}")  # It is the last thing to be taken away.
    assert xueshi(there, "log", "checkpoint", **within).returncode == 0
    assert "[register_moved]" in xueshi(there, "log", "checkpoint").stderr


def test_where_the_logs_lie_in_postgresql_a_lost_vault_is_not_replaced_either(
    there: Path, pattern: Pattern, postgres: str
) -> None:
    within = {"XUESHI_DATABASE": postgres}
    made(there, "move", **within)
    for file in (*(there / "data").glob("ledger.db*"), *(there / "data" / "keys").glob("people.db*")):
        file.unlink()
    for command in (("log", "continue-as", "localhost/other", "--why", "renamed"), ("log", "checkpoint")):
        refused = xueshi(there, *command, **within)
        assert refused.returncode == 3 and "[keys_missing]" in refused.stderr, command
    assert not Folder(there / "data").people.exists()
    made(there, "keys", "restore", pattern.keys_after, **within)


def test_a_restore_that_was_decided_is_not_taken_back_by_what_fails_after(there: Path, postgres: str) -> None:
    within = {"XUESHI_DATABASE": postgres}
    made(there, "move", **within)
    made(there, "backup", "dump", **within)
    script = (
        "import api.keeping.restore\n"
        "from api.cli import main\n"
        "commit = api.keeping.restore.commit\n"
        "def interrupted(*given):\n"
        "    commit(*given)\n"
        "    raise KeyboardInterrupt\n"
        "api.keeping.restore.commit = interrupted\n"
        "main(['restore', 'dump', '--replace'])\n"
    )
    run([str(PYTHON), "-c", script], cwd=there, env={**CLEAN, **within})
    done = made(there, "restore", "dump", **within)
    assert done["is_finished_only"]
    with closing(psycopg.connect(postgres)) as server:
        asides = server.execute("SELECT count(*) FROM pg_namespace WHERE nspname ~ '_aside_'").fetchone()
    assert asides == (2,), "what stood there is still aside, and what was restored stands"
    assert xueshi(there, "fsck", **within).returncode == 0


def test_a_log_goes_on_under_no_name_that_it_has_or_had_in_what_was_lost(tmp_path: Path) -> None:
    used(tmp_path, people=0)
    made(tmp_path, "backup", "older")
    refused = xueshi(tmp_path, "log", "continue-as", "localhost/xueshi")
    assert refused.returncode == 1 and "[origin_was_used]" in refused.stderr
    made(tmp_path, "log", "continue-as", "localhost/second", "--why", "renamed")
    made(tmp_path, "restore", "older", "--replace")
    before = xueshi(tmp_path, "fsck").stdout
    refused = xueshi(tmp_path, "log", "continue-as", "localhost/second")
    assert refused.returncode == 1 and "[origin_was_used]" in refused.stderr
    assert xueshi(tmp_path, "fsck").stdout == before, "nothing was recorded under a name that has another history"
    assert made(tmp_path, "log", "continue-as", "localhost/third")["ledger"]["why"] == "log_behind"
    assert xueshi(tmp_path, "log", "checkpoint", XUESHI_ORIGIN="localhost/third").returncode == 0


@pytest.mark.parametrize("backup", ["before", "between"])
def test_with_the_newest_signing_key_alone_a_restore_says_which_file_it_needs_besides(
    there: Path, backup: str
) -> None:
    old = xueshi(there, "log", "key").stdout.strip().split("+")[1]
    assert xueshi(there, "keys", "sign-with-new").returncode == 0
    assert xueshi(there, "log", "checkpoint").returncode == 0
    made(there, "backup", "between")  # Its last checkpoint bears both signatures, its first that of the old key.
    assert xueshi(there, "keys", "retire", old).returncode == 0
    lose_everything(there)
    refused = xueshi(there, "restore", backup)
    assert refused.returncode == 1 and "ledger.former" in refused.stdout
    shutil.copy2(there / "lost" / "keys" / "ledger.former", there / "data" / "keys")
    assert xueshi(there, "restore", backup).returncode == 0


def test_the_check_of_a_dump_believes_no_checkpoint_that_no_key_here_signed(
    there: Path, postgres: str, tmp_path: Path
) -> None:
    within = {"XUESHI_DATABASE": postgres}
    made(there, "move", **within)
    made(there, "backup", "dump", **within)
    assert "签名已用此处的公钥核对" in xueshi(there, "backup", "--check", "dump", **within).stdout
    used(tmp_path / "other", people=0)
    refused = xueshi(tmp_path / "other", "backup", "--check", str(there / "dump"), **within)
    assert refused.returncode == 1 and "没有任何已知密钥" in refused.stdout
