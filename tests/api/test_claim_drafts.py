"""A draft is its person's alone, is kept while they come back to it, and becomes one claim at most."""

from __future__ import annotations

import os
import sqlite3
from typing import Any

from werkzeug.test import TestResponse

from api.cases.tidying import tidy_evidence
from api.evidence.files import WAITS_S
from api.operational.claim_drafts import DRAFTS_MOST, KEPT_S
from tests.api.house_kit import BODY, SHA, Someone, Town, study
from tests.api.paper_kit import PDF, digest

TYPED: BODY = {"study": {"route": "training", "days": "a few"}, "details": {"title": "焊接工"}}
WHOLE: BODY = {"study": study(), "details": {"title": "焊接工艺"}, "evidence": [{"kind": "certificate", "sha256": SHA}]}


def at(person: Someone, name: str = "first") -> str:
    return f"/v1/persons/{person.id}/drafts/{name}"


def save(person: Someone, content: BODY, name: str = "first", *, version: int | None = None,
         by: Someone | None = None) -> TestResponse:
    sender = by or person
    return sender.client.put(at(person, name), json=content, headers=sender.headers(version=version))


def saved(person: Someone, content: BODY, name: str = "first", **more: Any) -> BODY:
    answer = save(person, content, name, **more)
    assert answer.status_code in (200, 201), answer.get_data(as_text=True)
    found: BODY = answer.get_json()
    return found


def names(person: Someone) -> list[str]:
    return [one["draft"] for one in person.saw(f"/v1/persons/{person.id}/drafts")["items"]]


def test_what_was_typed_comes_back_as_it_was_typed_however_wrong(person: Someone) -> None:
    first = save(person, TYPED)
    shown = person.saw(at(person))

    assert (first.status_code, first.headers["ETag"]) == (201, '"v1"')
    assert shown == first.get_json()
    assert {name: shown[name] for name in TYPED} == TYPED


def test_the_same_once_more_changes_nothing_and_what_was_not_seen_is_not_saved_over(person: Someone) -> None:
    saved(person, TYPED)

    again = save(person, TYPED)
    blind = save(person, WHOLE)
    saved(person, WHOLE, version=1)
    late = save(person, TYPED, version=1)

    assert (again.status_code, again.get_json()["version"]) == (201, 1)
    assert (blind.status_code, blind.get_json()["code"]) == (409, "draft_exists")
    assert (late.status_code, late.get_json()["code"], late.headers["ETag"]) == (412, "stale_version", '"v2"')
    assert late.get_json()["current"]["study"] == WHOLE["study"]


def test_a_draft_is_there_for_nobody_else_and_in_no_file_in_clear(
    town: Town, person: Someone, officer: Someone
) -> None:
    saved(person, {"details": {"title": "只有我知道的题目"}})

    for other in (town.person("王伟"), officer, town.founder, town.nobody):
        assert other.get(at(person)).status_code in (401, 403)
        assert save(person, WHOLE, by=other).status_code in (401, 403)
        assert other.client.delete(at(person), headers=other.headers()).status_code in (401, 403)
    for file in town.house.register.folder.operations.parent.glob("operations.db*"):
        assert "只有我知道的题目".encode() not in file.read_bytes()


def test_a_trial_says_what_is_wrong_with_it_and_then_what_it_is_worth_and_why(person: Someone) -> None:
    saved(person, TYPED)
    wrong = person.post(f"{at(person)}/submission", dry_run="true").get_json()
    saved(person, WHOLE, version=1)

    would = person.post(f"{at(person)}/submission", dry_run="true").get_json()["would"]

    assert {one["pointer"] for one in wrong["errors"]} == {"/study/category", "/study/date", "/study/days"}
    assert (would["ruling"]["assessed"], would["year"]["counted"]) == ("8", "8")
    assert would["ruling"]["why"][0]["quote"]
    assert names(person) == ["first"]


def test_a_draft_leaves_when_its_claim_is_in_the_log_and_a_repetition_gets_the_same_answer(person: Someone) -> None:
    draft = saved(person, WHOLE)

    claim = person.post(f"{at(person)}/submission", key="one", version=1)
    again = person.post(f"{at(person)}/submission", key="one", version=1)

    assert (claim.status_code, claim.get_json()["claim"]) == (201, draft["claim"])
    assert (again.headers["Idempotent-Replayed"], again.get_data()) == ("true", claim.get_data())
    assert names(person) == []
    assert save(person, TYPED, version=1).get_json()["code"] == "draft_absent", "a tab left open brings nothing back"


