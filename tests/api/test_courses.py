"""The catalogue of a year, and what somebody may choose from it: in Wenzhou, whose rulebook says the most of it."""

from __future__ import annotations

from tests.api.course_kit import PEOPLE, School
from tests.api.house_kit import BODY, Someone, in_the_instant


def code(answer: object) -> str:
    said: str = answer.get_json()["code"]  # type: ignore[attr-defined]
    return said


def faults(someone: Someone, path: str, body: BODY) -> set[str]:
    answer = someone.post(path, body)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    return {one["pointer"] for one in answer.get_json()["errors"]}


def test_a_course_asks_what_the_rulebook_of_its_place_says_and_never_less(school: School) -> None:
    """W 8, W 9, W 10."""
    made = school.course()
    assert (made["one_a_year"], made["gap_seconds"], made["challenge_minutes"], made["hours"]) == (True, 120, 15, "18")
    assert school.course(gap_seconds=60, challenge_minutes=10)["gap_seconds"] == 60

    looser = school.course_body(gap_seconds=300, challenge_minutes=60, one_a_year=False, hours="20")
    assert faults(school.office, "/v1/courses", looser) == {
        "/gap_seconds", "/challenge_minutes", "/one_a_year", "/hours"}
    for wrong in ({"sector": "industry"}, {"category": "sector_public"}, {"category": "sector_public", "sector": "x"}):
        assert faults(school.office, "/v1/courses", school.course_body(**wrong)) == {"/sector"}


def test_courses_are_published_by_the_office_of_the_level_that_the_text_names(school: School) -> None:
    """W 7: 由市人力社保局指定."""
    bureau = school.town.unit("区人力社保局", "330302", "general")
    county = school.town.officer(bureau, PEOPLE, "330302")
    sector = school.town.officer(bureau, "sector_authority", "3303", sector="industry")

    no = county.post("/v1/courses", school.course_body(region="330302"))
    assert (no.status_code, code(no), no.get_json()["seen"]["article"]) == (403, "not_the_registrar", "第十条")
    assert code(sector.post("/v1/courses", school.course_body())) == "role_not_held"
    public = school.course_body(category="sector_public", sector="industry", hours="6")
    assert code(school.office.post("/v1/courses", public)) == "role_not_held"
    assert sector.did("/v1/courses", public)["one_a_year"] is False
    assert code(school.learner().post("/v1/courses", school.course_body())) == "official_needed"


def test_a_course_that_is_published_anew_says_in_which_years_it_was_there_before(school: School) -> None:
    """P 10: 每年更新一批学习课件."""
    year = school.town.house.today.year
    before = school.course(code="fresh", year=year - 1)
    trial = school.office.post("/v1/courses", school.course_body(code="fresh"), dry_run="true").get_json()
    assert trial["would"]["years_before"] == [year - 1]
    body = school.course_body(code="fresh")
    made = school.office.did("/v1/courses", body, key="the-course-of-the-year")
    assert (before["years_before"], made["years_before"]) == ([], [year - 1])
    for one in (school.office, school.learner()):  # Who answers for the catalogue, and who learns from it.
        listed = {each["course"]: each["years_before"] for each in one.saw("/v1/courses", year=year)["items"]}
        assert listed[made["course"]] == [year - 1] == one.saw(f"/v1/courses/{made['course']}")["years_before"]
        assert one.saw(f"/v1/courses/{before['course']}")["years_before"] == []
    again = school.office.post("/v1/courses", body, key="the-course-of-the-year")
    assert (again.headers["Idempotent-Replayed"], again.get_json()) == ("true", made)


def test_what_was_learned_in_a_past_year_cannot_be_chosen_again(school: School) -> None:
    """W 8: 历年已学课程无法再次选择."""
    li = school.learner()
    learned = school.completed(li, school.course(code="twice"))
    school.pass_days(366)

    same, other = school.course(code="twice"), school.course(code="another")
    no = li.post("/v1/enrolments", {"course": same["course"]})
    assert (no.status_code, code(no)) == (409, "course_learned")
    assert "历年已学课程无法再次选择（温人社发〔2020〕125号第八条）" in no.get_json()["detail"]
    assert no.get_json()["seen"] == {"enrolment": learned["enrolment"], "year": learned["year"]}
    assert school.enrolled(li, other)["year"] == learned["year"] + 1


