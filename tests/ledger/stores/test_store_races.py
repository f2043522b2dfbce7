"""Races: of many threads that want one thing exactly one gets it, and each other is told which and why."""

from __future__ import annotations

import threading

import pytest
from store_kit import crowd, event, free, name, one, request, stream

from ledger.errors import LedgerError
from ledger.stores.append import Append, Guard, GuardMoved, KeyReused, NameTaken, Receipt, StreamMoved
from ledger.stores.recorder import AppendingRecorder

ROUNDS = 8
CROWD = 48

Outcomes = list[Receipt | LedgerError]


def split(outcomes: Outcomes) -> tuple[Receipt, list[LedgerError]]:
    """The one winner and all the losers."""
    winners = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    assert len(winners) == 1
    return winners[0], [outcome for outcome in outcomes if not isinstance(outcome, Receipt)]


def test_one_version_has_one_winner(store: AppendingRecorder) -> None:
    for version in range(1, ROUNDS + 1):
        winner, losers = split(crowd(store, [one("x", version) for _ in range(CROWD)]))

        assert winner.positions == range(version, version + 1)
        for lost in losers:
            assert isinstance(lost, StreamMoved)
            assert (lost.stream, lost.expected, lost.actual) == (stream("x"), version - 1, version)


def test_one_guard_has_one_winner_when_the_winner_moves_what_the_others_rested_on(store: AppendingRecorder) -> None:
    for version in range(1, ROUNDS + 1):
        guard = Guard(stream("scope"), version - 1)
        winner, losers = split(crowd(store, [
            Append((event(f"{version}-{number}"), event("scope", version)), guards=(guard,)) for number in range(CROWD)
        ]))

        assert winner.events == 2
        for lost in losers:
            assert isinstance(lost, GuardMoved)
            assert (lost.stream, lost.expected, lost.actual) == (stream("scope"), version - 1, version)
    assert store.size() == 2 * ROUNDS


def test_a_withdrawn_scope_and_the_acts_that_rest_on_it_are_ordered_one_way_or_the_other(
    store: AppendingRecorder,
) -> None:
    """One thread moves the guarded stream: who came before stands, who came after is told so."""
    store.append(one("scope"))
    acts = [one(number, guards=(Guard(stream("scope"), 1),)) for number in range(CROWD)]

    *outcomes, moved = crowd(store, [*acts, one("scope", 2)])

    assert isinstance(moved, Receipt)
    for outcome in outcomes:
        if isinstance(outcome, Receipt):
            assert outcome.first < moved.first
        else:
            assert isinstance(outcome, GuardMoved)
            assert (outcome.expected, outcome.actual) == (1, 2)
    assert store.size() == 2 + sum(isinstance(outcome, Receipt) for outcome in outcomes)


def test_one_key_with_one_body_is_done_once_and_answered_alike_to_all(store: AppendingRecorder) -> None:
    for number in range(ROUNDS):
        outcomes = crowd(store, [one(number, request=request(f"k{number}")) for _ in range(CROWD)])

        receipts = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
        assert len(receipts) == CROWD
        assert sum(not receipt.replayed for receipt in receipts) == 1
        assert {receipt._replace(replayed=False) for receipt in receipts} == {receipts[0]._replace(replayed=False)}
        assert store.size() == number + 1


def test_one_key_with_many_bodies_is_done_once_and_refused_to_all_others(store: AppendingRecorder) -> None:
    for round_ in range(ROUNDS):
        winner, losers = split(crowd(store, [
            one(f"{round_}-{number}", request=request(f"k{round_}", f"body {number}")) for number in range(CROWD)
        ]))

        assert winner.first == round_ + 1
        for lost in losers:
            assert isinstance(lost, KeyReused)
            assert lost.first == winner.first
        assert store.size() == round_ + 1


def test_one_name_has_one_winner_and_all_others_are_told_who_it_is(store: AppendingRecorder) -> None:
    for round_ in range(ROUNDS):
        outcomes = crowd(store, [
            one(f"{round_}-{number}", names=(name(f"c{round_}", f"{round_}-{number}"),)) for number in range(CROWD)
        ])

        _, losers = split(outcomes)
        holder = store.holder(name(f"c{round_}", 0).name)
        place = next(place for place, outcome in enumerate(outcomes) if isinstance(outcome, Receipt))
        assert holder == name(f"c{round_}", f"{round_}-{place}")
        for lost in losers:
            assert isinstance(lost, NameTaken)
            assert (lost.kind, lost.holder) == ("certificate", stream(f"{round_}-{place}"))
        assert len(list(store.names())) == round_ + 1


def test_a_name_that_is_freed_while_others_want_it_changes_hands_once(store: AppendingRecorder) -> None:
    store.append(one("old", names=(name("c", "old"),)))
    wanting = [one(number, names=(name("c", number),)) for number in range(CROWD)]

    *outcomes, freed = crowd(store, [*wanting, one("old", 2, names=(free("old"),))])

    assert isinstance(freed, Receipt)
    winners = [place for place, outcome in enumerate(outcomes) if isinstance(outcome, Receipt)]
    assert len(winners) <= 1
    for outcome in outcomes:
        if isinstance(outcome, Receipt):
            assert outcome.first > freed.first
        else:
            assert isinstance(outcome, NameTaken)
            assert outcome.holder in {stream("old"), *(stream(place) for place in winners)}
    held = store.holder(name("c", 0).name)
    assert (held.holder if held else None) == (stream(winners[0]) if winners else None)


def test_readers_beside_a_crowd_of_writers_see_only_whole_appends_and_no_gap(store: AppendingRecorder) -> None:
    done, wrong = threading.Event(), list[str]()

    def read() -> None:
        while not done.is_set():
            size = store.size()
            leaves = store.leaves(0, size)
            if len(leaves) != size or size % 3 or store.frontier(size).size != size:
                wrong.append(f"{len(leaves)} leaves at size {size}")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for round_ in range(4):
            crowd(store, [
                Append(tuple(event(f"{round_}-{number}-{part}") for part in range(3))) for number in range(32)
            ])
    finally:
        done.set()
        for reader in readers:
            reader.join(60)

    assert not wrong
    assert store.size() == 4 * 32 * 3


@pytest.mark.torture
def test_races_for_everything_at_once_for_a_long_time(store: AppendingRecorder) -> None:
    for round_ in range(150):
        guard = Guard(stream(f"g{round_}"), 0)
        outcomes = crowd(store, [
            one(
                f"{round_}-{number % 24}",
                names=(name(f"{round_}-{number % 6}", f"{round_}-{number % 24}"),),
                request=request(f"{round_}-{number % 32}", f"body {number % 2}"),
                guards=(guard,),
            )
            for number in range(64)
        ])
        done = [outcome for outcome in outcomes if isinstance(outcome, Receipt) and not outcome.replayed]
        assert sorted(receipt.first for receipt in done) == list(range(store.size() - 5, store.size() + 1))
