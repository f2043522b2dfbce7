"""Answers: of one moment over all files, the same for every thread and process, clear about what is not there yet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from projection_kit import FIVE, NINGBO, House, any_book, close_house, exam, living, open_house, seminar

from ledger.events.actor import Scope
from ledger.vocabulary import PersonId
from projections.answers import EVERY, Answers, projections
from projections.basis import axes_of, read_axes
from projections.errors import AsOfInFuture, NotBuilt, NotFollowedYet
from projections.files.batch import read_batch
from projections.files.board import Board, Failed, Said
from projections.files.file import ProjectionFile
from projections.files.places import path_of
from projections.following.follower import Follower
from projections.people import People
from tests.waiting import until

OFFICE = Scope(role="sector_authority", region="3302")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


@pytest.fixture
def person(house: House) -> PersonId:
    """Someone with two seminars under one cap."""
    person = house.person(unit=house.unit(NINGBO, "industry"))
    for day in ("2021-03-01", "2021-05-01"):
        house.registered(person, seminar(day))
    return person


def beside(house: House, wait_ms: int = 2_000) -> Answers:
    """Other answers over the same files."""
    return Answers(house.ledger, house.folder / "answers", book=any_book, now=lambda: house.clock.ns // 1_000,
                   wait_ms=wait_ms)


def in_threads(count: int, ask: Callable[[], Any]) -> list[Any]:
    """What each of several threads is answered."""
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(ask())) for _ in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == count, "a thread broke off"
    return found


def written(answer: Any) -> bytes:
    return json.dumps(answer, ensure_ascii=False, sort_keys=False).encode()


# How far


def test_a_question_about_what_is_not_followed_yet_waits_for_it(house: House, person: PersonId) -> None:
    house.followed()
    house.follower.stop()
    late = house.person()
    next_follower = Follower(house.ledger, house.folder / "answers", projections())
    answers = beside(house, wait_ms=60_000)
    starting = threading.Timer(0.2, next_follower.start)  # not hours: seconds
    began = time.monotonic()
    starting.start()

    found = answers.person(late, as_of=house.size)

    assert found is not None and time.monotonic() - began > 0.1
    assert answers.years(late, read_axes(as_of=str(house.size))) is not None
    starting.join()
    next_follower.stop()


def test_what_does_not_come_in_time_is_refused_with_how_far_the_answers_are(house: House, person: PersonId) -> None:
    reached = house.followed().position()
    house.follower.stop()
    house.person()
    answers = beside(house, wait_ms=50)
    questions: list[Callable[[int], Any]] = [
        lambda at: answers.person(person, at), lambda at: answers.unit("unt_x", at),
        lambda at: answers.transfer("trf_x", at), lambda at: answers.claim("clm_x", at), answers.rulebooks,
        lambda at: answers.work([OFFICE], as_of=at), lambda at: answers.claimant_work(person, as_of=at),
        lambda at: answers.years(person, read_axes(as_of=str(at))),
    ]

    for ask in questions:
        began = time.monotonic()
        with pytest.raises(NotFollowedYet) as told:
            ask(reached + 1)
        assert time.monotonic() - began > 0.04
        assert (told.value.code, told.value.wanted, told.value.position) == ("projection_behind", reached + 1, reached)
        ask(reached)
        with pytest.raises(AsOfInFuture):
            ask(reached + 2)


def test_nobody_waits_for_an_event_that_a_projection_cannot_take(house: House) -> None:
    reached = house.followed().position()
    house.follower.stop()
    house.person()
    house.person()
    answers = beside(house, wait_ms=3_600_000)
    Board(house.folder / "answers").say({"people": Said(None, Failed(reached + 1, "ValueError"))})

    with pytest.raises(NotFollowedYet):
        answers.person("per_x", house.size)


def test_the_future_is_refused_without_waiting(house: House) -> None:
    answers = beside(house, wait_ms=60_000)
    house.followed()
    began = time.monotonic()

    with pytest.raises(AsOfInFuture):
        answers.person("per_x", house.size + 1)
    assert time.monotonic() - began < 30


def test_an_answer_from_several_files_is_of_the_moment_that_all_have_reached(house: House) -> None:
    reached = house.followed().position()
    house.follower.stop()
    person = house.person(unit=house.unit(NINGBO, "industry"))
    people = ProjectionFile(People(), path_of(house.folder / "answers", People()))
    batch = read_batch(house.ledger, reached)
    assert batch is not None
    people.apply(batch, house.ledger)
    people.connection.close()
    answers = house.answers

    assert answers.position() == reached
    behind = {one.name: house.size - reached for one in EVERY}
    assert answers.lag() == {**behind, "people": 0}
    assert answers.person(person) is not None, "one file alone speaks up to where it is"
    assert answers.years(person, read_axes()) is None, "as of what all of them know, nobody of that name"
    assert answers.basis(read_axes()).as_of == reached


def test_answers_keep_up_with_the_log(house: House, person: PersonId) -> None:
    answers = house.followed()

    assert answers.lag() == dict.fromkeys((one.name for one in EVERY), 0)
    assert answers.position() == house.size
    assert answers.wait_for(house.size, 0)
    assert not answers.wait_for(house.size + 1, 5)


# What is not there


def test_nobody_asks_in_vain_for_what_is_unknown(house: House) -> None:
    answers = house.followed()

    assert answers.person("per_nobody") is None
    assert answers.unit("unt_none") is None
    assert answers.transfer("trf_none") is None
    assert answers.claim("clm_none") == []
    assert answers.years("per_nobody", read_axes()) is None
    assert answers.claimant_work("per_nobody").items == ()


def test_before_anything_is_built_every_question_says_so(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house", start=False)
    house.unit(NINGBO, "industry", verified=False)
    answers = beside(house, wait_ms=20)
    questions: list[Callable[[], Any]] = [
        lambda: answers.person("per_x"), lambda: answers.claim("clm_x"), lambda: answers.work([OFFICE]),
        answers.rulebooks, answers.position, lambda: answers.years("per_x", read_axes()), answers.law_digests,
    ]

    for ask in questions:
        with pytest.raises(NotBuilt) as told:
            ask()
        assert told.value.code == "projection_not_built"
    assert answers.lag() == dict.fromkeys((one.name for one in EVERY), house.size)
    assert not answers.wait_for(1)
    close_house(house)


# Threads and processes


def test_every_thread_is_answered_the_same_while_the_log_grows(house: House, person: PersonId) -> None:
    basis = house.years(person)["basis"]
    growing = threading.Event()

    def grow() -> None:
        while not growing.wait(0.005):  # not hours: seconds
            house.submit(person, exam("2021-06-01"))

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        found = in_threads(6, lambda: [written(house.answers.years(person, axes_of(basis))) for _ in range(10)])
    finally:
        growing.set()
        writer.join()

    assert len({one for each in found for one in each}) == 1
    assert house.followed().claimant_work(person).items, "the log has grown meanwhile"


def test_a_thread_that_is_over_leaves_no_file_open(house: House, person: PersonId) -> None:
    answers, folder = house.followed(), str(house.folder / "answers")

    def open_files() -> int:
        return sum(os.path.realpath(one).startswith(folder) for one in Path("/proc/self/fd").iterdir())

    in_threads(1, lambda: answers.years(person, read_axes()))
    before = open_files()  # One more than the follower's: SQLite keeps what is closed for the next to open.
    for _ in range(20):
        in_threads(1, lambda: answers.years(person, read_axes()))

    until(lambda: 0 < open_files() <= before, open_files)  # Who follows opens one now and then.


BESIDE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from projection_kit import open_house
from projections.basis import read_axes
house = open_house(Path(sys.argv[1]), start=False)
for line in sys.stdin:
    person, as_of, law = line.split()
    answer = house.answers.years(person, read_axes(as_of=as_of, law=law))
    print(json.dumps(answer, ensure_ascii=False), flush=True)
"""


