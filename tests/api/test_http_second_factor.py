"""A second factor over HTTP and on the page: asked on every way in, demanded of offices, shown again when it counts."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.cases.doing import Asked
from api.cases.investigating import case_bulk
from api.cases.law import proposals
from api.console.cookies import SESSION
from api.console.screens import page_routes
from api.operational.callers import Caller, Opened
from api.operational.second_factor import FRESH_S, PAPER_CODES, Rule, code_at
from api.service.app import create_app
from ledger.errors import Refusal
from ledger.events.access import AccessRecorded
from ledger.stores.append import RequestKey
from tests.api.house_kit import BODY, Someone, Ticking, Town, house_in
from tests.api.matrix_kit import rulebook_anew

HERE = {"Sec-Fetch-Site": "same-origin"}
PASSWORD = "四月的甬江边有一座桥 2026"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
START = 1_795_000_005_000_000


class Scene(NamedTuple):
    town: Town
    clock: Ticking
    bureau: BODY
    people: Someone


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    clock = Ticking(START)
    with house_in(tmp_path_factory.mktemp("factors") / "data", clock) as town:
        town.house.accounts._hasher = CHEAP
        town.app = create_app(town.house, blueprints=[page_routes()])
        bureau = town.unit("宁波某局", "330200", "general")
        yield Scene(town, clock, bureau, town.officer(bureau, "human_resources", "3302"))


@pytest.fixture
def demanded(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene.town.house.factors, "rule", Rule(demands_of_offices=True))


def official(scene: Scene) -> Someone:
    return scene.town.officer(scene.bureau, "human_resources", "3302")


def enrolled(scene: Scene, someone: Someone) -> tuple[str, list[str]]:
    """Somebody sets one up with their token: its secret, and their codes on paper."""
    offered = someone.did("/v1/second-factor/enrolment", {})
    taken = someone.did("/v1/second-factor/confirmation", {"code": code_at(offered["secret"], scene.clock.now)})
    return str(offered["secret"]), list(taken["recovery_codes"])


def now(scene: Scene, secret: str) -> str:
    """What the authenticator shows, of a half minute in which nothing was typed yet."""
    scene.clock.wait(90)
    return code_at(secret, scene.clock.now)


def by_token(client: FlaskClient, someone: Someone) -> TestResponse:
    return client.post("/login", data={"token": someone.token}, headers=HERE)


def logged_in(scene: Scene, someone: Someone, secret: str) -> FlaskClient:
    client = scene.town.client()
    assert by_token(client, someone).headers["Location"] == "/login/code"
    assert client.post("/login/code", data={"code": now(scene, secret)}, headers=HERE).headers["Location"] == "/home"
    return client


def is_in(client: FlaskClient) -> bool:
    return client.get("/sessions").status_code == 200


def no(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


# At a login


def test_neither_a_token_nor_a_password_lets_somebody_in_who_has_a_second_factor(scene: Scene) -> None:
    wang = official(scene)
    wang.did("/v1/password", {"password": PASSWORD})
    secret = wang.did("/v1/second-factor/enrolment", {"current": PASSWORD})["secret"]
    wang.did("/v1/second-factor/confirmation", {"code": code_at(secret, scene.clock.now)})
    for sent in ({"token": wang.token}, {"name": wang.id, "password": PASSWORD}):
        client = scene.town.client()
        answer = client.post("/login", data=sent, headers=HERE)
        assert answer.headers["Location"] == "/login/code"
        assert SESSION not in "".join(answer.headers.getlist("Set-Cookie"))
        assert not is_in(client)

        page = client.get("/login/code").get_data(as_text=True)
        assert 'autocomplete="one-time-code"' in page and 'inputmode="numeric"' in page
        assert client.post("/login/code", data={"code": "12 34 56"}, headers=HERE).status_code == 403
        assert not is_in(client)

        assert client.post("/login/code", data={"code": now(scene, secret)}, headers=HERE).status_code == 303
        assert is_in(client)


def test_the_code_is_taken_from_the_browser_that_showed_the_password_alone_and_for_ten_minutes(scene: Scene) -> None:
    li = official(scene)
    secret, _ = enrolled(scene, li)
    client, other = scene.town.client(), scene.town.client()
    by_token(client, li)

    assert other.post("/login/code", data={"code": now(scene, secret)}, headers=HERE).headers["Location"] == "/login"
    assert client.post("/login/code", data={"code": now(scene, secret)}).status_code == 403, "another site's form"
    scene.clock.wait(600)
    assert client.post("/login/code", data={"code": now(scene, secret)}, headers=HERE).headers["Location"] == "/login"
    assert not is_in(client) and not is_in(other)


def test_a_code_on_paper_lets_somebody_in_once_and_shows_how_many_are_left(scene: Scene) -> None:
    li = official(scene)
    _, papers = enrolled(scene, li)
    client = scene.town.client()
    by_token(client, li)

    answer = client.post("/login/code", data={"code": papers[0].lower()}, headers=HERE, follow_redirects=True)
    assert f"<b>{PAPER_CODES - 1}</b> 个恢复码" in answer.get_data(as_text=True)

    client = scene.town.client()
    by_token(client, li)
    assert client.post("/login/code", data={"code": papers[0]}, headers=HERE).status_code == 403


def test_whoever_guesses_codes_waits_and_shuts_nobody_else_out(scene: Scene) -> None:
    """A stranger knows no password and is never asked for a code; whoever does and guesses waits where they are."""
    li = official(scene)
    secret, _ = enrolled(scene, li)
    client = scene.town.client()
    by_token(client, li)
    answers = [client.post("/login/code", data={"code": f"{number:06d}"}, headers=HERE,
                           environ_base={"REMOTE_ADDR": "192.0.2.7"}) for number in range(6)]
    assert [one.status_code for one in answers] == [403] * 4 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) >= 1

    by_token(client, li)
    right = client.post("/login/code", data={"code": now(scene, secret)}, headers=HERE)
    assert right.headers["Location"] == "/home", "from their own address they come in at once"


def test_one_code_sent_by_many_at_once_lets_one_of_them_in(scene: Scene) -> None:
    li = official(scene)
    secret, _ = enrolled(scene, li)
    browsers = [scene.town.client() for _ in range(4)]
    for each in browsers:
        by_token(each, li)
    code, came = now(scene, secret), []
    threads = [threading.Thread(target=lambda each=each: came.append(
        each.post("/login/code", data={"code": code}, headers=HERE).status_code)) for each in browsers]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(came) == [303, 403, 403, 403]


def test_a_password_that_was_changed_turns_back_whoever_came_halfway_with_the_old_one(scene: Scene) -> None:
    li = official(scene)
    secret, _ = enrolled(scene, li)
    client = scene.town.client()
    by_token(client, li)
    li.did("/v1/password", {"password": PASSWORD})

    assert client.post("/login/code", data={"code": now(scene, secret)}, headers=HERE).headers["Location"] == "/login"


# Of whom one is demanded


@pytest.mark.usefixtures("demanded")
def test_where_one_is_demanded_an_official_sets_it_up_on_the_way_in_and_nothing_opens_before(scene: Scene) -> None:
    li, client = official(scene), scene.town.client()
    assert by_token(client, li).headers["Location"] == "/login/code"
    assert "开始设置" in client.get("/login/code").get_data(as_text=True)
    assert client.post("/login/code", headers=HERE).headers["Location"] == "/login/code"
    page = client.get("/login/code").get_data(as_text=True)
    found = re.search(r"<code>([A-Z2-7 ]{39})</code>", page)
    assert found is not None and "<svg" in page
    assert not is_in(client)

    wrong = client.post("/login/code", data={"code": "000000"}, headers=HERE)
    assert wrong.status_code == 403 and found[1] in wrong.get_data(as_text=True)
    code = code_at(found[1].replace(" ", ""), scene.clock.now)
    shown = client.post("/login/code", data={"code": code}, headers=HERE).get_data(as_text=True)

    assert len(re.findall(r"<code>(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}</code>", shown)) == PAPER_CODES
    assert is_in(client)
    assert li.saw("/v1/second-factor")["demanded"] is True


@pytest.mark.usefixtures("demanded")
def test_one_that_is_demanded_can_be_changed_and_not_given_up(scene: Scene) -> None:
    li = official(scene)
    enrolled(scene, li)

    assert no(li.post("/v1/second-factor/removal")) == (403, "factor_kept")
    assert li.post("/v1/second-factor/enrolment", {}).status_code == 201


@pytest.mark.usefixtures("demanded")
def test_of_a_person_and_of_a_unit_none_is_demanded(scene: Scene) -> None:
    person = scene.town.person("王小二")
    works = scene.town.unit("某厂", "330203", "industry")
    for one in (person, scene.town.officer(works, "unit", "330203", unit=works["unit"])):
        client = scene.town.client()
        assert by_token(client, one).headers["Location"] == "/home"
        assert one.saw("/v1/second-factor")["demanded"] is False


def test_where_it_is_demanded_of_everyone_a_person_sets_it_up_as_well(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene.town.house.factors, "rule", Rule(demands_of_offices=True, demands_of_all=True))
    person, client = scene.town.person("王小三"), scene.town.client()

    assert by_token(client, person).headers["Location"] == "/login/code" and not is_in(client)


@pytest.mark.usefixtures("demanded")
def test_whoever_has_none_where_it_is_demanded_opens_no_account_of_others_with_their_token(scene: Scene) -> None:
    li = official(scene)
    assert no(li.post(f"/v1/actors/{account(scene)}/setup-codes")) == (403, "factor_demanded")
    assert no(li.post("/v1/tokens", {"name": "程序", "lasts_days": 1})) == (403, "factor_demanded")


# Shown again


def account(scene: Scene) -> str:
    """An account below the bureau's."""
    made = scene.people.did("/v1/actors", {
        "organisation": scene.bureau["unit"], "account": f"below-{next(scene.town.numbers)}",
        "official": {"name": "某人"}})
    scene.people.did(f"/v1/actors/{made['actor']}/scopes", {"role": "human_resources", "region": "330203"}, version=1)
    return str(made["actor"])


