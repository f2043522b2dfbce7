"""What a monitor reads: how everything stands, what was asked and refused in all processes, and nothing of anybody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.register import last_done
from projections.answers import EVERY
from tests.api.house_kit import Someone, Town, house_in, study

CANARY = "欧阳金丝雀"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("metrics") / "data") as town:
        yield town


def read(town: Town) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(town.nobody.get("/metrics").text) for sample in family.samples
    }


def value(town: Town, name: str, **labels: str) -> float | None:
    return read(town).get((name, frozenset(labels.items())))


def test_a_monitor_reads_how_the_log_and_each_projection_stand(town: Town) -> None:
    town.person()
    assert town.house.settled() is None
    size = town.house.ledger.store.size()

    assert town.nobody.get("/metrics").content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert value(town, "xueshi_log_events") == size
    assert value(town, "xueshi_lease", task="keeper") == 1
    for one in EVERY:
        assert value(town, "xueshi_projection_position", projection=one.name) == size
        assert value(town, "xueshi_projection_failed", projection=one.name) == 0


def test_every_measure_says_in_chinese_what_it_is(town: Town) -> None:
    text = town.nobody.get("/metrics").text
    told = dict(re.findall(r"^# HELP (xueshi_\S+) (.+)$", text, re.MULTILINE))

    assert {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")} == set(told)
    assert all(re.search(r"[\u4e00-\u9fff]", words) for words in told.values())


def test_an_event_that_no_checkpoint_holds_is_counted_in_seconds_until_one_does(town: Town) -> None:
    town.house.register.signer.checkpoint()
    assert value(town, "xueshi_log_unsigned_seconds") == 0

    town.person()
    assert value(town, "xueshi_log_signed_events") == town.house.ledger.store.size() - 1

    town.house.register.signer.checkpoint()
    assert value(town, "xueshi_log_signed_events") == town.house.ledger.store.size()


def test_requests_are_counted_by_route_and_never_by_address(town: Town) -> None:
    person = town.person()
    route = "/v1/persons/<person:person>/years"
    counted = {"route": route, "method": "GET"}
    before = value(town, "xueshi_requests_total", **counted, status="200") or 0

    person.years()

    assert value(town, "xueshi_requests_total", **counted, status="200") == before + 1
    assert value(town, "xueshi_request_seconds_count", **counted) == before + 1
    assert person.id not in town.nobody.get("/metrics").text


def test_addresses_that_lead_nowhere_and_methods_that_are_none_count_as_one(town: Town) -> None:
    for number in range(3):
        town.nobody.get(f"/{CANARY}/{number}")
        town.nobody.client.open("/livez", method=f"X{number}")

    assert value(town, "xueshi_requests_total", route="none", method="GET", status="404") == 3
    assert "X1" not in town.nobody.get("/metrics").text


def test_a_refusal_is_counted_by_its_code(town: Town) -> None:
    before = value(town, "xueshi_problems_total", code="not_found") or 0

    town.nobody.get("/v1/nothing-here")

    assert value(town, "xueshi_problems_total", code="not_found") == before + 1


def test_a_commit_is_counted_with_its_events(town: Town) -> None:
    commits, events = value(town, "xueshi_commit_events_count"), value(town, "xueshi_commit_events_sum")
    size = town.house.ledger.store.size()
    assert commits is not None and events is not None

    town.person()

    assert value(town, "xueshi_commit_events_count") == commits + 1
    assert value(town, "xueshi_commit_events_sum") == events + town.house.ledger.store.size() - size


def test_what_was_done_last_for_the_register_is_told_with_how_long_ago(town: Town) -> None:
    assert value(town, "xueshi_done_seconds", what="backup") is None, "nobody noted one"

    last_done.note(town.house.register.folder, "backup", size=1, holds=True)
    last_done.note(town.house.register.folder, "fsck", size=1, holds=False)

    assert value(town, "xueshi_done_holds", what="backup") == 1
    assert value(town, "xueshi_done_holds", what="fsck") == 0
    assert 0 <= (value(town, "xueshi_done_seconds", what="backup") or 0) < 60


def test_the_machine_is_told_as_far_as_it_concerns_us(town: Town) -> None:
    assert (value(town, "xueshi_processes") or 0) >= 1, "and whatever other tests have left running"
    assert (value(town, "xueshi_memory_bytes") or 0) > 10_000_000
    assert (value(town, "xueshi_open_files") or 0) >= 3
    assert (value(town, "xueshi_disk_free_bytes") or 0) > 0


def test_no_name_no_number_and_no_token_is_in_any_measure(town: Town) -> None:
    person = town.person(CANARY)
    person.post("/v1/claims", person.claim(study(), title=CANARY))
    Someone(town.client(), CANARY.encode().hex()).get("/v1/persons/per_01m81mwa58m3b88eb4906a")
    town.nobody.get("/v1/statements", code=CANARY)
    text = town.nobody.get("/metrics").text

    for canary in (CANARY, person.id, person.token, CANARY.encode().hex(), "金丝雀"):
        assert str(canary) not in text


def test_a_part_that_cannot_be_read_is_left_out_and_the_rest_is_told(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_folder: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("api.metrics.standing.shutil.disk_usage", gone)
    told = read(town)

    assert ("xueshi_disk_free_bytes", frozenset()) not in told
    assert ("xueshi_log_events", frozenset()) in told


TOGETHER = """
import os
from api import metrics
with metrics.shared_in():
    for _ in range(3):
        if not (child := os.fork()):
            from api.metrics.counted import Counted
            Counted().committed(5, 1_000)
            os._exit(0)
        os.waitpid(child, 0)
    from api.metrics.counted import Counted
    from prometheus_client import generate_latest
    from api.metrics.standing import processes
    print(generate_latest(Counted().registry).decode())
"""


def test_several_processes_count_together_also_those_that_are_gone(tmp_path: Path) -> None:
    told = subprocess.run([sys.executable, "-c", TOGETHER], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[2], env={**os.environ, "TMPDIR": str(tmp_path)}).stdout
    counted = {each.name: each.value for family in text_string_to_metric_families(told) for each in family.samples}

    assert (counted["xueshi_commit_events_count"], counted["xueshi_commit_events_sum"]) == (3, 15)
