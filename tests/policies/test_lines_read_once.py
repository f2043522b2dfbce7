"""A line that differs from one read before only in id, person and date is not read again, and nobody can tell."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from law_at_work import NINGBO, entry

from policies.errors import BadLine
from policies.law import Law
from policies.person import Bench
from policies.shelf import shipped
from tests.policies.oracle import generate

LAW = Law(shipped().books)


def outcome(bench: Bench, line: bytes) -> tuple[Any, ...]:
    """What reading gives: the fact, spelt out, or the complaint."""
    try:
        fact = bench.read(line)
    except BadLine as bad:
        return "bad", bad.told
    if isinstance(fact, tuple):
        return (*fact[:11], fact.shape.values, fact.day)
    return (fact,)


def warm(*lines: bytes) -> Bench:
    """A bench that has read these lines."""
    bench = Bench(LAW)
    for line in lines:
        outcome(bench, line)
    return bench


@pytest.mark.parametrize("persons", [20, pytest.param(120, marks=[pytest.mark.torture, pytest.mark.timeout(600)])])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_every_line_is_read_as_if_it_were_the_first(separators: tuple[str, str], persons: int) -> None:
    lines = [json.dumps(fact, ensure_ascii=False, separators=separators).encode() + b"\n"
             for fact in generate.facts(11, persons=persons)]
    bench = warm(*lines)
    assert [outcome(bench, line) for line in lines] == [outcome(Bench(LAW), line) for line in lines]


def test_a_line_with_a_byte_changed_is_read_as_if_it_were_the_first() -> None:
    random = Random(5)
    lines = [json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
             for each in (entry(1), entry(2, route="overseas", days="1.5"), entry(3, person="张三"), NINGBO)]
    bench = warm(*lines)
    known = Bench(LAW)
    for _ in range(6_000):
        line = bytearray(random.choice(lines))
        at = random.randrange(len(line) - 1)
        match random.randrange(3):
            case 0:
                line[at] = random.choice(b'"\\,:{} 09azAZ\x00\x1f\x7f\xe5\xff\n')
            case 1:
                line.insert(at, random.choice(b'"\\,:{} 0a\x00\xff'))
            case _:
                del line[at]
        changed = bytes(line)
        known._lines.clear()
        assert outcome(bench, changed) == outcome(known, changed), changed


@pytest.mark.parametrize(
    "changed",
    [
        b'"id":""', b'"id":"e\\"1"', b'"id":"\\u0065"', b'"id":"e\x01"', b'"id":"\xff"', b'"id":1',
        b'"id":"e1","id":"e2"',
    ],
)
def test_an_id_that_needs_reading_is_read(changed: bytes) -> None:
    line = json.dumps(entry(1), separators=(",", ":")).encode() + b"\n"
    assert b'"id":"e1"' in line
    line = line.replace(b'"id":"e1"', changed)
    bench = warm(json.dumps(entry(1), separators=(",", ":")).encode() + b"\n")
    assert outcome(bench, line) == outcome(Bench(LAW), line)


def test_the_memory_of_lines_starts_anew_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policies.entries.MEMORY_MOST", 3)
    lines = [json.dumps(entry(n, route="overseas", days=str(n)), separators=(",", ":")).encode() for n in range(1, 9)]
    bench = warm(*lines, *lines)
    assert len(bench._lines) <= 3
    assert [outcome(bench, line) for line in lines] == [outcome(Bench(LAW), line) for line in lines]