def test_what_opens_an_account_is_given_out_by_whoever_has_just_shown_theirs(scene: Scene) -> None:
    li, below = official(scene), account(scene)
    secret, _ = enrolled(scene, li)
    scene.clock.wait(FRESH_S + 1)
    asked = [(f"/v1/actors/{below}/setup-codes", {}), (f"/v1/actors/{below}/tokens", {}),
             ("/v1/tokens", {"name": "程序", "lasts_days": 1})]
    for path, body in asked:
        assert no(li.post(path, body)) == (403, "factor_stale")
        assert li.post(path, body, dry_run="true").status_code == 200, "a trial gives nothing out"

    assert no(li.post("/v1/second-factor/check", {"code": "000000"})) == (403, "factor_wrong")
    li.did("/v1/second-factor/check", {"code": now(scene, secret)})
    for path, body in asked:
        li.did(path, body)
    assert li.saw("/v1/second-factor")["recovery_codes_left"] == PAPER_CODES


def test_what_a_token_may_do_otherwise_asks_for_no_code(scene: Scene) -> None:
    li = official(scene)
    enrolled(scene, li)
    scene.clock.wait(FRESH_S + 1)

    assert li.saw("/v1/work", role="human_resources")["items"] == []
    account = {"organisation": scene.bureau["unit"], "account": "by-a-program", "official": {"name": "某人"}}
    assert li.post("/v1/actors", account).status_code == 201


