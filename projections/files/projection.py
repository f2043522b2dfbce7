"""What a projection is: a fold over the log with a name and a version, whose rows say where in the log they hold.

A projection declares its tables and, for each event it cares about, what that does to them. It sees events in the order
in which they take effect: the rows of a larger act all at the position where the act is closed, those of an open or an
abandoned act never. `projections/tables/rows.py` writes its rows, `projections/files/file.py` keeps them,
`projections/following/follower.py` feeds it.

Rows that have changed are not overwritten. Each holds in `[from_position, to_position)`, and `to_position` is null
while it holds; so "as of" is a plain read. A row that would hold nowhere (begun and ended at one position) is not kept.

`tests/projections/test_people.py` and its neighbours show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from ledger.envelope import Envelope
from ledger.events.base import Event, wire_type
from ledger.events.catalogue import OLDER
from projections.tables.rows import Rows
from projections.tables.table import Table, indexes_of

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = ["HOLDS", "Effect", "Handler", "Projection", "Rows", "Table"]

HOLDS: Final = "from_position <= :as_of AND (to_position IS NULL OR to_position > :as_of)"
"""The condition under which a row holds as of a position."""


class Effect(NamedTuple):
    """An event where it takes effect."""

    position: int  # From here on it counts.
    recorded: int  # Here it stands; earlier than `position` where it is a row of a larger act.
    envelope: Envelope
    event: Any     # The envelope's, which handlers ask for more often than for anything else.


Handler = Callable[[Rows, Effect], None]


def add_indexes(db: Database, name: str, table: Table) -> None:
    """Make the indexes of a table that are not there."""
    for statement in indexes_of(name, table):
        db.execute(statement)


class Projection:
    """A fold. Raising the version is how one changes one's mind: the follower builds it anew beside the old one."""

    name: ClassVar[str]
    version: ClassVar[int]
    tables: ClassVar[Mapping[str, Table]]
    handlers: ClassVar[Mapping[type[Event], Handler]]
    weight: ClassVar[int] = 1
    """What it costs to make beside others: halves of microseconds an event, roughly, of a register in practice."""

    def create(self, db: Database) -> None:
        """Make the tables in a new file, without their indexes."""
        for name, table in self.tables.items():
            # The key of rows that begin and end is an index like the others: dearer row by row than made at the end.
            key: dict[str, Any] = {"not_null": table.pk} if table.dated else {"pk": table.pk}
            db.table(name).create(table.every_column, strict=True, **key)

    def index(self, db: Database) -> None:
        """Make the indexes that are not there; a file that is being made has few until the end."""
        for name, table in self.tables.items():
            add_indexes(db, name, table)

    def handlers_by_kind(self) -> dict[bytes, Handler]:
        """Its handlers, by the name that events have in leaves."""
        return by_kind(self.handlers)


def by_kind(handlers: Mapping[type[Event], Handler]) -> dict[bytes, Handler]:
    """Handlers by the name that events have in leaves. What an older form is read as, it says itself."""
    def newest(rows: Rows, effect: Effect) -> None:
        handler = handlers.get(type(effect.event))
        if handler is not None:
            handler(rows, effect)

    return {wire_type(event).encode(): handlers.get(event, newest) for event in (*handlers, *OLDER)}
