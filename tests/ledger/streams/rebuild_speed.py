"""How long it takes to rebuild a claim of ten events, beside an aggregate of ten events of the eventsourcing library.

Both live the same life, with the same fields and the same state, and start from decoded events: what reading costs is
another table. `python rebuild_speed.py` prints the medians and the ratio.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import msgspec
from eventsourcing.domain import Aggregate
from eventsourcing.domain import event as recorded
from msgspec.structs import replace
from stream_cast import CLAIM, COLLEAGUE, LAST_STEP, LI, OFFICER, PAPERS, RULING, STEPS, STUDY, UNIT_STEP, WORKS

from ledger.events import claim as events
from ledger.streams.claim import Claim, evolve
from ledger.streams.decision import rebuild

OF = {"claim": CLAIM, "person": LI}
LIFE: tuple[events.ClaimEvent, ...] = (
    events.ClaimSubmitted(
        **OF, unit=WORKS, region="330203", sector="industry", study=STUDY, steps=STEPS, evidence=PAPERS
    ),
    events.ClaimReturned(**OF, step=UNIT_STEP),
    events.ClaimRevised(**OF, study=replace(STUDY, rank=2), steps=STEPS, evidence=PAPERS),
    events.ClaimEndorsed(**OF, step=UNIT_STEP, hand=COLLEAGUE.hand),
    events.ClaimApproved(**OF, step=LAST_STEP, ruling=RULING, year=2026),
    events.ClaimFrozen(**OF, case="cas_1"),
    events.ClaimReleased(**OF, case="cas_1"),
    events.ClaimCorrected(**OF, study=STUDY, ruling=RULING, year=2026),
    events.ClaimRevoked(**OF, basis="第十条", hand=OFFICER.hand),
    events.ClaimReinstated(**OF, basis="复核"),
)


class Speed(NamedTuple):
    """Microseconds to rebuild ten events, by medians."""

    ours: float
    library: float

    @property
    def ratio(self) -> float:
        """Say how many times faster ours is."""
        return self.library / self.ours


class DecoratedClaim(Aggregate):
    """The same life with the library's decorators: the same ten events, the same fields, the same state."""

    def __init__(
        self, person: str, unit: str, region: str, sector: str, study: Any, steps: Any, evidence: Any, origin: str
    ) -> None:
        self.person, self.unit, self.region, self.sector, self.origin = person, unit, region, sector, origin
        self.study, self.steps, self.evidence = study, steps, evidence
        self.status, self.revision = "under_review", 1
        self.endorsed: list[Any] = []
        self.ruling, self.year, self.revoked_by = None, None, None

    @recorded("Returned")
    def send_back(self, step: str) -> None:
        """Send it back."""
        self.status = "returned"

    @recorded("Revised")
    def revise(self, study: Any, steps: Any, evidence: Any) -> None:
        """Mend it."""
        self.study, self.steps, self.evidence = study, steps, evidence
        self.status, self.endorsed = "under_review", []
        self.revision += 1

    @recorded("Endorsed")
    def endorse(self, step: str, hand: Any) -> None:
        """Take a step."""
        self.endorsed.append(hand)

    @recorded("Approved")
    def approve(self, step: str, ruling: Any, year: int) -> None:
        """Approve it."""
        self.status, self.ruling, self.year = "approved", ruling, year

    @recorded("Frozen")
    def freeze(self, case: str) -> None:
        """Hold it."""
        self.status = "frozen"

    @recorded("Released")
    def release(self, case: str) -> None:
        """End the hold."""
        self.status = "approved"

    @recorded("Corrected")
    def correct(self, study: Any, ruling: Any, evidence: Any, year: int) -> None:
        """Put it right."""
        self.study, self.ruling, self.evidence, self.year = study, ruling, evidence or self.evidence, year
        self.revision += 1

    @recorded("Revoked")
    def revoke(self, basis: str, hand: Any, case: str | None) -> None:
        """Undo it."""
        self.status, self.revoked_by = "revoked", hand

    @recorded("Reinstated")
    def reinstate(self, basis: str) -> None:
        """Undo that."""
        self.status, self.revoked_by = "approved", None


def our_life() -> list[events.ClaimEvent]:
    """Read ten events from their bytes, as a store would."""
    return [msgspec.json.decode(msgspec.json.encode(one), type=type(one)) for one in LIFE]


def library_life() -> Sequence[Any]:
    """Let the same happen in the library."""
    claim = DecoratedClaim(LI, WORKS, "330203", "industry", STUDY, STEPS, PAPERS, "self")
    claim.send_back(UNIT_STEP)
    claim.revise(replace(STUDY, rank=2), STEPS, PAPERS)
    claim.endorse(UNIT_STEP, COLLEAGUE.hand)
    claim.approve(LAST_STEP, RULING, 2026)
    claim.freeze("cas_1")
    claim.release("cas_1")
    claim.correct(STUDY, RULING, (), 2026)
    claim.revoke("第十条", OFFICER.hand, None)
    claim.reinstate("复核")
    return claim.collect_events()


def rebuild_with_library(life: Sequence[Any]) -> Any:
    """Rebuild as the library's repository does."""
    claim = None
    for one in life:
        claim = one.mutate(claim)
    return claim


def measure(*, rounds: int = 30, times: int = 100) -> Speed:
    """Measure both in turn, so that a noisy neighbour disturbs both alike."""
    ours, theirs = our_life(), library_life()
    assert len(ours) == len(theirs) == 10
    taken: tuple[list[float], list[float]] = ([], [])
    work: tuple[Callable[[], Any], Callable[[], Any]] = (
        lambda: rebuild(evolve, ours),
        lambda: rebuild_with_library(theirs),
    )
    for _ in range(rounds):
        for spent, run in zip(taken, work, strict=True):
            began = perf_counter()
            for _ in range(times):
                run()
            spent.append((perf_counter() - began) / times * 1e6)
    return Speed(*(statistics.median(spent) for spent in taken))


def rebuilt() -> Claim | None:
    """Rebuild ours once."""
    return rebuild(evolve, our_life())


if __name__ == "__main__":
    speed = measure()
    print(f"claim of 10 events {speed.ours:.1f} us, library's aggregate {speed.library:.1f} us, {speed.ratio:.1f}x")
