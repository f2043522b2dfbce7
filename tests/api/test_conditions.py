"""Once only, upon one version, for real or to see: idempotency keys, entity tags and trials."""

from __future__ import annotations

import pytest

from tests.api.house_kit import BODY, SHA, Someone, Town, study

KEY = "one-key-for-one-request"


def test_a_repeated_request_is_answered_with_the_same_bytes_whatever_has_happened_since(
    person: Someone, officer: Someone
) -> None:
    body = person.claim(study())
    first = person.post("/v1/claims", body, key=KEY)
    officer.act(first.get_json(), "approval")

    again = person.post("/v1/claims", body, key=KEY)

    assert (again.status_code, again.data) == (201, first.data)
    assert again.headers["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.headers
    assert (again.headers["ETag"], again.headers["Location"]) == (first.headers["ETag"], first.headers["Location"])


def test_a_repeated_decision_is_answered_as_done_and_not_as_stale(person: Someone, officer: Someone) -> None:
    claim = person.submit(study())
    first = officer.post(f"/v1/claims/{claim['claim']}/approval", {}, key=KEY, version=1)

    again = officer.post(f"/v1/claims/{claim['claim']}/approval", {}, key=KEY, version=1)

    assert (again.status_code, again.data) == (201, first.data)
    assert len(person.saw(f"/v1/claims/{claim['claim']}/events")["items"]) == 2


def test_a_token_is_repeated_to_whoever_repeats_the_request_and_to_nobody_else(town: Town) -> None:
    body = {"name": "王五", "id_kind": "passport", "id_number": "E00000001"}
    first = town.nobody.post("/v1/persons", body, key=KEY)

    assert town.nobody.post("/v1/persons", body, key=KEY).data == first.data
    other = town.nobody.post("/v1/persons", body, key=KEY + "-another")
    assert (other.status_code, other.get_json()["code"]) == (409, "name_taken")


def test_a_key_that_was_used_for_another_body_is_refused(town: Town, person: Someone) -> None:
    person.did("/v1/claims", person.claim(study()), key=KEY)
    size = town.house.ledger.store.size()

    answer = person.post("/v1/claims", person.claim(study(days="3")), key=KEY)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_key_reused")
    assert town.house.ledger.store.size() == size


def test_the_same_key_of_another_person_or_for_another_thing_is_another_key(town: Town, works: BODY) -> None:
    one, other = town.person(), town.person()
    for each in (one, other):
        town.belongs(each, works, "2020-01-01")
    made = [each.did("/v1/claims", each.claim(study()), key=KEY)["claim"] for each in (one, other)]
    one.did(f"/v1/claims/{made[0]}/withdrawal", key=KEY, version=1)

    assert made[0] != made[1]


def test_bodies_that_say_the_same_in_another_order_are_the_same_request(person: Someone) -> None:
    body = person.claim(study())
    first = person.post("/v1/claims", body, key=KEY)

    again = person.post("/v1/claims", dict(reversed(body.items())), key=KEY)

    assert again.data == first.data


@pytest.mark.parametrize(
    ("key", "code"),
    [(None, "idempotency_key_missing"), ("", "idempotency_key_missing"), ("x" * 256, "idempotency_key_malformed"),
     ("with space inside", "idempotency_key_malformed"), ("short", "idempotency_key_too_short")],
)
def test_a_key_that_cannot_be_used_is_refused_by_name(town: Town, key: str | None, code: str) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"name": "王五", "id_kind": "passport", "id_number": "E00000002"}

    answer = town.client().post("/v1/persons", json=body, headers=headers)

    assert (answer.status_code, answer.get_json()["code"]) == (400, code)


def test_whoever_is_logged_in_may_use_a_short_key_and_the_description_says_so(town: Town, person: Someone) -> None:
    """Nobody else gets an answer of theirs for it; only whoever is nobody could be guessed."""
    assert person.post("/v1/claims", person.claim(study()), key="1").status_code == 201

    paths = town.nobody.saw("/openapi.json")["paths"]
    keys = {path: next(each for each in paths[path]["post"]["parameters"] if each["name"] == "Idempotency-Key")
            for path in ("/v1/claims", "/v1/persons")}
    assert {each["schema"]["minLength"] for each in keys.values()} == {1}
    assert ["16" in each["description"] for each in keys.values()] == [False, True]


