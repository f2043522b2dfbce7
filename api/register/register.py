"""The register of a data folder (`api.register.folder`): made at the first start, opened whole or not at all.

A register that lacks what was published under its name is opened, read and proved, and records nothing: see
`ledger.copies.restore` for how it comes to that and `api.keeping.continuing` for the way out.

`tests/api/test_register.py` and `tests/journeys/test_restore_drill.py` show it.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from api.register.folder import Folder, folder_of, made_folder
from api.register.home import demand_keys
from api.register.sharing import alone_among_hosts, demand_carried_over, operational_place
from api.register.vault_place import has_vault, is_void, master_file, vault_of
from api.settings import Settings
from api.terminal.exits import Exit, Stop
from ledger.clock import ClockLeapt, leapt
from ledger.copies.restore import is_unfinished
from ledger.durable import write_durably
from ledger.errors import LedgerError
from ledger.events.base import By, Draft
from ledger.events.log import LogOpened
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Conninfo, Ledger
from ledger.log_name import names_of
from ledger.signing.signer import LogBehind, LogForked, OtherKeys, Signer, create_signing_key
from ledger.stores.append import Conflict
from ledger.stores.recorder import AppendingRecorder
from ledger.witnessing.kept import Kept

if TYPE_CHECKING:
    from api.operational.place import Place

SYSTEM: Final = By(actor="system", role="system")
ACCESS: Final = "/access"
SCHEMAS: Final = ("ledger", "access")
_TOKEN_LEAST: Final = 43
"""Characters of a token: 32 random bytes."""


@dataclass(frozen=True, slots=True)
class Register:
    """The open register: facts, who saw them, and who signs for both."""

    folder: Folder
    ledger: Ledger
    access: Ledger
    signer: Signer
    access_signer: Signer
    reader_token: str
    founder_token: str
    operations: Place  # Where the operational tables lie.
    clock_checked: str = ""  # On which day somebody held the clock to be right, though it is far ahead.

    def close(self) -> None:
        """Commit what is queued and let go of every file."""
        if not isinstance(self.operations, Path):
            self.operations.close()
        self.ledger.close()
        self.access.close()
        self.ledger.vault.close()


class Stores(NamedTuple):
    """Both logs, open, and the vault under them."""

    vault: Vault
    ledger: Ledger
    access: Ledger

    def close(self) -> None:
        """Let go of everything."""
        self.ledger.close()
        self.access.close()
        self.vault.close()


def open_register(
    settings: Settings, *, create: bool = False, clock: Callable[[], int] = time.time_ns
) -> Register:
    """Open the register of a data folder; with `create`, make it where there is none."""
    if settings.shared_folder:
        with alone_among_hosts(settings):
            return _open_register(settings, create=create, clock=clock)
    return _open_register(settings, create=create, clock=clock)


def _open_register(settings: Settings, *, create: bool, clock: Callable[[], int]) -> Register:
    folder = folder_of(settings)
    demand_whole(settings)
    if not is_there(settings):
        if not create:
            cure = f"请用 --data 指定数据文件夹，或先运行 xueshi serve 建立（当前查找 {folder.root}）"
            raise Stop(Exit.WORLD_IS_WRONG, "no_register", "这里没有账本", cure)
        if settings.database:
            _demand_unused(settings.database, folder)
        _create(settings)
    if not settings.database:
        _demand_logs(folder)
    stores = open_stores(settings)
    try:
        stores.ledger.store.clock = stores.access.store.clock = clock
        _begin(stores.ledger, settings.origin, folder.published)
        _begin(stores.access, settings.origin + ACCESS, folder.keys / "access.published")
        _demand_renamed(folder.keys, settings.origin)
        signer = Signer(stores.ledger.store, origin=settings.origin, folder=folder.keys)
        access_signer = Signer(
            stores.access.store, origin=settings.origin + ACCESS, folder=folder.keys, name="access")
        if settings.witnesses:
            signer.cosigned = Kept(folder.witnessed).latest
        for each in (signer, access_signer):
            _demand_own(each)
        stores.ledger.store.begin_writing()  # Of two folders that would each make keys, the second is told so at once.
        demand_keys(folder, stores.ledger)
        checked = settings.clock_checked
        stop_what_is_behind(stores.ledger, signer, checked)
        stop_by_clock(stores.access, checked)
        return Register(
            folder=folder,
            ledger=stores.ledger,
            access=stores.access,
            signer=signer,
            access_signer=access_signer,
            reader_token=_token(folder.reader_token),
            founder_token=_token(folder.founder_token),
            operations=operational_place(settings, folder.operations),
            clock_checked=checked,
        )
    except BaseException:
        stores.close()
        raise


def demand_whole(settings: Settings) -> None:
    """See that the folder is not half restored, and that what lies in it is still the ledger."""
    folder = folder_of(settings)
    demand_carried_over(settings)
    if is_unfinished(folder.root):
        cure = "请先用原来的备份再次运行 xueshi restore，让它完成"
        raise Stop(Exit.WORLD_IS_WRONG, "restore_unfinished", f"{folder.root} 的恢复没有完成", cure)
    if folder.demo_unfinished.exists():
        cure = "请再次运行 xueshi demo，它会删去写到一半的内容，重新生成"
        raise Stop(Exit.WORLD_IS_WRONG, "demo_unfinished", f"{folder.root} 的示例历史没有写完，不是一本完整的账", cure)
    if folder.moving.exists() and settings.database and not folder.moved.exists():  # That is written first.
        cure = "请再次运行 xueshi move，让它完成并比较；在此之前原来的文件仍可使用（不设 database）"
        raise Stop(Exit.WORLD_IS_WRONG, "register_moving", "账本向 PostgreSQL 的搬移没有完成", cure)
    if folder.moved.exists() and not settings.database:
        cure = "请设置 XUESHI_DATABASE（或 xueshi.toml 中的 database）指向新的所在；这里的文件只是移走之前的副本"
        raise Stop(Exit.WORLD_IS_WRONG, "register_moved", f"{folder.root} 的账本已移到 PostgreSQL", cure)


def open_stores(settings: Settings) -> Stores:
    """Open both logs and the vault, whatever they are called and however far they go."""
    folder, vault = folder_of(settings), vault_of(settings)
    opened: list[Ledger] = []
    try:
        if settings.database:
            for schema in SCHEMAS:  # One by one: of what was opened before a failure each is closed.
                opened += [Ledger.in_postgres(settings.database, vault, schema=schema)]
        else:
            cache_kib = settings.sqlite_cache_mb * 1024
            opened.append(Ledger.in_file(folder.ledger, vault, cache_kib=cache_kib))
            opened.append(Ledger.in_file(folder.access, vault, cache_kib=cache_kib // 32))  # Written at its end.
    except BaseException:
        for one in opened:
            one.close()
        vault.close()
        raise
    return Stores(vault, *opened)


def stop_what_is_behind(ledger: Ledger, signer: Signer, clock_checked: str = "") -> None:
    """Let a ledger that lacks what was published record nothing, or it could never again extend it.

    Once it does again, because the right one was put back under a service that runs, it goes on, unless by a clock that
    has leapt.

    The access log goes on recording: whoever sees something is recorded, whatever becomes of the log's name. That of a
    restored older copy is not signed, and when a later backup takes its place it is set aside and kept.
    """
    try:
        signer.demand_extension()
        stop_by_clock(ledger, clock_checked)
    except LogBehind as behind:
        size, published = behind.size, behind.published
        ledger.stop_recording(lambda: LogBehind(size=size, published=published))
    except LogForked as forked:
        published, computed = forked.published, forked.computed
        ledger.stop_recording(lambda: LogForked(published=published, computed=computed))
    except OtherKeys as strange:
        where, reason = strange.where, strange.reason
        ledger.stop_recording(lambda: OtherKeys(where, reason))
    except LedgerError:
        pass  # What was published cannot be read: the signer says so each time, and records go on.


def stop_by_clock(log: Ledger, checked: str) -> bool:
    """Let a log record nothing by a clock that has leapt, and go on by one that has not; says whether it has."""
    if (found := leapt(log.store, time.time_ns() // 1_000, checked)) is None:
        log.go_on_recording()
        return False
    now, last, before_days = found.now, found.last, found.before_days
    log.stop_recording(lambda: ClockLeapt(now=now, last=last, before_days=before_days))
    return True


def _demand_own(signer: Signer) -> None:
    """See that a log is not that of other keys: what is sealed in it opens under none of these."""
    try:
        signer.demand_extension()
    except OtherKeys:
        raise
    except LedgerError:
        pass  # Whatever else keeps it from being signed, it may be read.


def is_there(settings: Settings) -> bool:
    """Say whether a data folder belongs to a register; nothing is opened."""
    folder = folder_of(settings)
    if not settings.database:
        return folder.ledger.exists()
    return has_vault(settings) or folder.published.exists()  # Of a register whose vault is lost, too.


def _demand_logs(folder: Folder) -> None:
    """See that each log that has published something is there, before an empty one would be made in its place."""
    for log, published in ((folder.ledger, folder.published), (folder.access, folder.keys / "access.published")):
        if published.exists() and is_void(log):
            raise _log_missing(published, f"{log.name} 不在或是空的")


def _log_missing(published: Path, state: str) -> Stop:
    cure = "请从备份恢复（xueshi restore）；空的日志不能冒用它的名称"
    return Stop(Exit.WORLD_IS_WRONG, "log_missing", f"{published} 表明有过这个日志，现在{state}", cure)


def _demand_unused(database: str, folder: Folder) -> None:
    """See that a database has no ledger of other keys; new ones would open nothing in it, and sign under its name."""
    from ledger.stores.postgres import PostgresFactory

    factory = PostgresFactory({"LEDGER_CONNINFO": Conninfo(database), "LEDGER_SCHEMA": SCHEMAS[0]})
    store = cast("AppendingRecorder", factory.application_recorder())
    try:
        if store.size() == 0:
            return
    finally:
        store.close()
    cure = f"请用 --data 指定它的数据文件夹，或从密钥备份恢复 {folder.keys}；不要新建，新的密钥打不开已有的个人信息"
    raise Stop(Exit.WORLD_IS_WRONG, "keys_missing", "数据库中有账本，而这里没有它的密钥", cure)


def _create(settings: Settings) -> None:
    """Make keys first, then the ledger: a crash in between leaves keys of an empty register, which the next start uses.

    Keys that have published a checkpoint belong to a ledger that was lost: a new one must not take its name.
    """
    folder, origin, master = folder_of(settings), settings.origin, master_file(settings)
    if folder.published.exists():
        cure = "账本丢失：请从备份恢复（xueshi restore）；确实没有备份时，另设 origin 并换一个数据文件夹"
        raise Stop(Exit.WORLD_IS_WRONG, "ledger_missing", f"{folder.published} 表明这里有过账本，现在没有", cure)
    for one in (folder.root, folder.keys):
        made_folder(one)
    if master is not None and not master.exists():
        FileMasterKey.create(master)
    for name, log in (("ledger", origin), ("access", origin + ACCESS)):
        if not (folder.keys / f"{name}.signing.key").exists():
            create_signing_key(folder.keys, log, name=name)


def _token(path: Path) -> str:
    """Read a token file; one that is not there is made, which makes whatever it was before worthless."""
    if not path.exists():
        write_durably(path, f"{secrets.token_urlsafe(32)}\n".encode(), mode=0o600)
        os.chmod(path, 0o600)  # noqa: PTH101 - whatever the umask was
    token = path.read_text("ascii", "replace").strip()
    if re.fullmatch(f"[A-Za-z0-9_-]{{{_TOKEN_LEAST},}}", token) is None:  # Cut off, it is one that may be guessed.
        cure = "请从副本放回；或删去它再启动，另建一个，原来的从此无效"
        raise Stop(Exit.WORLD_IS_WRONG, "token_file_damaged", f"令牌文件 {path} 被截断或损坏", cure)
    return token


def _begin(log: Ledger, origin: str, published: Path) -> None:
    """A log's first event says what it is called; opening it under another name than its last is refused."""
    if log.store.size() == 0:
        if published.exists():
            raise _log_missing(published, "它是空的")
        with suppress(Conflict):  # Another worker of the same service may be opening it, too.
            log.record([Draft(LogOpened(origin=origin))], by=SYSTEM)
    names = names_of(log.store)
    assert names, "a log begins with its own name"
    if names[-1] != origin:
        name = names[-1].removesuffix(ACCESS) if origin.endswith(ACCESS) else names[-1]
        message = f"账本名为 {names[-1]}，设置中的 origin 是 {origin}"
        if len(names) > 1:
            cure = f"日志已以 {name} 之名继续，旧名称不再签发：请把设置 origin 改为 {name}"
        elif origin.endswith(ACCESS):
            cure = _go_on(origin.removesuffix(ACCESS))
        else:
            cure = f"请把 origin 改回 {name}；名称只能由 xueshi log continue-as 更换"
        raise Stop(Exit.WORLD_IS_WRONG, "other_origin", message, cure)


def _demand_renamed(keys: Path, origin: str) -> None:
    """Where the events of another name stand and its key still waits, no key is wrong: the command was stopped."""
    for name, log in (("ledger", origin), ("access", origin + ACCESS)):
        waiting = keys / f"{name}.next.signing.key"
        if waiting.exists() and waiting.read_text("ascii", "replace").startswith(f"PRIVATE+KEY+{log}+"):
            message = f"账本已以 {origin} 之名继续，而签名密钥还没有换上"
            raise Stop(Exit.WORLD_IS_WRONG, "other_origin", message, _go_on(origin))


def _go_on(origin: str) -> str:
    return f"改名没有完成：请再次运行 xueshi log continue-as {origin}"
