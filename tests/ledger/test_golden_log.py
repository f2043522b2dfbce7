"""The golden log is read for ever: every wire type in its form, every sealed part, and a root that does not move."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import msgspec
import pytest
from golden_log import LOG, VKEY, build, sealing_key

from ledger.envelope import Envelope, SealedPart, check_canonical, decode
from ledger.events.base import wire_type
from ledger.events.catalogue import CURRENT, EVERY
from ledger.offline.verify import policy_of, verify_file
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.merkle import hash_leaves, root_of
from ledger.proof.notes import parse_note

ROOT = "d5368a3473a00929294bdc32dacea819ac81fdb4a27bf7a2d19e3b769b1e8873"


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in LOG.read_bytes().split(b"\n")[1:-2]]


@pytest.fixture(scope="module")
def envelopes(lines: list[dict[str, Any]]) -> list[Envelope]:
    return [decode(line["leaf"].encode()) for line in lines]


def test_the_root_is_the_committed_one(lines: list[dict[str, Any]]) -> None:
    assert root_of(hash_leaves(line["leaf"].encode() for line in lines)).hex() == ROOT
    last = json.loads(LOG.read_bytes().split(b"\n")[-2])
    checkpoint = parse_checkpoint(parse_note(last["checkpoint"].encode())[0])
    assert (checkpoint.size, checkpoint.root.hex()) == (len(lines), ROOT)


def test_the_log_verifies_with_its_key_alone() -> None:
    verdict = verify_file(LOG, policy_of(VKEY))
    assert verdict.checkpoint.root.hex() == ROOT
    assert VKEY in (LOG.parent / "README.md").read_text("utf-8")


def test_every_wire_type_of_the_catalogue_is_there_bare_and_full(lines: list[dict[str, Any]]) -> None:
    found = [json.loads(line["leaf"])[7]["type"] for line in lines]
    assert {name: found.count(name) for name in found} == {wire_type(event): 2 for event in EVERY}


def test_every_leaf_is_canonical_and_read_in_the_newest_form(
    lines: list[dict[str, Any]], envelopes: list[Envelope]
) -> None:
    for line, envelope in zip(lines, envelopes, strict=True):
        check_canonical(line["leaf"].encode())
        assert CURRENT[wire_type(envelope.event)] is type(envelope.event), "older forms come out of their upcasters"
        assert envelope.stream == envelope.event.stream
        assert envelope.subjects == envelope.event.subjects()


def test_every_sealed_part_opens_in_the_form_that_its_event_names(
    lines: list[dict[str, Any]], envelopes: list[Envelope]
) -> None:
    opened = 0
    for line, envelope in zip(lines, envelopes, strict=True):
        form = envelope.event.sealed_as
        assert (form is None) == (envelope.sealed is None) == ("ciphertext" not in line)
        if form is None:
            continue
        part = SealedPart(b64decode(line["salt"]), b64decode(line["ciphertext"]))
        assert part.digest() == envelope.sealed
        assert envelope.key_owner is not None
        place = f"{envelope.stream}/{envelope.version}".encode()
        text = sealing_key(envelope.key_owner).decrypt(part.ciphertext[:12], part.ciphertext[12:], place)
        assert msgspec.json.encode(msgspec.json.decode(text, type=form)) == text
        opened += 1
    assert opened == sum(2 for event in EVERY if event.sealed_as is not None)


def test_the_catalogue_still_writes_these_bytes() -> None:
    """Whoever changes a form sees it here, and writes the log anew on purpose or not at all."""
    assert build() == LOG.read_bytes()


def test_the_log_is_written_only_when_that_is_asked_for() -> None:
    before = LOG.stat().st_mtime_ns
    script = str(Path(__file__).parent / "golden_log.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "--write" in done.stderr
    assert LOG.stat().st_mtime_ns == before
