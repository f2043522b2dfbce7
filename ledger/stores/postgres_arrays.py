"""Columns of values as PostgreSQL's binary arrays, packed in one go.

A batch goes to the database as one array a column and is taken apart there by `unnest`. The driver would pack an array
value by value in Python (the library's arrays of composites take 20 µs an event); a join over headers and values takes
a twentieth of it. Each column has one type, whatever it holds, so that a statement is prepared once and not once for
each size of a number.

`tests/ledger/stores/test_postgres_store.py` sends every kind there and back.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final

from psycopg.adapt import AdaptersMap, Dumper
from psycopg.pq import Format
from psycopg.types import TypeInfo

_HEADER: Final = struct.Struct("!iiIii")  # Dimensions, whether there are nulls, the elements' type, how many, from.
_LENGTH: Final = struct.Struct("!i")
_BIGINT: Final = struct.Struct("!q")
_SIZED_BIGINT: Final = struct.Struct("!iq")
_NULL: Final = _LENGTH.pack(-1)


class Packed:
    """A value as the database's own bytes."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class Bigint(Packed):
    """One number."""

    __slots__ = ()

    def __init__(self, value: int) -> None:
        super().__init__(_BIGINT.pack(value))


class Bigints(Packed):
    """A column of numbers."""

    __slots__ = ()

    def __init__(self, values: Sequence[int]) -> None:
        count, pack = len(values), _SIZED_BIGINT.pack
        super().__init__(_header(False, _INT8.oid, count) + b"".join([pack(8, value) for value in values]))


class Bytes(Packed):
    """A column of bytes."""

    __slots__ = ()

    def __init__(self, values: Sequence[bytes]) -> None:
        super().__init__(_header(False, _BYTEA.oid, len(values)) + _sized(values))


class Texts(Packed):
    """A column of texts; None is null."""

    __slots__ = ()

    def __init__(self, values: Sequence[str | None]) -> None:
        parts = [_NULL if value is None else _sized([value.encode()]) for value in values]
        super().__init__(_header(None in values, _TEXT.oid, len(values)) + b"".join(parts))


def _header(has_nulls: bool, element: int, count: int) -> bytes:
    return _HEADER.pack(1, has_nulls, element, count, 1) if count else struct.pack("!iiI", 0, 0, element)


def _sized(values: Sequence[bytes]) -> bytes:
    pack = _LENGTH.pack
    return b"".join([part for value in values for part in (pack(len(value)), value)])


class _PackedDumper(Dumper):
    """Hands over what is packed already."""

    format = Format.BINARY

    def dump(self, obj: Any) -> bytes:
        packed: bytes = obj.data
        return packed


def _dumper(type_oid: int) -> type[Dumper]:
    return type("PackedDumper", (_PackedDumper,), {"oid": type_oid})


def register(adapters: AdaptersMap) -> None:
    """Teach a connection these types."""
    adapters.register_dumper(Bigint, _dumper(_INT8.oid))
    adapters.register_dumper(Bigints, _dumper(_INT8.array_oid))
    adapters.register_dumper(Bytes, _dumper(_BYTEA.array_oid))
    adapters.register_dumper(Texts, _dumper(_TEXT.array_oid))


def _builtin(name: str) -> TypeInfo:
    from psycopg import adapters

    found = adapters.types[name]
    assert isinstance(found, TypeInfo)
    return found


_INT8: Final = _builtin("int8")
_BYTEA: Final = _builtin("bytea")
_TEXT: Final = _builtin("text")
