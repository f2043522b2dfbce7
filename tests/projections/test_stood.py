"""What held at a position and holds no longer is found by how long it held, and as a plain reading of every row."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from projection_kit import HANGZHOU, NINGBO, House, exam, living

from ledger.events.actor import Scope
from projections.files.projection import HOLDS
from projections.files.reader import Reader
from projections.tables.stood import HAD_ENDED, stood, stood_of_each
from projections.tables.table import Table, indexes_of
from projections.tables.values import every_value
from projections.wanted import Wanted
from projections.work import BY_OFFICE
from projections.workload import workload

TABLE = Table({"name": str, "role": str, "region": str}, ("name", "from_position"), stood=("role", "region"))
OFFICE = Scope(role="sector_authority", region="33")


@pytest.fixture
def rows() -> sqlite3.Connection:
    """Rows that hold for a moment, a while and ever since."""
    connection, chance = sqlite3.connect(":memory:"), random.Random(5)
    connection.execute("CREATE TABLE held (name TEXT, role TEXT, region TEXT, from_position INTEGER, "
                       "to_position INTEGER)")
    for number in range(3_000):
        began = chance.randrange(1, 50_000)
        ended = chance.choice((None, began + chance.choice((1, 9, 10, 99, 100, chance.randrange(1, 40_000)))))
        connection.execute("INSERT INTO held VALUES (?, ?, ?, ?, ?)", (
            str(number), chance.choice(("office", "unit", None)), chance.choice(("33", "3302")), began, ended))
    for statement in indexes_of("held", TABLE):
        connection.execute(statement)
    return connection


def test_of_every_position_the_same_rows_are_found_as_by_reading_all(rows: sqlite3.Connection) -> None:
    found = 0
    for as_of in (0, 1, 2, 9, 10, 11, *range(37, 90_000, 1_499)):
        def names(query: str, as_of: int = as_of) -> list[str]:
            return sorted(name for (name,) in rows.execute(query, {"as_of": as_of}))

        ended = f"SELECT name FROM held WHERE {HOLDS} AND to_position IS NOT NULL AND role"
        of_office = names(f"SELECT name FROM {stood('held')} WHERE role = 'office' AND {HAD_ENDED}")
        of_each = names(f"SELECT name FROM {stood_of_each('held', 'role')} WHERE {HAD_ENDED}")
        assert of_office == names(f"{ended} = 'office'")
        assert of_each == names(f"{ended} IS NOT NULL")
        found += len(of_each)
    assert found > 1_000


def test_little_else_is_read_than_what_held(rows: sqlite3.Connection) -> None:
    query = f"SELECT count(*) FROM {stood('held')} WHERE role = 'office' AND {HAD_ENDED}"

    plan = [step[-1] for step in rows.execute(f"EXPLAIN QUERY PLAN {query}", {"as_of": 9})]

    assert any("idx_held_stood (role=? AND <expr>=? AND to_position>? AND to_position<?)" in step for step in plan)


def test_every_value_of_a_column_is_a_step_of_its_index(rows: sqlite3.Connection) -> None:
    query = f"SELECT value FROM {every_value('held', 'role', 'to_position IS NOT NULL')}"

    assert [value for (value,) in rows.execute(query)] == ["office", "unit"]
    assert all("SCAN held" not in step[-1] for step in rows.execute(f"EXPLAIN QUERY PLAN {query}"))
    rows.execute("DELETE FROM held")
    assert rows.execute(query).fetchall() == []


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Offices at work: what is submitted waits, is approved after a while, or not yet."""
    with living(tmp_path_factory.mktemp("stood") / "house") as made:
        chance = random.Random(3)
        units = [made.unit(region, "industry") for region in (NINGBO, HANGZHOU)]
        people, waiting = [made.person(unit=unit) for unit in units for _ in range(2)], list[str]()
        for _ in range(30):
            waiting.append(made.submit(chance.choice(people), exam("2021-03-01")))
            if len(waiting) > 6:
                made.approve(waiting.pop(chance.randrange(len(waiting))))
        made.followed()
        yield made


def test_what_waited_is_told_alike_at_every_position(house: House) -> None:
    answers, seen = house.answers, 0
    reader = answers.file("work", None)[0]
    plain = f"SELECT id, event FROM work WHERE role = 'sector_authority' AND {HOLDS} ORDER BY event, id"
    for as_of in range(1, house.size + 1):
        was = reader.rows(plain, {"as_of": as_of})
        names = [claim for claim, _ in was]
        found, after = list[str](), None
        while True:
            page = answers.work([OFFICE], as_of=as_of, after=after, limit=3)
            found += [one.id for one in page.items]
            if (after := page.next) is None:
                break
        backwards = answers.work([OFFICE], as_of=as_of, limit=99, wanted=Wanted(backwards=True))
        by_unit = answers.work([OFFICE], as_of=as_of, limit=99, wanted=Wanted(by="unit"))
        counted = workload(answers, [OFFICE], as_of=as_of)[0]
        assert found == names and [one.id for one in backwards.items] == names[::-1]
        assert sorted(one.id for one in by_unit.items) == sorted(names)
        assert sum(one.waiting for one in counted) == len(was)
        assert [(one.oldest, one.since) for one in counted][:1] == was[:1]
        seen += len(was)
    assert seen > 100


def test_what_is_asked_of_work_never_reads_all_of_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of now nor of a past position, by an office, a unit, a person, or whoever watches over all."""
    answers, rows, plans = house.answers, Reader.rows, list[str]()

    def explained(self: Reader, query: str, values: Any = ()) -> Any:
        plans.extend(step[-1] for step in rows(self, f"EXPLAIN QUERY PLAN {query}", values))
        return rows(self, query, values)

    unit = Scope(role="unit", region=NINGBO, unit=house.unit(NINGBO, "industry"))
    monkeypatch.setattr(Reader, "rows", explained)
    for as_of in (None, 5):
        answers.work([OFFICE, unit], as_of=as_of)
        answers.claimant_work("per_unknown", as_of=as_of)
        workload(answers, [OFFICE, unit], as_of=as_of)
        workload(answers, [OFFICE], as_of=as_of, every_role=True)
    read = [plan for plan in plans if " work" in plan or " filings" in plan]
    assert len(read) > 20
    # Of what waits now, counting reads all there is, in the index alone.
    scans = {plan for plan in read if plan.startswith("SCAN")}
    assert scans == {f"SCAN {table} USING COVERING INDEX idx_{table}_{'_'.join(BY_OFFICE)}"
                     for table in ("work", "filings")}
