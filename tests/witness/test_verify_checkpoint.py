"""A checkpoint by itself says who saw it and when; what is no checkpoint is told as before."""

from __future__ import annotations

from pathlib import Path

import pytest
from witness_kit import LOG_KEY, NOW, WITNESS_KEY, FakeLog

from ledger.errors import LedgerError
from ledger.offline.verify import verify_file
from ledger.proof.cosignature import cosign
from ledger.proof.keys import COSIGNATURE
from ledger.proof.notes import format_note, parse_note
from ledger.proof.policy import Group, Log, Policy, QuorumUnmet, Witness

LOG = FakeLog().grown(9)
POLICY = Policy((Log(LOG_KEY.public()),), (Witness("市局", WITNESS_KEY.public(COSIGNATURE)),),
                (Group("足够", "all", ("市局",)),), "足够")


def cosigned() -> bytes:
    text, signatures = parse_note(LOG.note())
    return format_note(text, [*signatures, cosign(text, WITNESS_KEY, NOW)])


def test_a_checkpoint_says_who_saw_it_and_when(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_bytes(cosigned())
    verdict = verify_file(tmp_path / "checkpoint", POLICY)
    assert (verdict.kind, verdict.checkpoint.size) == ("checkpoint", 9)
    assert verdict.checked[1] == "见证人 市局 已联署，所记时间 2026-05-29 04:26:40+08:00。"
    assert LOG.root() == verdict.checkpoint.root


def test_a_checkpoint_that_nobody_saw_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_bytes(LOG.note())
    with pytest.raises(QuorumUnmet):
        verify_file(tmp_path / "checkpoint", POLICY)


def test_a_checkpoint_with_any_byte_changed_does_not_hold(tmp_path: Path) -> None:
    data = cosigned()
    for place in range(len(data)):
        (tmp_path / "checkpoint").write_bytes(bytes([*data[:place], data[place] ^ 1, *data[place + 1:]]))
        with pytest.raises(LedgerError):
            verify_file(tmp_path / "checkpoint", POLICY)
