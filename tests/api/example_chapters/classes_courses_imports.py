"""A school's year, a course with its examination, and what other systems bring in.

A college in Ningbo files its plan and holds a class; Wenzhou publishes courses and holds examinations; a classroom of
another make and the ledger of another city send what they counted. The story begins on the day of the town and goes on
for a year.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from ledger.acts.imports import contradict_import, open_import
from ledger.acts.rosters import open_roster
from ledger.errors import Refusal
from ledger.events.base import By
from ledger.events.imports import ImportId
from ledger.events.training import ClassId
from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.keys import SigningKey
from ledger.proof.notes import format_note, sign
from ledger.proof.text import encode_base64
from ledger.streams.imports import ContradictImport, OpenImport
from ledger.vocabulary import ActorId
from tests.api.course_kit import PEOPLE, School
from tests.api.house_kit import BODY, SHA, Someone, Town, house_in_2026, resident_id, study
from tests.api.paper_kit import PDF, digest

ORGANISER, SECTOR = "recognised_organiser", "sector_authority"
ITEMS: Final = [
    {"number": 1, "title": "工业机器人系统集成", "route": "filed_training", "days": "2", "headcount": 40,
     "seeks_funding": True},
    {"number": 2, "title": "数控机床故障诊断", "route": "filed_training", "days": "3", "headcount": 30},
]
SHORT: Final[dict[str, Any]] = {"code": "ethics-2026", "title": "科技伦理十讲", "minutes": 5}
"""A course that is studied whole: with a sign of life for each of its minutes."""


class Learner(NamedTuple):
    someone: Someone
    number: str
    name: str


def classes_courses_imports(town: Town) -> None:
    shift = _moving(town)
    bureau = town.unit("宁波市人力资源和社会保障局", "330200", "general")
    works = town.unit("宁波海曙精工机床有限公司", "330203", "industry")
    people = town.officer(bureau, PEOPLE, "3302")
    wenzhou = _wenzhou(town, shift)

    _sent_by_a_classroom(town, people, works)
    _brought_from_another_ledger(town, people, works)
    college = _College(town, people, works)
    college.plan_for_the_year()
    held = college.filed_class()
    _studied(wenzhou)
    _sat(wenzhou)
    _counted_without_a_hall(wenzhou, people, works)
    wenzhou.pass_until(1, 22)
    college.class_held(held)
    wenzhou.pass_until(12, 20)
    college.plan_judged()


def _moving(town: Town) -> list[int]:
    """Let the story go on: what is filed today is held next year. House and log are moved by the same."""
    shift, today, recorder = [0], town.house.clock, town.house.ledger.store
    logged: Any = recorder.clock
    object.__setattr__(town.house, "clock", lambda: today() + shift[0])
    recorder.clock = lambda: logged() + shift[0] * 1_000
    return shift


def _registered(town: Town, name: str, unit: BODY) -> Learner:
    number = resident_id(next(town.numbers))
    made = town.nobody.did("/v1/persons", {"name": name, "id_kind": "resident_id", "id_number": number})
    person = Someone(town.client(), made["token"], made["person"])
    town.belongs(person, unit, "2020-01-01")
    return Learner(person, number, name)


def _file(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# A college's year


class _College:
    """A college that trains, the departments with which it files, and a works whose people attend."""

    def __init__(self, town: Town, people: Someone, works: BODY) -> None:
        school = town.unit("宁波甬江工程师学院", "330203", "industry")
        bureau = town.unit("宁波市经济和信息化局", "330200", "industry")
        self.town, self.people = town, people
        self.teacher = town.officer(school, ORGANISER, "3302", unit=school["unit"])
        self.registrar = town.officer(school, ORGANISER, "3302")  # For people of other units, who attend.
        self.sector = town.officer(bureau, SECTOR, "3302")
        self.attending = [_registered(town, name, works) for name in ("周海波", "沈丽君")]
        self.plan: BODY = {}

    def plan_for_the_year(self) -> None:
        plan = self.teacher.did("/v1/plans", {"year": 2027, "items": ITEMS[:1]})
        plan = _upon(self.sector, plan, "return", {
            "reason": "items_incomplete", "words": "全年只报了一个项目，请补报数控机床方向的培训及各项人数。"})
        self._handed_in(plan, "2027年度培训计划")
        plan = _upon(self.teacher, plan, "refiling", {
            "items": ITEMS, "evidence": [{"kind": "plan", "sha256": digest(PDF)}]})
        assert self.sector.get(f"{_place(plan)}/evidence/{digest(PDF)}", purpose="class_review").data == PDF
        for office in (self.people, self.sector):
            plan = _upon(office, plan, "acknowledgement")
        self.plan = plan

    def filed_class(self) -> BODY:
        """One is put off by a week and accepted anew; another is not accepted at all."""
        robots = _programme("工业机器人系统集成", "2027-01-13", "2027-01-14", plan=self.plan["plan"], item=1)
        made = self.teacher.did("/v1/classes", robots)
        made = _upon(self.sector, made, "acceptance", {"number": "甬经信培备〔2026〕118号"})
        made = _upon(self.teacher, made, "refiling", {**robots, "starts": "2027-01-20", "ends": "2027-01-21"})
        made = _upon(self.sector, made, "acceptance", {"number": "甬经信培备〔2026〕121号"})
        other = self.teacher.did("/v1/classes", _programme("企业年会策划", "2027-01-27", "2027-01-28"))
        _upon(self.sector, other, "refusal", {
            "reason": "content_unfit", "words": "内容与工业专业技术人员的岗位能力无关，不作为专业科目备案。"})
        return made

    def _handed_in(self, record: BODY, name: str) -> None:
        sent = self.teacher.client.put(f"/v1/units/{record['organiser']}/evidence/{digest(PDF)}", data=PDF, headers={
            **self.teacher.headers(), "Content-Type": "application/pdf",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.pdf"})
        assert sent.status_code in (200, 201), sent.get_data(as_text=True)

    def class_held(self, made: BODY) -> None:
        self._handed_in(made, "办班总结")
        held: BODY = {
            "starts": made["starts"], "ends": made["ends"], "days": "2", "attended": 38, "passed": 37,
            "evidence": [{"kind": kind, "sha256": SHA} for kind in ("roster", "attendance")] + [
                {"kind": "summary", "sha256": digest(PDF)}]}
        made = _upon(self.teacher, made, "holding", held)
        opened = self.sector.get(f"{_place(made)}/evidence/{digest(PDF)}", purpose="class_review")
        assert opened.data == PDF
        made = _upon(self.registrar, made, "roster-return", {
            "reason": "attendance_wrong", "words": "名册与考勤对不上：2 人只到了一天，请更正后重新交。"})
        made = _upon(self.teacher, made, "holding", {**held, "evidence": [
            {"kind": "roster", "sha256": digest(b"mended")}, *held["evidence"][1:]]})
        _broken_off(self.town, made, self.registrar)
        made = self.registrar.saw(_place(made))
        made = _upon(self.registrar, made, "roster-abandonment")
        _upon(self.registrar, made, "rosters", {"file": _file("证件号码,姓名,出勤天数\n" + "".join(
            f"{one.number},{one.name},2\n" for one in self.attending))})
        card = {"training_class": made["training_class"], "person": self.attending[0].someone.id,
                "attended_days": "2", "hours": "12", "result": "passed"}
        first = self.teacher.did("/v1/cards", {**card, "number": "甬江培2027-001"})
        _upon(self.teacher, first, "voiding", {"words": "卡上单位名称印错，原卡已收回，另行出具。"})
        self.teacher.did("/v1/cards", {**card, "number": "甬江培2027-039"})

    def plan_judged(self) -> None:
        plan = self.people.saw(_place(self.plan))
        plan = _upon(self.people, plan, "evaluation", {
            "grade": "unqualified", "words": "机器人班按计划举办，38 人参加；数控机床班未举办，须在下年度计划中说明。"})
        _upon(self.people, plan, "evaluation-correction", {
            "grade": "qualified", "document": "甬人社函〔2028〕3号",
            "words": "数控机床班停办已于当年九月报备，按计划实施的情况重新评定。"})


def _programme(title: str, starts: str, ends: str, **more: Any) -> BODY:
    return {"title": title, "category": "professional", "route": "filed_training", "starts": starts, "ends": ends,
            "days": "2", "headcount": 40, "recipient": SECTOR,
            "lessons": [{"title": f"{title}基础", "hours": "6"}, {"title": f"{title}实训", "hours": "6"}], **more}


def _broken_off(town: Town, made: BODY, by: Someone) -> None:
    """What the registration of a list leaves behind when the machine that reads it stops in between."""
    opened = open_roster(town.house.ledger, ClassId(made["training_class"]), rows=2, list_sha256=SHA,
                         actor=ActorId(by.id), role=ORGANISER, now_ms=town.house.now // 1_000)
    assert not isinstance(opened, Refusal), opened


def _place(record: BODY) -> str:
    noun, name = next((noun, name) for noun, name in (
        ("cards", "card"), ("classes", "training_class"), ("imports", "batch"), ("bookings", "booking"),
        ("exams", "exam"), ("enrolments", "enrolment"), ("courses", "course"), ("plans", "plan")) if record.get(name))
    return f"/v1/{noun}/{record[name]}"


def _upon(someone: Someone, record: BODY, act: str, body: BODY | None = None) -> BODY:
    return someone.did(f"{_place(record)}/{act}", body, version=record["version"])


# What other systems bring in


def _sent_by_a_classroom(town: Town, people: Someone, works: BODY) -> None:
    """A classroom takes the place of an older one; a month of it is brought in, and held against a later snapshot."""
    source = {"kind": "classroom", "region": "330200", "categories": ["general_public"]}
    people.did("/v1/import-sources", {**source, "system": "yongxue", "name": "甬学在线公需课堂"})
    people.did("/v1/import-sources", {**source, "system": "yongxue-old", "name": "甬学在线旧版"})
    people.did("/v1/import-source-closings", {"system": "yongxue-old", "why": "replaced"})

    rows = [_row(_registered(town, name, works), f"yx-2026-10{number:04d}", day) for number, (name, day) in enumerate(
        (("郑国强", "2026-10-09"), ("胡雪梅", "2026-10-17")), start=1)]
    month = {"starts": "2026-10-01", "ends": "2026-10-31", "region": "330200", "system": "yongxue"}
    wrong = town.house.new_id("import")
    _opened_for_september(town, people, ImportId(wrong))
    _upon(people, people.saw(f"/v1/imports/{wrong}"), "abandonment", {"why": "wrong_period"})

    batch = people.did("/v1/imports", {**month, "file": _lines(*rows)})
    rows[1] = {**rows[1], "version": 2, "study": {**rows[1]["study"], "hours": "6"}}
    _upon(people, batch, "reconciliation", {"file": _lines(*rows), "on": "2026-11-20"})


def _opened_for_september(town: Town, people: Someone, batch: ImportId) -> None:
    """An import that was opened and never ended: whoever sent it stopped when they saw the month."""
    ledger, day = town.house.ledger, town.house.today
    opened = open_import(ledger, OpenImport(
        batch=batch, role=PEOPLE, system="yongxue", file_sha256=SHA, rows=2, starts=day.replace(month=9, day=1),
        ends=day.replace(month=9, day=30), region="330200"),
        actor=ActorId(people.id), by=By(actor=ActorId(people.id), role=PEOPLE))
    assert not isinstance(opened, Refusal), opened


def _row(one: Learner, record: str, day: str) -> BODY:
    return {"record": record, "version": 1, "id_number": one.number, "name": one.name,
            "study": {"category": "general_public", "route": "course", "date": day, "hours": "4",
                      "completed_by": "exam"},
            "details": {"title": "职业道德与工匠精神"}}


def _lines(*rows: BODY) -> str:
    return _file("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows))


def _brought_from_another_ledger(town: Town, people: Someone, works: BODY) -> None:
    """Somebody's hours of spring stand in the ledger that Ningbo ran by itself: proved, and brought in here."""
    li = _registered(town, "李慧敏", works)
    with tempfile.TemporaryDirectory() as folder, house_in_2026(
            Path(folder) / "data", origin="xueshi.ningbo.example/log") as city:
        there = city.unit("宁波海曙精工机床有限公司", "330203", "industry")
        clerk = city.officer(there, "unit", "330203", unit=there["unit"])
        office = city.officer(city.unit("宁波市人力资源和社会保障局", "330200", "general"), PEOPLE, "3302")
        known = city.nobody.did("/v1/persons", {"name": li.name, "id_kind": "resident_id", "id_number": li.number})
        same = Someone(city.client(), known["token"], known["person"])
        city.belongs(same, there, "2020-01-01")
        clerk.act(same.submit(study(), "精密测量技术培训班"), "approval")

        signer = city.house.register.signer
        town.house.register.folder.ledgers_policy.write_text(f"log {signer.vkeys[0]}\nquorum none\n", "utf-8")
        file = office.get("/v1/hand-over", since=0).get_data()
        batch = people.did("/v1/hand-overs", {"file": base64.b64encode(file).decode(), "region": "330200"})
        clerk.act(same.submit(study(date="2026-05-12"), "数控编程提高班"), "approval")
        people.saw("/v1/ledgers/comparison", checkpoint=base64.b64encode(signer.checkpoint()).decode())
        _signed_otherwise(town, people, batch, signer.keys)
    _upon(people, people.saw(f"/v1/imports/{batch['batch']}"), "fork-decision", {
        "outcome": "continued", "document": "浙人社函〔2026〕88号", "words": "备份恢复有误，另签的一份已由该市作废。"})


