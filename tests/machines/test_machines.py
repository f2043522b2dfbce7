"""Two hosts, a database with its standby, a proxy: what one host did all know, also after the primary fell."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from api.client import Reply
from tests.api.paper_kit import PDF, digest
from tests.journeys.register_kit import Body, Someone
from tests.machines.cluster_kit import Cluster, cluster, is_away
from tests.waiting import until

pytestmark = pytest.mark.requires_system("ip", "nginx", "openssl")

TRAINING = {"route": "training", "level": "provincial", "days": "3", "date": "2025-04-02"}


def at(machines: Cluster, number: int, someone: Someone) -> Someone:
    """The same bearer at the door of one host."""
    return Someone(machines.direct(machines.services[number]).bearing(someone.token), someone.id, someone.token)


class Writing:
    """Somebody who submits claims without a pause, each under a key of its own until it is answered."""

    def __init__(self, someone: Someone, claim: Body) -> None:
        self._someone, self._claim = someone, claim
        self.acknowledged: list[str] = []
        self.told: list[int] = []
        self.lost = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Writing:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            while (reply := self._sent(number)) is None or reply.status != 201:
                if reply is not None:
                    self.told.append(reply.status)
                    assert reply.status in (502, 503, 504), reply.body.decode()
                if self._stopping.wait(0.1):
                    return
            self.acknowledged.append(reply.json["claim"])

    def _sent(self, number: int) -> Reply | None:
        body = {**self._claim, "details": {"title": f"培训 {number}"}}
        try:
            return self._someone.client.post("/v1/claims", body, key=f"a-key-that-is-long-enough-{number}")
        except Exception as error:
            assert is_away(error), error
            self.lost += 1
            return None


def test_what_one_host_did_every_host_knows_and_a_fallen_primary_takes_nothing_along(tmp_path: Path) -> None:
    with cluster(tmp_path, XUESHI_CHECKPOINT_SECONDS="1") as machines:
        town = machines.town()
        works = town.unit("某厂", "330203", "industry")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        li = town.person("李明")
        town.belongs(li, works, clerk, "2020-01-01")
        here, there = at(machines, 0, li), at(machines, 1, li)

        paper = here.client.put(f"/v1/persons/{li.id}/evidence/{digest(PDF)}", PDF, name="证书.pdf")
        assert paper.status in (200, 201), paper.body.decode()
        assert digest(PDF) in str(there.saw(f"/v1/persons/{li.id}/evidence"))

        # Read at one host what the other has just been told, back and forth.
        for number in range(3):
            claim = here.did("/v1/claims", town.claim(li, f"甲 {number}", **TRAINING))
            assert there.saw(f"/v1/claims/{claim['claim']}")["version"] == claim["version"]
            assert len(there.year(2025)["entries"]) == len(here.year(2025)["entries"])
            here, there = there, here

        with Writing(li, town.claim(li, "", **TRAINING)) as writing:
            until(lambda: len(writing.acknowledged) >= 5)
            published = int(machines.client().get("/log/checkpoint").body.decode().splitlines()[1])
            machines.primary.stop()
            machines.standby.promote()
            began, before = time.monotonic(), len(writing.acknowledged)
            until(lambda: len(writing.acknowledged) >= before + 3, lambda: writing.told[-5:])
            took = time.monotonic() - began

        for claim in writing.acknowledged:
            assert at(machines, 0, li).saw(f"/v1/claims/{claim}")["claim"] == claim
        assert len({*writing.acknowledged}) == len(writing.acknowledged)
        print(f"served again after {took:.1f} s")
        assert took < 30
        until(lambda: int(
            machines.client().get("/log/checkpoint").body.decode().splitlines()[1]) > published)
        checked = machines.services[0].run("fsck")
        assert checked.returncode == 0, checked.stdout + checked.stderr
