"""Plans, classes, rosters and cards are answered as they stood at any position, and only what is in force counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from projection_kit import NINGBO, House, living
from training_kit import PEOPLE, SECTOR, School

from ledger.acts.running import Act
from ledger.events.actor import Scope
from ledger.events.base import By, Draft
from ledger.events.person import KeyDestroyed
from ledger.events.study import Evidence
from ledger.streams import training_class as classes_of_the_ledger
from ledger.streams import training_plan
from ledger.vocabulary import PersonId
from projections.files.rebuilding import compare
from projections.trainings import Trainings
from projections.trainings_reading import card_of_number, cards, classes, plan, plans, training_class, unregistered
from projections.workload import workload


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


# Plans


def test_a_plan_says_who_has_not_acknowledged_it_as_of_any_position(house: House) -> None:
    school = School(house)
    name = school.plan()
    filed = house.size
    first = school.acknowledge(name, PEOPLE)
    second = school.acknowledge(name, SECTOR, house.colleague)
    answers = house.followed()

    def stood(as_of: int) -> tuple[str, tuple[str, ...]]:
        found = plan(answers, name, as_of=as_of)
        assert found is not None
        return found.status, found.missing

    assert stood(filed) == ("filed", (PEOPLE, SECTOR))
    assert stood(first) == ("filed", (SECTOR,))
    assert stood(second) == ("acknowledged", ())
    assert plan(answers, name, as_of=filed - 1) is None
    found = plan(answers, name)
    assert found is not None
    assert found.events == (filed, first, second)
    assert [(one.recipient, one.event) for one in found.acknowledged] == [(PEOPLE, first), (SECTOR, second)]


def test_a_plan_that_was_sent_back_is_returned_and_what_was_acknowledged_before_is_seen_then(house: House) -> None:
    school = School(house)
    name = school.plan()
    school.acknowledge(name, PEOPLE)
    school.send_back(name)
    found = plan(house.followed(), name)

    assert found is not None and found.status == "returned"


def test_a_plan_shows_what_came_of_it_and_how_the_year_before_was_judged(house: House) -> None:
    """P 12: the evaluation is what next year's filing rests on."""
    school = School(house)
    last_year = school.on_file(school.plan(2025))
    school.evaluate(last_year, "unqualified")
    name = school.on_file(school.plan(2026, items=2))
    before = house.size
    school.accept(held := school.file(plan=name))
    school.hold(held, attended=52)
    school.file(plan=name, starts="2026-09-07")
    school.file(starts="2026-10-12")  # Outside the plan.
    answers = house.followed()

    found = plan(answers, name)
    assert found is not None
    assert found.carried == (2, 1, 52)
    assert [(one.recipient, one.grade) for one in found.last_year] == [(SECTOR, "unqualified")]
    then = plan(answers, name, as_of=before)
    assert then is not None and then.carried == (0, 0, 0)
    judged = plan(answers, last_year)
    assert judged is not None and judged.status == "evaluated" and judged.last_year == ()


def test_an_evaluation_that_was_put_right_stands_beside_what_it_was_before(house: House) -> None:
    """P 12: next year's filing rests on what stands; what stood before is not lost."""
    school = School(house)
    name = school.on_file(school.plan(2025))
    first = school.evaluate(name, grade="unqualified")
    school.correct(name)
    next_year = school.plan(2026)
    answers = house.followed()
    found, following = plan(answers, name), plan(answers, next_year)

    assert found is not None and following is not None
    assert [(one.grade, one.classes_held, one.document) for one in found.evaluations] == [
        ("excellent", 2, "甬经信函〔2027〕3号")]
    assert [(one.grade, one.event) for one in found.corrected] == [("unqualified", first)]
    assert found.status == "evaluated" and following.last_year == found.evaluations
    then = plan(answers, name, as_of=first)
    assert then is not None and ([one.grade for one in then.evaluations], then.corrected) == (["unqualified"], ())


def test_plans_are_listed_by_organiser_and_year_in_pages(house: House) -> None:
    school = School(house)
    made = [school.plan(year) for year in (2024, 2025, 2026)]
    answers = house.followed()
    page = plans(answers, limit=2)
    rest = plans(answers, limit=2, as_of=page.as_of, after=page.next)  # type: ignore[arg-type]

    assert [one.plan for one in (*page.items, *rest.items)] == made
    assert rest.next is None
    assert [one.plan for one in plans(answers, year=2025, organiser=school.unit).items] == [made[1]]
    assert plans(answers, organiser="unt_none").items == ()


