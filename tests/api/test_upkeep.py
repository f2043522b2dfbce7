"""How far each projection is: over HTTP, at `/readyz`, in a command and by the doctor."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from api.doctor.checks import Level
from api.doctor.register_checks import projections
from projections.answers import EVERY
from projections.entries import Entries
from projections.files.places import path_of
from tests.api.house_kit import Town, house_in, study

NAMES = [one.name for one in EVERY]


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
        until = time.monotonic() + 20
        while projections(tmp_path / "data")[0] is not Level.FAIL and time.monotonic() < until:
            time.sleep(0.01)  # It is written down for others at the end of a round.
        told = {one["name"]: one for one in town.nobody.saw("/v1/projections")["items"]}

        assert told["entries"]["failure"] == {"position": claim["events"][0], "because": "OperationalError"}
        assert told["people"]["failure"] is None
        assert 'xueshi_projection_failed{projection="entries"} 1.0' in town.nobody.get("/metrics").text
        ready = town.nobody.get("/readyz")
        assert ready.status_code == 503
        assert {one["name"]: one["failure"] for one in ready.get_json()["projections"]}["entries"] is not None
        level, message, cure = projections(tmp_path / "data")
        assert (level, "entries" in message, "xueshi rebuild entries" in cure) == (Level.FAIL, True, True)


def test_the_doctor_says_how_far_the_files_are(town: Town, tmp_path: Path) -> None:
    level, message, _ = projections(town.house.register.folder.projections.parent)

    assert level is Level.OK
    assert f"{town.house.ledger.store.size()}" in message.replace(",", "")
    assert projections(tmp_path)[0] is Level.OK, "nothing is there yet"
