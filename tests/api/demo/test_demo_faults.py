"""What is planted is there, and is listed; beside it nothing else shows what a detector could be sure of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import Any, NamedTuple

import pytest
from demo_kit import Demo, read_all

from api.demo.calendar import shown
from ledger.events.base import wire_type
from ledger.events.claim import ClaimSubmitted
from ledger.events.study import Study, StudyDetails

PATTERNS = {f"D{number:02}" for number in range(1, 17)}


class Told(NamedTuple):
    """A claim as it was submitted."""

    event: ClaimSubmitted
    details: StudyDetails | None

    @property
    def study(self) -> Study:
        return self.event.study


class Log(NamedTuple):
    """What a detector would read."""

    claims: dict[str, Told]
    events: dict[str, list[Any]]   # Envelopes by stream.


@pytest.fixture(scope="module")
def log(demo: Demo) -> Iterator[Log]:
    claims: dict[str, Told] = {}
    events: dict[str, list[Any]] = defaultdict(list)
    with demo.ledger() as ledger:
        for one in read_all(ledger):
            events[one.envelope.stream].append(one.envelope)
            if isinstance(one.envelope.event, ClaimSubmitted):
                sealed = ledger.opened(one)
                claims[one.envelope.event.claim] = Told(
                    one.envelope.event, sealed if isinstance(sealed, StudyDetails) else None)
        yield Log(claims, events)


@pytest.fixture(scope="module")
def plants(demo: Demo) -> dict[tuple[str, bool], list[dict[str, Any]]]:
    found: dict[tuple[str, bool], list[dict[str, Any]]] = defaultdict(list)
    for plant in demo.plants():
        found[plant["pattern"], plant["fault"]].append(plant)
    return found


def claims_of(plants: Any, log: Log, pattern: str, *, fault: bool) -> list[list[Told]]:
    return [[log.claims[name] for name in plant["claims"]] for plant in plants[pattern, fault]]


def test_each_pattern_is_planted_and_has_something_honest_beside_it(plants: Any) -> None:
    assert {pattern for pattern, fault in plants if fault} == PATTERNS
    assert {pattern for pattern, fault in plants if not fault} == PATTERNS


def test_every_id_in_the_list_is_in_the_log(plants: Any, log: Log) -> None:
    for found in plants.values():
        for plant in found:
            for kind in ("persons", "claims", "actors", "transfers", "acts", "organisers"):
                assert all(name in log.events for name in plant[kind]), plant


def test_one_certificate_stands_in_two_peoples_claims_only_where_it_is_planted(plants: Any, log: Log) -> None:
    holders: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for told in log.claims.values():
        if told.details is not None and told.details.certificate_number is not None:
            holders[told.details.certificate_issuer, told.details.certificate_number].add(told.event.person)
    twice = {frozenset(found) for found in holders.values() if len(found) > 1}

    assert twice == {frozenset(plant["persons"]) for plant in plants["D01", True]}


def test_one_certificate_file_was_handed_in_by_two_people_only_where_it_is_planted(plants: Any, log: Log) -> None:
    holders: dict[str, set[str]] = defaultdict(set)
    for told in log.claims.values():
        for paper in told.event.evidence:
            if paper.kind == "certificate":
                holders[paper.sha256].add(told.event.person)

    assert {frozenset(found) for found in holders.values() if len(found) > 1} \
        == {frozenset(plant["persons"]) for plant in plants["D02", True]}


def test_two_people_are_first_author_of_one_output_only_where_it_is_planted(plants: Any, log: Log) -> None:
    first: dict[str, set[str]] = defaultdict(set)
    for told in log.claims.values():
        if told.study.output is not None and told.study.rank == 1:
            first[told.study.output].add(told.event.person)

    assert {frozenset(found) for found in first.values() if len(found) > 1} \
        == {frozenset(plant["persons"]) for plant in plants["D03", True]}


def test_nobody_is_in_two_places_on_full_days_but_where_it_is_planted(plants: Any, log: Log) -> None:
    """The same occasion twice (D09) is one place; half days (honest) fit into one."""
    away: dict[str, list[Told]] = defaultdict(list)
    for told in log.claims.values():
        if told.study.starts is not None and (told.study.days_half or 0) > 1:
            away[told.event.person].append(told)
    found = {frozenset((one.event.claim, two.event.claim)) for those in away.values()
             for one, two in combinations(those, 2) if overlap(one.study, two.study)
             and not (one.study.occasion and one.study.occasion == two.study.occasion)}

    assert found == {frozenset(plant["claims"]) for plant in plants["D04", True]}


def overlap(one: Study, two: Study) -> bool:
    spans = [(each.starts, each.ends) for each in (one, two)]
    (first, last), (begins, ends) = spans
    assert first and last and begins and ends
    return first <= ends and begins <= last


def test_more_days_than_there_are_only_where_it_is_planted(plants: Any, log: Log) -> None:
    found = {told.event.claim for told in log.claims.values()
             if told.study.starts and told.study.ends and told.study.days_half
             and told.study.days_half > 2 * ((told.study.ends - told.study.starts).days + 1)}

    assert found == {plant["claims"][0] for plant in plants["D05", True]}


def test_what_was_filed_after_it_began_was_refused_and_is_listed(plants: Any, log: Log) -> None:
    found = {told.event.claim for told in log.claims.values()
             if told.study.filed_on and told.study.starts and told.study.filed_on > told.study.starts}

    assert found == {plant["claims"][0] for plant in plants["D06", True]}
    assert all(wire_type(log.events[name][-1].event) == "claim.refused/1" for name in found)


def test_two_officers_approve_each_other_only_where_it_is_planted(plants: Any, log: Log) -> None:
    persons = {envelopes[0].event.actor: envelopes[0].event.person
               for stream, envelopes in log.events.items() if stream.startswith("acr_") and envelopes[0].event.person}
    approved = {(persons[one.by.actor], one.event.person)
                for envelopes in log.events.values() for one in envelopes
                if wire_type(one.event) == "claim.approved/1" and one.by.actor in persons}

    assert {frozenset(pair) for pair in approved if pair[::-1] in approved} \
        == {frozenset(plant["persons"]) for plant in plants["D07", True]}
    assert plants["D07", False] and len(approved) > 2 * len(plants["D07", True])


def test_approvals_at_night_are_planted_each_with_papers_that_nobody_opened(plants: Any, log: Log) -> None:
    at_night = Counter(one.by.actor for envelopes in log.events.values() for one in envelopes
                       if wire_type(one.event) == "claim.approved/1" and one.by.act is None
                       and one.by.actor != "system" and shown(one.recorded_at)[11:13] in ("22", "23", "00", "01", "02",
                                                                                         "03", "04", "05"))
    assert at_night == Counter(plant["actors"][0] for plant in plants["D08", True] for _ in plant["claims"])
    for plant in plants["D08", True]:
        for name in plant["claims"]:
            assert not next(one.event for one in log.events[name]
                            if wire_type(one.event) == "claim.approved/1").opened_evidence


def test_one_occasion_is_claimed_for_two_years_only_where_it_is_planted(plants: Any, log: Log) -> None:
    years: dict[tuple[str, str], set[int]] = defaultdict(set)
    for told in log.claims.values():
        if told.study.occasion is not None:
            years[told.event.person, told.study.occasion].add(told.study.evidence_on.year)

    assert {person for (person, _), found in years.items() if len(found) > 1} \
        == {plant["persons"][0] for plant in plants["D09", True]}


def test_nobody_but_those_planted_answers_like_a_clock_or_sits_all_night(plants: Any, log: Log) -> None:
    sessions: dict[str, list[Any]] = defaultdict(list)
    for stream, envelopes in log.events.items():
        if stream.startswith("enr_"):
            sessions[envelopes[0].event.person] += [
                one.event for one in envelopes if wire_type(one.event) == "enrolment.study_recorded/1"]
    clock = {person for person, those in sessions.items() if any(one.answer_spread_ms < 100 for one in those)}
    endless = {person for person, those in sessions.items() if any(one.minutes > 600 for one in those)}
    starts = {person: {one.started_at for one in those} for person, those in sessions.items()}
    staggered = {one for one, its in starts.items() for other in starts.values()
                 if max(len(other & {at + after for at in its}) for after in (90_000_000, -90_000_000)) > 1}

    found = [{*plant["persons"]} for plant in plants["D10", True]]
    assert [clock & those or endless & those or staggered & those for those in found] == found
    assert clock | endless | staggered == set().union(*found)


def test_a_company_whose_classes_nobody_signed_for_is_planted_beside_two_that_look_like_it(
    plants: Any, log: Log
) -> None:
    held: dict[str, list[Any]] = defaultdict(list)
    at_once: dict[str, set[int]] = defaultdict(set)
    for envelopes in log.events.values():
        for one in envelopes:
            if wire_type(one.event) == "class.held/1":
                held[one.event.organiser].append(one.event)
    for plant in (*plants["D13", True], *plants["D13", False]):
        for name in plant["claims"]:
            at_once[plant["organisers"][0]].add(log.events[name][0].recorded_at // 60_000_000)
    unsigned = {organiser for organiser, those in held.items()
                if not any(paper.kind == "attendance" for one in those for paper in one.evidence)}

    (hollow,), (few, many) = (
        [plant["organisers"][0] for plant in plants["D13", fault]] for fault in (True, False))
    assert unsigned == {hollow, few}
    assert [len(held[one]) for one in (hollow, few, many)] == [4, 1, 4]
    assert len(at_once[hollow]) == len(at_once[few]) == 1 < len(at_once[many])


def test_a_record_says_something_else_under_one_version_only_where_it_is_planted(plants: Any, log: Log) -> None:
    told: dict[str, list[Any]] = defaultdict(list)
    for stream, envelopes in log.events.items():
        told[stream] += [one.event.source for one in envelopes if getattr(one.event, "source", None) is not None]

    again = {stream: [one.version for one in those] for stream, those in told.items() if len(those) > 1}
    assert {tuple(versions) for versions in again.values()} == {("1", "1"), ("1", "2")}
    assert {stream for stream, versions in again.items() if versions == ["1", "1"]} \
        == {plant["claims"][0] for plant in plants["D15", True]}


def test_certificates_are_older_than_the_end_of_the_class_only_where_it_is_planted(plants: Any, log: Log) -> None:
    found = {told.event.claim for told in log.claims.values()
             if told.study.ends is not None and told.study.evidence_on < told.study.ends}

    assert found == {plant["claims"][0] for plant in plants["D12", True]}


def test_days_are_raised_after_approval_only_where_it_is_planted(plants: Any, log: Log) -> None:
    found = set()
    for stream, told in log.claims.items():
        for one in log.events[stream]:
            if wire_type(one.event) == "claim.corrected/1" and one.event.study.days_half is not None \
                    and one.event.study.days_half > (told.study.days_half or 0):
                found.add(stream)

    assert found == {plant["claims"][0] for plant in plants["D14", True]}


def test_who_moved_away_for_the_end_of_the_year_was_back_soon_after(plants: Any, log: Log) -> None:
    for plant in plants["D16", True]:
        starts = [one.event.starts for name in plant["transfers"] for one in log.events[name]
                  if wire_type(one.event) == "transfer.confirmed/1"]
        assert len(starts) == 2 and starts[0] < date(starts[0].year, 12, 31) < starts[1]
