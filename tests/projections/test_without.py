"""What would be if entries did not count: the same as if they were revoked, said before anybody decides anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from exam_kit import ROLE, apply, compliant, on_application, title
from projection_kit import DETAILS, HANGZHOU, NINGBO, WENZHOU, House, course, exam, living, seminar

from ledger.streams import application as applications
from ledger.streams import person as persons
from ledger.streams import statement as statements
from ledger.vocabulary import PersonId
from projections.applications import applications_of
from projections.basis import axes_of, read_axes
from projections.eligibility import Question, assessment_of, eligibility
from projections.reliance import reliance
from projections.statements import statements_of
from projections.still_so import changed_since
from projections.without import LEFT_OUT, without

CODES = count(1)
YEAR = 2024
TOTALS = ("total", "professional", "sector_public", "general_public", "exam_hours", "met", "minimums")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


@pytest.fixture
def li(house: House) -> PersonId:
    return house.person(unit=house.unit(NINGBO, "industry"))


def ask(house: House, *claims: str, held: str = "counted", **axes: str) -> dict[str, Any]:
    return without(house.followed(), claims, read_axes(**axes), held=held)


def issue(house: House, person: PersonId, *years: int) -> str:
    basis = house.years(person)["basis"]
    command = statements.IssueStatement(
        statement=house.new("stm"), text="正文\n", code=f"{next(CODES):012d}", as_of=basis["as_of"],  # type: ignore[arg-type]
        log_size=basis["log_size"], law="then", rulebooks=tuple(one["digest"] for one in basis["rulebooks"]),
        years=years, root=basis["root"], asking=person)
    house.record(statements.decide_issue(None, command, house.load(person, persons.evolve), None, size=house.size))
    return command.statement


def grant(house: House, person: PersonId, *, years: int) -> str:
    """Apply, be assessed by the law as it is, and be granted the title."""
    name = apply(house, person, "2026-05-20", "2020-11-30", years)
    answer = eligibility(house.followed(), person, Question(date(2026, 5, 20), years, "senior", "inside",
                                                            date(2020, 11, 30)), read_axes())
    assert answer is not None and answer["eligible"] is True, answer
    on_application(house, name, person, applications.decide_assessment,
                   applications.AssessApplication(role=ROLE, assessment=assessment_of(answer)))
    on_application(house, name, person, applications.decide_grant,
                   applications.GrantApplication(role=ROLE, obtained_on=date(2026, 6, 1)))
    return name


def test_a_year_without_an_entry_is_the_year_after_its_revocation(house: House, li: PersonId) -> None:
    taken, kept = house.registered(li, seminar("2024-03-01")), house.registered(li, seminar("2024-05-01"))
    house.registered(li, exam("2023-03-01"))
    found = ask(house, taken)
    (person,) = found["persons"]
    (year,) = person["years"]
    before = house.year(li, YEAR)
    house.revoke(taken)
    after = house.year(li, YEAR)

    assert (person["person"], person["claims"], year["year"], year["claims"]) == (li, [taken], YEAR, [taken])
    for side in ("decided", "evaluated"):
        assert year["stands"][side] == {name: before[side][name] for name in year["stands"][side]}
        assert year["without"][side] == {name: after[side][name] for name in year["without"][side]}
    # A cap of 36 a year (N 6(1)) had left the second seminar 12 of its 24.
    assert year["others"] == [{"claim": kept, "stands": {"decided": "12", "evaluated": "12"},
                               "without": {"decided": "24", "evaluated": "24"},
                               "events": year["others"][0]["events"]}]


def revoked_as_foreseen(house: House, person: PersonId, claims: Sequence[str]) -> set[int]:
    """Ask, revoke, and hold each year against what was foreseen; give the years that were said to change."""
    (found,) = ask(house, *claims)["persons"]
    foreseen = {one["year"]: one for one in found["years"]}
    before = {one["year"]: one for one in house.years(person)["years"]}
    for claim in claims:
        house.revoke(claim)  # type: ignore[arg-type]
    after = {one["year"]: one for one in house.years(person)["years"]}
    for year, was in before.items():
        for side in ("decided", "evaluated"):
            told = {name: was[side][name] for name in TOTALS}, {name: after[year][side][name] for name in TOTALS}
            if year in foreseen:
                assert told == (foreseen[year]["stands"][side], foreseen[year]["without"][side]), (year, side)
            else:
                assert told[0] == told[1], (year, side)
    return set(foreseen)


def test_a_cycle_falls_in_a_year_in_which_nothing_else_changes(house: House) -> None:  # R 6(2)
    person = house.person(unit=house.unit(WENZHOU, "natural_resources"), starts="2021-01-01")
    taken = house.registered(person, seminar("2021-03-01"))
    house.registered(person, seminar("2022-03-01"))
    house.registered(person, exam("2023-03-01"))

    assert revoked_as_foreseen(house, person, [taken]) == {2021, 2022, 2023}


def test_whatever_is_taken_away_it_is_as_if_it_were_revoked(house: House) -> None:
    chance = Random(9)
    for place, sector in ((NINGBO, "industry"), (HANGZHOU, "environment"), (WENZHOU, "natural_resources")):
        person = house.person(unit=house.unit(place, sector))
        made = [chance.choice((seminar, exam, course)) for _ in range(6)]
        claims = [house.registered(person, study(
            f"{chance.choice((2021, 2022, 2023))}-0{chance.randrange(1, 10)}-0{chance.randrange(1, 10)}",
            occasion=chance.choice((None, None, "一", "二")))) for study in made]
        revoked_as_foreseen(house, person, chance.sample(claims, chance.randrange(1, 5)))


def test_of_however_many_people_it_is_asked_together_the_answer_is_the_same(
    house: House, li: PersonId, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = [li, *(house.person(unit=house.unit(NINGBO, "industry")) for _ in range(2))]
    claims = [house.registered(person, seminar(f"2022-0{at}-03")) for at, person in enumerate(everyone, 1)]
    for person in everyone:
        issue(house, person, 2022)
    together = ask(house, *claims)
    monkeypatch.setattr("projections.without.AT_ONCE", 1)

    assert ask(house, *claims) == together and len(together["persons"]) == 3


def test_a_verdict_that_falls_is_counted_year_by_year(house: House, li: PersonId) -> None:
    professional, public = compliant(house, li, YEAR)
    found = ask(house, professional)

    (person,) = found["persons"]
    (year,) = person["years"]
    assert (person["falls"], year["falls"]) == (True, True)
    assert (year["stands"]["evaluated"]["met"], year["without"]["evaluated"]["met"]) == (True, False)
    assert found["summary"]["persons_falling"] == 1
    assert found["summary"]["years"] == [{"year": YEAR, "persons": 1, "met": 1, "met_without": 0, "falls": 1,
                                          "lost": {"decided": "72", "evaluated": "72"}}]
    assert not ask(house, professional, valid_on="2024-02-01")["persons"][0]["years"], "it had not happened yet"
    assert public not in str(found)


def test_it_is_asked_on_the_three_axes_and_its_basis_gives_it_again(house: House, li: PersonId) -> None:
    claim = house.registered(li, exam("2024-03-01"))
    then = house.size
    asked = ask(house, claim)
    house.revoke(claim)
    house.registered(li, exam("2024-06-01"))

    assert without(house.followed(), [claim], axes_of(asked["basis"])) == asked
    assert ask(house, claim, as_of=str(then))["persons"] == asked["persons"]
    now = ask(house, claim)
    assert (now["claims"][0]["status"], now["claims"][0]["counts"]) == ("revoked", False)
    assert now["persons"][0]["years"] == [], "what does not count makes no difference"
    law = ask(house, claim, as_of=str(then), law="set:zhejiang/2016-08-01")
    assert law["persons"][0]["years"][0]["stands"]["evaluated"] != (
        asked["persons"][0]["years"][0]["stands"]["evaluated"])


def test_other_frozen_entries_count_or_not_as_the_question_asks(house: House, li: PersonId) -> None:
    asked, other = house.registered(li, exam("2024-03-01")), house.registered(li, course("2024-04-01"))
    house.freeze(asked)
    house.freeze(other)

    def totals(held: str) -> tuple[str, str]:
        year = ask(house, asked, held=held)["persons"][0]["years"][0]
        return year["stands"]["decided"]["total"], year["without"]["decided"]["total"]

    assert totals("counted") == ("24", "18"), "as the register counts them"
    assert totals(LEFT_OUT) == ("6", "0"), "the one that is asked about counts on one side all the same"


def test_what_is_not_registered_or_not_there_is_named_and_changes_nothing(house: House, li: PersonId) -> None:
    waiting = house.submit(li, exam("2024-03-01"))
    size = house.size
    found = ask(house, waiting, "clm_0000000000000000000999")

    assert [(one["claim"], one["status"], one["counts"]) for one in found["claims"]] == [
        (waiting, "under_review", False)]
    assert found["unknown"] == ["clm_0000000000000000000999"]
    assert (found["summary"]["persons_changed"], house.size) == (0, size)


def test_a_statement_that_prints_an_entry_or_speaks_of_its_year_is_touched(house: House, li: PersonId) -> None:
    claim = house.registered(li, exam("2024-03-01"))
    printed = issue(house, li, YEAR)
    other_year = issue(house, li, 2023)
    found = ask(house, claim)
    (one,) = found["statements"]

    assert (one["statement"], one["claims"], one["is_so"]) == (printed, [claim], True)
    assert one["years"] == [{"year": YEAR, "stands": {"decided": "6", "evaluated": "6"},
                             "without": {"decided": "0", "evaluated": "0"}}]
    assert other_year not in str(found["statements"])
    house.revoke(claim)
    (told,) = [each for each in statements_in_force(house, li) if changed_since(house.answers, each)["corrected"]]
    assert told.statement == printed, "revoked, the very statement that was named is no longer so"


def statements_in_force(house: House, person: PersonId) -> list[Any]:
    return statements_of(house.followed(), person)


def test_a_statement_that_was_wrong_before_is_told_apart(house: House, li: PersonId) -> None:
    first, second = house.registered(li, exam("2024-03-01")), house.registered(li, course("2024-04-01"))
    issue(house, li, YEAR)
    house.revoke(second)
    (wrong,) = ask(house, first)["statements"]
    assert wrong["is_so"] is False
    house.reinstate(second)
    (right,) = ask(house, first)["statements"]
    assert right["is_so"] is True, "revoked and reinstated, it says again what it said"
    assert ask(house, first)["summary"]["statements_newly"] == 1


def test_a_title_rests_on_the_entries_of_the_years_that_were_assessed(house: House, li: PersonId) -> None:  # N 9, N 10
    title(house, li, "2020-11-30")
    claims = {year: compliant(house, li, year) for year in (2023, 2024, 2025)}
    extra = house.registered(li, exam("2025-06-01"))
    name = grant(house, li, years=3)
    house.registered(li, exam("2021-06-01"))

    found = ask(house, claims[2024][0])
    (one,), (granted,) = found["applications"], found["titles"]
    assert (one["application"], one["claims"], one["is_so"], one["holds"]) == (name, [claims[2024][0]], True, False)
    assert one["assessed"]["years"] == [2023, 2024, 2025]
    assert (one["without"]["eligible"], one["without"]["years_met"]) == (False, 2)
    assert (granted["level"], granted["obtained_on"], granted["holds"]) == ("senior", "2026-06-01", False)
    spared = ask(house, extra)
    assert [(one["holds"], one["claims"]) for one in spared["titles"]] == [(True, [extra])], "it rests on it and holds"
    assert (spared["summary"]["titles"], spared["summary"]["titles_falling"]) == (1, 0)

    house.revoke(claims[2024][0])
    (application,) = applications_then(house, li)
    told = reliance(house.answers, application, as_of=house.size)
    assert told is not None and told["holds"] is False, "as was said before it was revoked"


def applications_then(house: House, person: PersonId) -> list[Any]:
    return applications_of(house.followed(), person)


def test_no_title_of_a_work_is_told(house: House, li: PersonId) -> None:
    assert DETAILS.title not in str(ask(house, house.registered(li, exam("2024-03-01"))))
