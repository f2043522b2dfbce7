"""`xueshi application`, what is done: from a title entered by an office to one that is taken away, on a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.api.command_kit import Ended, answering, xueshi
from tests.api.petition_kit import bureau_in


class Desk(NamedTuple):
    """Where commands ask, who may, somebody with two years met, one who has none, one without a title, a claim."""

    folder: Path
    server: str
    tokens: dict[str, str]
    li: str
    wang: str
    zhao: str
    claim: str

    def run(self, whom: str, *arguments: str) -> Ended:
        return xueshi(self.folder, *arguments, XUESHI_TOKEN=self.tokens[whom], XUESHI_SERVER=self.server)

    def told(self, whom: str, *arguments: str) -> str:
        ended = self.run(whom, *arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def made(self, whom: str, *arguments: str) -> str:
        """The application, or the sanction, that came of it."""
        return str(json.loads(self.told(whom, "application", *arguments, "--json"))["application"])

    def filed(self, whom: str, person: str) -> str:
        return self.made(whom, "file", person, "--level", "senior", "--series", "engineering",
                         "--title-obtained-on", "2024-11-30", "--minimum-years", "2")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with bureau_in(folder / "data") as bureau, answering(bureau.town.app) as server:
        li, claims = bureau.applicant(years=(2025, 2026))
        wang, _ = bureau.applicant()
        zhao, _ = bureau.applicant(years=(2025, 2026), has_title=False)
        cast = {"li": li, "wang": wang, "zhao": zhao, "people": bureau.people, "other": bureau.colleague,
                "clerk": bureau.clerk, "committee": bureau.committee}
        tokens = {name: str(one.token) for name, one in cast.items()}
        yield Desk(folder, server, tokens, li.id, wang.id, zhao.id, claims[2025])


def test_an_application_goes_from_the_person_to_the_committee_and_its_title_is_taken(desk: Desk) -> None:
    one = desk.filed("li", desk.li)
    assert one in desk.told("committee", "application", "filed", "--status", "filed", "--purpose", "title_review")
    assert "缺登记卡" in desk.told("li", "application", "packet", one)
    assert "试办" in desk.told("committee", "application", "assess", one, "--minimum-years", "2", "--dry-run")
    assert "可以申报" in desk.told("committee", "application", "assess", one, "--minimum-years", "2")
    day = "2026-11-20"
    assert "已通过" in desk.told("committee", "application", "grant", one, "--obtained-on", day)

    words = ("--words", "经核实")
    desk.told("clerk", "claim", "revoke", desk.claim, "--basis", "falsified", *words)
    assert "✗ 不再成立" in desk.told("li", "application", "effects", desk.li, "--claim", desk.claim)
    taken = desk.told("people", "application", "revoke-title", desk.li, "--level", "senior", "--series", "engineering",
                      "--obtained-on", day, "--claim", desk.claim, *words)
    assert f"撤销职称：senior {day}" in taken


def test_the_right_to_apply_is_taken_and_given_back_on_the_command_line(desk: Desk) -> None:
    one, words = desk.filed("wang", desk.wang), ("--words", "经核实")
    assert "不可申报" in desk.told("people", "application", "assess", one, "--minimum-years", "2")
    no = desk.run("people", "application", "disqualify", one, "--cause", "short", *words)
    assert (no.returncode, "postponement_instead" in no.stderr) == (1, True)
    assert "已延期" in desk.told("people", "application", "postpone", one, *words)
    assert "已撤回" in desk.told("wang", "application", "withdraw", desk.filed("wang", desk.wang))

    name = desk.made("people", "bar", desk.wang, "--cause", "short", "--document", "某文〔2026〕1号",
                     "--article", "第三条", "--until", "2099-12-31", *words)
    assert "至 2099-12-31" in desk.told("wang", "application", "sanction", name)
    assert "恢复" in desk.told("other", "application", "lift", name, "--basis", "decided_in_error", *words)


def test_a_title_is_entered_on_the_command_line(desk: Desk) -> None:
    entered = ("person", "title", desk.wang, "--level", "assistant", "--obtained-on", "2019-12-01")
    assert "assistant" in desk.told("people", *entered)
    assert "title_exists" in desk.run("people", *entered).stderr


def test_whoever_has_no_title_is_told_what_stays_open_and_files_without_one(desk: Desk) -> None:
    asked = ("eligibility", desk.zhao, "--applied-on", "2026-11-20", "--minimum-years", "1")
    assert "没有登记的职称" in desk.run("zhao", *asked).stderr
    told = desk.told("zhao", *asked, "--first-title")
    assert "首次申报没有现职称，年数无从起算" in told and "无（首次申报）" in told and "需 1" not in told

    one = desk.made("zhao", "file", desk.zhao, "--level", "assistant", "--minimum-years", "1")
    assert "无（首次申报）" in desk.told("zhao", "application", "show", one)
