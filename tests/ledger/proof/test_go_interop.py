"""Go's own `sumdb/note` and `sumdb/tlog` accept our notes and proofs, make the same ones, and refuse what we refuse."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tlog_vectors import (
    C2SP_NOTE,
    C2SP_VKEY,
    ENOCH_VKEY,
    GOLDEN,
    GOLDEN_ORIGIN,
    GOLDEN_SKEY,
    GOLDEN_VKEY,
    PETER_VKEY,
    WITNESS_LINE,
    WORDS,
    Tree,
    flips,
    golden_note,
)

from ledger.errors import LedgerError
from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.keys import format_skey, format_vkey, generate_key, parse_skey, parse_vkey
from ledger.proof.merkle import hash_leaves, prove_consistency, prove_inclusion
from ledger.proof.notes import MalformedNote, NoteVerifier, format_note, open_note, sign
from ledger.proof.text import encode_base64
from ledger.proof.tiles import TileHashes

GOCODE = Path("/usr/share/gocode")
PROGRAM = Path(__file__).parent / "go" / "check.go"
ENTRIES = [*WORDS, *(f"学时 {number}".encode() for number in range(300))]
LEAVES = hash_leaves(ENTRIES)
ROOTS = [encode_base64(Tree(LEAVES[:size]).frontier.root()) for size in range(len(LEAVES) + 1)]

pytestmark = [
    pytest.mark.skipif(not shutil.which("go"), reason="go is not installed (Debian: golang-go)"),
    pytest.mark.skipif(not (GOCODE / "src/golang.org/x/mod/sumdb/tlog").is_dir(),
                       reason="golang.org/x/mod is not installed (Debian: golang-golang-x-mod-dev)"),
]


def notes_for_go() -> list[bytes]:
    """Notes good and bad: the published ones, every bit of one flipped, and awkward shapes."""
    fresh = format_note("学时账\n\n第二段\n".encode(), [sign("学时账\n\n第二段\n".encode(), parse_skey(GOLDEN_SKEY))])
    good = golden_note(15, WITNESS_LINE)
    line = golden_note(15).partition(b"\n\n")[2]
    return [
        fresh, C2SP_NOTE, *(golden_note(size) for size in GOLDEN), good,
        good + line, good + line.replace(b"A", b"B"), line, good[:-1], good + b"\n", good.replace(b"\n", b"\r\n"),
        good + "— stranger AAAAAAE=\n".encode() * 97, good + "— stranger AAAAAAE=\n".encode() * 99,
        *(changed for _, changed in flips(good, bits=tuple(range(8)))),
    ]


def proofs_for_go() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every proof of the small trees and some of the large, and each with one hash exchanged."""
    inclusions, consistencies = [], []
    for size in [*range(1, 40), 255, 256, 257, len(LEAVES)]:
        hashes = TileHashes(Tree(LEAVES[:size]), size)
        for index in range(0, size, 1 if size < 40 else 13):
            proof = list(map(encode_base64, prove_inclusion(index, size, hashes)))
            inclusions.append({"Size": size, "Index": index, "Proof": proof, "Good": True})
            inclusions.append({"Size": size, "Index": index, "Proof": [*proof, ROOTS[1]], "Good": False})
            if proof:
                inclusions.append({"Size": size, "Index": index, "Proof": [*proof[:-1], ROOTS[9]], "Good": False})
        for old in range(1, size + 1, 1 if size < 40 else 13):
            proof = list(map(encode_base64, prove_consistency(old, size, hashes)))
            consistencies.append({"Old": old, "New": size, "Proof": proof, "Good": True})
            if proof:
                consistencies.append({"Old": old, "New": size, "Proof": [*proof[:-1], ROOTS[9]], "Good": False})
    return inclusions, consistencies


@pytest.fixture(scope="module")
def case() -> dict[str, Any]:
    inclusions, consistencies = proofs_for_go()
    return {
        "Vkeys": [GOLDEN_VKEY, C2SP_VKEY, PETER_VKEY, ENOCH_VKEY],
        "Skey": GOLDEN_SKEY,
        "Text": format_checkpoint(Checkpoint(GOLDEN_ORIGIN, 15, base64.b64decode(GOLDEN[15][0]))).decode(),
        "Notes": [base64.b64encode(message).decode() for message in notes_for_go()],
        "Leaves": [base64.b64encode(entry).decode() for entry in ENTRIES],
        "Roots": ROOTS, "Inclusions": inclusions, "Consistencies": consistencies,
    }


def ask_go(case: dict[str, Any]) -> dict[str, Any]:
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GOCODE), "CGO_ENABLED": "0", "GOFLAGS": ""}
    found = subprocess.run(["go", "run", str(PROGRAM)], input=json.dumps(case), env=environment,
                           capture_output=True, text=True, timeout=110)
    assert found.returncode == 0, found.stderr
    answer: dict[str, Any] = json.loads(found.stdout)
    return answer


@pytest.fixture(scope="module")
def answer(case: dict[str, Any]) -> dict[str, Any]:
    return ask_go(case)


def test_go_signs_the_published_checkpoint_as_we_do(answer: dict[str, Any]) -> None:
    assert base64.b64decode(answer["Signed"]) == golden_note(15)


def test_go_makes_the_same_proofs(case: dict[str, Any], answer: dict[str, Any]) -> None:
    for kind in ("Inclusions", "Consistencies"):
        assert len(answer[kind]) == len(case[kind]) > 500
        for ours, theirs in zip(case[kind], answer[kind], strict=True):
            assert not ours["Good"] or ours["Proof"] == theirs


def test_go_and_we_open_the_same_notes_but_for_base64_that_is_not_canonical(answer: dict[str, Any]) -> None:
    verifiers = [NoteVerifier(parse_vkey(line)) for line in (GOLDEN_VKEY, C2SP_VKEY, PETER_VKEY, ENOCH_VKEY)]
    opened = lenient = 0
    for message, text in zip(notes_for_go(), answer["Opened"], strict=True):
        try:
            ours = open_note(message, verifiers).text
        except LedgerError as problem:
            if text is not None:
                assert isinstance(problem, MalformedNote) and "规范的 base64" in str(problem)
                lenient += 1
        else:
            assert text is not None and ours == text.encode()
            opened += 1
    assert opened > 20 and 0 < lenient < 20


def test_go_reads_a_fresh_key_of_ours(case: dict[str, Any]) -> None:
    key = generate_key("登记.example/账")
    text = "登记.example/账\n你好\n"
    message = format_note(text.encode(), [sign(text.encode(), key)])
    answer = ask_go({
        **case, "Vkeys": [format_vkey(key.public())], "Skey": format_skey(key), "Text": text,
        "Notes": [base64.b64encode(message).decode()], "Inclusions": [], "Consistencies": [],
    })

    assert answer["Opened"] == [text]
    assert base64.b64decode(answer["Signed"]) == message
