"""Accounts: allotted by the office above within its own scope (W 5, R 8), one token each, never by one's own hand."""

from __future__ import annotations

import pytest

from tests.api.house_kit import BODY, Someone, Town


@pytest.fixture(scope="module")
def city(town: Town) -> BODY:
    return town.unit("某市人社局", "330300", "general")


def account(organisation: BODY, name: str, **more: object) -> BODY:
    return {"organisation": organisation["unit"], "account": name, "official": {"name": "某人"}, **more}


def test_the_city_allots_accounts_to_its_districts_and_no_further(town: Town, city: BODY) -> None:
    district, elsewhere = town.unit("某区人社局", "330302", "general"), town.unit("他市人社局", "330200", "general")
    officer = town.officer(city, "human_resources", "3303")

    made = officer.did("/v1/actors", account(district, "lucheng-hr-1"))
    officer.did(f"/v1/actors/{made['actor']}/scopes", {"role": "human_resources", "region": "330302"}, version=1)

    wider = officer.post(f"/v1/actors/{made['actor']}/scopes", {"role": "human_resources", "region": "33"}, version=2)
    assert (wider.status_code, wider.get_json()["code"]) == (403, "outside_scope")
    other = officer.post("/v1/actors", account(elsewhere, "ningbo-hr-1"))
    assert (other.status_code, other.get_json()["code"]) == (403, "outside_scope")
    nowhere = officer.post("/v1/actors", account({"unit": "unt_" + "0" * 22}, "nobody-1"))
    assert nowhere.get_json()["code"] == "unit_absent"


def test_a_sectors_authority_allots_in_its_sector_alone(town: Town, city: BODY) -> None:
    bureau = town.unit("某县资源局", "330326", "natural_resources")
    other = town.unit("某县环保局", "330326", "environment")
    officer = town.officer(city, "sector_authority", "33", sector="natural_resources")

    officer.did("/v1/actors", account(bureau, "resources-1"))

    assert officer.post("/v1/actors", account(other, "environment-1")).get_json()["code"] == "outside_scope"


@pytest.mark.parametrize("role", ["system_administrator", "policy_office", "supervisor"])
def test_roles_that_run_rule_or_watch_the_system_come_from_its_administrators(
    town: Town, city: BODY, role: str
) -> None:
    officer = town.officer(city, "human_resources", "3303")
    made = officer.did("/v1/actors", account(city, f"reserved-{role}"))
    scope = {"role": role, "region": "3303"}

    no = officer.post(f"/v1/actors/{made['actor']}/scopes", scope, version=1)

    assert (no.status_code, no.get_json()["code"]) == (403, "role_reserved")
    wanted = "person_unknown" if role == "system_administrator" else None
    given = town.founder.post(f"/v1/actors/{made['actor']}/scopes", scope, version=1)
    assert (given.get_json().get("code"), given.status_code == 201) == (wanted, wanted is None)


@pytest.mark.parametrize("what", ["tokens", "suspension", "dismissal", "scope-withdrawals"])
def test_whoever_is_watched_neither_becomes_their_watcher_nor_sends_them_away(
    town: Town, city: BODY, what: str
) -> None:
    officer, supervisor = town.officer(city, "human_resources", "3303"), town.officer(city, "supervisor", "3303")
    body = {"role": "supervisor", "region": "3303"} if what == "scope-withdrawals" else None

    no = officer.post(f"/v1/actors/{supervisor.id}/{what}", body, version=2)

    assert (no.status_code, no.get_json()["code"]) == (403, "role_reserved")
    assert supervisor.get("/v1/events/1").status_code == 200, "still theirs"


@pytest.mark.parametrize(
    ("role", "limits"), [("human_resources", {}), ("sector_authority", {"sector": "general"})])
def test_nobody_gets_beyond_their_scope_by_the_token_of_another(
    town: Town, city: BODY, role: str, limits: dict[str, str]
) -> None:
    officer, wider = town.officer(city, role, "3303", **limits), town.officer(city, "human_resources", "33")

    no = officer.post(f"/v1/actors/{wider.id}/tokens")

    assert (no.status_code, no.get_json()["code"]) == (403, "outside_scope")
    assert wider.get("/v1/work").status_code == 200, "the token of the holder is still good"


def test_one_person_holds_one_of_the_three_administrators_under_whichever_account(town: Town, city: BODY) -> None:
    person = town.person()
    town.officer(city, "system_administrator", "33", person=person.id)
    second = town.founder.did("/v1/actors", account(city, "second-account", person=person.id))

    no = town.founder.post(f"/v1/actors/{second['actor']}/scopes", {"role": "audit_administrator", "region": "33"},
                           version=1)

    assert (no.status_code, no.get_json()["code"]) == (409, "roles_incompatible")


