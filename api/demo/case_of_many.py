"""A case about several entries, worked on by two: the last evening's, so that each thing that happens to a case has.

Somebody saw one exam sat by another, and found more of the kind: the case is widened, a colleague is named to it, notes
are taken, material is asked for and comes or does not, the entries are held all at once and, as the finding is so,
revoked; one of them was mistaken for another's and is restored by the other hand. One act is given up on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from msgspec.structs import replace

from api.demo.calendar import Calendar
from api.demo.claims import SUPERVISOR
from api.demo.country import Hand
from api.demo.dice import Dice, digest_of
from api.demo.pen import decided
from ledger.events.base import By
from ledger.events.case import CaseId, Concerned
from ledger.ledger import Ledger
from ledger.streams import act as acts
from ledger.streams import actor as actors
from ledger.streams import case as cases
from ledger.streams import case_bulk as bulks
from ledger.streams import case_members as members
from ledger.streams import case_work as work
from ledger.streams import claim as claims
from ledger.streams import person as persons
from ledger.streams.case_bulk import Deed
from ledger.streams.decision import Decision
from ledger.vocabulary import ActId, ClaimId

ENTRIES: Final = 3
_WORDS: Final = {Deed.HOLD: "核查期间冻结", Deed.REVOKE: "代考所得学时撤销", Deed.REINSTATE: "复核为误认，予以恢复"}

Write = Callable[[Decision, By], None]


class CaseOfMany:
    """One case of some entries, and the two who work on it."""

    def __init__(
        self, ledger: Ledger, write: Write, dice: Dice, calendar: Calendar, now: Callable[[], int],
        hands: tuple[Hand, Hand],
    ) -> None:
        self._ledger, self._write, self._dice, self._now = ledger, write, dice, now
        self._calendar, self._hands = calendar, hands

    def decide(self, entries: tuple[ClaimId, ...]) -> None:
        """Let it go its whole way."""
        first, second = self._hands
        case = self._open(entries[0])
        self._in(case, members.decide_naming, members.NameMember(role=SUPERVISOR), to=second)
        self._in(case, work.decide_note, work.AddNote(role=SUPERVISOR, words="同一考场另有几人与证件照片不符"))
        self._widen(case, entries[1:])
        self._ask(case)
        due = self._calendar.last + timedelta(days=90)
        self._in(case, work.decide_deadline, work.SetDeadline(role=SUPERVISOR, due=due, words="等待笔迹鉴定"))
        self._bulk(case, Deed.HOLD, entries[:1], ended=bulks.AbandonBulk(role=SUPERVISOR, words="名单不全"))
        self._bulk(case, Deed.HOLD, entries)
        finding = cases.RecordFinding(
            role=SUPERVISOR, finding=cases.Finding.SUBSTANTIATED, words="监控显示由同一人代考", basis="第十六条")
        self._in(case, cases.decide_finding, finding)
        self._bulk(case, Deed.REVOKE, entries)
        self._bulk(case, Deed.REINSTATE, entries[-1:], by=second)
        self._write(members.decide_member_release(
            self._case(case), members.ReleaseMember(role=SUPERVISOR, words="另有任务"), second.state.actor,
            self._state(first)), first.by(SUPERVISOR))

    def _open(self, entry: ClaimId) -> CaseId:
        first, claim = self._hands[0], self._claim(entry)
        case = CaseId(self._dice.id("case", self._now()))
        command = cases.OpenCase(
            case=case, kind="impersonated_exam", region="330000", concerned=Concerned(claims=(entry,)),
            words="有人举报代考", role=SUPERVISOR)
        self._write(cases.decide_opening(None, command, [claim], self._state(first)), first.by(SUPERVISOR))
        return case

    def _widen(self, case: CaseId, entries: tuple[ClaimId, ...]) -> None:
        first = self._hands[0]
        command = work.WidenCase(role=SUPERVISOR, words="同一考场", concerned=Concerned(claims=entries))
        found = [self._claim(one) for one in entries]
        self._write(work.decide_widening(self._case(case), command, found, self._state(first)), first.by(SUPERVISOR))

    def _ask(self, case: CaseId) -> None:
        """For two things: one comes, the other does not."""
        due = self._calendar.last + timedelta(days=14)
        for what in ("考场监控录像", "座位安排原件"):
            self._in(case, work.decide_request, work.RequestMaterial(
                role=SUPERVISOR, source="承办考点（虚构）", what=what, due=due))
        self._in(case, work.decide_receipt, work.ReceiveMaterial(
            role=SUPERVISOR, number=1, files=(digest_of("考场监控录像"),), is_complete=True))
        self._in(case, work.decide_request_end, work.EndRequest(
            role=SUPERVISOR, number=2, why="not_provided", words="考点称已不存"))

    def _bulk(
        self, case: CaseId, deed: Deed, entries: tuple[ClaimId, ...], *, by: Hand | None = None,
        ended: bulks.AbandonBulk | None = None,
    ) -> None:
        hand = by or self._hands[0]
        state, act = self._state(hand), ActId(self._dice.id("act", self._now()))
        listed = digest_of("\n".join((case, deed, *entries)))
        command = bulks.OpenBulk(
            role=SUPERVISOR, act=act, deed=deed, words=_WORDS[deed], claims=entries, list_sha256=listed,
            chunk=len(entries), versions=tuple(self._ledger.store.version(one) for one in entries),
            basis=None if deed is Deed.HOLD else "falsified" if deed is Deed.REVOKE else "decided_in_error")
        known = self._case(case)
        self._write(bulks.decide_bulk_opening(known, command, state), hand.by(SUPERVISOR))
        on = bulks.grounds_of(known, deed, SUPERVISOR, command.words, command.basis)
        rows = [draft for entry in map(self._claim, entries)
                for draft in decided(bulks.decide_row(on, entry, self._person(entry), state))]
        chunk = decided(acts.decide_chunk(self._act(act), acts.WriteChunk(rows=len(entries), list_sha256=listed)))
        self._write((*rows, *chunk), replace(hand.by(SUPERVISOR), act=act))
        if ended is not None:
            last = bulks.decide_bulk_abandonment(self._case(case), self._act(act), ended, state)
        else:
            last = bulks.decide_bulk_closing(
                self._case(case), self._act(act), bulks.CloseBulk(role=SUPERVISOR), state)
        self._write(last, hand.by(SUPERVISOR))

    def _in(self, case: CaseId, decide: Callable[..., Decision], command: Any, to: Hand | None = None) -> None:
        first = self._hands[0]
        named = () if to is None else (self._state(to),)
        self._write(decide(self._case(case), command, *named, self._state(first)), first.by(SUPERVISOR))

    # What stands

    def _case(self, case: CaseId) -> cases.Case:
        found = self._ledger.load(case, cases.evolve).state
        assert found is not None, "what was opened is there"
        return found

    def _act(self, act: ActId) -> acts.Act | None:
        return self._ledger.load_act(act)[0]

    def _state(self, hand: Hand) -> Any:
        return self._ledger.load(hand.state.actor, actors.evolve).state

    def _claim(self, claim: ClaimId) -> claims.Claim:
        found = self._ledger.load(claim, claims.evolve).state
        assert found is not None, "what was registered is there"
        return found

    def _person(self, claim: claims.Claim) -> persons.Person:
        found = self._ledger.load(claim.person, persons.evolve).state
        assert found is not None, "a claim is a person's"
        return found