@pytest.fixture
def other_process(house: House) -> Iterator[Callable[..., bytes]]:
    """Ask a process that reads beside the follower of this one."""
    house.followed()
    with subprocess.Popen(
        [sys.executable, "-c", BESIDE, str(house.folder), str(Path(__file__).parent)], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
    ) as process:
        def ask(*words: str) -> bytes:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(" ".join(words).encode() + b"\n")
            process.stdin.flush()
            return process.stdout.readline().rstrip(b"\n")

        yield ask
        process.terminate()


@pytest.mark.parametrize("law", ["then", "now", "set:" + ",".join(FIVE)])
def test_another_process_gives_the_same_bytes_on_the_same_basis(
    house: House, person: PersonId, other_process: Callable[..., bytes], law: str
) -> None:
    as_of = str(house.size)
    here = written(house.years(person, as_of=as_of, law=law))

    assert other_process(person, as_of, law) == here
    house.registered(person, exam("2021-06-01"))
    house.followed()
    if law != "now":  # Which names the head of the log in its basis, and that has moved.
        assert other_process(person, as_of, law) == here
    assert other_process(person, str(house.size), law) == written(house.years(person, as_of=str(house.size), law=law))
    assert other_process("per_nobody", as_of, law) == b"null"


def test_another_process_waits_for_what_this_one_has_just_written(
    house: House, person: PersonId, other_process: Callable[..., bytes]
) -> None:
    for day in ("2022-01-01", "2022-02-01", "2022-03-01"):
        claim = house.registered(person, exam(day))

        assert claim.encode() in other_process(person, str(house.size), "then")


def test_what_is_enacted_is_law_at_the_next_question(house: House) -> None:
    answers = house.followed()
    five = answers.law_digests()
    assert answers.law_digests() is five, "read once while nothing is enacted"

    house.enact("zhejiang-construction/2022-01-01")

    assert set(house.followed().law_digests()) == {*five, any_book("zhejiang-construction/2022-01-01").digest}


# Pages


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7])
def test_pages_hold_everything_once_and_the_last_one_says_that_it_is(
    house: House, person: PersonId, limit: int
) -> None:
    waiting = [house.submit(person, exam("2021-03-01")) for _ in range(6)]
    answers = house.followed()

    for ask in (lambda **rest: answers.work([OFFICE], limit=limit, **rest),
                lambda **rest: answers.claimant_work(person, limit=limit, **rest)):
        page = ask()
        pages = [page]
        while page.next is not None:
            assert len(page.items) == limit
            page = ask(after=page.next, as_of=page.as_of)
            pages.append(page)
        assert [one.id for each in pages for one in each.items] == waiting
        assert all(each.items for each in pages), "no page is empty"
        assert {each.as_of for each in pages} == {house.size}


def test_a_claimant_sees_their_own_work_alone_and_longest_first(house: House, person: PersonId) -> None:
    works, other = house.unit(NINGBO, "industry"), house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.submit(person, exam("2021-03-01"))
    house.submit(other, exam("2021-03-01"))
    submitted = house.size
    transfer = house.request(person, works, "2022-01-01")
    answers = house.followed()

    assert [(one.id, one.kind, one.person) for one in answers.claimant_work(person).items] == [
        (claim, "claim", person), (transfer, "transfer", person)]
    assert [one.id for one in answers.claimant_work(person, as_of=submitted).items] == [claim]
    house.approve(claim)
    assert [one.id for one in house.followed().claimant_work(person).items] == [transfer]
