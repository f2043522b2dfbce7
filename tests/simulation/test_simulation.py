"""The register in histories of chance: whatever fails, and whoever is faster, it comes to what it must come to.

`python -m tests.simulation --seed N` lives through one and says what happens in it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.__main__ import found_by, live, lived_all
from tests.simulation.breakages import BREAKAGES, LIST_BREAKAGES, Breakage, broken
from tests.simulation.parts import Broken
from tests.simulation.postgres_breakages import POSTGRES_BREAKAGES
from tests.simulation.virtual_postgres import virtual

KEPT = [line.partition("#")[0].split() for line in Path(__file__).with_name("seeds.txt").read_text("utf-8").splitlines()
        if line.partition("#")[0].strip()]


MANY = 1_000
"""So many are lived through by as many processes as there are cores; fewer beside other tests."""


def hold(seeds: range, *, postgres: bool = False, lists: bool = False) -> None:
    """Live through histories, and name each that fails: a seed is all that is needed to see it again."""
    lived = lived_all(seeds, processes=os.cpu_count() or 1 if len(seeds) > MANY else 1, postgres=postgres, lists=lists)
    failed = {seed: wrong.splitlines()[-1] for seed, wrong in lived if wrong}
    how = f"{'--postgres ' * postgres}{'--lists ' * lists}--seed"
    assert not failed, f"python -m tests.simulation {how} {next(iter(failed))}; and keep it in seeds.txt: {failed}"


@pytest.mark.parametrize("part", range(4))
def test_whatever_fails_the_register_comes_to_what_it_must(part: int) -> None:
    hold(range(part * 25, part * 25 + 25))


def test_whatever_connections_are_lost_and_servers_replaced_the_register_comes_to_what_it_must() -> None:
    """Several processes over one database whose commits may be answered late, never, or carried out much later."""
    hold(range(30), postgres=True)


@pytest.mark.parametrize("postgres", [False, True], ids=["file", "database"])
def test_who_rests_on_there_being_nothing_else_is_never_wrong_however_many_ask_at_once(postgres: bool) -> None:
    """Of some claims one at a time may stand for a person, as of applications, sanctions, seats and courses: that no
    other is begun meanwhile has no version that could be guarded."""
    hold(range(15 if postgres else 25), postgres=postgres, lists=True)


@pytest.mark.parametrize("kept", KEPT, ids=" ".join)
def test_a_history_that_once_failed_holds(kept: list[str]) -> None:
    live(int(kept[0]), postgres="postgres" in kept, lists="lists" in kept)


def test_a_history_is_its_seed() -> None:
    assert live(7).fingerprint() == live(7).fingerprint()
    assert live(7).fingerprint() != live(8).fingerprint()


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.__name__)
def test_what_is_broken_is_found(breakage: Breakage) -> None:
    """If another seed finds it by now, `python -m tests.simulation --breakages` says which."""
    live(BREAKAGES[breakage])
    with broken(breakage), pytest.raises(Broken):
        live(BREAKAGES[breakage])


@pytest.mark.parametrize("breakage", POSTGRES_BREAKAGES, ids=lambda breakage: breakage.__name__)
def test_what_is_broken_over_a_database_is_found(breakage: Breakage) -> None:
    with virtual():
        live(POSTGRES_BREAKAGES[breakage], postgres=True)
        with broken(breakage), pytest.raises(Broken):
            live(POSTGRES_BREAKAGES[breakage], postgres=True)


@pytest.mark.parametrize("breakage", LIST_BREAKAGES, ids=lambda breakage: breakage.__name__)
def test_what_is_broken_of_lists_is_found(breakage: Breakage) -> None:
    live(LIST_BREAKAGES[breakage], lists=True)
    with broken(breakage), pytest.raises(Broken):
        live(LIST_BREAKAGES[breakage], lists=True)


@pytest.mark.torture
@pytest.mark.parametrize("postgres", [False, True], ids=["file", "database"])
def test_thousands_of_histories_in_which_people_rest_on_lists(postgres: bool, record_property: Any) -> None:
    record_property("tried", 5_000)
    hold(range(1_000, 6_000), postgres=postgres, lists=True)


@pytest.mark.torture
def test_thousands_of_histories_over_a_database(record_property: Any) -> None:
    record_property("tried", 5_000)
    hold(range(1_000, 6_000), postgres=True)


@pytest.mark.torture
def test_thousands_of_histories(record_property: Any) -> None:
    record_property("tried", 5_000)
    hold(range(1_000, 6_000))


@pytest.mark.torture
@pytest.mark.parametrize("steps", [600, 2_000])
def test_long_histories(steps: int, record_property: Any) -> None:
    record_property("tried", 100)
    for seed in range(100):
        live(seed, steps=steps)


@pytest.mark.torture
@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.__name__)
def test_each_breakage_is_found_within_some_hundred_histories(breakage: Breakage) -> None:
    assert found_by(breakage) is not None
