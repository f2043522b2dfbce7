"""What was signed outside is in every backup and comes back with it, since it cannot be had again."""

from __future__ import annotations

import shutil
from pathlib import Path

from ledgers_kit import OneLedger

from api.cli import run


def test_times_and_proofs_come_back_from_a_backup(tmp_path: Path) -> None:
    (tmp_path / "policy").write_text("quorum none\n")
    ledger = OneLedger(tmp_path / "data", "localhost/xueshi", tmp_path / "policy").open()
    note = ledger.sign()
    ledger.register.access_signer.checkpoint()
    ledger.kept.keep(note, at=1)
    ledger.kept.keep_stamp(1, "tsa", b"a time")
    ledger.kept.keep_fork(1, 2, b"a proof")
    ledger.close()
    data, backup = ["--data", str(tmp_path / "data")], str(tmp_path / "backup")
    assert run(["backup", backup, *data]) == 0
    shutil.rmtree(tmp_path / "data" / "witnessed")
    (tmp_path / "data" / "ledger.db").unlink()
    ledger.kept.keep_fork(1, 2, b"kept meanwhile")
    assert run(["restore", backup, *data]) == 0
    assert ledger.kept.at(1) == note and ledger.kept.stamps(1) == {"tsa": b"a time"}
    assert ledger.kept.forks() == {"fork.1-2": b"kept meanwhile"}