def test_one_course_a_year_is_chosen_and_given_back_until_it_is_begun(school: School) -> None:
    """W 8: 自主报名选择一门学习课程."""
    li, first, second = school.learner(), school.course(), school.course()
    mine = school.enrolled(li, first)
    no = li.post("/v1/enrolments", {"course": second["course"]})
    assert (code(no), no.get_json()["seen"]["enrolment"]) == ("course_chosen", mine["enrolment"])

    at = f"/v1/enrolments/{mine['enrolment']}"
    assert li.did(f"{at}/cancellation", version=1)["status"] == "cancelled"
    other = school.enrolled(li, second)
    at = f"/v1/enrolments/{other['enrolment']}"
    li.did(f"{at}/study-sessions")
    assert code(li.post(f"{at}/cancellation", version=1)) == "study_begun", "also while the first session goes on"


def test_nobody_chooses_what_was_withdrawn_or_is_another_years(school: School) -> None:
    li, gone = school.learner(), school.course()
    at = f"/v1/courses/{gone['course']}"
    seen = school.office.get(at)
    assert seen.headers["ETag"] == '"v1"'
    assert school.office.did(f"{at}/withdrawal", version=1)["withdrawn_on"] == school.day()
    assert school.office.get(at).headers["ETag"] == '"v2"'
    assert code(school.office.post(f"{at}/withdrawal", version=2)) == "course_withdrawn"

    late = school.course(year=school.town.house.today.year - 1)
    for course, why in ((gone, "course_withdrawn"), (late, "course_not_of_year"),
                        ({"course": f"crs_{'0' * 22}"}, "course_absent")):
        assert code(li.post("/v1/enrolments", {"course": course["course"]})) == why
    assert code(school.office.post("/v1/enrolments", {"course": gone["course"]})) == "person_needed"


def test_anothers_enrolment_is_not_there_and_an_office_says_what_for(school: School) -> None:
    li, wang = school.learner(), school.learner("王芳")
    at = f"/v1/enrolments/{school.enrolled(li, school.course())['enrolment']}"
    away = school.town.officer(school.town.unit("宁波某局", "330200", "general"), PEOPLE, "3302")

    assert li.get(at).headers["ETag"] == '"v1"'
    for stranger in (wang, away):
        assert code(stranger.get(at, purpose="annual_review")) == "enrolment_absent"
    for act in ("cancellation", "study-sessions", "study-sessions/end", "hours"):
        assert code(wang.post(f"{at}/{act}", version=1)) == "enrolment_absent", act
    assert code(wang.post(f"{at}/heartbeats", {"nonce": "A" * 24})) == "enrolment_absent"
    assert code(school.office.get(at)) == "purpose_missing"
    assert school.office.saw(at, purpose="annual_review")["person"] == li.id


def test_a_course_stands_once_in_the_catalogue_of_a_year_until_it_is_withdrawn(school: School) -> None:
    """Whoever publishes in two tabs leaves one course, not two of which nobody knows which to choose."""
    body = school.course_body(code="once")
    first = school.office.did("/v1/courses", body)

    second = school.office.post("/v1/courses", {**body, "title": "另一个名称"})
    assert (second.status_code, code(second), second.get_json()["seen"]["course"]) == (
        409, "course_exists", first["course"])

    school.office.did(f"/v1/courses/{first['course']}/withdrawal", version=1)
    assert school.office.did("/v1/courses", body)["course"] != first["course"]


def test_of_two_colleagues_who_publish_a_course_in_one_instant_one_does(school: School) -> None:
    body = school.course_body()

    with in_the_instant(school.town, lambda: school.second.did("/v1/courses", body)):
        late = school.office.post("/v1/courses", body)

    assert (late.status_code, code(late)) == (409, "course_exists")
    listed = school.office.saw("/v1/courses", year=body["year"], region=body["region"])["items"]
    assert [one["code"] for one in listed].count(body["code"]) == 1


def test_whoever_chooses_the_course_that_they_are_at_is_led_to_it(school: School) -> None:
    person, course = school.learner(), school.course()
    held = school.enrolled(person, course)

    again = person.post("/v1/enrolments", {"course": course["course"]})

    assert (again.status_code, code(again)) == (409, "course_enrolled")
    assert again.get_json()["seen"]["enrolment"] == held["enrolment"]
