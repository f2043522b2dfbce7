"""Plans, classes, cards and imports over HTTP and on the command line: public what is public, recorded what is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.events.access import AccessRecorded
from tests.api.house_kit import BODY, Town
from tests.api.past_class_kit import NUMBER, Trained, trained


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    with trained(tmp_path_factory.mktemp("trainings")) as scene:
        yield scene


def seen(town: Town) -> list[tuple[str, str, tuple[str, ...]]]:
    events = [one.envelope.event for one in town.house.register.access.read(limit=1_000)]
    return [(one.subject, one.purpose, one.what) for one in events
            if isinstance(one, AccessRecorded) and one.what == ("cards",)]


def refused(answer: object) -> str:
    code: str = answer.get_json()["code"]  # type: ignore[attr-defined]
    return code


# Plans and classes


def test_a_plan_says_which_department_has_not_acknowledged_it_and_what_came_of_it(scene: Trained) -> None:
    """P 11."""
    found = scene.li.saw(f"/v1/plans/{scene.made.plan}")

    assert (found["status"], found["missing"]) == ("filed", ["sector_authority"])
    assert [one["recipient"] for one in found["acknowledged"]] == ["human_resources"]
    assert found["carried"] == {"classes_filed": 1, "classes_held": 1, "attended": 1}
    assert found["items"][0]["days"] == "2"
    assert found["log_size"] == found["as_of"] and len(found["root"]) == 64


def test_an_answer_as_of_before_is_what_was_known_then_and_its_basis_gives_it_again(scene: Trained) -> None:
    now = scene.li.saw(f"/v1/plans/{scene.made.plan}")
    first = now["events"][0]

    then = scene.li.saw(f"/v1/plans/{scene.made.plan}", as_of=first)
    assert then["missing"] == ["human_resources", "sector_authority"]
    assert scene.li.saw(f"/v1/plans/{scene.made.plan}", as_of=now["as_of"]) == now
    early = scene.li.get(f"/v1/plans/{scene.made.plan}", as_of=first - 1)
    assert (early.status_code, refused(early)) == (404, "plan_absent")


def test_a_class_says_how_long_before_its_start_it_was_filed_and_what_the_law_makes_of_that(scene: Trained) -> None:
    """N 7, AMB-24."""
    found = scene.li.saw(f"/v1/classes/{scene.made.training_class}")

    assert (found["status"], found["number"], found["lead_days"], found["days"]) == ("held", "甬备2026-7", 10, "2")
    (duty,) = found["duties"]
    assert (duty["days"], duty["late_by"], duty["effect"]) == (30, 20, "late_filing")
    assert found["held"]["attended"] == 1
    assert [(one["status"], one["rows"], one["rows_done"]) for one in found["rosters"]] == [("closed", 1, 1)]
    assert found["cards"] == 1
    assert found["basis"]["law"] == "then"
    elsewhere = scene.li.saw(f"/v1/classes/{scene.made.training_class}", law="set:zhejiang/2016-08-01")
    assert elsewhere["duties"] == []


def test_lists_narrow_to_an_organiser_a_year_and_a_plan_and_go_on_by_cursor(scene: Trained) -> None:
    li, made = scene.li, scene.made

    def listed(path: str, **query: object) -> list[BODY]:
        found: list[BODY] = li.saw(path, **query)["items"]
        return found

    assert [one["plan"] for one in listed("/v1/plans", organiser=made.school["unit"], year=2026)] == [made.plan]
    assert listed("/v1/plans", year=2025) == []
    assert len(listed("/v1/plans", status="filed")) == 1 and listed("/v1/plans", status="evaluated") == []
    assert len(listed("/v1/classes", status="held")) == 1 and listed("/v1/classes", status="filed") == []
    assert [one["training_class"] for one in listed("/v1/classes", plan=made.plan)] == [made.training_class]
    assert listed("/v1/classes", year=2025) == []
    assert li.saw("/v1/classes", limit=1)["next_cursor"] is None


def test_whoever_is_not_logged_in_is_told_nothing(scene: Trained) -> None:
    made = scene.made
    for path in ("/v1/plans", f"/v1/plans/{made.plan}", "/v1/classes", f"/v1/classes/{made.training_class}",
                 f"/v1/classes/{made.training_class}/cards", f"/v1/cards/{made.card}", "/v1/imports",
                 f"/v1/imports/{made.batch}", f"/v1/persons/{scene.li.id}/cards"):
        assert scene.town.nobody.get(path).status_code == 401, path


# Cards


def test_a_person_sees_their_own_cards_without_a_purpose_and_leaves_no_trace(scene: Trained) -> None:
    before = seen(scene.town)
    (card,) = scene.li.saw(f"/v1/persons/{scene.li.id}/cards")["items"]

    assert (card["card"], card["number"], card["hours"], card["attended_days"]) == (scene.made.card, NUMBER, "12", "2")
    assert scene.li.saw(f"/v1/cards/{scene.made.card}")["number"] == NUMBER
    assert seen(scene.town) == before


def test_an_office_sees_a_card_for_a_purpose_and_is_recorded(scene: Trained) -> None:
    officer, place = scene.made.officer, f"/v1/cards/{scene.made.card}"
    assert refused(officer.get(place)) == "purpose_missing"
    before = len(seen(scene.town))
    officer.saw(place, purpose="annual_review")

    assert seen(scene.town)[before:] == [(scene.li.id, "annual_review", ("cards",))]


def test_a_card_is_found_by_the_number_printed_on_it(scene: Trained) -> None:
    organiser = scene.made.school["unit"]
    found = scene.made.officer.saw("/v1/cards", organiser=organiser, number=NUMBER, purpose="annual_review")

    assert found["card"] == scene.made.card
    wrong = scene.made.officer.get("/v1/cards", organiser=organiser, number="2026-999", purpose="annual_review")
    assert (wrong.status_code, refused(wrong)) == (404, "card_absent")


def test_of_another_persons_card_a_person_learns_not_even_that_there_is_one(scene: Trained) -> None:
    wang = scene.town.person("王强")

    for path, query in ((f"/v1/cards/{scene.made.card}", {}),
                        ("/v1/cards", {"organiser": scene.made.school["unit"], "number": NUMBER})):
        assert refused(wang.get(path, **query)) == "card_absent"
    assert refused(wang.get(f"/v1/persons/{scene.li.id}/cards")) == "not_your_own"
    assert refused(wang.get(f"/v1/classes/{scene.made.training_class}/cards")) == "not_for_reading"


def test_the_cards_of_a_class_are_for_its_organiser_and_its_offices_and_each_person_is_recorded(scene: Trained) -> None:
    place = f"/v1/classes/{scene.made.training_class}/cards"
    elsewhere = scene.town.officer(scene.town.unit("温州某局", "330300", "industry"), "sector_authority", "3303")
    before = len(seen(scene.town))

    assert refused(elsewhere.get(place, purpose="annual_review")) == "outside_scope"
    assert refused(scene.made.teacher.get(place)) == "purpose_missing"
    assert len(seen(scene.town)) == before
    for asking in (scene.made.teacher, scene.made.officer):
        assert [one["card"] for one in asking.saw(place, purpose="roster_check")["items"]] == [scene.made.card]
    assert seen(scene.town)[before:] == [(scene.li.id, "roster_check", ("cards",))] * 2


# Imports


def test_an_import_is_told_to_officials_with_the_outcome_of_its_rows(scene: Trained) -> None:
    found = scene.made.officer.saw(f"/v1/imports/{scene.made.batch}")

    assert found["outcome"] == {"accepted": 0, "rejected": 2, "duplicates": 1, "result_sha256": "9" * 64, "act": None}
    assert [one["batch"] for one in scene.made.officer.saw("/v1/imports", system="ningbo")["items"]] == [
        scene.made.batch]
    assert scene.made.officer.saw("/v1/imports", system="wenzhou")["items"] == []
    assert refused(scene.li.get("/v1/imports")) == "official_needed"
