"""`xueshi move`: the same root, the same proofs, the same answers in PostgreSQL; killed, it goes on."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_kit import CLEAN, served, xueshi
from used_kit import used

from api.register.folder import Folder
from api.register.register import Register, open_register
from api.settings import Settings
from ledger.archive import Archive, first_moment
from ledger.copies import archive_moving
from ledger.copies.archive_writing import write
from ledger.copies.sides import TABLES, in_postgres
from ledger.offline.verify import policy_of, verify_proof
from ledger.proving import prove_event
from projections.answers import projections
from projections.files.places import path_of
from projections.files.rebuilding import compare, rebuild
from projections.findings.findings_file import FindingsFile
from projections.findings.kept import content
from projections.findings.patterns import patterns
from projections.findings.traces import Traces
from projections.findings.upkeep import Upkeep
from tests.forked import PYTHON, run
from tests.ledger.ledger_kit import fill


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    used(tmp_path)
    return tmp_path


def test_root_proofs_and_answers_are_the_same_in_files_in_postgresql_and_made_anew(
    folder: Path, postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = open_register(Settings(data_folder=folder / "data"))
    note = source.signer.checkpoint()
    key, size, root = source.signer.vkeys[0], source.ledger.store.size(), source.ledger.store.frontier().root()
    proofs = [prove_event(source.ledger.store, position, note) for position in range(1, size + 1)]
    sealed = [source.ledger.store.sealed(position) for position in range(1, size + 1)]
    names = list(source.ledger.store.names())
    findings = found_in(source, tmp_path_factory.mktemp("findings"))
    source.close()

    told = xueshi(folder, "move", "--json", XUESHI_DATABASE=postgres)
    assert told.returncode == 0, told.stdout + told.stderr
    assert postgres.split(":")[2].split("@")[0] not in told.stdout, "no password is told"
    moved = json.loads(told.stdout)
    assert moved["sizes"]["ledger"] == size and all(one["holds"] for one in moved["projections"])

    target = open_register(Settings(data_folder=folder / "data", database=postgres))
    store = target.ledger.store
    assert (store.size(), store.frontier().root()) == (size, root)
    assert [prove_event(store, position, note) for position in range(1, size + 1)] == proofs
    assert [store.sealed(position) for position in range(1, size + 1)] == sealed
    assert list(store.names()) == names
    assert verify_proof(proofs[-1], policy_of(key)).checkpoint.root == root
    anew = tmp_path_factory.mktemp("anew")
    for projection in projections():
        rebuild(target.ledger, anew, projection, lambda done, total: None)
        stands = compare(target.ledger, Folder(folder / "data").projections, projection, lambda done, total: None)
        made = compare(target.ledger, anew, projection, lambda done, total: None)
        assert stands.holds and made.holds and stands.should == made.stands
        assert path_of(anew, projection).exists()
    assert found_in(target, anew) == findings
    target.close()


def found_in(register: Register, folder: Path) -> str:
    """The digest of what the patterns find in a register."""
    rebuild(register.ledger, folder, Traces(), lambda done, total: None)
    upkeep = Upkeep(register.ledger, folder)
    upkeep.run([*patterns().values()])
    upkeep.stop()
    with closing(sqlite3.connect(path_of(folder, FindingsFile()))) as connection:
        return content(connection)


def test_what_was_moved_is_not_opened_as_the_ledger_and_goes_on_in_its_new_place(folder: Path, postgres: str) -> None:
    before = (folder / "data" / "ledger.db").read_bytes()
    assert xueshi(folder, "move", XUESHI_DATABASE=postgres).returncode == 0

    refused = xueshi(folder, "log", "show")
    assert refused.returncode == 3 and "register_moved" in refused.stderr and "XUESHI_DATABASE" in refused.stderr
    assert "no_register" not in xueshi(folder, "backup", "copy").stderr
    assert (folder / "data" / "ledger.db").read_bytes() == before, "the source is left as it was"
    assert postgres.split(":")[2].split("@")[0] not in (folder / "data" / "moved.json").read_text()
    signed = xueshi(folder, "log", "checkpoint", XUESHI_DATABASE=postgres)
    assert signed.returncode == 0, signed.stderr
    again = xueshi(folder, "move", XUESHI_DATABASE=postgres)
    assert again.returncode == 3 and "register_moved" in again.stderr


def test_a_restore_brings_the_ledger_back_into_files(folder: Path, postgres: str) -> None:
    before = xueshi(folder, "log", "show", "--json").stdout
    assert xueshi(folder, "backup", "copy").returncode == 0
    assert xueshi(folder, "move", XUESHI_DATABASE=postgres).returncode == 0
    assert "register_moved" in xueshi(folder, "log", "show").stderr, "until then it is in the other place"
    assert xueshi(folder, "restore", "copy", "--replace").returncode == 0
    assert xueshi(folder, "log", "checkpoint").returncode == 0
    assert before and xueshi(folder, "log", "show", "--json").stdout == before, "event for event"


def test_killed_it_leaves_the_files_in_use_and_the_target_closed_and_goes_on(folder: Path, postgres: str) -> None:
    script = (
        "import os, signal, sys, ledger.copies.copying as c, ledger.copies.sides as s\n"
        "c.PORTION = 10\n"
        "write = s.PostgresSide.write\n"
        "left = [int(sys.argv[1])]\n"
        "def counted(self, table, rows):\n"
        "    write(self, table, rows)\n"
        "    left[0] -= 1\n"
        "    if left[0] == 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "s.PostgresSide.write = counted\n"
        "from api.cli import main\n"
        "main(['move'])\n"
    )
    for portions in (1, 4, 9):
        killed = run([str(PYTHON), "-c", script, str(portions)], cwd=folder, env={**CLEAN, "XUESHI_DATABASE": postgres})
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        closed = xueshi(folder, "log", "show", XUESHI_DATABASE=postgres)
        assert closed.returncode == 3 and "register_moving" in closed.stderr
        assert xueshi(folder, "log", "show").returncode == 0
    with in_postgres(postgres, "ledger") as side:
        assert side.count(TABLES[0]) > 0
    assert xueshi(folder, "move", XUESHI_DATABASE=postgres).returncode == 0
    assert not (folder / "data" / "moving.json").exists()


def test_a_target_that_holds_another_ledger_is_refused(
    folder: Path, postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    used(other)
    assert xueshi(other, "move", XUESHI_DATABASE=postgres).returncode == 0

    refused = xueshi(folder, "move", XUESHI_DATABASE=postgres)

    assert refused.returncode == 3 and "target_holds_other" in refused.stderr
    assert not (folder / "data" / "moved.json").exists()
    assert xueshi(folder, "log", "show").returncode == 0


def test_it_wants_the_service_stopped_and_a_place_to_go(folder: Path, postgres: str) -> None:
    assert "no_database" in xueshi(folder, "move").stderr
    with served(folder):
        refused = xueshi(folder, "move", XUESHI_DATABASE=postgres)
    assert refused.returncode == 3 and "请先停止该服务" in refused.stderr
    nobody = postgres.rpartition("/")[0] + "/nowhere"
    unreachable = xueshi(folder, "move", XUESHI_DATABASE=nobody)
    assert unreachable.returncode == 3 and Path(nobody).name in unreachable.stderr


def test_years_whose_bodies_lie_in_archives_go_along_and_one_that_is_away_stops_it_before_anything(
    folder: Path, postgres: str, tmp_path: Path
) -> None:
    register = open_register(Settings(data_folder=folder / "data"))
    store, year = register.ledger.store, datetime.now(UTC).year
    fill(store, 600)
    note = register.signer.checkpoint()
    before = store.leaves(0, 600)
    archive = tmp_path / "archive"
    archive.mkdir()
    write(store, note, year, archive, now=first_moment(year + 1) + 1)
    assert archive_moving.move(store, Archive(archive)).events > 400
    register.close()

    archive.rename(tmp_path / "elsewhere")
    refused = xueshi(folder, "move", XUESHI_DATABASE=postgres)
    assert refused.returncode == 3 and "archive_away" in refused.stderr, refused.stderr
    assert not (folder / "data" / "moving.json").exists(), "nothing was begun"
    (tmp_path / "elsewhere").rename(archive)
    told = xueshi(folder, "move", XUESHI_DATABASE=postgres)
    assert told.returncode == 0, told.stdout + told.stderr
    target = open_register(Settings(data_folder=folder / "data", database=postgres))
    assert target.ledger.store.leaves(0, 600) == before
    assert [place.folder for place in target.ledger.store.archives()] == [str(archive)]
    target.close()
