"""Two versions of the program side by side on one register: the database first, then one host after another."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from ledger.stores.postgres_schema import steps
from tests.machines.cluster_kit import Cluster, Service, cluster
from tests.machines.test_machines import TRAINING, Writing
from tests.waiting import until

pytestmark = [pytest.mark.requires_system("ip", "nginx", "openssl"), pytest.mark.torture]

NEWER = f"""
import ledger.stores.postgres_schema as schema
known = schema.steps
added = schema.Step({len(steps()) + 1}, "remarks",
    "-- beside: {len(steps())}\\nCREATE TABLE {{schema}}.remarks (position bigint PRIMARY KEY, remark text NOT NULL);")
schema.steps = lambda package=schema.LOG: (*known(package), added) if package == schema.LOG else known(package)
from api.cli import main
main()
"""


def out_of_the_way(machines: Cluster, service: Service, *, is_out: bool) -> None:
    """Tell the proxy to send nobody to a host any more, or to do so again, as whoever upgrades does."""
    file, line = machines.folder / "nginx.conf", f"server {service.host.address}:8040"
    text = file.read_text("utf-8")
    file.write_text(text.replace(line, f"{line} down") if is_out else text.replace(f"{line} down", line), "utf-8")
    assert machines.nginx is not None
    machines.nginx.send_signal(signal.SIGHUP)


def test_hosts_are_upgraded_one_after_another_and_nobody_is_told(
    tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    with cluster(tmp_path, XUESHI_CHECKPOINT_SECONDS="1") as machines:
        town = machines.town()
        works = town.unit("某厂", "330203", "industry")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        li = town.person("李明")
        town.belongs(li, works, clerk, "2020-01-01")
        newer = [sys.executable, "-c", NEWER]

        with Writing(li, town.claim(li, "", **TRAINING)) as writing:
            def some_more() -> None:
                before = len(writing.acknowledged)
                until(lambda: len(writing.acknowledged) >= before + 10)

            some_more()
            migrated = machines.services[0].run("migrate", program=newer)
            assert "remarks" in migrated.stdout, migrated.stdout + migrated.stderr
            some_more()
            for service in machines.services:
                out_of_the_way(machines, service, is_out=True)
                some_more()
                service.stop()
                service.command = [*newer, "serve"]
                service.start()
                out_of_the_way(machines, service, is_out=False)
                some_more()

        assert writing.told == [] and writing.lost == 0
        assert len(set(writing.acknowledged)) == len(writing.acknowledged)
        record_property("tried", len(writing.acknowledged))
        for claim in writing.acknowledged[::50]:
            assert li.saw(f"/v1/claims/{claim}")["claim"] == claim
        checked = machines.services[1].run("fsck", program=newer)
        assert checked.returncode == 0, checked.stdout + checked.stderr
