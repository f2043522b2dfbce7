"""DuckDB, over the same rulebook tables, gives the same hours and totals: 30,000 random entries, 100,000 as torture."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.policies.oracle import duck, generate

ROOT = Path(__file__).parents[2]

COMPARED = """
    CREATE TABLE answer AS SELECT * FROM read_json(?, format = 'newline_delimited', columns = {
        kind: 'VARCHAR', id: 'VARCHAR', person: 'VARCHAR', "year": 'INTEGER', status: 'VARCHAR', rulebook: 'VARCHAR',
        clause: 'VARCHAR', assessed: 'DECIMAL(12, 2)', counted: 'DECIMAL(12, 2)', total: 'DECIMAL(12, 2)',
        professional: 'DECIMAL(12, 2)', sector_public: 'DECIMAL(12, 2)', general_public: 'DECIMAL(12, 2)',
        exam_hours: 'DECIMAL(12, 2)'
    });
"""
ENTRIES_APART = """
    WITH theirs AS (
        SELECT id, "year", status, rulebook, clause, CAST(assessed * 100 AS BIGINT) AS assessed,
               CAST(counted * 100 AS BIGINT) AS counted
        FROM answer WHERE kind = 'entry'
    ), ours AS (SELECT id, for_year, status, rulebook, clause, assessed, counted FROM ruling)
    SELECT 'evaluator', * FROM (FROM theirs EXCEPT FROM ours)
    UNION ALL SELECT 'duckdb', * FROM (FROM ours EXCEPT FROM theirs)
    ORDER BY id LIMIT 10
"""
YEARS_APART = """
    WITH theirs AS (
        SELECT person, "year" AS for_year, CAST(total * 100 AS BIGINT) AS total,
               CAST(professional * 100 AS BIGINT) AS professional, CAST(sector_public * 100 AS BIGINT) AS sector_public,
               CAST(general_public * 100 AS BIGINT) AS general_public, CAST(exam_hours * 100 AS BIGINT) AS exam_hours
        FROM answer WHERE kind = 'year'
    )
    SELECT 'evaluator', * FROM (
        FROM theirs EXCEPT FROM person_year  -- A year line without entries holds zeros, and has no row here.
    ) WHERE (person, for_year) IN (SELECT person, for_year FROM person_year) OR total <> 0
    UNION ALL SELECT 'duckdb', * FROM (FROM person_year EXCEPT FROM theirs)
    ORDER BY person, for_year LIMIT 10
"""


@pytest.mark.parametrize(("persons", "entries"), [
    (1_200, 30_000), pytest.param(3_500, 100_000, marks=pytest.mark.torture),
])
def test_hours_and_totals_are_the_same_in_another_engine(tmp_path: Path, persons: int, entries: int) -> None:
    facts, answers = tmp_path / "facts.ndjson", tmp_path / "answers.ndjson"
    lines = generate.facts(20161218, persons=persons)
    facts.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), encoding="utf-8")
    with facts.open("rb") as given, answers.open("wb") as taken:
        subprocess.run(
            [sys.executable, "-m", "policies.evaluate"], stdin=given, stdout=taken, cwd=ROOT, check=True
        )

    connection = duck.recompute(facts, ROOT / "policies" / "rulebooks")
    connection.execute(COMPARED, [str(answers)])

    counted, is_inexact = connection.execute("SELECT count(*), bool_or(inexact) FROM ruling").fetchone()
    assert (counted >= entries, is_inexact) == (True, False)
    assert connection.execute(ENTRIES_APART).fetchall() == []
    assert connection.execute(YEARS_APART).fetchall() == []
