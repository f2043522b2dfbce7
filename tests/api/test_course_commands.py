"""`xueshi course` and `xueshi exam`, what is done: from the catalogue to eighteen hours on a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.api.command_kit import Ended, answering, xueshi
from tests.api.course_kit import School
from tests.api.house_kit import SHA, Someone

Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def run(school: School, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("desk")
    with answering(school.town.app) as server:
        def run(whom: Someone, *arguments: str, stdin: str = "") -> Ended:
            return xueshi(folder, *arguments, stdin=stdin, XUESHI_TOKEN=str(whom.token), XUESHI_SERVER=server)

        yield run


def told(ended: Ended) -> str:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def made(ended: Ended, name: str) -> str:
    return str(json.loads(told(ended))[name])


def test_a_course_goes_its_way_from_the_catalogue_to_eighteen_hours(school: School, run: Run, tmp_path: Path) -> None:
    office, li = school.office, school.learner()
    body = json.dumps(school.course_body(minutes=1))
    assert "每 15 分钟提问一次" in told(run(office, "course", "publish", "-", "--dry-run", stdin=body))
    course = made(run(office, "course", "publish", "-", "--json", stdin=body), "course")
    mine = made(run(li, "course", "enrol", course, "--json"), "enrolment")
    assert "已退选" in told(run(li, "course", "cancel", mine))
    mine = made(run(li, "course", "enrol", course, "--json"), "enrolment")

    nonce = made(run(li, "course", "begin", mine, "--json"), "nonce")
    school.pass_seconds(61)
    assert "本次已计  1 分钟" in told(run(li, "course", "beat", mine, "--nonce", nonce))
    assert "已学完" in told(run(li, "course", "end", mine))
    assert "已学完" in told(run(office, "course", "show", mine, "--purpose", "exam_day"))

    exam = made(run(office, "exam", "schedule", "-", "--json", stdin=json.dumps(school.exam_body())), "exam")
    seat = made(run(li, "exam", "book", exam, mine, "--seat", "4", "--json"), "booking")
    assert "已退座" in told(run(li, "exam", "release", seat))
    seat = made(run(li, "exam", "book", exam, mine, "--json"), "booking")
    assert seat in told(run(office, "exam", "seats", exam, "--purpose", "exam_day"))
    put_off = run(office, "exam", "move", exam, "--because", "weather", "--place", "瓯海考点", "--seats", "40")
    assert "瓯海考点" in told(put_off) and "改期、改场地 1 次" in put_off.stdout
    school.pass_days(21)
    assert "已登记到场" in told(run(office, "exam", "attend", seat, "--present"))
    assert "不合格" in told(run(office, "exam", "result", seat, "--score", "59"))
    right = told(run(school.second, "exam", "correct", seat, "--score", "61", "--words", "漏计一题组"))
    assert "学时登记  clm_" in right and "合格" in told(run(li, "exam", "booking", seat))
    done = told(run(office, "exam", "close", exam, "--held"))
    assert "报名 1 人，到场 1 人，合格 1 人" in done
    again = run(li, "course", "register", mine)
    assert (again.returncode, "hours_registered" in again.stderr) == (1, True)
    assert "已停止选课" in told(run(office, "course", "withdraw", course))


def test_a_list_of_results_is_tried_and_then_entered(school: School, run: Run, tmp_path: Path) -> None:
    li = school.learner()
    done = school.studied(li, school.enrolled(li, school.course(minutes=1)), 1)
    exam = school.exam()
    school.booked(li, done, exam, seat=2)
    school.pass_days(21)
    file = tmp_path / "results.csv"
    file.write_text("座位号,成绩\n2,90\n3,90\n", "utf-8")
    tried = run(school.office, "exam", "results", exam["exam"], str(file), "--dry-run")
    assert (tried.returncode, "seat_not_booked" in tried.stdout, "可以办理" in tried.stdout) == (2, True, False)
    slip = run(school.office, "exam", "results", exam["exam"], str(file))
    assert (slip.returncode, "第 3 行" in slip.stderr) == (2, True)
    back = tmp_path / "back.xlsx"
    run(school.office, "exam", "results", exam["exam"], str(file), "--dry-run", "--workbook", str(back))
    assert "没有人报名" in CalamineWorkbook.from_path(back).get_sheet_by_index(0).to_python()[2][-1]
    file.write_text("座位号,成绩\n2,90\n", "utf-8")
    assert "随之登记 1 人" in told(run(school.office, "exam", "results", exam["exam"], str(file)))
    assert "此前已办理，未重复登记" in told(run(school.second, "exam", "results", exam["exam"], str(file)))


def test_a_printed_certificate_is_registered_by_the_unit_that_the_law_names(school: School, run: Run) -> None:
    works = school.town.unit("某厂", "330203", "industry")
    clerk, li = school.town.officer(works, "unit", "330203", unit=works["unit"]), school.learner(works=works)
    body = {"person": li.id, "category": "sector_public", "title": "工业互联网", "issuer": "网络课堂", "number": "1",
            "hours": "6", "date": "2026-05-06", "evidence": [{"kind": "certificate", "sha256": SHA}]}
    assert "6 学时" in told(run(clerk, "course", "certify", "-", stdin=json.dumps(body)))
    no = run(school.office, "course", "quiz", f"enr_{'0' * 22}", "--score", "90", "--pass-mark", "60")
    assert (no.returncode, "enrolment_absent" in no.stderr) == (1, True)
    exam = run(school.office, "exam", "close", f"exm_{'0' * 22}", "--called-off")
    assert (exam.returncode, "exam_absent" in exam.stderr) == (1, True)
