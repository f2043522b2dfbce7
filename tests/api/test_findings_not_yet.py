"""A finding as of a moment before it was found: whether anybody looked for it, and since when it is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from projections.findings.found import Finding
from tests.api.command_kit import answering, xueshi
from tests.api.finding_kit import PATTERN, Place, look, looked, place_in, shown_twice
from tests.api.house_kit import BODY, Someone, Town
from tests.console.console_kit import Browser, with_pages

FOR = {"purpose": "investigation"}


@pytest.fixture(scope="module")
def place(town: Town) -> Place:
    made = place_in(with_pages(town))
    assert look(town) == [], "everything was looked at, and nothing was there"
    shown_twice(made)
    return made


@pytest.fixture(scope="module")
def found(place: Place) -> Finding:
    return looked(place)


def asked(by: Someone, name: str, as_of: int) -> BODY:
    told: BODY = by.get(f"/v1/findings/{name}", as_of=str(as_of), **FOR).get_json()
    return told


def test_before_its_pattern_was_asked_nobody_knows_whether_it_was_there(place: Place, found: Finding) -> None:
    no = asked(place.watch, found.finding, 1)
    (listed,) = place.watch.saw("/v1/findings", as_of="1", pattern=PATTERN)["unasked"]

    assert (no["status"], no["code"], no["seen"]) == (404, "finding_not_looked_for", listed)
    assert f"规则 {PATTERN} 自 " in no["detail"] and f"（事件 {listed['from_event']}）" in no["detail"]
    assert "这里不知道" in no["detail"]


def test_what_was_looked_for_and_not_there_says_since_when_it_was_found(place: Place, found: Finding) -> None:
    no = asked(place.watch, found.finding, found.since_position - 1)

    assert (no["status"], no["code"]) == (404, "finding_not_yet")
    assert no["seen"]["from_event"] == found.since_position and "没有发现它" in no["detail"]
    assert asked(place.watch, found.finding, found.since_position)["finding"] == found.finding


def test_to_whom_there_is_none_there_was_none_before_either(place: Place, found: Finding) -> None:
    for by, name in ((place.away, found.finding), (place.watch, "fnd_" + "0" * 22)):
        assert {asked(by, name, as_of)["code"] for as_of in (1, found.since_position)} == {"finding_absent"}


def test_the_console_and_the_command_line_say_the_same(place: Place, found: Finding, tmp_path: Path) -> None:
    page = Browser(place.town, place.watch).get(f"/findings/{found.finding}?as_of=1&purpose=investigation", status=404)
    assert "自 " in page.text and "起才开始查找" in page.text and "这里不知道" in page.text
    with answering(place.town.app) as server:
        ended = xueshi(tmp_path, "findings", "show", found.finding, "--as-of", "1", "--purpose", "investigation",
                       XUESHI_TOKEN=str(place.watch.token), XUESHI_SERVER=server)

    assert ended.returncode == 1 and "起才开始查找" in ended.stderr and "[finding_not_looked_for]" in ended.stderr
