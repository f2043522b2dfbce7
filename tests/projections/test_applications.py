"""Applications and sanctions as answers: what was decided stays as it was decided, what bars bars from day to day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from exam_kit import (
    ROLE,
    apply,
    assess,
    compliant,
    disqualify,
    lift,
    on_application,
    revoke_title,
    title,
)
from projection_kit import NINGBO, House, living

from ledger.streams import application as applications
from ledger.vocabulary import PersonId
from projections.applications import Applications, application_of, applications_of
from projections.files.rebuilding import compare
from projections.sanctions import Sanctions, disqualifications_of, disqualified_on, revocations_of


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


@pytest.fixture
def person(house: House) -> PersonId:
    found = house.person(unit=house.unit(NINGBO, "industry"))
    title(house, found, "2020-11-30")
    return found


def test_an_application_holds_what_was_decided_as_it_was_decided(house: House, person: PersonId) -> None:
    application = apply(house, person, "2026-05-20", "2020-11-30")
    filed = house.size
    assess(house, application, person, eligible=False)
    command = applications.PostponeApplication(role=ROLE, earliest_year=2027, words="学时不足")
    on_application(house, application, person, applications.decide_postponement, command)
    answers = house.followed()

    (then,), (now,) = applications_of(answers, person, as_of=filed), applications_of(answers, person)
    assert (then.status, then.decided, then.events) == ("filed", None, (filed,))
    assert (now.status, now.earliest_year, len(now.events)) == ("postponed", 2027, 3)
    assert now.decided is not None and now.decided.event == filed + 1
    made = now.decided.assessment
    assert (made.eligible, made.article, made.reasons) == (False, "第九条", ("达标年份 4 年，需 5 年",))
    assert (now.level, now.committee, now.applied_on, now.region) == ("senior", "inside", "2026-05-20", NINGBO)
    assert application_of(answers, application) == now
    assert application_of(answers, "app_0") is None


def test_a_second_assessment_takes_the_place_of_the_first_and_both_stay_to_be_seen(
    house: House, person: PersonId
) -> None:
    application = apply(house, person, "2026-05-20", "2020-11-30")
    assess(house, application, person, eligible=False)
    first = house.size
    assess(house, application, person, eligible=True)
    answers = house.followed()

    was, is_now = application_of(answers, application, as_of=first), application_of(answers, application)
    assert was is not None and was.decided is not None and was.decided.assessment.eligible is False
    assert is_now is not None and is_now.decided is not None and is_now.decided.assessment.eligible is True


def test_a_term_says_since_when_until_when_on_what_and_when_it_was_lifted(house: House, person: PersonId) -> None:
    claims = tuple(compliant(house, person, 2024)[:1])
    name = disqualify(house, person, claims, starts="2026-06-01", until="2029-05-31")
    barred = house.size
    lift(house, name, person, "2027-01-01")
    answers = house.followed()

    (then,), (now,) = disqualifications_of(answers, person, as_of=barred), disqualifications_of(answers, person)
    assert (then.starts, then.until, then.lifted_on, then.claims) == ("2026-06-01", "2029-05-31", None, claims)
    assert (then.document, then.article, then.event) == ("人社部发〔2024〕56号", "虚假承诺", barred)
    assert (now.lifted_on, now.lifted_event) == ("2027-01-01", barred + 1)
    days = [date(2026, 5, 31), date(2026, 6, 1), date(2026, 12, 31), date(2027, 1, 1), date(2029, 6, 1)]
    assert [then.bars(day) for day in days] == [False, True, True, True, False]
    assert [now.bars(day) for day in days] == [False, True, True, False, False]
    assert applications_of(answers, person) == [], "a sanction alone is no application"


def test_whoever_is_disqualified_again_after_a_lifting_has_both_on_record(house: House, person: PersonId) -> None:
    claims = tuple(compliant(house, person, 2024)[:1])
    name = disqualify(house, person, claims, starts="2026-06-01", until=None)
    lift(house, name, person, "2027-01-01")
    disqualify(house, person, claims, starts="2028-01-01", until=None, application=name)
    lift(house, name, person, "2028-02-01")
    found = disqualifications_of(house.followed(), person)

    assert [(one.starts, one.lifted_on) for one in found] == [
        ("2026-06-01", "2027-01-01"), ("2028-01-01", "2028-02-01")]


def test_a_disqualification_for_once_ends_its_application_and_bars_nothing_else(
    house: House, person: PersonId
) -> None:  # AMB-06
    claims = tuple(compliant(house, person, 2024)[:1])
    application = apply(house, person, "2026-05-20", "2020-11-30")
    disqualify(house, person, claims, starts="2026-06-01", until=None, application=application,
               lasts="this_application")
    answers = house.followed()

    (one,) = disqualifications_of(answers, person)
    found = application_of(answers, application)
    assert found is not None and found.status == "disqualified"
    assert not one.bars(date(2026, 6, 1))
    assert apply(house, person, "2026-09-01", "2020-11-30") != application


def test_everyone_who_is_barred_on_a_day_is_listed_as_each_of_them_is_barred(house: House) -> None:
    people = []
    for starts, until, lifted in (
        ("2026-01-10", "2026-06-01", None), ("2026-03-01", None, None), ("2026-03-01", None, "2026-05-01"),
        ("2026-06-02", "2029-06-01", None), ("2026-02-01", "2026-12-31", None),
    ):
        one = house.person(unit=house.unit(NINGBO, "industry"))
        name = disqualify(house, one, tuple(compliant(house, one, 2024)[:1]), starts=starts, until=until)
        if lifted is not None:
            lift(house, name, one, lifted)
        people.append(one)
    answers = house.followed()
    for day in map(date.fromisoformat, ("2026-01-09", "2026-03-01", "2026-05-01", "2026-06-01", "2026-06-02")):
        page = disqualified_on(answers, day, limit=2)
        seen = list(page.items)
        while page.next is not None:
            page = disqualified_on(answers, day, limit=2, after=page.next, as_of=page.as_of)
            seen += page.items
        assert {one.person for one in seen} == {
            one for one in people if any(each.bars(day) for each in disqualifications_of(answers, one))}
        assert [one.starts for one in seen] == sorted(one.starts for one in seen)
    assert [one.person for one in disqualified_on(answers, date(2026, 3, 1)).items] == [
        people[0], people[4], people[1], people[2]]


def test_a_revoked_title_names_the_entries_it_was_lost_for(house: House, person: PersonId) -> None:  # N 10
    claims = tuple(compliant(house, person, 2024))
    before = house.size
    revoke_title(house, person, claims, "2020-11-30", "2026-06-01")
    answers = house.followed()

    (one,) = revocations_of(answers, person)
    assert (one.level, one.obtained_on, one.revoked_on, one.claims) == (
        "intermediate", "2020-11-30", "2026-06-01", claims)
    assert revocations_of(answers, person, as_of=before) == []


@pytest.mark.parametrize("projection", [Applications(), Sanctions()], ids=lambda one: one.name)
def test_what_was_followed_is_what_a_rebuilt_copy_holds(
    house: House, person: PersonId, projection: Applications | Sanctions
) -> None:
    claims = tuple(compliant(house, person, 2024))
    application = apply(house, person, "2026-05-20", "2020-11-30")
    assess(house, application, person, eligible=False)
    disqualify(house, person, claims, starts="2026-06-01", until="2029-05-31", application=application)
    lift(house, application, person, "2027-01-01")
    revoke_title(house, person, claims, "2020-11-30", "2026-06-01")
    house.followed()

    found = compare(house.ledger, house.folder / "answers", projection, lambda done, total: None)
    assert found.holds and found.stands.position == house.size
