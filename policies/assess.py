"""What one entry is worth, and why: the only definition of the law's rates. Pure integers over a rulebook's rows.

`assess(layer, fact)` tries the rulebooks from the most specific to the least; the first clause that has the route, the
level and the quantity rules. No clause is never a silent zero: the entry is `unruled`, or `manual` when an authority
confirmed hours with a document. What counts after duplicates and caps is `year.py`'s question.

The case files beside the rulebooks show every clause; `tests/policies/test_steps.py` the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from policies.law import CATEGORIES, Layer
from policies.rulebook import ClaimWithin, Clause, Condition, Credit, Rate, Rulebook, Threshold
from policies.soundness import QUANTITY, UNIT

RULED: Final = "ruled"
MANUAL: Final = "manual"
REFUSED: Final = "refused"
DUPLICATE: Final = "duplicate"
UNRULED: Final = "unruled"

ORDINARILY: Final = "ordinarily"
"""The force of a row whose words leave room (一般)."""
OVERRIDE: Final = "(override)"
"""Where a fact holds an `Override`: no field can be called so, hence no line of facts brings one in."""
OVERRIDDEN: Final = "override"
"""The flag of a ruling that rests on one."""

COUNTING: Final = (RULED, MANUAL)
CATEGORY_AT: Final = {category: at for at, category in enumerate(CATEGORIES)}
PUBLIC_COURSE: Final = "course"
EXAM: Final = "exam"
LEAD_DAYS_MOST: Final = 366
"""A filing further off than this, before or after the start, is told as more than a year: so equal facts stay few."""


class Fact(NamedTuple):
    """The part of an entry that the law weighs. Dates enter only as distances, so equal facts are many."""

    values: Mapping[str, Any]     # The entry's fields as they were written.
    major: str | None = None      # The entry's own, else that of the affiliation.
    lead: int | None = None       # Days from filing to start, within LEAD_DAYS_MOST; None: nothing was filed.
    claim: tuple[date, date] | None = None   # Attribution and submission, where some rulebook sets a deadline.


class Override(NamedTuple):
    """Hours that an authority gave where a row leaves it room, and the document that says so."""

    hours: int
    document: str


class Room(NamedTuple):
    """What a row leaves to an authority: past what it ordinarily gives, up to what it gives at most (AMB-21)."""

    ordinary: int
    most: int
    article: str
    quote: str


class Ruling:
    """What one fact is worth. Shared by all entries that state the same fact, so it holds nothing of a person."""

    __slots__ = ("article", "assessed", "book", "bucket", "by_exam", "cap", "category", "class_", "clause",
                 "counts", "credit", "fact", "flags", "gain", "status", "told", "trace", "written")

    def __init__(
        self, fact: Fact, status: str, book: Rulebook | None = None, clause: Clause | None = None,
        article: str | None = None, assessed: int = 0, flags: tuple[str, ...] = (),
        trace: tuple[tuple[str, Any], ...] = (),
    ) -> None:
        values = fact.values
        self.fact = fact
        self.status = status
        self.book = book
        self.clause = clause
        self.article = article
        self.assessed = assessed
        self.flags = flags
        self.trace = trace
        self.category = CATEGORY_AT[values["category"]]
        self.counts = status in COUNTING
        route = values["route"]
        self.by_exam = route == EXAM or (route == PUBLIC_COURSE and values.get("completed_by") == EXAM)
        self.cap: int | None = None
        self.bucket: str | None = None
        self.class_: tuple[str, str] | None = None
        self.credit: Credit | None = None
        self.written: tuple[bytes, bytes, bytes] | None = None   # Its share of a line, kept by `lines.py`.
        self.told: tuple[Any, ...] | None = None   # Its reasons, once somebody has asked (`steps.of_ruling`).
        if status == RULED and book is not None and clause is not None:
            cap = clause.cap
            if cap is not None:
                self.cap = cap.hours_centi
                self.bucket = f"{book.id} {clause.bucket}"
            if clause.class_ is not None:
                self.class_ = (book.family, clause.class_)
            self.credit = clause.credit
        # What the fold of a year takes of it, in one piece.
        self.gain = (
            self.counts, self.category, assessed, self.cap, self.bucket, self.by_exam, self.class_, self.credit
        )

    @property
    def rulebook(self) -> str | None:
        """The id of the rulebook that rules or refuses."""
        return None if self.book is None else self.book.id

    @property
    def room(self) -> Room | None:
        """What its row leaves to an authority; None where the row's words leave nothing, or nothing is left."""
        limited = next((detail for kind, detail in self.trace if kind == "class_limit"), None)
        if limited is None:
            return None
        assert self.clause is not None and self.clause.class_limit is not None, "a trace tells of its own clause"
        limit, (formula, ordinary) = self.clause.class_limit, limited
        most = formula if self.cap is None else min(formula, self.cap)
        if limit.force != ORDINARILY or most <= ordinary:
            return None
        return Room(ordinary, most, self.clause.article, limit.quote)


