"""D06, D07, D08, D10, D11, D13, D14, D16: each finds what it is there for, and leaves alone what only looks like it.

What a pattern reads are rows, so rows are what is put before it: in tables made from the declared ones, in a file of
its own for each test. That real events make such rows is shown by `tests/api/demo/test_demo_recall.py`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

import pytest

from ledger.vocabulary import LOCAL
from projections.findings import touching
from projections.findings.patterns import patterns, thresholds_on
from projections.findings.tables import TABLES

CLUE = ("claim", "person", "kind", "value", "event")
MINUTE, DAY = 60_000_000, 86_400_000_000


class Told(NamedTuple):
    """A finding, read."""

    about: str
    persons: list[str]
    claims: list[str]
    actors: list[str]
    counter: dict[str, Any]
    figures: dict[str, Any]


def at(text: str) -> int:
    """A moment here, as it stands in events."""
    return int(datetime.fromisoformat(text).replace(tzinfo=LOCAL).timestamp()) * 1_000_000


class Facts:
    """Traces and clues, row by row."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self.file, self._numbers = file, count(1)
        for name, table in TABLES.items():
            file.execute(f"CREATE TABLE {name} ({', '.join(table.every_column)})")
        file.execute(f"CREATE TABLE clue ({', '.join(CLUE)})")
        touching.prepare(file)

    def put(self, table: str, **values: Any) -> int:
        """Enter a row that holds; gives the number of its event."""
        number = next(self._numbers)
        names = CLUE if table == "clue" else [*TABLES[table].every_column]
        given = {"event": number, "from_position": number, **values}
        row = {name: value for name, value in given.items() if name in names}
        assert values.keys() <= row.keys(), f"{table} has no {values.keys() - row.keys()}"
        self.file.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                          tuple(row.values()))
        return number

    def claim(self, claim: str, person: str = "per_a", **values: Any) -> int:
        """An approved one, of the person's own."""
        number = next(self._numbers)
        return self.put("claim", **{
            "claim": claim, "person": person, "unit": "unt_a", "region": "330200", "sector": "industry",
            "origin": "self", "category": "professional", "route": "training", "year": 2024,
            "submitted_event": number, "study_event": number, "status": "approved", "decided_event": number,
            "assessed_centi": 600, **values})

    def approved(self, claim: str, person: str, actor: str, when: str | int, **values: Any) -> int:
        """An approval by a hand, of a claim that says nothing else."""
        if not self.file.execute("SELECT 1 FROM claim WHERE claim = ?", (claim,)).fetchone():
            self.claim(claim, person)
        moment = at(when) if isinstance(when, str) else when
        return self.put("step", **{"claim": claim, "person": person, "actor": actor, "what": "approved", "at": moment,
                                   "papers": 1, "opened": 1, "role": "sector_authority", **values})

    def found(self, name: str) -> list[Told]:
        """What a pattern finds in all of it."""
        pattern = patterns()[name]
        listed = touching.list_everything(self.file, pattern.touches)
        if pattern.looks_at_everything:
            touching.touch_no_key(self.file)
        else:
            touching.touch_slice(self.file, range(1, max(one.stop for one in listed.values())))
        cursor = self.file.execute(pattern.sql, pattern.bound(thresholds_on(pattern, date(2026, 11, 22))))
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
        assert all(json.loads(row["events"]) for row in rows)
        return [Told(row["about"], *(json.loads(row[one]) for one in Told._fields[1:])) for row in rows]

    def abouts(self, name: str) -> list[str]:
        return [one.about for one in self.found(name)]


@pytest.fixture
def facts() -> Iterator[Facts]:
    with closing(sqlite3.connect(":memory:")) as file:
        yield Facts(file)


# D06


def filed(facts: Facts, name: str, **values: Any) -> None:
    facts.put("class", **{
        "class": name, "organiser": "unt_o", "region": "330200", "sector": "industry", "status": "held",
        "route": "training", "filed_on": "2024-03-01", "filed_at": at("2024-03-01 10:00"), "starts": "2024-05-06",
        "ends": "2024-05-08", "days_half": 6, "planned": 50, "places": 80, "accepted_at": 1, "held_event": 9,
        "held_starts": "2024-05-06", "held_ends": "2024-05-08", "held_days_half": 6, "attended": 50, "passed": 50,
        "filed_by": "acr_o", "held_by": "acr_o", "revision": 1, "plan": "pln_a", **values})


