"""Every alert rests on what a running service tells, fires when it should, and is silent while all is well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from promql_kit import At, Labels, fires, selectors

from api.console.screens import page_routes
from api.register import last_done
from api.service.app import create_app
from tests.api.house_kit import house_in

ROOT = Path(__file__).parents[2]
RULES = {rule["alert"]: rule for group in yaml.safe_load(
    (ROOT / "api" / "deploy" / "alerts.yml").read_text("utf-8"))["groups"] for rule in group["rules"]}
GUIDE = (ROOT / "api" / "operators-running.md").read_text("utf-8")
Told = dict[tuple[str, Labels], float]


def series(name: str, **labels: str) -> tuple[str, Labels]:
    return name, frozenset(labels.items())


ELSEWHERE = {  # What one house alone does not tell, as the services tell it that have it: witnesses, copies of keys.
    series("up", job="xueshi"): 1.0, series("xueshi_cosigned_age_seconds"): 60.0,
    series("xueshi_key_copy_seconds"): 3_600.0, series("xueshi_key_copies"): 2.0,
    series("xueshi_disk_free_bytes"): 500e9, series("xueshi_jobs", state="queued"): 0.0,
}
POSTED, SEEN = {"route": "/v1/claims", "method": "POST"}, {"route": "/v1/claims", "method": "GET"}


def requests(status: int, count: int, **labels: str) -> Told:
    return {series("xueshi_requests_total", status=str(status), **(labels or SEEN)): count}


def took(name: str, count: int, seconds: str, **labels: str) -> Told:
    bounds = ("0.001", "0.1", "0.5", "2.5", "+Inf")
    return {series(f"{name}_bucket", le=le, **labels): count * (float(le) >= float(seconds)) for le in bounds}


BAD: dict[str, Told] = {
    "XueshiDown": {series("up", job="xueshi"): 0},
    "XueshiNotSigned": {series("xueshi_log_unsigned_seconds"): 121},
    "XueshiLogGap": {series("xueshi_log_gap_days"): 90},
    "XueshiClockSet": {series("xueshi_clock_set_seconds"): 3_600},
    "XueshiForked": {series("xueshi_log_forks"): 1},
    "XueshiServedElsewhere": {series("xueshi_served_elsewhere"): 1},
    "XueshiNotSeen": {series("xueshi_cosigned_age_seconds"): 3_601},
    "XueshiProjectionFailed": {series("xueshi_projection_failed", projection="people"): 1},
    "XueshiProjectionBehind": {series("xueshi_projection_behind_events", projection="people"): 10_001},
    "XueshiErrors": requests(500, 40),
    "XueshiTurnedAway": requests(503, 40),
    "XueshiNothingRecorded": requests(503, 40, **POSTED),
    "XueshiSlow": took("xueshi_request_seconds", 1_000, "2.5", **SEEN),
    "XueshiCommitsSlow": took("xueshi_commit_seconds", 1_000, "0.5"),
    "XueshiSignInsRefused": requests(401, 3_000, route="/login", method="POST"),
    "XueshiDiskShort": {series("xueshi_disk_free_bytes"): 9e9},
    "XueshiBackupLate": {series("xueshi_done_seconds", what="backup"): 93_601},
    "XueshiCheckBroken": {series("xueshi_done_holds", what="fsck"): 0},
    "XueshiReadingLate": {series("xueshi_done_seconds", what="fsck"): 36 * 86_400},
    "XueshiKeyCopyLate": {series("xueshi_key_copies"): 0},
    "XueshiKeyCopyExpired": {series("xueshi_key_copies_expired"): 1},
    "XueshiJobsStuck": {series("xueshi_jobs", state="queued"): 6},
    "XueshiFilesShort": {series("xueshi_open_files"): 50_001},
}
"""For each alert what is told on the day that it is for."""
DRAGGED = {"XueshiNothingRecorded": {"XueshiTurnedAway"}}
"""Who is also called: a share of all requests is of those that write, too."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Told, set[str]]]:
    """What a healthy service tells, and its routes."""
    with house_in(tmp_path_factory.mktemp("alerts") / "data") as town:
        for what in last_done.EVERY:
            last_done.note(town.house.register.folder, what, size=1, holds=True)
        assert town.nobody.get("/nothing").status_code == 404
        town.person()
        town.house.register.signer.checkpoint()
        scraped = {(sample.name, frozenset(sample.labels.items())): sample.value for family in
                   text_string_to_metric_families(town.nobody.get("/metrics").text) for sample in family.samples}
        routes = {rule.rule for rule in create_app(town.house, blueprints=[page_routes()]).url_map.iter_rules()}
        yield scraped, routes


