"""The auditor makes every map anew from the leaves, and tells apart how one is wrong."""

from __future__ import annotations

import hmac
import random
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_kit import LI, WANG, House, open_house, small_house, tampered
from map_kit import commit, defined_root, key_of, listed, map_file, name_people, root_of_lists

from ledger.fsck import maps as module
from ledger.fsck.map_tree import Tree
from ledger.fsck.maps import EventUnreadable, MapReport, audit
from ledger.fsck.source import SQLiteSource
from ledger.maps.entries import MapKey
from ledger.maps.file import Proved
from ledger.proof.map_proof import EMPTY, Absence, bit_of, hash_fork

Lists = dict[str, list[tuple[int, bytes]]]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = small_house(tmp_path / "house")
    name_people(house.store, ["per_zhao", LI, WANG, "per_zhao", LI])
    yield house
    house.close()


def audited(house: House, **rest: int) -> MapReport:
    return audit(SQLiteSource(house.file), house.keys, **rest)


def made_of(house: House, people: Lists, size: int, count: int | None = None) -> Proved:
    """A map over lists that may be wrong, as its maker would have committed to it."""
    root = root_of_lists(key_of(house), people)
    return Proved(size, root, len(people) if count is None else count, Absence(EMPTY, (), None), None)


def lists(house: House, size: int) -> Lists:
    return listed(house.store.leaves(0, size))


def told(house: House, made: Proved, **changed: object) -> tuple[str, str]:
    """Commit to a wrong map between two right ones, and hear what the auditor says of it alone."""
    commit(house, right(house))
    position = commit(house, made, **changed)
    commit(house, right(house))
    report = audited(house)
    assert not report.holds and report.maps == 3
    (problem,) = report.problems
    assert problem.position == position
    return problem.code, problem.words


def right(house: House) -> Proved:
    size = house.store.size()
    return made_of(house, lists(house, size), size)


def test_maps_that_are_what_they_should_be_hold_and_a_log_without_any_has_none(house: House) -> None:
    assert audited(house) == (0, 0, 0, ())
    made = map_file(house)
    for number in range(5):
        commit(house, made.proof_of(LI, house.store.size()))
        name_people(house.store, [f"per_{number}", LI][: number % 3])

    report = audited(house)

    assert report.holds and (report.maps, report.people) == (5, 5)
    assert report == audited(house, processes=2, portion=4) == audited(house, portion=7)


def test_of_several_maps_of_one_size_each_is_checked(house: House) -> None:
    size = house.store.size()
    made = right(house)
    commit(house, made)
    wrong = commit(house, made, root="B" * 42 + "A=")
    commit(house, made)

    assert [(each.position, each.code) for each in audited(house).problems] == [(wrong, "map_root_mismatch")]
    assert audited(house).size == size


@pytest.mark.parametrize("position", [9, 13, 16, 19, 20, 22, 23])
def test_an_event_that_was_left_out_is_named(house: House, position: int) -> None:
    people = lists(house, 23)
    person = next(person for person, events in people.items() if position in dict(events))
    people[person] = [event for event in people[person] if event[0] != position]

    code, words = told(house, made_of(house, people, 23))

    assert code == "map_event_left_out" and f"遗漏了事件 {position}（{person}）" in words


def test_a_person_who_was_left_out_whole_is_named_by_their_one_event(house: House) -> None:
    name_people(house.store, ["per_once"])
    people = lists(house, 24)
    del people["per_once"]

    code, words = told(house, made_of(house, people, 24, count=4))

    assert code == "map_event_left_out" and "遗漏了事件 24（per_once）" in words


def test_an_event_that_was_counted_twice_is_named(house: House) -> None:
    people = lists(house, 23)
    people[WANG].insert(1, people[WANG][1])

    code, words = told(house, made_of(house, people, 23))

    assert code == "map_event_added" and f"事件 {people[WANG][1][0]}（{WANG}）计入两次" in words


def test_an_event_that_came_later_is_named(house: House) -> None:
    name_people(house.store, ["per_new", WANG])
    people, later = lists(house, 23), lists(house, 25)
    people[WANG] = later[WANG]

    code, words = told(house, made_of(house, people, 23))

    assert code == "map_event_added" and f"多出了事件 25（{WANG}）" in words


@pytest.mark.parametrize("size", [20, 21, 25])
def test_a_map_of_another_size_is_told_from_one_that_is_wrong(house: House, size: int) -> None:
    name_people(house.store, [LI, WANG])

    code, words = told(house, made_of(house, lists(house, size), 23))

    assert code == "map_size_mismatch" and f"是截至第 {size} 个事件的地图，却称截至第 23 个" in words


def test_a_wrong_count_of_people_is_told_beside_a_right_root(house: House) -> None:
    code, words = told(house, right(house), people=7)

    assert code == "map_count_mismatch" and "地图称有 7 人，由事件重建的有 3 人" in words


def test_a_map_that_nothing_explains_is_wrong_all_the_same(house: House) -> None:
    people = lists(house, 23)
    people[LI], people[WANG] = people[WANG], people[LI]

    code, words = told(house, made_of(house, people, 23))

    assert code == "map_root_mismatch" and "找不出一处可解释的不同" in words


def test_a_map_under_another_key_is_not_called_wrong_but_cannot_be_checked(house: House) -> None:
    code, words = told(house, right(house), key_sha256=MapKey(b"other").commitment)

    assert code == "map_key_mismatch" and "请用当时的密钥库备份核对" in words


