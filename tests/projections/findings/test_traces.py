"""Traces hold what the patterns compare, as of now and as of before, and nothing that is sealed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pattern_kit import Register, kept, paper, training
from projection_kit import DETAILS, NINGBO, seminar

from ledger.events.source import Source
from ledger.streams import claim as claims
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from projections.files.batch import read_batch
from projections.files.build import opened
from projections.files.places import path_of
from projections.findings.tables import TABLES
from projections.findings.traces import Traces


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    with kept(tmp_path) as register:
        yield register


def held(register: Register, table: str, **key: Any) -> list[dict[str, Any]]:
    """The rows of a table that hold, once everything was followed."""
    with closing(sqlite3.connect(followed(register))) as connection:
        connection.row_factory = sqlite3.Row
        where = " AND ".join(["to_position IS NULL", *(f"{name} = :{name}" for name in key)])
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY rowid", key)]


def followed(register: Register) -> Path:
    """The file of traces, as far as the log goes."""
    path = path_of(register.folder, Traces())
    register.folder.mkdir(exist_ok=True)
    with closing(opened(Traces(), path, register.house.ledger)) as file:
        while batch := read_batch(register.house.ledger, file.position):
            file.apply(batch, register.house.ledger)
    return path


def test_an_entry_is_a_row_with_what_was_said_and_how_it_stands(register: Register) -> None:
    house, person = register.house, register.person()
    claim = register.claim(person, training("2022-03-01", "2022-03-03", 6, organiser="甬江学会"),
                           paper("a"), paper("b", kind="notice"), paper("a", kind="notice"))
    state = house.load(claim, claims.evolve)
    house.record(review.decide_approval(state, review.ApproveClaim(
        role=state.step_due, ruling=house.ruling(person, state.study), year=2022,
        opened_evidence=("a" * 64, "c" * 64)), house.load(person, persons.evolve), house.officer))

    (one,) = held(register, "claim")
    assert (one["person"], one["category"], one["route"], one["level"]) == (
        person, "professional", "training", "municipal")
    assert (one["starts"], one["ends"], one["days_half"], one["evidence_on"], one["year"]) == (
        "2022-03-01", "2022-03-03", 6, "2022-03-03", 2022)
    assert (one["region"], one["sector"], one["unit"]) == (NINGBO, "industry", register.unit)
    assert one["organiser"] == "甬江学会"
    assert (one["status"], one["decided_by"], one["due_at"]) == ("approved", "acr_officer", None)
    assert one["submitted_event"] + 1 == one["decided_event"] == house.size
    assert (one["since_position"], one["from_position"]) == (house.size - 1, house.size), "before, it was under review"
    shown = {row["sha256"][0]: row["kind"] for row in held(register, "paper")}
    assert shown == {"a": "certificate", "b": "notice"}
    (step,) = held(register, "step")
    assert (step["what"], step["claim"]) == ("approved", claim)
    assert (step["papers"], step["opened"]) == (2, 1), "a paper is counted once, and only what is shown can be opened"
    assert step["waited"] == one["decided_at"] - one["submitted_at"] > 0


def test_a_claim_that_is_decided_goes_on_unless_it_is_attributed_to_another_year(register: Register) -> None:
    house, person = register.house, register.person()
    claim = house.registered(person, seminar("2022-03-01"))
    house.revoke(claim)
    with closing(sqlite3.connect(followed(register))) as connection:
        assert connection.execute("SELECT status FROM claim ORDER BY from_position").fetchall() == [
            ("approved",), ("revoked",)]

    later = register.claim(person, training("2022-12-30", "2023-01-02", 6))
    state = house.load(later, claims.evolve)
    house.record(review.decide_approval(state, review.ApproveClaim(
        role=state.step_due, ruling=house.ruling(person, state.study), year=2022),
        house.load(person, persons.evolve), house.officer))
    assert [row["year"] for row in held(register, "claim", claim=later)] == [2022]
    with closing(sqlite3.connect(followed(register))) as connection:
        years = connection.execute("SELECT year FROM claim WHERE claim = ? ORDER BY from_position", (later,)).fetchall()
    assert years == [(2023,), (2022,)]


def test_what_moves_registered_hours_says_which_stood_before_it_and_after_it(register: Register) -> None:
    house, person = register.house, register.person()
    claim = house.registered(person, seminar("2022-03-01"))
    house.correct(claim, seminar("2022-03-01", days_half=4))
    house.revoke(claim)
    house.reinstate(claim)

    moved = [(row["what"], row["centi_before"], row["centi_after"], row["year_before"], row["year_after"])
             for row in held(register, "change")]
    assert moved == [("corrected", 2_400, 1_200, 2022, 2022), ("revoked", 1_200, 0, 2022, 2022),
                     ("reinstated", 0, 1_200, 2022, 2022)]
    assert [row["what"] for row in held(register, "step")] == ["approved", "corrected", "revoked", "reinstated"]
    (one,) = held(register, "claim")
    assert (one["assessed_centi"], one["status"]) == (1_200, "approved")


def test_a_paper_that_is_shown_again_is_as_old_as_it_is_and_one_that_is_not_is_shown_no_more(
    register: Register,
) -> None:
    person = register.person()
    claim = register.claim(person, training("2022-03-01", "2022-03-01", 2), paper("a"), paper("b"))
    first = register.house.size
    register.revise(claim, training("2022-03-01", "2022-03-01", 2), paper("a"), paper("c"))

    shown = {row["sha256"][0]: row["event"] for row in held(register, "paper")}
    assert shown == {"a": first, "c": first + 1}
    with closing(sqlite3.connect(followed(register))) as connection:
        before = connection.execute("SELECT substr(sha256, 1, 1) FROM paper WHERE from_position <= ? AND "
                                    "(to_position IS NULL OR to_position > ?) ORDER BY 1", (first, first)).fetchall()
    assert before == [("a",), ("b",)]


def test_rows_of_an_act_are_there_once_it_is_closed(register: Register) -> None:
    house, person = register.house, register.person()
    act = house.roster(1)
    house.row(act, person, seminar("2022-03-01"))
    assert held(register, "claim") == [] and held(register, "step") == []

    act.close()
    (one,) = held(register, "claim")
    assert one["act"] and one["origin"] == "batch" and one["from_position"] == house.size > one["submitted_event"]
    assert [row["from_position"] for row in held(register, "step")] == [house.size]


def test_an_affiliation_ends_where_the_next_begins_however_late_either_was_entered(register: Register) -> None:
    house = register.house
    person, other = register.person(starts="2018-01-01"), house.unit(NINGBO, "industry")
    house.affiliate(person, other, "2021-07-01")
    third = house.unit(NINGBO, "industry")
    house.affiliate(person, third, "2020-01-01")
    house.leave(person, other, "2022-05-31")

    spans = sorted((row["since"], row["until"], row["unit"]) for row in held(register, "affiliation", person=person))
    assert spans == [("2018-01-01", "2019-12-31", register.unit), ("2020-01-01", "2021-06-30", third),
                     ("2021-07-01", "2022-05-31", other)]
    assert held(register, "person", person=person)[0]["left_on"] == "2022-05-31"


def test_what_somebody_takes_back_is_no_decision(register: Register) -> None:
    claim = register.claim(register.person(), training("2022-03-01", "2022-03-01", 2))
    register.withdraw(claim)
    assert [row["status"] for row in held(register, "claim")] == ["withdrawn"]
    assert held(register, "step") == []
    assert {row["actor"] for row in held(register, "actor")} == {"acr_officer", "acr_colleague"}


def test_each_version_of_a_record_of_another_system_is_kept(register: Register) -> None:
    person, study = register.person(), training("2022-03-01", "2022-03-01", 2)
    source = Source(system="ningbo", record="r1", version="1")
    claim = register.registered(person, study, origin="import", source=source)
    register.correct(claim, training("2022-03-01", "2022-03-02", 4), Source(system="ningbo", record="r1", version="2"))

    versions = [(row["record"], row["version"], row["claim"]) for row in held(register, "source")]
    assert versions == [("r1", "1", claim), ("r1", "2", claim)]
    assert len({row["digest"] for row in held(register, "source")}) == 2
    assert held(register, "claim")[0]["source_system"] == "ningbo"


def test_nothing_that_is_sealed_stands_in_any_table(register: Register) -> None:
    person = register.person()
    claim = register.claim(person, training("2022-03-01", "2022-03-01", 2), certificate_issuer="发证中心",
                           certificate_number="XF2022-7788", authors=("张三丰",), device="设备甲乙", address="10.9.8.7")
    register.withdraw(claim)
    with closing(sqlite3.connect(followed(register))) as connection:
        for table in TABLES:
            told = repr(connection.execute(f"SELECT * FROM {table}").fetchall())
            for secret in (DETAILS.title, "智能制造", "李明", "XF2022", "发证中心", "张三丰", "设备甲", "10.9.8"):
                assert secret not in told, f"{table} tells {secret}"


def test_every_row_says_from_where_on_it_holds(register: Register) -> None:
    register.house.registered(register.person(), seminar("2022-03-01"))
    with closing(sqlite3.connect(followed(register))) as connection:
        for table, declared in TABLES.items():
            assert {"from_position", "to_position"} <= declared.every_column.keys(), table
            assert connection.execute(f"SELECT count(*) FROM {table} WHERE from_position IS NULL").fetchone() == (0,)
