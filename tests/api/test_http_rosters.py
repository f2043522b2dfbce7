"""A roster over HTTP: previewed with every row's fate, registered as one act, never twice and never by halves."""

from __future__ import annotations

import base64
import csv
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from api.cases.training import rosters as cases
from ledger.acts.running import Act
from ledger.events.access import AccessRecorded
from tests.api.house_kit import BODY, Someone, Town, house_in, resident_id

DAY_US = 24 * 3600 * 1_000_000
SHIFT = [0]  # How far the clock of the house is from that of the machine: a class is filed long before it is held.
HEADS = ("证件号码", "姓名", "出勤天数", "登记卡号")


class Scene(NamedTuple):
    """A school in Ningbo that holds classes, and a works whose people attend them."""

    town: Town
    works: BODY
    teacher: Someone
    registrar: Someone
    city: Someone


@contextmanager
def scene_in(folder: Path) -> Iterator[Scene]:
    """The school and the works, in a house of their own."""
    with house_in(folder, lambda: time.time_ns() // 1_000 + SHIFT[0]) as town:
        school, bureau, works = (town.unit(name, "330200", "industry") for name in ("甬江学院", "市经信局", "某厂"))
        teacher, registrar = (town.officer(school, "recognised_organiser", "3302") for _ in range(2))
        yield Scene(town, works, teacher, registrar, town.officer(bureau, "sector_authority", "3302"))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene_in(tmp_path_factory.mktemp("rosters") / "data") as scene:
        yield scene


class Attendee(NamedTuple):
    someone: Someone
    number: str
    name: str


def attendee(scene: Scene, name: str) -> Attendee:
    """Somebody of the works, with what is printed on their document."""
    number = resident_id(next(scene.town.numbers))
    made = scene.town.nobody.did("/v1/persons", {"name": name, "id_kind": "resident_id", "id_number": number})
    person = Someone(scene.town.client(), made["token"], made["person"])
    scene.town.belongs(person, scene.works, "2020-01-01")
    return Attendee(person, number, name)


def held(scene: Scene, filed_days_before: int = 40, **fields: Any) -> BODY:
    """A class that was filed so many days before it began, accepted, and held."""
    starts = scene.town.house.today - timedelta(days=9)
    dates = {"starts": starts.isoformat(), "ends": (starts + timedelta(days=1)).isoformat()}
    SHIFT[0] = -DAY_US * (9 + filed_days_before)
    try:
        made = scene.teacher.did("/v1/classes", {
            "title": "智能制造", "category": "professional", "route": "filed_training", "days": "2", "headcount": 30,
            "recipient": "sector_authority", "lessons": [{"title": "数字孪生", "hours": "12"}], **dates, **fields})
    finally:
        SHIFT[0] = 0
    at = f"/v1/classes/{made['training_class']}"
    scene.city.did(f"{at}/acceptance", {"number": f"甬备-{next(scene.town.numbers)}"}, version=1)
    return scene.teacher.did(f"{at}/holding", {**dates, "days": "2", "attended": 9, "passed": 9}, version=2)


def table(*rows: tuple[str, ...], heads: tuple[str, ...] = HEADS) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([heads, *rows])
    return base64.b64encode(text.getvalue().encode("utf-8-sig")).decode()


def book(*rows: tuple[Any, ...]) -> str:
    """A workbook with the cells as they are given: a number is a number."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
        sheet = made.add_worksheet()
        for at, row in enumerate([HEADS, *rows]):
            sheet.write_row(at, 0, row)
    return base64.b64encode(file.getvalue()).decode()


def place(made: BODY) -> str:
    return f"/v1/classes/{made['training_class']}/rosters"


def tried(someone: Someone, made: BODY, file: str, **more: Any) -> BODY:
    answer = someone.post(place(made), {"file": file, **more}, dry_run="true")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    would: BODY = answer.get_json()["would"]
    return would


def hours(person: Someone) -> list[str]:
    return [entry["decided"]["counted"] for year in person.years()["years"] for entry in year["entries"]]


def test_a_trial_says_of_each_row_what_becomes_of_it_and_registers_nobody(scene: Scene) -> None:
    made, li, wang = held(scene), attendee(scene, "李明"), attendee(scene, "王芳")
    size = scene.town.house.ledger.store.size()
    would = tried(scene.registrar, made, table(
        (li.number, li.name, "", "甬-1"), (wang.number, wang.name, "1.5", ""), (wang.number, "王方", "", ""),
        (resident_id(900), "无名氏", "", "")))

    assert (would["rows"], would["new"], would["duplicates"], would["errors"]) == (4, 2, 0, 2)
    assert [(one["row"], one["code"]) for one in would["problems"]] == [(4, "person_twice"), (5, "person_unknown")]
    assert [(one["days"], one["hours"], one["people"]) for one in would["worth"]] == [("2", "12", 1), ("1.5", "9", 1)]
    assert would["worth"][0]["rulebook"] == "ningbo-industry/2019-01-01"
    assert [one["taken_as"] for one in would["columns"]] == ["id_number", "name", "days", "card"]
    assert scene.town.house.ledger.store.size() == size and hours(li.someone) == []
    seen = [one.envelope.event for one in scene.town.house.register.access.read(limit=10_000)]
    assert {one.subject for one in seen if isinstance(one, AccessRecorded) and one.purpose == "roster_check"} >= {
        li.someone.id, wang.someone.id}


def test_another_name_and_another_number_are_answered_in_the_same_words(scene: Scene) -> None:
    made, li = held(scene), attendee(scene, "李明")
    rows = table((li.number, "李朋", "", ""), (resident_id(901), "李朋", "", ""))
    told = [one["detail"].partition("：")[2] for one in tried(scene.registrar, made, rows)["problems"]]

    assert told[0] == told[1] and "李" not in told[0]


def test_the_workbook_that_goes_back_has_the_reason_beside_each_row_that_is_wrong(scene: Scene) -> None:
    made, li = held(scene), attendee(scene, "李明")
    would = tried(scene.registrar, made, book((li.number, li.name, 2, ""), (330102199003070019, "张三", 2.5, "=1+1")))
    back = CalamineWorkbook.from_filelike(io.BytesIO(base64.b64decode(would["workbook"])))
    heads, right, wrong = back.get_sheet_by_index(0).to_python()

    assert heads[-1] == "原因" and right[-1] == ""
    assert "第 3 行 A 列：证件号码是数字格式" in wrong[-1]
    assert all(isinstance(cell, str) for cell in wrong), "nothing is a number or a formula any more"


def test_everyone_is_registered_as_one_act_by_another_hand_than_the_one_that_said_who_was_there(scene: Scene) -> None:
    """N 8, W 13."""
    made, li, wang = held(scene), attendee(scene, "李明"), attendee(scene, "王芳")
    file = {"file": book((li.number, li.name, "", "甬-7"), (wang.number, wang.name, 1.5, "甬-8"))}
    same = scene.teacher.post(place(made), file, version=made["version"])
    assert (same.status_code, same.get_json()["code"]) == (403, "same_hand")
    elsewhere = scene.city.post(place(made), file, version=made["version"])
    assert (elsewhere.status_code, elsewhere.get_json()["code"]) == (403, "role_not_held")

    done = scene.registrar.did(place(made), file, version=made["version"])
    assert [(one["status"], one["rows"]) for one in done["rosters"]] == [("closed", 2)]
    assert (hours(li.someone), hours(wang.someone)) == (["12"], ["9"])
    (entry,) = li.someone.year(int(made["ends"][:4]))["entries"]
    assert entry["decided"]["rulebook"] == "ningbo-industry/2019-01-01"
    shown = scene.registrar.saw(f"/v1/classes/{made['training_class']}")
    assert [(one["status"], one["rows_done"]) for one in shown["rosters"]] == [("closed", 2)]
    assert shown["version"] == done["version"]


def test_the_same_file_gives_the_receipt_of_before_under_the_same_key_and_under_another(scene: Scene) -> None:
    made, li = held(scene), attendee(scene, "李明")
    body = {"file": table((li.number, li.name, "", ""))}
    first = scene.registrar.post(place(made), body, version=made["version"], key="once")
    size = scene.town.house.ledger.store.size()
    for key in ("once", "twice"):
        again = scene.registrar.post(place(made), body, version=made["version"], key=key)
        assert again.status_code == 201 and again.headers["Idempotent-Replayed"] == "true"
        assert again.get_json()["rosters"] == first.get_json()["rosters"]
        assert again.get_json()["recorded_at"] == first.get_json()["recorded_at"]
    assert scene.town.house.ledger.store.size() == size and hours(li.someone) == ["12"]


def test_whoever_has_the_class_already_is_passed_over_and_a_list_of_nobody_new_is_refused(scene: Scene) -> None:
    made, li, wang = held(scene), attendee(scene, "李明"), attendee(scene, "王芳")
    done = scene.registrar.did(place(made), {"file": table((li.number, li.name, "", ""))}, version=made["version"])
    both = table((li.number, li.name, "", ""), (wang.number, wang.name, "", ""))
    would = tried(scene.registrar, made, both)
    assert (would["new"], would["duplicates"], would["duplicate_rows"]) == (1, 1, [2])

    done = scene.registrar.did(place(made), {"file": both}, version=done["version"])
    assert (hours(li.someone), hours(wang.someone)) == (["12"], ["12"])
    none = scene.registrar.post(place(made), {"file": table((li.number, li.name, "2", ""))}, version=done["version"])
    assert (none.status_code, none.get_json()["code"]) == (409, "roster_all_registered")


def test_one_row_that_is_wrong_keeps_the_whole_list_out(scene: Scene) -> None:
    made, li, wang = held(scene), attendee(scene, "李明"), attendee(scene, "王芳")
    size = scene.town.house.ledger.store.size()
    answer = scene.registrar.post(place(made), {"file": table(
        (li.number, li.name, "", ""), (wang.number, wang.name, "3", ""))}, version=made["version"])

    assert answer.status_code == 422
    assert [one["code"] for one in answer.get_json()["errors"]] == ["attendance_unfit"]
    assert wang.number not in answer.get_data(as_text=True)
    assert scene.town.house.ledger.store.size() == size


def test_whom_the_ledger_tells_apart_is_told_apart_on_one_list(scene: Scene) -> None:
    """What it decides is asked once for all who stand alike in its eyes: whoever does not is asked for themselves."""
    made, town = held(scene), scene.town
    here, also, own = (attendee(scene, name) for name in ("李近", "王近", "赵己"))
    away = attendee(scene, "陈远")
    town.belongs(away.someone, town.unit("温州某厂", "330300", "industry"),
                 (town.house.today - timedelta(days=1)).isoformat())  # Since the class was held.
    school = town.unit("鄞州学院", "330200", "industry")
    clerk = town.officer(school, "recognised_organiser", "3302", person=own.someone.id)
    would = tried(clerk, made, table(*((one.number, one.name, "", "") for one in (here, away, own, also))))

    assert would["new"] == 2 and {one["row"]: one["code"] for one in would["problems"]} == {
        3: "outside_scope", 4: "own_claim"}


def test_a_class_that_was_filed_after_it_began_registers_nobody_and_the_law_says_why(scene: Scene) -> None:
    """N 7: 报备后才能按标准登记."""
    li = attendee(scene, "李明")
    (problem,) = tried(scene.registrar, held(scene, -2), table((li.number, li.name, "", "")))["problems"]
    assert problem["code"] == "not_countable" and "开始后 2 天才备案" in problem["detail"]
    late = tried(scene.registrar, held(scene, 10), table((li.number, li.name, "", "")))
    assert late["worth"][0]["flags"] == ["late_filing"]


def test_a_registration_that_was_killed_goes_on_with_the_same_file_or_is_given_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [attendee(scene, name) for name in ("李一明", "王二芳", "张三丰")]
    made = held(scene)
    body = {"file": table(*((one.number, one.name, "", f"中断-{one.name}") for one in people))}
    killed = _killed_after(monkeypatch, chunks=2)
    with pytest.raises(KeyboardInterrupt):
        scene.registrar.post(place(made), body, version=made["version"])
    killed.undo()

    version = scene.registrar.saw(f"/v1/classes/{made['training_class']}")["version"]
    (roster,) = scene.registrar.saw(f"/v1/classes/{made['training_class']}")["rosters"]
    assert (roster["status"], roster["rows_done"], roster["rows"]) == ("open", 2, 3)
    assert [hours(one.someone) for one in people] == [[], [], []], "nothing is in force until all of it is"
    other = scene.registrar.post(place(made), {"file": table((people[0].number, people[0].name, "1", ""))},
                                 version=version)
    assert (other.status_code, other.get_json()["code"]) == (409, "roster_open")
    done = scene.registrar.did(place(made), body, version=version)
    assert [one["status"] for one in done["rosters"]] == ["closed"]
    assert [hours(one.someone) for one in people] == [["12"]] * 3

    made, body = held(scene), {"file": table(*((one.number, one.name, "", "") for one in people))}
    killed = _killed_after(monkeypatch, chunks=1)
    with pytest.raises(KeyboardInterrupt):
        scene.registrar.post(place(made), body, version=made["version"])
    killed.undo()
    at = f"/v1/classes/{made['training_class']}"
    given_up = scene.registrar.did(f"{at}/roster-abandonment", version=scene.registrar.saw(at)["version"])
    assert [one["status"] for one in given_up["rosters"]] == ["abandoned"]
    assert [hours(one.someone) for one in people] == [["12"]] * 3
    again = scene.registrar.did(place(made), body, version=given_up["version"])
    assert [one["status"] for one in again["rosters"]] == ["abandoned", "closed"]


def _killed_after(monkeypatch: pytest.MonkeyPatch, *, chunks: int) -> pytest.MonkeyPatch:
    """The process dies when so many chunks, of one row each, are written."""
    write, written = Act.write, []

    def dying(self: Act, *args: Any, **named: Any) -> Any:
        if len(written) == chunks:
            raise KeyboardInterrupt
        written.append(1)
        return write(self, *args, **named)

    patch = pytest.MonkeyPatch()
    patch.setattr(Act, "write", dying)
    patch.setattr(cases, "CHUNK_REGISTERED", 1)
    return patch


def test_more_people_than_the_organiser_said_were_there_are_told_before_they_are_registered(scene: Scene) -> None:
    made, three = held(scene, headcount=9), [attendee(scene, name) for name in ("周一", "周二", "周三")]
    first, both = (table(*((one.number, one.name, "", "", "") for one in some)) for some in (three[:1], three[1:]))
    day = made["held"]["starts"]
    made = scene.teacher.did(f"/v1/classes/{made['training_class']}/holding", {
        "starts": day, "ends": made["held"]["ends"], "days": made["held"]["days"], "attended": 2, "passed": 2},
        version=made["version"])

    assert tried(scene.registrar, made, first)["beyond"] == 0
    made = scene.registrar.did(place(made), {"file": first}, version=made["version"])
    said = tried(scene.registrar, made, both)
    assert (said["attended"], said["registered"], said["new"], said["beyond"], said["errors"]) == (2, 1, 2, 1, 0)


def test_more_people_than_passed_are_told_before_they_are_registered(scene: Scene) -> None:
    """Whether somebody who did not pass has the hours is for whoever reviews the list to ask (W 13)."""
    made, two = held(scene), [attendee(scene, name) for name in ("周一", "周二")]
    made = scene.teacher.did(f"/v1/classes/{made['training_class']}/holding", {
        "starts": made["held"]["starts"], "ends": made["held"]["ends"], "days": "2", "attended": 2, "passed": 1},
        version=made["version"])
    said = tried(scene.registrar, made, table(*((one.number, one.name, "", "") for one in two)))

    assert (said["beyond"], said["passed"], said["beyond_passed"], said["errors"]) == (0, 1, 1, 0)


def test_where_no_rulebook_says_what_a_class_is_worth_an_authority_confirms_it_with_a_document(scene: Scene) -> None:
    """W 14: a department's own class; the sector has no rule of its own there."""
    town = scene.town
    bureau, works = town.unit("温州某局", "330300", "general"), town.unit("温州某厂", "330302", "general")
    here = Scene(town, works, *(town.officer(bureau, "sector_authority", "3303") for _ in range(2)), scene.city)
    li = attendee(here, "李温")
    day = (town.house.today - timedelta(days=3)).isoformat()
    made = here.teacher.did("/v1/classes", {
        "title": "本系统培训", "category": "professional", "route": "training", "level": "municipal", "days": "1",
        "headcount": 9, "starts": day, "ends": day, "recipient": "sector_authority",
        "lessons": [{"title": "业务", "hours": "6"}]})
    assert made["recipient"] == "sector_authority"
    other = town.officer(town.unit("温州另一局", "330300", "general"), "sector_authority", "3303")
    made = other.did(f"/v1/classes/{made['training_class']}/acceptance", {"number": "温备-1"}, version=1)
    made = here.teacher.did(f"/v1/classes/{made['training_class']}/holding", {
        "starts": day, "ends": day, "days": "1", "attended": 1, "passed": 1}, version=2)
    heads = (*HEADS, "确认学时")
    bare, full = (table((li.number, li.name, "", "", said), heads=heads) for said in ("", "6"))
    assert tried(here.registrar, made, bare)["problems"][0]["code"] == "ruling_needed"
    assert tried(here.registrar, made, full)["problems"][0]["code"] == "ruling_needed"

    here.registrar.did(place(made), {"file": full, "document": "温人社发〔2017〕264号"}, version=made["version"])
    assert hours(li.someone) == ["6"]


def test_the_blank_has_its_columns_as_text_and_is_read_back(scene: Scene) -> None:
    answer = scene.teacher.get("/v1/roster-template")
    (heads,) = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()

    assert heads[:2] == ["证件号码", "姓名"]
    empty = scene.registrar.post(place(held(scene)), {"file": base64.b64encode(answer.data).decode()}, dry_run="true")
    assert empty.get_json()["errors"][0]["code"] == "sheet_empty"
    assert scene.town.nobody.get("/v1/roster-template").status_code == 401


def test_an_organiser_sees_the_rows_of_its_class_and_nothing_else_of_those_on_it(scene: Scene) -> None:
    """PIPL 6: what it registered it may put right; what else its guests studied is their own unit's to see."""
    made, li = held(scene), attendee(scene, "李看")
    scene.registrar.did(place(made), {"file": table((li.number, li.name, "", ""))}, version=3)
    scene.town.house.settled()
    (row,) = (one.claim for one in scene.town.house.answers.registered(li.someone.id))

    seen = scene.teacher.saw(f"/v1/claims/{row}", purpose="registration_review")
    assert seen["study"]["training_class"] == made["training_class"]
    assert scene.teacher.get(f"/v1/persons/{li.someone.id}/years", purpose="registration_review").status_code == 404
    other = scene.town.officer(scene.town.unit("另一学院", "330200", "industry"), "recognised_organiser", "3302")
    assert other.get(f"/v1/claims/{row}", purpose="registration_review").status_code == 404
