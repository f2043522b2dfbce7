"""Recall: how much of what was planted the patterns find, and how much of what they find was planted.

A demo lists what is planted in it, faults and honest likenesses (`demo-faults.ndjson`), each with its pattern and whose
it is. A finding of that pattern finds a plant when it names an entry of it; of a plant without entries a person. What
is found beside is counted as false, though some of it is not: in a made-up history, as in a real one, what is a matter
of measure comes about by chance as well. So both numbers are for comparing one set of thresholds with another, and say
nothing about any person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from projections.findings.found import Finding


class Score(NamedTuple):
    """What became of one pattern's plants."""

    pattern: str
    planted: int      # Faults,
    found: int        # and how many of them are found.
    honest: int       # Likenesses,
    spared: int       # and how many of them are left alone.
    findings: int     # All that there are,
    false: int        # and how many of them find no fault that was planted.

    @property
    def missed(self) -> int:
        """Faults that nothing found."""
        return self.planted - self.found

    @property
    def recall_percent(self) -> int | None:
        """Of a hundred faults so many are found, rounded down; None where none is planted."""
        return 100 * self.found // self.planted if self.planted else None

    @property
    def precision_percent(self) -> int | None:
        """Of a hundred findings so many find a fault, rounded down; None where nothing is found."""
        return 100 * (self.findings - self.false) // self.findings if self.findings else None


def scored(patterns: Iterable[str], plants: Collection[Mapping[str, Any]], found: Iterable[Finding]) -> list[Score]:
    """Compare a demo's list with the findings that hold, pattern by pattern."""
    by_pattern: dict[str, list[Finding]] = {name: [] for name in patterns}
    for one in found:
        if one.pattern in by_pattern:
            by_pattern[one.pattern].append(one)
    return [_score(name, [one for one in plants if one["pattern"] == name], those)
            for name, those in by_pattern.items()]


def _score(pattern: str, plants: list[Mapping[str, Any]], found: list[Finding]) -> Score:
    faults, honest = ([one for one in plants if one["fault"] is fault] for fault in (True, False))
    return Score(
        pattern, len(faults), sum(any(finds(one, plant) for one in found) for plant in faults),
        len(honest), sum(not any(finds(one, plant) for one in found) for plant in honest),
        len(found), sum(not any(finds(one, plant) for plant in faults) for one in found))


def finds(finding: Finding, plant: Mapping[str, Any]) -> bool:
    """Say whether a finding is of a plant."""
    named, wanted = (finding.claims, plant["claims"]) if plant["claims"] else (finding.persons, plant["persons"])
    return finding.pattern == plant["pattern"] and not set(wanted).isdisjoint(named)
