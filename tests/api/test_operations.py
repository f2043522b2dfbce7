"""Tokens: only digests are kept, a new one takes the place of the last, an old request brings none back to life."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.operational.operations import IDLE_SECONDS, LENGTH, SESSION_SECONDS, SIGN_ON_SECONDS, Operations

if TYPE_CHECKING:
    from api.operational.place import Place

NOW = 1_795_000_000_000_000
HOLDER = "per_00000000000000000000001"


@pytest.fixture
def operations(place: Place) -> Iterator[Operations]:
    opened = Operations(place, b"k" * 32)
    yield opened
    opened.close()


def test_a_token_is_found_by_who_bears_it_and_stands_in_no_file(
    operations: Operations, kept: Callable[[], bytes]
) -> None:
    token = operations.issue(HOLDER, request=b"1", now=NOW)

    found = operations.find(token, now=NOW)
    assert found is not None and (found.holder, len(token)) == (HOLDER, LENGTH)
    stored = kept()
    assert HOLDER.encode() in stored
    assert token.encode() not in stored and token[4:].encode() not in stored


def test_the_same_request_gives_the_same_token_and_another_takes_its_place(operations: Operations) -> None:
    first = operations.issue(HOLDER, request=b"1", now=NOW)
    assert operations.issue(HOLDER, request=b"1", now=NOW + 1) == first

    second = operations.issue(HOLDER, request=b"2", now=NOW)

    assert second != first
    assert operations.find(first, now=NOW) is None and operations.find(second, now=NOW) is not None


def test_many_are_given_tokens_at_once_each_their_own_or_nobody_one(operations: Operations) -> None:
    before = operations.issue("per_a", request=b"1" * 16, now=NOW)

    first, second = operations.issue_all(["per_a", "per_b"], random=lambda size: b"2" * size, now=NOW)

    found = [operations.find(token, now=NOW) for token in (first, second)]
    assert [one and one.holder for one in found] == ["per_a", "per_b"]
    assert operations.find(before, now=NOW) is None, "a new token takes the place of the old one, as one by one"

    def fails(size: int) -> bytes:
        if full.pop():
            raise OSError(size)
        return b"3" * size

    full = [True, False]
    with pytest.raises(OSError, match="16"):
        operations.issue_all(["per_b", "per_a"], random=fails, now=NOW)
    assert operations.find(second, now=NOW) is not None, "what failed took nobody's token away"


def test_repeating_an_old_request_brings_its_token_not_back_to_life(operations: Operations) -> None:
    first = operations.issue(HOLDER, request=b"1", now=NOW)
    second = operations.issue(HOLDER, request=b"2", now=NOW)

    assert operations.issue(HOLDER, request=b"1", now=NOW) == first
    assert operations.find(first, now=NOW) is None and operations.find(second, now=NOW) is not None


def test_a_session_ends_by_itself_and_lives_beside_the_token(operations: Operations) -> None:
    token = operations.issue(HOLDER, request=b"1", now=NOW)
    session = operations.issue(HOLDER, request=b"2", now=NOW, kind="session", lasts_s=60)

    assert operations.find(session, now=NOW + 59_000_000) is not None
    assert operations.find(session, now=NOW + 60_000_000) is None
    assert operations.find(token, now=NOW + 60_000_000) is not None


def test_a_session_stays_open_while_somebody_is_there_and_ends_when_nobody_is(operations: Operations) -> None:
    session, away = (operations.begin_session(HOLDER, request=name, now=NOW) for name in (b"there", b"away"))
    idle, now = IDLE_SECONDS * 1_000_000, NOW
    for _ in range(4):
        now += idle - 1
        assert operations.session(session, now=now) is not None, "asked just in time, each time"

    assert operations.session(away, now=NOW + idle) is None
    assert operations.session(session, now=now + idle) is None
    assert operations.session(operations.issue(HOLDER, request=b"1", now=NOW), now=NOW) is None, "a token is none"


def test_a_session_ends_after_its_hours_however_busy_its_holder_is(operations: Operations) -> None:
    session, now = operations.begin_session(HOLDER, request=b"busy", now=NOW), NOW
    end = NOW + SESSION_SECONDS * 1_000_000
    while now + 600_000_000 < end:
        now += 600_000_000
        assert operations.session(session, now=now) is not None

    assert operations.session(session, now=end - 1) is not None and operations.session(session, now=end) is None


def test_what_is_withdrawn_or_expired_is_worthless(operations: Operations) -> None:
    token = operations.issue(HOLDER, request=b"1", now=NOW)
    operations.issue(HOLDER, request=b"2", now=NOW, kind="session", lasts_s=1)
    operations.withdraw(token)
    operations.tidy(now=NOW + 2_000_000)

    assert operations.find(token, now=NOW) is None
    for stranger in ("", "xsl_", "x" * LENGTH, "xsl_" + "é" * 43):
        assert operations.find(stranger, now=NOW) is None


def test_a_named_token_that_has_ended_is_not_made_anew_by_the_request_that_made_it(operations: Operations) -> None:
    first = operations.issue(HOLDER, request=b"1", now=NOW, lasts_s=60, name="系统")
    later = NOW + 61_000_000
    operations.tidy(now=later)

    assert operations.issue(HOLDER, request=b"1", now=later, lasts_s=60, name="系统") == first
    assert operations.find(first, now=later) is None
    assert operations.every(HOLDER, now=later) == []


def test_a_file_that_was_made_before_tokens_had_names_is_brought_up_to_date(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "operations.db") as old:
        old.execute("CREATE TABLE credential (sha256 BLOB PRIMARY KEY, kind TEXT NOT NULL, holder TEXT NOT NULL, "
                    "issued_at INTEGER NOT NULL, expires_at INTEGER, withdrawn INTEGER NOT NULL DEFAULT 0) "
                    "STRICT, WITHOUT ROWID")
        old.execute("INSERT INTO credential VALUES (?, 'token', ?, 1, NULL, 0)", (b"x" * 32, HOLDER))
    old.close()
    opened = Operations(tmp_path / "operations.db", b"k" * 32)

    assert [(one.kind, one.name) for one in opened.every(HOLDER, now=NOW)] == [("token", "")]
    assert opened.find(opened.issue(HOLDER, request=b"1", now=NOW, name="系统"), now=NOW) is not None
    opened.close()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    Operations(tmp_path / "operations.db", b"k" * 32).close()
    assert (tmp_path / "operations.db").stat().st_mode & 0o077 == 0


OPENING = """
import sys
from pathlib import Path
from api.operational.operations import Operations
print("ready", flush=True)
sys.stdin.readline()
operations = Operations(Path(sys.argv[1]), b"key")
for number in range(50):
    operations.issue("per_li", request=f"{sys.argv[2]} {number}".encode(), now=1)
