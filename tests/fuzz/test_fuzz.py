"""Bytes that nobody of ours wrote: each parser reads them or refuses them with a code, soon, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.__main__ import CORPUS, by_chance, corpus
from tests.fuzz.mutate import WORDS
from tests.fuzz.targets import TARGETS, read

ROOT = Path(__file__).parents[2]
SLOW = {"facts": 30, "hand_over": 60, "year_archive": 60}  # Of these each time a folder is made, or a log.
SECONDS = 60


def test_each_parser_has_a_corpus_and_each_corpus_a_parser() -> None:
    assert sorted(TARGETS) == sorted(path.name for path in CORPUS.iterdir())
    assert all(corpus(name) for name in TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_kept_is_read_or_refused(name: str) -> None:
    for data in (*corpus(name), *WORDS):
        read(TARGETS[name], data)


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_changed_by_chance_is_read_or_refused(name: str) -> None:
    ends = by_chance(name, SLOW.get(name, 300))

    assert sum(ends.values()) == SLOW.get(name, 300)


def test_the_examples_are_read_by_those_who_can_read_one_alone() -> None:
    """An example that is refused would leave the fuzzer at the door."""
    alone = ("checkpoint", "vkey", "skey", "tlog_proof", "map_proof", "leaf", "statement", "archive", "succession",
             "witness_request", "rulebook", "rule_cases", "facts", "cursor", "sheet", "roster", "results", "verify",
             "fork", "hand_over_header", "case_manifest", "year_line", "sealed_pdf", "time_stamp", "request_head",
             "request", "body", "columns", "log_tiles")
    refused = {name: ends for name in alone
               if "read" not in (ends := {read(TARGETS[name], data) for data in corpus(name)})}
    assert refused == {}


@pytest.mark.torture
@pytest.mark.timeout(SECONDS * 10)
@pytest.mark.parametrize("name", TARGETS)
def test_what_coverage_leads_to_is_read_or_refused(name: str, record_property: Any) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", name, "--seconds", str(SECONDS)],
        cwd=ROOT, capture_output=True, text=True, check=False)
    told = made.stdout + made.stderr

    assert made.returncode == 0, told[-4_000:]
    done = [line.split()[-1] for line in told.splitlines() if "number_of_executed_units" in line]
    assert done, told[-2_000:]
    record_property("tried", int(done[-1]))


@pytest.mark.torture
@pytest.mark.parametrize("name", TARGETS)
def test_what_is_changed_by_chance_many_times(name: str, record_property: Any) -> None:
    many = 1_000 if name in SLOW else 30_000
    record_property("tried", many)
    by_chance(name, many)
