"""The table of jobs: whoever changes a state names the one it had, so of two who would end a job one does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from api.operational.jobs import (
    CANCELLED,
    DONE,
    FAILED,
    KEPT_S,
    QUEUED,
    REMEMBERED_S,
    RUNNING,
    WAITING_MOST,
    Full,
    Job,
    JobKeyReused,
    Jobs,
)
from ledger.stores.append import RequestKey

if TYPE_CHECKING:
    from api.operational.place import Place

SECOND = 1_000_000


@pytest.fixture
def jobs(place: Place) -> Iterator[Jobs]:
    made = Jobs(place)
    yield made
    made.close()


def a_job(number: int, owner: str = "acr_a", made_at: int = 0) -> tuple[Job, RequestKey]:
    key = number.to_bytes(32, "big")
    job = Job(f"job_{number:022}", owner, "33", None, "trace", {"under": "now"}, {}, {"entries": 1}, made_at)
    return job, RequestKey(key, key)


def state_of(jobs: Jobs, job: str) -> str:
    found = jobs.find(job)
    assert found is not None
    return found.state


def test_a_request_queues_one_job_however_often_it_is_sent_and_another_body_is_refused(jobs: Jobs) -> None:
    job, request = a_job(1)
    assert jobs.asked_by(request) is None
    assert jobs.add(job, request) == job

    later, _ = a_job(2)
    assert jobs.add(later, request) == job == jobs.asked_by(request)
    assert jobs.find(later.job) is None
    with pytest.raises(JobKeyReused, match=job.job):
        jobs.add(later, request._replace(fingerprint=b"other"))


def test_nobody_has_more_open_jobs_than_there_is_room_for(jobs: Jobs) -> None:
    for number in range(WAITING_MOST):
        jobs.add(*a_job(number))

    assert jobs.add(*a_job(WAITING_MOST)) == Full(WAITING_MOST)
    assert isinstance(jobs.add(*a_job(WAITING_MOST, "acr_b")), Job), "what others ask for is none of theirs"
    jobs.cancel(a_job(0)[0].job, by="acr_a", now=1)
    assert isinstance(jobs.add(*a_job(WAITING_MOST + 1)), Job)


def test_jobs_are_done_in_order_and_one_that_was_left_running_is_the_first_again(jobs: Jobs) -> None:
    first, second = (a_job(number)[0] for number in (1, 2))
    for number in (2, 1):
        jobs.add(*a_job(number))

    found = jobs.next(())
    assert found is not None and found.job == first.job
    assert (jobs.ahead(first.job), jobs.ahead(second.job)) == (0, 1)
    assert jobs.begin(first.job, now=5)
    jobs.tell(first.job, {"step": "read", "done": 1, "total": 2})
    left = jobs.next(())
    assert left is not None
    assert (left.job, left.state, left.tries, left.progress) == (
        first.job, RUNNING, 1, {"step": "read", "done": 1, "total": 2})
    beside = jobs.next({first.job})
    assert beside is not None and beside.job == second.job

    jobs.put_back(first.job)
    waiting = jobs.find(first.job)
    assert waiting is not None
    assert (waiting.state, waiting.tries, waiting.begun_at, waiting.progress) == (QUEUED, 0, None, None)


def test_of_two_who_would_end_a_job_one_does(jobs: Jobs) -> None:
    job, request = a_job(1)
    jobs.add(job, request)
    assert not jobs.end(job.job, DONE, {}, now=1), "what was not begun comes to nothing"
    jobs.begin(job.job, now=1)
    assert jobs.cancel(job.job, by="acr_b", now=2)

    assert not jobs.end(job.job, DONE, {"digest": "0"}, now=3)
    assert not jobs.begin(job.job, now=3)
    assert not jobs.is_running(job.job)
    jobs.put_back(job.job)
    found = jobs.find(job.job)
    assert found is not None
    assert (found.state, found.cancelled_by, found.outcome, found.ended_at) == (CANCELLED, "acr_b", None, 2)

    other, request = a_job(2)
    jobs.add(other, request)
    jobs.begin(other.job, now=1)
    assert jobs.end(other.job, FAILED, {"code": "x"}, now=4)
    assert not jobs.cancel(other.job, by="acr_b", now=5)
    assert state_of(jobs, other.job) == FAILED
    assert jobs.next(()) is None and jobs.last_done() is None


def test_files_go_after_a_month_and_the_row_when_its_key_is_forgotten(jobs: Jobs) -> None:
    job, request = a_job(1, made_at=0)
    jobs.add(job, request)
    assert jobs.past(now=10**18) == [], "what is still to be done is kept"
    jobs.begin(job.job, now=0)
    jobs.end(job.job, DONE, {"digest": "0"}, now=SECOND)
    ended = jobs.find(job.job)
    assert ended is not None and ended.kept_until == (KEPT_S + 1) * SECOND

    assert jobs.past(now=KEPT_S * SECOND) == []
    assert jobs.past(now=(KEPT_S + 1) * SECOND) == [job.job]
    jobs.forget(now=10**18)
    assert jobs.find(job.job) is not None, "not while its files may lie there"
    jobs.cleared(job.job)
    assert jobs.past(now=10**18) == []
    jobs.forget(now=REMEMBERED_S * SECOND - 1)
    assert jobs.asked_by(request) is not None, "the request still gets its answer"
    jobs.forget(now=REMEMBERED_S * SECOND)
    assert jobs.asked_by(request) is None


def test_everyone_sees_their_own_newest_first_a_page_at_a_time(jobs: Jobs) -> None:
    for number, owner in ((1, "acr_a"), (2, "acr_b"), (3, "acr_a"), (4, "acr_a")):
        jobs.add(*a_job(number, owner))

    first = jobs.of("acr_a", before=None, limit=2)
    assert [one.job for one in first] == [a_job(4)[0].job, a_job(3)[0].job]
    assert [one.job for one in jobs.of("acr_a", before=first[-1].job, limit=2)] == [a_job(1)[0].job]
