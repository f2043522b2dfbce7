"""Other ledgers as answers: up to where each was accepted, how old that is, what hangs, what contradicts (P 14).

A ledger is accepted up to the largest of its checkpoints of which every part is closed. What hangs was begun and not
ended: a part that never came, an import that nobody closed, rows that wait for something here (of which it is said only
in which imports they were refused), a ledger that was not heard of for longer than was agreed. What contradicts was
signed: two histories, or a record that stands otherwise there than here. Neither is put right by itself; each says what
to do. Of two histories an office decides, and what it decided settles all that was known by then: `continued` (what was
accepted holds) or `closed` (nothing more of that ledger).

`tests/province/test_reconciling.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.events.imports import ImportContradicted, ImportProved
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.proof.text import decode_base64
from ledger.witnessing.fork import Fork, MalformedFork
from projections.imports import Decision, Import, handed_over

if TYPE_CHECKING:
    from projections.opened import Files

HANGING: Final = ("batch_open", "parts_missing", "rows_waiting", "overdue")
"""The others contradict. Which rows wait is known from the register, and whether it is time from the clock."""


class Checkpoint(NamedTuple):
    """A checkpoint of a ledger, as it was accepted."""

    size: int
    root: str
    note: str
    batch: str                 # The import that it came with,
    position: int              # and our event that accepted it, of its parts the last.


class Trouble(NamedTuple):
    """Something that hangs or contradicts, and the import that it was found at."""

    code: str
    batch: str
    event: int                 # Where it stands in our log.
    number: int = 0            # How many of it, or of which size.
    fork: Fork | None = None   # What proves two histories to anyone who has that ledger's key.
    notes: tuple[str, str] = ("", "")   # The checkpoint that was accepted, and that which contradicts it.
    decision: Decision | None = None    # What was decided about it.


class Known(NamedTuple):
    """Another ledger as we know it."""

    origin: str
    accepted: Checkpoint | None
    seen: dict[int, Checkpoint]   # Every checkpoint that came with something, by size; the first of a size counts.
    batches: int
    carried: int
    accepted_rows: int
    refused_in: tuple[str, ...]   # The imports of which rows were refused, the last opened last.
    troubles: tuple[Trouble, ...]
    decided: Decision | None = None   # About its histories, the last of such decisions.

    @property
    def forked(self) -> Trouble | None:
        """What nobody has decided yet of the histories that it signed: until then nothing of it is taken over."""
        return next((one for one in self.troubles if one.code == "forked"), None)

    @property
    def forks(self) -> list[Fork]:
        """What proves that it signed two histories, decided about or not."""
        return [one.fork for one in self.troubles if one.fork is not None]


def ledgers(files: Files, *, origin: str | None = None, as_of: int | None = None) -> list[Known]:
    """Every ledger that something was accepted of, by name."""
    by_origin: dict[str, list[Import]] = {}
    for one in handed_over(files, origin=origin, as_of=as_of):
        assert one.proved is not None, "what was handed over was proved"
        by_origin.setdefault(one.proved.origin, []).append(one)
    return [_known(name, by_origin[name]) for name in sorted(by_origin)]


def ledger_of(files: Files, origin: str) -> Known | None:
    """One of them."""
    return next(iter(ledgers(files, origin=origin)), None)


def _known(origin: str, batches: Sequence[Import]) -> Known:
    sent = [one for one in batches if _proof(one).carried_by is None]
    deliveries: dict[tuple[int, str, int, int], list[Import]] = {}
    for one in sent:
        if one.status != "abandoned":
            proof = _proof(one)
            deliveries.setdefault((proof.size, proof.root, proof.since, proof.parts), []).append(one)
    accepted = _accepted(deliveries.values())
    seen: dict[int, Checkpoint] = {}
    for one in batches:
        proof = _proof(one)
        seen.setdefault(proof.size, Checkpoint(proof.size, proof.root, proof.checkpoint, one.batch, one.events[0]))
    decided = max((each for one in batches for each in one.decisions), default=None)
    contradictory = [_as_decided(one, decided) for one in _contradictory(batches)]
    troubles = [*_hanging(deliveries.values(), accepted), *contradictory]
    rows = sum(one.closed.accepted for one in batches if one.closed is not None)
    refused = tuple(one.batch for one in batches if one.closed is not None and one.closed.rejected)
    return Known(origin, accepted, seen, len(sent), len(batches) - len(sent), rows, refused, tuple(troubles), decided)


def _accepted(deliveries: Iterable[Sequence[Import]]) -> Checkpoint | None:
    whole = [parts for parts in deliveries if not _missing(parts)]
    last = max(whole, key=lambda parts: _proof(parts[0]).size, default=None)
    if last is None:
        return None
    proof = _proof(last[0])
    ends = max(one.ended for one in last if one.ended is not None)
    return Checkpoint(proof.size, proof.root, proof.checkpoint, last[0].batch, ends)


def _missing(parts: Sequence[Import]) -> set[int]:
    there = {_proof(one).part for one in parts if one.status == "closed"}
    return set(range(1, _proof(parts[0]).parts + 1)) - there


def _hanging(deliveries: Iterable[Sequence[Import]], accepted: Checkpoint | None) -> Iterable[Trouble]:
    for parts in deliveries:
        yield from (Trouble("batch_open", one.batch, one.events[0]) for one in parts if one.status == "open")
        is_past = accepted is not None and _proof(parts[0]).size <= accepted.size
        if (missing := _missing(parts)) and not is_past:
            yield Trouble("parts_missing", parts[-1].batch, parts[-1].events[0], len(missing))


def _contradictory(batches: Iterable[Import]) -> Iterable[Trouble]:
    first: dict[int, ImportProved] = {}
    for one in batches:
        proof = _proof(one)
        before = first.setdefault(proof.size, proof)
        if before.root != proof.root:  # Both came at once, and each was the next.
            notes = before.checkpoint, proof.checkpoint
            fork = Fork(before.checkpoint.encode(), proof.checkpoint.encode())
            yield Trouble("forked", one.batch, one.events[0], proof.size, fork, notes)
        yield from (Trouble("forked", one.batch, event, said.size, _fork(said), (said.accepted, said.checkpoint))
                    for event, said in one.contradictions)
        if one.reconciliations and one.reconciliations[-1].differences:
            last = one.reconciliations[-1]
            yield Trouble("differs", one.batch, last.event, last.differences)


def _as_decided(trouble: Trouble, decided: Decision | None) -> Trouble:
    """Two histories as an office decided about them; what was found later is not settled by what was decided before."""
    if trouble.code != "forked" or decided is None or decided.event < trouble.event:
        return trouble
    return trouble._replace(code=decided.outcome, decision=decided)


def _fork(kept: ImportContradicted) -> Fork | None:
    """The proof that two notes contradict, where what was kept of them comes to one: at first the notes alone were."""
    accepted, other = kept.accepted.encode(), kept.checkpoint.encode()
    if parse_checkpoint(parse_note(other)[0]).size == kept.size:
        return Fork(accepted, other)
    where = "分叉的证明"
    hashes = tuple(decode_base64(one, where, MalformedFork) for one in kept.grown)
    return Fork(accepted, other, decode_base64(kept.root, where, MalformedFork), hashes) if hashes else None


def _proof(one: Import) -> ImportProved:
    assert one.proved is not None, "what was handed over was proved"
    return one.proved
