"""An import in every state: a file is taken once for ever, and every row of it has one outcome."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from stream_cast import event, outcome, read_table, refusal, streams
from training_cast import (
    BATCH,
    CLOSE_IMPORT,
    IMPORT_CLOSED,
    IMPORT_OPEN,
    IMPORTS,
    ON_IMPORT,
    OPEN_IMPORT,
    PEOPLES,
    RECONCILE,
    ROWS_WRITTEN,
)

from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.events.imports import ImportEvent
from ledger.streams import imports
from ledger.streams.act import Status as ActStatus
from ledger.streams.decision import Command
from ledger.streams.standing import Status as Employed
from ledger.vocabulary import ActId

MATRIX = read_table("""
                 absent         open                    closed            abandoned
OpenImport       ImportOpened   import_exists           import_exists     import_exists
CloseImport      import_absent  ImportClosed+ActClosed  import_not_open   import_not_open
AbandonImport    import_absent  ImportAbandoned         import_not_open   import_not_open
ReconcileImport  import_absent  import_not_closed       ImportReconciled  import_not_closed
ContradictImport import_absent  import_not_proved       import_not_proved import_not_proved
DecideFork       import_absent  import_not_proved       import_not_proved import_not_proved
""")
LEADS_TO = {"ImportOpened": "open", "ImportClosed": "closed", "ImportAbandoned": "abandoned",
            "ImportReconciled": "closed"}


def test_the_matrix_has_every_command_and_every_state() -> None:
    commands = {name for name, one in vars(imports).items()
                if isinstance(one, type) and issubclass(one, Command) and one not in (Command, imports.Proof)}

    assert commands == ON_IMPORT.keys()
    assert {one.status for one in IMPORTS.values() if one} == set(imports.Status)
    assert MATRIX.keys() == {(command, state) for command in commands for state in IMPORTS}


@pytest.mark.parametrize(("command", "state"), MATRIX)
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str) -> None:
    before = msgspec.json.encode(IMPORTS[state])
    hand, role, give = ON_IMPORT[command]

    decision = give(IMPORTS[state], hand, role)

    assert outcome(decision) == MATRIX[command, state]
    assert msgspec.json.encode(IMPORTS[state]) == before, "a decision changed the state it read"
    if isinstance(decision, Refusal):
        return
    assert streams(draft.event for draft in decision) <= {BATCH, "act_rows"}
    first: Any = decision[0].event
    assert imports.evolve(IMPORTS[state], first).status.value == LEADS_TO[type(first).__name__]


@pytest.mark.parametrize(("command", "state"), MATRIX)
def test_a_wrong_hand_is_told_so_before_anything_about_the_state(command: str, state: str) -> None:
    if (state == "absent") != (command == "OpenImport"):
        return  # There is nothing to act upon.
    hand, role, give = ON_IMPORT[command]

    assert outcome(give(IMPORTS[state], replace(hand, status=Employed.SUSPENDED), role)) == "actor_suspended"
    assert outcome(give(IMPORTS[state], replace(hand, scopes=()), role)) == "role_not_held"
    elsewhere = replace(hand, scopes=(Scope(role=role, region="3303"),))
    assert outcome(give(IMPORTS[state], elsewhere, role)) == "outside_scope"


def opening(same_file: imports.Import | None) -> Any:
    return imports.decide_import_opening(None, OPEN_IMPORT, same_file, PEOPLES)


def test_the_same_file_is_answered_with_the_receipt_of_the_first() -> None:
    again = refusal(opening(IMPORT_CLOSED))

    assert again.code == "file_imported"
    assert again.seen == {"batch": BATCH, "status": "closed", "rows": 10, "accepted": 7, "rejected": 1,
                          "duplicates": 2, "result_sha256": "9" * 64}
    assert refusal(opening(IMPORT_OPEN)).seen == {"batch": BATCH, "status": "open", "rows": 10}
    assert IMPORT_OPEN.opened.names(None) == event(opening(None)).names(None), "one name for one file of one system"


def test_a_file_that_was_given_up_may_come_again() -> None:
    assert outcome(opening(IMPORTS["abandoned"])) == "ImportOpened"
    command = imports.AbandonImport(role="human_resources", why="wrong_period")
    assert event(imports.decide_import_abandonment(IMPORT_OPEN, command, PEOPLES)).freed() == {"import_file"}


@pytest.mark.parametrize("change", [{"rows": 0}, {"starts": OPEN_IMPORT.ends, "ends": OPEN_IMPORT.starts}])
def test_an_import_has_rows_and_a_period(change: dict[str, Any]) -> None:
    command = replace(OPEN_IMPORT, **change)

    assert refusal(imports.decide_import_opening(None, command, None, PEOPLES)).code == "import_unfit"


@pytest.mark.parametrize(("change", "act", "code"), [
    ({"accepted": 8}, ROWS_WRITTEN, "rows_unaccounted"),
    ({"rejected": 4, "duplicates": -1}, ROWS_WRITTEN, "rows_unaccounted"),
    ({"accepted": 6, "rejected": 2}, ROWS_WRITTEN, "act_differs"),
    ({"act": None}, ROWS_WRITTEN, "act_differs"),
    ({"act": ActId("act_other")}, ROWS_WRITTEN, "act_differs"),
    ({}, None, "act_differs"),
    ({}, replace(ROWS_WRITTEN, rows_done=6), "act_unfinished"),
    ({}, replace(ROWS_WRITTEN, status=ActStatus.ABANDONED), "act_ended"),
])
def test_every_row_has_one_outcome_and_the_act_holds_what_was_accepted(
    change: dict[str, Any], act: Any, code: str
) -> None:
    assert refusal(imports.decide_import_closing(
        IMPORT_OPEN, replace(CLOSE_IMPORT, **change), act, PEOPLES)).code == code


def test_a_file_of_which_nothing_was_accepted_needs_no_act() -> None:
    nothing = replace(CLOSE_IMPORT, accepted=0, rejected=8, act=None)

    assert outcome(imports.decide_import_closing(IMPORT_OPEN, nothing, None, PEOPLES)) == "ImportClosed"
    closed = replace(ROWS_WRITTEN, status=ActStatus.CLOSED)
    assert outcome(imports.decide_import_closing(IMPORT_OPEN, CLOSE_IMPORT, closed, PEOPLES)) == "ImportClosed"


def test_an_import_is_compared_with_each_snapshot_once() -> None:
    once = imports.evolve(IMPORT_CLOSED, event(imports.decide_reconciliation(IMPORT_CLOSED, RECONCILE, PEOPLES)))

    assert refusal(imports.decide_reconciliation(once, RECONCILE, PEOPLES)).code == "already_reconciled"
    later = replace(RECONCILE, snapshot_sha256="6" * 64)
    assert outcome(imports.decide_reconciliation(once, later, PEOPLES)) == "ImportReconciled"
    assert refusal(imports.decide_reconciliation(
        IMPORT_CLOSED, replace(RECONCILE, differences=8), PEOPLES)).code == "counts_unfit"


def proved() -> imports.Import:
    """An import of what another ledger proved."""
    proof = imports.Proof(origin="city.example/log", since=0, size=9, root="ours", part=1, parts=1, checkpoint="ours")
    began = imports.decide_import_opening(None, replace(OPEN_IMPORT, proof=proof), None, PEOPLES)
    assert not isinstance(began, Refusal)
    found: imports.Import | None = None
    for draft in began[:2]:
        assert isinstance(draft.event, ImportEvent)
        found = imports.evolve(found, draft.event)
    assert found is not None
    return found


OTHER = imports.ContradictImport(role=OPEN_IMPORT.role, size=9, root="other", accepted_root="ours",
                                 checkpoint="theirs", accepted="ours", file_sha256="c" * 64)


def test_what_a_ledger_signed_against_the_accepted_history_is_kept_once() -> None:
    found = event(imports.decide_contradiction(proved(), OTHER, PEOPLES))
    kept = imports.evolve(proved(), found)

    assert (found.origin, found.checkpoint, found.accepted) == ("city.example/log", "theirs", "ours")
    assert refusal(imports.decide_contradiction(kept, OTHER, PEOPLES)).code == "already_contradicted"
    assert outcome(imports.decide_contradiction(kept, replace(OTHER, root="third"), PEOPLES)) == "ImportContradicted"


def test_what_was_decided_of_two_histories_stands_until_a_third_is_found() -> None:
    decide = imports.DecideFork(
        role=OPEN_IMPORT.role, outcome="continued", document="浙人社函〔2026〕88号", words="查明")
    assert refusal(imports.decide_fork(proved(), decide, PEOPLES)).code == "nothing_contradicts"
    assert outcome(imports.decide_fork(proved(), decide, PEOPLES, is_beside=True)) == "ForkDecided"
    kept = imports.evolve(proved(), event(imports.decide_contradiction(proved(), OTHER, PEOPLES)))
    assert refusal(imports.decide_fork(kept, replace(decide, words=" "), PEOPLES)).code == "words_missing"
    settled = imports.evolve(kept, event(imports.decide_fork(kept, decide, PEOPLES)))

    assert refusal(imports.decide_fork(settled, decide, PEOPLES)).code == "fork_decided"
    assert outcome(imports.decide_fork(settled, replace(decide, outcome="closed"), PEOPLES)) == "ForkDecided"
    third = imports.evolve(
        settled, event(imports.decide_contradiction(settled, replace(OTHER, root="third"), PEOPLES)))
    assert outcome(imports.decide_fork(third, decide, PEOPLES)) == "ForkDecided"
