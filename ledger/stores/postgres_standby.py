"""The ledger in a PostgreSQL that follows another: read as it is, with how far behind that may be; never written.

A standby replays what its primary wrote. It cannot know what it has not received, so whatever is said from it says the
position that it has reached. `tests/api/test_standby_service.py` shows it, and `tests/machines/` with a real replica.
"""

from __future__ import annotations

from typing import Final, NamedTuple, NoReturn

from ledger.stores.append import Append, Receipt, RequestKey
from ledger.stores.on_standby import OnStandby
from ledger.stores.postgres_connections import Readers, connect
from ledger.stores.postgres_errors import reading_clearly
from ledger.stores.postgres_reading import LedgerPostgresDatastore, PostgresReading
from ledger.stores.postgres_schema import demand_migrated, demand_name
from ledger.stores.postgres_target import Target
from ledger.stores.recorder import StoredCheckpoint

_ASKED: Final = """
    SELECT pg_is_in_recovery(),
           (SELECT max(position) FROM {}.events),
           EXISTS (SELECT FROM pg_stat_wal_receiver),
           coalesce(pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn(), false),
           (extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::int8
"""


class Replica(NamedTuple):
    """How a server stands to its primary."""

    is_standby: bool
    position: int
    behind_ms: int | None
    """0: all that the primary has sent is there. None: nobody can tell, since nothing comes from it."""
    silent_ms: int | None  # Since the primary's last commit that is here; None where none ever came.


class StandbyRecorder(PostgresReading):
    """The ledger in one schema of whichever server the address names."""

    def __init__(self, conninfo: str, *, schema: str = "ledger") -> None:
        datastore = _Datastore(conninfo, schema=schema)
        super().__init__(datastore, events_table_name="events")
        try:
            with reading_clearly(self._target), connect(self._target) as connection:
                demand_migrated(connection, self._target)
        except BaseException:
            self.close()
            raise

    def replica(self) -> Replica:
        """How far it is, asked of the server now."""
        is_standby, position, is_fed, is_replayed, silent_ms = self._rows(_ASKED)[0]
        behind = 0 if not is_standby else None if not is_fed else 0 if is_replayed else silent_ms
        return Replica(is_standby, position or 0, behind, silent_ms if is_standby else None)

    def close(self) -> None:
        self.datastore.readers.close()

    def append(self, append: Append) -> Receipt:
        raise OnStandby

    def answered(self, request: RequestKey) -> Receipt | None:
        raise OnStandby

    def save_checkpoint(self, checkpoint: StoredCheckpoint) -> NoReturn:
        raise OnStandby

    def changing(self) -> NoReturn:
        raise OnStandby

    def compact(self, *, whole: bool = False) -> NoReturn:
        raise OnStandby


class _Datastore(LedgerPostgresDatastore):
    """Connections to whichever server answers: whoever asks says that it may be behind."""

    def __init__(self, conninfo: str, *, schema: str) -> None:
        super().__init__(conninfo, schema=schema)
        self.target = Target(conninfo, demand_name(schema), anywhere=True)
        self.readers = Readers(self.target)
