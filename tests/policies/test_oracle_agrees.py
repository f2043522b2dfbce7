"""A second reading of the law, shared with nobody, gives the same answers as the evaluator.

The first tests hold the oracle itself to numbers worked out by hand from the texts; the others hold the evaluator to
the oracle: every line of a large random file, and every way in which the contract calls a line bad.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import Any

import pytest

from policies.evaluate import main_evaluate
from tests.policies.oracle import breakages, generate, lines, plain

Fact = dict[str, Any]

ROOT = Path(__file__).parents[2]

PLACES = {
    "E": ("330106", "environment", "2022-05-03"),
    "R": ("330106", "natural_resources", "2022-05-03"),
    "N": ("330203", "industry", "2022-05-03"),
    "P": ("330106", "general", "2022-05-03"),
    "before E": ("330106", "environment", "2018-07-14"),
}


def ruled(place: str, *entries: Fact) -> list[plain.Ruling]:
    """The oracle's entry lines for one person of that place, every entry on the same day."""
    region, sector, day = PLACES[place]
    held = {"kind": "affiliation", "person": "p", "from": "2015-01-01", "region": region, "sector": sector}
    facts = [
        {"kind": "entry", "id": f"e{i}", "person": "p", "date": day, "category": "professional"} | entry
        for i, entry in enumerate(entries)
    ]
    return [each for each in plain.rulings([held, *facts]) if each["kind"] == "entry"]


@pytest.mark.parametrize(
    ("place", "entry", "assessed"),
    [
        ("E", {"route": "project", "level": "municipal", "rank": 3}, "19.6"),  # E 8(3): 28 at 70 %
        ("E", {"route": "project", "level": "provincial", "rank": 6}, "10.8"),  # E 8(3): 36 at 30 %
        ("E", {"route": "project", "level": "provincial", "rank": 7}, "10.8"),
        ("before E", {"route": "training", "level": "provincial", "days": "3"}, "0"),  # E 16
        ("R", {"route": "patent", "level": "invention", "rank": 2}, "9.6"),  # R 6(三)4: 12 at 80 %
        ("R", {"route": "patent", "level": "invention", "rank": 4}, "0"),
        ("N", {"route": "courseware", "minutes": 100}, "2"),  # N 6(五): two whole 45 minutes
        ("N", {"route": "advanced_seminar", "level": "municipal", "days": "5"}, "24"),  # N 6(一): 30, at most 24
        ("E", {"route": "training", "level": "provincial", "days": "7"}, "42"),  # E 8(1)
        ("P", {"route": "training", "level": "provincial", "days": "7"}, "0"),  # P holds no rates.
    ],
)
def test_the_oracle_gives_the_hours_worked_out_by_hand(place: str, entry: Fact, assessed: str) -> None:
    assert [each["assessed"] for each in ruled(place, entry)] == [assessed]


@pytest.mark.parametrize(
    ("place", "entries", "counted"),
    [
        ("R", [{"route": "unit_training", "days": "8"}], ["24"]),  # R 6(三): 32, at most 24
        (  # R 6(二): 66, at most 36
            "R",
            [{"route": "advanced_seminar", "level": level, "days": "5"} for level in ("national", "provincial")],
            ["36", "0"],
        ),
        (  # N 6(一): 24 and 24, at most 36
            "N",
            [{"route": "advanced_seminar", "level": "municipal", "days": days} for days in ("5", "4")],
            ["24", "12"],
        ),
    ],
)
def test_the_oracle_fills_caps_as_worked_out_by_hand(place: str, entries: list[Fact], counted: list[str]) -> None:
    assert [each["counted"] for each in ruled(place, *entries)] == counted


def evaluated(facts: list[Fact]) -> list[plain.Ruling]:
    """What the command answers, without `why` and `reasons`, which are its own words."""
    text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in facts)
    command = [sys.executable, "-m", "policies.evaluate"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, cwd=ROOT, check=True)
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    for each in answers:
        each.pop("why", None)
        if each["kind"] == "application":
            reasons = each.pop("reasons")
            assert (reasons == []) == (each["eligible"] is True)
    return answers


@pytest.fixture(scope="module")
def random_file() -> list[Fact]:
    return generate.facts(seed=20180715, persons=500)


