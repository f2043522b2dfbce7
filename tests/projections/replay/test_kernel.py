"""The kernel and the fold of the interpreter are one: random people, each form of it, with and without drafts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.facts import Affiliation
from policies.law import Law
from policies.person import Bench, PersonRuling
from policies.places import NO_LATER, Place, places_of
from policies.rulebook import Cycle, Rulebook
from policies.shapes import check_affiliation
from policies.shelf import drafts, shipped
from projections.replay.compiled import compile_over
from projections.replay.kernel import replay
from projections.replay.replayed import (
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
    room,
)
from tests.policies.people import REGIONS, WORDS, people
from tests.projections.replay.coder import Coder


def rare_law() -> Law:
    """The five with requirements that none of them has: by exam, over cycles of a person's own, in per cent."""
    five = {book.family: book for book in shipped().books}

    def requiring(family: str, *kept: str, **changed: Any) -> Rulebook:
        book = five[family]
        first, *_ = book.minimums
        others = tuple(one for one in book.minimums if one.name in kept)
        return replace(book, minimums=(*others, replace(first, **changed)))

    total = ("professional", "sector_public", "general_public")
    return Law([
        requiring("ningbo-industry", "public", name="professional", categories=("professional",), hours_centi=0,
                  percent_of="total", percent=67),
        requiring("wenzhou", "professional", name="exam", categories=("exam",), hours_centi=900),
        requiring("zhejiang-environment", name="total", categories=total, hours_centi=9_000,
                  cycle=Cycle(3, 2018, "personal_start")),
        requiring("zhejiang-natural-resources", "class_b_cycle", name="total", categories=total, hours_centi=7_000,
                  cycle=Cycle(3, 2022, "rolling")),
        requiring("zhejiang", name="exam", categories=("exam",), hours_centi=600),
    ])


LAWS = {"the five": Law(shipped().books), "with every draft": Law([*shipped().books, *drafts().books]),
        "rare requirements": rare_law()}
CYCLE_ALONE = Law([replace(book, minimums=tuple(one for one in book.minimums if one.cycle))
                   for book in shipped().books if book.family == "zhejiang-natural-resources"])
BENCHES = {name: Bench(law) for name, law in (LAWS | {"a cycle alone": CYCLE_ALONE}).items()}
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


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("examples", [10, pytest.param(1_000, marks=pytest.mark.torture)])
@pytest.mark.timeout(600)
def test_the_kernel_judges_as_the_interpreter_does(name: str, examples: int) -> None:
    @settings(max_examples=examples)
    @given(crowd=st.lists(people, min_size=1, max_size=5))
    def judged(crowd: list[Any]) -> None:
        they_agree(name, crowd)

    judged()


def test_a_day_on_which_the_law_changes_is_under_the_new_law() -> None:
    for name, law in LAWS.items():
        edges = [day + step for day in law.edges for step in (-1, 0)]
        held = [[{"from": "2010-01-01", "region": region, "sector": sector}]
                for region in REGIONS for sector in ("industry", "environment", "general")]
        entries = [
            {"category": "professional", "route": "unit_training", "days": "6", "date": str(date.fromordinal(day))}
            for day in edges
        ]
        they_agree(name, [(one, entries) for one in held])


def test_requirements_over_several_years_and_by_exam_stand_as_the_interpreter_says() -> None:
    """People who study enough each year, or in one year for several: otherwise the yearly total fails them first."""
    crowd = [([{"from": start, "region": region, "sector": sector} for start in ("2016-03-01", "2020-06-01")], [
        {"category": category, "route": route, "date": f"{year}-05-0{day}", **quantity}
        for year in range(2017, 2026) for day in range(1, 1 + (year * 7 + number) % 6)
        for category, route, quantity in STUDIES
    ]) for number, (region, sector) in enumerate(product(REGIONS, WORDS.sectors))]
    for name in LAWS:
        they_agree(name, crowd)


STUDIES = [
    ("professional", "training", {"level": "provincial", "days": "4"}),
    ("professional", "exam", {"subjects": 1}),
    ("general_public", "course", {"hours": "6", "completed_by": "exam"}),
    ("sector_public", "course", {"hours": "4", "completed_by": "completion"}),
    ("professional", "paper", {"level": "core", "rank": 1}),
]


