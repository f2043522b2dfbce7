"""Putting a backup in place: all is made ready and checked beside, then a plan is written, then it is carried out.

    .restoring/            what is to be put in place
    .restoring/plan.json   written last: from here on the restore will be finished, before it nothing was touched
    .restoring/loading.json    while a dump is loaded into PostgreSQL: what stood there, to be put back if it fails
    set-aside/<when>/      what stood there before; a restore deletes nothing but answers, which are made anew

A restore that is killed leaves what was there, or is finished by the next run. `tests/ledger/test_restore.py` kills it
at every step.

What was restored is held against what anyone may have seen. The greatest checkpoint that is known goes to
`keys/*.published`, so a copy that lacks published events is neither signed nor written to until it extends them.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Literal

import msgspec

from ledger.copies.backup import copy_file
from ledger.copies.manifest import Manifest
from ledger.durable import sync, write_durably
from ledger.errors import LedgerError
from ledger.fsck.source import View
from ledger.keys.restore import destroyed_by
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.notes import NoteUnverified, parse_note
from ledger.proof.policy import Policy, UntrustedLog, believe
from ledger.stores.tree import read_frontier

STAGING: Final = ".restoring"
PLAN: Final = "plan.json"
LOADING: Final = "loading.json"
ASIDE: Final = "set-aside"
SIDECARS: Final = ("", "-wal", "-shm")  # A journal left from a lost database would be played into the restored one.
OTHER_KEY: Final = (
    "若更换过签名密钥，那是曾用的一把签的：请先把 ledger.former、access.former（公开的，见保险柜或任何副本）放进 keys，"
    "或把保存过的 /log/key 内容存成这两个文件，再恢复")
Progress = Callable[[int, int], None]
Standing = Literal["current", "behind", "forked"]


class RestoreRefused(LedgerError):
    """The backup was found wanting, and nothing was put in place."""

    code = "restore_refused"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"未恢复，数据文件夹没有改动：{'；'.join(each.rstrip('。') for each in self.problems)}。")


class Seen(msgspec.Struct, frozen=True):
    """A checkpoint that someone has seen: the note as it was, and where it came from."""

    note: str
    where: str

    @property
    def checkpoint(self) -> Checkpoint:
        return parse_checkpoint(parse_note(self.note.encode())[0])


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done, step by step, each of which may be done again."""

    made_at: str  # Of the backup, to be told when another run finishes.
    aside: tuple[str, ...]
    aside_to: str
    shared: str = ""  # The folder that several hosts have in common, where there is one: `common` lies there.
    common: tuple[str, ...] = ()
    is_cleared: bool = False  # What stood there is aside: from here on what stands there is what was put there.
    discard: tuple[str, ...]
    put: tuple[str, ...]
    published: dict[str, str]  # By file name under keys/: the greatest note that is known.

    def place(self, root: Path, name: str) -> Path:
        """Where a file of the register lies."""
        folder = Path(self.shared) if self.shared and Path(name).parts[0] in self.common else root
        return folder / name


def stage(backup: Path, manifest: Manifest, root: Path, names: Sequence[str], progress: Progress) -> Path:
    """Copy files of a backup to where they can be checked and moved from; raises RestoreRefused with every damage."""
    staging = root / STAGING
    _remove(staging)
    wanted = [one for one in manifest.files if one.name in names]
    total = sum(one.bytes for one in wanted)
    if (free := shutil.disk_usage(root).free) < total:
        short = f"需要 {total // 1_000_000:,} MB，只剩 {free // 1_000_000:,} MB"
        raise RestoreRefused([f"磁盘空间不足，{short}；请清出空间后重试"])
    staging.mkdir(mode=0o700)
    done = 0
    for one in wanted:
        try:
            copied = copy_file(backup.joinpath(one.name), staging.joinpath(one.name))
        except OSError as error:
            raise RestoreRefused([f"复制 {one.name} 时出错（{error.strerror}）；请检查磁盘后重试"]) from error
        if copied != one.sha256:
            raise RestoreRefused([f"备份中的 {one.name} 与备份时的 SHA-256 不符，被改动或损坏"])
        done += one.bytes
        progress(done, total)
    return staging


def forget(path: Path, is_destroyed: Callable[[str], bool]) -> int:
    """Drop the reserved names of everyone whose key was destroyed since: what is forgotten does not come back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        owners = [owner for (owner,) in connection.execute("SELECT DISTINCT owner FROM names") if is_destroyed(owner)]
        for owner in owners:
            connection.execute("DELETE FROM names WHERE owner = ?", (owner,))
    return len(owners)


def destroyed_in(view: View) -> list[str]:
    """Whose key a log says is destroyed: a vault that was restored beside an older log may hold it again."""
    return [person for _, leaf in view.events(0) if (person := destroyed_by(leaf)) is not None]


def make_ready(path: Path) -> None:
    """Give a copy the journal that a ledger is written with, and leave it as one durable file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    sync(path)


