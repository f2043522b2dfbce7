"""Open work stands before the right office, since when it does, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from exam_kit import apply, assess, on_application, title
from msgspec.structs import replace
from projection_kit import DETAILS, HANGZHOU, NINGBO, House, exam, living

from ledger.events.actor import Scope
from ledger.streams import application as applications
from ledger.streams import claim as claims
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from ledger.streams import unit as units
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import ActorId, UnitId

OFFICE = Scope(role="sector_authority", region="3302")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def due(house: House, *scopes: Scope, organisation: str | None = None, as_of: int | None = None) -> list[str]:
    return [one.id for one in house.followed().work(scopes, organisation=organisation, as_of=as_of).items]


def test_a_claim_waits_for_the_step_that_is_due(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    person = house.person(unit=works)
    claim = house.submit(person, exam("2021-03-01"), steps=("unit", "sector_authority"))
    submitted = house.size
    at_unit = Scope(role="unit", region="330203", unit=works)

    assert due(house, at_unit) == [claim]
    assert due(house, OFFICE) == []
    house.on_claim(claim, review.decide_endorsement, review.EndorseClaim(role="unit"))
    assert due(house, at_unit) == []
    (waiting,) = house.followed().work([OFFICE]).items
    assert (waiting.id, waiting.since, waiting.category, waiting.person) == (
        claim, submitted + 1, "professional", person)
    assert due(house, at_unit, as_of=submitted) == [claim], "as of then it stood there"


@pytest.mark.parametrize("ending", ["approve", "refuse", "withdraw"])
def test_what_is_decided_waits_no_more(house: House, ending: str) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.submit(person, exam("2021-03-01"))
    assert due(house, OFFICE) == [claim]
    if ending == "approve":
        house.approve(claim)
    elif ending == "refuse":
        house.on_claim(claim, review.decide_refusal, review.RefuseClaim(role="sector_authority", words="不实"))
    else:
        house.record(review.decide_withdrawal(
            house.load(claim, claims.evolve), review.WithdrawClaim(person=person), house.load(person, persons.evolve)))

    assert due(house, OFFICE) == []
    assert house.followed().claimant_work(person).items == ()


def test_what_is_returned_waits_for_its_claimant_and_revised_for_the_first_step_again(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.submit(person, exam("2021-03-01"))
    house.on_claim(claim, review.decide_return, review.ReturnClaim(role="sector_authority", words="缺页"))

    assert due(house, OFFICE) == []
    (own,) = house.followed().claimant_work(person).items
    assert (own.id, own.role) == (claim, "claimant")
    command = review.ReviseClaim(person=person, study=exam("2021-03-02"), details=DETAILS, steps=("unit",))
    house.record(review.decide_revision(
        house.load(claim, claims.evolve), command, house.load(person, persons.evolve)))
    assert due(house, Scope(role="unit", region="33")) == [claim]


def test_pending_claims_stay_with_the_office_when_the_person_moves(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.submit(person, exam("2021-03-01"))
    house.affiliate(person, house.unit(HANGZHOU, "environment"), "2021-01-01")

    assert due(house, OFFICE) == [claim]  # AMB-28
    assert due(house, Scope(role="sector_authority", region="3301")) == []


def test_a_transfer_waits_for_the_receiving_unit_alone_and_moves_with_it(house: House) -> None:
    works, other = house.unit(NINGBO, "industry"), house.unit(NINGBO, "industry")
    person = house.person()
    transfer = house.request(person, works, "2022-01-01")
    at = Scope(role="unit", region="3302")

    assert due(house, at, organisation=works) == [transfer]
    assert due(house, at, organisation=other) == []
    assert [one.id for one in house.answers.claimant_work(person).items] == [transfer]
    move = units.MoveUnit(role="human_resources", region=HANGZHOU, sector="industry", starts=date(2026, 1, 1))
    house.record(units.decide_move(house.load(works, units.evolve), move, house.officer))
    assert due(house, at, organisation=works) == []
    assert due(house, Scope(role="unit", region="3301"), organisation=works) == [transfer]


def test_a_unit_waits_to_be_verified_but_not_by_its_own_people(house: House) -> None:
    works = house.unit(NINGBO, "industry", verified=False)
    at = Scope(role="human_resources", region="330203")

    assert due(house, at) == [works]
    assert due(house, at, organisation=works) == []
    house.record(units.decide_verification(
        house.load(works, units.evolve), units.VerifyUnit(role="human_resources"), house.officer))
    assert due(house, at) == []


def test_an_application_waits_where_it_was_filed_until_its_hours_are_judged(house: House) -> None:  # P 16, N 9
    at, elsewhere = Scope(role="human_resources", region="3302"), Scope(role="human_resources", region="3301")
    person = house.person(unit=house.unit(NINGBO, "industry"))
    title(house, person, "2020-11-30")
    short, enough, gone = (apply(house, person, day, "2020-11-30") for day in (
        "2026-05-20", "2026-06-20", "2026-07-20"))
    filed = house.size
    assert due(house, at) == [short, enough, gone] and due(house, elsewhere) == []
    assert [one.kind for one in house.answers.claimant_work(person).items] == ["application"] * 3

    assess(house, enough, person, eligible=True)
    assess(house, short, person, eligible=False)
    withdraw = applications.WithdrawApplication(person=person)
    house.record(applications.decide_application_withdrawal(
        house.load(gone, applications.evolve), withdraw, house.load(person, persons.evolve)))
    assert due(house, at) == [short], "what falls short is still to be postponed"
    postpone = applications.PostponeApplication(role="human_resources", earliest_year=2027, words="学时不足")
    on_application(house, short, person, applications.decide_postponement, postpone)
    assert due(house, at) == []
    assert due(house, at, as_of=filed) == [short, enough, gone]


def test_rows_of_an_open_act_wait_for_nobody(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    act = house.roster(1)
    house.row(act, person, exam("2021-03-01"))
    assert due(house, OFFICE) == []
    act.close()

    assert due(house, OFFICE) == [], "submitted and approved at one position: it never waited"


def test_pages_are_whole_and_stable_while_work_goes_on(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    waiting = [house.submit(person, exam("2021-03-01")) for _ in range(7)]
    answers = house.followed()
    page = answers.work([OFFICE], limit=3)
    seen = [one.id for one in page.items]
    house.approve(waiting[5])
    house.submit(person, exam("2021-03-01"))
    house.followed()
    while page.next is not None:
        page = answers.work([OFFICE], limit=3, after=page.next, as_of=page.as_of)
        seen += [one.id for one in page.items]

    assert seen == waiting
    assert len(answers.work([OFFICE]).items) == 7


def test_nobody_without_a_scope_sees_work(house: House) -> None:
    assert house.followed().work([]).items == ()


def test_a_scope_shows_exactly_what_it_lets_its_holder_act_upon(house: House) -> None:
    """The same answer as `ledger.streams.standing`, for every scope over a few claims."""
    offices = [house.unit(region, sector)
               for region in (NINGBO, "330200", HANGZHOU) for sector in ("industry", "general")]
    held = []
    for unit in offices:
        person = house.person(unit=unit)
        held.append(house.submit(person, exam("2021-03-01")))
    states = {claim: house.load(claim, claims.evolve) for claim in held}
    scope = Scope(role="sector_authority", region="33")
    for one in (
        scope, replace(scope, region="3302"), replace(scope, region="330203"), replace(scope, sector="general"),
        replace(scope, category="professional"), replace(scope, category="general_public"),
        replace(scope, unit=offices[0]), replace(scope, region="3301", sector="industry"), replace(scope, role="unit"),
    ):
        actor = Actor(ActorId("acr_x"), UnitId("unt_x"), None, scopes=(one,))
        allowed = [claim for claim, state in states.items()
                   if standing(actor, "sector_authority", Matter(*state.matter)) is None]
        assert due(house, one) == (allowed if one.role == "sector_authority" else [])
