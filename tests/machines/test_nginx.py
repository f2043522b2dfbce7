"""The configuration of nginx that is shipped does what it says, with nothing changed but addresses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.paper_kit import PDF, digest
from tests.journeys.register_kit import Town
from tests.machines.cluster_kit import NGINX, TLS_PORT, Cluster, FromHost, cluster

pytestmark = [pytest.mark.requires_system("ip", "nginx", "openssl"), pytest.mark.torture]


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("machines"), XUESHI_CHECKPOINT_SECONDS="1") as machines:
        yield machines


@pytest.fixture(scope="module")
def town(machines: Cluster) -> Town:
    return machines.town()


def test_a_large_paper_comes_through(town: Town) -> None:
    li, paper = town.person("李明"), PDF.replace(b"startxref", b"%" * 15_000_000 + b"\nstartxref")
    sent = li.client.put(f"/v1/persons/{li.id}/evidence/{digest(paper)}", paper, name="证书.pdf")

    assert sent.status in (200, 201), sent.body.decode()


def test_a_tile_is_kept_and_nothing_that_is_somebodys(machines: Cluster, town: Town) -> None:
    li = town.person("王伟")
    tile = "/log/tile/0/000.p/3"
    for _ in range(3):
        assert li.saw(f"/v1/persons/{li.id}")["person"] == li.id
        answer = machines.client().get(tile)
        assert (answer.status, len(answer.body)) == (200, 96)
        li.client.get("/log/tile/entries/000.p/3")
        machines.client().bearing(town.founder.token).get("/log/tile/entries/000.p/3")
    kept = [path.read_bytes() for path in (machines.folder / "cache").rglob("*") if path.is_file()]

    assert len(kept) == 1 and f"KEY: {tile}".encode() in kept[0]


def test_whoever_names_another_address_each_time_is_still_one_place(machines: Cluster) -> None:
    visitor = FromHost(machines.visitor, machines.proxy.address, TLS_PORT, trusting=machines.certificate)
    told = [visitor.send("POST", "/login", {"X-Forwarded-For": f"198.51.100.{number}"}, b"").status
            for number in range(250)]  # Two hosts let 60 a minute pass, each for itself.

    assert 429 not in told[:60] and 429 in told


def test_what_keepers_ask_is_not_for_everybody(machines: Cluster) -> None:
    for path in ("/readyz", "/metrics"):
        assert machines.client().get(path).status == 404
        assert machines.direct(machines.services[0]).get(path).status == 200


def test_a_host_that_stops_is_left_out_and_nobody_who_reads_is_told(machines: Cluster, town: Town) -> None:
    li, one = town.person("赵刚"), machines.services[0]
    one.stop()
    try:
        for _ in range(20):
            assert li.saw(f"/v1/persons/{li.id}")["person"] == li.id
    finally:
        one.start()


def test_a_page_without_tls_is_led_to_it_and_a_program_is_told(machines: Cluster) -> None:
    """V4.1.2: whoever sent a token in the clear hears of it, and is not led on as if nothing had been."""
    plainly = FromHost(machines.visitor, machines.proxy.address, 8080)
    page = plainly.send("GET", "/login?to=/claims", {}, None)

    assert (page.status, page.headers["location"].partition(":")[0]) == (301, "https")
    for method, path in (("GET", "/log/key"), ("GET", "/v1/words"), ("POST", "/v1/claims")):
        answer = plainly.send(method, path, {"Authorization": "Bearer xsl_any"}, None)
        assert answer.status == 403 and "换发" in answer.body.decode(), path
        assert "location" not in answer.headers


def test_every_answer_over_tls_says_that_it_is_never_asked_without(machines: Cluster) -> None:
    """V3.4.1: also what nginx answers by itself, and a tile that it keeps."""
    for path in ("/login", "/v1/words", "/readyz", "/log/tile/0/000.p/1"):
        said = machines.client().get(path).headers["strict-transport-security"]
        assert said == "max-age=31536000; includeSubDomains", path


def test_what_has_to_be_changed_is_marked() -> None:
    text = NGINX.read_text("utf-8")
    assert text.count("# 改") == 5
    kept = Path(text.split("proxy_cache_path ")[1].split()[0])
    assert kept.parent.is_dir(), "nginx makes one folder, not the one above: nginx -t fails as it is shipped"
