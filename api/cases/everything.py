"""Decisions that rest on all there is about somebody or something, also on there being nothing else.

A decision names the version of each stream that it read. That another stream does not exist has no version: while one
request looks for a sanction, or for a booking, another may begin one. Two streams, each right by what it read, and both
wrong together. So whoever rests on a list of the answers asks for it here: the answers are followed up to what stands,
and the append is held to nothing having been recorded since that names whom it is about; else it is decided again.

`tests/api/test_sanctions.py`, `tests/api/test_same_hours.py` and `tests/api/test_erasure.py` show it, with the other
request put into the very instant.
"""

from __future__ import annotations

from api.cases.doing import Reading
from api.house import House
from ledger.errors import Refusal
from ledger.stores.append import NothingSince


def everything_of(house: House, reading: Reading, *named: str) -> Refusal | None:
    """Rest on all that names somebody or something; says so where the answers cannot tell it yet."""
    upto = house.ledger.store.size()
    if (behind := house.settled(upto)) is not None:
        return behind
    reading.guards += [NothingSince(one, upto) for one in named]
    return None
