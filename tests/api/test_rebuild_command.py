"""`xueshi rebuild` makes projections anew, compares them, and says clearly why it does not."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from api.cli import run
from projections.answers import projections
from projections.file import path_of
from projections.follower import Ownership


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run(["init", "--data", str(tmp_path / "data")]) == 0
    return tmp_path / "data"


def test_every_projection_is_built_and_is_then_what_the_log_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rebuild", "--data", str(folder)]) == 0
    assert "✓ people 已从账本重建，处理到事件" in capsys.readouterr().out
    assert run(["rebuild", "--compare", "--data", str(folder)]) == 0
    assert capsys.readouterr().out.count("一致") == len(projections())


def test_a_changed_row_is_found_and_told_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["rebuild", "--data", str(folder)])
    capsys.readouterr()
    with closing(sqlite3.connect(path_of(folder / "projections", projections()[0]))) as connection:
        connection.execute("INSERT INTO waiting (position, act) VALUES (9, 'act_x')")
        connection.commit()

    assert run(["rebuild", "people", "--compare", "--data", str(folder)]) == 1
    assert "✗ people" in capsys.readouterr().out
    assert run(["rebuild", "--compare", "--json", "--data", str(folder)]) == 1
    body = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in body["projections"] if not one["holds"]] == ["people"]


def test_an_unknown_name_and_a_running_service_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rebuild", "persons", "--data", str(folder)]) == 2
    assert "[projection_unknown]" in capsys.readouterr().err
    service = Ownership(folder / "projections")
    assert run(["rebuild", "people", "--data", str(folder)]) == 3
    said = capsys.readouterr().err
    assert "[follower_running]" in said and "--compare" in said
    service.release()


def test_what_was_never_built_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["init", "--data", str(tmp_path / "data")])
    for file in (tmp_path / "data" / "projections").glob("*.db"):
        file.unlink()

    assert run(["rebuild", "--compare", "--data", str(tmp_path / "data")]) == 3
    assert "[projection_not_built]" in capsys.readouterr().err


def test_the_coded_ledger_of_replays_is_rebuilt_and_compared_under_its_own_name(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["rebuild", "--data", str(folder)])
    capsys.readouterr()
    assert run(["rebuild", "coded", "--data", str(folder)]) == 0
    assert "✓ coded 已重建" in capsys.readouterr().out
    assert run(["rebuild", "coded", "--compare", "--json", "--data", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out)["holds"] is True


def test_differences_are_judged_anew_and_compared_under_their_own_name(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rebuild", "differences", "--compare", "--data", str(folder)]) == 3
    assert "[projection_not_built]" in capsys.readouterr().err
    run(["rebuild", "--data", str(folder)])
    assert run(["rebuild", "differences", "--data", str(folder)]) == 0
    assert "✓ differences 已重建" in capsys.readouterr().out
    assert run(["rebuild", "differences", "--compare", "--json", "--data", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out)["holds"] is True
