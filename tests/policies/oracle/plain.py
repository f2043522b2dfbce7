"""The sceptic's copy of the law: what `xueshi evaluate` must answer, written again from the five texts.

`worth` says what each entry is worth by itself; here its neighbours are looked at: duplicates, caps, the sums
of a year, the minimums and the cycle, title eligibility. As in `worth`, the law stands in code on purpose,
with its article beside each number, slowly and obviously, sharing nothing with `policies`.

`rulings` takes facts that have no problem (`lines.problems` says which have) and returns the rulings without
`why` and `reasons`, the evaluator's own words. `tests/policies/test_oracle_agrees.py` holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from tests.policies.oracle.worth import ZERO, E, Fact, Hours, N, P, R, W, Worth, affiliation_on, assess, reaches

Ruling = dict[str, Any]


class Counted(NamedTuple):
    """An entry after duplicates and caps: what is left of it, and in which year."""

    entry: Fact
    year: int
    worth: Worth
    counted: Hours


def cap(rulebook: str | None, clause: str | None) -> Hours | None:
    """The most one clause may give a person in a year; E knows no cap, nor do R's class A and any 公需."""
    if rulebook == N and str(clause).startswith("第六条"):
        return Decimal(36)  # N 6: 接受专业科目继续教育途径 … 每个途径每年度最多计 36 个学时
    if rulebook == R and str(clause).startswith("第六条（二）"):
        return Decimal(36)  # R 6(二): 每个途径每年度最多计 36 学时
    if rulebook == R and str(clause).startswith("第六条（三）"):
        return Decimal(24)  # R 6(三): 每个途径每年度最多计24个学时
    return None


def count(assessed: Sequence[tuple[Fact, Worth]]) -> list[Counted]:
    """Drop duplicates, then consume the caps, for one person's entries in the order of their registration."""
    worths = [worth for _, worth in assessed]
    lost: set[int] = set()
    for key in ("occasion", "output"):  # E 10 同一次、同一项目: each key is decided on its own.
        best: dict[str, int] = {}
        rivals = [i for i, (entry, _) in enumerate(assessed) if key in entry]
        rivals = [i for i in rivals if worths[i].status in ("ruled", "manual")]
        for i in rivals:
            name = assessed[i][0][key]
            if name not in best or worths[i].assessed > worths[best[name]].assessed:
                best[name] = i
        lost.update(i for i in rivals if best[assessed[i][0][key]] != i)

    counted = [ZERO] * len(assessed)
    used: dict[tuple[int, str | None, str | None], Hours] = {}
    for i in sorted(range(len(assessed)), key=lambda i: (assessed[i][0]["date"], i)):  # AMB-27
        entry, worth = assessed[i]
        if i in lost:
            worths[i] = worth._replace(status="duplicate")
            continue
        limit = cap(worth.rulebook, worth.clause) if worth.status == "ruled" else None
        bucket = (year_of(entry), worth.rulebook, worth.clause)
        before = used.get(bucket, ZERO)
        counted[i] = worth.assessed if limit is None else min(worth.assessed, limit - before)
        used[bucket] = before + counted[i]
    return [Counted(entry, year_of(entry), worths[i], counted[i]) for i, (entry, _) in enumerate(assessed)]


def year_of(entry: Fact) -> int:
    """E 10, 15: the calendar year of the evidence, or the one year chosen for an occasion that spans two."""
    return int(entry.get("year", entry["date"][:4]))


