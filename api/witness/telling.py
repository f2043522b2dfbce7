"""How those outside answer, for the status page and for a monitor: numbers, and names that the policy gives them.

`tests/witness/test_outside_told.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ledger.witnessing.kept import Kept, seen_at, size_of


class Gauge(NamedTuple):
    """One measure with what it says, its labels, and its values by what these are."""

    name: str
    says: str
    labels: tuple[str, ...]
    values: dict[tuple[str, ...], int]


def outside(kept: Kept, *, now_s: int) -> dict[str, Any]:
    """The newest cosigned checkpoint with its age, how each one outside answered last, and whether there is a fork."""
    latest, dated = kept.latest(), kept.dated()
    return {
        "cosigned_size": None if latest is None else size_of(latest),
        "cosigned_age_s": None if latest is None else max(0, now_s - seen_at(latest)),
        "stamped_size": max((size for size in dated if kept.stamps(size)), default=None),
        "forks": sorted(kept.forks()),
        "each": [{"name": one.name, "kind": one.kind, "size": one.size,
                  "age_s": max(0, now_s - one.at) if one.at else None,
                  "failing_s": max(0, now_s - one.failing_since) if one.code else None, "code": one.code or None,
                  "reason": one.reason or None} for one in kept.answering()],
    }


def gauges(kept: Kept, *, now_s: int) -> Iterator[Gauge]:
    """The same as measures; of whom there is none nothing is said."""
    told = outside(kept, now_s=now_s)
    if told["cosigned_size"] is not None:
        yield Gauge("cosigned_events", "见证人足够的最新检查点的大小", (), {(): told["cosigned_size"]})
        yield Gauge("cosigned_age_seconds", "最近一次足够的联署距今的秒数", (), {(): told["cosigned_age_s"]})
    yield Gauge("log_forks", "本日志有两种历史的证明数", (), {(): len(told["forks"])})
    each: dict[tuple[str, ...], dict[str, Any]] = {
        (one["kind"], one["name"].encode("utf-8", "replace").decode()): one for one in told["each"]}
    values: dict[tuple[str, ...], int]
    for name, says, values in (
        ("outside_events", "各见证人和时间戳机构最后签到的大小", {key: one["size"] for key, one in each.items()}),
        ("outside_age_seconds", "其最近一次签署距今的秒数",
         {key: one["age_s"] for key, one in each.items() if one["age_s"] is not None}),
        ("outside_failing", "其最近一次没有签署为 1", {key: int(one["code"] is not None) for key, one in each.items()}),
    ):
        if values:
            yield Gauge(name, says, ("kind", "name"), values)
