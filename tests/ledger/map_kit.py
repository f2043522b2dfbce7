"""Completeness maps by their definition, and small logs whose events name many people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ledger_kit import BY, House
from statement_kit import CODE, STATEMENT, TEXT

from ledger.envelope import Encoded, decode, encode
from ledger.events.base import Draft
from ledger.events.claim import ClaimWithdrawn
from ledger.events.log import MapCommitted
from ledger.events.statement import StatementId
from ledger.ids import new_id
from ledger.maps.entries import MapKey
from ledger.maps.file import MapFile, Proved
from ledger.offline.statement_file import EVENTS_FIELD, EVENTS_WORDS, Completeness, format_statement
from ledger.proof.map_proof import (
    EMPTY,
    Presence,
    begin_chain,
    bit_of,
    extend_chain,
    format_presence,
    hash_entry,
    hash_fork,
    hash_value,
)
from ledger.proof.merkle import hash_leaf
from ledger.proving import prove_event
from ledger.stores.append import Append
from ledger.stores.recorder import AppendingRecorder
from ledger.streams import person as persons
from ledger.streams.statement import IssueStatement, decide_issue
from ledger.vocabulary import ClaimId, PersonId, StreamId


def key_of(house: House) -> MapKey:
    return MapKey(house.vault.secret("index"))


def map_file(house: House, name: str = "map.db") -> MapFile:
    return MapFile(house.folder / name, house.store, key_of(house))


def listed(leaves: Sequence[bytes]) -> dict[str, list[tuple[int, bytes]]]:
    """Whom leaves name, at which positions."""
    found: dict[str, list[tuple[int, bytes]]] = {}
    for position, leaf in enumerate(leaves, 1):
        for person in {subject for subject in decode(leaf).subjects if subject.startswith("per_")}:
            found.setdefault(person, []).append((position, hash_leaf(leaf)))
    return found


def root_of_lists(key: MapKey, people: dict[str, list[tuple[int, bytes]]]) -> bytes:
    """The root of a map over these lists, whatever they are."""
    entries = []
    for person, events in people.items():
        chain = begin_chain(person)
        for position, leaf_hash in events:
            chain = extend_chain(chain, position, leaf_hash)
        value = hash_value(key.blind_of(person, len(events)), len(events), chain)
        entries.append((key.key_of(person), value))
    return _root(entries)


def _root(entries: list[tuple[bytes, bytes]], depth: int = 0) -> bytes:
    if len(entries) < 2:
        return hash_entry(*entries[0]) if entries else EMPTY
    return hash_fork(*(
        _root([entry for entry in entries if bit_of(entry[0], depth) == bit], depth + 1) for bit in (0, 1)))


def defined_root(house: House, size: int | None = None) -> bytes:
    """The root of the map of a log at a size."""
    return root_of_lists(key_of(house), listed(house.store.leaves(0, house.store.size() if size is None else size)))


def event(number: int, person: str) -> Encoded:
    claim = ClaimId(new_id("claim", now_ms=number))  # Another process may stand at the same number.
    return encode(StreamId(claim), 1, Draft(ClaimWithdrawn(claim=claim, person=PersonId(person))), BY, None)


def name_people(store: AppendingRecorder, people: Iterable[str]) -> None:
    """Append an event for each, that names them."""
    start = store.size()
    events = [event(start + number, person) for number, person in enumerate(people)]
    for first in range(0, len(events), 1_000):
        store.append(Append(tuple(events[first:first + 1_000])))


def commit(house: House, proved: Proved, **changed: object) -> int:
    """Commit to a map, or to one that is changed; gives the position."""
    number = house.store.size()
    made = map_file(house, f"made{number}.db").commitment(proved, new_id("log", now_ms=number))
    fields = {name: getattr(made, name) for name in made.__struct_fields__} | changed
    return house.record((Draft(MapCommitted(**fields)),))[0]


def issue_complete(
    house: House, made: MapFile, person: PersonId, statement: StatementId = STATEMENT, code: str = CODE,
    text: str = TEXT, *, says: int | None = None,
) -> tuple[int, int]:
    """Issue a statement with what the map says of its person; gives the positions of its event and of the map's."""
    as_of = house.store.size()
    proved = made.proof_of(person, as_of)
    assert isinstance(proved.proof, Presence)
    count = len(proved.proof.events) if says is None else says
    command = IssueStatement(
        statement=statement, text=counting(text, count), code=code, as_of=as_of, log_size=as_of,
        law="then", rulebooks=("c" * 64,), years=(2026,), asking=person,
        presence=format_presence(proved.proof).decode(), map_event=proved.event)
    decided = decide_issue(None, command, house.load(person, persons.evolve), size=as_of)
    assert isinstance(decided, tuple)
    mapped = Draft(made.commitment(proved, new_id("log", now_ms=as_of)))
    positions = house.record((*decided, mapped) if proved.event is None else decided)
    if proved.event is None:
        made.remember(proved, positions[1])
    return positions[0], proved.event or positions[1]


def counting(text: str, count: int) -> str:
    return f"{text}{EVENTS_FIELD}    {EVENTS_WORDS.format(count)}\n"


def complete_file(
    house: House, positions: tuple[int, int], presence: Presence, text: str, note: bytes | None = None
) -> bytes:
    """The file of a statement with its proof of completeness, under a checkpoint that is signed now."""
    signed = house.signer().checkpoint() if note is None else note
    bundle, mapped = (prove_event(house.store, position, signed) for position in positions)
    return format_statement(text, bundle, Completeness(format_presence(presence), mapped))


def cut_short(file: Path, size: int) -> None:
    """Cut a file."""
    with file.open("r+b") as opened:
        opened.truncate(size)
