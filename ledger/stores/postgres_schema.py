"""The tables in PostgreSQL and how they come to be: numbered steps, run by a command and never by opening.

Each file of `migrations/` is a step. A step and the record that it was taken commit together or not at all; a lock lets
one migrate at a time, and whoever waited for it finds the step taken. A service that opened tables of its own accord
would have every worker of every host do so at once.

`tests/ledger/stores/test_postgres_schema.py` shows it.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any, Final, NamedTuple

import psycopg

from ledger.stores.errors import MigrationFailed, SchemaAhead, SchemaBehind
from ledger.stores.postgres_connections import Target, connect, reading_clearly

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")
_FILE: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_LOCK: Final = 0x58534C47  # "XSLG", as the application_id of an SQLite file: the class of our advisory locks.
_CHANGING: Final = {
    "lock_timeout": "10s",  # A step that waits for a lock has everyone who comes after wait for the step.
    "statement_timeout": "0",  # A step may take as long as a large ledger needs.
}


class Step(NamedTuple):
    """One migration: its number, its name, and what it says."""

    number: int
    name: str
    script: str


class Status(NamedTuple):
    """Where a schema stands. `pending` is empty when it is what this program works on."""

    schema: str
    number: int
    pending: tuple[Step, ...]


def steps() -> tuple[Step, ...]:
    """Every step there is, in order, without a gap."""
    folder = files("ledger.stores").joinpath("migrations")
    found = sorted(Step(int(match[1]), match[2], file.read_text("utf-8"))
                   for file in folder.iterdir() if (match := _FILE.fullmatch(file.name)))
    assert [step.number for step in found] == list(range(1, len(found) + 1)), "steps are numbered from 1 without a gap"
    return tuple(found)


def status(conninfo: str, schema: str) -> Status:
    """Say where a schema stands; only reads. Raises SchemaAhead where a later program has been at work."""
    target = Target(conninfo, demand_name(schema))
    with reading_clearly(target), connect(target) as connection:
        number = _number(connection, schema)
    if number > len(steps()):
        raise SchemaAhead(target.shown, schema, number=number, expected=len(steps()))
    return Status(schema, number, steps()[number:])


def migrate(conninfo: str, schema: str) -> Status:
    """Take the steps that are missing, one transaction each; gives what was pending before."""
    before = status(conninfo, schema)
    target = Target(conninfo, schema)
    with reading_clearly(target), connect(target, _CHANGING) as connection:
        for step in before.pending:
            try:
                _take(connection, schema, step)
            except psycopg.Error as error:
                raise MigrationFailed(target.shown, schema, step.name, error) from error
    return before


def demand_migrated(connection: psycopg.Connection[Any], target: Target) -> None:
    """See that the tables are those of this program; raises SchemaBehind or SchemaAhead."""
    number, expected = _number(connection, target.schema), len(steps())
    if number < expected:
        raise SchemaBehind(target.shown, target.schema, number=number, expected=expected)
    if number > expected:
        raise SchemaAhead(target.shown, target.schema, number=number, expected=expected)


def demand_name(schema: str) -> str:
    """See that a schema has a name that needs no quoting and leaves room for what is made of it."""
    if not _NAME.fullmatch(schema):
        raise ValueError(f"{schema!r} is not the name of a schema")
    return schema


def _take(connection: psycopg.Connection[Any], schema: str, step: Step) -> None:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", (_LOCK, schema))
        if _number(connection, schema) >= step.number:
            return  # Taken while this one waited.
        if step.number == 1:
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            connection.execute(
                f'CREATE TABLE "{schema}".migrations (number integer PRIMARY KEY, name text NOT NULL, '
                "taken_at timestamptz NOT NULL DEFAULT now())")
        connection.execute(step.script.replace("{schema}", f'"{schema}"'), prepare=False)
        connection.execute(f'INSERT INTO "{schema}".migrations (number, name) VALUES ($1, $2)', step[:2])


def _number(connection: psycopg.Connection[Any], schema: str) -> int:
    found = connection.execute("SELECT to_regclass($1)", (f'"{schema}".migrations',)).fetchone()
    if found is None or found[0] is None:
        return 0
    row = connection.execute(f'SELECT max(number) FROM "{schema}".migrations').fetchone()
    return int(row[0] or 0) if row else 0
