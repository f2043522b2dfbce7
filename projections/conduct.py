"""Conduct: what the steps come to that an account ended: how many, how fast, at what hours, with papers opened or not.

P 17 and W 16 hold whoever registers to account for it; the numbers say where to look, and nothing about anybody. Rows
of a larger act and what was decided in one request are counted once each, and never as fast: one look decided them all.

`tests/projections/test_conduct.py` shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median_low
from typing import Any, Final, NamedTuple

QUICK_SECONDS: Final = 60
"""Papers and rules are hardly read in less: two steps of different requests that lie closer together are counted."""
NIGHT: Final = frozenset({22, 23, 0, 1, 2, 3, 4, 5})
_HOURS: Final = 24
SATURDAY: Final = 5
_BEYOND: Final = frozenset({"override", "manual"})

Line = Mapping[str, Any]


class Conduct(NamedTuple):
    """Steps that were ended, counted."""

    steps: int
    kinds: dict[str, int]              # By what they came to.
    hours: tuple[int, ...]             # By the hour of the day, 0 to 23, as clocks here show it.
    at_night: int                      # From ten in the evening to six in the morning.
    on_weekends: int                   # Saturdays and Sundays; what was moved between them and workdays is not known.
    waited_seconds: tuple[int, int, int] | None   # The least, the middle one, the most.
    quick: int                         # So soon after the step before that hardly anything was read.
    together: int                      # Decided in one request with the step before.
    own_organisation: int
    with_papers: int                   # Approvals of claims that showed papers:
    all_opened: int
    none_opened: int
    beyond: tuple[Line, ...]           # Approvals where the office gave the hours, and not a row of the law.


def conduct(lines: Iterable[Line]) -> Conduct:
    """Count the lines of an account's timeline that ended a step of open work."""
    steps = sorted((line for line in lines if "decision" in line), key=lambda line: int(line["event"]))
    times = [datetime.fromisoformat(line["recorded_at"]) for line in steps]
    hours = Counter(at.hour for at in times)
    waited = [line["decision"]["waited_seconds"] for line in steps]
    papers = [(one["evidence"], one["evidence_opened"]) for line in steps
              if (one := line["decision"]).get("evidence")]
    quick, together = _pace(steps, times)
    return Conduct(
        steps=len(steps), kinds=dict(Counter(line["what"] for line in steps).most_common()),
        hours=tuple(hours[hour] for hour in range(_HOURS)), at_night=sum(hours[hour] for hour in NIGHT),
        on_weekends=sum(at.weekday() >= SATURDAY for at in times),
        waited_seconds=(min(waited), median_low(waited), max(waited)) if waited else None,
        quick=quick, together=together,
        own_organisation=sum(line["decision"]["own_organisation"] for line in steps),
        with_papers=len(papers), all_opened=sum(shown == seen for shown, seen in papers),
        none_opened=sum(seen == 0 for _, seen in papers), beyond=tuple(filter(is_beyond, steps)),
    )


def is_beyond(line: Line) -> bool:
    """Say whether an office gave the hours itself: where no row gives them, or more than its row ordinarily gives."""
    ruling = (line["facts"] or {}).get("ruling")
    return ruling is not None and (ruling["status"] in _BEYOND or bool(_BEYOND.intersection(ruling.get("flags", ()))))


def _pace(steps: Sequence[Line], times: Sequence[datetime]) -> tuple[int, int]:
    """How many steps followed the one before too soon, and how many came with it."""
    quick = together = 0
    for at in range(1, len(steps)):
        one, before = steps[at], steps[at - 1]
        if any(one[name] is not None and one[name] == before[name] for name in ("correlation", "act")):
            together += 1
        elif times[at] - times[at - 1] < timedelta(seconds=QUICK_SECONDS):
            quick += 1
    return quick, together
