"""The analysis looks at every cell of the finite space and shows each finding by an example fact."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from time import thread_time

from policies.analysis import ERROR, Finding, analyse, answers, cells
from policies.assess import Fact, assess
from policies.entries import Entry
from policies.law import Law
from policies.person import Bench
from policies.rulebook import Clause, Rate, Rulebook
from policies.shelf import shipped

BOOKS = shipped().books


def with_clauses(key: str, *changed: Clause) -> list[Rulebook]:
    """The five, with other clauses in one of them."""
    return [replace(book, clauses=tuple(changed)) if book.key == key else book for book in BOOKS]


def clauses_of(key: str) -> tuple[Clause, ...]:
    return next(book.clauses for book in BOOKS if book.key == key)


def test_the_five_regulations_hold_no_error() -> None:
    assert [finding for finding in analyse(Law(BOOKS)) if finding.weight == ERROR] == []


def test_the_gaps_of_the_five_are_the_ones_their_readings_leave_open() -> None:
    found = [one for one in analyse(Law(BOOKS)) if one.kind == "gap"]
    gaps = {(one.rulebook.split("/")[0], one.where, one.example.get("level") or "minutes") for one in found}
    assert gaps == {
        ("zhejiang-environment", "courseware", "minutes"),
        ("zhejiang-natural-resources", "courseware", "minutes"),
        ("zhejiang-natural-resources", "advanced_seminar", "county"),
        ("zhejiang-natural-resources", "training", "municipal"),
        ("zhejiang-natural-resources", "training", "county"),
    }


def test_every_example_is_a_fact_that_can_be_read() -> None:
    bench = Bench(Law(BOOKS))
    for finding in analyse(bench.law):
        assert read(bench, finding)


def read(bench: Bench, finding: Finding) -> Entry:
    """The example of a finding, read as a line of facts would be."""
    row = {key: value for key, value in finding.example.items() if key not in ("region", "sector")}
    return bench.entry(id="1", person="p", **row)


def test_a_level_that_no_row_gives_any_more_is_a_gap_shown_by_a_fact_that_nothing_rules() -> None:
    rows = list(clauses_of("N"))
    (at,) = [row.index for row in rows if row.routes == ("project",)]
    rate = rows[at].rate
    assert isinstance(rate, Rate)
    rows[at] = replace(rows[at], rate=replace(rate, by_level={"national": 3600, "provincial": 2400, "county": 600}))
    law = Law(with_clauses("N", *rows))
    (gap,) = [one for one in analyse(law) if one.kind == "gap" and one.rulebook.startswith("ningbo")]
    assert (gap.where, gap.example["level"]) == ("project", "municipal") and "市厅级" in gap.words
    layer = law.layer(law.interval(date(2021, 1, 1).toordinal()), "330203", "industry", None)
    values = {key: value for key, value in gap.example.items() if key not in ("date", "region", "sector")}
    assert assess(layer, Fact(values)).status == "unruled"


def test_a_quote_of_another_row_is_noticed_with_a_fact_of_the_second_row() -> None:
    rows = list(clauses_of("N"))
    rows[11] = replace(rows[11], quote=rows[0].quote)
    found = [one for one in analyse(Law(with_clauses("N", *rows))) if one.kind == "quote_used_twice"]
    assert [(one.where, one.example["route"]) for one in found if one.where != "第六条（四）"] == [
        (rows[11].article, rows[11].routes[0])
    ]


def test_a_row_that_another_row_always_answers_first_never_wins() -> None:
    rows = clauses_of("N")
    again = replace(rows[3], index=len(rows), quote="别处")
    errors = [one for one in analyse(Law(with_clauses("N", *rows, again))) if one.weight == ERROR]
    assert {(one.kind, one.where) for one in errors} == {("overlap", again.article), ("never_wins", again.article)}
    assert {one.example["route"] for one in errors} == {"overseas"}


def test_a_row_of_a_place_where_its_route_never_comes_before_it_never_wins() -> None:
    nowhere = replace(clauses_of("N")[3], index=99, levels=("national",), quote="别处")
    found = [one for one in analyse(Law(with_clauses("N", *clauses_of("N"), nowhere))) if one.kind == "never_wins"]
    example = {"date": "2019-01-01", "region": "330200", "sector": "industry", "category": "professional"}
    assert [one.example for one in found] == [example | {"route": "overseas"}]


def test_a_level_that_an_earlier_row_takes_is_out_of_reach() -> None:
    rows = list(clauses_of("N"))
    rate = rows[1].rate
    assert isinstance(rate, Rate)
    rows[1] = replace(rows[1], rate=replace(rate, by_level={**rate.by_level, "national": 600}))
    (found,) = [one for one in analyse(Law(with_clauses("N", *rows))) if one.kind == "level_out_of_reach"]
    assert "national" in found.words and found.example["level"] == "national"


def test_a_quote_that_gives_two_rows_is_noticed() -> None:
    assert {one.where for one in analyse(Law(BOOKS)) if one.kind == "quote_used_twice"} == {"第六条（四）"}


def test_hours_that_the_quoted_words_do_not_give_are_noticed_of_a_requirement_and_of_a_rate() -> None:
    book = next(book for book in BOOKS if book.key == "N")
    rate = book.clauses[0].rate
    assert rate is not None
    more = replace(book.minimums[0], hours_centi=9_500)
    dearer = replace(book.clauses[0], rate=replace(rate, hours_centi=700, by_level={}))
    found = analyse(Law([replace(book, minimums=(more, *book.minimums[1:]), clauses=(dearer, *book.clauses[1:]))]))

    told = {(one.where, one.words.partition("写的是 ")[2]) for one in found if one.kind == "number_not_quoted"}
    assert told == {(more.article, "95 学时，所引的原文里没有 95"), (dearer.article, "7 学时，所引的原文里没有 7")}
    assert [one for one in analyse(Law(BOOKS)) if one.kind == "number_not_quoted"] == []


def test_the_enumeration_and_the_interpreter_agree_in_every_cell() -> None:
    law = Law(BOOKS)
    for cell in cells(law):
        example = cell.example()
        values = {key: value for key, value in example.items() if key not in ("date", "region", "sector")}
        values |= {"completed_by": "exam"} if cell.route.needs else {}
        ruling = assess(cell.layer, Fact(values, lead=60))
        rows = cell.layer.clauses.get((cell.category, cell.route.code), ())
        first = next((clause for _, clause in rows if answers(clause, cell.level, cell.quantity)), None)
        assert ruling.clause is first, json.dumps(example, ensure_ascii=False)


def test_the_whole_space_is_walked_in_half_a_second() -> None:
    law = Law(BOOKS)
    began = thread_time()
    analyse(law)
    assert thread_time() - began < 2.0  # Of its own; four times as long where much else is in the caches.
