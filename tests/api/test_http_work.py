"""What waits: for an actor within their scopes, for a person what they have under way; pages that do not move."""

from __future__ import annotations

import pytest

from api.refusals.problems import Problem
from api.routes.paging import Cursor, read_cursor, write_cursor
from tests.api.house_kit import BODY, Someone, Town, study


@pytest.fixture(scope="module")
def person(town: Town, works: BODY) -> Someone:
    person = town.person()
    town.belongs(person, works, "2020-01-01")
    return person


def ids(answer: BODY) -> list[str]:
    return [one["id"] for one in answer["items"]]


def test_a_claim_waits_for_the_office_whose_step_is_due_and_then_no_longer(
    town: Town, works: BODY, person: Someone, officer: Someone
) -> None:
    claim = person.submit(study())
    (waiting,) = officer.saw("/v1/work")["items"]
    assert (waiting["id"], waiting["kind"], waiting["role"]) == (claim["claim"], "claim", "unit")
    assert waiting["since"] == claim["events"][0]
    elsewhere = town.unit("别处", "330203", "industry")
    assert ids(town.officer(elsewhere, "unit", "330203", unit=elsewhere["unit"]).saw("/v1/work")) == []
    assert ids(person.saw("/v1/work")) == [claim["claim"]]

    officer.act(claim, "return", {"words": "请补充"})
    assert ids(officer.saw("/v1/work")) == []
    assert person.saw("/v1/work")["items"][0]["role"] == "claimant"
    person.act(person.saw(f"/v1/claims/{claim['claim']}"), "withdrawal")
    assert ids(person.saw("/v1/work")) == []


def test_an_unverified_unit_waits_for_human_resources_and_a_transfer_for_the_receiving_unit(
    town: Town, works: BODY, officer: Someone
) -> None:
    made = town.nobody.did("/v1/units", {
        "credit_code": "91330100MA27XYA111", "name": "新单位", "region": "330203", "sector": "industry",
        "contact": {"name": "某人"}})
    mover = town.person()
    asked = mover.did(f"/v1/persons/{mover.id}/transfers", {"to_unit": works["unit"], "starts": "2026-01-01"})

    assert made["unit"] in ids(town.officer(works, "human_resources", "3302").saw("/v1/work"))
    assert ids(officer.saw("/v1/work")) == [asked["transfer"]]
    mover.did(f"/v1/transfers/{asked['transfer']}/withdrawal", version=1)
    assert ids(officer.saw("/v1/work")) == []


def test_pages_follow_one_another_as_of_the_first_whatever_is_recorded_in_between(
    person: Someone, officer: Someone
) -> None:
    claims = [person.submit(study(date=f"2026-01-0{day}")) for day in range(1, 6)]
    first = officer.get("/v1/work", limit=2)
    cursor = first.get_json()["next_cursor"]
    officer.act(claims[3], "refusal", {"words": "重复"})

    second = officer.saw("/v1/work", limit=2, cursor=cursor)
    third = officer.saw("/v1/work", limit=2, cursor=second["next_cursor"])

    assert ids(first.get_json()) + ids(second) + ids(third) == [claim["claim"] for claim in claims]
    assert third["next_cursor"] is None
    assert first.get_json()["as_of"] == second["as_of"] == third["as_of"]
    assert first.headers["Link"] == f'</v1/work?limit=2&cursor={cursor}>; rel="next"'


def test_a_cursor_is_good_for_the_question_and_the_asker_that_got_it(
    town: Town, works: BODY, person: Someone, officer: Someone
) -> None:
    cursor = officer.saw("/v1/work", limit=1)["next_cursor"]
    other = town.officer(works, "unit", "330203", unit=works["unit"])

    for someone, query in ((officer, {"role": "unit"}), (other, {}), (person, {})):
        answer = someone.get("/v1/work", cursor=cursor, **query)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "cursor_malformed")


def test_a_cursor_with_any_byte_changed_is_refused() -> None:
    key, cursor = b"k" * 32, Cursor(41, [7, "clm_x"])
    text = write_cursor(key, "question", cursor)

    assert read_cursor(key, "question", text) == cursor
    for at in range(len(text)):
        changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        with pytest.raises(Problem):
            read_cursor(key, "question", changed)


def test_without_a_scope_nothing_waits_and_nobody_is_told(town: Town, officer: Someone) -> None:
    assert town.nobody.get("/v1/work").status_code == 401
    assert town.founder.get("/v1/work").status_code == 403
    assert officer.get("/v1/work", role="supervisor").get_json()["code"] == "role_not_held"


