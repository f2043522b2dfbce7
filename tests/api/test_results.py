"""Who came and what they reached, over HTTP: by another hand than one's own, once, and with a pass the hours (W 10)."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile

from python_calamine import CalamineWorkbook
from werkzeug.test import TestResponse

from tests.api.course_kit import PEOPLE, School
from tests.api.house_kit import BODY, Someone, resident_id


def code(answer: TestResponse) -> str:
    said: str = answer.get_json()["code"]
    return said


class Session:
    """So many people in the seats of an exam, on the day after it."""

    def __init__(self, school: School, people: int) -> None:
        self.school, course = school, school.course(minutes=1)
        self.exam = school.exam()
        self.people = [school.learner() for _ in range(people)]
        self.seats = [school.booked(who, school.studied(who, school.enrolled(who, course), 1), self.exam, seat=at)
                      for at, who in enumerate(self.people, 1)]
        school.pass_days(21)

    def upon(self, at: int, act: str, body: BODY, by: Someone | None = None) -> TestResponse:
        seen = self.people[at].saw(f"/v1/bookings/{self.seats[at]['booking']}")
        return (by or self.school.office).post(
            f"/v1/bookings/{seen['booking']}/{act}", body, version=seen["version"])

    def did(self, at: int, act: str, body: BODY, by: Someone | None = None) -> BODY:
        answer = self.upon(at, act, body, by)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        found: BODY = answer.get_json()
        return found

    def enter(self, text: str, by: Someone | None = None, **query: str) -> TestResponse:
        body = {"file": base64.b64encode(text.encode()).decode()}
        return (by or self.school.office).post(f"/v1/exams/{self.exam['exam']}/results", body, version=1, **query)

    def claims(self, at: int) -> list[str]:
        found = self.people[at].saw(f"/v1/persons/{self.people[at].id}/courses")["enrolments"]
        return [one["claim"] for one in found if one["claim"]]


def test_with_a_pass_eighteen_hours_are_registered_once_and_never_twice(school: School) -> None:
    """W 10: 考试成绩合格后，由市人力社保局统一登记一般公需科目18学时."""
    session = Session(school, 1)
    assert code(session.upon(0, "result", {"score": "71.5"})) == "not_attended"
    session.did(0, "attendance", {"present": True})
    tried = school.office.post(f"/v1/bookings/{session.seats[0]['booking']}/result", {"score": "71.5"}, dry_run="true")
    assert len(tried.get_json()["would"]["events"]) == 4 and session.claims(0) == []
    passed = session.did(0, "result", {"score": "71.5"})

    li, year = session.people[0], school.town.house.today.year
    claim = li.saw(f"/v1/claims/{passed['claim']}")
    assert (claim["origin"], claim["steps"], claim["ruling"]["assessed"], claim["status"]) == (
        "auto", [PEOPLE], "18", "approved")
    assert claim["ruling"]["rulebook"] == "wenzhou/2020-11-27"
    assert li.year(year)["decided"]["general_public"] == "18"
    assert code(session.upon(0, "result", {"score": "90"})) == "result_exists"
    enrolment = session.seats[0]["enrolment"]
    again = li.post(f"/v1/enrolments/{enrolment}/hours", version=li.saw(f"/v1/enrolments/{enrolment}")["version"])
    assert (code(again), again.get_json()["seen"]["claim"]) == ("hours_registered", passed["claim"])


def test_who_failed_has_no_hours_and_another_hand_puts_a_mark_right(school: School) -> None:
    """D14."""
    session = Session(school, 1)
    session.did(0, "attendance", {"present": True})
    failed = session.did(0, "result", {"score": "59.99"})
    assert (failed["status"], failed["claim"]) == ("failed", None)

    right = {"score": "61", "words": "漏计一题组"}
    assert code(session.upon(0, "result-correction", right)) == "same_hand"
    passed = session.did(0, "result-correction", right, school.second)
    assert (passed["status"], session.claims(0)) == ("passed", [passed["claim"]])
    enrolment = f"/v1/enrolments/{session.seats[0]['enrolment']}"
    seen = session.people[0].saw(enrolment)["version"]
    assert code(session.people[0].post(f"{enrolment}/hours", version=seen)) == "hours_registered"
    third = school.town.officer(school.town.unit("市局二处", "330300", "general"), PEOPLE, "3303")
    back = session.did(0, "result-correction", {"score": "40", "words": "张冠李戴"}, third)
    assert (back["status"], back["claim"]) == ("failed", passed["claim"]), "the hours are another decision"


def test_whose_hours_were_revoked_with_a_wrong_mark_sits_again_and_has_them_once(school: School) -> None:
    """W 10: the mark was another's; nobody loses the year by it, and nobody has thirty-six hours."""
    session, year = Session(school, 1), school.town.house.today.year
    session.did(0, "attendance", {"present": True})
    first = session.did(0, "result", {"score": "71.5"})["claim"]
    session.did(0, "result-correction", {"score": "40", "words": "张冠李戴"}, school.second)
    li, again = session.people[0], school.exam(year=session.exam["year"])
    mine = session.seats[0]["enrolment"]
    assert code(li.post("/v1/bookings", {"exam": again["exam"], "enrolment": mine})) == "hours_registered"

    school.second.did(f"/v1/claims/{first}/revocation", {"basis": "other", "words": "成绩更正为不合格"},
                      version=li.saw(f"/v1/claims/{first}")["version"])
    assert code(li.post(f"/v1/enrolments/{mine}/hours", version=li.saw(
        f"/v1/enrolments/{mine}")["version"])) == "hours_registered", "without another pass there are none"
    session.seats[0] = li.did("/v1/bookings", {"exam": again["exam"], "enrolment": mine})
    school.pass_days(21)
    session.did(0, "attendance", {"present": True})
    passed = session.did(0, "result", {"score": "80"})
    assert passed["claim"] != first and session.claims(0) == [passed["claim"]]
    assert li.year(year)["decided"]["general_public"] == "18"
    seen = li.saw(f"/v1/enrolments/{mine}")["version"]
    assert code(li.post(f"/v1/enrolments/{mine}/hours", version=seen)) == "hours_registered"