def test_a_training_that_was_filed_after_it_began_is_found_and_that_it_was_refused_speaks_for_it(facts: Facts) -> None:
    facts.claim("clm_late", filed_on="2024-05-07", starts="2024-05-06", status="refused")
    facts.claim("clm_same_day", filed_on="2024-05-06", starts="2024-05-06")
    facts.claim("clm_taken_back", filed_on="2024-05-07", starts="2024-05-06", status="withdrawn")

    (one,) = facts.found("D06")
    assert (one.about, one.counter, one.figures["lead_days"]) == ("claim:clm_late", {"refused": 1}, -1)


@pytest.mark.parametrize(("values", "says"), [
    ({"filed_on": "2024-05-07", "filed_at": at("2024-05-07 09:00"), "revision": 2}, "after_start"),
    ({"filed_on": "2024-04-07", "filed_at": at("2024-04-07 09:00")}, "lead_days"),          # N 7: 29 days.
    ({"held_starts": "2024-05-07"}, "moved"),
    ({"route": "advanced_seminar", "plan": None}, "unplanned"),                             # P 11
    ({"attended": 81, "planned": 90}, "places"),
    ({"attended": 61}, "planned"),                                                          # More than a fifth.
])
def test_a_class_that_is_not_what_was_filed_is_found(facts: Facts, values: dict[str, Any], says: str) -> None:
    filed(facts, "cls_a", **values)

    (one,) = facts.found("D06")
    assert one.about == "class:cls_a" and one.figures[says] is not None


@pytest.mark.parametrize("values", [
    {}, {"filed_on": "2024-04-06", "filed_at": at("2024-04-06 09:00")},                     # Thirty days exactly.
    {"filed_on": "2024-04-20", "filed_at": at("2024-04-20 09:00"), "region": "330300"},     # Only N 7 has days.
    {"filed_on": "2024-04-20", "filed_at": at("2024-04-20 09:00"), "accepted_at": None},    # A department's own, W 14.
    {"attended": 60}, {"status": "refused", "held_starts": "2024-05-07"},
])
def test_a_class_that_was_filed_in_time_and_held_as_filed_is_left_alone(facts: Facts, values: dict[str, Any]) -> None:
    filed(facts, "cls_a", **values)

    assert facts.found("D06") == []


def test_more_registered_than_were_there_is_found(facts: Facts) -> None:
    filed(facts, "cls_a")
    facts.put("roster", act="act_a", **{"class": "cls_a"}, status="closed", rows=51, attended=50)

    assert [one.figures["registered"] for one in facts.found("D06")] == [51]


# D07


def test_two_who_approve_each_other_are_found_and_one_who_approves_a_colleague_is_not(facts: Facts) -> None:
    facts.approved("clm_1", "per_a", "acr_b", "2024-03-01 10:00", actor_person="per_b")
    facts.approved("clm_2", "per_b", "acr_a", "2024-03-04 10:00", actor_person="per_a", opened=0)
    facts.approved("clm_3", "per_c", "acr_a", "2024-03-04 11:00", actor_person="per_a")

    (one,) = facts.found("D07")
    assert (one.about, one.persons, one.actors) == ("pair:per_a:per_b", ["per_a", "per_b"], ["acr_a", "acr_b"])
    assert (one.claims, one.counter) == (["clm_1", "clm_2"], {"opened": 1, "apart_days": 3})


def test_who_approves_their_own_is_found_but_not_as_a_row_of_a_roster(facts: Facts) -> None:
    facts.approved("clm_1", "per_a", "acr_a", "2024-03-01 10:00", actor_person="per_a")
    facts.approved("clm_2", "per_b", "acr_b", "2024-03-01 10:00", actor_person="per_b", act="act_a")

    assert facts.abouts("D07") == ["self:clm_1"]