def _signed_otherwise(town: Town, people: Someone, batch: BODY, keys: Sequence[SigningKey]) -> None:
    """A copy of that ledger was started beside it and signed a history of its own; a hand-over of it was refused."""
    accepted = people.saw(f"/v1/imports/{batch['batch']}")["proved"]
    text = format_checkpoint(Checkpoint(accepted["origin"], accepted["size"], bytes.fromhex(SHA)))
    other = format_note(text, [sign(text, key) for key in keys]).decode()
    kept = contradict_import(town.house.ledger, ImportId(batch["batch"]), ContradictImport(
        role=PEOPLE, size=accepted["size"], root=encode_base64(bytes.fromhex(SHA)), accepted_root=accepted["root"],
        checkpoint=other, accepted=accepted["checkpoint"], file_sha256=SHA), actor=ActorId(people.id))
    assert not isinstance(kept, Refusal), kept


# Courses and examinations


def _wenzhou(town: Town, shift: list[int]) -> School:
    bureau = town.unit("温州市人力资源和社会保障局", "330300", "general")
    office, second = (town.officer(bureau, PEOPLE, "3303") for _ in range(2))
    return School(town, office, second, town.unit("温州瓯海建筑设计院", "330304", "general"), shift, "330300")


def _studied(school: School) -> None:
    """One begins a long course; another changes their mind before it is begun; a course is withdrawn."""
    long = school.course(code="ai-2026", title="人工智能与社会治理", minutes=810)
    lin, chen = (school.learner(name) for name in ("林晓燕", "陈志远"))
    school.studied(lin, school.enrolled(lin, long), 3)
    _upon(chen, school.enrolled(chen, long), "cancellation")
    _upon(school.office, school.course(code="digital-2020", title="数字经济概论（2020 版）", minutes=810),
          "withdrawal")


