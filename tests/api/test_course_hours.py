"""Whose hours follow by themselves, whose an office registers, what a printed certificate is worth: by place."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.course_kit import PEOPLE, School
from tests.api.house_kit import BODY, SHA, Someone, in_the_instant, resident_id


def code(answer: TestResponse) -> str:
    said: str = answer.get_json()["code"]
    return said


class Place:
    """Another place than the school's: its human resources, a sector's authority, a unit and its clerk."""

    def __init__(self, school: School, region: str, sector: str) -> None:
        self.school, self.region, self.sector = school, region, sector
        town, city = school.town, region[:4]
        bureau = town.unit("某局", f"{city}00", "general")
        self.works = town.unit("某站", region, sector)
        self.people = town.officer(bureau, PEOPLE, city)
        self.authority = town.officer(bureau, "sector_authority", city, sector=sector)
        self.clerk = town.officer(self.works, "unit", region, unit=self.works["unit"])

    def completed(self, **course: Any) -> tuple[Someone, BODY]:
        """Somebody of this place who has studied a course of its office."""
        body = self.school.course_body(**{"region": f"{self.region[:4]}00", "hours": "12", "minutes": 1, **course})
        by = self.people if body["category"] == "general_public" else self.authority
        made, li = by.did("/v1/courses", body), self.school.learner(works=self.works)
        return li, self.school.studied(li, self.school.enrolled(li, made), 1)

    def passed(self, li: Someone, enrolment: BODY, **exam: Any) -> BODY:
        """Let them sit an exam of its office, and pass."""
        body = self.school.exam_body(**{"region": f"{self.region[:4]}00", **exam})
        by = self.people if body["category"] == "general_public" else self.authority
        seat = self.school.booked(li, enrolment, by.did("/v1/exams", body))
        self.school.pass_days(21)
        at = f"/v1/bookings/{seat['booking']}"
        by.did(f"{at}/attendance", {"present": True}, version=1)
        return by.did(f"{at}/result", {"score": "88"}, version=2)


def register(by: Someone, enrolment: BODY, **more: Any) -> TestResponse:
    return by.post(f"/v1/enrolments/{enrolment['enrolment']}/hours", version=enrolment["version"], **more)


@pytest.fixture(scope="module")
def ningbo(school: School) -> Place:
    return Place(school, "330203", "industry")


@pytest.fixture(scope="module")
def jiaxing(school: School) -> Place:
    return Place(school, "330402", "environment")


def test_in_ningbo_the_system_registers_what_was_passed_and_nothing_that_was_only_studied(ningbo: Place) -> None:
    """N 5, N 8: 一般公需科目由系统自动完成登记."""
    li, done = ningbo.completed()
    no = register(li, done)
    assert (no.status_code, code(no)) == (422, "not_countable")
    seen = no.get_json()["seen"]
    assert (seen["rulebook"], seen["clauses"]) == ("ningbo-industry/2019-01-01", ["第五条"])
    assert "第五条" in {step["article"] for step in seen["why"]}

    claim = li.saw(f"/v1/claims/{ningbo.passed(li, done)['claim']}")
    assert (claim["steps"], claim["origin"], claim["ruling"]["assessed"]) == (["system"], "auto", "12")


def test_where_no_exam_on_site_is_asked_for_a_passed_quiz_is_one(ningbo: Place) -> None:
    """N 5: 经考核合格后认定登记相应学时."""
    li, done = ningbo.completed()
    at = f"/v1/enrolments/{done['enrolment']}"
    failed = ningbo.people.did(f"{at}/quiz", {"score": "59.5", "pass_mark": "60"}, version=done["version"])
    assert (failed["quiz"]["passed"], failed["claim"]) == (False, None)
    assert code(ningbo.authority.post(f"{at}/quiz", {"score": "90", "pass_mark": "60"}, version=4)) == "role_not_held"
    passed = ningbo.people.did(f"{at}/quiz", {"score": "75", "pass_mark": "60"}, version=failed["version"])
    assert (passed["status"], passed["quiz"]["score"]) == ("registered", "75")
    claim = li.saw(f"/v1/claims/{passed['claim']}")
    assert (claim["study"]["completed_by"], claim["steps"], claim["ruling"]["assessed"]) == ("exam", ["system"], "12")


def test_where_the_text_wants_an_exam_on_site_no_quiz_is_one(school: School) -> None:
    """W 7, W 10: 现场电子化考试."""
    li = school.learner()
    done = school.studied(li, school.enrolled(li, school.course(minutes=1)), 1)
    body, at = {"score": "90", "pass_mark": "60"}, f"/v1/enrolments/{done['enrolment']}/quiz"
    no = school.office.post(at, body, version=done["version"])
    assert (no.status_code, code(no), no.get_json()["seen"]["article"]) == (409, "exam_on_site", "第十条")
    assert code(li.post(at, body, version=done["version"])) == "official_needed"


def test_where_completion_is_enough_the_office_of_the_place_registers_it(jiaxing: Place) -> None:
    """E 5, E 9: 考试合格或完成课件学习后."""
    li, done = jiaxing.completed()
    assert (done["status"], done["claim"]) == ("completed", None)
    no = register(li, done)
    assert (code(no), no.get_json()["seen"]["role"]) == ("registered_by_office", PEOPLE)
    assert code(register(jiaxing.authority, done)) == "role_not_held"
    assert code(register(jiaxing.clerk, done)) == "role_not_held"
    own = jiaxing.school.town.officer(jiaxing.works, PEOPLE, "3304", person=li.id)
    assert code(register(own, done)) == "own_claim"

    tried = register(jiaxing.people, done, dry_run="true").get_json()["would"]
    assert tried["ruling"]["rulebook"] == "zhejiang-environment/2018-07-15"
    made = register(jiaxing.people, done)
    assert made.status_code == 201, made.get_data(as_text=True)
    claim = made.get_json()
    assert (claim["study"]["completed_by"], claim["steps"], claim["ruling"]["clauses"]) == (
        "completion", [PEOPLE], ["第九条"])
    stale = register(jiaxing.people, done)
    assert (stale.status_code, stale.get_json()["current"]["claim"]) == (412, claim["claim"])
    assert code(register(jiaxing.people, {**done, "version": done["version"] + 1})) == "hours_registered"


def test_where_the_frame_wants_an_exam_none_are_registered_without_one(school: School) -> None:
    """P 10: 每门课程经考核合格后登记相应学时."""
    place = Place(school, "330482", "general")
    li, done = place.completed()
    no = register(place.people, done)
    assert (code(no), no.get_json()["seen"]["clauses"]) == ("not_countable", ["第十条"])
    assert place.passed(li, done)["claim"] is not None, "whoever examines there registers it as well (P 6)"


def test_a_sector_course_is_registered_with_its_exam_by_the_citys_authority(school: School) -> None:
    """W 11: 由市级行业主管部门统一登记."""
    place = Place(school, "330302", "industry")
    subject = {"category": "sector_public", "sector": "industry"}
    li, done = place.completed(**subject, hours="6")
    assert code(register(school.office, done)) == "role_not_held"
    claim = li.saw(f"/v1/claims/{place.passed(li, done, **subject)['claim']}")
    assert (claim["steps"], claim["study"]["category"], claim["ruling"]["assessed"]) == (
        ["sector_authority"], "sector_public", "6")


def test_a_pass_of_somebody_who_belongs_nowhere_stands_and_the_hours_wait(school: School) -> None:
    course, li = school.course(minutes=1), school.town.person()
    done = school.studied(li, school.enrolled(li, course), 1)
    seat = school.booked(li, done, school.exam())
    school.pass_days(21)
    at = f"/v1/bookings/{seat['booking']}"
    school.office.did(f"{at}/attendance", {"present": True}, version=1)
    assert school.office.did(f"{at}/result", {"score": "80"}, version=2)["claim"] is None
    assert code(register(li, done)) == "not_affiliated"

    school.town.belongs(li, school.works, "2020-01-01")
    claim = register(li, done).get_json()
    assert (claim["ruling"]["assessed"], claim["study"]["completed_by"]) == ("18", "exam")


# By a printed certificate


def certificate(person: Someone, **fields: Any) -> BODY:
    return {"person": person.id, "category": "sector_public", "title": "工业互联网", "issuer": "省经信厅网络课堂",
            "number": f"JX-{person.id[-6:]}", "hours": "6", "date": "2026-05-06",
            "evidence": [{"kind": "certificate", "sha256": SHA}], **fields}


def test_in_ningbo_the_unit_registers_a_sector_course_on_the_printed_certificate_once(ningbo: Place) -> None:
    """N 8: 根据省经信委网络远程课堂在线打印的培训证明按人事隶属关系由所在单位进行登记."""
    li = ningbo.school.learner(works=ningbo.works)
    path, body = "/v1/course-certificates", certificate(li)
    made = ningbo.clerk.did(path, body)
    assert (made["status"], made["steps"], made["ruling"]["assessed"]) == ("approved", ["unit"], "6")
    again = ningbo.clerk.post(path, body)
    assert (code(again), again.get_json()["seen"]) == ("name_taken", {"kind": "certificate"})

    assert code(ningbo.people.post(path, certificate(li, number="2"))) == "role_not_held"
    own = ningbo.school.town.officer(ningbo.works, "unit", "330203", unit=ningbo.works["unit"], person=li.id)
    assert code(own.post(path, certificate(li, number="3"))) == "own_claim"
    other = Place(ningbo.school, "330203", "industry")
    assert code(other.clerk.post(path, certificate(li, number="4"))) == "person_absent"
    general = certificate(li, number="5", category="general_public")
    assert code(ningbo.clerk.post(path, general)) == "registered_automatically"


def imported(office: Someone, person: BODY, **study: Any) -> BODY:
    """A record of the classroom that bears no certificate."""
    facts = {"category": "sector_public", "route": "course", "date": "2026-05-04", "hours": "6", "completed_by": "exam"}
    row = {"record": f"r-{person['id_number'][-6:]}", "version": 1, "id_number": person["id_number"],
           "name": person["name"], "study": facts | study, "details": {"title": "工业互联网"}}
    office.sends("classroom")
    file = base64.b64encode(json.dumps(row, ensure_ascii=False).encode()).decode()
    return office.did("/v1/imports", {"system": "classroom", "file": file, "region": "330200",
                                      "starts": "2026-01-01", "ends": "2026-12-31"})


def test_a_course_that_was_imported_is_not_registered_once_more_on_its_certificate(ningbo: Place) -> None:
    """N 8: the record of the classroom bears no number, and its certificate is printed days later."""
    town, path = ningbo.school.town, "/v1/course-certificates"
    known = {"name": "周宁", "id_kind": "resident_id", "id_number": resident_id(next(town.numbers))}
    made = town.nobody.did("/v1/persons", known)
    li = Someone(town.client(), made["token"], made["person"])
    town.belongs(li, ningbo.works, "2020-01-01")
    imported(ningbo.people, known)
    town.house.settled()
    (claim,) = (one.claim for one in town.house.answers.registered(li.id))

    for trial in ({"dry_run": "true"}, {}):
        no = ningbo.clerk.post(path, certificate(li, title=" 工业 互联网"), **trial).get_json()
        assert (no["code"], no["status"], no["seen"]["claim"]) == ("course_looks_registered", 409, claim)
        assert claim in no["detail"] and "2026-05-04" in no["detail"]
    assert ningbo.clerk.did(path, certificate(li, title="工业互联网（二）", number="2"))["status"] == "approved"
    assert ningbo.clerk.did(path, certificate(li, date="2025-05-06", number="3"))["year"] == 2025, "each year anew"
    counted = {one["year"]: one["decided"]["sector_public"] for one in li.years()["years"]}
    assert (counted[2026], counted[2025]) == ("12", "6")


def test_of_two_certificates_of_one_course_in_one_instant_one_is_registered(ningbo: Place) -> None:
    li, path = ningbo.school.learner(works=ningbo.works), "/v1/course-certificates"
    with in_the_instant(ningbo.school.town, lambda: ningbo.clerk.did(path, certificate(li, number="1"))):
        no = ningbo.clerk.post(path, certificate(li, number="2"))

    assert code(no) == "course_looks_registered"


def test_what_the_law_does_not_count_and_what_shows_nothing_is_not_registered(ningbo: Place) -> None:
    li = ningbo.school.learner(works=ningbo.works)
    path = "/v1/course-certificates"
    assert code(ningbo.clerk.post(path, certificate(li, completed_by="completion"))) == "not_countable"
    tomorrow = certificate(li, date=ningbo.school.day(1))
    assert code(ningbo.clerk.post(path, tomorrow)) == "evidence_in_future"
    assert code(ningbo.clerk.post(path, certificate(li, date="2019-06-01"))) == "no_affiliation_on_date"
    nothing = ningbo.clerk.post(path, certificate(li, evidence=[])).get_json()
    assert [one["pointer"] for one in nothing["errors"]] == ["/evidence"]
    assert ningbo.clerk.post(path, certificate(li, category="professional")).status_code == 422


def test_in_wenzhou_it_is_the_citys_authority_and_no_countys(school: School) -> None:
    """W 2, W 11."""
    place = Place(school, "330302", "industry")
    li = school.learner(works=place.works)
    county = school.town.officer(place.works, "sector_authority", "330302", sector="industry")
    no = county.post("/v1/course-certificates", certificate(li))
    assert (code(no), no.get_json()["seen"]["level"]) == ("not_the_registrar", "municipal")
    assert place.authority.did("/v1/course-certificates", certificate(li))["steps"] == ["sector_authority"]
