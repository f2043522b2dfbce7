"""A record comes in after a statement of its year was issued: whoever looks into it is led from one to the other."""

from __future__ import annotations

import io
import json
from typing import NamedTuple

import pytest

from tests.api.house_kit import Someone, resident_id, study
from tests.console.console_kit import Browser, Cast

FOR = "purpose=investigation"


class Late(NamedTuple):
    """Someone with a statement of 2025, whose course of May 2025 another system brought in after it."""

    someone: Someone
    statement: str
    batch: str
    watch: Browser


@pytest.fixture(scope="module")
def late(cast: Cast) -> Late:
    town = cast.town
    bureau = town.unit("市人社局信息中心", "330200", "general")
    number = resident_id(next(town.numbers))
    made = town.nobody.did("/v1/persons", {"name": "陆迟", "id_kind": "resident_id", "id_number": number})
    someone = Someone(town.client(), made["token"], made["person"])
    town.belongs(someone, cast.works, "2020-01-01")
    cast.clerk.act(someone.submit(study(date="2025-03-02"), "焊接工艺培训"), "approval", {})
    statement = someone.did(f"/v1/persons/{someone.id}/statements", {"years": [2025]})["statement"]

    clerk = town.officer(bureau, "human_resources", "3302")
    clerk.sends("late")
    source = Browser(town, clerk)
    row = {"record": "2025-0501", "version": 1, "id_number": number, "name": "陆迟", "details": {"title": "网络课程"},
           "study": {"category": "general_public", "route": "course", "date": "2025-05-01", "hours": "18",
                     "completed_by": "exam"}}
    content = io.BytesIO((json.dumps(row, ensure_ascii=False) + "\n").encode())
    check = source.press(source.get("/imports/new"), "逐行检查", system="late", region="330200", starts="2025-01-01",
                         ends="2025-12-31", file=(content, "a.ndjson"))
    batch = source.press(check, "导入 1 行").address
    return Late(someone, statement, batch, Browser(town, town.officer(bureau, "supervisor", "3302")))


def test_the_statement_says_what_came_to_its_year_since_and_by_which_events(late: Late) -> None:
    listed = late.watch.get(f"/persons/{late.someone.id}/statements?{FOR}")
    assert "此后这些年度另有登记" in listed.text

    record = late.watch.get(listed.link("2025 年度"))
    assert "出具之后" in record.text and "2025 8 26 8 26 1 0" in record.text
    approved = late.watch.get([address for _, address in record.links if address.startswith("/events/")][-1])
    assert "学时认定" in approved.text


def test_the_timeline_says_how_late_it_was_recorded_from_which_record_and_in_which_batch(late: Late) -> None:
    line = late.watch.get(f"/persons/{late.someone.id}/timeline?{FOR}")

    assert "来源 late 的记录 2025-0501 ，第 1 版" in line.text
    assert "晚记" in line.text and "过了发生的年度才记录" in line.text
    assert "1 行，名单摘要" in line.text


def test_what_the_office_could_know_when_it_issued_the_statement_is_shown_again(late: Late) -> None:
    position = late.watch.json(f"/persons/{late.someone.id}/statements.json?{FOR}")["items"][0]["as_of"]
    then = late.watch.get(f"/persons/{late.someone.id}/years?as_of={position}&{FOR}")
    now = late.watch.get(f"/persons/{late.someone.id}/years?{FOR}")

    assert "您看的不是现在" in then.text and "网络课程" not in then.text
    assert "网络课程" in late.watch.get(f"/persons/{late.someone.id}/years/2025?{FOR}").text
    assert then.text != now.text


def test_the_import_itself_is_one_act_with_its_file_and_the_hand_that_brought_it(late: Late) -> None:
    batch = late.watch.get(late.batch)

    assert "来源 late" in batch.text and "文件摘要 sha256" in batch.text
    assert {"打开导入", "完成导入"} <= set(batch.text.split())
    claims = late.watch.json(f"{late.batch}.json")["outcome"]
    assert (claims["accepted"], claims["duplicates"]) == (1, 0)
