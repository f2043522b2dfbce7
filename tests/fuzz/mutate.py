"""Changes to bytes, drawn from a seed: flipped bits, pieces cut, doubled, moved or taken from a neighbour, and numbers
that are too large. No guidance: what is guided by coverage is atheris, in `python -m tests.fuzz`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

WORDS = (b"", b"\0", b"\n", b"\r\n", b" ", b"-1", b"0", b"00", b"9" * 30, b"18446744073709551616", b"[" * 3_000,
         b"{\"a\":" * 2_000, b"\xff\xff\xff\xff", b"\x80", "\u2028".encode(), "\ud800".encode("utf-8", "surrogatepass"),
         "—".encode(), b"1e999", b"NaN", b"null", b"%", b"../", b"PK\x05\x06", b"=")


def mutated(data: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    """Change bytes in one to four ways."""
    for _ in range(rng.randint(1, 4)):
        data = rng.choice(_WAYS)(data, others, rng)
    return data[:200_000]


def _piece(data: bytes, rng: Random) -> tuple[int, int]:
    at = rng.randint(0, len(data))
    return at, min(len(data), at + int(rng.expovariate(1 / 12)) + 1)


def _flip(data: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    if not data:
        return rng.randbytes(rng.randint(0, 8))
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]


def _cut(data: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    first, last = _piece(data, rng)
    return data[:first] + data[last:]


def _end(data: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    return data[:rng.randint(0, len(data))]


def _double(data: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    first, last = _piece(data, rng)
    return data[:first] + data[first:last] * rng.choice((2, 3, 50)) + data[last:]


def _put(data: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    first, last = _piece(data, rng)
    return data[:first] + rng.choice(WORDS) + data[rng.choice((first, last)):]


def _splice(data: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    other = rng.choice(others)
    first, last = _piece(data, rng)
    start = rng.randint(0, len(other))
    return data[:first] + other[start:start + rng.randint(0, 200)] + data[last:]


def _number(data: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    """Change one digit, or put a length where one may stand."""
    digits = [at for at, byte in enumerate(data[:4_000]) if 48 <= byte <= 57]
    if not digits or rng.random() < 0.3:
        at = rng.randint(0, len(data))
        return data[:at] + rng.randrange(1 << 32).to_bytes(4, rng.choice(("big", "little"))) + data[at + 4:]
    at = rng.choice(digits)
    return data[:at] + rng.choice((b"0", b"9", b"-", b"99999999999999999999")) + data[at + 1:]


_WAYS: tuple[Callable[[bytes, Sequence[bytes], Random], bytes], ...] = (
    _flip, _flip, _cut, _end, _double, _put, _put, _splice, _number)
