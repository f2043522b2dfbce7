"""How late a class was filed is a fact; what that does to its hours is what the law rules on its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from projection_kit import HANGZHOU, NINGBO, WENZHOU, House, living
from training_kit import School

from ledger.events.study import Evidence
from ledger.events.training import ClassId
from ledger.streams.training_roster import study_of
from projections.basis import read_axes
from projections.filings import ClassPaper, duties_under
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
    (duty,), _, basis = duties_under(answers, one, read_axes())

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

    without, _, basis = duties_under(answers, one, read_axes(law="set:zhejiang/2016-08-01"))
    assert without == ()
    assert [cited.id for cited in basis.rulebooks] == ["zhejiang/2016-08-01"]


def papers(house: House, name: ClassId) -> dict[str, str]:
    """How each paper of a class stands."""
    answers = house.followed()
    one = training_class(answers, name)
    assert one is not None
    found: tuple[ClassPaper, ...] = duties_under(answers, one, read_axes())[1]
    return {paper.document: paper.state for paper in found}


def test_of_a_class_in_wenzhou_it_is_told_which_papers_lack_before_it_and_after(house: House) -> None:
    """W 13: the approval and the plan beforehand, the summary and the list of who was there when it is over."""
    school = School(house, region=WENZHOU)
    name = school.file(starts="2026-05-11", filed_on="2026-05-01", route="advanced_seminar", level="municipal")
    assert papers(house, name) == {"批准文件": "lacking", "办班计划": "handed_in", "办班总结": "to_come",
                                   "参加人员名单": "to_come"}

    school.accept(name, "温备-1")
    school.hold(name, evidence=(Evidence(kind="summary", sha256="e" * 64),))
    assert papers(house, name) == {"批准文件": "lacking", "办班计划": "handed_in", "办班总结": "handed_in",
                                   "参加人员名单": "lacking"}


def test_a_list_that_went_back_has_not_been_handed_in_until_it_comes_anew(house: House) -> None:
    school = School(house, region=WENZHOU)
    name = school.file(starts="2026-05-11", filed_on="2026-05-01", route="advanced_seminar", level="municipal")
    school.accept(name, "温备-2")
    school.hold(name, evidence=(Evidence(kind="roster", sha256="d" * 64),))
    assert papers(house, name)["参加人员名单"] == "handed_in"

    school.send_list_back(name)
    assert papers(house, name)["参加人员名单"] == "returned"

    school.hold(name, evidence=(Evidence(kind="roster", sha256="e" * 64),))
    assert papers(house, name)["参加人员名单"] == "handed_in"


def test_a_plan_that_came_when_the_class_had_begun_came_too_late_and_an_approval_is_its_number(house: House) -> None:
    school = School(house, region=WENZHOU)
    name = school.file(starts="2026-05-11", filed_on="2026-05-12", approval="温人社函〔2026〕8号")

    assert papers(house, name) == {"批准文件": "handed_in", "办班计划": "late", "办班总结": "to_come",
                                   "参加人员名单": "to_come"}


def test_a_departments_own_class_hands_in_nothing(house: House) -> None:
    """W 14."""
    department = School(house, kind="department", region=WENZHOU)
    assert papers(house, department.file(recipient=None)) == {}
