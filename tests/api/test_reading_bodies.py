"""Bodies are read by way of what was sent; the library, which asks for every field, finds the same in each of them."""

from __future__ import annotations

import copy
from typing import Any

import marshmallow as ma
from hypothesis import given
from hypothesis import strategies as st

from api.routes.bodies import Body
from api.routes.fields import Choice, Day, Flag, Hours, Many, Number, Part, Shaped, Text


class _Inner(Body):
    days = Hours(required=True)
    level = Choice("national", "county")
    note = Text(5, allow_none=True)


class _Outer(Body):
    title = Text(8, required=True)
    held_on = Day()
    rank = Number(1, 9, load_default=1)
    is_new = Flag(data_key="new")
    inner = Part(_Inner, required=True)
    many = Part(_Inner, many=True)
    words = Many(Text(3), 2, load_default=list)
    code = Shaped("^[a-z]+$", "小写字母", validate=ma.validate.Length(max=3))


_LEAVES = st.sampled_from(["", "某", "1.5", "2026-11-22", "2026-02-30", "county", "abc", "abcd", None, True, 3, 77, []])
_INNER = st.dictionaries(st.sampled_from(["days", "level", "note", "else"]), _LEAVES, max_size=4)
_ANY = _LEAVES | _INNER | st.lists(_INNER | _LEAVES, max_size=3)
_GOOD: dict[str, Any] = {"title": "某班", "inner": {"days": "1.5"}}
_BODIES = st.dictionaries(
    st.sampled_from(["title", "held_on", "rank", "new", "is_new", "inner", "many", "words", "code", "x"]), _ANY)


def _library(schema: ma.Schema) -> ma.Schema:
    """The same description, read by the library's own way at every depth."""
    class _Own(type(schema)):  # type: ignore[misc]
        _deserialize = ma.Schema._deserialize

    own = _Own()
    for field in own.load_fields.values():
        if isinstance(field, ma.fields.Nested):
            field._schema = _library(field.schema)
            field._schema.many = bool(field.many)
    return own


def _read(schema: ma.Schema, data: Any) -> tuple[str, Any]:
    try:
        return "read", list(schema.load(data).items())  # In one order, too: what is made of it is compared by bytes.
    except ma.ValidationError as error:
        return "wrong", error.messages


@given(_BODIES, st.booleans())
def test_a_body_is_read_as_the_library_reads_it_with_its_faults(sent: dict[str, Any], is_nearly_good: bool) -> None:
    data = _GOOD | sent if is_nearly_good else sent
    before = copy.deepcopy(data)
    assert _read(_Outer(), data) == _read(_library(_Outer()), data)
    assert data == before


def test_what_is_no_object_is_told_as_ever() -> None:
    for sent in (None, [], "x", 3):
        assert _read(_Outer(), sent) == ("wrong", {"_schema": ["应为 JSON 对象。"]})


def test_a_copy_that_takes_fewer_fields_does_not_read_by_the_ways_of_the_first() -> None:
    whole = _Outer()
    assert _read(whole, _GOOD)[0] == "read"

    class _Holding(Body):
        part = Part(whole, only=("title",))

    assert _read(_Holding(), {"part": {"title": "某"}})[0] == "read"
    assert _read(_Holding(), {"part": _GOOD}) == ("wrong", {"part": {"inner": ["没有这个字段；请查拼写。"]}})