def _sat(school: School) -> None:
    """Two examinations: of the one each result is entered and one put right, of the other all as a list."""
    course = school.course(**SHORT)
    exam = school.exam(place="温州市人事考试中心 3 楼机房", seats=60)
    pan, ye, xu, jin = (school.learner(name) for name in ("潘文杰", "叶小芳", "徐伟东", "金丽萍"))
    done = {who.id: school.studied(who, school.enrolled(who, course), SHORT["minutes"])
            for who in (pan, ye, xu, jin)}
    seat, given_up = (school.booked(who, done[who.id], exam) for who in (pan, ye))
    _upon(ye, given_up, "release")
    other = school.exam(place="温州市人事考试中心 2 楼机房", starts="14:00", ends="15:00", seats=40)
    for at, who in enumerate((xu, jin), start=1):
        school.booked(who, done[who.id], other, seat=at)
    exam = school.office.saw(_place(exam))
    _upon(school.office, exam, "move", {"because": "place", "place": "温州职业技术考点 5 号楼机房"})

    school.pass_days(20)
    seat = _upon(school.office, pan.saw(_place(seat)), "attendance", {"present": True})
    seat = _upon(school.office, seat, "result", {"score": "58.5"})
    _upon(school.second, seat, "result-correction", {
        "score": "62.5", "words": "第二大题漏计 4 分，经复核试卷予以更正。"})
    other = _upon(school.office, school.office.saw(_place(other)), "results", {
        "file": _file("座位号,成绩,到场\n1,87,是\n2,,否\n")})
    _upon(school.office, school.office.saw(_place(other)), "closing", {"held": True})


