"""Who differs, of everyone at once: what was decided and what the law says, each judged by the kernel over columns.

The coded ledger is judged twice. As evaluated it is a replay under the law. As decided it is the same kernel over other
numbers: each decision is a ruling with the worth, the cap and the class that were recorded. An entry differs where
`differing.brought` says so, here of whole columns. Only of those who have such an entry the reasons are asked for, one
by one; what each of their entries counts is then held against what was found here, and so is a sample of all others.

`tests/projections/test_differences.py` holds it against the answers of everyone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ledger.events.study import Study
from ledger.ledger import Ledger
from policies.assess import Ruling
from policies.law import CATEGORIES
from projections.books import Books
from projections.differences.person import Counted, Judge
from projections.entries_reading import Decision, Version
from projections.errors import ProjectionError
from projections.files.projection import HOLDS
from projections.replay.coded import Coded
from projections.replay.compiled import Compiled, Rulings, cells_of, compile_over, gain
from projections.replay.gathered import Gathered, gather, read_under
from projections.replay.kernel import lost, replay
from projections.replay.reading import Snapshot
from projections.replay.replayed import Replayed
from projections.replay.store import open_coded

Progress = Callable[[int, int], None]
_AT_ONCE: Final = 50_000
_DECISIONS: Final = (
    "SELECT v.claim, d.assessed_centi, d.status, d.digest, d.clauses "
    "FROM claims v JOIN decisions d ON d.event = v.decision_event "
    f"WHERE v.status IN ('approved', 'frozen') AND {HOLDS}"
)
_Key = tuple[int, str, str | None, str]


class Disagreement(ProjectionError):
    """What was found in bulk and what was judged one by one differ over somebody. Both are kept: they are evidence."""

    code = "differences_disagree"

    def __init__(self, person: str, at: int, *, found: Any, judged: Any) -> None:
        self.person, self.at, self.found, self.judged = person, at, found, judged
        super().__init__(
            f"差异清单与逐条评定不一致：{person}，事件 {at}。清单停在此前的位置，没有更新；"
            f"成批得 {found}，逐条得 {judged}。请保留这段文字并报告，这是程序的错误。"
        )


class Everyone:
    """What the kernel says of everyone as of a position, both ways."""

    def __init__(
        self, ledger: Ledger, folder: Path, judge: Judge, at: int, progress: Progress = lambda done, total: None
    ) -> None:
        held, books = open_coded(folder, ledger, progress).held, judge.books
        self.at, self._gathered = at, gather(held, at, judge.valid_on)
        law = books.seat(judge.digests(at)).bench.law
        coded = read_under(self._gathered, law)
        compiled = compile_over(law, coded)
        self._coded, self._evaluated = coded, replay(coded, compiled)
        numbers = compiled.table[cells_of(coded, compiled.edges, compiled.deadlines)]
        told, told_numbers = _as_decided(self._gathered, books, _decisions(folder, at), compiled)
        told_coded = replace(coded, case=told_numbers, cases=())
        self._decided = replay(told_coded, told)
        differs = np.zeros(coded.entries, dtype=np.bool_)
        for one, two in zip(_brought(coded, compiled, numbers, self._evaluated),
                            _brought(told_coded, told, told_numbers, self._decided), strict=True):
            differs |= one != two
        owners = np.searchsorted(coded.first_entry, np.flatnonzero(differs), side="right") - 1
        self._differ = np.unique(owners)
        self._number = {name: number for number, name in enumerate(coded.people)}
        self._demand_no_other_year()

    @property
    def people(self) -> tuple[str, ...]:
        """Everyone in the register."""
        return self._coded.people

    def who_differ(self) -> list[str]:
        """Those who have an entry that differs."""
        return [self._coded.people[number] for number in self._differ.tolist()]

    def counted(self, person: str) -> Counted:
        """What each entry of somebody counts."""
        number = self._number[person]
        first, last = self._coded.first_entry[number:number + 2].tolist()
        claims = self._gathered.held.claims["claim"][self._gathered.claims[first:last]].astype(str).tolist()
        pairs = zip(self._decided.counted[first:last].tolist(), self._evaluated.counted[first:last].tolist(),
                    strict=True)
        return dict(zip(claims, pairs, strict=True))

    def _demand_no_other_year(self) -> None:
        """No year may differ but of those who have an entry that does."""
        one, two = self._decided, self._evaluated
        width = max(one.sums.shape[1], two.sums.shape[1])
        years = (_wide(one.sums, width) != _wide(two.sums, width)).any(axis=1)
        years |= (one.verdict != two.verdict) | (one.minimums != two.minimums)
        owners = np.searchsorted(self._coded.first_year_row, np.flatnonzero(years), side="right") - 1
        if len(others := np.setdiff1d(owners, self._differ)):
            person = self._coded.people[int(others[0])]
            raise Disagreement(person, self.at, found="a year differs", judged="no entry does")


def _wide(sums: NDArray[np.int32], width: int) -> NDArray[np.int32]:
    return np.pad(sums, ((0, 0), (0, width - sums.shape[1])))


def _brought(
    coded: Coded, compiled: Compiled, numbers: NDArray[Any], replayed: Replayed
) -> Iterator[NDArray[Any]]:
    """What each entry brings to its year (`differing.brought`): hours, their class, other hours, what is open."""
    rulings = compiled.rulings
    counts = rulings.counts[numbers] & ~lost(coded, numbers, compiled)
    hours = np.where(counts, replayed.counted, 0)
    yield hours
    yield np.where(hours > 0, rulings.class_[numbers], 0)
    yield np.where(counts, rulings.credit[numbers].astype(np.int64) * len(CATEGORIES) + rulings.credited[numbers], 0)
    yield rulings.unruled[numbers]


def _decisions(folder: Path, at: int) -> tuple[NDArray[np.bytes_], NDArray[np.int32], Sequence[_Key]]:
    """Every decision that stood, by claim, and what distinct ones there are."""
    distinct: dict[_Key, int] = {}
    claims, numbers = [], []
    with Snapshot(folder) as snapshot:
        cursor: sqlite3.Cursor = snapshot.entries.execute(_DECISIONS, {"as_of": at})
        while rows := cursor.fetchmany(_AT_ONCE):
            claims.append(np.array([row[0] for row in rows], dtype="S26"))
            numbers.append(np.array([distinct.setdefault(row[1:], len(distinct)) for row in rows], dtype=np.int32))
    found = np.concatenate([np.zeros(0, "S26"), *claims])
    order = np.argsort(found, kind="stable")
    return found[order], np.concatenate([np.zeros(0, np.int32), *numbers])[order], list(distinct)


def _as_decided(
    gathered: Gathered, books: Books, decisions: tuple[NDArray[np.bytes_], NDArray[np.int32], Sequence[_Key]],
    compiled: Compiled,
) -> tuple[Compiled, NDArray[np.int32]]:
    """What was decided in the kernel's form: a ruling for each distinct decision on a distinct statement."""
    claims, numbers, distinct = decisions
    at = np.searchsorted(claims, gathered.held.claims["claim"][gathered.claims])
    statement = gathered.statement[gathered.coded.case].astype(np.int64)
    mixed = statement * max(1, len(distinct)) + numbers[at] if len(claims) else statement
    pairs, number = np.unique(mixed, return_inverse=True)
    rulings = [_decided(books, gathered.held.statements[pair // len(distinct)].study, distinct[pair % len(distinct)])
               for pair in pairs.tolist()]
    classes: dict[tuple[str, str] | None, int] = {one: at for at, one in enumerate(compiled.classes)}
    buckets: dict[str | None, int] = {None: 0}
    columns = list(zip(*(gain(ruling, buckets, classes) for ruling in rulings), strict=True)) or [()] * 10
    kinds = (np.bool_, np.int8, np.int32, np.int32, np.int32, np.bool_, np.int8, np.int8, np.int32, np.uint8)
    told = Rulings(*(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)))
    every = np.arange(len(rulings), dtype=np.int32)
    made = replace(
        compiled, edges=np.zeros(0, dtype=np.int32), deadlines=(), table=every, exact=every, reasons=tuple(rulings),
        rulings=told, buckets=len(buckets), classes=tuple(classes),
    )
    return made, number.astype(np.int32)


_study = msgspec.json.Decoder(Study).decode
_texts = msgspec.json.Decoder(tuple[str, ...]).decode


def _decided(books: Books, study: str, key: _Key) -> Ruling:
    """The ruling that a decision recorded, as one person's judge has it."""
    assessed_centi, status, digest, clauses = key
    decision = Decision(0, assessed_centi, status, None, digest, _texts(clauses), (), None)
    return books.decided(Version("-", "-", "approved", 1, 0, "auto", "", 1, 1, (), _study(study), 0, decision, 1, None))
