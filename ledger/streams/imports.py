"""An import: another system's file, opened by its digest, closed with what became of its rows, compared later (P 14).

    open    → closed, abandoned
    closed  → closed (reconciled, as often as a new snapshot comes)
    abandoned: the end

Of what another ledger hands over the opening also says up to which of its checkpoints everything was proved. A ledger
that signs a history against the one that was accepted is kept with both notes (contradicted), in whatever state, until
an office decides whether what was accepted holds or nothing more of that ledger is (fork decided).

The same file is refused for ever, and told which import took it and with what result, unless that was abandoned. Rows
are checked first and then written, all in one larger act; here only the counts are held together: every row has
exactly one outcome, and the act holds as many rows as were accepted.

Whoever has checked every row before opens the act with the import, and says which rows were set aside and why: so a
killed import is found again with its act, and the source is told the same whenever it asks.

Reading: the two systems are told apart, not merged (AMB-05). What differs is put right in the source and imported in
its next version; reconciling says how much differs, never what is right.

`tests/ledger/streams/test_import_stream.py` shows every command in every state.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, Final

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.imports import (
    ForkDecided,
    ImportAbandoned,
    ImportClosed,
    ImportContradicted,
    ImportEvent,
    ImportId,
    ImportOpened,
    ImportProved,
    ImportReconciled,
    ImportRowsSetAside,
    SetAside,
)
from ledger.streams import act as acts
from ledger.streams.decision import Beheaded, Command, Decision, State, spoken
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import ActId, PersonId

SET_ASIDE_AT_ONCE: Final = 300
"""Rows of one event: with the longest names of records they still fit a leaf."""


class Status(StrEnum):
    """Where an import is in life."""

    OPEN = "open"
    CLOSED = "closed"
    ABANDONED = "abandoned"


class Import(State):
    """An import as it stands."""

    opened: ImportOpened
    status: Status = Status.OPEN
    closed: ImportClosed | None = None
    set_aside: tuple[SetAside, ...] = ()
    snapshots: tuple[str, ...] = ()  # Those that it was compared with, by digest.
    proved: ImportProved | None = None
    contradictions: tuple[ImportContradicted, ...] = ()
    decided: ForkDecided | None = None  # Of all that contradicts until now.

    @property
    def batch(self) -> ImportId:
        """Name the import."""
        return self.opened.batch

    @property
    def matter(self) -> Matter:
        """Take it, for those whose records it brings, as the matter of an act."""
        return Matter(self.opened.region, self.opened.sector)

    @property
    def receipt(self) -> dict[str, object]:
        """Say what became of its file: the answer to whoever brings that again."""
        done = self.closed
        counts = {} if done is None else {
            "accepted": done.accepted, "rejected": done.rejected, "duplicates": done.duplicates,
            "result_sha256": done.result_sha256,
        }
        return {"batch": self.batch, "status": self.status.value, "rows": self.opened.rows, **counts}


class Proof(Command):
    """What another ledger's signed checkpoint says of the rows, after it was checked."""

    origin: str
    since: int
    size: int
    root: str
    part: int
    parts: int
    checkpoint: str
    carried_by: PersonId | None = None


class OpenImport(Command):
    """Take a file in."""

    batch: ImportId
    role: str
    system: str
    file_sha256: str
    rows: int
    starts: date
    ends: date
    region: str
    sector: str | None = None
    set_aside: tuple[SetAside, ...] = ()
    act: acts.OpenAct | None = None  # For the rows that will be taken over, where any will.
    proof: Proof | None = None       # Of rows that another ledger proves.


class CloseImport(Command):
    """Say what became of every row."""

    role: str
    accepted: int
    rejected: int
    duplicates: int
    result_sha256: str
    act: ActId | None = None


class AbandonImport(Command):
    """Give it up before anything of it is in force."""

    role: str
    why: str


class ContradictImport(Command):
    """Keep what its own ledger signed against the history that it rests on."""

    role: str
    size: int
    root: str
    accepted_root: str
    checkpoint: str
    accepted: str
    file_sha256: str
    grown: tuple[str, ...] = ()


