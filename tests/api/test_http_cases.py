"""Cases over HTTP: for those who supervise the place, never for whom they concern, and everyone in them is recorded."""

from __future__ import annotations

from ledger.events.access import AccessRecorded
from tests.api.house_kit import Town
from tests.api.learning_kit import WATCH, Scene


def refused(answer: object) -> str:
    code: str = answer.get_json()["code"]  # type: ignore[attr-defined]
    return code


def seen(town: Town) -> list[tuple[str, str]]:
    events = [one.envelope.event for one in town.house.register.access.read(limit=1_000)]
    return [(one.subject, one.purpose) for one in events if isinstance(one, AccessRecorded) and one.what == ("case",)]


def test_a_list_tells_how_many_are_concerned_and_not_who(scene: Scene) -> None:
    before = seen(scene.town)
    (found,) = scene.made.watch.saw("/v1/cases")["items"]

    assert (found["case"], found["status"], found["finding"], found["pattern"]) == (
        scene.made.case, "open", "pending", "D01/1")
    assert (found["counts"]["persons"], found["counts"]["claims"], found["counts"]["held"]) == (1, 1, 1)
    assert scene.li.id not in str(found) and scene.made.claim not in str(found)
    assert scene.made.watch.saw("/v1/cases", status="closed")["items"] == []
    assert seen(scene.town) == before


def test_whoever_opens_a_case_says_what_for_and_everyone_in_it_is_recorded(scene: Scene) -> None:
    path, before = f"/v1/cases/{scene.made.case}", len(seen(scene.town))

    assert refused(scene.made.watch.get(path)) == "purpose_missing"
    assert len(seen(scene.town)) == before
    found = scene.made.watch.saw(path, purpose="case_review")
    assert (found["persons"], found["claims"], found["held"]) == (
        [scene.li.id], [scene.made.claim], [scene.made.claim])
    assert seen(scene.town)[before:] == [(scene.made.case, "case_review"), (scene.li.id, "case_review")]
    then = scene.made.watch.saw(path, purpose="case_review", as_of=found["events"][0])
    assert then["held"] == []


def test_what_is_held_is_frozen_in_the_persons_own_year(scene: Scene) -> None:
    (entry,) = scene.li.year(2026)["entries"]

    assert (entry["claim"], entry["status"]) == (scene.made.claim, "frozen")


def test_nobody_but_who_supervises_the_place_sees_a_case(scene: Scene) -> None:
    town, path = scene.town, f"/v1/cases/{scene.made.case}"
    elsewhere = town.officer(town.unit("温州某局", "330300", "general"), WATCH, "3303")

    for whom, code in ((scene.li, "official_needed"), (town.nobody, "login_required"),
                       (scene.made.officer, "role_not_held"), (elsewhere, "case_absent")):
        assert refused(whom.get(path, purpose="case_review")) == code
    assert elsewhere.saw("/v1/cases")["items"] == []
    assert refused(scene.li.get("/v1/cases")) == "official_needed"


def test_to_whom_it_concerns_there_is_no_such_case(scene: Scene) -> None:  # D07
    bureau = scene.town.unit("监督局", "330200", "general")
    own = scene.town.officer(bureau, WATCH, "3302", person=scene.li.id)

    assert own.saw("/v1/cases")["items"] == []
    assert refused(own.get(f"/v1/cases/{scene.made.case}", purpose="case_review")) == "case_absent"
    assert refused(scene.made.watch.get(f"/v1/cases/cas_{'0' * 22}", purpose="case_review")) == "case_absent"
