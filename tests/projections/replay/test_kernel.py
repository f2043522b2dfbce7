"""The kernel and the fold of the interpreter are one: random people, each form of it, with and without drafts."""

from __future__ import annotations

import json
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.facts import Affiliation
from policies.law import Law
from policies.person import Bench, PersonRuling, Place, places_of
from policies.shapes import check_affiliation
from policies.shelf import drafts, shipped
from projections.replay.coded import Coder
from projections.replay.compiled import compile_over
from projections.replay.kernel import (
    EXAM,
    FAILED,
    HOW_BITS,
    IN_PROGRESS,
    MET,
    PASSED,
    SHORT,
    UNDETERMINED,
    UNKNOWN,
    Replayed,
    replay,
)
from tests.policies.people import REGIONS, WORDS, people

LAWS = {"the five": Law(shipped().books), "with every draft": Law([*shipped().books, *drafts().books])}
BENCHES = {name: Bench(law) for name, law in LAWS.items()}
VERDICTS = {True: PASSED, False: FAILED, None: UNKNOWN}
HOW = {(True, None): MET, (False, None): SHORT, (None, "in_progress"): IN_PROGRESS,
       (None, "undetermined"): UNDETERMINED}


def places_for(held: list[dict[str, Any]], bench: Bench) -> list[Place]:
    affiliations = []
    for row in held:
        one = bench.reader.read(json.dumps({"kind": "affiliation", "person": "p", **row}).encode())
        assert isinstance(one, Affiliation)
        affiliations.append((*check_affiliation(one, bench.law.vocabulary), one))
    return places_of(affiliations)


@pytest.mark.parametrize("fast", [False, True], ids=["numpy", "numba"])
@pytest.mark.parametrize("name", LAWS)
@given(crowd=st.lists(people, min_size=1, max_size=5))
@settings(max_examples=100)
def test_the_kernel_judges_as_the_interpreter_does(name: str, fast: bool, crowd: list[Any]) -> None:
    they_agree(name, crowd, fast=fast)


@pytest.mark.parametrize("fast", [False, True], ids=["numpy", "numba"])
def test_a_day_on_which_the_law_changes_is_under_the_new_law(fast: bool) -> None:
    for name, law in LAWS.items():
        edges = [day + step for day in law.edges for step in (-1, 0)]
        held = [[{"from": "2010-01-01", "region": region, "sector": sector}]
                for region in REGIONS for sector in ("industry", "environment", "general")]
        entries = [
            {"category": "professional", "route": "unit_training", "days": "6", "date": str(date.fromordinal(day))}
            for day in edges
        ]
        they_agree(name, [(one, entries) for one in held], fast=fast)


@pytest.mark.parametrize("fast", [False, True], ids=["numpy", "numba"])
def test_requirements_over_several_years_and_by_exam_stand_as_the_interpreter_says(fast: bool) -> None:
    """People who study enough each year, or in one year for several: otherwise the yearly total fails them first."""
    crowd = [([{"from": start, "region": region, "sector": sector} for start in ("2016-03-01", "2020-06-01")], [
        {"category": category, "route": route, "date": f"{year}-05-0{day}", **quantity}
        for year in range(2017, 2026) for day in range(1, 1 + (year * 7 + number) % 6)
        for category, route, quantity in STUDIES
    ]) for number, (region, sector) in enumerate(product(REGIONS, WORDS.sectors))]
    for name in LAWS:
        they_agree(name, crowd, fast=fast)


STUDIES = [
    ("professional", "training", {"level": "provincial", "days": "4"}),
    ("professional", "exam", {"subjects": 1}),
    ("general_public", "course", {"hours": "6", "completed_by": "exam"}),
    ("sector_public", "course", {"hours": "4", "completed_by": "completion"}),
    ("professional", "paper", {"level": "core", "rank": 1}),
]


def they_agree(name: str, crowd: list[Any], *, fast: bool) -> None:
    bench, coder, judged = BENCHES[name], Coder(), []
    for number, (held, rows) in enumerate(crowd):
        places = places_for(held, bench)
        entries = [bench.entry(**{"id": str(at), "person": "p", **row}) for at, row in enumerate(rows)]
        coder.add(f"p{number}", places, entries)
        judged.append(bench.judge(places, entries))
    coded = coder.coded()
    replayed = replay(coded, compile_over(LAWS[name], coded), fast=fast)

    for number, person in enumerate(judged):
        begin, end = coded.first_entry[number:number + 2]
        counted = dict(zip(coded.place[begin:end].tolist(), replayed.counted[begin:end].tolist(), strict=True))
        assert counted == dict(enumerate(person.folded.counted))
        the_years_agree(person, replayed, int(coded.first_year_row[number]), int(coded.first_year[number]))


def the_years_agree(person: PersonRuling, replayed: Replayed, first_row: int, first_year: int) -> None:
    for year in person.years:
        row = first_row + year.year - first_year
        assert replayed.sums[row, :EXAM].tolist() == year.sums.by_category
        assert replayed.sums[row, EXAM] == year.sums.exam
        assert sum(replayed.sums[row, EXAM + 1:].tolist()) == sum(year.sums.by_class.values())
        assert replayed.unruled[row] == year.sums.unruled
        assert replayed.verdict[row] == VERDICTS[year.met]
        stand = [int(replayed.minimums[row]) >> HOW_BITS * at & 3 for at in range(len(year.minimums))]
        assert stand == [HOW[one.met, one.reason] for one in year.minimums]


def test_nobody_at_all_is_judged_in_no_time() -> None:
    coded = Coder().coded()

    for fast in (False, True):
        replayed = replay(coded, compile_over(LAWS["the five"], coded), fast=fast)
        assert (len(replayed.counted), len(replayed.verdict)) == (0, 0)
        assert replayed.counted.dtype == np.int32