def test_in_a_browser_the_code_is_asked_on_the_way_and_what_was_typed_is_done(scene: Scene) -> None:
    li, below = official(scene), account(scene)
    secret, _ = enrolled(scene, li)
    client = logged_in(scene, li, secret)
    scene.clock.wait(FRESH_S + 1)
    page = client.get(f"/accounts/{below}/opening").get_data(as_text=True)
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found is not None
    form = {"key": found[1], "what": "code"}

    asked = client.post(f"/accounts/{below}/opening", data=form, headers=HERE)
    assert asked.status_code == 403
    assert f'name="key" value="{found[1]}"' in asked.get_data(as_text=True)
    wrong = client.post(f"/accounts/{below}/opening", data={**form, "factor_code": "000000"}, headers=HERE)
    assert wrong.status_code == 403 and "这个动态口令或恢复码不能用" in wrong.get_data(as_text=True)

    done = client.post(f"/accounts/{below}/opening", data={**form, "factor_code": now(scene, secret)}, headers=HERE)
    assert done.status_code == 201 and "设置码" in done.get_data(as_text=True)
    again = client.post(f"/accounts/{below}/opening", data=form, headers=HERE)
    assert again.status_code == 201, "within a quarter of an hour nothing is asked again"


def test_a_rulebook_is_enacted_and_many_entries_revoked_by_whoever_has_just_shown_theirs(scene: Scene) -> None:
    house = scene.town.house
    offices = [scene.town.officer(scene.town.unit(name, "330000", "general"), "policy_office", "33")
               for name in ("政策一处", "政策二处")]
    (digest,) = offices[0].did("/v1/rulebook-proposals", rulebook_anew("2026-12-01"))["proposed"]
    enrolled(scene, offices[1])
    asked = Asked(RequestKey(b"a request of thirty-two bytes ..", b""))
    stale = Caller("actor", offices[1].id, None, Opened(b"", is_session=True, shown_at=0))

    for no_ in (proposals.enact(house, stale, digest, asked),
                case_bulk.act(house, stale, "cas_" + "0" * 22, {"act": "revocation"}, asked)):
        assert isinstance(no_, Refusal) and no_.code == "factor_stale"
    assert not isinstance(proposals.enact(house, stale, digest, Asked(dry_run=True)), Refusal), "a trial enacts nothing"
    seen = house.ledger.store.version("rul_ningbo-industry/2026-12-01")
    offices[1].did(f"/v1/rulebook-proposals/{digest}/enactment", version=seen)  # A token types no codes.


