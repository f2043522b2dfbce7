"""The file of the completeness map says what the log says, and is made anew whatever befalls it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_kit import BY, LI, WANG, House, open_house, row, settle, small_house
from map_kit import commit, cut_short, defined_root, listed, map_file, name_people, root_of_lists

from ledger.acts.running import Act, open_act
from ledger.envelope import decode
from ledger.maps import file as module
from ledger.maps.entries import MapKey, people_named
from ledger.maps.file import MapBehind, MapFailed, MapFile
from ledger.proof.map_proof import Absence, Presence, check_absence, check_presence
from ledger.stores.memory import MemoryRecorder
from ledger.vocabulary import ClaimId


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = small_house(tmp_path / "house")
    yield house
    house.close()


def says(made: MapFile, house: House) -> None:
    """The map is that of the definition, and shows everyone."""
    size = house.store.size()
    people = listed(house.store.leaves(0, size))

    assert made.content() == (size, len(people), defined_root(house))
    for person, events in people.items():
        proved = made.proof_of(person, size)
        assert isinstance(proved.proof, Presence)
        assert [tuple(each) for each in proved.proof.events] == events
        check_presence(proved.root, proved.size, person, proved.proof)


def test_it_shows_every_event_of_everyone_and_nobody_of_whom_nothing_is_known(house: House) -> None:
    made = map_file(house)

    says(made, house)
    absent = made.proof_of("per_nobody", house.store.size())
    assert isinstance(absent.proof, Absence)
    check_absence(absent.root, absent.proof)


def test_whoever_waits_for_it_is_told_how_far_the_log_was_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 2)
    size, told = house.store.size(), list[int]()
    map_file(house).content(size - 1, told.append)

    assert told == [*range(2, size - 1, 2), size - 1]


@settings(derandomize=True, max_examples=15, deadline=None)
@given(st.lists(st.lists(st.integers(0, 30), max_size=12), min_size=1, max_size=6))
def test_followed_step_by_step_or_made_at_once_it_is_the_map_of_the_definition(steps: list[list[int]]) -> None:
    store, key = MemoryRecorder(), MapKey(b"index")
    with TemporaryDirectory() as folder:
        stepwise, at_once = (MapFile(Path(folder) / name, store, key) for name in ("stepwise.db", "at_once.db"))
        for step in steps:
            name_people(store, [f"per_{number}" for number in step])
            size, people = store.size(), listed(store.leaves(0, 100))
            assert stepwise.content() == (size, len(people), root_of_lists(key, people))
        assert at_once.content() == stepwise.content()
        stepwise.close()
        at_once.close()


def test_a_subject_that_is_no_person_has_no_entry_and_a_person_named_twice_one_event(house: House) -> None:
    envelopes = [decode(leaf) for leaf in house.store.leaves(0, 18)]

    named = [people_named(envelope) for envelope in envelopes]

    assert [list(people) for people in named[:8]] == [[]] * 8, "units and actors"
    assert list(named[9]) == [LI] and "unt_works" in envelopes[9].subjects


def test_a_row_of_an_act_is_the_persons_whatever_becomes_of_the_act(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    settle(house)
    made = map_file(house)
    sizes = []
    for number, end in enumerate((Act.close, Act.abandon)):
        act = open_act(house.ledger, kind="roster", rows=1, list_sha256="ab" * 32, by=BY, now_ms=number + 1)
        assert isinstance(act, Act)
        act.write(row(house, ClaimId(f"clm_{number}"), LI, number), rows=1)
        while_open = made.proof_of(LI, house.store.size()).proof
        end(act)
        at_last = made.proof_of(LI, house.store.size()).proof
        assert while_open.events == at_last.events  # type: ignore[union-attr]
        sizes.append(len(at_last.events))  # type: ignore[union-attr]
    says(made, house)
    assert sizes[1] == sizes[0] + 2, "two events of the row that never counted name the person all the same"
    house.close()


# Which map a statement rests on


def test_statements_at_one_size_share_a_map_and_the_next_size_has_one_of_its_own(house: House) -> None:
    made, size = map_file(house), house.store.size()
    first = made.proof_of(LI, size)
    position = commit(house, first)

    assert first.event is None
    assert made.proof_of(WANG, size).event is None, "not before it is known to stand"
    made.remember(first, position)
    again = made.proof_of(WANG, size)
    assert (again.event, again.size, again.root) == (position, size, first.root)
    later = made.proof_of(WANG, size + 1)
    assert (later.event, later.size) == (None, position)
    assert made.proof_of(WANG, 3).event is None


def test_an_event_that_commits_to_another_map_is_not_taken_for_this_one(house: House) -> None:
    made, size = map_file(house), house.store.size()
    proved = made.proof_of(LI, size)
    for changed in ({"root": "A" * 43 + "="}, {"people": 3}, {"size": size - 1}, {"key_sha256": "0" * 64}):
        made.remember(proved, commit(house, proved, **changed))
        assert made.proof_of(LI, size).event is None
    for nothing in (1, size, 10_000):
        made.remember(proved, nothing)
        assert made.proof_of(LI, size).event is None


def test_a_map_rests_on_what_stood_when_it_was_made_though_the_log_was_read_on(house: House) -> None:
    made, size = map_file(house), house.store.size()
    before = made.proof_of(LI, size)
    name_people(house.store, [LI, WANG, LI])
    made.keep_up()

    same = made.proof_of(LI, size)

    assert same == before
    assert len(made.proof_of(LI, size + 1).proof.events) == len(before.proof.events) + 2  # type: ignore[union-attr]


def test_much_that_gathered_is_hashed_by_whoever_keeps_up_once_the_rush_is_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "UNHASHED_MOST", 5)
    made = map_file(house)

    def hashed_after(events: int) -> int:
        name_people(house.store, [LI] * events)
        made.keep_up()
        return made.proof_of(LI, 0).size

    assert hashed_after(0) == 0, "all of it came at once, for all that is known"
    assert [hashed_after(each) for each in (0, 4, 2, 0, 9, 0)] == [18, 18, 24, 24, 24, 33]
    monkeypatch.setattr(module, "BUSY_MOST", 7)
    assert [hashed_after(each) for each in (6, 6)] == [33, 45]


def test_whoever_waits_is_told_when_too_much_is_missing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    made = map_file(house)
    monkeypatch.setattr(module, "BEHIND_MOST", 10)

    with pytest.raises(MapBehind, match="还差 18 个事件"):
        made.proof_of(LI, 18)
    monkeypatch.setattr(module, "UNHASHED_MOST", 10)
    made.keep_up()
    made.keep_up()
    assert made.proof_of(LI, 18).size == 18


# Several at once


def test_two_who_keep_one_file_agree(house: House) -> None:
    one, other = map_file(house), map_file(house)
    failures: list[BaseException] = []

    def ask(made: MapFile) -> None:
        try:
            for _ in range(15):
                name_people_once.acquire()
                size = house.store.size()
                name_people(house.store, [LI])
                name_people_once.release()
                proved = made.proof_of(LI, size + 1)
                check_presence(proved.root, proved.size, LI, proved.proof)  # type: ignore[arg-type]
                assert proved.root == defined_root(house, proved.size)
        except BaseException as error:
            failures.append(error)

    name_people_once = threading.Lock()
    threads = [threading.Thread(target=ask, args=(made,)) for made in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert one.content() == other.content()
    says(one, house)


# What may befall the file


def test_a_file_that_was_deleted_is_made_anew_and_says_the_same(house: House) -> None:
    made = map_file(house)
    said = made.content()
    made.close()
    module.discard(made.path)

    assert map_file(house).content() == said


def test_a_file_of_another_log_or_ahead_of_this_one_or_of_another_key_is_emptied(house: House, tmp_path: Path) -> None:
    other = small_house(tmp_path / "other")
    name_people(other.store, ["per_strange"] * 40)
    made = MapFile(tmp_path / "map.db", other.store, MapKey(b"x" * 32))
    made.content()
    made.close()
    key = MapKey(house.vault.secret("index"))

    for store, with_key in ((house.store, key), (other.store, key), (house.store, key), (house.store, MapKey(b"y"))):
        made = MapFile(tmp_path / "map.db", store, with_key)
        fresh = MapFile(tmp_path / "fresh.db", store, with_key)
        assert made.content() == fresh.content()
        made.close()
        fresh.close()
        module.discard(fresh.path)
    other.close()


@pytest.mark.parametrize("change", [
    "UPDATE people SET last = last - 1", "UPDATE people SET count = count + 1, chain = x'00'",
    "UPDATE named SET leaf_hash = zeroblob(32)", "UPDATE named SET before = position", "DELETE FROM named",
    "UPDATE entries SET value = zeroblob(32)", "DELETE FROM entries", "UPDATE nodes SET holds = 0",
    "UPDATE nodes SET hash = zeroblob(32) WHERE place = 1", "DELETE FROM people", "DROP TABLE named",
    "DELETE FROM state", "UPDATE state SET position = NULL", "ALTER TABLE state ADD COLUMN newer INTEGER",
    "UPDATE state SET position = 1, hashed = 0, leaf_hash = (SELECT leaf_hash FROM named LIMIT 1)",
])
def test_what_the_file_has_wrong_of_a_person_shows_and_it_is_made_anew(house: House, change: str) -> None:
    made = map_file(house)
    made.content()
    with closing(sqlite3.connect(made.path)) as connection:
        connection.execute(change)
        connection.commit()

    proved = made.proof_of(LI, house.store.size())

    check_presence(defined_root(house), 18, LI, proved.proof)  # type: ignore[arg-type]


def test_how_many_people_it_says_there_are_is_held_against_those_it_has(house: House) -> None:
    made = map_file(house)
    _, people, _ = made.content()
    with closing(sqlite3.connect(made.path)) as connection:
        connection.execute("UPDATE state SET people = people + 1")
        connection.commit()

    assert made.proof_of(LI, house.store.size()).people == people


def test_a_file_that_is_cut_or_overwritten_is_made_anew(house: House) -> None:
    made = map_file(house)
    said = made.content()
    made.close()
    for spoil in (lambda: cut_short(made.path, 5_000), lambda: made.path.write_bytes(b"no database" * 900)):
        spoil()
        again = map_file(house)
        assert again.content() == said
        again.close()


def test_a_folder_that_cannot_be_written_is_told(house: House, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises((MapFailed, OSError)):
        MapFile(tmp_path / "file" / "map.db", house.store, MapKey(b"x"))
    made = map_file(house)
    made._connection.execute("PRAGMA query_only=ON")
    with pytest.raises(MapFailed, match="文件可以删除，会从账本重建"):
        made.content()
