"""The names after all acts are over are those that the rows in force leave: an abandoned act might never have been."""

from __future__ import annotations

import random

import pytest
from store_kit import free, name, stream

from ledger.stores.append import Abandoning, Closing, Freeing, NameChange, Reservation
from ledger.stores.names import NameBook

ACTS = ("act_1", "act_2", "act_3")


def replayed(changes: list[NameChange]) -> dict[bytes, str]:
    """The simplest reading of changes of which none belongs to an act any more."""
    names: dict[bytes, tuple[str, str]] = {}
    for change in changes:
        if isinstance(change, Reservation):
            assert names.setdefault(change.name, (change.holder, change.kind))[0] == change.holder
        elif isinstance(change, Freeing):
            names = {key: (holder, kind) for key, (holder, kind) in names.items()
                     if not (holder == change.holder and kind in change.kinds)}
    return {key: holder for key, (holder, _) in names.items()}


def held_by(changes: list[NameChange], over: set[str]) -> dict[str, str]:
    """Which open act holds which stream: nobody else writes to it (`Ledger.load_free`)."""
    return {change.holder: change.act for change in changes
            if isinstance(change, Reservation | Freeing) and change.act is not None and change.act not in over}


@pytest.mark.parametrize("seed", range(60))
def test_names_end_as_if_abandoned_acts_had_never_been(seed: int) -> None:
    rng = random.Random(seed)
    book, admitted, abandoned, over = NameBook(()), [], set(), set()
    refused = 0
    for position in range(1, 200):
        holder = rng.randrange(8)
        act = held_by(admitted, over).get(stream(holder)) or rng.choice((None, *sorted(set(ACTS) - over)))
        kind = rng.choice(("certificate", "source"))
        change: NameChange = rng.choice((
            name(str(rng.randrange(12)), holder, kind=kind, act=act),
            name(str(rng.randrange(12)), holder, kind=kind, act=act),
            free(holder, kind, act=act),
        ))
        if book.change([change], position=position) is None:
            admitted.append(change)
        else:
            refused += 1
        if rng.random() < 0.01 and (still_open := sorted(set(ACTS) - over)):
            end(book, rng.choice(still_open), rng, over, abandoned)
    for act in sorted(set(ACTS) - over):
        end(book, act, rng, over, abandoned)
    in_force = [change for change in admitted if getattr(change, "act", None) not in abandoned]
    assert {held.reservation.name: held.reservation.holder for held in book.new()} == replayed(in_force)
    assert refused, "some met each other"


def end(book: NameBook, act: str, rng: random.Random, over: set[str], abandoned: set[str]) -> None:
    over.add(act)
    if is_abandoned := rng.random() < 0.5:
        abandoned.add(act)
    assert book.change([Abandoning(act) if is_abandoned else Closing(act)], position=1_000) is None