def test_a_unit_role_names_its_unit(town: Town, city: BODY) -> None:
    made = town.founder.did("/v1/actors", account(city, "no-unit"))

    no = town.founder.post(f"/v1/actors/{made['actor']}/scopes", {"role": "unit", "region": "3303"}, version=1)

    assert (no.status_code, no.get_json()["code"]) == (422, "scope_needs_unit")


def test_an_accounts_name_is_one_holders_whatever_its_case_and_free_after_dismissal(town: Town, city: BODY) -> None:
    made = town.founder.did("/v1/actors", account(city, "one-name"))
    assert town.founder.post("/v1/actors", account(city, "ONE-name")).get_json()["code"] == "name_taken"

    town.founder.did(f"/v1/actors/{made['actor']}/dismissal", version=1)

    town.founder.did("/v1/actors", account(city, "one-name"))


def test_a_new_token_takes_the_place_of_the_last(town: Town, city: BODY) -> None:
    officer = town.officer(city, "human_resources", "3303")
    second = town.founder.did(f"/v1/actors/{officer.id}/tokens")

    assert officer.get("/v1/work").status_code == 401
    assert Someone(town.client(), second["token"]).get("/v1/work").status_code == 200


def test_nobody_gives_themselves_scopes_tokens_or_their_work_back(town: Town, city: BODY) -> None:
    officer = town.officer(city, "human_resources", "3303")
    path = f"/v1/actors/{officer.id}"
    scope = {"role": "sector_authority", "region": "3303"}

    for what, body, version in (("scopes", scope, 2), ("tokens", None, None), ("suspension", None, 2)):
        answer = officer.post(f"{path}/{what}", body, version=version)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "own_account")


def test_a_withdrawn_scope_is_gone_at_once_and_a_suspension_ends_by_reinstatement(town: Town, city: BODY) -> None:
    officer = town.officer(city, "human_resources", "3303")
    path = f"/v1/actors/{officer.id}"
    town.founder.did(f"{path}/scope-withdrawals", {"role": "human_resources", "region": "3303"}, version=2)
    assert officer.get("/v1/work").get_json()["code"] == "role_not_held"
    town.founder.did(f"{path}/scopes", {"role": "human_resources", "region": "3303"}, version=3)
    town.founder.did(f"{path}/suspension", version=4)
    assert officer.get("/v1/work").get_json()["code"] == "actor_suspended"
    assert town.founder.did(f"{path}/reinstatement", version=5)["status"] == "active"
    assert officer.get("/v1/work").status_code == 200


def test_persons_and_strangers_appoint_nobody(town: Town, city: BODY) -> None:
    for someone, status in ((town.person(), 403), (town.nobody, 401)):
        assert someone.post("/v1/actors", account(city, "stranger")).status_code == status


def test_an_office_lists_the_accounts_within_its_sight_and_is_recorded_as_having_seen_them(town: Town) -> None:
    works, away = town.unit("名册厂", "330781", "industry"), town.unit("别处厂", "330881", "industry")
    office = town.officer(town.unit("金华某局", "330700", "general"), "human_resources", "3307")
    clerk = town.officer(works, "unit", "330781", unit=works["unit"])
    beyond = town.officer(away, "unit", "330881", unit=away["unit"])
    before = town.house.register.access.store.size()

    items = office.saw("/v1/actors")["items"]

    listed = {one["actor"]: one for one in items}
    assert {office.id, clerk.id} <= set(listed)
    assert beyond.id not in listed
    assert listed[clerk.id]["scopes"] == [
        {"role": "unit", "region": "330781", "unit": works["unit"], "event": listed[clerk.id]["scopes"][0]["event"]}]
    assert (listed[clerk.id]["official"], listed[clerk.id]["organisation_name"]) == ("经*人", "名册厂")
    assert town.house.register.access.store.size() == before + len(items)
    assert [one["actor"] for one in clerk.saw("/v1/actors")["items"]] == [clerk.id], "a unit sees its own"

    town.founder.did(f"/v1/actors/{clerk.id}/dismissal", {}, version=2)
    assert [one["actor"] for one in office.saw(
        "/v1/actors", organisation=works["unit"], status="dismissed")["items"]] == [clerk.id]
    page = office.saw("/v1/actors", limit=1)
    assert len(page["items"]) == 1
    assert office.saw("/v1/actors", limit=1, cursor=page["next_cursor"])["items"] != page["items"]


def test_the_separated_administrators_see_accounts_though_they_look_at_no_person(town: Town) -> None:
    seat = town.unit("运维中心", "331000", "general")
    person = town.person("管理员本人")
    administrator = town.officer(seat, "audit_administrator", "3310", person=person.id)

    assert administrator.saw(f"/v1/actors/{administrator.id}")["status"] == "active"
    assert [one["actor"] for one in administrator.saw("/v1/actors")["items"]] == [administrator.id]
    assert administrator.get(f"/v1/persons/{person.id}", purpose="appeal").status_code in (403, 404)
