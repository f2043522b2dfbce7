"""D15: where the ledger contradicts what it says itself; and what only looks like it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pattern_kit import Register, kept, paper, training
from projection_kit import seminar

from ledger.events.base import Draft
from ledger.events.source import Source
from ledger.events.training import ClassRosterClosed, ClassRosterOpened
from projections.files.reader import Reader
from projections.findings.findings_file import FindingsFile


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    """The clock stands on 2026-01-01."""
    with kept(tmp_path) as register:
        yield register


def test_evidence_and_papers_of_a_day_that_had_not_come_are_found(register: Register) -> None:
    person = register.person()
    early = register.house.submit(person, training("2026-01-05", "2026-01-08", 8), on="2026-12-31")
    shown = register.claim(person, training("2022-03-01", "2022-03-01", 2), paper("ab", issued_on="2026-02-01"))
    register.house.submit(person, training("2026-01-02", "2026-01-02", 2), on="2026-12-31")  # Of the next day.

    found = {one.claims: one.figures for one in register.asked("D15", person)}
    assert found == {
        (early,): {"what": "later", "which": "evidence", "said": "2026-01-08", "found": "2026-01-01", "days": 7},
        (shown,): {"what": "later", "which": "paper", "said": "2026-02-01", "found": "2026-01-01", "days": 31}}


def test_a_source_that_had_recorded_it_before_it_could_is_found(register: Register) -> None:
    person, study = register.person(), training("2022-03-01", "2022-03-01", 2)
    for record, at in (("r1", "2026-01-09T08:00:00+08:00"), ("r2", "2025-12-31T08:00:00+08:00"), ("r3", None)):
        register.registered(person, study, origin="import",
                            source=Source(system="ningbo", record=record, version="1", recorded_at=at))
    (one,) = register.asked("D15", person)
    assert (one.figures["which"], one.figures["days"], one.counter) == ("source", 8, {"by_hand": 0})


def test_a_newer_version_of_a_record_is_a_correction_and_nothing_odd(register: Register) -> None:
    person, study = register.person(), training("2022-03-01", "2022-03-01", 2)
    claim = register.registered(person, study, origin="import", source=Source(system="n", record="r", version="1"))
    register.correct(claim, training("2022-03-01", "2022-03-02", 4), Source(system="n", record="r", version="2"))
    assert register.asked("D15", person) == []


@pytest.mark.parametrize(("said", "is_found"), [(2, True), (1, False)])
def test_a_roster_that_closed_with_other_rows_than_it_said_is_found(
    register: Register, said: int, is_found: bool
) -> None:
    house, organiser = register.house, register.unit
    act = house.roster(1)
    of = {"training_class": "cls_1", "organiser": organiser, "act": act.id}
    house.record((Draft(ClassRosterOpened(**of, rows=said, list_sha256="a" * 64)),))
    house.row(act, register.person(), seminar("2022-03-01"))
    act.close()
    house.record((Draft(ClassRosterClosed(**of, rows=said)),))
    register.asked("D15")
    rows = Reader(FindingsFile(), register.folder).rows("SELECT figures, organisers FROM finding")
    assert rows == ([('{"what":"rows","said":2,"found":1}', f'["{organiser}"]')] if is_found else [])
