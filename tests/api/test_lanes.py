"""Who is answered next when more ask than can be answered at once, and what the others are told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from waitress.wasyncore import close_all

from api.refusals import problems
from api.sockets import server as sockets
from api.sockets.lanes import LANES, OF_ONE_HOLDER_MOST, RETRY_MOST_S, Lanes, Turn, lane_of
from api.sockets.server import Listener, Sockets
from ledger.stores.append import Busy

MS = 1_000_000
SECOND = 1_000 * MS


class Clock:
    """Nanoseconds that only a test moves."""

    now = 0

    def __call__(self) -> int:
        return self.now


class Used:
    """The processor's time: each time somebody looks another millisecond is gone."""

    now = 0

    def __call__(self) -> int:
        self.now += MS
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lanes(clock: Clock) -> Lanes[str]:
    return Lanes(32, clock=clock, used=Used())


def taken(lanes: Lanes[str], many: int) -> list[str]:
    """So many, each answered before the next is taken."""
    found = []
    for _ in range(many):
        turn = lanes.take()
        assert turn is not None
        assert not turn.come_back_s
        found.append(turn.item)
        lanes.done(turn)
    return found


def crowd(lanes: Lanes[str], clock: Clock, lane: str, *, each_ms: int, many: int) -> list[Turn[str]]:
    """Many come to a lane that gets through one in so many milliseconds; gives those who are told to come back."""
    lanes.put("before", lane)
    for _ in range(100):  # So it learns how fast it is.
        lanes.put("before", lane)
        clock.now += each_ms * MS
        taken(lanes, 1)
    taken(lanes, 1)
    for number in range(many):
        lanes.put(f"crowd {number}", lane)
    found = []
    while (turn := lanes.take()) is not None and turn.come_back_s:
        found.append(turn)
    if turn is not None:
        lanes.done(turn)
    return found


@pytest.mark.parametrize(("method", "target", "lane"), [
    ("GET", "/livez", "watch"), ("GET", "/metrics", "watch"), ("GET", "/static/page.0a.css", "watch"),
    ("GET", "/v1/persons/per_1/years/2026?law=now", "looks"), ("GET", "/home", "looks"), ("HEAD", "/claims", "looks"),
    ("POST", "/v1/claims", "writes"), ("PUT", "/v1/persons/per_1/evidence/ab", "writes"),
    ("POST", "/v1/claims/clm_1/approval", "office"), ("GET", "/v1/work?limit=20", "office"),
    ("POST", "/v1/claims:bulk", "office"), ("GET", "/queue", "office"),
    ("POST", "/v1/bookings", "bookings"), ("GET", "/v1/exams/exm_1", "bookings"),
    ("POST", "/v1/classes/cls_1/rosters", "heavy"), ("GET", "/v1/units/unt_1/years.csv", "heavy"),
    ("GET", "/v1/claims/clm_1/shared", "heavy"), ("POST", "/v1/imports", "heavy"),
    ("POST", "/v1/persons", "public"), ("GET", "/v/AB12", "public"), ("GET", "/v1/feed?after=0&wait=30", "feed"),
    ("", "", "writes"),
])
def test_a_request_is_told_by_its_first_line(method: str, target: str, lane: str) -> None:
    assert lane_of(method, target) == lane
    assert lane in {one.name for one in LANES}


def test_a_crowd_that_books_seats_keeps_no_office_and_nobody_who_looks_waiting(lanes: Lanes[str]) -> None:
    for number in range(500):
        lanes.put(f"seat {number}", "bookings")
    lanes.put("an approval", "office")
    lanes.put("a year", "looks")

    assert {"an approval", "a year"} <= set(taken(lanes, 4))


def test_what_a_lane_did_not_use_while_it_was_empty_is_not_owed_to_it(lanes: Lanes[str]) -> None:
    for number in range(60):
        lanes.put(f"claim {number}", "writes")
    taken(lanes, 60)  # How much of a processor one takes is learnt of both.
    for number in range(200):
        lanes.put(f"look {number}", "looks")
    taken(lanes, 100)
    for number in range(100):
        lanes.put(f"claim {number}", "writes")

    next_ones = taken(lanes, 40)
    assert 18 <= sum(one.startswith("claim") for one in next_ones) <= 22, "side by side, not one before the other"


