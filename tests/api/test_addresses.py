"""How many requests may come from one place, and which place that is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from api.console.door.sign_on_page import sign_on_routes
from api.console.screens import page_routes
from api.console.statement.verification_page import verification_routes
from api.log_routes import log_routes
from api.operational.addresses import (
    LIMITED,
    PER_MINUTE,
    PROXIES,
    Buckets,
    address_of_asker,
    buckets_here,
    kind_of,
    limited,
    networks,
    shared,
)
from api.outside.provider import Provider
from api.refusals.problems import Problem
from api.service.app import create_app
from api.settings import SettingsError, load
from api.witness.routes import witnessed_routes
from ledger.witnessing.kept import Kept
from tests.api.house_kit import Town, house_in
from tests.children import ended

NOW = 1_795_000_000_000_000
FAR = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("addresses") / "data", clock=lambda: NOW) as town:
        town.app = create_app(town.house, blueprints=[
            log_routes(town.house.register), witnessed_routes(Kept(town.house.register.folder.witnessed)),
            page_routes(), verification_routes(), sign_on_routes(
                Provider("https://sso.example", "xueshi", "", "https://xueshi.example"))])
        yield town


def test_a_bucket_holds_a_minutes_worth_and_fills_evenly() -> None:
    buckets, most = Buckets(), PER_MINUTE["registration"]

    assert [buckets.take("registration", "a", now=NOW) for _ in range(most)] == [0] * most
    assert buckets.take("registration", "a", now=NOW) == 60 // most
    assert buckets.take("registration", "b", now=NOW) == 0
    assert buckets.take("login", "a", now=NOW) == 0
    assert buckets.take("registration", "a", now=NOW + 60_000_000 // most) == 0
    assert buckets.take("registration", "a", now=NOW + 60_000_000 // most) > 0


def test_a_clock_that_is_set_back_by_a_day_keeps_nobody_out_for_a_day() -> None:
    buckets, most = Buckets(), PER_MINUTE["registration"]
    assert buckets.take("registration", "a", now=NOW + 86_400_000_000) == 0

    buckets.take("registration", "a", now=NOW)
    assert buckets.take("registration", "a", now=NOW + 60_000_000 // most) == 0


def test_processes_of_one_service_count_together_so_that_more_of_them_give_nobody_more() -> None:
    most = PER_MINUTE["registration"]
    with shared():
        buckets = buckets_here()

        def asked() -> int:
            return sum(buckets_here().take("registration", "a", now=NOW) == 0 for _ in range(most // 2 + 3))

        assert [ended(asked) for _ in range(3)] == [most // 2 + 3, most // 2 - 3, 0]
        assert buckets.take("registration", "a", now=NOW) == 60 // most
        assert buckets.take("registration", "b", now=NOW) == 0 and buckets.take("login", "a", now=NOW) == 0
        assert buckets.take("registration", "a", now=NOW + 60_000_000 // most) == 0
        assert buckets.take("registration", "a", now=NOW - 86_400_000_000) == 60 // most, "as if the clock had stood"
    assert isinstance(buckets_here(), Buckets), "a process alone has its own"


def test_who_shares_a_time_with_a_place_that_asks_too_often_is_not_kept_out() -> None:
    with shared():
        buckets = buckets_here()
        for place in range(300):
            for _ in range(PER_MINUTE["registration"]):
                assert buckets.take("registration", f"loud {place}", now=NOW) == 0
        assert all(buckets.take("registration", f"quiet {place}", now=NOW) == 0 for place in range(3_000))


def test_only_a_proxy_on_this_machine_is_believed_for_whom_it_asks() -> None:
    app = Flask("addresses")
    for connected, forwarded, found in (
        ("127.0.0.1", None, "127.0.0.1"), ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "10.0.0.1, 203.0.113.7", "203.0.113.7"), ("", "203.0.113.7", "203.0.113.7"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
    ):
        headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
        with app.test_request_context("/", environ_base={"REMOTE_ADDR": connected}, headers=headers):
            assert address_of_asker() == found


def test_this_machine_itself_is_not_counted() -> None:
    with Flask("addresses").test_request_context("/", environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        buckets = Buckets()
        for _ in range(2 * PER_MINUTE["registration"]):
            limited(buckets, "registration", now=NOW)
    with Flask("addresses").test_request_context("/", environ_base=FAR), pytest.raises(Problem):
        for _ in range(2 * PER_MINUTE["registration"]):
            limited(buckets, "registration", now=NOW)


def test_one_too_many_is_told_when_to_come_again(town: Town) -> None:
    for _ in range(PER_MINUTE["verification"]):
        assert town.client().get("/log/key", environ_base=FAR).status_code == 200

    answer = town.client().get("/log/key", environ_base=FAR)

    assert (answer.status_code, answer.get_json()["code"]) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) >= 1
    assert town.client().get("/log/key", environ_base={"REMOTE_ADDR": "203.0.113.8"}).status_code == 200
    assert town.client().get("/v1/words", environ_base=FAR).status_code == 200


def test_whole_tables_are_fetched_only_so_often_by_whoever_bears_a_token_too(town: Town) -> None:
    assert {kind_of("GET", rule.rule) for rule in town.app.url_map.iter_rules()
            if rule.rule.endswith((".csv", ".xlsx", ".zip"))} == {"table"}
    own, headers = town.client(), town.person().headers()
    for _ in range(PER_MINUTE["table"]):
        assert own.get("/v1/claims.csv", headers=headers, environ_base=FAR).status_code == 200

    answer = own.get("/v1/claims.xlsx", headers=headers, environ_base=FAR)

    assert (answer.status_code, answer.get_json()["code"]) == (429, "too_many_requests")
    assert own.get("/v1/claims", headers=headers, environ_base=FAR).status_code == 200, "what is read page by page"


def test_whatever_is_limited_is_a_route_of_the_service(town: Town) -> None:
    served = {(method, rule.rule) for rule in town.app.url_map.iter_rules() for method in rule.methods or ()}

    assert LIMITED.keys() - served == set()


def test_nothing_that_is_counted_was_written(tmp_path: Path, town: Town) -> None:
    before = town.house.ledger.store.size()
    for _ in range(PER_MINUTE["registration"] + 5):
        answer = town.client().post("/v1/units", json={}, environ_base={"REMOTE_ADDR": "203.0.113.10"})

    assert answer.status_code == 429
    assert town.house.ledger.store.size() == before


def test_a_proxy_on_another_machine_is_believed_where_the_settings_name_it(town: Town) -> None:
    asked = {"X-Forwarded-For": "192.0.2.1, 198.51.100.4"}
    town.app.config[PROXIES] = networks("203.0.113.0/28, 2001:db8::7")
    try:
        for proxy, address in (("203.0.113.7", "198.51.100.4"), ("2001:db8::7", "198.51.100.4"),
                               ("203.0.113.99", "203.0.113.99"), ("unix", "unix")):
            with town.app.test_request_context(headers=asked, environ_base={"REMOTE_ADDR": proxy}):
                assert address_of_asker() == address
    finally:
        del town.app.config[PROXIES]


@pytest.mark.parametrize("written", ["everybody", "10.0.0.5/33", "0.0.0.0/0", "10.0.0.5;10.0.0.6"])
def test_what_is_no_address_of_a_proxy_is_refused(written: str) -> None:
    with pytest.raises(SettingsError, match="trusted_proxies"):
        load({"trusted_proxies": written})
