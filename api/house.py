"""The house put together: the open register, who may knock, the enacted law, and what the answers say.

`composed()` builds it for the running service; tests build the same one in a folder of their own. The clock is a field,
so that a test says what day it is. At its first opening the installation enacts the rulebooks that are shipped, all in
one append; a version that is shipped later is not enacted by itself, since that is an office's act.

`tests/api/test_house.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from typing import Final, NamedTuple, Protocol, TypeVar

from api.beside.map_keeping import kept_up
from api.doctor.asked_outside import NOBODY, AskedOutside
from api.doctor.checks import Check, Level
from api.doctor.clock_checks import log_time
from api.doctor.home_check import home
from api.erasing import Rule as ErasureRule
from api.evidence.files import EvidenceDamaged, EvidenceFiles, FolderShelf
from api.lately import Lately
from api.law_of import Library
from api.operational.accounts import Accounts
from api.operational.callers import FOUNDER, Tokens
from api.operational.claim_drafts import ClaimDrafts
from api.operational.event_notes import EventNotes
from api.operational.jobs import Jobs
from api.operational.opened_papers import OpenedPapers
from api.operational.operations import Operations
from api.operational.second_factor import Rule, SecondFactors
from api.operational.study_sessions import StudySessions
from api.register.register import SYSTEM, Register
from ledger.envelope import Envelope, SealedPart
from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.ids import new_id
from ledger.ledger import Ledger
from ledger.maps.entries import MapKey
from ledger.maps.file import MapFile
from ledger.streams import rulebook as rulebooks
from ledger.vocabulary import LOCAL, StreamId
from policies.archive import Archive
from policies.shelf import shipped
from projections.answers import Answers, projections
from projections.differences.upkeep import Upkeep
from projections.findings.upkeep import Upkeep as Detecting
from projections.following.apart import Apart
from projections.following.standby import Standby

SETTLE_S = 5
OPTIONAL: Final = Rule()
FORGETTING: Final = ErasureRule()
_REMEMBERED = 4_096  # Events: 12 MB.
_HOUR_MICROS: Final = 3_600_000_000


class _Closed(Protocol):
    def close(self) -> None: ...


_Part = TypeVar("_Part", bound=_Closed)


class Stored(NamedTuple):
    """An event with what is sealed beside it, still closed: opening it asks each time whether its key is there."""

    envelope: Envelope
    sealed: SealedPart | None


@dataclass(frozen=True, slots=True)
class House:
    """Everything a use case may need, chosen once."""

    register: Register
    operations: Operations
    library: Library
    follower: Standby
    differing: Upkeep
    answers: Answers
    request_key: bytes       # Under it idempotency keys and bodies become HMACs.
    cursor_key: bytes
    clock: Callable[[], int]
    stored: Callable[[int], Stored]  # What stands at a position stays: read once while it is asked about.
    map_file: MapFile
    evidence: EvidenceFiles
    accounts: Accounts
    claim_drafts: ClaimDrafts
    opened_papers: OpenedPapers
    event_notes: EventNotes
    studies: StudySessions
    jobs: Jobs
    detecting: Detecting
    factors: SecondFactors
    lately: Lately
    outside: AskedOutside = NOBODY
    erasing: ErasureRule = FORGETTING
    bundle_hours: int = 24   # How long what was made of a case in the background waits to be fetched.

    @property
    def ledger(self) -> Ledger:
        """The facts."""
        return self.register.ledger

    @property
    def tokens(self) -> Tokens:
        """Who may knock."""
        return Tokens(self.register.founder_token, self.register.reader_token, self.operations)

    @property
    def now(self) -> int:
        """Microseconds since 1970."""
        return self.clock()

    @property
    def today(self) -> date:
        """The legal date."""
        return local_date(self.now)

    def new_id(self, kind: str) -> StreamId:
        """Make an id of one kind."""
        return new_id(kind, now_ms=self.now // 1_000)

    def settled(self, position: int | None = None) -> Refusal | None:
        """Wait until the answers speak of everything that stands now, so that everyone reads what they wrote."""
        wanted = self.ledger.store.size() if position is None else position
        if self.follower.wait_for(wanted, SETTLE_S, far_too=False):
            return None
        return Refusal.because("answers_behind", wanted=wanted, position=self.answers.position())

    def checks(self) -> list[Check]:
        """What can go wrong with the answers and the law while the service runs."""
        return [Check("home", partial(home, self.register.folder)), Check("log_time", self._log_time),
                Check("projections", self._projections), Check("differences", self._differences),
                Check("findings", self._findings), Check("rulebooks", self._rulebooks)]

    def _log_time(self) -> tuple[Level, str, str]:
        return log_time(self.ledger.store.last_recorded_at(), self.now)

    def _projections(self) -> tuple[Level, str, str]:
        if failures := self.follower.failures():
            return Level.FAIL, "查询所用的投影停在出错的事件之前", str(failures[0])
        behind = max((lag.behind for lag in self.follower.lag().values()), default=0)
        if behind > 10_000:
            return Level.WARN, f"投影落后 {behind} 个事件", "正在追赶，无需处理"
        return Level.OK, f"投影落后 {behind} 个事件", ""

    def _differences(self) -> tuple[Level, str, str]:
        lag = self.differing.lag()
        told = f"差异清单处理到事件 {lag.position}，落后 {lag.behind} 个事件"
        if lag.failure is not None:
            return Level.WARN, told, str(lag.failure)
        return Level.OK, told if lag.building is None else f"{told}，已评定 {lag.building.done} 人", ""

    def _findings(self) -> tuple[Level, str, str]:
        lag = self.detecting.lag()
        told = f"线索检出到事件 {lag.position}，落后 {lag.behind} 个事件"
        if lag.failure is not None:
            return Level.WARN, told, str(lag.failure)
        return Level.OK, told if lag.building is None else f"{told}，正在检查全部历史", ""

    def _rulebooks(self) -> tuple[Level, str, str]:
        waiting = [book.id for book in shipped().books if not _is_enacted(self.ledger, book.id.split(".")[0])]
        if not waiting:
            return Level.OK, "随附的细则均已施行", ""
        cure = "由政策部门提出、另一人施行（xueshi rulebook propose）"
        return Level.WARN, f"随附而未施行的细则：{'、'.join(waiting)}", cure


@contextmanager
def open_house(
    register: Register, clock: Callable[[], int] | None = None, *, apart: Apart | None = None,
    outside: AskedOutside = NOBODY, factor_rule: Rule = OPTIONAL, bundle_hours: int = 24,
    erasing: ErasureRule = FORGETTING,
) -> Iterator[House]:
    """Open the house around a register, and let go of what is the house's own at the end.

    What follows where much happens is `apart`, if there is one.
    """
    clock = clock or _now
    ledger, folder, secret = register.ledger, register.folder, register.ledger.vault.secret
    archive = Archive(folder.rulebooks)
    enact_shipped(ledger, archive)
    with ExitStack() as parts:

        def kept(part: _Part) -> _Part:
            parts.callback(part.close)
            return part

        operations = kept(Operations(register.operations, secret("tokens")))
        accounts = kept(Accounts(register.operations, secret("tokens")))
        claim_drafts = kept(ClaimDrafts(register.operations, ledger.vault))
        opened_papers = kept(OpenedPapers(register.operations))
        event_notes = kept(EventNotes(register.operations, ledger.vault))
        studies = kept(StudySessions(register.operations, secret("study"), ledger.vault))
        jobs = kept(Jobs(register.operations))
        factors = kept(SecondFactors(register.operations, secret("tokens"), ledger.vault, factor_rule))
        map_file = kept(MapFile(folder.map, ledger.store, MapKey(secret("index"))))
        follower = Standby(ledger, folder.projections, projections(), apart=apart)
        parts.callback(follower.stop)
        follower.start()
        # A long log goes on being read; until then 503, not wrong.
        follower.wait_for(ledger.store.size(), SETTLE_S, far_too=False)
        library = Library(archive)
        answers = Answers(ledger, folder.projections, book=library.book, now=clock)
        differing = Upkeep(ledger, folder.projections, answers.judge)
        evidence = EvidenceFiles(FolderShelf(folder.evidence), ledger.vault)
        detecting = Detecting(ledger, folder.projections, partial(paper, evidence), now=clock)
        with kept_up(map_file), differing, detecting, answers.asked_differences:
            yield House(
                register=register, operations=operations, library=library, follower=follower, differing=differing,
                answers=answers, request_key=secret("requests"), cursor_key=secret("cursors"), clock=clock,
                stored=lru_cache(_REMEMBERED)(partial(_read, ledger)), map_file=map_file, evidence=evidence,
                accounts=accounts, claim_drafts=claim_drafts, opened_papers=opened_papers, event_notes=event_notes,
                studies=studies, jobs=jobs, detecting=detecting, factors=factors, lately=Lately(ledger),
                outside=outside, erasing=erasing, bundle_hours=bundle_hours,
            )


def paper(evidence: EvidenceFiles, person: str, sha256: str) -> bytes | None:
    """Give a person's file, for what it tells of its own making; None where there is none, or none any more."""
    try:
        found = evidence.open(person, sha256)
    except EvidenceDamaged:  # Whoever opens it is told so; here there is nothing to learn of it.
        return None
    return found[1] if isinstance(found, tuple) else None


