"""Idempotency keys by month: where a key may stand, told without reading thirteen months of index.

A key is an HMAC, so its bytes are as good as random and pick the bits of a Bloom filter themselves. Each month that is
over gets one filter, which says "never seen" of nearly all new keys; a month without a filter is simply looked into.
So the filters make it fast and never decide anything. Kept for 13 months: a year, and the month in which it ends.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

MONTHS_KEPT: Final = 13
_BITS_PER_KEY: Final = 16  # Four probes at 16 bits a key: about one false alarm in 400.
_PROBES: Final = struct.Struct("<4I")


def month_of(recorded_at: int) -> int:
    """Number the month of a time in microseconds: months since the year 0, in UTC."""
    moment = datetime.fromtimestamp(recorded_at // 1_000_000, UTC)
    return moment.year * 12 + moment.month - 1


class KeyFilter:
    """Says for certain that a key was never added, or that it may have been."""

    __slots__ = ("_bits", "_mask")

    def __init__(self, bits: bytes | bytearray) -> None:
        assert len(bits) & (len(bits) - 1) == 0, "a filter's size is a power of two"
        self._bits = bits
        self._mask = len(bits) * 8 - 1

    @classmethod
    def of(cls, keys: Iterable[bytes], *, count: int) -> KeyFilter:
        """Build the filter of `count` keys."""
        size = 1 << max(3, (count * _BITS_PER_KEY - 1).bit_length() - 3)
        bits = bytearray(size)
        mask = size * 8 - 1
        unpack = _PROBES.unpack_from
        for key in keys:
            for probe in unpack(key):
                probe &= mask
                bits[probe >> 3] |= 1 << (probe & 7)
        return cls(bits)

    def may_hold(self, key: bytes) -> bool:
        """False: never added. True: look."""
        bits, mask = self._bits, self._mask
        for probe in _PROBES.unpack_from(key):
            probe &= mask
            if not bits[probe >> 3] >> (probe & 7) & 1:
                return False
        return True

    def __bytes__(self) -> bytes:
        return bytes(self._bits)
