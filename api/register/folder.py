"""The data folder of a register: which file is what.

    ledger.db            the ledger: events, tiles, checkpoints
    access.db            the access log, a log of its own
    keys/                what must not be lost and must not lie beside a copy of the above
        master.key       wraps the keys of persons
        people.db        the keys of persons, wrapped
        ledger.signing.key, access.signing.key
        ledger.published, access.published    the last checkpoint that anyone may have seen
        ledger.seen      one that a witness showed us and that the log must extend before it is signed again
        reader.token     lets its bearer read entries and proofs
        founder.token    lets its bearer act for the installation: verify and appoint the first offices
        ledger.former, access.former    public keys that signed before and sign no more
        ledgers.policy   which other ledgers are believed (`importing.hand_over_imports`); whoever runs this writes it
    operations.db        tokens and sessions (`api.operational.operations`)
    evidence/            uploaded papers, each sealed under its person's key (`api.evidence.files`)
    rulebooks/           the enacted rulebooks by digest (`policies.archive`)
    replays/             reports that were asked for over HTTP, for a month (`api.replays.runner`); bundles of large
                         cases, sealed, until they are fetched (`investigating.bundle_jobs`)
    projections/         answers, which can be made anew (`projections.following.follower`)
        map.1.db         the completeness map, which can be, too (`ledger.maps.file`)
    witnessed/           what witnesses and time-stamping authorities signed of this log (`ledger.witnessing.kept`)
    home.json            where it is served (`api.register.home`)
    moving.json          while the ledger is on its way to PostgreSQL (`api.keeping.moving`)
    moved.json           says that the ledger lies in PostgreSQL now: the files above are its past
    set-aside/           what a restore found in its place (`ledger.copies.restore`)

With the setting `database` both logs lie in PostgreSQL, in two schemas of one database; all else lies here. With
`shared_folder` several hosts serve the register: keys/ without people.db, evidence/, rulebooks/, replays/ and
witnessed/ lie there, people.db and operations.db are tables of databases, and each host has answers of its own
(`api.register.sharing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from api.settings import Settings
from api.terminal.exits import Exit, Stop


@dataclass(frozen=True, slots=True)
class Folder:
    """Where each part lies: with `shared`, what several hosts have in common lies there."""

    root: Path
    shared: Path | None = None

    @property
    def common(self) -> Path:
        return self.shared or self.root

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.db"

    @property
    def access(self) -> Path:
        return self.root / "access.db"

    @property
    def keys(self) -> Path:
        return self.common / "keys"

    @property
    def master(self) -> Path:
        return self.keys / "master.key"

    @property
    def people(self) -> Path:
        return self.keys / "people.db"

    @property
    def published(self) -> Path:
        return self.keys / "ledger.published"

    @property
    def sample_accounts(self) -> Path:
        """Only where the register began with sample data: who is in it, and with which tokens."""
        return self.root / "sample-accounts.txt"

    @property
    def demo_unfinished(self) -> Path:
        """Only while a made-up history is being written, or where that was broken off (`api.demo`)."""
        return self.root / "demo.unfinished"

    def last_done(self, what: str) -> Path:
        """A note of when something was last done for the register (`api.register.last_done`)."""
        return self.common / f"last.{what}"  # One host does it for all of them.

    @property
    def home(self) -> Path:
        """Where it was served last (`api.register.home`)."""
        return self.root / "home.json"

    @property
    def ledgers_policy(self) -> Path:
        """Which other ledgers are believed, by which keys and witnesses (C2SP tlog-policy); absent: none."""
        return self.keys / "ledgers.policy"

    @property
    def reader_token(self) -> Path:
        return self.keys / "reader.token"

    @property
    def founder_token(self) -> Path:
        return self.keys / "founder.token"

    @property
    def operations(self) -> Path:
        return self.root / "operations.db"

    @property
    def evidence(self) -> Path:
        return self.common / "evidence"

    @property
    def rulebooks(self) -> Path:
        return self.common / "rulebooks"

    @property
    def replays(self) -> Path:
        return self.common / "replays"

    @property
    def projections(self) -> Path:
        return self.root / "projections"

    @property
    def map(self) -> Path:
        """The completeness map as it is now, which can be made anew (`ledger.maps.file`)."""
        return self.projections / "map.1.db"

    @property
    def witnessed(self) -> Path:
        """Cosigned and time-stamped checkpoints, and proofs of forks (`ledger.witnessing.kept`)."""
        return self.common / "witnessed"

    @property
    def moving(self) -> Path:
        """Only while the ledger is on its way to PostgreSQL."""
        return self.root / "moving.json"

    @property
    def moved(self) -> Path:
        """Only where the ledger was moved to PostgreSQL: where to, and up to where these files go."""
        return self.root / "moved.json"


def folder_of(settings: Settings) -> Folder:
    """Where the parts of the register lie that the settings mean."""
    return Folder(settings.data_folder, Path(settings.shared_folder) if settings.shared_folder else None)


def made_folder(path: Path, cure: str = "请检查上级文件夹和它的权限，或换一个") -> Path:
    """A folder that is there now, for its owner alone where it was not; where none can be, what to do about it."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise Stop(Exit.WORLD_IS_WRONG, "folder_unusable", f"无法建立文件夹 {path}", cure) from None
    return path
