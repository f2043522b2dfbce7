"""What is copied of a register, in which order, so that the parts of a backup bear each other out.

The ledger before the access log, since it cites that one's checkpoints and that only grows; the rulebooks after the
ledger, since their bytes are kept before the event that cites them. A service may run meanwhile: nothing is locked.

`tests/api/test_backup_command.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from api.exits import Exit, Stop
from api.register import Folder, open_register
from api.settings import Settings
from ledger.backup import (
    MANIFEST,
    BackupFailed,
    CopiedLog,
    Manifest,
    beside,
    copy_database,
    copy_file,
    list_files,
    read_log,
    read_rulebooks,
    write_file,
)
from ledger.errors import LedgerError
from ledger.restore import is_unfinished
from policies.archive import Archive

Progress = Callable[[int, int], None]
LOGS: Final = ("ledger", "access")
_SPARE: Final = 16 * 1024 * 1024  # Rulebooks, notes and the manifest, and what the logs grow by meanwhile.


def back_up(settings: Settings, target: Path, progress: Progress) -> Manifest:
    """Make a backup of a register, served or not."""
    folder = Folder(settings.data_folder)
    demand_register(folder)
    _sign(settings)
    began = _identity(folder)
    with beside(target, needed=_room(folder) + _SPARE) as unfinished:
        logs = _copy_logs(folder, unfinished, progress)
        for name, log in logs.items():
            if log.checkpoint is None:
                raise BackupFailed(f"{name}.db", "还没有签发过检查点：请先运行 xueshi log checkpoint，或启动服务")
            write_file(unfinished / f"{name}.checkpoint", log.checkpoint.encode())
        _copy_rulebooks(folder, unfinished, read_rulebooks(unfinished / "ledger.db"))
        if folder.operations.exists():
            (unfinished / "operations").mkdir(mode=0o700)
            copy_database(folder.operations, unfinished / "operations" / folder.operations.name)
        if is_unfinished(folder.root) or _identity(folder) != began:
            raise BackupFailed(str(folder.root), "备份期间账本被恢复或替换")
        manifest = Manifest(
            program=version("xueshi-ledger"), made_at=datetime.now(UTC).isoformat(timespec="seconds"), store="sqlite",
            ledger=logs["ledger"], access=logs["access"], files=list_files(unfinished),
        )
        write_file(unfinished / MANIFEST, manifest.written())
    return manifest


def demand_register(folder: Folder) -> None:
    """See that there is something to copy, and that it is all of one piece."""
    if is_unfinished(folder.root):
        cure = "请先用原来的备份再次运行 xueshi restore，让它完成"
        raise Stop(Exit.WORLD_IS_WRONG, "restore_unfinished", f"{folder.root} 的恢复没有完成", cure)
    for path in (folder.ledger, folder.access):
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


def _room(folder: Folder) -> int:
    parts = [path for name in ("ledger.db", "access.db", "operations.db") for path in folder.root.glob(f"{name}*")]
    return sum(path.stat().st_size for path in [*parts, *folder.rulebooks.glob("*")])


def _copy_logs(folder: Folder, unfinished: Path, progress: Progress) -> dict[str, CopiedLog]:
    logs = {}
    for name, path, show in (("ledger", folder.ledger, progress), ("access", folder.access, _silent)):
        copy = unfinished / f"{name}.db"
        copy_database(path, copy, show)
        logs[name] = read_log(copy)
    return logs


def _silent(_done: int, _total: int) -> None:
    """The access log is a small part of the whole."""


def _copy_rulebooks(folder: Folder, unfinished: Path, cited: set[str]) -> None:
    for path in sorted(folder.rulebooks.glob("*")):
        if path.suffix not in (".toml", ".txt"):
            continue  # What a writer that was stopped left beside.
        if copy_file(path, unfinished / "rulebooks" / path.name) != path.stem:
            raise BackupFailed(f"rulebooks/{path.name}", "内容与其摘要不符，已被改动：请从较早的备份恢复这个文件")
    demand_rulebooks(unfinished / "rulebooks", cited)


def demand_rulebooks(folder: Path, cited: set[str]) -> None:
    """See that every rulebook that the log cites is there with the text it quotes; raises RulebookMissing."""
    archive = Archive(folder)
    for digest in sorted(cited):
        archive.book(digest)