def assess(layer: Layer, fact: Fact) -> Ruling:
    """What this fact is worth under the rulebooks of this layer, with the trace of how."""
    values = fact.values
    key = (values["category"], values["route"])
    for book, clause in layer.clauses.get(key, ()):
        if clause.when is not None and not _applies(clause.when.field, clause.when.among, fact):
            continue
        if clause.threshold is not None and not _over(clause.threshold, values):
            continue
        if clause.rate is None:
            if values.get("level") in clause.levels:
                return _refusal(fact, book, clause, clause.article, (("refused", clause.refuses),))
            continue
        rate = _rate(clause.rate, clause, values)
        if rate is not None:
            return _rule(layer, fact, book, clause, *rate)
    confirmed = values.get("confirmed_hours")
    if confirmed is not None:
        return Ruling(fact, MANUAL, assessed=_centi(confirmed), trace=(("manual", confirmed),))
    return Ruling(fact, UNRULED, trace=(("unruled", tuple(book.id for book in layer.books)),))


def _rate(rate: Rate, clause: Clause, values: Mapping[str, Any]) -> tuple[int, str | None] | None:
    """Hundredths a unit and, where a level counts by analogy, the level it counts as; None where the row is silent."""
    quantity = QUANTITY.get(rate.each)
    if quantity is not None and quantity not in values:
        return None
    level = values.get("level")
    if clause.levels and level not in clause.levels:
        return None
    if rate.hours_centi is not None:
        return rate.hours_centi, None
    if level is None:
        return None if rate.without_level is None else (rate.without_level, None)
    if level in rate.by_level:
        return rate.by_level[level], None
    target = clause.analogy.get(level)
    return None if target is None else (rate.by_level[target], target)


def _rule(
    layer: Layer, fact: Fact, book: Rulebook, clause: Clause, rate_centi: int, analogy: str | None
) -> Ruling:
    """What one clause makes of an entry: nothing where it is not met, else its arithmetic, in this order (AMB-27)."""
    values, flags = fact.values, list[str]()
    trace: list[tuple[str, Any]] = [("clause", clause)]
    if (refused := _unmet(layer, fact, book, clause, flags, trace)) is not None:
        return refused
    if analogy is not None:
        flags.append("by_analogy")
        trace.append(("analogy", analogy))
    rate = clause.rate
    assert rate is not None
    units = _units(rate, values)
    hours = _exact(book, units * rate_centi, UNIT)
    trace.append(("rate", (units, rate_centi, hours)))
    rank = values.get("rank")
    if rank is not None and clause.share is not None:
        first = values.get("author_role") in clause.share.equal_to_first
        percent = clause.share.of(1 if first else rank)
        before, hours = hours, _exact(book, units * rate_centi * percent, UNIT * 100)
        trace.append(("share", (percent, before, hours, values.get("author_role") if first else None)))
    if rank is not None and clause.bonus is not None:
        before, hours = hours, hours + clause.bonus.of(rank)
        trace.append(("bonus", (before, hours)))
    if clause.class_limit is not None:
        most = clause.class_limit.hours_centi
        if clause.class_limit.per == "day":
            most = most * _centi(values.get("days", "1")) // 100
        if hours > most:
            before, hours = hours, most
            trace.append(("class_limit", (before, hours)))
            override = values.get(OVERRIDE)
            if override is not None and clause.class_limit.force == ORDINARILY:
                cap = before if clause.cap is None else clause.cap.hours_centi
                given = min(override.hours, before, cap)
                if given > hours:
                    flags.append(OVERRIDDEN)
                    trace.append(("override", (hours, given, override.document)))
                    hours = given
    return Ruling(
        fact, RULED, book=book, clause=clause, article=clause.article, assessed=hours,
        flags=tuple(sorted(flags)), trace=tuple(trace),
    )


