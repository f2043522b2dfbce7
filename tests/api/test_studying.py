"""Study over HTTP: the server counts, nobody else does; what ends is recorded once, whatever breaks in between."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from api.cases.learning.studying import LEFT_AFTER_S, going_on, settle_all
from api.operational.callers import Caller
from api.operational.study_time import SECOND
from ledger.errors import Refusal
from ledger.events.course import Device, StudyRecorded
from ledger.streams.enrolment import MINUTE
from tests.api.course_kit import School, school_in
from tests.api.house_kit import BODY, Someone, house_in


class Desk:
    """Somebody who studies a course of an hour, and how they go about it."""

    def __init__(self, school: School, **course: Any) -> None:
        self.school, self.li = school, school.learner()
        self.mine = school.enrolled(self.li, school.course(**{"minutes": 60, **course}))
        self.at = f"/v1/enrolments/{self.mine['enrolment']}"
        self.nonce = ""

    def begin(self) -> BODY:
        begun = self.li.did(f"{self.at}/study-sessions")
        self.nonce = begun["nonce"]
        return begun

    def beat(self, seconds: int, **more: Any) -> BODY:
        self.school.pass_seconds(seconds)
        found = self.li.did(f"{self.at}/heartbeats", {"nonce": self.nonce, **more})
        self.nonce = found["nonce"]
        return found

    def end(self, **more: Any) -> BODY:
        return self.li.did(f"{self.at}/study-sessions/end", **more)

    def refused(self, path: str, body: BODY | None = None) -> str:
        answer = self.li.post(f"{self.at}/{path}", body)
        assert answer.status_code >= 400, answer.get_data(as_text=True)
        said: str = answer.get_json()["code"]
        return said

    def recorded(self) -> list[StudyRecorded]:
        events = (one.envelope.event for one in self.school.town.house.ledger.read(limit=100_000))
        return [one for one in events if isinstance(one, StudyRecorded) and one.enrolment == self.mine["enrolment"]]


def test_minutes_are_those_that_passed_between_signs_of_life_and_gaps_are_none(school: School) -> None:
    """W 9."""
    desk = Desk(school)
    begun = desk.begin()
    assert (begun["minutes_needed"], begun["heartbeat_seconds"], begun["gap_seconds"]) == (60, 60, 120)
    for seconds in (60, 60, 7_200, 59):
        told = desk.beat(seconds)
    assert told["minutes"] == 2, "two hours away are no study"
    assert (told["missed_seconds"], told["forfeited_seconds"]) == (7_200, 0), "and it is said that they are not"

    done = desk.end()
    assert (done["minutes"], done["sessions"], done["status"], done["version"]) == (2, 1, "enrolled", 2)
    (one,) = desk.recorded()
    assert (one.minutes, one.heartbeats, (one.ended_at - one.started_at) // MINUTE) == (2, 4, 122)
    assert one.spread_ms is not None and abs(one.spread_ms - 500) < 200, "a minute, and a minute less a second"
    assert one.answer_ms is None, "nothing was asked"


def test_a_window_that_is_opened_anew_goes_on_where_the_other_was(school: School) -> None:
    desk = Desk(school)
    house, caller = school.town.house, Caller("person", desk.li.id)
    assert going_on(house, caller, desk.mine["enrolment"]) is None, "nothing was begun"
    desk.begin()
    told = desk.beat(60)

    assert going_on(house, caller, desk.mine["enrolment"]) == told
    assert going_on(house, caller, desk.mine["enrolment"]) == told, "to look is no sign of life"
    other = going_on(house, Caller("person", school.learner("王芳").id), desk.mine["enrolment"])
    assert isinstance(other, Refusal) and other.code == "enrolment_absent"
    desk.end()
    assert going_on(house, caller, desk.mine["enrolment"]) is None


def test_what_a_client_says_of_its_own_time_is_not_taken(school: School) -> None:
    desk = Desk(school)
    desk.begin()
    for claimed in ({"minutes": 60}, {"seconds": 3600}, {"at": "2026-01-01T00:00:00+08:00"}):
        answer = desk.li.post(f"{desk.at}/heartbeats", {"nonce": desk.nonce, **claimed})
        assert answer.status_code == 422 and answer.get_json()["errors"][0]["pointer"] == f"/{next(iter(claimed))}"
    assert desk.li.post(f"{desk.at}/study-sessions/end", {"minutes": 60}).status_code == 422


def test_a_nonce_opens_one_sign_of_life_and_a_lost_answer_is_given_again(school: School) -> None:
    desk = Desk(school)
    first = desk.begin()["nonce"]
    school.pass_seconds(60)
    told = desk.li.did(f"{desk.at}/heartbeats", {"nonce": first}, key="first-sign")

    school.pass_seconds(60)
    again = desk.li.post(f"{desk.at}/heartbeats", {"nonce": first}, key="first-sign")
    assert again.get_json() == told
    differs = desk.li.post(f"{desk.at}/heartbeats", {"nonce": first, "answer": "5"}, key="first-sign")
    assert differs.get_json()["code"] == "study_nonce_wrong", "another request is not the same one under its key"
    assert desk.refused("heartbeats", {"nonce": first}) == "study_nonce_wrong"
    assert desk.refused("heartbeats", {"nonce": "A" * 24}) == "study_nonce_wrong"
    other = Desk(school)
    other.begin()
    assert desk.refused("heartbeats", {"nonce": other.nonce}) == "study_nonce_wrong", "another session's"
    desk.nonce = told["nonce"]
    assert desk.beat(0)["minutes"] == 2


def test_somebody_has_to_show_that_they_are_there(school: School) -> None:
    desk = Desk(school, challenge_minutes=1)
    desk.begin()
    asked = desk.beat(60)
    assert (asked["minutes"], asked["challenges"], asked["answer_within_seconds"]) == (1, 1, 120)
    left, right = ("零一二三四五六七八九".index(asked["question"][at]) for at in (0, 2))
    waiting = desk.beat(60)
    assert (waiting["minutes"], waiting["held_minutes"]) == (1, 1)
    assert desk.beat(30, answer=str(left + right))["question"] is None
    asked = desk.beat(60)
    wrong = desk.beat(10, answer="0")
    assert (wrong["minutes"], wrong["forfeited_seconds"]) == (3, 10), "what was held back for a wrong answer is lost"
    desk.end()
    assert [(one.minutes, one.challenges, one.answered) for one in desk.recorded()] == [(3, 3, 1)]


def test_a_second_window_ends_the_first_and_no_minute_counts_twice(school: School) -> None:
    desk = Desk(school)
    desk.begin()
    desk.beat(90)
    old = desk.nonce
    desk.begin()
    assert [one.minutes for one in desk.recorded()] == [1]
    assert desk.refused("heartbeats", {"nonce": old}) == "study_nonce_wrong"
    desk.beat(60)
    assert desk.end()["minutes"] == 2
    first, second = desk.recorded()
    assert first.ended_at <= second.started_at


def test_an_end_is_told_again_and_recorded_once(school: School) -> None:
    desk = Desk(school)
    assert desk.refused("study-sessions/end") == "study_not_open"
    desk.begin()
    desk.beat(60)
    would = desk.li.post(f"{desk.at}/study-sessions/end", dry_run="true").get_json()["would"]
    assert (would["minutes"], desk.recorded()) == (1, [])
    done = desk.end(key="the-end-of-it")
    assert desk.li.post(f"{desk.at}/study-sessions/end", key="the-end-of-it").get_json() == done
    assert len(desk.recorded()) == 1 and desk.refused("heartbeats", {"nonce": desk.nonce}) == "study_not_open"


def test_less_than_a_minute_is_no_study_and_a_trial_counts_nothing(school: School) -> None:
    desk = Desk(school)
    assert "nonce" not in desk.li.post(f"{desk.at}/study-sessions", dry_run="true").get_json()["would"]
    desk.begin()
    school.pass_seconds(60)
    tried = desk.li.post(f"{desk.at}/heartbeats", {"nonce": desk.nonce}, dry_run="true")
    assert tried.get_json()["would"]["minutes"] == 1
    assert desk.beat(-1)["minutes"] == 0
    assert (desk.end()["minutes"], desk.recorded()) == (0, [])


def test_what_nobody_came_back_to_is_recorded_with_what_counted(school: School) -> None:
    desk = Desk(school)
    desk.begin()
    desk.beat(60)
    settle_all(school.town.house)
    assert desk.recorded() == []

    school.pass_seconds(LEFT_AFTER_S + 60)
    assert settle_all(school.town.house) >= 1
    assert [one.minutes for one in desk.recorded()] == [1]
    assert desk.refused("heartbeats", {"nonce": desk.nonce}) == "study_not_open"


def test_a_session_whose_end_was_broken_off_is_recorded_once(school: School) -> None:
    """The log had it, the state beside it did not: as when the machine stops between the two."""
    desk = Desk(school)
    desk.begin()
    desk.beat(60)
    studies = school.town.house.studies
    session = studies.find(desk.li.id, desk.mine["enrolment"])
    assert session is not None
    desk.end()
    with studies._writing() as file:
        file.execute("UPDATE study_session SET state = 'ending' WHERE session = ?", (session.session,))
    desk.begin()
    assert len(desk.recorded()) == 1
    desk.beat(60)
    assert desk.end()["minutes"] == 2


def test_a_restart_loses_nothing_but_what_lies_between_two_signs_of_life(tmp_path: Path) -> None:
    with school_in(tmp_path / "data") as school:
        desk = Desk(school)
        desk.begin()
        desk.beat(60)
        shift, token = school.shift[0], desk.li.token
    with house_in(tmp_path / "data", lambda: time.time_ns() // 1_000 + shift + 60 * SECOND) as town:
        li = Someone(town.client(), token)
        told = li.did(f"{desk.at}/heartbeats", {"nonce": desk.nonce})
        assert told["minutes"] == 2
        assert li.did(f"{desk.at}/study-sessions/end")["minutes"] == 2


def test_with_its_last_minute_a_course_is_completed_and_from_where_is_sealed(school: School) -> None:
    desk = Desk(school, minutes=2)
    desk.begin()
    desk.beat(60)
    desk.beat(60)
    done = desk.end()
    assert (done["status"], done["completed_on"], len(done["events"])) == ("completed", school.day(), 2)
    assert desk.refused("study-sessions") == "enrolment_not_open"

    ledger = school.town.house.ledger
    found = ledger.at(done["events"][0])
    assert found is not None
    sealed = ledger.opened(found)
    assert isinstance(sealed, Device) and sealed.address == "127.0.0.1" and sealed.device


def test_what_is_full_counts_no_more_and_is_completed_also_when_nobody_presses_the_end(school: School) -> None:
    desk = Desk(school, minutes=3)
    desk.begin()
    desk.beat(60)
    desk.begin()  # Another window: what the first one counted is no longer to be studied in it.
    assert not desk.beat(60)["is_full"]
    full, later = desk.beat(90), desk.beat(60)
    assert (full["is_full"], full["minutes"]) == (later["is_full"], later["minutes"]) == (True, 2)

    school.pass_seconds(LEFT_AFTER_S + 180)
    settle_all(school.town.house)
    mine = desk.li.saw(desk.at)
    assert (mine["status"], mine["minutes"], mine["sessions"]) == ("completed", 3, 2)


def test_only_the_learner_studies(school: School) -> None:
    desk = Desk(school)
    for someone, why in ((school.town.nobody, "login_required"), (school.office, "person_needed")):
        assert refusal(someone, f"{desk.at}/study-sessions") == why
        assert refusal(someone, f"{desk.at}/heartbeats", {"nonce": "A" * 24}) == why
        assert refusal(someone, f"{desk.at}/study-sessions/end") == why


def refusal(someone: Someone, path: str, body: BODY | None = None) -> str:
    said: str = someone.post(path, body).get_json()["code"]
    return said