@pytest.mark.parametrize(("step", "claim", "accepted_at", "is_found"), [
    ({"actor": "acr_o"}, {}, 1, True), ({"organisation": "unt_o"}, {}, 1, True), ({"actor": "acr_o"}, {}, None, True),
    ({"organisation": "unt_o"}, {}, None, False),           # W 14: a department's own class.
    ({"actor": "acr_o", "role": "unit"}, {}, 1, False),     # N 8: a unit registers its own people.
    ({"actor": "acr_o"}, {"origin": "batch"}, 1, False), ({}, {}, 1, False),
])
def test_whoever_filed_a_class_does_not_approve_what_people_claim_of_it(
    facts: Facts, step: dict[str, Any], claim: dict[str, Any], accepted_at: int | None, is_found: bool
) -> None:
    filed(facts, "cls_a", accepted_at=accepted_at)
    facts.claim("clm_1", training_class="cls_a", **claim)
    facts.approved("clm_1", "per_a", **{"actor": "acr_x", "when": "2024-06-03 10:00", **step})

    assert bool(facts.abouts("D07")) == is_found


# D08


def worked(facts: Facts, actor: str, start: str, apart_s: int, times: int = 6, **values: Any) -> None:
    for number in range(times):
        facts.approved(f"clm_{actor}_{start}_{number}", f"per_{number}", actor,
                       at(start) + number * apart_s * 1_000_000, **values)


def test_approvals_at_night_one_after_the_other_with_papers_unopened_are_found(facts: Facts) -> None:
    worked(facts, "acr_night", "2024-03-05 02:00", 20, opened=0)

    (one,) = facts.found("D08")
    assert (one.about, len(one.claims)) == ("acr_night:2024-03-04", 6), "a night is of the day on which it began"
    assert one.figures | {"usual": None} == {"approvals": 6, "night": 6, "quick": 5, "unopened": 6,
                                             "median_seconds": 20, "usual": None, "burst": 0}


def test_a_night_is_not_cut_in_two_at_midnight_even_where_a_month_ends(facts: Facts) -> None:
    worked(facts, "acr_a", "2024-02-29 23:58", 60, opened=0)

    assert [(one.about, one.figures["night"]) for one in facts.found("D08")] == [("acr_a:2024-02-29", 6)]


def test_one_mark_alone_is_no_finding_and_a_batch_is_none_at_all(facts: Facts) -> None:
    """W 13, W 14: rows of rosters are registered in one moment, by design."""
    worked(facts, "acr_late_worker", "2024-03-05 23:00", 600)
    worked(facts, "acr_quick", "2024-03-05 10:00", 20)
    worked(facts, "acr_careless", "2024-03-05 09:00", 1_200, opened=0)
    worked(facts, "acr_without_papers", "2024-03-05 02:00", 600, opened=0, papers=0)
    worked(facts, "acr_batch", "2024-03-05 02:00", 1, opened=0, act="act_a")
    worked(facts, "acr_few", "2024-03-05 02:00", 20, times=4, opened=0)

    assert facts.found("D08") == []


def test_a_burst_in_the_last_week_is_measured_by_what_the_same_hand_does_otherwise(facts: Facts) -> None:
    for day in range(1, 9):
        worked(facts, "acr_sudden", f"2024-10-{day:02d} 10:00", 900, times=2)
        worked(facts, "acr_always", f"2024-10-{day:02d} 10:00", 900, times=9)
    for actor in ("acr_sudden", "acr_always"):
        worked(facts, actor, "2024-12-30 09:00", 900, times=12, opened=0)

    assert [(one.about, one.figures["usual"], one.figures["burst"]) for one in facts.found("D08")] \
        == [("acr_sudden:2024-12-30", 2, 1)]


# D10


def sat(
    facts: Facts, person: str, start: str, minutes: int = 55, address: str = "x", device: str = "", **more: Any
) -> None:
    started = at(start)
    number = facts.put("session", **{
        "enrolment": f"enr_{person}", "person": person, "course": "crs_a", "started_at": started,
        "ended_at": started + (minutes + 5) * MINUTE, "minutes": minutes, "heartbeats": 2 * minutes, "challenges": 3,
        "answered": 3, "spread_ms": 20, "answer_ms": 6_000, "answer_spread_ms": 1_800, **more})
    facts.put("clue", claim=f"enr_{person}", person=person, kind="address", value=address, event=number)
    facts.put("clue", claim=f"enr_{person}", person=person, kind="device", value=device or person, event=number)
    facts.claim(f"clm_{person}_{start}", person)


