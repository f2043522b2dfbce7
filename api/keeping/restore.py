"""A restore as an operator asks for it: what there is, what is wrong with it, what was put in place, and what now.

Only what is lost is restored; what stands in the folder is replaced when that is asked for, and then set aside. Tokens
come back only when asked for: one that was withdrawn since the backup would open doors again.

`tests/api/test_restore_command.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.evidence.files import files_in
from api.keeping import restore_postgres as postgres
from api.keeping.backup import LOGS, demand_rulebooks, log_problems, processes_for
from api.register.folder import Folder, folder_of, made_folder
from api.register.forgetting import destroy, mark, stored
from api.register.occupancy import Served, occupying
from api.register.sharing import COMMON
from api.register.vault_place import vault_files
from api.settings import Settings
from api.terminal.exits import Exit, Stop
from ledger.access.pruning import cut_upto
from ledger.copies.backup import log_in, rulebooks_in
from ledger.copies.manifest import Manifest, damages, read_manifest
from ledger.copies.restore import (
    ASIDE,
    OTHER_KEY,
    SIDECARS,
    Plan,
    RestoreRefused,
    Seen,
    Standing,
    carry_out,
    commit,
    forget,
    greatest,
    is_loading,
    is_unfinished,
    make_ready,
    stage,
    standing,
    undone,
)
from ledger.errors import LedgerError
from ledger.file_digest import sha256_of
from ledger.fsck.checker import fsck
from ledger.fsck.portion import KeyFiles
from ledger.fsck.rows import KEY_CAME_BACK
from ledger.fsck.source import Source, SQLiteSource
from ledger.proof.checkpoint import Checkpoint
from ledger.proof.policy import Policy, trust
from ledger.signing.former_keys import keys_at_hand
from policies.errors import RulebookError

Progress = Callable[[int, int], None]
Bar = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class RestoredLog:
    """How one log stands after a restore."""

    name: str
    size: int
    root: str
    seen: Checkpoint | None
    standing: Standing
    is_signature_checked: bool

    @property
    def missing(self) -> int:
        """How many published events it lacks."""
        return max(0, self.seen.size - self.size) if self.seen is not None else 0


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to."""

    made_at: str
    logs: tuple[RestoredLog, ...]
    rulebooks: int
    forgotten: int
    destroyed_again: int
    has_keys: bool
    has_operations: bool
    aside: Path | None
    schemas_aside: tuple[str, ...] = ()
    lacks_keys: bool = False  # The vault is older than the log: some of what is sealed opens no more.
    is_finished_only: bool = False  # An earlier run had decided everything; this one carried it out.


@dataclass(slots=True)
class _Work:
    """What is being made ready."""

    folder: Folder
    keys: KeyFiles | None  # Where there are any.
    manifest: Manifest
    logs: list[str]
    database: str = ""
    policies: dict[str, Policy | None] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    forgotten: int = 0
    destroyed: list[str] = field(default_factory=list)  # By the word of the log, while the vault has the key.
    lacks_keys: bool = False


@contextmanager
def having(folder: Folder) -> Iterator[None]:
    """Have the data folder to oneself; it is made where there is none."""
    made_folder(folder.root)
    try:
        with occupying(folder.root):
            yield
    except Served as served:
        message = f"数据文件夹 {folder.root} 正由服务 {served.address} 使用"
        raise Stop(Exit.WORLD_IS_WRONG, "register_served", message, "请先停止该服务") from None


def restore(
    settings: Settings, backup: Path, *, checkpoints: Sequence[Path] = (), replace: bool = False,
    with_operations: bool = False, bar: Bar,
) -> Restored:
    """Put a backup in place, or finish a restore that was stopped."""
    folder = folder_of(settings)
    with having(folder), _telling_of_the_disk(folder):
        if is_loading(folder.root):
            postgres.undo(settings, folder)
        if is_unfinished(folder.root):
            return _finish(folder, vault_files(settings), settings.database)
        manifest = read_manifest(backup)
        _demand_same_store(settings, manifest)
        lost = list(LOGS) if settings.database else _lost(folder, replace=replace)
        work = _Work(folder, vault_files(settings), manifest, lost, settings.database)
        wanted = [one.name for one in manifest.files
                  if _is_wanted(one.name, work.logs, with_operations=with_operations)]
        with bar("核对摘要") as progress:
            if found := damages(backup, manifest, progress):
                raise RestoreRefused(found)
        _believe(work, checkpoints)
        room = postgres.room_in(settings, replace=replace)
        with undone(folder.root), ExitStack() as loading:
            with bar("复制") as progress:
                staging = stage(backup, manifest, folder.root, wanted, progress)
            if settings.database:
                given = postgres.loaded(settings, backup, staging, room, work.keys, bar)
                work.forgotten = loading.enter_context(given)
            _examine(work, staging, bar)
            logs = tuple(_stands(work, name, staging) for name in work.logs)
            plan = _plan(work, staging, with_operations=with_operations)
            if "ledger" in work.logs:
                work.destroyed = mark(work.keys, _source(work, "ledger", staging))
            commit(folder.root, plan)
        carry_out(folder.root)
        destroy(work.keys, work.destroyed)
    return Restored(
        manifest.made_at, logs, sum(name.endswith(".toml") for name in wanted), work.forgotten, len(work.destroyed),
        has_keys=work.keys is not None, has_operations=with_operations,
        aside=_aside(folder, plan), schemas_aside=tuple(sorted(room.asides.values())),
        lacks_keys=work.lacks_keys,
    )


