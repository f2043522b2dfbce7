"""Whether a person may apply for the next title (N 9): enough years that were met, and two in a row.

The year of application is judged on the entries dated on or before the day of application, under the rulebooks that
hold the person on that day. Counting is given to everybody; the answer only where a rulebook speaks of it.

Reading: N 9(1) counts from the present title (任现专业技术职务后), so of a first one it asks nothing that could be
counted, and what its level wants stands in none of the five texts; N 9(2) speaks of years and not of a title. Both
must be fulfilled, so a first application falls short where the second is not; where it is, the first stays open, and
with it the answer. The years that are listed then begin with the first in which the person belonged anywhere.

`tests/policies/test_evaluate_contract.py`, `tests/projections/test_first_title.py` and the cases of `ningbo-industry`
show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Final, NamedTuple

from msgspec import UNSET

from policies.facts import Application
from policies.law import Law
from policies.rulebook import ApplicationRule, Rulebook
from policies.steps import Step
from policies.words import base_vocabulary
from policies.year import Folded, Standing, Weighed, YearRuling, fold, judge_year

LOOK_AHEAD_YEARS: Final = 60


class ApplicationRuling(NamedTuple):
    """One line of an application."""

    application: Application
    eligible: bool | None
    years_met: int
    consecutive: tuple[int, ...]
    reasons: tuple[str, ...]
    steps: tuple[Step, ...]
    years: tuple[tuple[int, bool | None], ...]  # The years that count, each met or not: what the count was made of.
    earliest: int | None                        # Where it falls short, the first year that could do.


def judge_application(
    law: Law, standing: Callable[[int], Standing | None], weighed: Sequence[Weighed], folded: Folded,
    one: Application, applied: int, since: int, starts: Mapping[str, int],
) -> ApplicationRuling:
    """Rule on one application. `standing` says where the person belongs on a day.

    `since`: when the present title was obtained; of a first one, since when the person belongs anywhere.
    """
    year = date.fromordinal(applied).year
    here = standing(applied)
    found = None if here is None else law.application_rule(here.day, here.region, here.sector, here.major)
    rule = counting() if found is None else found[1]
    is_first_title = one.title_obtained_on is None
    first = date.fromordinal(since).year + (0 if is_first_title or rule.count_title_year else 1)
    pairs = _pairs(rule, date.fromordinal(applied))
    needed = sorted({*range(first, year + 1), *(year + step for pair in pairs for step in pair)})
    verdicts = {
        past: judge_year(
            law, folded.years, past, standing(date(past, 12, 31).toordinal()), starts=starts
        ) for past in needed if past < year
    }
    until_then = fold([entry for entry in weighed if entry.day <= applied])
    verdicts[year] = judge_year(law, until_then.years, year, here, starts=starts, ended=False)
    met = [past for past in range(first, year + 1) if verdicts[past].met]
    held = [tuple(sorted(year + step for step in pair)) for pair in pairs]
    held = [pair for pair in held if all(verdicts[past].met for past in pair)]
    consecutive = max(held, default=())
    outside = one.committee is not UNSET
    earliest = None
    needed_years = 0 if is_first_title else one.minimum_years
    eligible = None if found is None or outside else len(met) >= needed_years and bool(consecutive)
    backward = not is_first_title and applied < since
    if found is None or outside:
        reasons: tuple[str, ...] = (*[_backward(one)] * backward, _elsewhere(found, outside))
    elif not eligible:
        earliest = earliest_year(found[1], verdicts, met, needed_years, first, year)
        short = _shortage(found, verdicts, met, needed_years, year, pairs, consecutive, earliest)
        reasons = (*[_backward(one)] * backward, *short)
    elif is_first_title:
        eligible, reasons = None, (_uncounted(found[1]),)
    else:
        reasons = ()
    steps = _steps(found, verdicts, met, one, first, year, pairs, consecutive)
    years = tuple((past, verdicts[past].met) for past in range(first, year + 1))
    return ApplicationRuling(one, eligible, len(met), consecutive, reasons, steps, years, earliest)


@cache
def counting() -> ApplicationRule:
    """How years are counted for those of whom no rulebook speaks: the count is given, the answer is not."""
    row = base_vocabulary().counting
    return ApplicationRule(
        article="", quote="", pairs_quote="", postponed_quote="", elsewhere_quote="",
        count_title_year=row["count_title_year"], first_half_ends=row["first_half_ends"],
        first_half_pairs=tuple((pair[0], pair[1]) for pair in row["first_half_pairs"]),
        other_pairs=tuple((pair[0], pair[1]) for pair in row["other_pairs"]),
    )


def _pairs(rule: ApplicationRule, day: date) -> tuple[tuple[int, int], ...]:
    return rule.first_half_pairs if day.strftime("%m-%d") <= rule.first_half_ends else rule.other_pairs


def _backward(one: Application) -> str:
    return f"申报日期 {one.applied_on} 早于取得现职称的日期 {one.title_obtained_on}，请核对这两个日期"


def _elsewhere(found: tuple[Rulebook, ApplicationRule] | None, outside: bool) -> str:
    if found is None:
        return "申报之日适用的细则没有规定申报职称的学时年数；只列年数，不作结论"
    assert outside
    return f"{found[1].article}：{found[1].elsewhere_quote}；只列年数，不作结论"


def _uncounted(rule: ApplicationRule) -> str:
    return (f"{rule.article}（一）：“{rule.quote}”；首次申报没有现职称，年数无从起算，"
            "细则没有另作规定：这一项不作结论，由评委会按所申报级别的条件审核；（二）符合")


def _shortage(
    found: tuple[Rulebook, ApplicationRule], verdicts: Mapping[int, YearRuling], met: Sequence[int], needed: int,
    year: int, pairs: Sequence[tuple[int, int]], consecutive: Sequence[int], earliest: int,
) -> tuple[str, ...]:
    """What is missing, which years are still open, and the earliest year that could do."""
    rule = found[1]
    reasons = []
    if len(met) < needed:
        reasons.append(f"{rule.article}（一）：达标年份 {len(met)} 年，需 {needed} 年")
    if not consecutive:
        wanted = " 或 ".join("、".join(str(year + step) for step in sorted(pair)) for pair in pairs)
        reasons.append(f"{rule.article}（二）：{wanted} 年没有连续两年达标")
    open_years = [past for past, ruling in sorted(verdicts.items()) if ruling.met is None and ruling.minimums]
    if open_years:
        reasons.append(f"尚有待定的年度：{'、'.join(map(str, open_years))}")
    reasons.append(f"{rule.postponed_quote}；此后各年均达标的，最早 {earliest} 年可以申报")
    return tuple(reasons)


def earliest_year(
    rule: ApplicationRule, verdicts: Mapping[int, YearRuling], met: Sequence[int], needed: int, first: int, year: int
) -> int:
    """The first year, from the year of application on, that could do if every year from now on is met."""
    sure = {past for past, ruling in verdicts.items() if past < year and ruling.met}
    before = sum(past < year for past in met)
    every_pair = {*rule.first_half_pairs, *rule.other_pairs}
    for later in range(year, year + LOOK_AHEAD_YEARS):
        to_come = max(0, later - max(first, year) + 1)  # 任现专业技术职务后: the title's own year adds none (AMB-26).
        enough = before + to_come >= needed
        paired = any(all(later + step >= year or later + step in sure for step in pair) for pair in every_pair)
        if enough and paired:
            return later
    return year + LOOK_AHEAD_YEARS


def _steps(
    found: tuple[Rulebook, ApplicationRule] | None, verdicts: Mapping[int, YearRuling], met: Sequence[int],
    one: Application, first: int, year: int, pairs: Sequence[tuple[int, int]], consecutive: Sequence[int],
) -> tuple[Step, ...]:
    book, rule = (found[0].id, found[1]) if found is not None else (None, counting())
    article, quote = rule.article or None, rule.quote or None
    words = {True: "达标", False: "未达标", None: "待定或无要求"}
    listed = "，".join(f"{past} {words[verdicts[past].met]}" for past in range(first, year + 1))
    pair_words = " 或 ".join("、".join(str(year + step) for step in sorted(pair)) for pair in pairs)
    chosen = "、".join(map(str, consecutive)) or "没有"
    counted = f"达标 {len(met)} 年，需 {one.minimum_years} 年"
    span = f"{first}—{year} 年（{year} 年按申报之日为止的记录）：{listed}"
    if one.title_obtained_on is None:
        counted = f"达标 {len(met)} 年"
        span = f"首次申报，没有现职称，年数无从起算；首次归属以来 {span}"
    elif first > year:
        span = f"现职称 {one.title_obtained_on} 取得，自 {first} 年起计；到 {one.applied_on} 申报时还没有可计的年份"
    return (
        Step("years", book, article, quote, f"{span}；{counted}"),
        Step("consecutive", book, article, rule.pairs_quote or None, f"连续两年可取 {pair_words}；达标的：{chosen}"),
    )
