"""Two histories of one log: the proof needs the log's public key and nobody's word."""

from __future__ import annotations

from dataclasses import replace

import pytest
from witness_kit import LOG_KEY, ORIGIN, POLICY, FakeLog

from ledger.errors import LedgerError
from ledger.proof.keys import SigningKey
from ledger.proof.merkle import Inconsistent
from ledger.proof.notes import NoteUnverified
from ledger.proof.policy import trust
from ledger.witnessing.fork import (
    Fork,
    MalformedFork,
    NoFork,
    check_fork,
    format_fork,
    parse_fork,
    prove_fork,
    same_size_fork,
)

SHORT = FakeLog().grown(7)
OTHER = FakeLog().grown(5).grown(9, "something else")


def proven() -> Fork:
    fork = prove_fork(OTHER.note(), SHORT.note(), OTHER, OTHER.root(7))
    assert fork is not None
    return fork


def test_a_longer_log_with_another_past_is_a_proven_fork() -> None:
    found = check_fork(parse_fork(format_fork(proven())), POLICY)
    assert (found.older.size, found.newer.size, found.root) == (7, 14, OTHER.root(7))
    assert found.root != found.older.root


def test_two_roots_of_one_size_prove_it_by_themselves() -> None:
    fork = same_size_fork(SHORT.note(), FakeLog().grown(6).grown(1, "x").note())
    assert fork is not None and check_fork(parse_fork(format_fork(fork)), POLICY).newer.size == 7
    assert same_size_fork(SHORT.note(), SHORT.note()) is None


def test_one_history_is_no_fork() -> None:
    longer = SHORT.grown(5)
    assert prove_fork(SHORT.note(), longer.note(), longer, longer.root(7)) is None
    with pytest.raises(NoFork, match="延续"):
        check_fork(Fork(SHORT.note(), longer.note(), SHORT.root(), longer.proof(7)), POLICY)
    with pytest.raises(NoFork, match="相同"):
        check_fork(Fork(SHORT.note(), SHORT.note()), POLICY)


def test_a_root_that_the_newer_tree_never_had_proves_nothing() -> None:
    longer = SHORT.grown(5)
    with pytest.raises(Inconsistent):
        check_fork(Fork(SHORT.note(), longer.note(), b"\5" * 32, longer.proof(7)), POLICY)


def test_whoever_signed_neither_is_not_accused() -> None:
    with pytest.raises(NoteUnverified):
        check_fork(proven(), trust(SigningKey(ORIGIN, b"\6" * 32).public()))
    other = SigningKey("other.example/log", b"\7" * 32)
    with pytest.raises(NoFork, match="不同的日志"):
        check_fork(replace(proven(), newer=FakeLog(other, OTHER.leaves).note()),
                   trust(LOG_KEY.public(), other.public()))


def test_a_fork_that_was_changed_in_any_byte_proves_nothing() -> None:
    data = format_fork(proven())
    for place in range(len(data)):
        changed = bytes([*data[:place], data[place] ^ 1, *data[place + 1:]])
        with pytest.raises(LedgerError):
            check_fork(parse_fork(changed), POLICY)


def test_a_fork_that_was_cut_off_is_malformed() -> None:
    data = format_fork(proven())
    for end in (0, 5, 20, 60, len(data) - 1):
        with pytest.raises(MalformedFork):
            parse_fork(data[:end])