def _counted_without_a_hall(school: School, people: Someone, works: BODY) -> None:
    """N 5, N 8: in Ningbo a passed quiz is enough, and a unit registers what a platform printed. E 5: in Jiaxing the
    course itself is."""
    town = school.town
    fang = school.learner("方志刚", works)
    passed = _done(school, fang, people.did("/v1/courses", school.course_body(region="330200", hours="6", **SHORT)))
    _upon(people, passed, "quiz", {"score": "86", "pass_mark": "60"})
    town.officer(works, "unit", "330203", unit=works["unit"]).did("/v1/course-certificates", {
        "person": fang.id, "category": "sector_public", "title": "工业互联网安全", "issuer": "省经信厅网络远程课堂",
        "number": "JX-2026-03317", "hours": "6", "date": "2026-05-06",
        "evidence": [{"kind": "certificate", "sha256": SHA}]})

    station = town.unit("嘉兴南湖环境监测站", "330402", "environment")
    jiaxing = town.officer(town.unit("嘉兴市人力资源和社会保障局", "330400", "general"), PEOPLE, "3304")
    shen = school.learner("沈佳宁", station)
    watched = _done(school, shen, jiaxing.did("/v1/courses", school.course_body(region="330400", hours="12", **SHORT)))
    _upon(jiaxing, watched, "hours")


def _done(school: School, who: Someone, course: BODY) -> BODY:
    return school.studied(who, school.enrolled(who, course), SHORT["minutes"])