@pytest.mark.parametrize(("first", "second", "is_found"), [
    ({"answer_spread_ms": 5, "answer_ms": 1_500}, {"answer_spread_ms": 9, "answer_ms": 1_504}, True),
    ({"answer_spread_ms": 500, "answer_ms": 700}, {"answer_spread_ms": 400, "answer_ms": 800}, True),
    ({"answer_spread_ms": 5, "answer_ms": 1_500}, {"answer_spread_ms": 9, "answer_ms": 9_000}, False),
    ({"answer_spread_ms": 700, "answer_ms": 2_000}, {"answer_spread_ms": 600, "answer_ms": 2_200}, False),
    ({"answer_spread_ms": 5, "answered": 1}, {"answer_spread_ms": 5, "answered": 1}, False),
    ({"spread_ms": 0}, {"spread_ms": 0}, False),   # A browser keeps time, too.
    ({"answer_ms": None, "answer_spread_ms": None}, {"answer_ms": None, "answer_spread_ms": None}, False),
])
def test_answers_like_a_clock_are_nobodys_and_a_quick_person_is_somebody(
    facts: Facts, first: dict[str, Any], second: dict[str, Any], is_found: bool
) -> None:
    sat(facts, "per_a", "2024-03-05 20:00", **first)
    sat(facts, "per_a", "2024-03-08 20:00", **second)

    assert [one.figures["program"] for one in facts.found("D10")] == [1] * is_found


def test_seventeen_hours_at_a_stretch_or_thirteen_in_a_day_are_found_and_an_afternoon_is_not(facts: Facts) -> None:
    sat(facts, "per_a", "2024-03-05 05:00", 960)
    for hour in (6, 11, 17):
        sat(facts, "per_b", f"2024-03-05 {hour:02d}:00", 250)
    sat(facts, "per_c", "2024-03-05 13:00", 240)

    assert [(one.persons, one.figures["longest_minutes"], one.figures["day_minutes"]) for one in facts.found("D10")] \
        == [(["per_a"], 960, 960), (["per_b"], 250, 750)]


def together(
    facts: Facts, days: tuple[str, ...], seconds: Callable[[int, int], int], people: int = 3, **more: Any
) -> None:
    for number, day in enumerate(days):
        for place in range(people):
            start = datetime.fromisoformat(f"{day} 12:00") + timedelta(seconds=seconds(number, place))
            sat(facts, f"per_{place}", start.isoformat(sep=" "), **{"device": "same", **more})


def test_three_who_start_in_step_on_one_device_time_and_again_are_found(facts: Facts) -> None:
    together(facts, ("2024-03-05", "2024-03-08"), lambda day, place: 90 * place + 17 * day)

    found = facts.found("D10")
    assert [(one.persons, one.figures["in_step"], one.counter["same_address"]) for one in found] \
        == [(["per_0", "per_1", "per_2"], 2, 2)] * 3


@pytest.mark.parametrize(("days", "seconds", "people", "more"), [
    (("2024-03-05", "2024-03-08"), lambda day, place: 200 * place + 61 * day * place, 9, {}),  # An office.
    (("2024-03-05",), lambda day, place: 90 * place, 3, {}),
    (("2024-03-05", "2024-03-08"), lambda day, place: 90 * place, 2, {}),
    (("2024-03-05", "2024-03-08"), lambda day, place: 90 * place, 3, {"device": ""}),           # Each on their own.
])
def test_one_address_of_an_office_is_no_finding(
    facts: Facts, days: tuple[str, ...], seconds: Callable[[int, int], int], people: int, more: dict[str, Any]
) -> None:
    together(facts, days, seconds, people, **more)

    assert facts.found("D10") == []


# D11


def handed_in(
    facts: Facts, person: str, when: str, evidence_on: str, times: int = 4, centi: int = 800, **more: Any
) -> None:
    for number in range(times):
        facts.claim(f"clm_{person}_{when}_{number}", person, submitted_at=at(f"{when} 10:00"),
                    evidence_on=evidence_on, assessed_centi=centi, **more)


