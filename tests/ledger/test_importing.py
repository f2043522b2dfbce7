"""A file is taken in once for ever, also by a crowd; its rows come into force with it or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from ledger_kit import BY, LI, OFFICER, RULING, WANG, House, check, open_house, settle, submission
from msgspec.structs import replace

from ledger.acts.hands import decide_upon
from ledger.acts.imports import open_import
from ledger.acts.running import Act, open_act
from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.imports import ImportId
from ledger.events.source import Source, record_name, version_name
from ledger.events.study import StudyDetails
from ledger.stores.append import NameTaken, Receipt
from ledger.streams import claim as claims
from ledger.streams.claim_register import CorrectClaim, decide_correction
from ledger.streams.claim_review import RegisterClaim, decide_registration
from ledger.streams.imports import (
    AbandonImport,
    CloseImport,
    Import,
    OpenImport,
    ReconcileImport,
    Status,
    decide_import_abandonment,
    decide_import_closing,
    decide_reconciliation,
)
from ledger.streams.imports import evolve as evolve_import
from ledger.vocabulary import ClaimId, PersonId

ROLE, FILE = "registrar", "e" * 64


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = open_house(tmp_path / "house")
    settle(house)
    return house


def command(number: int, file_sha256: str = FILE) -> OpenImport:
    return OpenImport(batch=ImportId(f"imp_{number}"), role=ROLE, system="ningbo", file_sha256=file_sha256, rows=3,
                      starts=date(2025, 1, 1), ends=date(2025, 12, 31), region="330200")


def opened(house: House, number: int = 1) -> Import:
    found = open_import(house.ledger, command(number), actor=OFFICER)
    assert isinstance(found, Import), found
    return found


def act_of(house: House, rows: list[tuple[str, PersonId]]) -> Act:
    """An act with these records of the source written as rows."""
    act = open_act(house.ledger, kind="import", rows=len(rows), list_sha256="8" * 64, by=BY,
                   now_ms=1_760_000_000_000, chunk=1)
    assert isinstance(act, Act)
    for record, person in rows:
        written = act.write(row(house, record, person), rows=1)
        assert not isinstance(written, Refusal), written
    return act


def row(house: House, record: str, person: PersonId, version: str = "1", claim: str = "") -> tuple[Draft, ...]:
    name = ClaimId(claim or f"clm_{record}_{version}")
    put = submission(name, person, name, origin="import", role=ROLE, steps=(ROLE,),
                     source=Source(system="ningbo", record=record, version=version))
    decided = decide_registration(None, RegisterClaim(submission=put, ruling=RULING, year=2026),
                                  house.person(person), house.actor(OFFICER))
    assert not isinstance(decided, Refusal), decided
    return decided


def closing(act: Act | None, accepted: int) -> CloseImport:
    return CloseImport(role=ROLE, accepted=accepted, rejected=1, duplicates=2 - accepted, result_sha256="9" * 64,
                       act=None if act is None else act.id)


def close(house: House, batch: Import, command: CloseImport) -> Receipt | Refusal:
    return decide_upon(house.ledger, batch.batch, evolve_import, OFFICER, ROLE,
                       lambda known, rows, by: decide_import_closing(known, command, rows, by), act=command.act)


def code(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def test_rows_come_into_force_with_the_closing_of_their_import(house: House) -> None:
    batch = opened(house)
    act = act_of(house, [("r1", LI), ("r2", WANG)])
    assert house.load("clm_r1_1", claims.evolve) is None
    done = close(house, batch, closing(act, 2))

    assert isinstance(done, Receipt) and len(done.positions) == 2, "one append says it of the import and of the act"
    assert house.load("clm_r1_1", claims.evolve).is_registered
    assert house.load(batch.batch, evolve_import).status is Status.CLOSED
    assert check(house).holds


def test_the_same_file_is_answered_with_what_became_of_it(house: House) -> None:
    batch = opened(house)
    again = open_import(house.ledger, command(2), actor=OFFICER)
    assert isinstance(again, Refusal)
    assert (again.code, again.seen) == ("file_imported", {"batch": "imp_1", "status": "open", "rows": 3})
    close(house, batch, closing(None, 0))

    for number in (3, 4):
        later = open_import(house.ledger, command(number), actor=OFFICER)
        assert isinstance(later, Refusal)
        assert later.seen == {"batch": "imp_1", "status": "closed", "rows": 3, "accepted": 0, "rejected": 1,
                              "duplicates": 2, "result_sha256": "9" * 64}
        assert house.store.version(f"imp_{number}") == 0


def test_of_a_crowd_with_one_file_one_takes_it_in_and_every_other_is_told_which(house: House) -> None:
    with ThreadPoolExecutor(8) as crowd:
        outcomes = list(crowd.map(
            lambda number: open_import(house.ledger, command(number), actor=OFFICER), range(16)))
    (taken,) = [one for one in outcomes if isinstance(one, Import)]

    refused = [one for one in outcomes if isinstance(one, Refusal)]
    assert {(one.code, one.seen["batch"]) for one in refused} == {("file_imported", taken.batch)}
    assert len(refused) == 15


def test_a_file_that_was_given_up_is_taken_in_again(house: House) -> None:
    batch = opened(house)
    given_up = decide_import_abandonment(batch, AbandonImport(role=ROLE, why="wrong_period"), house.actor(OFFICER))
    assert not isinstance(given_up, Refusal), given_up
    house.record(given_up)

    assert opened(house, 2).batch == "imp_2"
    assert check(house).holds


def test_a_record_that_changed_in_its_source_is_corrected_by_its_next_version_and_never_stands_twice(
    house: House,
) -> None:
    """P 14, AMB-05: corrections go back to the source."""
    act = act_of(house, [("r1", LI)])
    act.close()
    with pytest.raises(NameTaken) as taken:
        house.record(row(house, "r1", LI, claim="clm_again"))
    assert taken.value.kind == "source"
    with pytest.raises(NameTaken) as taken:
        house.record(row(house, "r1", LI, version="2"))
    assert taken.value.kind == "source_record"
    known = house.load("clm_r1_1", claims.evolve)
    newer = CorrectClaim(role=ROLE, study=replace(known.study, hours_centi=200), details=StudyDetails(title="-"),
                         ruling=RULING, year=2026, source=Source(system="ningbo", record="r1", version="2"))
    decided = decide_correction(known, newer, house.person(LI), house.actor(OFFICER))
    assert not isinstance(decided, Refusal)
    house.record(decided)
    assert house.load("clm_r1_1", claims.evolve).study.hours_centi == 200
    found = (version_name(Source(system="ningbo", record="r1", version="2")), record_name("ningbo", "r1"))
    assert {house.ledger.find(name) for name in found} == {"clm_r1_1"}
    assert check(house).holds


def test_an_import_is_compared_and_its_counts_have_to_add_up(house: House) -> None:
    batch = opened(house)
    compare = ReconcileImport(role=ROLE, snapshot_sha256="7" * 64, snapshot_on=date(2026, 6, 30), compared=3,
                              differences=1)
    assert code(decide_reconciliation(batch, compare, house.actor(OFFICER))) == "import_not_closed"
    act = act_of(house, [("r1", LI)])
    assert code(close(house, batch, closing(act, 2))) == "act_differs"
    assert isinstance(close(house, batch, closing(act, 1)), Receipt)
    compared = decide_reconciliation(house.load(batch.batch, evolve_import), compare, house.actor(OFFICER))
    assert not isinstance(compared, Refusal), compared
    house.record(compared)
    again = decide_reconciliation(house.load(batch.batch, evolve_import), compare, house.actor(OFFICER))
    assert code(again) == "already_reconciled"
    assert check(house).holds
