"""The desk of a case: who works on it and who sees what; notes, material, deadline, widening, and what is linked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.cases.log import proofs
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.access import AccessRecorded
from tests.api.case_kit import FOR, WATCH, WHY, Desk, desk_in
from tests.api.finding_kit import PATTERN, look
from tests.api.house_kit import BODY, SHA, Someone, Town


@pytest.fixture(scope="module")
def desk(town: Town) -> Iterator[Desk]:
    desk = desk_in(town, 3, named=1)
    desk.act(desk.third, "members", {"actor": desk.second.id})
    yield desk


def seen_by(desk: Desk, whom: Someone) -> list[tuple[str, str]]:
    events = (one.envelope.event for one in desk.town.house.register.access.read(limit=2_000))
    return [(one.subject, one.what[0]) for one in events if isinstance(one, AccessRecorded) and one.reader == whom.id]


def as_page(desk: Desk, whom: Someone, position: int) -> object:
    """An event as the page of it is given to somebody."""
    house = desk.town.house
    caller = house.tokens.caller(whom.token, now=house.now, trace="-")
    assert isinstance(caller, Caller)
    return proofs.visible(house, caller, position, FOR["purpose"])


def code(answer: object) -> str:
    return str(answer.get_json()["code"])  # type: ignore[attr-defined]


def test_whoever_opens_a_case_is_its_first_member_and_its_contents_are_for_members_alone(desk: Desk) -> None:
    path = f"/v1/cases/{desk.case}"
    full, head = desk.saw(desk.first), desk.saw(desk.third)

    assert (full["access"], full["members"], full["claims"]) == (
        "contents", [desk.first.id, desk.second.id], desk.claims[:1])
    assert (head["access"], head["kind"], head["counts"]["claims"]) == ("head", "falsification", 1)
    assert (head["claims"], head["persons"]) == ([], []), "whoever may name a member sees the head only"
    assert desk.people[0].id not in str(head) and desk.claims[0] not in str(head)
    assert code(desk.away.get(path, **FOR)) == "case_absent", "outside its place there is none"
    for what in ("notes", "material-requests", "named", "followed", "bulk"):
        assert code(desk.third.get(f"{path}/{what}", **FOR)) == "not_a_member"
        assert code(desk.away.get(f"{path}/{what}", **FOR)) == "case_absent"
        assert code(desk.first.get(f"{path}/{what}")) == "purpose_missing"
    assert desk.no(desk.third, "finding", {"finding": "ruled_out", **WHY}) == "not_a_member"
    assert {one["access"] for one in desk.third.saw("/v1/cases")["items"] if one["case"] == desk.case} == {"head"}


def test_what_happened_to_a_case_is_told_to_whoever_works_on_it(desk: Desk) -> None:
    opened = desk.saw(desk.third)["events"][0]

    assert desk.people[0].id in str(desk.first.saw(f"/v1/events/{opened}"))
    assert not isinstance(as_page(desk, desk.first, opened), Refusal)
    for other in (desk.third, desk.away):
        assert code(other.get(f"/v1/events/{opened}")) == "event_absent"
        no = as_page(desk, other, opened)
        assert isinstance(no, Refusal) and no.code == "event_absent"


def test_all_reading_is_recorded_for_the_case_and_for_whoever_is_shown(desk: Desk) -> None:
    before = len(seen_by(desk, desk.second)), len(seen_by(desk, desk.third))
    desk.saw(desk.second)
    desk.saw(desk.second, "/notes")
    desk.saw(desk.second, "/named", kind="persons")
    desk.saw(desk.third)

    assert seen_by(desk, desk.second)[before[0]:] == [
        (desk.case, "case"), (desk.people[0].id, "case"), (desk.case, "case_notes"), (desk.case, "case_persons"),
        (desk.people[0].id, "case_persons")]
    assert seen_by(desk, desk.third)[before[1]:] == [(desk.case, "case_head")]


def test_nobody_names_themselves_into_a_case_that_has_members_and_the_last_one_stays(town: Town) -> None:
    desk = desk_in(town, 1)
    own = town.officer(town.unit("又一监督局", "330200", "general"), WATCH, "3302", person=desk.people[0].id)

    assert desk.no(desk.third, "members", {"actor": desk.third.id}) == "same_hand"
    assert desk.no(desk.third, "members", {"actor": desk.first.id}) == "already_a_member"
    assert desk.no(desk.third, "members", {"actor": desk.away.id}) == "member_unfit"
    assert desk.no(desk.third, "members", {"actor": own.id}) == "member_unfit", "D07: it is about them"
    assert desk.no(desk.third, "members", {"actor": desk.clerk.id}) == "member_unfit"
    assert desk.no(desk.away, "members", {"actor": desk.away.id}) == "case_absent"
    assert desk.no(desk.first, f"members/{desk.first.id}/release") == "last_member"
    assert desk.no(desk.first, f"members/{desk.second.id}/release") == "member_absent"
    desk.act(desk.third, "members", {"actor": desk.second.id})
    left = desk.act(desk.second, f"members/{desk.first.id}/release", {"words": "调离"})
    assert left["members"] == [desk.second.id]
    assert desk.saw(desk.first)["access"] == "head"


def test_notes_are_told_in_their_words_and_stand_sealed(desk: Desk) -> None:
    tried = desk.would(desk.first, "notes", {"words": "试记"})
    assert tried["case"] == desk.case and desk.saw(desk.first, "/notes")["items"] == []
    added = desk.act(desk.second, "notes", {"words": "班主任承认代签"})

    (note,) = desk.saw(desk.first, "/notes")["items"]
    assert (note["words"], note["actor"], note["event"]) == ("班主任承认代签", desk.second.id, added["events"][0])
    leaf = desk.town.house.ledger.at(note["event"])
    assert leaf is not None and "班主任" not in str(leaf.envelope)


def test_material_is_asked_for_under_a_number_until_it_is_complete_or_waited_for_no_longer(desk: Desk) -> None:
    ask: BODY = {"source": "某学院", "what": "签到原件", "due": "2099-01-15"}
    past = desk.first.post(f"/v1/cases/{desk.case}/material-requests", {**ask, "due": "2020-01-01"},
                           version=desk.version())
    assert past.get_json()["errors"][0]["pointer"] == "/due"
    for _ in range(2):
        desk.act(desk.first, "material-requests", ask)
    part = {"files": [SHA], "is_complete": False}
    desk.act(desk.second, "material-requests/1/receipt", part)
    assert desk.no(desk.first, "material-requests/1/receipt", {}) == "words_missing", "complete without a file: why"
    desk.act(desk.second, "material-requests/1/receipt", {"files": ["cd" * 32, SHA], "words": "补齐"})
    desk.act(desk.first, "material-requests/2/ending", {"why": "not_provided", "words": "两次催要未果"})

    first, second = desk.saw(desk.second, "/material-requests")["items"]
    assert (first["status"], first["source"], first["what"]) == ("complete", "某学院", "签到原件")
    assert (first["files"], [one["words"] for one in first["received"]]) == ([SHA, "cd" * 32], [None, "补齐"])
    assert (second["status"], second["ended_words"], second["is_overdue"]) == ("not_provided", "两次催要未果", False)
    assert desk.no(desk.first, "material-requests/1/receipt", {"files": [SHA]}) == "request_over"
    assert desk.no(desk.first, "material-requests/9/ending", {"why": "withdrawn", **WHY}) == "request_absent"
    assert desk.first.saw("/v1/cases/overdue-requests")["items"] == []
    asked = second["event"]
    then = desk.saw(desk.second, "/material-requests", as_of=str(asked))
    assert [one["status"] for one in then["items"]] == ["open", "open"], "as it was known when they were asked for"
    assert {name: then[name] for name in ("as_of", "log_size")} == {"as_of": asked, "log_size": asked}


def test_a_deadline_is_set_anew_with_a_reason(desk: Desk) -> None:
    desk.act(desk.first, "deadline", {"due": "2099-03-31", "words": "等待鉴定"})

    assert desk.saw(desk.second)["due"] == "2099-03-31"
    assert desk.no(desk.first, "deadline", {"due": "2099-03-31", **WHY}) == "nothing_changed"


def test_a_case_is_widened_by_what_is_named_or_by_a_choice_as_it_was_shown(town: Town) -> None:
    desk = desk_in(town, 3, named=1)
    by_choice = {"approver": desk.clerk.id, **WHY}
    desk.act(desk.first, "claims", {"claims": [desk.claims[1]], **WHY})
    assert (desk.saw(desk.first)["claims"], desk.saw(desk.first)["persons"]) == (
        desk.claims[:2], [one.id for one in desk.people[:2]]), "the claimants are concerned with their entries"

    shown = desk.would(desk.first, "claims", by_choice)
    assert (shown["rows"], shown["new"], shown["claims"]) == (3, 1, desk.claims[2:])
    assert desk.no(desk.first, "claims", by_choice) == "list_changed", "whoever acts brings what they were shown"
    late = desk.people[0].submit({"category": "professional", "route": "training", "level": "provincial",
                                  "days": "2", "date": "2026-09-02"})
    more = str(desk.clerk.act(late, "approval", {})["claim"])
    assert desk.no(desk.first, "claims", {**by_choice, "list_sha256": shown["list_sha256"]}) == "list_changed"
    again = desk.would(desk.first, "claims", by_choice)
    desk.act(desk.first, "claims", {**by_choice, "list_sha256": again["list_sha256"]})

    assert set(desk.saw(desk.first)["claims"]) == {*desk.claims, more}
    page = desk.saw(desk.first, "/named", kind="claims", limit="3")
    assert [(one["status"], one["hours"]) for one in page["items"]] == [("approved", "8")] * 3 and page["next_cursor"]
    assert desk.no(desk.first, "claims", {"claims": desk.claims[:1], **WHY}) == "nothing_changed"
    assert desk.no(desk.first, "claims", {"claims": [f"clm_{'0' * 22}"], **WHY}) == "claim_absent"


def test_what_followed_from_a_case_is_listed_also_where_the_sanction_did_not_name_it(town: Town) -> None:
    desk, li = desk_in(town, 1), None
    li = desk.people[0]
    people = town.officer(town.unit("人力社保局", "330200", "general"), "human_resources", "3302")
    grounds = {"cause": "falsified", "document": "人社部发〔2024〕56号", "article": "虚假承诺",
               "until": "2099-11-19", **WHY}
    desk.act(desk.first, "hold", WHY)
    desk.act(desk.first, "finding", {"finding": "substantiated", **WHY})
    desk.first.act(li.saw(f"/v1/claims/{desk.claims[0]}"), "revocation", {"basis": "falsified", **WHY})
    named = people.did(f"/v1/persons/{li.id}/disqualifications", {**grounds, "case": desk.case})
    other = people.did(f"/v1/persons/{li.id}/disqualifications", {**grounds, "claims": desk.claims})
    desk.act(desk.first, "consequences", {"application": other["application"]})

    found = [(one["what"], one["about"]) for one in desk.saw(desk.first, "/followed")["items"]]
    assert found == [("held", desk.claims[0]), ("disqualified", named["application"]), ("named", other["application"])]
    assert desk.no(desk.first, "consequences", {"application": other["application"]}) == "nothing_changed"
    assert desk.no(desk.first, "consequences", {"application": f"app_{'0' * 22}"}) == "application_absent"


def test_findings_of_patterns_are_taken_into_a_case_and_say_so_themselves(desk: Desk) -> None:
    name = next(one.finding for one in look(desk.town) if one.pattern == PATTERN)
    desk.act(desk.first, "linked-findings", {"findings": [name]})

    assert desk.saw(desk.first)["linked_findings"] == [name]
    assert desk.first.saw(f"/v1/findings/{name}", purpose="investigation")["cases"] == [desk.case]
    assert desk.no(desk.first, "linked-findings", {"findings": [name]}) == "nothing_changed"
    assert desk.no(desk.first, "linked-findings", {"findings": [f"fnd_{'0' * 22}"]}) == "unprocessable_content"
