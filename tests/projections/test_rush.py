"""Much that comes in is a rush, and in a rush what may wait takes a tenth of a core."""

from __future__ import annotations

from projections.following.rush import LEAST_MS, REST, RUSH_A_SECOND, Rush, rest_s

SECOND = 1_000_000_000


class _Day:
    """A log that grows, and a clock that goes."""

    def __init__(self) -> None:
        self.now = self.size = 0
        self.rush = Rush(lambda: self.now)
        self.rush.is_on(0)

    def pass_by(self, seconds: int, a_second: int) -> list[bool]:
        """So many seconds in which so many events come; of each, whether it is a rush."""
        found = []
        for _ in range(seconds):
            self.now += SECOND
            self.size += a_second
            found.append(self.rush.is_on(self.size))
        return found


def test_a_day_like_others_is_no_rush() -> None:
    assert _Day().pass_by(60, RUSH_A_SECOND - 1) == [False] * 60


def test_a_crowd_is_a_rush_and_not_a_moment_longer_when_it_has_gone() -> None:
    day = _Day()
    assert day.pass_by(5, RUSH_A_SECOND) == [True] * 5
    assert day.pass_by(2, 0) == [False, False]


def test_who_asks_often_is_told_by_what_came_in_a_second() -> None:
    """Of one commit of many events it is not thought that so many come each moment."""
    day = _Day()
    day.size = 150
    for _ in range(9):
        day.now += SECOND // 10
        assert not day.rush.is_on(day.size)
    assert day.pass_by(1, 0) == [False]


def test_a_rest_is_as_long_as_leaves_a_tenth_and_never_nothing() -> None:
    assert rest_s(SECOND) == REST == 9
    assert rest_s(0) * 1_000 == LEAST_MS
