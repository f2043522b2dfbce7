"""A roster is registered through a real ledger: all at once or never, also where it was killed in the middle."""

from __future__ import annotations

import os
import signal
from datetime import date
from pathlib import Path

import pytest
from ledger_kit import BUREAU, CLERK, LI, OFFICER, RULING, WANG, WORKS, House, check, enter, open_house, settle

from ledger.acts.rosters import Roster, open_roster, resume_roster
from ledger.acts.running import Act
from ledger.errors import Refusal
from ledger.events.base import By
from ledger.events.training import CardId, ClassId, Lesson, card_name
from ledger.stores.append import NameTaken, Receipt
from ledger.streams import claim as claims
from ledger.streams import person as persons
from ledger.streams import training_card as cards
from ledger.streams import training_class as classes
from ledger.streams import training_class_filing as class_filing
from ledger.streams import unit as units
from ledger.streams.training_roster import RegisterRow
from ledger.vocabulary import Category, ClaimId, PersonId
from tests.children import ended

CLASS = ClassId("cls_1")
LIST = "d" * 64
ORGANISER = By(actor=CLERK, role="unit_reviewer", organisation=WORKS)
OFFICE = By(actor=OFFICER, role="registrar", organisation=BUREAU)
DAY = date(2026, 5, 20)


def hold(house: House) -> None:
    """A class that the works filed, the bureau accepted and the works held: 3 events."""
    programme = class_filing.Programme(
        title="数控加工", category=Category.PROFESSIONAL, route="filed_training", sector="industry",
        lessons=(Lesson(title="数控编程", hours_centi=1_600),), starts=date(2026, 5, 11), ends=date(2026, 5, 12),
        days_half=4, headcount=20, recipient="registrar",
    )
    clerk, officer = house.actor(CLERK), house.actor(OFFICER)
    filing = class_filing.FileClass(
        training_class=CLASS, role="unit_reviewer", programme=programme, filed_on=date(2026, 4, 1))
    works = house.load(WORKS, units.evolve)
    house.record(class_filing.decide_class_filing(None, filing, works, None, clerk), by=ORGANISER)
    house.record(classes.decide_acceptance(
        class_of(house), classes.AcceptClass(role="registrar", number="甬备1"), officer), by=OFFICE)
    holding = classes.RecordHolding(role="unit_reviewer", on=DAY, starts=date(2026, 5, 11), ends=date(2026, 5, 12),
                                    days_half=4, attended=4, passed=4)
    house.record(classes.decide_holding(class_of(house), holding, clerk), by=ORGANISER)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return lived_in(tmp_path / "house")


def lived_in(folder: Path) -> House:
    house = open_house(folder)
    settle(house)
    enter(house, PersonId("per_zhou"), 7)
    hold(house)
    return house


def class_of(house: House) -> classes.TrainingClass:
    found: classes.TrainingClass = house.load(CLASS, classes.evolve)
    return found


def begin(house: House, rows: int = 2, list_sha256: str = LIST) -> Roster:
    return going(open_roster(house.ledger, CLASS, rows=rows, list_sha256=list_sha256, actor=OFFICER, role="registrar",
                             now_ms=1_760_000_000_000, chunk=1))


def resume(house: House, list_sha256: str = LIST) -> Roster | Refusal:
    return resume_roster(house.ledger, CLASS, list_sha256=list_sha256, actor=OFFICER, role="registrar")


def going(roster: Roster | Refusal) -> Roster:
    assert isinstance(roster, Roster), roster
    return roster


def done(outcome: Receipt | Refusal) -> Receipt:
    assert isinstance(outcome, Receipt), outcome
    return outcome


def row(number: int, person: PersonId, card_number: str | None = None) -> RegisterRow:
    return RegisterRow(claim=ClaimId(f"clm_{number}"), person=person, on=DAY, role="registrar", days_half=4,
                       ruling=RULING, year=2026, card_number=card_number)


def standing(house: House, number: int) -> claims.Claim | None:
    found: claims.Claim | None = house.load(f"clm_{number}", claims.evolve)
    return found


def test_rows_count_when_the_roster_is_closed_and_class_and_act_say_so_together(house: House) -> None:
    roster = begin(house)
    assert class_of(house).open_roster is not None
    done(roster.write([row(1, LI, "2026-017")]))
    done(roster.write([row(2, WANG)]))
    assert (roster.rows_next, standing(house, 1)) == (0, None)
    closed = done(roster.close())

    assert len(closed.positions) == 2, "one append says it of the class and of the act"
    assert [one.status for one in class_of(house).rosters] == ["closed"]
    first = standing(house, 1)
    assert first is not None and first.is_registered
    assert first.study.training_class == CLASS
    assert check(house).holds


def test_a_roster_that_was_killed_in_the_middle_is_gone_on_with_by_its_own_list(tmp_path: Path) -> None:
    lived_in(tmp_path / "house").close()

    def child() -> None:
        killed = open_house(tmp_path / "house")
        begin(killed).write([row(1, LI)])
        os.kill(os.getpid(), signal.SIGKILL)

    assert ended(child) == -signal.SIGKILL

    house = open_house(tmp_path / "house")
    other = resume(house, "e" * 64)
    assert isinstance(other, Refusal) and other.code == "list_changed"
    roster = going(resume(house))
    assert (roster.act.rows_done, roster.rows_next) == (1, 1)
    done(roster.write([row(2, WANG)]))
    done(roster.close())
    assert [standing(house, number) is not None for number in (1, 2)] == [True, True]
    assert check(house).holds


