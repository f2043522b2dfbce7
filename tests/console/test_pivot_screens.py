"""The pivot's screens: an entry leads to whatever shares something with it, and that to what happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from api.console.tracing.ring import Node, ring
from projections.findings import upkeep
from projections.findings.clues import Clues
from tests.api.house_kit import SHA, Someone, Town, house_in, study
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Read, serving, with_pages

WHY = "purpose=investigation"


class Scene(NamedTuple):
    """Three people of one works who show one file; two of them one certificate's number."""

    town: Town
    watch: Someone
    watching: Browser
    people: list[Someone]
    claims: list[str]
    clerk: Someone


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upkeep, "BEGINS_MS", 3_600_000)  # Else a second later it writes the file of clues, too.
        yield from _furnished(tmp_path_factory.mktemp("pivot") / "data")


def _furnished(folder: Path) -> Iterator[Scene]:
    with house_in(folder) as town:
        with_pages(town)
        works = town.unit("甬江机械厂", "330203", "industry")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        watch = town.officer(town.unit("宁波市监督办", "330200", "general"), "supervisor", "3302")
        people, claims = [town.person(name) for name in ("李明华", "王伟", "赵敏")], []
        for at, one in enumerate(people):
            town.belongs(one, works, "2018-01-01")
            number = {"certificate_number": f"甬培 2026-{'77' if at < 2 else '88'}", "certificate_issuer": "某中心"}
            made = one.submit(study(organiser="某学会", date=f"2026-03-0{at + 1}"), "某次培训", **number)
            claims.append(clerk.act(made, "approval", {})["claim"] if at < 2 else made["claim"])
        with Clues(town.house.ledger, town.house.register.folder.projections) as clues:
            clues.catch_up()
        yield Scene(town, watch, Browser(town, watch), people, claims, clerk)


def of(scene: Scene, address: str = "") -> Read:
    return scene.watching.get(address or f"/claims/{scene.claims[0]}/shared?{WHY}")


def circles(page: Read) -> list[dict[str, str]]:
    return [one for tag, one in page.tags if tag == "circle"]


def test_a_purpose_is_asked_and_then_the_picture_the_table_and_the_list_say_one_thing(scene: Scene) -> None:
    assert "为什么查阅" in of(scene, f"/claims/{scene.claims[0]}/shared").text
    page, told = of(scene), scene.watching.json(f"/claims/{scene.claims[0]}/shared.json?{WHY}")

    shared = [one for one in told["dimensions"] if one["claims"]]
    labels = [one["aria-label"] for tag, one in page.tags if tag == "a" and "aria-label" in one]
    assert len(labels) == len(shared) + 1 and labels[0].startswith("起点")
    assert "证书编号：1 件申报，1 人，没有相同的理由" in labels and "佐证文件：2 件申报，2 人，没有相同的理由" in labels
    assert len(circles(page)) == 1 + 2 * len(shared)
    for words in ("没有相同的理由", "一个主办单位办许多班", "王*", "赵*", "再往外一步", "姓名遮盖"):
        assert words in page.text, words
    assert "甬培" not in page.source, "what is sealed is told by its digest alone"


def test_every_node_leads_to_what_it_stands_for_and_on_to_what_happened_to_it(scene: Scene) -> None:
    page = of(scene)
    node = next(one["href"] for tag, one in page.tags if one.get("aria-label", "").startswith("证书编号"))
    number = of(scene, node)
    assert "同一证书编号的申报" in number.text and number.text.count("由此再查") == 2
    thread = of(scene, number.link("经过"))

    assert "证书编号的经过" in thread.text and "提交学时申报" in thread.text and "权限之内 2 件申报" in thread.text
    lines = [one for tag, one in thread.tags if tag == "line" and "stroke-width" in one]
    told = scene.watching.json(f"/shared/timeline.json?{thread.query}")
    assert len(lines) == len(told["items"]) == 4
    file = scene.watching.client.get(f"/shared/timeline.csv?{thread.query}").get_data(as_text=True)
    assert "行数,4" in file and scene.claims[0] in file
    assert f"/claims/{scene.claims[1]}?as_of=" in thread.source, "what was seen right before is one step away"


