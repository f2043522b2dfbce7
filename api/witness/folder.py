"""A witness's folder: its key, what it has seen, and whom it trusts.

    witness.key     the secret line of its key, for the eyes of its owner only
    witness.db      what it has seen (`ledger.witnessing.state`); never an older copy, never a new one beside the key
    logs            the logs that it trusts, as lines of a policy (C2SP tlog-policy): log <vkey> [url]

`tests/witness/test_witness_command.py` shows it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from api.terminal.exits import Exit, Stop
from ledger.durable import write_durably, write_new
from ledger.proof.keys import (
    COSIGNATURE,
    PublicKey,
    SigningKey,
    format_skey,
    format_vkey,
    generate_key,
    is_key_name,
    parse_vkey,
)
from ledger.proof.notes import NoteVerifier
from ledger.proof.policy import Log, Policy, format_policy, parse_policy
from ledger.proof.text import show
from ledger.signing.signer import load_keys
from ledger.witnessing.state import State
from ledger.witnessing.witness import Witness

LOGS_MAX: Final = 1_000
_KEY: Final = "witness.key"


class WitnessFolder:
    """One witness on the disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._loaded: tuple[tuple[int, int] | None, Policy] = (None, Policy())
        self._lock = threading.Lock()

    @classmethod
    def create(cls, root: Path, name: str) -> WitnessFolder:
        """Make a witness: the memory first, so that no key is ever without one."""
        if not is_key_name(name) or name.endswith("/") or "://" in name:
            cure = "形如 witness.example.org/1：不带协议，没有空白和加号"
            raise Stop(Exit.BAD_INPUT, "witness_name_unfit", f"见证人的名称 {show(name)} 不能用", cure)
        made = cls(root)
        if made._key_file.exists():
            cure = "要另建一个，请用另一个文件夹：xueshi witness init 名称 --folder 路径"
            raise Stop(Exit.REFUSED, "witness_exists", f"{root} 里已有见证人", cure)
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not made._state_file.exists():
                State.create(made._state_file).close()
            write_new(made._key_file, f"{format_skey(generate_key(name))}\n".encode(), mode=0o600)
        except OSError as error:
            cure = "请检查文件夹的权限和磁盘空间"
            raise Stop(Exit.WORLD_IS_WRONG, "witness_folder_unusable",
                       f"无法在 {root} 建立见证人（{error.strerror}）", cure) from None
        return made

    @property
    def key(self) -> SigningKey:
        """Its secret key."""
        if not self._key_file.exists():
            cure = "请先建立：xueshi witness init 名称 --folder 路径"
            raise Stop(Exit.WORLD_IS_WRONG, "no_witness", f"{self.root} 里没有见证人", cure)
        name = self._key_file.read_text("utf-8", "replace").removeprefix("PRIVATE+KEY+").partition("+")[0]
        return load_keys(self._key_file, name)[0]

    @property
    def vkey(self) -> str:
        """Its public key, as logs and policies write it."""
        return format_vkey(self.key.public(COSIGNATURE))

    def trusted(self) -> Sequence[Log]:
        """The logs that it trusts, as the file has them now."""
        with self._lock:
            stamp = None if not self._logs_file.exists() else \
                ((found := self._logs_file.stat()).st_mtime_ns, found.st_size)
            if stamp is None:
                return ()
            if stamp != self._loaded[0]:
                self._loaded = stamp, parse_policy(self._logs_file.read_bytes())
            return self._loaded[1].logs

    def trust(self, vkey: str, url: str = "") -> bool:
        """Trust one more log; False where it is trusted already, at the same address."""
        key = NoteVerifier(parse_vkey(vkey)).key
        if " " in url or "\t" in url or not url.isascii() or not url.isprintable():
            raise Stop(Exit.BAD_INPUT, "log_url_unfit", f"日志的网址 {show(url)} 不能用", "应为不含空格的网址")
        logs = list(self.trusted())
        if Log(key, url) in logs:
            return False
        others = [log for log in logs if log.key != key]
        if len(others) >= LOGS_MAX:
            cure = "请先从 logs 文件中删去不再需要的"
            raise Stop(Exit.REFUSED, "too_many_logs", f"已信任 {len(others)} 个日志", cure)
        write_durably(self._logs_file, format_policy(Policy((*others, Log(key, url)))), mode=0o644)
        return True

    def state(self) -> State:
        """What it has seen; raises where that is gone."""
        return State(self._state_file)

    def witness(self, state: State) -> Witness:
        """The witness itself, by this machine's clock."""
        return Witness(self.key, state, self._keys, lambda: int(time.time()))

    def _keys(self) -> list[PublicKey]:
        return [log.key for log in self.trusted()]

    @property
    def _key_file(self) -> Path:
        return self.root / _KEY

    @property
    def _state_file(self) -> Path:
        return self.root / "witness.db"

    @property
    def _logs_file(self) -> Path:
        return self.root / "logs"
