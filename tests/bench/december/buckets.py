"""How long things took, counted in buckets of a thirty-second part each, as HdrHistogram does: few bytes for many."""

from __future__ import annotations

from collections import Counter

_PARTS_BITS = 5
_PARTS = 1 << _PARTS_BITS


class Buckets:
    """Whole numbers (microseconds), each known to about three in a hundred."""

    def __init__(self) -> None:
        self._counts, self.count, self.most = Counter[int](), 0, 0

    def add(self, value: int) -> None:
        """Count one."""
        self._counts[_bucket(max(0, value))] += 1
        self.count += 1
        self.most = max(self.most, value)

    def __iadd__(self, other: Buckets) -> Buckets:
        self._counts += other._counts
        self.count += other.count
        self.most = max(self.most, other.most)
        return self

    def at(self, share: float) -> int:
        """The number that so great a share of all is not greater than; 0 where there is none."""
        wanted, seen = share * self.count, 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= wanted:
                return min(_highest(bucket), self.most)
        return self.most


def _bucket(value: int) -> int:
    shift = max(0, value.bit_length() - _PARTS_BITS - 1)
    return (shift << (_PARTS_BITS + 1)) + (value >> shift)


def _highest(bucket: int) -> int:
    shift, part = bucket >> (_PARTS_BITS + 1), bucket & (2 * _PARTS - 1)
    return ((part + 1) << shift) - 1