def test_a_program_that_asks_a_thousand_times_keeps_only_itself_waiting(lanes: Lanes[str]) -> None:
    for number in range(50):
        lanes.put(f"again {number}", "looks", b"Bearer program")
    lanes.put("li's year", "looks", b"Bearer li")

    assert "li's year" in taken(lanes, 2)


def test_whoever_asks_too_often_at_once_is_told_so_and_not_that_everyone_does(lanes: Lanes[str]) -> None:
    for number in range(OF_ONE_HOLDER_MOST + 1):
        lanes.put(str(number), "looks", b"Bearer program")
    lanes.put("nobody's", "looks")

    turn = lanes.take()
    assert turn is not None
    assert (turn.item, turn.is_one_too_many, turn.come_back_s) == (str(OF_ONE_HOLDER_MOST), True, 1)
    assert len(set(taken(lanes, OF_ONE_HOLDER_MOST + 1))) == OF_ONE_HOLDER_MOST + 1


def test_who_would_wait_too_long_is_told_at_once_when_there_is_room(lanes: Lanes[str], clock: Clock) -> None:
    refused = crowd(lanes, clock, "bookings", each_ms=10, many=2_000)

    waiting = lanes.counted()["bookings"]["waiting"]
    assert waiting + 1 + len(refused) == 2_000
    assert 2 <= waiting * 10 / 1_000 <= 4, "the lane's own three seconds, at ten milliseconds each"
    assert not any(turn.is_one_too_many for turn in refused)
    seconds = [turn.come_back_s for turn in refused]
    assert seconds == sorted(seconds)
    assert seconds[0] >= 2 and 15 <= seconds[-1] <= 30, "all of them take twenty seconds"
    assert max(seconds.count(one) for one in set(seconds)) <= 160, "as many in a second as it gets through"


def test_nobody_is_sent_away_for_longer_than_two_minutes(lanes: Lanes[str], clock: Clock) -> None:
    refused = crowd(lanes, clock, "bookings", each_ms=1_000, many=1_000)
    assert max(turn.come_back_s for turn in refused) == RETRY_MOST_S


def test_a_few_may_always_wait_however_long_the_last_one_took(lanes: Lanes[str], clock: Clock) -> None:
    crowd(lanes, clock, "heavy", each_ms=10_000, many=0)
    for number in range(8):
        lanes.put(str(number), "heavy")
    assert lanes.counted()["heavy"] == {"waiting": 8, "working": 0, "turned_away": 0}


def test_whoever_was_kept_waiting_far_beyond_what_was_thought_is_told_and_not_answered_in_vain(
    lanes: Lanes[str], clock: Clock
) -> None:
    lanes.put("a claim", "writes")
    clock.now += 10 * SECOND
    turn = lanes.take()
    assert turn is not None and turn.come_back_s >= 1


def test_what_takes_long_leaves_threads_to_everyone_else(lanes: Lanes[str]) -> None:
    for number in range(6):
        lanes.put(str(number), "heavy")
    held = [lanes.take() for _ in range(4)]

    assert all(held) and lanes.take() is None, "two wait, though there are threads"
    lanes.put("a year", "looks")
    assert taken(lanes, 1) == ["a year"]
    lanes.done(held[0])  # type: ignore[arg-type]
    assert taken(lanes, 1) == ["4"]


def test_whoever_watches_is_answered_when_all_others_wait_and_is_never_sent_away(
    lanes: Lanes[str], clock: Clock
) -> None:
    for lane in ("looks", "writes", "office"):
        for number in range(30):
            lanes.put(f"{lane} {number}", lane)
    while (turn := lanes.take()) is not None:
        assert turn.lane.lane.name != "watch"
    lanes.put("is it alive?", "watch")
    clock.now += 100 * SECOND

    turn = lanes.take()
    assert turn is not None and (turn.item, turn.come_back_s) == ("is it alive?", 0)


def test_one_thread_is_enough_for_everyone(clock: Clock) -> None:
    lanes: Lanes[str] = Lanes(1, clock=clock)
    for lane in LANES:
        lanes.put(lane.name, lane.name)
    assert sorted(taken(lanes, len(LANES))) == sorted(lane.name for lane in LANES)


