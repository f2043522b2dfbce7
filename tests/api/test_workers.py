"""The service in several processes, as real processes of which some are killed, and what reaches them from outside."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from postgres_kit import Server

from api.client import Client
from api.house import House, open_house
from api.register.register import SYSTEM, open_register
from api.service.app import create_app
from api.settings import Settings
from api.terminal.exits import Exit, Stop
from api.workers.child import apart
from api.workers.worker import Crowds
from ledger.events.base import Draft
from ledger.events.person import KeyDestroyed
from ledger.keys.ring import KeyGone
from ledger.ledger import Deciding
from ledger.vocabulary import PersonId, StreamId
from tests.api import workers_kit as kit
from tests.api.house_kit import Town as InProcess
from tests.api.test_rulebooks import AMENDED, sixth
from tests.api.workers_kit import Fresh, Service, alive, answered, serving
from tests.journeys.register_kit import XUESHI, Body, Someone, Town
from tests.waiting import takes_less, until

TRAINING = {"route": "training", "level": "provincial", "days": "3", "date": "2025-04-02"}


class Furnished:
    """People in a town: one who studies, one who approves."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.works = town.unit("某厂", "330203", "industry")
        self.clerk = town.officer(self.works, "unit", "330203", unit=self.works["unit"])
        self.person = town.person("李明")
        town.belongs(self.person, self.works, self.clerk, "2020-01-01")

    def submitted(self, number: int, **study: Any) -> Body:
        return self.town.claim(self.person, f"某培训 {number}", **{**TRAINING, **study})


@pytest.fixture(scope="module", params=["PostgreSQL", "SQLite"])
def service(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Service]:
    """One for all that leave it as they found it, but for what is recorded and for who is killed."""
    folder, seldom = tmp_path_factory.mktemp("shared"), {"XUESHI_CHECKPOINT_SECONDS": "3600"}
    if request.param == "SQLite":
        with serving(folder, "", **seldom) as service:
            yield service
        return
    server: Server = request.getfixturevalue("postgres_server")
    database = server.new_database()
    with serving(folder, database, **seldom) as service:
        yield service
    server.drop_database(database)


@pytest.fixture(scope="module")
def town(service: Service) -> Town:
    return service.town()


def through(client: Client, someone: Someone) -> Someone:
    """The same bearer at another door."""
    return Someone(client.bearing(someone.token), someone.id, someone.token)


def pressed(
    service: Service, furnished: Furnished, statuses: list[int]
) -> tuple[threading.Event, list[threading.Thread]]:
    """Four who submit claims without a pause, and try again with the same key when they get no answer."""
    stopping, taken = threading.Event(), threading.Lock()
    numbers = iter(range(1, 1_000_000))

    def press() -> None:
        while not stopping.is_set():
            with taken:
                number = next(numbers)
            client = Client(Fresh(service.address), furnished.person.token)
            for _ in range(200):
                with suppress(Stop):
                    reply = client.post("/v1/claims", furnished.submitted(number), key=f"pressed-{number:012d}")
                    statuses.append(reply.status)
                    if reply.status == 201:
                        break
                    assert reply.status == 503, reply.body
                    assert reply.headers["retry-after"]
                time.sleep(0.05)
            else:
                statuses.append(0)

    pressing = [threading.Thread(target=press) for _ in range(4)]
    for one in pressing:
        one.start()
    return stopping, pressing


