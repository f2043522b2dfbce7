"""The log over HTTP: checkpoint, key and tiles for everyone, entries and proofs for whoever may read the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from api.log_routes import log_routes
from api.register.register import SYSTEM, Register, open_register
from api.service.app import create_app
from api.settings import Settings
from ledger.events.base import Draft
from ledger.events.log import LOG, AccessAnchored
from ledger.proof.keys import parse_vkey
from ledger.proof.merkle import hash_leaf
from ledger.proof.policy import believe, trust
from tests.ledger.proof.tlog_vectors import entries_in

EVENTS = 300


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    path: Path = tmp_path_factory.mktemp("log") / "data"
    register = open_register(Settings(data_folder=path), create=True)
    drafts = [Draft(AccessAnchored(origin="x/y", size=number, root="x")) for number in range(EVENTS - 1)]
    register.ledger.record(drafts, by=SYSTEM, versions={LOG: 1})
    yield register
    register.close()


@pytest.fixture
def client(register: Register) -> FlaskClient:
    return create_app(blueprints=[log_routes(register)]).test_client()


@pytest.fixture
def reader(register: Register) -> dict[str, str]:
    return {"Authorization": f"Bearer {register.reader_token}"}


def test_the_checkpoint_is_a_note_that_the_published_key_has_signed(client: FlaskClient) -> None:
    key = parse_vkey(client.get("/log/key").text.removesuffix("\n"))

    answer = client.get("/log/checkpoint")

    assert answer.content_type == "text/plain; charset=utf-8"
    assert believe(answer.data, trust(key)).checkpoint.size == EVENTS


def test_tiles_hold_the_hashes_of_the_entries_and_may_be_kept_for_ever(
    client: FlaskClient, reader: dict[str, str]
) -> None:
    hashes = client.get("/log/tile/0/000")
    bundle = client.get("/log/tile/entries/000", headers=reader)
    entries = entries_in(bundle.data)

    assert hashes.data == b"".join(map(hash_leaf, entries))
    assert hashes.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert bundle.headers["Cache-Control"].startswith("private")
    assert len(client.get(f"/log/tile/0/001.p/{EVENTS - 256}").data) == (EVENTS - 256) * 32
    assert len(client.get("/log/tile/1/000.p/1").data) == 32


@pytest.mark.parametrize(
    "path",
    ["0/002", "0/001", "0/001.p/200", "7/000.p/1", "0/000.p/256", "0/1", "x", "0/000.p/0", "64/000", "00/000"],
)
def test_a_tile_that_is_not_there_or_has_no_such_name_is_not_found(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/log/tile/{path}")

    assert answer.status_code == 404
    assert answer.json is not None and answer.json["code"] == "not_found"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer 错"}, {"Authorization": "Basic YTpi"}]
)
def test_whoever_may_not_read_the_ledger_gets_no_entries(client: FlaskClient, headers: dict[str, str]) -> None:
    encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    answer = client.get("/log/tile/entries/000", headers=encoded)

    assert answer.status_code == 401
    assert "bearer" in answer.headers["WWW-Authenticate"].lower()