def test_a_cycle_of_ones_own_starts_with_the_first_belonging_within_the_scope() -> None:
    """People who come into the sector in different years, go and come back, and study in turns."""
    elsewhere = {"region": "330203", "sector": "general"}
    within = {"region": "330203", "sector": "environment"}
    crowd = []
    for number in range(8):
        held = [{"from": "2016-01-01", **elsewhere}, {"from": f"{2017 + number}-04-01", **within}]
        if number % 2:
            held += [{"from": f"{2019 + number}-01-01", **elsewhere}, {"from": f"{2020 + number}-01-01", **within}]
        crowd.append((held, [
            {"category": "professional", "route": "unit_training", "days": "6", "date": f"{year}-05-0{day}"}
            for year in range(2017, 2030) for day in range(1, 1 + (year * (3 + number)) % 5)]))
    they_agree("rare requirements", crowd)


@pytest.mark.parametrize("name", BENCHES)
def test_a_cycle_takes_ones_first_year_and_nothing_of_whoever_stands_before(name: str) -> None:
    """People who begin in each year of a cycle, one after the other, and have enough of it or just too little."""
    crowd = [([{"from": f"{start}-01-01", "region": "330203", "sector": sector}], [
        {"category": "professional", "route": "overseas", "days": days, "date": f"{year}-05-01"}
        for year in range(start, start + 3)])
        for start in range(2018, 2027) for sector in ("natural_resources", "environment") for days in ("2", "6")]
    they_agree(name, crowd)


@pytest.mark.parametrize("name", LAWS)
def test_a_part_in_per_cent_is_reached_to_the_last_hundredth(name: str) -> None:
    """67 in a hundred of what is no multiple of a hundredth: the part of a hundredth still has to be reached."""
    held = [{"from": "2018-01-01", "region": "330203", "sector": "industry"}]
    crowd = [(held, [
        {"category": "professional", "route": "other", "confirmed_hours": hours, "document": "文",
         "date": "2022-05-01"},
        {"category": "general_public", "route": "course", "hours": "33", "completed_by": "exam", "date": "2022-05-02"},
    ]) for hours in ("66.99", "67", "67.01", "66.98", "33", "67.02")]
    they_agree(name, crowd)


@pytest.mark.parametrize("name", LAWS)
def test_a_day_that_lies_nowhere_is_under_no_rulebook(name: str) -> None:
    """As `projections.judging` lays places out: without a gap, and nowhere where nobody belonged."""
    nowhere = ("", "", None)
    first, left, back = (date(year, 1, 1).toordinal() for year in (2018, 2020, 2022))
    places = [Place(1, first - 1, *nowhere), Place(first, left - 1, "330203", "environment", None),
              Place(left, back - 1, *nowhere), Place(back, NO_LATER, "330302", "general", None)]
    rows = [{"category": "professional", "route": "unit_training", "days": "6", "date": f"{year}-12-31"}
            for year in range(2016, 2024)]
    they_agree(name, [(places, rows), ([Place(1, NO_LATER, *nowhere)], rows)])


@pytest.mark.parametrize("name", LAWS)
def test_a_year_that_ends_between_two_places_has_no_verdict(name: str) -> None:
    first, left, back = (date(year, 7, 1).toordinal() for year in (2016, 2019, 2022))
    places = [Place(first, left, "330203", "natural_resources", None), Place(back, NO_LATER, "330302", "general", None)]
    rows = [{"category": "professional", "route": "unit_training", "days": "20", "date": f"{year}-12-31"}
            for year in (2016, 2017, 2018, 2022, 2023)]
    they_agree(name, [(places, rows)])


def test_a_rolling_window_does_not_reach_back_before_its_first_year() -> None:
    """The rulebook judges 2021, its window begins with 2022: in the year before, nothing is in it yet."""
    held = [{"from": "2016-01-01", "region": "330203", "sector": "natural_resources"}]
    crowd = [(held, [
        {"category": "professional", "route": "other", "confirmed_hours": "70", "document": "文",
         "date": f"{year}-05-01"}
        for year in studied]) for studied in ((2020, 2021, 2022), (2021, 2022), (2020, 2023), (2021, 2024))]
    they_agree("rare requirements", crowd)


