"""`xueshi rebuild` makes projections anew, compares them, and says clearly why it does not."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from api.cli import run
from projections.answers import projections
from projections.files.ownership import Ownership
from projections.files.places import path_of


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


def test_clues_are_made_anew_and_are_then_what_the_log_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rebuild", "clues", "--data", str(folder)]) == 3, "they go as far as traces do, and there are none"
    assert run(["rebuild", "traces", "--data", str(folder)]) == 0
    assert run(["rebuild", "clues", "--compare", "--data", str(folder)]) == 3, "nothing stands yet"
    assert run(["rebuild", "clues", "--data", str(folder)]) == 0
    capsys.readouterr()
    assert run(["rebuild", "clues", "--compare", "--data", str(folder)]) == 0
    assert "✓ clues：到事件" in capsys.readouterr().out
    with closing(sqlite3.connect(folder / "projections" / "clues.1.db")) as connection:
        connection.execute("INSERT INTO withheld (act, block) VALUES ('act_x', 9)")
        connection.commit()
    assert run(["rebuild", "clues", "--compare", "--data", str(folder)]) == 1
    assert run(["rebuild", "clues", "--data", str(folder)]) == 0
    assert run(["rebuild", "clues", "--compare", "--data", str(folder)]) == 0


def test_findings_are_asked_anew_and_never_made_anew(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ([], ["--compare"]):
        assert run(["rebuild", "findings", *option, "--data", str(folder)]) == 2
        assert "xueshi findings run --whole" in capsys.readouterr().err


def test_a_changed_row_is_found_and_told_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["rebuild", "--data", str(folder)])
    capsys.readouterr()
    with closing(sqlite3.connect(path_of(folder / "projections", projections()[0]))) as connection:
        connection.execute("INSERT INTO withheld (act, block) VALUES ('act_x', 9)")
        connection.commit()

    assert run(["rebuild", "people", "--compare", "--data", str(folder)]) == 1
    assert "✗ people" in capsys.readouterr().out
    assert run(["rebuild", "--compare", "--json", "--data", str(folder)]) == 1
    body = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in body["projections"] if not one["holds"]] == ["people"]


def test_whoever_compares_everything_compares_what_was_made_beside_the_projections_too(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["rebuild", "--data", str(folder)])
    beside = ("coded", "differences", "map", "clues", "looks")
    for name in beside:
        assert run(["rebuild", name, "--data", str(folder)]) == 0
    capsys.readouterr()

    assert run(["rebuild", "--compare", "--data", str(folder)]) == 0
    told = capsys.readouterr().out
    assert all(f"✓ {name}：到事件" in told for name in beside)
    assert told.count("一致") == len(projections()) + len(beside)

    with closing(sqlite3.connect(folder / "projections" / "clues.1.db")) as connection:
        connection.execute("INSERT INTO withheld (act, block) VALUES ('act_x', 9)")
        connection.commit()
    assert run(["rebuild", "--compare", "--json", "--data", str(folder)]) == 1
    body = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in body["projections"] if not one["holds"]] == ["clues"]


def test_what_is_made_anew_is_compared_with_what_stood_and_the_difference_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["rebuild", "--data", str(folder)])
    with closing(sqlite3.connect(path_of(folder / "projections", projections()[0]))) as connection:
        connection.execute("UPDATE persons SET restricted = 1")
        connection.execute("INSERT INTO withheld (act, block) VALUES ('act_x', 9)")
        connection.commit()
    capsys.readouterr()

    assert run(["rebuild", "people", "--data", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "withheld：原 1 行，现 0 行；少 1，多 0，内容不同 0" in told and '- ["act_x", 9]' in told
    assert run(["rebuild", "people", "--json", "--data", str(folder)]) == 0
    (one,) = json.loads(capsys.readouterr().out)["rebuilt"]
    assert one["compared"]["before"] == one["compared"]["after"] == one["version"]
    assert not any(table["gone"] or table["come"] or table["other"] for table in one["compared"]["tables"])
    older = path_of(folder / "projections", projections()[0])
    older.rename(older.with_name("people.1.db"))   # As an older program left it, under a version of its own.
    assert run(["rebuild", "people", "--data", str(folder)]) == 0
    assert "没有与原来的（第 1 版）比较：原来的文件不是它名称所示的版本" in capsys.readouterr().out
    assert not older.with_name("people.1.db").exists()


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
