"""The desk of a case as answers: members, notes, requests, bulk acts and what followed, as of then; rebuilt alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from exam_kit import ROLE, in_case, open_case
from projection_kit import NINGBO, House, exam, living

from ledger.acts.case_bulk import Bulk, open_bulk
from ledger.events.actor import Scope
from ledger.events.case import CaseId, Chosen
from ledger.streams import case as cases
from ledger.streams import case_bulk as bulks
from ledger.streams import case_work as work
from ledger.streams.case_bulk import Deed
from ledger.vocabulary import ActId, ActorId, ClaimId
from projections.case_desk_reading import bulks_of, followed_of, notes_of, overdue, requests_of
from projections.case_entries import chosen_claims
from projections.cases import Cases, case_of, is_named, named_in
from projections.files.rebuilding import compare

OFFICE = Scope(role=ROLE, region="3302")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def entries(house: House, count: int) -> tuple[ClaimId, ...]:
    unit = house.unit(NINGBO, "industry")
    return tuple(house.registered(house.person(unit=unit), exam(f"2021-03-0{number + 1}")) for number in range(count))


def begun(house: House, case: CaseId, deed: Deed, claims: tuple[ClaimId, ...], act: str = "act_1") -> Bulk:
    command = bulks.OpenBulk(
        role=ROLE, act=ActId(act), deed=deed, words="核查", claims=claims, list_sha256="d" * 64, chunk=2,
        versions=tuple(house.ledger.store.version(one) for one in claims), basis="falsified",
        chosen=Chosen(training_class="cls_1"))
    bulk = open_bulk(house.ledger, case, command, actor=ActorId(house.officer.actor))
    assert isinstance(bulk, Bulk), bulk
    return bulk


def write(bulk: Bulk) -> None:
    while bulk.rows_next:
        bulk.write()


def does(house: House, case: CaseId, decide: Any, command: Any) -> int:
    return in_case(house, case, decide, command)


def test_what_was_asked_for_is_open_then_overdue_then_complete(house: House) -> None:
    case = open_case(house, entries(house, 1))
    ask = work.RequestMaterial(role=ROLE, source="某学院", what="签到原件", due=date(2026, 1, 15), party="unt_1")
    asked = does(house, case, work.decide_request, ask)
    received = does(house, case, work.decide_receipt, work.ReceiveMaterial(
        role=ROLE, number=1, files=("a" * 64,), is_complete=False))
    does(house, case, work.decide_request, ask)
    does(house, case, work.decide_request_end, work.EndRequest(
        role=ROLE, number=2, why="withdrawn", words="已另行取得"))
    answers = house.followed()

    first, second = requests_of(answers, case)
    assert (first.status, first.received, first.files, first.event) == ("open", (received,), ("a" * 64,), asked)
    assert (second.status, first.party) == ("withdrawn", "unt_1")
    assert [first.is_overdue("2026-01-15"), first.is_overdue("2026-01-16"), second.is_overdue("2027-01-01")] == [
        False, True, False]
    assert [one.number for one in overdue(answers, house.officer.actor, "2026-02-01")] == [1]
    assert overdue(answers, house.officer.actor, "2026-01-15") == overdue(answers, "acr_nobody", "2026-02-01") == []
    assert requests_of(answers, case, as_of=asked)[0].received == ()


def test_the_rows_of_an_act_follow_when_it_is_closed_and_not_before(house: House) -> None:
    claims = entries(house, 3)
    case = open_case(house, claims)
    bulk = begun(house, case, Deed.HOLD, claims)
    write(bulk)
    answers = house.followed()
    (going,) = bulks_of(answers, case)
    assert (going.state, going.rows, going.effect, going.chosen) == ("open", 3, "hold", {"training_class": "cls_1"})
    assert (followed_of(answers, case).items, named_in(answers, case, "held").items) == ((), ())

    bulk.close()
    answers = house.followed()
    first = followed_of(answers, case, limit=2)
    rest = followed_of(answers, case, limit=2, after=first.next)  # type: ignore[arg-type]
    assert [(one.what, one.about, one.act) for one in (*first.items, *rest.items)] == [
        ("held", one, "act_1") for one in claims]
    assert (rest.next, named_in(answers, case, "held").items) == (None, claims)
    (closed,) = bulks_of(answers, case)
    assert (closed.state, closed.opened_event) == ("closed", going.opened_event)
    assert bulks_of(answers, case, as_of=going.opened_event)[0].state == "open"
    assert [one.status for one in answers.claim(claims[0])][-1] == "frozen"


def test_what_was_given_up_and_what_was_revoked_and_restored_is_told(house: House) -> None:
    claims = entries(house, 2)
    case = open_case(house, claims)
    find = cases.RecordFinding(role=ROLE, finding=cases.Finding.SUBSTANTIATED, words="属实")
    does(house, case, cases.decide_finding, find)
    given_up = begun(house, case, Deed.REVOKE, claims)
    given_up.write()
    given_up.abandon("名单有误")
    bulk = begun(house, case, Deed.REVOKE, claims, "act_2")
    write(bulk)
    bulk.close()
    answers = house.followed()

    assert [(one.act, one.state) for one in bulks_of(answers, case)] == [("act_1", "abandoned"), ("act_2", "closed")]
    assert [one.what for one in followed_of(answers, case).items] == ["revoked", "revoked"]
    assert followed_of(answers, case, act="act_1").items == ()


def test_notes_members_deadline_and_findings_move_the_version_of_a_case(house: House) -> None:
    (claim,) = entries(house, 1)
    case = open_case(house, (claim,))
    note = does(house, case, work.decide_note, work.AddNote(role=ROLE, words="记"))
    does(house, case, work.decide_deadline, work.SetDeadline(role=ROLE, due=date(2027, 1, 31), words="待鉴定"))
    does(house, case, work.decide_findings, work.TakeFindings(role=ROLE, findings=("fnd_1",)))
    answers = house.followed()
    found = case_of(answers, case)

    assert found is not None
    assert (found.members, found.due, found.taken) == ((house.officer.actor,), "2027-01-31", ("fnd_1",))
    assert len(found.events) == house.ledger.store.version(case) == 5
    assert [(one.event, one.actor) for one in notes_of(answers, case)] == [(note, house.officer.actor)]
    assert (is_named(answers, case, claim), is_named(answers, case, "clm_0", None)) == (True, False)


def test_entries_are_chosen_within_a_scope_by_what_they_have_in_common(house: House) -> None:
    claims = entries(house, 3)
    answers = house.followed()

    def chosen(*scopes: Scope, among: tuple[str, ...] | None = None, **by: Any) -> list[ClaimId]:
        return chosen_claims(answers, Chosen(**by), scopes or (OFFICE,), among=among, most=100)

    assert chosen() == sorted(claims)
    assert chosen(Scope(role=ROLE, region="3303")) == []
    assert chosen(Scope(role=ROLE, region="33", sector="environment")) == []
    assert chosen(among=claims[:2]) == sorted(claims[:2])
    assert chosen(decided_from=date(2099, 1, 1)) == []
    assert chosen(decided_until=date(2099, 1, 1)) == sorted(claims)
    assert chosen(organiser="unt_nobody") == []
    assert len(chosen_claims(answers, Chosen(), (OFFICE,), most=1)) == 2, "one more, so that too many are told"


def test_a_rebuilt_copy_holds_the_same(house: House) -> None:
    claims = entries(house, 3)
    case = open_case(house, claims[:2])
    does(house, case, work.decide_note, work.AddNote(role=ROLE, words="记"))
    bulk = begun(house, case, Deed.HOLD, claims[:2])
    write(bulk)
    bulk.close()
    house.followed()

    found = compare(house.ledger, house.folder / "answers", Cases(), lambda done, total: None)
    assert found.holds and found.stands.position == house.size
