"""Statements: handed out for a basis, again as the same bytes, to whoever they are about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from tests.api.house_kit import BODY, Someone, Town, house_in, study


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("statements") / "data") as town:
        yield town


@pytest.fixture(scope="module")
def works(town: Town) -> BODY:
    return town.unit("某厂", "330203", "industry")


@pytest.fixture(scope="module")
def person(town: Town, works: BODY) -> Someone:
    person = town.person("郑三五")
    town.belongs(person, works, "2020-01-01")
    officer = town.officer(works, "unit", "330203", unit=works["unit"])
    for day in ("2025-04-02", "2026-04-02"):
        officer.act(person.submit(study(date=day), title=f"{day} 的培训"), "approval")
    return person


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
    none = person.post(f"/v1/persons/{person.id}/statements", {"years": [1999]})
    assert (none.status_code, none.get_json()["code"]) == (422, "years_missing")


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
    assert far.post(f"/v1/persons/{person.id}/statements", {}).status_code == 403
    assert far.get(f"/v1/statements/{made['statement']}", purpose="title_review").status_code == 403
    assert town.person().get(f"/v1/statements/{made['statement']}/file").status_code == 404


def test_a_repeated_request_is_answered_with_the_statement_that_was_issued(person: Someone) -> None:
    key = "a-statement-asked-for-twice"
    first = person.post(f"/v1/persons/{person.id}/statements", {}, key=key)

    again = person.post(f"/v1/persons/{person.id}/statements", {}, key=key)

    assert (again.data, again.headers["Idempotent-Replayed"]) == (first.data, "true")
