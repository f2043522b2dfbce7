"""Who hears an appeal about a claim, and within which terms: the superior department orders it to be put right (P 17).

A department's decision is heard by the one above it, that of the province by the province's own, where another hand
takes it up. Who registers without being the department that the frame names for the subject (a unit, an organiser, an
association, N 8, R 8) is answered for by that department, of the place (P 6-7).

The terms stand in the duty of the rulebook, with the reading that gives them (AMB-32). Where no rulebook in force has
one, nobody hears an appeal. `tests/policies/test_appeal_law.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from policies.authority import Office, Walk, department
from policies.law import Law
from policies.rulebook import Duty, Rulebook

_PROVINCE: Final = 2   # Digits of its region.


class AppealLaw(NamedTuple):
    """What the law of a place says of an appeal."""

    office: Office
    days: int         # So long after the decision it may be made,
    answer_days: int  # and so long after that it is to be answered.


def appeal_law(
    law: Law, day: date, region: str, sector: str, major: str | None, category: str, *, walk: Walk, decided_by: str,
    reach: str | None = None,
) -> AppealLaw | None:
    """Say who hears an appeal against what a role decided in this walk on this day, and until when; None: nobody.

    `reach`: the region that whoever decided for a department answers for; a province's may decide upon a county's.
    """
    layer = law.layer(law.interval(day.toordinal()), region, sector, major)
    found = next(((book, duty) for book in layer.books if (duty := _appeal(book)) is not None), None)
    if found is None:
        return None
    book, duty = found
    frame = department(law, day, region, sector, major, category)
    walked = walk.office(decided_by)
    area = frame.region if walked is None or walked.level is None else walked.region
    if decided_by == frame.role:
        area = min(area, reach or area, key=len)
        area = area[: max(_PROVINCE, len(area) - 2)]
    office = Office(frame.role, frame.level, area, book.id, duty.article, duty.quote)
    return AppealLaw(office, duty.more["days"], duty.more["answer_days"])


def _appeal(book: Rulebook) -> Duty | None:
    return next((duty for duty in book.duties if duty.kind == "appeal"), None)
