"""How far each projection is, what keeps it, and the same as metrics for a monitor (Prometheus' text form, 0.0.4).

Numbers and names of ours only: they tell how large the log is, which its checkpoint tells anyone, and nothing of
people. `tests/api/test_upkeep.py` shows it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Final

from flask import Blueprint, Response

from api.house import House
from projections.differences import DifferencesFile
from projections.findings.found import FindingsFile
from projections.follower import Lag

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def upkeep(house: House) -> dict[str, Any]:
    """Every projection with its position, what it is behind, how far a build is, and what it cannot take."""
    lags = {**house.follower.lag(), DifferencesFile.name: house.differing.lag(),
            FindingsFile.name: house.detecting.lag()}
    return {
        "log_size": house.ledger.store.size(),
        "items": [{"name": name, **_told(lag)} for name, lag in lags.items()],
    }


def _told(lag: Lag) -> dict[str, Any]:
    failure = lag.failure
    return {
        "position": lag.position,
        "behind": max(0, lag.behind),
        "building": None if lag.building is None else lag.building._asdict(),
        "failure": None if failure is None else {"position": failure.position, "because": failure.because},
    }


def metrics(house: House) -> Blueprint:
    """What a monitor reads."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def read() -> Response:
        return Response("\n".join([*_lines(house), ""]), content_type=MEDIA_TYPE)

    return blueprint


def _lines(house: House) -> Iterable[str]:
    told = upkeep(house)
    each = {one["name"]: one for one in told["items"]}
    yield from _gauge("xueshi_info", "版本", {f'version="{version("xueshi-ledger")}"': 1})
    yield from _gauge("xueshi_process", "答复本次请求的进程", {"": os.getpid()})
    yield from _gauge("xueshi_log_events", "账本中的事件数", {"": told["log_size"]})
    yield from _gauge("xueshi_follows", "本进程维护投影为 1，由另一进程维护为 0", {"": int(house.follower.follows)})
    for name, says, read in (
        ("position", "投影已处理到第几个事件", lambda one: one["position"]),
        ("behind_events", "投影落后多少个事件", lambda one: one["behind"]),
        ("failed", "投影停在出错的事件之前为 1", lambda one: int(one["failure"] is not None)),
        ("building", "投影正在重建为 1", lambda one: int(one["building"] is not None)),
        ("build_done_events", "重建已处理的事件数", lambda one: one["building"] and one["building"]["done"]),
        ("build_rate_events", "重建每秒处理的事件数", lambda one: one["building"] and one["building"]["rate"]),
    ):
        found = {f'projection="{key}"': value for key, one in each.items() if (value := read(one)) is not None}
        yield from _gauge(f"xueshi_projection_{name}", says, found)


def _gauge(name: str, says: str, values: dict[str, int]) -> Iterable[str]:
    """One measure with its help; of one that has no values nothing is said."""
    if values:
        yield f"# HELP {name} {says}"
        yield f"# TYPE {name} gauge"
    for label, value in values.items():
        yield f"{name}{{{label}}} {value}" if label else f"{name} {value}"
