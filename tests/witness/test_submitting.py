"""A service shows its checkpoints to its witnesses, keeps what they sign, and waits for none of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from ledgers_kit import OneLedger, Serving, listening, size, witness_serving
from structlog.testing import capture_logs

from api.doctor.checks import Level
from api.log_routes import log_routes
from api.service.app import create_app
from api.telling.redaction import is_personal
from api.terminal.exits import Stop
from api.witness.submitting import read_policy
from ledger.copies.export import export
from ledger.offline.verify import verify_file, verify_proof
from ledger.proof.policy import QuorumUnmet, believe, parse_policy
from ledger.proving import prove_event
from ledger.witnessing.kept import seen_at

ORIGIN = "a.example/log"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def ledger_with(stack: ExitStack, tmp_path: Path, witnesses: list[Serving | str], quorum: str) -> OneLedger:
    """A ledger whose policy names these witnesses; an address alone is one that nobody has."""
    lines = [f"witness w{n} {one.folder.vkey} {one.address}\n" for n, one in enumerate(witnesses)
             if not isinstance(one, str)]
    names = " ".join(f"w{n}" for n, _ in enumerate(witnesses))
    policy = tmp_path / "policy"
    policy.write_text("".join(lines) + f"group enough {quorum} {names}\nquorum enough\n")
    ledger = OneLedger(tmp_path / "data", ORIGIN, policy).open()
    stack.callback(ledger.close)
    for one in witnesses:
        if not isinstance(one, str):
            one.folder.trust(ledger.vkey)
    policy.write_text(f"log {ledger.vkey}\n" + policy.read_text())
    return ledger


def two_witnesses(stack: ExitStack, tmp_path: Path) -> list[Serving | str]:
    return [stack.enter_context(witness_serving(tmp_path / name, f"{name}.example/w")) for name in ("one", "two")]


def test_a_checkpoint_that_enough_have_seen_is_what_everybody_is_given(stack: ExitStack, tmp_path: Path) -> None:
    ledger = ledger_with(stack, tmp_path, two_witnesses(stack, tmp_path), "all")
    policy = parse_policy(ledger.policy.read_bytes())
    client = create_app(blueprints=[log_routes(ledger.register)]).test_client()
    with pytest.raises(QuorumUnmet):
        believe(client.get("/log/checkpoint").data, policy)
    for _ in range(3):
        ledger.grow(2)
        ledger.shown()
        answer = client.get("/log/checkpoint")
        found = believe(answer.data, policy)
        assert found.checkpoint.size == ledger.register.ledger.store.size()
        assert sorted(found.seen) == ["w0", "w1"] and answer.headers["Last-Modified"]
    last = ledger.register.ledger.store.size()
    ledger.grow(1)
    ledger.sign()
    assert size(client.get("/log/checkpoint").data) == last  # Nobody has seen the newest yet.


def test_a_proof_carries_the_cosignatures_and_passes_the_policy(stack: ExitStack, tmp_path: Path) -> None:
    ledger = ledger_with(stack, tmp_path, two_witnesses(stack, tmp_path), "2")
    ledger.grow(3)
    ledger.shown()
    policy = parse_policy(ledger.policy.read_bytes())
    proof = prove_event(ledger.register.ledger.store, 2, ledger.register.signer.latest())
    told = " ".join(verify_proof(proof, policy).checked)
    assert "见证人 w0 已联署，所记时间 20" in told and "见证人 w1 已联署" in told


def test_what_is_signed_on_demand_bears_them_where_they_saw_that_size(stack: ExitStack, tmp_path: Path) -> None:
    ledger = ledger_with(stack, tmp_path, two_witnesses(stack, tmp_path), "all")
    policy = parse_policy(ledger.policy.read_bytes())
    ledger.grow(2)
    ledger.shown()
    exported = tmp_path / "export"
    exported.write_bytes(b"".join(export(ledger.register.ledger.store, ledger.sign())))
    assert verify_file(exported, policy).kind == "export"
    ledger.grow(1)
    with pytest.raises(QuorumUnmet):  # Nobody has seen this one yet.
        believe(ledger.sign(), policy)


def test_a_witness_that_is_away_stops_nothing_and_is_told(stack: ExitStack, tmp_path: Path) -> None:
    (one, two) = two_witnesses(stack, tmp_path)
    assert isinstance(two, Serving)
    away = Serving(two.folder, "http://127.0.0.1:9")
    ledger = ledger_with(stack, tmp_path, [one, away], "any")
    with capture_logs() as said:
        ledger.shown()
    assert [(each["whom"], is_personal("whom")) for each in said] == [("w1", False)], "who it was stands in the log"
    latest = ledger.kept.latest()
    assert size(latest) == 1 and latest is not None and seen_at(latest) > 0
    told = {each.name: each for each in ledger.kept.answering()}
    assert (told["w0"].code, told["w0"].size) == ("", 1)
    assert (told["w1"].code, told["w1"].size) == ("unreachable", 0)
    assert ledger.submitter.check()[0] is Level.WARN


def test_a_witness_that_does_not_know_the_log_says_so(stack: ExitStack, tmp_path: Path) -> None:
    (one, _) = two_witnesses(stack, tmp_path)
    assert isinstance(one, Serving)
    ledger = ledger_with(stack, tmp_path, [one], "all")
    (one.folder.root / "logs").unlink()
    ledger.shown()
    (told,) = ledger.kept.answering()
    assert told.code == "status_404" and "登记这个日志" in told.reason and ledger.kept.latest() is None


def test_whoever_fails_is_asked_less_and_less_often(stack: ExitStack, tmp_path: Path) -> None:
    asked: list[int] = []

    def broken(environ: dict[str, object], start: object) -> list[bytes]:
        asked.append(ledger.seconds)
        start("500 Broken", [])  # type: ignore[operator]
        return []

    (one, _) = two_witnesses(stack, tmp_path)
    assert isinstance(one, Serving)
    address = stack.enter_context(listening(broken))
    ledger = ledger_with(stack, tmp_path, [Serving(one.folder, address)], "all")
    ledger.sign()
    for _ in range(60):
        ledger.seconds += 1
        ledger.submitter.round()
    begin = asked[0]
    assert [each - begin for each in asked] == [0, 2, 6, 14, 30]


def test_a_witness_that_lost_its_answer_is_asked_again_from_where_it_is(stack: ExitStack, tmp_path: Path) -> None:
    ledger = ledger_with(stack, tmp_path, two_witnesses(stack, tmp_path), "all")
    ledger.grow(2)
    ledger.shown()
    (ledger.kept.folder / "outside.witness.json").unlink()  # The service forgot how far each was: each tells it.
    ledger.close()
    again = OneLedger(ledger.folder, ORIGIN, ledger.policy).open()
    stack.callback(again.close)
    again.grow(2)
    again.shown()
    assert size(again.kept.latest()) == 5


def test_a_line_that_is_no_cosignature_is_not_taken(stack: ExitStack, tmp_path: Path) -> None:
    (one, two) = two_witnesses(stack, tmp_path)
    assert isinstance(one, Serving) and isinstance(two, Serving)
    ledger = ledger_with(stack, tmp_path, [Serving(one.folder, two.address)], "all")  # Another's key answers there.
    two.folder.trust(ledger.vkey)
    ledger.shown()
    (told,) = ledger.kept.answering()
    assert told.code == "bad_cosignature" and ledger.kept.latest() is None


@pytest.mark.parametrize("text", ["nonsense\n", "witness w name+1+x\nquorum none\n"])
def test_a_policy_that_cannot_be_read_is_told_before_anything_is_served(tmp_path: Path, text: str) -> None:
    (tmp_path / "policy").write_text(text)
    with pytest.raises(Stop, match="不能用"):
        read_policy(tmp_path / "policy")
    with pytest.raises(Stop, match="读不出"):
        read_policy(tmp_path / "none")