# Classes


def test_a_class_is_told_as_it_was_filed_and_as_it_was_held(house: House) -> None:
    school = School(house)
    name = school.file(starts="2026-05-11", filed_on="2026-04-21")
    filed = house.size
    accepted = school.accept(name)
    answers = house.followed()
    waiting = training_class(answers, name, as_of=filed)
    assert waiting is not None
    assert (waiting.status, waiting.number, waiting.lead_days, waiting.held) == ("filed", None, 20, None)
    assert waiting.recorded_on == date(2026, 1, 1), "whoever enters another day than that of the record is seen"

    school.hold(name, attended=90, starts=date(2026, 5, 12))
    found = training_class(house.followed(), name)
    assert found is not None and found.held is not None
    assert (found.status, found.number, found.office) == ("held", "甬备2026-7", house.officer.organisation)
    assert (found.held.attended, found.filed.headcount, found.filed.room) == (90, 60, 80)  # D06
    assert found.lead_days == 21, "from the day on which it began, not the one that was planned"
    assert found.events[:2] == (filed, accepted)


def test_a_class_filed_anew_counts_as_filed_then_and_waits_again(house: House) -> None:
    """D06."""
    school = School(house)
    name = school.file(starts="2026-05-11", filed_on="2026-03-01")
    school.accept(name)
    accepted = house.size
    school.refile(name, "2026-05-11", "2026-05-20")
    answers = house.followed()
    before, now = training_class(answers, name, as_of=accepted), training_class(answers, name)

    assert before is not None and now is not None
    assert (before.status, before.number, before.lead_days, before.revision) == ("accepted", "甬备2026-7", 71, 1)
    assert (now.status, now.number, now.lead_days, now.revision) == ("filed", None, -9, 2)


def test_a_class_that_was_not_put_on_file_stays_to_be_seen(house: House) -> None:
    school = School(house)
    school.refuse(name := school.file())
    found = training_class(house.followed(), name)

    assert found is not None and found.status == "refused"


def test_classes_are_listed_by_plan_and_by_the_year_in_which_they_begin(house: House) -> None:
    school = School(house)
    name = school.on_file(school.plan())
    inside, outside, next_year = school.file(plan=name), school.file(), school.file(starts="2027-01-11")
    answers = house.followed()

    def listed(**wanted: object) -> list[str]:
        return [one.training_class for one in classes(answers, **wanted).items]  # type: ignore[arg-type]

    assert listed() == [inside, outside, next_year]
    assert listed(plan=name) == [inside]
    assert (listed(status="filed"), listed(status="held")) == ([inside, outside, next_year], [])
    assert listed(year=2027) == [next_year]
    assert listed(organiser=school.unit, year=2026) == [inside, outside]
    page = classes(answers, limit=1)
    assert [one.training_class for one in classes(answers, after=page.next, as_of=page.as_of).items] == [  # type: ignore[arg-type]
        outside, next_year]


def test_lists_are_given_newest_first_where_that_is_asked_page_by_page(house: House) -> None:
    school = School(house)
    plan_names, class_names = [school.plan(year) for year in (2024, 2025, 2026)], [school.file() for _ in range(3)]
    answers = house.followed()

    for ask, made, name in ((plans, plan_names, "plan"), (classes, class_names, "training_class")):
        page = ask(answers, limit=2, newest_first=True)  # type: ignore[operator]
        rest = ask(answers, limit=2, newest_first=True, after=page.next)  # type: ignore[operator]
        assert [getattr(one, name) for one in (*page.items, *rest.items)] == made[::-1]
        assert rest.next is None


# Rosters


def test_a_roster_says_how_far_it_is_and_its_rows_count_when_it_is_closed(house: House) -> None:
    school = School(house)
    people = [house.person(unit=house.unit(NINGBO, "industry")) for _ in range(2)]
    name = school.held(starts="2022-05-09", filed_on="2022-03-01")
    roster = school.roster(name, rows=2)
    opened = house.size
    school.row(roster, people[0])

    def stood(as_of: int | None = None) -> list[tuple[str, int, int]]:
        found = training_class(house.followed(), name, as_of=as_of)
        assert found is not None
        return [(one.status, one.rows_done, one.rows) for one in found.rosters]

    assert stood() == [("open", 1, 2)]
    assert stood(opened) == [("open", 0, 2)]
    assert house.year(people[0], 2022)["evaluated"]["total"] == "0"
    school.row(roster, people[1])
    roster.close()
    assert stood() == [("closed", 2, 2)]
    entry = house.year(people[0], 2022)["entries"][0]
    assert (entry["evaluated"]["clause"], entry["evaluated"]["counted"]) == ("第六条（二）", "30")  # N 6(2): 6 a day.


