"""How an account decides beside others of its role: middle, spread and place, and nothing where there are too few."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from projections.findings.tables import TABLES
from projections.peers import PEERS_LEAST, STEPS_LEAST, STEPS_MOST, Compared, Span, Step, compared, measures

NINE = 1_772_672_400_000_000  # Thursday 2026-03-05 09:00 here
HOUR = 3_600_000_000
EVER = Span(0, 1 << 60)


class Traces:
    def __init__(self, path: Path) -> None:
        self.db, self.events = Database(path), 0
        self.db.table("step").create(TABLES["step"].every_column, pk="event")

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        return self.db.execute(query, values).fetchall()

    def steps(self, actor: str, many: int = STEPS_LEAST, *, every: int = HOUR, waited: int = 60, role: str = "unit",
              what: str = "approved", opened: int = 1, begins: int = NINE) -> None:
        rows = []
        for at in range(many):
            self.events += 1
            rows.append({"event": self.events, "claim": f"clm_{self.events}", "actor": actor, "role": role,
                         "what": what, "at": begins + at * every, "waited": waited * 1_000_000, "papers": 1,
                         "opened": opened, "from_position": self.events})
        self.db.table("step").insert_all(rows)


@pytest.fixture
def traces(tmp_path: Path) -> Iterator[Traces]:
    made = Traces(tmp_path / "traces.db")
    yield made
    made.db.close()


def named(found: Compared, name: str) -> Any:
    return next(one for one in found.measures if one.name == name)


def test_a_number_stands_beside_the_middle_and_the_spread_of_the_peers_and_has_a_place(traces: Traces) -> None:
    traces.steps("acr_0", waited=5, every=30_000_000, opened=0)
    for number in range(1, 8):
        traces.steps(f"acr_{number}", waited=number * 100)

    (found,) = compared(traces, "acr_0", [f"acr_{number}" for number in range(8)], EVER, as_of=1_000)

    assert (found.role, found.what, found.steps, found.peers) == ("unit", "approved", STEPS_LEAST, 7)
    assert named(found, "waited_seconds")[1:] == (5, 200, 400, 600, 8, 8), "nobody decided sooner"
    assert named(found, "quick")[1:] == (900, 0, 0, 0, 1, 8)
    assert named(found, "none_opened")[1:] == (1_000, 0, 0, 0, 1, 8)
    assert found.hours[9] == 1_000 and found.peers_hours[9] < 1_000


def test_of_whoever_has_few_peers_nothing_is_said_but_that(traces: Traces) -> None:
    traces.steps("acr_0")
    for number in range(1, PEERS_LEAST):
        traces.steps(f"acr_{number}")
    traces.steps("acr_9", STEPS_LEAST - 1)
    everyone = [f"acr_{number}" for number in range(10)]

    (found,) = compared(traces, "acr_0", everyone, EVER, as_of=1_000)
    assert (found.peers, found.measures, found.peers_hours) == (PEERS_LEAST - 1, (), ())
    assert compared(traces, "acr_9", everyone, EVER, as_of=1_000) == (), "nor of whoever decided little"


def test_only_the_same_role_kind_of_step_span_and_what_was_known_are_compared(traces: Traces) -> None:
    traces.steps("acr_0")
    for number in range(1, 6):
        traces.steps(f"acr_{number}")
    traces.steps("acr_6", role="human_resources")
    traces.steps("acr_7", what="returned")
    traces.steps("acr_8", begins=NINE + 1_000 * HOUR)
    everyone, span = [f"acr_{number}" for number in range(9)], Span(NINE, NINE + 900 * HOUR)

    assert [one.peers for one in compared(traces, "acr_0", everyone, span, as_of=1_000)] == [5]
    assert [one.peers for one in compared(traces, "acr_0", everyone, span, as_of=5 * STEPS_LEAST)] == [4]
    assert compared(traces, "acr_0", everyone, Span(0, NINE), as_of=1_000) == ()


def test_of_each_only_the_newest_steps_are_read(traces: Traces) -> None:
    traces.steps("acr_0", STEPS_MOST, waited=5)
    traces.steps("acr_0", STEPS_MOST, waited=900, begins=NINE + 10_000 * HOUR)
    for number in range(1, 6):
        traces.steps(f"acr_{number}")

    (found,) = compared(traces, "acr_0", [f"acr_{number}" for number in range(6)], EVER, as_of=1_000)
    assert found.steps == STEPS_MOST and named(found, "waited_seconds").own == 900


def test_rows_of_a_larger_act_are_left_out_since_nobody_decided_them_one_by_one(traces: Traces) -> None:
    for number in range(6):
        traces.steps(f"acr_{number}", waited=900)
    traces.steps("acr_0", 50, waited=0, begins=NINE + 100 * HOUR)
    traces.db.execute("UPDATE step SET act = 'act_1' WHERE waited = 0")

    (found,) = compared(traces, "acr_0", [f"acr_{number}" for number in range(6)], EVER, as_of=1_000)
    assert found.steps == STEPS_LEAST and named(found, "waited_seconds").own == 900


def test_what_was_decided_in_one_request_is_never_quick() -> None:
    def step(at: int, correlation: str | None = None) -> Step:
        return Step(NINE + at * 1_000_000, None, None, None, correlation)

    found = measures([step(0), step(1), step(2), step(100, "r"), step(101, "r")])

    assert (found["quick"], found["together"]) == (400, 200) and "none_opened" not in found
    assert "waited_seconds" not in found and found["at_night"] == 0
