"""Who works on a case: members are named by others, and its contents are for them alone (P 17).

Whoever supervises the place may name a member, and sees of a case that has members no more than its head. Nobody names
themselves into a case that has any, so that nobody is let in but by a second hand; of a case that a detector proposed,
the first takes it up themselves. The last member stays until another is named: a case without any would be open to
everyone who supervises the place.

`tests/ledger/streams/test_case_stream.py` shows it.
"""

from __future__ import annotations

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.case import MemberNamed, MemberReleased
from ledger.streams.case import Case, in_reach, is_concerned
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import ActorId


class NameMember(Command):
    """Let an account work on the case."""

    role: str


class ReleaseMember(Command):
    """Let it work on the case no longer."""

    role: str
    words: str | None = None


def decide_naming(case: Case | None, command: NameMember, to: Actor | None, by: Actor) -> Decision:
    """Name an account that could work on it itself, once; also when it is closed, since appeals come after."""
    known = in_reach(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    if to is None:
        return Refusal.because("actor_absent")
    if to.actor in known.members:
        return Refusal.because("already_a_member", actor=to.actor)
    if known.members and by.is_same_hand(to.hand):
        return Refusal.because("same_hand", actor=by.actor)
    if standing(to, command.role, known.matter) or is_concerned(known.concerned, to):
        return Refusal.because("member_unfit", actor=to.actor)
    return (Draft(MemberNamed(case=known.case, actor=to.actor, hand=by.hand)),)


def decide_member_release(case: Case | None, command: ReleaseMember, member: ActorId, by: Actor) -> Decision:
    """Release a member while another stays, by whoever supervises the place: themselves, too."""
    known = in_reach(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    if member not in known.members:
        return Refusal.because("member_absent", actor=member)
    if len(known.members) == 1:
        return Refusal.because("last_member", actor=member)
    return (Draft(MemberReleased(case=known.case, actor=member, hand=by.hand), spoken(command.words)),)