@pytest.mark.parametrize("claims", [40, pytest.param(200, marks=pytest.mark.torture)])
def test_what_is_written_through_one_process_is_read_through_any(service: Service, town: Town, claims: int) -> None:
    furnished = Furnished(town)
    a, b = service.doors()
    for number in range(claims):
        first, second = ((a, b), (b, a))[number % 2]
        person, clerk = through(first.client, furnished.person), through(second.client, furnished.clerk)
        claim = person.did("/v1/claims", furnished.submitted(number, days="1"))
        clerk.act(claim, "approval", {"opened_evidence": [claim["evidence"][0]["sha256"]]})
        entries = through((a, b)[number // 2 % 2].client, furnished.person).year(2025)["entries"]
        assert len(entries) == number + 1

    assert sorted((*a.leases, *b.leases)) == ["follower", "keeper"]


def test_what_is_decided_in_one_process_holds_in_the_other_at_once(service: Service, town: Town) -> None:
    furnished = Furnished(town)
    a, b = service.doors()
    founder, clerk = through(a.client, furnished.town.founder), furnished.clerk
    office = furnished.town.officer(furnished.town.unit("某政策部门", "330200", "general"), "policy_office", "33")
    for door in (a, b):  # Whatever is remembered is remembered by now.
        assert len(door.client.get("/v1/rulebooks").json["items"]) == 5
        assert through(door.client, clerk).client.get(f"/v1/actors/{clerk.id}").ok
        through(door.client, furnished.person).did("/v1/claims", furnished.submitted(0, date="2026-04-01"))

    proposed = through(a.client, office).did("/v1/rulebook-proposals", sixth())
    enacted = through(b.client, furnished.town.founder).did(
        f"/v1/rulebook-proposals/{proposed['proposed'][0]}/enactment", version=proposed["version"])
    claim = through(b.client, furnished.person).did("/v1/claims", furnished.submitted(1, date="2026-04-02"))
    approved = through(b.client, clerk).act(claim, "approval", {"opened_evidence": [claim["evidence"][0]["sha256"]]})
    assert enacted["rulebook"] == approved["ruling"]["rulebook"] == f"ningbo-industry/{AMENDED}"
    assert len(b.client.get("/v1/rulebooks").json["items"]) == 6

    given = founder.did(f"/v1/actors/{clerk.id}/tokens")["token"]
    assert b.client.bearing(clerk.token).get(f"/v1/actors/{clerk.id}").status == 401, "another took its place"
    assert b.client.bearing(given).get(f"/v1/actors/{clerk.id}").ok

    waiting = through(b.client, furnished.person).did("/v1/claims", furnished.submitted(2))
    version = furnished.town.founder.saw(f"/v1/actors/{clerk.id}")["version"]
    founder.did(f"/v1/actors/{clerk.id}/suspension", version=version)
    refused = through(b.client, Someone(b.client, clerk.id, given)).refused(waiting, "approval")
    assert refused["status"] == 403


def test_a_key_that_is_destroyed_in_one_process_opens_nothing_in_another(tmp_path: Path, postgres: str) -> None:
    """Of two houses on one register, as two processes have them."""
    settings = Settings(data_folder=tmp_path / "data", database=postgres)
    with ExitStack() as opened:
        houses: list[House] = []
        for _ in range(2):
            register = open_register(settings, create=True)
            opened.callback(register.close)
            houses.append(opened.enter_context(open_house(register)))
        here, there = houses
        assert (here.follower.follows, there.follower.follows) == (True, False)
        towns = [InProcess(house, create_app(house)) for house in houses]
        person = towns[0].person("李明")
        for town in towns:
            person.client = town.client()
            assert "李*" in person.get(f"/v1/persons/{person.id}").get_data(as_text=True)

        here.ledger.destroy_key(person.id, lambda: Deciding(
            (Draft(KeyDestroyed(person=PersonId(person.id), basis="第四十七条", final_after=date(2026, 12, 31))),),
            {StreamId(person.id): here.ledger.store.version(person.id)}), by=SYSTEM)

        answer = person.get(f"/v1/persons/{person.id}").get_data(as_text=True)
        assert "李" not in answer
        with pytest.raises(KeyGone):
            there.ledger.vault.prepare([person.id])


def test_the_follower_is_killed_and_another_follows_with_nothing_lost(service: Service, town: Town) -> None:
    furnished, statuses = Furnished(town), []
    stopping, pressing = pressed(service, furnished, statuses)
    try:
        follows, took = 0, []
        for _ in range(3):
            before = statuses.count(201)
            until(lambda before=before: statuses.count(201) > before + 7, "nobody is answered")
            follows = service.having("follower", but=follows)
            os.kill(follows, signal.SIGKILL)
            began = time.monotonic()
            assert service.having("follower", but=follows) != follows
            took.append(time.monotonic() - began)
    finally:
        stopping.set()
        for one in pressing:
            one.join()
    assert min(took) < 5
    assert set(statuses) <= {201, 503}
    assert furnished.person.client.get("/v1/work").status < 500
    submitted = statuses.count(201)
    assert submitted > 20
    assert len(waiting(furnished)) == submitted


@pytest.mark.torture
def test_a_process_that_hangs_is_killed_and_its_duties_pass_to_others(
    tmp_path: Path, postgres: str, record_property: Any
) -> None:
    record_property("tried", 1)
    with serving(tmp_path, postgres, workers=3) as service:
        furnished = Furnished(service.town())
        hangs = service.having("follower")
        os.kill(hangs, signal.SIGSTOP)
        began = time.monotonic()

        until(lambda: not alive(hangs), "its master misses its sign of life")
        assert service.having("follower", but=hangs)
        assert service.having("keeper", but=hangs)
        assert time.monotonic() - began < 50
        _recorded(furnished, 0)


@pytest.mark.torture
@pytest.mark.timeout(600)
@pytest.mark.parametrize("store", ["PostgreSQL", "SQLite"])
def test_whatever_is_killed_under_load_what_was_acknowledged_is_there_once(
    tmp_path: Path, postgres_server: Server, postgres: str, store: str, record_property: Any
) -> None:
    dice, kills = random.Random(20261121), 40
    record_property("tried", kills)
    database, victims = (postgres, ["server"]) if store == "PostgreSQL" else ("", [])
    with serving(tmp_path, database, workers=3) as service:
        furnished, statuses = Furnished(service.town()), []
        stopping, pressing = pressed(service, furnished, statuses)
        try:
            for _ in range(kills):
                which = dice.choice(["follower", "keeper", "anyone", *victims])
                if which == "server":
                    postgres_server.stop(dice.choice([signal.SIGINT, signal.SIGQUIT]))
                    time.sleep(dice.random())
                    postgres_server.start()
                else:
                    os.kill(service.having(which) if which != "anyone" else service.door().process, signal.SIGKILL)
                until(lambda: _status(service, "/readyz") == 200,
                      lambda which=which: (which, service.log[-3_000:]))
                time.sleep(dice.random())
        finally:
            stopping.set()
            for one in pressing:
                one.join()
        submitted = statuses.count(201)
        assert set(statuses) <= {201, 503}
        assert len(waiting(furnished)) == submitted > kills
        compared = kit.beside(service, database, "rebuild", "--compare")
        assert compared.returncode == 0, compared.stdout
    checked = kit.beside(service, database, "fsck")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def waiting(furnished: Furnished) -> list[Body]:
    """All that waits for the clerk, page by page."""
    found: list[Body] = []
    cursor: dict[str, Any] = {}
    while True:
        page = furnished.clerk.saw("/v1/work", limit=100, **cursor)
        found += page["items"]
        if not page.get("next_cursor"):
            return found
        cursor = {"cursor": page["next_cursor"]}


def test_who_signs_is_killed_and_checkpoints_go_on(tmp_path: Path, postgres: str) -> None:
    with serving(tmp_path, postgres, XUESHI_CHECKPOINT_SECONDS="1") as service:
        furnished = Furnished(service.town())
        keeps = 0
        for number in range(2):
            keeps = service.having("keeper", but=keeps)
            os.kill(keeps, signal.SIGKILL)
            size = _recorded(furnished, number)
            until(lambda size=size: service.checkpoint_size() >= size, "nobody signs")
        until(lambda: len({_process(service) for _ in range(20)}) == 2, "both are there again")


def _recorded(furnished: Furnished, number: int) -> int:
    reply = furnished.person.did("/v1/claims", furnished.submitted(number))
    position: int = reply["events"][-1]
    return position


def test_a_checkpoint_is_signed_by_whichever_process_is_asked_for_a_proof(service: Service, town: Town) -> None:
    furnished = Furnished(town)
    reader = (service.folder / "data" / "keys" / "reader.token").read_text("ascii").strip()
    for number, door in enumerate(service.doors() * 2):
        position = _recorded(furnished, number)
        proof = door.client.bearing(reader).get(f"/v1/events/{position}/proof")

        assert proof.status == 200, proof.body
        assert service.checkpoint_size() >= position


def test_when_the_master_is_killed_everything_ends_and_the_next_start_works(tmp_path: Path, postgres: str) -> None:
    with serving(tmp_path, postgres) as service:
        furnished = Furnished(service.town())
        processes = [door.process for door in service.doors()]
        _recorded(furnished, 0)
        service.master.kill()
        service.master.wait()

        until(lambda: not any(map(alive, processes)), "the workers did not see that nobody keeps them")
        with serving(tmp_path, postgres) as again:
            again_person = Someone(Client(Fresh(again.address), furnished.person.token), furnished.person.id)
            assert len(again_person.saw("/v1/work")["items"]) == 1


def test_when_the_database_goes_away_everyone_is_told_when_to_come_back_and_then_all_is_well(
    tmp_path: Path, postgres_server: Server, postgres: str
) -> None:
    with serving(tmp_path, postgres) as service:
        furnished, statuses = Furnished(service.town()), []
        asked = Client(Fresh(service.address)).get("/readyz").json["checks"]
        assert {"check": "database_standby", "level": "ok"} in asked, "what is told while one is away"
        stopping, pressing = pressed(service, furnished, statuses)
        try:
            until(lambda: len(statuses) > 5)
            for how in (signal.SIGINT, signal.SIGQUIT):
                postgres_server.stop(how)
                until(lambda: _status(service, "/readyz") == 503)
                assert _status(service, "/livez") == 200
                until(lambda: 503 in statuses, "whoever waits for an answer is told nothing")
                postgres_server.start()
                until(lambda: _status(service, "/readyz") == 200, lambda: _told(service, "/readyz"))
                before = statuses.count(201)
                until(lambda before=before: statuses.count(201) > before + 5)
        finally:
            stopping.set()
            for one in pressing:
                one.join()

        assert set(statuses) == {201, 503}
        assert len(waiting(furnished)) == statuses.count(201), "what was acknowledged is there, once"


@pytest.mark.torture
def test_a_process_that_is_lost_while_the_database_is_away_is_replaced_when_it_is_back(
    tmp_path: Path, postgres_server: Server, postgres: str
) -> None:
    with serving(tmp_path, postgres) as service:
        before = [door.process for door in service.doors()]
        postgres_server.stop(signal.SIGINT)
        for process in before:
            os.kill(process, signal.SIGKILL)
        until(lambda: "worker_waits" in service.log)
        assert service.master.poll() is None
        postgres_server.start()
        assert not {door.process for door in service.doors()} & set(before)


@pytest.mark.torture
def test_it_ends_when_told_also_while_a_process_waits_for_the_database(
    tmp_path: Path, postgres_server: Server, postgres: str
) -> None:
    with serving(tmp_path, postgres) as service:
        # Both are up: a process that cannot begin at the service's very start ends the service, which is right.
        lost = service.doors()[0].process
        postgres_server.stop(signal.SIGINT)
        try:
            os.kill(lost, signal.SIGKILL)
            until(lambda: "worker_waits" in service.log)
            service.master.send_signal(signal.SIGTERM)

            assert service.master.wait(timeout=60) == 0, service.log
        finally:
            postgres_server.start()
        assert "Traceback" not in service.log
        assert postgres_server.password not in service.log


def _process(service: Service) -> int:
    found: int = Client(Fresh(service.address)).get("/readyz").json["process"]
    return found


def _status(service: Service, path: str) -> int:
    try:
        return Client(Fresh(service.address)).get(path).status
    except Stop:
        return 0


def _told(service: Service, path: str) -> object:
    """What is answered there, for whoever reads why a test failed."""
    try:
        return Client(Fresh(service.address)).get(path).json
    except Stop as stop:
        return str(stop)


def test_commands_ask_the_service_and_a_second_one_is_told_where_the_first_is(
    service: Service, postgres: str
) -> None:
    listed = kit.beside(service, postgres, "rulebook", "list")
    assert listed.returncode == 0, listed.stderr
    assert '"/v1/rulebooks"' in service.log

    second = kit.started(service.folder, postgres)
    assert (second.returncode, service.address in second.stderr) == (3, True)


# What comes from outside


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Canary: " + b"a" * 9_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Canary: 1\r\n" * 200 + b"\r\n", 431),
        (b"CANARY\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nCanary 1: 1\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: x\r\nHost: canary\r\n\r\n", 400),
        (b"POST /v1/persons HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\ncanary", 400),
        (b"POST /v1/persons HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: canary\r\n\r\n", 501),
        (b"POST /v1/persons HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
         b"Idempotency-Key: a-key-that-is-long-enough\r\nContent-Length: 9000000\r\n\r\n", 413),
    ],
)
def test_what_is_no_request_is_refused_and_nothing_of_it_is_logged(
    service: Service, request_: bytes, status: int
) -> None:
    found, body = answered(service.port, request_)

    assert (found, b'"trace_id"' in body) == (status, True), body
    assert "canary" not in body.decode().lower()
    assert "canary" not in service.log.lower()
    assert "127.0.0.1" not in service.log


