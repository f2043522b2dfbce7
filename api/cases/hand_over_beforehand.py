"""A hand-over judged beforehand, by a process beside the one that writes (P 14).

Of what a hand-over costs, proving, judging, sealing and encoding are nine tenths, and none of them writes. So a process
that holds the keys does them for a file while its service takes up the next: it says what became of each row, and gives
the events as the bytes that they are to be. Whoever writes names to the append all that they rest on; where something
has moved, or the process died, the file is judged again where it is written. Nothing is decided here that would not be
decided there in the same words.

`tests/province/test_beforehand.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

import msgspec

from api.cases.finding import blocks
from api.cases.import_beforehand import Beforehand
from api.cases.import_records import Around, Sent, ledger_system
from api.cases.import_rows import Listed, Terms, judge, rows_at_once
from ledger.events.base import By
from ledger.hand_over_check import HandOver, check
from ledger.importing import Decided, made_ready
from ledger.proof.policy import parse_policy
from ledger.streams.standing import Actor
from ledger.vocabulary import ActId

LEAST_BYTES: Final = 250_000
"""Of a smaller file, some 150 entries, the way there and back is what takes long."""
LEAST_PARTS: Final = 4
"""Of a hand-over in fewer parts, helpers are there when it is nearly over; those that are there already are asked."""


class Order(NamedTuple):
    """A file, whose word is believed, and who brings it in as what."""

    file: bytes
    policy: bytes
    actor: Actor
    by: By
    act: ActId    # In which its rows are to be written.
    seen: int
    origin: str   # Of our own log.
    now: int


class Read(NamedTuple):
    """A file as it was proved, of its entries the first alone, and what became of all of them."""

    proved: HandOver
    starts: date
    ends: date
    judged: Beforehand


def days(handed: HandOver, today: date) -> tuple[date, date]:
    """From which day to which the studies are that were handed over."""
    found = [one.state.study.evidence_on for one in handed.entries if one.state is not None] or [today]
    return min(found), max(found)


def read(given: Around, order: Order) -> Read:
    """Prove a file and judge it; raises what keeps it from being either."""
    handed = check(order.file, parse_policy(order.policy))
    starts, ends = days(handed, given.today)
    terms = Terms(given, order.actor, order.by.role, ledger_system(handed.header.origin), starts, ends,
                  order.seen, None)
    rows = [Sent(number, None, handed=one) for number, one in enumerate(handed.entries, 1)]
    judged = judge(terms, Listed(rows))
    accepted: Sequence[Decided] = [one for one in judged.accepted if one is not None]
    at_once = rows_at_once(accepted)
    by = msgspec.structs.replace(order.by, act=order.act)
    chunks = [made_ready(given.ledger, some, by) for some in blocks(accepted, at_once)]
    return Read(handed._replace(entries=handed.entries[:1]), starts, ends,
                Beforehand(order.actor, order.by, order.act, judged.rows, judged.set_aside, at_once, chunks))
