"""Breached passwords: looked up in a file of digests on this machine, and refused when somebody sets one."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from pathlib import Path

import pytest

from api.doctor.asked_outside import AskedOutside, outside_checks
from api.doctor.checks import Level, found
from api.outside.breached import Breached, Unusable
from api.service.app import create_app
from api.settings import Settings
from tests.api.house_kit import Someone, Town

BREACHED = "四月的甬江边有一座桥 2026"


def digest(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """As it is handed out: ordered by hash, how often each was seen, lines of Windows."""
    rng = random.Random(2)
    digests = sorted([digest(BREACHED), *(digest(str(rng.random())) for _ in range(999))])
    path = tmp_path / "breached.txt"
    path.write_bytes("".join(f"{one}:{rng.randint(1, 10**rng.randint(1, 7))}\r\n" for one in digests).encode())
    return path


def test_each_password_of_the_list_is_found_and_none_besides(file: Path) -> None:
    rng = random.Random(2)
    listed = [str(rng.random()) for _ in range(999)]
    breached = Breached(file)

    assert all(breached.hold(one) for one in [BREACHED, *listed])
    assert not any(breached.hold(one + "x") for one in [BREACHED, *listed])
    lines = file.read_bytes().splitlines(keepends=True)
    for some in ([lines[0]], lines[:2], [lines[-1].rstrip()]):  # A short list, and one that ends without a line's end.
        file.write_bytes(b"".join(some))
        assert sum(breached.hold(one) for one in [BREACHED, *listed]) == len(some)


@pytest.mark.parametrize("content", [b"", b"password\n123456\n", None])
def test_what_is_no_such_list_is_told_by_the_doctor_and_never_taken_for_an_empty_one(
    file: Path, content: bytes | None
) -> None:
    if content is None:
        file.write_bytes(b"".join(reversed(file.read_bytes().splitlines(keepends=True))))
    else:
        file.write_bytes(content)

    check, = outside_checks(Settings(breached_passwords=str(file)))
    assert found(check).level is Level.FAIL
    if content and b"password" in content:
        with pytest.raises(Unusable):
            Breached(file).hold(BREACHED)


def test_a_list_that_can_be_used_is_said_to_be(file: Path) -> None:
    check, = outside_checks(Settings(breached_passwords=str(file)))
    assert found(check).level is Level.OK


def test_nobody_sets_a_password_that_was_breached_and_without_the_list_nobody_sets_any(town: Town, file: Path) -> None:
    """V6.2.12. Of the password nothing is said, neither in the answer nor anywhere else."""
    app = create_app(replace(town.house, outside=AskedOutside(breached=Breached(file))))
    li = town.person("李明")
    someone = Someone(app.test_client(), li.token, li.id)

    refused = someone.post("/v1/password", {"password": BREACHED}, key="the-key-of-a-password-0001")
    assert (refused.status_code, refused.get_json()["errors"][0]["code"]) == (422, "password_breached")
    assert BREACHED not in refused.get_data(as_text=True) and not town.house.accounts.has_password(li.id)

    file.unlink()
    away = someone.post("/v1/password", {"password": BREACHED + "之"}, key="the-key-of-a-password-0002")
    assert (away.status_code, away.get_json()["code"]) == (503, "breached_unreadable")
