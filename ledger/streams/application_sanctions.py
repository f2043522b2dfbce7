"""What takes the right to apply for a title, gives it back, or takes a title that rested on what was false.

P 16, E 13, R 10, W 15 and N 10: falsification takes the right to apply; a title that was granted for it is revoked. The
term of a sanction comes in with the text that gives it (AMB-06). A sanction may be the first event of a stream.

D07: nobody sanctions themselves, and D14: whoever disqualified does not lift it.

`tests/ledger/streams/test_application_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from ledger.errors import Refusal
from ledger.events.application import (
    ApplicantDisqualified,
    ApplicationId,
    DisqualificationLifted,
    Sanction,
    TitleRevoked,
)
from ledger.events.base import Draft
from ledger.streams.application import TERM, THIS_APPLICATION, Application, Lost, Status, by_office, not_by
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.person import Person
from ledger.streams.standing import Actor

FALSIFIED: Final = "falsified"


class DisqualifyApplicant(Command):
    """Take the right to apply: for this application or for a term."""

    application: ApplicationId
    role: str
    sanction: Sanction
    lasts: str
    starts: date
    words: str
    until: date | None = None


class LiftDisqualification(Command):
    """Give the right to apply back."""

    role: str
    on: date
    basis: str
    words: str


class RevokeTitle(Command):
    """Take away a title that rested on what was false."""

    application: ApplicationId
    role: str
    sanction: Sanction
    level: str
    obtained_on: date
    on: date
    words: str
    series: str | None = None


def decide_disqualification(
    application: Application | None, command: DisqualifyApplicant, person: Person | None, by: Actor
) -> Decision:
    """Disqualify once, for this application or for a term, resting on entries or a case where it is falsification."""
    if person is None:
        return Refusal.because("person_absent")
    if no := not_by(application, command.role, person, by):
        return no
    if application is not None and application.disqualified is not None and application.lifted_on is None:
        return Refusal.because("already_disqualified", application=application.application)
    if command.lasts == THIS_APPLICATION and (application is None or application.filed is None):
        return Refusal.because("application_absent")  # Nothing that could be lost: only a term bars what is to come.
    if command.lasts == THIS_APPLICATION and application is not None and application.status is Status.GRANTED:
        return Refusal.because("application_granted", application=application.application)
    if command.until is not None and command.until < command.starts:
        return Refusal.because("term_unfit", starts=command.starts, until=command.until)
    if no := _baseless(command.sanction):
        return no
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    disqualified = ApplicantDisqualified(
        application=command.application,
        person=person.person,
        sanction=command.sanction,
        lasts=command.lasts,
        starts=command.starts,
        hand=by.hand,
        until=command.until if command.lasts == TERM else None,
    )
    return (Draft(disqualified, words),)


def decide_lifting(
    application: Application | None, command: LiftDisqualification, person: Person, by: Actor
) -> Decision:
    """Lift by another hand than the one that disqualified."""
    known = by_office(application, command.role, person, by)
    if isinstance(known, Refusal):
        return known
    term = known.disqualified
    if term is None or known.lifted_on is not None:
        return Refusal.because("not_disqualified", status=known.status)
    if by.is_same_hand(term.hand):
        return Refusal.because("same_hand", actor=by.actor)
    if command.on < term.starts:
        return Refusal.because("term_unfit", starts=term.starts, until=command.on)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    lifted = DisqualificationLifted(
        application=known.application, person=known.person, on=command.on, basis=command.basis
    )
    return (Draft(lifted, words),)


def decide_title_revocation(
    application: Application | None, command: RevokeTitle, person: Person | None, by: Actor
) -> Decision:
    """Revoke a title that is recorded, naming the entries that were false (N 10)."""
    if person is None:
        return Refusal.because("person_absent")
    if no := not_by(application, command.role, person, by):
        return no
    lost = Lost(command.level, command.series, command.obtained_on)
    if application is not None and lost in application.revoked:
        return Refusal.because("title_revoked", level=command.level, obtained_on=command.obtained_on)
    if all((one.level, one.series, one.obtained_on) != lost for one in person.titles):
        return Refusal.because("title_not_recorded", obtained_on=command.obtained_on)
    if not command.sanction.claims:
        return Refusal.because("sanction_baseless", cause=command.sanction.cause)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    revoked = TitleRevoked(
        application=command.application,
        person=person.person,
        sanction=command.sanction,
        level=command.level,
        obtained_on=command.obtained_on,
        on=command.on,
        hand=by.hand,
        series=command.series,
    )
    return (Draft(revoked, words),)


def _baseless(sanction: Sanction) -> Refusal | None:
    if sanction.cause == FALSIFIED and not sanction.claims and sanction.case is None:
        return Refusal.because("sanction_baseless", cause=sanction.cause)
    return None
