"""A person's years: worked examples whose numbers can be redone by hand from the regulations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from projection_kit import (
    HANGZHOU,
    NINGBO,
    WENZHOU,
    House,
    any_book,
    claims_version,
    close_house,
    counted,
    course,
    exam,
    living,
    open_house,
    seminar,
)

from ledger.events.study import Ruling, Study
from ledger.streams import person as persons
from ledger.streams import person_career as careers
from ledger.vocabulary import Category
from projections.basis import axes_of, read_axes
from projections.belonging import belongings
from projections.errors import LawUnknown, UnknownYear
from projections.judging import judge


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


@pytest.fixture
def ningbo(house: House) -> Any:
    """Someone of a works in Ningbo."""
    return house.person(unit=house.unit(NINGBO, "industry"))


def test_every_number_leads_to_its_events_and_clauses(house: House, ningbo: Any) -> None:
    first = house.size + 1
    claim = house.registered(ningbo, seminar("2021-05-03"))
    answer = house.years(ningbo)
    (year,) = [one for one in answer["years"] if one["year"] == 2021]
    (entry,) = year["entries"]
    book = any_book("ningbo-industry/2019-01-01")

    assert entry["claim"] == claim
    assert entry["events"] == [first, first + 1]
    assert entry["decided"] == {
        "assessed": "24", "counted": "24", "status": "ruled", "rulebook": "ningbo-industry/2019-01-01",
        "digest": book.digest, "clauses": ["第六条（一）"], "flags": [], "event": first + 1,
    }
    assert entry["evaluated"]["clause"] == "第六条（一）"
    assert [step["step"] for step in entry["evaluated"]["why"]] == ["rate", "class_limit", "cap"]
    assert any(claim in step["arithmetic"] for step in year["evaluated"]["why"])
    assert (entry["date"], entry["days"], entry["title"]) == ("2021-05-03", "5", None)
    assert {one["rulebook"] for one in year["decided"]["minimums"]} == {
        "ningbo-industry/2019-01-01", "zhejiang/2016-08-01"}
    assert answer["affiliations"][0]["event"] == first - 1


def test_years_run_from_the_first_affiliation_to_the_last_entry(house: House, ningbo: Any) -> None:
    house.registered(ningbo, exam("2020-03-01"))

    assert [one["year"] for one in house.years(ningbo)["years"]] == [2018, 2019, 2020]


def test_a_year_asked_for_is_answered_also_when_it_is_empty(house: House, ningbo: Any) -> None:
    house.registered(ningbo, exam("2020-03-01"))

    assert house.year(ningbo, 2025)["evaluated"]["met"] is False
    assert house.years(ningbo, 2017)["years"] == []
    with pytest.raises(UnknownYear):
        house.years(ningbo, 2100)


def test_nobody_is_nobody(house: House) -> None:
    assert house.years("per_nobody") is None  # type: ignore[arg-type]


def test_before_its_approval_a_claim_is_in_no_year_and_after_it_is(house: House, ningbo: Any) -> None:
    claim = house.submit(ningbo, exam("2021-03-01"))
    before = house.size
    house.approve(claim)

    assert house.years(ningbo, as_of=str(before))["years"] == []
    assert house.total(ningbo, 2021) == ("6", "6")


def test_a_correction_counts_from_its_position_on(house: House, ningbo: Any) -> None:
    claim = house.registered(ningbo, exam("2021-03-01", subjects=1))
    before = house.size
    house.correct(claim, exam("2021-03-01", subjects=3))
    found = house.year(ningbo, 2021)

    assert house.total(ningbo, 2021, as_of=str(before)) == ("6", "6")
    assert house.total(ningbo, 2021) == ("18", "18")
    assert found["entries"][0]["decided"]["event"] == before + 1


def test_a_correction_may_move_an_entry_to_another_year(house: House, ningbo: Any) -> None:
    claim = house.registered(ningbo, exam("2021-03-01"))
    house.correct(claim, exam("2021-03-01"), year=2022)

    assert house.total(ningbo, 2021) == ("0", "0")
    assert house.total(ningbo, 2022) == ("6", "6")


def test_a_revocation_leaves_its_room_under_the_cap_to_another_entry(house: House, ningbo: Any) -> None:
    first, second = (house.registered(ningbo, seminar(day)) for day in ("2021-05-03", "2021-06-03"))
    capped = house.year(ningbo, 2021)
    house.revoke(first)
    freed = house.year(ningbo, 2021)

    # N 6(1): at most 36 a year in one route; 24 and what is left of it, 12.
    assert (counted(capped, first), counted(capped, second)) == (("24", "24"), ("12", "12"))
    assert (counted(freed, first), counted(freed, second)) == (("0", "0"), ("24", "24"))
    assert [entry["status"] for entry in freed["entries"]] == ["revoked", "approved"]
    assert freed["entries"][0]["decided"]["assessed"] == "24", "what was decided stays to be seen"
    assert freed["entries"][0]["evaluated"]["why"][0]["step"] == "revoked"
    assert not freed["differs"]


def test_what_is_reinstated_counts_again_in_its_old_place(house: House, ningbo: Any) -> None:
    first, second = (house.registered(ningbo, seminar("2021-05-03")) for _ in range(2))
    house.revoke(first)
    house.reinstate(first)
    found = house.year(ningbo, 2021)

    assert (counted(found, first), counted(found, second)) == (("24", "24"), ("12", "12"))


def test_a_frozen_entry_counts_and_says_so(house: House, ningbo: Any) -> None:
    claim = house.registered(ningbo, exam("2021-03-01"))
    house.freeze(claim)
    found = house.year(ningbo, 2021)

    assert found["entries"][0]["status"] == "frozen"
    assert house.total(ningbo, 2021) == ("6", "6")


def test_of_two_entries_of_one_occasion_the_greater_counts(house: House, ningbo: Any) -> None:
    small = house.registered(ningbo, exam("2021-03-01", 1, occasion="o1"))
    great = house.registered(ningbo, exam("2021-04-01", 2, occasion="o1"))
    found = house.year(ningbo, 2021)

    assert (counted(found, small), counted(found, great)) == (("0", "0"), ("12", "12"))
    assert found["entries"][0]["evaluated"]["status"] == "duplicate"
    assert great in found["entries"][0]["evaluated"]["why"][-1]["arithmetic"]


def test_a_back_dated_transfer_changes_the_law_from_its_date_on(house: House) -> None:
    works, station = house.unit(NINGBO, "industry"), house.unit(HANGZHOU, "environment")
    person = house.person(unit=works)
    early, late = house.registered(person, exam("2021-03-01")), house.registered(person, exam("2021-09-01"))
    before = house.size
    moved = house.affiliate(person, station, "2021-07-01")
    found = house.year(person, 2021)

    # N 6(8): 6 a subject. E 8(2): 30 an exam.
    assert house.total(person, 2021, as_of=str(before)) == ("12", "12")
    assert house.total(person, 2021) == ("12", "36")
    assert counted(found, early) == ("6", "6")
    assert counted(found, late) == ("6", "30")
    assert found["differs"]
    (difference,) = found["differences"]
    assert (difference["entry"], difference["decided"], difference["evaluated"]) == (late, "6", "30")
    assert "ningbo-industry/2019-01-01 第六条（八）" in difference["because"]
    assert "zhejiang-environment/2018-07-15" in difference["because"]
    assert "30" in difference["because"]
    affiliations = house.years(person)["affiliations"]
    assert [(one["from"], one["to"]) for one in affiliations] == [("2018-01-01", "2021-06-30"), ("2021-07-01", None)]
    assert affiliations[1]["event"] == moved
    assert {one["rulebook"] for one in found["evaluated"]["minimums"]} == {
        "zhejiang-environment/2018-07-15", "zhejiang/2016-08-01"}, "31 December decides what a year must hold"


def test_a_rulebook_enacted_later_is_the_law_then_only_of_positions_after_it(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    house.settle()
    house.enact("zhejiang/2016-08-01")
    enacted = house.size
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.registered(person, exam("2021-03-01"))
    before = house.size
    house.enact("ningbo-industry/2019-01-01")

    early = house.year(person, 2021, as_of=str(before))
    assert (early["decided"]["total"], early["evaluated"]["total"]) == ("6", "0")
    assert early["entries"][0]["evaluated"]["status"] == "unruled"
    assert [one["met"] for one in early["evaluated"]["minimums"][:2]] == [None, None], "it could still be filled"
    assert house.total(person, 2021) == ("6", "6")
    # law=now: what we knew then, under what is law now.
    assert house.total(person, 2021, as_of=str(before), law="now") == ("6", "6")
    basis = house.years(person, as_of=str(before), law="now")["basis"]
    assert (basis["as_of"], basis["log_size"]) == (before, house.size)
    assert [one["event"] for one in basis["rulebooks"]] == [before + 1, enacted]
    assert counted(house.year(person, 2021, law="set:zhejiang/2016-08-01"), claim) == ("6", "0")
    close_house(house)


def test_a_named_set_holds_exactly_these_drafts_included(house: House) -> None:
    person = house.person(unit=house.unit(HANGZHOU, "general"))
    house.registered(person, exam("2026-06-01"), ruling=Ruling(assessed_centi=0, status="unruled"))
    draft = any_book("hangzhou-credits/2025-06-06")

    answer = house.years(person, law=f"set:hangzhou-credits/2025-06-06,{draft.digest}")

    assert answer["basis"]["rulebooks"] == [{"id": draft.id, "digest": draft.digest, "event": None}]
    assert answer["years"][-1]["evaluated"]["total"] == "36"
    assert answer["years"][-1]["decided"]["total"] == "0"
    with pytest.raises(LawUnknown, match="nowhere/2020-01-01"):
        house.years(person, law="set:nowhere/2020-01-01")


def test_rows_of_an_open_act_count_nowhere_and_of_a_closed_one_from_its_closing(house: House, ningbo: Any) -> None:
    act = house.roster(2)
    house.row(act, ningbo, exam("2021-03-01"))
    house.row(act, ningbo, exam("2021-04-01"))
    open_at = house.size

    assert house.years(ningbo)["years"] == []
    closed_at = act.close().positions[0]
    assert house.total(ningbo, 2021) == ("12", "12")
    assert house.years(ningbo, as_of=str(open_at))["years"] == []
    found = house.year(ningbo, 2021, as_of=str(closed_at))
    assert [entry["events"] for entry in found["entries"]] == [
        [open_at - 5, open_at - 4], [open_at - 2, open_at - 1]], "the events where they stand"


def test_rows_of_an_abandoned_act_never_count(house: House, ningbo: Any) -> None:
    act = house.roster(2)
    claim = house.row(act, ningbo, exam("2021-03-01"))
    house.followed()
    act.abandon()

    assert house.years(ningbo)["years"] == []
    assert house.answers.claim(claim) == []


def test_an_act_that_is_open_over_a_restart_takes_effect_when_it_is_closed(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        person = house.person(unit=house.unit(NINGBO, "industry"))
        act = house.roster(1)
        house.row(act, person, exam("2021-03-01"))
        house.followed()
        house.follower.stop()
        later = open_house(tmp_path / "house")
        assert later.years(person)["years"] == []
        act.close()
        assert later.total(person, 2021) == ("6", "6")
        close_house(later)


def test_valid_on_leaves_out_what_had_not_happened_by_that_day(house: House) -> None:
    works, station = house.unit(NINGBO, "industry"), house.unit(HANGZHOU, "environment")
    person = house.person(unit=works)
    house.affiliate(person, station, "2022-01-01")
    house.registered(person, exam("2021-03-01"))
    house.registered(person, exam("2022-03-01"))
    answer = house.years(person, valid_on="2021-12-31")

    assert [one["year"] for one in answer["years"]] == [2018, 2019, 2020, 2021]
    assert [(one["unit"], one["to"]) for one in answer["affiliations"]] == [(works, None)]
    assert answer["basis"]["valid_on"] == "2021-12-31"


def test_a_last_day_that_came_later_had_not_happened_either(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    person = house.person(unit=works)
    house.registered(person, exam("2021-03-01"))
    house.leave(person, works, "2021-10-31")

    assert house.year(person, 2021)["evaluated"]["minimums"] == [], "nobody's on 31 December"
    assert house.year(person, 2021, valid_on="2021-10-30")["evaluated"]["minimums"] != []
    assert house.year(person, 2021, valid_on="2021-10-31")["evaluated"]["minimums"] == []


def test_an_entry_outside_every_affiliation_is_unruled_not_lost(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    person = house.person(unit=works, starts="2020-01-01")
    house.registered(person, exam("2019-03-01"), ruling=Ruling(
        assessed_centi=600, status="manual"))
    found = house.year(person, 2019)

    assert (found["decided"]["total"], found["evaluated"]["total"]) == ("6", "0")
    assert found["entries"][0]["evaluated"]["status"] == "unruled"
    assert found["evaluated"]["met"] is None
    assert "主管部门文件" in found["differences"][0]["because"]


def test_a_person_without_any_affiliation_still_has_years(house: House, ningbo: Any) -> None:
    claim = house.registered(ningbo, exam("2021-03-01"))
    state = house.followed().person(ningbo)
    assert state is not None
    command = careers.VoidAffiliation(role="human_resources", starts=date(2018, 1, 1))
    house.record(careers.decide_affiliation_void(house.load(ningbo, persons.evolve), command, house.officer))
    answer = house.years(ningbo)

    assert [one["year"] for one in answer["years"]] == [2021]
    assert counted(answer["years"][0], claim) == ("6", "0")
    assert answer["affiliations"] == []


def test_a_fact_that_the_law_cannot_read_is_unruled_with_the_reason(house: House, ningbo: Any) -> None:
    strange = Study(category=Category.PROFESSIONAL, route="metaverse", evidence_on=date(2021, 3, 1))
    house.registered(ningbo, strange, ruling=Ruling(assessed_centi=800, status="manual"))
    house.registered(ningbo, exam("2021-04-01"))
    found = house.year(ningbo, 2021)

    assert (found["decided"]["total"], found["evaluated"]["total"]) == ("14", "6")
    evaluated = found["entries"][0]["evaluated"]
    assert (evaluated["status"], evaluated["assessed"]) == ("unruled", "0")
    assert "metaverse" in evaluated["why"][0]["arithmetic"]
    professional = [one["met"] for one in found["evaluated"]["minimums"] if one["name"] == "professional"]
    assert professional == [None, None], "whoever could still rule on it may fill the year"


def test_a_difference_that_only_caps_make_is_told_as_one(house: House, ningbo: Any) -> None:
    for day in ("2021-05-03", "2021-06-03"):
        house.registered(ningbo, seminar(day), ruling=Ruling(assessed_centi=2400, status="manual"))
    found = house.year(ningbo, 2021)

    # By hand and without a cap 24 + 24; under N 6(1) no more than 36 a year.
    assert (found["decided"]["total"], found["evaluated"]["total"]) == ("48", "36")
    (difference,) = found["differences"]
    assert (difference["decided"], difference["evaluated"]) == ("24", "12")
    assert "上限" in difference["because"] and "36" in difference["because"]


def test_what_was_decided_keeps_the_caps_of_its_own_rulebook(house: House) -> None:
    works, station = house.unit(NINGBO, "industry"), house.unit(HANGZHOU, "environment")
    person = house.person(unit=works)
    for day in ("2021-08-03", "2021-09-03"):
        house.registered(person, seminar(day))
    house.affiliate(person, station, "2021-07-01")
    found = house.year(person, 2021)

    # Decided in Ningbo with its cap of 36; E 8(1) gives 5 a day at municipal level and has no cap.
    assert (found["decided"]["total"], found["evaluated"]["total"]) == ("36", "50")


def test_class_b_of_the_natural_resources_sector_is_shown_as_a_cycle(house: House) -> None:
    person = house.person(unit=house.unit(WENZHOU, "natural_resources"), starts="2021-01-01")
    house.registered(person, exam("2021-03-01", 2))
    (cycle,) = [one for one in house.year(person, 2021)["decided"]["minimums"] if one["name"] == "class_b_cycle"]

    assert (cycle["from"], cycle["to"], cycle["met"], cycle["reason"]) == (2021, 2023, None, "in_progress")


def test_the_same_basis_gives_the_same_bytes_however_long_the_log_has_grown(house: House, ningbo: Any) -> None:
    house.registered(ningbo, seminar("2021-05-03"))
    house.registered(ningbo, course("2021-06-01"))
    known = ("hangzhou-credits/2025-06-06", "ningbo-industry/2019-01-01")
    asked = [read_axes(law=law, valid_on=day) for law in ("then", "now", f"set:{','.join(known)}")
             for day in (None, "2021-05-31")]
    first = [house.followed().years(ningbo, axes) for axes in asked]
    house.enact("hangzhou-credits/2025-06-06")
    house.registered(ningbo, exam("2021-07-01"))
    house.affiliate(ningbo, house.unit(HANGZHOU, "environment"), "2021-01-01")
    answers = house.followed()

    for before in first:
        assert before is not None
        again = answers.years(ningbo, axes_of(before["basis"]))
        assert json.dumps(again) == json.dumps(before)
    assert answers.years(ningbo, asked[0]) != first[0]


def test_a_decision_that_cites_a_rulebook_nobody_has_is_an_error_not_a_number(house: House, ningbo: Any) -> None:
    ruling = Ruling(assessed_centi=600, status="ruled", rulebook="lost/2020-01-01", digest="c" * 64,  # type: ignore[arg-type]
                    clauses=("第一条",))
    house.registered(ningbo, exam("2021-03-01"), ruling=ruling)

    with pytest.raises(LawUnknown, match="cccc"):
        house.years(ningbo)


def test_what_is_only_tried_out_is_not_remembered(house: House, ningbo: Any) -> None:
    books = house.followed().books
    digests = tuple(one.digest for one in house.answers.rulebooks())
    places = belongings(house.followed().person(ningbo).affiliations, ())  # type: ignore[union-attr]
    worth = [judge(books, digests, places, [claims_version(ningbo, exam("2021-03-01", subjects))]).ruled.folded.counted
             for subjects in (1, 2, 1)]

    assert worth == [[600], [1200], [600]]
