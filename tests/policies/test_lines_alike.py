"""A line that is like one read before is read by what differs; it says, or is refused, as if it were the first."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from policies.errors import BadLine
from policies.law import Law
from policies.person import Bench
from policies.shelf import shipped

LAW = Law(shipped().books)
FILED = {"kind": "entry", "id": "e1", "person": "p1", "date": "2019-05-03", "category": "professional",
         "route": "filed_training", "days": "2", "starts": "2019-05-03", "filed_on": "2019-04-01"}
HELD = {"kind": "entry", "id": "e1", "person": "p1", "date": "2019-05-03", "category": "general_public",
        "route": "course", "hours": "12", "completed_by": "exam", "occasion": "o1"}
DATES = ("2019-05-03", "2020-01-31", "2020-02-28", "2020-02-30")
USUAL = ("2019-05-01", "2019-06-01", "2018-01-01")
TRICKY = ("", "o2", "张三的讲座", 'a"b', "a\\b", "\t", "2019-02-29", "2019-02-28", "1900-01-01", "\u2028", "x" * 300)


def said(bench: Bench, line: bytes) -> Any:
    try:
        entry = bench.read(line)
    except BadLine as bad:
        return bad.told
    assert isinstance(entry, tuple)
    return *entry[:11], entry[11].values, entry[12]


def lines(fact: dict[str, Any], seed: int) -> list[bytes]:
    """The fact, and others that are like it: another occasion, date, output or year, with or without spaces."""
    chosen, found = random.Random(seed), []
    for number in range(150):
        other = fact | {"id": f"e{number}", "date": chosen.choice(DATES)}
        for name in chosen.sample(("occasion", "output", "starts", "filed_on"), 2):
            other[name] = chosen.choice(TRICKY if chosen.random() < 0.15 else USUAL)
        if chosen.random() < 0.2:
            other[chosen.choice(("ends", "document"))] = "2019-05-04"
        if chosen.random() < 0.1:
            other["year"] = chosen.choice((2019, 2020))
        if chosen.random() < 0.1:
            del other[chosen.choice(("starts", "filed_on")) if "starts" in other and "filed_on" in other else "id"]
        spaces = chosen.choice(((",", ":"), (", ", ": ")))
        line = json.dumps(other, ensure_ascii=chosen.random() < 0.3, separators=spaces).encode()
        if chosen.random() < 0.05:
            line = line[:-1] + b',"occasion":"o9"}'
        if chosen.random() < 0.05:
            line = line.replace(b'"o2"', b'"\xff"')
        found.append(line)
    return found


@pytest.mark.parametrize("fact", [FILED, HELD], ids=["filed", "held"])
def test_a_line_like_others_is_read_as_if_it_were_the_first(fact: dict[str, Any]) -> None:
    remembering, good = Bench(LAW), 0
    for seed in range(3):
        for line in lines(fact, seed):
            expected = said(Bench(LAW), line)
            assert said(remembering, line) == expected, line
            assert said(remembering, line) == expected, "read again"
            good += isinstance(expected, tuple)
    assert 100 < good < 440


def test_a_word_that_differs_is_that_entrys_own() -> None:
    bench = Bench(LAW)
    first, second = (bench.read(json.dumps(HELD | {"occasion": name}).encode()) for name in ("o1", "o2"))

    assert isinstance(first, tuple) and isinstance(second, tuple)
    assert (first.occasion, second.occasion) == ("o1", "o2")
    assert first.shape is second.shape