def test_most_of_a_year_handed_in_at_its_end_with_papers_of_spring_is_found(facts: Facts) -> None:
    handed_in(facts, "per_a", "2024-12-28", "2024-04-01")
    handed_in(facts, "per_a", "2024-05-10", "2024-05-01", times=2)
    handed_in(facts, "per_most_before", "2024-12-28", "2024-04-01")
    handed_in(facts, "per_most_before", "2024-06-10", "2024-06-01", times=5)
    handed_in(facts, "per_fresh", "2024-12-28", "2024-12-12")
    handed_in(facts, "per_imported", "2024-12-28", "2024-04-01", origin="import")

    (one,) = facts.found("D11")
    assert (one.about, len(one.claims)) == ("person:per_a:unt_a:2024", 4)
    assert (one.figures["total_centi"], one.figures["late_centi"], one.figures["days_old"]) == (4_800, 3_200, 271)


def test_a_unit_that_hands_in_in_december_by_plan_is_left_alone(facts: Facts) -> None:
    for number in range(5):
        handed_in(facts, f"per_{number}", "2024-12-28", "2024-04-01")
    assert facts.found("D11") == []

    for number in range(5, 9):
        handed_in(facts, f"per_{number}", "2024-05-10", "2024-05-01")
    assert len(facts.found("D11")) == 5, "five of nine are no plan of the unit's"


def test_right_before_an_application_counts_as_at_the_end_of_a_year(facts: Facts) -> None:
    handed_in(facts, "per_a", "2024-06-10", "2024-01-10")
    assert facts.found("D11") == []

    facts.put("application", application="app_a", person="per_a", applied_on="2024-06-20")
    assert facts.abouts("D11") == ["person:per_a:unt_a:2024"]


def test_an_application_alone_leads_to_what_was_handed_in_before_it_of_whichever_year(facts: Facts) -> None:
    """A run over what moved comes to what a run over everything does."""
    handed_in(facts, "per_a", "2026-06-10", "2024-01-10")
    before = next(facts._numbers)
    facts.put("application", application="app_a", person="per_a", applied_on="2026-06-20")

    touching.touch_since(facts.file, before)
    pattern = patterns()["D11"]
    found = facts.file.execute(pattern.sql, pattern.bound(thresholds_on(pattern, date(2026, 11, 22)))).fetchall()

    assert [row[0] for row in found] == facts.abouts("D11") == ["person:per_a:unt_a:2024"]


@pytest.mark.parametrize(("exact", "others", "is_found"), [(5, 4, True), (4, 0, False), (5, 6, False)])
def test_many_of_a_unit_with_exactly_what_is_asked_are_found(
    facts: Facts, exact: int, others: int, is_found: bool
) -> None:
    for number in range(exact + others):
        handed_in(facts, f"per_{number}", "2024-05-10", "2024-05-01", times=1,
                  centi=9_000 if number < exact else 9_050, organiser=f"组织 {number}")

    found = facts.found("D11")
    assert [(one.about, one.figures["exact"], one.counter["sets"]) for one in found] \
        == [("unit:unt_a:2024", exact, exact)] * is_found


# D13


def held(facts: Facts, organiser: str, classes: int = 4, *, hollow: bool = False, **more: Any) -> None:
    """Classes with five people each, who claim them in their own time; a hollow one's do it all at once."""
    for number in range(classes):
        name = f"cls_{organiser}_{number}"
        filed(facts, name, organiser=organiser, **{
            "signed": int(not hollow), "attended": 50 if hollow else 30, "passed": 50 if hollow else 29, **more})
        for place in range(5):
            facts.claim(f"clm_{name}_{place}", f"per_{organiser}_{place}", training_class=name,
                        assessed_centi=3_000 if hollow else 600, days_half=6,
                        submitted_at=at("2024-06-03 10:00") + (0 if hollow else (7 * place + number) * DAY))


