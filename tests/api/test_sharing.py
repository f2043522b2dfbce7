"""What several hosts have in common: everyone is known at each of them, and nothing is left behind on one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from postgres_kit import Server

from api.cli import run
from api.doctor.checks import Level
from api.doctor.database_checks import database_checks
from api.register.occupancy import occupying
from api.register.register import open_register
from api.register.sharing import carry_over, copy_operations, statuses
from api.settings import Settings, SettingsError, load
from api.terminal.exits import Stop
from ledger.keys.database import KeyDatabase, KeyTables
from tests.api.house_kit import Someone, Town, house_in, study
from tests.api.paper_kit import PDF, digest


@pytest.fixture
def common(postgres_server: Server, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The settings that hosts have in common; nothing is made there yet."""
    (tmp_path / "shared").mkdir()
    given = {"database": postgres_server.new_database(migrated=False),
             "key_database": postgres_server.new_database(migrated=False), "shared_folder": str(tmp_path / "shared")}
    yield given
    for name in ("database", "key_database"):
        postgres_server.drop_database(given[name])


def at(town: Town, someone: Someone) -> Someone:
    """The same bearer at the door of another host."""
    return Someone(town.client(), someone.token, someone.id)


def test_who_begins_one_is_told_where_its_keys_lie(
    common: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in common.items():
        monkeypatch.setenv(f"XUESHI_{name.upper()}", value)
    run(["migrate", "--data", str(tmp_path / "host")])

    assert run(["init", "--data", str(tmp_path / "host")]) == 0

    told = capsys.readouterr().out
    assert f"请把 {tmp_path / 'shared' / 'keys'} 另行备份" in told and "建立在数据库中" in told
    assert (tmp_path / "shared" / "keys" / "ledger.signing.key").exists()


@pytest.mark.torture  # `tests/machines/test_machines.py` shows it of hosts that are two.
def test_whoever_was_registered_on_one_host_is_served_by_another(common: dict[str, Any], tmp_path: Path) -> None:
    statuses(Settings(data_folder=tmp_path / "one", **common), taking=True)
    with house_in(tmp_path / "one", **common) as here, house_in(tmp_path / "other", **common) as there:
        works = here.unit("某厂", "330203", "industry")
        li = here.person("李明")
        here.belongs(li, works, "2020-01-01")
        draft = f"/v1/persons/{li.id}/drafts/first"
        typed = {"study": study(), "details": {"title": "焊接工艺"}}
        assert li.client.put(draft, json=typed, headers=li.headers()).status_code == 201
        paper = li.client.put(f"/v1/persons/{li.id}/evidence/{digest(PDF)}", data=PDF,
                              headers={**li.headers(), "Content-Type": "application/pdf"})
        assert paper.status_code in (200, 201), paper.get_data(as_text=True)

        same = at(there, li)
        assert same.saw(f"/v1/persons/{li.id}") == li.saw(f"/v1/persons/{li.id}")
        assert same.saw(draft)["details"] == typed["details"]
        assert digest(PDF) in str(same.saw(f"/v1/persons/{li.id}/evidence"))
        claim = same.submit(study())
        same.act(claim, "withdrawal")
        assert li.saw(f"/v1/claims/{claim['claim']}")["status"] == "withdrawn", "read here, written there"
        assert here.house.register.founder_token == there.house.register.founder_token
        here.house.register.signer.checkpoint()
        there.house.register.signer.checkpoint()

    for host in ("one", "other"):
        assert sorted(path.name for path in (tmp_path / host).iterdir()) == ["projections"], "nothing that is common"
    assert not list((tmp_path / "shared").rglob("people.db*")), "keys lie in their database"


def test_what_one_host_had_becomes_common_and_everyone_goes_on(
    common: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Carried over while no service uses it; what was stopped in between is gone on from."""
    alone = Settings(data_folder=tmp_path / "one", database=common["database"])
    shared = Settings(data_folder=tmp_path / "one", **common)
    statuses(alone, taking=True)
    with house_in(tmp_path / "one", database=common["database"]) as before:
        li = before.person("李明")
    for name, value in common.items():
        monkeypatch.setenv(f"XUESHI_{name.upper()}", value)
    people, migrate = tmp_path / "one" / "keys" / "people.db", ["migrate", "--data", str(tmp_path / "one")]

    with occupying(tmp_path / "one") as tell:
        tell("http://127.0.0.1:1")
        assert run(migrate) == 3
        assert "请先停止该服务" in capsys.readouterr().err
    with pytest.raises(Stop, match="仍在本机") as refused:
        open_register(shared)
    assert refused.value.code == "not_carried_over"
    with closing(KeyTables(KeyDatabase(common["key_database"], tmp_path))) as tables:
        tables.take_over(people)  # As one that was killed before it took the file away.
    assert run([*migrate, "--json"]) == 0
    carried = json.loads(capsys.readouterr().out)["carried_over"]
    assert carried["vault"] > 0 and carried["operations"] > 0 and {"keys", "rulebooks"} <= carried.keys()
    assert carry_over(shared) == [] and not people.exists(), "done again, nothing is left to do"

    with house_in(tmp_path / "other", **common) as there:
        assert at(there, li).saw(f"/v1/persons/{li.id}")["person"] == li.id
    monkeypatch.undo()
    with pytest.raises(Stop, match="共用"):
        open_register(alone)


def test_operational_tables_are_copied_into_a_file_and_carried_over_from_it(
    common: dict[str, Any], postgres_server: Server, tmp_path: Path
) -> None:
    statuses(Settings(data_folder=tmp_path / "one", **common), taking=True)
    with house_in(tmp_path / "one", **common) as town:
        li = town.person("李明")
        settings = Settings(data_folder=tmp_path / "one", **common)
        copy_operations(settings, tmp_path / "operations.db")
    empty = postgres_server.new_database()
    again = Settings(data_folder=tmp_path / "back", **{**common, "database": empty})
    statuses(again, taking=True)
    (tmp_path / "back").mkdir()
    (tmp_path / "operations.db").rename(tmp_path / "back" / "operations.db")

    assert [one.what for one in carry_over(again)] == ["operations"]
    from api.operational.operations import Operations
    from ledger.stores.postgres_portable import PortableDatabase

    database = PortableDatabase(empty, "operations")
    with closing(KeyTables(KeyDatabase(common["key_database"], tmp_path / "shared" / "keys"))):
        found = Operations(database, b"k").find(li.token, now=0)
    assert found is not None and found.holder == li.id
    database.close()
    postgres_server.drop_database(empty)


@pytest.mark.parametrize(("given", "missing"), [
    ({"shared_folder": "/mnt/xueshi"}, "database、key_database"),
    ({"database": "postgresql://a@b/c", "shared_folder": "/mnt/xueshi"}, "key_database"),
    ({"database": "postgresql://a@b/c", "key_database": "postgresql://a@b/k"}, "shared_folder"),
])
def test_hosts_have_all_in_common_or_nothing(given: dict[str, Any], missing: str) -> None:
    with pytest.raises(SettingsError, match=f"还须设 {missing}"):
        load(given)


def test_keys_lie_in_no_database_of_which_copies_are_kept_for_ever() -> None:
    with pytest.raises(SettingsError, match="同一个数据库"):
        load({"database": "postgresql://a:b@h:5432/x", "key_database": "postgresql://c:d@h:5432/x?sslmode=require",
              "shared_folder": "/mnt/xueshi"})


def test_keys_beside_the_ledger_on_one_server_are_pointed_out(common: dict[str, Any], tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "one", **common)
    statuses(settings, taking=True)
    found = {check.name: check.ask() for check in database_checks(settings)}

    assert found["database_schema"][0] is Level.OK
    assert found["key_database"][0] is Level.WARN and "同一台数据库服务器" in found["key_database"][1]
