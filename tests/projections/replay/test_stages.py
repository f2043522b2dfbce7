"""A replay that was killed goes on from what it had finished; what is torn is made anew; the bytes are the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from projection_kit import NINGBO, House, living, seminar
from stages_child import replayed

from projections.replay.stages import open_stages

PARTS = 2        # Lines of one part: the report has many.
PEOPLE = 9


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with living(tmp_path_factory.mktemp("stages") / "house") as house:
        for number in range(PEOPLE):
            person = house.person(unit=house.unit(NINGBO, "industry", name=f"单位{number}"))
            house.registered(person, seminar(f"2021-05-0{number % 9 + 1}"))
        house.followed()
        yield house


def answers_of(house: House) -> Path:
    return house.folder / "answers"


def killed(house: House, beside: Path, die_at: int) -> None:
    """Replay in a process that dies at a step."""
    script = Path(__file__).with_name("stages_child.py")
    ended = subprocess.run(
        [sys.executable, str(script), str(answers_of(house)), str(beside), str(PARTS), str(die_at)],
        cwd=Path(__file__).parents[3], env={**os.environ, "PYTHONPATH": ".:tests/projections"},
        capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def stand(house: House) -> dict[str, int]:
    """The parts that stand, each with the file that it is."""
    return {path.name: path.stat().st_ino for path in answers_of(house).glob("replay.*/*.*.*")}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_killed_at_any_step_it_goes_on_from_what_was_finished(house: House, tmp_path: Path) -> None:
    steps = replayed(answers_of(house), tmp_path / "whole", PARTS)
    wanted = bytes_of(tmp_path / "whole")
    assert stand(house) == {} and len(wanted["entries.ndjson"].splitlines()) == PEOPLE

    kept: dict[str, int] = {}
    for number, die_at in enumerate((steps // 2, steps - 5, steps)):
        killed(house, tmp_path / f"killed-{number}", die_at)
        now = stand(house)
        assert kept.items() <= now.items(), "what was finished is not written again"
        kept = now
    assert len(kept) == 2 * 3 * -(-PEOPLE // PARTS), "person-years, entries and titles, as lines and as a table"

    replayed(answers_of(house), tmp_path / "longer", PARTS + 1)
    assert bytes_of(tmp_path / "longer") == wanted, "parts of another length do not meet"
    killed(house, tmp_path / "again", steps)
    replayed(answers_of(house), tmp_path / "done", PARTS)
    assert bytes_of(tmp_path / "done") == wanted
    assert stand(house) == {}, "once it is answered nothing is kept"


TORTURE = pytest.mark.torture


@pytest.mark.parametrize("harm", ["cut", pytest.param("flip", marks=TORTURE), pytest.param("empty", marks=TORTURE)])
def test_a_torn_part_is_told_by_its_digest_and_made_anew(house: House, tmp_path: Path, harm: str) -> None:
    steps = replayed(answers_of(house), tmp_path / "whole", PARTS)
    wanted = bytes_of(tmp_path / "whole")
    killed(house, tmp_path / "killed", steps)
    before = stand(house)
    torn = sorted(answers_of(house).glob("replay.*/entries.ndjson.000001.*"))[0]
    content = torn.read_bytes()
    torn.write_bytes({"cut": content[:-1], "flip": content[:-1] + b"!", "empty": b""}[harm])
    (torn.parent / f"{torn.name}.new").write_bytes(content[:5])   # What a kill leaves of a part that was being written.

    replayed(answers_of(house), tmp_path / "done", PARTS)
    assert bytes_of(tmp_path / "done") == wanted and before


def test_parts_of_another_question_go_and_a_second_replay_keeps_its_own_to_itself(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), open_stages(tmp_path, "one") as stages:
        stages.parts(["lines"], 0, lambda: [b"first"])
        raise RuntimeError
    with open_stages(tmp_path, "two") as stages, open_stages(tmp_path, "three") as beside:
        assert {path.name for path in tmp_path.iterdir()} == {"replay.lock", "replay.two"}
        (path,) = beside.parts(["lines"], 0, lambda: [b"second"])
        assert path.read_bytes() == b"second" and tmp_path not in path.parents
        assert stages.parts(["lines"], 0, lambda: [b"third"]) == stages.parts(["lines"], 0, lambda: [b"never asked"])
    assert not path.exists() and {path.name for path in tmp_path.iterdir()} == {"replay.lock"}