@pytest.fixture(scope="module")
def rulings(random_file: list[Fact]) -> list[plain.Ruling]:
    """What the oracle rules of it."""
    return plain.rulings(random_file)


def first_differences(
    facts: list[Fact], rulings: list[plain.Ruling]
) -> list[tuple[plain.Ruling | None, plain.Ruling | None]]:
    pairs = zip_longest(rulings, evaluated(facts))
    return [(ours, theirs) for ours, theirs in pairs if ours != theirs][:3]


def test_every_line_of_a_random_file_is_ruled_as_the_oracle_rules_it(
    random_file: list[Fact], rulings: list[plain.Ruling]
) -> None:
    assert sum(each["kind"] == "entry" for each in random_file) > 12_000
    assert first_differences(random_file, rulings) == []


@pytest.mark.torture
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(20))
def test_every_line_of_many_random_files_is_ruled_as_the_oracle_rules_it(seed: int) -> None:
    facts = generate.facts(seed, persons=4000)
    assert first_differences(facts, plain.rulings(facts)) == []


def test_the_random_file_reaches_every_answer_that_the_contract_names(rulings: list[plain.Ruling]) -> None:
    entries = [each for each in rulings if each["kind"] == "entry"]
    years = [each for each in rulings if each["kind"] == "year"]
    applications = [each for each in rulings if each["kind"] == "application"]
    minimums = [minimum for each in years for minimum in each["minimums"]]
    assert {each["status"] for each in entries} == {"ruled", "manual", "refused", "duplicate", "unruled"}
    assert {flag for each in entries for flag in each["flags"]} == {"by_analogy", "late_filing"}
    assert {each["met"] for each in years} == {True, False, None}
    assert {(each["eligible"], len(each["consecutive"])) for each in applications} == {
        (True, 2), (False, 2), (False, 0), (None, 2), (None, 0),
    }  # fmt: skip
    cycle = {(each["from"], each["met"], each.get("reason")) for each in minimums if each["name"] == "class_b_cycle"}
    stands = {(True, None), (False, None), (None, "in_progress"), (None, "undetermined")}
    assert cycle >= {(begins, *each) for begins in (2021, 2024) for each in stands}


def judged(file: list[str]) -> tuple[int, bytes, dict[int, set[str]]]:
    """Exit status, output, and the fields that standard error blames, by line."""
    output, complaints = io.BytesIO(), io.StringIO()
    status = main_evaluate(io.BytesIO("\n".join(file).encode()), output, complaints, None, False)
    blamed: dict[int, set[str]] = {}
    for number, field in re.findall(r"第 (\d+) 行  字段 ([^：]+)：", complaints.getvalue()):
        blamed.setdefault(int(number), set()).add(field)
    return status, output.getvalue(), blamed


def test_the_lines_that_are_going_to_be_broken_are_good() -> None:
    file = breakages.unbroken()
    assert lines.problems(file) == {}
    status, output, blamed = judged(file)
    assert (status, blamed) == (0, {})
    assert output


def test_every_way_to_break_a_line_is_blamed_on_that_line_and_field() -> None:
    wrong = []
    for rule, file in breakages.breakages():
        allowed = lines.problems(file)
        assert set(allowed) == {len(file)}, rule
        status, output, blamed = judged(file)
        right_field = set(blamed) == set(allowed) and all(blamed[number] <= allowed[number] for number in allowed)
        if status != 2 or output or not right_field:
            wrong.append((rule, status, blamed, allowed))
    assert wrong == []


def test_bad_lines_are_found_by_their_number_in_a_large_file() -> None:
    random = Random(27)
    good = [json.dumps(each, ensure_ascii=False) for each in generate.facts(seed=27, persons=800)]
    assert lines.problems(good) == {}
    broken = [file[-1] for rule, file in breakages.breakages() if rule.startswith("seminar: days")]
    bad = dict(zip(random.sample(range(len(good)), k=len(broken)), broken, strict=True))
    for place, line in bad.items():
        good[place] = line
    status, output, blamed = judged(good)
    assert (status, output) == (2, b"")
    assert blamed == {place + 1: {"days"} for place in bad}