"""


def test_several_processes_open_it_at_once_and_the_last_token_given_is_the_one_that_opens(tmp_path: Path) -> None:
    path = tmp_path / "operations.db"
    opening = [
        subprocess.Popen([sys.executable, "-c", OPENING, str(path), name], stdin=subprocess.PIPE, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for name in "abcd"
    ]
    for one in opening:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    for one in opening:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    ended = [one.communicate(timeout=60) for one in opening]

    assert [(one.returncode, said[1]) for one, said in zip(opening, ended, strict=True)] == [(0, "")] * 4
    here, there = Operations(path, b"key"), Operations(path, b"key")
    first = here.issue("per_li", request=b"1", now=2)
    assert there.find(first, now=3) is not None
    second = there.issue("per_li", request=b"2", now=4)
    assert here.find(first, now=5) is None
    assert here.find(second, now=5) is not None
    here.withdraw(second)
    assert there.find(second, now=5) is None
    here.close()
    there.close()


# Single sign-on


def test_a_sign_on_is_finished_once_and_in_ten_minutes(operations: Operations) -> None:
    for browser in ("quick", "slow"):
        operations.begin_sign_on(browser, None, now=NOW)

    assert operations.finish_sign_on("slow", now=NOW + SIGN_ON_SECONDS * 1_000_000) is None
    assert operations.finish_sign_on("quick", now=NOW + SIGN_ON_SECONDS * 1_000_000 - 1) is not None
    assert operations.finish_sign_on("quick", now=NOW) is None


def test_a_link_is_made_by_a_session_that_is_open_and_of_an_identity_that_is_nobody_elses(
    operations: Operations,
) -> None:
    def begun(holder: str, name: str) -> bytes:
        session = operations.issue(holder, request=name.encode(), now=NOW, kind="session", lasts_s=60)
        operations.begin_sign_on(name, session, now=NOW)
        found = operations.finish_sign_on(name, now=NOW)
        assert found is not None and found.session is not None
        return found.session

    other = HOLDER.replace("1", "2")
    mine, ended, theirs = begun(HOLDER, "mine"), begun(HOLDER, "ended"), begun(other, "theirs")
    operations.withdraw(operations.issue(HOLDER, request=b"ended", now=NOW, kind="session", lasts_s=60))

    assert operations.link(ended, "https://a.example", "li", now=NOW) is None
    assert operations.link(mine, "https://a.example", "li", now=NOW + 60_000_000) is None
    assert operations.linked("https://a.example", "li") is None
    assert operations.link(mine, "https://a.example", "li", now=NOW) == HOLDER
    assert operations.link(theirs, "https://a.example", "li", now=NOW) == ""
    assert operations.link(theirs, "https://b.example", "li", now=NOW) == other, "another provider's li is another"
    assert operations.linked("https://a.example", "li") == HOLDER
