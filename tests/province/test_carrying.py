"""A person who moves takes the proof along: checked offline, accepted on their ground, never counted twice."""

from __future__ import annotations

from pathlib import Path

from province_kit import Three, entries

from api.cli import run
from api.console.screens import page_routes
from api.log_routes import log_routes
from api.service.app import create_app
from tests.api.house_kit import Town
from tests.console.console_kit import Browser


def test_a_person_who_moves_takes_the_proof_along_and_the_hours_follow_once(there: Three) -> None:
    """P 13, AMB-28: by whichever way the province hears of it, first or last, it is one entry."""
    li = there.living()
    there.city.counted(li.in_city, "在甬培训")
    carried = li.in_city.get(f"/v1/persons/{li.in_city.id}/carried").get_data()
    there.other.believes(there.city)
    done = there.other.took(carried)

    assert done["outcome"]["accepted"] == 1 and done["system"] == "log:ningbo.example/log"
    moved, = entries(li.in_other)
    assert moved["decided"]["counted"] == entries(li.in_city)[0]["decided"]["counted"]
    assert there.other.accepted(there.city.origin) == 0, "what one person brings says nothing of the whole ledger"

    assert there.brought(there.other)["outcome"]["accepted"] == 1
    assert there.brought(there.city)["outcome"]["duplicates"] == 1
    entry, = entries(li.in_province)
    assert entry["source"]["system"] == "log:wenzhou.example/log"


def test_a_person_finds_what_to_take_along_on_the_screens_of_their_unit_and_papers(there: Three) -> None:
    li, wang = there.living(), there.living("王芳")
    there.city.counted(li.in_city)
    house = there.city.town.house
    town = Town(house, create_app(house, blueprints=[log_routes(house.register), page_routes()]))
    browser = Browser(town, li.in_city)
    place = browser.get("/me/unit").link("取得随人携带的文件")

    assert browser.get(f"/persons/{li.in_city.id}/statements").link("取得随人携带的文件") == place
    saved = browser.client.get(place)
    name = f"carried-{there.city.origin.replace('/', '-')}-{there.city.size()}.ndjson"
    assert name in saved.headers["Content-Disposition"] and saved.headers["Cache-Control"] == "no-store"
    there.other.believes(there.city)
    assert there.other.took(saved.get_data())["outcome"]["accepted"] == 1
    assert "取得随人携带的文件" not in Browser(town, wang.in_city).get("/me/unit").text, "nothing is registered of her"


def test_the_first_ledger_alone_changes_what_came_by_another(there: Three) -> None:
    li = there.living()
    claim = there.city.counted(li.in_city)
    there.other.believes(there.city)
    there.other.took(li.in_city.get(f"/v1/persons/{li.in_city.id}/carried").get_data())
    there.brought(there.other)
    there.city.clerk.act(claim, "revocation", {"basis": "falsified", "words": "查实"})
    there.brought(there.city)

    entry, = entries(li.in_province)
    assert entry["status"] == "revoked"
    there.brought(there.other)
    assert entries(li.in_province)[0]["status"] == "revoked", "what the second ledger has not heard undoes nothing"


def test_what_came_back_to_where_it_was_registered_is_no_second_entry(there: Three) -> None:
    li = there.living()
    there.city.counted(li.in_city)
    there.other.believes(there.city)
    there.other.took(li.in_city.get(f"/v1/persons/{li.in_city.id}/carried").get_data())
    there.city.believes(there.other)
    back = there.city.took(li.in_other.get(f"/v1/persons/{li.in_other.id}/carried").get_data())

    assert back["outcome"]["duplicates"] == 1 and len(entries(li.in_city)) == 1


def test_nobody_takes_along_what_is_anothers_and_who_has_nothing_takes_nothing(there: Three) -> None:
    li, wang = there.living(), there.living("王芳")
    there.city.counted(li.in_city)

    assert wang.in_city.get(f"/v1/persons/{li.in_city.id}/carried").get_json()["code"] == "not_your_own"
    assert there.city.people.get(f"/v1/persons/{li.in_city.id}/carried").get_json()["code"] == "person_needed"
    assert wang.in_city.get(f"/v1/persons/{wang.in_city.id}/carried").get_json()["code"] == "nothing_to_carry"


def test_anybody_checks_it_offline_with_the_ledgers_key_alone(there: Three, tmp_path: Path) -> None:
    li = there.living()
    there.city.counted(li.in_city)
    file = tmp_path / "carried.ndjson"
    file.write_bytes(li.in_city.get(f"/v1/persons/{li.in_city.id}/carried").get_data())

    assert run(["verify", str(file), "--key", there.city.vkey]) == 0
    assert run(["verify", str(file), "--key", there.other.vkey]) == 1
    file.write_bytes(file.read_bytes().replace(li.number.encode(), b"330102199003070019"))
    assert run(["verify", str(file), "--key", there.city.vkey]) == 1