def test_an_overview_counts_what_waits_with_each_office_and_since_when(town: Town) -> None:
    ningbo, hangzhou = town.unit("甬厂", "330204", "industry"), town.unit("杭厂", "330106", "industry")
    claims = []
    for unit in (ningbo, ningbo, hangzhou):
        someone = town.person()
        town.belongs(someone, unit, "2020-01-01")
        claims.append(someone.submit(study()))
    hr = town.officer(ningbo, "human_resources", "3302")
    mine = [one for one in hr.saw("/v1/workload", region="330204")["items"] if one["kind"] == "claim"]
    (load,) = [one for one in mine if one["unit"] == ningbo["unit"]]

    assert (load["waiting"], load["oldest"], load["days"]) == (2, claims[0]["claim"], 0)
    assert load["since"] == claims[0]["events"][0]
    assert {one["region"][:4] for one in hr.saw("/v1/workload")["items"]} == {"3302"}
    clerk = town.officer(hangzhou, "unit", "330106", unit=hangzhou["unit"])
    overview = clerk.saw("/v1/workload")
    assert [(one["role"], one["waiting"]) for one in overview["items"]] == [("unit", 1)]
    assert (overview["waiting"], overview["counted_on"]) == (1, str(town.house.today))
    before = clerk.saw("/v1/workload", as_of=str(claims[2]["events"][0] - 1))
    assert (before["items"], before["as_of"]) == ([], claims[2]["events"][0] - 1)
    assert [who.get("/v1/workload").status_code for who in (town.person(), town.nobody)] == [403, 401]


def test_an_office_that_looks_at_its_work_in_a_rush_does_not_wait_for_what_lies_far_behind(
    town: Town, officer: Someone, person: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom a rush keeps waiting is in the place of somebody else; the page says up to where it speaks."""
    before = officer.saw("/v1/work")["differences_as_of"]
    waited = list[int]()
    with monkeypatch.context() as rush:
        rush.setattr(town.house.differing, "catch_up", lambda **_: True)
        rush.setattr(town.house.differing, "wait_for", lambda position, _: waited.append(position) or True)
        claim = person.submit(study(date="2026-03-06"))
        officer.saw("/v1/work")
        assert waited == [claim["events"][0]], "what is about to be known is waited for"
        rush.setattr("projections.differences.ahead.NEAR_PEOPLE", 0)
        told = officer.saw("/v1/work")

    assert len(waited) == 1
    assert claim["claim"] in ids(told)
    assert before <= told["differences_as_of"] < told["as_of"]


def test_pages_of_one_list_know_differences_up_to_where_its_first_page_did(
    town: Town, officer: Someone, person: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as rush:
        rush.setattr(town.house.differing, "catch_up", lambda **_: True)
        rush.setattr("projections.differences.ahead.NEAR_PEOPLE", 0)
        for day in ("06", "07", "08"):
            person.submit(study(date=f"2026-04-{day}"))
        first = officer.saw("/v1/work", limit="1")
    assert first["differences_as_of"] < first["as_of"]
    assert town.house.differing.wait_for(first["as_of"], 60)
    second = officer.saw("/v1/work", limit="1", cursor=first["next_cursor"])

    assert (second["as_of"], second["differences_as_of"]) == (first["as_of"], first["differences_as_of"])
    anew = officer.saw("/v1/work", limit="1", as_of=str(first["as_of"]))
    assert anew["differences_as_of"] == first["as_of"], "whoever asks anew is told what is known by now"


def test_work_as_of_a_position_is_what_waited_then_and_the_same_bytes_again(
    town: Town, works: BODY, person: Someone, officer: Someone
) -> None:
    claim = person.submit(study(date="2026-03-05"))
    at = str(claim["events"][0])
    then = officer.get("/v1/work", as_of=at)
    assert claim["claim"] in ids(then.get_json())
    assert then.get_json()["differences_as_of"] == claim["events"][0], "what was just recorded has been judged"
    officer.act(claim, "return", {"words": "请补充"})

    assert officer.get("/v1/work", as_of=at).data == then.data
    waiting = next(one for one in then.get_json()["items"] if one["id"] == claim["claim"])
    assert waiting["days"] == 0


def test_an_office_sees_what_a_person_has_under_way_for_a_purpose(
    town: Town, works: BODY, person: Someone, officer: Someone
) -> None:
    path = f"/v1/persons/{person.id}/work"

    assert officer.get(path).get_json()["code"] == "purpose_missing"
    assert ids(officer.saw(path, purpose="complaint_review")) == ids(person.saw("/v1/work"))
    assert town.person().get(path).get_json()["code"] == "not_your_own"
