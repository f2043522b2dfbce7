"""Logging in over HTTP and on the page: a code sets a password, a password opens a session, each can be ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.console.screens import page_routes
from api.operational.accounts import Try
from api.service.app import create_app
from ledger.events.access import AccessRecorded
from tests.api.house_kit import BODY, Someone, Town, house_in, resident_id

HERE = {"Sec-Fetch-Site": "same-origin"}
PASSWORD, ANOTHER = "四月的甬江边有一座桥 2026", "七月的东钱湖上有一条船 2026"


CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # How dear it is is asked in two places alone.


class Scene(NamedTuple):
    town: Town
    bureau: BODY
    people: Someone
    li: Someone


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with house_in(tmp_path_factory.mktemp("accounts") / "data") as town:
        town.house.accounts._hasher = CHEAP
        town.app = create_app(town.house, blueprints=[page_routes()])
        bureau, works = town.unit("宁波某局", "330200", "general"), town.unit("某厂", "330203", "industry")
        li = town.person("李明")
        town.belongs(li, works, "2018-01-01")
        yield Scene(town, bureau, town.officer(bureau, "human_resources", "3302"), li)


def account(scene: Scene, name: str) -> str:
    """An account that was allotted and has neither token nor password."""
    made = scene.people.did("/v1/actors", {
        "organisation": scene.bureau["unit"], "account": name, "official": {"name": "某人"}})
    scene.people.did(f"/v1/actors/{made['actor']}/scopes", {"role": "human_resources", "region": "330203"}, version=1)
    return str(made["actor"])


def opened(scene: Scene, name: str, password: str = PASSWORD) -> str:
    """An account with a password."""
    actor = account(scene, name)
    code = scene.people.did(f"/v1/actors/{actor}/setup-codes")["code"]
    scene.town.nobody.did("/v1/password", {"code": code, "password": password})
    return actor


def log_in(client: FlaskClient, name: str, password: str, address: str = "127.0.0.1") -> TestResponse:
    return client.post("/login", data={"name": name, "password": password}, headers=HERE,
                       environ_base={"REMOTE_ADDR": address})


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


# Codes and passwords


def test_an_account_is_allotted_opened_by_its_holder_and_logged_in_to(scene: Scene) -> None:
    """W 5, R 8."""
    actor, client = account(scene, "jiangbei-hr-01"), scene.town.client()
    given = scene.people.did(f"/v1/actors/{actor}/setup-codes")

    page = client.post("/password", data={"code": given["code"], "password": PASSWORD}, headers=HERE)

    assert page.status_code == 200 and "口令已设置" in page.get_data(as_text=True)
    answer = log_in(client, "JiangBei-HR-01", PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/home")
    assert client.get("/home").status_code == 200


def test_a_person_logs_in_with_their_id_number_or_their_id(scene: Scene) -> None:
    number = resident_id(901)
    made = scene.town.nobody.did("/v1/persons", {"name": "冯三", "id_kind": "resident_id", "id_number": number})
    someone = Someone(scene.town.client(), made["token"], made["person"])
    someone.did("/v1/password", {"password": PASSWORD})

    for name in (number, number.lower(), someone.id, f" {someone.id} "):
        assert log_in(scene.town.client(), name, PASSWORD).headers["Location"] == "/home"


def test_only_whoever_may_allot_an_account_opens_it_and_it_is_recorded(scene: Scene) -> None:
    actor = account(scene, "yinzhou-hr-01")
    far = scene.town.officer(scene.town.unit("温州某局", "330300", "general"), "human_resources", "3303")
    path, before = f"/v1/actors/{actor}/setup-codes", len(handed_over(scene, actor))

    assert code(far.post(path)) == (403, "outside_scope")
    assert code(scene.li.post(path)) == (403, "official_needed")
    assert code(scene.people.post(f"/v1/actors/{scene.people.id}/setup-codes")) == (403, "own_account")
    assert len(handed_over(scene, actor)) == before
    scene.people.did(path)
    assert handed_over(scene, actor) == ["token_issued"]


def handed_over(scene: Scene, subject: str) -> list[str]:
    events = [one.envelope.event for one in scene.town.house.register.access.read(limit=10_000)]
    return [one.purpose for one in events if isinstance(one, AccessRecorded) and one.subject == subject]


def test_a_code_is_used_once_but_a_repeated_request_gets_the_same_answer(scene: Scene) -> None:
    actor = account(scene, "zhenhai-hr-01")
    first, second = (scene.people.did(f"/v1/actors/{actor}/setup-codes", key="one-and-the-same") for _ in range(2))
    assert first == second
    body, nobody = {"code": first["code"], "password": PASSWORD}, scene.town.nobody

    assert nobody.did("/v1/password", body, key="a-key-of-sixteen-1") == nobody.did(
        "/v1/password", body, key="a-key-of-sixteen-1")
    assert code(nobody.post("/v1/password", body)) == (403, "code_unknown")
    assert code(nobody.post("/v1/password", {**body, "code": "x" * 32})) == (403, "code_unknown")


def test_a_password_that_is_too_short_is_said_to_be_so_where_it_stands(scene: Scene) -> None:
    answer = scene.li.post("/v1/password", {"password": "short"})

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/password"


def test_whoever_changes_a_password_knows_the_old_one_and_every_session_ends(scene: Scene) -> None:
    someone, client = scene.town.person("赵六"), scene.town.client()
    someone.did("/v1/password", {"password": PASSWORD})
    log_in(client, someone.id, PASSWORD)

    assert code(someone.post("/v1/password", {"password": ANOTHER})) == (403, "password_wrong")
    assert code(someone.post("/v1/password", {"password": ANOTHER, "current": "not it at all"})) == (
        403, "password_wrong")
    assert someone.did("/v1/password", {"password": ANOTHER, "current": PASSWORD})["sessions_ended"] == 1
    assert client.get("/years").headers["Location"] == "/login?to=/years"
    assert log_in(client, someone.id, PASSWORD).status_code == 401
    assert log_in(client, someone.id, ANOTHER).status_code == 303


def test_a_trial_sets_nothing_and_gives_no_code(scene: Scene) -> None:
    someone = scene.town.person("钱七")
    told = someone.post("/v1/password", {"password": PASSWORD}, dry_run="true").get_json()
    tried = scene.people.post(f"/v1/actors/{account(scene, 'fenghua-hr-01')}/setup-codes", dry_run="true").get_json()

    assert told == {"dry_run": True, "would": {"holder": someone.id}} and "code" not in tried["would"]
    assert someone.saw("/v1/credentials")["password"] is False


# Logging in


def test_no_such_account_no_password_and_a_wrong_one_are_answered_alike(scene: Scene) -> None:
    opened(scene, "haishu-hr-01")
    account(scene, "haishu-hr-02")
    answers = [log_in(scene.town.client(), name, ANOTHER) for name in ("haishu-hr-01", "haishu-hr-02", "nobody-at-all")]

    assert [one.status_code for one in answers] == [401] * 3
    assert len({one.get_data() for one in answers}) == 1


def test_a_name_that_nobody_bears_takes_no_less_time_than_one_that_somebody_does(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene.town.house.accounts, "_hasher", PasswordHasher(time_cost=3, memory_cost=65_536))
    monkeypatch.setattr(scene.town.house.accounts, "_nobodys", None)
    opened(scene, "beilun-hr-01")
    took = {}
    for name in ("beilun-hr-01", "nobody-here"):
        scene.town.house.accounts.is_password_of(None, "warm")
        began = time.process_time()  # What others take of the machine is no answer.
        log_in(scene.town.client(), name, ANOTHER)
        took[name] = time.process_time() - began

    assert took["nobody-here"] > took["beilun-hr-01"] / 3


def test_whoever_fails_too_often_waits_and_the_holder_elsewhere_does_not(scene: Scene) -> None:
    actor = opened(scene, "cixi-hr-01")
    assert log_in(scene.town.client(), "cixi-hr-01", PASSWORD, "198.51.100.1").status_code == 303
    for number in range(120):
        scene.town.house.accounts.begin(Try(actor, f"203.0.113.{number}"), now=scene.town.house.now)

    refused = log_in(scene.town.client(), "cixi-hr-01", PASSWORD, "192.0.2.5")
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) >= 1
    assert log_in(scene.town.client(), "cixi-hr-01", PASSWORD, "198.51.100.1").status_code == 303


def test_no_form_of_another_site_logs_in_sets_a_password_or_ends_a_session(scene: Scene) -> None:
    for path in ("/login", "/password", "/sessions", "/logout"):
        client = scene.town.client()
        if path == "/sessions":
            client.post("/login", data={"token": scene.li.token}, headers=HERE)
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
            answer = client.post(path, data={"name": "x", "password": PASSWORD, "code": "x"}, headers=headers)
            assert answer.status_code == 403, path


# What is open


def test_a_named_token_opens_beside_the_first_until_it_ends_and_its_namesake_takes_its_place(scene: Scene) -> None:
    someone = scene.town.person("孙八")
    office, other = (someone.did("/v1/tokens", {"name": name, "lasts_days": 30}) for name in ("办公系统", "另一系统"))
    anew = someone.did("/v1/tokens", {"name": "办公系统", "lasts_days": 30})

    def opens(token: str) -> bool:
        return Someone(scene.town.client(), token).get("/v1/credentials").status_code == 200

    assert [opens(one["token"]) for one in (office, other, anew)] == [False, True, True]
    listed = someone.saw("/v1/credentials")["items"]
    assert [(one["kind"], one["name"]) for one in listed] == [
        ("token", None), ("token", "另一系统"), ("token", "办公系统")]
    assert not any(secret["token"][4:20] in str(listed) for secret in (other, anew))


def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(scene: Scene) -> None:
    someone, stranger, client = scene.town.person("周九"), scene.town.person("吴十"), scene.town.client()
    client.post("/login", data={"token": someone.token}, headers=HERE)
    (session,) = [one for one in someone.saw("/v1/credentials")["items"] if one["kind"] == "session"]
    path = f"/v1/credentials/{session['credential']}/revocation"

    assert code(stranger.post(path)) == (404, "credential_absent")
    assert client.get("/sessions").status_code == 200
    someone.did(path)
    assert client.get("/sessions").headers["Location"] == "/login?to=/sessions"
    assert code(someone.post(path)) == (404, "credential_absent")


def test_the_page_lists_what_is_open_and_ends_it(scene: Scene) -> None:
    someone, client = scene.town.person("郑一"), scene.town.client()
    someone.did("/v1/tokens", {"name": "<b>系统</b>", "lasts_days": 1})
    client.post("/login", data={"token": someone.token}, headers=HERE)
    (named,) = [one for one in someone.saw("/v1/credentials")["items"] if one["name"]]

    assert "&lt;b&gt;系统&lt;/b&gt;" in client.get("/sessions").get_data(as_text=True)
    assert client.post("/sessions", data={"credential": named["credential"]}, headers=HERE).status_code == 303
    assert not any(one["name"] for one in someone.saw("/v1/credentials")["items"])


def test_a_new_first_token_ends_everything_that_was_open(scene: Scene) -> None:
    someone = scene.town.person("王二")
    scene.town.belongs(someone, scene.town.unit("新厂", "330203", "industry"), "2020-01-01")
    named = someone.did("/v1/tokens", {"name": "系统", "lasts_days": 30})
    given = scene.people.did(f"/v1/persons/{someone.id}/tokens")

    assert Someone(scene.town.client(), named["token"]).get("/v1/credentials").status_code == 401
    assert len(Someone(scene.town.client(), given["token"]).saw("/v1/credentials")["items"]) == 1


def test_the_installation_has_neither_password_nor_session(scene: Scene) -> None:
    for path, body in (("/v1/password", {"password": PASSWORD}), ("/v1/tokens", {"name": "x", "lasts_days": 1})):
        assert code(scene.town.founder.post(path, body)) == (403, "account_needed")
