"""What entries share, over HTTP: for those who supervise, for a purpose, with everyone who is named recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ledger.events.access import AccessRecorded
from projections.findings import upkeep
from projections.findings.clues import Clues
from tests.api.command_kit import answering, xueshi
from tests.api.finding_kit import PATTERN, look
from tests.api.house_kit import SHA, Someone, Town, house_in, study
from tests.api.past_class_kit import training_in

WHY = {"purpose": "investigation"}


class Scene(NamedTuple):
    """Four people of two cities who show one certificate, three of them with one number; who decided on them."""

    town: Town
    watch: Someone
    clerk: Someone
    people: list[Someone]
    claims: list[str]
    far: str


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upkeep, "BEGINS_MS", 3_600_000)  # Else a second later it writes the file of clues, too.
        yield from _furnished(tmp_path_factory.mktemp("shared") / "data")


def _furnished(folder: Path) -> Iterator[Scene]:
    with house_in(folder) as town:
        works = town.unit("甬江机械厂", "330203", "industry")
        away = town.unit("温州某院", "330302", "industry")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        watch = town.officer(town.unit("宁波市监督办", "330200", "general"), "supervisor", "3302")
        people = [town.person(name) for name in ("李明华", "王伟", "赵敏", "孙远")]
        claims = []
        for at, one in enumerate(people):
            town.belongs(one, away if at == 3 else works, "2018-01-01")
            number = {"certificate_number": f"甬培 2026-{'77' if at < 3 else '88'}", "certificate_issuer": "某中心"}
            made = one.submit(study(organiser="某学会", date=f"2026-03-0{at + 1}"), "某次培训", **number)
            claims.append(clerk.act(made, "approval", {}) if at < 2 else made)
        with Clues(town.house.ledger, town.house.register.folder.projections) as clues:
            clues.catch_up()
        yield Scene(town, watch, clerk, people, [one["claim"] for one in claims], claims[3]["claim"])


def refused(answer: Any) -> str:
    code: str = answer.get_json()["code"]
    return code


def seen(scene: Scene, what: str = "shared") -> list[str]:
    events = [one.envelope.event for one in scene.town.house.register.access.read(limit=1_000)]
    return [one.subject for one in events
            if isinstance(one, AccessRecorded) and one.reader == scene.watch.id and one.what == (what,)]


def dimension(found: dict[str, Any], name: str) -> dict[str, Any]:
    one: dict[str, Any] = next(one for one in found["dimensions"] if one["dimension"] == name)
    return one


def test_an_entry_leads_to_whatever_shares_its_number_file_organiser_and_approver(scene: Scene) -> None:
    found = scene.watch.saw(f"/v1/claims/{scene.claims[0]}/shared", **WHY)

    assert (dimension(found, "certificate")["claims"], dimension(found, "certificate")["persons"]) == (2, 2)
    assert dimension(found, "certificate")["is_telling"] and found["compares_sealed"]
    paper = dimension(found, "evidence")
    assert (paper["value"], paper["claims"], paper["persons"], paper["beyond"]) == (SHA, 3, 3, 1)
    assert (dimension(found, "organiser")["claims"], dimension(found, "organiser")["guards"][0]["code"]) == (
        3, "organiser")
    assert dimension(found, "approver")["value"] == scene.clerk.id and dimension(found, "hour")["claims"] == 1
    (first, second) = found["items"]
    assert (first["claim"], second["claim"]) == (scene.claims[1], scene.claims[2]), "whoever shares most comes first"
    assert "certificate" in {one["dimension"] for one in first["shares"]} and scene.far not in str(found)
    assert {one["name"] for one in found["items"]} == {"王*", "赵*"}
    assert "甬培" not in str(found), "what is sealed is told by its digest alone"


def test_everyone_who_is_named_is_recorded_and_nobody_who_was_only_counted(scene: Scene) -> None:
    before = len(seen(scene))
    path = f"/v1/claims/{scene.claims[0]}/shared"

    assert refused(scene.watch.get(path)) == "purpose_missing" and len(seen(scene)) == before
    scene.watch.saw(path, **WHY)

    assert set(seen(scene)[before:]) == {scene.people[1].id, scene.people[2].id}


def test_later_pages_are_of_the_same_moment_and_say_no_names(scene: Scene) -> None:
    path = f"/v1/claims/{scene.claims[0]}/shared"
    whole = scene.watch.saw(path, **WHY)["items"]
    first = scene.watch.saw(path, **WHY, limit=1)
    scene.people[0].submit(study(organiser="某学会", date="2026-03-09"), "另一次培训")
    second = scene.watch.saw(path, **WHY, limit=1, cursor=first["next_cursor"])

    assert [one["claim"] for one in (*first["items"], *second["items"])] == [one["claim"] for one in whole]
    assert all(one["name"] for one in first["items"]) and not any(one["name"] for one in second["items"])
    assert second["as_of"] == first["as_of"]


def test_one_dimension_can_be_asked_alone_and_one_value_without_any_entry(scene: Scene) -> None:
    path = f"/v1/claims/{scene.claims[0]}/shared"
    only = scene.watch.saw(path, **WHY, dimension="certificate")
    value = dimension(only, "certificate")["value"]
    found = scene.watch.saw("/v1/shared", **WHY, dimension="certificate", value=value)

    assert {one["claim"] for one in only["items"]} == set(scene.claims[1:3])
    assert {one["claim"] for one in found["items"]} == set(scene.claims[:3]) and found["starts"] == []
    assert scene.watch.saw("/v1/shared", **WHY, dimension="device", value="0" * 32)["items"] == []


@pytest.mark.parametrize(("dimension", "value"), [("moon", "1"), ("hour", "yesterday"), ("hour", "")])
def test_what_cannot_be_read_is_said(scene: Scene, dimension: str, value: str) -> None:
    answer = scene.watch.get("/v1/shared", **WHY, dimension=dimension, value=value)

    assert answer.status_code == 422, answer.get_json()


def test_nobody_but_whoever_supervises_the_place_is_told(scene: Scene) -> None:
    path, town = f"/v1/claims/{scene.claims[0]}/shared", scene.town
    elsewhere = town.officer(town.unit("温州监督办", "330300", "general"), "supervisor", "3303")

    for whom, code in ((town.nobody, "login_required"), (scene.people[0], "official_needed"),
                       (scene.clerk, "role_not_held"), (elsewhere, "claim_absent")):
        assert refused(whom.get(path, **WHY)) == code
    found = elsewhere.saw("/v1/shared", **WHY, dimension="evidence", value=SHA)
    assert [one["claim"] for one in found["items"]] == [scene.far] and found["dimensions"][0]["beyond"] >= 3


def test_what_happened_to_everything_that_shows_a_file_is_one_thread(scene: Scene) -> None:
    found = scene.watch.saw("/v1/shared/events", **WHY, dimension="evidence", value=SHA)

    kinds = [(one["stream"], one["what"]) for one in found["items"]]
    assert kinds[0] == (scene.claims[0], "claim.submitted") and (scene.claims[1], "claim.approved") in kinds
    assert scene.far not in str(found["items"]) and found["beyond"] == 1
    (paper, *_) = found["papers"]
    assert paper["claim"] == scene.claims[0] and [one["opened"] for one in paper["decisions"]] == [False]
    assert {scene.people[0].id, scene.people[2].id} <= set(seen(scene, "events"))
    newest = scene.watch.saw("/v1/shared/events", **WHY, dimension="evidence", value=SHA, newest="true", limit=2)
    rest = scene.watch.saw("/v1/shared/events", **WHY, dimension="evidence", value=SHA, newest="true",
                           cursor=newest["next_cursor"])
    assert [one["event"] for one in (*newest["items"], *rest["items"])] == sorted(
        (one["event"] for one in found["items"]), reverse=True)


def test_a_unit_that_arranges_has_a_thread_of_its_plans_and_a_class_of_its_cards(scene: Scene) -> None:
    training = training_in(scene.town, scene.people[0])
    watch = scene.town.officer(scene.town.unit("省监督办", "330000", "general"), "supervisor", "33")
    organiser = watch.saw(f"/v1/classes/{training.training_class}")["organiser"]
    found = watch.saw("/v1/shared/events", **WHY, dimension="organiser", value=organiser)
    of_class = watch.saw("/v1/shared/events", **WHY, dimension="class", value=training.training_class)

    assert {"plan.filed", "class.filed"} <= {one["what"] for one in found["items"]}
    assert {"class.filed", "card.issued"} <= {one["what"] for one in of_class["items"]}


def test_the_command_says_the_same_of_an_entry_of_a_value_and_of_what_happened(scene: Scene, tmp_path: Path) -> None:
    value = dimension(scene.watch.saw(f"/v1/claims/{scene.claims[0]}/shared", **WHY), "certificate")["value"]
    with answering(scene.town.app) as address:
        def told(*arguments: str, status: int = 0) -> str:
            ended = xueshi(tmp_path, *arguments, "--purpose", "investigation", XUESHI_SERVER=address,
                           XUESHI_TOKEN=str(scene.watch.token))
            assert ended.returncode == status, ended.stdout + ended.stderr
            return ended.stdout + ended.stderr

        shown = told("claim", "shared", scene.claims[0])
        of_value = told("claim", "shared", "--dimension", "certificate", "--value", value)
        events = told("timeline", "shared", "certificate", value)
        told("claim", "shared", status=2)
        conduct = told("timeline", "conduct", scene.clerk.id)

    assert "没有相同的理由" in shown and "王*" in shown and scene.claims[1] in shown
    assert scene.claims[0] in of_value and "提交学时申报" in events
    assert "2 件：" in conduct and "一份未开 2" in conduct


def test_a_finding_leads_on_from_all_its_entries_to_whoever_it_is_for(scene: Scene) -> None:
    (found,) = [one for one in look(scene.town) if one.pattern == PATTERN]
    path = f"/v1/findings/{found.finding}/shared"
    watch = scene.town.officer(scene.town.unit("省监察", "330000", "general"), "supervisor", "33")
    told = watch.saw(path, **WHY)

    assert set(told["starts"]) == set(found.claims) and refused(watch.get(path)) == "purpose_missing"
    assert refused(scene.watch.get(path, **WHY)) == "finding_absent", "it lies in two cities"
    assert dimension(told, "evidence")["starts"] == len(found.claims)
    assert refused(scene.clerk.get(path, **WHY)) == "role_not_held"
