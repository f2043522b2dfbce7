"""Ways to break what the simulation drives, each small and plausible: what it does not catch it does not watch.

A breakage is a context in which our code is other than it is. `tests/simulation/test_simulation.py` lives through
histories under each until one comes to what may not be.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pytest import MonkeyPatch

from ledger.ledger import Decided, Ledger
from ledger.stores import sqlite
from ledger.stores.admission import Admission, Standing
from ledger.stores.append import NothingSince, Receipt, StoreFailed
from ledger.stores.names import NameBook
from ledger.stores.requests import KeyFilter
from ledger.stores.sqlite import SQLiteRecorder
from ledger.stores.writer import GroupWriter
from projections.files.file import ProjectionFile
from projections.following.track import Track
from projections.tables.rows import Rows
from tests.simulation.disk import Weather

Breakage = Callable[[MonkeyPatch], None]


def guards_are_not_looked_at(patch: MonkeyPatch) -> None:
    moved = Admission._moved
    patch.setattr(Admission, "_moved", lambda self, append: moved(self, _without(append, guards=())))


def decisions_do_not_say_what_they_rest_on(patch: MonkeyPatch) -> None:
    encoded = Ledger.encoded
    patch.setattr(Ledger, "encoded", lambda self, drafts, **rest: encoded(self, drafts, **{**rest, "guards": ()}))


def a_repeated_request_is_done_again(patch: MonkeyPatch) -> None:
    admit = Admission.admit
    patch.setattr(Admission, "admit", lambda self, append: admit(self, _without(append, request=None)))


def a_clock_set_back_turns_time_around(patch: MonkeyPatch) -> None:
    init = Admission.__init__

    def started(self: Admission, standing: Standing, *, size: int, last_recorded_at: int, now: int) -> None:
        init(self, standing, size=size, last_recorded_at=last_recorded_at, now=now)
        self._time = now

    patch.setattr(Admission, "__init__", started)
    judge = SQLiteRecorder._judge_and_write

    def judged(self: Any, connection: sqlite3.Connection, appends: Any) -> Any:
        self._last_recorded_at = 0
        return judge(self, connection, appends)

    patch.setattr(SQLiteRecorder, "_judge_and_write", judged)


def a_name_has_two_holders(patch: MonkeyPatch) -> None:
    reserve = NameBook._reserve

    def reserved(self: NameBook, asked: Any, position: int, done: Any) -> Any:
        held = self._now.get(asked.name)
        return None if held is not None and held.reservation.holder != asked.holder else reserve(
            self, asked, position, done)

    patch.setattr(NameBook, "_reserve", reserved)


def what_a_closed_act_freed_stays_held(patch: MonkeyPatch) -> None:
    drop = NameBook._drop
    patch.setattr(NameBook, "_drop", lambda self, names, done: None if any(
        self._now[name].freed_by for name in names) else drop(self, names, done))


def half_of_a_lost_append_keeps_its_names(patch: MonkeyPatch) -> None:
    change = NameBook.change

    def changed(self: NameBook, changes: Any, *, position: int) -> Any:
        taken = change(self, changes, position=position)
        if taken is not None:
            change(self, changes[:2], position=position)
        return taken

    patch.setattr(NameBook, "change", changed)


def whoever_waits_is_answered_before_the_commit(patch: MonkeyPatch) -> None:
    init = GroupWriter.__init__

    def started(self: GroupWriter, commit: Any, **rest: Any) -> None:
        def commit_or_not(appends: Any) -> Any:
            try:
                return commit(appends)
            except StoreFailed:
                return [Receipt(1, len(append.events), 0) for append in appends]
        init(self, commit_or_not, **rest)

    patch.setattr(GroupWriter, "__init__", started)


def an_answer_goes_to_the_neighbour(patch: MonkeyPatch) -> None:
    init = GroupWriter.__init__
    patch.setattr(GroupWriter, "__init__", lambda self, commit, **rest: init(
        self, lambda appends: list(commit(appends))[::-1], **rest))


def a_commit_does_not_wait_for_the_disk(patch: MonkeyPatch) -> None:
    patch.setattr(Weather, "settle", lambda self: None)  # As with synchronous=OFF: nothing of it need be there.


def what_is_not_known_is_said_not_to_be_written(patch: MonkeyPatch) -> None:
    patch.setattr(sqlite, "_cure", lambda error: "本次未写入。请重试。")


def a_filter_denies_what_it_holds(patch: MonkeyPatch) -> None:
    patch.setattr(KeyFilter, "may_hold", lambda self, key: False)


def a_batch_that_failed_is_half_remembered(patch: MonkeyPatch) -> None:
    patch.setattr(Rows, "forget", lambda self: None)


def a_follower_speaks_before_it_has_written(patch: MonkeyPatch) -> None:
    patch.setattr(ProjectionFile, "_may_stay", lambda self: True)


def who_follows_after_a_death_tells_less(patch: MonkeyPatch) -> None:
    patch.setattr(Track, "come_back", lambda self, read, size: None)


def a_decision_is_made_once_and_recorded_for_ever(patch: MonkeyPatch) -> None:
    """After a lost race it names the newer versions, and does not decide again."""
    def deciding(self: Ledger, decision: Any, *, request: Any = None) -> Any:
        decided = decision()
        if not isinstance(decided.drafts, tuple):
            return decided.drafts
        for _ in range(5):
            versions = {stream: self.store.version(stream) for stream in decided.versions}
            try:
                return (yield Decided(decided.drafts, versions, ()))
            except Exception as error:
                last = error
        raise last

    patch.setattr(Ledger, "deciding", deciding)


BREAKAGES: dict[Breakage, int] = {
    guards_are_not_looked_at: 2,
    decisions_do_not_say_what_they_rest_on: 116,
    a_repeated_request_is_done_again: 0,
    a_clock_set_back_turns_time_around: 4,
    a_name_has_two_holders: 0,
    what_a_closed_act_freed_stays_held: 40,
    half_of_a_lost_append_keeps_its_names: 3,
    whoever_waits_is_answered_before_the_commit: 0,
    an_answer_goes_to_the_neighbour: 1,
    a_commit_does_not_wait_for_the_disk: 1,
    what_is_not_known_is_said_not_to_be_written: 4,
    a_filter_denies_what_it_holds: 41,
    a_batch_that_failed_is_half_remembered: 0,
    a_follower_speaks_before_it_has_written: 0,
    who_follows_after_a_death_tells_less: 11,
    a_decision_is_made_once_and_recorded_for_ever: 10,
}
"""Each with the first seed that comes upon it; `python -m tests.simulation --breakages` finds them."""


def what_names_somebody_since_is_not_looked_at(patch: MonkeyPatch) -> None:
    patch.setattr(Admission, "_named_at", lambda self, guard: None)


def of_a_group_what_came_before_is_not_looked_at(patch: MonkeyPatch) -> None:
    named_at = Admission._named_at

    def named(self: Admission, guard: Any) -> Any:
        at = named_at(self, guard)
        return None if at is not None and at > self._size else at

    patch.setattr(Admission, "_named_at", named)


def leaves_are_looked_into_from_one_too_late(patch: MonkeyPatch) -> None:
    named_at = Admission._named_at
    patch.setattr(Admission, "_named_at",
                  lambda self, guard: named_at(self, guard._replace(position=guard.position + 1)))


def who_rests_on_a_list_looks_where_it_ends_when_they_have_read_it(patch: MonkeyPatch) -> None:
    """The position is taken after the list was read: what came between is in neither."""
    prepare = Ledger.prepare

    def prepared(self: Ledger, drafts: Any, **rest: Any) -> Any:
        guards = tuple(one._replace(position=self.store.size()) if isinstance(one, NothingSince) else one
                       for one in rest.get("guards", ()))
        return prepare(self, drafts, **{**rest, "guards": guards})

    patch.setattr(Ledger, "prepare", prepared)


LIST_BREAKAGES: dict[Breakage, int] = {
    what_names_somebody_since_is_not_looked_at: 0,
    of_a_group_what_came_before_is_not_looked_at: 3,
    leaves_are_looked_into_from_one_too_late: 0,
    who_rests_on_a_list_looks_where_it_ends_when_they_have_read_it: 7,
}
"""The same of histories in which people rest on lists (`--lists`)."""


@contextmanager
def broken(breakage: Breakage) -> Iterator[None]:
    """Have it broken for as long as this lasts."""
    with MonkeyPatch.context() as patch:
        breakage(patch)
        yield


def _without(append: Any, **changed: Any) -> Any:
    return replace(append, **changed)
