"""A rulebook (学时登记细则) as a frozen value: what one version of one regulation says, row by row.

Every row holds its article and the quoted words that give it. Hours are hundredths, percentages whole numbers; there
is no float. `form.py` reads rulebooks from TOML, `assess.py` and `year.py` interpret them; nothing here computes.

`tests/policies/test_shelf.py` shows the five as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policies.words import Declarations


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a rulebook binds: a region prefix, and where given a sector and majors."""

    region: str
    sector: str | None = None
    majors: tuple[str, ...] = ()

    def holds(self, region: str, sector: str, major: str | None) -> bool:
        """Whether an affiliation lies within; a major that is not given is taken to fit."""
        return (
            region.startswith(self.region)
            and (self.sector is None or self.sector == sector)
            and (not self.majors or major is None or major in self.majors)
        )

    @property
    def specificity(self) -> tuple[bool, int]:
        """Local sector, provincial sector, local general, provincial general: greater is more specific (AMB-01)."""
        return (self.sector is not None, len(self.region))


@dataclass(frozen=True, slots=True)
class When:
    """A condition applies only when this field has one of these values."""

    field: str
    among: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filing:
    """A filing that must stand before the class begins (N 7)."""

    by: str
    before: str
    days: int
    force: str
    flag: str
    quote: str


@dataclass(frozen=True, slots=True)
class Binds:
    """Entries that a condition binds throughout its rulebook's scope, whichever rulebook gives the hours."""

    categories: tuple[str, ...]
    routes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be shown for hours to count; a field that is not given is taken as shown, a filing is not."""

    name: str
    article: str
    quote: str
    reason: str
    field: str | None = None
    among: tuple[str, ...] = ()
    not_among: tuple[str, ...] = ()
    when: When | None = None
    filing: Filing | None = None
    binds: Binds | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """Hours for each unit of a quantity."""

    each: str
    hours_centi: int | None = None
    by_level: Mapping[str, int] = field(default_factory=dict)
    without_level: int | None = None
    of: int = 1


@dataclass(frozen=True, slots=True)
class Threshold:
    """A row speaks only of occasions with more than so many units (A3: more than 20 days)."""

    field: str
    more_than_centi: int


@dataclass(frozen=True, slots=True)
class Share:
    """The part of each author by rank, in per cent; `then` is everybody after the listed ones."""

    percent: tuple[int, ...]
    then: int
    quote: str
    equal_to_first: tuple[str, ...] = ()   # Roles that count as the first author, such as 通讯作者.

    def of(self, rank: int) -> int:
        """The percentage of this rank."""
        return self.percent[rank - 1] if rank <= len(self.percent) else self.then


@dataclass(frozen=True, slots=True)
class Bonus:
    """Hours added for a rank, in place of a share (A2)."""

    by_rank: tuple[int, ...]
    quote: str

    def of(self, rank: int) -> int:
        """The hundredths added for this rank."""
        return self.by_rank[rank - 1] if rank <= len(self.by_rank) else 0


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that one class may bring, or each day of it."""

    hours_centi: int
    quote: str
    force: str = "must"
    per: str = "class"


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that one bucket may bring in a year. The bucket is the clause unless it is named (AMB-27)."""

    hours_centi: int
    article: str
    quote: str
    per: str = "year"
    bucket: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimWithin:
    """A deadline for claiming, in days from the attribution date; December has a date of its own (A1)."""

    days: int
    quote: str
    december_until: str | None = None   # "03-31" of the next year.


@dataclass(frozen=True, slots=True)
class Credit:
    """Hours that an entry brings to another category besides its own (A2: a degree and 一般公需)."""

    category: str
    hours_centi: int
    quote: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One row of rates: these routes at these levels are worth so much, or are refused."""

    index: int
    article: str
    quote: str
    routes: tuple[str, ...]
    categories: tuple[str, ...]
    rate: Rate | None = None
    levels: tuple[str, ...] = ()
    refuses: str | None = None
    analogy: Mapping[str, str] = field(default_factory=dict)
    share: Share | None = None
    bonus: Bonus | None = None
    class_limit: Limit | None = None
    cap: Cap | None = None
    class_: str | None = None
    conditions: tuple[Condition, ...] = ()
    when: When | None = None
    threshold: Threshold | None = None
    claim_within: ClaimWithin | None = None
    credit: Credit | None = None
    force: str = "must"

    @property
    def bucket(self) -> str:
        """The name under which its cap is consumed."""
        return self.cap.bucket if self.cap is not None and self.cap.bucket is not None else self.article