def test_an_organiser_unlike_its_peers_is_found_with_its_place_among_them(facts: Facts) -> None:
    for number in range(6):
        held(facts, f"unt_{number}")
    held(facts, "unt_hollow", hollow=True)

    (one,) = facts.found("D13")
    assert (one.about, len(one.claims), len(one.persons)) == ("unt_hollow:2024", 20, 5)
    assert one.figures["marks"] == 5 and one.counter["peers"] == 6 and one.counter["signed_classes"] == 0
    assert (one.figures["hours"], one.counter["hours_median"], one.counter["hours_place"]) == (12_000, 2_400, 1)
    assert (one.figures["unsigned"], one.counter["unsigned_median"], one.counter["unsigned_spread"]) == (1_000, 0, 0)


@pytest.mark.parametrize(("peers", "classes", "more"), [
    (6, 2, {"hollow": True}),                    # Two classes say nothing of anybody.
    (3, 4, {"hollow": True}),                    # Nobody to compare it with.
    (6, 4, {"passed": 30}), (6, 4, {"signed": 0}), (6, 4, {"attended": 50, "passed": 48}),   # One mark alone.
])
def test_few_classes_few_peers_or_one_mark_are_no_finding(
    facts: Facts, peers: int, classes: int, more: dict[str, Any]
) -> None:
    for number in range(peers):
        held(facts, f"unt_{number}")
    held(facts, "unt_other", classes, **more)

    assert facts.found("D13") == []


def test_rosters_of_one_minute_count_by_classes_and_not_by_their_rows(facts: Facts) -> None:
    for number in range(7):
        held(facts, f"unt_{number}", signed=int(number != 3))
        for place in range(4):
            hour = at("2024-06-10 10:00") + (0 if number == 3 else place * DAY)
            facts.put("roster", act=f"act_{number}_{place}", **{"class": f"cls_unt_{number}_{place}"}, status="closed",
                      rows=30, opened_at=hour)

    (one,) = facts.found("D13")
    assert (one.about, one.figures["posted"], one.counter["posted_median"]) == ("unt_3:2024", 1_000, 0)


# D14


def corrected(facts: Facts, *, before: int = 600, after: int = 1_200, was: int = 4, is_: int = 8, year: int = 2024,
              when: str = "2024-07-01 10:00") -> int:
    """A claim of two days, approved, and put right by another hand."""
    facts.approved("clm_a", "per_a", "acr_one", "2024-06-03 10:00")
    facts.file.execute("UPDATE claim SET days_half = ? WHERE claim = 'clm_a'", (was,))
    number = facts.put("change", claim="clm_a", person="per_a", actor="acr_two", what="corrected", at=at(when),
                       centi_before=before, centi_after=after, year_before=2024, year_after=year)
    facts.file.execute("UPDATE claim SET to_position = ? WHERE claim = 'clm_a'", (number,))
    facts.claim("clm_a", "per_a", days_half=is_, assessed_centi=after, year=year, from_position=number)
    return number


def test_hours_raised_after_approval_are_found_with_what_they_filled(facts: Facts) -> None:
    facts.claim("clm_rest", assessed_centi=8_000)
    corrected(facts)

    (one,) = facts.found("D14")
    assert (one.claims, one.actors, one.counter) == (["clm_a"], ["acr_one", "acr_two"],
                                                     {"new_papers": 0, "another_hand": 1})
    assert one.figures == {"kind": "raised", "centi_before": 600, "centi_after": 1_200, "days_after": 28, "year": 2024,
                           "attempts": None, "filled": 1}


@pytest.mark.parametrize("how", [
    {"after": 300, "is_": 2},     # Lowered.
    {"after": 700},               # A sixth more: a slip of the pen.
    {"was": 8},                   # The ruling is another one, the facts are not.
])
def test_what_was_put_right_otherwise_is_left_alone(facts: Facts, how: dict[str, Any]) -> None:
    corrected(facts, **how)

    assert facts.found("D14") == []


def test_what_a_source_or_an_appeal_puts_right_is_left_alone(facts: Facts) -> None:
    number = corrected(facts)
    assert len(facts.found("D14")) == 1
    facts.put("source", event=number, system="ningbo", record="1", version="2", claim="clm_a")
    assert facts.found("D14") == []

    facts.file.execute("DELETE FROM source")
    facts.put("step", event=number - 1, claim="clm_a", person="per_a", actor="acr_x", what="appeal_allowed", at=1)
    assert facts.found("D14") == []


