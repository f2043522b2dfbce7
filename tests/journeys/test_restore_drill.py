"""The drill: a busy register, a backup in the middle, a crash, and everything that an operator does afterwards.

Over HTTP and the command line alone, with a real service that is killed. What was acknowledged before the backup is all
there; what was acknowledged after it is missed by its number; nothing is signed and nothing recorded until a later
backup has come, or the log goes on under another name; and papers of before hold throughout.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from register_kit import ENVIRONMENT, XUESHI, Someone, Town

from api.client import Client, Remote
from api.register.register import open_register
from api.settings import Settings
from ledger.events.access import AccessRecorded
from ledger.events.log import LogContinued
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.proof.text import encode_base64
from tests.api.command_kit import xueshi as run_here
from tests.api.workers_kit import alive
from tests.forked import Popen
from tests.waiting import until

WRITERS = 4
NEW = "localhost/xueshi-after"


@dataclass
class Drill:
    """A register in a folder, its logs in files or in a database."""

    folder: Path
    database: str = ""
    origin: str = "localhost/xueshi"
    acknowledged: dict[int, str] = field(default_factory=dict)  # By position: which claim was recorded there.
    doors: list[Remote] = field(default_factory=list)

    def door(self, address: str, token: str | None = None) -> Client:
        """A connection to the service, closed when that is over."""
        self.doors.append(Remote(address))
        return Client(self.doors[-1], token)

    @property
    def settings(self) -> dict[str, str]:
        given = {"XUESHI_ORIGIN": self.origin, "XUESHI_CHECKPOINT_SECONDS": "1"}
        return given | ({"XUESHI_DATABASE": self.database} if self.database else {})

    def xueshi(self, *arguments: str, status: int = 0) -> str:
        ended = run_here(self.folder, *arguments, **self.settings)
        assert ended.returncode == status, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr

    def told(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.xueshi(*arguments, "--json"))
        return found

    @contextmanager
    def serving(self, *, crash: bool = False) -> Iterator[str]:
        """Serve until the block ends; with `crash` every process of it is gone without a goodbye."""
        with (self.folder / "service.log").open("a") as log, Popen(
            [XUESHI, "serve", "--port", "0"], cwd=self.folder, env=ENVIRONMENT | self.settings, stdout=subprocess.PIPE,
            stderr=log, text=True, start_new_session=True,
        ) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert "：" in line, (self.folder / "service.log").read_text()[-2_000:]
            try:
                yield line.strip().partition("：")[2]
            except BaseException:  # What went wrong, or took too long, is told at once, and leaves nothing running.
                os.killpg(process.pid, signal.SIGKILL)
                raise
            finally:
                while self.doors:
                    self.doors.pop().close()
            running = [process.pid, *children(process.pid)]
            if crash:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == (-signal.SIGKILL if crash else 0)
            # The workers of a killed master die a moment after it, and until then hold its lock on the folder.
            until(lambda: not any(map(alive, running)))

    def lose(self) -> None:
        """The disk, or the database, is gone; the keys are elsewhere and are not."""
        if self.database:
            with psycopg.connect(self.database, autocommit=True) as server:
                server.execute("DROP SCHEMA ledger CASCADE")
                server.execute("DROP SCHEMA access CASCADE")
            return
        for path in (self.folder / "data").glob("*.db*"):
            if path.name.startswith(("ledger", "access")):
                path.unlink()

    def published(self) -> Checkpoint:
        return parse_checkpoint(parse_note((self.folder / "data" / "keys" / "ledger.published").read_bytes())[0])

    def root_at(self, size: int) -> str:
        register = open_register(
            Settings(data_folder=self.folder / "data", database=self.database, origin=self.origin))
        try:
            assert register.ledger.store.size() >= size
            return encode_base64(register.ledger.store.frontier(size).root())
        finally:
            register.close()

    def accesses(self) -> list[tuple[str, str]]:
        """Who saw whose data, by the access log as it is."""
        register = open_register(
            Settings(data_folder=self.folder / "data", database=self.database, origin=self.origin))
        try:
            events = [one.envelope.event for one in register.access.read(0, 10_000)]
            return [(event.reader, event.subject) for event in events if isinstance(event, AccessRecorded)]
        finally:
            register.close()

    def lost(self, size: int) -> list[int]:
        """Which acknowledged events up to a size are not in the log as it is."""
        register = open_register(
            Settings(data_folder=self.folder / "data", database=self.database, origin=self.origin))
        try:
            found = {position: register.ledger.at(position) for position in self.acknowledged if position <= size}
            return [position for position, one in found.items()
                    if one is None or str(one.envelope.stream) != self.acknowledged[position]]
        finally:
            register.close()


class Writers:
    """People who put claims forward as fast as they are answered, each on a connection of their own."""

    def __init__(self, drill: Drill, address: str, people: list[Someone], town: Town) -> None:
        self._drill, self._stop, self._town = drill, threading.Event(), town
        self.failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._write, args=(address, one)) for one in people]

    def _write(self, address: str, person: Someone) -> None:
        writer = Someone(self._drill.door(address, person.token), person.id, person.token)
        number = 0
        try:
            while not self._stop.is_set():
                number += 1
                body = self._town.claim(person, f"第 {number} 次", route="training", level="provincial", days="2",
                                        date=date(2026, 1, 1 + number % 28).isoformat())
                done = writer.did("/v1/claims", body)
                self._drill.acknowledged[done["events"][0]] = done["claim"]
        except BaseException as failure:
            self.failures.append(failure)

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert self.failures == []

    def some_more(self, count: int) -> None:
        """Wait until so many more were acknowledged."""
        upto = len(self._drill.acknowledged) + count
        until(lambda: len(self._drill.acknowledged) >= upto or self.failures, "the service takes nothing")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.torture)])
def drill(request: pytest.FixtureRequest, tmp_path: Path) -> Drill:
    if request.param == "sqlite":
        return Drill(tmp_path)
    return Drill(tmp_path, request.getfixturevalue("postgres"))


def children(process: int) -> list[int]:
    """The processes that another has begun."""
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def paper(person: Someone, drill: Drill, name: str) -> str:
    """A statement as a file that its holder keeps."""
    made = person.did(f"/v1/persons/{person.id}/statements", {"years": [2026]})
    reply = person.client.get(f"/v1/statements/{made['statement']}/file")
    assert reply.status == 200, reply.body.decode()
    (drill.folder / name).write_bytes(reply.body)
    return str(made["statement"])


def test_a_backup_under_load_a_crash_and_both_ways_back(drill: Drill) -> None:
    if drill.database:
        drill.xueshi("migrate")
    with drill.serving(crash=True) as address:
        town = Town(drill.folder, drill.door(address))
        works = town.unit("甬江机械厂", "330203", "industry")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        people = [town.person(f"张三{number}") for number in range(WRITERS)]
        for person in people:
            town.belongs(person, works, clerk, "2020-01-01")
        holder = people[0]
        early_claim = holder.did("/v1/claims", town.claim(holder, "早先的培训", route="training", level="provincial",
                                                          days="3", date="2026-02-02"))
        clerk.act(early_claim, "approval")
        early = paper(holder, drill, "early.txt")
        (drill.folder / "key").write_text(drill.xueshi("log", "key"))
        with Writers(drill, address, people, town) as writers:
            writers.some_more(40)
            before = max(drill.acknowledged)
            first = drill.told("backup", "first")
            writers.some_more(40)
        late = paper(holder, drill, "late.txt")
        second = drill.told("backup", "second")
        drill.xueshi("backup", "--check", "second")
    seen = drill.published()
    size = first["ledger"]["size"]
    assert before <= size < max(drill.acknowledged) < seen.size == second["ledger"]["size"]

    # Everything but the keys is gone; an older backup comes first to hand.
    drill.lose()
    (drill.folder / "data" / "operations.db").unlink()
    shown = drill.xueshi("restore", "first", "--with-operations")
    assert f"缺少 {seen.size - size} 个已公布的事件" in shown and "xueshi log continue-as" in shown
    assert drill.lost(size) == [], "what was acknowledged before the backup is all there"
    assert drill.root_at(size) == first["ledger"]["root"]
    assert "log_behind" in drill.xueshi("log", "checkpoint", status=3)
    with drill.serving() as address:
        reads_go_on_and_nothing_is_recorded(drill, drill.door(address), holder, early, late)
        office = Someone(drill.door(address, clerk.token), clerk.id, clerk.token)
        office.saw(f"/v1/persons/{holder.id}/years/2026", purpose="complaint_review")
    assert drill.accesses()[-1] == (clerk.id, holder.id), "whoever sees something is recorded all the same"
    for name in ("early.txt", "late.txt"):
        drill.xueshi("verify", name, "--key", "key")

    # The way back: a later backup is found.
    told = drill.told("restore", "second", "--replace")
    assert told["logs"]["ledger"]["standing"] == "current"
    assert drill.lost(seen.size) == []
    assert (drill.root_at(size), drill.root_at(seen.size)) == (first["ledger"]["root"], encode_base64(seen.root))
    with drill.serving() as address:
        asked = Someone(drill.door(address, holder.token), holder.id, holder.token)
        body = town.claim(holder, "恢复之后", route="training", level="provincial", days="2", date="2026-03-03")
        position = asked.did("/v1/claims", body)["events"][0]
        wait_until_signed(asked.client, position)
        assert asked.saw(f"/v1/statements/{late}")["status"] == "issued"
    grown = drill.published()
    assert drill.root_at(seen.size) == encode_base64(seen.root), "what was signed then is extended now"

    # The other way: the later backups are gone for good.
    shutil.copyfile(drill.folder / "data" / "keys" / "ledger.published", drill.folder / "seen.note")
    drill.told("restore", "first", "--replace")
    event = drill.told("log", "continue-as", NEW, "--checkpoint", "seen.note")["ledger"]
    assert (event["continues"], event["seen_size"], event["size"]) == ("localhost/xueshi", grown.size, size)
    drill.origin = NEW
    assert drill.root_at(size) == first["ledger"]["root"], "the same tree goes on"
    assert drill.lost(size) == []
    register = open_register(Settings(data_folder=drill.folder / "data", database=drill.database, origin=NEW))
    recorded = register.ledger.at(size + 1)
    assert recorded is not None and isinstance(recorded.envelope.event, LogContinued)
    register.close()
    with drill.serving() as address:
        asked = Someone(drill.door(address, holder.token), holder.id, holder.token)
        done = asked.did("/v1/claims", town.claim(holder, "改名之后", route="training", level="provincial", days="2",
                                                  date="2026-03-04"))
        wait_until_signed(asked.client, done["events"][0])
        assert asked.client.get("/log/checkpoint").body.decode().startswith(f"{NEW}\n")
        file = asked.client.get(f"/v1/statements/{early}/file").body
    (drill.folder / "anew.txt").write_bytes(file)
    (drill.folder / "new-key").write_text(drill.xueshi("log", "key"))
    drill.xueshi("verify", "anew.txt", "--key", "new-key")
    for name in ("early.txt", "late.txt"):
        drill.xueshi("verify", name, "--key", "key")
    drill.xueshi("log", "prove", str(size + 1), "--out", "renamed.proof")
    (drill.folder / "all-keys").write_text(drill.xueshi("log", "key", "--former"))
    assert f"此后以 {NEW} 之名继续" in drill.xueshi("verify", "early.txt", "renamed.proof", "--key", "all-keys")
    drill.xueshi("backup", "third")
    drill.xueshi("rebuild", "--compare")


def reads_go_on_and_nothing_is_recorded(
    drill: Drill, client: Client, holder: Someone, early: str, late: str
) -> None:
    """What the service of an older copy does, and does not."""
    asked = Someone(client.bearing(holder.token), holder.id, holder.token)
    assert asked.saw(f"/v1/statements/{early}")["status"] == "issued"
    assert asked.client.get(f"/v1/statements/{late}").status == 404, "it was issued after the backup"
    assert asked.saw(f"/v1/persons/{holder.id}/years/2026")["years"][0]["year"] == 2026
    file = asked.client.get(f"/v1/statements/{early}/file")
    assert file.status == 200
    (drill.folder / "again.txt").write_bytes(file.body)
    drill.xueshi("verify", "again.txt", "--key", "key")
    study = {"category": "professional", "route": "training", "level": "provincial", "days": "2", "date": "2026-03-03"}
    body = {"person": holder.id, "study": study, "details": {"title": "不行"},
            "evidence": [{"kind": "certificate", "sha256": "ab" * 32}]}
    refused = asked.client.post("/v1/claims", body)
    assert (refused.status, refused.json["code"]) == (503, "log_behind"), refused.body.decode()
    assert "continue-as" in refused.json["detail"]
    tried = asked.client.post("/v1/claims", body, dry_run=True)
    assert tried.status == 200, tried.body.decode()
    note = client.get("/log/checkpoint").body
    assert parse_checkpoint(parse_note(note)[0]) == drill.published(), "what was published is not taken back"


def wait_until_signed(client: Client, position: int) -> None:
    until(lambda: parse_checkpoint(parse_note(client.get("/log/checkpoint").body)[0]).size >= position,
          "nothing is signed")
