"""Statements are told as they stand, and whether what they say is still so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from projection_kit import FIVE, HANGZHOU, NINGBO, House, exam, living, seminar

from ledger.events.person import Identity
from ledger.events.study import Ruling, Study
from ledger.ids import new_verify_code
from ledger.streams import claim_register as register
from ledger.streams import person as persons
from ledger.streams import statement as statements
from ledger.vocabulary import Category
from policies.shelf import drafts
from projections.statements import Statement, statement_of_code, statements_of
from projections.still_so import changed_since

CODES = iter(f"{number:012d}" for number in range(1_000))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def issue(house: House, person: Any, *years: int, law: str = "then", at: str | None = None) -> Statement:
    axes = {"law": law} if at is None else {"law": law, "as_of": at}
    basis = house.years(person, None, **axes)["basis"]
    statement = house.new("stm")
    command = statements.IssueStatement(
        statement=statement, text="正文\n", code=next(CODES), as_of=basis["as_of"],  # type: ignore[arg-type]
        log_size=basis["log_size"], law=law, rulebooks=tuple(one["digest"] for one in basis["rulebooks"]),
        years=years, root=basis["root"], asking=person)
    house.record(statements.decide_issue(None, command, house.load(person, persons.evolve), None, size=house.size))
    return next(one for one in statements_of(house.followed(), person) if one.statement == statement)


def void(house: House, one: Statement) -> None:
    state = house.load(one.statement, statements.evolve)
    command = statements.VoidStatement(role="human_resources", basis="falsified", words="有误")
    house.record(statements.decide_voiding(state, command, house.load(one.person, persons.evolve), house.officer))


def rename(house: House, person: Any, *fields: str) -> None:
    identity = Identity(name="王明", name_normalised="王明", id_kind="resident_id", id_number=f"id-{person}")
    house.record(persons.decide_person_correction(
        house.load(person, persons.evolve),
        persons.CorrectPerson(role="human_resources", identity=identity, fields=fields), house.officer))


def since(house: House, one: Statement, **more: Any) -> dict[str, Any]:
    return changed_since(house.followed(), one, **more)


def test_statements_of_a_person_say_their_basis_and_how_they_stand(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(li, seminar("2021-03-01"))
    first, second = issue(house, li, 2021), issue(house, li, 2021)
    issued = house.size
    state = house.load(first.statement, statements.evolve)
    command = statements.SupersedeStatement(by_statement=second.statement, asking=li)  # type: ignore[arg-type]
    house.record(statements.decide_supersession(
        state, command, house.load(second.statement, statements.evolve), house.load(li, persons.evolve)))
    void(house, second)
    told = statements_of(house.followed(), li)

    assert [(one.status, one.superseded_by) for one in told] == [
        ("superseded", second.statement), ("voided", None)]
    assert [len(one.events) for one in told] == [2, 2]
    assert (told[0].years, told[0].law, told[0].log_size) == ((2021,), "then", first.as_of)
    assert [one.status for one in statements_of(house.answers, li, as_of=issued)] == ["issued", "issued"]
    assert statement_of_code(house.answers, first.code) == told[0]
    assert statement_of_code(house.answers, new_verify_code()) is None


def test_a_statement_of_which_nothing_changed_is_still_so(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.registered(li, seminar("2021-03-01"))
    one = issue(house, li, 2021)
    house.registered(li, seminar("2022-03-01"))  # Of another year.
    house.affiliate(li, house.unit(HANGZHOU, "environment"), "2024-05-01")
    house.freeze(claim)
    assert since(house, one)["changed"]
    house.on_claim(claim, register.decide_release, register.ReleaseClaim(role="sector_authority"))

    assert since(house, one) == {
        "changed": False, "corrected": False, "years": [], "affiliations": False, "identity": False, "events": [],
        "law_changed": False}


def test_a_revoked_entry_changes_what_was_said_and_the_event_is_named(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.registered(li, seminar("2021-03-01"))
    one = issue(house, li, 2021)
    before = house.size
    at = house.revoke(claim)
    found = since(house, one)

    assert (found["changed"], found["corrected"]) == (True, True)
    assert found["years"] == [{"year": 2021, "was": {"decided": "24", "evaluated": "24"},
                               "is": {"decided": "0", "evaluated": "0"}, "added": [], "entries": [claim]}]
    assert [(event["event"], event["what"]) for event in found["events"]] == [(at, "claim.revoked")]
    assert not since(house, one, as_of=before)["changed"], "as of then it was still so"
    house.reinstate(claim)
    assert not since(house, one)["changed"]


def test_what_came_to_a_year_later_is_told_apart_from_what_was_corrected(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(li, exam("2021-03-01"))
    one = issue(house, li, 2021)
    added = house.registered(li, exam("2021-05-01"))
    found = since(house, one)

    assert (found["changed"], found["corrected"]) == (True, False)
    assert (found["years"][0]["added"], found["years"][0]["entries"]) == ([added], [])
    assert [event["what"] for event in found["events"]] == ["claim.submitted", "claim.approved"]


def test_a_back_dated_move_changes_it_and_so_does_another_name(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(li, seminar("2021-03-01"))
    one = issue(house, li, 2021)
    at = house.affiliate(li, house.unit(HANGZHOU, "environment"), "2021-01-01")
    found = since(house, one)
    assert (found["corrected"], found["affiliations"]) == (True, True)
    assert at in [event["event"] for event in found["events"]]

    wang = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(wang, seminar("2021-03-01"))
    other = issue(house, wang, 2021)
    rename(house, wang, "phone")
    assert not since(house, other)["changed"], "no paper bears it"
    rename(house, wang, "name")
    found = since(house, other)
    assert (found["changed"], found["identity"], found["years"]) == (True, True, [])


def test_on_an_older_basis_it_bears_the_name_of_the_day_on_which_it_was_issued(house: House) -> None:
    wang = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(wang, seminar("2021-03-01"))
    basis = str(house.size)
    rename(house, wang, "name")
    one = issue(house, wang, 2021, at=basis)
    assert since(house, one)["changed"] is False
    rename(house, wang, "name", "id_number")
    assert since(house, one)["identity"] is True


def test_a_corrected_title_changes_it_though_no_number_does(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.registered(li, seminar("2021-03-01"))
    one = issue(house, li, 2021)
    house.correct(claim, seminar("2021-03-01"))
    assert not since(house, one)["changed"], "put right without anything that it says"
    house.correct(claim, seminar("2021-03-01"), title="论总磷在线监测")
    found = since(house, one)

    assert (found["changed"], found["corrected"]) == (True, True)
    assert [(year["was"], year["entries"]) for year in found["years"]] == [(found["years"][0]["is"], [claim])]
    assert "claim.corrected" in [event["what"] for event in found["events"]]


def test_a_statement_from_before_any_rulebook_is_not_made_wrong_by_the_first(tmp_path: Path) -> None:
    with living(tmp_path / "house", under=()) as house:
        li = house.person(unit=house.unit(NINGBO, "industry"))
        manual = Ruling(assessed_centi=2_000, status="manual", rulebook=None, digest=None, clauses=("文",))
        house.registered(li, Study(category=Category.PROFESSIONAL, route="other", confirmed_centi=2_000, document="文",
                                   evidence_on=date(2021, 3, 1)), ruling=manual)
        one = issue(house, li, 2021)
        assert one.rulebooks == ()
        house.enact(*FIVE)
        found = since(house, one)

    assert (found["changed"], found["law_changed"]) == (False, True)


def test_an_amended_law_makes_no_statement_wrong_and_is_told_apart(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(li, seminar("2021-03-01"))
    one = issue(house, li, 2021)
    before = house.size
    house.enact(drafts().books[0].id)
    found = since(house, one)

    assert (found["changed"], found["law_changed"]) == (False, True)
    assert since(house, one, as_of=before)["law_changed"] is False


def test_what_was_answered_of_a_position_is_answered_again_under_the_law_of_now_too(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(li, seminar("2021-03-01"))
    one = issue(house, li, 2021, law="now")
    at = house.size
    told = since(house, one, as_of=at)
    house.enact(drafts().books[0].id)

    assert since(house, one, as_of=at) == told
    assert since(house, one)["law_changed"] is True
