"""`xueshi fsck` of a register in PostgreSQL: the same command, the same words, the same exit statuses."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
from command_kit import xueshi
from postgres_kit import Server


def test_a_register_in_postgres_is_checked_and_a_changed_event_is_named(
    tmp_path: Path, postgres: str, postgres_server: Server
) -> None:
    made = xueshi(tmp_path, "init", XUESHI_DATABASE=postgres)
    assert made.returncode == 0, made.stderr

    sound = xueshi(tmp_path, "fsck", "--json", XUESHI_DATABASE=postgres)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    report = json.loads(sound.stdout)
    assert report["holds"] and report["size"] >= 1 and report["names"] is not None

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("ALTER TABLE ledger.events DISABLE TRIGGER ALL")
        connection.execute("UPDATE ledger.events SET leaf = leaf || ' '::bytea WHERE position = 1")
    changed = xueshi(tmp_path, "fsck", XUESHI_DATABASE=postgres)

    assert changed.returncode == 1
    assert "事件 1：" in changed.stdout
    assert postgres_server.password not in changed.stdout + changed.stderr


def test_a_database_that_is_away_is_said_so(tmp_path: Path, postgres_server: Server) -> None:
    ended = xueshi(tmp_path, "fsck", XUESHI_DATABASE=postgres_server.conninfo("postgres", port=1))

    assert ended.returncode == 3
    assert "数据库服务器" in ended.stderr
    assert postgres_server.password not in ended.stderr