@contextmanager
def _telling_of_the_disk(folder: Folder) -> Iterator[None]:
    """Say of a disk that fails whether anything was changed by then."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        words = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
        cure = "数据文件夹没有改动；请检查磁盘和权限，清出空间后重试"
        if is_unfinished(folder.root):
            cure = "已开始放到位；请检查磁盘和权限，清出空间后再次运行 xueshi restore，会从中断处完成"
        raise Stop(Exit.WORLD_IS_WRONG, "restore_failed", f"恢复中断（{words}）", cure) from error


def _demand_same_store(settings: Settings, manifest: Manifest) -> None:
    """A dump goes into PostgreSQL, files into the folder; from one to the other leads `xueshi move`."""
    if manifest.store == "sqlite" and settings.database:
        cure = "请先不设 database，恢复到数据文件夹，再用 xueshi move 搬到 PostgreSQL"
        raise Stop(Exit.BAD_INPUT, "backup_of_other_store", "这份备份是 SQLite 文件，而设置指向 PostgreSQL", cure)
    if manifest.store == "postgresql" and not settings.database:
        cure = "请用 XUESHI_DATABASE 指定一个数据库"
        raise Stop(Exit.BAD_INPUT, "backup_of_other_store", "这份备份是 PostgreSQL 的转储，而没有设置数据库", cure)


def _finish(folder: Folder, keys: KeyFiles | None, database: str) -> Restored:
    plan = carry_out(folder.root)
    destroyed = mark(keys, stored(folder.ledger, database))
    destroy(keys, destroyed)
    logs = []
    for name in LOGS:
        if f"{name}.db" in plan.put:
            note = plan.published.get(f"{name}.published")
            seen = None if note is None else Seen(note, "").checkpoint
            with SQLiteSource(folder.root / f"{name}.db").one_moment() as view:
                log = log_in(view, name)
                logs.append(
                    RestoredLog(name, log.size, log.root, seen, standing(view, seen), is_signature_checked=True))
    return Restored(
        plan.made_at, tuple(logs), sum(name.endswith(".toml") for name in plan.put), 0, len(destroyed),
        has_keys=keys is not None, has_operations=any(name == "operations.db" for name in plan.put),
        aside=_aside(folder, plan), is_finished_only=True,
    )


def _aside(folder: Folder, plan: Plan) -> Path | None:
    path = folder.root / ASIDE / plan.aside_to
    return path if path.exists() else None


def _lost(folder: Folder, *, replace: bool) -> list[str]:
    """Which logs are to be restored: those that are gone, or all that there are."""
    lost = [name for name in LOGS if replace or not (folder.root / f"{name}.db").exists()]
    if not lost:
        cure = "确要以备份代替时，请加 --replace：现有的会移到 set-aside 中，不会删除"
        raise Stop(Exit.REFUSED, "register_present", f"{folder.root} 里有账本，恢复不会覆盖它", cure)
    return lost


def _is_wanted(name: str, logs: Sequence[str], *, with_operations: bool) -> bool:
    top = Path(name).parts[0]
    is_own = top in ("rulebooks", "evidence", "witnessed") or (top == "operations" and with_operations)
    return is_own or top in {f"{log}.db" for log in logs}


# Believing and examining


def _believe(work: _Work, given: Sequence[Path]) -> None:
    """Gather every checkpoint that anyone is known to have seen, and the greatest of each log."""
    found: dict[str, list[Seen]] = {name: [] for name in LOGS}
    policies = {name: _policy(work.folder, name) for name in LOGS}
    for name, log in (("ledger", work.manifest.ledger), ("access", work.manifest.access)):
        if log.checkpoint is not None:
            found[name].append(Seen(log.checkpoint, "备份中"))
        published = work.folder.keys / f"{name}.published"
        if published.exists():
            found[name].append(read_checkpoint(published))
    for path in given:
        seen = read_checkpoint(path)
        found[_whose(work, seen, policies)].append(seen)
    for name in LOGS:
        if (last := greatest(found[name], policies[name])) is not None:
            work.seen[name] = last
    work.policies = policies


def read_checkpoint(path: Path) -> Seen:
    """Read a note that someone has seen; whether to believe it is another question."""
    try:
        seen = Seen(path.read_text("utf-8"), f"{path} 中")
        _ = seen.checkpoint
        return seen
    except (OSError, UnicodeDecodeError, LedgerError) as error:
        cure = "检查点是一小段文字（C2SP signed note），可由任何收到过它的人提供"
        raise Stop(Exit.BAD_INPUT, "checkpoint_unreadable", f"{path} 不是可读的检查点", cure) from error


def _whose(work: _Work, seen: Seen, policies: dict[str, Policy | None]) -> str:
    """Which log a checkpoint is of, by its name or by the keys of its names."""
    origin = seen.checkpoint.origin
    for name, log in (("ledger", work.manifest.ledger), ("access", work.manifest.access)):
        policy = policies[name]
        if origin == log.origin or (policy is not None and origin in {one.key.name for one in policy.logs}):
            return name
    raise RestoreRefused([f"{seen.where}的检查点属于另一个日志 {origin}，不是 {work.manifest.ledger.origin}"])


def _policy(folder: Folder, name: str) -> Policy | None:
    try:
        keys = keys_at_hand(folder.keys, name)
    except (LedgerError, OSError) as error:
        raise RestoreRefused([f"{folder.keys} 中的签名密钥不可用：{error}"]) from error
    return trust(*keys) if keys else None


def _examine(work: _Work, staging: Path, bar: Bar) -> None:
    """Check everything that is to be put in place; raises RestoreRefused with all that is wrong."""
    problems: list[str] = []
    if work.keys is not None and not work.database:
        with closing(work.keys.opened()) as vault:
            for name in work.logs:
                work.forgotten += forget(staging / f"{name}.db", vault.is_destroyed)
    for name in work.logs:
        source, policy = _source(work, name, staging), work.policies[name]
        processes = processes_for(getattr(work.manifest, name))
        cut = cut_upto(_source(work, "ledger", staging)) if name == "access" and "ledger" in work.logs else 0
        with bar(f"检查 {name}") as progress:
            report = fsck(source, policy=policy, keys=work.keys, processes=processes, progress=progress, cut_upto=cut)
        if any(one.code == "sealed_unreadable" for one in report.problems):
            work.lacks_keys = True  # Its digest holds, so it is the vault that lacks something, and not the backup.
            with bar(f"检查 {name}，不用密钥库") as progress:
                report = fsck(source, policy=policy, processes=processes, progress=progress, cut_upto=cut)
        told = tuple(one for one in report.problems if one.code != KEY_CAME_BACK)  # That is what comes next: `mark`.
        problems += log_problems(name, replace(report, problems=told), getattr(work.manifest, name))
        if any(one.code == "checkpoint_invalid" for one in report.problems):
            problems.append(OTHER_KEY)
        if not work.database:
            make_ready(staging / f"{name}.db")
    try:
        if "ledger" in work.logs and not problems:
            with _source(work, "ledger", staging).one_moment() as view:
                demand_rulebooks(staging / "rulebooks", rulebooks_in(view))
    except RulebookError as error:
        problems.append(str(error))
    if problems:
        raise RestoreRefused(problems)


def _plan(work: _Work, staging: Path, *, with_operations: bool) -> Plan:
    """Say what moves where. What stands rightly already stays; what stands otherwise is set aside."""
    root, common = work.folder.root, work.folder.common
    put = [] if work.database else [f"{name}.db" for name in work.logs]
    if with_operations and (staging / "operations" / "operations.db").exists():
        (staging / "operations" / "operations.db").rename(staging / "operations.db")
        put.append("operations.db")
    aside = [f"{name}{end}" for name in put for end in SIDECARS] + ["fsck.state"]
    if not work.database:  # The ledger lies in files again, wherever it had been moved.
        aside += [work.folder.moved.name, work.folder.moving.name]
    for path in sorted((staging / "rulebooks").glob("*")):
        stands = work.folder.rulebooks / path.name
        if not stands.exists() or sha256_of(stands) != path.stem:
            put.append(f"rulebooks/{path.name}")
            aside.append(f"rulebooks/{path.name}")
    lying = (path.relative_to(staging) for path in files_in(staging / "evidence"))
    signed = (path.relative_to(staging) for path in sorted((staging / "witnessed").glob("*")))
    put += [str(path) for path in signed if not (common / path).exists()]  # What was signed outside is not replaced.
    put += [str(path) for path in lying if not (common / path).exists()]  # Sealed anew it is not the same, and yet is.
    shared = str(common.absolute()) if common != root else ""
    discard = ("projections", "home.json") if "ledger" in work.logs else ("projections",)  # A copy that was announced.
    return Plan(
        made_at=work.manifest.made_at, shared=shared, common=COMMON,
        aside=tuple(name for name in aside if ((common if name.startswith("rulebooks/") else root) / name).exists()),
        aside_to=datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ"), discard=discard, put=tuple(put),
        published={f"{name}.published": seen.note for name, seen in work.seen.items()},
    )


def _source(work: _Work, name: str, staging: Path) -> Source:
    """Where a log is that is being restored: loaded into the database, or copied beside."""
    return stored(staging / f"{name}.db", work.database)


def _stands(work: _Work, name: str, staging: Path) -> RestoredLog:
    seen = work.seen.get(name)
    checkpoint = None if seen is None else seen.checkpoint
    with _source(work, name, staging).one_moment() as view:
        log = log_in(view, name)
        return RestoredLog(name, log.size, log.root, checkpoint, standing(view, checkpoint),
                           is_signature_checked=work.policies[name] is not None)
