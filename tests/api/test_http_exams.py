"""Courses and exams over HTTP: the plan for everyone, a person's own for those it concerns."""

from __future__ import annotations

from ledger.events.access import AccessRecorded
from tests.api.learning_kit import Scene


def refused(answer: object) -> str:
    code: str = answer.get_json()["code"]  # type: ignore[attr-defined]
    return code


def test_a_session_says_how_many_seats_are_left_and_not_whose_the_others_are(scene: Scene) -> None:
    found = scene.li.saw(f"/v1/exams/{scene.made.exam}")

    assert (found["seats"], found["taken"], found["free"], found["passed"]) == (30, 1, 29, 1)
    assert (found["day"], found["starts"], found["pass_mark"], found["status"]) == (
        "2026-04-18", "09:00", "60", "scheduled")
    assert scene.li.id not in str(found)
    assert found["log_size"] == found["as_of"] and len(found["root"]) == 64


def test_an_answer_as_of_before_is_what_was_known_then_and_its_basis_gives_it_again(scene: Scene) -> None:
    now = scene.li.saw(f"/v1/exams/{scene.made.exam}")

    then = scene.li.saw(f"/v1/exams/{scene.made.exam}", as_of=now["event"])
    assert (then["taken"], then["free"]) == (0, 30)
    assert scene.li.saw(f"/v1/exams/{scene.made.exam}", as_of=now["as_of"]) == now
    early = scene.li.get(f"/v1/exams/{scene.made.exam}", as_of=now["event"] - 1)
    assert (early.status_code, refused(early)) == (404, "exam_absent")


def test_catalogue_and_plan_narrow_to_a_year_a_place_and_a_subject(scene: Scene) -> None:
    def found(path: str, **query: object) -> list[str]:
        return [one[path] for one in scene.li.saw(f"/v1/{path}s", **query)["items"]]

    for path, name in (("course", scene.made.course), ("exam", scene.made.exam)):
        assert found(path) == found(path, year=2026, region="3302", category="general_public") == [name]
        assert found(path, year=2025) == found(path, region="3303") == found(path, category="sector_public") == []
    course = scene.li.saw(f"/v1/courses/{scene.made.course}")
    assert (course["hours"], course["minutes"], course["one_a_year"]) == ("18", 90, True)


def test_nobody_reads_the_plan_without_a_login_and_what_is_not_there_is_not(scene: Scene) -> None:
    for path in ("/v1/exams", f"/v1/exams/{scene.made.exam}", "/v1/courses", f"/v1/courses/{scene.made.course}"):
        assert refused(scene.town.nobody.get(path)) == "login_required"
    assert refused(scene.li.get(f"/v1/courses/crs_{'0' * 22}")) == "course_absent"
    assert scene.li.get("/v1/exams/exm_1").status_code == 404


def test_a_person_sees_what_they_studied_where_they_sat_and_which_hours_came_of_it(scene: Scene) -> None:
    found = scene.li.saw(f"/v1/persons/{scene.li.id}/courses")

    (enrolment,), (booking,) = found["enrolments"], found["bookings"]
    assert (enrolment["status"], enrolment["minutes"], enrolment["claim"]) == ("registered", 95, scene.made.claim)
    assert (booking["seat"], booking["status"], booking["score"], booking["announced_on"]) == (
        7, "passed", "71.5", "2026-04-25")


def test_whoever_looks_at_anothers_courses_says_what_for_and_is_recorded_first(scene: Scene) -> None:
    path = f"/v1/persons/{scene.li.id}/courses"
    wang = scene.town.person("王芳")
    elsewhere = scene.town.officer(scene.town.unit("温州某局", "330300", "general"), "human_resources", "3303")

    assert refused(wang.get(path)) == "not_your_own"
    assert refused(scene.town.nobody.get(path)) == "login_required"
    assert refused(scene.made.officer.get(path)) == "purpose_missing"
    assert refused(elsewhere.get(path, purpose="annual_review")) == "person_absent"
    assert scene.made.officer.saw(path, purpose="annual_review")["enrolments"]
    events = [one.envelope.event for one in scene.town.house.register.access.read(limit=1_000)]
    seen = [one for one in events if isinstance(one, AccessRecorded) and "exams" in one.what]
    assert [(one.subject, one.purpose) for one in seen] == [(scene.li.id, "annual_review")]
