"""The last evening's applications, sanctions and cases: what an office decides on the answers of that day.

Some people apply for the next title; the law answers as `xueshi eligibility` would, and the office records that answer:
who falls short is postponed, one has passed the committee, one thinks better of it. Exams that somebody may have sat
for another are looked into: one case is ruled out and its hours released; one is substantiated, the hours revoked and
the right to apply lost, and where N 10 holds the title, too; one is referred; one is about several (`case_of_many.py`).
Only where a history is small enough to be followed within seconds are there any, as with statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

from api.demo.calendar import SECOND, Calendar, moment
from api.demo.case_of_many import ENTRIES, CaseOfMany
from api.demo.claims import SUPERVISOR, Someone
from api.demo.country import HUMAN_RESOURCES, Country, Hand
from api.demo.dice import Dice
from api.demo.pen import Pen, decided
from api.law_of import Library
from api.register.register import SYSTEM
from ledger.events.application import ApplicationId, Goal, Sanction
from ledger.events.base import By
from ledger.events.case import CaseId, Concerned
from ledger.streams import application as applications
from ledger.streams import application_sanctions as sanctions
from ledger.streams import case as cases
from ledger.streams import case_work
from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams import person as persons
from ledger.streams.application import THIS_APPLICATION
from ledger.streams.case import Finding
from ledger.streams.decision import Decision
from ledger.vocabulary import ClaimId
from policies.archive import Archive
from projections.answers import Answers, projections
from projections.basis import Axes
from projections.eligibility import Question, assessment_of, eligibility
from projections.following.standby import Standby

_APPLY_MOST: Final = 12
_SHORT_MOST: Final = 3
_YEARS: Final = {"assistant": 4, "intermediate": 5, "senior": 5}
"""How long one has had a title before one applies for the next; it stands in none of the five texts."""

_NEXT: Final = {"assistant": "intermediate", "intermediate": "senior", "senior": "professor"}
_WAIT_S: Final = 600
_PROVINCE: Final = "zhejiang/2016-08-01"
_NINGBO: Final = "ningbo-industry/2019-01-01"


class Petitions:
    """The last evening before the paper is handed out."""

    def __init__(self, pen: Pen, calendar: Calendar, dice: Dice, country: Country) -> None:
        self._pen, self._dice, self._country, self._calendar = pen, dice, country, calendar
        self._day: date = calendar.last
        self._now = moment(calendar.last, 22, 30)

    def decide(
        self, whom: list[Someone], passed: list[tuple[Someone, ClaimId]], archive: Archive, folder: Path
    ) -> None:
        """Let some apply, and look into some exams."""
        self._pen.flush()
        found = [(whose, claim) for whose, claim in reversed(passed) if self._may(whose)
                 and self._claim(claim).status is claims.Status.APPROVED]
        with self._answers(archive, folder) as answers:
            self._let_apply([one for one in whom if self._may(one) and one.state.titles], answers)
        if len(found) > 2:
            # The worst case is somebody's who has a title to lose, where the law takes it (N 10).
            found.sort(key=lambda one: (not one[0].state.titles, not self._is_under_ningbo(one[0])))
            (guilty, false), (_, out), (_, referred) = found[:3]
            self._ruled_out(out)
            self._referred(referred)
            self._substantiated(guilty, false)
        if len(several := [claim for _, claim in found[3:3 + ENTRIES]]) == ENTRIES:
            self._several(tuple(several))
        self._pen.flush()

    @contextmanager
    def _answers(self, archive: Archive, folder: Path) -> Iterator[Answers]:
        ledger = self._pen.ledger
        follower = Standby(ledger, folder, projections())
        try:
            follower.start()
            follower.wait_for(ledger.store.size(), _WAIT_S)
            yield Answers(ledger, folder, book=Library(archive).book, now=lambda: self._now)
        finally:
            follower.stop()

    def _may(self, whose: Someone) -> bool:
        return whose.is_open and whose.state.affiliation_on(self._day) is not None

    def _is_under_ningbo(self, whose: Someone) -> bool:
        at = whose.state.affiliation_on(self._day)
        return at is not None and at.region.startswith("3302") and at.sector == "industry"

    # Applications

    def _let_apply(self, titled: list[Someone], answers: Answers) -> None:
        """First those of whom a law speaks, and of these some who fall short; the first who does not has been through.

        The last one thinks better of it.
        """
        asked = [(whose, self._asked(whose, answers)) for whose in titled]
        told = sorted(asked, key=lambda one: one[1]["eligible"] is None)  # Stable: nobody is preferred otherwise.
        short = [one for one in told if one[1]["eligible"] is False][:_SHORT_MOST]
        others = [one for one in told if one[1]["eligible"] is not False]
        chosen, granted = [*short, *others][:_APPLY_MOST], False
        for number, (whose, answer) in enumerate(chosen, 1):
            name = self._apply(whose, answer)
            if number == len(chosen):
                self._write(applications.decide_application_withdrawal(
                    self._application(name), applications.WithdrawApplication(person=whose.state.person),
                    whose.state), _themselves(whose))
                continue
            hand = self._office(whose)
            command = applications.AssessApplication(role=HUMAN_RESOURCES, assessment=assessment_of(answer))
            self._on(name, whose, hand, applications.decide_assessment, command)
            if answer["hours"]["earliest"] is not None:
                postpone = applications.PostponeApplication(
                    role=HUMAN_RESOURCES, earliest_year=answer["hours"]["earliest"], words=answer["reasons"][0])
                self._on(name, whose, hand, applications.decide_postponement, postpone)
            elif not granted:
                granted = True
                self._on(name, whose, hand, applications.decide_grant, applications.GrantApplication(
                    role=HUMAN_RESOURCES, obtained_on=self._day))
                entered = self._pen.ledger.load(whose.state.person, persons.evolve)
                assert entered.state is not None, "whoever was granted a title is registered"
                whose.state, whose.version = entered.state, entered.version

    def _asked(self, whose: Someone, answers: Answers) -> dict[str, Any]:
        title = whose.state.titles[-1]
        found = eligibility(answers, whose.id, Question(self._day, _YEARS[title.level]), Axes())
        assert found is not None, "whoever has a title is registered"
        return found

    def _apply(self, whose: Someone, answer: dict[str, Any]) -> ApplicationId:
        title = answer["title"]
        goal = Goal(
            level=_NEXT[title["level"]], applied_on=self._day, series=title["series"],
            title_obtained_on=date.fromisoformat(title["obtained_on"]),
            minimum_years=answer["hours"]["years_needed"])
        return self._file(whose, goal)

    def _file(self, whose: Someone, goal: Goal) -> ApplicationId:
        name = ApplicationId(self._dice.id("application", self._now))
        command = applications.FileApplication(application=name, person=whose.state.person, goal=goal)
        self._write(applications.decide_filing(None, command, whose.state), _themselves(whose))
        return name

    # Cases

    def _ruled_out(self, claim: ClaimId) -> None:
        """What a colleague had reported was not so."""
        case = self._open(claim)
        self._in(case, cases.decide_finding, cases.RecordFinding(
            role=SUPERVISOR, finding=Finding.RULED_OUT, words="监控与准考证照片一致"))
        self._close(case, claim)

    def _referred(self, claim: ClaimId) -> None:
        """What a detector proposed is for the school's own supervisors."""
        case = self._open(claim, pattern="D10/1")
        self._in(case, cases.decide_referral, cases.ReferCase(
            role=SUPERVISOR, to="考试机构监督部门（虚构）", words="涉及考务人员，移送处理"))

    def _substantiated(self, whose: Someone, claim: ClaimId) -> None:
        """The hours are revoked, the application is lost, and so is the title that rested on them (P 16, N 10)."""
        case = self._open(claim)
        self._in(case, cases.decide_finding, cases.RecordFinding(
            role=SUPERVISOR, finding=Finding.SUBSTANTIATED, words="监控显示由他人代考", basis="第十六条"))
        hand, person = self._supervisor(), whose.state
        revoke = register.RevokeClaim(role=SUPERVISOR, basis="falsified", words="代考所得学时撤销", case=case)
        self._write(register.decide_revocation(self._claim(claim), revoke, person, hand.state), hand.by(SUPERVISOR))
        for name in self._punish(whose, claim, case):
            self._write(case_work.decide_consequence(
                self._pen.ledger.load(case, cases.evolve).state,
                case_work.NameConsequence(role=SUPERVISOR, application=name), self._application(name), hand.state),
                hand.by(SUPERVISOR))
        self._close(case, claim)

    def _several(self, entries: tuple[ClaimId, ...]) -> None:
        """What more than one had done is looked into by two."""
        first, second = self._country.holding(SUPERVISOR, "33", "general").hands[:2]
        CaseOfMany(self._pen.ledger, self._write, self._dice, self._calendar, lambda: self._now,
                   (first, second)).decide(entries)

    def _punish(self, whose: Someone, claim: ClaimId, case: CaseId) -> list[ApplicationId]:
        """Take what the law takes; gives the sanctions."""
        title = whose.state.titles[-1] if whose.state.titles else None
        if title is None:
            return []
        taken: list[ApplicationId] = []
        hand, other = self._country.human_resources("330000").hands[:2]
        goal = Goal(level=_NEXT[title.level], applied_on=self._day, title_obtained_on=title.obtained_on,
                    minimum_years=_YEARS[title.level], series=title.series)
        basis = Sanction(cause="falsified", article="第十六条", rulebook=_PROVINCE, claims=(claim,), case=case)  # type: ignore[arg-type]
        for lifted in (False, True):  # The second had been taken in error.
            name = self._file(whose, goal)
            self._on(name, whose, hand, sanctions.decide_disqualification, sanctions.DisqualifyApplicant(
                application=name, role=HUMAN_RESOURCES, sanction=basis, lasts=THIS_APPLICATION, starts=self._day,
                words="以代考取得学时"))
            if not lifted:
                taken.append(name)
            else:
                self._on(name, whose, other, sanctions.decide_lifting, sanctions.LiftDisqualification(
                    role=HUMAN_RESOURCES, on=self._day, basis="decided_twice", words="同一事实重复处理，予以恢复"))
        if not self._is_under_ningbo(whose):
            return taken
        revoked = Sanction(cause="falsified", article="第十条", rulebook=_NINGBO, claims=(claim,), case=case)  # type: ignore[arg-type]
        name = ApplicationId(self._dice.id("application", self._now))
        self._on(name, whose, hand, sanctions.decide_title_revocation, sanctions.RevokeTitle(
            application=name, role=HUMAN_RESOURCES, sanction=revoked, level=title.level, series=title.series,
            obtained_on=title.obtained_on, on=self._day, words="职称所依据的学时系代考取得"))
        return [*taken, name]

    def _open(self, claim: ClaimId, pattern: str | None = None) -> CaseId:
        """Open a case on hours of a course and hold them; a detector opens one by its pattern."""
        state, hand = self._claim(claim), self._supervisor()
        case = CaseId(self._dice.id("case", self._now))
        command = cases.OpenCase(
            case=case, kind="impersonated_exam", region=state.submitted.region, concerned=Concerned(claims=(claim,)),
            words="疑似代考", role=None if pattern else SUPERVISOR, pattern=pattern)
        opening = cases.decide_opening(None, command, [state], None if pattern else hand.state)
        self._write(opening, SYSTEM if pattern else hand.by(SUPERVISOR))
        known = self._pen.ledger.load(case, cases.evolve).state
        held = cases.decide_hold(
            known, cases.HoldClaims(role=SUPERVISOR, words="核查期间冻结"), [state], self._people(state), hand.state)
        self._write(held, hand.by(SUPERVISOR))
        return case

    def _close(self, case: CaseId, claim: ClaimId) -> None:
        state, hand = self._claim(claim), self._supervisor()
        known = self._pen.ledger.load(case, cases.evolve).state
        self._write(cases.decide_case_closing(
            known, cases.CloseCase(role=SUPERVISOR), [state], self._people(state), hand.state), hand.by(SUPERVISOR))

    def _in(self, case: CaseId, decide: Callable[..., Decision], command: Any) -> None:
        hand = self._supervisor()
        known = self._pen.ledger.load(case, cases.evolve).state
        self._write(decide(known, command, hand.state), hand.by(SUPERVISOR))

    # What stands

    def _people(self, claim: claims.Claim) -> dict[Any, Any]:
        return {claim.person: self._pen.ledger.load(claim.person, persons.evolve).state}

    def _claim(self, claim: ClaimId) -> claims.Claim:
        found = self._pen.ledger.load(claim, claims.evolve).state
        assert found is not None, "what was registered is there"
        return found

    def _application(self, name: str) -> applications.Application | None:
        return self._pen.ledger.load(name, applications.evolve).state

    def _office(self, whose: Someone) -> Hand:
        at = whose.state.affiliation_on(self._day)
        assert at is not None, "whoever applies belongs somewhere"
        return self._country.human_resources(at.region).hands[0]

    def _supervisor(self) -> Hand:
        return self._country.holding(SUPERVISOR, "33", "general").hands[0]

    def _on(
        self, name: ApplicationId, whose: Someone, hand: Hand, decide: Callable[..., Decision], command: Any
    ) -> None:
        self._write(decide(self._application(name), command, whose.state, hand.state), hand.by(HUMAN_RESOURCES))

    def _write(self, decision: Decision, by: By) -> None:
        """Record it at once: the next decision rests on it."""
        self._now += SECOND
        store = self._pen.ledger.store
        streams = [draft.event.stream for draft in decided(decision)]
        versions: dict[str, int] = {stream: store.version(stream) for stream in streams}
        self._pen.write(self._now, decision, by, versions)
        self._pen.flush()


def _themselves(whose: Someone) -> By:
    return By(actor=whose.state.person, role="person")
