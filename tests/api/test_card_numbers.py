"""A card's number is one person's of one class: on cards, on lists, put right, and in one instant (P 15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from ledger.acts.running import Act
from tests.api.house_kit import BODY, Someone, in_the_instant
from tests.api.test_http_rosters import Attendee, Scene, attendee, held, hours, place, scene_in, table, tried


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene_in(tmp_path_factory.mktemp("numbers") / "data") as scene:
        yield scene


def card(made: BODY, person: Someone, number: str) -> BODY:
    return {"training_class": made["training_class"], "person": person.id, "number": number, "attended_days": "2",
            "hours": "12", "result": "passed"}


def row_of(scene: Scene, person: Someone) -> BODY:
    """The row of the one list that somebody stands on."""
    scene.town.house.settled()
    (claim,) = (one.claim for one in scene.town.house.answers.registered(person.id))
    return person.saw(f"/v1/claims/{claim}")


def numbered(row: BODY, number: str | None) -> BODY:
    """A row that is put right, with another number or none."""
    study = {name: value for name, value in row["study"].items() if value is not None}
    details = {"title": "智能制造", "certificate_issuer": "甬江学院"}
    return {"study": study, "details": details | ({} if number is None else {"certificate_number": number}),
            "words": "卡号写错了"}


@contextmanager
def as_rows_are_written(scene: Scene, other: Callable[[], Any]) -> Iterator[None]:
    """Have another request done after rows have been decided, right before they are recorded."""
    write, waiting = Act.write, [other]

    def writing(act: Act, *rows: Any, **more: Any) -> Any:
        if waiting:
            with ThreadPoolExecutor(1) as another:
                another.submit(waiting.pop()).result()
        return write(act, *rows, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Act, "write", writing)
        yield
    assert not waiting, "no row was written"


def test_a_card_number_is_one_persons_whether_a_list_or_a_card_gave_it_to_them(scene: Scene) -> None:
    """P 15, D01: lists of two classes of one organiser, and the cards that it issues, share its numbers."""
    first, second = held(scene), held(scene)
    li, wang = attendee(scene, "李明"), attendee(scene, "王芳")
    mine, free = (f"甬-卡-{next(scene.town.numbers)}" for _ in range(2))
    scene.registrar.did(place(first), {"file": table((li.number, li.name, "", mine))}, version=3)

    def issue(made: BODY, person: Someone, number: str) -> int:
        return scene.teacher.post("/v1/cards", card(made, person, number)).status_code

    def wrong(*rows: tuple[str, ...]) -> list[str]:
        return [one["code"] for one in tried(scene.registrar, second, table(*rows))["problems"]]

    assert wrong((wang.number, wang.name, "", mine)) == ["card_of_another"]
    assert (issue(first, wang.someone, mine), issue(second, li.someone, mine)) == (409, 409)
    assert issue(first, li.someone, mine) == 201, "the card that the list speaks of"
    assert issue(second, wang.someone, free) == 201
    assert wrong((li.number, li.name, "", free)) == ["card_of_another"]
    assert wrong((wang.number, wang.name, "", free)) == []
    again = scene.registrar.post(place(second), {"file": table((wang.number, wang.name, "", mine))}, version=3)
    assert (again.status_code, again.get_json()["errors"][0]["code"]) == (422, "card_of_another")


def test_a_number_that_a_correction_brings_is_its_rows_and_the_former_one_goes_to_its_own_holder(scene: Scene) -> None:
    """P 15, D01: what was put right had been written on the wrong row."""
    made, other = held(scene), held(scene)
    li, wang = attendee(scene, "李明"), attendee(scene, "王芳")
    wrong, right, issued, bare = (f"甬-正-{next(scene.town.numbers)}" for _ in range(4))
    chen, unmarked = attendee(scene, "陈晨"), attendee(scene, "周宁")
    rows = table((li.number, li.name, "", wrong), (unmarked.number, unmarked.name, "", ""))
    scene.registrar.did(place(made), {"file": rows}, version=3)
    assert scene.teacher.post("/v1/cards", card(other, chen.someone, issued)).status_code == 201
    mine = row_of(scene, li.someone)

    no = scene.registrar.refused(mine, "correction", numbered(mine, issued))
    assert no["code"] == "card_elsewhere", "that card is another's"
    mine = scene.registrar.act(mine, "correction", numbered(mine, right))
    assert scene.teacher.post("/v1/cards", card(other, wang.someone, right)).get_json()["code"] == "card_on_roster"
    assert scene.teacher.post("/v1/cards", card(other, wang.someone, wrong)).status_code == 201, "it is free again"
    scene.registrar.act(mine, "correction", numbered(mine, None))
    theirs = row_of(scene, unmarked.someone)
    theirs = scene.registrar.act(theirs, "correction", numbered(theirs, right))
    assert scene.registrar.act(theirs, "correction", numbered(theirs, bare))["status"] == "approved"


def test_of_a_card_and_a_list_that_give_one_number_in_one_instant_one_stands(scene: Scene) -> None:
    """P 15, D01, both ways round, and of a card and a correction too."""
    made, other = held(scene), held(scene)
    li, wang, chen = (attendee(scene, name) for name in ("李明", "王芳", "陈晨"))
    first, second, third = (f"甬-同-{next(scene.town.numbers)}" for _ in range(3))

    def listed(person: Attendee, number: str) -> None:
        version = scene.teacher.saw(f"/v1/classes/{made['training_class']}")["version"]
        scene.registrar.did(place(made), {"file": table((person.number, person.name, "", number))}, version=version)

    with in_the_instant(scene.town, lambda: listed(li, first)):
        no = scene.teacher.post("/v1/cards", card(other, wang.someone, first)).get_json()
    assert no["code"] == "card_on_roster"
    row = row_of(scene, li.someone)
    with in_the_instant(scene.town, lambda: scene.registrar.act(row, "correction", numbered(row, third))):
        no = scene.teacher.post("/v1/cards", card(other, wang.someone, third)).get_json()
    assert no["code"] == "card_on_roster"

    with as_rows_are_written(scene, lambda: scene.teacher.did("/v1/cards", card(other, wang.someone, second))):
        version = scene.teacher.saw(f"/v1/classes/{made['training_class']}")["version"]
        no = scene.registrar.post(place(made), {"file": table((chen.number, chen.name, "", second))}, version=version)
    assert (no.status_code, no.get_json()["code"]) == (409, "card_elsewhere")
    assert hours(chen.someone) == []
