"""The rulebooks as plain tables, and DuckDB to count with them: an engine that has nothing in common with ours.

The TOML files are read here with nothing but `tomllib`, so that only the law is shared with the evaluator, not the
code that understands it. `duck.sql` says how hours and totals follow from the tables.
`tests/policies/test_duck_agrees.py` compares its answers with the evaluator's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

Table = dict[str, Any]

SQL = Path(__file__).with_name("duck.sql")
UNITS = {  # How a rulebook says what a rate is for, and the unit and step that `duck.sql` multiplies by.
    "class": ("item", 1),
    "item": ("item", 1),
    "exam": ("item", 1),
    "day": ("half_day", 1),
    "subject": ("subject", 1),
    "course": ("course", 1),
    "ten_thousand_characters": ("characters", 10_000),
    "marked_hour": ("marked", 1),
}
TABLES = """
    CREATE TABLE rulebook (
        rulebook VARCHAR, region VARCHAR, sector VARCHAR, in_force_from DATE, in_force_to DATE);
    CREATE TABLE rate (
        clause_number INTEGER, rulebook VARCHAR, clause VARCHAR, category VARCHAR, route VARCHAR, level VARCHAR,
        unit VARCHAR, step BIGINT, centi BIGINT, limit_centi BIGINT, cap_centi BIGINT, refuses BOOLEAN);
    CREATE TABLE share (clause_number INTEGER, first_rank BIGINT, last_rank BIGINT, percent BIGINT);
    CREATE TABLE condition (
        clause_number INTEGER, field VARCHAR, among VARCHAR[], not_among VARCHAR[], when_field VARCHAR,
        when_among VARCHAR[], filing BOOLEAN);
    CREATE TABLE binding (
        rulebook VARCHAR, clause VARCHAR, category VARCHAR, route VARCHAR, field VARCHAR, among VARCHAR[]);
"""


def recompute(facts: Path, rulebooks: Path) -> duckdb.DuckDBPyConnection:
    """A connection whose tables `ruling` and `person_year` hold the answers for a file of good facts."""
    connection = duckdb.connect()
    connection.execute(TABLES)
    clause_number = 0
    for path in sorted(rulebooks.glob("*/[0-9]*.toml")):
        if path.name.endswith(".cases.toml"):
            continue
        book = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        name = f"{path.parent.name}/{path.stem}"
        scope = book["scope"]
        insert(connection, "rulebook", [
            (name, scope["region"], scope.get("sector"), book["in_force_from"], book.get("in_force_to")),
        ])  # fmt: skip
        conditions = {each["name"]: each for each in book.get("condition", [])}
        insert(connection, "binding", bindings(name, conditions))
        for clause in book.get("clause", []):
            clause_number += 1
            insert(connection, "rate", rates(clause_number, name, clause))
            insert(connection, "share", shares(clause_number, clause))
            wanted = [conditions[each] for each in clause.get("conditions", [])]
            insert(connection, "condition", [condition(clause_number, each) for each in wanted])
    connection.execute("SET VARIABLE facts_file = ?", [str(facts)])
    connection.execute(SQL.read_text(encoding="utf-8"))
    return connection


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterator[tuple[Any, ...]] | list[Any]) -> None:
    for row in rows:
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def centi(hours: int | str | Decimal | None) -> int | None:
    return None if hours is None else int(Decimal(hours) * 100)


def rates(number: int, rulebook: str, clause: Table) -> Iterator[tuple[Any, ...]]:
    """One row for each category, route and level of the clause."""
    rate = clause.get("rate", {"each": "item", "hours": 0})
    unit, step = ("minutes", rate["of"]) if rate["each"] == "whole_minutes" else UNITS[rate["each"]]
    worth = {"*": rate["hours"]} if "hours" in rate else dict(rate["by_level"])
    if "without_level" in rate:
        worth["-"] = rate["without_level"]
    worth |= {above: worth[listed] for above, listed in clause.get("analogy", {}).items()}
    if "levels" in clause:
        worth = {level: worth.get(level, worth.get("*")) for level in clause["levels"]}
    for category in clause.get("categories", ["professional"]):
        for route in clause["routes"]:
            for level, hours in worth.items():
                yield (
                    number, rulebook, clause["article"], category, route, level, unit, step, centi(hours),
                    centi(clause.get("class_limit", {}).get("hours")), centi(clause.get("cap", {}).get("hours")),
                    "refuses" in clause,
                )  # fmt: skip


def shares(number: int, clause: Table) -> Iterator[tuple[int, int, int, int]]:
    if "share" in clause:
        percents = clause["share"]["percent"]
        for rank, percent in enumerate(percents, start=1):
            yield number, rank, rank, percent
        yield number, len(percents) + 1, 2**62, clause["share"]["then"]


def condition(number: int, each: Table) -> tuple[Any, ...]:
    when = each.get("when", {})
    return (
        number, each.get("field"), each.get("among"), each.get("not_among"), when.get("field"), when.get("among"),
        "filing" in each,
    )  # fmt: skip


def bindings(rulebook: str, conditions: dict[str, Table]) -> Iterator[tuple[Any, ...]]:
    for each in conditions.values():
        binds = each.get("binds", {})
        for category in binds.get("categories", []):
            for route in binds["routes"]:
                yield rulebook, each["article"], category, route, each["field"], each["among"]
