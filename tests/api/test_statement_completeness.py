"""Statements over HTTP prove that nothing was left out; `xueshi fsck --map` audits it, wherever the register lies."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from command_kit import xueshi

from api.house import open_house
from api.register.folder import Folder
from api.register.register import open_register
from api.service.app import create_app
from api.settings import Settings
from ledger.envelope import decode
from ledger.events.log import MapCommitted
from ledger.maps.entries import MapKey, people_named
from ledger.maps.file import MapFailed, MapFile
from ledger.offline.statement_file import parse_statement
from ledger.offline.verify import policy_of, verify_statement
from ledger.proof.map_proof import begin_chain, extend_chain
from ledger.proof.merkle import hash_leaf
from ledger.stores.recorder import AppendingRecorder
from tests.api.house_kit import BODY, Someone, Town, house_in, study


@dataclass
class Kept:
    """A data folder in which a person was handed a statement."""

    folder: Path
    vkey: str
    person: Someone
    statement: BODY
    file: bytes


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("kept")
    with house_in(folder / "data") as town:
        works = town.unit("某厂", "330203", "industry")
        person = settled(town, works, "郑三五")
        settled(town, works, "钱二")
        statement = issued(person)
        vkey = town.house.register.signer.vkeys[0]
        return Kept(folder, vkey, person, statement, file_of(person, statement))


@pytest.fixture
def kept(made_once: Kept, tmp_path: Path) -> Kept:
    shutil.copytree(made_once.folder / "data", tmp_path / "data")
    return replace(made_once, folder=tmp_path)


@pytest.fixture(scope="module")
def person(town: Town) -> Someone:
    return settled(town, town.unit("某厂", "330203", "industry"), "孙四")


def settled(town: Town, works: BODY, name: str) -> Someone:
    person = town.person(name)
    town.belongs(person, works, "2020-01-01")
    officer = town.officer(works, "unit", "330203", unit=works["unit"])
    officer.act(person.submit(study()), "approval")
    return person


def issued(person: Someone, **fields: object) -> BODY:
    return person.did(f"/v1/persons/{person.id}/statements", fields)


def file_of(person: Someone, statement: BODY) -> bytes:
    answer = person.get(f"/v1/statements/{statement['statement']}/file")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.data


def drop_triggers(connection: sqlite3.Connection) -> None:
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")


def of(person: Someone, town: Town) -> Someone:
    """The same person, at another door."""
    return Someone(town.client(), person.token, person.id)


def maps_in(town: Town) -> dict[int, MapCommitted]:
    leaves = town.house.ledger.store.leaves(0, 100_000)
    events = {position: decode(leaf).event for position, leaf in enumerate(leaves, 1)}
    return {position: event for position, event in events.items() if isinstance(event, MapCommitted)}


def held(town: Town, data: bytes) -> tuple[int, ...]:
    """The events that a file lists, once it is verified."""
    verdict = verify_statement(data, policy_of(town.house.register.signer.vkeys[0]))
    assert verdict.complete is not None
    return verdict.complete.events


def named(town: Town, person: Someone) -> tuple[int, ...]:
    leaves = town.house.ledger.store.leaves(0, 100_000)
    return tuple(position for position, leaf in enumerate(leaves, 1) if person.id in decode(leaf).subjects)


def test_a_statement_lists_every_event_of_its_person_and_its_text_counts_them(town: Town, person: Someone) -> None:
    before = named(town, person)
    made = issued(person)

    data = file_of(person, made)

    assert held(town, data) == before and len(before) >= 5
    text = parse_statement(data).text.decode()
    assert f"本人事件    截至依据共 {len(before)} 个，清单和完整性证明附于文末" in text
    assert "“-- 完整性 --”一行以下列出" in text
    assert person.saw(f"/v1/statements/{made['statement']}")["text"] == text
    last = max(maps_in(town).values(), key=lambda event: event.size)
    assert last.size >= made["as_of"] and last.people == len({
        subject for leaf in town.house.ledger.store.leaves(0, last.size) for subject in decode(leaf).subjects
        if subject.startswith("per_")})


def test_handed_out_again_later_it_proves_the_same(town: Town, person: Someone) -> None:
    made = issued(person)
    first = parse_statement(file_of(person, made))
    person.submit(study(date="2026-05-01"))
    town.house.register.signer.checkpoint()

    again = parse_statement(file_of(person, made))

    assert first.completeness is not None and again.completeness is not None
    assert again.completeness.presence == first.completeness.presence
    assert again.completeness.bundle != first.completeness.bundle, "under a later checkpoint"
    assert held(town, file_of(person, made))


def test_statements_on_one_basis_share_a_map(town: Town, person: Someone) -> None:
    as_of = issued(person)["as_of"]
    before = maps_in(town)

    files = [file_of(person, issued(person, as_of=str(as_of))) for _ in range(3)]

    assert maps_in(town) == before
    assert len({held(town, data) for data in files}) == 1


def test_a_trial_and_a_repetition_commit_to_no_map(town: Town, person: Someone) -> None:
    person.submit(study(date="2026-05-02"))
    before = maps_in(town)
    path, key = f"/v1/persons/{person.id}/statements", "a-statement-with-a-map-asked-for-twice"

    assert person.post(path, {}, dry_run="true").status_code == 200
    assert maps_in(town) == before
    first = person.post(path, {}, key=key)
    once = maps_in(town)
    again = person.post(path, {}, key=key)

    assert len(once) == len(before) + 1 and maps_in(town) == once
    assert again.data == first.data


def test_many_at_once_all_get_theirs(town: Town) -> None:
    works = town.unit("大厂", "330203", "industry")
    people = [settled(town, works, f"李{name}") for name in "甲乙丙丁"]
    files: dict[str, bytes] = {}

    def ask(one: Someone) -> None:
        alone = of(one, town)
        for _ in range(3):
            files[one.id] = file_of(alone, issued(alone))

    threads = [threading.Thread(target=ask, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert files.keys() == {one.id for one in people}
    for one in people:
        assert set(held(town, files[one.id])) < set(named(town, one))


@pytest.mark.parametrize("left_out", ["one event", "the person"])
def test_a_map_that_leaves_out_what_the_text_rests_on_is_made_anew(kept: Kept, left_out: str) -> None:
    """Somebody has written to the file, with every hash in its place: the proof holds, and it lists too little."""
    register = open_register(Settings(data_folder=kept.folder / "data"))
    with closing(register), open_house(register) as house:
        everything = forged(house.map_file.path, kept.person.id, left_out, house.ledger.store.leaves(0, 1_000))
        person = of(kept.person, Town(house, create_app(house)))
        data = file_of(person, issued(person))
    verdict = verify_statement(data, policy_of(kept.vkey))

    assert verdict.complete is not None and verdict.complete.events == everything
    told = xueshi(kept.folder, "fsck", "--map", "--data", "data")
    assert told.returncode == 0, told.stdout + told.stderr


def forged(path: Path, person: str, left_out: str, leaves: list[bytes]) -> tuple[int, ...]:
    """Take a person's last event out of a map's file, or the person; gives all the events that name them."""
    events = tuple(position for position, leaf in enumerate(leaves, 1) if person in decode(leaf).subjects)
    with closing(sqlite3.connect(path)) as connection, connection:
        ((number,),) = connection.execute("SELECT number FROM people WHERE person = ?", (person,))
        if left_out == "the person":
            connection.execute("DELETE FROM named WHERE person = ?", (number,))
            connection.execute("DELETE FROM people WHERE number = ?", (number,))
        else:
            chain = begin_chain(person)
            for position in events[:-1]:
                chain = extend_chain(chain, position, hash_leaf(leaves[position - 1]))
            connection.execute("DELETE FROM named WHERE position = ? AND person = ?", (events[-1], number))
            connection.execute("UPDATE people SET count = ?, last = ?, chain = ? WHERE number = ?",
                               (len(events) - 1, events[-2], chain, number))
        for table in ("entries", "nodes"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("UPDATE state SET hashed = 0")
    return events


def test_of_a_map_that_cannot_be_kept_nothing_is_issued_and_it_is_said(
    town: Town, person: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(person: str, known: int) -> None:
        raise MapFailed(Path("map.1.db"), "disk is full")

    before = town.house.ledger.store.size()
    monkeypatch.setattr(type(town.house.map_file), "proof_of", lambda self, person, known: fail(person, known))

    answer = person.post(f"/v1/persons/{person.id}/statements", {})

    assert (answer.status_code, answer.get_json()["code"]) == (503, "map_failed")
    assert town.house.ledger.store.size() == before


def test_a_statement_that_stands_is_not_called_failed_because_its_map_was_not_noted(
    town: Town, person: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: MapFile, proved: object, event: int) -> None:
        raise MapFailed(self.path, "disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(MapFile, "remember", fail)
        made = issued(person)

    assert held(town, file_of(person, made))
    before = len(maps_in(town))
    assert held(town, file_of(person, issued(person, as_of=str(made["as_of"]))))
    assert len(maps_in(town)) == before + 1, "the next one brings a map of its own"


# On the command line


def test_verify_tells_what_is_proved_and_on_what_that_rests(kept: Kept) -> None:
    (kept.folder / "statement.txt").write_bytes(kept.file)

    told = xueshi(kept.folder, "verify", "statement.txt", "--key", kept.vkey)
    body = json.loads(xueshi(kept.folder, "verify", "statement.txt", "--key", kept.vkey, "--json").stdout)

    assert told.returncode == 0 and "无一遗漏，也无一多出" in told.stdout
    assert "未证明  完整性以地图属实为前提" in told.stdout
    (found,) = body["files"]
    assert found["complete"]["within_basis"] == len(found["complete"]["events"]) == 6


def test_fsck_audits_the_maps_when_asked(kept: Kept) -> None:
    told = xueshi(kept.folder, "fsck", "--map", "--processes", "1")
    body = json.loads(xueshi(kept.folder, "fsck", "--map", "--json").stdout)
    plain = json.loads(xueshi(kept.folder, "fsck", "--json").stdout)

    assert told.returncode == 0 and "1 份完整性地图均从事件重建并比较；" in told.stdout
    assert body["holds"] and body["maps"] == {"checked": 1, "size": body["maps"]["size"], "people": 2, "holds": True}
    assert "maps" not in plain


def test_fsck_names_a_map_that_left_an_event_out(kept: Kept) -> None:
    """A map that is wrong of somebody else: a statement that rests on it verifies; the audit finds it."""
    register = open_register(Settings(data_folder=kept.folder / "data"))
    with open_house(register) as honest:
        (other,) = {one for leaf in register.ledger.store.leaves(0, 1_000) for one in people_named(decode(leaf))
                    if one != kept.person.id}
        left_out = named(Town(honest, create_app(honest)), replace(kept.person, id=other))[2]
        key = MapKey(register.ledger.vault.secret("index"))
        forging = MapFile(kept.folder / "forged.db", LeavingOut(register.ledger.store, left_out), key)  # type: ignore[arg-type]
        house = replace(honest, map_file=forging)
        town = Town(house, create_app(house))
        person = of(kept.person, town)
        listed = held(town, file_of(person, issued(person)))
        assert len(listed) > 3
        forging.close()
    register.close()

    told = xueshi(kept.folder, "fsck", "--map", "--processes", "1")

    assert told.returncode == 1 and "[map_event_left_out]" in told.stdout
    assert f"遗漏了事件 {left_out}（{other}）" in told.stdout


@pytest.mark.parametrize("change", [
    "DELETE FROM events WHERE position = 5", "UPDATE events SET leaf = x'5b5d' WHERE position = 5",
])
def test_of_a_ledger_whose_events_are_wrong_no_map_is_audited_and_that_is_said(kept: Kept, change: str) -> None:
    with closing(sqlite3.connect(kept.folder / "data" / "ledger.db")) as connection:
        drop_triggers(connection)
        connection.execute(change)
        connection.commit()

    told = xueshi(kept.folder, "fsck", "--map", "--processes", "1")

    assert told.returncode == 1 and "事件本身有误，完整性地图未核对。" in told.stdout
    assert json.loads(xueshi(kept.folder, "fsck", "--map", "--json", "--processes", "1").stdout)["maps"] is None


class LeavingOut:
    """A log as somebody would read it who leaves an event out of the map."""

    def __init__(self, store: AppendingRecorder, position: int) -> None:
        self._store, self._position = store, position

    def size(self) -> int:
        return self._store.size()

    def leaves(self, after: int, limit: int) -> list[bytes]:
        other = self._store.leaves(0, 1)[0]
        found = self._store.leaves(after, limit)
        return [other if position == self._position else leaf for position, leaf in enumerate(found, after + 1)]


def test_the_map_is_made_anew_and_compared_under_its_name(kept: Kept) -> None:
    path = Folder(kept.folder / "data").map

    same = xueshi(kept.folder, "rebuild", "map", "--compare")
    assert same.returncode == 0 and "✓ map：到事件" in same.stdout
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE entries SET value = zeroblob(32)")
        connection.execute("UPDATE nodes SET hash = zeroblob(32)")
        connection.commit()
    other = xueshi(kept.folder, "rebuild", "map", "--compare")
    assert other.returncode == 1 and "✗ map" in other.stdout
    assert xueshi(kept.folder, "rebuild", "map").returncode == 0
    assert xueshi(kept.folder, "rebuild", "map", "--compare").returncode == 0
    assert not list(path.parent.glob("map.1.compare*"))


def test_without_the_vault_no_map_can_be_audited(kept: Kept) -> None:
    (kept.folder / "data" / "keys" / "people.db").unlink()

    told = xueshi(kept.folder, "fsck", "--map")

    assert told.returncode == 3 and "keys_missing" in told.stderr


# Wherever the register goes


def reopened(kept: Kept, **settings: str) -> bytes:
    """Issue another statement where the register is now, and give its file."""
    register = open_register(Settings(data_folder=kept.folder / "data", **settings))
    try:
        with open_house(register) as house:
            town = Town(house, create_app(house))
            person = of(kept.person, town)
            data = file_of(person, issued(person))
            assert held(town, data) and held(town, file_of(person, kept.statement))
            return data
    finally:
        register.close()


def test_after_a_restore_maps_go_on_under_the_same_key(kept: Kept) -> None:
    assert xueshi(kept.folder, "backup", "copy").returncode == 0
    reopened(kept)
    assert xueshi(kept.folder, "restore", "copy", "--replace").returncode == 0
    folder = Folder(kept.folder / "data")
    assert not folder.map.exists(), "it is made anew"
    xueshi(kept.folder, "log", "continue-as", "elsewhere.example/log")

    data = reopened(kept, origin="elsewhere.example/log")

    assert parse_statement(data).completeness is not None
    told = xueshi(kept.folder, "fsck", "--map", XUESHI_ORIGIN="elsewhere.example/log")
    assert told.returncode == 0 and "2 份完整性地图均从事件重建并比较" in told.stdout


def test_moved_to_postgresql_maps_go_on_and_are_audited_there(kept: Kept, postgres: str) -> None:
    assert xueshi(kept.folder, "move", XUESHI_DATABASE=postgres).returncode == 0

    reopened(kept, database=postgres)

    told = xueshi(kept.folder, "fsck", "--map", XUESHI_DATABASE=postgres)
    assert told.returncode == 0 and "2 份完整性地图均从事件重建并比较" in told.stdout, told.stdout + told.stderr


def test_the_master_key_exchanged_the_maps_keep_theirs(kept: Kept) -> None:
    assert xueshi(kept.folder, "keys", "rewrap", "--to", "file:master-2.key").returncode == 0

    reopened(kept)

    assert "2 份完整性地图均从事件重建并比较" in xueshi(kept.folder, "fsck", "--map").stdout