class DecideFork(Command):
    """Say what becomes of a ledger that signed two histories, after it was found out which of them holds."""

    role: str
    outcome: str
    document: str
    words: str


class ReconcileImport(Command):
    """Record how it compares with a later snapshot of the source."""

    role: str
    snapshot_sha256: str
    snapshot_on: date
    compared: int
    differences: int
    report_sha256: str | None = None


def decide_import_opening(
    batch: Import | None, command: OpenImport, same_file: Import | None, by: Actor
) -> Decision:
    """Open it, unless its file was taken before: then the answer is the receipt that was given then."""
    if batch is not None:
        return Refusal.because("import_exists", batch=batch.batch)
    if no := standing(by, command.role, Matter(command.region, command.sector)):
        return no
    if same_file is not None and same_file.status is not Status.ABANDONED:
        return Refusal.because("file_imported", **same_file.receipt)
    if no := unfit(command.rows, command.starts, command.ends, is_proved=command.proof is not None):
        return no
    began: Decision = () if command.act is None else acts.decide_opening(None, command.act)
    if isinstance(began, Refusal):
        return began
    opened = ImportOpened(
        batch=command.batch,
        system=command.system,
        file_sha256=command.file_sha256,
        rows=command.rows,
        starts=command.starts,
        ends=command.ends,
        region=command.region,
        sector=command.sector,
        act=None if command.act is None else command.act.act,
    )
    aside = [Draft(ImportRowsSetAside(batch=command.batch, rows=command.set_aside[first:first + SET_ASIDE_AT_ONCE]))
             for first in range(0, len(command.set_aside), SET_ASIDE_AT_ONCE)]
    proof = command.proof
    proved = [] if proof is None else [Draft(ImportProved(
        batch=command.batch, origin=proof.origin, since=proof.since, size=proof.size, root=proof.root, part=proof.part,
        parts=proof.parts, checkpoint=proof.checkpoint, carried_by=proof.carried_by))]
    return (Draft(opened), *proved, *aside, *began)


def unfit(rows: int, starts: date, ends: date, *, is_proved: bool) -> Refusal | None:
    """Why no file can be like that, whatever its rows say; a ledger may have decided nothing since, and says so."""
    if (rows or is_proved) and starts <= ends:
        return None
    return Refusal.because("import_unfit", rows=rows, starts=starts, ends=ends)


def decide_import_closing(batch: Import | None, command: CloseImport, act: acts.Act | None, by: Actor) -> Decision:
    """Close it together with the act that holds what was accepted; every row has one outcome."""
    open_batch = _open(batch, command.role, by)
    if isinstance(open_batch, Refusal):
        return open_batch
    counts = (command.accepted, command.rejected, command.duplicates)
    if min(counts) < 0 or sum(counts) != open_batch.opened.rows:
        return Refusal.because("rows_unaccounted", rows=open_batch.opened.rows, outcomes=counts)
    held = 0 if act is None else act.rows
    if (None if act is None else act.act) != command.act or held != command.accepted:
        return Refusal.because("act_differs", act=command.act, rows=held, accepted=command.accepted)
    ended: Decision = ()
    if act is not None and act.status is not acts.Status.CLOSED:
        ended = acts.decide_act_closing(act, acts.CloseAct())
    if isinstance(ended, Refusal):
        return ended
    closed = ImportClosed(
        batch=open_batch.batch,
        accepted=command.accepted,
        rejected=command.rejected,
        duplicates=command.duplicates,
        result_sha256=command.result_sha256,
        act=command.act,
    )
    return (Draft(closed), *ended)


def decide_import_abandonment(
    batch: Import | None, command: AbandonImport, by: Actor, act: acts.Act | None = None
) -> Decision:
    """Abandon it, with the act that it opened, if any, whereupon its file may come again."""
    open_batch = _open(batch, command.role, by)
    if isinstance(open_batch, Refusal):
        return open_batch
    ended: Decision = ()
    if act is not None and act.status is acts.Status.OPEN:
        ended = acts.decide_abandonment(act, acts.AbandonAct())
    if isinstance(ended, Refusal):
        return ended
    return (Draft(ImportAbandoned(batch=open_batch.batch, why=command.why)), *ended)


