"""The lock files are the same on every machine: versions and hashes, and no place to fetch from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOGETHER = ("requirements.lock", "requirements-dev.lock")
SPARK = "requirements-spark.lock"
LOCKS = (*TOGETHER, SPARK)
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)
LINE = re.compile(
    r"[a-z0-9][a-z0-9._-]*==[A-Za-z0-9.+!]+( ; [a-z_'\"=!<>. 0-9A-Za-z()]+)? \\"
    r"|    --hash=sha256:[0-9a-f]{64}( \\)?"
    r"|    #( +via)?( +[A-Za-z0-9 ._()-]+)?"
)


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text(encoding="utf-8")))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_pins_hashes_and_reasons_and_nothing_else(lock: str) -> None:
    strange = [line for line in (ROOT / lock).read_text(encoding="utf-8").splitlines() if not LINE.fullmatch(line)]

    assert strange == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert [block.split("==")[0] for block in blocks if block and "--hash=sha256:" not in block] == []


def test_both_locks_agree() -> None:
    """One environment may be installed from either."""
    running, everything = (pins(lock) for lock in TOGETHER)

    assert {name: everything.get(name) for name in running} == running


def test_what_spark_wants_is_added_to_everything_and_changes_none_of_it() -> None:
    everything, spark = pins("requirements-dev.lock"), pins(SPARK)

    assert sorted(set(spark.items()) - set(everything.items())) == sorted(
        (name, spark[name]) for name in ("pandas", "py4j", "pyspark", "pytz")
    )


def test_every_dependency_and_extra_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    running, everything = (pins(lock) for lock in TOGETHER)
    spark = extras.pop("spark")

    assert _unlocked([*project["dependencies"], *extras["build"], *extras["postgres"]], running) == []
    assert _unlocked([each for extra in extras.values() for each in extra], everything) == []
    assert _unlocked(spark, pins(SPARK)) == []


def _unlocked(wanted: list[str], locked: dict[str, str]) -> list[str]:
    names = [re.split(r"[<>=!~\[; ]", each)[0].lower() for each in wanted]
    return [name for name in names if name not in locked]


def test_no_other_kind_of_lock_lies_about() -> None:
    """They name the hosts that their writer fetched from."""
    others = ("uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock", "package-lock.json")

    assert [name for name in others if (ROOT / name).exists()] == []
