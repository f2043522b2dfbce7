"""Three ledgers, each a witness of the others: one that comes back older than it was is found out, with proof."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from ledgers_kit import OneLedger, Serving, listening, witness_serving

from api.cli import run
from api.doctor.checks import Level
from api.log_routes import log_routes
from api.service.app import create_app
from ledger.offline.verify import policy_of, verify_file

NAMES = ("ningbo", "wenzhou", "hangzhou")


@pytest.fixture
def three(tmp_path: Path) -> Iterator[dict[str, OneLedger]]:
    with ExitStack() as stack:
        witnesses: dict[str, Serving] = {
            name: stack.enter_context(witness_serving(tmp_path / f"{name}-witness", f"{name}.example/w"))
            for name in NAMES}
        ledgers = {}
        for name in NAMES:
            others = [other for other in NAMES if other != name]
            policy = tmp_path / f"{name}.policy"
            policy.write_text("".join(f"witness {other} {witnesses[other].folder.vkey} {witnesses[other].address}\n"
                                      for other in others) + f"group both all {' '.join(others)}\nquorum both\n")
            ledgers[name] = OneLedger(tmp_path / name, f"{name}.example/log", policy).open()
            for other in others:
                witnesses[other].folder.trust(ledgers[name].vkey)
        for ledger in ledgers.values():
            ledger.grow(4)
            ledger.shown()
        yield ledgers
        for ledger in ledgers.values():
            ledger.close()


def reopened(ledger: OneLedger) -> OneLedger:
    return OneLedger(ledger.folder, ledger.origin, ledger.policy, ledger.seconds).open()


def taken_back(ledger: OneLedger, tmp_path: Path) -> OneLedger:
    """The whole folder, keys and all, as it was before five events that the others have seen."""
    ledger.close()
    shutil.copytree(ledger.folder, tmp_path / "older")
    seen = reopened(ledger)
    seen.grow(5)
    seen.shown()
    seen.close()
    shutil.rmtree(ledger.folder)
    shutil.copytree(tmp_path / "older", ledger.folder)
    return reopened(ledger)


def test_each_has_what_the_two_others_saw(three: dict[str, OneLedger]) -> None:
    for ledger in three.values():
        assert {(told.size, told.code) for told in ledger.kept.answering()} == {(5, "")}
        assert ledger.submitter.check()[0] is Level.OK


def test_an_older_copy_is_stopped_before_it_records_anything(three: dict[str, OneLedger], tmp_path: Path) -> None:
    older = three["ningbo"] = taken_back(three["ningbo"], tmp_path)
    assert older.code() == ""  # By itself it cannot know.
    older.submitter.look()
    assert older.code() == "log_behind"
    older.close()
    three["ningbo"] = reopened(older)
    assert three["ningbo"].code() == "log_behind"  # Nor after a restart with no witness in reach.


def test_an_older_copy_that_went_on_is_a_fork_that_anyone_can_verify(
    three: dict[str, OneLedger], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forked = three["ningbo"] = taken_back(three["ningbo"], tmp_path)
    forked.grow(7, "another history")
    forked.shown()
    assert {told.code for told in forked.kept.answering()} == {"inconsistent"}
    assert forked.code() == "log_forked"  # It signs nothing more.
    ((name, proof),) = forked.kept.forks().items()
    assert name == "fork.10-12" and forked.submitter.check()[0] is Level.FAIL
    file = tmp_path / "evidence"
    file.write_bytes(proof)
    verdict = verify_file(file, policy_of(forked.vkey))
    assert verdict.kind == "fork" and "分叉成立" in verdict.checked[-1]
    assert run(["verify", str(file), "--key", forked.vkey]) == 0
    assert run(["verify", str(file), "--key", three["wenzhou"].vkey]) == 1
    capsys.readouterr()
    assert run(["log", "forks", "--data", str(forked.folder)]) == 1
    assert "fork.10-12" in capsys.readouterr().out


def test_the_witnesses_too_can_tell_that_something_is_wrong(three: dict[str, OneLedger], tmp_path: Path) -> None:
    forked = three["ningbo"] = taken_back(three["ningbo"], tmp_path)
    forked.grow(7, "another history")
    forked.shown()
    assert run(["witness", "status", "--folder", str(tmp_path / "wenzhou-witness")]) == 1
    assert run(["witness", "status", "--folder", str(tmp_path / "ningbo-witness")]) == 0


def test_a_witness_proves_it_from_the_tiles_that_the_log_itself_hands_out(
    three: dict[str, OneLedger], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forked = three["ningbo"] = taken_back(three["ningbo"], tmp_path)
    forked.grow(300, "another history")
    forked.shown()
    folder, out = str(tmp_path / "wenzhou-witness"), tmp_path / "out"
    assert run(["witness", "forks", "--folder", folder]) == 1 and "没有给出网址" in capsys.readouterr().out
    with listening(create_app(blueprints=[log_routes(forked.register)])) as address:
        assert run(["witness", "trust", forked.vkey, "--url", address, "--folder", folder]) == 0
        assert run(["witness", "forks", "--folder", folder, "--out", str(out)]) == 1
    assert verify_file(out / "1.fork", policy_of(forked.vkey)).kind == "fork"
    assert run(["witness", "forks", "--folder", str(tmp_path / "ningbo-witness")]) == 0


def test_the_right_copy_put_back_goes_on(three: dict[str, OneLedger], tmp_path: Path) -> None:
    ledger = three["ningbo"]
    ledger.grow(5)
    ledger.shown()
    ledger.close()
    shutil.copytree(ledger.folder, tmp_path / "right")
    keys = tmp_path / "right" / "keys"
    (keys / "ledger.seen").write_bytes((keys / "ledger.published").read_bytes())  # From when an older one was here.
    shutil.rmtree(ledger.folder)
    shutil.copytree(tmp_path / "right", ledger.folder)
    again = three["ningbo"] = reopened(ledger)
    again.submitter.look()
    again.grow(1)
    again.shown()
    assert again.code() == "" and {told.size for told in again.kept.answering()} == {11}
