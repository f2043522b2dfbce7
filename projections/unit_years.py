"""A year of one person in a line: totals, verdict and what is missing, as a unit reads it of all its people.

For appointment, appraisal at the end of a term and performance (P 4, E 14, N 9). It is the same judgement as that of a
person's years, without its entries and reasons, which are asked for person by person.

`tests/api/test_unit_years.py` shows it, and holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from policies.year import GENERAL_PUBLIC, PROFESSIONAL, SECTOR_PUBLIC, MinimumRuling
from projections.basis import Basis
from projections.entries_reading import year_of
from projections.judging import judge
from projections.years import REVOKED, read_history, sides, text

if TYPE_CHECKING:
    from projections.answers import Answers


class Lack(NamedTuple):
    """A requirement that is not reached, or of which it is not known yet (`reason`)."""

    name: str
    rulebook: str
    article: str
    need: str
    have: str
    short: str
    reason: str | None
    first: int | None   # Of a cycle of years.
    last: int | None


class YearLine(NamedTuple):
    """A year as evaluated, what was decided beside it, and what is missing."""

    year: int
    met: bool | None
    total: str
    professional: str
    sector_public: str
    general_public: str
    exam_hours: str
    decided_total: str
    lacking: tuple[Lack, ...]


def year_lines(
    answers: Answers, persons: Iterable[str], basis: Basis, years: Sequence[int]
) -> Iterator[tuple[str, list[YearLine]]]:
    """Of each person the years that are asked for, from the one in which they first belonged anywhere."""
    people, _ = answers.file("people", basis.as_of)
    entries, _ = answers.file("entries", basis.as_of)
    for person in persons:
        history = read_history(people, entries, person, basis)
        standing = [one for one in history.registered if one.status != REVOKED]
        judged = judge(answers.books, basis.digests, history.belonged, standing)
        begun = min((*(date.fromordinal(one.first).year for one in history.belonged), *map(year_of, standing)),
                    default=None)
        lines = []
        for year in years:
            if begun is None or year < begun:
                continue
            _, decided, evaluated = sides(judged, year)
            sums = evaluated.sums
            lines.append(YearLine(
                year, evaluated.met, text(sums.total), text(sums.by_category[PROFESSIONAL]),
                text(sums.by_category[SECTOR_PUBLIC]), text(sums.by_category[GENERAL_PUBLIC]), text(sums.exam),
                text(decided.sums.total), tuple(_lack(one) for one in evaluated.minimums if not one.met)))
        yield person, lines


def _lack(one: MinimumRuling) -> Lack:
    first, last = (None, None) if one.span is None else one.span
    return Lack(one.due.minimum.name, one.due.rulebook.id, one.due.minimum.article, text(one.need), text(one.have),
                text(max(0, one.need - one.have)), one.reason, first, last)
