"""Cases as answers: what stands open where, whom it is about, what came of it; frozen entries with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from exam_kit import ROLE, in_case, open_case
from projection_kit import HANGZHOU, NINGBO, House, exam, living

from ledger.events.actor import Scope
from ledger.streams import case as cases_of
from ledger.streams.case import Finding
from ledger.vocabulary import ClaimId, PersonId
from projections.cases import Cases, case_of, cases
from projections.files.rebuilding import compare

OFFICE = Scope(role=ROLE, region="3302")
HOLD = cases_of.HoldClaims(role=ROLE, words="核查")
CLOSE = cases_of.CloseCase(role=ROLE)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def entry(house: House, region: str = NINGBO) -> tuple[PersonId, ClaimId]:
    person = house.person(unit=house.unit(region, "industry"))
    return person, house.registered(person, exam("2021-03-01"))


def find(house: House, case: str, finding: Finding) -> None:
    command = cases_of.RecordFinding(role=ROLE, finding=finding, words="见附件")
    in_case(house, case, cases_of.decide_finding, command)  # type: ignore[arg-type]


def test_a_case_stands_open_with_its_subjects_until_it_is_closed(house: House) -> None:
    person, claim = entry(house)
    case = open_case(house, (claim,), pattern="D01/1", findings=(3, 5), due=date(2026, 3, 1))
    opened = house.size
    in_case(house, case, cases_of.decide_hold, HOLD, claim)
    find(house, case, Finding.RULED_OUT)
    in_case(house, case, cases_of.decide_case_closing, CLOSE, claim)
    answers = house.followed()

    then, now = case_of(answers, case, as_of=opened), case_of(answers, case)
    assert then is not None and now is not None
    assert (then.status, then.finding, then.held, then.events) == ("open", "pending", (), (opened - 1, opened))
    assert (then.claims, then.persons, then.findings, then.due) == ((claim,), (person,), (3, 5), "2026-03-01")
    assert (now.status, now.finding, now.held, now.released) == ("closed", "ruled_out", (claim,), (claim,))
    assert len(now.events) == 5, "opening names the first member"
    assert [one.status for one in answers.claim(claim)][-2:] == ["frozen", "approved"]
    assert case_of(answers, "cas_0") is None


def test_a_referral_says_to_whom(house: House) -> None:
    _, claim = entry(house)
    case = open_case(house, (claim,))
    in_case(house, case, cases_of.decide_referral, cases_of.ReferCase(role=ROLE, to="驻局纪检监察组", words="移送"))
    found = case_of(house.followed(), case)

    assert found is not None and (found.finding, found.referred_to) == ("referred", "驻局纪检监察组")


def test_a_scope_shows_the_cases_that_it_reaches(house: House) -> None:
    _, here = entry(house)
    _, there = entry(house, HANGZHOU)
    open_, elsewhere = open_case(house, (here,)), open_case(house, (there,), region=HANGZHOU)
    of_sector = open_case(house, (here,), sector="industry")
    find(house, open_, Finding.RULED_OUT)
    in_case(house, open_, cases_of.decide_case_closing, CLOSE)
    answers = house.followed()

    def found(*scopes: Scope, status: str | None = None) -> list[str]:
        return [one.case_id for one in cases(answers, scopes, status=status).items]

    assert found(OFFICE) == [open_, of_sector]
    assert found(OFFICE, status="open") == [of_sector]
    assert found(Scope(role=ROLE, region="33")) == [open_, elsewhere, of_sector]
    assert found(Scope(role=ROLE, region="3302", sector="industry")) == [of_sector]
    assert found(Scope(role=ROLE, region="3302", category="professional")) == []
    assert found(Scope(role=ROLE, region="3301"), OFFICE) == [open_, elsewhere, of_sector]
    assert found() == []


def test_pages_are_whole(house: House) -> None:
    _, claim = entry(house)
    opened = [open_case(house, (claim,)) for _ in range(5)]
    answers = house.followed()
    page = cases(answers, [OFFICE], limit=2)
    seen = [one.case_id for one in page.items]
    while page.next is not None:
        page = cases(answers, [OFFICE], limit=2, after=page.next[0], as_of=page.as_of)
        seen += [one.case_id for one in page.items]

    assert seen == opened


def test_what_was_followed_is_what_a_rebuilt_copy_holds(house: House) -> None:
    _, claim = entry(house)
    case = open_case(house, (claim,))
    in_case(house, case, cases_of.decide_hold, HOLD, claim)
    house.followed()

    found = compare(house.ledger, house.folder / "answers", Cases(), lambda done, total: None)
    assert found.holds and found.stands.position == house.size
