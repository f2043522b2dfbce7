"""Seats as a picture and as a table: the same numbers in both, each seat once."""

from __future__ import annotations

import re

from api.console.learning.seat_map import MOST, runs, seat_map


def corners(path: str) -> set[tuple[int, int]]:
    return {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)", path)}


def numbers(told: str) -> list[int]:
    ends = [one.split("–") for one in told.split("、") if one]
    return [seat for one in ends for seat in range(int(one[0]), int(one[-1]) + 1)]


def test_every_seat_is_drawn_once_and_stands_once_in_the_table() -> None:
    made = seat_map(45, [2, 3, 44], [7])
    drawn = [corners(path) for path in made["paths"].values()]

    assert (made["free"], made["taken"], made["own"]) == (41, 3, 1)
    assert [len(one) for one in drawn] == [41, 3, 1]
    assert len(set.union(*drawn)) == 45, "none stands upon another"
    assert max(x for one in drawn for x, _ in one) < made["width"]
    assert max(y for one in drawn for _, y in one) < made["height"]
    assert [one["words"] for one in made["rows"]] == ["1–20", "21–40", "41–45"]
    assert made["rows"][0]["taken"] == "2–3、7"
    assert sorted(seat for row in made["rows"] for kind in ("free", "taken") for seat in numbers(row[kind])) == [
        *range(1, 46)]


def test_a_hall_too_large_for_a_picture_has_its_table() -> None:
    made = seat_map(MOST + 1, [1])

    assert made["paths"] == {} and made["rows"][-1]["words"] == f"{MOST + 1}"


def test_a_hall_of_a_thousand_is_a_small_picture() -> None:
    made = seat_map(1_000, range(1, 500))

    assert sum(map(len, made["paths"].values())) < 32_000


def test_numbers_are_told_in_runs() -> None:
    assert (runs([]), runs([3]), runs([1, 2, 3, 7, 9, 10])) == ("", "3", "1–3、7、9–10")
