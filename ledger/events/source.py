"""Where a record came from that another system or another ledger handed over, and the names that it comes in under."""

from __future__ import annotations

from ledger.events.base import Name, Open, Part, Pseudonym


class Proven(Part):
    """Where a record stands in the log of the ledger that handed it over, and who decided it there (P 14)."""

    origin: Open[str]
    position: Open[int]  # Of the event that made the record what it is.
    recorded_at: Open[int]
    actor: Pseudonym[str]
    role: Open[str]
    organisation: Pseudonym[str | None] = None


class First(Part):
    """The record that it was before: of the ledger that registered it first, and that alone changes it (AMB-05)."""

    system: Open[str]
    record: Pseudonym[str]
    version: Open[str]


class Source(Part):
    """Where an imported row stood: idempotent for ever by system, id and version."""

    system: Open[str]
    record: Pseudonym[str]
    version: Open[str]
    recorded_at: Open[str | None] = None  # What the source says of its own time of record.
    proven: Open[Proven | None] = None    # Of what another ledger handed over with its proofs,
    first: Open[First | None] = None      # and had itself from a third.


def record_name(system: str, record: str) -> Name:
    """The name under which a record of another system is found, whatever its version."""
    return Name("source_record", f"{system}:{record}")


def version_name(source: Source) -> Name:
    """The name under which one version of a record is found that was taken over before."""
    return Name("source", f"{source.system}:{source.record}:{source.version}")


def source_names(source: Source | None) -> tuple[Name, ...]:
    """The names that an imported row reserves: it comes in once, by whichever ledger, and so does each version."""
    if source is None:
        return ()
    own, first = (version_name(source), record_name(source.system, source.record)), source.first
    return own if first is None else (*own, record_name(first.system, first.record))