@pytest.mark.parametrize(("when", "kinds"), [("2024-07-01 10:00", ["moved"]), ("2023-12-30 10:00", [])])
def test_a_year_that_is_over_is_not_filled_afterwards(facts: Facts, when: str, kinds: list[str]) -> None:
    corrected(facts, after=600, is_=4, year=2023, when=when)

    assert [one.figures["kind"] for one in facts.found("D14")] == kinds


def test_the_same_study_put_forward_until_somebody_else_approves_it_is_found(facts: Facts) -> None:
    same = {"starts": "2024-03-01", "ends": "2024-03-02", "evidence_on": "2024-03-02"}
    for number, status in enumerate(("refused", "withdrawn")):
        facts.claim(f"clm_{number}", **same, status=status)
    facts.put("step", claim="clm_0", person="per_a", actor="acr_strict", what="refused", at=1)
    facts.claim("clm_last", **same, decided_by="acr_mild")
    facts.claim("clm_other", **{**same, "starts": "2024-03-02"}, decided_by="acr_mild")

    (one,) = facts.found("D14")
    assert (one.about, one.claims, one.figures["attempts"]) == ("again:clm_last", ["clm_0", "clm_1", "clm_last"], 2)
    facts.file.execute("UPDATE claim SET decided_by = 'acr_strict'")
    assert facts.found("D14") == [], "whoever refused it may think better of it"


@pytest.mark.parametrize(("hand", "is_found"), [("acr_one", True), ("acr_two", False)])
def test_whoever_revoked_does_not_reinstate(facts: Facts, hand: str, is_found: bool) -> None:
    facts.claim("clm_a")
    facts.put("step", claim="clm_a", person="per_a", actor="acr_one", what="revoked", at=1)
    number = facts.put("step", claim="clm_a", person="per_a", actor=hand, what="reinstated", at=2)
    facts.put("change", event=number, claim="clm_a", person="per_a", actor=hand, what="reinstated", at=2)

    assert [one.figures["kind"] for one in facts.found("D14")] == ["reversed"] * is_found


# D16


def belonged(facts: Facts, *spans: tuple[str, str], sector: str = "general") -> None:
    facts.put("person", person="per_a")
    for since, region in spans:
        facts.put("affiliation", person="per_a", since=since, unit=f"unt_{region}", region=region, sector=sector)


def test_away_for_the_end_of_a_year_and_back_is_found(facts: Facts) -> None:
    belonged(facts, ("2020-01-01", "330203"), ("2023-11-20", "330402"), ("2024-02-10", "330203"))
    facts.claim("clm_a", unit="unt_330402", evidence_on="2023-12-10", year=2023, assessed_centi=7_000)

    (one,) = facts.found("D16")
    assert (one.about, one.counter) == ("per_a:2023-11-20", {"studied_there": 1, "moves": 2})
    assert one.figures == {"away_days": 82, "year": 2023, "year_centi": 7_000, "applied": 0}


@pytest.mark.parametrize("spans", [
    (("2020-01-01", "330203"), ("2023-11-20", "330402")),                              # Gone for good.
    (("2020-01-01", "330203"), ("2023-11-20", "330205"), ("2024-02-10", "330203")),    # Another district of one city.
    (("2020-01-01", "330203"), ("2023-11-20", "330402"), ("2024-08-10", "330203")),    # A secondment.
    (("2020-01-01", "330203"), ("2023-03-20", "330402"), ("2023-06-10", "330203")),    # Within a year.
])
def test_who_moves_otherwise_is_left_alone(facts: Facts, spans: tuple[tuple[str, str], ...]) -> None:
    belonged(facts, *spans)

    assert facts.found("D16") == []


def test_away_for_an_application_and_back_is_found(facts: Facts) -> None:
    belonged(facts, ("2020-01-01", "330203"), ("2023-03-20", "330402"), ("2023-06-10", "330203"))
    facts.put("application", application="app_a", person="per_a", applied_on="2023-04-20", outcome="eligible")

    assert [one.figures["applied"] for one in facts.found("D16")] == [1]
