"""Peers: how one account decides beside others of the same role, in the same kind of step and the same span of days.

Of each account its newest steps are read, as many as of any other, so that whoever decided much is not compared with
whoever decided little; of those, the ones of a kind are held against each other. Of each measure it is said what is the
account's own, what is the peers' middle, between what the middle half of them lies, and at which place of all it
stands. Rows of a larger act are left out: nobody decided them one by one, and none of them waited (W 13).

A number that is unlike the others says where to look (P 17, W 16), and of whoever has few peers nothing: among four,
each is an outlier.

Shares are thousandths, spans of time seconds. `tests/projections/test_peers.py` shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median_low
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from ledger.vocabulary import LOCAL
from projections.conduct import NIGHT, QUICK_SECONDS, SATURDAY

STEPS_MOST: Final = 200
"""Of each account so many steps, the newest of whatever kind."""
STEPS_LEAST: Final = 10
"""With fewer an account says nothing of how it decides, neither as the one asked about nor as a peer."""
PEERS_LEAST: Final = 5
KINDS_MOST: Final = 2
"""So many kinds of steps are compared, those that the account took most often."""
_SECOND_US: Final = 1_000_000
_HOURS: Final = 24


class Asks(Protocol):
    """The file of traces (`projections.files.reader.Reader`)."""

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]: ...


class Span(NamedTuple):
    """Between which times, in microseconds; the second is left out."""

    first: int
    last: int


class Measure(NamedTuple):
    """One number of an account beside those of its peers."""

    name: str
    own: int
    low: int           # A quarter of the peers lie below,
    middle: int
    high: int          # and a quarter above.
    place: int         # 1: nobody's is higher.
    of: int            # Peers and itself: of whoever it can be said at all.


class Compared(NamedTuple):
    """How an account decides in one kind of step, beside its peers."""

    role: str
    what: str
    steps: int                         # Of its own that were read.
    peers: int
    measures: tuple[Measure, ...]      # None where there are too few peers.
    hours: tuple[int, ...]             # By the hour of the day, in thousandths: its own,
    peers_hours: tuple[int, ...]       # and what is the middle one of its peers.


def compared(
    traces: Asks, actor: str, candidates: Sequence[str], span: Span, *, as_of: int
) -> tuple[Compared, ...]:
    """Compare an account with those of these that took the same kinds of steps in the same role."""
    newest = _steps(traces, (actor, *(one for one in candidates if one != actor)), span, as_of)
    own = newest.pop(actor, {})
    kinds = sorted(own, key=lambda kind: (-len(own[kind]), kind))[:KINDS_MOST]
    return tuple(_beside(*kind, own[kind], [steps for one in newest.values()
                                            if len(steps := one.get(kind, ())) >= STEPS_LEAST])
                 for kind in kinds if len(own[kind]) >= STEPS_LEAST)


class Step(NamedTuple):
    """A step that a hand took."""

    at: int
    waited: int | None
    papers: int | None
    opened: int | None
    correlation: str | None


_Kind = tuple[str, str]  # In which role, and what.


def _steps(traces: Asks, actors: Iterable[str], span: Span, as_of: int) -> dict[str, dict[_Kind, list[Step]]]:
    """The newest steps of each account by their kind, oldest first."""
    newest = ("SELECT event FROM step n WHERE n.actor = j.value AND n.at >= :first AND n.at < :last "
              f"AND n.act IS NULL AND n.from_position <= :as_of ORDER BY n.at DESC LIMIT {STEPS_MOST}")
    query = ("SELECT s.actor, s.role, s.what, s.at, s.waited, s.papers, s.opened, s.correlation "
             f"FROM json_each(:actors) j CROSS JOIN step s ON s.event IN ({newest}) ORDER BY j.key, s.at, s.event")
    values = {"actors": msgspec.json.encode(list(actors)).decode(), "as_of": as_of, **span._asdict()}
    found: dict[str, dict[_Kind, list[Step]]] = {}
    for who, role, what, *step in traces.rows(query, values):
        found.setdefault(who, {}).setdefault((role, what), []).append(Step(*step))
    return found


def _beside(role: str, what: str, own: Sequence[Step], peers: Sequence[Sequence[Step]]) -> Compared:
    mine, theirs = measures(own), [measures(one) for one in peers]
    enough = len(peers) >= PEERS_LEAST
    told = tuple(_measure(name, value, [one[name] for one in theirs if name in one]) for name, value in mine.items()
                 if sum(name in one for one in theirs) >= PEERS_LEAST) if enough else ()
    hours = [_hours(one) for one in peers]
    return Compared(role, what, len(own), len(peers), told, _hours(own),
                    tuple(median_low([one[hour] for one in hours]) for hour in range(_HOURS)) if enough else ())


def _measure(name: str, own: int, theirs: list[int]) -> Measure:
    ordered, last = sorted(theirs), len(theirs) - 1
    return Measure(name, own, ordered[last // 4], median_low(ordered), ordered[-1 - last // 4],
                   1 + sum(one > own for one in theirs), len(theirs) + 1)


def measures(steps: Sequence[Step]) -> Mapping[str, int]:
    """What the steps of one account come to; a share that nothing could be of is left out."""
    times = [datetime.fromtimestamp(one.at // _SECOND_US, LOCAL) for one in steps]
    quick, together = _pace(steps)
    papers = [one for one in steps if one.papers and one.opened is not None]
    waited = [one.waited // _SECOND_US for one in steps if one.waited is not None]
    found = {} if not waited else {"waited_seconds": median_low(waited)}
    found |= {
        "quick": _share(quick, len(steps)), "together": _share(together, len(steps)),
        "at_night": _share(sum(at.hour in NIGHT for at in times), len(steps)),
        "on_weekends": _share(sum(at.weekday() >= SATURDAY for at in times), len(steps)),
    }
    if papers:
        found["none_opened"] = _share(sum(one.opened == 0 for one in papers), len(papers))
    return found


def _pace(steps: Sequence[Step]) -> tuple[int, int]:
    """How many followed the one before too soon, and how many came with it (`projections.conduct`)."""
    quick = together = 0
    for before, one in pairwise(steps):
        if one.correlation is not None and one.correlation == before.correlation:
            together += 1
        elif one.at - before.at < QUICK_SECONDS * _SECOND_US:
            quick += 1
    return quick, together


def _hours(steps: Sequence[Step]) -> tuple[int, ...]:
    many = Counter(datetime.fromtimestamp(one.at // _SECOND_US, LOCAL).hour for one in steps)
    return tuple(_share(many[hour], len(steps)) for hour in range(_HOURS))


def _share(part: int, whole: int) -> int:
    return (2_000 * part + whole) // (2 * whole)