def test_a_file_says_who_handed_it_in_and_whether_it_lay_open_before_whoever_decided(scene: Scene) -> None:
    thread = of(scene, f"/shared/timeline?dimension=evidence&value={SHA}&{WHY}")

    assert "这份文件" in thread.text and thread.text.count("没有打开") == 2 and "还没有认定" in thread.text
    assert f"/evidence/{SHA}?{WHY}" in {to for _, to in thread.links}
    shown = of(scene, f"/evidence/{SHA}?{WHY}")
    assert "同一佐证文件的申报" in of(scene, shown.link("相同之处的图")).text
    assert "这份文件" in of(scene, shown.link("文件的经过")).text


def test_a_certificate_is_found_by_its_number_which_stands_in_no_address(scene: Scene) -> None:
    form = of(scene, "/timeline")
    typed = {"certificate_number": "甬培２０２６－77", "certificate_issuer": "某 中心"}
    found = scene.watching.press(form, "查看", purpose="investigation", **typed)

    assert "同一证书编号的申报" in found.text and "共 2 件" in found.text, "however it was written"
    assert "甬培" not in found.source and "甬培" not in found.query
    assert "没有申报登记这一编号" in scene.watching.press(
        form, "查看", 422, purpose="investigation", **{**typed, "certificate_number": "甬培 2026-99"}).text


def test_the_list_is_narrowed_to_one_dimension_and_its_file_is_whole(scene: Scene) -> None:
    path = f"/claims/{scene.claims[0]}/shared"
    narrowed = of(scene, f"{path}?{WHY}&only=certificate")
    assert "共 1 件" in narrowed.text and "佐证文件" in narrowed.text
    file = scene.watching.client.get(f"{path}.csv?{WHY}").get_data(as_text=True)

    rows = file.splitlines()
    assert "行数,2" in file and rows[-2].startswith(scene.claims[1]) and "证书编号、佐证文件" in rows[-2]


def test_whoever_does_not_supervise_is_led_to_none_of_it(scene: Scene) -> None:
    clerk = Browser(scene.town, scene.clerk)

    assert clerk.get(f"/claims/{scene.claims[0]}/shared?{WHY}", 403).text
    assert "与之相同的" not in clerk.get(f"/claims/{scene.claims[0]}/timeline?{WHY}").text
    assert "与之相同的" in of(scene, f"/claims/{scene.claims[0]}/timeline?{WHY}").text
    wrong = scene.watching.get(f"/shared?dimension=hour&value=yesterday&{WHY}", 422)
    assert "2026-03-05T09" in wrong.text


def test_discs_grow_by_doublings_and_stay_within_the_picture() -> None:
    def node(claims: int, persons: int, further: int = 0) -> Node:
        return Node("主办单位", claims, persons, False, False, further, "#")

    assert ring([]) is None
    for many in (1, 2, 5, 16):
        found: Any = ring([node(3_000, 2_000, 1) for _ in range(many)])
        places = [(float(one["x"].rstrip("%")), one["y"]) for one in found["nodes"]]
        assert len(set(places)) == many and all(15 < x < 85 for x, _ in places)
        assert all(one["y"] + one["size"] + 34 <= found["high"] + 16 and one["inner"] < one["size"]
                   for one in found["nodes"])
    sizes = [ring([node(many, 1)])["nodes"][0]["size"] for many in (1, 2, 4, 8, 1_000)]  # type: ignore[index]
    assert sizes == sorted(set(sizes))


def test_every_screen_of_the_pivot_and_of_the_officers_side_is_read_by_all_at_any_width(
    scene: Scene, chromium: Any
) -> None:
    claim, clerk = scene.claims[0], scene.clerk.id
    with serving(scene.town.app) as address:
        window = Window(chromium, address, scene.watch.token)
        for path in (f"/claims/{claim}/shared?{WHY}", f"/shared?dimension=evidence&value={SHA}&{WHY}",
                     f"/shared/timeline?dimension=evidence&value={SHA}&{WHY}", f"/actors/{clerk}/timeline?{WHY}",
                     "/access", f"/access?whom={clerk}&{WHY}"):
            assert window.faults(path) == [], path
    assert window.said == []
