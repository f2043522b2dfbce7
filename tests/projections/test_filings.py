"""How late a class was filed is a fact; what that does to its hours is what the law rules on its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from projection_kit import HANGZHOU, NINGBO, House, living
from training_kit import School

from ledger.streams.training_roster import study_of
from projections.basis import read_axes
from projections.filings import duties_under
from projections.trainings_reading import training_class


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


@pytest.mark.parametrize(("filed_on", "late_by", "effect"), [
    ("2022-04-09", 0, None),             # Thirty days before the ninth of May.
    ("2022-04-10", 1, "late_filing"),
    ("2022-05-09", 30, "late_filing"),   # On the day itself it is still before the class.
    ("2022-05-10", 31, "not_filed"),
])
def test_the_law_of_the_place_says_how_late_and_what_comes_of_it(
    house: House, filed_on: str, late_by: int, effect: str | None
) -> None:
    """N 7, AMB-24; and the ruling on a row of the class says the same."""
    school = School(house)
    name = school.held(starts="2022-05-09", filed_on=filed_on)
    person = house.person(unit=house.unit(NINGBO, "industry"))
    answers = house.followed()
    one = training_class(answers, name)
    assert one is not None
    (duty,), basis = duties_under(answers, one, read_axes())

    assert (duty.rulebook, duty.article, duty.days) == ("ningbo-industry/2019-01-01", "第七条", 30)
    assert (duty.late_by, duty.effect) == (late_by, effect)
    assert basis.as_of == house.size
    ruling = house.ruling(person, study_of(school.load(name), 10))
    assert ruling.flags == (("late_filing",) if effect == "late_filing" else ())
    assert ruling.status == ("refused" if effect == "not_filed" else "ruled")


def test_a_route_or_a_place_whose_law_asks_no_filing_has_no_duty(house: House) -> None:
    seminar = School(house)
    name = seminar.file(starts="2022-05-09", filed_on="2022-06-01", route="advanced_seminar", level="municipal")
    answers = house.followed()
    one = training_class(answers, name)

    assert one is not None and one.lead_days == -23
    assert duties_under(answers, one, read_axes())[0] == ()


def test_elsewhere_nobody_asks_for_it(house: House) -> None:
    school = School(house, region=HANGZHOU)
    name = school.file(starts="2022-05-09", filed_on="2022-06-01")
    answers = house.followed()
    one = training_class(answers, name)

    assert one is not None
    assert duties_under(answers, one, read_axes())[0] == ()


def test_the_axes_choose_the_law_that_is_asked(house: House) -> None:
    school = School(house)
    name = school.file(starts="2022-05-09", filed_on="2022-05-01")
    answers = house.followed()
    one = training_class(answers, name)
    assert one is not None

    without, basis = duties_under(answers, one, read_axes(law="set:zhejiang/2016-08-01"))
    assert without == ()
    assert [cited.id for cited in basis.rulebooks] == ["zhejiang/2016-08-01"]