def decide_reconciliation(batch: Import | None, command: ReconcileImport, by: Actor) -> Decision:
    """Record a comparison of what was taken over, once for each snapshot."""
    known = _known(batch, command.role, by)
    if isinstance(known, Refusal):
        return known
    if known.closed is None:
        return Refusal.because("import_not_closed", status=known.status)
    if command.snapshot_sha256 in known.snapshots:
        return Refusal.because("already_reconciled", snapshot_sha256=command.snapshot_sha256)
    if not 0 <= command.differences <= command.compared:
        return Refusal.because("counts_unfit", compared=command.compared, differences=command.differences)
    reconciled = ImportReconciled(
        batch=known.batch,
        snapshot_sha256=command.snapshot_sha256,
        snapshot_on=command.snapshot_on,
        compared=command.compared,
        differences=command.differences,
        report_sha256=command.report_sha256,
    )
    return (Draft(reconciled),)


def decide_contradiction(batch: Import | None, command: ContradictImport, by: Actor) -> Decision:
    """Keep two signed histories of one ledger side by side, each pair once."""
    known = _known(batch, command.role, by)
    if isinstance(known, Refusal):
        return known
    if known.proved is None:
        return Refusal.because("import_not_proved", batch=known.batch)
    if any((one.size, one.root) == (command.size, command.root) for one in known.contradictions):
        return Refusal.because("already_contradicted", size=command.size, root=command.root)
    return (Draft(ImportContradicted(
        batch=known.batch, origin=known.proved.origin, size=command.size, root=command.root,
        accepted_root=command.accepted_root, checkpoint=command.checkpoint, accepted=command.accepted,
        file_sha256=command.file_sha256, grown=command.grown)),)


def decide_fork(batch: Import | None, command: DecideFork, by: Actor, *, is_beside: bool = False) -> Decision:
    """Settle two histories of one ledger. `is_beside`: what contradicts is another import, which came at once."""
    known = _known(batch, command.role, by)
    if isinstance(known, Refusal):
        return known
    if known.proved is None:
        return Refusal.because("import_not_proved", batch=known.batch)
    if not known.contradictions and not is_beside:
        return Refusal.because("nothing_contradicts", batch=known.batch)
    if known.decided is not None and known.decided.outcome == command.outcome:
        return Refusal.because("fork_decided", outcome=known.decided.outcome, document=known.decided.document)
    words = spoken(command.words)
    if words is None:
        return Refusal.because("words_missing")
    decided = ForkDecided(
        batch=known.batch, origin=known.proved.origin, outcome=command.outcome, document=command.document)
    return (Draft(decided, words),)


def _known(batch: Import | None, role: str, by: Actor) -> Import | Refusal:
    """Give an import that this hand may act upon, or say why not."""
    if batch is None:
        return Refusal.because("import_absent")
    return standing(by, role, batch.matter) or batch


def _open(batch: Import | None, role: str, by: Actor) -> Import | Refusal:
    """Give an import that is not over yet, or say why not."""
    known = _known(batch, role, by)
    if isinstance(known, Import) and known.status is not Status.OPEN:
        return Refusal.because("import_not_open", status=known.status)
    return known


def evolve(batch: Import | None, event: ImportEvent) -> Import:
    """Accept what happened."""
    if isinstance(event, ImportOpened):
        return Import(event)
    if batch is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](batch, event)


_EVOLVE: Final[dict[type[ImportEvent], Callable[[Import, Any], Import]]] = {
    ImportClosed: lambda batch, event: replace(batch, status=Status.CLOSED, closed=event),
    ImportAbandoned: lambda batch, event: replace(batch, status=Status.ABANDONED),
    ImportRowsSetAside: lambda batch, event: replace(batch, set_aside=(*batch.set_aside, *event.rows)),
    ImportProved: lambda batch, event: replace(batch, proved=event),
    ImportContradicted: lambda batch, event: replace(
        batch, contradictions=(*batch.contradictions, event), decided=None),
    ForkDecided: lambda batch, event: replace(batch, decided=event),
    ImportReconciled: lambda batch, event: replace(batch, snapshots=(*batch.snapshots, event.snapshot_sha256)),
}
