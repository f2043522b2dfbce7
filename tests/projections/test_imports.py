"""An import is answered as it stood, and a file leads to what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from projection_kit import BY, DETAILS, NINGBO, House, exam, living

from ledger.acts.running import Act, open_act
from ledger.errors import Refusal
from ledger.events.imports import ImportId
from ledger.events.source import Source
from ledger.stores.append import NameTaken
from ledger.streams import claim_review as review
from ledger.streams import imports as decisions
from ledger.streams import person as persons
from ledger.vocabulary import ClaimId
from projections.files.rebuilding import compare
from projections.imports import Imports, import_of, import_of_file, imports

FILE, ROLE = "e" * 64, "human_resources"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def opened(house: House, file_sha256: str = FILE, system: str = "ningbo", rows: int = 2) -> ImportId:
    batch = ImportId(house.new("imp"))
    command = decisions.OpenImport(batch=batch, role=ROLE, system=system, file_sha256=file_sha256, rows=rows,
                                   starts=date(2021, 1, 1), ends=date(2021, 12, 31), region="330200")
    house.record(decisions.decide_import_opening(None, command, None, house.officer))
    return batch


def closed(house: House, batch: ImportId, act: Act | None = None, accepted: int = 0, rejected: int = 2) -> int:
    command = decisions.CloseImport(role=ROLE, accepted=accepted, rejected=rejected, duplicates=0,
                                    result_sha256="9" * 64, act=None if act is None else act.id)
    state = None if act is None else act.state
    return house.record(decisions.decide_import_closing(
        house.load(batch, decisions.evolve), command, state, house.officer))[0]


def reconciled(house: House, batch: ImportId, differences: int, snapshot: str) -> int:
    command = decisions.ReconcileImport(role=ROLE, snapshot_sha256=snapshot * 64, snapshot_on=date(2022, 1, 31),
                                        compared=2, differences=differences)
    return house.record(decisions.decide_reconciliation(
        house.load(batch, decisions.evolve), command, house.officer))[-1]


def test_an_import_is_told_from_its_opening_to_its_last_comparison(house: House) -> None:
    batch = opened(house)
    first = house.size
    end = closed(house, batch)
    compared = [reconciled(house, batch, 1, "7"), reconciled(house, batch, 0, "6")]
    answers = house.followed()

    then, now = import_of(answers, batch, as_of=first), import_of(answers, batch)
    assert then is not None and now is not None
    assert (then.status, then.closed, then.reconciliations) == ("open", None, ())
    assert now.closed is not None and (now.closed.rejected, now.closed.result_sha256) == (2, "9" * 64)
    assert [(one.differences, one.event) for one in now.reconciliations] == [(1, compared[0]), (0, compared[1])]
    assert now.events == (first, end, *compared)
    assert import_of(answers, batch, as_of=first - 1) is None


def test_the_same_file_leads_to_the_import_that_took_it(house: House) -> None:
    batch = opened(house)
    closed(house, batch)
    with pytest.raises(NameTaken) as taken:
        opened(house)
    assert taken.value.kind == "import_file"
    other = opened(house, system="wenzhou")  # Another system's file of the same bytes is another file.
    answers = house.followed()

    found = import_of_file(answers, "ningbo", FILE)
    assert found is not None and (found.batch, found.status) == (batch, "closed")
    again = import_of_file(answers, "wenzhou", FILE)
    assert again is not None and again.batch == other
    assert import_of_file(answers, "ningbo", "f" * 64) is None


def test_a_file_that_was_given_up_may_come_again(house: House) -> None:
    batch = opened(house)
    command = decisions.AbandonImport(role=ROLE, why="wrong_period")
    house.record(decisions.decide_import_abandonment(house.load(batch, decisions.evolve), command, house.officer))
    again = opened(house)
    answers = house.followed()

    given_up, found = import_of(answers, batch), import_of_file(answers, "ningbo", FILE)
    assert given_up is not None and (given_up.status, given_up.why) == ("abandoned", "wrong_period")
    assert found is not None and found.batch == again


def test_rows_come_into_force_with_the_import_and_each_only_once_for_ever(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    batch = opened(house)
    act = open_act(house.ledger, kind="import", rows=2, list_sha256="8" * 64, by=BY, now_ms=1, chunk=1)
    assert isinstance(act, Act)
    row(house, act, person, "r-1")
    with pytest.raises(NameTaken) as taken:
        row(house, act, person, "r-1")
    assert taken.value.kind == "source"
    row(house, act, person, "r-2")
    assert house.year(person, 2021)["evaluated"]["total"] == "0"
    closed(house, batch, act, accepted=2, rejected=0)
    answers = house.followed()

    assert house.total(person, 2021) == ("12", "12")
    found = import_of(answers, batch)
    assert found is not None and found.closed is not None and found.closed.act == act.id


def row(house: House, act: Act, person: str, record: str) -> None:
    """A row of an import, submitted and approved at once."""
    known = house.load(person, persons.evolve)
    study = exam("2021-03-01")
    submission = review.SubmitClaim(
        claim=ClaimId(house.new("clm")), person=known.person, on=date(2022, 12, 31), study=study, details=DETAILS,
        origin="import", role="sector_authority", steps=("sector_authority",),
        source=Source(system="ningbo", record=record, version="1"))
    command = review.RegisterClaim(submission=submission, ruling=house.ruling(known.person, study), year=2021)
    decision = review.decide_registration(None, command, known, house.officer)
    assert not isinstance(decision, Refusal), decision
    house.record(decision, act=act)


def test_imports_are_listed_by_system_in_pages_and_built_at_once_are_the_same(house: House) -> None:
    made = [opened(house, file_sha256=digit * 64) for digit in "123"]
    opened(house, system="wenzhou")
    closed(house, made[0])
    answers = house.followed()
    page = imports(answers, system="ningbo", limit=2)
    rest = imports(answers, system="ningbo", limit=2, after=page.next, as_of=page.as_of)  # type: ignore[arg-type]

    assert [one.batch for one in (*page.items, *rest.items)] == made
    assert rest.next is None
    newest = imports(answers, system="ningbo", limit=2, newest_first=True)
    assert [one.batch for one in newest.items] == [made[2], made[1]]
    last = imports(answers, system="ningbo", limit=2, after=newest.next, newest_first=True)  # type: ignore[arg-type]
    assert [one.batch for one in last.items] == [made[0]]
    found = compare(house.ledger, house.folder / "answers", Imports(), lambda done, total: None)
    assert found.holds and found.stands.position == house.size