# To have one


def test_whoever_found_a_session_open_does_not_put_their_own_device_in_its_place(scene: Scene) -> None:
    li = official(scene)
    li.did("/v1/password", {"password": PASSWORD})
    assert no(li.post("/v1/second-factor/enrolment", {})) == (403, "password_wrong")
    secret = li.did("/v1/second-factor/enrolment", {"current": PASSWORD})["secret"]
    li.did("/v1/second-factor/confirmation", {"code": code_at(secret, scene.clock.now)})

    scene.clock.wait(FRESH_S + 1)
    for path in ("enrolment", "recovery-codes", "removal"):
        assert no(li.post(f"/v1/second-factor/{path}", {} if path == "enrolment" else None)) == (403, "factor_stale")
    assert li.saw("/v1/second-factor")["since"] is not None


def test_one_sets_it_up_changes_it_and_gives_it_up_on_the_page(scene: Scene) -> None:
    person = scene.town.person("赵小三")
    client = scene.town.client()
    by_token(client, person)
    assert "还没有启用" in client.get("/second-factor").get_data(as_text=True)
    client.post("/second-factor", data={"what": "enrol"}, headers=HERE)
    found = re.search(r"<code>([A-Z2-7 ]{39})</code>", client.get("/second-factor").get_data(as_text=True))
    assert found is not None
    secret = found[1].replace(" ", "")
    papers = client.post("/second-factor", data={"what": "confirm", "code": code_at(secret, scene.clock.now)},
                         headers=HERE).get_data(as_text=True)
    assert "只显示这一次" in papers

    scene.clock.wait(FRESH_S + 1)
    stale = client.post("/second-factor", data={"what": "drop"}, headers=HERE)
    assert stale.status_code == 403 and "须再次验证" in stale.get_data(as_text=True)
    assert client.post("/second-factor", data={"what": "papers", "factor_code": now(scene, secret)},
                       headers=HERE).status_code == 200
    assert client.post("/second-factor", data={"what": "drop"}, headers=HERE).status_code == 303
    assert person.saw("/v1/second-factor") == {
        "holder": person.id, "since": None, "recovery_codes_left": 0, "demanded": False}
    other = scene.town.client()
    assert by_token(other, person).headers["Location"] == "/home"


