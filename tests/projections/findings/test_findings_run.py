"""Runs over the whole past and over what moved come to the same; what was found holds between positions."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pattern_kit import Register, kept, paper, training

from api.demo.history import Told
from api.demo.making import make
from ledger.events.actor import Scope
from ledger.events.study import StudyDetails
from ledger.keys.vault import open_vault
from ledger.ledger import Ledger
from ledger.streams import claim_register
from ledger.streams.claim import evolve
from projections.errors import AlreadyFollowed, NotBuilt
from projections.files.batch import read_batch
from projections.files.build import opened
from projections.files.file import ProjectionFile
from projections.files.places import path_of
from projections.files.projection import Projection
from projections.files.reader import Reader
from projections.findings import found
from projections.findings.clue_file import ClueFile
from projections.findings.findings_file import FindingsFile
from projections.findings.found import Filters, FindingsBehind
from projections.findings.kept import content
from projections.findings.patterns import patterns
from projections.findings.snapshot import Interrupted
from projections.findings.traces import Traces
from projections.findings.upkeep import Upkeep
from tests.waiting import until

NOW = 1_800_000_000_000_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A made-up register of some years, with what is planted in it."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    make(folder, Told(people=40, first_year=2020, last_year=2021, seed=11))
    vault = open_vault(folder / "keys" / "people.db")
    with closing(Ledger.in_file(folder / "ledger.db", vault)) as ledger:
        yield ledger
    vault.close()


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    with kept(tmp_path) as register:
        yield register


def followed(ledger: Ledger, folder: Path, upto: int | None = None) -> None:
    """Let the traces reach a position."""
    folder.mkdir(exist_ok=True)
    until = ledger.store.size() if upto is None else upto
    with closing(opened(Traces(), path_of(folder, Traces()), ledger)) as traces:
        while traces.position < until and (
                batch := read_batch(ledger, traces.position, min(5_000, until - traces.position))):
            traces.apply(batch, ledger)


def digest(folder: Path) -> str:
    with closing(sqlite3.connect(path_of(folder, FindingsFile()))) as connection:
        return content(connection)


def every(*names: str) -> list[Any]:
    return [patterns()[name] for name in names or patterns()]


def asked(register: Register, *names: str) -> list[Any]:
    """What a run over what moved comes to."""
    followed(register.house.ledger, register.folder)
    upkeep = Upkeep(register.house.ledger, register.folder, now=lambda: NOW)
    try:
        return upkeep.run(every(*names))
    finally:
        upkeep.stop()


def answers(folder: Path) -> Any:
    """As the house answers: with a reader of the file."""
    return SimpleNamespace(found=Reader(FindingsFile(), folder))


def shared_file(register: Register, count: int = 2) -> list[Any]:
    """So many people who show one certificate, of one day but not of one class."""
    return [register.registered(register.person(), training(f"2022-03-{1 + at:02d}", f"2022-03-{1 + at:02d}", 2),
                                paper("ab")) for at in range(count)]


# Whole and in steps


def test_steps_of_any_size_come_to_what_one_run_over_everything_comes_to(demo: Ledger, tmp_path: Path) -> None:
    size, rng = demo.store.size(), random.Random(5)
    followed(demo, tmp_path / "whole")
    whole = Upkeep(demo, tmp_path / "whole", now=lambda: NOW)
    came = whole.run(every(), whole=True)
    whole.stop()
    assert all(one.is_whole for one in came) and sum(one.findings for one in came) >= 8

    steps = Upkeep(demo, tmp_path / "steps", now=lambda: NOW)
    at = 0
    while at < size:
        at = min(size, at + rng.choice((150, 700, 1_500)))
        followed(demo, tmp_path / "steps", at)
        steps.run(every())
    steps.stop()
    assert digest(tmp_path / "whole") == digest(tmp_path / "steps")
    assert Reader(FindingsFile(), tmp_path / "steps").position() == size


def test_a_second_run_over_everything_by_two_threads_changes_nothing(demo: Ledger, tmp_path: Path) -> None:
    followed(demo, tmp_path)
    upkeep = Upkeep(demo, tmp_path, now=lambda: NOW)
    upkeep.run(every())
    before = digest(tmp_path)
    again = upkeep.run(every(), whole=True, at_once=2)
    upkeep.stop()
    assert [one for one in again if one.begun or one.changed or one.ended] == [] and digest(tmp_path) == before


def test_progress_is_told_of_each_pattern_up_to_its_end(register: Register) -> None:
    shared_file(register)
    followed(register.house.ledger, register.folder)
    told: list[tuple[str, int, int]] = []
    upkeep = Upkeep(register.house.ledger, register.folder)
    upkeep.run(every("D01", "D02"), whole=True, tell=lambda *one: told.append(one))
    upkeep.stop()
    assert [name for name, done, _ in told if not done] == ["D01", "D02"]
    ends = {name: (done, total) for name, done, total in told}
    assert all(done == total > 0 for done, total in ends.values())


# What holds


def test_a_finding_begins_changes_and_ends_and_can_be_read_as_of_each_position(register: Register) -> None:
    first, second = shared_file(register)
    assert {one.pattern: one.begun for one in asked(register)}["D02"] == 1
    folder, begun = register.folder, register.house.size
    (one,) = found.findings(answers(folder), None, Filters(pattern="D02")).items
    assert one.claims == (first, second) and one.since_position == one.from_position == begun

    third = register.registered(register.person(), training("2022-03-05", "2022-03-05", 2), paper("ab"))
    asked(register)
    changed = register.house.size
    (two,) = found.findings(answers(folder), None, Filters(pattern="D02")).items
    assert (two.finding, two.claims) == (one.finding, tuple(sorted((first, second, third))))
    assert (two.since_position, two.from_position) == (begun, changed)
    assert two.facts_sha256 != one.facts_sha256, "what was decided upon others is decided no more"

    for claim in (first, second):
        register.house.revoke(claim)
    register.house.revoke(third)
    asked(register)
    ended = register.house.size
    assert found.findings(answers(folder), None, Filters(pattern="D02")).items == ()
    last = found.finding_of(answers(folder), one.finding)
    assert last is not None and last.until_position == ended and last.claims == two.claims, "it stays to be seen"
    assert found.finding_of(answers(folder), one.finding, as_of=begun) == one._replace(until_position=changed)
    assert [each.from_position for each in found.history_of(answers(folder), one.finding)] == [begun, changed]
    assert found.of_claim(answers(folder), third, as_of=begun) == ()
    assert [each.finding for each in found.of_claim(answers(folder), third, as_of=changed)] == [one.finding]


def test_whoever_no_longer_belongs_to_a_finding_leaves_it_to_the_others(register: Register) -> None:
    """The certificate of one is another one after a correction: the other two still share theirs."""
    claims = shared_file(register, 3)
    asked(register)
    study = training("2022-03-01", "2022-03-01", 2)
    state = register.house.load(claims[0], evolve)
    register.house.on_claim(claims[0], claim_register.decide_correction, claim_register.CorrectClaim(
        role="sector_authority", study=study, details=StudyDetails(title="更正"), ruling=state.ruling, year=state.year,
        evidence=(paper("cd"),)))
    asked(register)
    (one,) = found.findings(answers(register.folder), None, Filters(pattern="D02")).items
    assert one.claims == tuple(sorted(claims[1:]))


# Asking


def test_findings_are_listed_by_whom_they_name_and_where_they_lie_in_pages(register: Register) -> None:
    pairs = [shared_file(register, 2), *(
        [register.registered(register.person(), training("2022-04-01", "2022-04-01", 2), paper(letter))
         for _ in range(2)] for letter in "ef")]
    asked(register)
    told = answers(register.folder)
    inside, outside = Scope(role="supervisor", region="3302"), Scope(role="supervisor", region="3303")
    everything = found.findings(told).items
    assert {one.pattern for one in everything} >= {"D02"}
    assert found.findings(told, (inside,)).items == everything and found.findings(told, (outside,)).items == ()
    assert found.findings(told, ()).items == ()
    assert found.findings(told, None, Filters(region="3303")).items == ()
    seen, after = [], None
    while True:
        page = found.findings(told, None, Filters(pattern="D02"), after=after, limit=2)
        seen += page.items
        if (after := page.next) is None:
            break
    assert len(seen) == 3 == len({one.finding for one in seen})
    claim = pairs[1][0]
    (one,) = [each for each in found.of_claim(told, claim) if each.pattern == "D02"]
    assert claim in one.claims and one.finding in {each.finding for each in found.of_person(told, one.persons[0])}
    assert found.findings(told, None, Filters(finding=one.finding)).items == (one,)
    assert {each["pattern"]: each["findings"] for each in found.asked(told)}["D02"] == 3


def test_what_was_not_reached_is_said(register: Register) -> None:
    with pytest.raises(NotBuilt):
        found.findings(answers(register.folder))
    asked(register)
    with pytest.raises(FindingsBehind):
        found.findings(answers(register.folder), as_of=register.house.size + 1)


# Kills, locks, changes of mind


def test_a_killed_run_leaves_what_it_had_finished_and_the_next_one_does_the_rest(
    demo: Ledger, tmp_path: Path
) -> None:
    followed(demo, tmp_path)
    Upkeep(demo, tmp_path).stop()
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        killed = Upkeep(demo, tmp_path, now=lambda: NOW)
        killed.run(every(), tell=lambda name, *_: os.kill(os.getpid(), signal.SIGKILL) if name == "D05" else None)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    with closing(sqlite3.connect(path_of(tmp_path, FindingsFile()))) as connection:
        done = [name for (name,) in connection.execute("SELECT pattern FROM asked ORDER BY 1")]
        found_by = {name for (name,) in connection.execute("SELECT DISTINCT pattern FROM finding")}
    assert done == ["D01", "D02", "D03", "D04"] and found_by <= set(done)
    with pytest.raises(NotBuilt):
        found.findings(answers(tmp_path))

    upkeep = Upkeep(demo, tmp_path, now=lambda: NOW)
    came = upkeep.run(every())
    upkeep.stop()
    assert {one.pattern for one in came if one.is_whole} == set(patterns()) - set(done)
    followed(demo, tmp_path / "whole")
    whole = Upkeep(demo, tmp_path / "whole", now=lambda: NOW)
    whole.run(every())
    whole.stop()
    assert digest(tmp_path) == digest(tmp_path / "whole")


def test_a_run_that_is_given_up_ends_with_the_pattern_before(register: Register) -> None:
    shared_file(register)
    followed(register.house.ledger, register.folder)
    upkeep = Upkeep(register.house.ledger, register.folder)
    with pytest.raises(Interrupted):
        upkeep.run(every(), tell=lambda name, *_: upkeep.give_up() if name == "D03" else None)
    with pytest.raises(Interrupted):
        upkeep.run(every("D03", "D04", "D05"), at_once=2)
    upkeep.stop()
    assert [one["pattern"] for one in found.asked(answers(register.folder))] == ["D01", "D02"]


def test_who_stops_while_clues_are_taken_from_the_log_waits_for_one_piece_and_keeps_what_was_taken(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared_file(register)
    followed(register.house.ledger, register.folder)
    monkeypatch.setattr("projections.findings.clues.EVENTS_AT_ONCE", 2)
    upkeep, told = Upkeep(register.house.ledger, register.folder), list[tuple[str, int]]()

    def tell(name: str, done: int, _: int) -> None:
        told.append((name, done))
        if done == 4:
            upkeep.give_up()

    with pytest.raises(Interrupted):
        upkeep.run(every(), tell=tell)
    upkeep.stop()
    assert told == [("clues", 2), ("clues", 4)]
    again = Upkeep(register.house.ledger, register.folder)
    again.run(every(), tell=lambda *each: told.append(each[:2]))
    again.stop()
    assert told[2] == ("clues", 8) and told[-1][0] != "clues", "it goes on behind the piece that was being taken"


def test_two_runs_do_not_write_at_once(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    followed(register.house.ledger, register.folder)
    one = Upkeep(register.house.ledger, register.folder)
    monkeypatch.setattr("projections.findings.upkeep.WAIT_S", 0)
    other = subprocess.Popen([sys.executable, "-c", (
        "import fcntl, sys, time\n"
        f"file = open({str(register.folder / 'findings.lock')!r}, 'a')\n"
        "fcntl.flock(file, fcntl.LOCK_EX)\nprint('held', flush=True)\ntime.sleep(60)")], stdout=subprocess.PIPE)
    assert other.stdout is not None and other.stdout.readline() == b"held\n"
    try:
        with pytest.raises(AlreadyFollowed):
            one.run(every())
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    one.run(every())
    one.stop()


def test_a_pattern_that_is_another_than_it_was_is_asked_about_everything(register: Register) -> None:
    shared_file(register)
    asked(register)
    with closing(sqlite3.connect(path_of(register.folder, FindingsFile()))) as connection:
        connection.execute("UPDATE asked SET fingerprint = 'another' WHERE pattern = 'D02'")
        connection.execute("INSERT INTO asked VALUES ('D99', 1, 'x', 1, 1, 1)")
        connection.commit()
    assert {one.pattern for one in asked(register) if one.is_whole} == {"D02"}
    with closing(sqlite3.connect(path_of(register.folder, FindingsFile()))) as connection:
        assert connection.execute("SELECT count(*) FROM asked WHERE pattern = 'D99'").fetchone() == (0,)


def test_a_file_that_is_taken_away_is_found_again(register: Register) -> None:
    shared_file(register)
    asked(register)
    before = digest(register.folder)
    path = path_of(register.folder, FindingsFile())
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    asked(register)
    assert digest(register.folder) == before


def test_a_service_keeps_the_file_a_little_behind(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.findings.upkeep.BEGINS_MS", 1)
    monkeypatch.setattr("projections.findings.upkeep.POLL_MS", 5)
    shared_file(register)
    followed(register.house.ledger, register.folder)
    with Upkeep(register.house.ledger, register.folder) as upkeep:
        until(lambda: upkeep.lag().behind == 0 and upkeep.position() > 0, upkeep.lag)
        register.registered(register.person(), training("2022-03-09", "2022-03-09", 2), paper("ab"))
        followed(register.house.ledger, register.folder)
        until(lambda: upkeep.position() == register.house.size, upkeep.lag)
        (one,) = found.findings(answers(register.folder), None, Filters(pattern="D02")).items
        assert len(one.claims) == 3 and upkeep.lag().failure is None


def test_in_a_rush_it_rests_after_each_question(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    shared_file(register)
    followed(register.house.ledger, register.folder)
    upkeep = Upkeep(register.house.ledger, register.folder)
    upkeep.catch_up()
    rested = []
    monkeypatch.setattr("projections.findings.upkeep.rest_s", lambda took_ns: rested.append(took_ns) or 0)
    for is_rush in (False, True):
        monkeypatch.setattr(upkeep, "_is_rush", is_rush)
        register.registered(register.person(), training("2022-03-09", "2022-03-09", 2), paper("ab"))
        followed(register.house.ledger, register.folder)
        assert upkeep.catch_up()
        asked = sum(not one.looks_at_everything for one in patterns().values())
        assert len(rested) == (1 + asked if is_rush else 0)  # The first after the clues have come up.
    upkeep.stop()
    (one,) = found.findings(answers(register.folder), None, Filters(pattern="D02")).items
    assert len(one.claims) == 4


def test_of_two_that_serve_one_keeps_the_file_and_the_other_follows_it_only_when_that_one_is_gone(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two in turn would each look through both files before each run: the other had written them."""
    monkeypatch.setattr("projections.findings.upkeep.BEGINS_MS", 1)
    monkeypatch.setattr("projections.findings.upkeep.POLL_MS", 5)
    monkeypatch.setattr("projections.findings.upkeep.REST", 0)
    shared_file(register)
    followed(register.house.ledger, register.folder)
    ledger, folder = register.house.ledger, register.folder
    with Upkeep(ledger, folder) as first, Upkeep(ledger, folder) as second:
        until(lambda: max(first.asked_at, second.asked_at) == register.house.size)
        keeps, waits = (first, second) if first.asked_at else (second, first)
        register.registered(register.person(), training("2022-03-09", "2022-03-09", 2), paper("ab"))
        followed(register.house.ledger, register.folder)
        until(lambda: keeps.asked_at == register.house.size)
        assert waits.asked_at == 0 and waits.position() == keeps.position()
        keeps.stop()
        register.registered(register.person(), training("2022-03-12", "2022-03-12", 2), paper("ab"))
        followed(register.house.ledger, register.folder)
        until(lambda: waits.asked_at == register.house.size)


def test_a_disk_that_fails_while_clues_get_their_name_is_told_and_the_next_run_goes_on(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared_file(register)
    followed(register.house.ledger, register.folder)
    upkeep = Upkeep(register.house.ledger, register.folder, now=lambda: NOW)

    class Fails(ProjectionFile):
        def __init__(self, projection: Projection, path: Path, **more: Any) -> None:
            if isinstance(projection, ClueFile) and path == path_of(register.folder, projection):
                sqlite3.connect(register.folder / "no folder" / "file").close()
            super().__init__(projection, path, **more)

    with monkeypatch.context() as broken:
        broken.setattr("projections.files.build.ProjectionFile", Fails)
        with pytest.raises(sqlite3.OperationalError):  # Not of the file that was closed for it.
            upkeep.run(every())

    assert len(upkeep.run(every("D02"))) == 1
    upkeep.stop()
