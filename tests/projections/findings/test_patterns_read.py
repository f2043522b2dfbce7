"""Patterns say in a head of one form what they are for; thresholds have a history; every question starts at keys."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlite_utils import Database

from projections.files.projection import Projection
from projections.findings import touching
from projections.findings.clue_file import ClueFile
from projections.findings.patterns import (
    KINDS,
    Pattern,
    PatternMalformed,
    PatternUnknown,
    chosen,
    patterns,
    read_pattern,
    read_thresholds,
    thresholds,
    thresholds_on,
)
from projections.findings.touching import prepare
from projections.findings.traces import Traces

EVERY = tuple(f"D{number:02d}" for number in range(1, 17))
HEAD = """-- D99/3 名称
-- severity: high
-- touches: claim, person
-- rule: 规则
-- reason: 理由
-- guard: 防误报
-- thresholds: most
-- counter: seen 看过几次；left 还有几次
-- figures: found 几条
-- 这里起是正文的注释：:other 不是参数
SELECT ':not_one' WHERE 1 > :D99_most
"""
HISTORY = """
[[D99.most]]
from = 2026-01-01
value = 3
because = "理由"
[[D99.most]]
from = 2026-07-01
value = 5
because = "别的理由"
"""


def test_all_sixteen_are_there_and_say_why_and_whom_they_spare() -> None:
    assert tuple(patterns()) == EVERY
    for one in patterns().values():
        assert all(len(words) > 20 for words in (one.rule, one.reason, one.guard)), one.id
        assert one.counter and one.figures, "whoever looks at a number is told what it says"
        assert all(said for said in (*one.counter.values(), *one.figures.values())), one.id


def test_every_reason_names_an_article() -> None:
    for one in patterns().values():
        assert re.search(r"[PERWN] ?\d", one.reason), f"{one.id} says by which article it is wrong"


def test_a_head_is_read() -> None:
    one = read_pattern("D99", HEAD)
    assert (one.name, one.title, one.severity, one.touches) == ("D99/3", "名称", "high", ("claim", "person"))
    assert one.counter == {"seen": "看过几次", "left": "还有几次"} and one.figures == {"found": "几条"}
    assert one.bound({"most": 4}) == {"D99_most": 4} and not one.looks_at_everything


@pytest.mark.parametrize(("was", "becomes", "words"), [
    ("-- D99/3 名称", "-- D98/3 名称", "首行"),
    ("-- D99/3 名称", "-- D99/0 名称", "首行"),
    ("-- guard: 防误报\n", "", "guard"),
    ("-- rule: 规则", "-- rule: 规则\n-- rule: 又一条", "两次"),
    ("high", "grave", "severity"),
    ("claim, person", "claim, planet", "planet"),
    ("thresholds: most", "thresholds: Most", "Most"),
    (":D99_most", ":D99_more", "D99_more"),
    ("-- thresholds: most\n", "", "D99_most"),
    ("SELECT", "SELECT date('now') AS", "时刻"),
    ("SELECT", "SELECT random() AS", "随机"),
    ("SELECT", "SELECT CURRENT_TIMESTAMP AS", "时刻"),
    ("-- figures:", "-- looks: somewhere\n-- figures:", "looks"),
])
def test_a_head_that_is_not_of_the_form_is_refused(was: str, becomes: str, words: str) -> None:
    assert was in HEAD
    with pytest.raises(PatternMalformed, match=words):
        read_pattern("D99", HEAD.replace(was, becomes, 1))


def test_the_threshold_in_force_is_the_last_that_had_begun() -> None:
    history = read_thresholds(HISTORY)["D99"]["most"]
    assert [(one.starts, one.value) for one in history] == [(date(2026, 1, 1), 3), (date(2026, 7, 1), 5)]
    pattern = read_pattern("D99", HEAD)
    fingerprints = {pattern.fingerprint({"most": value}) for value in (3, 5)}
    assert len(fingerprints) == 2, "another value is another question"


@pytest.mark.parametrize("text", [
    HISTORY.replace("2026-07-01", "2025-07-01"),        # Not in order.
    HISTORY.replace("2026-07-01", "2026-01-01"),        # Twice on a day.
    HISTORY.replace('because = "理由"', 'because = ""'),
    HISTORY.replace("value = 3", "value = 3.5"),
    HISTORY.replace("value = 3", "value = true"),
    HISTORY.replace("value = 3", "value = 3\nunit = 's'"),
    HISTORY.replace("from = 2026-01-01", "from = '2026-01-01'"),
])
def test_a_history_without_order_reason_or_whole_value_is_refused(text: str) -> None:
    with pytest.raises(PatternMalformed):
        read_thresholds(text)


def test_every_threshold_belongs_to_a_pattern_that_asks_for_it() -> None:
    for id_, names in thresholds().items():
        assert set(names) == set(patterns()[id_].thresholds), id_
    for one in patterns().values():
        assert thresholds_on(one, date(1999, 1, 1)).keys() == set(one.thresholds), "before the first, the first"


def test_patterns_are_chosen_by_id_and_an_unknown_one_is_named() -> None:
    assert [one.id for one in chosen(["d04", "D01/1"])] == ["D01", "D04"]
    assert [one.id for one in chosen([])] == list(EVERY)
    with pytest.raises(PatternUnknown, match="D77"):
        chosen(["D01", "D77"])


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """Traces and clues with their indexes and nothing in them, as patterns find them."""
    folder: Path = tmp_path_factory.mktemp("tables")
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for projection in (Traces(), _OfClues()):
        path = folder / f"{projection.name}.db"
        db = Database(path)
        projection.create(db)
        projection.index(db)
        db.close()
        connection.execute(f"ATTACH ? AS {projection.name}", (str(path),))
    prepare(connection)
    yield connection
    connection.close()


class _OfClues(Projection):
    name, version, tables, handlers = "clues", 1, ClueFile.tables, ClueFile.handlers


@pytest.mark.parametrize("pattern", [one for one in patterns().values() if not one.looks_at_everything],
                         ids=lambda one: one.id)
def test_whatever_a_pattern_looks_at_it_comes_to_by_an_index(pattern: Pattern, tables: sqlite3.Connection) -> None:
    roots = {(number, root): name for number, database in ((2, "traces"), (3, "clues"))
             for name, root in tables.execute(f"SELECT tbl_name, rootpage FROM {database}.sqlite_master")}
    values = pattern.bound(thresholds_on(pattern, date(2026, 11, 22)))
    opened, scanned = {}, set()
    for _, code, first, second, third, *_ in tables.execute(f"EXPLAIN {pattern.sql}", values):
        if code == "OpenRead" and (third, second) in roots:
            opened[first] = roots[third, second]
        elif code in ("Rewind", "Last", "Sort") and first in opened:
            scanned.add(opened[first])
    assert opened and not scanned, f"{pattern.id} reads all of {scanned}"


def test_every_kind_of_key_can_be_touched_by_everything_and_by_what_is_new(tables: sqlite3.Connection) -> None:
    assert touching.list_everything(tables, KINDS).keys() == set(KINDS)
    touching.touch_since(tables, 0)
    assert touching.touched_by_kind(tables) == {}
