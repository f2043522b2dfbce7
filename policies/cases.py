"""Case files: what a lawyer says the law does, run against the evaluator.

A case file stands beside its rulebook (`2019-01-01.cases.toml`). Each `[[case]]` has a sentence for a name, a person,
entries that are given and what is expected of them; `README.md` of this package shows the form. `run` says which cases
fail and what the passing ones reached (`marks.py`).

`tests/policies/test_cases.py` runs every case file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from policies.entries import Entry
from policies.errors import BadLine, UnreadableRulebook
from policies.facts import Affiliation, Application
from policies.lines import text
from policies.marks import Reached
from policies.person import Bench, PersonRuling
from policies.places import places_of
from policies.shapes import check_affiliation
from policies.shelf import CASES_SUFFIX
from policies.year import YearRuling

SUMS: Final = ("total", "professional", "sector_public", "general_public", "exam_hours")
PER_ENTRY: Final = ("status", "rulebook", "clause", "assessed", "counted", "flags", "reason", "attributed")
PER_APPLICATION: Final = ("eligible", "years_met", "consecutive", "earliest")
NULL: Final = "null"
"""TOML has no null; a case writes `met = "null"` where the verdict is open."""


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence of a lawyer."""

    name: str
    affiliations: tuple[Mapping[str, Any], ...]
    given: tuple[Mapping[str, Any], ...]
    applies: Mapping[str, Any] | None
    expect: Mapping[str, Any]
    shows: tuple[str, ...]


def case_file(rulebook: Path) -> Path:
    """The case file that stands beside a rulebook's file."""
    return rulebook.with_name(rulebook.name.removesuffix(".toml") + CASES_SUFFIX)


