"""What is copied of a register, in which order, so that the parts of a backup bear each other out.

The ledger before the access log, since it cites that one's checkpoints and that only grows; the rulebooks and the
evidence files after the ledger, since their bytes are kept before the event that cites them. A service may run
meanwhile: nothing is locked.

`tests/api/test_backup_command.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

from api.evidence.files import files_in
from api.register.folder import Folder, folder_of
from api.register.register import demand_whole, open_register
from api.register.sharing import copy_operations
from api.settings import Settings
from api.terminal.exits import Exit, Stop
from ledger.access.pruning import cut_upto
from ledger.copies.backup import BackupFailed, beside, copy_database, copy_file, log_in, rulebooks_in, write_file
from ledger.copies.manifest import MANIFEST, CopiedLog, Manifest, damages, list_files, read_manifest
from ledger.copies.restore import is_unfinished
from ledger.durable import sync
from ledger.errors import LedgerError
from ledger.fsck.checker import Report, fsck
from ledger.fsck.pool import PORTION
from ledger.fsck.source import SQLiteSource
from ledger.proof.keys import PublicKey
from ledger.proof.policy import believe, trust
from ledger.proof.text import encode_base64
from ledger.signing.former_keys import keys_at_hand
from policies.archive import Archive
from policies.errors import RulebookError

Progress = Callable[[int, int], None]
LOGS: Final = ("ledger", "access")
_SHOWN: Final = 20
_SPARE: Final = 16 * 1024 * 1024  # Rulebooks, notes and the manifest, and what the logs grow by meanwhile.


def back_up(settings: Settings, target: Path, progress: Progress) -> Manifest:
    """Make a backup of a register, served or not."""
    folder = folder_of(settings)
    _demand_register(settings)
    _sign(settings)
    with beside(target, needed=_room(settings) + _SPARE) as unfinished:
        logs = (_dump_logs if settings.database else _copy_logs)(settings, unfinished, progress)
        for name, log in logs.items():
            if log.checkpoint is None:
                raise BackupFailed(name, "还没有签发过检查点：请先运行 xueshi log checkpoint，或启动服务")
            write_file(unfinished / f"{name}.checkpoint", log.checkpoint.encode())
        _copy_evidence(folder, unfinished)
        _copy_witnessed(folder, unfinished)
        if settings.shared_folder or folder.operations.exists():
            (unfinished / "operations").mkdir(mode=0o700)
            copied = unfinished / "operations" / folder.operations.name
            if settings.shared_folder:
                copy_operations(settings, copied)
            else:
                copy_database(folder.operations, copied)
        manifest = Manifest(
            program=version("xueshi-ledger"), made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            store="postgresql" if settings.database else "sqlite",
            ledger=logs["ledger"], access=logs["access"], files=list_files(unfinished),
        )
        write_file(unfinished / MANIFEST, manifest.written())
    return manifest


class Checked(NamedTuple):
    """What the check of a backup found."""

    manifest: Manifest
    problems: list[str]
    is_signature_checked: bool

    @property
    def holds(self) -> bool:
        """Say whether the backup can be restored."""
        return not self.problems


def check(backup: Path, settings: Settings, bar: Callable[[str], AbstractContextManager[Progress]]) -> Checked:
    """Read every byte of a backup, and every event in it; raises BackupDamaged where it says nothing of itself."""
    manifest = read_manifest(backup)
    with bar("核对摘要") as progress:
        problems = damages(backup, manifest, progress)
    keys = {name: keys_at_hand(folder_of(settings).keys, name) for name in LOGS}
    if not problems:
        for name in LOGS if manifest.store == "sqlite" else ():
            with bar(f"重读 {name}.db") as progress:
                policy = trust(*keys[name]) if keys[name] else None
                said: CopiedLog = getattr(manifest, name)
                report = fsck(backup / f"{name}.db", policy=policy, progress=progress, processes=processes_for(said),
                              cut_upto=cut_upto(SQLiteSource(backup / "ledger.db")) if name == "access" else 0)
            problems += log_problems(name, report, said)
        if manifest.store == "sqlite" and not problems:
            try:
                with SQLiteSource(backup / "ledger.db").one_moment() as view:
                    demand_rulebooks(backup / "rulebooks", rulebooks_in(view))
            except RulebookError as error:
                problems.append(str(error))
    if manifest.store == "postgresql":  # What lies in a dump is read once it is loaded; what was signed stands beside.
        problems += _unbelieved(manifest, keys)
    return Checked(manifest, problems, all(keys.values()))


def _unbelieved(manifest: Manifest, keys: dict[str, list[PublicKey]]) -> Iterator[str]:
    for name in LOGS:
        log: CopiedLog = getattr(manifest, name)
        try:
            if keys[name] and log.checkpoint is not None:
                believe(log.checkpoint.encode(), trust(*keys[name]))
        except LedgerError as error:
            yield f"{name}.checkpoint：{error}"


def processes_for(log: CopiedLog) -> int | None:
    """One where there is one portion to read: a small log is read before a second process has started."""
    return 1 if log.size <= PORTION else None


def log_problems(name: str, report: Report, said: CopiedLog) -> list[str]:
    """What the checker found in a copied log, and whether it is the one that the manifest speaks of."""
    found = [
        f"{name}.db：{'' if one.position is None else f'事件 {one.position}，'}{one.words} [{one.code}]"
        for one in report.problems[:_SHOWN]
    ]
    if len(report.problems) > _SHOWN:
        found.append(f"{name}.db：另有 {len(report.problems) - _SHOWN} 处")
    if report.holds and (report.size, encode_base64(report.root)) != (said.size, said.root):
        found.append(f"{name}.db 有 {report.size} 个事件，与清单所记的 {said.size} 个或其根不符")
    return found


def _demand_register(settings: Settings) -> None:
    """See that there is something to copy, and that it is all of one piece."""
    demand_whole(settings)
    folder = folder_of(settings)
    needed = [folder.ledger, folder.access]
    if settings.database:
        needed = [] if settings.shared_folder else [folder.people]
    for path in needed:
        if not path.exists():
            cure = f"请用 --data 指定数据文件夹（当前查找 {folder.root}）；若文件丢失，请从备份恢复"
            raise Stop(Exit.WORLD_IS_WRONG, "no_register", f"没有 {path.name}，无可备份", cure)


def _sign(settings: Settings) -> None:
    """Have what is not signed yet signed, so that the copy's checkpoint reaches as far as it can.

    Where that cannot be (a service signs, the keys are away, the log is behind), the last one there is has to do.
    """
    with suppress(LedgerError, Stop):
        register = open_register(settings)
        try:
            for signer in (register.signer, register.access_signer):
                with suppress(LedgerError):
                    signer.checkpoint()
        finally:
            register.close()


def _identity(folder: Folder) -> list[int]:
    return [path.stat().st_ino for path in (folder.ledger, folder.access) if path.exists()]


def _room(settings: Settings) -> int:
    folder, room = folder_of(settings), 0
    names = ["operations.db"] if settings.database else ["ledger.db", "access.db", "operations.db"]
    parts = [path for name in names for path in folder.root.glob(f"{name}*")]
    if settings.database:
        from ledger.copies.dumping import one_moment

        with one_moment(settings.database, LOGS) as moment:
            room = moment.room(LOGS)
    return room + sum(path.stat().st_size for path in [*parts, *folder.rulebooks.glob("*"), *files_in(folder.evidence)])


def _copy_logs(settings: Settings, unfinished: Path, progress: Progress) -> dict[str, CopiedLog]:
    folder, logs = folder_of(settings), {}
    began, cited = _identity(folder), set[str]()
    for name, path, show in (("ledger", folder.ledger, progress), ("access", folder.access, _silent)):
        copy = unfinished / f"{name}.db"
        copy_database(path, copy, show)
        with SQLiteSource(copy).one_moment() as view:
            logs[name] = log_in(view, copy.name)
            cited = rulebooks_in(view) if name == "ledger" else cited
    _copy_rulebooks(folder, unfinished, cited)
    if is_unfinished(folder.root) or _identity(folder) != began:
        raise BackupFailed(str(folder.root), "备份期间账本被恢复或替换")
    return logs


def _dump_logs(settings: Settings, unfinished: Path, progress: Progress) -> dict[str, CopiedLog]:
    from ledger.copies.dumping import DUMP, dump, one_moment

    with one_moment(settings.database, LOGS) as moment:
        logs = {name: log_in(moment.log(name), name) for name in LOGS}
        cited = rulebooks_in(moment.log("ledger"))
        dump(settings.database, LOGS, unfinished / DUMP, moment, progress)
    sync(unfinished / DUMP)
    _copy_rulebooks(folder_of(settings), unfinished, cited)
    return logs


def _silent(_done: int, _total: int) -> None:
    """The access log is a small part of the whole."""


def _copy_rulebooks(folder: Folder, unfinished: Path, cited: set[str]) -> None:
    try:
        demand_rulebooks(folder.rulebooks, cited)
    except RulebookError as error:
        raise BackupFailed("rulebooks", str(error)) from error
    for path in sorted(folder.rulebooks.glob("*")):
        if path.suffix not in (".toml", ".txt"):
            continue  # What a writer that was stopped left beside.
        if copy_file(path, unfinished / "rulebooks" / path.name) != path.stem:
            raise BackupFailed(f"rulebooks/{path.name}", "内容与其摘要不符，已被改动：请从较早的备份恢复这个文件")


def _copy_evidence(folder: Folder, unfinished: Path) -> None:
    """Copy what was uploaded, as it lies: sealed, so that without the vault nobody reads it here either."""
    for path in files_in(folder.evidence):
        with suppress(FileNotFoundError):  # Cleared away meanwhile, or kept for good: then it comes again as such.
            copy_file(path, unfinished / path.relative_to(folder.common))


def _copy_witnessed(folder: Folder, unfinished: Path) -> None:
    """Copy what was signed outside: times and proofs of forks come only once."""
    for path in sorted(folder.witnessed.glob("*")):
        if path.suffix != ".new":  # What is being written; it takes its name whole.
            with suppress(FileNotFoundError):
                copy_file(path, unfinished / path.relative_to(folder.common))


def demand_rulebooks(folder: Path, cited: set[str]) -> None:
    """See that every rulebook that the log cites is there with the text it quotes; raises RulebookMissing."""
    archive = Archive(folder)
    for digest in sorted(cited):
        archive.book(digest)
