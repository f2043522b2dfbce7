"""The public keys that once signed a log and sign no more: what they signed is checked for ever.

`keys/<log>.former`, one vkey a line: a key that was retired, or that signed under a former name. Secrets do not stand
here. `tests/ledger/test_continuing.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ledger.durable import write_durably
from ledger.proof.keys import PublicKey, format_vkey, parse_skey, parse_vkey


def former_keys(folder: Path, name: str = "ledger") -> list[PublicKey]:
    """Every key that signed before; none where none was ever exchanged."""
    path = folder / f"{name}.former"
    return [parse_vkey(line) for line in path.read_text("utf-8").splitlines() if line] if path.exists() else []


def keep_as_former(folder: Path, keys: Iterable[PublicKey], name: str = "ledger") -> None:
    """Note keys before their secrets are given up; noting one twice changes nothing."""
    known = {format_vkey(key): None for key in [*former_keys(folder, name), *keys]}
    write_durably(folder / f"{name}.former", "".join(f"{line}\n" for line in known).encode(), mode=0o644)


def keys_at_hand(folder: Path, name: str = "ledger") -> list[PublicKey]:
    """Every public key by which a checkpoint of this log can be believed here: those that sign, and those that did."""
    path = folder / f"{name}.signing.key"
    lines = path.read_text("utf-8", "backslashreplace").splitlines() if path.exists() else []
    signing = [parse_skey(line).public() for line in lines if line]
    return list({format_vkey(key): key for key in [*signing, *former_keys(folder, name)]}.values())
