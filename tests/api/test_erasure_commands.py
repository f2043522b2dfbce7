"""Somebody is forgotten from the command line: what it would do, proposed, taken back, done, and when it is final."""

from __future__ import annotations

import json
from pathlib import Path

from tests.api.command_kit import answering, xueshi
from tests.api.house_kit import Someone
from tests.api.test_erasure import DOCUMENT, place_in

NUMBER = ("--document", DOCUMENT["document"])
ASKED = ("--basis", "request", *NUMBER, "--asked-on", "2026-11-18", "--words", "本人书面申请")


def test_it_is_seen_proposed_taken_back_and_done(tmp_path: Path) -> None:
    with place_in(tmp_path / "data") as place, answering(place.town.app) as address:
        li, vault = place.li.id, place.town.house.ledger.vault

        def run(whom: Someone, *arguments: str, ends: int = 0) -> str:
            ended = xueshi(tmp_path, *arguments, XUESHI_SERVER=address, XUESHI_TOKEN=str(whom.token))
            assert ended.returncode == ends, ended.stdout + ended.stderr
            return ended.stdout + ended.stderr

        seen = run(place.people, "erasure", "show", li)
        for said in ("没有提议", "登记人员", "佐证文件 0 份", "已登记的申报 1 项", "可以确认"):
            assert said in seen
        assert "已提出" in run(place.people, "erasure", "propose", li, *ASKED)
        assert "已撤回" in run(place.li, "erasure", "withdraw", li, "--words", "不删了")
        run(place.people, "erasure", "propose", li, *ASKED)
        (row,) = json.loads(run(place.security, "erasure", "list", "--json"))["items"]
        assert (row["person"], row["status"]) == (li, "proposed")
        assert "等候期还没有满" in run(place.security, "erasure", "destroy", li, *NUMBER, ends=1)
        place.rest()
        run(place.security, "erasure", "destroy", li, *NUMBER, "--dry-run")
        assert not vault.is_destroyed(li)

        done = run(place.security, "erasure", "destroy", li, *NUMBER)

        assert "密钥已销毁，不能挽回" in done and vault.is_destroyed(li)
        assert "已是最终" in run(place.people, "erasure", "show", li)
        assert "已销毁" in run(place.people, "erasure", "list")
        assert "李" not in run(place.people, "person", "show", li, "--purpose", "annual_review")


def test_what_holds_it_up_is_told_line_by_line(tmp_path: Path) -> None:
    with place_in(tmp_path / "data") as place, answering(place.town.app) as address:
        frozen = place.clerk.act(place.claim, "freeze", {"words": "待核查"})
        asked = {"XUESHI_SERVER": address, "XUESHI_TOKEN": str(place.people.token)}
        told = xueshi(tmp_path, "erasure", "show", place.li.id, **asked)
        assert f"须先办结：有冻结中的学时（{frozen['claim']}）" in told.stdout
        refused = xueshi(tmp_path, "erasure", "propose", place.li.id, *ASKED, **asked)
        assert refused.returncode == 1 and "还有未了的事项" in refused.stderr
