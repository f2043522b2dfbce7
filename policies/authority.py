"""Who looks at a claim, in which order, and who registers it: read from the rulebooks' registrar tables and steps.

Nothing here names a city. The most specific rulebook that speaks of the category and of this kind of person decides
(P 6-7, E 5, E 11, R 8, W 2, W 12, N 8); a row that sends people to the local system (E 11) yields to the rulebook of
the city where there is one. The steps stand in the same rulebook, or in the next one that has steps.

Reading: `own` level is that of the affiliation: a region ending in 0000 is the province's, in 00 the city's, any other
the county's. At `own` level an office above may act as well, since it holds the whole area; where the text names the
level, only an office of that level registers.

With whom plans and classes are filed is said by the duties of the same rulebooks (P 11, N 7), who registers a roster by
the rows that stand for rosters (W 13, W 14) and, where there is none, by the row of the subject (N 8).

The courses of a public subject are published, and their exams held, by the department that registers it (P 6-7, P 10,
W 7, W 10, W 11): neither a system nor a unit is one. What was studied and passed here is registered without a claim by
the closest row that a system works (W 10, N 8), and where there is none by whoever registers the subject.

`tests/policies/test_authority.py`, `test_training_authority.py` and `test_course_authority.py` beside it show it.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from policies.errors import RulebookError
from policies.law import Law, Layer
from policies.rulebook import Duty, Registrar, Rulebook, Steps

ANYONE: Final = "anyone"
GENERAL: Final = "general"      # The sector of a subject that belongs to none.
REGISTRAR: Final = "registrar"  # In a rulebook's steps: whoever its table names.
UNIT: Final = "unit"
SYSTEM: Final = "system"
_NO_DEPARTMENTS: Final = (SYSTEM, UNIT)
_OWN: Final = "own"
_LEVELS: Final = {"provincial": 2, "municipal": 4, "county": 6}


class NobodyRegisters(RulebookError):
    """No rulebook in force says who registers this."""

    code = "no_registrar"

    def __init__(self, region: str, sector: str, category: str, day: date) -> None:
        super().__init__(
            f"{day} 没有细则规定 {region}（{sector}）的 {category} 由谁登记。请核对日期、地区和行业。"
        )


class Office(NamedTuple):
    """Who takes one step: a role, at a level, for an area, by which words."""

    role: str
    level: str | None
    region: str   # The area it acts for, as a prefix of two, four or six digits.
    rulebook: str
    article: str
    quote: str

    def is_of_level(self, region: str) -> bool:
        """Say whether an office that acts for this area is of the level that the text names."""
        if self.level in _LEVELS:
            return region == self.region
        return self.region.startswith(region)


class Walk(NamedTuple):
    """The offices that a claim passes, in order; the last one decides. Automatic: a system registers, nobody claims."""

    steps: tuple[Office, ...]
    automatic: bool

    @property
    def roles(self) -> tuple[str, ...]:
        """Name the steps as a claim carries them: after the role that takes each."""
        return tuple(step.role for step in self.steps)

    def office(self, role: str) -> Office | None:
        """Give the step that a role takes, if it takes one."""
        return next((step for step in self.steps if step.role == role), None)


def walk(
    law: Law, day: date, region: str, sector: str, major: str | None, standing: str | None, category: str
) -> Walk:
    """Say who looks at a claim of this category of a person who belongs there on this day."""
    layer = law.layer(law.interval(day.toordinal()), region, sector, major)
    book, row = _registrar(layer, _kinds(region, standing), category, day, region, sector)
    holder, steps = _steps(layer, book)
    offices: list[Office] = []
    for token in steps.claim:
        office = (
            _office(row, book, region)
            if token == REGISTRAR
            else Office(token, None, region, holder.id, steps.article, steps.quote)
        )
        if all(one.role != office.role for one in offices):  # The unit that endorses may be the one that registers.
            offices.append(office)
    return Walk(tuple(offices), row.automatic)


def confirmed_walk(walk: Walk, law: Law, day: date, region: str, sector: str, major: str | None, category: str) -> Walk:
    """The same walk where nothing but a word gives the hours: it ends at a department, whoever registers (P 7, N 8).

    A unit or an organiser registers what a rulebook gives; hours that none gives are not theirs to say.
    """
    if walk.steps[-1].level is not None:
        return walk
    last = department(law, day, region, sector, major, category)
    return Walk((*(one for one in walk.steps if one.role != last.role), last), walk.automatic)


def plan_recipients(law: Law, day: date, region: str, sector: str) -> tuple[Office, ...]:
    """Say who puts a year's plan of an organiser that sits there on file: each of them, and of its own level (P 11)."""
    return _recipients(law.layer(law.interval(day.toordinal()), region, sector, None), "filing_of_plan", None, region)


def class_recipients(
    law: Law, day: date, region: str, sector: str, category: str, route: str, who: str | None = None
) -> tuple[Office, ...]:
    """Say who may put a class on file: whom the duty to file names, or else whoever registers those who were there.

    `who`: the role in which it is held, where a text sends bases elsewhere than employers (N 7); None: all of them.
    """
    layer = law.layer(law.interval(day.toordinal()), region, sector, None)
    return _recipients(layer, "filing", route, region, who) or roster_offices(law, day, region, sector, category)


