"""The service as it runs: witnesses and time set by its settings, begun and ended with it, told in its answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from ledgers_kit import size, witness_serving
from tsa_kit import authority_in

from api.register.register import open_register
from api.service.composed import composed
from api.settings import Settings
from api.terminal.exits import Stop
from ledger.proof.policy import believe, parse_policy
from ledger.witnessing.kept import Kept
from tests.waiting import until


def until_seen(app: Flask, policy: bytes) -> bytes:
    """Ask for the checkpoint until witnesses have seen it."""
    def seen() -> bytes:
        note: bytes = app.test_client().get("/log/checkpoint").data
        return note if note.count("— ".encode()) > 1 else b""

    note = until(seen, "no checkpoint was cosigned")
    believe(note, parse_policy(policy))
    return note


@pytest.mark.requires_system("openssl")
def test_its_checkpoints_are_seen_stamped_and_told(tmp_path: Path) -> None:
    data, policy = tmp_path / "data", tmp_path / "policy"
    with witness_serving(tmp_path / "w", "witness.example/w") as witness, authority_in(tmp_path / "tsa") as (_, tsa):
        register = open_register(Settings(data_folder=data), create=True)
        vkey = register.signer.vkeys[0]
        register.close()
        witness.folder.trust(vkey)
        policy.write_text(f"log {vkey}\nwitness w {witness.folder.vkey} {witness.address}\nquorum w\n")
        settings = Settings(data_folder=data, witnesses=str(policy), time_stamps=str(tsa), checkpoint_seconds=1)
        with composed(settings) as app:
            note = until_seen(app, policy.read_bytes())
            assert size(note) > 0
            kept, client = Kept(data / "witnessed"), app.test_client()
            until(lambda: any(kept.stamps(each) for each in kept.dated()))
            (first,) = client.get("/log/checkpoints").get_json()["checkpoints"]
            assert first["time_stamps"] == ["test-tsa"]

            def checked() -> dict[str, str]:
                return {each["check"]: each["level"] for each in client.get("/readyz").get_json()["checks"]}

            until(lambda: (checked()["witnesses"], checked()["time_stamps"]) == ("ok", "ok"), checked)
            metrics = client.get("/metrics").text
            assert 'xueshi_outside_failing{kind="witness",name="w"} 0.0' in metrics
            assert 'xueshi_outside_failing{kind="authority",name="test-tsa"} 0.0' in metrics


def test_a_policy_that_cannot_be_read_keeps_the_service_from_starting_and_leaves_nothing_open(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "data", witnesses=str(tmp_path / "none"))
    with pytest.raises(Stop, match="读不出策略文件"), composed(settings):
        raise AssertionError("it started")
    with composed(Settings(data_folder=tmp_path / "data")) as app:  # Nothing holds the folder.
        assert app.test_client().get("/livez").status_code == 200