@pytest.mark.parametrize("name", LAWS)
@given(crowd=st.lists(people, min_size=1, max_size=3), years=st.lists(st.integers(-1, 1), min_size=14, max_size=14))
@settings(max_examples=40, derandomize=True)
def test_a_year_that_was_chosen_takes_caps_of_that_year(
    name: str, crowd: list[Any], years: list[int]
) -> None:
    """An office attributes an entry to another year than that of its evidence (E 10)."""
    they_agree(name, crowd, chosen=years)


def chosen_years(entries: list[Any], chosen: list[int]) -> list[Any]:
    return [entry._replace(year=entry.day.year + step) for entry, step in zip(entries, chosen, strict=False)]


def they_agree(name: str, crowd: list[Any], *, chosen: list[int] | None = None) -> None:
    """Numpy, machine code and the interpreter."""
    bench, coder, judged = BENCHES[name], Coder(), []
    for number, (held, rows) in enumerate(crowd):
        places = held if isinstance(held[0], Place) else places_for(held, bench)
        entries = [bench.entry(**{"id": str(at), "person": "p", **row}) for at, row in enumerate(rows)]
        if chosen is not None:
            entries = chosen_years(entries, chosen)
        coder.add(f"p{number}", places, entries)
        judged.append(bench.judge(places, entries))
    coded = coder.coded()
    compiled = compile_over(bench.law, coded)

    for replayed in (replay(coded, compiled, fast=fast) for fast in (False, True)):
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


@given(crowd=st.lists(people, min_size=1, max_size=5), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, derandomize=True)
def test_both_kernels_do_the_same_with_rulings_and_requirements_that_no_law_has_yet(
    crowd: list[Any], seed: int
) -> None:
    """Buckets that different things fill, hours brought to two categories, any set of them, more than one table."""
    bench, coder, random = BENCHES["with every draft"], Coder(), np.random.default_rng(seed)
    for number, (held, rows) in enumerate(crowd):
        coder.add(f"p{number}", places_for(held, bench),
                  [bench.entry(**{"id": str(at), "person": "p", **row}) for at, row in enumerate(rows)])
    coded = coder.coded()
    compiled = compile_over(LAWS["with every draft"], coded)
    many, rulings, dues = len(compiled.rulings.hours), compiled.rulings, compiled.dues
    counts, bucket = random.random(many) < 0.8, random.integers(0, 4, many)
    caps = np.array([-1, 900, 2_000, 4_000])
    strange = replace(
        compiled, buckets=4,
        rulings=replace(
            rulings, counts=counts, bucket=bucket.astype(np.int32), cap=caps[bucket].astype(np.int32),
            category=random.integers(0, EXAM, many).astype(np.int8), by_exam=random.random(many) < 0.5,
            class_=random.integers(0, len(compiled.classes), many).astype(np.int8),
            credited=random.integers(0, EXAM, many).astype(np.int8),
            credit=np.where(random.random(many) < 0.3, 450, 0).astype(np.int32),
            unruled=np.where(counts, 0, random.integers(0, 16, many)).astype(np.uint8)),
        dues=replace(dues, need=random.integers(0, 3_000, len(dues.need)).astype(np.int32), mask=np.where(
            dues.mask == 1 << EXAM, dues.mask, random.integers(1, 1 << EXAM, len(dues.mask))).astype(np.uint8)))

    slow, fast = (replay(coded, strange, fast=how) for how in (False, True))
    for column in Replayed._fields:
        assert np.array_equal(getattr(slow, column), getattr(fast, column)), column


PAIRS = [(one, two) for one in LAWS for two in LAWS if one != two]


@pytest.mark.parametrize("pair", PAIRS, ids=" to ".join)
@given(crowd=st.lists(people, min_size=1, max_size=5))
@settings(max_examples=20, derandomize=True)
def test_whom_two_laws_treat_alike_comes_out_under_the_second_as_if_judged_by_it(
    pair: tuple[str, str], crowd: list[Any]
) -> None:
    coder = Coder()
    bench = BENCHES["with every draft"]
    for number, (held, rows) in enumerate(crowd):
        coder.add(f"p{number}", places_for(held, bench),
                  [bench.entry(**{"id": str(at), "person": "p", **row}) for at, row in enumerate(rows)])
    coded = coder.coded()
    first, second = (LAWS[name] for name in pair)
    old = compile_over(first, coded)
    after = compile_over(second, coded, old)

    alone = replay(coded, compile_over(second, coded), fast=False)
    carried = replay(coded, after, fast=True, known=(old, replay(coded, old, fast=True)))
    assert np.array_equal(carried.sums[:, :EXAM + 1], alone.sums[:, :EXAM + 1])
    assert np.array_equal(carried.sums[:, EXAM + 1:].sum(axis=1), alone.sums[:, EXAM + 1:].sum(axis=1))
    for name in ("counted", "unruled", "verdict", "minimums"):
        assert np.array_equal(getattr(carried, name), getattr(alone, name)), name


