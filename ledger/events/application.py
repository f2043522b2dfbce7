"""What happens to a person's application for a title (职称申报), and the sanctions that end one.

P 15, P 16, N 9, N 10, E 12, E 13, R 9, R 10, W 15. What was decided on the hours is recorded as it was decided, with
the rulebook and its digest; what the law makes of them today is an answer. A sanction is a fact with a first day and,
where it has one, a last: whether someone may apply on a day is an answer, too. None of the texts gives a term (AMB-06):
the application concerned is the reading, three years the national rule of 2024 where an authority has put it in force.

`tests/ledger/streams/test_application_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import NewType

from ledger.events.base import Event, Hand, Name, Open, Part, Pseudonym, Sealed, Words
from ledger.vocabulary import ClaimId, PersonId, RulebookId, StreamId, UnitId

ApplicationId = NewType("ApplicationId", str)


class ApplicationEvent(Event):
    """The base of all events of an application's stream."""

    application: Pseudonym[ApplicationId]
    person: Pseudonym[PersonId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.application)

    def subjects(self) -> tuple[str, ...]:
        return (self.person,)


class Goal(Part, kw_only=True):  # An optional field stands among the others: the order of a leaf is that of its form.
    """What was applied for, and what the hours are counted from."""

    level: Open[str]                       # Of the title applied for.
    applied_on: Open[date]
    title_obtained_on: Open[date | None] = None  # The count of years begins after it (N 9); None: a first title.
    minimum_years: Open[int]               # 资历年限 of the level; it stands in other documents than the five.
    series: Open[str | None] = None
    committee: Open[str] = "inside"        # inside, outside: a committee of another city follows its own rule (N 9).


class ApplicationFiled(ApplicationEvent, tag="application.filed/1"):
    """The person applied, with the statement of their hours (P 15)."""

    goal: Open[Goal]
    unit: Pseudonym[UnitId]                # Where they belonged on the day, and so who looks at it.
    region: Open[str]
    sector: Open[str]
    statement: Pseudonym[str | None] = None

    def subjects(self) -> tuple[str, ...]:
        return (self.person, self.unit)


class Assessment(Part):
    """What the law made of the hours when someone decided: handed in from outside, never asked for here."""

    eligible: Open[bool | None]            # None: the count is given without an answer.
    years_met: Open[int]
    years: Open[tuple[int, ...]]           # The years that were met and used.
    consecutive: Open[tuple[int, ...]]
    reasons: Open[tuple[str, ...]]
    as_of: Open[int]                       # The last position that was known.
    rulebooks: Open[tuple[str, ...]]       # SHA-256 of the bytes of each rulebook it was judged by.
    rulebook: Open[RulebookId | None] = None
    digest: Open[str | None] = None        # Of the rulebook that gave the answer, or that leaves it open.
    article: Open[str | None] = None
    years_needed: Open[int | None] = None  # 资历年限 as the office confirmed it, whatever was stated in the filing.
    earliest: Open[int | None] = None      # Where it falls short: the first year that could do (N 9).


class ApplicationAssessed(ApplicationEvent, tag="application.assessed/1"):
    """An office judged the hours (学时审核); again, when more was known. What suffices goes on to the committee."""

    assessment: Open[Assessment]
    hand: Pseudonym[Hand]


class ApplicationPostponed(ApplicationEvent, tag="application.postponed/1"):
    """The hours fall short: the time of application moves on (申报时间作相应延长, N 9). It is no sanction."""

    sealed_as = Words

    earliest_year: Open[int]
    article: Open[str]


class ApplicationGranted(ApplicationEvent, tag="application.granted/1"):
    """The committee passed it: the title is entered in the person's own stream, in the same transaction."""

    obtained_on: Open[date]
    hand: Pseudonym[Hand]


class ApplicationWithdrawn(ApplicationEvent, tag="application.withdrawn/1"):
    """The person took it back."""


class Sanction(Part):
    """For what, by which text, resting on which entries."""

    cause: Open[str]                              # short, falsified, ...: the words of the rulebooks' consequences.
    article: Open[str]
    rulebook: Open[RulebookId | None] = None      # The rulebook, or
    document: Open[str | None] = None             # the document that gives it.
    claims: Pseudonym[tuple[ClaimId, ...]] = ()   # The tainted entries.
    case: Pseudonym[str | None] = None


class ApplicantDisqualified(ApplicationEvent, tag="application.disqualified/1"):
    """The right to apply was taken (取消申报资格): for this application, or for a term (P 16, AMB-06)."""

    sealed_as = Words

    sanction: Open[Sanction]
    lasts: Open[str]              # this_application, or term: none from the first day to the last.
    starts: Open[date]
    hand: Pseudonym[Hand]
    until: Open[date | None] = None


class DisqualificationLifted(ApplicationEvent, tag="application.disqualification_lifted/1"):
    """It should not have been, or no longer is: from a day on the person may apply again."""

    sealed_as = Words

    on: Open[date]
    basis: Open[str]


class TitleRevoked(ApplicationEvent, tag="application.title_revoked/1"):
    """A title that had been granted was taken away, for entries that were false (N 10)."""

    sealed_as = Words

    sanction: Open[Sanction]
    level: Open[str]
    obtained_on: Open[date]
    on: Open[date]
    hand: Pseudonym[Hand]
    series: Open[str | None] = None

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        return (Name("revoked_title", f"{self.person}:{self.level}:{self.series or ''}:{self.obtained_on}"),)