@pytest.mark.parametrize("changed", [
    {"format": "xueshi-map/2"}, {"size": 0}, {"size": -3}, {"size": 10**9}, {"size": 25},
])
def test_a_map_that_cannot_be_is_told(house: House, changed: dict[str, object]) -> None:
    code, words = told(house, right(house), **changed)

    assert code == "map_malformed"
    assert "地图的格式" in words or "不在它之前" in words


def test_only_the_first_of_many_wrong_maps_are_explained(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_EXPLAINED_MOST", 2)
    people = lists(house, 23)
    people[LI].pop()
    for _ in range(4):
        commit(house, made_of(house, people, 23))

    codes = [problem.code for problem in audited(house).problems]

    assert codes == ["map_event_left_out"] * 2 + ["map_root_mismatch"] * 2


def test_of_events_that_cannot_be_read_nothing_is_said(house: House, tmp_path: Path) -> None:
    commit(house, right(house))
    house.close()
    for number, change in enumerate((
        ("UPDATE events SET leaf = 'x' WHERE position = 5", ()), ("DELETE FROM events WHERE position = 7", ()),
        ("UPDATE events SET leaf = ? WHERE position = 9", (b"[]",)),
    )):
        copy = tampered(house.file, tmp_path / f"copy{number}.db", change)
        with pytest.raises(EventUnreadable) as caught:
            audit(SQLiteSource(copy), house.keys)
        assert caught.value.position == (5, 7, 9)[number]


def test_a_subject_that_was_taken_from_an_event_is_found_by_the_map(house: House, tmp_path: Path) -> None:
    """The log's own checks find it too; the map says what it means for whom."""
    commit(house, right(house))
    leaf = house.store.leaves(12, 1)[0]
    house.close()
    changed = leaf.replace(b'["per_li","unt_works"]', b'["unt_works"]')
    assert changed != leaf
    copy = tampered(house.file, tmp_path / "copy.db", ("UPDATE events SET leaf = ? WHERE position = 13", (changed,)))

    (problem,) = audit(SQLiteSource(copy), house.keys).problems

    assert problem.code == "map_root_mismatch"


BESIDE_OTHERS = """
import sys, time
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from ledger_kit import BY, LI, open_house
from map_kit import map_file, name_people
from ledger.events.base import Draft
from ledger.ids import new_id

house = open_house(Path(sys.argv[1]), clock=time.time_ns)
made = map_file(house)
sys.stdin.readline()
for number in range(12):
    name_people(house.store, [f"per_{sys.argv[3]}_{number % 5}", LI])
    proved = made.proof_of(LI, house.store.size())
    event = made.commitment(proved, new_id("log", now_ms=time.time_ns() // 1_000_000))
    made.remember(proved, house.ledger.record([Draft(event)], by=BY).first)
house.close()
"""


def test_processes_that_issue_at_once_commit_to_maps_that_are_all_right(house: House) -> None:
    """Each goes on; none is told that another was faster."""
    here = str(Path(__file__).parent)
    running = [
        subprocess.Popen([sys.executable, "-c", BESIDE_OTHERS, str(house.folder), here, name], stdin=subprocess.PIPE,
                         stderr=subprocess.PIPE, cwd=Path(__file__).parents[2], text=True)
        for name in ("one", "two")
    ]
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    assert [each.communicate(timeout=60)[1] for each in running] == ["", ""]

    report = audited(house)

    assert report.holds, report.problems
    assert report.maps == 24 and report.people == 13


# The auditor's own tree


def folded(leaves: dict[bytes, bytes], depth: int = 0) -> bytes:
    if len(leaves) < 2:
        return next(iter(leaves.values()), EMPTY)
    return hash_fork(*(
        folded({key: leaf for key, leaf in leaves.items() if bit_of(key, depth) == bit}, depth + 1) for bit in (0, 1)))


def test_where_a_person_stands_follows_from_the_key_by_hmac_as_anyone_computes_it() -> None:
    index_key = bytes(range(32))
    secret = hmac.digest(index_key, b"xueshi/log.map", "sha256")

    for person, count in (("per_0", 1), ("per_" + "1" * 90, 70_000)):
        assert MapKey(index_key).key_of(person) == hmac.digest(secret, b"key\0" + person.encode(), "sha256")
        expected = hmac.digest(secret, b"blind\0" + person.encode() + b"\0%d" % count, "sha256")
        assert MapKey(index_key).blind_of(person, count) == expected


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.binary(min_size=3, max_size=3), st.booleans()), max_size=30))
def test_the_auditors_tree_is_that_of_the_definition(steps: list[tuple[bytes, bool]]) -> None:
    tree, leaves = Tree(), {}
    for start, is_there in steps:
        key = start + bytes(29)
        leaf = b64encode(start * 8) if is_there else None
        tree.put(key, leaf)
        if leaf is None:
            leaves.pop(key, None)
        else:
            leaves[key] = leaf
        assert tree.root() == folded(leaves)
    other = b"\x80" * 32
    assert tree.root_if(other, b"leaf") == folded(leaves | {other: b"leaf"})
    assert tree.root() == tree.copied().root() == folded(leaves)


@pytest.mark.torture
def test_whoever_makes_maps_and_whoever_audits_them_agree_on_long_random_histories(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    chosen, made = random.Random(7), map_file(house)
    name_people(house.store, ["per_0"])
    for _ in range(300):
        name_people(house.store, [f"per_{chosen.randrange(400)}" for _ in range(chosen.randrange(60))])
        commit(house, made.proof_of(f"per_{chosen.randrange(400)}", house.store.size()))

    report = audited(house, processes=2, portion=1_024)

    assert report.holds and report.maps == 300
    assert made.content()[2] == defined_root(house)
    house.close()
