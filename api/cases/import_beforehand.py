"""A file's rows, judged before it was their turn, and written as they were judged (P 14).

Whoever judged them elsewhere read the register then; whoever writes them asks first whether all that they rest on still
stands, and each append asks again. `tests/province/test_beforehand.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from api.callers import Caller
from api.cases.doing import Asked, Done
from api.cases.imports import Desk, admitted, begin_batch, desk_of, end_batch
from api.house import House
from ledger.errors import Refusal
from ledger.events.base import By
from ledger.events.imports import SetAside
from ledger.importing import Ready, resume_rows
from ledger.streams import act as acts
from ledger.streams.standing import Actor
from ledger.vocabulary import ActId


class Beforehand(NamedTuple):
    """What became of a file's rows when they were judged before it was their turn, and what is to be written of it."""

    actor: Actor              # Whoever brings it in, as they stood then,
    asked_by: By              # and as what;
    act: ActId                # the act that its rows were encoded for.
    rows: int
    set_aside: Sequence[SetAside]
    at_once: int              # So many rows a chunk,
    chunks: Sequence[Ready]   # and the chunks.

    @property
    def accepted(self) -> int:
        """How many rows are taken over."""
        return sum(one.rows for one in self.chunks)


def begins(house: House, caller: Caller, fields: dict[str, Any]) -> tuple[Actor, By] | None:
    """Who would take a file in, as what; None where nobody may, or it was begun before."""
    desk = desk_of(house, caller, fields, Asked(None, dry_run=False))
    return (desk.actor, desk.by) if isinstance(desk, Desk) and desk.open_batch is None else None


def take_as_judged(
    house: House, caller: Caller, fields: dict[str, Any], judged: Beforehand, asked: Asked
) -> Done | Refusal | None:
    """Take over of a file what was judged beforehand, as it was judged; None where what that rests on has moved.

    Then it is to be judged anew: what stands of it by then is gone on with.
    """
    desk = admitted(house, caller, fields, asked)
    if isinstance(desk, Refusal | Done):
        return desk
    if desk.open_batch is not None or (desk.actor, desk.by) != (judged.actor, judged.asked_by):
        return None
    if any(not chunk.stands(house.ledger) for chunk in judged.chunks):  # Nothing is opened then that could not end.
        return None
    batch = begin_batch(desk, fields, judged.rows, judged.set_aside, None if not judged.chunks else acts.OpenAct(
        act=judged.act, kind="import", rows=judged.accepted, chunk=judged.at_once, list_sha256=desk.digest))
    if isinstance(batch, Refusal):
        return batch
    if judged.chunks:
        rows = resume_rows(house.ledger, batch, by=desk.by)
        if isinstance(rows, Refusal):
            return rows
        for chunk in judged.chunks:
            written = rows.write_ready(chunk, by=desk.actor)
            if written is None or isinstance(written, Refusal):
                return written
    return end_batch(desk, batch, asked)
