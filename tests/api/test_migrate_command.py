"""`xueshi migrate`: makes the tables of both logs, says what is missing, and never shows a password."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_kit import xueshi
from postgres_kit import Server

from ledger.stores.postgres_schema import status, steps


@pytest.fixture
def empty(postgres_server: Server) -> Iterator[str]:
    conninfo = postgres_server.new_database(migrated=False)
    yield conninfo
    postgres_server.drop_database(conninfo)


def test_it_makes_both_logs_once_and_a_check_says_so_before_and_after(tmp_path: Path, empty: str) -> None:
    before = xueshi(tmp_path, "migrate", "--check", XUESHI_DATABASE=empty)
    assert before.returncode == 1
    assert "还差 0001 tables" in before.stdout
    assert status(empty, "ledger").number == 0

    done = xueshi(tmp_path, "migrate", XUESHI_DATABASE=empty)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("已执行 0001 tables") == 2
    assert [status(empty, schema).pending for schema in ("ledger", "access")] == [(), ()]

    after = xueshi(tmp_path, "migrate", "--check", "--json", XUESHI_DATABASE=empty)
    assert after.returncode == 0
    assert json.loads(after.stdout)["access"] == {"number": len(steps()), "pending": []}
    assert xueshi(tmp_path, "migrate", XUESHI_DATABASE=empty).stdout.count("已是最新") == 2


def test_without_a_database_it_says_which_setting_it_wants(tmp_path: Path) -> None:
    ended = xueshi(tmp_path, "migrate")

    assert ended.returncode == 2
    assert "XUESHI_DATABASE" in ended.stderr


def test_an_address_that_leads_nowhere_is_told_without_its_password(tmp_path: Path, postgres_server: Server) -> None:
    for address in (postgres_server.conninfo("nowhere"), postgres_server.conninfo("postgres", port=1),
                    f"postgresql://xueshi:se@{postgres_server.password}@127.0.0.1/db",
                    f"postgresql://xueshi:{postgres_server.password}@127.0.0.1:port/db"):
        ended = xueshi(tmp_path, "migrate", XUESHI_DATABASE=address)

        assert ended.returncode in (2, 3)
        assert ended.stderr.startswith("xueshi：")
        assert postgres_server.password not in ended.stdout + ended.stderr
