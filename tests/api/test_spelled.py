"""A body has one spelling, and it stays: a key is kept with its digest for thirteen months, whatever the version."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.refusals.problems import Problem
from api.routes.sent import _json as read

_WORDS = st.text(st.characters(exclude_categories=["Cs"]))
_BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3), max_leaves=8)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.dictionaries(_WORDS, _BODIES, max_size=3))
def test_every_body_is_spelled_as_the_library_spells_it(body: dict[str, Any]) -> None:
    spelled = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert read(json.dumps(body, indent=1).encode()) == (body, spelled)


def test_what_stands_in_another_order_is_the_same_body() -> None:
    assert read(b'{"b": 1, "a": "\\u5b66"}')[1] == read('{"a":"学","b":1}'.encode())[1] == '{"a":"学","b":1}'.encode()


@pytest.mark.parametrize("half", ['{"a": "\\ud800"}', '{"\\udfff": 1}'])
def test_half_a_character_cannot_be_spelled(half: str) -> None:
    with pytest.raises(Problem):
        read(half.encode())