def test_a_roster_that_was_given_up_is_told_as_such(house: House) -> None:
    school = School(house)
    name = school.held()
    roster = school.roster(name, rows=1)
    Act(house.ledger, roster.act.id, By(actor="acr_officer", role=SECTOR), list_sha256="").abandon()
    roster.abandon()
    again = school.roster(name, rows=1)
    found = training_class(house.followed(), name)

    assert found is not None
    assert [(one.act, one.status) for one in found.rosters] == [
        (roster.act.id, "abandoned"), (again.act.id, "open")]


# Cards


def test_cards_are_found_by_person_by_class_and_by_the_number_printed_on_them(house: House) -> None:
    school = School(house)
    li, wang = house.person(), house.person()
    name, other = school.held(), school.held()
    first, second = school.card(name, li, "2026-017"), school.card(name, wang, "2026-018")
    third = school.card(other, li, "2026-019")
    answers = house.followed()

    assert [one.card for one in cards(answers, person=li)] == [first, third]
    assert [one.card for one in cards(answers, training_class=name)] == [first, second]
    assert [one.card for one in cards(answers, training_class=name, person=li)] == [first]
    found = card_of_number(answers, school.unit, "2026-018")
    assert found is not None and (found.card, found.person, found.hours_centi) == (second, wang, 3_000)
    assert card_of_number(answers, school.unit, "2026-999") is None
    assert card_of_number(answers, school.unit, "2026-018", as_of=found.events[0] - 1) is None
    counted = training_class(answers, name)
    assert counted is not None and counted.cards == 2


def test_a_void_card_is_still_found_and_is_counted_no_more(house: House) -> None:
    school = School(house)
    li, name = house.person(), school.held()
    card = school.card(name, li, "2026-017")
    issued = house.size
    school.void(card)
    again = school.card(name, li, "2026-018")
    answers = house.followed()

    found = card_of_number(answers, school.unit, "2026-017")
    assert found is not None and (found.card, found.status) == (card, "voided")
    assert [(one.card, one.status) for one in cards(answers, person=li)] == [(card, "voided"), (again, "issued")]
    assert [one.status for one in cards(answers, person=li, as_of=issued)] == ["issued"]
    counted = training_class(answers, name)
    assert counted is not None and counted.cards == 1


def test_whoever_is_forgotten_is_found_by_no_number(house: House) -> None:
    school = School(house)
    li, name = house.person(), school.held()
    card = school.card(name, li, "2026-017")
    house.record((Draft(KeyDestroyed(person=PersonId(li), basis="request", final_after=date(2027, 1, 1))),))
    answers = house.followed()

    assert card_of_number(answers, school.unit, "2026-017") is None
    assert [one.card for one in cards(answers, card=card)] == [card]


# What waits for an office


def due(house: House, role: str, organisation: str | None = None, as_of: int | None = None) -> list[tuple[str, str]]:
    held = [Scope(role=role, region="3302")]
    return [(one.kind, one.id) for one in house.followed().work(held, organisation=organisation, as_of=as_of).items]


def test_a_plan_waits_for_both_departments_at_once_and_for_neither_once_it_is_sent_back(house: House) -> None:
    """P 11."""
    school = School(house)
    name = school.plan()
    filed = house.size
    school.acknowledge(name, PEOPLE)

    assert (due(house, PEOPLE), due(house, SECTOR)) == ([], [("plan", name)])
    assert due(house, PEOPLE, as_of=filed) == [("plan", name)]
    assert due(house, SECTOR, organisation=school.unit) == [], "no organiser answers itself"
    school.send_back(name)
    assert due(house, SECTOR) == []


