"""Ways to break what the PostgreSQL store does when a connection is lost or another process was faster."""

from __future__ import annotations

from pytest import MonkeyPatch

from ledger.stores import postgres
from ledger.stores.postgres import PostgresRecorder
from ledger.stores.postgres_line import WritingLine
from tests.simulation.breakages import (
    Breakage,
    a_repeated_request_is_done_again,
    an_answer_goes_to_the_neighbour,
    guards_are_not_looked_at,
    whoever_waits_is_answered_before_the_commit,
)
from tests.simulation.virtual_postgres import Server


def a_batch_whose_answer_was_lost_is_written_again(patch: MonkeyPatch) -> None:
    patch.setattr(PostgresRecorder, "_stands", lambda self, judged, lost, end: False)


def a_batch_whose_answer_was_lost_is_believed_to_stand(patch: MonkeyPatch) -> None:
    patch.setattr(PostgresRecorder, "_stands", lambda self, judged, lost, end: bool(judged.rows.leaves))


def a_lost_session_is_not_ended(patch: MonkeyPatch) -> None:
    """Nor is it waited for: what it was sent may come through later."""
    patch.setattr(WritingLine, "end_session", lambda self, session, end: self.connected(end))
    patch.setattr(Server, "arrive", lambda self, session=None: None if session else _later(self))


def _later(server: Server) -> None:
    for sent in list(server.late):
        if server.rng.random() < 0.2:
            server.late.remove(sent)
            server.carry_out(sent)


def a_batch_is_taken_for_written_though_another_was_faster(patch: MonkeyPatch) -> None:
    tried = PostgresRecorder._try
    patch.setattr(PostgresRecorder, "_try",
                  lambda self, connection, judged, is_locked: bool(
                      tried(self, connection, judged, is_locked=is_locked)) or True)


def what_is_uncertain_is_said_not_to_be_written(patch: MonkeyPatch) -> None:
    patch.setattr(postgres, "_UNCERTAIN", postgres._NOT_WRITTEN)


def what_no_standby_has_is_said_not_to_be_written(patch: MonkeyPatch) -> None:
    patch.setattr(postgres, "UNREPLICATED", postgres._NOT_WRITTEN)


def the_right_edge_is_the_one_that_was_known(patch: MonkeyPatch) -> None:
    """What others wrote meanwhile is not caught up with: the tree goes on where this process was."""
    patch.setattr(postgres, "caught_up", lambda connection, schema, edge, looked: edge)


POSTGRES_BREAKAGES: dict[Breakage, int] = {
    a_batch_whose_answer_was_lost_is_written_again: 2,
    a_batch_whose_answer_was_lost_is_believed_to_stand: 1,
    a_lost_session_is_not_ended: 184,
    a_batch_is_taken_for_written_though_another_was_faster: 9,
    what_is_uncertain_is_said_not_to_be_written: 5,
    what_no_standby_has_is_said_not_to_be_written: 2,
    the_right_edge_is_the_one_that_was_known: 0,
    guards_are_not_looked_at: 1,
    a_repeated_request_is_done_again: 0,
    an_answer_goes_to_the_neighbour: 0,
    whoever_waits_is_answered_before_the_commit: 0,
}
"""Each with the first seed that comes upon it; `python -m tests.simulation --postgres --breakages` finds them."""
