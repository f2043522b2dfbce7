"""People judged in parts come to what they come to together: cut anywhere, through Parquet, in any order."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.law import Law
from policies.person import Bench
from policies.places import places_of
from policies.shapes import check_affiliation
from policies.shelf import drafts, shipped
from projections.replay import kernel
from projections.replay.cluster import stage
from projections.replay.coded import Coded
from projections.replay.compiled import Compiled, compile_over
from projections.replay.replayed import Replayed
from projections.replay.sides import judge_both
from projections.replay.spread import Incomplete, Laws, clocked, coded_of, judged, rows_of, together
from tests.policies.people import people
from tests.projections.replay.coder import Coder

FIVE, ALL = Law(shipped().books), Law([*shipped().books, *drafts().books])
BENCH = Bench(ALL)


def told(step: str, done: int, total: int) -> None:
    """Nobody is told how far it is."""


def coded_crowd(crowd: list[Any]) -> Coded:
    coder = Coder()
    for number, (held, rows) in enumerate(crowd):
        affiliations = []
        for row in held:
            one: Any = BENCH.reader.read(json.dumps({"kind": "affiliation", "person": "p", **row}).encode())
            affiliations.append((*check_affiliation(one, ALL.vocabulary), one))
        coder.add(f"p{number}", places_of(affiliations),
                  [BENCH.entry(**{"id": str(at), "person": "p", **row}) for at, row in enumerate(rows)])
    return coder.coded()


def both(coded: Coded) -> tuple[Compiled, Compiled]:
    old = compile_over(FIVE, coded)
    return old, compile_over(ALL, coded, old)


def equal(one: tuple[Replayed, ...], two: tuple[Replayed, ...]) -> None:
    for mine, theirs in zip(one, two, strict=True):
        for name, column, other in zip(Replayed._fields, mine, theirs, strict=True):
            assert column.dtype == other.dtype and np.array_equal(column, other), name


@pytest.mark.parametrize("examples", [25, pytest.param(1_000, marks=pytest.mark.torture)])
@pytest.mark.timeout(600)
def test_a_crowd_cut_between_its_people_comes_to_the_same(
    examples: int, record_property: Any, tmp_path: Path
) -> None:
    @settings(max_examples=examples)
    @given(crowd=st.lists(people, min_size=1, max_size=6), cut=st.lists(st.integers(0, 3), min_size=6, max_size=6))
    def cut_anywhere(crowd: list[Any], cut: list[int]) -> None:
        coded = coded_crowd(crowd)
        compiled = both(coded)
        sent: Laws = pickle.loads(pickle.dumps(Laws.of(coded, compiled)))
        pq.write_table(rows_of(coded), tmp_path / "people.parquet")
        read = pq.read_table(tmp_path / "people.parquet")
        part = np.array(cut[:len(crowd)])
        rows = [judged(some, sent) for each in (3, 1, 0, 2) if len(some := read.filter(pa.array(part == each)))]

        equal(together(coded, compiled, iter(rows)), judge_both(coded, compiled, told))

    cut_anywhere()
    record_property("tried", examples)


def test_a_part_reads_back_as_the_coded_ledger_that_it_was() -> None:
    """Of one who shares occasions and outputs, one who moved, and one of whom nothing counts."""
    coded = coded_crowd(CROWD)
    again = coded_of(rows_of(coded), Laws.of(coded, both(coded)))

    assert len(coded.keyed) and len(coded.submitted)
    for name in ("first_entry", "case", "day", "row", "submitted", "first_year_row", "first_year", "standing",
                 "first_belonging", "belonging", "belongs_from"):
        assert np.array_equal(getattr(again, name), getattr(coded, name)), name
    groups = [sorted(map(tuple, np.split(one.keyed, one.group[1:-1]))) for one in (again, coded)]
    assert [tuple(map(int, one)) for one in groups[0]] == [tuple(map(int, one)) for one in groups[1]]


CROWD: list[Any] = [
    ([{"from": "2018-01-01", "region": "330203", "sector": "industry"}], [
        {"category": "professional", "route": "paper", "level": "core", "rank": 1, "date": "2022-05-01", "output": "o"},
        {"category": "professional", "route": "paper", "level": "core", "rank": 2, "date": "2022-03-01", "output": "o"},
        {"category": "professional", "route": "exam", "subjects": 1, "date": "2021-03-01", "occasion": "a",
         "submitted_on": "2021-04-01"},
        {"category": "professional", "route": "exam", "subjects": 2, "date": "2021-03-01", "occasion": "a"},
    ]),
    ([{"from": "2019-01-01", "region": "330302", "sector": "general"},
      {"from": "2021-07-01", "region": "330106", "sector": "environment"}], [
        {"category": "professional", "route": "unit_training", "days": "6", "date": "2021-06-30"},
        {"category": "professional", "route": "unit_training", "days": "6", "date": "2021-07-01"}]),
    ([{"from": "2020-01-01", "region": "330203", "sector": "industry"}], []),
]


def test_what_is_staged_holds_everyone_once(tmp_path: Path) -> None:
    coded = coded_crowd(CROWD)
    steps: list[tuple[str, int, int]] = []
    parts = stage(coded, tmp_path / "people", lambda *step: steps.append(step))
    files = sorted((tmp_path / "people").iterdir())

    assert len(files) == parts == steps[-1][1] == 3
    assert [pq.read_table(file).column("person").to_pylist() for file in files] == [["p0"], ["p1"], ["p2"]]


def test_a_part_that_is_lost_or_comes_twice_gives_no_result() -> None:
    coded = coded_crowd(CROWD)
    compiled = both(coded)
    table, sent = rows_of(coded), Laws.of(coded, compiled)
    rows = [judged(table.slice(number, 1), sent) for number in range(3)]

    with pytest.raises(Incomplete, match="收到 2 人次"):
        together(coded, compiled, iter(rows[:2]))
    with pytest.raises(Incomplete, match="收到 4 人次"):
        together(coded, compiled, iter([*rows, rows[0]]))
    with pytest.raises(Incomplete):   # As many as there are, and somebody is missing.
        together(coded, compiled, iter([rows[0], rows[0], rows[1]]))


@pytest.mark.parametrize("worth_loading", [0, 1_000_000])
def test_the_kernel_comes_to_the_same_when_it_is_clocked(worth_loading: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In machine code and without; what a worker did with its part holds the kernel, and more."""
    coded = coded_crowd(CROWD)
    compiled = both(coded)
    apart = judge_both(coded, compiled, told)
    monkeypatch.setattr(kernel, "WORTH_LOADING", worth_loading)

    found, kernel_ns = clocked(coded, compiled)
    row = judged(rows_of(coded), Laws.of(coded, compiled))

    equal(found, apart)
    assert kernel_ns > 0 and 0 < row["kernel_ns"] < row["part_ns"]


def test_whoever_writes_into_a_room_that_was_touched_waits_for_no_memory() -> None:
    def pages_given(found: Replayed) -> int:
        before = getrusage(RUSAGE_SELF).ru_minflt
        for column in found:
            column.fill(1)
        return getrusage(RUSAGE_SELF).ru_minflt - before

    def new() -> Replayed:   # Too large to be taken from what was let go before.
        rows = 4_000_000
        return Replayed(np.empty(10 * rows, np.int32), np.empty((rows, 4), np.int32, order="F"),
                        np.empty(rows, np.uint8), np.empty(rows, np.int8), np.empty(rows, np.uint32))

    assert pages_given(new()) > 100 > 10 * pages_given(new().touched())
