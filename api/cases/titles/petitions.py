"""Applications for titles, acted upon: filed, assessed, postponed, granted, withdrawn (P 15, N 9, E 12, R 9).

The texts let the person apply and nobody for them, on the day on which the application comes in and never on one that
somebody wrote down: half a year more or less decides which years count (N 9). What the hours are worth is the law's
answer on the basis of that moment, never an office's own; the years of seniority stand in none of the five texts, so
whoever assesses confirms them.

Reading: none of the texts names who assesses. Whoever holds the place as human resources department, sector authority
or title review committee does; committees and human resources departments grant; the employer, whose own people they
are, does neither.

`tests/api/test_petitions.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import msgspec

from api.cases.belonging.people import upon_person
from api.cases.doing import Asked, Done, Reading, do
from api.cases.everything import everything_of
from api.cases.holders.allotment import COMMITTEE, SECTOR
from api.cases.standing import (
    HUMAN_RESOURCES,
    acting,
    by_actor,
    in_sight,
    not_a_person,
    oneself,
    places,
    present,
    role_for,
)
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.events.application import ApplicationId, Goal, Sanction
from ledger.streams import application as applications
from ledger.streams import person_career as careers
from ledger.streams import statement as statements
from ledger.streams.application import Application, Status, matter_upon, not_by
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from projections.applications import applications_of
from projections.basis import Axes
from projections.eligibility import Question, assessment_of, eligibility
from projections.sanctions import disqualifications_of, revocations_of

ASSESSING: Final = (HUMAN_RESOURCES, SECTOR, COMMITTEE)
GRANTING: Final = (COMMITTEE, HUMAN_RESOURCES)
RECORDING: Final = (HUMAN_RESOURCES, SECTOR)
"""Who enters a title that was granted elsewhere, or before there was a register."""

Decide = Callable[[Reading, Application, str, Person, Actor], Decision]


def file(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Apply, for oneself."""
    self = oneself(caller, fields["person"])
    if isinstance(self, Refusal):
        return self
    name = ApplicationId(house.new_id("application"))
    goal = Goal(
        level=fields["level"], applied_on=house.today, title_obtained_on=fields.get("title_obtained_on"),
        minimum_years=fields["minimum_years"], series=fields.get("series"), committee=fields["committee"],
    )
    command = applications.FileApplication(
        application=name, person=self, goal=goal, statement=fields.get("statement"))

    def decide(reading: Reading) -> Decision:
        if (behind := everything_of(house, reading, self)) is not None:  # No sanction, and no other application.
            return behind
        if no := _unfit_statement(reading, self, command.statement) or _under_way(house, reading, self, goal):
            return no
        reading.fresh(name)
        return applications.decide_filing(None, command, reading.person(self), _sanctions(house, reading, self))

    return do(house.ledger, caller.by("person"), asked, decide)


def _unfit_statement(reading: Reading, person: str, statement: str | None) -> Refusal | None:
    """What is handed in with it is the person's own and in force (P 15)."""
    found = None if statement is None else reading.state(statement, statements.evolve)
    if statement is None or (found is not None and found.person == person and found.status is statements.Status.ISSUED):
        return None
    if found is None or found.person != person:
        return Refusal.because("statement_absent")
    return Refusal.because("statement_not_in_force", status=found.status)


def _under_way(house: House, reading: Reading, person: str, goal: Goal) -> Refusal | None:
    """One title is applied for once at a time."""
    for one in applications_of(house.answers, person):
        if (one.level, one.series) == (goal.level, goal.series):
            found = application_of(reading, one.application)
            if found is not None and found.status in (Status.FILED, Status.ASSESSED):
                return Refusal.because("application_under_way", application=one.application, status=found.status)
    return None


def _sanctions(house: House, reading: Reading, person: str) -> list[Application]:
    """Every stream in which something was taken from a person; what is decided rests on how they stand."""
    names = [one.application for one in disqualifications_of(house.answers, person)]
    names += [one.application for one in revocations_of(house.answers, person)]
    found = (application_of(reading, name) for name in dict.fromkeys(names))
    return [one for one in found if one is not None]


def withdraw(house: House, caller: Caller, name: str, asked: Asked) -> Done | Refusal:
    """Take it back."""
    if no := not_a_person(caller):
        return no

    def decide(reading: Reading) -> Decision:
        found = application_of(reading, name)
        if found is None or found.person != caller.id:  # Of another's not even that there is one.
            return Refusal.because("application_absent")
        person = reading.person(found.person)
        assert person is not None, "whoever applied is registered"
        return applications.decide_application_withdrawal(
            found, applications.WithdrawApplication(person=found.person), person)

    return do(house.ledger, caller.by("person"), asked, decide, upon=name, show=view)


