"""The coded ledger's files: read on, masked, compacted, and never torn, whatever was done to them."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from projection_kit import HANGZHOU, NINGBO, House, exam, living

from projections.replay.content import content
from projections.replay.gathered import gather
from projections.replay.reading import Snapshot, read_all
from projections.replay.store import compact_coded, compacting, compare_coded, open_coded, rebuild_coded
from tests.forked import PYTHON, Popen, run


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as house:
        unit = house.unit(NINGBO, "industry")
        for number in range(20):
            person = house.person(unit=unit)
            for day in range(1, 1 + number % 4):
                house.registered(person, exam(f"2021-05-0{day}", 1 + day, occasion=f"o{day % 2}"))
        house.followed()
        yield house


def folder_of(house: House) -> Path:
    return house.folder / "answers"


def fresh(house: House) -> str:
    with Snapshot(folder_of(house)) as snapshot:
        return content(read_all(snapshot))


def names(house: House) -> set[str]:
    return {path.name.split("-")[0] for path in folder_of(house).glob("coded.*")}


def test_it_is_built_once_and_then_found(house: House) -> None:
    first, again = (open_coded(folder_of(house), house.ledger) for _ in range(2))

    assert (first.was, first.because, again.was) == ("built", "missing", "current")
    assert content(first.held) == content(again.held) == fresh(house)
    assert names(house) == {"coded.1.json", "coded.1.base", "coded.lock"}


def test_a_person_whose_past_changed_is_written_anew_into_a_delta_that_masks_the_base(house: House) -> None:
    people = open_coded(folder_of(house), house.ledger).held.people.astype(str).tolist()
    there = house.unit(HANGZHOU, "environment")
    house.affiliate(people[1], there, "2020-01-01")
    house.followed()
    moved = open_coded(folder_of(house), house.ledger)
    house.registered(people[2], exam("2020-05-03", 4))
    house.followed()
    again = open_coded(folder_of(house), house.ledger)

    assert (moved.was, again.was) == ("extended", "extended")
    assert content(again.held) == fresh(house)
    assert names(house) == {"coded.1.json", "coded.1.base", "coded.1.delta", "coded.lock"}
    assert open_coded(folder_of(house), house.ledger).was == "current"


def test_when_many_have_changed_a_new_base_takes_the_place_of_both(house: House) -> None:
    people = open_coded(folder_of(house), house.ledger).held.people.astype(str).tolist()
    for person in people:
        house.registered(person, exam("2022-05-03", 2))
    house.followed()

    assert open_coded(folder_of(house), house.ledger).was == "compacted"
    kept = open_coded(folder_of(house), house.ledger)
    assert kept.was == "current" and content(kept.held) == fresh(house)
    assert names(house) == {"coded.1.json", "coded.1.base", "coded.lock"}


def shift(house: House, person: Any) -> None:
    house.affiliate(person, house.unit(HANGZHOU, "environment"), "2020-01-01")


def leave(house: House, person: Any) -> None:
    house.leave(person, house.answers.person(person).affiliations[0].unit, "2021-05-02")  # type: ignore[union-attr, arg-type]


def correct(house: House, person: Any) -> None:
    (claim, *_) = registered(house, person)
    house.correct(claim, exam("2020-05-03", 4, occasion="o9"))


def revoke(house: House, person: Any) -> None:
    house.revoke(registered(house, person)[-1])


def reinstate(house: House, person: Any) -> None:
    revoke(house, person)
    house.reinstate(registered(house, person)[-1])


def freeze(house: House, person: Any) -> None:
    house.freeze(registered(house, person)[0])


def register(house: House, person: Any) -> None:
    house.registered(person, exam("2019-05-03", 4))


def begin(house: House, person: Any) -> None:
    house.registered(house.person(unit=house.unit(NINGBO, "general")), exam("2019-05-03", 4))


def registered(house: House, person: Any) -> list[Any]:
    return [version.claim for version in house.followed().registered(person)]


PASTS = (shift, leave, correct, revoke, reinstate, freeze, register, begin)


@pytest.mark.parametrize("change", PASTS, ids=lambda change: change.__name__)
def test_whatever_changes_a_past_the_delta_masks_the_base_as_if_all_were_read_anew(
    house: House, change: Callable[[House, Any], None]
) -> None:
    """Back-dated transfers and last days, corrections, revocations: also as of every position in between."""
    people = open_coded(folder_of(house), house.ledger).held.people.astype(str).tolist()
    before = house.size
    change(house, people[3])
    house.followed()

    kept = open_coded(folder_of(house), house.ledger)
    assert kept.was == "extended" and content(kept.held) == fresh(house)
    with Snapshot(folder_of(house)) as snapshot:
        anew = read_all(snapshot)
    for as_of in range(before, house.size + 1):
        one, two = (gather(held, as_of) for held in (kept.held, anew))
        assert one.coded.people == two.coded.people and np.array_equal(one.coded.standing, two.coded.standing)
        assert np.array_equal(one.coded.day, two.coded.day)
        assert sorted(one.coded.keyed) == sorted(two.coded.keyed), "groups are numbered otherwise, and hold the same"


def test_all_that_can_change_together_is_compacted_in_the_background(house: House) -> None:
    people = open_coded(folder_of(house), house.ledger).held.people.astype(str).tolist()
    studied = [person for person in people if registered(house, person)]
    for change, person in zip(PASTS, studied, strict=False):
        change(house, person)
    house.followed()
    kept = open_coded(folder_of(house), house.ledger, compacts=False)
    assert (kept.was, kept.is_divided) == ("extended", True)
    assert "coded.1.delta" in names(house)

    with compacting(folder_of(house), house.ledger, kept):
        assert content(kept.held) == fresh(house), "what was opened is worked on meanwhile"
    assert names(house) == {"coded.1.json", "coded.1.base", "coded.lock"}
    again = open_coded(folder_of(house), house.ledger)
    assert again.was == "current" and content(again.held) == fresh(house)


def test_what_others_have_gone_on_from_is_not_compacted(house: House) -> None:
    people = open_coded(folder_of(house), house.ledger).held.people.astype(str).tolist()
    for person in people[:8]:
        register(house, person)
    house.followed()
    kept = open_coded(folder_of(house), house.ledger, compacts=False)
    register(house, people[9])
    house.followed()
    open_coded(folder_of(house), house.ledger, compacts=False)

    assert not compact_coded(folder_of(house), house.ledger, kept.held)
    assert content(open_coded(folder_of(house), house.ledger).held) == fresh(house)


def test_what_stands_is_compared_with_what_is_read_anew(house: House) -> None:
    people = open_coded(folder_of(house), house.ledger).held.people.astype(str).tolist()
    house.registered(people[1], exam("2022-05-03", 2))
    house.followed()
    before = open_coded(folder_of(house), house.ledger).held
    position, stands, should = compare_coded(folder_of(house), house.ledger, lambda done, total: None)
    assert (position, stands) == (house.size, should)

    house.revoke(house.registered(people[1], exam("2022-06-03", 2)))
    house.followed()
    with Snapshot(folder_of(house)) as snapshot:
        assert content(read_all(snapshot, upto=before.position)) == content(before) != content(read_all(snapshot))


def of_kind(house: House, kind: str) -> Path:
    (path,) = folder_of(house).glob(f"coded.1.{kind}*")
    return path


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    bytes_ = bytearray(path.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    path.write_bytes(bytes_)


def of_another(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "leaf_sha256": "0" * 64}))


def ahead(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "position": 10**9}))


def without_base(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "base": None}))


def before_the_log(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "position": -1}))


def no_text(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"', b'"\xff', 1))


def newer(path: Path) -> None:
    path.rename(path.with_name("coded.2.json"))


@pytest.mark.parametrize(("kind", "harm", "because"), [
    ("base", Path.unlink, "file_missing"), ("base", cut, "truncated"), ("base", flip, "damaged"),
    ("json", Path.unlink, "missing"), ("json", cut, "damaged"), ("json", of_another, "other_log"),
    ("json", no_text, "damaged"), ("json", ahead, "ahead_of_log"), ("json", newer, "other_version"),
    ("json", without_base, "damaged"), ("json", before_the_log, "damaged"), ("delta", flip, "damaged"),
])
def test_a_file_that_cannot_be_used_is_told_apart_and_made_anew(
    house: House, kind: str, harm: Callable[[Path], object], because: str
) -> None:
    people = open_coded(folder_of(house), house.ledger).held.people.astype(str).tolist()
    house.registered(people[1], exam("2022-05-03", 2))
    house.followed()
    open_coded(folder_of(house), house.ledger)
    harm(of_kind(house, kind))

    kept = open_coded(folder_of(house), house.ledger)
    # A base without its delta is an older base, and is read on from.
    assert (kept.was, kept.because) == ("extended" if kind == "delta" else "built", because)
    assert content(kept.held) == fresh(house)
    assert open_coded(folder_of(house), house.ledger).was == "current"


KILLED = """
import sys
from pathlib import Path
from ledger.ledger import Ledger
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from projections.replay import store
folder = Path(sys.argv[1])
vault = Vault(folder / "people.db", FileMasterKey(folder / "master.key"))
ledger = Ledger.in_file(folder / "ledger.db", vault)
print("ready", flush=True)
while True:
    store.rebuild_coded(folder / "answers", ledger, lambda done, total: None)
