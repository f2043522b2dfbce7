"""Making the demo's register: a data folder that is empty before and whole after, and says so in between.

While it is being made a file says that it is not finished: `serve` and every other command refuse it, and only another
`xueshi demo` removes what was left behind. The register's log is called `demo.invalid/xueshi`, so that no statement and
no proof out of it can pass for one of a real register.

`tests/api/demo/test_demo.py` shows it.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from api.demo.dice import Dice
from api.demo.history import ORIGIN, History, Told
from api.operational.operations import Operations
from api.register.folder import Folder
from api.register.occupancy import ADDRESS_FILE, Served, occupying
from api.register.register import ACCESS
from api.settings import FILE_NAME
from api.terminal.exits import Exit, Stop
from api.terminal.progress import Progress
from ledger.durable import sync, write_durably
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault, open_vault
from ledger.ledger import Ledger
from ledger.signing.signer import Signer, create_signing_key
from ledger.uncollected import uncollected
from policies.archive import Archive

FAULTS: Final = "demo-faults.ndjson"
_CACHE_KIB: Final = 256 * 1024
_BESIDE: Final = ("", "-wal", "-shm", "-journal")
SETTINGS: Final = f'origin = "{ORIGIN}"\nclock_checked = "always"\n'  # It may have ended long before it is looked at.


class Made(NamedTuple):
    """What came of it."""

    events: int
    people: int
    root: str


def make(folder: Path, told: Told, progress: Progress = lambda done, total: None) -> Made:
    """Make a register with a history in a folder that is empty or not there."""
    paths = Folder(folder)
    _demand_free(paths)  # Before anything is put there, the lock included.
    _make_folder(folder)
    try:
        with occupying(folder):
            if paths.demo_unfinished.exists():  # And nobody is at it any more.
                _remove(paths)
            _demand_free(paths)
            with _unfinished(paths, told), uncollected():
                history = _write(paths, told, progress)
                root = _finish(paths, history)
            return Made(history.pen.written, history.people.registered, root)
    except Served as other:
        raise Stop(Exit.WORLD_IS_WRONG, "already_serving", f"{folder} 已有服务在运行：{other.address}",
                   "请换一个空的文件夹") from None


def _write(paths: Folder, told: Told, progress: Progress) -> History:
    """Write the history, from the keys to the last event."""
    dice = Dice(told.seed)
    paths.keys.mkdir(mode=0o700)
    vault = Vault(paths.people, FileMasterKey.create(paths.master), random=dice.random)
    try:
        ledger = Ledger(vault, {"PERSISTENCE_MODULE": "api.demo.store:HistoryFactory",
                                "SQLITE_DBNAME": str(paths.ledger), "SQLITE_CACHE_KIB": str(_CACHE_KIB)})
        try:
            history = History(ledger, Archive(paths.rulebooks), told, dice)
            history.play(progress)
            history.hand_out_statements(paths.projections)
            return history
        finally:
            ledger.close()
    finally:
        vault.close()


def _finish(paths: Folder, history: History) -> str:
    """Make it a register like any other: settings, signing keys, tokens, a checkpoint. Gives the root."""
    write_durably(paths.root / FILE_NAME, SETTINGS.encode(), mode=0o600)
    for name, log in (("ledger", ORIGIN), ("access", ORIGIN + ACCESS)):
        create_signing_key(paths.keys, log, name=name)
    with (paths.root / FAULTS).open("x", encoding="utf-8") as listed:
        for plant in history.plants.listed():
            listed.write(json.dumps(plant, ensure_ascii=False) + "\n")
    vault = open_vault(paths.people)  # From here on chance is the system's: whoever knows the seed gets no token.
    try:
        operations = Operations(paths.operations, vault.secret("tokens"))
        try:
            _hand_out(paths, history, operations)
        finally:
            operations.close()
        ledger = Ledger.in_file(paths.ledger, vault)
        try:
            Signer(ledger.store, origin=ORIGIN, folder=paths.keys).checkpoint()
            return ledger.store.frontier().root().hex()
        finally:
            ledger.close()
    finally:
        vault.close()


def _hand_out(paths: Folder, history: History, operations: Operations) -> None:
    """Give tokens to offices, to the first units and people, in a file that only its owner can read."""
    houses = [*history.country.offices(), *(found[0] for found in history.country.units.values())]
    holders: list[tuple[str, str]] = [(hand.name, hand.state.actor) for house in houses for hand in house.hands]
    holders += [(name, whose.id) for name, whose in history.people.known]
    tokens = operations.issue_all([holder for _, holder in holders], random=os.urandom, now=time.time_ns() // 1_000)
    descriptor = os.open(paths.sample_accounts, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as accounts:
        accounts.write("示例账号（虚构）。令牌用于登录页面，或 XUESHI_TOKEN。\n\n")
        for (name, holder), token in zip(holders, tokens, strict=True):
            accounts.write(f"{name}\n  {holder}\n  {token}\n")


# The folder


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        cure = "请检查上级文件夹的权限，或用 --data 另指一个"
        raise Stop(Exit.WORLD_IS_WRONG, "data_folder_unusable", f"无法建立文件夹 {folder}", cure) from None


def _demand_free(paths: Folder) -> None:
    """See that the folder is empty, or holds nothing but what a demo that was broken off left."""
    if not paths.root.exists():
        return
    if not paths.root.is_dir():
        raise Stop(Exit.BAD_INPUT, "not_a_folder", f"{paths.root} 不是文件夹", "请用 --data 另指一个新的文件夹")
    expected = {ADDRESS_FILE, paths.demo_unfinished.name}
    if paths.demo_unfinished.exists():
        expected |= _names(paths)
    left = sorted(one.name for one in paths.root.iterdir() if one.name not in expected)
    if left:
        cure = "请用 --data 另指一个新的文件夹；示例历史只写入空的文件夹"
        raise Stop(Exit.WORLD_IS_WRONG, "folder_not_empty", f"{paths.root} 里已有 {'、'.join(left[:3])}", cure)


def _names(paths: Folder) -> set[str]:
    """What a demo puts into its folder."""
    logs = {path.name + ending for path in (paths.ledger, paths.access, paths.operations) for ending in _BESIDE}
    beside = (paths.keys, paths.rulebooks, paths.projections, paths.root / FILE_NAME, paths.root / FAULTS,
              paths.sample_accounts)
    return logs | {path.name for path in beside}


def _remove(paths: Folder) -> None:
    """Remove what a demo puts into its folder, and nothing else; that it is unfinished stays written there."""
    for path in (paths.root / name for name in sorted(_names(paths))):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _unfinished(paths: Folder, told: Told) -> Iterator[None]:
    """Let the folder say that it is not finished, until it is."""
    write_durably(paths.demo_unfinished, json.dumps(told._asdict()).encode() + b"\n", mode=0o600)
    yield
    paths.demo_unfinished.unlink()
    sync(paths.root)
