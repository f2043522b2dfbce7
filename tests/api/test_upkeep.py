"""How far each projection is: over HTTP, at `/readyz`, in a command and by the doctor."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from api.cli import run
from api.doctor.checks import Answer, Level
from api.doctor.projection_check import made_anew
from api.doctor.projection_check import projections as asked
from api.settings import load
from projections.answers import EVERY
from projections.entries import Entries
from projections.files.places import path_of
from projections.laws import Laws
from projections.people import People
from projections.timeline import Timeline
from projections.work import Work
from tests.api.house_kit import Town, house_in, study
from tests.waiting import until

NAMES = [one.name for one in EVERY]


def doctor(folder: Path) -> Answer:
    """What the doctor says of the files of answers in a data folder."""
    return asked(load({"data_folder": folder}))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("upkeep") / "data") as town:
        town.person()
        assert town.house.settled() is None
        yield town


def test_each_projection_says_how_far_it_is_to_anyone_who_asks(town: Town) -> None:
    told = town.nobody.saw("/v1/projections")
    each = {one["name"]: one for one in told["items"]}

    assert set(NAMES) <= set(each)
    assert told["log_size"] == town.house.ledger.store.size()
    assert {(one["position"], one["behind"]) for name, one in each.items() if name in NAMES} == {
        (told["log_size"], 0)}
    assert all(each[name]["building"] is None and each[name]["failure"] is None for name in NAMES)
    ready = {one["name"]: one for one in town.nobody.saw("/readyz")["projections"]}
    assert [ready[name] for name in NAMES] == [each[name] for name in NAMES], "what follows those may have gone on"


def test_a_projection_that_cannot_go_on_is_told_everywhere(tmp_path: Path) -> None:
    with house_in(tmp_path / "data") as town:
        town.person()
        assert town.house.settled() is None
        folder = town.house.register.folder
        with closing(sqlite3.connect(path_of(folder.projections, Entries()))) as spoiled:
            spoiled.execute("DROP TABLE studies")
            spoiled.commit()
        works = town.unit("某厂", "330203", "industry")
        someone = town.person()
        town.belongs(someone, works, "2020-01-01")
        claim = someone.submit(study())
        until(lambda: doctor(tmp_path / "data")[0] is Level.FAIL)  # It is written down for others after a round.
        told = {one["name"]: one for one in town.nobody.saw("/v1/projections")["items"]}

        assert told["entries"]["failure"] == {"position": claim["events"][0], "because": "OperationalError"}
        assert told["people"]["failure"] is None
        assert 'xueshi_projection_failed{projection="entries"} 1.0' in town.nobody.get("/metrics").text
        ready = town.nobody.get("/readyz")
        assert ready.status_code == 503
        assert {one["name"]: one["failure"] for one in ready.get_json()["projections"]}["entries"] is not None
        level, message, cure = doctor(tmp_path / "data")
        assert (level, "entries" in message, "xueshi rebuild entries" in cure) == (Level.FAIL, True, True)


def test_the_doctor_says_how_far_the_files_are(town: Town, tmp_path: Path) -> None:
    level, message, _ = doctor(town.house.register.folder.projections.parent)

    assert level is Level.OK
    assert f"{town.house.ledger.store.size()}" in message.replace(",", "")
    assert doctor(tmp_path)[0] is Level.OK, "nothing is there yet"


def test_the_doctor_tells_apart_what_will_be_made_anew_without_a_word(tmp_path: Path) -> None:
    """After the next start nobody could see any more that a folder was mixed up, or that an older program ran."""
    with house_in(tmp_path / "other") as other, house_in(tmp_path / "data") as town:
        other.person()
        town.unit("某厂", "330203", "industry")
        assert other.house.settled() is None and town.house.settled() is None
        folder, elsewhere = town.house.register.folder.projections, other.house.register.folder.projections
    path_of(folder, People()).unlink()  # A file that is only moved SQLite takes for the one that this process had open.
    shutil.copy(path_of(elsewhere, People()), path_of(folder, People()))
    path_of(folder, Timeline()).unlink()
    path_of(folder, Work()).rename(folder / f"work.{Work.version + 1}.db")
    path_of(folder, Laws()).rename(folder / f"laws.{Laws.version - 1}.db")
    with closing(sqlite3.connect(path_of(folder, Entries()))) as restored:
        restored.execute("UPDATE projection SET position = 1000000")
        restored.commit()

    level, message, cure = doctor(tmp_path / "data")

    assert level is Level.WARN
    for words in ("people 属于另一本账", "timeline 没有文件", "entries 超前于账本",
                  f"work 只有更新版程序的文件（第 {Work.version + 1} 版）",
                  f"laws 只有旧版程序的文件（第 {Laws.version - 1} 版）"):
        assert words in message
    assert "是不是同一套" in cure and "该装的程序" in cure and "重建" in cure
    asks = cure.rpartition("；")[0]
    assert made_anew(load({"data_folder": tmp_path / "data"})) == f"{message}；{asks}；现在从账本重建"

    path_of(folder, Entries()).write_bytes(b"no file of answers")
    assert doctor(tmp_path / "data")[:2] == (Level.FAIL, "投影：entries 无法读取")


def test_whoever_lists_projections_with_no_service_is_told_first_which_are_made_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with house_in(tmp_path / "data") as town:
        assert town.house.settled() is None
        folder = town.house.register.folder.projections
    path_of(folder, Timeline()).unlink()

    for told in ("! 投影：timeline 没有文件；现在从账本重建\n", ""):
        assert run(["projections", "list", "--data", str(tmp_path / "data")]) == 0
        assert [line for line in capsys.readouterr().err.splitlines(keepends=True) if line[0] == "!"] == (
            [told] if told else [])