"""


COMPACTED = """
import os, pathlib, signal, sys
from pathlib import Path
from ledger import durable
from ledger.ledger import Ledger
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from projections.replay import store
folder, where, left = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
vault = Vault(folder / "people.db", FileMasterKey(folder / "master.key"))
ledger = Ledger.in_file(folder / "ledger.db", vault)
kept = store.open_coded(folder / "answers", ledger, compacts=False)
assert kept.is_divided
def dying(function):
    def call(*given, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given, **named)
    return call
owner, name = {"fsync": (os, "fsync"), "replace": (pathlib.Path, "replace"), "unlink": (pathlib.Path, "unlink")}[where]
setattr(owner, name, dying(getattr(owner, name)))
store.compact_coded(folder / "answers", ledger, kept.held)
"""


@pytest.mark.parametrize(("where", "number", "is_done"), [
    ("fsync", 1, False),     # The new base is written beside.
    ("replace", 1, False),   # It is durable and bears no name yet.
    ("replace", 2, False),   # It has its name, and the manifest does not know it.
    ("unlink", 1, True),     # The manifest names it, and the old files are still there.
    ("unlink", 2, True),
])
def test_killed_while_compacting_the_next_opening_finds_all_of_it(
    house: House, where: str, number: int, is_done: bool
) -> None:
    people = open_coded(folder_of(house), house.ledger).held.people.astype(str).tolist()
    for person in people[:8]:
        register(house, person)
    house.followed()
    open_coded(folder_of(house), house.ledger, compacts=False)
    killed = run([str(PYTHON), "-c", COMPACTED, str(house.folder), where, str(number)])
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()

    kept = open_coded(folder_of(house), house.ledger, compacts=False)
    assert (kept.was, kept.is_divided) == ("current", not is_done)
    assert content(kept.held) == fresh(house)
    if kept.is_divided:
        assert compact_coded(folder_of(house), house.ledger, kept.held)
    register(house, people[9])
    house.followed()
    open_coded(folder_of(house), house.ledger)
    assert names(house) <= {"coded.1.json", "coded.1.base", "coded.1.delta", "coded.lock"}, "nothing torn stays behind"


def test_killed_at_any_moment_the_next_opening_finds_the_former_state_or_the_new_one(house: House) -> None:
    wanted = fresh(house)
    open_coded(folder_of(house), house.ledger)
    for number in range(6):
        process = Popen([str(PYTHON), "-c", KILLED, str(house.folder)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.003 + 0.007 * number)  # not hours: seconds
        process.send_signal(signal.SIGKILL)
        process.communicate()

        kept = open_coded(folder_of(house), house.ledger)
        assert kept.was == "current" and content(kept.held) == wanted
    rebuild_coded(folder_of(house), house.ledger, lambda done, total: None)
    assert names(house) == {"coded.1.json", "coded.1.base", "coded.lock"}
