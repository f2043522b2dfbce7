"""The spool gives answers back in the order of their questions and finds names used twice, however often it spills."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from policies.spool import Head, Names, Sorter, answers_file, person_head, rows_file


@pytest.fixture
def sorter(tmp_path: Path) -> Iterator[Sorter]:
    random = Random(11)
    spool = Sorter(tmp_path / "parts")
    for start in range(0, 600, 100):
        spool.add(
            [
                (
                    Head(random.choice(["entry", "application", "affiliation"]), f"p{random.randrange(90)}"),
                    b"%d" % number,
                )
                for number in range(start, start + 100)
            ]
        )
        spool.skip()
    spool.close()
    yield spool


def test_lines_come_back_in_order_with_their_numbers_blank_ones_counted(sorter: Sorter) -> None:
    told = list(sorter.in_order())
    assert [int(line) for _, line in told] == list(range(600))
    assert [number for number, _ in told] == [one + 1 + one // 100 for one in range(600)]


def test_a_place_in_a_part_is_found_by_its_line_number(sorter: Sorter) -> None:
    lines = dict(sorter.in_order())
    for part in sorter.sizes():
        rows = rows_file(sorter.folder, part).read_bytes().split()
        for place in (0, len(rows) - 1):
            assert lines[sorter.numbers([(part, place)])[part, place]] == rows[place]


def test_years_are_merged_by_the_code_points_of_persons(tmp_path: Path) -> None:
    spool = Sorter(tmp_path / "parts")
    spool.close()
    for part, names in ((1, ["B", "王"]), (2, ["a"]), (9, ["A", "𠮷"])):
        answers_file(spool.folder, part, "years").write_bytes(
            b"".join(person_head(name, 2) + f"{name}1\n{name}2\n".encode() for name in names)
        )
    out = io.BytesIO()
    spool.by_person(out, headed=False)
    assert out.getvalue().decode().split() == [f"{name}{number}" for name in "ABa王𠮷" for number in (1, 2)]


@pytest.mark.parametrize("held", [5, 10_000])
def test_names_used_twice_are_found_across_spills(tmp_path: Path, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policies.spool.IDS_HELD_MOST", held)
    names = Names(tmp_path)
    names.add([f"e{number}" for number in range(50)])
    names.add(["x\n1", "x", '"', "e7"])
    names.add(["x\n", "x\n1"])
    assert names.twice() == {"e7", "x\n1"}
