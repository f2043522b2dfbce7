"""What is going on survives a restart, belongs to one person at a time, and takes each nonce once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from api.operational.study_sessions import Session, StudySessions, Whereabouts, WrongNonce, question
from api.operational.study_time import SECOND, begun
from api.register.register import open_register
from api.settings import Settings
from ledger.keys.vault import Vault

if TYPE_CHECKING:
    from api.operational.place import Place

LI, WANG = (f"per_{'0' * 21}{one}" for one in "12")
COURSE, OTHER = (f"enr_{'0' * 21}{one}" for one in "12")
KEY = b"k" * 32


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    register = open_register(Settings(data_folder=tmp_path_factory.mktemp("vault") / "data"), create=True)
    yield register.ledger.vault
    register.close()


@pytest.fixture
def studies(place: Place, vault: Vault) -> Iterator[StudySessions]:
    studies = StudySessions(place, KEY, vault)
    yield studies
    studies.close()


def opened(studies: StudySessions, person: str = LI, enrolment: str = COURSE, request: bytes = b"1") -> Session:
    time = begun(gap_seconds=120, challenge_minutes=15, now=0)
    return studies.begin(person, enrolment, time, Whereabouts("192.0.2.7", "某浏览器"), request=request)


def beaten(studies: StudySessions, nonce: str, at_s: int, request: bytes) -> Session | WrongNonce | None:
    return studies.beat(LI, COURSE, nonce, None, now=at_s * SECOND, request=request)


def test_each_sign_of_life_takes_the_nonce_that_the_last_one_gave(studies: StudySessions) -> None:
    first = studies.nonce(opened(studies))
    after = beaten(studies, first, 60, b"a")
    assert isinstance(after, Session) and after.time.minutes == 1

    assert beaten(studies, first, 90, b"b") == WrongNonce(), "said twice"
    assert beaten(studies, "A" * 24, 90, b"c") == WrongNonce(), "made up"
    again = beaten(studies, first, 90, b"a")
    assert again == after, "the answer was lost on its way: it is given again, and nothing is counted"
    assert isinstance(beaten(studies, studies.nonce(after), 120, b"d"), Session)


def test_of_many_that_say_the_same_at_once_one_is_taken(studies: StudySessions) -> None:
    nonce, taken = studies.nonce(opened(studies)), []
    crowd = [threading.Thread(target=lambda at=at: taken.append(
        beaten(studies, nonce, 60, f"r{at}".encode()))) for at in range(12)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()

    assert sum(isinstance(one, Session) for one in taken) == 1


def test_a_person_has_one_session_and_another_has_to_wait_until_it_has_ended(studies: StudySessions) -> None:
    first = opened(studies)
    assert opened(studies, enrolment=OTHER, request=b"2") == first, "this is what has to end before"
    assert opened(studies, WANG, request=b"3").session != first.session

    stopped = studies.stop(first, request=b"e")
    assert beaten(studies, studies.nonce(first), 60, b"a") is None, "nothing is counted any more"
    assert (stopped.state, studies.whereabouts(stopped)) == ("ending", Whereabouts("192.0.2.7", "某浏览器"))
    studies.ended(stopped)
    assert opened(studies, enrolment=OTHER, request=b"2").enrolment == OTHER
    found = studies.find(LI, COURSE, request=b"e")
    assert found is not None and found.state == "ended", "whoever ended it and lost the answer finds it again"
    assert studies.find(LI, COURSE) is None and studies.whereabouts(found) == Whereabouts()


def test_what_was_counted_is_still_there_after_a_restart(place: Place, vault: Vault, studies: StudySessions) -> None:
    nonce = studies.nonce(opened(studies))
    after = beaten(studies, nonce, 60, b"a")
    assert isinstance(after, Session)

    again = StudySessions(place, KEY, vault)
    found = again.beat(LI, COURSE, again.nonce(after), None, now=150 * SECOND, request=b"b")
    again.close()
    assert isinstance(found, Session) and found.time.counted == 150 * SECOND


def test_whoever_was_left_behind_is_found_and_what_was_recorded_goes(studies: StudySessions) -> None:
    session = opened(studies)
    assert studies.left(before=0) == [] and studies.left(before=1) == [session]

    studies.ended(session)
    studies.tidy(now=SECOND)
    assert studies.find(LI, COURSE) is None and studies.left(before=SECOND) == []
    studies.tidy(now=8 * 86_400 * SECOND)
    assert studies.stop(session).state == "ended"


def test_who_studies_from_where_stands_nowhere_in_clear(studies: StudySessions, kept: Callable[[], bytes]) -> None:
    opened(studies)
    stored = kept()
    assert LI.encode() in stored
    assert b"192.0.2.7" not in stored and "某浏览器".encode() not in stored


def test_what_is_asked_can_be_answered_with_digits() -> None:
    asked = {question() for _ in range(200)}

    assert len(asked) > 30
    assert all(one.answer.isdigit() and 2 <= int(one.answer) <= 18 for one in asked)
