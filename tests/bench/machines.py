"""A database that falls under a register that two hosts serve: how long nobody is acknowledged, and what is lost.

Claims are submitted through the proxy without a pause while the primary is killed, or its cable cut, and the standby
promoted at once: what is measured is ours, from the promotion's beginning to the next claim that is acknowledged.
Every claim that was acknowledged is looked for afterwards. Hosts are network namespaces, so root measures this.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from tests.bench import Figure
from tests.machines.cluster_kit import Cluster, cluster
from tests.machines.test_machines import TRAINING, Writing
from tests.waiting import until

ROUNDS = 3
_BEFORE = 20
_MOST_S = 120


def rows() -> Iterator[Figure]:
    """Seconds until a promoted standby serves."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    if os.geteuid():
        print("machines: only root makes hosts with networks of their own; nothing is measured", file=sys.stderr)
        return
    killed, lost = zip(*(_fallen(is_cut=False) for _ in range(ROUNDS)), strict=True)
    yield Figure("the primary is killed: until a claim is acknowledged on the promoted standby, two hosts, median",
                 statistics.median(killed), "s", most=10)
    yield Figure("acknowledged claims that are lost", float(sum(lost)), "claims", most=0)
    cut, lost_too = _fallen(is_cut=True)
    yield Figure("the same where the primary's cable is cut and nobody is told", cut, "s", most=10)
    yield Figure("acknowledged claims that are lost, the cable cut", float(lost_too), "claims", most=0)


def _fallen(*, is_cut: bool) -> tuple[float, int]:
    with TemporaryDirectory() as folder, cluster(Path(folder)) as machines:
        return _measured(machines, is_cut=is_cut)


def _measured(machines: Cluster, *, is_cut: bool) -> tuple[float, int]:
    town = machines.town()
    works = town.unit("某厂", "330203", "industry")
    clerk = town.officer(works, "unit", "330203", unit=works["unit"])
    li = town.person("李明")
    town.belongs(li, works, clerk, "2020-01-01")
    with Writing(li, town.claim(li, "", **TRAINING)) as writing:
        until(lambda: len(writing.acknowledged) >= _BEFORE)
        if is_cut:
            machines.primary.host.unplug()
        else:
            machines.primary.stop()
        before, began = len(writing.acknowledged), time.perf_counter()
        machines.standby.promote()
        until(lambda: len(writing.acknowledged) > before, seconds=_MOST_S)
        took = time.perf_counter() - began
        until(lambda: len(writing.acknowledged) > before + _BEFORE, seconds=_MOST_S)
    found = [li.client.get(f"/v1/claims/{claim}").status for claim in writing.acknowledged]
    return took, sum(status != 200 for status in found)
