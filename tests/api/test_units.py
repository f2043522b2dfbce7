"""Units: registered by themselves, verified by whoever may, public but for whom to call."""

from __future__ import annotations

import pytest

from tests.api.house_kit import BODY, Town, credit_code


def body(number: int, **more: object) -> BODY:
    return {"credit_code": credit_code(number), "name": "某厂", "region": "330302", "sector": "industry",
            "contact": {"name": "联系人某某", "phone": "13800001234", "email": "someone@example.cn"}, **more}


def test_a_unit_is_public_and_its_contact_is_not(town: Town) -> None:
    made = town.nobody.did("/v1/units", body(9001, kinds=["employer", "organiser"]))

    shown = town.nobody.saw(f"/v1/units/{made['unit']}")

    assert (shown["status"], shown["name"], shown["kinds"]) == ("registered", "某厂", ["employer", "organiser"])
    assert "联系人" not in str(shown) and "13800001234" not in str(shown)


def test_human_resources_of_the_place_verify_or_reject_and_others_do_not(town: Town) -> None:
    bureau = town.unit("某市人社局", "330300", "general")
    officer = town.officer(bureau, "human_resources", "3303")
    far = town.officer(town.unit("他市人社局", "330200", "general"), "human_resources", "3302")
    made, other = (town.nobody.did("/v1/units", body(number)) for number in (9002, 9003))
    path = f"/v1/units/{made['unit']}"

    assert far.post(f"{path}/verification", {}, version=1).get_json()["code"] == "outside_scope"
    assert officer.did(f"{path}/verification", {"evidence": ["ab" * 32]}, version=1)["status"] == "verified"
    assert officer.post(f"{path}/verification", {}, version=2).get_json()["code"] == "already_verified"
    assert officer.did(f"/v1/units/{other['unit']}/rejection", {"words": "材料不实"}, version=1)["status"] == "rejected"
    again = town.nobody.did("/v1/units", body(9003))
    assert again["unit"] != other["unit"], "the code is free for its true holder"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"credit_code": "12330000470051232X"}, "/credit_code"),
        ({"region": "330399"}, "/region"),
        ({"region": "3303"}, "/region"),
        ({"sector": "magic"}, "/sector"),
        ({"kinds": ["employer", "employer"]}, "/kinds"),
        ({"contact": {"name": "x", "phone": "1"}}, "/contact/phone"),
        ({"contact": {"name": "x", "fax": "1"}}, "/contact/fax"),
        ({"name": ""}, "/name"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(town: Town, change: BODY, pointer: str) -> None:
    answer = town.nobody.post("/v1/units", body(9004, **change))

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [pointer]


def test_a_code_has_one_holder(town: Town) -> None:
    town.nobody.did("/v1/units", body(9005))

    answer = town.nobody.post("/v1/units", body(9005, name="另一厂"))

    assert (answer.status_code, answer.get_json()["seen"]) == (409, {"kind": "credit_code"})