def _read(ledger: Ledger, position: int) -> Stored:
    found = ledger.at(position)
    assert found is not None, "only what stands is asked about: what does not yet must not be remembered"
    return Stored(found.envelope, ledger.store.sealed(position))


def enact_shipped(ledger: Ledger, archive: Archive) -> None:
    """Enact the rulebooks that are shipped, at the first start and never again; their bytes are kept before."""
    books = shipped().books
    if any(_is_enacted(ledger, book.id) for book in books):
        return
    drafts: list[Draft] = []
    for book in books:
        command = rulebooks.EnactRulebook(
            family=book.family, in_force_from=book.in_force_from, revision=book.revision, digest=archive.keep(book),
            document=book.document, role=FOUNDER,
        )
        decided = rulebooks.decide_enactment(None, command, None)
        assert not isinstance(decided, Refusal), decided
        drafts += decided
    ledger.record(drafts, by=SYSTEM)


def _is_enacted(ledger: Ledger, rulebook: str) -> bool:
    return ledger.store.version(f"rul_{rulebook}") > 0


def _now() -> int:
    return time.time_ns() // 1_000


def local_date(recorded_at: int) -> date:
    """The legal date of a time in microseconds."""
    return _day(recorded_at // _HOUR_MICROS)


@lru_cache(24)  # Asked several times a request, nearly always of this hour; a legal day begins at a full one.
def _day(hour: int) -> date:
    return datetime.fromtimestamp(hour * 3_600, UTC).astimezone(LOCAL).date()
