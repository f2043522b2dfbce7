"""The feed: what happened within one's sight, told thinly, from where one was, and as soon as it happens."""

from __future__ import annotations

import json
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from api.cases.log import feed as cases
from ledger.identifiers import names
from tests.api.house_kit import BODY, Someone, Town, study

BATCH = "application/cloudevents-batch+json"


@pytest.fixture(scope="module")
def reader(town: Town) -> Someone:
    return Someone(town.client(), town.house.register.reader_token)


def told(answer: TestResponse) -> tuple[list[BODY], int]:
    """The events of an answer, and from where the next one goes on."""
    assert (answer.status_code, answer.content_type) == (200, BATCH), answer.get_data(as_text=True)
    assert 'rel="next"' in answer.headers["Link"]
    following = parse_qs(urlsplit(answer.headers["Link"].split(">")[0].strip("<")).query)
    return json.loads(answer.get_data()), int(following["after"][0])


def test_a_reader_of_the_log_is_told_of_every_event_in_order_and_goes_on_where_it_was(
    town: Town, person: Someone, reader: Someone
) -> None:
    person.submit(study())
    size, found, at = town.house.ledger.store.size(), list[BODY](), 0
    while at < size:
        items, at = told(reader.get("/v1/feed", after=at, limit=7))
        found += items

    assert [one["id"] for one in found] == [str(position) for position in range(1, size + 1)]
    assert sorted(one["sequence"] for one in found) == [one["sequence"] for one in found]
    assert found[-1]["type"] == "cn.xueshi.claim.submitted.v1" and found[-1]["specversion"] == "1.0"
    assert found[-1]["data"]["href"] == f"/v1/claims/{found[-1]['subject']}"
    assert reader.get(found[-1]["data"]["href"]).status_code in (401, 403), "more has to be asked for"
    assert told(reader.get("/v1/feed", after=size)) == ([], size)
    ahead = reader.get("/v1/feed", after=size + 1, wait=9)
    assert (ahead.status_code, ahead.get_json()["code"]) == (422, "position_beyond_log"), "else it would wait past one"


def test_an_official_is_told_of_what_lies_within_their_sight_and_the_position_passes_over_the_rest(
    town: Town, works: BODY, person: Someone, officer: Someone
) -> None:
    away = town.unit("温州某厂", "330302", "environment")
    stranger, start = town.person("王伟"), town.house.ledger.store.size()
    town.belongs(stranger, away, "2020-01-01")
    theirs, ours = stranger.submit(study()), person.submit(study())
    items, at = told(officer.get("/v1/feed", after=start))

    assert ours["claim"] in {one["subject"] for one in items}
    assert {theirs["claim"], stranger.id, away["unit"]}.isdisjoint(one["subject"] for one in items)
    assert all(not one["subject"].startswith(("acr_", "cas_", "log_")) for one in items)
    assert at == town.house.ledger.store.size()
    abroad = town.officer(away, "unit", "330302", unit=away["unit"])
    seen = {one["subject"] for one in told(abroad.get("/v1/feed", after=start))[0]}
    assert {theirs["claim"], stranger.id} <= seen and ours["claim"] not in seen


def test_an_official_is_told_of_whatever_is_a_persons_and_of_moves_and_could_read_each_of_them(
    town: Town, works: BODY, person: Someone, officer: Someone
) -> None:
    """A statement, a move into the unit by somebody who belongs elsewhere, a claim of before they came."""
    away = town.unit("台州某厂", "331002", "environment")
    abroad, start = town.officer(away, "unit", "331002", unit=away["unit"]), town.house.ledger.store.size()
    mover = town.person("周明")
    town.belongs(mover, away, "2020-01-01")
    claim = mover.submit(study())
    officer.act(person.submit(study()), "approval")
    statement = person.did(f"/v1/persons/{person.id}/statements", {"years": [2026]})
    asked = mover.did(f"/v1/persons/{mover.id}/transfers", {"to_unit": works["unit"], "starts": "2026-06-01"})

    def subjects(whom: Someone) -> set[str]:
        return {one["subject"] for one in told(whom.get("/v1/feed", after=start))[0]}

    assert {statement["statement"], asked["transfer"]} <= subjects(officer)
    assert {asked["transfer"], mover.id} <= subjects(abroad) and statement["statement"] not in subjects(abroad)
    assert {claim["claim"], mover.id}.isdisjoint(subjects(officer))
    officer.did(f"/v1/transfers/{asked['transfer']}/confirmation", version=asked["version"])
    assert {claim["claim"], mover.id} <= subjects(officer), "whose person is theirs now, with what was theirs before"
    for whom in (officer, abroad):
        for one in told(whom.get("/v1/feed", after=start))[0]:
            assert whom.get(one["data"]["href"], purpose="annual_review").status_code == 200, one


def test_nothing_that_is_anybodys_is_told(town: Town, person: Someone, reader: Someone) -> None:
    person.submit(study(organiser="甬江学院"), title="一次很特别的培训")
    whole = reader.get("/v1/feed").get_data(as_text=True)

    assert "特别" not in whole and "甬江学院" not in whole and names.parse("李明").normalised not in whole


def test_whoever_waits_is_told_as_soon_as_something_happens(
    town: Town, person: Someone, reader: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_most = cases.feed
    monkeypatch.setattr(cases, "feed", lambda *who, wait_s, **what: at_most(*who, wait_s=60 * wait_s, **what))
    size, answers = town.house.ledger.store.size(), list[TestResponse]()
    waiting = threading.Thread(target=lambda: answers.append(reader.get("/v1/feed", after=size, wait=9)))
    waiting.start()
    claim = person.submit(study())
    waiting.join(timeout=60)

    assert [one["subject"] for one in told(answers[0])[0]] == [claim["claim"]]


def test_only_so_many_wait_and_everyone_else_is_answered_at_once(
    town: Town, reader: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "_slots", threading.BoundedSemaphore(1))
    assert cases._slots.acquire(blocking=False)
    size = town.house.ledger.store.size()

    assert told(reader.get("/v1/feed", after=size, wait=9)) == ([], size)


def test_a_person_has_their_own_timeline_and_no_feed(person: Someone, town: Town) -> None:
    assert person.get("/v1/feed").get_json()["code"] == "not_for_reading"
    assert town.nobody.get("/v1/feed").status_code == 401
