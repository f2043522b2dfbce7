"""The child process of a replay: it lets others go first, takes every core that is left, and is safe to kill.

    python -m api.replays.job      reads one line of JSON on standard input, writes lines of JSON on standard output

It says `step` with how far it is, at the end `done` with what came of it, or `stop` with why nothing did. Its standard
input is held open by whoever started it: at its end it goes as well. What it makes lies in a folder that it was given,
until it is whole. The coded ledger that it read (`projections.replay.store`) and the parts of the report that it wrote
(`projections.replay.stages`) are kept, so that the same question goes on where a replay was stopped.

`tests/api/test_replay_command.py` and `tests/api/test_replay_runner.py` show it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from api.law_of import Library
from api.refusals.problems import told_of
from api.register.register import open_register
from api.replays.check import as_announced, checked
from api.replays.laws import Laws, UnsoundRules
from api.settings import load
from api.telling import logs
from api.terminal.exits import Exit, Stop
from ledger.disk import disk_failure
from ledger.errors import LedgerError
from policies.archive import Archive, RulebookMissing
from policies.errors import RulebookError
from projections.answers import Answers
from projections.books import Books
from projections.catching_up import catch_up
from projections.errors import (
    AsOfBeforeLedger,
    AsOfInFuture,
    AsOfMalformed,
    LawMalformed,
    LawUnknown,
    ProjectionError,
    SectorUnknown,
    ValidOnMalformed,
)
from projections.replay import folder as reports
from projections.replay import report, report_reading
from projections.replay.sides import Engine, judge_both
from projections.replay.store import compacting, open_coded

NICE: Final = 10
NICE_IDLE: Final = 19
_THREADS: Final = Path("/proc/self/task")
_AUTOGROUP: Final = Path("/proc/self/autogroup")
_TELL_EVERY_NS: Final = 100_000_000
_WAIT_MS: Final = 60_000
_BAD_INPUT: Final = (AsOfBeforeLedger, AsOfInFuture, AsOfMalformed, LawMalformed, LawUnknown, SectorUnknown,
                     ValidOnMalformed, report_reading.Unsound)


def main() -> int:
    """Do what the line says."""
    asked = json.loads(sys.stdin.readline())
    logs.configure("warning")   # Standard output is for the one who started it; what is logged goes to the other.
    own = [Path(asked[name]) for name in ("beside", "staging") if asked.get(name)]
    threading.Thread(target=_go_with_the_parent, args=(own,), daemon=True).start()
    if asked.get("engine") != "spark":   # The workers of a cluster wait for this one.
        stand_back(is_idle=asked.get("is_idle", False), cores=asked.get("cores", ()))
    try:
        _tell({"done": _run(asked)})
    except Stop as stop:
        _tell({"stop": [int(stop.status), stop.code, stop.message, stop.cure]})
    except report.Nobody as error:
        _tell({"stop": [int(Exit.REFUSED), error.code, str(error), ""]})
    except _BAD_INPUT as error:
        _tell({"stop": [int(Exit.BAD_INPUT), error.code, str(error), ""]})
    except UnsoundRules as error:
        cure = f"请先用 xueshi rules check --rules {error.folder} 逐项改好"
        _tell({"stop": [int(Exit.REFUSED), error.code, str(error), cure]})
    except RulebookMissing as error:
        words = told_of(error) if asked.get("is_for_office") else str(error)
        _tell({"stop": [int(Exit.WORLD_IS_WRONG), error.code, words, ""]})
    except RulebookError as error:
        _tell({"stop": [int(Exit.BAD_INPUT), error.code, str(error), ""]})
    except (ProjectionError, LedgerError) as error:
        words = told_of(error) if asked.get("is_for_office") else str(error)
        _tell({"stop": [int(Exit.WORLD_IS_WRONG), error.code, words, ""]})
    except Exception as error:
        if (failed := disk_failure(error)) is not None:
            words = failed.told if asked.get("is_for_office") else str(failed)
            _tell({"stop": [int(Exit.WORLD_IS_WRONG), failed.code, words, ""]})
        else:  # A bug of ours is not to be told as a machine that is too small.
            sys.excepthook(*sys.exc_info())  # Without messages, which may quote what somebody typed.
            cure = "请把标准错误上的那一行一并报告；没有写出报告，账本不受影响"
            _tell({"stop": [int(Exit.WORLD_IS_WRONG), "internal_error", "重放的程序出错", cure]})
    return 0


def stand_back(*, is_idle: bool, cores: Collection[int] = ()) -> None:
    """Let others go first: a command by a little; beside a service, by everything, and off the cores that answer.

    Linux does it thread by thread: those begun later go as this one does, those that libraries have begun go along.
    """
    nice = NICE_IDLE if is_idle else NICE
    for thread in _threads():
        with suppress(OSError):  # One is over; or a container may forbid it.
            os.setpriority(os.PRIO_PROCESS, thread, max(nice, os.getpriority(os.PRIO_PROCESS, thread)))
            if is_idle and hasattr(os, "SCHED_IDLE"):  # Whoever answers need not wait for the end of a slice.
                os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))
    if os.getsid(0) == os.getpid():  # Linux gives each session its share; in one of its own all that was for nothing.
        with suppress(OSError):
            _AUTOGROUP.write_text(str(nice), "ascii")
    if hasattr(os, "sched_setaffinity"):  # Whoever started it may stay on one core; arithmetic wants them all.
        every = range(os.cpu_count() or 1)
        for thread in _threads():
            try:
                os.sched_setaffinity(thread, cores or every)
            except OSError:  # Those cores are not given to this container; or the thread is over.
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(thread, every)


def _threads() -> list[int]:
    """Every thread of this process by its number, or this one where nobody tells."""
    with suppress(OSError):
        return [int(name) for name in os.listdir(_THREADS)]  # noqa: PTH208 - their names are all that is wanted
    return [0]


def _go_with_the_parent(own: Collection[Path]) -> None:
    """Whoever started it is gone: leave nothing half made."""
    while os.read(sys.stdin.fileno(), 1):  # Python waits a second for who reads through its own buffer, then aborts.
        pass
    for folder in own:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _tell(what: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class _Steps:
    """Says how far it is, not more often than somebody could look."""

    def __init__(self) -> None:
        self._step, self._at_ns = "", 0

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.monotonic_ns()
        if step != self._step or done == total or now - self._at_ns > _TELL_EVERY_NS:
            self._step, self._at_ns = step, now
            _tell({"step": step, "of": [done, total]})


def _run(asked: Mapping[str, Any]) -> dict[str, Any]:
    told: Mapping[str, Any] | None = None
    if asked["check"] is not None:
        told, announced = report_reading.read(Path(asked["check"]))
    engine = _engine(asked)
    laws = Laws()
    for name in (asked["under"], asked["against"]):
        if name is not None:
            laws.examine(name)   # Before anything is opened: a draft that is not sound costs no work.
    data = asked["data_folder"]
    register = open_register(load({"data_folder": None if data is None else Path(data)}))
    try:
        steps = _Steps()
        catch_up(register.ledger, register.folder.projections, partial(steps, "follow"))
        ledger, folder = register.ledger, register.folder.projections
        library = Library(Archive(register.folder.rulebooks))
        answers = Answers(ledger, folder, book=library.book, now=lambda: time.time_ns() // 1_000)
        answers.wait_for(ledger.store.size(), _WAIT_MS)   # Whoever else follows may have only begun.
        books = Books(partial(laws.book, library))
        question = laws.question(answers, asked) if told is None else as_announced(told["question"], answers)
        kept = open_coded(folder, ledger, lambda done, total: steps("read", done, total), compacts=False)
        beside = Path(asked["beside"])
        from api.replays.page import page

        with compacting(folder, ledger, kept):
            found = report.replayed(question, kept.held, books, folder, steps, engine=engine,
                                    form=report.FORMAT if told is None else told["format"])
            made, digest = reports.write(question, found, folder, beside, page, steps)
        if told is not None:
            return checked(register, answers, Path(asked["check"]), beside, announced, told, page,
                           is_for_office=asked.get("is_for_office", False))
        return _placed(asked, beside, made, digest)
    finally:
        register.close()


def _engine(asked: Mapping[str, Any]) -> Engine:
    """Who judges: this process, or a cluster, which is looked for before any work is begun."""
    if asked.get("engine", "local") == "local":
        return judge_both
    from projections.replay.cluster import Cluster

    return Cluster(Path(asked["staging"]), asked["master"])


def _placed(asked: Mapping[str, Any], beside: Path, made: Mapping[str, Any], digest: str) -> dict[str, Any]:
    folder = Path(asked["out"]) if asked["out"] else beside.parent / f"replay-{digest[:12]}"
    try:
        is_new = reports.put_in_place(beside, folder)
    except FileExistsError:
        cure = "请另选 --out，或先移走原来的"
        raise Stop(Exit.BAD_INPUT, "replay_out_taken", f"{folder} 已存在，内容不是这份报告", cure) from None
    names = ("people", "person_years", "entries", "changed_people", "changed_person_years", "moved_entries", "gained",
             "given_up", "newly_failed", "newly_passed", "touched_titles", "touched_applications", "question",
             "amendments", "names")
    return {"folder": str(folder), "digest": digest, "new": is_new, **{name: made[name] for name in names}}


if __name__ == "__main__":
    sys.exit(main())
