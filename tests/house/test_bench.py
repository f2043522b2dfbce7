"""The harness measures what it says: interleaved rounds, honest ratios, and no missed target overlooked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.bench import Figure, Race, Ran, is_missed, kept, line, run, written


def test_rounds_are_interleaved_and_begin_in_turn() -> None:
    calls: list[str] = []

    run(Race("x", "units", 1, lambda: calls.append("a"), lambda: calls.append("b"), "b"), rounds=3)

    assert "".join(calls) == "ab" + "ab" + "ba" + "ab"


def test_a_ratio_is_taken_round_by_round() -> None:
    ran = Ran(Race("x", "units", 1, print, print, "p", least=2), [10, 20, 30], [5, 20, 10])

    assert ran.ratios == [2, 1, 3]
    assert "| 2.00 (1.00–3.00) | ≥ 2 | met |" in line(ran)


def test_a_missed_target_is_seen() -> None:
    assert is_missed(Ran(Race("x", "units", 1, print, print, "p", least=2), [10, 10, 10], [6, 6, 6]))
    assert is_missed(Figure("bytes an event", 900, "bytes", most=800))
    assert [is_missed(Figure("claims", rate, "claims/s", least=800)) for rate in (799, 800)] == [True, False]
    assert "**missed**" in line(Figure("bytes an event", 900, "bytes", most=800))
    assert not is_missed(Figure("bytes an event", 900, "bytes"))


def test_every_benchmark_can_be_loaded_where_no_test_runs() -> None:
    load = "import tests.bench; tests.bench.loaded([])"
    root = Path(__file__).parents[2]

    loaded = subprocess.run([sys.executable, "-c", load], cwd=root, capture_output=True, text=True, check=False)

    assert loaded.returncode == 0, loaded.stderr


def test_what_is_measured_anew_takes_the_place_of_its_own_table_and_of_no_other() -> None:
    before = {"appends": "abc1234, 11-22\n\n| a |", "years": "abc1234, 11-22\n\n| y |"}

    after = kept(written({**kept(written(before)), "years": "def5678, 11-23\n\n| z |"}))

    assert after == {"appends": before["appends"], "years": "def5678, 11-23\n\n| z |"}
