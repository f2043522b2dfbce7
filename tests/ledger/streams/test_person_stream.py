"""A person's life: where they belonged on every day, and what may be entered about them by whom."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from stream_cast import (
    AT_WORKS,
    ELSEWHERE,
    IDENTITY,
    LI,
    PERSON,
    WANG,
    WORKS,
    actor,
    drafts,
    event,
    outcome,
    read_table,
    refusal,
    sealed_fits,
    unit,
)

from ledger.events.actor import Scope
from ledger.events.base import Name
from ledger.events.person import Affiliation, DepartureVoided, PersonAffiliated, PersonLeft, PersonRegistered
from ledger.streams import person as people
from ledger.streams import person_career as careers
from ledger.streams import unit as units
from ledger.streams.decision import Decision, rebuild
from ledger.streams.person import Departure, Person, Title, evolve
from ledger.streams.standing import Actor
from ledger.vocabulary import UnitId

ROLE = "registrar"
REGISTRAR = actor("registrar", Scope(role=ROLE, region="33"), person=WANG)
THERE = Affiliation(unit=ELSEWHERE, starts=date(2023, 9, 1), region="330304", sector="environment")
SENIOR = Title(date(2018, 11, 30), "senior", None)

STATES: dict[str, Person | None] = {
    "absent": None,
    "registered": Person(LI),
    "affiliated": replace(PERSON, titles=(SENIOR,)),
    "left": replace(PERSON, departures=(Departure(WORKS, date(2025, 6, 30)),)),
    "restricted": replace(PERSON, is_restricted=True),
    "forgotten": replace(PERSON, is_forgotten=True),
}

Give = Callable[[Person | None, Actor], Decision]
COMMANDS: dict[str, Give] = {
    "RegisterPerson": lambda person, by: people.decide_person_registration(
        person, people.RegisterPerson(person=LI, identity=IDENTITY, origin="office", role=ROLE), by
    ),
    "CorrectPerson": lambda person, by: people.decide_person_correction(
        person, people.CorrectPerson(role=ROLE, identity=IDENTITY, fields=("name",), words="笔误"), by
    ),
    "AffiliatePerson": lambda person, by: careers.decide_affiliation(
        person, careers.AffiliatePerson(role=ROLE, affiliation=THERE), unit(ELSEWHERE), by
    ),
    "VoidAffiliation": lambda person, by: careers.decide_affiliation_void(
        person, careers.VoidAffiliation(role=ROLE, starts=AT_WORKS.starts), by
    ),
    "RecordDeparture": lambda person, by: careers.decide_departure(
        person, careers.RecordDeparture(role=ROLE, unit=WORKS, ends=date(2025, 5, 31)), by
    ),
    "VoidDeparture": lambda person, by: careers.decide_departure_void(
        person, careers.VoidDeparture(role=ROLE, unit=WORKS, ends=date(2025, 6, 30)), by
    ),
    "RecordTitle": lambda person, by: careers.decide_title(
        person, careers.RecordTitle(role=ROLE, level="senior", obtained_on=date(2018, 11, 30)), by
    ),
    "VoidTitle": lambda person, by: careers.decide_title_void(
        person, careers.VoidTitle(role=ROLE, level="senior", obtained_on=date(2018, 11, 30)), by
    ),
    "RestrictPerson": lambda person, by: people.decide_restriction(
        person, people.RestrictPerson(role=ROLE, basis="pipl-47"), by
    ),
    "LiftRestriction": lambda person, by: people.decide_restriction_lift(
        person, people.LiftRestriction(role=ROLE, basis="appeal"), by
    ),
}

MATRIX = read_table("""
                absent            registered          affiliated         left              restricted        forgotten