def test_nobody_enters_their_own_result(school: School) -> None:
    """D07."""
    session = Session(school, 1)
    bureau = school.town.unit("市局三处", "330300", "general")
    own = school.town.officer(bureau, PEOPLE, "3303", person=session.people[0].id)
    assert code(session.upon(0, "attendance", {"present": True}, own)) == "own_exam"
    problems = session.enter("座位号,成绩\n1,90\n", own, dry_run="true").get_json()["would"]["problems"]
    assert [one["code"] for one in problems] == ["own_exam"]


def test_a_list_is_entered_whole_and_the_same_list_again_gives_the_same_receipt(school: School) -> None:
    session = Session(school, 4)
    text = "座位号,成绩,到场\n1,90,是\n2,59,是\n3,缺考,\n4,60,\n"
    would = session.enter(text, dry_run="true").get_json()["would"]
    assert (would["rows"], would["errors"], would["passed"], would["registered"]) == (4, 0, 2, 2)
    assert session.claims(0) == []

    done = session.enter(text)
    assert done.status_code == 201, done.get_data(as_text=True)
    told = done.get_json()
    assert {name: told[name] for name in ("present", "absent", "passed", "failed", "registered", "waiting")} == {
        "present": 3, "absent": 1, "passed": 2, "failed": 1, "registered": 2, "waiting": []}
    size = school.town.house.ledger.store.size()
    again = session.enter(text, school.second)
    assert (again.status_code, again.get_json(), again.headers["Idempotent-Replayed"]) == (201, told, "true")
    assert school.town.house.ledger.store.size() == size
    assert [len(session.claims(at)) for at in range(4)] == [1, 0, 0, 1]
    closed = school.office.did(f"/v1/exams/{session.exam['exam']}/closing", {"held": True}, version=1)
    assert (closed["booked"], closed["attended"], closed["passed"]) == (4, 3, 2)


