"""One event in full, and its proof: each hash from its leaf up to a signed checkpoint, computed anew for whoever asks.

What stands open in an event is shown to whoever may see the record that it is of, or the person, and to supervisors,
who may read the whole ledger (`api.cases.events`). What is sealed beside it is opened only with a purpose, or for the
person themself, and every look at another's is recorded first. Nobody is shown what they are not to be told.

`tests/api/test_proofs.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from api.cases.cases import works_on
from api.cases.claiming.study import details_view
from api.cases.doing import Reading
from api.cases.events import is_of_case
from api.cases.log.histories import follows
from api.cases.log.threads import GATES
from api.cases.standing import SUPERVISOR, acting, look_at, looking, may_look, may_see, places
from api.house import House
from api.operational.callers import FOUNDER, Caller
from api.refusals.refusals import status_of
from ledger.errors import LedgerError, Refusal
from ledger.events.base import Sealed
from ledger.events.person import Identity, IdentityChange
from ledger.events.study import StudyDetails
from ledger.identifiers import id_number, names, phones
from ledger.ids import PREFIXES, kind_of
from ledger.keys.vault import Absent
from ledger.proof.bundle import Bundle, parse_bundle, verify_bundle
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.keys import parse_vkey
from ledger.proof.merkle import hash_leaf, hash_node
from ledger.proof.notes import parse_note
from ledger.proof.policy import trust
from ledger.proving import NotYetSigned, prove_event
from ledger.reading import Recorded
from ledger.signing.rotation import believable
from ledger.signing.signer import Signer
from ledger.stores.recorder import AppendingRecorder
from ledger.streams.standing import Actor, standing
from projections.timeline_reading import events_about

_ROUTE: Final = "events"
_OPEN: Final = frozenset({"log", "rulebook", "course", "exam"})
"""What concerns no person and stands open to everyone who is logged in; officials see how a larger act went, too."""

_NEIGHBOURS: Final = 200
"""So far to either side events of the same request are looked for: what is larger is an act, and says so."""


# Who may see it


def visible(house: House, caller: Caller, position: int, purpose: str | None) -> Recorded | Refusal:
    """An event with where it stands; what somebody may not know of is answered as if it were not there."""
    found = house.ledger.at(position) if 1 <= position <= house.ledger.store.size() else None
    actor = looking(house, caller) if caller.kind != "person" else None
    if isinstance(actor, Refusal):
        return actor
    if actor is not None and standing(actor, SUPERVISOR) is None:
        is_of_them = found is not None and actor.person is not None and actor.person in found.envelope.event.untold()
        if found is None or is_of_them:
            return Refusal.because("event_absent")
        if is_of_case(found.envelope) and not works_on(house, actor, found.envelope.stream):
            return Refusal.because("event_absent")  # Its contents are for whoever works on it.
        return found
    no = Refusal.because("event_absent") if found is None else _barred(house, caller, found, purpose)
    if no is None and found is not None:
        return found
    if no is not None and status_of(no) != 404:
        return no
    return Refusal.because("event_absent") if actor is None else may_look(actor) or Refusal.because("event_absent")


def _barred(house: House, caller: Caller, found: Recorded, purpose: str | None) -> Refusal | None:
    """Say why somebody may not see an event: it is seen by whoever may see the record, or the person, it is of."""
    stream, owner, kind = found.envelope.stream, found.envelope.key_owner, kind_of(found.envelope.stream)
    if kind in _OPEN or (kind == "act" and caller.kind == "actor"):
        return None
    is_somebodys = owner is not None and owner.startswith(PREFIXES["person"])
    if is_somebodys and not _is_told(house, found, str(owner)):
        return Refusal.because("event_absent")
    if kind in GATES:
        seen = GATES[kind](house, caller, stream, purpose, house.answers.position())
        return seen if isinstance(seen, Refusal) else None
    if kind == "actor" and follows(house, caller, stream):
        return None
    if not is_somebodys:
        return Refusal.because("event_absent")
    return look_at(house, caller, str(owner), purpose, what=("event",), route=_ROUTE, otherwise="event_absent")


def _is_told(house: House, found: Recorded, person: str) -> bool:
    """Whether it took effect and belongs to what a person is told of themself."""
    house.settled()
    return found.position in events_about(house.answers, person, house.answers.position())


def handed_out(house: House, caller: Caller, position: int, purpose: str | None) -> bytes | Refusal:
    """The proof of an event as a file, for whoever may see the event or read the whole ledger."""
    if caller.kind in ("reader", FOUNDER):
        found = house.ledger.at(position) if 1 <= position <= house.ledger.store.size() else None
        seen = Refusal.because("event_absent") if found is None else found
    else:
        seen = visible(house, caller, position, purpose)
    return seen if isinstance(seen, Refusal) else proved(house, position).bundle


# What is sealed beside it


class Opened(NamedTuple):
    """What an event says in clear, as far as it is shown; or why it is not."""

    fields: dict[str, Any] | None
    why: str | None = None   # destroyed, redacted, purpose, not_in_sight; None: it is shown, or nothing is sealed.


def opened(house: House, caller: Caller, found: Recorded, purpose: str | None) -> Opened | Refusal:
    """Open what is sealed of a person, for themself or for a purpose. Names and numbers stay masked."""
    owner = found.envelope.key_owner
    if found.envelope.sealed is None:
        return Opened(None)
    if owner is None or not can_open(house, caller, found):
        return Opened(None, "not_in_sight")
    if caller.kind != "person" and purpose is None:
        return Opened(None, "purpose")
    if (no := look_at(house, caller, owner, purpose, what=("sealed",), route=_ROUTE)) is not None:
        return no
    sealed = house.ledger.opened(found)
    if isinstance(sealed, Absent):
        return Opened(None, "destroyed" if sealed is Absent.DESTROYED else "redacted")
    return Opened(None if sealed is None else _told(sealed))


def can_open(house: House, caller: Caller, found: Recorded) -> bool:
    """Say whether there is a purpose for which somebody would be shown what is sealed."""
    owner = found.envelope.key_owner
    if owner is None or not owner.startswith(PREFIXES["person"]):
        return False  # Of units, accounts, cases and proposals: their own rooms show it.
    return caller.kind == "person" or in_sight(house, caller, owner)


def in_sight(house: House, caller: Caller, person: str) -> bool:
    """Say whether somebody may look at a person, for a purpose: whoever reads the ledger meets ids of others, too."""
    if caller.kind == "person" or not person.startswith(PREFIXES["person"]):
        return caller.id == person
    actor, found = acting(house, caller), Reading(house.ledger).person(person)
    return isinstance(actor, Actor) and found is not None and any(
        may_see(actor, matter) is None for matter in places(found, house.today))


def _told(sealed: Sealed) -> dict[str, Any]:
    if isinstance(sealed, IdentityChange):
        return {**_identity(sealed.identity), "words": sealed.words}
    if isinstance(sealed, Identity):
        return _identity(sealed)
    if isinstance(sealed, StudyDetails):
        return details_view(sealed)
    fields = {name: getattr(sealed, name) for name in sealed.__struct_fields__}
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _identity(one: Identity) -> dict[str, Any]:
    return {"name": names.Name(one.name, one.name_normalised, uncertain=False).mask(), "id_kind": one.id_kind,
            "id_number": id_number.IdNumber(one.id_kind, one.id_number).mask(),
            "phone": None if one.phone is None else phones.parse(one.phone).mask()}


# How it is proved


class Step(NamedTuple):
    """One step up the tree: the hash beside ours, on which side it stands, and what both come to."""

    sibling: bytes
    is_left: bool
    computed: bytes


class Proof(NamedTuple):
    """What proves an event, and whether it does: `fault` says in words where it fails."""

    leaf: bytes
    leaf_hash: bytes
    steps: tuple[Step, ...]
    checkpoint: Checkpoint
    note: str
    bundle: bytes
    fault: str | None


def proved(house: House, position: int) -> Proof:
    """Prove an event and check the proof as a stranger would: with the verifier, by the log's published keys."""
    return proof_of(house.ledger.store, house.register.signer, house.register.folder.keys, "ledger", position)