def test_a_ledger_that_is_busy_is_come_back_to_when_its_words_say() -> None:
    said = problems.of_error(Busy(4_096, retry_after_s=2), "a trace")
    assert said is not None and "2 秒" in str(said["detail"])
    assert (said["status"], said["seen"]) == (503, {"retry_after": 2})


def test_who_still_waits_when_the_time_to_end_is_up_is_told_to_come_back(lanes: Lanes[str]) -> None:
    lanes.put("a", "looks")
    lanes.put("b", "writes", b"Bearer li")
    with lanes.lock:
        lanes.turn_all_away()

    told = [lanes.take(), lanes.take()]
    assert {one.item: one.come_back_s > 0 for one in told if one is not None} == {"a": True, "b": True}
    assert not lanes.any_waiting() and sum(one["turned_away"] for one in lanes.counted().values()) == 2


def test_who_still_waits_when_it_ends_is_given_back(lanes: Lanes[str]) -> None:
    lanes.put("a", "looks")
    lanes.put("b", "writes", b"Bearer li")
    assert sorted(lanes.drained()) == ["a", "b"] and not lanes.any_waiting()


# Over a socket


@contextmanager
def listening(application: Any, **settings: Any) -> Iterator[Listener]:
    server = Listener(application, Sockets(), host="127.0.0.1", port=0, **settings)
    stopping = threading.Event()

    def loop() -> None:
        while not stopping.is_set():
            server.turn(timeout=0.05)

    running = threading.Thread(target=loop)
    running.start()
    try:
        yield server
    finally:
        stopping.set()
        running.join()
        server.task_dispatcher.shutdown(timeout=1)
        close_all(server._map)


def connected(server: Listener) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(server.effective_port)), timeout=60)


def answer_of(connection: socket.socket) -> tuple[str, dict[str, str], str]:
    with connection.makefile("rb", buffering=0) as file:
        status = file.readline().decode()[9:12]
        headers = {}
        while (line := file.readline().decode().strip()):
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        return status, headers, file.read(int(headers["content-length"])).decode()


def test_over_a_socket_too_many_are_told_when_to_come_back_and_the_connection_goes_on() -> None:
    let_go, begun = threading.Event(), threading.Semaphore(0)

    def slow(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        begun.release()
        assert let_go.wait(60)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with listening(slow, threads=2) as server, closing(connected(server)) as first:
        ask = "POST /v1/bookings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer b{}\r\nContent-Length: 0\r\n\r\n"
        first.sendall(ask.format(0).encode())
        assert begun.acquire(timeout=60)
        server.lanes._queues["bookings"].interval_ns = SECOND  # It has been slow of late.
        others = []
        for number in range(1, 11):
            others.append(connected(server))
            accept = "Accept: text/html\r\n" if number == 10 else ""
            others[-1].sendall(ask.format(number).replace("Host: x\r\n", f"Host: x\r\n{accept}").encode())
            while sum(server.lanes.counted()["bookings"][name] for name in ("waiting", "turned_away")) < number:
                time.sleep(0.001)
        let_go.set()
        told = [answer_of(one) for one in others]
        assert [status for status, _, _ in told] == ["200"] * 8 + ["503"] * 2
        refused, page = told[8:]
        assert int(refused[1]["retry-after"]) >= 8 and '"code": "overloaded"' in refused[2]
        assert refused[1]["content-type"] == "application/problem+json"
        assert page[1]["content-type"].startswith("text/html") and "不要反复刷新" in page[2]

        others[8].sendall(ask.format(9).encode())
        assert answer_of(others[8])[0] == "200", "on the same connection, with nothing left over on it"
        for one in others:
            one.close()


def test_connections_that_are_kept_in_silence_make_room_for_newcomers() -> None:
    def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    assert sockets.CONNECTIONS_MOST >= 1_000
    with listening(echo, threads=1, connection_limit=8) as server:
        kept = []
        for _ in range(30):
            kept.append(connected(server))
            kept[-1].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert answer_of(kept[-1])[0] == "200"
        for one in kept:
            one.close()