def test_a_body_in_pieces_is_too_large_when_the_pieces_are(service: Service) -> None:
    piece = b"%x\r\n" % (1 << 20) + b" " * (1 << 20) + b"\r\n"
    head = (b"POST /v1/persons HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Idempotency-Key: a-key-that-is-long-enough\r\nTransfer-Encoding: chunked\r\n\r\n")

    status, body = answered(service.port, head + piece * 9 + b"0\r\n\r\n")

    assert (status, b"content_too_large" in body) == (413, True), body
    assert answered(service.port, head + b"2\r\n{}\r\n0\r\n\r\n")[0] == 422, "in pieces is as good as whole"


def test_whoever_connects_and_is_silent_or_does_not_hang_up_keeps_nobody_waiting(tmp_path: Path, postgres: str) -> None:
    with serving(tmp_path, postgres, workers=1, XUESHI_THREADS="2") as service, ExitStack() as held:
        silent = [held.enter_context(socket.create_connection(("127.0.0.1", service.port))) for _ in range(20)]
        staying = [held.enter_context(socket.create_connection(("127.0.0.1", service.port))) for _ in range(6)]
        for one in staying:
            one.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert one.recv(12) == b"HTTP/1.1 200"
        assert takes_less(3, lambda: _status(service, "/livez"))
        assert _status(service, "/livez") == 200

        silent[0].sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert silent[0].recv(12) == b"HTTP/1.1 200", "late is not never"
        service.master.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert service.master.wait(timeout=60) == 0
        assert time.monotonic() - began < 8, "nor does anybody wait for them at the end"


