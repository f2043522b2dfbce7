"""Every pattern finds all that is planted in a small demo, takes nothing honest for a fault, and finds no more.

The patterns are asked as the service asks them, over the whole past.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from demo_kit import Demo

from projections.files.reader import Reader
from projections.files.rebuilding import rebuild
from projections.findings.findings_file import FindingsFile
from projections.findings.found import FIELDS, Finding, read
from projections.findings.patterns import patterns
from projections.findings.traces import Traces
from projections.findings.upkeep import Upkeep
from tests.recall_kit import Score, scored


@pytest.fixture(scope="module")
def found(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Finding]]:
    folder = tmp_path_factory.mktemp("findings")
    with demo.ledger() as ledger:
        rebuild(ledger, folder, Traces(), lambda *_: None)
        upkeep = Upkeep(ledger, folder)
        upkeep.run([*patterns().values()], whole=True)
        upkeep.stop()
        query = f"SELECT {', '.join(FIELDS)} FROM finding WHERE to_position IS NULL"
        yield [read(row) for row in Reader(FindingsFile(), folder).rows(query)]


def test_every_pattern_finds_what_is_planted_and_takes_nothing_honest_for_it(demo: Demo, found: list[Finding]) -> None:
    scores = scored(patterns(), demo.plants(), found)

    assert [(one.pattern, one.missed) for one in scores if one.missed or not one.planted] == []
    assert [(one.pattern, one.honest - one.spared) for one in scores if one.honest != one.spared] == []


def test_nothing_is_found_beside(demo: Demo, found: list[Finding]) -> None:
    assert {one.pattern: one.false for one in scored(patterns(), demo.plants(), found) if one.false} == {}


def test_each_finding_says_what_its_numbers_mean_and_what_it_rests_on(found: list[Finding]) -> None:
    known = patterns()
    for one in found:
        assert one.counter.keys() <= known[one.pattern].counter.keys(), one.pattern
        assert one.figures.keys() <= known[one.pattern].figures.keys(), one.pattern
        assert one.events and one.persons


def score(pattern: str, plants: list[dict[str, object]], found: list[Finding]) -> Score:
    (only,) = scored([pattern], plants, [one for one in found if one.pattern == pattern])
    return only


def test_a_pattern_that_finds_nothing_has_missed_everything(demo: Demo, found: list[Finding]) -> None:
    silent = score("D01", demo.plants(), [])
    blind = score("D01", [{**one, "fault": not one["fault"]} for one in demo.plants()], found)

    assert (silent.found, silent.missed, silent.recall_percent, silent.precision_percent) == (0, 1, 0, None)
    assert (blind.missed, blind.spared, blind.precision_percent) == (1, 0, 0), "what was honest is not"
