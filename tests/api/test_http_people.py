"""People: registered once, known by a mask, seen by others only for a purpose that is recorded first."""

from __future__ import annotations

import pytest

from ledger.events.access import AccessRecorded
from tests.api.house_kit import BODY, Someone, Town, resident_id, study

NUMBER = resident_id(77)


def seen(town: Town) -> list[AccessRecorded]:
    log = town.house.register.access
    events = [one.envelope.event for one in log.read(limit=1_000)]
    return [event for event in events if isinstance(event, AccessRecorded)]


def test_a_person_registers_themselves_and_is_shown_masked(town: Town) -> None:
    made = town.nobody.did("/v1/persons", {
        "name": "欧阳　金", "id_kind": "resident_id", "id_number": f" {NUMBER[:6]} {NUMBER[6:]}",
        "phone": "138 0000 1234",
    })

    assert made["identity"] == {"name": "欧*金", "id_kind": "resident_id",
                                "id_number": f"{NUMBER[:6]}********{NUMBER[-4:]}", "phone": "138****1234"}
    self = Someone(town.client(), made["token"], made["person"])
    assert self.saw(f"/v1/persons/{self.id}")["identity"] == made["identity"]


def test_a_second_registration_of_the_same_number_learns_nothing_about_the_first(town: Town) -> None:
    body = {"name": "另一人", "id_kind": "passport", "id_number": "G12345678"}
    first = town.nobody.did("/v1/persons", body)

    answer = town.nobody.post("/v1/persons", body | {"name": "张三"})

    assert (answer.status_code, answer.get_json()["code"]) == (409, "name_taken")
    assert first["person"] not in answer.get_data(as_text=True)
    assert answer.get_json()["seen"] == {"kind": "id_number"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id_number": "330102199003070018"}, "/id_number"),
        ({"id_number": "330302198502290012"}, "/id_number"),
        ({"id_kind": "library_card"}, "/id_kind"),
        ({"name": "1"}, "/name"),
        ({"phone": "12"}, "/phone"),
    ],
)
def test_what_is_wrong_with_an_identity_is_said_of_its_field_and_never_quoted(
    town: Town, change: dict[str, str], pointer: str
) -> None:
    body = {"name": "赵六", "id_kind": "resident_id", "id_number": resident_id(78)} | change

    answer = town.nobody.post("/v1/persons", body)

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [pointer]
    assert body["id_number"] not in answer.get_data(as_text=True)


def test_an_office_registers_for_somebody_and_gets_no_token(town: Town, works: BODY) -> None:
    officer = town.officer(works, "human_resources", "3302")

    made = officer.did("/v1/persons", {"name": "钱七", "id_kind": "passport", "id_number": "H7654321"})

    assert "token" not in made


def test_an_office_sees_whoever_belongs_in_its_scope_for_a_purpose_and_is_recorded_before(
    town: Town, works: BODY
) -> None:
    person = town.person("孙八一")
    town.belongs(person, works, "2020-01-01")
    claim = person.submit(study(), title="不公开的题目")
    officer = town.officer(works, "unit", "330203", unit=works["unit"])
    count = len(seen(town))

    for path in (f"/v1/persons/{person.id}", f"/v1/persons/{person.id}/years", f"/v1/claims/{claim['claim']}",
                 f"/v1/claims/{claim['claim']}/events"):
        assert officer.get(path).get_json()["code"] == "purpose_missing"
        officer.saw(path, purpose="annual_review")
    assert officer.saw(f"/v1/claims/{claim['claim']}", purpose="annual_review")["details"]["title"] == "不公开的题目"

    accesses = seen(town)[count:]
    assert {access.subject for access in accesses} == {person.id}
    assert [access.route for access in accesses] == ["persons", "years", "claims", "claims", "claims"]
    assert {(access.reader, access.purpose) for access in accesses} == {(officer.id, "annual_review")}


def test_an_office_elsewhere_sees_nothing_and_leaves_no_trace(town: Town, works: BODY) -> None:
    person = town.person()
    town.belongs(person, works, "2020-01-01")
    claim = person.submit(study())
    other = town.unit("远处", "330402", "environment")
    for officer in (town.officer(other, "human_resources", "3304"), town.officer(other, "sector_authority", "33",
                    sector="environment"), town.officer(other, "policy_office", "33")):
        count = len(seen(town))
        for path in (f"/v1/persons/{person.id}", f"/v1/persons/{person.id}/years", f"/v1/claims/{claim['claim']}"):
            answer = officer.get(path, purpose="annual_review")
            assert (answer.status_code, answer.get_json()["code"]) in (
                (404, "person_absent"), (404, "claim_absent"), (403, "not_for_reading"))
        assert len(seen(town)) == count


def test_what_people_see_of_themselves_is_not_recorded(town: Town) -> None:
    person = town.person()
    count = len(seen(town))

    person.saw(f"/v1/persons/{person.id}")
    person.years()

    assert len(seen(town)) == count


def test_whoever_belongs_nowhere_yet_is_seen_by_human_resources_alone(town: Town, works: BODY) -> None:
    person = town.person()

    town.officer(works, "human_resources", "33").saw(f"/v1/persons/{person.id}", purpose="annual_review")
    assert town.officer(works, "unit", "330203", unit=works["unit"]).get(
        f"/v1/persons/{person.id}", purpose="annual_review").get_json()["code"] == "person_absent"


def test_a_lost_token_is_replaced_by_human_resources_and_the_old_one_is_worthless(town: Town, works: BODY) -> None:
    person = town.person()
    town.belongs(person, works, "2020-01-01")
    clerk = town.officer(works, "unit", "330203", unit=works["unit"])
    assert clerk.post(f"/v1/persons/{person.id}/tokens").get_json()["code"] == "role_not_held"

    officer = town.officer(works, "human_resources", "3302")
    given = officer.did(f"/v1/persons/{person.id}/tokens")

    last = seen(town)[-1]
    assert (last.reader, last.subject, last.purpose) == (officer.id, person.id, "token_issued")
    assert person.get(f"/v1/persons/{person.id}").status_code == 401
    assert Someone(town.client(), given["token"]).saw(f"/v1/persons/{person.id}")["person"] == person.id


def test_a_unit_that_a_person_left_sees_the_claims_it_handled_and_nothing_else(town: Town, works: BODY) -> None:
    person, later = town.person(), town.unit("后来的厂", "330203", "industry")
    town.belongs(person, works, "2020-01-01")
    before = town.officer(works, "unit", "330203", unit=works["unit"])
    handled = person.submit(study())
    town.belongs(person, later, "2024-01-01")
    after = town.officer(later, "unit", "330203", unit=later["unit"])
    purpose = {"purpose": "annual_review"}

    for path in (f"/v1/persons/{person.id}", f"/v1/persons/{person.id}/years"):
        assert before.get(path, **purpose).get_json()["code"] == "person_absent"
        after.saw(path, **purpose)
    assert before.saw(f"/v1/claims/{handled['claim']}", **purpose)["claim"] == handled["claim"]
