"""`xueshi findings run` asks the patterns and says of each how much it finds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.cli import run
from projections.findings.patterns import patterns


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run(["init", "--data", str(tmp_path / "data")]) == 0
    return tmp_path / "data"


def test_every_pattern_is_asked_and_told_with_its_count(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["findings", "run", "--data", str(folder)]) == 0
    told = capsys.readouterr().out
    assert all(f"{one.id}  " in told and one.title in told for one in patterns().values()) and "检查到事件 1" in told

    capsys.readouterr()
    assert run(["findings", "run", "d03", "D01", "--whole", "--json", "--data", str(folder)]) == 0
    body = json.loads(capsys.readouterr().out)
    assert [(one["pattern"], one["is_whole"], one["findings"]) for one in body["patterns"]] == [
        ("D01", True, 0), ("D03", True, 0)]
    assert body["position"] == 1 and body["unread_papers"] == 0
    assert run(["findings", "run", "--json", "--data", str(folder)]) == 0
    assert not any(one["is_whole"] for one in json.loads(capsys.readouterr().out)["patterns"]), "it was asked before"


def test_a_pattern_that_there_is_not_is_bad_input(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["findings", "run", "D77", "--data", str(folder)]) == 2
    assert "pattern_unknown" in capsys.readouterr().err
