"""A service on a real replica: what it answers is proved, says how old it may be, and never what only a primary may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.client import Client
from ledger.offline.verify import verify_file
from ledger.proof.keys import parse_vkey
from ledger.proof.policy import trust
from tests.journeys.register_kit import XUESHI
from tests.machines.cluster_kit import PORT, REGISTER, Cluster, FromHost, Service, cluster
from tests.machines.test_standby_server import Scene, alone
from tests.waiting import until

pytestmark = [pytest.mark.requires_system("ip"), pytest.mark.torture]


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path, hosts=1, proxied=False, XUESHI_CHECKPOINT_SECONDS="1", XUESHI_THREADS="8") as machines:
        yield machines


@pytest.fixture
def reading(machines: Cluster) -> Iterator[Client]:
    """A service beside the standby, which knows no other server."""
    first = machines.services[0]
    host = machines.lan.host("app9")
    beside = Service(host, machines.folder / "app9", {
        **first.environment, "XUESHI_DATABASE": alone(machines, 1, REGISTER), "XUESHI_LISTEN_HOST": host.address})
    beside.command = [XUESHI, "standby", "--primary", first.address, "--behind-most", "2"]
    beside.start()
    try:
        yield Client(FromHost(machines.visitor, host.address, PORT))
        beside.stop()
    finally:
        beside.kill()


def test_a_replica_answers_with_its_position_through_a_pause_a_cut_and_its_promotion(
    machines: Cluster, reading: Client, tmp_path: Path
) -> None:
    scene = Scene(machines)
    scene.li.did("/v1/claims", scene.claim(0))
    size = int(_asked(machines, "SELECT max(position) FROM ledger.events"))
    until(lambda: int(reading.get("/v1/standby").headers["xueshi-position"]) >= size)
    told = reading.get("/v1/standby")
    assert told.headers["xueshi-role"] == "standby"
    until(lambda: reading.get("/readyz").headers["xueshi-behind-ms"] == "0")

    token = (machines.folder / "shared" / "keys" / "reader.token").read_text().strip()
    reader = reading.bearing(token)
    until(lambda: reader.get(f"/v1/events/{size}/proof").status == 200)
    (tmp_path / "proof").write_bytes(reader.get(f"/v1/events/{size}/proof").body)
    keys = reading.get("/log/key").body.decode().split()
    assert verify_file(tmp_path / "proof", trust(*map(parse_vkey, keys))).events[0]["position"] == size
    refused = reading.post("/v1/claims", scene.claim(1), key="a-key-that-is-long-enough-1")
    assert refused.status == 503 and b"standby_reads_only" in refused.body
    assert machines.services[0].address in refused.headers["link"]

    machines.primary.tell("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()")
    machines.standby.pause()
    stands = int(reading.get("/v1/standby").headers["xueshi-position"])
    for number in range(2, 5):
        scene.li.did("/v1/claims", scene.claim(number))
    newest = int(_asked(machines, "SELECT max(position) FROM ledger.events"))
    until(lambda: int(reading.get("/v1/standby").headers["xueshi-behind-ms"]) > 2_000)
    late = reading.get("/log/checkpoint")
    assert late.status == 200 and int(late.headers["xueshi-position"]) == stands < newest
    assert reading.get("/readyz").status == 503
    assert reader.get(f"/v1/events/{newest}/proof").status == 503

    machines.standby.tell("SELECT pg_wal_replay_resume()")
    until(lambda: int(reading.get("/v1/standby").headers["xueshi-position"]) >= newest)
    machines.services[0].kill()
    machines.primary.host.unplug()
    machines.standby.tell("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
    until(lambda: reading.get("/v1/standby").headers["xueshi-behind-ms"] == "unknown")
    assert reading.get("/log/key").status == 200 and reading.get("/readyz").status == 503

    machines.standby.promote()
    until(lambda: reading.get("/v1/standby").headers["xueshi-role"] == "primary")
    assert reading.get("/readyz").status == 200


def _asked(machines: Cluster, question: str) -> str:
    with machines.primary.connect(REGISTER) as connection:
        return str(connection.execute(question).fetchone()[0])
