"""Where the words of a row leave room, an authority may give more than is ordinary; where they do not, it may not."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.assess import OVERRIDDEN, OVERRIDE, Override, Room, Ruling
from policies.law import Law
from policies.lines import entry_steps
from policies.person import Bench, PersonRuling
from policies.places import NO_LATER, Place
from policies.rulebook import Rulebook
from policies.shelf import drafts, shipped
from tests.policies.law_at_work import NINGBO, entry, raw, written

WORD = Override(3_000, "甬人社函〔2021〕9号")
HERE = [Place(date(2018, 1, 1).toordinal(), NO_LATER, "330203", "industry", None)]
ORDINARY = re.compile("一般(?!公需)")  # 一般公需 is a subject's name.


def judged(bench: Bench, *given: tuple[dict[str, Any], Override | None]) -> PersonRuling:
    entries = []
    for number, (facts, override) in enumerate(given):
        row = {name: value for name, value in entry(number, **facts).items() if name != "kind"}
        taken = bench.entry(**row)
        entries.append(taken if override is None else bench.overridden(taken, override))
    return bench.judge(HERE, entries)


def seminar(days: str, level: str = "municipal", day: str = "2021-06-01") -> dict[str, Any]:
    return {"route": "advanced_seminar", "level": level, "days": days, "date": day}


def ruling_of(bench: Bench, facts: dict[str, Any], override: Override | None = None) -> Ruling:
    return judged(bench, (facts, override)).weighed[0].ruling


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(Law(shipped().books))


def test_five_days_are_ordinarily_24_and_30_with_a_document(bench: Bench) -> None:
    """N 6(1), AMB-21: 每班次一般不超过 24 个学时."""
    ordinary = ruling_of(bench, seminar("5"))
    assert ordinary.room == Room(2_400, 3_000, "第六条（一）", "每班次一般不超过 24 个学时")

    ruled = judged(bench, (seminar("5"), WORD))
    found = ruled.weighed[0].ruling
    assert (found.status, found.assessed, found.article, found.flags) == ("ruled", 3_000, "第六条（一）", (OVERRIDDEN,))
    assert found.room == ordinary.room
    step = next(one for one in entry_steps(ruled, 0) if one.step == "override")
    assert step.arithmetic == ("主管部门依第六条（一）“每班次一般不超过 24 个学时”，以甬人社函〔2021〕9号认定：24 → 30")


@pytest.mark.parametrize(("days", "hours", "assessed"), [
    ("5", 9_999, 3_000),   # No more than the days give,
    ("8", 9_999, 3_600),   # nor than the route holds in a year.
    ("5", 2_700, 2_700), ("5", 2_400, 2_400), ("5", 100, 2_400),  # It never takes away.
    ("4", 9_999, 2_400), ("3", 9_999, 1_800),  # Nothing was cut off.
])
def test_it_lies_between_the_ordinary_and_what_the_row_gives(
    bench: Bench, days: str, hours: int, assessed: int
) -> None:
    found = ruling_of(bench, seminar(days), Override(hours, "文"))

    assert found.assessed == assessed
    assert (OVERRIDDEN in found.flags) is (assessed > min(2_400, int(days) * 600))


def test_no_room_is_left_where_nothing_was_cut_off_or_nothing_more_could_count(bench: Bench) -> None:
    assert [ruling_of(bench, seminar(days)).room for days in ("3", "4")] == [None, None]
    assert [room.most for days in ("5", "8") if (room := ruling_of(bench, seminar(days)).room)] == [3_000, 3_600]

    book = next(one for one in shipped().books if one.family == "ningbo-industry")
    for cap_centi, most in ((None, 4_800), (2_500, 2_500), (2_400, None), (2_000, None)):
        other = Bench(Law([replace(book, clauses=tuple(
            replace(one, cap=None if cap_centi is None else one.cap and replace(one.cap, hours_centi=cap_centi))
            for one in book.clauses))]))
        room = ruling_of(other, seminar("8")).room
        assert (None if room is None else room.most) == most


def test_two_classes_share_the_cap_of_the_year_all_the_same(bench: Bench) -> None:
    ruled = judged(bench, (seminar("5", day="2021-06-01"), WORD), (seminar("4", day="2021-07-01"), None))

    assert ruled.folded.counted == [3_000, 600]


def test_a_row_whose_words_leave_no_room_gives_what_it_gives() -> None:
    """The same rulebook, had it said 每班次不超过."""
    book = next(one for one in shipped().books if one.family == "ningbo-industry")
    clauses = tuple(replace(one, class_limit=one.class_limit and replace(one.class_limit, force="must"))
                    for one in book.clauses)
    hard = Bench(Law([replace(book, clauses=clauses)]))

    found = ruling_of(hard, seminar("5"), WORD)
    assert (found.assessed, found.flags, found.room) == (2_400, (), None)


EVERY_BOOK = cache(lambda: Bench(Law((*shipped().books, *drafts().books))))


@settings(max_examples=120, derandomize=True, deadline=None)
@given(st.data())
def test_of_every_other_fact_nothing_changes(data: Any) -> None:
    """Whatever the route, an override moves hours only where a row says 一般, and never past its formula or cap."""
    bench = EVERY_BOOK()
    facts = data.draw(st.sampled_from([
        seminar("5", "provincial"), seminar("9", "county"), {"route": "exam", "subjects": 9},
        {"route": "training", "level": "municipal", "days": "11"}, {"route": "overseas", "days": "7.5"},
        {"route": "courseware", "minutes": 700}, {"route": "paper", "level": "core", "rank": 1},
        {"route": "other"}, {"route": "other", "confirmed_hours": "40", "document": "文"},
        {"route": "unit_training", "days": "9"}, {"route": "patent", "level": "invention", "rank": 1},
    ]))
    plain, moved = ruling_of(bench, facts), ruling_of(bench, facts, Override(data.draw(st.integers(0, 9_999)), "文"))

    if plain.room is None:
        assert (moved.status, moved.assessed, moved.flags) == (plain.status, plain.assessed, plain.flags)
    else:
        assert plain.assessed <= moved.assessed <= plain.room.most


def test_no_line_of_facts_brings_one_in() -> None:
    """What an authority decided is the ledger's to say; `xueshi evaluate` weighs facts."""
    for name in (OVERRIDE, "override"):
        status, _, complaint = raw(written(NINGBO, {**entry(**seminar("5")), name: "30"}))
        assert (status, json.dumps(name)[1:-1] in complaint) == (2, True)


@pytest.mark.parametrize("book", [*shipped().books, *drafts().books], ids=lambda book: book.id)
def test_every_row_that_says_ordinarily_is_marked_so_and_no_other(book: Rulebook) -> None:
    limits = [one.class_limit for one in book.clauses if one.class_limit is not None]
    filings = [one.filing for one in book.conditions if one.filing is not None]
    for one in (*limits, *filings):
        assert (one.force == "ordinarily") is bool(ORDINARY.search(one.quote)), one
    for clause in book.clauses:  # Room is left by a limit of its own, never by the words of a rate.
        assert not ORDINARY.search(clause.quote), clause
