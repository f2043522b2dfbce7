"""The way out for a log that can never again extend what was published: it goes on under a new name.

The same tree goes on. The first event under the new name cites the last checkpoint that anyone is known to have seen
and what stood here, so that whoever holds more holds evidence and not a contradiction. The new name has a new signing
key; the old one is given up, its public half kept, since what it signed is checked for ever. The access log, whose name
is the ledger's with an ending, goes along.

Killed at any point, the same command run again finishes: the event decides, the keys follow.
`tests/api/test_continue_command.py` shows it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from api.keeping.restore import having, read_checkpoint
from api.register.folder import Folder, folder_of
from api.register.register import ACCESS, SYSTEM, Stores, demand_whole, open_stores
from api.settings import Settings
from api.terminal.exits import Exit, Stop
from ledger.copies.restore import RestoreRefused, Seen, greatest
from ledger.envelope import decode
from ledger.errors import LedgerError
from ledger.events.base import Draft
from ledger.events.log import LOG, LogContinued
from ledger.ledger import Ledger
from ledger.log_name import names_of
from ledger.proof.keys import parse_skey
from ledger.proof.merkle import EMPTY_ROOT
from ledger.proof.policy import trust
from ledger.proof.text import encode_base64
from ledger.signing.former_keys import keep_as_former, keys_at_hand
from ledger.signing.rotation import hand_over
from ledger.signing.signer import Signer, create_signing_key

WHY: Final = ("key_lost", "renamed")
"""Reasons that only a person can know; that a log is behind or forked shows."""


class Continued(NamedTuple):
    """How one log goes on."""

    name: str
    event: LogContinued
    position: int
    vkey: str
    evidence: Path | None  # The last note under the old name.


class _Log(NamedTuple):
    """A log that is to go on, and where its keys are."""

    name: str
    ledger: Ledger
    origin: str  # The new one.
    keys: Path

    @property
    def names(self) -> tuple[str, ...]:
        return names_of(self.ledger.store)

    @property
    def published(self) -> Path:
        return self.keys / f"{self.name}.published"


def continue_as(
    settings: Settings, name: str, *, checkpoints: Sequence[Path] = (), why: str | None = None
) -> list[Continued]:
    """Let both logs go on under another name; raises Stop where there is no need, or no right, to."""
    if name.endswith(ACCESS):
        raise Stop(Exit.BAD_INPUT, "bad_origin", f"{name} 以 {ACCESS} 结尾，那是查阅日志的名称", "请另取一个")
    folder = folder_of(settings)
    with having(folder):
        demand_whole(settings)
        with contextlib.closing(open_stores(settings)) as stores:
            logs = _logs(stores, name, folder)
            given = [read_checkpoint(path) for path in checkpoints]
            _demand_ours(logs, given)
            events = {log.name: _event(log, _of(log, given), why) for log in logs if log.names[-1] != log.origin}
            _demand_need(events, why)
            return [_carry_on(log, events.get(log.name)) for log in logs]


def _logs(stores: Stores, name: str, folder: Folder) -> list[_Log]:
    logs = [_Log("ledger", stores.ledger, name, folder.keys), _Log("access", stores.access, name + ACCESS, folder.keys)]
    for log in logs:
        if not log.names:
            raise Stop(Exit.WORLD_IS_WRONG, "no_register", f"{log.name} 是空的", "请先从备份恢复（xueshi restore）")
        is_of_the_lost = log.origin not in log.names and _name_of(log.keys / f"{log.name}.signing.key") == log.origin
        if is_of_the_lost or log.origin in log.names[:-1] or log.names == (log.origin,):
            cure = "一个名称只代表一段历史，用过的不能再用；请另取一个"
            raise Stop(Exit.REFUSED, "origin_was_used", f"{log.origin} 是这个日志已有的名称", cure)
    return logs


def _demand_ours(logs: list[_Log], given: Sequence[Seen]) -> None:
    ours = {name for log in logs for name in log.names}
    for one in given:
        if one.checkpoint.origin not in ours:
            message = f"{one.where}的检查点属于另一个日志 {one.checkpoint.origin}"
            raise Stop(Exit.BAD_INPUT, "checkpoint_of_another_log", message, f"应为 {'、'.join(sorted(ours))} 之一")


def _of(log: _Log, given: Sequence[Seen]) -> list[Seen]:
    """What anyone is known to have seen of a log: in the keys' folder, in the database, and what was handed in."""
    seen = [one for one in given if one.checkpoint.origin in log.names]
    seen += [read_checkpoint(path) for path in (log.published, log.keys / f"{log.name}.seen") if path.exists()]
    if (stored := log.ledger.store.last_checkpoint()) is not None:
        seen.append(Seen(stored.note.decode(), "数据库中"))
    return seen


