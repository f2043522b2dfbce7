"""A disk that says no is told as such; what is missing or wrong for another reason is not blamed on it."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.disk import DiskFailed, disk_failure


@pytest.mark.parametrize(("number", "words"), [
    (errno.ENOSPC, "磁盘已满"), (errno.EROFS, "只读"), (errno.EIO, "读写出错"), (errno.EACCES, "没有权限"),
    (errno.EDQUOT, "配额"),
])
def test_a_file_that_the_disk_refuses_is_named_with_why_and_what_to_do(number: int, words: str) -> None:
    found = disk_failure(OSError(number, os.strerror(number), "/data/last.backup"))

    assert isinstance(found, DiskFailed) and found.code == "disk_failed"
    assert "/data/last.backup" in str(found) and words in str(found) and "重试" in str(found)


def test_a_database_on_a_read_only_disk_is_the_disks_fault_and_a_wrong_statement_is_ours(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("CREATE TABLE some (one)")
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as reader:
        with pytest.raises(sqlite3.Error) as refused:
            reader.execute("INSERT INTO some VALUES (1)")
        with pytest.raises(sqlite3.Error) as wrong:
            reader.execute("SELECT other FROM some")

    assert "只读" in str(disk_failure(refused.value))
    assert disk_failure(wrong.value) is None


@pytest.mark.parametrize("error", [
    FileNotFoundError(errno.ENOENT, "no such file"), ValueError("x"), OSError("no number")])
def test_what_is_missing_or_malformed_is_not_blamed_on_the_disk(error: Exception) -> None:
    assert disk_failure(error) is None