def standing(view: View, seen: Checkpoint | None) -> Standing:
    """How a log stands to what was seen of it."""
    if seen is None:
        return "current"
    if seen.size > view.size():
        return "behind"
    return "current" if read_frontier(view.tree(), seen.size).root() == seen.root else "forked"


def greatest(seen: Iterable[Seen], policy: Policy | None) -> Seen | None:
    """The last of what was seen. Raises RestoreRefused for what no key at hand signed, or two trees of one size."""
    known = list(seen)
    for one in known:
        _demand_signed(one, policy)
    if not known:
        return None
    last = max(known, key=lambda one: one.checkpoint.size)
    for one in known:
        if one.checkpoint.size == last.checkpoint.size and one.checkpoint.root != last.checkpoint.root:
            raise RestoreRefused([
                f"{one.where}与{last.where}的检查点都是 {last.checkpoint.size} 条，根却不同"
                f"（{one.checkpoint.root.hex()} 与 {last.checkpoint.root.hex()}）："
                "日志曾出具两种说法，请保留两者作为证据"])
    return last


def _demand_signed(one: Seen, policy: Policy | None) -> None:
    try:
        _ = one.checkpoint
        if policy is not None:
            believe(one.note.encode(), policy)
    except (NoteUnverified, UntrustedLog) as error:
        raise RestoreRefused([f"{one.where}的检查点不可信：{str(error).rstrip('。')}。{OTHER_KEY}"]) from error
    except LedgerError as error:
        raise RestoreRefused([f"{one.where}的检查点不可信：{error}"]) from error


def is_unfinished(root: Path) -> bool:
    """Say whether a restore was stopped after it had begun to change the folder."""
    return (root / STAGING / PLAN).exists() or is_loading(root)


def is_loading(root: Path) -> bool:
    """Say whether a restore was stopped while a dump was being loaded and nothing was decided."""
    return (root / STAGING / LOADING).exists() and not (root / STAGING / PLAN).exists()


@contextmanager
def undone(root: Path) -> Iterator[None]:
    """Take away what was made ready, where it does not come to a plan."""
    try:
        yield
    finally:
        if not is_unfinished(root):
            _remove(root / STAGING)


def commit(root: Path, plan: Plan) -> None:
    """Write the plan: the one moment that decides between what was there and what is to be there."""
    staging = root / STAGING
    for folder in sorted((one for one in staging.rglob("*") if one.is_dir()), key=lambda one: -len(one.parts)):
        sync(folder)
    write_durably(root / STAGING / PLAN, msgspec.json.encode(plan), mode=0o600)
    sync(root)


def carry_out(root: Path) -> Plan:
    """Do what the plan says, also when some of it was done before; raises RestoreRefused for a plan that is none."""
    try:
        plan = msgspec.json.decode((root / STAGING / PLAN).read_bytes(), type=Plan)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        where = root / STAGING / PLAN
        raise RestoreRefused([f"{where} 不可读：请保留整个文件夹作为证据，并恢复到另一个空文件夹"]) from error
    if not plan.is_cleared:
        for name in plan.aside:
            _move(plan.place(root, name), root / ASIDE / plan.aside_to / name)
        plan = msgspec.structs.replace(plan, is_cleared=True)
        write_durably(root / STAGING / PLAN, msgspec.json.encode(plan), mode=0o600)
    for name in plan.discard:
        _remove(root / name)
    for name in plan.put:
        _move(root / STAGING / name, plan.place(root, name))
    for name, note in plan.published.items():
        keys = plan.place(root, "keys")
        keys.mkdir(mode=0o700, exist_ok=True)
        write_durably(keys.joinpath(name), note.encode(), mode=0o644)
    (root / STAGING / LOADING).unlink(missing_ok=True)  # Without a plan beside it it would undo what was restored.
    (root / STAGING / PLAN).unlink()
    _remove(root / STAGING)
    sync(root)
    return plan


def _move(source: Path, target: Path) -> None:
    if not source.exists():
        return  # It was moved before this run.
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        new = target.with_name(f"{target.name}.new")  # What hosts share is another file system.
        new.unlink(missing_ok=True)
        copy_file(source, new)
        new.rename(target)
        source.unlink()
    sync(target.parent)
    sync(source.parent)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
