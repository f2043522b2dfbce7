"""What another ledger hands over, brought in (移交导入): proved whole before a row of it is looked at (P 13, P 14).

Which ledgers are believed says a file beside the keys, `keys/ledgers.policy` (C2SP tlog-policy: a line a log, witnesses
and a quorum where they are asked for). Then, in this order: the seal and the checkpoint are signed, every leaf stands
in that log, the log only grew since it was accepted last, each sealed part is the one of its leaf. A log that signed
two histories is refused, and both notes are kept in our own (`import.contradicted`) with what proves that neither
extends the other: that is evidence, for ever. From then on nothing of it is taken over, whichever history it goes on
from, until an office decides (`import.fork_decided`). What is proved then goes the way of every import, row by row,
never twice.

What a person carried along is accepted the same way; it says nothing of how far their old ledger was accepted.

`tests/province/test_province.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from api.cases.belonging.finding import by_documents
from api.cases.doing import Asked, Done
from api.cases.importing.import_records import Sent, ledger_system
from api.cases.importing.import_rows import Judged, Listed
from api.cases.importing.import_waits import settled
from api.cases.importing.imports import for_source, may_begin, take
from api.cases.standing import acting
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.acts.imports import contradict_import
from ledger.errors import LedgerError, Refusal
from ledger.events.imports import ImportId, file_name
from ledger.hand_over.check import HandOver, check
from ledger.identifiers import id_number
from ledger.identifiers.errors import BadIdentifier
from ledger.proof.policy import Policy, parse_policy
from ledger.proof.text import encode_base64
from ledger.streams.imports import ContradictImport, Proof
from ledger.streams.standing import Matter
from ledger.vocabulary import ActorId, PersonId
from projections.ledgers import Checkpoint, Known, ledger_of

ALREADY: Final = "already_contradicted"


class Handed(NamedTuple):
    """What was handed over, as a trial tells it: the proof, and what would become of each row."""

    hand_over: HandOver
    judged: Judged


def trusted(house: House) -> Policy | Refusal:
    """The ledgers that are believed here."""
    path = house.register.folder.ledgers_policy
    try:
        return parse_policy(path.read_bytes())
    except FileNotFoundError:
        return Refusal.because("ledgers_untrusted", path=path.name)
    except LedgerError as error:
        return Refusal.because("ledgers_policy_unfit", path=path.name, found=str(error))


def bring_in(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Handed | Refusal:
    """Check a file, then take over what can be taken over of it; of a trial, say what would become of each row."""
    if (no := may_begin(house, caller)) is not None:
        return no
    handed = opened(house, fields["file"])
    return handed if isinstance(handed, Refusal) else accept(house, caller, handed, fields, asked)


def accept(
    house: House, caller: Caller, handed: HandOver, fields: dict[str, Any], asked: Asked
) -> Done | Handed | Refusal:
    """The same of a file that was checked: that it goes on from what was accepted, then row by row."""
    header, system = handed.header, ledger_system(handed.header.origin)
    proof = Proof(origin=header.origin, since=header.since, size=header.size, root=handed.root, part=header.part,
                  parts=header.parts, checkpoint=handed.note, carried_by=_carrier(house, handed))
    if (behind := settled(house, proof)) is not None:  # What was accepted before is asked of the answers.
        return behind
    if house.ledger.find(file_name(system, handed.sha256)) is None:
        no = _not_next(house, caller, handed, fields, asked)
        if no is not None:
            return no
    days = [one.state.study.evidence_on for one in handed.entries if one.state is not None] or [house.today]
    told = {**fields, "sha256": handed.sha256, "system": system, "starts": min(days), "ends": max(days), "proof": proof}
    rows = [Sent(number, None, handed=one) for number, one in enumerate(handed.entries, 1)]
    found = take(house, caller, told, lambda: Listed(rows), asked)
    return Handed(handed, found) if isinstance(found, Judged) else found


def opened(house: House, data: bytes) -> HandOver | Refusal:
    """Check a file under the keys that are believed here; raises BadFields for one that does not hold."""
    policy = trusted(house)
    if isinstance(policy, Refusal):
        return policy
    try:
        handed = check(data, policy)
    except LedgerError as error:
        raise BadFields([Fault("/file", error.code, str(error))]) from error
    if handed.header.origin == house.register.signer.origin:
        raise BadFields([Fault("/file", "own_ledger", "这是本系统自己的账所移交的，无需导入。")])
    return handed


def _not_next(house: House, caller: Caller, handed: HandOver, fields: dict[str, Any], asked: Asked) -> Refusal | None:
    """Say why a file does not go on from what was accepted of its ledger; what was signed against that is kept."""
    header, root = handed.header, handed.believed.checkpoint.root
    known = ledger_of(house.answers, header.origin)
    seen = {} if known is None else known.seen
    for size, found in ((header.size, root), (header.since, handed.base)):
        if (before := seen.get(size)) is not None and before.root != encode_base64(found):
            return _forked(house, caller, handed, before, encode_base64(found), fields, asked)
    if known is not None and (no := _stopped(known)) is not None:
        return no
    if header.person is not None:
        return None
    accepted = None if known is None else known.accepted
    upto = 0 if accepted is None else accepted.size
    if header.since > upto:
        return Refusal.because("hand_over_gap", accepted=upto, since=header.since)
    if header.size < upto:
        return Refusal.because("hand_over_older", accepted=upto, size=header.size)
    if header.since < upto < header.size:
        return Refusal.because("hand_over_overlaps", accepted=upto, since=header.since)
    return None


def _stopped(known: Known) -> Refusal | None:
    """Say why nothing of a ledger with two histories is taken over, unless what was accepted is known to hold."""
    if (found := known.forked) is not None:
        return Refusal.because("ledger_contradicted", origin=known.origin, size=found.number, accepted=found.notes[0],
                               checkpoint=found.notes[1], batch=found.batch)
    if known.decided is not None and known.decided.outcome == "closed":
        return Refusal.because("ledger_closed", origin=known.origin, document=known.decided.document)
    return None


def _forked(
    house: House, caller: Caller, handed: HandOver, before: Checkpoint, root: str, fields: dict[str, Any], asked: Asked
) -> Refusal:
    """Refuse a log that signed two histories, and keep both notes where they cannot be lost."""
    refusal = Refusal.because("ledger_forked", origin=handed.header.origin, size=before.size, accepted_root=before.root,
                              root=root, accepted=before.note, checkpoint=handed.note, batch=before.batch)
    if asked.dry_run:
        return refusal
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    place = Matter(fields["region"], fields.get("sector"))
    found = for_source(house, actor, ledger_system(handed.header.origin), place)
    if isinstance(found, Refusal):
        return found
    command = ContradictImport(
        role=found[1], size=before.size, root=root, accepted_root=before.root, checkpoint=handed.note,
        accepted=before.note, file_sha256=handed.sha256,
        grown=tuple(map(encode_base64, handed.grown)) if before.size == handed.header.since else ())
    kept = contradict_import(house.ledger, ImportId(before.batch), command, actor=ActorId(caller.id))
    return kept if isinstance(kept, Refusal) and kept.code != ALREADY else refusal


def _carrier(house: House, handed: HandOver) -> PersonId | None:
    """Who brought their entries along, where somebody did and is known here."""
    whose = next(iter(handed.entries), None)
    if handed.header.person is None or whose is None:
        return None
    try:
        number = id_number.parse(whose.person.id_kind, whose.person.id_number, today=house.today)
    except BadIdentifier:
        return None
    found = by_documents(house.ledger, [number]).get(number)
    return None if found is None else found.person.person