@pytest.fixture(scope="module")
def healthy(told: tuple[Told, set[str]]) -> Told:
    return {**told[0], **ELSEWHERE}


def history(before: Told, now: Told) -> list[At]:
    """Two scrapes, five minutes apart. What was counted for the first time now was nothing before."""
    began = {key: before.get(key, 0) for key in now if key in before or key[0].endswith(("_total", "_bucket"))}
    return [At(0, {**before, **began}), At(300, now)]


def test_nobody_is_called_while_all_is_well(healthy: Told) -> None:
    scrapes = history(healthy, {**healthy, **{key: value + 100 for key, value in healthy.items()
                                              if key[0].endswith("_total") and dict(key[1]).get("status") == "200"}})

    assert {name for name, rule in RULES.items() if fires(rule["expr"], scrapes)} == set()


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_fires_on_the_day_that_it_is_for_and_no_other_does(alert: str, healthy: Told) -> None:
    scrapes = history(healthy, {**healthy, **BAD[alert]})

    called = {name for name, rule in RULES.items() if fires(rule["expr"], scrapes)}

    assert called == {alert} | DRAGGED.get(alert, set())


@pytest.mark.parametrize("gone", ["backup", "fsck"])
def test_what_was_never_done_is_late(healthy: Told, gone: str) -> None:
    scrape = {key: value for key, value in healthy.items() if dict(key[1]).get("what") != gone}

    late = {"backup": "XueshiBackupLate", "fsck": "XueshiReadingLate"}[gone]
    assert fires(RULES[late]["expr"], history(scrape, scrape))


def test_a_build_that_is_behind_calls_nobody_and_a_disk_that_fills_does(healthy: Told) -> None:
    behind = {**BAD["XueshiProjectionBehind"], series("xueshi_projection_building", projection="people"): 1.0}
    assert not fires(RULES["XueshiProjectionBehind"]["expr"], history(healthy, {**healthy, **behind}))

    filling = {series("xueshi_disk_free_bytes"): 499e9}  # A gigabyte in five minutes.
    assert fires(RULES["XueshiDiskShort"]["expr"], history(healthy, {**healthy, **filling}))


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_asks_for_measures_labels_and_routes_that_there_are(
    alert: str, told: tuple[Told, set[str]]
) -> None:
    scraped, routes = told
    labels: dict[str, set[str]] = {}
    for name, key in (*scraped, *ELSEWHERE):
        labels.setdefault(name, set()).update(label for label, _ in key)

    for name, matchers in selectors(RULES[alert]["expr"]):
        assert name in labels and {label for label, _, _ in matchers} <= labels[name], name
        known = {"route": routes, "state": {"queued", "running", "done", "failed"}, "what": set(last_done.EVERY)}
        assert all(how == "=" and wanted in known[label] for label, how, wanted in matchers if label in known)


def test_the_guide_tells_of_measures_that_there_are(told: tuple[Told, set[str]]) -> None:
    measures = {re.sub(r"_(bucket|count|sum)$", "", name) for name, _ in (*told[0], *ELSEWHERE)}
    measures |= {"xueshi_lane_waiting", "xueshi_cosigned_events", "xueshi_outside_events"}  # Where somebody listens.

    assert set(re.findall(r"`(xueshi_\w+)", GUIDE)) <= measures


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_alert_says_what_is_wrong_and_leads_to_what_to_do(rule: dict[str, dict[str, str]]) -> None:
    file, _, anchor = rule["annotations"]["runbook"].partition("#")

    assert rule["labels"]["severity"] in ("page", "ticket")
    assert re.search(r"[\u4e00-\u9fff]", rule["annotations"]["summary"])
    paragraph = (ROOT / file).read_text("utf-8").partition(f"\n### {anchor}\n")[2].partition("\n##")[0]
    assert len(paragraph.strip()) > 40, "a heading alone tells nobody what to do"