def test_a_class_waits_to_be_put_on_file_anew_when_it_is_filed_anew(house: House) -> None:
    """N 7."""
    school = School(house)
    name, other = school.file(), school.file()
    filed = house.size
    school.accept(name)
    school.refuse(other)
    assert due(house, SECTOR) == []
    assert due(house, SECTOR, as_of=filed) == [("class", name), ("class", other)]
    school.refile(name, "2026-06-01", "2026-04-01")
    assert due(house, SECTOR) == [("class", name)]
    (load,) = workload(house.followed(), [Scope(role=SECTOR, region="33")])[0]
    assert (load.kind, load.waiting, load.oldest) == ("class", 1, name)


def test_a_departments_own_class_waits_for_nobody(house: House) -> None:
    """W 14."""
    School(house, kind="department").file(recipient=None)

    assert due(house, SECTOR) == []


# Held against the ledger


def test_plans_in_every_status_stand_as_the_ledger_folds_them(house: House) -> None:
    school = School(house)
    filed, halfway, back, on_file, judged = (school.plan(year) for year in range(2021, 2026))
    school.acknowledge(halfway, SECTOR)
    school.send_back(back)
    for name in (on_file, judged):
        school.on_file(name)
    school.evaluate(judged)
    answers = house.followed()
    statuses = set()
    for name in (filed, halfway, back, on_file, judged):
        state, found = house.load(name, training_plan.evolve), plan(answers, name)
        assert found is not None
        assert (found.status, found.revision, found.filed) == (state.status.value, state.revision, state.filed)
        assert found.missing == state.missing
        assert [one.recipient for one in found.evaluations] == [one.recipient for one in state.evaluated]
        statuses.add(state.status)

    assert statuses == set(training_plan.Status)


def test_classes_in_every_status_stand_as_the_ledger_folds_them(house: House) -> None:
    school = School(house, kind="department")
    filed, anew, refused, accepted, held, registered = (school.file() for _ in range(6))
    own = school.file(recipient=None)
    school.refile(anew, "2026-06-01", "2026-04-01")
    school.refuse(refused)
    for name in (accepted, held, registered):
        school.accept(name, f"甬备-{name}")
    for name in (held, registered):
        school.hold(name)
    school.roster(registered, rows=1).abandon()
    school.roster(registered, rows=2)
    answers = house.followed()
    statuses = set()
    for name in (filed, anew, refused, accepted, held, registered, own):
        state, found = school.load(name), training_class(answers, name)
        assert found is not None
        assert (found.status, found.revision, found.filed) == (state.status.value, state.revision, state.filed)
        assert (found.number, found.held) == (state.number, state.held)
        assert [(one.act, one.status, one.rows) for one in found.rosters] == [
            (one.act, one.status, one.rows) for one in state.rosters]
        statuses.add(state.status)

    assert statuses == set(classes_of_the_ledger.Status)


# The file


def test_followed_step_by_step_or_built_at_once_the_content_is_the_same(house: House) -> None:
    school = School(house)
    li = house.person(unit=house.unit(NINGBO, "industry"))
    school.on_file(name := school.plan())
    held = school.held(plan=name)
    roster = school.roster(held, rows=1)
    house.followed()
    school.row(roster, li, card_number="2026-017")
    roster.close()
    school.void(school.card(held, li, "2026-017"))
    school.evaluate(name)
    house.followed()
    found = compare(house.ledger, house.folder / "answers", Trainings(), lambda done, total: None)

    assert found.holds and found.stands.position == house.size


def test_no_card_number_stands_in_the_file(house: House) -> None:
    school = School(house)
    school.card(name := school.held(), house.person(), "CARD-2026-017")
    house.followed()
    stored = b"".join(path.read_bytes() for path in (house.folder / "answers").glob("trainings.*"))

    assert name.encode() in stored
    assert b"CARD-2026-017" not in stored


def test_a_list_that_was_sent_back_is_told_until_another_comes_and_the_class_waits_on(house: House) -> None:
    school = School(house)
    name = school.file()
    school.accept(name)
    brought = school.hold(name, evidence=(Evidence(kind="roster", sha256="a" * 64),))
    back = school.send_list_back(name)
    anew = school.hold(name, evidence=(Evidence(kind="roster", sha256="b" * 64),))
    answers = house.followed()

    def returned(as_of: int) -> str | None:
        found = training_class(answers, name, as_of=as_of)
        assert found is not None and found.events[-1] == as_of
        assert [one.training_class for one in unregistered(
            answers, organisers=(found.organiser,), as_of=as_of, limit=5)] == [name]
        return found.list_returned

    assert [returned(at) for at in (brought, back, anew)] == [None, "a" * 64, None]