def proof_of(store: AppendingRecorder, signer: Signer, keys: Path, log: str, position: int) -> Proof:
    """The same of an event of either log."""
    try:
        file = prove_event(store, position, signer.latest())
    except NotYetSigned:
        file = prove_event(store, position, signer.checkpoint())
    bundle = parse_bundle(file)
    checkpoint, leaf_hash = parse_checkpoint(parse_note(bundle.checkpoint)[0]), hash_leaf(bundle.extra)
    trusted = believable(keys, log, [parse_vkey(line) for line in signer.vkeys])
    fault = None
    try:
        verify_bundle(bundle, leaf_hash, trust(*trusted))
    except LedgerError as error:  # A proof that fails is evidence: it is shown as far as it goes.
        fault = str(error)
    return Proof(bundle.extra, leaf_hash, tuple(climbed(leaf_hash, bundle, checkpoint.size)), checkpoint,
                 bundle.checkpoint.decode(), file, fault)


def climbed(leaf_hash: bytes, bundle: Bundle, size: int) -> Sequence[Step]:
    """The path from a leaf towards the root, hash by hash (RFC 9162 2.1.3.2); whether it holds, the verifier says."""
    node, last, computed = bundle.index, size - 1, leaf_hash
    steps = []
    for sibling in bundle.hashes:
        is_left = bool(node & 1) or node == last
        computed = hash_node(sibling, computed) if is_left else hash_node(computed, sibling)
        steps.append(Step(sibling, is_left, computed))
        if is_left:
            while not node & 1 and node != 0:
                node, last = node >> 1, last >> 1
        node, last = node >> 1, last >> 1
    return steps


# What it hangs together with


class Ties(NamedTuple):
    """Which events belong to one: before and after it in its record, of its request, that it led to."""

    before: int | None
    after: int | None
    request: tuple[int, ...]
    effects: tuple[int, ...]


def ties(house: House, found: Recorded) -> Ties:
    """Find what hangs together with an event. Of its effects those of its record and of its request are found."""
    position, envelope = found
    of_stream = [at for at, _ in house.ledger.store.stream(envelope.stream)]
    at = of_stream.index(position)
    near = house.ledger.read(max(0, position - 1 - _NEIGHBOURS), 2 * _NEIGHBOURS)
    request = envelope.by.correlation
    together = tuple(one.position for one in near
                     if request is not None and one.envelope.by.correlation == request and one.position != position)
    known = [*near, *(one for later in of_stream[at + 1:] if later > position + _NEIGHBOURS
                      and (one := house.ledger.at(later)) is not None)]
    return Ties(
        of_stream[at - 1] if at else None, of_stream[at + 1] if at + 1 < len(of_stream) else None, together,
        tuple(sorted(one.position for one in known if one.envelope.by.cause == position)))
