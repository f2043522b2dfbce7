"""What may wait waits while much comes in, until it is calmer, and never for longer than is said."""

from __future__ import annotations

from projections.following.rush import RUSH_A_SECOND, WAITS_MS, Rush

SECOND = 1_000_000_000


class _Day:
    """A log that grows, and a clock that goes."""

    def __init__(self) -> None:
        self.now = self.size = 0
        self.rush = Rush(lambda: self.now)
        self.rush.holds_up(0)

    def pass_by(self, seconds: int, a_second: int) -> list[bool]:
        """So many seconds in which so many events come; of each, whether what is due waits."""
        held = []
        for _ in range(seconds):
            self.now += SECOND
            self.size += a_second
            held.append(self.rush.holds_up(self.size))
        return held


def test_nothing_waits_on_a_day_like_others() -> None:
    assert _Day().pass_by(60, RUSH_A_SECOND - 1) == [False] * 60


def test_what_is_due_waits_for_a_crowd_and_not_a_moment_longer_when_it_has_gone() -> None:
    day = _Day()
    assert day.pass_by(5, RUSH_A_SECOND) == [True] * 5
    assert day.pass_by(2, 0) == [False, False]


def test_it_is_done_in_the_midst_of_a_crowd_that_does_not_end() -> None:
    held = _Day().pass_by(5 * WAITS_MS // 1_000, 10 * RUSH_A_SECOND)
    assert held.count(False) == 4
    longest = max(len(run) for run in "".join("h" if one else " " for one in held).split())
    assert longest <= WAITS_MS // 1_000


def test_who_asks_often_is_told_by_what_came_in_a_second() -> None:
    """Of one commit of many events it is not thought that so many come each moment."""
    day = _Day()
    day.size = 150
    for _ in range(9):
        day.now += SECOND // 10
        assert not day.rush.holds_up(day.size)
    assert day.pass_by(1, 0) == [False]
