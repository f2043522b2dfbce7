"""D09 across ledgers: one class is found where a source gives only a date, and what is like it is left alone (P 14).

Everything here was really decided and recorded. All tests share one register and look at their own people alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import Any

import pytest
from pattern_kit import TITLE, Register, kept, training

from ledger.events.source import Source
from ledger.events.study import Study
from ledger.vocabulary import Category

RECORDS = map(str, count(1))


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    with kept(tmp_path_factory.mktemp("two-ledgers")) as made:
        yield made


def dated(day: str, **rest: Any) -> Study:
    """A study of which only a date is known, as other systems often send it."""
    given: dict[str, Any] = {"category": Category.PROFESSIONAL, "route": "other_training", "days_half": 4, **rest}
    return Study(evidence_on=date.fromisoformat(day), **given)


def from_(system: str) -> Source:
    """A record of its own of a system."""
    return Source(system=system, record=next(RECORDS), version="1")


@pytest.mark.parametrize(("here", "there_was"), [
    (dated("2021-03-02"), dated("2021-03-02")),
    (dated("2021-03-02"), dated("2021-03-02", route="society_training")),
    (training("2021-03-01", "2021-03-03", 6), dated("2021-03-01")),
    (training("2021-03-01", "2021-03-03", 6), dated("2021-03-02")),
    (training("2021-03-01", "2021-03-03", 6, evidence_on=date(2021, 4, 9)), dated("2021-04-09")),
    (training("2020-12-30", "2021-01-02", 6), dated("2020-12-30")),
])
def test_one_class_at_two_ledgers_of_which_one_gives_only_a_date_is_found(
    there: Register, here: Study, there_was: Study
) -> None:
    who = there.person()
    own = there.registered(who, here, origin="import", source=from_("log:a"))
    other = there.registered(who, there_was, title="智能制造 技术培训班", origin="import", source=from_("log:b"))
    found, = there.asked("D09", who)

    assert set(found.claims) == {own, other} and found.counter["apart_days"] == 0
    assert (found.figures["shared"], found.figures["systems"]) == ("title", 2)


def test_a_course_on_its_certificate_and_the_same_that_is_imported_after_it_are_found(there: Register) -> None:
    """N 8: a file's record is set aside when it is judged; what stands twice all the same is found.

    A ledger that hands over names the course, not its title, and what came in before that judging came in.
    """
    who = there.person()
    course = dated("2021-05-06", category=Category.SECTOR_PUBLIC, route="course", days_half=None, hours_centi=600,
                   completed_by="exam")
    own = there.registered(who, course, title="工业互联网导论", origin="batch")
    other = there.registered(who, course, title="工业互联网 导论", origin="import", source=from_("classroom"))
    found, = there.asked("D09", who)

    assert set(found.claims) == {own, other}
    assert (found.figures["shared"], found.counter["counted_once"]) == ("title", 0), "12 hours until somebody decides"


def test_of_what_has_only_a_date_neither_another_day_nor_title_nor_subject_is_the_same(there: Register) -> None:
    def two(first: Study, second: Study, title: str = TITLE) -> str:
        who = there.person()
        there.registered(who, first, origin="import", source=from_("log:a"))
        there.registered(who, second, title=title, origin="import", source=from_("log:b"))
        return who

    exams = [dated("2021-09-01", route="exam", days_half=None, subjects=1) for _ in range(2)]
    people = [
        two(dated("2021-03-02"), dated("2021-03-09")),                             # Every week anew.
        two(dated("2021-03-02"), dated("2022-03-02")),                             # Every year anew.
        two(dated("2021-03-02"), dated("2021-03-02"), title="工业互联网培训班"),      # Two lectures of one day.
        two(training("2021-03-01", "2021-03-03", 6), dated("2021-03-04")),         # The next one.
        two(training("2021-03-01", "2021-03-03", 6), dated("2021-03-02"), title="工业互联网培训班"),
        two(*exams),                                                               # Two subjects of one day.
    ]
    who = there.person()
    for _ in range(2):  # Of one source the rulebooks see to it, or it sent two records.
        there.registered(who, dated("2021-03-02"))

    assert there.asked("D09", *people, who) == []


def test_of_several_on_one_day_each_that_gives_a_span_is_found_with_another_source_once(there: Register) -> None:
    who = there.person()
    for _ in range(12):
        there.registered(who, dated("2021-03-02"), origin="import", source=from_("log:a"))
    spans = [there.registered(who, training("2021-03-01", "2021-03-03", 6)) for _ in range(2)]
    found = there.asked("D09", who)

    assert len(found) == 2 and {claim for one in found for claim in one.claims} >= set(spans)
