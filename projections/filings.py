"""How late a class was filed and which papers of it lack, as the law of its place has it (N 3, N 7, W 13, AMB-24).

The days are a fact of the class. How many it should have been, and whether fewer are only flagged or count nothing, is
what the rulebooks of the axes say: the clause of the class's route, in the most specific rulebook that has the route,
where and when the class was held. A class whose route no clause asks a filing of has no duty here.

Which papers an organiser hands in, some before the class and some after it, is a list in the rulebook. Whether they
are here is seen of the class itself. Reading: what is filed here is the plan of the class (办班计划), and filed when it
had begun it came too late; the approval is its number or a document. A department's own class needs none (W 14).

`tests/projections/test_filings.py` shows it, and holds it against what the law rules on a row of such a class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from policies.law import Law
from policies.papers import class_papers
from projections.basis import Axes, Basis
from projections.trainings_reading import TrainingClass

if TYPE_CHECKING:
    from projections.answers import Answers


class FilingDuty(NamedTuple):
    """That a class is filed so many days before it begins, and how far this one is from that."""

    rulebook: str
    article: str
    quote: str
    days: int
    late_by: int        # Days short of that; 0 where it was in time.
    effect: str | None  # What the law makes of it: a flag, or the reason for which nothing counts; None in time.


def filing_duties(law: Law, one: TrainingClass) -> tuple[FilingDuty, ...]:
    """What a law demands of a class's filing."""
    filed, lead = one.filed, one.lead_days
    layer = law.layer(law.interval(one.starts.toordinal()), filed.region, filed.sector, None)
    rows = layer.clauses.get((filed.category.value, filed.route), ())
    books = [book for book, _ in rows[:1]]  # Most specific first: the one that gives the hours.
    duties = {}
    for book, clause in rows:
        for condition in clause.conditions if book in books else ():
            if (filing := condition.filing) is not None:
                refuses = lead < 0 or (lead < filing.days and filing.force == "must")
                effect = condition.reason if refuses else filing.flag if lead < filing.days else None
                duties[condition.article] = FilingDuty(
                    book.id, condition.article, filing.quote, filing.days, max(0, filing.days - lead), effect)
    return tuple(duties.values())


State = Literal["handed_in", "lacking", "late", "to_come", "returned", "unknown"]


class ClassPaper(NamedTuple):
    """A paper of a class that the law wants, and whether it is here."""

    document: str
    rulebook: str
    article: str
    quote: str
    state: State  # `to_come`: after the class; `returned`: it came and went back; `unknown`: nothing here tells.


def papers_of(law: Law, one: TrainingClass) -> tuple[ClassPaper, ...]:
    """Which papers a law wants of a class that is filed with an office, and how each stands."""
    if one.filed.recipient is None:
        return ()
    wanted = class_papers(law, one.starts, one.filed.region, one.filed.sector)
    return tuple(ClassPaper(*paper, _STATES.get(paper.document, _untold)(one)) for paper in wanted)


def _untold(_: TrainingClass) -> State:
    return "unknown"


def _approval(one: TrainingClass) -> State:
    shown = one.filed.approval or any(paper.kind == "document" for paper in one.filed.evidence)
    return "handed_in" if shown else "lacking"


def _afterwards(kind: str) -> Callable[[TrainingClass], State]:
    def state(one: TrainingClass) -> State:
        if one.held is None:
            return "to_come"
        if kind == "roster" and one.list_returned is not None:
            return "returned"
        return "handed_in" if any(paper.kind == kind for paper in one.held.evidence) else "lacking"

    return state


_STATES: Final[dict[str, Callable[[TrainingClass], State]]] = {  # By what W 13 calls them.
    "批准文件": _approval,
    "办班计划": lambda one: "handed_in" if one.lead_days >= 0 else "late",
    "办班总结": _afterwards("summary"),
    "参加人员名单": _afterwards("roster"),
}


def duties_under(
    answers: Answers, one: TrainingClass, axes: Axes
) -> tuple[tuple[FilingDuty, ...], tuple[ClassPaper, ...], Basis]:
    """What the law of the axes demands of a class's filing, which papers it wants, and the basis of that answer."""
    basis = answers.basis(axes)
    law = answers.books.seat(basis.digests).bench.law
    return filing_duties(law, one), papers_of(law, one), basis