def test_a_list_in_which_anything_is_wrong_enters_nobody_and_says_of_each_row_what(school: School) -> None:
    session = Session(school, 2)
    session.did(0, "attendance", {"present": False})
    size = school.town.house.ledger.store.size()
    rows = [{"seat": 1, "score": "90"}, {"seat": 2, "score": "90"}, {"seat": 9, "score": "90"}]
    no = session.enter("\n".join(map(json.dumps, rows)))

    assert no.status_code == 422
    assert [(one["code"], one["detail"][:6]) for one in no.get_json()["errors"]] == [
        ("not_attended", "第 1 行："), ("seat_not_booked", "第 3 行：")]
    assert school.town.house.ledger.store.size() == size and session.claims(1) == []


def test_a_table_in_which_anything_is_wrong_goes_back_in_red_with_the_reason_and_comes_in_again(school: School) -> None:
    session = Session(school, 3)
    would = session.enter("考场一\n座位号,成绩,到场\n1,90,是\n2,6O,是\n9,60,\n", dry_run="true").get_json()["would"]
    rows, red = marked(base64.b64decode(would["workbook"]))

    assert rows[1] == ["座位号", "成绩", "到场", "原因"] and rows[2] == ["1", "90", "是", ""]
    assert [(*row[:2], row[3][:5]) for row in rows[3:]] == [("2", "6O", "成绩应为至"), ("9", "60", "没有人报名")]
    assert red == {"B4", "D4", "A5", "D5"}, "the cell that is wrong, and the reason beside it"

    mended = "\n".join(",".join(row) for row in rows[1:4]).replace("6O", "60")
    assert session.enter(mended, dry_run="true").get_json()["would"]["errors"] == 0
    assert session.enter(mended, dry_run="true").get_json()["would"]["workbook"] is None
    lines = session.enter('{"seat":9,"score":"60"}', dry_run="true").get_json()["would"]
    assert (lines["errors"], lines["workbook"]) == (1, None)


def marked(workbook: bytes) -> tuple[list[list[str]], set[str]]:
    """What stands in a workbook, and which of its cells are coloured."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python()
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        cells = re.findall(r'<c r="([A-Z]+[0-9]+)" s="([0-9]+)"', parts.read("xl/worksheets/sheet1.xml").decode())
        text = next(style for cell, style in cells if cell == "A3")  # Of a row in which nothing is wrong.
    return rows, {cell for cell, style in cells if style != text}


def test_a_mark_whose_point_was_forgotten_is_no_pass(school: School) -> None:
    session = Session(school, 1)
    no = session.enter("座位号,成绩\n1,715\n")
    (fault,) = no.get_json()["errors"]
    assert (no.status_code, fault["code"]) == (422, "score_above_full_mark") and fault["detail"].startswith("第 2 行：")
    session.did(0, "attendance", {"present": True})
    assert code(session.upon(0, "result", {"score": "100.01"})) == "score_above_full_mark"
    assert session.did(0, "result", {"score": "100"})["status"] == "passed"


def test_a_list_that_slipped_by_a_line_is_told_by_the_numbers_beside_it(school: School) -> None:
    session = Session(school, 1)
    no = session.enter(f"座位号,成绩,证件号码\n1,90,{resident_id(1)}\n")
    (fault,) = no.get_json()["errors"]
    assert fault["code"] == "seat_of_another" and resident_id(1) not in fault["detail"]


def test_results_are_for_the_office_of_the_session_alone(school: School) -> None:
    session = Session(school, 1)
    away = school.town.officer(school.town.unit("宁波某局", "330200", "general"), PEOPLE, "3302")
    assert code(session.enter("座位号,成绩\n1,90\n", away)) == "outside_scope"
    assert code(session.enter("座位号,成绩\n1,90\n", session.people[0])) == "official_needed"
    assert code(session.upon(0, "attendance", {"present": True}, away)) == "booking_absent"
