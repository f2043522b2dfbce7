"""What would be if certain entries did not count: years, statements, assessments and titles with them and without.

Asked before anything is decided about them (P 16, N 10). Nothing is changed: the same past is judged twice under the
law of the axes, once as it stands and once without the entries that are asked about. These count on the one side and
not on the other, frozen or not; one that does not count anyway (still under review, revoked) makes no difference. What
was left no room under a cap, or gave way to a duplicate, counts where the entries do not, and is named.

`held` says what of the other frozen entries of the same people: counted on both sides, as the register counts them,
or left out on both, as if the cases that hold them had fallen, too.

`without_past.py` judges a past twice, `without_papers.py` says what rests on it.

`tests/projections/test_without.py` shows it, and holds it against a register in which the entries were revoked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from ledger.vocabulary import parse_hours
from projections.basis import Axes
from projections.entries_reading import read_each
from projections.without_papers import applications, statements, title_of
from projections.without_past import SIDES, Past, Question, Under
from projections.years import text

if TYPE_CHECKING:
    from projections.answers import Answers

COUNTED: Final = "counted"
LEFT_OUT: Final = "left_out"
HELD: Final = (COUNTED, LEFT_OUT)

AT_ONCE: Final = 400
"""So many people are read and judged together: of ten thousand no more is in memory than of so many, and the answer."""

_NOTHING: Final = {"assessed": "0", "counted": "0"}


def without(answers: Answers, claims: Iterable[str], axes: Axes, *, held: str = COUNTED) -> dict[str, Any]:
    """Everything that would be otherwise if these entries did not count, ready to be written as JSON."""
    basis, asked = answers.basis(axes), frozenset(claims)
    entries, at = answers.file("entries", basis.as_of)
    named = read_each(entries, sorted(asked), at)
    persons, found = sorted({one.person for one in named}), list[dict[str, Any]]()
    for at_first in range(0, len(persons), AT_ONCE):  # What is judged of some is forgotten before the next are read.
        question = Question(answers, basis, asked, held == COUNTED, persons[at_first:at_first + AT_ONCE])
        found += (_effects(Past(question, person)) for person in question.persons)
    counting = {one["claim"]: one for each in found for one in each["entries"]}
    told = {
        "basis": basis.as_json(), "held": held,
        "claims": [counting.get(one.claim) or {
            "claim": one.claim, "person": one.person, "status": one.status, "year": None, "counts": False,
            "decided": _NOTHING, "evaluated": _NOTHING, "events": list(one.events)} for one in named],
        "unknown": sorted(asked - {one.claim for one in named}),
        "persons": [{"person": one["person"], "claims": [entry["claim"] for entry in one["entries"]],
                     "falls": any(year["falls"] for year in one["years"]), "years": one["years"]} for one in found],
        **{kind: [each for one in found for each in one[kind]] for kind in ("statements", "applications", "titles")},
    }
    return {**told, "summary": _summary(told)}


def _effects(past: Past) -> dict[str, Any]:
    """What would be otherwise of one person."""
    basis, rest = past.question.basis, list(applications(past))
    law = Under(basis.digests, basis.valid_on, past.question.is_counted)
    return {
        "person": past.person, "entries": list(past.entries(past.both(law).stands)), "years": past.years(law),
        "statements": list(statements(past)), "applications": rest,
        "titles": [title_of(one) for one in rest if one["title"] is not None and one["claims"]],
    }


def _summary(told: dict[str, Any]) -> dict[str, Any]:
    years: dict[int, dict[str, int]] = {}
    for one in told["persons"]:
        for each in one["years"]:
            count = years.setdefault(each["year"], dict.fromkeys(
                ("persons", "met", "met_without", "falls", "lost_decided_centi", "lost_evaluated_centi"), 0))
            count["persons"] += 1
            count["met"] += each["stands"]["evaluated"]["met"] is True
            count["met_without"] += each["without"]["evaluated"]["met"] is True
            count["falls"] += each["falls"]
            for side in SIDES:
                stands, rest = (parse_hours(each[which][side]["total"]) for which in ("stands", "without"))
                count[f"lost_{side}_centi"] += stands - rest
    return {
        "claims": len(told["claims"]), "counting": sum(one["counts"] for one in told["claims"]),
        "persons": len(told["persons"]), "persons_changed": sum(bool(one["years"]) for one in told["persons"]),
        "persons_falling": sum(one["falls"] for one in told["persons"]),
        "statements": len(told["statements"]), "statements_newly": sum(one["is_so"] for one in told["statements"]),
        "applications": len(told["applications"]),
        "applications_falling": sum(one["is_so"] and not one["holds"] for one in told["applications"]),
        "titles": len(told["titles"]),
        "titles_falling": sum(one["is_so"] and not one["holds"] for one in told["titles"]),
        "years": [{"year": year, **{name: count[name] for name in ("persons", "met", "met_without", "falls")},
                   "lost": {side: text(count[f"lost_{side}_centi"]) for side in SIDES}}
                  for year, count in sorted(years.items())],
    }
