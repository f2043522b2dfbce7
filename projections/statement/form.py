"""What a statement is made of: a person's years as they were answered, and a head that says whose they are.

The answer is that of `projections.years`, of which only what is printed is named here. Types and patterns are the
check: a number that is none, a total that is no sum, an ID number that is not masked never get as far as paper.

`tests/projections/test_statement_text.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, TypeVar, dataclass_transform

import msgspec

from ledger.ids import is_verify_code
from ledger.vocabulary import HOURS_PATTERN, parse_hours

_Word = Annotated[str, msgspec.Meta(pattern=r"\S")]
_Hours = Annotated[str, msgspec.Meta(pattern=HOURS_PATTERN)]
_Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
_Position = Annotated[int, msgspec.Meta(ge=1)]


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class _Form(msgspec.Struct, frozen=True, kw_only=True):
    """A part of what is handed in. Further fields are let through: an answer says more than a statement prints."""


class Unit(_Form):
    """What a unit is called, by its id in `Head.units`."""

    name: _Word
    credit_code: _Word


class Title(_Form):
    """The professional title (职称) that a person held on the basis."""

    level: _Word
    obtained_on: date
    series: str | None = None


class Head(_Form):
    """What the answer does not know: whose it is, and under which marks it is handed out."""

    statement: Annotated[str, msgspec.Meta(pattern="^stm_[0-9a-z]+$")]
    code: str
    salt: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]  # Random: without it a name could be guessed.
    origin: _Word
    name: _Word       # Masked or clear, as it shall stand there.
    id_kind: _Word
    id_number: _Word  # Masked, always.
    units: dict[str, Unit]
    title: Title | None = None
    events: _Position | None = None  # How many events name the person, where the file proves that there are no more.

    def __post_init__(self) -> None:
        if not is_verify_code(self.code):
            raise ValueError("the code is no verify code")
        if self.id_number.count("*") * 3 < len(self.id_number):
            raise ValueError("the id number is not masked")


class Book(_Form):
    """A rulebook that the answer was judged by."""

    id: _Word
    digest: _Hex
    event: _Position | None = None


class Basis(_Form):
    """What was asked: known when, happened when, under which law."""

    as_of: _Position
    as_of_time: Annotated[datetime, msgspec.Meta(tz=True)]
    law: _Word
    rulebooks: tuple[Book, ...]
    log_size: _Position
    root: _Hex
    valid_on: date | None = None

    def __post_init__(self) -> None:
        if self.as_of > self.log_size:
            raise ValueError("the basis lies past the log's size")


class Minimum(_Form):
    """One requirement of a year."""

    name: _Word
    rulebook: _Word
    article: _Word
    need: _Hours
    have: _Hours
    met: bool | None
    reason: _Word | None = None
    first: int | None = msgspec.field(default=None, name="from")
    last: int | None = msgspec.field(default=None, name="to")


class Sums(_Form):
    """A year's totals."""

    total: _Hours
    professional: _Hours
    sector_public: _Hours
    general_public: _Hours
    met: bool | None
    minimums: tuple[Minimum, ...]

    def __post_init__(self) -> None:
        parts = (self.professional, self.sector_public, self.general_public)
        if parse_hours(self.total) != sum(map(parse_hours, parts)):
            raise ValueError(f"a total of {self.total} is not the sum of {parts}")


class Difference(_Form):
    """An entry that counts otherwise than was decided."""

    entry: _Word
    decided: _Hours
    evaluated: _Hours
    because: _Word


class Decided(_Form):
    """What an approver fixed."""

    assessed: _Hours
    counted: _Hours
    event: _Position
    rulebook: _Word | None = None
    digest: _Hex | None = None
    clauses: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Evaluated(_Form):
    """What the law that was asked for makes of it."""

    status: _Word
    assessed: _Hours
    counted: _Hours
    rulebook: _Word | None = None
    clause: _Word | None = None


class Registered(_Form):
    """Who registered a study (登记单位), and when; where it was brought in from, the system that it stood in."""

    on: date
    office: str | None = None
    system: str | None = None


class Entry(_Form):
    """One registered study."""

    claim: _Word
    status: _Word
    category: _Word
    route: _Word
    on: date = msgspec.field(name="date")
    events: Annotated[tuple[_Position, ...], msgspec.Meta(min_length=1)]
    decided: Decided
    evaluated: Evaluated
    level: _Word | None = None
    title: str | None = None
    starts: date | None = None
    ends: date | None = None
    days: _Hours | None = None
    subjects: int | None = None
    courses: int | None = None
    characters: int | None = None
    minutes: int | None = None
    hours: _Hours | None = None
    confirmed_hours: _Hours | None = None
    rank: int | None = None
    document: str | None = None
    certificate: str | None = None
    registered: Registered | None = None
    evidence: tuple[_Hex, ...] = ()  # The digest of each paper that was shown for it (佐证).
    after_close: bool = False        # Registered, corrected, frozen or revoked after its year was closed.
    completed_by: str | None = None  # This and what follows the law weighs; printed so that anyone can weigh it again.
    filed_on: date | None = None
    platform: str | None = None
    organiser: str | None = None
    organiser_level: str | None = None
    approved_by: str | None = None
    major: str | None = None
    attributed: int | None = None    # The year that was chosen of two.
    occasion: str | None = None
    output: str | None = None


class Closed(_Form):
    """The close of a year: where it is recorded, what it rests on, and how many entries were decided since."""

    event: _Position
    as_of: _Position
    changed: int


class Year(_Form):
    """One year, as decided and as evaluated."""

    year: int
    decided: Sums
    evaluated: Sums
    differs: bool
    differences: tuple[Difference, ...]
    entries: tuple[Entry, ...]
    closed: Closed | None = None


class Affiliation(_Form):
    """Where the person belonged."""

    unit: _Word
    region: _Word
    sector: _Word
    starts: date = msgspec.field(name="from")
    event: _Position
    ends: date | None = msgspec.field(default=None, name="to")
    major: _Word | None = None


class Answer(_Form):
    """A person's years, as `projections/answers.md` describes them."""

    person: _Word
    basis: Basis
    years: Annotated[tuple[Year, ...], msgspec.Meta(min_length=1)]
    affiliations: tuple[Affiliation, ...]

    def __post_init__(self) -> None:
        years = [year.year for year in self.years]
        if sorted(set(years)) != years:
            raise ValueError(f"the years {years} are not in order, each once")


_Made = TypeVar("_Made", Answer, Head)


def convert(given: Mapping[str, Any], form: type[_Made]) -> _Made:
    """Hold what is handed in to its form; ValueError says which place is wrong."""
    try:
        return msgspec.convert(given, form)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None  # The cause would carry the data along.
