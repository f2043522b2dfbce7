"""A claim on its way, and what becomes of it afterwards.

The offices that look at it are those of the walk that the law names on its day, the ruling is that of the law on the
day of the decision; what no rulebook has a rate for is confirmed with a document, what the law refuses is refused. Of a
thousand claims some are returned, withdrawn, refused, corrected, frozen, revoked, reinstated.

`tests/api/demo/test_demo_law.py` holds every decision against what the service would have done.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from api.cases.claiming.claims import place_of
from api.demo.calendar import Calendar
from api.demo.country import Country, Hand, Organisation, Seat
from api.demo.dice import Dice
from api.demo.law import LawOfTheDay, year_of
from api.demo.pen import Pen, decided
from api.demo.studies import Claimed
from api.law_of import confirmed
from api.register.register import SYSTEM
from ledger.events.base import By
from ledger.events.study import Ruling, Study, StudyDetails
from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams import claim_review as review
from ledger.streams.claim import Claim, Status
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.vocabulary import ClaimId
from policies.assess import REFUSED, UNRULED
from policies.authority import Walk

SUPERVISOR: Final = "supervisor"

RETURNED, REFUSED_IN, WITHDRAWN, REVISED = 40, 15, 15, 8        # Of a thousand that are submitted.
CORRECTED, FROZEN, REVOKED = 12, 8, 5                           # Of a thousand that are approved.
_TO_MEND: Final = ("请补充日程表和签到记录", "证书照片不清晰，请重新上传", "天数与通知不一致，请核对", "请上传培训通知")
_NO: Final = ("材料不能证明参加了此项学习", "不属于本专业的继续教育内容", "与已登记的一项相同")
_SUSPICIONS: Final = ("接到举报，核查中", "证书编号待向发证单位核实", "签到记录待核实")


class Someone:
    """A person, with what the history needs to know of them beside their record."""

    __slots__ = ("asks", "habit", "number", "plan", "since", "state", "unit", "version", "visits", "year")

    def __init__(self, number: int, state: Person, habit: str) -> None:
        self.number, self.state, self.version, self.habit = number, state, 1, habit
        self.unit: Organisation | None = None
        self.asks = False  # Whether a transfer of theirs is open: one at a time (W 4).
        self.year = self.visits = 0
        self.since = date.min  # Up to this day they have claimed what they studied: no two studies share a day.
        self.plan: tuple[Any, ...] = ()

    @property
    def id(self) -> str:
        """Name them."""
        return self.state.person

    @property
    def is_open(self) -> bool:
        """Say whether anything but storing may be done with their data."""
        return not (self.state.is_restricted or self.state.is_forgotten)


class Way(NamedTuple):
    """How a claim is to go, where that is not left to chance."""

    outcome: str = "approve"
    decide_at: int | None = None                # Instead of some day in office hours.
    hand: Hand | None = None                    # Whoever decides.
    opens_evidence: bool = True
    then: Callable[[Paper], None] | None = None


class Paper:
    """A claim under way."""

    __slots__ = ("details", "fallback", "state", "unit", "version", "walk", "way", "whose")

    def __init__(
        self, whose: Someone, state: Claim, details: StudyDetails, walk: Walk, unit: Organisation, way: Way
    ) -> None:
        self.whose, self.state, self.details, self.walk, self.unit, self.way = whose, state, details, walk, unit, way
        self.version = 1
        self.fallback = 1_000


class Claims:
    """Claims from submission on."""

    def __init__(self, pen: Pen, calendar: Calendar, dice: Dice, law: LawOfTheDay, country: Country) -> None:
        self._pen, self._calendar, self._dice, self._law, self._country = pen, calendar, dice, law, country

    def submit(
        self, whose: Someone, unit: Organisation, claimed: Claimed, fallback: int = 0, way: Way | None = None
    ) -> Paper | None:
        """Put a study forward; None where a system registers it, or where they belonged nowhere when they studied."""
        today, now = self._calendar.today, self._calendar.now
        person, study = whose.state, claimed.study
        at = person.affiliation_on(today)
        assert at is not None, "whoever claims belongs somewhere"
        if person.affiliation_on(study.evidence_on) is None:
            return None
        walk = self._law.walk_for(at, today, person, study)
        claim = ClaimId(self._dice.id("claim", now))
        if walk.automatic:
            self._register(whose, claim, claimed)
            return None
        command = review.SubmitClaim(
            claim=claim, person=person.person, on=today, study=study, details=claimed.details, steps=walk.roles,
            evidence=claimed.evidence,
        )
        events = self._pen.write(now, review.decide_submission(None, command, person), _themselves(person))
        paper = Paper(whose, claims.evolve(None, events[0]), claimed.details, walk, unit, way or self._some_way())
        paper.fallback = fallback or 1_000
        if paper.way.outcome == "withdraw":
            self._calendar.at_home(self._dice.between(1, 2), self._withdraw, paper)
        elif paper.way.outcome == "revise":
            self._calendar.at(now + 600_000_000, self._revise, paper)
        self._await(paper)
        return paper

    def walk(self, whose: Someone, category: str) -> Walk:
        """Who would look at a claim of someone today."""
        at = whose.state.affiliation_on(self._calendar.today)
        assert at is not None, "whoever claims belongs somewhere"
        return self._law.walk(at, self._calendar.today, category)

    def worth(self, whose: Someone, study: Study) -> Ruling:
        """What the law of the day makes of a study of theirs."""
        return self._law.ruling(whose.state, study, self._calendar.today)

    def _register(self, whose: Someone, claim: ClaimId, claimed: Claimed) -> None:
        """A system has seen a course completed and registers it at once (N 8)."""
        person, study = whose.state, claimed.study
        submission = review.SubmitClaim(
            claim=claim, person=person.person, on=self._calendar.today, study=study, details=claimed.details,
            steps=("system",), evidence=claimed.evidence, origin="auto",
        )
        ruling = self._law.ruling(person, study, self._calendar.today)
        command = review.RegisterClaim(submission=submission, ruling=ruling, year=year_of(study))
        self._pen.write(self._calendar.now, review.decide_registration(None, command, person), SYSTEM)

    def _some_way(self) -> Way:
        """Most claims are approved."""
        drawn = self._dice.below(1_000)
        for outcome, often in (("return", RETURNED), ("refuse", REFUSED_IN), ("withdraw", WITHDRAWN),
                               ("revise", REVISED)):
            if drawn < often:
                return _WAYS[outcome]
            drawn -= often
        return _APPROVE

    # Step by step

    def _await(self, paper: Paper) -> None:
        if paper.way.decide_at is not None and paper.state.is_at_last_step:
            self._calendar.at(paper.way.decide_at, self._step, paper)
        else:
            self._calendar.in_office(self._dice.between(1, 9), self._step, paper)

    def _step(self, paper: Paper) -> None:
        """Take the step that is due, if there still is one."""
        claim = paper.state
        if claim.status is not Status.UNDER_REVIEW or not paper.whose.is_open:
            return
        role = claim.step_due
        hand = self._hand(paper, role)
        by, person = hand.state, paper.whose.state
        if not claim.is_at_last_step:
            decision = review.decide_endorsement(claim, review.EndorseClaim(role=role), person, by)
            self._write(paper, decision, hand.by(role))
            self._await(paper)
        elif paper.way.outcome == "return" and claim.revision == 1:
            command = review.ReturnClaim(role=role, words=self._dice.one_of(_TO_MEND))
            self._write(paper, review.decide_return(claim, command, person, by), hand.by(role))
            self._calendar.at_home(self._dice.between(1, 12), self._revise, paper)
        else:
            self._decide(paper, role, hand)

    def _decide(self, paper: Paper, role: str, hand: Hand) -> None:
        """Approve for what it is worth, or refuse."""
        claim, person = paper.state, paper.whose.state
        ruling = self._ruling(paper, claim.study)
        if paper.way.outcome == "refuse" or ruling.status == REFUSED:
            words = self._dice.one_of(_NO) if ruling.status != REFUSED else "按细则此项不予登记"
            refusing = review.RefuseClaim(role=role, words=words)
            self._write(paper, review.decide_refusal(claim, refusing, person, hand.state), hand.by(role))
            return
        opened = tuple(one.sha256 for one in claim.evidence) if paper.way.opens_evidence else ()
        command = review.ApproveClaim(role=role, ruling=ruling, year=year_of(claim.study), opened_evidence=opened)
        self._write(paper, review.decide_approval(claim, command, person, hand.state), hand.by(role))
        if paper.way.then is not None:
            paper.way.then(paper)
        elif paper.way in _COMMON:
            self._some_fate(paper)

    def _ruling(self, paper: Paper, study: Study) -> Ruling:
        """What would be recorded now: of what no rulebook has a rate for, what the authority confirms."""
        ruling = self._law.ruling(paper.whose.state, study, self._calendar.today)
        if ruling.status != UNRULED:
            return ruling
        return confirmed(paper.fallback, f"虚构认〔{self._calendar.today.year}〕{self._dice.between(1, 90)}号")

    def _hand(self, paper: Paper, role: str) -> Hand:
        if paper.way.hand is not None and paper.state.is_at_last_step:
            return paper.way.hand
        return self._dice.one_of(self._house(paper, role).hands[:2])

    def _house(self, paper: Paper, role: str) -> Organisation:
        office = paper.walk.office(role)
        assert office is not None, "a step is an office's"
        submitted = paper.state.submitted
        return self._country.office(office, Seat(submitted.region, submitted.sector), paper.unit)

    # The claimant meanwhile

    def _withdraw(self, paper: Paper) -> None:
        if paper.state.status is Status.UNDER_REVIEW and paper.whose.is_open:
            person = paper.whose.state
            command = review.WithdrawClaim(person=person.person)
            self._write(paper, review.decide_withdrawal(paper.state, command, person), _themselves(person))

    def _revise(self, paper: Paper) -> None:
        """Bring another paper; the walk begins again, as the law names it today for the place of the claim."""
        claim, person = paper.state, paper.whose.state
        untouched = claim.status is Status.UNDER_REVIEW and not claim.endorsed
        if not paper.whose.is_open or not (untouched or claim.status is Status.RETURNED):
            return
        paper.walk = self._law.walk_for(place_of(claim, person), self._calendar.today, person, claim.study)
        added = replace(claim.evidence[0], kind="schedule", sha256=self._dice.digest(), issued_on=None)
        command = review.ReviseClaim(
            person=person.person, study=claim.study, details=paper.details, steps=paper.walk.roles,
            evidence=(*claim.evidence, added),
        )
        was_returned = claim.status is Status.RETURNED
        self._write(paper, review.decide_revision(claim, command, person), _themselves(person))
        if was_returned:
            self._await(paper)

    # Afterwards

    def _some_fate(self, paper: Paper) -> None:
        drawn = self._dice.below(1_000)
        if drawn < CORRECTED:
            self._calendar.in_office(self._dice.between(5, 200), self.correct, paper, _mended(paper.state.study))
        elif drawn < CORRECTED + FROZEN:
            self._calendar.in_office(self._dice.between(20, 300), self.freeze, paper)
        elif drawn < CORRECTED + FROZEN + REVOKED:
            self._calendar.in_office(self._dice.between(20, 400), self.revoke, paper)

    def correct(self, paper: Paper, study: Study, because: str | None = None) -> None:
        """Put the facts right, worth what the law now makes of them."""
        claim, person = paper.state, paper.whose.state
        if claim.status is not Status.APPROVED or not paper.whose.is_open:
            return
        role, ruling = claim.steps[-1], self._ruling(paper, study)
        if ruling.status == REFUSED:
            return
        hand = self._hand(paper, role)
        command = register.CorrectClaim(
            role=role, study=study, details=paper.details, ruling=ruling, year=year_of(study), year_because=because,
            evidence=claim.evidence,
        )
        self._write(paper, register.decide_correction(claim, command, person, hand.state), hand.by(role))

    def freeze(self, paper: Paper) -> None:
        """Hold it; most are released again, the others revoked."""
        command = register.FreezeClaim(role=self._after(paper)[0], words=self._dice.one_of(_SUSPICIONS))
        if self._afterwards(paper, register.decide_freeze, command, Status.APPROVED):
            next_ = self.revoke if self._dice.happens(300) else self.release
            self._calendar.in_office(self._dice.between(5, 60), next_, paper)

    def release(self, paper: Paper) -> None:
        """End the hold."""
        command = register.ReleaseClaim(role=self._after(paper)[0], words="经核实，材料属实")
        self._afterwards(paper, register.decide_release, command, Status.FROZEN)

    def revoke(self, paper: Paper) -> None:
        """Undo the registration; some of them come back."""
        command = register.RevokeClaim(role=self._after(paper)[0], basis=self._dice.one_of(("falsified", "duplicate")),
                                       words="发证单位回函：查无此证")
        if self._afterwards(paper, register.decide_revocation, command, Status.APPROVED, Status.FROZEN) \
                and self._dice.happens(300):
            self._calendar.in_office(self._dice.between(10, 90), self.reinstate, paper)

    def reinstate(self, paper: Paper) -> None:
        """Undo the revocation, by a colleague of whoever revoked."""
        revoked_by = paper.state.revoked_by
        role, house = self._after(paper)
        assert revoked_by is not None
        if paper.state.status is not Status.REVOKED or not paper.whose.is_open:
            return
        hand = next(one for one in house.hands if not one.state.is_same_hand(revoked_by))
        command = register.ReinstateClaim(role=role, basis="evidence_found", words="发证单位更正：证书有效")
        decision = register.decide_reinstatement(paper.state, command, paper.whose.state, hand.state)
        self._write(paper, decision, hand.by(role))

    def _after(self, paper: Paper) -> tuple[str, Organisation]:
        """Who acts upon what is registered: the office that decided."""
        role = paper.state.steps[-1]
        return role, self._house(paper, role)

    def _afterwards(self, paper: Paper, decide: Callable[..., Decision], command: Any, *when: Status) -> bool:
        """Act upon it where it still stands as it should."""
        if paper.state.status not in when or not paper.whose.is_open:
            return False
        hand = self._hand(paper, command.role)
        decision = decide(paper.state, command, paper.whose.state, hand.state)
        self._write(paper, decision, hand.by(command.role))
        return True

    def _write(self, paper: Paper, decision: Decision, by: By) -> None:
        decided(decision)
        for event in self._pen.write(self._calendar.now, decision, by, {paper.state.claim: paper.version}):
            paper.state, paper.version = claims.evolve(paper.state, event), paper.version + 1


_APPROVE: Final = Way()
_WAYS: Final = {outcome: Way(outcome) for outcome in ("return", "refuse", "withdraw", "revise")}
_COMMON: Final = (_APPROVE, *_WAYS.values())


def _themselves(person: Person) -> By:
    return By(actor=person.person, role="person")


def _mended(study: Study) -> Study:
    """What a correction finds: a day less, another rank, another day on the certificate."""
    if study.days_half is not None and study.days_half > 2:
        return replace(study, days_half=study.days_half - 2)
    if study.rank is not None:
        return replace(study, rank=study.rank + 1, participants=(study.participants or study.rank) + 1)
    return replace(study, organiser="更正后的主办单位（虚构）")
