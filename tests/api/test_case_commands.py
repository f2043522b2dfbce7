"""`xueshi case …` at the desk of a case: the way of a class that never happened, from its members to its revocation."""

from __future__ import annotations

import json
from pathlib import Path

from tests.api import finding_kit
from tests.api.case_kit import desk_in
from tests.api.command_kit import Ended, answering, xueshi
from tests.api.house_kit import SHA, Someone, Town


def test_a_case_is_worked_on_from_the_command_line(town: Town, tmp_path: Path) -> None:
    desk = desk_in(town, 2, named=1)
    case, look = desk.case, ("--purpose", "case_handling")
    with answering(town.app) as server:

        def run(whom: Someone, *arguments: str) -> Ended:
            return xueshi(tmp_path, "case", *arguments, XUESHI_TOKEN=str(whom.token), XUESHI_SERVER=server)

        def told(*arguments: str, whom: Someone = desk.first) -> str:
            ended = run(whom, *arguments)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            return ended.stdout

        assert desk.second.id in told("name-member", case, desk.second.id)
        assert "已退出" in told("release-member", case, desk.first.id, "--words", "调离", whom=desk.second)
        assert "只见概况" in told("show", case, *look)
        assert "弄虚作假" in told("show", case, *look) and "弄虚作假" in told("list")
        assert "已指定" in told("name-member", case, desk.first.id, whom=desk.second)
        told("note", case, "--words", "约谈班主任")
        assert "约谈班主任" in told("notes", case, *look)
        assert "2099-03-31" in told("deadline", case, "--due", "2099-03-31", "--words", "待鉴定")
        told("request-material", case, "--source", "某学院", "--what", "签到原件", "--due", "2099-01-15")
        told("receive-material", case, "1", "--file", SHA, "--partial")
        assert "等待中" in told("requests", case, *look)
        told("end-request", case, "1", "--why", "not_provided", "--words", "催要未果")
        assert "拒不提供" in told("requests", case, *look)
        assert "没有逾期的" in told("overdue")

        choice = ("--approver", desk.clerk.id, "--words", "全班未开课")
        shown = json.loads(told("widen", case, *choice, "--dry-run", "--json"))["would"]
        assert shown["list_sha256"] in told("widen", case, *choice, "--dry-run")
        assert "学时 2 项" in told("widen", case, *choice, "--list", shown["list_sha256"])
        assert desk.claims[1] in told("named", case, *look)
        finding_kit.look(desk.town)
        none = run(desk.first, "link-finding", case, "--finding", f"fnd_{'0' * 22}")
        assert (none.returncode, "没有这条线索" in none.stderr) == (2, True)
        absent = run(desk.first, "name-consequence", case, f"app_{'0' * 22}")
        assert (absent.returncode, "application_absent" in absent.stderr) == (1, True)

        told("find", case, "--finding", "substantiated", "--words", "属实")
        revoke = ("bulk", case, "--act", "revoke", "--basis", "falsified", "--words", "弄虚作假")
        assert "revoked" in told(*revoke, "--dry-run")
        digest = json.loads(told(*revoke, "--dry-run", "--json"))["would"]["list_sha256"]
        changed = run(desk.first, *revoke, "--list", "0" * 64)
        assert (changed.returncode, "list_changed" in changed.stderr) == (1, True)
        begun = desk.first.client.post(
            f"/v1/cases/{case}/bulk", json={"act": "revoke", "basis": "falsified", "words": "弄虚作假",
                                            "list_sha256": digest},
            headers={**desk.first.headers(version=desk.version()), "Prefer": "wait=0"}).get_json()
        assert "尚未生效：0 / 2 项" in told("resume", case, begun["act"], "--dry-run")
        assert "尚未生效" not in told("abandon", case, begun["act"], "--words", "重来")
        assert "批量撤销已生效" in told(*revoke, "--list", json.loads(
            told(*revoke, "--dry-run", "--json"))["would"]["list_sha256"])
        assert "已生效" in told("bulks", case, *look)
        assert told("followed", case, *look).count("撤销") == 2
        act = json.loads(told("bulks", case, *look, "--json"))["items"][0]["act"]
        for again in ("resume", "abandon"):
            over = run(desk.first, again, case, act)
            assert (over.returncode, "act_ended" in over.stderr) == (1, True)
    assert set(desk.statuses()) == {"revoked"}
