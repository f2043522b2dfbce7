"""A code handed over, a password set with it, named tokens and what is open: on the command line, without a service."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.command_kit import made, xueshi
from tests.api.house_kit import credit_code

PASSWORD = "四月的甬江边有一座桥 2026"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("account")
    assert xueshi(folder, "init").returncode == 0
    return folder


@pytest.fixture(scope="module")
def actor(folder: Path) -> str:
    unit = str(made(folder, "unit", "register", "--name", "某局", "--region", "330402", "--sector", "general",
                    "--contact", "某人", "--credit-code", credit_code(1))["unit"])
    made(folder, "unit", "verify", unit)
    return str(made(folder, "actor", "appoint", unit, "--account", "clerk", "--name", "某人")["actor"])


def test_a_code_sets_a_password_once_and_the_password_stands_on_no_command_line(folder: Path, actor: str) -> None:
    told = xueshi(folder, "actor", "code", actor)
    code = next(line.split()[-1] for line in told.stdout.splitlines() if "设置码" in line)

    done = xueshi(folder, "account", "password", "--code", code, stdin=f"{PASSWORD}\n")
    again = xueshi(folder, "account", "password", "--code", code, stdin=f"{PASSWORD}\n")

    assert (done.returncode, "口令已设置" in done.stdout) == (0, True), done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    assert (again.returncode, "[code_unknown]" in again.stderr) == (1, True)


def test_a_password_is_changed_by_whoever_knows_it(folder: Path, actor: str) -> None:
    token = str(made(folder, "actor", "token", actor)["token"])
    code = str(made(folder, "actor", "code", actor)["code"])
    made_ = xueshi(folder, "account", "password", "--code", code, stdin=f"{PASSWORD}\n")
    assert made_.returncode == 0, made_.stderr

    wrong = xueshi(folder, "account", "password", "--change", stdin="not this one\nanother of twelve\n",
                   XUESHI_TOKEN=token)
    right = xueshi(folder, "account", "password", "--change", stdin=f"{PASSWORD}\nanother of twelve\n",
                   XUESHI_TOKEN=token)
    short = xueshi(folder, "account", "password", "--change", stdin="another of twelve\nshort\n", XUESHI_TOKEN=token)

    assert (wrong.returncode, "[password_wrong]" in wrong.stderr) == (1, True)
    assert right.returncode == 0, right.stderr
    assert (short.returncode, "/password" in short.stderr) == (2, True)


def test_named_tokens_are_listed_and_ended(folder: Path, actor: str) -> None:
    token = str(made(folder, "actor", "token", actor)["token"])
    named = made(folder, "account", "name-token", "办公系统", "--days", "30", XUESHI_TOKEN=token)
    listed = made(folder, "account", "list", XUESHI_TOKEN=str(named["token"]))
    (credential,) = [one["credential"] for one in listed["items"] if one["name"] == "办公系统"]

    assert "办公系统" in xueshi(folder, "account", "list", XUESHI_TOKEN=token).stdout
    ended = xueshi(folder, "account", "end", credential, XUESHI_TOKEN=token)
    assert (ended.returncode, "已失效" in ended.stdout) == (0, True), ended.stderr
    assert "[token_unknown]" in xueshi(folder, "account", "list", XUESHI_TOKEN=str(named["token"])).stderr


def test_a_person_who_forgot_their_password_is_given_a_code_by_human_resources_alone(folder: Path) -> None:
    no = xueshi(folder, "person", "code", "per_" + "0" * 22)

    assert (no.returncode, "[login_required]" in no.stderr) == (1, True)
