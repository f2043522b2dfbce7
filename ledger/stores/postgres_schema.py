"""The tables in PostgreSQL and how they come to be: numbered steps, run by a command and never by opening.

Each file of a package's `migrations/` is a step; the log's are those of `ledger.stores`. A step and the record that it
was taken commit together or not at all; a lock lets one migrate at a time, and whoever waited for it finds the step
taken. A service that opened tables of its own accord would have every worker of every host do so at once.

A step that only adds says so in a line `-- beside: n`: programs that know the steps up to n go on working beside it.
They read that in the record of the step, which is all they know of it; so hosts are upgraded one after another, the
database first. Past any other step an older program stops.

`tests/ledger/stores/test_postgres_schema.py` shows it.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any, Final, NamedTuple

import psycopg

from ledger.stores.errors import MigrationFailed, OtherEncoding, SchemaAhead, SchemaBehind
from ledger.stores.postgres_connections import connect
from ledger.stores.postgres_errors import reading_clearly
from ledger.stores.postgres_target import Target

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")
_FILE: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_BESIDE: Final = re.compile(r"^-- beside: (\d+)$", re.MULTILINE)
LOG: Final = "ledger.stores"
"""The package whose `migrations/` make a log."""
ENCODING: Final = "UTF8"
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

    @property
    def beside(self) -> int:
        """Programs that know the steps up to this one go on working once it is taken."""
        said = _BESIDE.search(self.script)
        return min(int(said[1]), self.number) if said else self.number


class Status(NamedTuple):
    """Where a schema stands. `pending` is empty when it is what this program works on."""

    schema: str
    number: int
    pending: tuple[Step, ...]


def steps(package: str = LOG) -> tuple[Step, ...]:
    """Every step there is, in order, without a gap."""
    folder = files(package).joinpath("migrations")
    found = sorted(Step(int(match[1]), match[2], file.read_text("utf-8"))
                   for file in folder.iterdir() if (match := _FILE.fullmatch(file.name)))
    assert [step.number for step in found] == list(range(1, len(found) + 1)), "steps are numbered from 1 without a gap"
    return tuple(found)


def status(conninfo: str, schema: str, package: str = LOG) -> Status:
    """Say where a schema stands; only reads. Raises SchemaAhead where a later program has been at work."""
    target = Target(conninfo, demand_name(schema))
    with reading_clearly(target), connect(target) as connection:
        taken = _taken(connection, schema)
    known = steps(package)
    if taken.beside > len(known):
        raise SchemaAhead(target.shown, schema, number=taken.number, expected=len(known))
    return Status(schema, taken.number, known[taken.number:])


def migrate(conninfo: str, schema: str, package: str = LOG) -> Status:
    """Take the steps that are missing, one transaction each; gives what was pending before."""
    before = status(conninfo, schema, package)
    target = Target(conninfo, schema)
    with reading_clearly(target), connect(target, _CHANGING) as connection:
        if before.number == 0:
            _demand_encoding(connection, target)
        for step in before.pending:
            try:
                _take(connection, schema, step)
            except psycopg.Error as error:
                raise MigrationFailed(target.shown, schema, step.name, error) from error
    return before


def _demand_encoding(connection: psycopg.Connection[Any], target: Target) -> None:
    """It cannot be changed later, and is found when the first rare character comes."""
    row = connection.execute("SHOW server_encoding").fetchone()
    if row != (ENCODING,):
        raise OtherEncoding(target.shown, "" if row is None else row[0])


def demand_migrated(connection: psycopg.Connection[Any], target: Target, package: str = LOG) -> None:
    """See that this program works on the tables; raises SchemaBehind or SchemaAhead."""
    taken, expected = _taken(connection, target.schema), len(steps(package))
    if taken.number < expected:
        raise SchemaBehind(target.shown, target.schema, number=taken.number, expected=expected)
    if taken.beside > expected:
        raise SchemaAhead(target.shown, target.schema, number=taken.number, expected=expected)


def demand_name(schema: str) -> str:
    """See that a schema has a name that needs no quoting and leaves room for what is made of it."""
    if not _NAME.fullmatch(schema):
        raise ValueError(f"{schema!r} is not the name of a schema")
    return schema


def _take(connection: psycopg.Connection[Any], schema: str, step: Step) -> None:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", (_LOCK, schema))
        if _taken(connection, schema).number >= step.number:
            return  # Taken while this one waited.
        if step.number == 1:
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            connection.execute(
                f'CREATE TABLE "{schema}".migrations (number integer PRIMARY KEY, name text NOT NULL, '
                "taken_at timestamptz NOT NULL DEFAULT now(), beside integer)")
        connection.execute(step.script.replace("{schema}", f'"{schema}"'), prepare=False)
        connection.execute(f'ALTER TABLE "{schema}".migrations ADD COLUMN IF NOT EXISTS beside integer')
        connection.execute(f'INSERT INTO "{schema}".migrations (number, name, beside) VALUES ($1, $2, $3)',
                           (step.number, step.name, step.beside))


class _Taken(NamedTuple):
    """The last step that was taken, and which steps a program must know to work on the tables."""

    number: int
    beside: int


def _taken(connection: psycopg.Connection[Any], schema: str) -> _Taken:
    found = connection.execute("SELECT to_regclass($1)", (f'"{schema}".migrations',)).fetchone()
    if found is None or found[0] is None:
        return _Taken(0, 0)
    row = connection.execute(  # Steps that were taken before any could be beside another have no such column.
        "SELECT coalesce(max(number), 0), coalesce(max(coalesce((to_jsonb(m) ->> 'beside')::int, number)), 0) "
        f'FROM "{schema}".migrations m').fetchone()
    assert row is not None, "such a query has one row"
    return _Taken(*row)
