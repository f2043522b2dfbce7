"""Who is answered next when more ask than can be answered at once: lanes by what is asked for, each with its share.

A request waits in the lane of its kind, and within it behind nobody of other holders who have asked more often: so a
crowd that books seats keeps no office waiting, and a program that asks a thousand times keeps only itself waiting. A
lane that would have to wait too long takes no more: whoever comes then is told at once when to come back, each their
own second, as far apart as the lane gets through them. What is refused here was not read by any use case, so nothing
of it was written.

Servers put in what they read (`api.sockets.server`, `api.workers`) and their threads take it out. A lane holds at most
so many threads, so that what takes long leaves some to everyone else; a few are left to whoever watches over the
service.

`tests/api/test_lanes.py` shows it, and `tests/bench/december` what it does for a province in December.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Final, Generic, NamedTuple, TypeVar

_SECOND_NS: Final = 1_000_000_000
WAITING_MOST: Final = 4_096
"""Of one lane, whatever the estimate says: memory is not without end."""
OF_ONE_HOLDER_MOST: Final = 64
RETRY_MOST_S: Final = 120
_LEAST: Final = 8        # So few may always wait: an estimate of a lane that has just begun is worth nothing.
_LATE: Final = 3         # Whoever has waited so many times as long as was thought is told to come back.
_FIRST_NS: Final = 2_000_000
_LEARNS: Final = 16      # What was measured last counts for a sixteenth.


class Lane(NamedTuple):
    """A kind of requests: its weight against the others, the most of 32 threads it holds, the longest it waits."""

    name: str
    weight: int
    threads: int
    wait_s: int


LANES: Final = (
    Lane("watch", 16, 32, 10),
    Lane("looks", 4, 24, 3),
    Lane("writes", 4, 24, 3),
    Lane("office", 4, 24, 3),
    Lane("bookings", 2, 16, 3),
    Lane("public", 2, 8, 3),
    Lane("heavy", 2, 4, 10),
    Lane("feed", 1, 4, 10),
)
_OF_THREADS: Final = 32
_WATCH: Final = "watch"

# The first that fits: the path of a request, and for which method where that matters.
_RULES: Final = tuple((name, re.compile(pattern), only) for name, pattern, only in (
    (_WATCH, r"/(livez|readyz|metrics|version|static/.*|log/key)", None),
    ("feed", r"/v1/feed", None),
    ("heavy", r".*\.(csv|xlsx|zip|html)|.*/(pdf|page|verifier|file|archive|bundle|bulk|rosters|results|simulation|"
              r"shared|timeline|conduct|effects|packet|proof)", None),
    ("heavy", r"(/v1)?/(imports|replays|differences|findings|shared|access)(/.*)?|/v1/units/[^/]+/years", None),
    ("bookings", r"(/v1)?/(exams|bookings)(/.*)?", None),
    ("public", r"/(log/.*|verify.*|v/.*|login.*|password|register.*|openapi\.json|problems/.*|v1/(verifications|"
               r"password|docs.*))", None),
    ("public", r"/v1/(persons|units)", "POST"),
    ("office", r"/v1/(work|workload|claims:bulk|transfers/.*|applications.*|cases.*)|/(queue|cases|imports).*", None),
    ("office", r".*/(approval|endorsement|return|refusal|acceptance|confirmation|assignment|upholding)", "POST"),
))


def lane_of(method: str, target: str) -> str:
    """The lane of a request, by its first line alone."""
    path = target.partition("?")[0]
    for name, pattern, only in _RULES:
        if only in (None, method) and pattern.fullmatch(path):
            return name
    return "looks" if method in ("GET", "HEAD") else "writes"


Item = TypeVar("Item")


class Turn(Generic[Item]):
    """A request whose turn it is: to be answered, or to be told in how many seconds to come back and why."""

    __slots__ = ("began_ns", "come_back_s", "is_one_too_many", "item", "lane", "since_ns")

    def __init__(self, item: Item, lane: _Queue[Item], since_ns: int) -> None:
        self.item, self.lane, self.since_ns = item, lane, since_ns
        self.come_back_s = 0           # Not 0: it is turned away.
        self.is_one_too_many = False   # Of one holder's, and not of everyone's.
        self.began_ns = 0              # By the clock of its thread.


class _Queue(Generic[Item]):
    """A lane with those who wait in it, by whose they are."""

    def __init__(self, lane: Lane, threads: int) -> None:
        self.lane = lane
        self.most = max(1, lane.threads * threads // _OF_THREADS)
        self.holders: OrderedDict[bytes, deque[Turn[Item]]] = OrderedDict()
        self.waiting = self.working = self.turned_away = 0
        self.interval_ns = _FIRST_NS     # From one taken out to the next, while others wait.
        self.cost_ns = _FIRST_NS         # Of a processor, of one.
        self.taken_ns = 0                # When the last was, if others were left waiting; else 0.
        self.virtual_ns = 0              # What it has had, by its weight.
        self.slot_ns = 0                 # For when the last who was turned away was told to come back.

    def add(self, turn: Turn[Item], holder: bytes) -> None:
        self.holders.setdefault(holder, deque()).append(turn)
        self.waiting += 1

    def next(self, now_ns: int) -> Turn[Item]:
        """The next: one of each holder in turn."""
        holder, turns = self.holders.popitem(last=False)
        turn = turns.popleft()
        if turns:
            self.holders[holder] = turns
        self.waiting -= 1
        if self.taken_ns:
            self.interval_ns += (now_ns - self.taken_ns - self.interval_ns) // _LEARNS
        self.taken_ns = now_ns if self.waiting else 0
        return turn

    def expected_ns(self) -> int:
        """How long one more would wait."""
        return self.waiting * self.interval_ns

    def is_full(self) -> bool:
        too_long = self.waiting >= _LEAST and self.expected_ns() > self.lane.wait_s * _SECOND_NS
        return too_long or self.waiting >= WAITING_MOST

    def come_back(self, now_ns: int) -> int:
        """In how many seconds one who is turned away finds room: after all who wait, and all who were told before."""
        self.slot_ns = max(self.slot_ns, now_ns + self.expected_ns()) + self.interval_ns
        self.slot_ns = min(self.slot_ns, now_ns + RETRY_MOST_S * _SECOND_NS)
        return max(1, -(-(self.slot_ns - now_ns) // _SECOND_NS))


class Lanes(Generic[Item]):
    """Every lane of a process that answers with so many threads."""

    def __init__(
        self, threads: int, *, lanes: Iterable[Lane] = LANES, clock: Callable[[], int] = time.monotonic_ns,
        used: Callable[[], int] = time.thread_time_ns,
    ) -> None:
        self._queues = {lane.name: _Queue[Item](lane, threads) for lane in lanes}
        self._kept_free = threads // 16   # For whoever watches.
        self._threads, self._clock, self._used = threads, clock, used
        self._refused: deque[Turn[Item]] = deque()
        self._virtual_ns = self._working = 0
        self.lock = threading.Lock()      # Of a server that waits with it, too.

    def put(self, item: Item, lane: str, holder: bytes = b"") -> None:
        """Let a request wait, or have it turned away: who asks with no credentials is nobody's."""
        with self.lock:
            self.add(item, lane, holder)

    def add(self, item: Item, lane: str, holder: bytes = b"") -> None:
        """The same for whoever holds the lock."""
        now_ns, queue = self._clock(), self._queues[lane]
        turn = Turn(item, queue, now_ns)
        turn.is_one_too_many = bool(holder) and len(queue.holders.get(holder, ())) >= OF_ONE_HOLDER_MOST
        if turn.is_one_too_many or (queue.is_full() and lane != _WATCH):
            self._turn_away(turn, now_ns)
            return
        if not queue.waiting:  # What it did not use while it was empty is not owed to it.
            queue.virtual_ns = max(queue.virtual_ns, self._virtual_ns)
        queue.add(turn, holder)

    def take(self) -> Turn[Item] | None:
        """The next whose turn it is; None where nobody waits, or all who do wait for others of their lane."""
        with self.lock:
            return self.next()

    def next(self) -> Turn[Item] | None:
        """The same for whoever holds the lock."""
        if self._refused:  # Quickly done, and whoever is told at once asks no second time.
            return self._refused.popleft()
        ready = [queue for queue in self._queues.values() if queue.waiting and self._has_room(queue)]
        if not ready:
            return None
        queue = min(ready, key=lambda one: one.virtual_ns)
        now_ns = self._clock()
        turn = queue.next(now_ns)
        if now_ns - turn.since_ns > _LATE * queue.lane.wait_s * _SECOND_NS and queue.lane.name != _WATCH:
            self._turn_away(turn, now_ns)
            return self._refused.popleft()
        self._virtual_ns = queue.virtual_ns
        queue.virtual_ns += queue.cost_ns // queue.lane.weight
        queue.working += 1
        self._working += queue.lane.name != _WATCH
        turn.began_ns = self._used()
        return turn

    def done(self, turn: Turn[Item]) -> None:
        """It was answered, by the thread that took it."""
        with self.lock:
            self.over(turn)

    def over(self, turn: Turn[Item]) -> None:
        """The same for whoever holds the lock."""
        if turn.come_back_s:
            return
        queue = turn.lane
        queue.working -= 1
        self._working -= queue.lane.name != _WATCH
        queue.cost_ns += (max(1, self._used() - turn.began_ns) - queue.cost_ns) // _LEARNS

    def counted(self) -> dict[str, dict[str, int]]:
        """Of each lane how many wait, are being answered, and were turned away since it began."""
        with self.lock:
            return {name: {"waiting": one.waiting, "working": one.working, "turned_away": one.turned_away}
                    for name, one in self._queues.items()}

    def any_waiting(self) -> bool:
        """Say whether there are any whom nobody has taken up, to whoever holds the lock."""
        return bool(self._refused) or any(one.waiting for one in self._queues.values())

    def turn_all_away(self) -> None:
        """Have everyone who waits told to come back, for whoever holds the lock: it is about to end."""
        now_ns = self._clock()
        for queue in self._queues.values():
            for turn in [turn for turns in queue.holders.values() for turn in turns]:
                self._turn_away(turn, now_ns)
            queue.holders.clear()
            queue.waiting = 0

    def drained(self) -> list[Item]:
        """Everyone who still waits, who does no longer."""
        with self.lock:
            left = [turn.item for turn in self._refused]
            self._refused.clear()
            for queue in self._queues.values():
                left += [turn.item for turns in queue.holders.values() for turn in turns]
                queue.holders.clear()
                queue.waiting = 0
            return left

    def _has_room(self, queue: _Queue[Item]) -> bool:
        if queue.lane.name == _WATCH:
            return True
        return queue.working < queue.most and self._working < self._threads - self._kept_free

    def _turn_away(self, turn: Turn[Item], now_ns: int) -> None:
        turn.come_back_s = turn.lane.come_back(now_ns)
        turn.lane.turned_away += 1
        self._refused.append(turn)