def _event(log: _Log, seen: list[Seen], why: str | None) -> LogContinued:
    store, size = log.ledger.store, log.ledger.store.size()
    root = store.frontier(size).root()
    try:  # Where the key is lost nothing can be held against it: the note is cited as it was found.
        last = greatest(seen, None if why == "key_lost" else trust(*keys_at_hand(log.keys, log.name)))
    except RestoreRefused as error:
        cure = "请核对该文件与 keys 中的签名密钥；签名密钥确已丢失时可加 --why key_lost"
        raise Stop(Exit.REFUSED, "checkpoint_unfit", "；".join(error.problems).rstrip("。"), cure) from error
    seen_size, seen_root = (0, EMPTY_ROOT) if last is None else (last.checkpoint.size, last.checkpoint.root)
    found = None
    if last is not None and seen_size > size:
        found = "log_behind"
    elif last is not None and store.frontier(seen_size).root() != seen_root:
        found = "log_forked"
    return LogContinued(
        origin=log.origin, continues=log.names[-1], seen_size=seen_size, seen_root=encode_base64(seen_root),
        size=size, root=encode_base64(root), why=found or why or "renamed",
        seen_sha256=None if last is None else sha256(last.note.encode()).hexdigest(),
    )


def _demand_need(events: dict[str, LogContinued], why: str | None) -> None:
    if why is None and events and all(event.why == "renamed" for event in events.values()) and len(events) == 2:
        cure = "无须改名。签名密钥丢失或泄露时可加 --why key_lost，机构更名时可加 --why renamed"
        raise Stop(Exit.REFUSED, "log_is_current", "日志延续了所知最大的检查点，没有落后也没有分叉", cure)


def _carry_on(log: _Log, event: LogContinued | None) -> Continued:
    """Record the event unless it stands, then change the keys, each step so that it may be done again."""
    waiting = f"{log.name}.next"
    key = log.keys / f"{waiting}.signing.key"
    signing = log.keys / f"{log.name}.signing.key"
    if _name_of(signing) != log.origin and _name_of(key) != log.origin:
        key.unlink(missing_ok=True)  # Of another name that was tried before.
        create_signing_key(log.keys, log.origin, name=waiting)
    if event is not None:
        _record(log, event)
    number = len(log.names) - 1
    evidence = log.keys / f"{log.name}.{number}.published"
    if (former := _name_of(signing)) != log.origin:
        if former is not None:  # A key that is lost leaves nothing to keep, and cannot vouch.
            keep_as_former(log.keys, keys_at_hand(log.keys, log.name), log.name)
            hand_over(log.keys, key, name=log.name)
        if log.published.exists():
            log.published.rename(evidence)
        key.rename(signing)  # The old secret is gone: under the old name nothing is signed any more.
    signer = Signer(log.ledger.store, origin=log.origin, folder=log.keys, name=log.name)
    signer.checkpoint()
    position, stands = _stands(log)
    return Continued(log.name, stands, position, signer.vkeys[0], evidence if evidence.exists() else None)


def _record(log: _Log, event: LogContinued) -> None:
    log.ledger.record([Draft(event)], by=SYSTEM, versions={LOG: log.ledger.store.version(LOG)})


def _stands(log: _Log) -> tuple[int, LogContinued]:
    """The event by which the log got its present name, and where it stands."""
    found = [(position, event) for position, leaf in log.ledger.store.stream(LOG)
             if isinstance(event := decode(leaf).event, LogContinued)]
    return found[-1]


def _name_of(path: Path) -> str | None:
    """Whose name a file of signing keys bears; None where it is not there or holds no key.

    A disk that fails is no lost key: what it did not let us read would be given up for ever.
    """
    try:
        lines = [line for line in path.read_text("ascii").splitlines() if line]
        return parse_skey(lines[0]).name if lines else None
    except (FileNotFoundError, UnicodeDecodeError, LedgerError):
        return None
