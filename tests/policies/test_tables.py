"""The compiled tables and the interpreter cannot disagree: one ruling a code, and two folds over random histories."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from people import people

from policies.assess import Fact
from policies.facts import Affiliation
from policies.law import Law
from policies.person import Bench, PersonRuling
from policies.places import place_on, places_of
from policies.shapes import check_affiliation
from policies.shelf import drafts, shipped
from policies.steps import of_ruling
from policies.tables import Code, Tables, compile_law, fold_codes

LAW = Law(shipped().books)
BENCH = Bench(LAW)
WITH_DRAFTS = Bench(Law([*shipped().books, *drafts().books]))


def judged(
    held: list[dict[str, Any]], rows: list[dict[str, Any]], bench: Bench = BENCH
) -> tuple[PersonRuling, list[Code]]:
    """A person's rulings by the interpreter, and the codes of the same entries."""
    affiliations = []
    for row in held:
        one = bench.reader.read(json.dumps({"kind": "affiliation", "person": "p", **row}).encode())
        assert isinstance(one, Affiliation)
        affiliations.append((*check_affiliation(one, bench.law.vocabulary), one))
    places = places_of(affiliations)
    entries = [bench.entry(**{"id": str(number), "person": "p", **row}) for number, row in enumerate(rows)]
    ruled = bench.judge(places, entries)
    codes = []
    for weighed in ruled.weighed:
        place = place_on(places, weighed.day)
        assert place is not None
        fact = weighed.ruling.fact
        codes.append(Code(bench.law.interval(weighed.day), place.region, place.sector, place.major, Fact(*fact)))
    return ruled, codes


def numbered(keys: list[Any]) -> list[int]:
    known: dict[Any, int] = {None: 0}
    return [known.setdefault(key, len(known)) for key in keys]


@pytest.mark.parametrize("examples", [80, pytest.param(2_000, marks=[pytest.mark.torture, pytest.mark.timeout(600)])])
def test_the_fold_over_tables_is_the_fold_of_the_interpreter(examples: int) -> None:
    @settings(max_examples=examples)
    @given(people)
    def agree(person: Any) -> None:
        for bench in (BENCH, WITH_DRAFTS):
            the_folds_agree(*judged(*person, bench), bench.law)

    agree()


def test_the_folds_agree_on_hours_that_an_entry_brings_to_another_category() -> None:
    held = [{"from": "2020-01-01", "region": "330102", "sector": "general"}]
    degree = {"category": "professional", "route": "degree", "date": "2025-07-01"}
    rows = [degree | more for more in ({"related": "no"}, {"related": "yes", "output": "a"},
                                       {"related": "no", "output": "a"})]
    ruled, codes = judged(held, rows, WITH_DRAFTS)
    assert ruled.folded.years[2025].by_category[2] > 0
    the_folds_agree(ruled, codes, WITH_DRAFTS.law)


def the_folds_agree(ruled: PersonRuling, codes: list[Code], law: Law) -> None:
    tables = compile_law(law, codes)
    counted, sums = fold_codes(
        tables,
        range(len(codes)),
        [one.day for one in ruled.weighed],
        [one.year for one in ruled.weighed],
        numbered([one.occasion for one in ruled.weighed]),
        numbered([one.output for one in ruled.weighed]),
    )
    assert counted == ruled.folded.counted
    assert {
        year: (
            of.by_category,
            of.exam[0],
            of.unruled[0],
            {tables.classes[key]: hours for key, hours in of.by_class.items()},
        )
        for year, of in sums.items()
    } == {year: (of.by_category, of.exam, of.unruled, of.by_class) for year, of in ruled.folded.years.items()}


def some_codes() -> list[Code]:
    return [
        Code(
            LAW.interval(738_000),
            "330203",
            "industry",
            None,
            Fact({"category": "professional", "route": "exam", "subjects": n}),
        )
        for n in range(1, 50)
    ]


def test_a_table_holds_what_the_interpreter_said_of_each_code() -> None:
    tables = compile_law(LAW, some_codes())
    assert tables.assessed.tolist() == [ruling.assessed for ruling in tables.rulings] == [600 * n for n in range(1, 50)]
    assert of_ruling(tables.rulings[2])[0].arithmetic == "3 科 × 6 = 18"


def test_same_rulebooks_and_codes_give_the_same_digest_and_others_another() -> None:
    def digest(law: Law, codes: list[Code]) -> str:
        tables: Tables = compile_law(law, codes)
        return tables.digest

    assert digest(LAW, some_codes()) == digest(Law(shipped().books), some_codes())
    assert digest(LAW, some_codes()) != digest(LAW, some_codes()[1:])
    assert digest(LAW, []) != digest(Law(shipped().books[:2]), [])