def _unmet(
    layer: Layer, fact: Fact, book: Rulebook, clause: Clause, flags: list[str], trace: list[tuple[str, Any]]
) -> Ruling | None:
    """Refuse what its conditions, those that bind everybody or its term do not let count; note what is only late."""
    for condition in clause.conditions:
        if condition.binds is None and not _shown(condition, fact):
            return _refusal(fact, book, clause, clause.article, (*trace, ("unmet", condition)))
        if condition.filing is not None and fact.lead is not None and fact.lead < condition.filing.days:
            if condition.filing.force == "must":
                return _refusal(fact, book, clause, clause.article, (*trace, ("unmet", condition)))
            flags.append(condition.filing.flag)
            trace.append(("late", condition))
    for binder, condition in layer.binding.get((fact.values["category"], fact.values["route"]), ()):
        if not _shown(condition, fact):
            return _refusal(fact, binder, clause, condition.article, (*trace, ("unmet", condition)))
    if clause.claim_within is not None and fact.claim is not None:
        late = (fact.claim[1] - _last_claim_day(clause.claim_within, fact.claim[0])).days
        if late > 0:
            return _refusal(fact, book, clause, clause.article, (*trace, ("claimed_late", (clause.claim_within, late))))
    return None


def _refusal(
    fact: Fact, book: Rulebook, clause: Clause, article: str, trace: tuple[tuple[str, Any], ...]
) -> Ruling:
    return Ruling(fact, REFUSED, book=book, clause=clause, article=article, trace=trace)


def _value(name: str, fact: Fact) -> Any:
    return fact.major if name == "major" else fact.values.get(name)


def _applies(name: str, among: tuple[str, ...], fact: Fact) -> bool:
    return _value(name, fact) in among


def _over(threshold: Threshold, values: Mapping[str, Any]) -> bool:
    return _centi(str(values.get(threshold.field, "0"))) > threshold.more_than_centi


def _shown(condition: Condition, fact: Fact) -> bool:
    """Whether a condition holds: a field that is not given is taken as shown, a filing that is not given is not."""
    if condition.when is not None and not _applies(condition.when.field, condition.when.among, fact):
        return True
    if condition.filing is not None:
        return fact.lead is not None and fact.lead >= 0
    assert condition.field is not None
    value = _value(condition.field, fact)
    return value is None or (value in condition.among if condition.among else value not in condition.not_among)


def _last_claim_day(deadline: ClaimWithin, day: date) -> date:
    """The last day on which an occasion of this day may be claimed."""
    if deadline.december_until is not None and day.month == 12:
        return date.fromisoformat(f"{day.year + 1}-{deadline.december_until}")
    return day + timedelta(days=deadline.days)


def _units(rate: Rate, values: Mapping[str, Any]) -> int:
    """The quantity in ten-thousandths of a unit; whole units where the law speaks of each (AMB-13, AMB-22)."""
    match rate.each:
        case "day":
            return _centi(values["days"]) * (UNIT // 100)
        case "marked_hour":
            return _centi(values["hours"]) * (UNIT // 100)
        case "whole_minutes":
            return int(values["minutes"]) // rate.of * UNIT
        case "ten_thousand_characters":
            return int(values["characters"]) // 10_000 * UNIT
        case "characters_prorata":
            return int(values["characters"])
        case "subject" | "course":
            return int(values[QUANTITY[rate.each]]) * UNIT
        case _:
            return UNIT


def _exact(book: Rulebook, numerator: int, denominator: int) -> int:
    """A quotient that is whole by the check at load (`soundness.inexact_problems`), or rounded as the rulebook says."""
    if book.rounding is None:
        whole, rest = divmod(numerator, denominator)
        assert rest == 0
        return whole
    step = book.rounding.unit_centi * denominator
    add = step // 2 if book.rounding.mode == "half_up" else 0
    return (numerator + add) // step * book.rounding.unit_centi


def _centi(text: str) -> int:
    """Hundredths of a decimal string that was checked when it was read."""
    whole, _, fraction = text.partition(".")
    return int(whole) * 100 + int((fraction + "00")[:2])

