"""Sortable ids: a prefix that says what it names, the milliseconds of its birth, and 60 random bits.

Sortable because the index of streams stays local that way: random ids made batches of 1,000 events five times slower at
two million rows. The prefix lets a person see at once whether `clm_` or `per_` stands where it should.
"""

from __future__ import annotations

import secrets
from typing import Final

from ledger.vocabulary import StreamId

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford: no i, l, o, u to misread on paper.
_PAIRS: Final = [a + b for a in _ALPHABET for b in _ALPHABET]

PREFIXES: Final = {
    "person": "per_",
    "unit": "unt_",
    "actor": "acr_",
    "claim": "clm_",
    "transfer": "trf_",
    "rulebook": "rul_",
    "act": "act_",
    "access": "acc_",
    "log": "log_",
}


def new_id(kind: str, *, now_ms: int) -> StreamId:
    """Make an id of one kind at one time; the clock is the caller's."""
    number = now_ms << 60 | secrets.randbits(60)
    pairs = [_PAIRS[number >> shift & 0x3FF] for shift in range(100, -1, -10)]
    return StreamId(PREFIXES[kind] + "".join(pairs))


def kind_of(stream: str) -> str:
    """Say what an id names, or raise ValueError for a prefix that names nothing."""
    for kind, prefix in PREFIXES.items():
        if stream.startswith(prefix):
            return kind
    raise ValueError(f"{stream!r} has none of the known prefixes")
