"""What happened to a person and what an account did, in order, read from the log itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from projection_kit import DETAILS, NINGBO, House, exam, living

from ledger.acts.running import Act
from ledger.events.actor import Official
from ledger.events.base import By, Draft
from ledger.events.case import CaseOpened, Concerned
from ledger.events.person import Identity
from ledger.events.study import Evidence
from ledger.streams import actor as actors
from ledger.streams import claim as claims
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from ledger.streams import person_career as careers
from ledger.streams import unit as units
from projections import timeline_reading
from projections.errors import AsOfInFuture, KindUnknown
from projections.event_kinds import words
from projections.timeline import Timeline
from projections.timeline_reading import Wanted, actor_timeline, person_timeline, record_timeline

OFFICER = "acr_officer"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def told(house: House, who: str, **wanted: Any) -> list[dict[str, Any]]:
    """Every line, page by page of two."""
    ask = actor_timeline if who.startswith("acr_") else person_timeline
    answers = house.followed()
    page = ask(answers, who, Wanted(**wanted), limit=2)
    found = list(page.items)
    while page.next is not None:
        page = ask(answers, who, Wanted(**wanted), as_of=page.as_of, after=page.next, limit=2)
        found += page.items
    return found


def kinds(lines: list[dict[str, Any]]) -> list[str]:
    return [line["what"] for line in lines]


def test_every_kind_that_a_timeline_tells_has_a_word_and_every_word_a_kind() -> None:
    told_kinds = {event.__struct_config__.tag.partition("/")[0] for event in Timeline.handlers}  # type: ignore[union-attr]

    assert words().keys() == told_kinds
    assert all(not word.isascii() for word in words().values())


def test_a_persons_whole_life_is_told_in_order(house: House) -> None:
    works, other = house.unit(NINGBO, "industry"), house.unit(NINGBO, "industry")
    person = house.person(unit=works)
    house.request(person, other, "2022-01-01")
    claim = house.registered(person, exam("2021-03-01"))
    house.correct(claim, exam("2021-03-01", 2))
    house.freeze(claim)
    title = careers.RecordTitle(role="human_resources", level="senior", obtained_on=date(2020, 1, 1))
    house.record(careers.decide_title(house.load(person, persons.evolve), title, house.officer))
    lines = told(house, person)

    assert kinds(lines) == [
        "person.registered", "person.affiliated", "transfer.requested", "claim.submitted", "claim.approved",
        "claim.corrected", "claim.frozen", "person.title_recorded"]
    assert [line["words"] for line in lines][3:5] == ["提交学时申报", "学时认定"]
    assert [line["position"] for line in lines] == sorted(line["position"] for line in lines)
    for line in lines:
        recorded = house.ledger.at(line["event"])
        assert recorded is not None and recorded.envelope.stream == line["stream"]
        assert line["facts"] is not None


def test_a_line_says_by_whom_as_what_for_whom_and_why(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.submit(person, exam("2021-03-01"))
    by = By(actor=OFFICER, role="sector_authority", organisation="unt_office", on_behalf_of="acr_colleague",
            reason="late_papers", correlation="c" * 32, cause=house.size)
    state = house.load(claim, claims.evolve)
    command = review.ReturnClaim(role="sector_authority", words="缺页")
    house.record(review.decide_return(state, command, house.load(person, persons.evolve), house.officer), by=by)
    line = told(house, person)[-1]

    assert line["by"] == {"actor": OFFICER, "role": "sector_authority", "organisation": "unt_office",
                          "on_behalf_of": "acr_colleague", "reason": "late_papers"}
    assert (line["correlation"], line["cause"], line["act"]) == ("c" * 32, by.cause, None)
    assert line["sides"] == ["about"]
    assert told(house, OFFICER)[-1]["sides"] == ["done"]
    assert told(house, "acr_colleague")[-1]["sides"] == ["on_behalf"]
    assert "缺页" not in str(line), "words are sealed"


def roster(house: House, *people: Any) -> Act:
    act = house.roster(len(people))
    for person in people:
        house.row(act, person, exam("2021-03-01"))
    return act


def test_rows_of_an_act_stand_where_it_was_closed_and_name_their_own_place(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    people = [house.person(unit=works), house.person(unit=works)]
    act = roster(house, *people)
    written = house.size
    assert "claim.submitted" not in kinds(told(house, people[0]))
    act.close()
    line = told(house, people[0])[-1]

    assert (line["what"], line["position"]) == ("claim.approved", house.size)
    assert line["event"] < written and line["act"] == act.id
    opened = told(house, OFFICER, kinds=("act.opened",))[-1]
    assert opened["became"] == {"status": "closed", "rows_done": 2, "event": house.size}


def test_an_abandoned_act_is_told_of_whoever_opened_it_and_of_nobody_in_its_list(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    before = kinds(told(house, person))
    act = roster(house, person)
    opened = actor_timeline(house.followed(), OFFICER, Wanted(kinds=("act",))).items[-1]
    assert opened["became"] == {"status": "open", "rows_done": 1, "event": None}
    at = house.size
    act.abandon()

    assert kinds(told(house, person)) == before
    assert told(house, OFFICER, kinds=("act",))[-1]["became"]["status"] == "abandoned"
    page = actor_timeline(house.followed(), OFFICER, Wanted(kinds=("act",)), as_of=at)
    assert page.items[-1] == opened, "as of then it was open, whatever became of it"


def test_a_record_is_told_from_where_its_act_was_closed_and_of_any_past_the_same(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    act = roster(house, person)
    claim = house.ledger.at(house.size - 1).envelope.stream  # type: ignore[union-attr]
    assert record_timeline(house.followed(), claim) == ()
    act.close()
    closed = house.size
    lines = record_timeline(house.followed(), claim)
    house.freeze(claim)

    assert kinds(list(lines)) == ["claim.submitted", "claim.approved"]
    assert {line["position"] for line in lines} == {closed} and lines[0]["event"] < closed
    assert lines[0]["happened_on"] == "2021-03-01" and lines[1]["happened_on"] is None
    assert lines[0]["facts"]["study"]["route"] == "exam"
    assert record_timeline(house.followed(), claim, as_of=closed) == lines
    assert kinds(list(record_timeline(house.followed(), claim)))[-1] == "claim.frozen"
    act = roster(house, person)
    act.abandon()
    assert record_timeline(house.followed(), house.ledger.at(house.size - 2).envelope.stream) == ()  # type: ignore[union-attr]


def test_an_officers_decisions_say_how_long_they_waited_and_what_was_opened(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    person = house.person(unit=works)
    house.clock.on("2026-03-02")
    command = review.SubmitClaim(
        claim=house.new("clm"), person=person, on=date(2022, 12, 31), study=exam("2021-03-01"), details=DETAILS,  # type: ignore[arg-type]
        steps=("sector_authority",), evidence=(Evidence(kind="certificate", sha256="a" * 64),
                                               Evidence(kind="notice", sha256="b" * 64)))
    house.record(review.decide_submission(None, command, house.load(person, persons.evolve)))
    submitted = house.size
    house.clock.on("2026-03-05")
    approval = review.ApproveClaim(role="sector_authority", ruling=house.ruling(person, exam("2021-03-01")), year=2021,
                                   opened_evidence=("a" * 64, "f" * 64))
    house.record(review.decide_approval(house.load(command.claim, claims.evolve), approval,
                                        house.load(person, persons.evolve), house.officer),
                 by=By(actor=OFFICER, role="sector_authority", organisation=works))
    decision = told(house, OFFICER, kinds=("claim.approved",))[-1]["decision"]

    assert decision["waited_since"] == submitted
    assert 259_199 <= decision["waited_seconds"] <= 259_200, "three days"
    assert (decision["evidence"], decision["evidence_opened"]) == (2, 1)
    assert decision["own_organisation"] is True
    assert (decision["person"], decision["region"], decision["category"]) == (person, NINGBO, "professional")


def test_an_officers_timeline_tells_what_was_done_to_them_too(house: House) -> None:
    office = house.load(house.officer.organisation, units.evolve)
    suspend = actors.SuspendActor(role="system_administrator")
    house.record(actors.decide_suspension(house.officer, suspend, office, None),
                 by=By(actor="founder", role="founder"))
    done = told(house, OFFICER, side="done")
    undergone = told(house, OFFICER, side="about")

    assert {"actor.appointed", "actor.scope_granted", "actor.suspended"} <= set(kinds(undergone))
    assert undergone[-1]["by"]["actor"] == "founder"
    assert kinds(told(house, "founder")) == ["actor.suspended"]
    assert len(told(house, OFFICER)) == len({line["event"] for line in [*done, *undergone]})


def test_lines_are_chosen_by_kind_family_day_record_and_order(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    house.clock.on("2026-03-02")
    first = house.registered(person, exam("2021-03-01"))
    house.clock.on("2026-03-03")
    second = house.registered(person, exam("2021-04-01"))

    assert kinds(told(house, person, kinds=("claim.approved",))) == ["claim.approved"] * 2
    assert kinds(told(house, person, kinds=("person",))) == ["person.registered", "person.affiliated"]
    assert {line["stream"] for line in told(house, person, first=date(2026, 3, 3))} == {second}
    assert {line["stream"] for line in told(house, person, first=date(2026, 3, 2), last=date(2026, 3, 2))} == {first}
    assert kinds(told(house, person, stream=first)) == ["claim.submitted", "claim.approved"]
    assert told(house, person, newest=True) == told(house, person)[::-1]
    with pytest.raises(KindUnknown):
        told(house, person, kinds=("claim.praised",))
    assert told(house, "per_nobody") == []


def test_lines_are_chosen_by_hand_organisation_and_request_and_none_is_lost_between_pages(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.submit(person, exam("2021-03-01"))
    by = By(actor=OFFICER, role="sector_authority", organisation="unt_office", correlation="c" * 32)
    command = review.ReturnClaim(role="sector_authority", words="缺页")
    house.record(review.decide_return(house.load(claim, claims.evolve), command, house.load(person, persons.evolve),
                                      house.officer), by=by)
    house.registered(person, exam("2021-04-01"))

    for wanted in ({"organisation": "unt_office"}, {"correlation": "c" * 32},
                   {"hand": OFFICER, "organisation": "unt_office", "newest": True}):
        assert kinds(told(house, person, **wanted)) == ["claim.returned"]
    assert told(house, person, hand="acr_nobody") == []
    by_hands = [told(house, person, hand=hand) for hand in {line["by"]["actor"] for line in told(house, person)}]
    assert sum(map(len, by_hands)) == len(told(house, person))
    monkeypatch.setattr(timeline_reading, "SIFTED_MOST", 2)
    assert kinds(told(house, person, organisation="unt_office")) == ["claim.returned"], "past pages that held none"


def test_the_same_position_gives_the_same_lines_however_long_the_log_has_grown(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.registered(person, exam("2021-03-01"))
    at = house.size
    page = person_timeline(house.followed(), person, as_of=at)
    house.freeze(claim)
    house.followed()

    assert person_timeline(house.answers, person, as_of=at) == page
    with pytest.raises(AsOfInFuture):
        person_timeline(house.answers, person, as_of=house.size + 1)


def test_what_is_first_about_another_is_told_without_its_facts(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    office = house.unit(NINGBO, "general")
    appoint = actors.AppointActor(
        actor="acr_new", account="someone", official=Official(name="赵敏"), role="system_administrator", person=person)  # type: ignore[arg-type]
    house.record(actors.decide_appointment(None, appoint, house.load(office, units.evolve), None))
    line = told(house, person)[-1]

    assert (line["what"], line["facts"]) == ("actor.appointed", None)


def test_what_is_looked_into_is_told_to_those_who_supervise_and_to_nobody_whom_it_is_about(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    opened = CaseOpened(case=house.new("cas"), kind="misconduct", region=NINGBO,  # type: ignore[arg-type]
                        concerned=Concerned(persons=(person,), actors=("acr_colleague",)))  # type: ignore[arg-type]
    house.record((Draft(opened),))

    assert kinds(told(house, person))[-1] == kinds(told(house, "acr_colleague"))[-1] == "case.opened"
    assert told(house, person)[-1]["facts"] is None, "it is about others, too"
    for who in (person, "acr_colleague"):
        assert "case.opened" not in kinds(told(house, who, told=True))
    assert kinds(told(house, OFFICER, told=True))[-1] == "case.opened", "theirs was the hand"


def test_no_name_stands_in_the_file(house: House) -> None:
    identity = Identity(name="欧阳询", name_normalised="欧阳询", id_kind="resident_id", id_number="id-x")
    house.record(persons.decide_person_registration(
        None, persons.RegisterPerson(person=house.new("per"), identity=identity)))  # type: ignore[arg-type]
    house.followed()
    house.follower.stop()

    assert all("欧阳询".encode() not in path.read_bytes() for path in (house.folder / "answers").glob("timeline*"))