RegisterPerson  PersonRegistered  person_exists       person_exists      person_exists     person_exists     person_exists
CorrectPerson   person_absent     PersonCorrected     PersonCorrected    PersonCorrected   person_restricted key_destroyed
AffiliatePerson person_absent     PersonAffiliated    PersonAffiliated   PersonAffiliated  person_restricted key_destroyed
VoidAffiliation person_absent     affiliation_absent  AffiliationVoided  AffiliationVoided person_restricted key_destroyed
RecordDeparture person_absent     not_affiliated      PersonLeft         departure_exists  person_restricted key_destroyed
VoidDeparture   person_absent     departure_absent    departure_absent   DepartureVoided   person_restricted key_destroyed
RecordTitle     person_absent     TitleRecorded       title_exists       TitleRecorded     person_restricted key_destroyed
VoidTitle       person_absent     title_absent        TitleVoided        title_absent      person_restricted key_destroyed
RestrictPerson  person_absent     PersonRestricted    PersonRestricted   PersonRestricted  already_restricted key_destroyed
LiftRestriction person_absent     not_restricted      not_restricted     not_restricted    RestrictionLifted key_destroyed
""")  # noqa: E501 - a table is read by its columns.


@pytest.mark.parametrize(("command", "state"), list(itertools.product(COMMANDS, STATES)))
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str) -> None:
    decision = COMMANDS[command](STATES[state], REGISTRAR)

    assert outcome(decision) == MATRIX[command, state]
    if isinstance(decision, tuple):
        assert sealed_fits(decision)
        assert [draft.event.stream for draft in decision] == [LI]
        evolve(STATES[state], decision[0].event)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "RegisterPerson"])
def test_nobody_enters_anything_about_themselves_or_outside_their_scope(command: str) -> None:  # D07
    for code, by in {
        "own_record": replace(REGISTRAR, person=LI),
        "role_not_held": replace(REGISTRAR, scopes=()),
        "outside_scope": replace(REGISTRAR, scopes=(Scope(role=ROLE, region="3301"),)),
    }.items():
        assert outcome(COMMANDS[command](PERSON, by)) == code


def test_a_person_registers_alone_and_an_office_registers_with_its_hand() -> None:
    alone = people.RegisterPerson(person=LI, identity=IDENTITY)

    (draft,) = drafts(people.decide_person_registration(None, alone))

    assert draft.event.names(draft.sealed) == (Name("id_number", "resident_id:330102199003070019"),)
    for row in (replace(alone, origin="office"), replace(alone, origin="import", role=ROLE)):
        assert outcome(people.decide_person_registration(None, row)) == "actor_required"
    without_role = replace(alone, origin="office")
    assert outcome(people.decide_person_registration(None, without_role, REGISTRAR)) == "actor_required"


def test_a_correction_of_nothing_is_refused() -> None:
    idle = people.CorrectPerson(role=ROLE, identity=IDENTITY, fields=())

    assert outcome(people.decide_person_correction(PERSON, idle, REGISTRAR)) == "nothing_changed"


def test_a_second_affiliation_from_the_same_day_is_refused_until_the_first_is_voided() -> None:
    same_day = careers.AffiliatePerson(role=ROLE, affiliation=replace(THERE, starts=AT_WORKS.starts))

    no = refusal(careers.decide_affiliation(PERSON, same_day, unit(ELSEWHERE), REGISTRAR))
    voided = evolve(PERSON, event(COMMANDS["VoidAffiliation"](PERSON, REGISTRAR)))
    yes = event(careers.decide_affiliation(voided, same_day, unit(ELSEWHERE), REGISTRAR))

    assert (no.code, no.seen["unit"]) == ("affiliation_exists", WORKS)
    assert evolve(voided, yes).affiliation_on(date(2021, 1, 1)) == same_day.affiliation


@pytest.mark.parametrize(
    ("where", "code"),
    [
        (None, "unit_absent"),
        (unit(ELSEWHERE, units.Status.REGISTERED), "unit_not_verified"),
        (unit(ELSEWHERE, units.Status.REJECTED), "unit_rejected"),
        (unit(ELSEWHERE, units.Status.MERGED), "unit_merged"),
        (unit(ELSEWHERE, units.Status.CLOSED), "unit_closed"),
    ],
)
def test_nobody_is_affiliated_to_a_unit_that_is_not_there(where: units.Unit | None, code: str) -> None:
    command = careers.AffiliatePerson(role=ROLE, affiliation=THERE)

    assert outcome(careers.decide_affiliation(PERSON, command, where, REGISTRAR)) == code


def test_a_later_affiliation_ends_the_one_before_it_also_when_it_was_entered_first() -> None:
    in_time = [_affiliated(AT_WORKS), _affiliated(THERE)]

    for entered in (in_time, in_time[::-1]):
        person = rebuild(evolve, [PersonRegistered(person=LI), *entered])
        assert person is not None
        assert person.affiliation_on(date(2020, 2, 29)) is None
        assert person.affiliation_on(date(2023, 8, 31)) == AT_WORKS
        assert person.affiliation_on(date(2023, 9, 1)) == THERE


def test_a_last_day_ends_only_the_stay_that_it_lies_in() -> None:
    back = replace(AT_WORKS, starts=date(2024, 2, 1))
    person = Person(LI, affiliations=(AT_WORKS, back), departures=(Departure(WORKS, date(2023, 6, 30)),))

    assert person.affiliation_on(date(2023, 6, 30)) == AT_WORKS
    assert person.affiliation_on(date(2023, 7, 1)) is None
    assert person.affiliation_on(date(2024, 2, 1)) == back


def test_a_departure_from_a_unit_where_the_person_is_not_is_refused() -> None:
    wrong = careers.RecordDeparture(role=ROLE, unit=ELSEWHERE, ends=date(2025, 6, 30))
    early = careers.RecordDeparture(role=ROLE, unit=WORKS, ends=date(2020, 2, 1))

    assert outcome(careers.decide_departure(PERSON, wrong, REGISTRAR)) == "not_affiliated"
    assert outcome(careers.decide_departure(PERSON, early, REGISTRAR)) == "not_affiliated"


def test_an_earlier_stay_may_be_ended_while_a_later_one_has_ended_already() -> None:
    back = replace(AT_WORKS, starts=date(2024, 2, 1))
    person = Person(LI, affiliations=(AT_WORKS, back), departures=(Departure(WORKS, date(2025, 6, 30)),))
    earlier = careers.RecordDeparture(role=ROLE, unit=WORKS, ends=date(2023, 6, 30))

    assert outcome(careers.decide_departure(person, earlier, REGISTRAR)) == "PersonLeft"


def test_a_last_day_elsewhere_does_not_end_a_stay_that_was_entered_later() -> None:
    late = replace(THERE, starts=date(2022, 1, 1))
    person = Person(LI, affiliations=(AT_WORKS, late), departures=(Departure(WORKS, date(2025, 6, 30)),))
    leave = careers.RecordDeparture(role=ROLE, unit=ELSEWHERE, ends=date(2025, 5, 31))

    assert person.affiliation_on(date(2026, 1, 1)) == late
    assert outcome(careers.decide_departure(person, leave, REGISTRAR)) == "PersonLeft"


def test_an_affiliation_is_entered_by_the_office_of_the_place_it_leads_to() -> None:
    there = replace(REGISTRAR, scopes=(Scope(role=ROLE, region="3303"),))
    here = replace(REGISTRAR, scopes=(Scope(role=ROLE, region="3302"),))

    assert outcome(COMMANDS["AffiliatePerson"](PERSON, there)) == "PersonAffiliated"
    assert outcome(COMMANDS["AffiliatePerson"](PERSON, here)) == "outside_scope"
    assert outcome(COMMANDS["RecordTitle"](PERSON, there)) == "outside_scope"


def test_titles_of_one_level_and_day_in_two_series_are_two_titles() -> None:
    engineer = careers.RecordTitle(role=ROLE, level="senior", obtained_on=SENIOR.obtained_on, series="engineering")
    person = STATES["affiliated"]
    assert person is not None

    both = evolve(person, event(careers.decide_title(person, engineer, REGISTRAR)))
    one = evolve(both, event(COMMANDS["VoidTitle"](both, REGISTRAR)))

    assert len(both.titles) == 2
    assert one.titles == (Title(SENIOR.obtained_on, "senior", "engineering"),)


FIRST = date(2020, 1, 1)
days = st.integers(0, 40).map(lambda count: FIRST + timedelta(days=count))
unit_ids = st.sampled_from([UnitId("unt_a"), UnitId("unt_b")])
histories = st.tuples(
    st.lists(st.tuples(days, unit_ids), max_size=5, unique_by=lambda one: one[0]),
    st.lists(st.tuples(unit_ids, days), max_size=4),
)


@given(histories, st.randoms(use_true_random=False))
@settings(derandomize=True, max_examples=300)
def test_where_a_person_belonged_agrees_with_a_calendar_painted_day_by_day(history: Any, chance: Any) -> None:
    stays, departures = history
    calendar: dict[date, UnitId] = {}
    for number, (starts, where) in enumerate(sorted(stays)):  # The twin: paint each stay up to whatever ends it.
        following = sorted(stays)[number + 1][0] if number + 1 < len(stays) else date.max
        last_days = [ends for gone, ends in departures if gone == where and ends >= starts]
        for count in range(60):
            day = starts + timedelta(days=count)
            if day < following and day <= min(last_days, default=date.max):
                calendar[day] = where
    entered: list[Any] = [
        *(_affiliated(Affiliation(unit=where, starts=starts, region="33", sector="s")) for starts, where in stays),
        *(PersonLeft(person=LI, unit=where, ends=ends) for where, ends in departures),
    ]
    chance.shuffle(entered)

    person = rebuild(evolve, [PersonRegistered(person=LI), *entered])

    assert person is not None
    for count in range(-1, 60):
        day = FIRST + timedelta(days=count)
        found = person.affiliation_on(day)
        assert (None if found is None else found.unit) == calendar.get(day)


@given(histories, days, unit_ids)
@settings(derandomize=True, max_examples=100)
def test_a_last_day_that_is_voided_leaves_no_trace_in_the_answers(history: Any, ends: date, where: UnitId) -> None:
    stays, _ = history
    person = Person(LI)
    for starts, name in stays:
        person = evolve(person, _affiliated(Affiliation(unit=name, starts=starts, region="33", sector="s")))

    left = evolve(person, PersonLeft(person=LI, unit=where, ends=ends))

    assert evolve(left, DepartureVoided(person=LI, unit=where, ends=ends)) == person


def _affiliated(one: Affiliation) -> PersonAffiliated:
    return PersonAffiliated(person=LI, affiliation=one)
