"""The same to many entries of a case: shown first, done as it was shown, in force as one, gone on with or given up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.events.claim import ClaimRevoked
from tests.api.case_kit import WHY, Desk, desk_in
from tests.api.finding_kit import PATTERN, look
from tests.api.house_kit import BODY, Someone, Town, house_in

FOUND = {"finding": "substantiated", **WHY}
BASIS = {"basis": "falsified", **WHY}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("bulk") / "data") as town:
        yield town


@pytest.fixture
def desk(town: Town) -> Desk:
    """Three entries and two members."""
    desk = desk_in(town, 3)
    desk.act(desk.first, "members", {"actor": desk.second.id})
    return desk


def shown(desk: Desk, act: str, whom: Someone | None = None, **more: object) -> BODY:
    """What the act would come to, and the body with which it is done so."""
    body: BODY = {"act": act, **(WHY if act in ("hold", "release") else BASIS), **more}
    return {**body, "list_sha256": desk.would(whom or desk.first, "bulk", body)["list_sha256"]}


def done(desk: Desk, act: str, whom: Someone | None = None, **more: object) -> BODY:
    return desk.act(whom or desk.first, "bulk", shown(desk, act, whom, **more))


def begun(desk: Desk, body: BODY, seconds: int = 0) -> BODY:
    """Begin an act and write as long as it says, and no longer."""
    whom = desk.first
    headers = {**whom.headers(version=desk.version()), "Prefer": f"wait={seconds}"}
    answer = whom.client.post(f"/v1/cases/{desk.case}/bulk", json=body, headers=headers)
    assert answer.status_code == 202, answer.get_data(as_text=True)
    assert answer.headers["Retry-After"] == "1"
    found: BODY = answer.get_json()
    assert answer.headers["Location"] == f"/v1/cases/{desk.case}/bulk/{found['act']}"
    return found


def test_a_trial_shows_what_becomes_of_each_entry_and_what_is_refused_and_why(desk: Desk) -> None:
    desk.first.act(desk.people[1].saw(f"/v1/claims/{desk.claims[1]}"), "freeze", WHY)
    would = desk.would(desk.first, "bulk", {"act": "hold", **WHY})

    assert (would["rows"], would["refused"], would["refused_by_code"]) == (2, 1, {"already_frozen": 1})
    first, second, _ = would["entries"]
    assert (first["claim"], first["person"], first["status"], first["becomes"], first["hours"]) == (
        desk.claims[0], desk.people[0].id, "approved", "frozen", "8")
    assert (second["refused"], second["becomes"], "冻结" in second["why"]) == ("already_frozen", None, True)
    assert set(desk.statuses()) == {"approved", "frozen"}, "a trial writes nothing"
    desk.act(desk.first, "bulk", shown(desk, "hold"))
    assert desk.statuses() == ["frozen"] * 3, "what cannot be done is passed over, as it was shown"


def test_an_act_without_the_list_that_was_shown_is_refused_and_so_is_one_whose_list_has_changed(desk: Desk) -> None:
    body = shown(desk, "hold")
    assert desk.no(desk.first, "bulk", {"act": "hold", **WHY}) == "list_changed"
    desk.first.act(desk.people[2].saw(f"/v1/claims/{desk.claims[2]}"), "freeze", WHY)

    assert desk.no(desk.first, "bulk", body) == "list_changed"
    assert desk.statuses() == ["approved", "approved", "frozen"]
    assert desk.no(desk.first, "bulk", shown(desk, "hold", claims=desk.claims[2:])) == "bulk_empty"


def test_entries_are_revoked_on_what_was_found_and_every_effect_is_listed_afterwards(desk: Desk) -> None:
    assert desk.no(desk.first, "bulk", {"act": "revoke", **BASIS}) == "not_substantiated"
    done(desk, "hold")
    desk.act(desk.first, "finding", FOUND)
    assert desk.no(desk.first, "closing") == "claims_undecided", "no hold is left behind"
    assert desk.no(desk.first, "bulk", {**shown(desk, "revoke"), "basis": None}) == "unprocessable_content"
    without = {key: value for key, value in shown(desk, "revoke").items() if key != "basis"}
    assert desk.no(desk.first, "bulk", without) == "basis_missing"
    done(desk, "revoke")
    assert desk.statuses() == ["revoked"] * 3

    bulks = desk.saw(desk.second, "/bulk")["items"]
    assert [(one["effect"], one["state"], one["rows"], one["rows_done"]) for one in bulks] == [
        ("hold", "closed", 3, 3), ("revoke", "closed", 3, 3)]
    assert (bulks[1]["words"], bulks[1]["basis"]) == (WHY["words"], "falsified")
    effects = desk.saw(desk.second, "/followed", act=bulks[1]["act"])["items"]
    assert [(one["what"], one["about"]) for one in effects] == [("revoked", one) for one in desk.claims]
    revoked = [desk.town.house.ledger.at(one["event"]) for one in effects]
    assert all(one is not None and isinstance(one.envelope.event, ClaimRevoked) for one in revoked)
    assert desk.act(desk.first, "closing")["status"] == "closed"


def test_two_appeals_upheld_are_reinstated_by_another_hand_after_the_case_is_closed(desk: Desk) -> None:  # D14
    desk.act(desk.first, "finding", FOUND)
    done(desk, "revoke")
    desk.act(desk.first, "closing")
    upheld = desk.claims[:2]

    same = desk.would(desk.first, "bulk", {"act": "reinstate", **BASIS, "claims": upheld})
    assert same["refused_by_code"] == {"same_hand": 2}
    done(desk, "reinstate", desk.second, claims=upheld)
    assert desk.statuses() == ["approved", "approved", "revoked"]
    assert desk.no(desk.first, "bulk", {"act": "hold", **WHY}) == "case_closed"


def test_an_act_that_was_stopped_counts_for_nothing_and_is_gone_on_with_by_another_member(desk: Desk) -> None:
    desk.act(desk.first, "finding", FOUND)
    going = begun(desk, shown(desk, "revoke"))
    assert (going["state"], going["rows"], going["rows_done"]) == ("open", 3, 0)
    assert desk.no(desk.second, "bulk", {"act": "revoke", **BASIS}) == "bulk_open"
    assert desk.no(desk.first, "closing") == "bulk_open"
    assert desk.no(desk.third, f"bulk/{going['act']}/resumption") == "not_a_member"
    stale = desk.third.post(f"/v1/cases/{desk.case}/bulk", {"act": "revoke", **BASIS}, version=1)
    assert stale.get_json()["code"] == "not_a_member", "before anything is said of how it stands"

    would = desk.second.post(f"/v1/cases/{desk.case}/bulk/{going['act']}/resumption", dry_run="true")
    assert would.get_json()["would"]["rows_done"] == 0
    desk.act(desk.second, f"bulk/{going['act']}/resumption")
    assert desk.statuses() == ["revoked"] * 3
    assert desk.no(desk.second, f"bulk/{going['act']}/resumption") == "act_ended"
    one = desk.saw(desk.second, f"/bulk/{going['act']}")
    assert (one["state"], one["actor"], one["rows_done"]) == ("closed", desk.first.id, 3)


def test_the_same_request_again_goes_on_where_it_stopped_and_a_third_time_is_answered_with_what_was_done(
    desk: Desk,
) -> None:
    desk.act(desk.first, "finding", FOUND)
    body, version = shown(desk, "revoke"), desk.version()
    begun(desk, body)
    path = f"/v1/cases/{desk.case}/bulk"
    first = desk.first.post(path, body, key="a-key-of-one-request-0001", version=version)
    second = desk.first.post(path, body, key="a-key-of-one-request-0001", version=version)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.get_json()["events"] == second.get_json()["events"]
    events = (one.envelope.event for one in desk.town.house.ledger.read(limit=10_000))
    assert sorted(one.claim for one in events if isinstance(one, ClaimRevoked) and one.claim in desk.claims) == sorted(
        desk.claims)


def test_an_act_that_is_given_up_leaves_everything_as_it_was(desk: Desk) -> None:
    desk.act(desk.first, "finding", FOUND)
    going = begun(desk, shown(desk, "revoke"))
    desk.act(desk.second, f"bulk/{going['act']}/abandonment", {"words": "名单有误"})

    assert desk.statuses() == ["approved"] * 3
    assert desk.saw(desk.second, f"/bulk/{going['act']}")["state"] == "abandoned"
    assert desk.saw(desk.second, "/followed")["items"] == []
    done(desk, "revoke")
    assert desk.statuses() == ["revoked"] * 3


def test_a_list_is_chosen_by_hand_organiser_class_time_and_lies_within_the_case(town: Town) -> None:
    desk = desk_in(town, 2, named=1)

    def chosen(**by: object) -> tuple[int, int]:
        would = desk.would(desk.first, "bulk", {"act": "hold", **WHY, **by})
        return would["rows"], would["beyond_the_case"]

    assert chosen(approver=desk.clerk.id) == (1, 1), "what the case does not name is counted: it may be widened"
    assert chosen(approver=desk.first.id) == (0, 0)
    assert chosen(approver=desk.clerk.id, decided_from="2020-01-01", decided_until="2099-12-31") == (1, 1)
    assert chosen(decided_from="2099-01-01") == (0, 0)
    assert chosen(training_class=f"cls_{'0' * 22}") == (0, 0)
    assert chosen(organiser=f"unt_{'0' * 22}") == (0, 0)
    would = desk.would(desk.first, "bulk", {"act": "hold", **WHY, "claims": desk.claims})
    assert would["refused_by_code"] == {"claim_not_of_case": 1}
    assert desk.people[1].id not in str(would), "whose it is, is told of the case's own entries alone"
    assert desk.no(desk.away, "bulk", {"act": "hold", **WHY}) == "case_absent"


def test_a_list_is_what_a_finding_names_as_far_as_the_case_does(town: Town) -> None:
    desk = desk_in(town, 2)
    found = next(one for one in look(town) if one.pattern == PATTERN and set(desk.claims) <= set(one.claims))

    would = desk.would(desk.first, "bulk", {"act": "hold", **WHY, "finding": found.finding})
    assert [one["claim"] for one in would["entries"]] == desk.claims
    assert would["beyond_the_case"] == len(found.claims) - 2
    assert desk.no(desk.first, "bulk", {"act": "hold", **WHY, "finding": f"fnd_{'0' * 22}"}) == "finding_absent"


def test_what_another_case_holds_is_not_released_here(town: Town) -> None:
    desk = desk_in(town, 1)
    other = desk.first.did("/v1/cases", {"kind": "falsification", "region": "330203", "claims": desk.claims, **WHY})
    desk.first.did(f"/v1/cases/{other['case']}/hold", WHY, version=other["version"])

    would = desk.would(desk.first, "bulk", {"act": "release", **WHY})
    assert would["refused_by_code"] == {"not_held_in_case": 1}
    assert would["rows"] == 0
