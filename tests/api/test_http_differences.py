"""Differences over HTTP and on the command line: listed, counted, queued, and let stand by who decided."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.envelope import decode
from tests.api.house_kit import BODY, Someone, Town, study

LIST = "/v1/differences"


@pytest.fixture(scope="module")
def station(town: Town) -> BODY:
    return town.unit("监测站", "330106", "environment")


@pytest.fixture(scope="module")
def clerk(town: Town, works: BODY) -> Someone:
    """N 8: the unit registers what its people claim."""
    return town.officer(works, "unit", "330203", unit=works["unit"])


def moved(town: Town, works: BODY, station: BODY, clerk: Someone) -> tuple[Someone, BODY, BODY]:
    """Someone of Ningbo whose exam was approved there, and who turns out to have moved before it."""
    person = town.person()
    town.belongs(person, works, "2018-01-01")
    claim = person.submit(study(route="exam", subjects=1, date="2026-03-01"))
    approved = clerk.act(claim, "approval")
    return person, approved, town.belongs(person, station, "2026-01-01")


@pytest.fixture(scope="module")
def one(town: Town, works: BODY, station: BODY, clerk: Someone) -> tuple[Someone, BODY, BODY]:
    return moved(town, works, station, clerk)


def test_the_office_that_decided_sees_what_differs_and_why(
    clerk: Someone, one: tuple[Someone, BODY, BODY], works: BODY
) -> None:
    person, claim, transfer = one
    body = clerk.saw(LIST, purpose="annual_review", person=person.id)
    (row,) = body["items"]

    assert (row["claim"], row["kind"], row["year"]) == (claim["claim"], "belonging", 2026)
    # N 6(8) gives 6 a subject, E 8(2) gives 30 an exam.
    assert (row["decided"]["counted"], row["evaluated"]["counted"]) == ("6", "30")
    assert row["evaluated"]["rulebook"] == "zhejiang-environment/2018-07-15"
    assert row["office"] == {"role": "unit", "region": "330203", "sector": "industry", "category": "professional",
                             "unit": works["unit"]}
    assert row["since"] in transfer["events"] and row["upheld"] is None
    assert body["law"] == "then" and body["log_size"] == body["as_of"] and body["next_cursor"] is None
    (year,) = clerk.saw(f"{LIST}/years", purpose="annual_review", person=person.id)["items"]
    assert (year["decided"]["total"], year["evaluated"]["total"], year["region"]) == ("6", "30", "330106")


def test_a_list_of_hours_wants_a_purpose_and_leaves_a_trace_of_each(
    town: Town, clerk: Someone, one: tuple[Someone, BODY, BODY]
) -> None:
    access = town.house.register.access.store
    before = access.size()
    assert clerk.get(LIST).get_json()["code"] == "purpose_missing"
    assert access.size() == before
    seen = {row["person"] for row in clerk.saw(LIST, purpose="annual_review")["items"]}

    recorded = [decode(leaf).event for leaf in access.leaves(before, 99)]
    assert {event.subject for event in recorded} == seen >= {one[0].id}
    assert {(event.purpose, event.what) for event in recorded} == {("annual_review", ("years",))}


def test_a_person_sees_their_own_without_a_purpose_and_nobody_elses(
    town: Town, works: BODY, one: tuple[Someone, BODY, BODY]
) -> None:
    person, claim, _ = one
    stranger = town.person()

    assert [row["claim"] for row in person.saw(LIST)["items"]] == [claim["claim"]]
    assert stranger.saw(LIST)["items"] == stranger.saw(LIST, person=person.id)["items"] == []
    assert town.nobody.get(LIST).status_code == 401
    assert town.founder.get(LIST, purpose="annual_review").status_code == 403


def test_whoever_supervises_sees_every_office_of_the_region_and_the_rule_makers_only_numbers(
    town: Town, works: BODY, one: tuple[Someone, BODY, BODY]
) -> None:
    supervisor = town.officer(works, "supervisor", "3302")
    elsewhere = town.officer(works, "supervisor", "3303")
    rules = town.officer(works, "policy_office", "33")

    assert one[1]["claim"] in [row["claim"] for row in supervisor.saw(LIST, purpose="investigation")["items"]]
    assert elsewhere.saw(LIST, purpose="investigation")["items"] == []
    assert rules.get(LIST, purpose="drafting").get_json()["code"] == "not_for_reading"
    counted = rules.saw(f"{LIST}/offices")
    assert counted["waiting"] == sum(office["waiting"] for office in counted["items"]) >= 1
    assert "per_" not in str(counted)
    assert rules.saw(f"{LIST}/offices", region="3303")["items"] == [], "a region without people has none"


def test_it_waits_in_the_queue_of_the_office_until_that_lets_it_stand(
    town: Town, works: BODY, station: BODY, clerk: Someone
) -> None:
    person, claim, transfer = moved(town, works, station, clerk)

    def waiting() -> list[BODY]:
        clerk.saw(LIST, purpose="annual_review")   # What was just recorded is waited for.
        return [item for item in clerk.saw("/v1/work")["items"] if item["id"] == claim["claim"]]

    (item,) = waiting()
    told = clerk.saw("/v1/work")
    assert told["differences_as_of"] == told["as_of"], "known up to where everything else is"
    assert clerk.saw("/v1/work", as_of="1")["differences_as_of"] is None
    assert (item["kind"], item["role"], item["person"]) == ("difference", "unit", person.id)
    assert item["since"] in transfer["events"]
    numbers = {"decided": "6", "evaluated": "30", "words": "学习在调动前完成，维持原认定"}
    other = clerk.refused(claim, "upholding", {**numbers, "evaluated": "24"})
    assert (other["code"], other["seen"]["evaluated"]) == ("difference_moved", "30")
    tried = clerk.post(f"/v1/claims/{claim['claim']}/upholding", numbers, version=claim["version"], dry_run="true")
    assert tried.get_json()["would"]["events"][0]["evaluated_centi"] == 3_000
    assert waiting() != []

    upheld = clerk.act(claim, "upholding", numbers)

    assert waiting() == []
    (row,) = clerk.saw(LIST, purpose="annual_review", person=person.id)["items"]
    assert row["upheld"] == upheld["events"][0]
    assert clerk.refused(upheld, "upholding", numbers)["code"] == "already_upheld"
    assert person.year(2026)["differs"], "it still differs, and still says so"


def test_only_who_may_decide_lets_it_stand_and_only_what_differs(
    town: Town, works: BODY, station: BODY, clerk: Someone, one: tuple[Someone, BODY, BODY]
) -> None:
    numbers = {"decided": "6", "evaluated": "30", "words": "维持"}
    stranger = town.officer(station, "unit", "330106", unit=station["unit"])
    same = town.person()
    town.belongs(same, works, "2018-01-01")
    agreed = clerk.act(same.submit(study(route="exam", subjects=1, date="2026-03-01")), "approval")

    assert stranger.refused(one[1], "upholding", numbers)["code"] == "outside_scope"
    assert one[0].refused(one[1], "upholding", numbers)["code"] == "official_needed"
    assert clerk.refused(agreed, "upholding", numbers)["code"] == "nothing_differs"
    assert clerk.refused(one[1], "upholding", {"decided": "6"})["code"] == "unprocessable_content"


def test_what_waits_is_counted_among_the_other_work_of_an_office(
    town: Town, works: BODY, station: BODY, clerk: Someone
) -> None:
    moved(town, works, station, clerk)
    waiting = [row for row in clerk.saw(LIST, purpose="annual_review")["items"] if row["upheld"] is None]
    supervisor = town.officer(works, "supervisor", "3302")

    for someone in (clerk, supervisor):
        (load,) = [one for one in someone.saw("/v1/workload")["items"] if one["kind"] == "difference"]
        assert (load["role"], load["unit"], load["waiting"]) == ("unit", works["unit"], len(waiting))
        assert (load["oldest"], load["since"]) == (waiting[0]["claim"], waiting[0]["since"])
    elsewhere = supervisor.saw("/v1/workload", region="330204")["items"]
    assert [one for one in elsewhere if one["kind"] == "difference"] == []


def test_pages_follow_one_another_and_the_same_position_gives_the_same_bytes(
    town: Town, works: BODY, station: BODY, clerk: Someone
) -> None:
    for _ in range(2):
        moved(town, works, station, clerk)
    whole = clerk.get(LIST, purpose="annual_review")
    first = clerk.saw(LIST, purpose="annual_review", limit=1)
    found, cursor = [first["items"][0]], first["next_cursor"]
    moved(town, works, station, clerk)
    while cursor is not None:
        page = clerk.saw(LIST, purpose="annual_review", limit=1, cursor=cursor)
        found += page["items"]
        cursor = page["next_cursor"]
        assert page["as_of"] == first["as_of"]

    assert found == whole.get_json()["items"]
    again = clerk.get(LIST, purpose="annual_review", as_of=str(whole.get_json()["as_of"]))
    assert again.data == whole.data


def test_what_cannot_be_asked_is_told_apart(clerk: Someone, one: Any) -> None:
    size = clerk.saw(LIST, purpose="annual_review")["as_of"]

    for asked, code in (
        ({"as_of": "0"}, "as_of_before_ledger"), ({"as_of": str(size + 9)}, "as_of_in_future"),
        ({"as_of": "x"}, "as_of_malformed"), ({"valid_on": "yesterday"}, "valid_on_malformed"),
        ({"law": "whatever"}, "law_malformed"), ({"law": "set:nobody/2020-01-01"}, "law_unknown"),
    ):
        for path in (LIST, f"{LIST}/years", f"{LIST}/offices"):
            purpose = {} if path.endswith("offices") else {"purpose": "annual_review"}
            answer = clerk.get(path, **purpose, **asked)
            assert (answer.status_code, answer.get_json()["code"]) == (422, code)


AXES: tuple[BODY, ...] = (
    {}, {"valid_on": "2026-02-28"}, {"law": "now"}, {"law": "set:zhejiang-environment/2018-07-15"},
    {"law": "now", "valid_on": "2026-03-01"},
)


@pytest.mark.parametrize("axes", AXES, ids=str)
def test_under_any_axes_the_answer_says_them_and_gives_the_same_bytes_when_asked_again(
    town: Town, works: BODY, station: BODY, clerk: Someone, one: tuple[Someone, BODY, BODY], axes: BODY
) -> None:
    person, claim, _ = one
    moved(town, works, station, clerk)
    asked = {"purpose": "annual_review"} | axes
    answers = {path: clerk.get(path, **asked) for path in (LIST, f"{LIST}/years", f"{LIST}/offices")}
    whole = answers[LIST].get_json()
    page = clerk.saw(LIST, limit=1, **asked)
    pages = page["items"]
    moved(town, works, station, clerk)
    while (cursor := page["next_cursor"]) is not None:
        page = clerk.saw(LIST, limit=1, cursor=cursor, **asked)
        pages += page["items"]
        assert page["basis"] == whole["basis"]
    own = clerk.saw(LIST, person=person.id, **asked)["items"]
    mine = person.saw(LIST, **axes)["items"]

    assert pages == whole["items"]
    assert own == mine == [row for row in whole["items"] if row["person"] == person.id]
    is_there = axes.get("valid_on") != "2026-02-28"   # The exam was on the first of March.
    assert [(row["claim"], row["evaluated"]["counted"]) for row in own] == [(claim["claim"], "30")][:is_there]
    for path, answer in answers.items():
        basis = answer.get_json()["basis"]
        assert (basis["valid_on"], basis["law"]) == (axes.get("valid_on"), axes.get("law", "then"))
        again = {"as_of": basis["as_of"], "log_size": basis["log_size"], "law": basis["law"]}
        again |= {} if basis["valid_on"] is None else {"valid_on": basis["valid_on"]}
        assert clerk.get(path, purpose="annual_review", **again).data == answer.data


def test_before_the_list_was_kept_it_is_weighed_anew(
    town: Town, clerk: Someone, one: tuple[Someone, BODY, BODY]
) -> None:
    person, claim, transfer = one
    for as_of, expected in ((transfer["events"][-1] - 1, []), (transfer["events"][-1], [claim["claim"]])):
        body = clerk.saw(LIST, purpose="annual_review", person=person.id, as_of=str(as_of))
        assert [row["claim"] for row in body["items"]] == expected
    assert clerk.saw(LIST, purpose="annual_review", as_of="1")["items"] == []
