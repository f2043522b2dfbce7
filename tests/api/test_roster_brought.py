"""The organiser tries its list as whoever registers would, and hands it in; it is registered as it came (W 13)."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from tests.api.house_kit import BODY, Someone, resident_id
from tests.api.paper_kit import digest
from tests.api.test_http_rosters import Scene, attendee, book, held, hours, place, scene_in, table, tried


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene_in(tmp_path_factory.mktemp("brought") / "data") as scene:
        yield scene


def put(scene: Scene, made: BODY, content: bytes) -> TestResponse:
    unit = made["organiser"]
    return scene.teacher.client.put(f"/v1/units/{unit}/evidence/{digest(content)}", data=content, headers={
        **scene.teacher.headers(), "Content-Type": "application/octet-stream"})


def handed_in(scene: Scene, made: BODY, content: bytes) -> BODY:
    assert put(scene, made, content).status_code in (200, 201)
    was = scene.teacher.saw(f"/v1/classes/{made['training_class']}")["held"]
    return scene.teacher.did(f"/v1/classes/{made['training_class']}/holding", {
        **{name: was[name] for name in ("starts", "ends", "days", "attended", "passed")},
        "evidence": [{"kind": "roster", "sha256": digest(content)}]}, version=3)


def test_whoever_said_who_was_there_tries_the_list_and_a_colleague_registers_it_by_its_digest(scene: Scene) -> None:
    """N 8: the organiser registers its own; two hands do it."""
    made, li = held(scene), attendee(scene, "李明")
    file = book((li.number, li.name, "1.5", "甬-7"))
    content = base64.b64decode(file)

    would = tried(scene.teacher, made, file)
    assert (would["new"], would["errors"], would["worth"][0]["hours"]) == (1, 0, "9")
    assert scene.teacher.post(place(made), {"file": file}, version=3).get_json()["code"] == "same_hand"
    handed_in(scene, made, content)

    would = scene.registrar.post(place(made), {"list_sha256": digest(content)}, dry_run="true").get_json()["would"]
    assert would["new"] == 1
    done = scene.registrar.did(place(made), {"list_sha256": digest(content)}, version=4)
    assert (done["rosters"][0]["list_sha256"], hours(li.someone)) == (digest(content), ["9"])


def test_a_list_with_a_mistake_comes_back_to_the_organiser_with_the_cell_in_red(scene: Scene) -> None:
    made = held(scene)

    would = tried(scene.teacher, made, table((resident_id(902), "无名氏", "", "")))

    assert [one["code"] for one in would["problems"]] == ["person_unknown"] and would["workbook"] is not None


def test_nobody_else_tries_a_list_and_no_list_is_registered_that_was_not_handed_in(scene: Scene) -> None:
    made, wang = held(scene), attendee(scene, "王芳")
    file = table((wang.number, wang.name, "", ""))
    other = scene.town.unit("他校", "330200", "industry")
    rival = scene.town.officer(other, "unit", "330200", unit=other["unit"])

    assert rival.post(place(made), {"file": file}, dry_run="true").get_json()["code"] == "outside_scope"
    answer = scene.registrar.post(place(made), {"list_sha256": "0" * 64}, version=3)
    assert answer.get_json()["code"] == "evidence_absent"
    both = scene.registrar.post(place(made), {"file": file, "list_sha256": "0" * 64}, version=3)
    neither = scene.registrar.post(place(made), {}, version=3)
    assert both.status_code == neither.status_code == 422


def test_a_spreadsheet_that_names_nobody_is_no_list_of_a_class(scene: Scene) -> None:
    made = held(scene)
    assert put(scene, made, "科目,学时\r\n建模,8\r\n".encode()).get_json()["code"] == "evidence_type_unknown"
    assert put(scene, made, b"\x00\x01" * 40).get_json()["code"] == "evidence_type_unknown"


def test_what_was_handed_in_is_opened_as_the_spreadsheet_that_it_is(scene: Scene) -> None:
    made, li = held(scene), attendee(scene, "赵六")
    content = base64.b64decode(table((li.number, li.name, "", "")))
    handed_in(scene, made, content)

    def opened(by: Someone) -> TestResponse:
        return by.get(f"/v1/classes/{made['training_class']}/evidence/{digest(content)}", purpose="class_review")

    assert (opened(scene.city).data, opened(scene.city).mimetype) == (content, "text/csv")
    assert scene.city.saw(f"/v1/classes/{made['training_class']}")["files"][0]["media_type"] == "text/csv"


def test_a_list_is_sent_back_by_whoever_would_register_it_and_registered_once_it_comes_anew(scene: Scene) -> None:
    made, li = held(scene), attendee(scene, "周到")
    content = base64.b64decode(table((li.number, li.name, "", "")))
    at = f"/v1/classes/{made['training_class']}"
    why = {"reason": "attendance_wrong", "words": "周到只到了一天"}

    def told(by: Someone, version: int) -> str:
        return str(by.post(f"{at}/roster-return", why, version=version).get_json()["code"])

    assert told(scene.registrar, 3) == "roster_not_handed_in"
    handed_in(scene, made, content)
    assert told(scene.teacher, 4) == "same_hand"
    assert told(scene.city, 4) == "role_not_held"
    assert told(scene.registrar, 3) == "stale_version"

    returned = scene.registrar.did(f"{at}/roster-return", why, version=4)
    assert (returned["status"], returned["list_returned"]) == ("held", digest(content))
    seen = scene.teacher.saw(at)
    assert (seen["reason"]["code"], seen["said"][-1]["words"]) == ("attendance_wrong", "周到只到了一天")
    assert seen["list_returned"] == digest(content)
    no = scene.registrar.post(place(made), {"list_sha256": digest(content)}, version=5).get_json()["code"]
    assert (no, told(scene.registrar, 5)) == ("roster_returned", "roster_not_handed_in")

    assert tried(scene.teacher, made, base64.b64encode(content).decode())["new"] == 1, "its other papers may be mended"
    was = seen["held"]
    scene.teacher.did(f"{at}/holding", {
        **{name: was[name] for name in ("starts", "ends", "days", "attended", "passed")},
        "evidence": [{"kind": "roster", "sha256": digest(content)}]}, version=5)
    anew = scene.teacher.saw(at)
    assert (anew["list_returned"], anew["reason"]) == (None, None)
    scene.registrar.did(place(made), {"list_sha256": digest(content)}, version=6)
    assert told(scene.registrar, 8) == "class_not_open"
