"""A plant: something for detectors to find, or something honest that only looks like it; and the list of them all.

Each names its pattern (D01 ...) and whose events show it. Everything in it happened as the ledger allows: a detector
has to see it in what was recorded. Only what came about as planned is listed; whoever left in the middle of it is not.

`tests/api/demo/test_demo_faults.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from api.demo.claims import Paper
from ledger.streams.claim import Status

REGISTERED: Final = (Status.APPROVED, Status.FROZEN)


@dataclass(slots=True)
class Plant:
    """One thing to be found, or to be left alone."""

    pattern: str
    fault: bool
    words: str
    persons: list[str] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    actors: list[str] = field(default_factory=list)
    transfers: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    organisers: list[str] = field(default_factory=list)
    further: list[str] = field(default_factory=list)
    wanted: tuple[Status, ...] = REGISTERED
    holds: Callable[[], bool] = lambda: True

    @property
    def came_about(self) -> bool:
        """Say whether everything happened as planned."""
        return bool(self.persons) and self.holds() and all(paper.state.status in self.wanted for paper in self.papers)

    def as_json(self) -> dict[str, Any]:
        """As it stands in the file of faults."""
        return {
            "pattern": self.pattern, "fault": self.fault, "words": self.words,
            "persons": list(dict.fromkeys(self.persons)),
            "claims": [paper.state.claim for paper in self.papers] + self.further, "actors": self.actors,
            "transfers": self.transfers, "acts": self.acts, "organisers": self.organisers,
        }


class Plants:
    """All of them, as they are put in."""

    def __init__(self) -> None:
        self._all: list[Plant] = []

    def put(self, pattern: str, fault: bool, words: str) -> Plant:
        """Put one in; what it shows is told to it as it happens."""
        plant = Plant(pattern, fault, words)
        self._all.append(plant)
        return plant

    def listed(self) -> Iterator[dict[str, Any]]:
        """Everything that came about, by pattern."""
        for plant in sorted(self._all, key=lambda one: (one.pattern, not one.fault)):
            if plant.came_about:
                yield plant.as_json()
