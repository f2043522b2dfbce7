"""The append contract, once for every store: who wins, what is numbered, what is told to whom loses.

A store that joins adds one line to `STORES` in `store_kit.py`; nothing here knows which store it is looking at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from store_kit import (
    PERSON,
    Clock,
    crowd,
    event,
    free,
    name,
    one,
    other_event,
    outcome_of,
    request,
    root_from_leaves,
    stream,
)

from ledger.envelope import check_canonical, decode
from ledger.proof.frontier import Frontier
from ledger.proof.tiles import ENTRIES, TILE_WIDTH, Tile
from ledger.stores.admission import LATER_MAX, Admission, Standing
from ledger.stores.append import (
    EVENTS_MAX,
    Abandoning,
    Append,
    Closing,
    Forgetting,
    Guard,
    GuardMoved,
    KeyReused,
    NamedSince,
    NameTaken,
    NothingSince,
    OfEvent,
    Receipt,
    StreamMoved,
    TooManyEvents,
)
from ledger.stores.errors import AbsentTile
from ledger.stores.recorder import AppendingRecorder, StoredCheckpoint
from tests.ledger.proof.tlog_vectors import bundles_of, entries_in, tiles_of

OpenStore = Callable[..., AppendingRecorder]


def all_leaves(store: AppendingRecorder) -> list[bytes]:
    return store.leaves(0, store.size())


# Order and time


def test_positions_are_1_to_n_in_the_order_of_the_receipts(store: AppendingRecorder) -> None:
    receipts = [store.append(Append(tuple(event(f"{n}-{m}") for m in range(n)))) for n in range(1, 8)]

    positions = [position for receipt in receipts for position in receipt.positions]

    assert positions == list(range(1, 29))
    assert store.size() == 28
    assert [decode(leaf).stream for leaf in all_leaves(store)] == [
        stream(f"{n}-{m}") for n in range(1, 8) for m in range(n)
    ]


def test_a_lost_append_leaves_no_gap_whatever_it_lost_on(store: AppendingRecorder) -> None:
    store.append(one(1, names=(name("c", 1),), request=request("k")))
    losers = [
        one(1),
        one(2, guards=(Guard(stream(1), 7),)),
        one(2, names=(name("c", 2),)),
        one(2, request=request("k", "another body")),
        Append((event(2), event(3), event(2, 5))),
    ]

    for position, loser in enumerate(losers, 2):
        assert not isinstance(outcome_of(store, loser), Receipt)
        assert store.append(one(f"after-{position}")).first == position

    assert store.version(stream(2)) == store.version(stream(3)) == 0


def test_times_grow_by_a_microsecond_at_least_even_when_the_clock_stands_still(open_store: OpenStore) -> None:
    store = open_store(Clock())
    receipts = [store.append(Append((event(n), event(f"{n}b")))) for n in range(5)]

    times = [decode(leaf).recorded_at for leaf in all_leaves(store)]

    assert times == list(range(1_700_000_000_000_000, 1_700_000_000_000_010))
    assert [receipt.recorded_at for receipt in receipts] == times[::2]


def test_a_clock_set_back_cannot_turn_the_order_around(open_store: OpenStore) -> None:
    clock = Clock()
    store = open_store(clock)
    first = store.append(one(1)).recorded_at
    clock.set(1_600_000_000)

    assert store.append(one(2)).recorded_at == first + 1

    clock.set(1_700_000_100)
    assert store.append(one(3)).recorded_at == 1_700_000_100_000_000


def test_as_of_a_time_is_the_largest_position_recorded_before_it(open_store: OpenStore) -> None:
    clock = Clock()
    store = open_store(clock)
    assert store.position_at(0) == store.position_at(2**60) == 0
    times = []
    for number in range(40):
        clock.set(1_700_000_000 + number * 10)
        times.append(store.append(one(number)).recorded_at)

    for position, time in enumerate(times, 1):
        assert store.position_at(time) == position - 1, "what was recorded at T was not recorded before T"
        assert store.position_at(time + 1) == position
    assert store.position_at(0) == 0
    assert store.position_at(2**60) == 40


def test_what_is_stored_is_the_canonical_leaf_with_the_sequencers_time(store: AppendingRecorder) -> None:
    encoded = event(1)
    receipt = store.append(Append((encoded,)))

    [leaf] = all_leaves(store)

    assert leaf == encoded.leaf(receipt.recorded_at)
    assert check_canonical(leaf).recorded_at == receipt.recorded_at


# Versions and guards


def test_an_append_that_expects_a_wrong_version_is_told_both(store: AppendingRecorder) -> None:
    store.append(Append((event(1, 1), event(1, 2))))

    for version, expected in [(1, 0), (2, 1), (4, 3), (9, 8)]:
        lost = outcome_of(store, one(1, version))
        assert isinstance(lost, StreamMoved)
        assert (lost.stream, lost.expected, lost.actual) == (stream(1), expected, 2)
        assert lost.code == "stream_moved"
    assert store.append(one(1, 3)).first == 3
    assert [decode(leaf).version for _, leaf in store.stream(stream(1))] == [1, 2, 3]


def test_a_guard_that_has_moved_is_told_with_both_versions(store: AppendingRecorder) -> None:
    store.append(one(1))

    for guard, actual in [(Guard(stream(1), 0), 1), (Guard(stream(1), 2), 1), (Guard(stream(2), 1), 0)]:
        lost = outcome_of(store, one(3, guards=(guard,)))
        assert isinstance(lost, GuardMoved)
        assert (lost.stream, lost.expected, lost.actual) == (*guard, actual)

    assert store.append(one(3, guards=(Guard(stream(1), 1), Guard(stream(2), 0)))).first == 2


def test_who_rests_on_nothing_more_being_said_of_somebody_is_told_where_it_was(store: AppendingRecorder) -> None:
    """That there is no other stream has no version: what is named since tells."""
    store.append(Append((event(1), event(2))))

    def since(named: int, position: int) -> NothingSince:
        return NothingSince(stream(named), position)

    for guard, at in [(since(2, 1), 2), (since(1, 0), 1), (since(2, 0), 2)]:
        lost = outcome_of(store, one(3, guards=(Guard(stream(1), 1), guard)))
        assert isinstance(lost, NamedSince)
        assert (lost.named, lost.position, lost.code) == (guard.named, at, "named_since")
    assert store.size() == 2
    assert store.append(one(3, guards=(since(1, 1), since(2, 2), since(9, 0), since(9, 2)))).first == 3
    assert outcome_of(store, Append((other_event(4),), guards=(NothingSince(PERSON, 2),))).position == 3  # type: ignore[union-attr]


def test_who_read_too_long_ago_to_look_into_all_since_reads_again(store: AppendingRecorder) -> None:
    store.append(Append(tuple(event(number) for number in range(LATER_MAX + 2))))

    lost = outcome_of(store, one("x", guards=(NothingSince("per_nobody", 1),)))
    assert isinstance(lost, NamedSince) and lost.position == LATER_MAX + 2
    assert store.append(one("x", guards=(NothingSince("per_nobody", 2),))).first == LATER_MAX + 3


def test_a_batch_over_several_streams_stands_wholly_or_not_at_all(store: AppendingRecorder) -> None:
    store.append(one(5))
    batch = tuple(event(number) for number in range(1, 10))

    lost = outcome_of(store, Append(batch))

    assert isinstance(lost, StreamMoved)
    assert lost.stream == stream(5)
    assert store.size() == 1
    store.append(Append(tuple(each for each in batch if each.stream != stream(5))))
    assert store.size() == 9


def test_one_batch_may_extend_a_stream_several_times(store: AppendingRecorder) -> None:
    store.append(Append((event(1, 1), event(2, 1), event(1, 2), event(2, 2), event(1, 3))))

    assert [position for position, _ in store.stream(stream(1))] == [1, 3, 5]
    assert [position for position, _ in store.stream(stream(1), after=2)] == [5]
    assert (store.version(stream(1)), store.version(stream(2)), store.version(stream(3))) == (3, 2, 0)


def test_two_thousand_events_are_one_append_and_one_more_is_refused(store: AppendingRecorder) -> None:
    events = tuple(event(number) for number in range(EVENTS_MAX + 1))
    with pytest.raises(TooManyEvents) as refused:
        Append(events)
    assert refused.value.count == EVENTS_MAX + 1

    receipt = store.append(Append(events[:-1]))

    assert receipt.positions == range(1, EVENTS_MAX + 1)
    assert store.size() == EVENTS_MAX
    assert store.frontier().root() == root_from_leaves(all_leaves(store))


def test_an_append_without_events_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="says nothing"):
        Append(())


# Sealed parts


def test_a_sealed_part_stands_beside_its_leaf_and_nowhere_else(store: AppendingRecorder) -> None:
    encoded = event(1, sealed=b"ciphertext")
    store.append(Append((event(0), encoded)))

    assert store.sealed(1) is store.sealed(3) is None
    assert store.sealed(2) == encoded.sealed
    assert encoded.sealed is not None
    assert decode(all_leaves(store)[1]).sealed == encoded.sealed.digest()
    assert b"ciphertext" not in b"".join(all_leaves(store))


# Requests


def test_the_same_request_is_answered_again_and_not_done_again(store: AppendingRecorder) -> None:
    store.append(one(0))
    first = store.append(Append((event(1), event(2)), request=request("k", status=202)))
    assert not first.replayed

    again = store.append(Append((event(1), event(2)), request=request("k", status=202)))

    assert again == first._replace(replayed=True)
    assert (again.status, again.positions) == (202, range(2, 4))
    assert store.size() == 3


def test_a_replay_wins_over_versions_guards_and_names_that_have_moved_since(store: AppendingRecorder) -> None:
    asked = one(1, guards=(Guard(stream(2), 0),), names=(name("c", 1),), request=request("k"))
    first = store.append(asked)
    store.append(Append((event(1, 2), event(2)), names=(free(1), name("c", 2))))

    assert store.append(asked) == first._replace(replayed=True)


def test_a_key_used_for_another_request_is_refused_and_says_where_it_was_used(store: AppendingRecorder) -> None:
    first = store.append(one(1, request=request("k")))

    lost = outcome_of(store, one(2, request=request("k", "another body")))

    assert isinstance(lost, KeyReused)
    assert (lost.first, lost.code) == (first.first, "idempotency_key_reused")
    assert store.version(stream(2)) == 0


def test_a_lost_append_does_not_use_up_its_key(store: AppendingRecorder) -> None:
    store.append(one(1))
    assert isinstance(outcome_of(store, one(1, request=request("k"))), StreamMoved)

    assert not store.append(one(1, 2, request=request("k"))).replayed


def test_whether_a_request_was_done_can_be_asked_without_doing_it(store: AppendingRecorder) -> None:
    assert store.answered(request("k")) is None
    receipt = store.append(one(1, request=request("k")))

    assert store.answered(request("k")) == receipt._replace(replayed=True)
    with pytest.raises(KeyReused):
        store.answered(request("k", "another body"))


def test_many_are_read_together_as_each_is_alone(store: AppendingRecorder) -> None:
    sealed = event(7, sealed=b"closed")
    store.append(Append((event(1), sealed, event(1, 2)), names=(name("c", 1), name("d", 7))))
    store.append(one(2, names=(name("e", 2),)))
    asked = [stream(2), stream(1), stream(1), stream("none"), "no\0name"]
    named = [name(value, 1).name for value in ("e", "c", "c", "free")]

    assert store.streams(asked) == {each: store.stream(each) for each in asked}
    assert [position for position, _ in store.streams(asked)[stream(1)]] == [1, 3], "in the order of its versions"
    assert store.holders(named) == {name("c", 1).name: name("c", 1), name("e", 2).name: name("e", 2)}
    assert [(one.reservation, one.position) for one in store.held(named)] == [(name("c", 1), 1), (name("e", 2), 4)]
    assert store.sealed_at([4, 2, 9]) == {at: part for at in (2, 4) if (part := store.sealed(at)) is not None}
    assert store.sealed_at([2])[2] == sealed.sealed
    assert not (store.streams([]) or store.holders([]) or store.held([]) or store.sealed_at([]))


# Names


def test_a_name_has_one_holder_and_the_other_is_told_whom(store: AppendingRecorder) -> None:
    store.append(one(1, names=(name("c", 1),)))

    lost = outcome_of(store, one(2, names=(name("free", 2), name("c", 2))))

    assert isinstance(lost, NameTaken)
    assert (lost.kind, lost.holder, lost.code) == ("certificate", stream(1), "name_taken")
    assert store.holder(name("c", 1).name) == name("c", 1)
    assert store.holder(name("free", 2).name) is None, "nothing of the lost append stands"


def test_a_stream_may_reserve_again_what_it_holds(store: AppendingRecorder) -> None:
    store.append(one(1, names=(name("c", 1),)))

    store.append(one(1, 2, names=(name("c", 1),)))

    assert [(held.reservation, held.position) for held in store.names()] == [(name("c", 1), 1)]


def test_a_freed_name_can_be_had_by_another(store: AppendingRecorder) -> None:
    store.append(one(1, names=(name("c", 1),)))
    store.append(one(1, 2, names=(free(1),)))
    assert store.holder(name("c", 1).name) is None

    store.append(one(2, names=(name("c", 2),)))

    assert store.holder(name("c", 1).name) == name("c", 2)


def test_freeing_frees_only_the_kinds_it_names_of_the_stream_it_names(store: AppendingRecorder) -> None:
    mine, source, theirs = name("c", 1), name("s", 1, kind="source"), name("d", 2)
    store.append(Append((event(1), event(2)), names=(mine, source, theirs)))

    store.append(one(1, 2, names=(free(1, "certificate", "seat"),)))

    assert [held.reservation for held in store.names()] == sorted([source, theirs], key=lambda kept: kept.name)


def test_a_name_freed_and_reserved_in_one_append_is_held_from_then_on(store: AppendingRecorder) -> None:
    store.append(one(1, names=(name("c", 1),)))

    store.append(one(1, 2, names=(free(1), name("c", 1))))
    assert [(held.reservation, held.position) for held in store.names()] == [(name("c", 1), 2)]

    store.append(Append((event(1, 3), event(2)), names=(free(1), name("c", 2))))
    assert [(held.reservation, held.position) for held in store.names()] == [(name("c", 2), 3)]


def test_a_name_stands_at_the_event_that_reserved_it(store: AppendingRecorder) -> None:
    store.append(one(0))

    store.append(Append(
        (event(1), event(2), event(3)),
        names=(OfEvent(0), name("a", 1), OfEvent(2), name("c", 3), name("d", 3), OfEvent(1), name("b", 2)),
    ))

    assert {held.reservation: held.position for held in store.names()} == {
        name("a", 1): 2, name("b", 2): 3, name("c", 3): 4, name("d", 3): 4,
    }


def test_freeing_in_a_lost_append_frees_nothing(store: AppendingRecorder) -> None:
    store.append(Append((event(1), event(2)), names=(name("c", 1), name("d", 2), name("e", 1))))
    before = list(store.names())

    lost = outcome_of(store, one(1, 2, names=(free(1), name("new", 1), name("d", 1))))

    assert isinstance(lost, NameTaken)
    assert list(store.names()) == before


def test_forgetting_an_owner_drops_all_their_names_whoever_holds_them(store: AppendingRecorder) -> None:
    store.append(Append(
        (event(1), event(2)),
        names=(name("c", 1, owner="per_a"), name("n", 2, kind="id_number", owner="per_a"), name("d", 2, owner="per_b")),
    ))

    store.append(one(3, names=(Forgetting("per_a"),)))

    assert [held.reservation for held in store.names()] == [name("d", 2, owner="per_b")]


# Names of larger acts

ACT = "act_1"


def holders(store: AppendingRecorder, *values: str) -> list[str | None]:
    """Who holds each certificate."""
    found = [store.holder(name(value, 0).name) for value in values]
    return [None if each is None else each.holder for each in found]


def test_what_an_act_reserved_is_held_while_it_is_open_and_when_it_is_closed(store: AppendingRecorder) -> None:
    store.append(one(1, names=(name("c", 1, act=ACT),)))
    assert isinstance(outcome_of(store, one(2, names=(name("c", 2),))), NameTaken)

    store.append(one("end", names=(Closing(ACT),)))

    assert isinstance(outcome_of(store, one(2, names=(name("c", 2),))), NameTaken)
    assert store.holder(name("c", 1).name) == name("c", 1, act=ACT)


def test_what_an_act_reserved_is_free_once_it_is_abandoned_and_nothing_else_is(store: AppendingRecorder) -> None:
    store.append(Append((event(1), event(2)), names=(name("before", 1), name("c", 1, act=ACT), name("d", 2, act=ACT))))
    store.append(one(3, names=(name("other", 3, act="act_2"),)))

    store.append(one("end", names=(Abandoning(ACT),)))

    assert holders(store, "before", "c", "d", "other") == [stream(1), None, None, stream(3)]
    store.append(one(4, names=(name("c", 4),)))
    assert holders(store, "c") == [stream(4)]


@pytest.mark.parametrize(("ending", "held"), [(Closing, None), (Abandoning, stream(1))])
def test_what_an_act_frees_is_held_until_it_is_closed(
    store: AppendingRecorder, ending: type[Closing | Abandoning], held: str | None
) -> None:
    store.append(one(1, names=(name("c", 1), name("s", 1, kind="source"))))
    store.append(one(1, 2, names=(free(1, act=ACT),)))
    assert isinstance(outcome_of(store, one(2, names=(name("c", 2),))), NameTaken), "the act may yet be abandoned"
    assert isinstance(outcome_of(store, one(2, names=(name("c", 2, act=ACT),))), NameTaken), "for its own rows, too"

    store.append(one("end", names=(ending(ACT),)))

    assert holders(store, "c") == [held]
    assert store.holder(name("s", 1, kind="source").name) is not None
    assert [each.freed_by for each in store.names()] == [None] * (1 + (held is not None))


@pytest.mark.parametrize("ending", [Closing, Abandoning])
def test_what_an_act_frees_and_reserves_again_stays_with_its_holder_either_way(
    store: AppendingRecorder, ending: type[Closing | Abandoning]
) -> None:
    store.append(one(1, names=(name("c", 1),)))
    store.append(one(1, 2, names=(free(1, act=ACT), name("c", 1, act=ACT), name("new", 1, act=ACT))))

    store.append(one("end", names=(ending(ACT),)))

    assert holders(store, "c", "new") == [stream(1), stream(1) if ending is Closing else None]


def test_what_an_act_reserved_and_frees_again_is_free_at_once(store: AppendingRecorder) -> None:
    store.append(one(1, names=(name("c", 1, act=ACT),)))

    store.append(one(1, 2, names=(free(1, act=ACT),)))
    assert holders(store, "c") == [None]

    store.append(one(2, names=(name("c", 2),)))
    store.append(one("end", names=(Abandoning(ACT),)))
    assert holders(store, "c") == [stream(2)]


def test_what_is_reserved_again_outside_the_act_hangs_on_it_no_more(store: AppendingRecorder) -> None:
    store.append(one(1, names=(name("c", 1, act=ACT), name("d", 1))))
    store.append(one(1, 2, names=(free(1, act="act_2"),)))

    store.append(one(1, 3, names=(name("c", 1), name("d", 1))))
    store.append(Append((event("end"), event("over")), names=(Abandoning(ACT), OfEvent(1), Closing("act_2"))))

    assert [(held.reservation, held.position) for held in store.names()] == [(name("d", 1), 1), (name("c", 1), 3)]


@pytest.mark.parametrize("ending", [Closing, Abandoning])
def test_a_lost_append_ends_no_act(store: AppendingRecorder, ending: type[Closing | Abandoning]) -> None:
    names = (name("c", 1, act=ACT), name("d", 2), free(2, act=ACT), name("e", 3))
    store.append(Append((event(1), event(2), event(3)), names=names))
    before = list(store.names())

    lost = outcome_of(store, one(1, 2, names=(ending(ACT), name("e", 1))))

    assert isinstance(lost, NameTaken)
    assert list(store.names()) == before


def test_a_key_destroyed_under_way_forgets_what_an_open_act_reserved(store: AppendingRecorder) -> None:
    store.append(one(1, names=(name("c", 1, owner="per_a", act=ACT), name("d", 1, owner="per_b", act=ACT))))

    store.append(one(2, names=(Forgetting("per_a"),)))
    store.append(one("end", names=(Closing(ACT),)))

    assert holders(store, "c", "d") == [None, stream(1)]


def test_two_thousand_names_of_an_act_go_with_it_in_one_append(store: AppendingRecorder) -> None:
    for start in (0, 1_000):
        numbers = range(start, start + 1_000)
        store.append(Append(tuple(map(event, numbers)), names=tuple(name(str(n), n, act=ACT) for n in numbers)))

    store.append(one("end", names=(Abandoning(ACT),)))

    assert list(store.names()) == []


def test_a_thousand_names_change_in_one_append(store: AppendingRecorder) -> None:
    """More than fit one look-up of the database."""
    many = tuple(name(str(number), number) for number in range(1_200))
    store.append(Append(tuple(event(number) for number in range(1_200)), names=many))

    freed = tuple(free(number) for number in range(1_200))
    anew = tuple(name(str(number), 1_199 - number) for number in range(1_200))
    store.append(Append(tuple(event(number, 2) for number in range(1_200)), names=(*freed, *anew)))

    assert {held.reservation.name: held.reservation.holder for held in store.names()} == {
        name(str(number), 0).name: stream(1_199 - number) for number in range(1_200)
    }


# Tiles and the tree


def test_at_every_size_tiles_frontier_and_root_are_those_of_a_tree_rebuilt_from_the_leaves(
    store: AppendingRecorder,
) -> None:
    size, rng = 0, 7
    while size < 600:
        rng = (rng * 1_103_515_245 + 12_345) % 2**31
        count = min(600 - size, rng % 41 + 1)
        store.append(Append(tuple(event(size + number) for number in range(count))))
        size += count
    hashes = [hashlib.sha256(b"\0" + leaf).digest() for leaf in all_leaves(store)]
    leaves = all_leaves(store)
    first_tile = root_from_leaves(leaves[:256]), root_from_leaves(leaves[256:512])

    for size in range(601):
        rebuilt, full = Frontier().append(hashes[:size])
        assert store.frontier(size) == rebuilt
        if size % 37 == 0 or size in (255, 256, 257, 511, 512, 513, 600):
            assert store.frontier(size).root() == root_from_leaves(leaves[:size])
        for tile in tiles_of(size):
            if tile.level == 0:
                expected = b"".join(hashes[tile.index * 256:tile.index * 256 + tile.width])
            else:
                expected = b"".join(first_tile[:tile.width])
            assert store.read_tile(tile) == expected
        assert [tile.root for tile in full if tile.level == 0] == list(first_tile[:size // 256])


def test_entry_bundles_hold_the_leaves_at_every_width(store: AppendingRecorder) -> None:
    store.append(Append(tuple(event(number) for number in range(300))))
    leaves = all_leaves(store)

    for size in range(301):
        found = [entry for tile in bundles_of(size) for entry in entries_in(store.read_tile(tile))]
        assert found == leaves[:size]


@pytest.mark.parametrize("tile", [
    Tile(0, 1, 44 + 1), Tile(0, 1), Tile(0, 2, 1), Tile(1, 0, 2), Tile(1, 0), Tile(2, 0, 1), Tile(ENTRIES, 1, 45),
    Tile(ENTRIES, 1), Tile(63, 0, 1), Tile(0, 2**63 - 1, 1), Tile(ENTRIES, 2**63 - 1), Tile(63, 2**63 - 1, 1),
    Tile(0, 2**55, 1), Tile(7, 127, 1),
], ids=repr)
def test_a_tile_that_the_log_does_not_have_is_absent(store: AppendingRecorder, tile: Tile) -> None:
    store.append(Append(tuple(event(number) for number in range(TILE_WIDTH + 44))))

    with pytest.raises(AbsentTile) as absent:
        store.read_tile(tile)
    assert absent.value.code == "tile_absent"


# Checkpoints


def test_checkpoints_are_kept_in_the_order_of_signing_and_saved_once(store: AppendingRecorder) -> None:
    assert store.last_checkpoint() is None
    notes = [StoredCheckpoint(5, b"five"), StoredCheckpoint(5, b"five, another key"), StoredCheckpoint(3, b"three")]

    for note in [*notes, notes[0]]:
        store.save_checkpoint(note)

    assert store.checkpoints() == notes
    assert store.last_checkpoint() == notes[-1]


# Inside one group commit


def test_names_keys_and_versions_conflict_inside_one_group_as_they_do_between_two(store: AppendingRecorder) -> None:
    """64 threads at once meet in few groups; whatever the grouping, the outcome is as if they had come one by one."""
    appends = [
        one(number % 16, names=(name(str(number % 4), number % 16),), request=request(str(number)))
        for number in range(64)
    ]

    outcomes = crowd(store, appends)

    winners = {number: outcome for number, outcome in enumerate(outcomes) if isinstance(outcome, Receipt)}
    assert len({number % 16 for number in winners}) == len(winners) == 4, "a name each, and a stream each"
    assert sorted(winner.first for winner in winners.values()) == [1, 2, 3, 4]
    holders = {number % 4: stream(number % 16) for number in winners}
    for number, outcome in enumerate(outcomes):
        if isinstance(outcome, NameTaken):
            assert outcome.holder == holders[number % 4] != stream(number % 16)
        elif isinstance(outcome, StreamMoved):
            assert (outcome.stream, outcome.expected, outcome.actual) == (stream(number % 16), 0, 1)
    assert {held.reservation.holder for held in store.names()} == set(holders.values())


def test_one_request_that_many_send_at_once_is_done_once_and_answers_all(store: AppendingRecorder) -> None:
    """Each with ids of its own, as a request has that is sent again before it was answered."""
    outcomes = crowd(store, [one(number, request=request("the same")) for number in range(32)])

    receipts = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    assert len(receipts) == 32 and {receipt.first for receipt in receipts} == {1} and store.size() == 1
    assert [receipt.replayed for receipt in receipts].count(False) == 1


def test_a_request_that_meets_itself_in_one_group_is_done_once() -> None:
    admission = Admission(Standing(), size=0, last_recorded_at=0, now=1)
    first, again = (admission.admit(one(number, request=request("the same"))) for number in (1, 2))

    assert isinstance(first, Receipt) and isinstance(again, Receipt)
    assert (first.replayed, again.replayed) == (False, True) and again.first == first.first
    assert len(admission.rows.leaves) == len(admission.rows.requests) == 1


def test_what_one_of_a_group_says_of_somebody_another_of_the_group_that_rests_on_nothing_is_told() -> None:
    admission = Admission(Standing(), size=0, last_recorded_at=0, now=1)
    admission.admit(one(1))
    lost = admission.admit(one(2, guards=(NothingSince(stream(1), 0),)))

    assert isinstance(lost, NamedSince) and lost.position == 1
    assert isinstance(admission.admit(one(2, guards=(NothingSince(stream(3), 0),))), Receipt)


def test_reading_an_empty_store_gives_nothing_and_fails_nowhere(store: AppendingRecorder) -> None:
    assert (store.size(), store.leaves(0, 10), store.sealed(1), store.stream(stream(1))) == (0, [], None, [])
    assert (store.version(stream(1)), store.holder(b"x" * 32), list(store.names())) == (0, None, [])
    assert (store.checkpoints(), store.frontier()) == ([], Frontier())
    assert store.frontier().root() == hashlib.sha256(b"").digest()


def test_leaves_are_read_past_a_position_and_no_further_than_asked(store: AppendingRecorder) -> None:
    store.append(Append((event(1), other_event(2), event(3))))
    leaves = all_leaves(store)

    assert [store.leaves(after, 2) for after in range(5)] == [leaves[:2], leaves[1:], leaves[2:], [], []]
    assert store.leaves(0, 0) == []
    assert decode(leaves[0]).subjects == (PERSON,)
