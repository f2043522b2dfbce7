"""What happens to a source of imports: another system that an office registered, and what it may register (P 14).

A system that anybody names in a request is no source. Which one it is, of what kind, of which place and what it may
send is registered first, so that a mistyped code cannot become a second system whose records nobody holds against the
first.

`tests/ledger/streams/test_import_source_stream.py` shows what is decided from these.
"""

from __future__ import annotations

from ledger.events.base import Event, Open
from ledger.ids import PREFIXES
from ledger.vocabulary import Category, StreamId


class ImportSourceEvent(Event):
    """The base of all events of a source's stream. A source concerns no person; its records do."""

    system: Open[str]  # Its code, as imports name it.

    @property
    def stream(self) -> StreamId:
        return stream_of(self.system)

    def subjects(self) -> tuple[str, ...]:
        return ()


class ImportSourceRegistered(ImportSourceEvent, tag="import_source.registered/1"):
    """An office says what a system is and what it may register here; after a closing it may say so anew."""

    name: Open[str]                      # What the system is called: 宁波市专业技术人员继续教育学时登记系统.
    kind: Open[str]                      # local_system, classroom, sector_platform, other.
    region: Open[str]                    # Whose records it keeps.
    categories: Open[tuple[Category, ...]]
    sector: Open[str | None] = None
    platform: Open[str | None] = None    # The one platform that its courses were studied on, where it is one (R 6).
    document: Open[str | None] = None


class ImportSourceClosed(ImportSourceEvent, tag="import_source.closed/1"):
    """Nothing more is taken over from it; what was stays."""

    why: Open[str]  # A code: replaced, mistaken, ...


def stream_of(system: str) -> StreamId:
    """The stream of a source."""
    return StreamId(f"{PREFIXES['import_source']}{system}")