@dataclass(frozen=True, slots=True)
class Cycle:
    """A requirement over several years: fixed cycles from a year, a rolling window, or from a person's own start."""

    years: int
    start: int
    kind: str = "fixed"


@dataclass(frozen=True, slots=True)
class Minimum:
    """What a year, or a cycle of years, must at least hold."""

    name: str
    article: str
    quote: str
    hours_centi: int
    categories: tuple[str, ...]
    class_: str | None = None
    cycle: Cycle | None = None
    percent_of: str | None = None      # `hours` are then not absolute: `percent` of what was counted under this word.
    percent: int | None = None
    first_year: int | None = None      # Where a requirement judges other years than its rulebook (A4).
    last_year: int | None = None
    force: str = "must"


@dataclass(frozen=True, slots=True)
class Relief:
    """Requirements, of this or another family, that no longer judge some years (A4: earlier shortages are forgiven)."""

    minimums: tuple[str, ...]     # "zhejiang total": family and name.
    years: tuple[int, ...]
    article: str
    quote: str


@dataclass(frozen=True, slots=True)
class MakeUp:
    """A window in which an entry of a later date may name an earlier year that it makes up (A3)."""

    from_: date
    to: date
    years: tuple[int, ...]
    platforms: tuple[str, ...]
    article: str
    quote: str


@dataclass(frozen=True, slots=True)
class ApplicationRule:
    """When a person may apply for the next title (N 9)."""

    article: str
    quote: str
    pairs_quote: str
    postponed_quote: str
    elsewhere_quote: str
    count_title_year: bool
    first_half_ends: str
    first_half_pairs: tuple[tuple[int, int], ...]
    other_pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Registrar:
    """Who registers hours of which category for whom."""

    article: str
    quote: str
    person: str
    categories: tuple[str, ...]
    offices: tuple[str, ...]
    level: str | None = None
    system: str | None = None
    automatic: bool = False
    batch: bool = False
    yields_to_local: bool = False   # Where a rulebook of the city says who registers, that one decides (AMB-05).


@dataclass(frozen=True, slots=True)
class Steps:
    """The offices that a claim passes, in order."""

    article: str
    quote: str
    claim: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty that is not hours: evidence, filing, printing, studying. Further parameters stand in `more`."""

    kind: str
    article: str
    quote: str
    who: str
    what: str
    to: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows from a shortage, a falsification or misconduct."""

    article: str
    quote: str
    when: tuple[str, ...]
    effect: str
    lasts: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How this project reads what the text leaves open, why, and what else it might mean."""

    id: str
    question: str
    chosen: str
    reason: str
    alternatives: tuple[str, ...]
    parameter: str | None = None
    value: Any = None
    concerns: str = "hours"    # Or `duties`: then no case can show it.


@dataclass(frozen=True, slots=True)
class Rounding:
    """How hours with more than two decimals are rounded; without it a rulebook that could produce them is refused."""

    mode: str
    unit_centi: int


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """One version of one regulation. `digest` is the SHA-256 of the file's bytes."""

    id: str
    family: str
    in_force_from: date
    in_force_to: date | None
    revision: int
    key: str
    title: str
    document: str
    issuers: tuple[str, ...]
    issued_on: date | None
    scope: Scope
    first_year_judged: int
    draft: bool
    off: bool
    legal_basis: tuple[str, ...]
    supersedes: tuple[str, ...]
    declares: Declarations
    clauses: tuple[Clause, ...]
    conditions: tuple[Condition, ...]
    minimums: tuple[Minimum, ...]
    application: ApplicationRule | None
    registrars: tuple[Registrar, ...]
    steps: Steps | None
    duties: tuple[Duty, ...]
    consequences: tuple[Consequence, ...]
    readings: tuple[Reading, ...]
    make_up: tuple[MakeUp, ...]
    relief: tuple[Relief, ...]
    rounding: Rounding | None
    text_name: str | None
    text: str | None
    digest: str
    source: bytes

    @property
    def binding(self) -> tuple[Condition, ...]:
        """The conditions that bind everybody within the scope."""
        return tuple(condition for condition in self.conditions if condition.binds is not None)
