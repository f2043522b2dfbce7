"""A proposed rulebook over HTTP: refused by another hand with a reason, taken back by its own, proposed anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from tests.api.house_kit import BODY, Someone, Town, house_in_2026
from tests.api.matrix_kit import rulebook_anew

WHY = {"reason": "number_differs", "words": "第六条（九）应为每门 3 学时，写成了 5。"}
BACK = {"words": "附件不是最后一稿。"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """In 2026, so that 2033 is to come: what is in force from a day that is over is another matter."""
    with house_in_2026(tmp_path_factory.mktemp("proposals") / "data") as town:
        yield town


@pytest.fixture(scope="module")
def herself(town: Town) -> str:
    """The person behind two accounts of the policy office."""
    return town.person("政策").id


@pytest.fixture(scope="module")
def office(town: Town, herself: str) -> Someone:
    return town.officer(town.unit("某政策部门", "330200", "general"), "policy_office", "33", person=herself)


@pytest.fixture(scope="module")
def second(town: Town) -> Someone:
    """Another hand of the policy office: what one proposes, the other decides upon."""
    return town.officer(town.unit("某政策部门二处", "330200", "general"), "policy_office", "33")


@pytest.fixture(scope="module")
def waiting(office: Someone) -> BODY:
    return put(office, "2033-03-01")


def put(office: Someone, day: str) -> BODY:
    """A rulebook proposed; its digest, and the version of its stream."""
    body = rulebook_anew(day)
    done = office.did("/v1/rulebook-proposals", body)
    return {"digest": hashlib.sha256(body["source"].encode()).hexdigest(), "version": done["version"], **body}


def act(hand: Someone, one: BODY, what: str, body: BODY | None = None, **more: object) -> TestResponse:
    return hand.post(f"/v1/rulebook-proposals/{one['digest']}/{what}", body, version=one["version"], **more)


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def test_who_proposed_reads_who_refused_it_and_why_and_what_to_do(
    town: Town, office: Someone, second: Someone
) -> None:
    one = put(office, "2033-01-01")
    tried = act(second, one, "refusal", WHY, dry_run="true")
    assert (tried.status_code, tried.get_json()["would"]["refused"]) == (200, [one["digest"]])
    assert second.saw(f"/v1/rulebook-proposals/{one['digest']}")["status"] == "open"

    done = act(second, one, "refusal", WHY)

    assert done.status_code == 201 and done.get_json()["refused"] == [one["digest"]]
    (event,) = done.get_json()["events"]
    told = office.saw(f"/v1/rulebook-proposals/{one['digest']}")
    assert (told["status"], told["enacted"], told["former"]) == ("refused", None, [])
    ended = told["ended"]
    assert (ended["by"], ended["event"], ended["words"]) == (second.id, event, WHY["words"])
    assert ended["reason"]["title"] == "学时、限额或年度要求与原文不符" and "重新提出" in ended["reason"]["cure"]
    (listed,) = (each for each in office.saw("/v1/rulebook-proposals")["items"] if each["digest"] == one["digest"])
    assert listed["ended"] == ended
    leaf = dict(town.house.ledger.store.stream("rul_ningbo-industry/2033-01-01"))[event]
    assert WHY["words"].encode() not in leaf and b'"reason":"number_differs"' in leaf, "words stand under seal"


def test_a_refusal_is_another_hand_s_and_a_withdrawal_one_s_own(
    town: Town, office: Someone, second: Someone, herself: str
) -> None:
    one = put(office, "2033-02-01")
    same_person = town.officer(town.unit("某政策部门三处", "330200", "general"), "policy_office", "33",
                               person=herself)
    elsewhere = town.officer(town.unit("温州某部门", "330300", "general"), "policy_office", "3303")
    clerk = town.officer(town.unit("某局", "330200", "general"), "human_resources", "33")

    assert code(act(office, one, "refusal", WHY)) == (403, "own_proposal")
    assert code(act(same_person, one, "refusal", WHY)) == (403, "own_proposal")
    assert code(act(second, one, "withdrawal", BACK)) == (403, "not_the_proposer")
    assert code(act(elsewhere, one, "refusal", WHY)) == (403, "outside_scope")
    for nobody in (clerk, town.person()):
        assert act(nobody, one, "refusal", WHY).status_code == 403
        assert act(nobody, one, "withdrawal", BACK).status_code == 403
    assert act(town.founder, one, "withdrawal", BACK).status_code == 403
    assert act(same_person, one, "withdrawal", BACK).get_json()["withdrawn"] == [one["digest"]]
    told = second.saw(f"/v1/rulebook-proposals/{one['digest']}")
    assert (told["status"], told["ended"]["words"], told["ended"]["reason"]) == ("withdrawn", BACK["words"], None)


@pytest.mark.parametrize("body", [{}, {"words": ""}, {"words": "  "}, {"words": "长" * 1001},
                                  {"words": "不对", "reason": "no_such_code"}, {"words": "不对", "more": "x"}])
def test_a_refusal_without_a_reason_that_can_be_read_writes_nothing(
    town: Town, second: Someone, waiting: BODY, body: BODY
) -> None:
    size = town.house.ledger.store.size()

    answer = act(second, waiting, "refusal", body)

    assert answer.status_code == 422 and answer.get_json()["errors"]
    assert town.house.ledger.store.size() == size


def test_what_ended_is_not_enacted_nor_ended_again_and_the_same_request_is_answered_the_same(
    town: Town, office: Someone, second: Someone
) -> None:
    one = put(office, "2033-04-01")
    absent = {"digest": "e" * 64, "version": 1}
    assert code(act(second, absent, "refusal", WHY)) == (404, "proposal_absent")
    assert code(act(second, {**one, "version": 9}, "refusal", WHY)) == (412, "stale_version")

    first = act(second, one, "refusal", WHY, key="refused-once")
    size = town.house.ledger.store.size()
    again = act(second, one, "refusal", WHY, key="refused-once")

    assert (first.get_json()["events"], first.get_json()["refused"]) \
        == (again.get_json()["events"], again.get_json()["refused"])
    assert town.house.ledger.store.size() == size
    now = {**one, "version": first.get_json()["version"]}
    for what, body in (("enactment", None), ("refusal", WHY)):
        assert code(act(second, now, what, body)) == (409, "proposal_refused")
    assert code(act(office, now, "withdrawal", BACK)) == (409, "proposal_refused")
    assert code(act(town.founder, now, "enactment")) == (409, "proposal_refused")


def test_the_same_file_is_proposed_anew_by_whoever_refused_it_and_then_enacted_by_the_first(
    town: Town, office: Someone, second: Someone
) -> None:
    one = put(office, "2033-05-01")
    act(town.founder, one, "refusal", {"words": "先补登影响报告。"})
    before = town.house.ledger.store.size()

    anew = put(second, "2033-05-01")

    assert anew["digest"] == one["digest"]
    assert code(act(second, anew, "enactment")) == (403, "same_hand")
    told = office.saw(f"/v1/rulebook-proposals/{one['digest']}")
    assert (told["status"], told["proposed_by"]) == ("open", second.id)
    assert [(each["status"], each["proposed_by"], each["ended"]["words"], each["ended"]["reason"]["code"])
            for each in told["former"]] == [("refused", office.id, "先补登影响报告。", "other")]
    done = act(office, anew, "enactment")
    assert done.status_code == 201 and done.get_json()["refused"] == []
    told = office.saw(f"/v1/rulebook-proposals/{one['digest']}")
    assert (told["status"], told["enacted"], told["former"][0]["status"]) == (
        "enacted", done.get_json()["events"][0], "refused")
    assert code(act(office, {**anew, "version": done.get_json()["version"]}, "refusal", WHY)) \
        == (409, "revision_enacted")
    then = town.house.answers.proposals(one["digest"], as_of=before)
    assert [each.ended for each in then] == ["refused"], "what is asked of a past position stays as it was"


def test_what_another_file_overtook_says_so_and_can_still_be_put_away(office: Someone, second: Someone) -> None:
    one = put(office, "2033-06-01")
    other = rulebook_anew("2033-06-01")
    other["source"] += "# 另一份\n"
    done = office.did("/v1/rulebook-proposals", other)
    digest = hashlib.sha256(other["source"].encode()).hexdigest()
    enacted = act(second, {"digest": digest, "version": done["version"]}, "enactment")

    told = second.saw(f"/v1/rulebook-proposals/{one['digest']}")

    assert (enacted.status_code, told["status"], told["enacted"]) == (201, "overtaken", None)
    assert act(second, told, "refusal", WHY).status_code == 201


def test_why_is_read_by_the_policy_office_and_by_nobody_else(town: Town, office: Someone, second: Someone) -> None:
    one = put(office, "2033-07-01")
    event = act(second, one, "refusal", WHY).get_json()["events"][0]
    supervisor = town.officer(town.unit("某监察部门", "330200", "general"), "supervisor", "33")

    for other in (supervisor, town.person(), town.nobody):
        for path in ("/v1/rulebook-proposals", f"/v1/rulebook-proposals/{one['digest']}", f"/v1/events/{event}"):
            assert WHY["words"] not in other.get(path).get_data(as_text=True)
    line = next(each for each in office.saw(f"/v1/actors/{office.id}/timeline", limit="200")["items"]
                if each["event"] == event)
    assert (line["what"], line["words"]) == ("rulebook.proposal_refused", "细则不予施行")
    assert line["facts"]["digest"] == one["digest"]
