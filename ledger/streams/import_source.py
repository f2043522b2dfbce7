"""A source of imports: registered with what it may register, closed, and registered anew when that changes (P 14).

    registered → closed → registered …

`tests/ledger/streams/test_import_source_stream.py` shows every command in every state.
"""

from __future__ import annotations

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.import_source import ImportSourceClosed, ImportSourceEvent, ImportSourceRegistered
from ledger.streams.decision import Beheaded, Command, Decision, State
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import Category


class ImportSource(State):
    """A source as it stands."""

    registered: ImportSourceRegistered
    closed: ImportSourceClosed | None = None

    @property
    def matter(self) -> Matter:
        """Take it, for those whose records it keeps, as the matter of an act."""
        return Matter(self.registered.region, self.registered.sector)


class RegisterImportSource(Command):
    """Let a system's records be taken over from now on."""

    system: str
    role: str
    name: str
    kind: str
    region: str
    categories: tuple[Category, ...]
    sector: str | None = None
    platform: str | None = None
    document: str | None = None


class CloseImportSource(Command):
    """Take nothing more over from it."""

    role: str
    why: str


def decide_source_registration(source: ImportSource | None, command: RegisterImportSource, by: Actor) -> Decision:
    """Register it, by an office of the place whose records it keeps."""
    if no := standing(by, command.role, Matter(command.region, command.sector)):
        return no
    if source is not None and (no := standing(by, command.role, source.matter)):
        return no  # Nobody takes another place's code.
    if source is not None and source.closed is None:
        return Refusal.because("import_source_exists", system=command.system)
    return (Draft(ImportSourceRegistered(
        system=command.system, name=command.name, kind=command.kind, region=command.region,
        categories=command.categories, sector=command.sector, platform=command.platform, document=command.document)),)


def decide_source_closing(source: ImportSource | None, command: CloseImportSource, by: Actor) -> Decision:
    """Close it."""
    if source is None:
        return Refusal.because("import_source_absent")
    if no := standing(by, command.role, source.matter):
        return no
    if source.closed is not None:
        return Refusal.because("import_source_closed", system=source.registered.system)
    return (Draft(ImportSourceClosed(system=source.registered.system, why=command.why)),)


def evolve(source: ImportSource | None, event: ImportSourceEvent) -> ImportSource:
    """Accept what happened."""
    if isinstance(event, ImportSourceRegistered):
        return ImportSource(event)
    if source is None:
        raise Beheaded(event)
    assert isinstance(event, ImportSourceClosed), "nothing else happens to a source"
    return replace(source, closed=event)
