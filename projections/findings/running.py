"""A run: patterns are asked about the whole past, or about what moved since they were asked.

What was found and the position of the snapshot that was asked are written in one transaction (of a whole run, one a
pattern), so a kill leaves no half of a run; the next one goes on from what stands.

`tests/projections/findings/test_findings_run.py` shows it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from queue import Queue
from typing import Final, NamedTuple

from projections.findings import touching
from projections.findings.kept import Came, Kept
from projections.findings.patterns import LISTED, Pattern
from projections.findings.snapshot import Found, Snapshot

_LOOK_MS: Final = 50

Tell = Callable[[str, int, int], None]
"""Is told of which pattern how many keys were asked about, and of how many; of `CLUES`, how many events were taken."""
CLUES: Final = "clues"
"""What patterns are asked of: where nobody has looked through a register yet, taking it from the log takes longest."""


class Asking(NamedTuple):
    """A pattern with the thresholds in force; `since` None: about the whole past."""

    pattern: Pattern
    thresholds: Mapping[str, int | str]
    since: int | None


def run(
    kept: Kept, snapshot: Snapshot, wanted: Sequence[Asking], *, run_at: int, read: Iterable[str] = (),
    tell: Tell = lambda *_: None, at_once: int = 1, rest: Callable[[], None] = lambda: None,
) -> list[Came]:
    """Ask patterns and write what they found; claims whose papers were `read` are touched as well.

    After each that is asked about what moved one may `rest`.
    About the whole past so many patterns are asked `at_once`, each by a thread: SQLite lets go of the interpreter.
    """
    at, came = snapshot.position, []
    whole = [one for one in wanted if one.since is None]
    for one, found in _whole(snapshot, whole, tell, max(1, min(at_once, len(whole)))):
        with kept.one_commit():
            came.append(kept.write(one.pattern, one.thresholds, found, at=at, run_at=run_at, looked=None))
    results = list(_moved(kept, snapshot, [one for one in wanted if one.since is not None], set(read), rest))
    with kept.one_commit():
        for one, found, looked in results:
            came.append(kept.write(one.pattern, one.thresholds, found, at=at, run_at=run_at, looked=looked))
        kept.drop_unknown(at)
        kept.looked_at({one.pattern.id for one in wanted})
    return sorted(came)


def _whole(
    snapshot: Snapshot, wanted: Sequence[Asking], tell: Tell, at_once: int
) -> Iterator[tuple[Asking, list[Found]]]:
    """What each pattern finds in all that there is, as it is done."""
    if not wanted:
        return
    snapshot.look_at_everything()
    kinds = [kind for one in wanted for kind in one.pattern.touches]
    if at_once == 1:
        listed = touching.list_everything(snapshot.connection, kinds)
        for one in wanted:
            yield one, list(_of_everything(snapshot, one, listed, tell))
        return
    left, done = deque(wanted), Queue[tuple[Asking, list[Found]]]()

    def ask(own: Snapshot) -> None:
        own.look_at_everything()
        listed = touching.list_everything(own.connection, kinds)
        while True:
            try:
                one = left.popleft()
            except IndexError:
                return
            done.put((one, list(_of_everything(own, one, listed, tell))))

    with ExitStack() as stack, ThreadPoolExecutor(at_once) as pool:
        others = [stack.enter_context(snapshot.another()) for _ in range(at_once - 1)]
        asking = {pool.submit(ask, own) for own in (snapshot, *others)}
        for _ in range(len(wanted)):
            while done.empty() and not any(each.done() and each.exception() for each in asking):
                wait(asking, timeout=_LOOK_MS / 1_000)  # not hours: seconds
            if done.empty():
                left.clear()  # One of them failed: what the others are at is not begun anew.
                for each in asking:
                    each.result()
            yield done.get()


def _of_everything(snapshot: Snapshot, one: Asking, listed: Mapping[str, range], tell: Tell) -> Iterator[Found]:
    """What a pattern finds in all that there is, each once."""
    kinds, seen, done = one.pattern.touches, set(), 0
    total = sum(len(listed[kind]) for kind in kinds)
    tell(one.pattern.id, 0, total)
    slices = [range(total)] if one.pattern.looks_at_everything else [
        listed[kind][at:at + touching.SLICE] for kind in kinds for at in range(0, len(listed[kind]), touching.SLICE)]
    for numbers in slices:
        with snapshot.or_stopped():
            if one.pattern.looks_at_everything:
                touching.touch_no_key(snapshot.connection)
            else:
                touching.touch_slice(snapshot.connection, numbers)
        for found in snapshot.ask(one.pattern, one.thresholds):
            if found.row.about not in seen:
                seen.add(found.row.about)
                yield found
        done += len(numbers)
        tell(one.pattern.id, done, total)


_Result = tuple[Asking, list[Found], set[str] | None]


def _moved(
    kept: Kept, snapshot: Snapshot, wanted: Sequence[Asking], read: set[str], rest: Callable[[], None]
) -> Iterator[_Result]:
    """What each pattern finds by what moved since it was asked last, and which findings were looked for (None: all)."""
    for since in sorted({one.since for one in wanted if one.since is not None}):
        with snapshot.or_stopped():
            touching.touch_since(snapshot.connection, since)
            touching.touch(snapshot.connection, "claim", read)
            touched = touching.touched_by_kind(snapshot.connection)
        named = kept.named(set().union(*touched.values()))
        for one in (one for one in wanted if one.since == since):
            pattern = one.pattern
            if pattern.looks_at_everything:
                snapshot.look_at_everything()
                is_moved = not touched.keys().isdisjoint(pattern.touches)
                yield one, list(snapshot.ask(pattern, one.thresholds)) if is_moved else [], None if is_moved else set()
            else:
                looked = named.get(pattern.id, set())
                yield one, _of_touched(snapshot, one, touched, kept.keys_of(looked)), looked
            rest()


def _of_touched(
    snapshot: Snapshot, one: Asking, touched: Mapping[str, set[str]], together: set[tuple[str, str]]
) -> list[Found]:
    """What a pattern finds by what is touched and by whatever stands in a finding `together` with it."""
    kinds = one.pattern.touches
    unlisted = [kind for kind in kinds if kind not in LISTED]
    further = {(as_kind, id_) for kind, id_ in together for as_kind in (unlisted if kind == "looked" else [kind])
               if as_kind in kinds}
    if not further and touched.keys().isdisjoint(kinds):
        return []
    with touching.touched_too(snapshot.connection, further):
        return list(snapshot.ask(one.pattern, one.thresholds))
