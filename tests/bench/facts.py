"""A province's facts for the benchmarks: people of four sectors, six years, thirty entries each, in order of date.

Every route of the shipped rulebooks occurs as often as in a working life: mostly courses and days of training, now and
then a paper. One person in twenty changes place, one in ten applies for a title, one entry in six names its occasion,
a filed training its filing. The same seed gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

Fact = dict[str, Any]

WORK = (("330203", "industry"), ("330281", "industry"), ("330302", "environment"), ("330106", "environment"),
        ("330106", "natural_resources"), ("330782", "natural_resources"), ("330302", "general"), ("330203", "general"))
OFTEN: tuple[tuple[int, Fact], ...] = (
    (30, {"category": "general_public", "route": "course", "completed_by": "exam"}),
    (15, {"category": "sector_public", "route": "course", "completed_by": "exam"}),
    (14, {"route": "courseware"}),
    (10, {"route": "unit_training"}),
    (8, {"route": "filed_training"}),
    (6, {"route": "training", "level": "municipal"}),
    (4, {"route": "training", "level": "provincial"}),
    (4, {"route": "advanced_seminar", "level": "municipal"}),
    (3, {"route": "society_meeting"}),
    (2, {"route": "exam", "subjects": 1}),
    (2, {"route": "paper", "level": "core", "rank": 1}),
    (2, {"route": "paper", "level": "other", "rank": 2}),
    (2, {"route": "service"}),
    (1, {"route": "project", "level": "municipal", "rank": 3}),
    (1, {"route": "patent", "level": "invention", "rank": 1}),
    (1, {"route": "degree_course", "courses": 4}),
    (1, {"route": "other"}),
)
BY_DAYS = frozenset(("unit_training", "filed_training", "training", "advanced_seminar", "society_meeting", "service"))
BY_HOURS = frozenset(("course", "courseware"))
ENTRIES_EACH = 30


def life(random: Random, person: str) -> Iterator[tuple[str, Fact]]:
    """One person's facts, each with the day on which it was registered."""
    region, sector = random.choice(WORK)
    yield "2018-01-01", {"kind": "affiliation", "person": person, "from": "2018-01-01", "region": region,
                         "sector": sector}
    if random.random() < 0.05:
        other, sector = random.choice(WORK)
        yield "2022-07-01", {"kind": "affiliation", "person": person, "from": "2022-07-01", "region": other,
                             "sector": sector}
    weights = [often for often, _ in OFTEN]
    for _, fact in random.choices(OFTEN, weights, k=ENTRIES_EACH):
        day = f"{random.randint(2019, 2024)}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}"
        row = {"kind": "entry", "person": person, "date": day, "category": "professional", **fact}
        if row["route"] in BY_DAYS:
            row["days"] = random.choice(("0.5", "1", "1.5", "2", "3", "5"))
        elif row["route"] in BY_HOURS:
            row["hours"] = random.choice(("1", "2", "4", "6", "12", "18"))
        if row["route"] == "filed_training":
            row |= {"starts": day, "filed_on": f"{day[:4]}-01-0{random.randint(1, 9)}" if day[5:] > "01-10" else day}
        if random.random() < 1 / 6:
            row["occasion"] = f"o{random.randint(1, 400_000)}"
        yield day, row
    if random.random() < 0.1:
        yield "2025-05-10", {"kind": "application", "person": person, "applied_on": "2025-05-10",
                             "title_obtained_on": "2019-06-30", "minimum_years": 5}


def write(file: Path, persons: int, seed: int = 20_261_121) -> None:
    """So many lives, mixed by date, as NDJSON."""
    random = Random(seed)
    every = [dated for number in range(persons) for dated in life(random, f"p{number:06d}")]
    every.sort(key=lambda dated: dated[0])
    with file.open("w", encoding="utf-8") as out:
        for number, (_, fact) in enumerate(every):
            row = {"kind": "entry", "id": f"e{number}", **fact} if fact["kind"] == "entry" else fact
            out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def rows() -> Iterator[Any]:
    """Nothing to measure here: the facts of the other benchmarks of the law."""
    return iter(())
