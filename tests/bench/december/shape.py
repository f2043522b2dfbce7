"""The shape of December: what is due when, of which class, worked out from the numbers of `shape.toml` and a factor."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import Any, NamedTuple

_FILE = Path(__file__).with_name("shape.toml")
_SECOND_NS = 1_000_000_000


class Stretch(NamedTuple):
    """So many seconds in which everything that comes evenly comes so many times as often."""

    name: str
    begins: int
    seconds: int
    times: int

    @property
    def ends(self) -> int:
        return self.begins + self.seconds


class Due(NamedTuple):
    """One request, or one that leads to others: when, in nanoseconds from the beginning, and of which class."""

    at_ns: int
    kind: str


class Shape(NamedTuple):
    """What comes, at this machine's share of the province."""

    per_second: Mapping[str, Fraction]
    province_per_second: Mapping[str, Fraction]
    stretches: tuple[Stretch, ...]
    tries: int
    seats: int
    in_first_second: int
    halves_every_s: int
    once: Mapping[str, tuple[int, ...]]
    roster_rows: int
    factor: Fraction

    @property
    def seconds(self) -> int:
        return self.stretches[-1].ends

    def stretch(self, name: str) -> Stretch:
        return next(one for one in self.stretches if one.name == name)

    def due(self, seed: int = 1) -> Iterator[Due]:
        """Everything in order. Evenly is by chance, as people come: the same seed gives the same."""
        dice = random.Random(seed)
        yield from merge(*(self._evenly(kind, dice) for kind in self.per_second), self._opening(), self._at_once())

    def _evenly(self, kind: str, dice: random.Random) -> Iterator[Due]:
        found = []
        for stretch in self.stretches:
            mean = stretch.seconds * stretch.times * self.per_second[kind]
            begins, length = stretch.begins * _SECOND_NS, stretch.seconds * _SECOND_NS
            found += sorted(begins + dice.randrange(length) for _ in range(round(mean)))
        return (Due(at, kind) for at in found)

    def _opening(self) -> Iterator[Due]:
        begins = self.stretch("opening").begins
        for second, many in enumerate(self.crowd()):
            for number in range(many):
                yield Due((begins + second) * _SECOND_NS + number * _SECOND_NS // many, "bookings")

    def crowd(self) -> list[int]:
        """How many try in each second from the opening on."""
        left, found = self.tries, list[int]()
        length = self.stretch("opening").seconds
        for second in range(length):
            part = self.in_first_second * 2 ** (-second / self.halves_every_s)
            found.append(min(left, left if second == length - 1 else max(1, round(part))))
            left -= found[-1]
        return found

    def _at_once(self) -> Iterator[Due]:
        every = ((at, kind) for kind, times in self.once.items() for at in times)
        return (Due(at * _SECOND_NS, kind) for at, kind in sorted(every) if at < self.seconds)


def shape(factor: Fraction | None = None, stretches: list[dict[str, Any]] | None = None) -> Shape:
    """Read it, at a factor of the province; `stretches` in place of those of the file make it shorter."""
    told = tomllib.loads(_FILE.read_text("utf-8"))
    factor = factor or Fraction(told["factor_permille"], 1_000)
    whole = {one["class"]: _a_second(told["province"], one) for one in told["steady"]}
    opening, once = told["opening"], told["once"]
    tries = opening["people"] * opening["tries_permille"] * factor / 1_000
    begins, found = 0, list[Stretch]()
    for one in stretches or told["stretch"]:
        found.append(Stretch(one["name"], begins, one["seconds"], one["times"]))
        begins += one["seconds"]
    return Shape(
        per_second={kind: rate * factor for kind, rate in whole.items()}, province_per_second=whole,
        stretches=tuple(found), tries=round(tries),
        seats=round(opening["people"] * opening["seats_permille"] * factor / 1_000),
        in_first_second=round(tries * opening["in_first_second_permille"] / 1_000),
        halves_every_s=opening["halves_every_s"],
        once={"rosters": tuple(once["rosters_at_s"]), "replay": (once["replay_at_s"],),
              "investigation": (once["investigation_at_s"],)},
        roster_rows=once["roster_rows"], factor=factor,
    )


def _a_second(province: dict[str, int], one: dict[str, Any]) -> Fraction:
    """In the busiest minute of December, of the whole province."""
    a_year = Fraction(province["professionals"] * one["a_year"], one["in_one"])
    in_december, peak = a_year * one["in_december_permille"] / 1_000, province["busiest_minute"]
    if one["by"] == "offices":
        return in_december / (province["working_days"] * province["working_hours"] * 3_600) * peak
    return in_december / province["calendar_days"] * province["busiest_hour_permille"] / 1_000 / 3_600 * peak