def test_whoever_has_more_connections_than_another_lets_others_go_first() -> None:
    crowds = Crowds(4)
    crowds.tell(0, 0)
    assert not crowds.more_than_others(0), "a place that nobody has is nobody"
    crowds.tell(1, 0)
    crowds.tell(0, 1)
    assert (crowds.more_than_others(0), crowds.more_than_others(1)) == (True, False)
    crowds.tell(1, 1)
    assert not crowds.more_than_others(0)


def test_connections_that_are_kept_are_shared_out_among_the_processes(service: Service) -> None:
    processes = [door.process for door in service.doors()]  # Both are there.
    crowds: list[list[int]] = []
    while not crowds or (min(crowds[-1]) < 15 and len(crowds) < 5):  # One may be held up by others on the machine.
        kept = _crowd(service, 60)
        crowds.append([kept[process] for process in processes])

    assert min(crowds[-1]) >= 15, crowds


def _crowd(service: Service, many: int) -> Counter[int]:
    """So many who connect, all before anybody says a word: how many of them each process has."""
    kept: Counter[int] = Counter()
    with ExitStack() as crowd:
        sockets = [crowd.enter_context(socket.create_connection(("127.0.0.1", service.port))) for _ in range(many)]
        for one in sockets:
            one.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        for one in sockets:
            said = one.recv(65_536)
            while not said.endswith(b"}\n"):
                said += one.recv(65_536)
            kept[json.loads(said.partition(b"\r\n\r\n")[2])["process"]] += 1
    return kept


