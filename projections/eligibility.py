"""Whether a person may apply for a title on a day, under any law: the law's answer, and the sanctions that stand.

The law's answer is `policies.application` over the same entries and affiliations as the person's years (N 9): how many
years since the present title are met, and two in a row. What the law says of hours and what an office took away are
kept apart and both shown; a sanction that bars the day makes the answer no, whatever the hours (P 16, N 10).

The years of seniority that a level asks for stand in none of the five texts, so they are part of the question. So may
be the day of the present title; else it is the latest that is recorded and was not taken away. A first title is asked
about as such: that none is recorded does not say that there is none.

`tests/projections/test_eligibility.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import UNSET

from ledger.events.application import Assessment
from policies.application import ApplicationRuling, judge_application
from policies.facts import FIRST_DAY, LAST_DAY
from policies.facts import Application as Asked
from policies.places import standing_on
from policies.year import Standing
from projections.basis import Axes, Basis
from projections.errors import TitleUnknown, UnknownYear
from projections.judging import Judged, judge
from projections.people_reading import Title, read_person
from projections.sanctions import Disqualification, Revocation, disqualifications_of, revocations_of
from projections.years import REVOKED, read_history

if TYPE_CHECKING:
    from projections.answers import Answers

OUTSIDE: Final = "outside"


class Question(NamedTuple):
    """What is to be applied for, when, and what the hours are counted from."""

    applied_on: date
    minimum_years: int
    level: str | None = None
    committee: str = "inside"
    title_obtained_on: date | None = None
    is_first: bool = False   # There is no present title.


def eligibility(answers: Answers, person: str, question: Question, axes: Axes) -> dict[str, Any] | None:
    """The answer with its reasons and the years used, ready to be written as JSON; None for an unknown person."""
    for day in (question.applied_on, question.title_obtained_on):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise UnknownYear(day.year)
    basis = answers.basis(axes)
    people, at = answers.file("people", basis.as_of)
    known = read_person(people, person, at)
    if known is None:
        return None
    revoked = [one for one in revocations_of(answers, person, as_of=at) if _happened(one.revoked_on, axes)]
    titles = [one for one in known.titles if _happened(one.obtained_on, axes)]
    title = None if question.is_first else _title(titles, revoked, question)
    if title is None and not question.is_first:
        raise TitleUnknown(person, question.applied_on)
    judged = _judged(answers, person, basis)
    ruling = ruling_of(judged, person, question, None if title is None else title.obtained_on)
    sanctions = [_as_it_was(one, axes) for one in disqualifications_of(answers, person, as_of=at)
                 if _happened(one.starts, axes)]
    barring = [one for one in sanctions if one.bars(question.applied_on)]
    return {
        "person": person,
        "basis": basis.as_json(),
        "applied_on": question.applied_on.isoformat(),
        "level": question.level,
        "committee": question.committee,
        "title": None if title is None else title._asdict(),
        "eligible": False if barring else ruling.eligible,
        "reasons": [*map(_barred, barring), *ruling.reasons],
        "hours": {
            "eligible": ruling.eligible,
            "years_met": ruling.years_met,
            "years_needed": question.minimum_years,
            "consecutive": list(ruling.consecutive),
            "reasons": list(ruling.reasons),
            "earliest": ruling.earliest,
            "years": [{"year": year, "met": met} for year, met in ruling.years],
            "why": [step.as_json() for step in ruling.steps],
        },
        "sanctions": [{**one._asdict(), "bars": one.bars(question.applied_on)} for one in sanctions],
        "revoked_titles": [one._asdict() for one in revoked],
    }


def assessment_of(answer: dict[str, Any]) -> Assessment:
    """The law's answer as an office records it; what was taken from the person stands in events of its own."""
    hours, basis = answer["hours"], answer["basis"]
    books = {one["id"]: one["digest"] for one in basis["rulebooks"]}
    why = hours["why"][0]
    rulebook = why["rulebook"]  # Where one speaks of it, also of what it leaves open.
    return Assessment(
        eligible=hours["eligible"], years_met=hours["years_met"],
        years=tuple(one["year"] for one in hours["years"] if one["met"]), consecutive=tuple(hours["consecutive"]),
        reasons=tuple(hours["reasons"]), as_of=basis["as_of"], rulebooks=tuple(books.values()), rulebook=rulebook,
        digest=None if rulebook is None else books[rulebook], article=None if rulebook is None else why["article"],
        years_needed=hours["years_needed"], earliest=hours["earliest"])


def _happened(day: str, axes: Axes) -> bool:
    """Say whether something of this day is within what `valid_on` asks about."""
    return axes.valid_on is None or day <= axes.valid_on.isoformat()


def _as_it_was(one: Disqualification, axes: Axes) -> Disqualification:
    if one.lifted_on is None or _happened(one.lifted_on, axes):
        return one
    return one._replace(lifted_on=None, lifted_event=None)


def _title(titles: Sequence[Title], revoked: Sequence[Revocation], question: Question) -> Title | None:
    """The present title: as asked, else the latest that is recorded by the day and was not taken away by it."""
    on = question.applied_on.isoformat()
    if question.title_obtained_on is not None:
        day = question.title_obtained_on.isoformat()
        recorded = next((one for one in titles if one.obtained_on == day), None)
        return recorded or Title(day, "", None, 0)
    lost = {(one.level, one.series, one.obtained_on) for one in revoked if one.revoked_on <= on}
    held = [one for one in titles if one.obtained_on <= on and (one.level, one.series, one.obtained_on) not in lost]
    return max(held, key=lambda one: (one.obtained_on, one.event), default=None)


def _judged(answers: Answers, person: str, basis: Basis) -> Judged:
    people, _ = answers.file("people", basis.as_of)
    entries, _ = answers.file("entries", basis.as_of)
    history = read_history(people, entries, person, basis)
    standing = [one for one in history.registered if one.status != REVOKED]
    return judge(answers.books, basis.digests, history.belonged, standing)


def ruling_of(judged: Judged, person: str, question: Question, obtained_on: str | None) -> ApplicationRuling:
    """What the law says of the hours alone, counted from the day on which the present title was obtained, if any."""
    asked = Asked(
        person, question.applied_on.isoformat(), obtained_on, question.minimum_years,
        OUTSIDE if question.committee == OUTSIDE else UNSET,
    )

    def standing(day: int) -> Standing | None:
        found = standing_on(judged.places, day)
        return found if found is not None and found.region else None  # Nowhere is no affiliation.

    return judge_application(
        judged.bench.law, standing, judged.ruled.weighed, judged.ruled.folded, asked,
        question.applied_on.toordinal(), _begins(judged, question.applied_on, obtained_on).toordinal(),
        judged.bench.cycle_starts(judged.places),
    )


def _begins(judged: Judged, applied_on: date, obtained_on: str | None) -> date:
    """The day of the present title; without one, the first on which the person belonged anywhere."""
    if obtained_on is not None:
        return date.fromisoformat(obtained_on)
    belonged = next((one.first for one in judged.places if one.region), LAST_DAY.toordinal())
    return min(applied_on, date.fromordinal(belonged))


def _barred(one: Disqualification) -> str:
    until = "起（未定期限）" if one.until is None else f"至 {one.until}"
    source = " ".join(filter(None, (one.rulebook or one.document, one.article)))
    return f"{source}：自 {one.starts} {until} 取消申报资格（事件 {one.event}）"
