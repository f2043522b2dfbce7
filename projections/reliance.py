"""What an assessment of hours rested on, and what has become of it: entries that changed since, and whether it holds.

An assessment is a fact of the day on which it was made (N 9). Entries that it rested on may be revoked, corrected or
frozen afterwards (P 16, N 10); then the same question is asked again, of the same rulebooks, as of a later position.
Nothing follows from it by itself: a person decides.

`tests/api/test_petitions.py` shows it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.events.application import Assessment
from ledger.vocabulary import format_hours
from projections.applications import Application
from projections.basis import Axes
from projections.eligibility import Question, eligibility
from projections.entries_reading import Version, read_registered, year_of

if TYPE_CHECKING:
    from projections.answers import Answers


class Change(NamedTuple):
    """An entry that stood when the hours were assessed, then and now."""

    claim: str
    year: int
    used: bool                # Of a year that the assessment counted.
    status_then: str
    status_now: str
    assessed_then: str
    assessed_now: str
    events: tuple[int, ...]   # What happened to it since.


def reliance(answers: Answers, application: Application, *, as_of: int) -> dict[str, Any] | None:
    """What has become of what an assessment rested on; None where nothing was assessed."""
    decided = application.decided
    if decided is None:
        return None
    made, used = decided.assessment, years_used(decided.assessment)
    changes = _changes(answers, application.person, made.as_of, as_of, used)
    holds, now = True, None
    if changes:
        answer = eligibility(answers, application.person, question_of(application, made),
                             Axes(as_of, law=f"set:{','.join(made.rulebooks)}"))
        assert answer is not None, "whoever was assessed is registered"
        now = answer["hours"]
        holds = is_so(made, {one["year"] for one in now["years"] if one["met"]}, eligible=now["eligible"])
    return {
        "application": application.application, "status": application.status, "level": application.level,
        "applied_on": application.applied_on, "obtained_on": application.obtained_on,
        "assessed": {"event": decided.event, "as_of": made.as_of, "eligible": made.eligible,
                     "years": sorted(used), "rulebook": made.rulebook, "article": made.article},
        "changes": [one._asdict() for one in changes],
        "holds": holds,
        "now": None if now is None else {
            "eligible": now["eligible"], "years": [one["year"] for one in now["years"] if one["met"]],
            "consecutive": now["consecutive"], "reasons": now["reasons"]},
    }


def years_used(made: Assessment) -> frozenset[int]:
    """The years that an assessment counted."""
    return frozenset((*made.years, *made.consecutive))


def question_of(application: Application, made: Assessment) -> Question:
    """The question that was assessed, to be asked again."""
    needed = application.minimum_years if made.years_needed is None else made.years_needed
    obtained = None if (day := application.title_obtained_on) is None else date.fromisoformat(day)
    return Question(date.fromisoformat(application.applied_on), needed, application.level, application.committee,
                    obtained, obtained is None)


def is_so(made: Assessment, met: Collection[int], *, eligible: bool | None) -> bool:
    """Say whether an assessment holds where these years are met and the law answers so."""
    if made.eligible is None:  # Where no rulebook answers, the years that were counted still have to be.
        return years_used(made) <= frozenset(met)
    return made.eligible is False or eligible is True


def _changes(answers: Answers, person: str, since: int, as_of: int, used: frozenset[int]) -> list[Change]:
    """The entries that stood at one position and stand otherwise at a later one, in the order of registration."""
    entries, _ = answers.file("entries", as_of)
    now = {one.claim: one for one in read_registered(entries, person, as_of)}
    found = []
    for then in read_registered(entries, person, since):
        later = now.get(then.claim, then)
        if (then.status, then.decision, then.study) != (later.status, later.decision, later.study):
            year = year_of(then)
            found.append(Change(
                then.claim, year, year in used, then.status, later.status, _assessed(then), _assessed(later),
                tuple(event for event in later.events if event not in then.events)))
    return found


def _assessed(version: Version) -> str:
    return format_hours(0 if version.decision is None else version.decision.assessed_centi)
