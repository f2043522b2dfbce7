"""After somebody is forgotten, whatever is made of the log is made as ever and says their name nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.faulted_forgetting import Forgotten, destroy, rested
from tests.faults.faulted_operations import next_year
from tests.faults.faulted_register import Scene, made_in

NAME = "李忘川"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    found = made_in(tmp_path_factory.mktemp("after"))
    found.fresh()
    rested(found)
    found.seen["copy"] = _ran(found, "backup", str(found.place / "before"))
    destroy(found)
    yield found


def _ran(scene: Scene, *words: str) -> str:
    status, told, stderr = scene.ran(*words)
    assert status == 0, (words, told, stderr)
    return told + stderr


def _names(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and NAME.encode() in path.read_bytes()]


@pytest.mark.torture
@pytest.mark.timeout(900)
def test_what_is_made_of_the_log_after_a_destruction_is_made_and_names_nobody(
    scene: Scene, record_property: object
) -> None:
    made = scene.place / "made"
    made.mkdir()
    told = [
        _ran(scene, "rebuild"), _ran(scene, "rebuild", "--compare"), _ran(scene, "fsck", "--map"),
        _ran(scene, "export", "parquet", str(made / "columns")),
        _ran(scene, "export", "parquet", str(made / "columns"), "--check"),
        _ran(scene, "events", "export", "--out", str(made / "log.ndjson")),
        _ran(scene, "replay", "--under", "set:zhejiang/2016-08-01", "--out", str(made / "report")),
        _ran(scene, "findings", "run", "--whole"), _ran(scene, "backup", str(made / "backup")),
        _ran(scene, "backup", "--check", str(made / "backup")),
    ]
    with next_year():
        told.append(_ran(scene, "archive", "write", "2026", str(made / "cold")))
    key = _ran(scene, "log", "key").strip()
    told += [_ran(scene, "verify", str(made / name), "--key", key) for name in ("log.ndjson", "cold")]

    assert not [one for one in told if NAME in one]
    assert not _names(made) and not _names(scene.data)
    record_property("tried", len(told))  # type: ignore[operator]


@pytest.mark.torture
@pytest.mark.timeout(900)
def test_a_log_from_before_a_destruction_brings_nobody_back_while_the_vault_knows(scene: Scene) -> None:
    """Restored over the present one: the vault says who is forgotten, and nothing is recorded until the log goes on."""
    found: Forgotten = scene.seen["forgotten"]
    told = _ran(scene, "restore", str(scene.place / "before"), "--replace", "--json")
    assert json.loads(told[:told.rindex("}") + 1])["forgotten"] == 1
    status, seen, stderr = scene.ran("person", "show", found.person, XUESHI_TOKEN=found.own)
    assert NAME not in seen + stderr and status != 0
    assert scene.ran("log", "checkpoint")[0] == 3, "it lacks what was published, the destruction among it"
    assert not _names(scene.data)
