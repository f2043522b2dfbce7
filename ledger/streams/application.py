"""An application for a title (职称申报) as far as hours go: filed, assessed, postponed, withdrawn, and what bars one.

    filed       → assessed, withdrawn
    assessed    → assessed (again), postponed, granted, withdrawn
    any         → disqualified → lifted;  any → a title revoked

P 15 (the person applies with the statement of their hours), N 9 (a shortage postpones, it is no sanction), P 16, E 13,
R 10, W 15 and N 10 (falsification takes the right to apply; a title that was granted for it is revoked). What the hours
are worth comes in as an `Assessment`; `application_sanctions.py` decides on sanctions.

What is granted is a title: the person's own stream says so in the same transaction. From then on nothing is left of the
application that could be taken, only the title (N 10).

A sanction may be the first event of a stream: the application it answers, or the title, may be older than the register.

D07: nobody assesses themselves.

`tests/ledger/streams/test_application_stream.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.application import (
    ApplicantDisqualified,
    ApplicationAssessed,
    ApplicationEvent,
    ApplicationFiled,
    ApplicationGranted,
    ApplicationId,
    ApplicationPostponed,
    ApplicationWithdrawn,
    Assessment,
    DisqualificationLifted,
    Goal,
    TitleRevoked,
)
from ledger.events.base import Draft
from ledger.streams.decision import Command, Decision, State, spoken
from ledger.streams.person import Person, Title, closed_to_processing, matter_of
from ledger.streams.person_career import RecordTitle, decide_title
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import PersonId

THIS_APPLICATION: Final = "this_application"
TERM: Final = "term"


class Status(StrEnum):
    """Where an application is in life; `none` where only a sanction stands, of what is older than the register."""

    NONE = "none"
    FILED = "filed"
    ASSESSED = "assessed"
    POSTPONED = "postponed"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    DISQUALIFIED = "disqualified"
    LIFTED = "lifted"


class Lost(NamedTuple):
    """A title that was taken away."""

    level: str
    series: str | None
    obtained_on: date


class Application(State):
    """An application as it stands. A sanction may come first: its life has no one beginning."""

    application: ApplicationId
    person: PersonId
    status: Status = Status.NONE
    filed: ApplicationFiled | None = None
    assessment: Assessment | None = None
    disqualified: ApplicantDisqualified | None = None
    lifted_on: date | None = None
    revoked: tuple[Lost, ...] = ()

    def bars(self, day: date) -> bool:
        """Say whether a sanction in this stream keeps the person from applying for anything on a day."""
        term = self.disqualified
        return term is not None and is_barred(day, term.lasts, term.starts, term.until, self.lifted_on)


def is_barred(day: date, lasts: str, starts: date, until: date | None, lifted_on: date | None) -> bool:
    """Say whether a disqualification bars a day: from its first to its last, or to the day before it was lifted.

    One for a single application bars nothing else (AMB-06).
    """
    begun = lasts == TERM and starts <= day
    return begun and (until is None or day <= until) and (lifted_on is None or day < lifted_on)


class FileApplication(Command):
    """Apply."""

    application: ApplicationId
    person: PersonId  # Who asks: for themselves alone.
    goal: Goal
    statement: str | None = None


class AssessApplication(Command):
    """Judge the hours, as the law says on a basis."""

    role: str
    assessment: Assessment


class PostponeApplication(Command):
    """Say that the hours fall short and when they could do."""

    role: str
    earliest_year: int
    words: str


class GrantApplication(Command):
    """Say that the committee passed it, and since when the title is held."""

    role: str
    obtained_on: date


class WithdrawApplication(Command):
    """Take it back."""

    person: PersonId


def decide_filing(
    application: Application | None, command: FileApplication, person: Person | None,
    sanctions: Iterable[Application] = (),
) -> Decision:
    """File where the person belongs on the day, from a title that is recorded, or as a first one where none is held.

    `sanctions`: all that they are under.
    """
    if application is not None:
        return Refusal.because("application_exists", application=application.application)
    if person is None:
        return Refusal.because("person_absent")
    if command.person != person.person:
        return Refusal.because("not_the_applicant")
    if no := closed_to_processing(person):
        return no
    goal, taken = command.goal, tuple(sanctions)
    if no := applicant_barred(goal.applied_on, taken):
        return no
    affiliation = person.affiliation_on(goal.applied_on)
    if affiliation is None:
        return Refusal.because("not_affiliated", day=goal.applied_on)
    if no := no_such_title(person, goal) or title_unfit(person, goal, taken):
        return no
    filed = ApplicationFiled(
        application=command.application,
        person=person.person,
        goal=goal,
        unit=affiliation.unit,
        region=affiliation.region,
        sector=affiliation.sector,
        statement=command.statement,
    )
    return (Draft(filed),)


def applicant_barred(day: date, sanctions: Iterable[Application]) -> Refusal | None:
    """Say what keeps somebody from applying for anything on a day."""
    for one in sanctions:
        if one.bars(day) and one.disqualified is not None:
            return Refusal.because(
                "applicant_barred", application=one.application, until=one.disqualified.until,
                article=one.disqualified.sanction.article,
            )
    return None


def no_such_title(person: Person, goal: Goal) -> Refusal | None:
    """Say that the title which the years are to be counted from is not recorded."""
    since = goal.title_obtained_on
    if since is None or any(one.obtained_on == since for one in person.titles):
        return None
    return Refusal.because("title_not_recorded", obtained_on=since)


def title_unfit(person: Person, goal: Goal, sanctions: Iterable[Application]) -> Refusal | None:
    """Say that the years are no longer counted from what was applied with; asked again before anything is decided."""
    taken = tuple(sanctions)
    return _title_lost(person, goal, taken) or _title_held(person, goal, taken)


def _title_lost(person: Person, goal: Goal, sanctions: Iterable[Application]) -> Refusal | None:
    """Say that the present title, which the years are counted from, was taken away (N 10)."""
    present = [one for one in person.titles if one.obtained_on == goal.title_obtained_on]
    if present and not _kept(present, sanctions):
        return Refusal.because("title_revoked", level=present[0].level, obtained_on=goal.title_obtained_on)
    return None


def _title_held(person: Person, goal: Goal, sanctions: Iterable[Application]) -> Refusal | None:
    """Say that whoever applies for a first title held one by the day: the years are counted from that (N 9)."""
    held = [one for one in _kept(person.titles, sanctions) if one.obtained_on <= goal.applied_on]
    if goal.title_obtained_on is None and held:
        return Refusal.because("title_held", level=held[-1].level, obtained_on=held[-1].obtained_on)
    return None


def _kept(titles: Iterable[Title], sanctions: Iterable[Application]) -> list[Title]:
    """Those of some titles that were not taken away."""
    lost = {gone for one in sanctions for gone in one.revoked}
    return [one for one in titles if Lost(one.level, one.series, one.obtained_on) not in lost]


def decide_assessment(
    application: Application | None, command: AssessApplication, person: Person, by: Actor
) -> Decision:
    """Assess, and again when more is known; an answer names the rulebook that gave it."""
    known = by_office(application, command.role, person, by, while_it_is=(Status.FILED, Status.ASSESSED))
    if isinstance(known, Refusal):
        return known
    made = command.assessment
    if made.eligible is not None and not (made.rulebook and made.digest and made.article):
        return Refusal.because("assessment_incomplete", rulebook=made.rulebook, article=made.article)
    assessed = ApplicationAssessed(
        application=known.application, person=known.person, assessment=made, hand=by.hand
    )
    return (Draft(assessed),)


def decide_postponement(
    application: Application | None, command: PostponeApplication, person: Person, by: Actor
) -> Decision:
    """Postpone what was assessed as falling short, under the article of that assessment (N 9)."""
    known = by_office(application, command.role, person, by, while_it_is=(Status.ASSESSED,))
    if isinstance(known, Refusal):
        return known
    made = known.assessment
    if made is None or made.eligible is not False or made.article is None:
        return Refusal.because("application_not_short", eligible=None if made is None else made.eligible)
    assert known.filed is not None
    if command.earliest_year < known.filed.goal.applied_on.year:
        return Refusal.because("earliest_year_past", earliest_year=command.earliest_year)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    postponed = ApplicationPostponed(
        application=known.application, person=known.person, earliest_year=command.earliest_year, article=made.article
    )
    return (Draft(postponed, words),)


def decide_grant(
    application: Application | None, command: GrantApplication, person: Person, by: Actor
) -> Decision:
    """Grant what was assessed and does not fall short, and enter the title; the day is not before the application."""
    known = by_office(application, command.role, person, by, while_it_is=(Status.ASSESSED,))
    if isinstance(known, Refusal):
        return known
    made, filed = known.assessment, known.filed
    assert made is not None and filed is not None, "what is assessed was filed"
    if made.eligible is False:
        return Refusal.because("application_short", article=made.article, reasons=made.reasons)
    goal = filed.goal
    if command.obtained_on < goal.applied_on:
        return Refusal.because("date_out_of_order", since=goal.applied_on)
    title = decide_title(person, RecordTitle(
        role=command.role, level=goal.level, obtained_on=command.obtained_on, series=goal.series), by)
    if isinstance(title, Refusal):
        return title
    granted = ApplicationGranted(
        application=known.application, person=known.person, obtained_on=command.obtained_on, hand=by.hand
    )
    return (Draft(granted), *title)


def decide_application_withdrawal(
    application: Application | None, command: WithdrawApplication, person: Person
) -> Decision:
    """Withdraw before it was postponed or the right was taken."""
    if application is None:
        return Refusal.because("application_absent")
    assert person.person == application.person, "the caller brought another person"
    if command.person != application.person:
        return Refusal.because("not_the_applicant")
    if no := closed_to_processing(person):
        return no
    if application.status not in (Status.FILED, Status.ASSESSED):
        return Refusal.because("application_not_open", status=application.status)
    return (Draft(ApplicationWithdrawn(application=application.application, person=application.person)),)


def by_office(
    application: Application | None, role: str, person: Person, by: Actor, *,
    while_it_is: Collection[Status] = tuple(Status),
) -> Application | Refusal:
    """Give an application that this hand may act upon as it stands, or say why not."""
    if application is None:
        return Refusal.because("application_absent")
    if no := not_by(application, role, person, by):
        return no
    if application.status not in while_it_is:
        return Refusal.because("application_not_open", status=application.status)
    return application


def matter_upon(application: Application | None, person: Person) -> Matter | None:
    """Take an application as the matter of an act: it belongs where it was filed, a person where they last belonged."""
    filed = None if application is None else application.filed
    return matter_of(person) if filed is None else Matter(filed.region, filed.sector, unit=filed.unit)


def not_by(application: Application | None, role: str, person: Person, by: Actor) -> Refusal | None:
    """Say why this hand has no say in an application, or, without one, in what becomes of a person."""
    assert application is None or person.person == application.person, "the caller brought another person"
    if no := standing(by, role, matter_upon(application, person)):
        return no
    if by.person == person.person:
        return Refusal.because("own_application", actor=by.actor)
    return closed_to_processing(person)


def evolve(application: Application | None, event: ApplicationEvent) -> Application:
    """Accept what happened; a sanction may come first."""
    known = Application(event.application, event.person) if application is None else application
    return _EVOLVE[type(event)](known, event)


def _disqualified(application: Application, event: ApplicantDisqualified) -> Application:
    return replace(application, status=Status.DISQUALIFIED, disqualified=event, lifted_on=None)


_EVOLVE: Final[dict[type[ApplicationEvent], Callable[[Application, Any], Application]]] = {
    ApplicationFiled: lambda one, event: replace(one, status=Status.FILED, filed=event),
    ApplicationAssessed: lambda one, event: replace(one, status=Status.ASSESSED, assessment=event.assessment),
    ApplicationPostponed: lambda one, event: replace(one, status=Status.POSTPONED),
    ApplicationGranted: lambda one, event: replace(one, status=Status.GRANTED),
    ApplicationWithdrawn: lambda one, event: replace(one, status=Status.WITHDRAWN),
    ApplicantDisqualified: _disqualified,
    DisqualificationLifted: lambda one, event: replace(one, status=Status.LIFTED, lifted_on=event.on),
    TitleRevoked: lambda one, event: replace(
        one, revoked=(*one.revoked, Lost(event.level, event.series, event.obtained_on))
    ),
}