def roster_offices(law: Law, day: date, region: str, sector: str, category: str) -> tuple[Office, ...]:
    """Say who registers everyone of a class at once; any one of them does."""
    layer = law.layer(law.interval(day.toordinal()), region, sector, None)
    for book in layer.books:  # The closest that speaks of rosters or of everyone; what a system registers has none.
        rows = [row for row in book.registrars if category in row.categories and (row.batch or row.person == ANYONE)]
        if rows:
            row = min(rows, key=lambda one: (not one.batch, one.automatic))
            if row.automatic:
                break
            return tuple(Office(role, row.level, _area(row.level, region), book.id, row.article, row.quote)
                         for role in row.offices)
    raise NobodyRegisters(region, sector, category, day)


def course_offices(law: Law, day: date, region: str, sector: str | None, category: str) -> tuple[Office, ...]:
    """Say who publishes a place's courses of a public subject and holds their exams."""
    layer = law.layer(law.interval(day.toordinal()), region, sector or GENERAL, None)
    for book in layer.books:
        rows = [row for row in book.registrars if category in row.categories and row.person == ANYONE
                and not row.batch and not set(row.offices) & set(_NO_DEPARTMENTS)]
        if rows:  # The row by which what was passed is registered names the office that examines (W 10).
            row = max(rows, key=lambda one: one.automatic)
            return tuple(Office(role, row.level, _area(row.level, region), book.id, row.article, row.quote)
                         for role in row.offices)
    raise NobodyRegisters(region, sector or GENERAL, category, day)


def course_registrar(
    law: Law, day: date, region: str, sector: str, major: str | None, standing: str | None, category: str
) -> tuple[Office, bool]:
    """Say who registers what somebody who belongs there has studied and passed, and whether a system does it alone."""
    layer = law.layer(law.interval(day.toordinal()), region, sector, major)
    kinds = _kinds(region, standing)
    for book in layer.books:
        for row in book.registrars:
            if row.automatic and category in row.categories and row.person in kinds:
                return _office(row, book, region), True
    book, row = _registrar(layer, kinds, category, day, region, sector)
    return _office(row, book, region), False


def department(law: Law, day: date, region: str, sector: str, major: str | None, category: str) -> Office:
    """The department that the frame names for a subject, of the place's own level, whoever registers there (P 6-7)."""
    layer = law.layer(law.interval(day.toordinal()), region, sector, major)
    for book in reversed(layer.books):  # The frame is the least specific of all.
        for row in book.registrars:
            if category in row.categories and row.person == ANYONE and row.level is not None and not row.batch:
                return Office(row.offices[0], _OWN, _area(_OWN, region), book.id, row.article, row.quote)
    raise NobodyRegisters(region, sector, category, day)


def _office(row: Registrar, book: Rulebook, region: str) -> Office:
    return Office(row.offices[0], row.level, _area(row.level, region), book.id, row.article, row.quote)


def _recipients(
    layer: Layer, kind: str, route: str | None, region: str, who: str | None = None
) -> tuple[Office, ...]:
    """The offices that the closest duties of this kind name; `municipal_sector_authority` is a level and a role."""
    for book in layer.books:
        duties = [one for one in book.duties if one.kind == kind and (route is None or route in one.routes)]
        if duties:
            told = [one for one in duties if one.who == who] or duties  # A text that tells nobody apart speaks of all.
            named = [_named(token, duty, book, region) for duty in told for token in duty.to]
            return tuple({(one.role, one.level): one for one in reversed(named)}.values())[::-1]
    return ()


def _named(token: str, duty: Duty, book: Rulebook, region: str) -> Office:
    level = next((one for one in _LEVELS if token.startswith(f"{one}_")), None)
    role = token if level is None else token.removeprefix(f"{level}_")
    return Office(role, level or "own", _area(level or "own", region), book.id, duty.article, duty.quote)


def _kinds(region: str, standing: str | None) -> tuple[str, ...]:
    """The kinds of person in whose rows this one may stand, the closest first."""
    if standing is not None:
        return (standing, ANYONE)
    if region.endswith("0000"):
        return ("provincial_institution", ANYONE)  # A body of the province itself.
    return ("municipal" if region.endswith("00") else "county", "municipal_or_county", ANYONE)


def _registrar(
    layer: Layer, kinds: tuple[str, ...], category: str, day: date, region: str, sector: str
) -> tuple[Rulebook, Registrar]:
    found = [(book, row) for book in layer.books if (row := _row(book, kinds, category)) is not None]
    if not found:
        raise NobodyRegisters(region, sector, category, day)
    if found[0][1].yields_to_local:
        province = len(found[0][0].scope.region)
        return next((one for one in found if len(one[0].scope.region) > province), found[0])
    return found[0]


def _row(book: Rulebook, kinds: tuple[str, ...], category: str) -> Registrar | None:
    """The row of a rulebook that speaks of this person; one that needs a claim before one that a system works."""
    rows = [row for row in book.registrars if category in row.categories and row.person in kinds and not row.batch]
    return min(rows, key=lambda row: (row.automatic, kinds.index(row.person)), default=None)


def _steps(layer: Layer, book: Rulebook) -> tuple[Rulebook, Steps]:
    for one in (book, *layer.books):
        if one.steps is not None:
            return one, one.steps
    raise RulebookError(f"{book.id} 及其上位细则都没有规定步骤（[steps]）。请在细则文件中补上。")


def _area(level: str | None, region: str) -> str:
    if level in _LEVELS:
        return region[: _LEVELS[level]]
    if level is None:  # The unit itself, wherever it is.
        return region
    return region[:2] if region.endswith("0000") else region[:4] if region.endswith("00") else region
