"""What a history must have come to when everything has settled: asked of the store, the files and each decision."""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

from ledger.envelope import Envelope
from ledger.errors import Refusal
from ledger.ledger import Deciding
from ledger.proof.tiles import Tile
from ledger.reading import Loaded
from ledger.stores.append import Guard
from ledger.vocabulary import StreamId
from projections.files.batch import read_batch
from projections.files.content import content
from projections.files.file import ProjectionFile
from projections.files.places import path_of
from tests.simulation.asked import listed, standing_alone
from tests.simulation.parts import BEGINNING, Broken, template

if TYPE_CHECKING:
    from tests.simulation.world import World


def check_end(world: World) -> None:
    world._look_at_log(world.watching.store.size())
    world._read()
    world._sign()
    if world.read_last != len(world.leaves):
        raise Broken(f"the follower caught up, and a reader is told of {world.read_last}")
    store = world.watching.store
    names = {held.reservation.name: (held.reservation.holder, held.position, held.freed_by)
             for held in store.names()}
    if names != {name: (held.holder, held.position, held.freed_by) for name, held in world.model.names.items()}:
        raise Broken("the reserved names are not those that should stand")
    for stream, version in world.model.versions.items():
        positions = [at for at, envelope in enumerate(world.envelopes, 1) if envelope.stream == stream]
        if [at for at, _ in store.stream(stream)] != positions or len(positions) != version:
            raise Broken(f"{stream} stands at {positions}, version {version}, the store says otherwise")
    for size, root in world.roots.items():
        if store.frontier(size).root() != root:
            raise Broken(f"the root at {size} has changed since it was signed")
    _check_tiles(world)
    _check_decisions(world)
    if world.rng.random() < 0.1:
        _check_built_at_once(world)


def _check_tiles(world: World) -> None:
    hashes = [hashlib.sha256(b"\0" + leaf).digest() for leaf in world.leaves]
    for index in range(len(hashes) // 256):
        if world.watching.store.read_tile(Tile(0, index, 256)) != b"".join(hashes[index * 256:index * 256 + 256]):
            raise Broken(f"tile {index} does not hold the hashes of its events")


def _check_decisions(world: World) -> None:
    """Each decision, made again on the log right before its events, comes to the same events."""
    seen = set()
    for position in range(BEGINNING + 1, len(world.leaves) + 1):
        stood = world.model.log[position - 1]
        assert stood is not None, "it stands past the beginning"
        append = stood.append
        if append.request is None or id(append) in seen:
            continue
        seen.add(id(append))
        asked = world.asked.get(append.request.key + append.request.fingerprint)
        if asked is None:
            continue
        before = world.envelopes[:position - 1]
        again: Deciding = asked.decision(partial(_load_at, before))
        events = [envelope.event for envelope in world.envelopes[position - 1:position - 1 + len(append.events)]]
        if isinstance(again.drafts, Refusal) or [draft.event for draft in again.drafts] != events:
            raise Broken(f"{asked.word} stands at {position}, and right before it would have been {again.drafts}")


def _check_built_at_once(world: World) -> None:
    path = path_of(world.folder / "answers", world.projection)
    shutil.copyfile(path_of(template() / "answers", world.projection), world.folder / "at-once.db")
    file = ProjectionFile(world.projection, world.folder / "at-once.db")
    while batch := read_batch(world.watching, file.position, world.rng.randint(1, 60)):
        file.apply(batch, world.watching)
    world.follower.stop()
    followed = ProjectionFile(world.projection, path)
    if content(file.connection) != content(followed.connection):
        raise Broken("followed and built at once are not the same")
    file.connection.close()
    followed.connection.close()


def _load_at(envelopes: list[Envelope], stream: str, evolve: Any) -> Loaded[Any]:
    if evolve is standing_alone:
        return listed(stream, len(envelopes), envelopes[BEGINNING:])
    state, version = None, 0
    for envelope in envelopes:
        if envelope.stream == stream:
            state, version = evolve(state, envelope.event), envelope.version
    return Loaded(state, version, None, (Guard(StreamId(stream), version),))
