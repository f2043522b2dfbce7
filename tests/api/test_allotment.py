"""Who allots whom (W 5, R 8): each office the accounts below it and of its delegates, none its own or at its side."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.cases.holders.allotment import ALLOTS, RESERVED, ROLES, allotting, not_above
from ledger.events.actor import Scope
from ledger.streams.standing import Actor
from ledger.vocabulary import ActorId, UnitId
from policies.shelf import shipped
from tests.api.house_kit import BODY, Someone, Town

CITY, PROVINCE = "3303", "33"


@pytest.fixture(scope="module")
def bureau(town: Town) -> BODY:
    return town.unit("温州某局", "330300", "natural_resources")


@pytest.fixture(scope="module")
def fresh(town: Town, bureau: BODY) -> Iterator[Iterator[str]]:
    """Accounts that were appointed and may do nothing yet."""

    def made() -> Iterator[str]:
        while True:
            body = {"organisation": bureau["unit"], "account": f"fresh-{next(town.numbers)}",
                    "official": {"name": "某人"}}
            yield town.founder.did("/v1/actors", body)["actor"]

    yield made()


def granted(someone: Someone, actor: str, role: str, region: str, **limits: str) -> str:
    """What comes of a grant."""
    answer = someone.post(f"/v1/actors/{actor}/scopes", {"role": role, "region": region, **limits}, version=1)
    return "granted" if answer.status_code == 201 else str(answer.get_json()["code"])


def test_the_citys_human_resources_allot_the_counties_and_the_citys_departments_and_not_their_own_side(
    town: Town, bureau: BODY, fresh: Iterator[str]
) -> None:
    """W 5."""
    city = town.officer(bureau, "human_resources", CITY)

    assert [granted(city, next(fresh), role, region) for role, region in (
        ("human_resources", "330302"), ("sector_authority", CITY), ("sector_authority", "330302"),
        ("human_resources", CITY), ("human_resources", PROVINCE),
        ("blasting_association", CITY), ("policy_office", CITY),
    )] == ["granted", "granted", "granted", "not_the_office_above", "outside_scope", "role_not_allotted",
           "role_reserved"]


def test_the_provinces_department_allots_its_cities_and_its_named_delegates_in_its_sector(
    town: Town, bureau: BODY, fresh: Iterator[str]
) -> None:
    """R 8."""
    sector = {"sector": "natural_resources"}
    province = town.officer(bureau, "sector_authority", PROVINCE, **sector)

    assert [granted(province, next(fresh), role, region, **limits) for role, region, limits in (
        ("sector_authority", CITY, sector), ("blasting_association", PROVINCE, sector),
        ("talent_market", PROVINCE, sector), ("title_committee", PROVINCE, sector),
        ("unit", CITY, {**sector, "unit": bureau["unit"]}),
        ("sector_authority", PROVINCE, sector), ("human_resources", CITY, sector),
        ("sector_authority", CITY, {"sector": "environment"}),
    )] == ["granted"] * 5 + ["not_the_office_above", "role_not_allotted", "outside_scope"]


def test_whoever_holds_two_offices_allots_in_the_one_that_may(town: Town, bureau: BODY, fresh: Iterator[str]) -> None:
    both = town.officer(bureau, "human_resources", CITY)
    town.founder.did(f"/v1/actors/{both.id}/scopes", {"role": "sector_authority", "region": PROVINCE}, version=2)

    assert granted(both, next(fresh), "blasting_association", PROVINCE) == "granted"


@pytest.mark.parametrize("what", ["tokens", "setup-codes", "suspension", "dismissal", "scope-withdrawals"])
def test_an_account_at_ones_side_is_neither_opened_nor_ended(town: Town, bureau: BODY, what: str) -> None:
    one, other = (town.officer(bureau, "human_resources", CITY) for _ in range(2))
    body = {"role": "human_resources", "region": CITY} if what == "scope-withdrawals" else None

    no = one.post(f"/v1/actors/{other.id}/{what}", body, version=2)

    assert (no.status_code, no.get_json()["code"]) == (403, "not_the_office_above")


def test_a_title_review_committee_looks_within_its_scope_and_decides_nothing(town: Town, bureau: BODY) -> None:
    person = town.person()
    town.belongs(person, bureau, "2020-01-01")
    committee = town.officer(bureau, "title_committee", CITY)

    assert committee.get(f"/v1/persons/{person.id}/years").get_json()["code"] == "purpose_missing"
    assert committee.saw(f"/v1/persons/{person.id}/years", purpose="title_review")["person"] == person.id
    assert committee.post(f"/v1/persons/{person.id}/statements", {}).get_json()["code"] == "role_not_held"
    assert committee.post(f"/v1/persons/{person.id}/tokens").get_json()["code"] == "role_not_held"


def test_every_office_that_a_rulebook_names_is_a_role_that_somebody_allots() -> None:
    named = {office for book in shipped().books for row in book.registrars for office in row.offices}

    assert named - {"system"} <= {role for role in ROLES if len(allotting(role)) > 1}


def test_what_runs_rules_or_watches_the_system_comes_from_its_administrators_alone() -> None:
    assert {role for role in ROLES if allotting(role) == ("system_administrator",)} == RESERVED


def test_nobody_but_an_administrator_allots_their_own_role_at_their_own_level() -> None:
    for office, roles in ALLOTS.items():
        for role in roles:
            by = Actor(ActorId("acr_a"), UnitId("unt_a"), None, scopes=(Scope(role=office, region=CITY),))
            no = not_above((Scope(role=role, region=CITY),), office, by)
            assert (no is None) == (office == "system_administrator" or role != office), (office, role)
