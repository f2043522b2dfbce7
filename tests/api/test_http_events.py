"""One event over HTTP: for whoever may read the ledger, without anything that is sealed."""

from __future__ import annotations

import pytest

from ledger.offline.verify import verify_proof
from ledger.proof.keys import parse_vkey
from ledger.proof.policy import trust
from tests.api.house_kit import Someone, Town, study


def test_an_event_is_read_by_the_reader_the_founder_and_a_supervisor_alone(town: Town) -> None:
    works, person = town.unit("某厂", "330203", "industry"), town.person("周十九")
    town.belongs(person, works, "2020-01-01")
    claim = person.submit(study(), title="不公开的题目")
    path = f"/v1/events/{claim['events'][0]}"
    reader = Someone(town.client(), town.house.register.reader_token)
    supervisor = town.officer(works, "supervisor", "33")

    for someone in (reader, town.founder, supervisor):
        event = someone.saw(path)
        assert (event["event"]["type"], event["stream"]) == ("claim.submitted/1", claim["claim"])
        assert event["by"]["actor"] == person.id
        assert "不公开的题目" not in str(event)
    officer = town.officer(works, "unit", "330203", unit=works["unit"])
    assert [someone.get(path).status_code for someone in (officer, person, town.nobody)] == [403, 403, 401]
    for beyond in ("999999", "9" * 30):
        assert reader.get(f"/v1/events/{beyond}").get_json()["code"] == "event_absent"


def test_a_proof_is_for_whoever_may_see_the_event_and_checks_offline(town: Town) -> None:
    works, person, other = town.unit("某厂", "330203", "industry"), town.person("周十九"), town.person("郑二一")
    town.belongs(person, works, "2020-01-01")
    event = person.submit(study())["events"][0]
    path, key = f"/v1/events/{event}/proof", parse_vkey(town.house.register.signer.vkeys[0])
    reader = Someone(town.client(), town.house.register.reader_token)
    officer = town.officer(works, "unit", "330203", unit=works["unit"])

    for someone, purpose in ((reader, {}), (town.founder, {}), (town.officer(works, "supervisor", "33"), {}),
                             (person, {}), (officer, {"purpose": "check"})):
        answer = someone.get(path, **purpose)
        verdict = verify_proof(answer.data, trust(key))
        assert verdict.events[0]["position"] == event and verdict.checkpoint.size >= event
        assert f'filename="event-{event}.tlog-proof"' in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert officer.get(path).get_json()["code"] == "purpose_missing"
    assert other.get(path).get_json()["code"] == "event_absent", "nobody learns what is another's"
    for beyond in ("0", "999999", "9" * 30):
        assert reader.get(f"/v1/events/{beyond}/proof").get_json()["code"] == "event_absent"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}])
def test_whoever_has_not_said_who_they_are_gets_no_proof(town: Town, headers: dict[str, str]) -> None:
    answer = town.client().get("/v1/events/1/proof", headers=headers)

    assert answer.status_code == 401 and "bearer" in answer.headers["WWW-Authenticate"].lower()


def test_every_event_names_the_request_that_caused_it(town: Town) -> None:
    trace = "0123456789abcdef" * 2
    body = {"name": "吴二十", "id_kind": "passport", "id_number": "K1234567"}
    made = town.client().post("/v1/persons", json=body, headers={"Idempotency-Key": "k" * 20, "X-Request-Id": trace})

    event = town.founder.saw(f"/v1/events/{made.get_json()['events'][0]}")

    assert event["by"]["correlation"] == trace == made.headers["X-Request-Id"]


def test_the_readers_token_reads_events_and_decides_nothing(town: Town) -> None:
    reader = Someone(town.client(), town.house.register.reader_token)

    assert reader.get("/v1/work").status_code == 403
    assert reader.post("/v1/actors", {"organisation": "unt_" + "0" * 22, "account": "abc", "official": {"name": "x"}}
                       ).status_code == 403
