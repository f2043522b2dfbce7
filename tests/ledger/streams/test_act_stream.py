"""A larger act: one list, whole chunks in order, closed when complete or abandoned."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from stream_cast import event, outcome, read_table, refusal

from ledger.streams import act as acts
from ledger.streams.act import Act, Status, evolve
from ledger.streams.decision import Decision
from ledger.vocabulary import ActId

LIST = "d" * 64
OPEN = Act(ActId("act_1"), "roster", 5, 2, LIST)

COMMANDS: dict[str, Callable[[Act | None], Decision]] = {
    "OpenAct": lambda act: acts.decide_opening(
        act, acts.OpenAct(act=OPEN.act, kind="roster", rows=5, chunk=2, list_sha256=LIST)
    ),
    "WriteChunk": lambda act: acts.decide_chunk(act, acts.WriteChunk(rows=2, list_sha256=LIST)),
    "CloseAct": lambda act: acts.decide_act_closing(act, acts.CloseAct()),
    "AbandonAct": lambda act: acts.decide_abandonment(act, acts.AbandonAct()),
}
STATES: dict[str, Act | None] = {
    "absent": None,
    "open": OPEN,
    "written": replace(OPEN, rows_done=5),
    "closed": replace(OPEN, rows_done=5, status=Status.CLOSED),
    "abandoned": replace(OPEN, status=Status.ABANDONED),
}
MATRIX = read_table("""
            absent      open             written             closed      abandoned
OpenAct     ActOpened   act_exists       act_exists          act_exists  act_exists
WriteChunk  act_absent  ActChunkWritten  chunk_out_of_order  act_ended   act_ended
CloseAct    act_absent  act_unfinished   ActClosed           act_ended   act_ended
AbandonAct  act_absent  ActAbandoned     ActAbandoned        act_ended   act_ended
""")


@pytest.mark.parametrize(("command", "state"), list(itertools.product(COMMANDS, STATES)))
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str) -> None:
    assert outcome(COMMANDS[command](STATES[state])) == MATRIX[command, state]


@pytest.mark.parametrize(("rows", "chunk"), [(0, 1), (1, 0), (-1, 2)])
def test_an_act_of_nothing_is_refused(rows: int, chunk: int) -> None:
    command = acts.OpenAct(act=OPEN.act, kind="roster", rows=rows, chunk=chunk, list_sha256=LIST)

    assert outcome(acts.decide_opening(None, command)) == "act_empty"


def test_an_act_of_one_row_is_an_act_and_a_chunk_of_none_is_no_chunk() -> None:
    one = acts.OpenAct(act=OPEN.act, kind="roster", rows=1, chunk=1, list_sha256=LIST)
    nothing = acts.WriteChunk(rows=0, list_sha256=LIST)

    assert outcome(acts.decide_opening(None, one)) == "ActOpened"
    assert outcome(acts.decide_chunk(STATES["written"], nothing)) == "chunk_out_of_order"


def test_an_act_goes_on_with_the_list_it_was_opened_with_or_not_at_all() -> None:
    other = refusal(acts.decide_chunk(OPEN, acts.WriteChunk(rows=2, list_sha256="e" * 64)))

    assert (other.code, other.seen) == ("list_changed", {"opened": LIST, "brought": "e" * 64})


def test_a_resumed_act_is_told_where_to_go_on() -> None:
    no = refusal(acts.decide_chunk(replace(OPEN, rows_done=4), acts.WriteChunk(rows=2, list_sha256=LIST)))

    assert (no.code, no.seen) == ("chunk_out_of_order", {"rows": 2, "expected": 1})


@given(st.integers(1, 50), st.integers(1, 20), st.lists(st.integers(-1, 25), max_size=30))
@settings(derandomize=True, max_examples=200)
def test_whatever_is_tried_an_act_closes_exactly_when_all_its_rows_are_written(
    rows: int, chunk: int, tries: list[int]
) -> None:
    act = Act(OPEN.act, "import", rows, chunk, LIST)
    for wanted in [*tries, *[None] * rows]:
        size = act.rows_next if wanted is None else wanted
        decision = acts.decide_chunk(act, acts.WriteChunk(rows=size, list_sha256=LIST))
        before = act.rows_done
        if isinstance(decision, tuple):
            act = evolve(act, decision[0].event)
        assert act.rows_done - before in (0, min(chunk, rows - before))

    assert act.rows_done == rows
    assert event(acts.decide_act_closing(act, acts.CloseAct())).rows == rows
