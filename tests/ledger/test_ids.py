"""Ids sort by the time of their birth, say what they name, and cannot be guessed or met twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.events.log import LOG
from ledger.ids import (
    PREFIXES,
    first_after,
    format_verify_code,
    is_verify_code,
    kind_of,
    new_id,
    new_verify_code,
    parse_verify_code,
)

NOW_MS = 1_795_262_400_000
times = st.integers(0, 2**50 - 1)  # Until the year 37000.


@pytest.mark.parametrize("kind", PREFIXES)
def test_an_id_says_what_it_names(kind: str) -> None:
    made = new_id(kind, now_ms=NOW_MS)

    assert kind_of(made) == kind
    assert made.startswith(PREFIXES[kind])
    assert len(made) == 4 + 22


def test_no_prefix_is_the_start_of_another() -> None:
    prefixes = list(PREFIXES.values())

    assert all(len(prefix) == 4 and prefix.endswith("_") for prefix in prefixes)
    assert len(set(prefixes)) == len(prefixes)


@pytest.mark.parametrize("text", ["", "per", "PER_1", "xyz_1", " per_1", "1per_"])
def test_what_has_no_known_prefix_names_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="none of the known prefixes"):
        kind_of(text)


def test_a_kind_that_is_not_known_has_no_ids() -> None:
    with pytest.raises(KeyError):
        new_id("course of things", now_ms=NOW_MS)


@given(times, times)
def test_ids_sort_as_their_times_do(one: int, other: int) -> None:
    first, second = new_id("claim", now_ms=min(one, other)), new_id("claim", now_ms=max(one, other))

    assert first < second or one == other
    assert first[:14] <= second[:14]


def test_ids_of_one_millisecond_differ() -> None:
    assert len({new_id("claim", now_ms=NOW_MS) for _ in range(20_000)}) == 20_000


def test_an_id_holds_no_letter_that_is_misread_on_paper() -> None:
    letters = set("".join(new_id("person", now_ms=NOW_MS + step)[4:] for step in range(2_000)))

    assert letters == set("0123456789abcdefghjkmnpqrstvwxyz")


def test_the_logs_own_stream_is_an_id_like_any_other() -> None:
    assert kind_of(LOG) == "log"
    assert len(LOG) == len(new_id("log", now_ms=NOW_MS))


def test_a_verify_code_is_twelve_letters_that_are_not_misread_and_no_two_meet() -> None:
    codes = {new_verify_code() for _ in range(5_000)}

    assert len(codes) == 5_000
    assert all(is_verify_code(code) for code in codes)
    assert set("".join(codes)) == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@pytest.mark.parametrize("typed", [
    "7K3M-9QXT-0AHB", "7k3m9qxt0ahb", " 7K3M 9QXT 0AHB", "7K3M-9QXT-OAHB", "７Ｋ３Ｍ－９ＱＸＴ－０ＡＨＢ",
])
def test_a_verify_code_is_read_as_people_type_it(typed: str) -> None:
    assert parse_verify_code(typed) == "7K3M9QXT0AHB"
    assert format_verify_code("7K3M9QXT0AHB") == "7K3M-9QXT-0AHB"


@pytest.mark.parametrize("typed", [
    "", "7K3M-9QXT-0AH", "7K3M-9QXT-0AHBC", "7K3M-9QXT-0AHU", "7K3M-9QXT-0AHſ", "明" * 12,
])
def test_what_cannot_be_a_verify_code_is_none(typed: str) -> None:
    assert parse_verify_code(typed) is None


@given(st.integers(0, 2**48 - 2), st.integers(0, 2**60 - 1))
def test_whatever_was_made_by_a_time_comes_before_the_first_after_it(now_ms: int, chance: int) -> None:
    first = first_after("claim", now_ms=now_ms)

    assert new_id("claim", now_ms=now_ms, randbits=lambda _: chance) < first
    assert first <= new_id("claim", now_ms=now_ms + 1, randbits=lambda _: chance)
