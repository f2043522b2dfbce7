"""What has to hold of every run, however fast the machine is: no write is lost, all are answered, nobody starves."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from api.register.register import open_register
from api.settings import Settings
from ledger.events.case import CaseOpened
from ledger.events.claim import ClaimApproved, ClaimSubmitted
from ledger.events.exam import SeatBooked
from tests.bench.december.buckets import Buckets
from tests.bench.december.place import Place
from tests.bench.december.run import Ran
from tests.bench.http import XUESHI

QUICK = ("looks", "claims", "queues", "bookings", "watch")
"""Classes whose requests are alike in what they cost: of these none may wait far longer than the others."""
TIMES_MOST = 8
"""So many times as long as the middle one of them; what lasts less than `_SHORT` is no starving."""
_SHORT_MICROS = 2_000_000
_EVENTS = {"claims": ClaimSubmitted, "bookings": SeatBooked, "approvals": ClaimApproved, "investigation": CaseOpened}
_ALLOWED = frozenset({"done", "refused", "told_to_wait", "gave_up"})


class Promise(NamedTuple):
    """One, in words, whether it was kept, and what was seen."""

    words: str
    is_kept: bool
    seen: str


def promises(ran: Ran, place: Place) -> list[Promise]:
    """Look at what came of it, the service being stopped."""
    return [*_of_the_log(ran, place), *_of_answers(ran), _of_fairness(ran), _of_fsck(place)]


def _of_the_log(ran: Ran, place: Place) -> Iterator[Promise]:
    register = open_register(Settings(data_folder=place.data), create=False)
    try:
        found, after = dict[int, tuple[str, object]](), place.positions
        while some := register.ledger.read(after, 5_000):
            found |= {one.position: (one.envelope.stream, one.envelope.event) for one in some}
            after = some[-1].position
    finally:
        register.close()
    lost = [one for one in ran.clients.written
            for position in one.positions[:1]
            if one.kind in _EVENTS and (position not in found or found[position][0] != one.stream
                                        or not isinstance(found[position][1], _EVENTS[one.kind]))]
    lost += [one for one in ran.clients.written if any(position not in found for position in one.positions)]
    yield Promise("every write that was acknowledged is in the log, at its position",
                  not lost, f"{len(ran.clients.written):,} acknowledged, {len(lost)} missing")
    # Rosters bring claims of their own; whoever heard nothing may have written all the same.
    written = Counter(type(event) for _, event in found.values() if not _is_of_a_roster(event))
    unheard = sum(counts.outcomes[name] for counts in ran.clients.counts.values()
                  for name in counts.outcomes if name not in _ALLOWED)
    told = Counter(one.kind for one in ran.clients.written)
    doubled = {kind: written[_EVENTS[kind]] - told[kind] for kind in ("claims", "bookings")}
    yield Promise("and nothing stands there twice", all(0 <= more <= unheard for more in doubled.values()),
                  ", ".join(f"{kind}: {written[_EVENTS[kind]]:,} written, {told[kind]:,} acknowledged"
                            for kind in doubled))


def _is_of_a_roster(event: object) -> bool:
    return isinstance(event, ClaimSubmitted) and event.origin != "self"


def _of_answers(ran: Ran) -> Iterator[Promise]:
    outcomes = Counter[str]()
    for kind, counts in ran.clients.counts.items():
        for name, many in counts.outcomes.items():
            if kind != "replay" and name not in _ALLOWED and name != "not_over":
                outcomes[f"{kind}: {name}"] += many
    yield Promise("everyone is answered in time, and refused only with a time to come back", not outcomes,
                  ", ".join(f"{name} {many}" for name, many in outcomes.items()) or "no exception")
    told = sum(counts.outcomes["told_to_wait"] for counts in ran.clients.counts.values())
    gave_up = sum(counts.outcomes["gave_up"] for counts in ran.clients.counts.values())
    yield Promise("whoever comes back when told to is served", gave_up <= told // 20,
                  f"{told:,} told to come back, {gave_up:,} gave up after six times")


def _of_fairness(ran: Ran) -> Promise:
    worst, where = 0.0, ""
    for stretch in ran.shape.stretches[1:]:
        p99 = {kind: within(ran, kind, stretch.begins, stretch.ends).at(0.99) for kind in QUICK}
        p99 = {kind: value for kind, value in p99.items() if value}
        middle = sorted(p99.values())[len(p99) // 2] if p99 else 0
        for kind, value in p99.items():
            times = value / max(1, middle)
            if value > _SHORT_MICROS and times > worst:
                worst, where = times, f"{kind} in {stretch.name}: {value // 1_000:,} ms against {middle // 1_000:,} ms"
    return Promise(f"no class waits more than {TIMES_MOST} times as long as the middle one (p99, first answer)",
                   worst <= TIMES_MOST, where or "none waits longer than two seconds")


def _of_fsck(place: Place) -> Promise:
    done = subprocess.run([XUESHI, "fsck", "--data", str(place.data)], capture_output=True, text=True, check=False)
    last = (done.stdout.strip() or done.stderr.strip()).splitlines()[-1:]
    return Promise("fsck finds the log whole", done.returncode == 0, "".join(last))


def within(ran: Ran, kind: str, begins: int, ends: int, *, until_done: bool = False) -> Buckets:
    """How long it took, of a class, for what was due in these seconds."""
    counts, total = ran.clients.counts[kind], Buckets()
    for second, one in (counts.done if until_done else counts.first).items():
        if begins <= second < ends:
            total += one
    return total
