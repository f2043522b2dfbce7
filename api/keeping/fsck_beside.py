"""What `xueshi fsck` reads beside the ledger: the access log, a log of the same make, and the rulebooks that are cited.

Without an enacted rulebook's bytes what was decided cannot be judged again, and who saw whose data is proven by the
access log alone: a register is whole only with both. `tests/faults/test_damaged_files.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from api.register.folder import folder_of
from api.register.register import SCHEMAS
from api.settings import Settings
from ledger.access.log import broken_anchors
from ledger.access.pruning import cut_upto
from ledger.copies.backup import rulebooks_in
from ledger.errors import LedgerError
from ledger.fsck.checker import fsck
from ledger.fsck.problem import Problem
from ledger.fsck.source import Source, SQLiteSource
from ledger.proof.policy import trust
from ledger.signing.former_keys import keys_at_hand
from policies.archive import Archive
from policies.errors import RulebookError

_ACCESS: Final = SCHEMAS[1]


def source_of(settings: Settings, schema: str) -> Source:
    """Where a log's rows are read."""
    folder = folder_of(settings)
    if settings.database:
        from ledger.fsck.postgres import PostgresSource

        return PostgresSource(settings.database, schema)
    return SQLiteSource(folder.access if schema == _ACCESS else folder.ledger)


class AccessLog(NamedTuple):
    """What the check of the access log came to; no size where there is none, or none that could be read."""

    size: int | None
    problems: tuple[Problem, ...] = ()


def check_access(settings: Settings, processes: int | None, progress: Callable[[int, int], None]) -> AccessLog:
    """Check the access log as the ledger is checked, and against its checkpoints that the ledger recorded."""
    folder = folder_of(settings)
    published = folder.keys / f"{_ACCESS}.published"
    if not settings.database and not folder.access.exists():
        lost = Problem(None, "log_missing", f"{folder.access.name} 不在，{published.name} 表明有过它。请从备份恢复。")
        return AccessLog(None, (lost,) if published.exists() else ())
    ledger, log = (source_of(settings, schema) for schema in SCHEMAS)
    try:
        keys = keys_at_hand(folder.keys, _ACCESS)
        report = fsck(
            log, policy=trust(*keys) if keys else None,
            published=_read(published), processes=processes, progress=progress,
            cut_upto=cut_upto(ledger))
        broken = tuple(Problem(None, "access_anchor_broken", (
            f"账本第 {position} 个事件记下的检查点（前 {size} 个事件）与现在的查阅日志不符：此后它被改写或截短。"
        )) for position, size in broken_anchors(ledger, log))
    except LedgerError as error:
        return AccessLog(None, (Problem(None, error.code, str(error)),))
    return AccessLog(report.size, (*report.problems, *broken))


def check_rulebooks(settings: Settings) -> tuple[int | None, list[Problem]]:
    """Read each rulebook that the ledger cites, with its text: how many, and what is wrong with which.

    Which are cited is not known where events cannot be read: that is then what is wrong, and told by whoever read them.
    """
    archive, problems = Archive(folder_of(settings).rulebooks), []
    try:
        with source_of(settings, SCHEMAS[0]).one_moment() as view:
            cited = sorted(rulebooks_in(view))
    except LedgerError:
        return None, []
    for digest in cited:
        try:
            archive.book(digest)
        except RulebookError as error:
            problems.append(Problem(None, getattr(error, "code", "rulebook_missing"), str(error)))
    return len(cited), problems


def _read(published: Path) -> bytes | None:
    return published.read_bytes() if published.exists() else None