def assess(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Record what the law as of now makes of the hours, with the years of seniority that the office confirms."""

    def decide(reading: Reading, found: Application, role: str, person: Person, by: Actor) -> Decision:
        if no := not_by(found, role, person, by) or everything_of(house, reading, person.person):
            return no
        as_of = house.answers.position()
        if found.filed is None:
            return Refusal.because("application_absent")  # A sanction alone is no application.
        goal = found.filed.goal
        if no := applications.title_unfit(person, goal, _sanctions(house, reading, person.person)):
            return no
        question = Question(
            goal.applied_on, fields["minimum_years"], goal.level, goal.committee, goal.title_obtained_on,
            goal.title_obtained_on is None)
        answer = eligibility(house.answers, person.person, question, Axes(as_of))
        assert answer is not None, "whoever applied is known as of now"
        command = applications.AssessApplication(role=role, assessment=assessment_of(answer))
        return applications.decide_assessment(found, command, person, by)

    return as_office(house, caller, name, asked, ASSESSING, decide)


def postpone(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Move its time on, to the first year that could do by the assessment (N 9)."""

    def decide(_: Reading, found: Application, role: str, person: Person, by: Actor) -> Decision:
        if no := not_by(found, role, person, by):
            return no
        made = found.assessment
        earliest = None if made is None else made.earliest
        if made is not None and made.eligible is False and earliest is None:  # Of before it was recorded.
            return Refusal.because("assessment_incomplete", rulebook=made.rulebook, article=made.article)
        command = applications.PostponeApplication(role=role, earliest_year=earliest or 0, words=fields["words"])
        return applications.decide_postponement(found, command, person, by)

    return as_office(house, caller, name, asked, ASSESSING, decide)


def grant(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say that the committee passed it; the title stands in the person's record with it."""
    _happened(house, fields["obtained_on"])

    def decide(reading: Reading, found: Application, role: str, person: Person, by: Actor) -> Decision:
        if no := not_by(found, role, person, by) or everything_of(house, reading, person.person):
            return no
        taken = _sanctions(house, reading, person.person)
        if no := applications.applicant_barred(house.today, taken):
            return no  # Whoever may apply for nothing is granted nothing.
        if found.filed is not None and (no := applications.title_unfit(person, found.filed.goal, taken)):
            return no
        command = applications.GrantApplication(role=role, obtained_on=fields["obtained_on"])
        return applications.decide_grant(found, command, person, by)

    return as_office(house, caller, name, asked, GRANTING, decide)


def record_title(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Enter a title that was granted elsewhere, or before: the count of years begins after it (N 9)."""
    _happened(house, fields["obtained_on"])

    def decide(reading: Reading, role: str, found: Person, by: Actor) -> Decision:
        command = careers.RecordTitle(
            role=role, level=fields["level"], obtained_on=fields["obtained_on"], series=fields.get("series"),
            evidence=tuple(fields.get("evidence", ())),
        )
        return careers.decide_title(found, command, by)

    return upon_person(house, caller, person, asked, RECORDING, decide)


def void_title(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Strike out a title that was entered in error; one that was granted here is taken away, and never struck out."""
    wanted = (fields["level"], fields["obtained_on"].isoformat(), fields.get("series"))

    def decide(reading: Reading, role: str, found: Person, by: Actor) -> Decision:
        command = careers.VoidTitle(
            role=role, level=fields["level"], obtained_on=fields["obtained_on"], series=fields.get("series"))
        decided = careers.decide_title_void(found, command, by)
        if isinstance(decided, Refusal):
            return decided
        if (behind := everything_of(house, reading, person)) is not None:
            return behind
        granted = next((one.application for one in applications_of(house.answers, person)
                        if (one.level, one.obtained_on, one.series) == wanted), None)
        return decided if granted is None else Refusal.because("title_granted", application=granted)

    return upon_person(house, caller, person, asked, RECORDING, decide)


def resting_on(house: House, person: str, fields: dict[str, Any]) -> list[str]:
    """The applications under way that count their years from a title."""
    house.settled()
    return [one.application for one in applications_of(house.answers, person)
            if one.status in ("filed", "assessed") and one.title_obtained_on == fields["obtained_on"].isoformat()]


def _happened(house: House, day: date) -> None:
    if day > house.today:
        words = f"取得职称之日 {day} 还没有到；请写今日或以前的日期。"
        raise BadFields([Fault("/obtained_on", "day_to_come", words)])


def as_office(
    house: House, caller: Caller, name: str, asked: Asked, roles: tuple[str, ...], decide_it: Decide
) -> Done | Refusal:
    """Decide upon an application that is within sight, in the first of these roles that reaches it."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    reading = Reading(house.ledger)
    seen = application_of(reading, name)
    whose = None if seen is None else reading.person(seen.person)
    if no := in_sight(actor, () if whose is None else places(whose, house.today), "application_absent"):
        return no
    assert seen is not None and whose is not None, "what is not there is in nobody's sight"
    role = role_for(actor, roles, matter_upon(seen, whose))

    def decide(reading: Reading) -> Decision:
        found = application_of(reading, name)
        person = None if found is None else reading.person(found.person)
        assert found is not None and person is not None, "neither an application nor a person is ever taken away"
        return decide_it(reading, found, role, person, present(reading, caller))

    return do(house.ledger, by_actor(caller, actor, role), asked, decide, upon=name, show=view)


def application_of(reading: Reading, name: str) -> Application | None:
    """Read an application."""
    return reading.state(name, applications.evolve)


def view(one: Application) -> dict[str, Any]:
    """An application after a decision; where a sanction came first, there was none."""
    goal, taken = None if one.filed is None else one.filed.goal, one.disqualified
    return {
        "application": one.application, "person": one.person, "status": one.status,
        "goal": None if goal is None else msgspec.structs.asdict(goal),
        "statement": None if one.filed is None else one.filed.statement,
        "assessment": None if one.assessment is None else msgspec.structs.asdict(one.assessment),
        "disqualified": None if taken is None else {
            **sanction(taken.sanction), "lasts": taken.lasts, "starts": taken.starts, "until": taken.until,
            "lifted_on": one.lifted_on},
        "revoked_titles": [lost._asdict() for lost in one.revoked],
    }


def sanction(one: Sanction) -> dict[str, Any]:
    """For what, by which text, resting on which entries."""
    return {"cause": one.cause, "article": one.article, "rulebook": one.rulebook, "document": one.document,
            "claims": list(one.claims), "case": one.case}
