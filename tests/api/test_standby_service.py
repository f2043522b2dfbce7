"""A service on a standby: the log and its proofs, with how far they go; what would have to be recorded is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from postgres_kit import Server

from api.cli import run
from api.settings import Settings
from api.standby import composed
from ledger.offline.verify import verify_file
from ledger.proof.keys import parse_vkey
from ledger.proof.policy import trust
from ledger.proof.tiles import Tile, format_tile_path
from ledger.signing.signer import Signer, create_signing_key
from ledger.stores.postgres import PostgresRecorder
from ledger.stores.postgres_standby import Replica, StandbyRecorder
from tests.ledger.ledger_kit import fill
from tests.ledger.stores.store_kit import open_postgres

PRIMARY = "https://xueshi.example"
READER = {"Authorization": "Bearer a-reader"}
SIGNED, MORE = 300, 20


@pytest.fixture(scope="module")
def settings(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("standby") / "data"
    (folder / "keys").mkdir(parents=True)
    (folder / "keys" / "reader.token").write_text("a-reader\n")
    return Settings(data_folder=folder, database=postgres_server.new_database())


@pytest.fixture(scope="module")
def written(settings: Settings) -> Iterator[PostgresRecorder]:
    """300 events under a checkpoint, and 20 that nobody signed yet."""
    store = open_postgres(settings.database)
    create_signing_key(settings.data_folder / "keys", "register.example/log")
    fill(store, SIGNED)
    Signer(store, origin="register.example/log", folder=settings.data_folder / "keys").checkpoint()
    fill(store, MORE, start=SIGNED)
    yield store
    store.close()


@pytest.fixture
def client(settings: Settings, written: PostgresRecorder) -> Iterator[FlaskClient]:
    with composed(settings, primary=PRIMARY) as app:
        yield app.test_client()


def test_tiles_keys_and_proofs_are_those_of_the_log_and_say_how_far_it_goes(
    client: FlaskClient, written: PostgresRecorder, tmp_path: Path
) -> None:
    tile = client.get(f"/{'log/' + format_tile_path(Tile(0, 0))}")
    key = client.get("/log/key").get_data(as_text=True).split()
    proof = client.get("/v1/events/17/proof", headers=READER)
    (tmp_path / "proof").write_bytes(proof.data)

    assert tile.data == written.read_tile(Tile(0, 0))
    assert verify_file(tmp_path / "proof", trust(*map(parse_vkey, key))).events[0]["position"] == 17
    for answer in (tile, proof, client.get("/log/checkpoint"), client.get("/v1/standby"), client.get("/readyz")):
        assert answer.status_code == 200
        assert (answer.headers["Xueshi-Position"], answer.headers["Xueshi-Behind-Ms"]) == (str(SIGNED + MORE), "0")
    assert client.get("/v1/standby").get_json() == {
        "role": "primary", "position": SIGNED + MORE, "behind_ms": 0, "silent_ms": None, "signed_to": SIGNED,
        "primary": PRIMARY}


@pytest.mark.parametrize(("method", "path"), [
    ("POST", "/v1/persons"), ("POST", "/v1/claims"), ("GET", "/v1/persons/per_1/years"), ("DELETE", "/v1/sessions/1"),
    ("GET", "/login"), ("POST", "/log/checkpoint"), ("GET", "/v1/events/1"), ("GET", "/nothing"),
])
def test_whatever_would_have_to_be_recorded_is_refused_with_where_to_go(
    client: FlaskClient, method: str, path: str
) -> None:
    answer = client.open(path, method=method, json={} if method == "POST" else None)
    body = answer.get_json()

    assert (answer.status_code, body["code"]) == (503, "standby_reads_only")
    assert PRIMARY in body["detail"] and answer.headers["Link"] == f'<{PRIMARY}>; rel="alternate"'
    assert answer.headers["Xueshi-Role"] == "standby"


@pytest.mark.parametrize("position", [SIGNED + 1, SIGNED + MORE + 1])
def test_what_has_not_arrived_or_is_not_signed_here_is_not_said_to_be_absent(
    client: FlaskClient, position: int
) -> None:
    answer = client.get(f"/v1/events/{position}/proof", headers=READER)

    assert (answer.status_code, answer.get_json()["code"]) == (503, "standby_reads_only")


def test_entries_are_for_those_who_may_read_the_ledger(client: FlaskClient) -> None:
    assert client.get("/v1/events/1/proof").status_code == 401
    assert client.get("/log/tile/entries/000", headers={"Authorization": "Bearer another"}).status_code == 401
    assert client.get("/log/tile/entries/000", headers=READER).status_code == 200


@pytest.mark.parametrize(("behind_ms", "status", "told"), [(59_000, 200, "59000"), (61_000, 503, "61000"),
                                                         (None, 503, "unknown")])
def test_a_standby_that_is_too_far_behind_or_cut_off_is_not_ready_and_says_so_in_every_answer(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, behind_ms: int | None, status: int, told: str
) -> None:
    monkeypatch.setattr(StandbyRecorder, "replica", lambda self: Replica(True, 7, behind_ms, behind_ms))

    assert client.get("/readyz").status_code == status
    for path in ("/log/checkpoint", "/v1/standby"):
        answer = client.get(path)
        assert answer.status_code == 200 and answer.headers["Xueshi-Role"] == "standby"
        assert (answer.headers["Xueshi-Position"], answer.headers["Xueshi-Behind-Ms"]) == ("7", told)


def test_a_ledger_in_a_file_has_no_standby(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["standby", "--data", str(tmp_path)]) == 2
    assert "[standby_needs_postgres]" in capfd.readouterr().err
