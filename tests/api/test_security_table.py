"""The review in `api/security.md` names what is there: files, tests, counts. Whether it is right, people judge."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "api" / "security.md").read_text("utf-8")
ROW = re.compile(
    r"^\| (V[0-9]+)(\.[0-9]+\.[0-9]+) \| ([12]) \| (.+?) \| (met|n/a|deployment|NOT MET) \| (.*?) \| (.*?) \|$",
    re.MULTILINE)
SUM = re.compile(r"^\| (V[0-9]+|all)[^|]*" + r" \| ([0-9]+)" * 5 + r" \|$", re.MULTILINE)
CHAPTERS = {"V1": 27, "V2": 11, "V3": 19, "V4": 10, "V5": 9, "V6": 35, "V7": 18, "V8": 7, "V9": 7, "V10": 29, "V11": 14,
            "V12": 9, "V13": 13, "V14": 9, "V15": 13, "V16": 16, "V17": 7}
"""How many requirements of levels 1 and 2 the standard has, version 5.0.0."""
STATES = ("met", "deployment", "n/a", "NOT MET")
_NAMED = re.compile(r"`((?:api|ledger|policies|projections|tests)/[^`]*|requirements[a-z-]*\.lock|pyproject\.toml)`")


def test_every_requirement_of_both_levels_has_one_row() -> None:
    rows = ROW.findall(TEXT)
    assert Counter(chapter for chapter, *_ in rows) == CHAPTERS
    assert len({chapter + rest for chapter, rest, *_ in rows}) == len(rows) == 253


def test_the_counts_are_those_of_the_rows() -> None:
    found = Counter((chapter, state) for chapter, _, _, _, state, _, _ in ROW.findall(TEXT))
    told = {chapter: tuple(map(int, rest)) for chapter, *rest in SUM.findall(TEXT)}
    for chapter, many in CHAPTERS.items():
        assert told[chapter] == (many, *(found[chapter, state] for state in STATES)), chapter
    assert told["all"] == (253, *(sum(found[chapter, state] for chapter in CHAPTERS) for state in STATES))


def test_every_file_and_every_test_that_is_named_exists() -> None:
    for named in _NAMED.findall(TEXT):
        path, _, test = named.partition("::")
        assert (ROOT / path).exists(), named
        assert not test or f"def {test}(" in (ROOT / path).read_text("utf-8"), named


def test_what_is_met_says_where_and_by_which_test_and_what_is_not_says_what_is_planned() -> None:
    for chapter, rest, _, _, state, where, shown in ROW.findall(TEXT):
        if state == "met":
            assert "`tests/" in shown, chapter + rest
        elif state == "NOT MET":
            assert "Plan: " in where and f"**{chapter}{rest}**" in TEXT, chapter + rest
        else:
            assert where, chapter + rest