def test_255_characters_are_a_key_and_a_trial_needs_none(town: Town, person: Someone) -> None:
    assert person.post("/v1/claims", person.claim(study()), key="k" * 255).status_code == 201
    headers = {"Authorization": f"Bearer {person.token}"}
    tried = town.client().post("/v1/claims?dry_run=true", json=person.claim(study()), headers=headers)
    assert (tried.status_code, tried.get_json()["dry_run"]) == (200, True)


def test_a_decision_needs_the_version_that_was_seen(person: Someone, officer: Someone) -> None:
    claim = person.submit(study())

    missing = officer.post(f"/v1/claims/{claim['claim']}/approval", {})
    strange = officer.client.post(f"/v1/claims/{claim['claim']}/approval", json={},
                                  headers={**officer.headers(), "If-Match": "*"})

    assert (missing.status_code, missing.get_json()["code"]) == (428, "precondition_required")
    assert (strange.status_code, strange.get_json()["code"]) == (400, "if_match_malformed")


def test_a_weak_tag_is_no_version_that_was_seen(person: Someone, officer: Someone) -> None:
    """Whoever weakened it on the way says that it may stand for other bytes; a decision is upon what was seen."""
    claim = person.submit(study())
    place = f"/v1/claims/{claim['claim']}/approval"

    weak = officer.client.post(place, json={}, headers={**officer.headers(), "If-Match": 'W/"v1"'})

    assert (weak.status_code, weak.get_json()["code"]) == (412, "stale_version")
    assert (weak.headers["ETag"], weak.get_json()["current"]["version"]) == ('"v1"', 1)
    assert officer.post(place, {}, version=1).status_code == 201


def test_a_decision_upon_an_older_version_is_shown_the_one_that_stands(person: Someone, officer: Someone) -> None:
    claim = person.submit(study())
    person.act(claim, "revision", {
        "study": study(days="3"), "details": {"title": "三天"}, "evidence": [{"kind": "certificate", "sha256": SHA}]})

    answer = officer.post(f"/v1/claims/{claim['claim']}/approval", {}, version=1)

    body = answer.get_json()
    assert (answer.status_code, body["code"], answer.headers["ETag"]) == (412, "stale_version", '"v2"')
    assert (body["current"]["study"]["days"], body["current"]["version"]) == ("3", 2)
    assert "details" not in body["current"]
    assert officer.act(body["current"], "approval")["status"] == "approved"


def test_whoever_may_not_act_is_not_shown_how_it_stands_by_naming_a_wrong_version(
    town: Town, person: Someone, works: BODY
) -> None:
    other = town.unit("别处", "330402", "environment")
    elsewhere = town.officer(other, "unit", "330402", unit=other["unit"])
    stranger = town.person()
    claim = person.submit(study())

    answers = [
        asking.post(f"/v1/claims/{claim['claim']}/{act}", {}, version=9)
        for asking, act in ((elsewhere, "approval"), (stranger, "withdrawal"), (elsewhere, "withdrawal"))
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 403]
    assert not any("current" in answer.get_json() or "ETag" in answer.headers for answer in answers)


def test_what_has_not_changed_is_not_sent_again(person: Someone) -> None:
    claim = person.submit(study())
    path = f"/v1/claims/{claim['claim']}"
    tag = person.get(path).headers["ETag"]

    same = person.client.get(path, headers={"Authorization": f"Bearer {person.token}", "If-None-Match": tag})
    other = person.client.get(path, headers={"Authorization": f"Bearer {person.token}", "If-None-Match": '"v9"'})
    weak = person.client.get(path, headers={"Authorization": f"Bearer {person.token}", "If-None-Match": f"W/{tag}"})

    assert (same.status_code, same.data) == (weak.status_code, weak.data) == (304, b"")
    assert other.status_code == 200


def test_a_trial_tells_of_a_name_that_is_taken(town: Town) -> None:
    body = {"name": "王五", "id_kind": "passport", "id_number": "E00000003"}
    town.nobody.did("/v1/persons", body)

    answer = town.nobody.post("/v1/persons", body, dry_run="true")

    assert (answer.status_code, answer.get_json()["code"]) == (409, "name_taken")


def test_a_trial_shows_the_events_that_would_be_written_without_what_is_sealed(person: Someone) -> None:
    body = person.claim(study(), title="不可外传的题目")

    would = person.post("/v1/claims", body, dry_run="true").get_json()["would"]

    assert [event["type"] for event in would["events"]] == ["claim.submitted/1"]
    assert (would["status"], would["version"]) == ("under_review", 1)
    assert "不可外传的题目" not in str(would)
