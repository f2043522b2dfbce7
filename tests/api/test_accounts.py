"""Passwords: kept as Argon2id, set once by a code, tried as often as is fair and by no stranger's will more seldom."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from api.operational.accounts import AT_ONCE, CODE_LASTS_S, WAIT_MOST_S, Accounts, Try, unfit

if TYPE_CHECKING:
    from api.operational.place import Place

NOW = 1_795_000_000_000_000
SECOND = 1_000_000
HOLDER, OTHER = "acr_00000000000000000000001", "acr_00000000000000000000002"
PASSWORD = "四月的甬江边有一座桥 2026"


@pytest.fixture
def accounts(place: Place) -> Iterator[Accounts]:
    opened = Accounts(place, b"k" * 32, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    yield opened
    opened.close()


def fail(accounts: Accounts, tried: Try, times: int, now: int = NOW) -> int:
    """Fail as often, each time after the wait; gives the time."""
    for _ in range(times):
        now += accounts.begin(tried, now=now) * SECOND
        assert accounts.begin(tried, now=now) == 0
    return now


# Passwords and codes


def test_what_is_kept_by_default_is_argon2id_with_64_mib(tmp_path: Path) -> None:
    opened = Accounts(tmp_path / "operations.db", b"k" * 32)
    opened.set_password(HOLDER, PASSWORD, now=NOW)
    with sqlite3.connect(tmp_path / "operations.db") as file:
        (kept,) = file.execute("SELECT argon2 FROM password").fetchone()

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert (opened.is_password_of(HOLDER, PASSWORD), opened.is_password_of(HOLDER, PASSWORD + "!")) == (True, False)
    opened.close()


def test_a_password_is_its_holders_and_nobodys_else(accounts: Accounts) -> None:
    accounts.set_password(HOLDER, PASSWORD, now=NOW)

    assert accounts.is_password_of(HOLDER, PASSWORD)
    assert not any(accounts.is_password_of(who, PASSWORD) for who in (OTHER, None, ""))
    assert not accounts.is_password_of(OTHER, "nobody"), "what is worked out for nobody opens nobody's account"


def test_the_same_password_from_another_keyboard_is_the_same(accounts: Accounts) -> None:
    accounts.set_password(HOLDER, "Ｘｕｅｓｈｉ－２０２６－ａｂｃ", now=NOW)

    assert accounts.is_password_of(HOLDER, "Xueshi-2026-abc")


def test_a_code_sets_one_password_for_its_holder_and_is_then_worthless(accounts: Accounts) -> None:
    code = accounts.give_code(HOLDER, request=b"1", now=NOW)

    assert accounts.holder_of(code, request=b"a", now=NOW) == HOLDER
    assert not accounts.set_password(OTHER, PASSWORD, now=NOW, code=code, request=b"a")
    assert accounts.set_password(HOLDER, PASSWORD, now=NOW, code=code, request=b"a")
    assert accounts.holder_of(code, request=b"b", now=NOW) is None
    assert not accounts.set_password(HOLDER, "another of twelve", now=NOW, code=code, request=b"b")
    assert accounts.is_password_of(HOLDER, PASSWORD)


def test_whoever_repeats_the_request_that_used_a_code_is_not_told_that_it_is_worthless(accounts: Accounts) -> None:
    code = accounts.give_code(HOLDER, request=b"1", now=NOW)

    assert [accounts.set_password(HOLDER, PASSWORD, now=NOW, code=code, request=b"a") for _ in range(2)] == [True] * 2


def test_a_code_ends_by_itself_and_by_the_next_and_its_request_gives_it_again(accounts: Accounts) -> None:
    first = accounts.give_code(HOLDER, request=b"1", now=NOW)
    assert accounts.give_code(HOLDER, request=b"1", now=NOW) == first
    second = accounts.give_code(HOLDER, request=b"2", now=NOW)

    assert accounts.holder_of(first, request=b"a", now=NOW) is None
    assert accounts.holder_of(second, request=b"a", now=NOW + (CODE_LASTS_S - 1) * SECOND) == HOLDER
    assert accounts.holder_of(second, request=b"a", now=NOW + CODE_LASTS_S * SECOND) is None


def test_neither_code_nor_name_nor_address_stands_in_the_file(accounts: Accounts, kept: Callable[[], bytes]) -> None:
    code = accounts.give_code(HOLDER, request=b"1", now=NOW)
    accounts.begin(Try("330102199003070019", "203.0.113.7"), now=NOW)
    accounts.succeeded(Try("330102199003070019", "203.0.113.7"), now=NOW)

    stored = kept()
    assert not any(secret.encode() in stored for secret in (code, "330102199003070019", "203.0.113.7"))


def test_passwords_are_long_and_need_no_signs(accounts: Accounts) -> None:
    assert unfit("一二三四五六七八九十一") is not None and unfit("a" * 20) is not None and unfit("x" * 129) is not None
    assert unfit(PASSWORD) is None and unfit("correct horse battery staple") is None


@pytest.mark.parametrize("letters", [12, 64, 128])
def test_a_long_password_is_taken_whole(accounts: Accounts, letters: int) -> None:
    """V6.2.9."""
    password = (PASSWORD * 12)[:letters]
    assert unfit(password) is None
    accounts.set_password(HOLDER, password, now=NOW)

    assert accounts.is_password_of(HOLDER, password)
    assert not accounts.is_password_of(HOLDER, password[:-1]), "nothing of it is left out"


def test_a_password_serves_until_its_holder_changes_it(accounts: Accounts) -> None:
    """V6.2.10: after years too."""
    accounts.set_password(HOLDER, PASSWORD, now=NOW)
    ten_years = 10 * 365 * 86_400 * SECOND

    assert accounts.begin(Try(HOLDER, "198.51.100.7"), now=NOW + ten_years) == 0
    assert accounts.is_password_of(HOLDER, PASSWORD)


def test_no_more_passwords_are_worked_out_at_once_than_may_be(tmp_path: Path) -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
            nonlocal at_once, most
            with lock:
                at_once += 1
                most = max(most, at_once)
            try:
                return super().verify(hash, password)
            finally:
                with lock:
                    at_once -= 1

    opened = Accounts(tmp_path / "operations.db", b"k" * 32, Watched(time_cost=2, memory_cost=8_192, parallelism=1))
    opened.set_password(HOLDER, PASSWORD, now=NOW)
    crowd = [threading.Thread(target=opened.is_password_of, args=(HOLDER, PASSWORD)) for _ in range(12)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    opened.close()

    assert most == AT_ONCE


# Attempts


def test_whoever_fails_waits_longer_each_time_and_never_more_than_a_quarter_of_an_hour(accounts: Accounts) -> None:
    tried, now, waits = Try("lucheng-hr-01", "203.0.113.7"), NOW, []
    for _ in range(16):
        assert accounts.begin(tried, now=now) == 0
        waits.append(accounts.begin(tried, now=now) if len(waits) >= 3 else 0)
        now += waits[-1] * SECOND

    assert waits[:8] == [0, 0, 0, 2, 4, 8, 16, 32]
    assert waits[-1] == WAIT_MOST_S


def test_a_clock_that_is_set_back_by_a_day_has_nobody_wait_for_a_day(accounts: Accounts) -> None:
    tried = Try("lucheng-hr-01", "203.0.113.7")
    fail(accounts, tried, 6, now=NOW + 86_400 * SECOND)

    assert accounts.begin(tried, now=NOW) == 0
    assert 0 < accounts.begin(tried, now=NOW) <= WAIT_MOST_S, "what was counted still counts"


def test_strangers_at_many_addresses_do_not_keep_the_holder_out(accounts: Accounts) -> None:
    home = Try("lucheng-hr-01", "198.51.100.1")
    assert accounts.begin(home, now=NOW) == 0
    accounts.succeeded(home, now=NOW)

    for number in range(150):
        accounts.begin(Try("lucheng-hr-01", f"203.0.113.{number}"), now=NOW)

    assert accounts.begin(Try("lucheng-hr-01", "192.0.2.9"), now=NOW) > 0, "one more stranger waits"
    assert accounts.begin(home, now=NOW) == 0


def test_the_failures_of_one_account_are_not_anothers(accounts: Accounts) -> None:
    now = fail(accounts, Try("one", "203.0.113.7"), 6)

    assert accounts.begin(Try("one", "203.0.113.7"), now=now) > 0
    assert accounts.begin(Try("two", "203.0.113.7"), now=now) == 0
    assert accounts.begin(Try("one", "203.0.113.8"), now=now) == 0


def test_one_address_that_tries_many_accounts_waits(accounts: Accounts) -> None:
    told = [accounts.begin(Try(f"account-{number}", "2001:db8::1"), now=NOW) for number in range(60)]

    assert told[:40] == [0] * 40 and min(told[40:]) > 0
    assert accounts.begin(Try("one more", "2001:db8::ffff"), now=NOW) > 0, "a customer of IPv6 has more than one"
    assert accounts.begin(Try("one more", "2001:db8:1::1"), now=NOW) == 0


def test_a_success_forgives_and_a_day_forgets(accounts: Accounts) -> None:
    tried = Try("lucheng-hr-01", "203.0.113.7")
    now = fail(accounts, tried, 5)
    later = now + accounts.begin(tried, now=now) * SECOND
    assert accounts.begin(tried, now=later) == 0
    accounts.succeeded(tried, now=later)
    assert accounts.begin(tried, now=later) == 0

    other = Try("another", "203.0.113.9")
    now = fail(accounts, other, 9)
    assert accounts.begin(other, now=now) > 0
    assert accounts.begin(other, now=now + 86_400 * SECOND) == 0


def test_many_attempts_at_once_are_counted_as_many(accounts: Accounts) -> None:
    told: list[int] = []
    crowd = [threading.Thread(target=lambda: told.append(accounts.begin(Try("one", "203.0.113.7"), now=NOW)))
             for _ in range(20)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()

    assert sorted(told)[:5] == [0, 0, 0, 0, 2] and told.count(0) == 4
