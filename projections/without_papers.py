"""What rests on entries that might not count: statements in force, assessments, and the titles granted upon them.

A statement is touched where it prints one of the entries, or where a year that it speaks of would come to something
else under its own rulebooks. An assessment rests on an entry of a year that it counted; whether it would still hold is
the same question, asked again of the same rulebooks (`projections/reliance.py`). Both are held against the register as
it stands: `held` and `valid_on` are no matter to them, each has an axis of its own.

`tests/projections/test_without.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from projections.applications import Application
from projections.eligibility import ruling_of
from projections.entries_reading import Version, read_claim, year_of
from projections.reliance import is_so, question_of, years_used
from projections.statements import Statement
from projections.still_so import changed_since
from projections.without_past import Known, Past, Under
from projections.years import REVOKED, Sides, text

_GRANTED: Final = "granted"
_ISSUED: Final = "issued"


def statements(past: Past) -> Iterable[dict[str, Any]]:
    """Statements in force that print one of the entries, or speak of a year that would come to something else."""
    for one in past.question.statements.get(past.person, ()):
        if one.status != _ISSUED:
            continue
        valid_on = None if one.valid_on is None else date.fromisoformat(one.valid_on)
        law = Under(past.question.digests(one.rulebooks), valid_on)
        printed = [each.claim for each in past.both(law).stands.standing if each.claim in past.question.asked
                   and year_of(each) in one.years and (each.registered or 0) <= one.as_of]
        years = list(_otherwise(past, law, one.years))
        if printed or years:
            yield {
                "statement": one.statement, "person": past.person, "code": one.code, "events": list(one.events),
                "claims": printed, "years": years, "is_so": _is_so(past, one, past.known(valid_on)),
            }


def _otherwise(past: Past, law: Under, years: Iterable[int]) -> Iterable[dict[str, Any]]:
    """The years of these that would come to something else, with their totals."""
    for year in years:
        if past.differs(law, year):
            was, then = past.year(law, year)
            yield {"year": year, "stands": _sums(was), "without": _sums(then)}


def _is_so(past: Past, statement: Statement, known: Known) -> bool:
    """Say whether what a statement says is so as it stands; if nothing happened since, it is."""
    since, until = statement.as_of, past.question.basis.as_of
    quiet = all(one.from_position <= since for one in known.registered if year_of(one) in statement.years)
    if quiet and not any(since < one <= until for one in past.question.places[past.person].moves):
        return True
    return not changed_since(past.question.answers, statement, as_of=until)["corrected"]


def applications(past: Past) -> Iterable[dict[str, Any]]:
    """Assessments that rest on one of the entries, or would come to something else."""
    for one in past.question.applications.get(past.person, ()):
        if one.decided is None:
            continue
        made, used = one.decided.assessment, years_used(one.decided.assessment)
        rests = [each.claim for each in _stood(past, made.as_of) if year_of(each) in used]
        question, law = question_of(one, made), Under(past.question.digests(made.rulebooks))
        was, then = (ruling_of(judged, past.person, question, one.title_obtained_on) for judged in past.both(law))
        held, holds = (is_so(made, {year for year, met in ruling.years if met}, eligible=ruling.eligible)
                       for ruling in (was, then))
        if rests or held != holds:
            yield {
                "application": one.application, "person": past.person, "status": one.status, "level": one.level,
                "series": one.series, "applied_on": one.applied_on, "claims": rests,
                "assessed": {"event": one.decided.event, "eligible": made.eligible, "years": sorted(used),
                             "rulebook": made.rulebook, "article": made.article},
                "is_so": held, "holds": holds,
                "without": {"eligible": then.eligible, "years_met": then.years_met,
                            "years_needed": question.minimum_years, "consecutive": list(then.consecutive),
                            "reasons": list(then.reasons)},
                "title": _granted(past, one), "events": list(one.events),
            }


def _stood(past: Past, position: int) -> Iterable[Version]:
    """The entries asked about that counted at a position, as they stood at it."""
    for one in past.question.registered[past.person]:
        if one.claim in past.question.asked and (one.registered or 0) <= position:
            if one.from_position > position:
                one = read_claim(past.question.entries, one.claim, position)[-1]
            if one.status != REVOKED:
                yield one


def _granted(past: Past, application: Application) -> dict[str, Any] | None:
    """The title that was granted upon an application and has not been taken away since."""
    level, series, obtained_on = application.level, application.series, application.obtained_on
    if application.status != _GRANTED or (past.person, level, series, obtained_on) in past.question.taken:
        return None
    return {"level": level, "series": series, "obtained_on": obtained_on, "event": application.events[-1]}


def title_of(application: dict[str, Any]) -> dict[str, Any]:
    """A title with what has become of the assessment that it was granted upon."""
    told = {name: application[name] for name in ("application", "person", "claims", "is_so", "holds")}
    return {**told, **application["title"]}


def _sums(of: Sides) -> dict[str, str]:
    return {"decided": text(of.decided.sums.total), "evaluated": text(of.evaluated.sums.total)}
