"""How late a class was filed, and what the law of its place makes of that (N 3, N 7, AMB-24).

The days are a fact of the class. How many it should have been, and whether fewer are only flagged or count nothing, is
what the rulebooks of the axes say: the clause of the class's route, in the most specific rulebook that has the route,
where and when the class was held. A class whose route no clause asks a filing of has no duty here.

`tests/projections/test_filings.py` shows it, and holds it against what the law rules on a row of such a class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from policies.law import Law
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


def duties_under(answers: Answers, one: TrainingClass, axes: Axes) -> tuple[tuple[FilingDuty, ...], Basis]:
    """What the law of the axes demands of a class's filing, and the basis of that answer."""
    basis = answers.basis(axes)
    return filing_duties(answers.books.seat(basis.digests).bench.law, one), basis