def minimums(
    affiliation: Fact | None, day: date, year: int, of: Sequence[Counted], ended: bool = True
) -> list[Ruling]:
    """Every minimum of every rulebook that holds the person on that day, in the contract's order."""
    # Rulebook, first year judged, article; then total, professional, both public together, general public.
    rows: list[tuple[str, int, str, int, int, int | None, int | None]] = [
        (P, 2017, "第八条", 90, 60, 18, None),  # P 8
        (E, 2019, "第六条", 90, 60, 18, None),  # E 6
        (N, 2019, "第四条", 90, 60, 18, 12),  # N 4
        (W, 2021, "第六条", 90, 60, None, 18),  # W 6
        (R, 2021, "第五条", 90, 65, None, 18),  # R 5
    ]
    found: list[Ruling] = []
    for rulebook, first, article, *needs in sorted(rows):
        if affiliation is None or year < first or not reaches(rulebook, affiliation, day):
            continue
        for name, need in zip(("total", "professional", "public", "general_public"), needs, strict=True):
            if need is not None:
                found.append(minimum(name, rulebook, article, Decimal(need), year, of))
        if rulebook == R:
            found.append(class_b_cycle(year, of, ended))
    return found


def parts(name: str) -> tuple[str, ...]:
    """The categories that fill a minimum."""
    return {
        "total": ("professional", "sector_public", "general_public"),
        "professional": ("professional",),
        "public": ("sector_public", "general_public"),
        "general_public": ("general_public",),
    }[name]


def minimum(name: str, rulebook: str, article: str, need: Hours, year: int, of: Sequence[Counted]) -> Ruling:
    """One minimum of one calendar year."""
    mine = [each for each in of if each.year == year and each.entry["category"] in parts(name)]
    have = sum((each.counted for each in mine), ZERO)
    open_still = any(each.worth.status == "unruled" for each in mine)
    return {
        "name": name,
        "rulebook": rulebook,
        "article": article,
        "need": text(need),
        "have": text(have),
    } | verdict(have >= need, False, open_still)


def class_b_cycle(year: int, of: Sequence[Counted], ended: bool) -> Ruling:
    """R 6(二): 36 hours of class B in each fixed cycle of three years from 2021 (AMB-17)."""
    begins = 2021 + (year - 2021) // 3 * 3
    so_far = [e for e in of if begins <= e.year <= year and e.entry["category"] == "professional"]
    class_b = [e for e in so_far if e.worth.rulebook == R and str(e.worth.clause).startswith("第六条（二）")]
    have = sum((e.counted for e in class_b), ZERO)
    running = year < begins + 2 or not ended
    open_still = any(each.worth.status == "unruled" for each in so_far)
    return {
        "name": "class_b_cycle",
        "rulebook": R,
        "article": "第六条（二）",
        "need": "36",
        "have": text(have),
        "from": begins,
        "to": begins + 2,
    } | verdict(have >= 36, running, open_still)


def verdict(reached: bool, running: bool, open_still: bool) -> Ruling:
    """The contract's four answers, in its order."""
    if reached:
        return {"met": True}
    if running:
        return {"met": None, "reason": "in_progress"}
    if open_still:
        return {"met": None, "reason": "undetermined"}
    return {"met": False}


def met(judged: Sequence[Ruling]) -> bool | None:
    """A year's verdict from its minimums."""
    verdicts = [each["met"] for each in judged]
    if False in verdicts:
        return False
    if any(each.get("reason") == "undetermined" for each in judged):
        return None
    return True if True in verdicts else None


def text(hours: Hours) -> str:
    """Exactly, without trailing zeros."""
    return format(hours.normalize(), "f")


def last_day(year: int) -> date:
    return date(year, 12, 31)


def entry_line(each: Counted) -> Ruling:
    worth = each.worth
    return {
        "kind": "entry",
        "id": each.entry["id"],
        "person": each.entry["person"],
        "year": each.year,
        "status": worth.status,
        "rulebook": worth.rulebook,
        "clause": worth.clause,
        "assessed": text(worth.assessed),
        "counted": text(each.counted),
        "flags": sorted(worth.flags),
    }