@pytest.mark.torture
def test_more_connections_than_there_is_room_for_wait_and_end_nobody(tmp_path: Path, postgres: str) -> None:
    few = ["sh", "-c", f"ulimit -n 120; exec {XUESHI} serve --port 0"]
    with serving(tmp_path, postgres, workers=1, arguments=few, XUESHI_THREADS="2") as service:
        process = service.door().process
        with ExitStack() as held:
            for _ in range(200):
                held.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            until(lambda: "no_room_for_connection" in service.log)

        until(lambda: _status(service, "/livez") == 200)
        assert service.door().process == process


def test_what_is_done_apart_ends_as_if_it_were_done_here() -> None:
    def stop() -> None:
        raise Stop(Exit.BAD_INPUT, "a_code", "一句话", "办法")

    def break_() -> None:
        raise ValueError("canary")

    apart(lambda: None)
    with pytest.raises(Stop) as stopped:
        apart(stop)
    assert (stopped.value.status, stopped.value.code, stopped.value.message, stopped.value.cure) == (
        Exit.BAD_INPUT, "a_code", "一句话", "办法")
    with pytest.raises(Stop, match="服务进程无法启动") as broken:
        apart(break_)
    assert "canary" not in str(broken.value)
    with pytest.raises(Stop, match="服务进程无法启动"):
        apart(lambda: os.kill(os.getpid(), signal.SIGKILL))