def test_what_is_refused_stays_a_draft(town: Town) -> None:
    nowhere = town.person()
    saved(nowhere, WHOLE)

    answer = nowhere.post(f"{at(nowhere)}/submission", version=1)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "not_affiliated")
    assert names(nowhere) == ["first"]


def test_a_draft_whose_removal_was_cut_off_becomes_no_second_claim(town: Town, person: Someone) -> None:
    draft, drafts = saved(person, WHOLE), town.house.claim_drafts
    claim = person.did(f"{at(person)}/submission", version=1)
    drafts.save(person.id, "first", WHOLE, seen=None, claim=draft["claim"], now=town.house.now)  # As if it still stood.

    answer = person.post(f"{at(person)}/submission", version=1)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "claim_exists")
    assert answer.get_json()["seen"] == {"claim": claim["claim"]}
    assert names(person) == []


def test_a_draft_is_let_go_by_its_person_or_after_a_month_without_a_visit(town: Town, person: Someone) -> None:
    drafts, now = town.house.claim_drafts, town.house.now
    saved(person, TYPED)
    saved(person, TYPED, "second")

    assert person.client.delete(at(person), headers=person.headers()).status_code == 204
    assert person.client.delete(at(person), headers=person.headers()).status_code == 404
    drafts.tidy(now=now + (KEPT_S - 60) * 1_000_000)
    assert names(person) == ["second"]
    drafts.tidy(now=now + (KEPT_S + 60) * 1_000_000)
    assert names(person) == []


def test_nobody_fills_the_house_with_drafts(person: Someone) -> None:
    for number in range(DRAFTS_MOST):
        saved(person, TYPED, f"d-{number}")

    one_more = save(person, TYPED, "one-more")
    long = save(person, {"details": {"words": "长" * 30_000}}, "d-0", version=1)
    deep = save(person, {"study": {"a": {"b": {"c": {"d": {}}}}}}, "d-0", version=1)
    strange = save(person, {"status": "approved"}, "d-0", version=1)

    assert (one_more.status_code, one_more.get_json()["code"]) == (409, "drafts_full")
    assert [one.status_code for one in (long, deep, strange)] == [413, 422, 422]


def test_a_paper_that_a_draft_shows_waits_as_long_as_the_draft(town: Town, person: Someone) -> None:
    sha256 = digest(PDF)
    person.client.put(f"/v1/persons/{person.id}/evidence/{sha256}", data=PDF, headers=person.headers())
    saved(person, {"evidence": ["half", {"sha256": 1}, {"kind": "certificate", "sha256": sha256}]})
    path = town.house.register.folder.evidence / "waiting" / person.id / sha256
    os.utime(path, (path.stat().st_mtime - WAITS_S - 1,) * 2)

    tidy_evidence(town.house)
    assert path.exists()
    person.client.delete(at(person), headers=person.headers())
    tidy_evidence(town.house)
    assert not path.exists()


def test_whose_key_is_destroyed_their_drafts_are_gone_with_it(town: Town, person: Someone) -> None:
    saved(person, WHOLE)

    town.house.ledger.vault.destroy(person.id)

    assert names(person) == []
    assert save(person, WHOLE, "second").get_json()["code"] == "key_destroyed"
    town.house.claim_drafts.tidy(now=town.house.now)
    with sqlite3.connect(town.house.register.folder.operations) as file:
        assert file.execute("SELECT COUNT(*) FROM claim_draft WHERE person = ?", (person.id,)).fetchone() == (0,)


def test_a_draft_under_a_key_that_the_vault_does_not_have_is_as_good_as_not_there(town: Town, person: Someone) -> None:
    saved(person, WHOLE)
    with sqlite3.connect(town.house.register.folder.operations) as file:  # As if the file came from another copy.
        file.execute("UPDATE claim_draft SET sealed = zeroblob(64) WHERE person = ?", (person.id,))

    assert names(person) == []
    assert saved(person, TYPED)["version"] == 1
