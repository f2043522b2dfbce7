"""Eligibility: the law's answer on the hours, a sanction's on the day, each on its axes and with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from exam_kit import compliant, disqualify, lift, revoke_title, title
from projection_kit import HANGZHOU, NINGBO, House, living

from ledger.vocabulary import ClaimId, PersonId
from policies.facts import Affiliation, Application
from policies.person import Bench
from policies.places import places_of
from projections.basis import axes_of, read_axes
from projections.eligibility import Question, eligibility
from projections.errors import TitleUnknown, UnknownYear

MAY = Question(applied_on=date(2026, 5, 20), minimum_years=5)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def engineer(house: House, years: range = range(2021, 2026), region: str = NINGBO) -> PersonId:
    person = house.person(unit=house.unit(region, "industry"))
    title(house, person, "2020-11-30")
    for year in years:
        compliant(house, person, year)
    return person


def ask(house: House, person: str, question: Question = MAY, **axes: str) -> Any:
    return eligibility(house.followed(), person, question, read_axes(**axes))


def test_enough_years_and_two_in_a_row_are_enough(house: House) -> None:  # N 9
    found = ask(house, engineer(house))

    assert (found["eligible"], found["reasons"]) == (True, [])
    hours = found["hours"]
    assert (hours["years_met"], hours["years_needed"], hours["consecutive"]) == (5, 5, [2024, 2025])
    assert hours["earliest"] is None
    assert [one["year"] for one in hours["years"] if one["met"]] == [2021, 2022, 2023, 2024, 2025]
    assert found["title"]["obtained_on"] == "2020-11-30"
    assert hours["why"][0]["rulebook"] == "ningbo-industry/2019-01-01"


def test_a_shortage_says_what_is_missing_and_when_it_could_do(house: House) -> None:  # N 9: 申报时间作相应延长
    found = ask(house, engineer(house, range(2022, 2026)))

    assert (found["eligible"], found["hours"]["years_met"]) == (False, 4)
    assert found["reasons"][0] == "第九条（一）：达标年份 4 年，需 5 年"
    assert "最早 2026 年可以申报" in found["reasons"][-1] and found["hours"]["earliest"] == 2026


def test_the_law_is_asked_as_evaluate_asks_it(house: House) -> None:
    """The same entries through `Bench.judge`, application and all, give the same line."""
    person = engineer(house, range(2022, 2026))
    found = ask(house, person)
    answers = house.answers
    digests = answers.basis(read_axes()).digests
    bench: Bench = answers.books.seat(digests).bench
    seat = answers.books.seat(digests)
    entries = [seat.take(one).entry for one in answers.registered(person)]
    places = places_of([(date(2018, 1, 1).toordinal(), None, Affiliation("p", "2018-01-01", NINGBO, "industry"))])
    for day in ("2026-05-20", "2020-11-30"):
        bench.reader.read(
            f'{{"kind":"application","person":"p","applied_on":"{day}","title_obtained_on":"{day}","minimum_years":5}}'
            .encode())
    (line,) = bench.judge(places, entries, [Application(person, "2026-05-20", "2020-11-30", 5)]).applications

    assert (line.eligible, line.years_met, list(line.reasons)) == (
        found["eligible"], found["hours"]["years_met"], found["reasons"])
    assert [{"year": year, "met": met} for year, met in line.years] == found["hours"]["years"]


@pytest.mark.parametrize(("applied_on", "consecutive", "eligible"), [
    (date(2025, 6, 30), [2023, 2024], True), (date(2025, 7, 1), [], False),
])
def test_the_first_half_may_take_the_two_years_before(
    house: House, applied_on: date, consecutive: list[int], eligible: bool
) -> None:  # N 9(ii), AMB-25
    person = engineer(house, range(2021, 2025))
    found = ask(house, person, Question(applied_on=applied_on, minimum_years=4))

    assert (found["hours"]["consecutive"], found["eligible"]) == (consecutive, eligible)


def test_where_no_law_speaks_the_count_is_given_without_an_answer(house: House) -> None:
    elsewhere = ask(house, engineer(house, region=HANGZHOU))
    outside = ask(house, engineer(house), MAY._replace(committee="outside"))

    for found in (elsewhere, outside):
        assert found["eligible"] is None and found["reasons"]
    assert outside["hours"]["years_met"] == 5


def test_a_term_bars_whoever_has_all_the_hours_from_its_first_day_to_its_last(house: House) -> None:  # P 16, A7
    person = engineer(house)
    claim = house.followed().registered(person)[0].claim
    before = house.size
    name = disqualify(house, person, (claim,), starts="2026-05-01", until="2029-04-30")  # type: ignore[arg-type]
    barred = ask(house, person)

    assert (barred["eligible"], barred["hours"]["eligible"]) == (False, True), "hours and sanctions are kept apart"
    assert barred["reasons"] == [
        f"人社部发〔2024〕56号 虚假承诺：自 2026-05-01 至 2029-04-30 取消申报资格（事件 {house.size}）"]
    (sanction,) = barred["sanctions"]
    assert (sanction["bars"], sanction["claims"], sanction["event"]) == (True, (claim,), house.size)
    assert ask(house, person, MAY._replace(applied_on=date(2026, 4, 30)))["eligible"] is True
    assert ask(house, person, as_of=str(before))["sanctions"] == [], "before it was known"
    assert ask(house, person, valid_on="2026-04-30")["sanctions"] == [], "before it began"
    lift(house, name, person, "2026-05-20")
    assert ask(house, person)["eligible"] is True
    assert ask(house, person, MAY._replace(applied_on=date(2026, 5, 19)))["eligible"] is False


def test_the_count_begins_at_the_latest_title_that_was_not_taken_away(house: House) -> None:  # N 10
    person = engineer(house)
    title(house, person, "2024-11-30", "senior")
    claim = house.followed().registered(person)[0].claim
    short = ask(house, person)
    assert (short["title"]["level"], short["hours"]["years_met"]) == ("senior", 1)

    revoke_title(house, person, (claim,), "2024-11-30", "2026-05-01", "senior")  # type: ignore[arg-type]
    found = ask(house, person)

    assert (found["title"]["level"], found["hours"]["years_met"]) == ("intermediate", 5)
    assert [one["claims"] for one in found["revoked_titles"]] == [(claim,)]
    earlier = ask(house, person, MAY._replace(applied_on=date(2026, 4, 30)))
    assert earlier["title"]["level"] == "senior", "on that day it still was"


def test_the_day_of_the_title_may_be_part_of_the_question(house: House) -> None:
    person = engineer(house)
    found = ask(house, person, MAY._replace(title_obtained_on=date(2022, 3, 1)))

    assert (found["title"], found["hours"]["years_met"]) == (
        {"obtained_on": "2022-03-01", "level": "", "series": None, "event": 0}, 3)


def test_without_a_title_nothing_says_from_when_to_count(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))

    with pytest.raises(TitleUnknown, match="没有登记的职称"):
        ask(house, person)
    late = engineer(house, range(2021, 2022))
    with pytest.raises(TitleUnknown):
        ask(house, late, MAY._replace(applied_on=date(2020, 1, 1)))
    with pytest.raises(UnknownYear):
        ask(house, late, MAY._replace(applied_on=date(2100, 1, 1)))
    assert ask(house, "per_0") is None


def test_the_axes_are_echoed_and_give_the_same_answer_again(house: House) -> None:
    person = engineer(house)
    found = ask(house, person, law="now")
    revoked = house.followed().registered(person)[-1].claim
    house.revoke(ClaimId(revoked))
    again = eligibility(house.followed(), person, MAY, axes_of(found["basis"]))

    assert again == found
    assert ask(house, person)["eligible"] is False
    assert ask(house, person, law="set:wenzhou/2020-11-27")["eligible"] is None, "that law does not speak of Ningbo"
