"""Laws that every year obeys, whatever the person did: order, monotony, independence, exactness, arithmetic."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from law_at_work import Fact, answers, of_kind
from people import entry_facts, people, the_busy

from policies.facts import Affiliation
from policies.law import Law
from policies.lines import entry_steps
from policies.person import Bench, PersonRuling
from policies.places import places_of
from policies.shapes import check_affiliation
from policies.shelf import shipped

BENCH = Bench(Law(shipped().books))


HELD: dict[str, Callable[[int], None]] = {}


def always(*facts: st.SearchStrategy[Any], of: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Hold a law against so many random examples, and against many more in its exhaustive form."""

    def held(law: Callable[..., None]) -> Callable[..., None]:
        HELD[law.__name__] = lambda many: settings(max_examples=many)(given(*facts)(law))()
        return settings(max_examples=of)(given(*facts)(law))

    return held


def judged(held: list[dict[str, Any]], given_entries: list[dict[str, Any]]) -> PersonRuling:
    """One person's rulings."""
    affiliations = []
    for row in held:
        one = BENCH.reader.read(json.dumps({"kind": "affiliation", "person": "p", **row}).encode())
        assert isinstance(one, Affiliation)
        affiliations.append((*check_affiliation(one, BENCH.law.vocabulary), one))
    entries = [BENCH.entry(**{"id": str(number), "person": "p", **row}) for number, row in enumerate(given_entries)]
    return BENCH.judge(places_of(affiliations), entries)


def by_date(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of distinct dates and keys, so that registration order can decide nothing."""
    return list(
        {
            row["date"]: {key: value for key, value in row.items() if key not in ("occasion", "output")} for row in rows
        }.values()
    )


def totals(ruled: PersonRuling) -> dict[int, tuple[int, ...]]:
    return {year.year: (*year.sums.by_category, year.sums.exam) for year in ruled.years}


@always(people, st.randoms(use_true_random=False), of=50)
def test_the_order_of_unrelated_entries_does_not_matter(person: Any, random: Random) -> None:
    held, rows = person
    rows = by_date(rows)
    shuffled = rows.copy()
    random.shuffle(shuffled)
    assert totals(judged(held, rows)) == totals(judged(held, shuffled))


@always(the_busy, entry_facts(("exam", "paper"), first=23), of=80)
def test_one_more_entry_never_lowers_a_total_unless_a_duplicate_or_a_cap_says_so(
    person: Any, more: dict[str, Any]
) -> None:
    held, rows = person
    before, after = judged(held, rows), judged(held, [*rows, more])
    for year, sums in totals(before).items():
        lowered = [
            place
            for place in range(len(rows))
            if after.weighed[place].year == year and after.folded.counted[place] < before.folded.counted[place]
        ]
        if sum(totals(after)[year][:3]) < sum(sums[:3]):
            assert lowered
        for place in lowered:
            steps = {step.step for step in entry_steps(after, place)}
            assert "duplicate" in steps or "cap" in steps


@always(people, of=50)
def test_a_total_is_the_sum_of_what_was_counted_and_nothing_counts_above_its_worth(person: Any) -> None:
    ruled = judged(*person)
    for year in ruled.years:
        counted = [ruled.folded.counted[place] for place, one in enumerate(ruled.weighed) if one.year == year.year]
        assert sum(counted) == year.sums.total
    assert all(
        0 <= counted <= one.ruling.assessed for counted, one in zip(ruled.folded.counted, ruled.weighed, strict=True)
    )


def buckets(ruled: PersonRuling) -> dict[Any, tuple[int, int]]:
    """By bucket, year and cap: what counts in it, and what it would hold without the cap."""
    held: dict[Any, tuple[int, int]] = {}
    for place, one in enumerate(ruled.weighed):
        if one.ruling.cap is not None:
            key = (one.ruling.bucket, one.year, one.ruling.cap)
            counted, worth = held.get(key, (0, 0))
            held[key] = (counted + ruled.folded.counted[place], worth + one.ruling.assessed)
    return held


@always(the_busy, of=50)
def test_no_bucket_of_a_year_holds_more_than_its_cap(person: Any) -> None:
    assert all(counted <= cap for (_, _, cap), (counted, _) in buckets(judged(*person)).items())


def test_the_busy_come_to_a_cap() -> None:
    find(the_busy, lambda person: any(
        worth > counted == cap for (_, _, cap), (counted, worth) in buckets(judged(*person)).items()))


@always(people, of=50)
def test_every_equation_in_the_reasons_comes_out(person: Any) -> None:
    ruled = judged(*person)
    for place in range(len(ruled.entries)):
        for step in entry_steps(ruled, place):
            found = re.fullmatch(r"(?:.*：)?([\d.]+)(?: \S+)? × ([\d.]+)(%?) = ([\d.]+)", step.arithmetic)
            if found and step.step in ("rate", "share"):
                left, right, percent, result = found.groups()
                product = centi(left, 4) * centi(right, 2)
                assert product == centi(result, 6) * (100 if percent else 1), step.arithmetic
            assert step.step not in ("rate", "share") or "⌊" in step.arithmetic or found


def centi(text: str, decimals: int) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole) * 10**decimals + int(fraction.ljust(decimals, "0"))


@always(people, of=40)
def test_no_number_anywhere_is_a_float(person: Any) -> None:
    ruled = judged(*person)
    numbers = [
        *ruled.folded.counted,
        *(one.ruling.assessed for one in ruled.weighed),
        *(hours for year in ruled.years for hours in (*year.sums.by_category, year.sums.exam)),
        *(value for year in ruled.years for one in year.minimums for value in (one.have, one.need)),
    ]
    assert all(type(number) is int for number in numbers)


@always(st.lists(people, min_size=2, max_size=4), st.randoms(use_true_random=False), of=10)
def test_a_file_split_by_person_gives_the_same_rulings(crowd: list[Any], random: Random) -> None:
    files: list[list[Fact]] = []
    for number, (held, rows) in enumerate(crowd):
        name = f"p{number}"
        files.append(
            [{"kind": "affiliation", "person": name, **row} for row in held]
            + [{"kind": "entry", "id": f"{name}-{place}", "person": name, **row} for place, row in enumerate(rows)]
        )
    mixed = [fact for file in files for fact in file]
    random.shuffle(mixed)
    order = {fact["id"]: place for place, fact in enumerate(mixed) if fact["kind"] == "entry"}
    apart = [
        ruling for file in files for ruling in answers(*[fact for fact in mixed if fact["person"] == file[0]["person"]])
    ]
    expected = sorted(of_kind("entry", apart), key=lambda ruling: order[ruling["id"]]) + of_kind("year", apart)
    assert answers(*mixed) == expected


@pytest.mark.torture
@pytest.mark.timeout(600)
@pytest.mark.parametrize("law", HELD)
def test_each_law_holds_many_times(law: str, record_property: Any) -> None:
    record_property("tried", 1_000)
    HELD[law](1_000)