def read_cases(path: Path) -> list[Case]:
    """The cases of a file."""
    try:
        plain = tomllib.loads(path.read_text("utf-8"))
        return [_case(row, plain.get("person", {}), plain.get("date")) for row in plain["case"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:  # Drafts come by doors, too.
        raise UnreadableRulebook(path, [f"案例文件不能读：{error}；应有 [[case]]，各有 name、given、expect"]) from None


def _case(row: Mapping[str, Any], person: Mapping[str, Any], day: Any) -> Case:
    unknown = row.keys() - {"name", "person", "affiliations", "given", "applies", "expect", "shows"}
    if unknown:
        raise KeyError(f"案例“{row.get('name')}”里没有这样的字段：{'、'.join(sorted(unknown))}")
    affiliations = row.get("affiliations") or [{**person, **row.get("person", {})}]
    given = [
        {"id": str(number), "date": day, **({"category": "professional"} if one["route"] != "course" else {}), **one}
        for number, one in enumerate(row.get("given", ()), 1)
    ]
    tables = {"affiliations": affiliations, "expect": [row["expect"]], "applies": [row.get("applies", {})]}
    for name, rows in tables.items():
        if not all(isinstance(one, dict) for one in rows):
            raise TypeError(f"案例“{row['name']}”的 {name} 应写成 {{ … }}")
    return Case(
        str(row["name"]), tuple(affiliations), tuple(given), row.get("applies"), row["expect"],
        tuple(map(str, row.get("shows", ()))))


def judge_case(bench: Bench, case: Case) -> PersonRuling:
    """The ruling on a case's person."""
    words = bench.law.vocabulary
    held = []
    for row in case.affiliations:
        place = bench.reader.read(_json({"kind": "affiliation", "person": "某人", **row}))
        assert isinstance(place, Affiliation)
        held.append((*check_affiliation(place, words), place))
    entries: list[Entry] = [bench.entry(**_plain({"person": "某人", **row})) for row in case.given]
    applications = []
    if case.applies is not None:
        one = bench.reader.read(_json({"kind": "application", "person": "某人", **case.applies}))
        assert isinstance(one, Application)
        applications = [one]
    return bench.judge(places_of(held), entries, applications)


def outcome(bench: Bench, case: Case) -> tuple[PersonRuling | None, list[str]]:
    """What the law makes of a case, and where that is not what is expected; no ruling where it cannot be read."""
    try:
        ruled = judge_case(bench, case)
    except BadLine as bad:
        return None, [] if case.expect.get("bad") == bad.field else [f"案例“{case.name}”：{bad.told}"]
    except (TypeError, ValueError, RecursionError) as error:
        return None, [f"案例“{case.name}”的 given、affiliations 或 applies 不是事实的写法：{error}"]
    try:
        return ruled, differences(case, ruled)
    except (IndexError, KeyError, TypeError, AttributeError, ValueError) as error:
        return ruled, [f"案例“{case.name}”的 expect 无法与裁定对照：{error}"]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """TOML dates as the texts that a line of facts holds."""
    return {key: value if isinstance(value, int | str) else str(value) for key, value in row.items()}


def _json(row: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(_plain(row))


def differences(case: Case, ruled: PersonRuling) -> list[str]:
    """What the case expects and the law does not say; empty when they agree."""
    wrong: list[str] = []
    year = _year(case, ruled)
    for name, wanted in case.expect.items():
        found: Any
        if name in PER_ENTRY:
            every = [_of_entry(ruled, place, name) for place in range(len(ruled.entries))]
            found = every if isinstance(wanted, list) and name != "flags" else every[-1]
        elif name in SUMS:
            found = _sum(year, name)
        elif name == "met":
            found = None if year is None else year.met
        elif name in PER_APPLICATION:
            found = _of_application(ruled, name)
        elif name == "minimums":
            wrong += _minimum_differences(case.name, year, wanted)
            continue
        elif name == "year":
            continue
        else:
            wrong.append(f"案例“{case.name}”：expect 里没有 {name} 这一项")
            continue
        found = NULL if found is None else found
        if found != wanted:
            wrong.append(f"案例“{case.name}”：{name} 应为 {wanted!r}，算得 {found!r}")
    return wrong


def _year(case: Case, ruled: PersonRuling) -> YearRuling | None:
    """The year that the case speaks of: the named one, else that of its last entry."""
    number = case.expect.get("year", ruled.weighed[-1].year if ruled.weighed else None)
    return next((year for year in ruled.years if year.year == number), None)


def _of_entry(ruled: PersonRuling, place: int, name: str) -> Any:
    weighed = ruled.weighed[place]
    match name:
        case "status":
            return ruled.status(place)
        case "rulebook":
            return weighed.ruling.rulebook
        case "clause":
            return weighed.ruling.article
        case "assessed":
            return text(weighed.ruling.assessed)
        case "counted":
            return text(ruled.folded.counted[place])
        case "attributed":
            return weighed.year
        case "reason":
            return next((getattr(detail, "reason", detail) for kind, detail in weighed.ruling.trace
                         if kind in ("unmet", "refused")), None)
        case _:
            return list(weighed.ruling.flags)


def _sum(year: YearRuling | None, name: str) -> str | None:
    if year is None:
        return None
    sums = year.sums
    hours = {"total": sums.total, "exam_hours": sums.exam,
             **dict(zip(("professional", "sector_public", "general_public"), sums.by_category, strict=True))}
    return text(hours[name])


def _of_application(ruled: PersonRuling, name: str) -> Any:
    one = ruled.applications[0]
    match name:
        case "consecutive":
            return list(one.consecutive)
        case _:
            return getattr(one, name)


def _minimum_differences(name: str, year: YearRuling | None, wanted: Mapping[str, Any]) -> Iterable[str]:
    """`minimums = { "wenzhou general_public" = false }`, or `= "in_progress"`, or `= { have = "12", met = true }`."""
    found = {f"{one.due.rulebook.family} {one.due.minimum.name}": one for one in (year.minimums if year else ())}
    for key, expected in wanted.items():
        one = found.get(key)
        if one is None:
            if expected != "absent":
                yield f"案例“{name}”：没有要求 {key}；有 {'、'.join(found) or '（无）'}"
            continue
        told: Any = one.reason if one.reason is not None else one.met
        if isinstance(expected, Mapping):
            stands = {"have": text(one.have), "need": text(one.need), "met": told}
            if one.span is not None:
                stands |= {"from": one.span[0], "to": one.span[1]}
            told = {part: stands.get(part) for part in expected}
        if told != expected:
            yield f"案例“{name}”：{key} 应为 {expected!r}，算得 {told!r}"


def run(bench: Bench, cases: Iterable[Case]) -> tuple[list[str], Reached]:
    """What fails, and what was reached by all cases together."""
    wrong: list[str] = []
    reached = Reached()
    for case in cases:
        ruled, differs = outcome(bench, case)
        wrong += differs
        if ruled is None:
            continue
        reached.add(ruled)
        reached.marks |= {f"shows {one}" for one in case.shows}
    return wrong, reached
