"""Three hosts write at once, and one of them is killed: one order, the same for everyone, nothing lost or doubled."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.machines.cluster_kit import cluster
from tests.machines.test_machines import TRAINING, Writing, at
from tests.waiting import until

pytestmark = [pytest.mark.requires_system("ip", "nginx", "openssl"), pytest.mark.torture]


def test_three_hosts_write_one_order_and_go_on_without_the_one_that_is_killed(
    tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    with cluster(tmp_path, hosts=3, XUESHI_CHECKPOINT_SECONDS="1") as machines, ExitStack() as stack:
        town = machines.town()
        works = town.unit("某厂", "330203", "industry")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        people = [town.person(f"李明{letter}") for letter in "甲乙丙丁戊己"]
        for person in people:
            town.belongs(person, works, clerk, "2020-01-01")

        writing = [stack.enter_context(Writing(person, town.claim(person, "", **TRAINING))) for person in people]

        def some_more(least: int) -> None:
            before = [len(one.acknowledged) for one in writing]
            until(lambda: all(len(one.acknowledged) >= was + least for one, was in zip(writing, before, strict=True)),
                  lambda: [one.told[-3:] for one in writing])

        some_more(20)
        machines.services[2].kill()
        some_more(20)
        machines.services[2].start()
        some_more(20)
        stack.close()

        every = [claim for one in writing for claim in one.acknowledged]
        assert len(set(every)) == len(every)
        record_property("tried", len(every))
        for number, (person, one) in enumerate(zip(people, writing, strict=True)):
            there = at(machines, number % 3, person)
            for claim in one.acknowledged[::10]:
                assert there.saw(f"/v1/claims/{claim}")["claim"] == claim
        tiles = {machines.direct(service).get("/log/tile/0/000").body for service in machines.services}
        assert len(tiles) == 1 and len(tiles.pop()) == 256 * 32
        checked = machines.services[0].run("fsck")
        assert checked.returncode == 0, checked.stdout + checked.stderr
