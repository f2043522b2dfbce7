"""Bad files, one broken rule each: what `lines` calls bad and the evaluator must refuse as a whole.

Each is small: an affiliation, a good entry, and one line in which a single field was changed or taken away;
or lines that are bad only beside each other. `tests/policies/test_oracle_agrees.py` runs them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Fact = dict[str, Any]


def some_entry(route_name: str, **fields: object) -> Fact:
    return {
        "kind": "entry",
        "id": "e1",
        "person": "p",
        "date": "2019-05-03",
        "category": "professional",
        "route": route_name,
        **fields,
    }


HELD: Fact = {
    "kind": "affiliation",
    "person": "p",
    "from": "2019-01-01",
    "region": "330203",
    "sector": "industry",
}
GOOD: dict[str, Fact] = {
    "affiliation": {**HELD, "from": "2022-01-01", "to": "2022-12-31"},
    "seminar": some_entry("advanced_seminar", level="municipal", days="5"),
    "unit": some_entry("unit_training", days="2", filed_on="2019-01-01", starts="2019-05-01"),
    "exam": some_entry("exam", subjects=2),
    "paper": some_entry("paper", level="core", rank=1),
    "book": some_entry("book", characters=20000, rank=1),
    "degree": some_entry("degree_course", courses=2),
    "courseware": some_entry("courseware", hours="2"),
    "minutes": some_entry("courseware", minutes=90),
    "course": some_entry("course", hours="12", completed_by="exam") | {"category": "general_public"},
    "other": some_entry("other", confirmed_hours="3", document="文1"),
    "spanning": some_entry("overseas", days="7", starts="2019-12-28", ends="2020-01-03", year=2019)
    | {"date": "2020-01-03"},
    "application": {
        "kind": "application",
        "person": "p",
        "applied_on": "2024-05-10",
        "title_obtained_on": "2018-11-30",
        "minimum_years": 5,
    },
}


def unbroken() -> list[str]:
    """The good lines that the breakages start from, in one file that has no problem."""
    good = [line if line["kind"] != "entry" else {**line, "id": name} for name, line in GOOD.items()]
    return [json.dumps(each, ensure_ascii=False) for each in (HELD, *good)]


def breakages() -> Iterator[tuple[str, list[str]]]:
    """A rule of the contract, and a small file in which one line breaks it."""
    for name, field, value in changes():
        fact = {**GOOD[name], field: value}
        if value is None:
            del fact[field]
        lines = [
            json.dumps(each, ensure_ascii=False)
            for each in (HELD, some_entry("exam", subjects=1) | {"id": "e0"}, fact)
        ]
        yield f"{name}: {field} = {value!r}", lines
    first = json.dumps(HELD)
    for broken in ("{", "[]", "1", "null", '"x"', "{}", '{"kind":"entry"'):
        yield f"line {broken}", [first, "", broken]
    yield "a second affiliation with the same from", [first, json.dumps({**HELD, "region": "330302"})]
    yield "an entry without any affiliation", [json.dumps(GOOD["exam"])]
    yield (
        "an entry after the last day of its affiliation",
        [json.dumps({**HELD, "to": "2019-03-03"}), json.dumps(GOOD["exam"])],
    )
    yield (
        "an entry in an affiliation that the next one ended",
        [
            json.dumps({**HELD, "to": "2020-12-31"}),
            json.dumps({**HELD, "from": "2019-02-01", "to": "2019-03-03"}),
            json.dumps(GOOD["exam"]),
        ],
    )


def changes() -> Iterator[tuple[str, str, Any]]:
    """One field of one good line, and what to put there; None takes it away."""
    wrong: Any
    for wrong in (None, "", 5, "x"):
        yield "seminar", "kind", wrong
    for wrong in (None, "", 7, "e0"):  # e0 is taken.
        yield "seminar", "id", wrong
    for name in ("seminar", "affiliation", "application"):
        for wrong in (None, "", 7):
            yield name, "person", wrong
        yield name, "colour", "red"
    for wrong in (None, "", "x", 5):
        yield "seminar", "route", wrong
        yield "seminar", "category", wrong
        yield "seminar", "level", wrong
        yield "paper", "level", wrong
        yield "affiliation", "sector", wrong
        yield "affiliation", "region", wrong
        yield "course", "completed_by", wrong
    for name, field in (
        ("seminar", "date"),
        ("affiliation", "from"),
        ("application", "applied_on"),
        ("application", "title_obtained_on"),
    ):
        for wrong in (None, "", "2019-5-3", "2019-02-30", "20190503", 20190503, "2019-05-03T00:00:00"):
            yield name, field, wrong
    for name, field in (
        ("affiliation", "to"),
        ("unit", "filed_on"),
        ("seminar", "submitted_on"),
        ("unit", "starts"),
    ):
        for wrong in ("", "2019-13-01", 5):
            yield name, field, wrong
    yield "affiliation", "to", "2021-12-31"
    for name, field in (
        ("seminar", "days"),
        ("course", "hours"),
        ("courseware", "hours"),
        ("other", "confirmed_hours"),
    ):
        for wrong in (
            None,
            "",
            "0",
            "0.00",
            "-1",
            "1.234",
            "+1",
            "1e2",
            "1,5",
            ".5",
            "1.",
            " 1",
            5,
            4.5,
            True,
            "NaN",
            "５",
        ):
            yield name, field, wrong
    for wrong in ("0.25", "4.3", "1.75"):
        yield "seminar", "days", wrong
    for name, field in (
        ("exam", "subjects"),
        ("book", "characters"),
        ("book", "rank"),
        ("paper", "rank"),
        ("degree", "courses"),
        ("minutes", "minutes"),
        ("application", "minimum_years"),
    ):
        for wrong in (None, 0, -1, 1.5, 2.0, "2", True):
            if (name, wrong) != (
                "application",
                0,
            ):  # The contract does not say whether no years at all may be asked.
                yield name, field, wrong
    yield from (
        ("seminar", "category", "general_public"),
        ("course", "category", "professional"),
        ("exam", "level", "national"),
        ("course", "level", "national"),
        ("book", "level", "municipal"),
        ("courseware", "minutes", 90),
        ("other", "document", None),
        ("seminar", "confirmed_hours", "3"),
        ("seminar", "document", "文1"),
        ("unit", "starts", None),
        ("spanning", "starts", None),
        ("spanning", "ends", None),
        ("spanning", "year", 2021),
        ("spanning", "year", 2018),
        ("spanning", "year", "2019"),
        ("spanning", "ends", "2019-12-30"),
        ("seminar", "year", 2018),
        ("seminar", "year", 2020),
        ("seminar", "date", "2018-12-31"),
        ("application", "committee", "inside"),
    )
