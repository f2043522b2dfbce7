"""How long somebody studied, by the server's clock alone: from signs of life, without gaps, shown to be a person (W 9).

    begin → beat … beat → what is counted

Between two signs of life time counts if they lie no further apart than the course allows. Every so often somebody has
to show that they are there: what is asked then must be answered within that same span, and until it is, time is held
back; what was not answered in time, or wrongly, is lost, and something else is asked. What the client says of its own
time is never asked for.

A course asks for so much and no more: with its last minute a session is full. From then on nothing is counted and
nothing asked, and the session ends at that moment, however long its window stays open.

Every moment between the first sign of life and the last is counted, held back, missed or forfeited, and nothing twice:
so whoever studies can be told what was left out, and why.

How evenly signs of life came, and answers, is kept as sums: a machine keeps time better than anybody (D10).

Pure: the clock and what is asked are handed in. `tests/api/test_study_time.py` shows it.
"""

from __future__ import annotations

from math import isqrt
from typing import NamedTuple

SECOND = 1_000_000
MINUTE = 60 * SECOND


class Question(NamedTuple):
    """What somebody is asked, and what a person would answer."""

    text: str
    answer: str


class Lengths(NamedTuple):
    """How long several things took, in milliseconds: as much of it as a mean and a deviation need."""

    times: int = 0
    total: int = 0
    squared: int = 0

    def and_also(self, microseconds: int) -> Lengths:
        """Add one."""
        ms = microseconds // 1_000
        return Lengths(self.times + 1, self.total + ms, self.squared + ms * ms)

    @property
    def mean(self) -> int | None:
        """The mean; None of nothing."""
        return self.total // self.times if self.times else None

    @property
    def spread(self) -> int | None:
        """The standard deviation; None of fewer than two."""
        if self.times < 2:
            return None
        return isqrt(self.times * self.squared - self.total * self.total) // self.times


class StudyTime(NamedTuple):
    """A session of study as it has been counted so far; times are microseconds."""

    gap: int                       # Signs of life further apart than this leave time out.
    every: int                     # After so much counted time somebody is asked.
    began_at: int
    last_at: int
    counted: int = 0
    held: int = 0                  # Passed since the question; counted when it is answered in time.
    unasked: int = 0               # Counted since the last question that was answered.
    asked_at: int | None = None
    question: Question | None = None
    heartbeats: int = 0
    challenges: int = 0
    answered: int = 0
    missed: int = 0                # Passed between signs of life that lay too far apart.
    forfeited: int = 0             # Held back for an answer that came too late, or was wrong.
    steps: Lengths = Lengths()     # From one sign of life to the next, while nothing was asked.
    answers: Lengths = Lengths()   # From a question to its right answer.
    most: int | None = None        # What is still to be studied: no more is counted. None: begun before this was kept.

    @property
    def minutes(self) -> int:
        """Whole minutes that count."""
        return self.counted // MINUTE

    @property
    def is_full(self) -> bool:
        """Whether everything that was still to be studied has been."""
        return self.most is not None and self.counted >= self.most


def begun(*, gap_seconds: int, challenge_minutes: int, now: int, minutes_left: int | None = None) -> StudyTime:
    """Begin a session, for so many minutes at most."""
    most = None if minutes_left is None else minutes_left * MINUTE
    return StudyTime(gap_seconds * SECOND, challenge_minutes * MINUTE, now, now, most=most)


def beat(time: StudyTime, now: int, answer: str | None, another: Question) -> StudyTime:
    """Take a sign of life; `another` is what is asked if something is to be."""
    if time.is_full:
        return time
    since = max(0, now - time.last_at)   # A clock that was set back gives nobody time.
    lasted = since if since <= time.gap else 0
    time = time._replace(last_at=max(now, time.last_at), heartbeats=time.heartbeats + 1,
                         missed=time.missed + since - lasted)
    question, asked_at = time.question, time.asked_at
    if question is None or asked_at is None:
        if time.heartbeats > 1 and since <= time.gap:
            time = time._replace(steps=time.steps.and_also(since))
        time = _filled(time._replace(counted=time.counted + lasted, unasked=time.unasked + lasted))
        return _asked(time, now, another) if time.unasked >= time.every and not time.is_full else time
    time = time._replace(held=time.held + lasted)
    if since > time.gap or now - asked_at > time.gap:
        return _asked(time, now, another)
    if answer is None:
        return time
    if answer.strip() != question.answer:
        return _asked(time, now, another)
    return _filled(time._replace(
        counted=time.counted + time.held, held=0, unasked=0, asked_at=None, question=None, answered=time.answered + 1,
        answers=time.answers.and_also(now - asked_at)))


def _filled(time: StudyTime) -> StudyTime:
    """Leave out what passed after the last minute that was asked for: the session ended then."""
    over = 0 if time.most is None else max(0, time.counted - time.most)
    return time._replace(counted=time.counted - over, last_at=time.last_at - over)


def _asked(time: StudyTime, now: int, question: Question) -> StudyTime:
    """Ask, and lose what was held back for an answer that did not come."""
    return time._replace(asked_at=now, question=question, held=0, forfeited=time.forfeited + time.held,
                         challenges=time.challenges + 1)
