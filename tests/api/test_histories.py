"""Timelines, affiliations, shared papers and statements over HTTP: who may read them, and what they are told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ledger.envelope import decode
from ledger.ids import parse_verify_code
from tests.api.house_kit import BODY, Someone, Town, study

TODAY = datetime.now(UTC).date().isoformat()


@pytest.fixture(scope="module")
def clerk(town: Town, works: BODY) -> Someone:
    return town.officer(works, "unit", "330203", unit=works["unit"])


@pytest.fixture(scope="module")
def supervisor(town: Town) -> Someone:
    return town.officer(town.unit("监督部门", "330200", "general"), "supervisor", "3302")


@pytest.fixture(scope="module")
def li(town: Town, works: BODY) -> Someone:
    person = town.person("李明")
    town.belongs(person, works, "2020-01-01")
    return person


@pytest.fixture(scope="module")
def claim(li: Someone, clerk: Someone) -> BODY:
    """Submitted, sent back, mended and registered by the unit (N 8)."""
    made = li.submit(study(), title="不公开的题目")
    made = clerk.act(made, "return", {"words": "请补充证书"})
    body = {name: value for name, value in li.claim(study()).items() if name != "person"}
    made = li.act(made, "revision", body)
    return clerk.act(made, "approval")


def pages(someone: Someone, path: str, **query: object) -> list[BODY]:
    """Everything, two at a time, as one list of one position."""
    page = someone.saw(path, limit=2, **query)
    found = list(page["items"])
    while page["next_cursor"] is not None:
        following = someone.saw(path, limit=2, cursor=page["next_cursor"], **query)
        assert (following["as_of"], following["root"]) == (page["as_of"], page["root"])
        page = following
        found += page["items"]
    return found


def seen_by(town: Town, reader: str) -> set[tuple[str, str, tuple[str, ...]]]:
    """Whom somebody is recorded to have looked at, what for, and what of them."""
    log = town.house.register.access
    events = [decode(leaf).event for leaf in log.store.leaves(0, 10_000)]
    return {(one.subject, one.purpose, one.what) for one in events if getattr(one, "reader", None) == reader}


def test_a_person_reads_their_whole_timeline_in_pages_of_one_position(li: Someone, claim: BODY) -> None:
    lines = pages(li, f"/v1/persons/{li.id}/timeline")
    whats = [line["what"] for line in lines]

    assert whats[:2] == ["person.registered", "transfer.requested"]
    assert whats[-4:-1] == ["claim.submitted", "claim.returned", "claim.revised"]
    assert [line["event"] for line in lines] == sorted(line["event"] for line in lines)
    assert "不公开的题目" not in str(lines) and "请补充证书" not in str(lines)
    of_claim = pages(li, f"/v1/persons/{li.id}/timeline", stream=claim["claim"], newest="true")
    assert [line["what"] for line in of_claim] == whats[-4:][::-1]
    assert pages(li, f"/v1/persons/{li.id}/timeline", kinds="transfer,claim.returned", **{"from": TODAY[:8] + "01"})
    assert pages(li, f"/v1/persons/{li.id}/timeline", to="2020-01-01") == []
    submitted = of_claim[-1]
    assert (submitted["happened_on"], of_claim[0]["happened_on"]) == ("2026-04-02", None)
    assert {line["by"]["actor"] for line in pages(li, f"/v1/persons/{li.id}/timeline", hand=li.id)} == {li.id}
    together = pages(li, f"/v1/persons/{li.id}/timeline", correlation=submitted["correlation"])
    assert [line["event"] for line in together] == [submitted["event"]]


def test_a_timeline_as_of_a_position_is_the_same_bytes_again(li: Someone, claim: BODY) -> None:
    path = f"/v1/persons/{li.id}/timeline"
    first = li.get(path, as_of=str(claim["events"][-1]))
    li.submit(study(date="2026-03-01"))

    assert li.get(path, as_of=str(claim["events"][-1])).data == first.data
    assert first.get_json()["log_size"] == claim["events"][-1]


def test_others_read_a_persons_timeline_for_a_purpose_within_their_scope_and_are_recorded(
    town: Town, li: Someone, claim: BODY, clerk: Someone
) -> None:
    path = f"/v1/persons/{li.id}/timeline"
    far = town.officer(town.unit("远方", "330106", "general"), "human_resources", "330106")

    assert clerk.get(path).get_json()["code"] == "purpose_missing"
    assert len(clerk.saw(path, purpose="annual_review")["items"]) >= 6
    assert (li.id, "annual_review", ("timeline",)) in seen_by(town, clerk.id)
    absent = far.get(path, purpose="annual_review").get_json()["code"]
    assert absent == "person_absent", "an id learned elsewhere confirms nothing"
    assert town.person().get(path).get_json()["code"] == "not_your_own"
    assert town.nobody.get(path).status_code == 401
    assert li.get(path, kinds="claim.praised").get_json()["code"] == "kind_unknown"
    cursor = li.saw(path, limit=1)["next_cursor"]
    assert li.get(path, cursor=cursor, newest="true").get_json()["code"] == "cursor_malformed"
    assert clerk.get(path, cursor=cursor, purpose="annual_review").get_json()["code"] == "cursor_malformed"


def test_an_accounts_timeline_says_how_long_decisions_waited_and_is_for_its_supervisor(
    town: Town, li: Someone, claim: BODY, clerk: Someone, supervisor: Someone
) -> None:
    path = f"/v1/actors/{clerk.id}/timeline"

    assert supervisor.get(path).get_json()["code"] == "purpose_missing"
    lines = supervisor.saw(path, purpose="spot_check")["items"]
    assert [line["what"] for line in lines if "about" in line["sides"]] == ["actor.appointed", "actor.scope_granted"]
    returned = next(line for line in lines if line["what"] == "claim.returned")
    assert returned["decision"]["own_organisation"] is True
    assert returned["decision"]["waited_since"] == next(
        line["event"] for line in pages(li, f"/v1/persons/{li.id}/timeline") if line["what"] == "claim.submitted")
    assert {(clerk.id, "spot_check", ("timeline",)), (li.id, "spot_check", ("timeline",))} <= seen_by(
        town, supervisor.id)
    done = supervisor.saw(path, purpose="spot_check", side="done")["items"]
    assert done == [line for line in lines if "done" in line["sides"]]
    assert clerk.saw(path)["items"] == lines, "its own account is no secret to it"


def test_an_accounts_timeline_is_for_nobody_else(
    town: Town, li: Someone, clerk: Someone, works: BODY
) -> None:
    path = f"/v1/actors/{clerk.id}/timeline"
    far = town.officer(town.unit("外地监督部门", "330100", "general"), "supervisor", "3301")
    colleague = town.officer(works, "unit", "330203", unit=works["unit"])

    assert far.get(path, purpose="spot_check").get_json()["code"] == "actor_absent"
    assert colleague.get(path, purpose="spot_check").get_json()["code"] == "role_not_held"
    assert [who.get(path).status_code for who in (li, town.nobody)] == [403, 401]
    absent = far.get(f"/v1/actors/acr_{'0' * 22}/timeline", purpose="spot_check")
    assert absent.get_json()["code"] == "actor_absent"


def test_affiliations_and_members_are_told_as_known_and_as_valid(
    town: Town, li: Someone, works: BODY, clerk: Someone
) -> None:
    (one,) = li.saw(f"/v1/persons/{li.id}/affiliations")["items"]
    assert (one["unit"], one["from"], one["to"], len(one["events"])) == (works["unit"], "2020-01-01", None, 3)
    before = li.saw(f"/v1/persons/{li.id}/affiliations", valid_on="2019-12-31")
    assert (before["items"], before["valid_on"]) == ([], "2019-12-31")
    assert li.saw(f"/v1/persons/{li.id}/affiliations", as_of=str(one["events"][0] - 1))["items"] == []

    path = f"/v1/units/{works['unit']}/members"
    page = clerk.saw(path, on="2026-01-01", purpose="staff_list")
    assert (li.id, works["unit"]) in {(each["person"], each["unit"]) for each in page["items"]}
    assert page["on"] == "2026-01-01"
    assert (li.id, "staff_list", ("affiliations",)) in seen_by(town, clerk.id)
    assert clerk.saw(path, on="2019-12-31", purpose="staff_list")["items"] == []
    assert clerk.get(path, on="2026-01-01").get_json()["code"] == "purpose_missing"
    assert clerk.get(path, purpose="staff_list").status_code == 422
    assert li.get(path, on="2026-01-01").status_code == 403


def test_a_certificate_that_two_people_show_is_found_by_an_office_and_shows_neither_the_other(
    town: Town, li: Someone, works: BODY, supervisor: Someone
) -> None:
    wang = town.person("王芳")
    town.belongs(wang, works, "2020-01-01")
    paper = {"evidence": [{"kind": "certificate", "sha256": "cd" * 32}]}
    twice = [li.submit({**study(date="2026-01-05")}), li.submit({**study(date="2026-01-06")})]
    claims = [someone.did("/v1/claims", {**someone.claim(study(date="2026-01-07")), **paper}) for someone in (li, wang)]
    groups = supervisor.saw("/v1/duplicates", purpose="spot_check", across="true")["items"]
    group = next(one for one in groups if one["value"] == "cd" * 32)

    assert [member["claim"] for member in group["members"]] == [one["claim"] for one in claims]
    assert (group["kind"], group["persons"], group["since"]) == ("certificate", 2, claims[1]["events"][0])
    assert (wang.id, "spot_check", ("claims",)) in seen_by(town, supervisor.id)
    own = li.saw(f"/v1/persons/{li.id}/duplicates")["items"]
    assert "cd" * 32 not in {one["value"] for one in own}
    assert {member["person"] for one in own for member in one["members"]} == {li.id}
    assert {one["claim"] for one in twice} <= {member["claim"] for one in own for member in one["members"]}
    assert supervisor.get("/v1/duplicates").get_json()["code"] == "purpose_missing"
    assert [who.get("/v1/duplicates", purpose="spot_check").status_code for who in (li, town.nobody)] == [403, 401]
    of_li = supervisor.saw(f"/v1/persons/{li.id}/duplicates", purpose="spot_check")["items"]
    assert "cd" * 32 in {one["value"] for one in of_li}

    shown = supervisor.saw(f"/v1/evidence/{'cd' * 32}", purpose="paper_in_hand")
    assert ([one["claim"] for one in shown["items"]], shown["beyond"]) == ([one["claim"] for one in claims], 0)
    assert (wang.id, "paper_in_hand", ("claims",)) in seen_by(town, supervisor.id)
    far = town.officer(town.unit("又一处", "330106", "general"), "human_resources", "330106")
    beyond = far.saw(f"/v1/evidence/{'cd' * 32}", purpose="paper_in_hand")
    assert (beyond["items"], beyond["beyond"]) == ([], 2)
    assert far.get(f"/v1/evidence/{'cd' * 32}").get_json()["code"] == "purpose_missing"
    assert far.get("/v1/evidence/abc", purpose="paper_in_hand").status_code == 404
    assert li.get(f"/v1/evidence/{'cd' * 32}", purpose="paper_in_hand").status_code == 403


def test_a_number_that_two_people_have_reserved_is_found_from_either_claim_and_told_to_nobody(
    town: Town, li: Someone, works: BODY, supervisor: Someone
) -> None:
    wang = town.person("王芳")
    town.belongs(wang, works, "2020-01-01")
    number = {"certificate_issuer": "某省培训中心", "certificate_number": "ZJ-2026-0007"}
    mine, theirs = (someone.submit(study(date="2026-01-08"), **number) for someone in (li, wang))
    other = wang.submit(study(date="2026-01-09"), **{**number, "certificate_number": "ZJ-2026-0008"})
    path = f"/v1/claims/{mine['claim']}/certificate"
    found = supervisor.saw(path, purpose="spot_check")

    assert [(one["claim"], one["person"]) for one in found["items"]] == [(theirs["claim"], wang.id)]
    assert found["has_number"] and "ZJ-2026" not in str(found)
    assert (wang.id, "spot_check", ("claims",)) in seen_by(town, supervisor.id)
    assert supervisor.saw(f"/v1/claims/{other['claim']}/certificate", purpose="spot_check")["items"] == []
    assert supervisor.get(path).get_json()["code"] == "purpose_missing"
    assert [who.get(path, purpose="spot_check").status_code for who in (li, town.nobody)] == [403, 401]
    wang.act(theirs, "withdrawal")
    assert supervisor.saw(path, purpose="spot_check")["items"] == []
    plain = li.submit(study(date="2026-01-10"))
    assert supervisor.saw(f"/v1/claims/{plain['claim']}/certificate", purpose="spot_check")["has_number"] is False


def test_statements_say_whether_they_are_still_so_also_by_the_code_on_paper(
    town: Town, works: BODY, clerk: Someone
) -> None:
    zhao = town.person("赵敏")
    town.belongs(zhao, works, "2020-01-01")
    claim = clerk.act(zhao.submit(study()), "approval")  # In Ningbo the unit registers it (N 8).
    issued = zhao.did(f"/v1/persons/{zhao.id}/statements", {})
    path = f"/v1/persons/{zhao.id}/statements"
    (one,) = zhao.saw(path)["items"]
    assert (one["statement"], one["status"], one["since"]["changed"]) == (issued["statement"], "issued", False)
    assert one["basis"]["log_size"] == issued["log_size"]

    at = zhao.saw(path)["as_of"]
    clerk.act(claim, "freeze", {"words": "核查"})
    (one,) = zhao.saw(path)["items"]
    assert (one["since"]["changed"], one["since"]["corrected"]) == (True, True)
    assert [event["what"] for event in one["since"]["events"]] == ["claim.frozen"]
    assert zhao.saw(path, as_of=str(at))["items"][0]["since"]["changed"] is False

    code = one["code"].lower().replace("-", " ")
    assert parse_verify_code(code) is not None
    assert zhao.saw("/v1/statements", code=code)["statement"] == one
    assert clerk.saw("/v1/statements", code=code, purpose="complaint_review")["statement"] == one
    assert (zhao.id, "complaint_review", ("statement",)) in seen_by(town, clerk.id)
    assert town.person().get("/v1/statements", code=code).get_json()["code"] == "statement_absent"
    assert clerk.get("/v1/statements", code="0000-0000-0000", purpose="x").get_json()["code"] == "statement_absent"
    assert town.nobody.get("/v1/statements", code=code).status_code == 401
