"""How long it is kept who looked: what is past its time goes, is said to be gone, and every check goes on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from api.beside.access_keeping import keep_for
from api.cli import cli
from api.register.register import SYSTEM
from api.settings import Settings, SettingsError, load
from ledger.access import pruning as access_pruning
from ledger.access.log import anchor_access, record_accesses
from ledger.events.base import By
from ledger.proof.tiles import TILE_WIDTH
from projections import looks
from tests.api.house_kit import ALWAYS, IN_2026, Someone, Ticking, Town, house_in

DAY = 86_400_000_000
HEAD = "acr_" + "1" * 22


class Scene(NamedTuple):
    town: Town
    clock: Ticking
    watch: Someone
    li: Someone
    folder: Path


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """300 looks at Li, and as many three years and a half later."""
    folder, clock = tmp_path_factory.mktemp("keeping") / "data", Ticking(IN_2026)
    with house_in(folder, clock, logs_too=True, clock_checked=ALWAYS) as town:
        register = town.house.register
        li, works = town.person("李明"), town.unit("某厂", "330203", "industry")
        town.belongs(li, works, "2018-01-01")
        watch = town.officer(town.unit("省某厅", "330000", "general"), "supervisor", "33")
        for days in (1_280, 1):
            record_accesses(register.access, by=By(actor=HEAD, role="unit"), subjects=[li.id] * 300,
                            purpose="annual_review", what=("years",), route="years", now_ms=clock.now // 1_000)
            anchor_access(register.ledger, register.access_signer, by=SYSTEM, now=clock.now)
            clock.now += days * DAY
        yield Scene(town, clock, watch, li, folder)


def of_li(scene: Scene, **query: object) -> dict[str, object]:
    return scene.watch.saw("/v1/access", person=scene.li.id, purpose="investigation", **query)


def test_what_is_past_its_time_goes_an_hour_after_it_was_recorded_and_investigators_see_how_far_it_goes_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = scene.town.house.register
    assert of_li(scene)["pruned"] is None
    first = keep_for(register, months=36, now=scene.clock.now)
    assert first is not None and first.cut == 0, "a backup that is being made holds what it says"

    second = keep_for(register, months=36, now=scene.clock.now)
    assert second is not None and (second.cut, second.left) == (TILE_WIDTH - 1, 0), "all but the log's own beginning"

    told = of_li(scene, limit=200)
    assert told["pruned"]["upto"] == TILE_WIDTH and told["pruned"]["months"] == 36  # type: ignore[index]
    seen, cursor = [], told["next_cursor"]
    seen += [one["position"] for one in told["items"]]  # type: ignore[attr-defined]
    while cursor is not None:
        told = of_li(scene, limit=200, cursor=cursor)
        seen += [one["position"] for one in told["items"]]  # type: ignore[attr-defined]
        cursor = told["next_cursor"]
    assert min(seen) == TILE_WIDTH + 1
    assert scene.watch.get(f"/v1/access/{TILE_WIDTH}/proof").status_code == 404
    assert scene.watch.get(f"/v1/access/{TILE_WIDTH + 1}/proof").status_code == 200

    files = list(register.folder.projections.glob("looks.*.db"))
    for one in files:
        one.unlink()
    assert of_li(scene)["pruned"] is not None, "read anew, the log says the same"


def test_who_looked_is_compared_with_the_access_log_also_where_the_oldest_have_gone(scene: Scene) -> None:
    register = scene.town.house.register
    for _ in range(2):
        keep_for(register, months=36, now=scene.clock.now)
    assert of_li(scene)["pruned"] is not None
    folder = register.folder.projections
    told: list[tuple[int, int]] = []
    position, stands, should = looks.compare(register.access, folder, lambda *said: told.append(said))
    assert position == register.access.store.size() and stands == should and told

    with sqlite3.connect(next(folder.glob("looks.[0-9].db"))) as file:
        file.execute("DELETE FROM look WHERE position = (SELECT max(position) FROM look)")
    _, stands, should = looks.compare(register.access, folder, lambda *_: None)
    assert stands != should
    looks.rebuild(register.access, folder, lambda *_: None)
    _, stands, should = looks.compare(register.access, folder, lambda *_: None)
    assert stands == should


def test_whatever_checks_the_register_goes_on_checking_it(scene: Scene, tmp_path: Path) -> None:
    register, run, data = scene.town.house.register, CliRunner(), str(scene.folder)
    for _ in range(2):
        keep_for(register, months=36, now=scene.clock.now)
    checked = run.invoke(cli, ["fsck", "--data", data, "--json", "--processes", "1"])
    assert json.loads(checked.stdout)["holds"], checked.output
    assert run.invoke(cli, ["backup", str(tmp_path / "copy"), "--data", data]).exit_code == 0
    held = run.invoke(cli, ["backup", str(tmp_path / "copy"), "--check", "--data", data])
    assert held.exit_code == 0, held.output


def test_the_command_takes_out_what_is_due_and_says_so(scene: Scene) -> None:
    run, data = CliRunner(), str(scene.folder)
    done = run.invoke(cli, ["access", "prune", "--data", data, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["left"] == 0 and told["upto"] % TILE_WIDTH == 0
    again = run.invoke(cli, ["access", "prune", "--data", data])
    assert "没有期满的查阅记录" in again.stdout


def test_half_a_year_is_the_least_that_can_be_set() -> None:
    assert Settings().access_months == 36
    assert load({"access_months": access_pruning.MONTHS_LEAST}).access_months == 6
    with pytest.raises(SettingsError, match="6 到"):
        load({"access_months": 5})


def test_an_access_log_that_was_written_anew_with_its_own_key_is_found_by_what_the_ledger_recorded(
    tmp_path: Path,
) -> None:
    folder, clock = tmp_path / "data", Ticking(IN_2026)

    def look(reader: str) -> None:
        with house_in(folder, clock, logs_too=True, clock_checked=ALWAYS) as town:
            record_accesses(
                town.house.register.access, by=By(actor=reader, role="unit"), subjects=["per_li"], route="years",
                purpose="annual_review", what=("years",), now_ms=clock.now // 1_000)
            anchor_access(town.house.register.ledger, town.house.register.access_signer, by=SYSTEM, now=clock.now)
            town.house.register.access_signer.checkpoint()

    def wrong() -> list[str]:
        ran = CliRunner().invoke(cli, ["fsck", "--data", str(folder), "--processes", "1", "--json"])
        told = json.loads(ran.stdout)
        found = [problem["code"] for problem in (*told["problems"], *told["access"]["problems"])]
        assert told["holds"] is (found == [])
        return found

    look(HEAD)
    assert wrong() == []

    (folder / "access.db").unlink()
    (folder / "keys" / "access.published").unlink()
    look("acr_" + "2" * 22)
    assert wrong() == ["access_anchor_broken"]
