"""A standby is never asked in silence: not one that is behind, nor a primary that another took the place of."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.register_kit import Body, Someone
from tests.machines.cluster_kit import KEYS, REGISTER, Cluster, cluster
from tests.machines.test_machines import TRAINING, Writing
from tests.postgres_kit import USER
from tests.waiting import until

pytestmark = [pytest.mark.requires_system("ip"), pytest.mark.torture]


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path, hosts=1, proxied=False, XUESHI_CHECKPOINT_SECONDS="1", XUESHI_THREADS="8") as machines:
        yield machines


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


class Scene:
    """Somebody who submits claims, at the one host there is."""

    def __init__(self, machines: Cluster) -> None:
        from tests.machines.cluster_kit import SharedTown

        self.town = SharedTown(machines.folder, machines.direct(machines.services[0]))
        works = self.town.unit("某厂", "330203", "industry")
        clerk = self.town.officer(works, "unit", "330203", unit=works["unit"])
        self.li: Someone = self.town.person("李明")
        self.town.belongs(self.li, works, clerk, "2020-01-01")

    def claim(self, number: int) -> Body:
        return self.town.claim(self.li, f"培训 {number}", **TRAINING)


def alone(machines: Cluster, number: int, database: str) -> str:
    """The address of one server only."""
    server = (machines.primary, machines.standby)[number]
    return f"postgresql://{USER}:{server.password}@{server.host.address}:{server.port}/{database}"


def test_a_service_that_is_pointed_at_a_standby_says_so_and_answers_nothing(machines: Cluster) -> None:
    service = machines.services[0]
    service.stop()
    service.environment |= {"XUESHI_DATABASE": alone(machines, 1, REGISTER),
                            "XUESHI_KEY_DATABASE": alone(machines, 1, KEYS)}

    for command in (("serve",), ("log", "checkpoint"), ("log", "show"), ("keys", "show")):
        told = service.run(*command)
        assert told.returncode == 3 and "备用服务器" in told.stderr, told.stdout + told.stderr
        assert machines.standby.password not in told.stderr
    told = service.run("doctor")
    assert told.returncode == 1 and "只读的备用服务器" in told.stdout, told.stdout + told.stderr


def test_what_no_standby_has_confirmed_is_not_acknowledged_and_questions_are_answered_meanwhile(
    machines: Cluster
) -> None:
    scene = Scene(machines)
    first = scene.li.did("/v1/claims", scene.claim(0))
    machines.standby.pause()

    with Writing(scene.li, scene.claim(1)) as writing:
        until(lambda: machines.primary.ask(WAITING) >= 1)
        for path in ("/livez", "/log/key", "/version"):
            assert machines.direct(machines.services[0]).get(path).status == 200
        asked = machines.direct(machines.services[0])
        until(lambda: "备用服务器" in asked.get("/readyz").json.get("detail", ""), "it stands still")
        assert asked.get("/readyz").status == 200
        assert writing.acknowledged == []
        machines.standby.tell("SELECT pg_wal_replay_resume()")
        until(lambda: len(writing.acknowledged) >= 3, lambda: writing.told[-3:])

    assert len(set(writing.acknowledged)) == len(writing.acknowledged)
    assert scene.li.saw(f"/v1/claims/{first['claim']}")["claim"] == first["claim"]


def test_a_commit_that_somebody_takes_out_of_its_wait_is_not_acknowledged(machines: Cluster) -> None:
    scene, told = Scene(machines), list[int]()
    scene.li.did("/v1/claims", scene.claim(0))
    machines.standby.pause()

    def submit() -> None:
        reply = scene.li.client.post("/v1/claims", scene.claim(1), key="a-key-that-is-long-enough-1")
        told.append(reply.status)

    asking = threading.Thread(target=submit)
    asking.start()
    until(lambda: machines.primary.ask(WAITING) >= 1)
    machines.primary.tell("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
    asking.join(60)
    machines.standby.tell("SELECT pg_wal_replay_resume()")

    assert told == [503]
    again = scene.li.client.post("/v1/claims", scene.claim(1), key="a-key-that-is-long-enough-1")
    assert again.status == 201, again.body.decode()


def test_a_primary_that_comes_back_after_another_took_its_place_is_not_asked(machines: Cluster) -> None:
    scene = Scene(machines)
    with Writing(scene.li, scene.claim(0)) as writing:
        until(lambda: len(writing.acknowledged) >= 5)
        machines.primary.host.unplug()
        machines.standby.promote()
        before = len(writing.acknowledged)
        until(lambda: len(writing.acknowledged) >= before + 5, lambda: writing.told[-3:])
        machines.primary.host.plug_in()  # It is the first in the address, and believes that it is the primary.
        machines.standby.tell("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'register'")
        before = len(writing.acknowledged)
        until(lambda: len(writing.acknowledged) >= before + 5, lambda: writing.told[-3:])

    for claim in writing.acknowledged:
        assert scene.li.saw(f"/v1/claims/{claim}")["claim"] == claim
    checked = machines.services[0].run("fsck")
    assert checked.returncode == 0, checked.stdout + checked.stderr
