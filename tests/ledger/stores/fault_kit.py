"""What must hold of a ledger after a fault, whichever store it is in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fault_child import open_kept, planned
from hash_only_checker import Checked, check, check_postgres

from ledger.stores.recorder import AppendingRecorder


def check_kept(where: Path | str) -> Checked:
    """Re-read everything of a ledger in a file, or in the database of a conninfo."""
    return check_postgres(where) if str(where).startswith("postgresql://") else check(Path(where))


def check_after(where: Path | str, lines: list[list[Any]], *, threads: int) -> Checked:
    """Everything acknowledged is there, nothing half, the tree extends every root that was reported, and it goes on."""
    if not any(line[0] == "done" for line in lines):
        open_kept(str(where)).close()  # It may have died while the file was made; then it is made now.
    checked = check_kept(where)
    acknowledged = {(line[1], line[2]): line[3:] for line in lines if line[0] == "done"}
    for (thread, number), (first, events, _) in acknowledged.items():
        streams = [each.stream for each in planned(thread, number).events]
        assert [checked.streams[each] for each in streams] == [[first + part] for part in range(events)]
    for _, size, root in (line for line in lines if line[0] == "root"):
        assert checked.root(size).hex() == root
    failed = {(line[1], line[2]) for line in lines if line[0] == "failed"}
    next_ones = {thread: 1 + max((number for of, number in acknowledged if of == thread), default=-1)
                 for thread in range(threads)}
    unheard_of = failed | {(thread, number + more) for thread, number in next_ones.items() for more in (0, 1)}
    store = open_kept(str(where))
    try:
        for thread, number in sorted(unheard_of - acknowledged.keys()):
            _check_truth(store, checked, thread, number)
    finally:
        store.close()
    whole = check_kept(where)
    assert whole.leaves[:len(checked.leaves)] == checked.leaves
    return whole


def _check_truth(store: AppendingRecorder, checked: Checked, thread: int, number: int) -> None:
    """An append nobody heard of is there wholly or not at all, and its key says which."""
    append = planned(thread, number)
    there = [checked.streams[each.stream][0] for each in append.events if each.stream in checked.streams]
    asked = append.request
    assert asked is not None
    assert len(there) in (0, len(append.events)), f"half of {thread}/{number} is there"
    assert checked.requests.get(asked.key) == ((there[0], len(there)) if there else None)
    receipt = store.append(append)
    assert receipt.replayed == bool(there)
    assert list(receipt.positions) == there or not there
