"""What this ledger hands over (移交): to the province at intervals, or along with a person who moves (P 13, P 14).

At intervals, the entries that were decided since the size that was accepted last, in parts, all proved under one
checkpoint. With a person, all that is registered of them here, and of nobody else.

P 14 lets each level keep a system of its own and has it brought into the province's: so whoever hands over answers for
every place of what goes along. Whose data goes along is recorded in the access log before anybody has it, because the
file holds it in clear.

`tests/province/test_province.py` and `tests/province/test_carrying.py` show it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from api.cases.looked import record_looks
from api.cases.standing import HUMAN_RESOURCES, acting, by_actor, oneself
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.base import By
from ledger.hand_over.file import FORMAT, Header
from ledger.hand_over.gathering import Gathered, gather, hand_over
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.streams.standing import Actor, Matter, standing

A_PART: Final = 1_500
"""So many entries a part: some four megabytes, which still fit one request where they are sent on."""

_SINCE: Final = (
    "SELECT claim FROM claims WHERE from_position > :since AND from_position <= :as_of "
    "AND (to_position IS NULL OR to_position > :as_of) AND status IN ('approved', 'frozen', 'revoked') "
    "ORDER BY from_position, claim"
)
_ALSO: Final = (
    "SELECT claim FROM claims WHERE claim IN (SELECT value FROM json_each(:also)) AND from_position <= :as_of "
    "AND (to_position IS NULL OR to_position > :as_of) AND status IN ('approved', 'frozen', 'revoked') ORDER BY claim"
)
_OF_PERSON: Final = (
    "SELECT claim FROM claims WHERE person = :person AND from_position <= :as_of "
    "AND (to_position IS NULL OR to_position > :as_of) AND status IN ('approved', 'frozen', 'revoked') "
    "ORDER BY from_position, claim"
)


class Made(NamedTuple):
    """A file, what it holds, and which entries do not go along: of whom the key is gone or all processing stopped."""

    header: Header
    content: bytes
    entries: int
    left_out: tuple[str, ...]


def make(
    house: House, caller: Caller, since: int, *, part: int = 1, size: int | None = None, also: Sequence[str] = (),
    at_once: int = A_PART,
) -> Made | Refusal:
    """One part of what was decided since a size. `size`: of the checkpoint that the other parts are proved under.

    `also`: entries that were handed over before and not accepted there, to be handed over again.
    """
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if (no := _may_hand_over(actor, None)) is not None:
        return no
    signed = _signed(house, size)
    if isinstance(signed, Refusal):
        return signed
    note, upto = signed
    if since > upto:
        return Refusal.because("hand_over_ahead", since=since, size=upto)
    if (behind := house.settled(upto)) is not None:
        return behind
    chosen = _chosen(house, _SINCE, since=since, as_of=upto)
    new = set(chosen)
    chosen += [claim for claim in _chosen(house, _ALSO, also=json.dumps(list(also)), as_of=upto) if claim not in new]
    parts = max(1, -(-len(chosen) // at_once))
    if not 1 <= part <= parts:
        return Refusal.because("part_absent", part=part, parts=parts)
    header = Header(FORMAT, house.register.signer.origin, since, upto, part, parts)
    gathered = gather(house.ledger, chosen[(part - 1) * at_once:part * at_once], upto)
    for region, sector in sorted(gathered.places):
        if (no := _may_hand_over(actor, Matter(region, sector))) is not None:
            return no
    by = by_actor(caller, actor, HUMAN_RESOURCES)
    _record_seen(house, by, (one.person for one in gathered.persons), "hand_over")
    return _made(house, header, gathered, note)


def carry(house: House, caller: Caller, person: str) -> Made | Refusal:
    """All that is registered of whoever asks, for them to take along; asking is consenting."""
    whose = oneself(caller, person)
    if isinstance(whose, Refusal):
        return whose
    signed = _signed(house, None)
    if isinstance(signed, Refusal):
        return signed
    note, upto = signed
    if (behind := house.settled(upto)) is not None:
        return behind
    chosen = _chosen(house, _OF_PERSON, person=whose, as_of=upto)
    if not chosen:
        return Refusal.because("nothing_to_carry", person=whose)
    gathered = gather(house.ledger, chosen, upto)
    if not gathered.entries:
        return Refusal.because("nothing_to_carry", person=whose)
    return _made(house, Header(FORMAT, house.register.signer.origin, 0, upto, person=whose), gathered, note)


def has_something_to_carry(house: House, person: str) -> bool:
    """Say whether anything is registered of them here, as far as the answers go."""
    return bool(_chosen(house, _OF_PERSON, person=person, as_of=house.answers.position()))


def _made(house: House, header: Header, gathered: Gathered, note: bytes) -> Made:
    lines = hand_over(house.ledger.store, gathered, header, note, house.register.signer.keys)
    return Made(header, b"".join(lines), len(gathered.entries), tuple(gathered.left_out))


def _signed(house: House, size: int | None) -> tuple[bytes, int] | Refusal:
    """The checkpoint to prove under: a new one, or one that was signed before."""
    if size is None:
        note = house.register.signer.checkpoint()
        return note, parse_checkpoint(parse_note(note)[0]).size
    last = house.ledger.store.last_checkpoint()
    if last is not None and last.size == size:
        return last.note, size
    for one in reversed(house.ledger.store.checkpoints()):
        if one.size == size:
            return one.note, size
    return Refusal.because("checkpoint_absent", size=size)


def _chosen(house: House, query: str, **values: object) -> list[str]:
    reader, _ = house.answers.file("entries", None)
    return [claim for claim, in reader.rows(query, values)]


def _may_hand_over(actor: Actor, matter: Matter | None) -> Refusal | None:
    """Say why an actor hands nothing over of a place, or nothing at all."""
    if matter is not None:
        return standing(actor, HUMAN_RESOURCES, matter)
    if any(scope.role == HUMAN_RESOURCES for scope in actor.scopes):
        return None
    return Refusal.because("role_not_held", actor=actor.actor, role=HUMAN_RESOURCES)


def _record_seen(house: House, by: By, persons: Iterable[str], purpose: str) -> None:
    record_looks(house, by, persons, purpose, what=("identity", "claims"), route="hand_over")
