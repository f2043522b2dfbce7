"""What of a session counts: time between signs of life, never across a gap, and only of whoever shows to be there."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from api.operational.study_time import MINUTE, SECOND, Question, StudyTime, beat, begun

ASKED, OTHER = Question("二加三等于几？", "5"), Question("七加一等于几？", "8")


def session(challenge_minutes: int = 15, minutes_left: int | None = None) -> StudyTime:
    return begun(gap_seconds=120, challenge_minutes=challenge_minutes, now=0, minutes_left=minutes_left)


def studied(time: StudyTime, *seconds: int, answer: str | None = None) -> StudyTime:
    for after in seconds:
        time = beat(time, time.last_at + after * SECOND, answer, ASKED)
    return time


def test_time_between_signs_of_life_counts_and_a_gap_does_not() -> None:
    """W 9: 脱机过久将无法记录学习时间."""
    time = studied(session(), 60, 120, 121, 60)

    assert (time.counted, time.minutes, time.heartbeats) == (240 * SECOND, 4, 4)
    assert studied(session(), 3_600).counted == 0


def test_many_signs_of_life_give_no_more_time_than_passed() -> None:
    assert studied(session(), *([1] * 90)).counted == 90 * SECOND
    assert beat(studied(session(), 60), 0, None, ASKED).counted == 60 * SECOND, "nor does a clock that is set back"


def test_after_some_time_somebody_has_to_show_that_they_are_there() -> None:
    time = studied(session(2), 60, 60)
    assert (time.question, time.challenges, time.counted) == (ASKED, 1, 120 * SECOND)

    waiting = studied(time, 60)
    assert waiting.counted == 120 * SECOND, "until it is answered, time is held back"
    answered = studied(waiting, 30, answer=" 5 ")
    assert (answered.counted, answered.question, answered.answered) == (210 * SECOND, None, 1)


def test_what_is_answered_too_late_or_wrongly_is_lost_and_something_else_is_asked() -> None:
    asked = studied(session(2), 60, 60)

    for wrong in (studied(asked, 60, answer="6"), studied(studied(asked, 100), 60, answer="5"),
                  studied(asked, 121, answer="5")):
        assert (wrong.counted, wrong.held, wrong.answered, wrong.challenges) == (120 * SECOND, 0, 0, 2)
    other = beat(asked, asked.last_at + SECOND, "nonsense", OTHER)
    assert other.question == OTHER, "nobody tries all answers to one question"


def test_with_the_last_minute_that_is_asked_for_nothing_more_is_counted_or_asked() -> None:
    full = studied(session(2, 2), 60, 90)
    assert (full.is_full, full.counted, full.last_at, full.question) == (True, 120 * SECOND, 120 * SECOND, None)
    assert studied(full, 60, 3_600, answer="5") == full, "however long its window stays open"

    asked = studied(session(2, 3), 60, 60, 50)
    assert not asked.is_full and studied(asked, 20).minutes == 2, "what is asked is still to be answered"
    answered = studied(asked, 20, answer="5")
    assert (answered.is_full, answered.minutes, answered.last_at, answered.question) == (True, 3, 180 * SECOND, None)


def test_how_evenly_signs_of_life_and_answers_came_is_kept() -> None:
    """D10: what is asked is answered in its own time, which is no part of the rhythm between."""
    even = studied(studied(session(2), 5, 60, 60), 7, answer="5")
    assert (even.steps.times, even.steps.mean, even.steps.spread) == (2, 60_000, 0)
    assert (even.answers.mean, even.answers.spread) == (7_000, None)

    later = studied(studied(even, 60, 60), 3, answer="5")
    assert (later.answers.mean, later.answers.spread) == (5_000, 2_000)
    uneven = studied(session(), 5, 30, 50, 121)
    assert (uneven.steps.times, uneven.steps.spread) == (2, 10_000), "a gap is no rhythm"


def test_a_session_that_was_kept_before_there_was_a_rhythm_or_an_end_is_read() -> None:
    kept = msgspec.json.encode(tuple(studied(session(), 60))[:-3])

    read = msgspec.json.decode(kept, type=StudyTime)
    assert (read.steps.times, studied(read, *([60] * 9)).minutes) == (0, 10)


@settings(derandomize=True, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from([None, "5", "6"])), max_size=60),
       st.one_of(st.none(), st.integers(1, 40)))
def test_what_counts_is_never_more_than_the_gapless_time_that_passed_or_than_was_asked_for(
    beats: list[tuple[int, str | None]], left: int | None
) -> None:
    time, gapless = session(3, left), 0
    for after, answer in beats:
        former, time = time, beat(time, time.last_at + after * SECOND, answer, ASKED)
        gapless += time.last_at - former.last_at if after <= 120 else 0

    assert left is None or time.minutes <= left
    assert 0 <= time.counted + time.held <= gapless <= sum(after for after, _ in beats if after <= 120) * SECOND
    assert time.missed == time.last_at - gapless
    assert time.counted + time.held + time.missed + time.forfeited == time.last_at, "of every second it is known where"
    assert time.answered <= time.challenges
    assert time.minutes * MINUTE <= time.last_at - time.began_at
