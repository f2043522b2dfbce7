"""The register in histories of chance: whatever fails, and whoever is faster, it comes to what it must come to.

`python -m tests.simulation --seed N` lives through one and says what happens in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.simulation.__main__ import found_by, live
from tests.simulation.breakages import BREAKAGES, Breakage, broken
from tests.simulation.world import Broken

KEPT = [int(line.partition("#")[0]) for line in Path(__file__).with_name("seeds.txt").read_text("utf-8").splitlines()
        if line.partition("#")[0].strip()]


def hold(seeds: range) -> None:
    """Live through histories, and name each that fails: a seed is all that is needed to see it again."""
    failed = {}
    for seed in seeds:
        try:
            live(seed)
        except Exception as error:
            failed[seed] = repr(error)
    assert not failed, f"python -m tests.simulation --seed {next(iter(failed))}; and keep it in seeds.txt: {failed}"


@pytest.mark.parametrize("part", range(4))
def test_whatever_fails_the_register_comes_to_what_it_must(part: int) -> None:
    hold(range(part * 25, part * 25 + 25))


@pytest.mark.parametrize("seed", KEPT)
def test_a_history_that_once_failed_holds(seed: int) -> None:
    live(seed)


def test_a_history_is_its_seed() -> None:
    assert live(7).fingerprint() == live(7).fingerprint()
    assert live(7).fingerprint() != live(8).fingerprint()


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.__name__)
def test_what_is_broken_is_found(breakage: Breakage) -> None:
    """If another seed finds it by now, `python -m tests.simulation --breakages` says which."""
    live(BREAKAGES[breakage])
    with broken(breakage), pytest.raises(Broken):
        live(BREAKAGES[breakage])


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
