"""Statements: handed out for a basis, again as the same bytes, to whoever they are about; superseded and voided."""

from __future__ import annotations

import hashlib

import pytest
from werkzeug.test import TestResponse

from tests.api.house_kit import BODY, Someone, Town, study


@pytest.fixture(scope="module")
def person(town: Town, works: BODY) -> Someone:
    person = town.person("郑三五")
    town.belongs(person, works, "2020-01-01")
    officer = town.officer(works, "unit", "330203", unit=works["unit"])
    for day in ("2025-04-02", "2026-04-02"):
        officer.act(person.submit(study(date=day), title=f"{day} 的培训"), "approval")
    return person


@pytest.fixture(scope="module")
def bureau(town: Town) -> Someone:
    return town.officer(town.unit("人社局", "330200", "general"), "human_resources", "3302")


def issued(person: Someone, **fields: object) -> BODY:
    return person.did(f"/v1/persons/{person.id}/statements", fields)


def at(statement: BODY, what: str = "") -> str:
    return f"/v1/statements/{statement['statement']}{what}"


def said(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def test_a_statement_is_the_same_bytes_each_time_and_its_digest_stands_in_the_log(town: Town, person: Someone) -> None:
    made = person.did(f"/v1/persons/{person.id}/statements", {})
    path = f"/v1/statements/{made['statement']}"

    text = person.saw(path)["text"]

    assert hashlib.sha256(text.encode()).hexdigest() == made["sha256"]
    assert town.founder.saw(f"/v1/events/{made['events'][0]}")["event"]["sha256"] == made["sha256"]
    first = person.get(f"{path}/file").data.split("-- 证明 --\n".encode())[0]
    person.submit(study(date="2026-06-01"))
    assert person.get(f"{path}/file").data.split("-- 证明 --\n".encode())[0] == first == text.encode()
    assert made["years"] == list(range(2020, 2027)) and made["code"].count("-") == 2


def test_it_holds_the_years_and_the_moment_that_were_asked_for(person: Someone) -> None:
    made = person.did(f"/v1/persons/{person.id}/statements", {"years": [2025], "law": "now"})
    text = person.saw(f"/v1/statements/{made['statement']}")["text"]

    assert (made["years"], made["law"]) == ([2025], "now")
    assert "2025-04-02 的培训" in text and "2026-04-02 的培训" not in text
    for years in ([1999], [2025, 1999]):  # Not even one of them is left out in silence.
        none = person.post(f"/v1/persons/{person.id}/statements", {"years": years}).get_json()
        assert (none["status"], none["code"], none["seen"]["lacking"]) == (422, "years_not_held", [1999])


def test_the_name_is_masked_unless_it_is_asked_for_in_clear_and_the_number_always(person: Someone) -> None:
    masked, clear = (
        person.saw(f"/v1/statements/{person.did(f'/v1/persons/{person.id}/statements', body)['statement']}")["text"]
        for body in ({}, {"name": "clear"})
    )

    assert "郑*五" in masked and "郑三五" not in masked
    assert "郑三五" in clear and "********" in clear


def test_an_office_issues_within_its_scope_and_others_cannot_find_it(town: Town, works: BODY, person: Someone) -> None:
    officer = town.officer(works, "unit", "330203", unit=works["unit"])
    far = town.officer(town.unit("远处", "330402", "environment"), "human_resources", "3304")
    made = officer.did(f"/v1/persons/{person.id}/statements", {})

    assert officer.saw(f"/v1/statements/{made['statement']}", purpose="title_review")["statement"] == made["statement"]
    assert far.post(f"/v1/persons/{person.id}/statements", {}).status_code == 404
    assert far.get(f"/v1/statements/{made['statement']}", purpose="title_review").status_code == 404
    assert town.person().get(f"/v1/statements/{made['statement']}/file").status_code == 404


def test_a_repeated_request_is_answered_with_the_statement_that_was_issued(person: Someone) -> None:
    key = "a-statement-asked-for-twice"
    first = person.post(f"/v1/persons/{person.id}/statements", {}, key=key)

    again = person.post(f"/v1/persons/{person.id}/statements", {}, key=key)

    assert (again.data, again.headers["Idempotent-Replayed"]) == (first.data, "true")


VOID: BODY = {"basis": "issued_in_error", "words": "出具时单位填写有误，请重新申请"}


def test_a_later_statement_takes_its_place_and_the_first_says_which(person: Someone) -> None:
    first, second = issued(person), issued(person, law="now")
    path, body = at(first, "/supersession"), {"by_statement": second["statement"]}

    would = person.post(path, body, version=first["version"], dry_run="true").get_json()["would"]
    assert (would["status"], person.saw(at(first))["status"]) == ("superseded", "issued")
    done = person.did(path, body, version=first["version"])

    seen = person.saw(at(first))
    assert (done["status"], done["superseded_by"], done["version"]) == ("superseded", second["statement"], 2)
    assert (seen["status"], seen["superseded_by"], seen["voided"]) == ("superseded", second["statement"], None)
    assert person.saw(at(second))["status"] == "issued"
    assert person.get(at(first, "/file")).data.startswith(seen["text"].encode()), "paper is handed out again as it was"
    again = person.post(path, body, version=2)
    assert said(again) == (409, "statement_not_in_force")


def test_only_another_statement_in_force_about_the_same_person_takes_its_place(
    town: Town, works: BODY, person: Someone
) -> None:
    other = town.person("钱二")
    town.belongs(other, works, "2020-01-01")
    clerk = town.officer(works, "unit", "330203", unit=works["unit"])
    clerk.act(other.submit(study(date="2026-04-02")), "approval")
    mine, theirs = issued(person), issued(other)

    for wanted in (mine["statement"], theirs["statement"], "stm_" + "0" * 22):
        answer = person.post(at(mine, "/supersession"), {"by_statement": wanted}, version=1)
        assert said(answer) == (422, "replacement_unfit")
    answer = other.post(at(mine, "/supersession"), {"by_statement": theirs["statement"]}, version=7)
    assert said(answer) == (404, "statement_absent"), "not even that there is one, whatever version is named"
    assert person.saw(at(mine))["version"] == 1


def test_an_office_of_the_register_voids_it_and_the_person_reads_why(
    town: Town, person: Someone, bureau: Someone
) -> None:
    made = issued(person)
    path = at(made, "/voiding")

    would = bureau.post(path, VOID, version=1, dry_run="true").get_json()["would"]
    assert (would["status"], person.saw(at(made))["status"]) == ("voided", "issued")
    done = bureau.did(path, VOID, version=1)

    assert (done["status"], VOID["words"] in str(done)) == ("voided", False), "a write answers nothing that is sealed"
    assert person.saw(at(made))["voided"] == {"event": done["events"][0], **VOID}
    event = town.founder.saw(f"/v1/events/{done['events'][0]}")["event"]
    assert (event["type"], event["basis"]) == ("statement.voided/1", VOID["basis"])
    assert said(bureau.post(path, VOID, version=2)) == (409, "already_voided")
    in_its_place = person.post(at(made, "/supersession"), {"by_statement": issued(person)["statement"]}, version=2)
    assert said(in_its_place) == (409, "statement_not_in_force")


def test_what_was_superseded_may_turn_out_to_be_void(person: Someone, bureau: Someone) -> None:
    first, second = issued(person), issued(person)
    bureau.did(at(first, "/supersession"), {"by_statement": second["statement"]}, version=1)

    done = bureau.did(at(first, "/voiding"), VOID, version=2)

    assert (done["status"], done["superseded_by"]) == ("voided", second["statement"])


def test_neither_the_person_nor_the_employer_nor_an_office_elsewhere_voids(
    town: Town, works: BODY, person: Someone
) -> None:
    made = issued(person)
    employer = town.officer(works, "unit", "330203", unit=works["unit"])
    far = town.officer(town.unit("远处", "330402", "environment"), "human_resources", "3304")
    itself = town.officer(town.unit("本人所在的局", "330200", "general"), "human_resources", "3302", person=person.id)

    for who, no in (
        (town.nobody, (401, "login_required")), (person, (403, "official_needed")), (employer, (403, "role_not_held")),
        (far, (404, "statement_absent")), (itself, (403, "own_statement")), (town.founder, (403, "official_needed")),
    ):
        assert said(who.post(at(made, "/voiding"), VOID, version=1)) == no
    assert said(far.post(at(made, "/voiding"), VOID, version=9)) == (404, "statement_absent"), "nor how it stands"
    assert person.saw(at(made))["status"] == "issued"


def test_a_decision_about_a_statement_names_what_was_seen_and_says_why(person: Someone, bureau: Someone) -> None:
    made = issued(person)
    path = at(made, "/voiding")
    body = {"by_statement": issued(person)["statement"]}
    person.did(at(made, "/supersession"), body, version=1)

    assert said(bureau.post(path, VOID)) == (428, "precondition_required")
    stale = bureau.post(path, VOID, version=1)
    assert said(stale) == (412, "stale_version")
    assert (stale.get_json()["current"]["status"], stale.headers["ETag"]) == ("superseded", '"v2"')
    assert said(bureau.post(path, {"basis": "issued_in_error"}, version=2)) == (422, "unprocessable_content")
    assert said(bureau.post(path, {**VOID, "words": " "}, version=2))[0] == 422


def test_a_repeated_voiding_is_answered_as_the_first_was(person: Someone, bureau: Someone) -> None:
    made, key = issued(person), "a-voiding-asked-for-twice"
    first = bureau.post(at(made, "/voiding"), VOID, version=1, key=key)

    again = bureau.post(at(made, "/voiding"), VOID, version=1, key=key)

    assert (again.status_code, again.data, again.headers["Idempotent-Replayed"]) == (201, first.data, "true")