def test_a_roster_that_is_given_up_registers_nobody_and_the_list_may_come_again(house: House) -> None:
    roster = begin(house)
    done(roster.write([row(1, LI, "2026-017")]))
    done(roster.abandon())

    assert standing(house, 1) is None
    assert [one.status for one in class_of(house).rosters] == ["abandoned"]
    again = begin(house, rows=1)
    done(again.write([row(3, LI, "2026-017")]))
    done(again.close())
    assert standing(house, 3) is not None
    assert check(house).holds


def test_a_roster_whose_act_was_given_up_by_itself_is_ended_after_it(house: House) -> None:
    roster = begin(house)
    done(Act(house.ledger, roster.act.id, OFFICE, list_sha256="").abandon())  # type: ignore[arg-type]

    closing = roster.close()
    assert isinstance(closing, Refusal) and closing.code == "act_ended"
    done(roster.abandon())
    assert class_of(house).open_roster is None
    assert check(house).holds


def test_of_two_who_open_a_roster_at_once_one_does(house: House) -> None:
    begin(house)
    second = open_roster(house.ledger, CLASS, rows=1, list_sha256="e" * 64, actor=OFFICER, role="registrar",
                         now_ms=1_760_000_000_001)

    assert isinstance(second, Refusal) and second.code == "roster_open"


def test_a_row_that_is_refused_leaves_its_whole_chunk_unwritten(house: House) -> None:
    roster = going(open_roster(house.ledger, CLASS, rows=2, list_sha256=LIST, actor=OFFICER, role="registrar",
                               now_ms=1_760_000_000_000))
    refused = roster.write([row(1, LI), row(2, PersonId("per_nobody"))])

    assert isinstance(refused, Refusal) and refused.code == "person_absent"
    assert house.store.version("clm_1") == 0
    assert roster.rows_next == 2


def test_no_row_is_written_to_a_roster_that_was_given_up_meanwhile(house: House) -> None:
    roster, other = begin(house, rows=1), going(resume(house))
    done(other.abandon())
    refused = roster.write([row(1, LI)])

    assert isinstance(refused, Refusal) and refused.code == "roster_not_open"


def test_a_card_number_of_an_organiser_stands_on_one_row_until_its_roster_is_given_up(house: House) -> None:
    """P 15, D01: held at once, also before the roster is closed; whatever is given up holds nothing."""
    first = begin(house, rows=1)
    done(first.write([row(1, LI, "2026-017")]))
    done(first.abandon())
    second = begin(house, rows=2, list_sha256="c" * 64)
    done(second.write([row(2, LI, "2026-017")]))
    with pytest.raises(NameTaken) as taken:
        second.write([row(3, WANG, "2026-017")])

    assert taken.value.kind == "roster_card"
    assert check(house).holds


# Cards


def issue(house: House, card: str, person: PersonId, number: str) -> None:
    command = cards.IssueCard(card=CardId(card), role="unit_reviewer", number=number, attended_half=4,
                              hours_centi=1_600, result="passed")
    house.record(cards.decide_card_issue(
        house.load(card, cards.evolve), command, class_of(house), house.person(person), house.actor(CLERK)),
        by=ORGANISER)


def test_a_number_stands_on_one_card_and_a_person_has_one_of_a_class_until_it_is_voided(house: House) -> None:
    """P 15, D01."""
    issue(house, "crd_1", LI, "2026-017")
    with pytest.raises(NameTaken) as same_number:
        issue(house, "crd_2", WANG, "2026-017")
    with pytest.raises(NameTaken) as second_card:
        issue(house, "crd_2", LI, "2026-018")
    assert (same_number.value.kind, second_card.value.kind) == ("card_number", "class_card")

    void = cards.VoidCard(role="unit_reviewer", words="姓名印错")
    house.record(cards.decide_card_voiding(
        house.load("crd_1", cards.evolve), void, house.person(LI), house.actor(CLERK)), by=ORGANISER)
    issue(house, "crd_2", LI, "2026-018")
    with pytest.raises(NameTaken):
        issue(house, "crd_3", WANG, "2026-017")
    assert house.ledger.find(card_name(WORKS, "2026-017")) == "crd_1"
    assert check(house).holds


def test_no_card_number_stands_in_clear_in_the_file(house: House) -> None:
    issue(house, "crd_1", LI, "CARD-NUMBER-2026-017")
    done((roster := begin(house, rows=1)).write([row(1, LI, "CARD-NUMBER-2026-017")]))
    done(roster.close())
    house.close()

    stored = b"".join(path.read_bytes() for path in house.folder.glob("ledger.db*"))
    assert b"CARD-NUMBER" not in stored
    assert b"cls_1" in stored, "what is looked for is read as it is written"


def test_a_row_rests_on_its_person_as_read_before_unless_that_has_moved(house: House) -> None:
    before = {LI: house.ledger.load_free(LI, persons.evolve), WANG: house.ledger.load_free(WANG, persons.evolve)}
    roster = begin(house)
    restricted = persons.RestrictPerson(role="registrar", basis="consent_withdrawn")
    house.record(persons.decide_restriction(house.person(WANG), restricted, house.actor(OFFICER)), by=OFFICE)

    done(roster.write([row(1, LI)], before))
    refused = roster.write([row(2, WANG)], before)
    assert isinstance(refused, Refusal) and refused.code == "person_restricted"
    lifted = persons.LiftRestriction(role="registrar", basis="consent_given")
    house.record(persons.decide_restriction_lift(house.person(WANG), lifted, house.actor(OFFICER)), by=OFFICE)
    done(roster.write([row(2, WANG)], before))
    done(roster.close())
    assert standing(house, 2) is not None and check(house).holds