def year_line(person: str, year: int, affiliations: Sequence[Fact], of: Sequence[Counted]) -> Ruling:
    mine = [each for each in of if each.year == year]

    def hours(*categories: str) -> str:
        return text(sum((each.counted for each in mine if each.entry["category"] in categories), ZERO))

    by_exam = [e for e in mine if e.entry["route"] == "exam" or e.entry.get("completed_by") == "exam"]
    judged = minimums(affiliation_on(affiliations, last_day(year)), last_day(year), year, of)
    return {
        "kind": "year",
        "person": person,
        "year": year,
        "total": hours(*parts("total")),
        "professional": hours("professional"),
        "sector_public": hours("sector_public"),
        "general_public": hours("general_public"),
        "exam_hours": text(sum((each.counted for each in by_exam), ZERO)),
        "met": met(judged),
        "minimums": judged,
    }


def application_line(
    fact: Fact, affiliations: Sequence[Fact], assessed: Sequence[tuple[Fact, Worth]]
) -> Ruling:
    """N 9: enough years since the title, and two in a row at the end."""
    applied = date.fromisoformat(fact["applied_on"])
    whole = count(assessed)
    by_then = count([(entry, worth) for entry, worth in assessed if entry["date"] <= fact["applied_on"]])

    def good(year: int) -> bool:
        day, of = (applied, by_then) if year == applied.year else (last_day(year), whole)
        held = affiliation_on(affiliations, day)
        return met(minimums(held, day, year, of, ended=year < applied.year)) is True

    title = int(fact["title_obtained_on"][:4])
    years_met = sum(good(year) for year in range(title + 1, applied.year + 1))  # N 9(一)
    pairs = [(applied.year - 1, applied.year)]  # N 9(二)
    if applied.month <= 6:  # 当年申报时间在上半年的，可调整为最近两年
        pairs.append((applied.year - 2, applied.year - 1))
    consecutive = next((list(pair) for pair in pairs if all(map(good, pair))), [])
    affiliation = affiliation_on(affiliations, applied)
    eligible: bool | None = None  # 市外评委会, and whoever N does not hold: their own rules.
    if affiliation is not None and reaches(N, affiliation, applied) and fact.get("committee") != "outside":
        eligible = years_met >= fact["minimum_years"] and bool(consecutive)
    return {
        "kind": "application",
        "person": fact["person"],
        "applied_on": fact["applied_on"],
        "eligible": eligible,
        "years_met": years_met,
        "years_needed": fact["minimum_years"],
        "consecutive": consecutive,
    }


def rulings(facts: Sequence[Fact]) -> list[Ruling]:
    """The whole answer, in the contract's order."""
    entry_lines: dict[str, Ruling] = {}
    year_lines: list[Ruling] = []
    application_lines: dict[int, Ruling] = {}
    for person, mine in sorted(by_person(facts).items()):
        affiliations = [each for each in mine if each["kind"] == "affiliation"]
        assessed = [
            (each, assess(each, held))
            for each in mine
            if each["kind"] == "entry"
            and (held := affiliation_on(affiliations, date.fromisoformat(each["date"])))
        ]
        applications = [each for each in mine if each["kind"] == "application"]
        whole = count(assessed)
        entry_lines |= {each.entry["id"]: entry_line(each) for each in whole}
        years = [each.year for each in whole] + [int(each["applied_on"][:4]) for each in applications]
        if affiliations and years:
            first = min(int(each["from"][:4]) for each in affiliations)
            year_lines += [
                year_line(person, year, affiliations, whole) for year in range(first, max(years) + 1)
            ]
        application_lines |= {
            id(each): application_line(each, affiliations, assessed) for each in applications
        }
    return (
        [entry_lines[each["id"]] for each in facts if each["kind"] == "entry"]
        + year_lines
        + [application_lines[id(each)] for each in facts if each["kind"] == "application"]
    )


def by_person(facts: Sequence[Fact]) -> dict[str, list[Fact]]:
    """Each person's facts, still in the order in which they were registered."""
    found: dict[str, list[Fact]] = {}
    for each in facts:
        found.setdefault(each["person"], []).append(each)
    return found