def test_an_amendment_of_one_city_is_judged_for_its_people_alone() -> None:
    """Everyone else is carried over: Hangzhou's credits move nobody in Ningbo."""
    from projections.replay.carried import alike_of, compare
    from projections.replay.packed import columns_of

    five = LAWS["the five"]
    amended = Law([*shipped().books, next(book for book in drafts().books if book.family == "hangzhou-credits")])
    bench, coder = Bench(amended), Coder()
    for region in ("330106", "330203"):
        held = [{"from": "2018-01-01", "region": region, "sector": "general"}]
        rows = [{"category": "professional", "route": "exam", "subjects": 1, "date": "2025-07-01"}]
        coder.add(region, places_for(held, bench),
                  [bench.entry(**{"id": str(at), "person": "p", **row}) for at, row in enumerate(rows)])
    coded = coder.coded()
    old = compile_over(five, coded)
    new = compile_over(amended, coded, old)

    alike = np.zeros(2, dtype=np.bool_)
    compare(columns_of(coded, new, np.zeros(0, dtype=np.bool_)), alike_of(coded, old, new), 0, 2, alike)
    assert alike.tolist() == [False, True]


def test_nobody_at_all_is_judged_in_no_time() -> None:
    coded = Coder().coded()

    for fast in (False, True):
        replayed = replay(coded, compile_over(LAWS["the five"], coded), fast=fast)
        assert (len(replayed.counted), len(replayed.verdict)) == (0, 0)
        assert replayed.counted.dtype == np.int32


@pytest.mark.parametrize("passed_over", [0, 3], ids=["everyone", "but every third"])
def test_many_people_are_judged_block_by_block_as_each_alone(passed_over: int) -> None:
    """Whoever is judged in one piece shares the scratch with those before, and with those who are passed over."""
    from projections.replay.kernel_fast import _judge_some
    from projections.replay.packed import columns_of, pack

    bench, coder = BENCHES["with every draft"], Coder()
    for number, (region, sector) in enumerate(6 * list(product(REGIONS, WORDS.sectors))):
        rows = [{"category": category, "route": route, "date": f"{year}-05-0{1 + year % 3}", **quantity}
                for year in range(2014 + number % 7, 2027) for category, route, quantity in STUDIES[number % 4:]]
        held = [{"from": f"{2013 + number % 5}-01-01", "region": region, "sector": sector}]
        coder.add(f"p{number}", places_for(held, bench),
                  [bench.entry(**{"id": str(at), "person": "p", **row}) for at, row in enumerate(rows)])
    coded = coder.coded()
    compiled = compile_over(bench.law, coded)
    packed, many = pack(coded, compiled), len(coded.people)
    assert coded.years > 2 * packed.height, "there are some blocks"

    alike = np.arange(many if passed_over else 0) % max(passed_over, 1) == 1
    out, alone = room(coded, compiled), replay(coded, compiled, fast=False)
    _judge_some(columns_of(coded, compiled, np.zeros(0, dtype=np.bool_)), packed, out._replace(sums=out.sums.T),
                0, many, alike)
    is_judged = ~alike if passed_over else np.ones(many, dtype=np.bool_)
    rows_of = np.repeat(is_judged, np.diff(coded.first_year_row))
    assert np.array_equal(out.counted[np.repeat(is_judged, np.diff(coded.first_entry))],
                          alone.counted[np.repeat(is_judged, np.diff(coded.first_entry))])
    for name in ("sums", "unruled", "verdict", "minimums"):
        assert np.array_equal(getattr(out, name)[rows_of], getattr(alone, name)[rows_of]), name