def test_the_office_above_takes_a_lost_factor_away_with_a_reason_and_it_is_recorded_first(scene: Scene) -> None:
    li = official(scene)
    secret, _ = enrolled(scene, li)
    client = logged_in(scene, li, secret)
    beside = scene.town.officer(scene.town.unit("温州某局", "330300", "general"), "human_resources", "3303")
    path = f"/v1/actors/{li.id}/second-factor-resets"
    assert beside.post(path, {"reason": "lost"}).status_code == 403
    assert no(li.post(path, {"reason": "lost"})) == (403, "own_account")
    assert li.post(path, {"reason": "because"}).status_code == 422

    answer = scene.town.founder.did(path, {"reason": "lost"})

    assert answer["sessions_ended"] == 1 and not is_in(client)
    log = scene.town.house.register.access
    last = log.at(log.store.size())
    assert last is not None
    event = last.envelope.event
    assert isinstance(event, AccessRecorded)
    assert (event.subject, event.purpose, event.what) == (li.id, "factor_reset_lost", ("second_factor",))
    assert no(scene.town.founder.post(path, {"reason": "lost"})) == (409, "factor_absent")
    assert by_token(client, li).headers["Location"] == "/home"


def test_the_office_above_takes_it_away_on_the_page_of_the_account_too(scene: Scene) -> None:
    below = account(scene)
    holder = Someone(scene.town.client(), scene.people.did(f"/v1/actors/{below}/tokens")["token"], below)
    enrolled(scene, holder)
    client = scene.town.client()
    by_token(client, scene.people)
    found = re.search(r'name="key" value="([^"]+)"', client.get(f"/accounts/{below}/opening").get_data(as_text=True))
    assert found is not None
    done = client.post(f"/accounts/{below}/opening", data={"key": found[1], "what": "factor", "reason": "broken"},
                       headers=HERE)

    assert done.status_code == 201 and "第二因素已重置" in done.get_data(as_text=True)
    assert holder.saw("/v1/second-factor")["since"] is None


def test_a_request_whose_answer_was_lost_is_answered_again(scene: Scene) -> None:
    li = official(scene)
    first, again = (li.did("/v1/second-factor/enrolment", {}, key="the-same-key-of-an-enrolment") for _ in range(2))
    assert first == again
    code = {"code": code_at(first["secret"], scene.clock.now)}
    papers = [li.did("/v1/second-factor/confirmation", code, key="the-same-key-of-a-confirmation") for _ in range(2)]
    assert papers[0] == papers[1] and len(papers[0]["recovery_codes"]) == PAPER_CODES
    assert no(li.post("/v1/second-factor/confirmation", code)) == (409, "factor_not_offered")


def test_of_a_second_factor_that_is_not_there_nothing_can_be_shown_or_given_up(scene: Scene) -> None:
    li = official(scene)
    for path, body in (("check", {"code": "123456"}), ("recovery-codes", None), ("removal", None)):
        assert no(li.post(f"/v1/second-factor/{path}", body)) == (409, "factor_absent")
