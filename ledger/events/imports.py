"""What happens to an import: records of another system taken over in one batch, and compared later (P 14).

The file is fixed by its digest before anything of it is read into the register, and is taken once for ever: the same
file of the same system again is answered with what became of it. Each row is a claim of its own with origin `import`
and its own `source`, which is idempotent by system, record and version; the larger act holds the rows.

`ledger.acts.imports` runs it; `tests/ledger/streams/test_import_stream.py` shows what is decided from these.
"""

from __future__ import annotations

from datetime import date
from typing import NewType

from ledger.events.base import Event, Name, Open, Part, Pseudonym, Sealed, Words
from ledger.vocabulary import ActId, PersonId, StreamId

ImportId = NewType("ImportId", str)


class ImportEvent(Event):
    """The base of all events of an import's stream. A batch concerns no person; its rows do."""

    batch: Pseudonym[ImportId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.batch)

    def subjects(self) -> tuple[str, ...]:
        return ()


class ImportOpened(ImportEvent, tag="import.opened/1"):
    """A file came in: which, from where, how many rows, of which days."""

    system: Open[str]
    file_sha256: Open[str]
    rows: Open[int]
    starts: Open[date]
    ends: Open[date]
    region: Open[str]  # Whose records they are.
    sector: Open[str | None] = None
    act: Pseudonym[ActId | None] = None  # The act that will hold what is accepted, where rows are checked before.

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        return (file_name(self.system, self.file_sha256),)


class ImportProved(ImportEvent, tag="import.proved/1"):
    """Its rows stand in another ledger's log: each was proved up to a checkpoint before any was looked at (P 14)."""

    origin: Open[str]
    since: Open[int]       # The size up to which that log was accepted before: it only grew from there.
    size: Open[int]
    root: Open[str]        # Base64, as the checkpoint has it.
    part: Open[int]        # Of what was handed over at once, counted from 1.
    parts: Open[int]
    checkpoint: Open[str]  # The signed note as it came, cosignatures and all: it is evidence.
    carried_by: Pseudonym[PersonId | None] = None  # Who brought their own entries along, where nobody sent them.


class ImportContradicted(ImportEvent, tag="import.contradicted/1"):
    """A ledger signed two histories: this import rests on one of them, and here is the other, kept as evidence."""

    origin: Open[str]
    size: Open[int]
    root: Open[str]        # What the other history leads to at the size that was accepted,
    accepted_root: Open[str]  # and what was accepted.
    checkpoint: Open[str]  # The note that was signed over the other, and that over this.
    accepted: Open[str]
    file_sha256: Open[str]
    grown: Open[tuple[str, ...]] = ()  # Base64: that the other log grew from `root`; else two sizes prove nothing.


class ForkDecided(ImportEvent, tag="import.fork_decided/1"):
    """An office found out which history of a ledger holds, and says whether it is brought in any more."""

    sealed_as = Words

    origin: Open[str]
    outcome: Open[str]     # continued: the history that was accepted; closed: nothing of that ledger.
    document: Open[str]

    def subjects(self) -> tuple[str, ...]:
        return (self.stream,)  # Its key seals the words.


class SetAside(Part):
    """A row that was not taken over: where it stood, which record it was, and why; nothing of whom it named."""

    row: Open[int]  # Counted from 1, as the source counts the rows that it sent.
    record: Pseudonym[str]
    version: Open[str]
    code: Open[str]  # duplicate, or why it was refused: person_unknown, not_countable, ...
    claim: Pseudonym[str | None] = None  # What stands instead: the same course as another claim. Not kept at first.


class ImportRowsSetAside(ImportEvent, tag="import.rows_set_aside/1"):
    """Some rows were refused, or stand in the register already: so the source is told the same whenever it asks."""

    rows: Open[tuple[SetAside, ...]]


class ImportClosed(ImportEvent, tag="import.closed/1"):
    """Every row has its outcome, which the result file says row by row."""

    accepted: Open[int]
    rejected: Open[int]
    duplicates: Open[int]  # Rows that stood in the register already, by system, record and version.
    result_sha256: Open[str]
    act: Pseudonym[ActId | None] = None  # The act that holds what was accepted.


class ImportAbandoned(ImportEvent, tag="import.abandoned/1"):
    """Nothing of it was taken over; the file may come again."""

    why: Open[str]  # A code: file_unreadable, wrong_period, ...

    def freed(self) -> frozenset[str]:
        return frozenset({"import_file"})


class ImportReconciled(ImportEvent, tag="import.reconciled/1"):
    """What was taken over was compared with a later snapshot of the source."""

    snapshot_sha256: Open[str]
    snapshot_on: Open[date]
    compared: Open[int]
    differences: Open[int]
    report_sha256: Open[str | None] = None


def file_name(system: str, file_sha256: str) -> Name:
    """Give the name under which a file is found that was imported before."""
    return Name("import_file", f"{system}:{file_sha256}")
