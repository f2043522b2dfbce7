"""One part of a spool before the law: its lines read and checked, its persons ruled, its answers written.

A part holds everything of the persons in it, so it can be ruled alone; two processes share the parts.

`tests/policies/test_evaluate_contract.py` and `tests/policies/test_bad_lines.py` show it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from msgspec import UNSET

from policies.entries import Entry
from policies.errors import BadLine
from policies.facts import DAYS, Affiliation, Application
from policies.lines import Lines, person_lines
from policies.person import Bench
from policies.places import place_on, places_of
from policies.shapes import check_affiliation, check_application
from policies.spool import PART_BYTES_MOST, PARTS, Sorter, answers_file, person_head, read_head, rows_file

DEEPEST: Final = 3
PROBLEMS_MOST: Final = 20
"""So many bad lines are reported; the cure of the first ones is usually the cure of all."""


class Problem(NamedTuple):
    """A bad line: where it lies (a line number, or its place in a part), and why."""

    at: int
    bad: BadLine
    whole_file: bool = False      # Found only by comparing lines; not shown while single lines are bad.


class Person:
    """The lines of one person in a part, each with its place."""

    __slots__ = ("affiliation_places", "affiliations", "application_places", "applications", "entries", "entry_places")

    def __init__(self) -> None:
        self.affiliations: list[tuple[int, int | None, Affiliation]] = []
        self.affiliation_places: list[int] = []
        self.entries: list[Entry] = []
        self.entry_places: list[int] = []
        self.applications: list[Application] = []
        self.application_places: list[int] = []


def rule_part(folder: Path, part: int, bench: Bench, lines: Lines, level: int) -> list[Problem]:
    """Rule one part and write its answers; nothing is written when a line is bad."""
    path = rows_file(folder, part)
    if path.stat().st_size > PART_BYTES_MOST and level < DEEPEST:
        return _rule_large(folder, part, bench, lines, level)
    persons, problems = _read(path, bench)
    for one in persons.values():
        problems += _cross_check(one)
    if not problems:
        _answer(folder, part, persons, bench, lines)
    return problems


def _read(path: Path, bench: Bench) -> tuple[dict[str, Person], list[Problem]]:
    """The persons of a part."""
    persons: dict[str, Person] = {}
    problems: list[Problem] = []
    read, words = bench.read, bench.law.vocabulary
    with path.open("rb") as file:
        for place, line in enumerate(file):
            try:
                fact = read(line)
                if type(fact) is Entry:
                    person = persons.get(fact[1])
                    if person is None:
                        person = persons[fact[1]] = Person()
                    person.entries.append(fact)
                    person.entry_places.append(place)
                elif isinstance(fact, Affiliation):
                    person = persons.setdefault(fact.person, Person())
                    person.affiliations.append((*check_affiliation(fact, words), fact))
                    person.affiliation_places.append(place)
                elif isinstance(fact, Application):
                    check_application(fact)
                    person = persons.setdefault(fact.person, Person())
                    person.applications.append(fact)
                    person.application_places.append(place)
            except BadLine as bad:
                if len(problems) <= PROBLEMS_MOST:   # One more than is told, so that the rest is known to be.
                    problems.append(Problem(place, bad))
    return persons, problems


def _cross_check(one: Person) -> Iterator[Problem]:
    """What is bad only beside the person's other lines."""
    seen: set[int] = set()
    for place, (first, _, affiliation) in zip(one.affiliation_places, one.affiliations, strict=True):
        if first in seen:
            yield Problem(place, BadLine("from", affiliation.from_, "同一人不能有两条归属自同一天起；只留一条"), True)
        seen.add(first)
    if not one.entries:
        return
    places = places_of(one.affiliations)
    only = places[0] if len(places) == 1 else None
    if only is not None and all(entry.year is UNSET for entry in one.entries):
        days = [DAYS[entry.date] for entry in one.entries]
        if only.first <= min(days) and max(days) <= only.last:
            return
    first_year = min((affiliation.from_[:4] for _, _, affiliation in one.affiliations), default="")
    for place, entry in zip(one.entry_places, one.entries, strict=True):
        day = DAYS[entry.date]
        held = only.first <= day <= only.last if only is not None else place_on(places, day) is not None
        if not held:
            wanted = "应在本人某条归属（affiliation）的起止日期之内；归属可写在后面的行"
            yield Problem(place, BadLine("date", entry.date, wanted), True)
        elif entry.year is not UNSET and entry.year < int(first_year):
            yield Problem(place, BadLine("year", entry.year, f"应不早于本人首次归属的年度 {first_year}"), True)


def _answer(folder: Path, part: int, persons: dict[str, Person], bench: Bench, lines: Lines) -> None:
    """Rule every person and write the answers in the order of the part's lines."""
    count = sum(len(one.entry_places) + len(one.application_places) + len(one.affiliations) for one in persons.values())
    entries, applications = [b""] * count, [b""] * count     # By place in the part; no line of a part is blank.
    with answers_file(folder, part, "years").open("wb") as years:
        for name in sorted(persons):
            one = persons[name]
            ruled = bench.judge(places_of(one.affiliations), one.entries, one.applications)
            told, yearly, applied = person_lines(lines, ruled, name)
            for place, line in zip(one.entry_places, told, strict=True):
                entries[place] = line
            for place, line in zip(one.application_places, applied, strict=True):
                applications[place] = line
            if yearly:
                years.writelines((person_head(name, len(yearly)), *yearly))
    for kind, answers in (("entries", entries), ("applications", applications)):
        answers_file(folder, part, kind).write_bytes(b"".join(answers))


def _rule_large(folder: Path, part: int, bench: Bench, lines: Lines, level: int) -> list[Problem]:
    """Sort a large part once more, rule what comes of it, and merge the answers into one part again."""
    sorter = Sorter(folder / f"{part:02d}", level=level + 1)
    with rows_file(folder, part).open("rb") as file:
        while block := file.readlines(1 << 20):
            sorter.add((read_head(line), line.rstrip(b"\n")) for line in block)
    sorter.close()
    found = {
        (inner, problem.at): problem
        for inner in sorter.sizes() for problem in rule_part(sorter.folder, inner, bench, lines, level + 1)
    }
    if found:
        numbers = sorter.numbers(found)
        return [problem._replace(at=numbers[place] - 1) for place, problem in found.items()]
    for kind in ("entries", "applications"):
        with answers_file(folder, part, kind).open("wb") as out:
            sorter.answers(kind, out)
    with answers_file(folder, part, "years").open("wb") as out:
        sorter.by_person(out, headed=True)
    return []


assert PARTS <= 255   # A tape has one byte a line, and one value is for lines that go nowhere.
