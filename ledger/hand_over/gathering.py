"""What a ledger hands over: the entries that were decided since a size, gathered with what proves each, and written.

    gathered = gather(ledger, claims, size)
    for line in hand_over(ledger.store, gathered, header, note, keys): file.write(line)

Which entries, the caller says: here it is only asked what they are made of. Of an entry every event goes along, so that
whoever reads can do the deciding again; of what is sealed only what says what was studied, of a person only who it is.
What somebody wrote about an entry, a phone number, the device that sent it, stay where they are. Of whom the key was
destroyed nobody could be found any more, and of whom all processing stopped nothing is sent: those are left out.

`ledger.hand_over.file` has the form, `ledger.hand_over.check` reads it.
`tests/province/test_hand_over_file.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from ledger.envelope import Envelope, SealedPart, decode
from ledger.events.act import ActAbandoned, ActClosed
from ledger.events.claim import ClaimCorrected, ClaimRevised, ClaimSubmitted
from ledger.events.person import (
    Identity,
    IdentityChange,
    PersonCorrected,
    PersonRegistered,
    PersonRestricted,
    RestrictionLifted,
)
from ledger.events.study import StudyDetails
from ledger.hand_over.file import Ended, Entry, Happened, Header, Whose, format_file, hash_lines
from ledger.keys.vault import Absent
from ledger.ledger import Ledger
from ledger.proof.keys import SigningKey
from ledger.proof.multiproof import prove_many
from ledger.proof.text import encode_base64
from ledger.proof.tiles import TileHashes
from ledger.stores.recorder import AppendingRecorder

HANDED_DETAILS: Final = ("title", "certificate_issuer", "certificate_number", "location", "authors", "override_reason")
"""What of the sealed part of a study goes along: what an entry is called, and why an authority gave it more."""

_STATES_STUDY: Final = (ClaimSubmitted, ClaimRevised, ClaimCorrected)
_AT_ONCE: Final = 500


class _Stands(NamedTuple):
    """An event where it stands, as the bytes that it is."""

    position: int
    leaf: bytes
    envelope: Envelope


class Gathered(NamedTuple):
    """What goes along, each event by its place; which entries do not; and of which places they all are."""

    acts: list[Ended]
    persons: list[Whose]
    entries: list[Entry]
    left_out: list[str]
    places: set[tuple[str, str]]  # Region and sector where each was submitted.


def gather(ledger: Ledger, claims: Sequence[str], size: int) -> Gathered:
    """Gather entries as they stood at a size."""
    gathered, acts = Gathered([], [], [], [], set()), set[str]()
    persons: dict[str, Whose | None] = {}
    for first in range(0, len(claims), _AT_ONCE):
        some = claims[first:first + _AT_ONCE]
        stories = {claim: _stream(stream, size) for claim, stream in ledger.store.streams(some).items()}
        known = [story for story in stories.values() if story]
        wanted = dict.fromkeys(story[0].envelope.subjects[0] for story in known)
        persons |= _whose(ledger, [one for one in wanted if one not in persons], size)
        entries = _entries(ledger, [story for story in known if persons[story[0].envelope.subjects[0]] is not None])
        gathered.entries.extend(entries.values())
        gathered.left_out.extend(claim for claim in some if claim not in entries)
        gathered.places.update(_place(story) for story in known)
        acts.update(one.envelope.by.act for story in known for one in story if one.envelope.by.act is not None)
    gathered.acts.extend(_endings(ledger, sorted(acts), size))
    gathered.persons.extend(one for one in persons.values() if one is not None)
    return gathered


def hand_over(
    store: AppendingRecorder, gathered: Gathered, header: Header, note: bytes, keys: Iterable[SigningKey]
) -> Iterator[bytes]:
    """Give the lines of the file, proved under the checkpoint that the header speaks of."""
    places = {one.position - 1 for one in gathered.acts} | {one.position - 1 for one in gathered.persons}
    places.update(each.position - 1 for entry in gathered.entries for each in entry.events)
    proof = prove_many(sorted(places), header.since, header.size, TileHashes(store, header.size))
    lines = (header, *gathered.acts, *gathered.persons, *gathered.entries, *hash_lines(proof))
    return format_file(lines, note, keys)


def _place(story: Sequence[_Stands]) -> tuple[str, str]:
    event = story[0].envelope.event
    assert isinstance(event, ClaimSubmitted), "an entry begins with its submission"
    return event.region, event.sector


def _stream(stream: Iterable[tuple[int, bytes]], size: int) -> list[_Stands]:
    return [_Stands(position, leaf, decode(leaf)) for position, leaf in stream if position <= size]


def _whose(ledger: Ledger, persons: Sequence[str], size: int) -> dict[str, Whose | None]:
    """Who each of these people is; None where their key is destroyed, or all processing stopped (PIPL 47)."""
    last: dict[str, _Stands] = {}
    for person, stream in ledger.store.streams(persons).items():
        restricted = False
        for one in _stream(stream, size):
            if isinstance(one.envelope.event, PersonRegistered | PersonCorrected):
                last[person] = one
            if isinstance(one.envelope.event, PersonRestricted | RestrictionLifted):
                restricted = isinstance(one.envelope.event, PersonRestricted)
        if restricted:
            del last[person]
    found: dict[str, Whose | None] = dict.fromkeys(persons)
    for person, (one, part, opened) in zip(last, _opened(ledger, list(last.values())), strict=True):
        identity = opened.identity if isinstance(opened, IdentityChange) else opened
        if isinstance(identity, Identity) and part is not None:
            found[person] = Whose(
                person, one.position, msgspec.Raw(one.leaf), encode_base64(part.salt), encode_base64(part.ciphertext),
                identity.name, identity.id_kind, identity.id_number)
    return found


def _entries(ledger: Ledger, stories: Sequence[list[_Stands]]) -> dict[str, Entry]:
    """The entries that these are the events of, where what was studied can still be read."""
    stated = [next(one for one in reversed(story) if isinstance(one.envelope.event, _STATES_STUDY))
              for story in stories]
    found: dict[str, Entry] = {}
    for story, (last, part, details) in zip(stories, _opened(ledger, stated), strict=True):
        if part is None or not isinstance(details, StudyDetails):
            continue
        shown = StudyDetails(**{name: getattr(details, name) for name in HANDED_DETAILS})
        events = tuple(
            Happened(one.position, msgspec.Raw(one.leaf)) if one is not last else
            Happened(one.position, msgspec.Raw(one.leaf), encode_base64(part.salt), encode_base64(part.ciphertext),
                     shown)
            for one in story)
        claim = str(last.envelope.stream)
        found[claim] = Entry(claim, events)
    return found


def _opened(ledger: Ledger, stands: Sequence[_Stands]) -> list[tuple[_Stands, SealedPart | None, object]]:
    parts = ledger.store.sealed_at([one.position for one in stands])
    opened = ledger.vault.open_all([(one.envelope, parts.get(one.position)) for one in stands])
    return [(one, parts.get(one.position), None if isinstance(said, Absent) else said)
            for one, said in zip(stands, opened, strict=True)]


def _endings(ledger: Ledger, acts: Sequence[str], size: int) -> Iterator[Ended]:
    """How each act ended, if it has by then."""
    for stream in ledger.store.streams(acts).values():
        for one in _stream(stream, size):
            if isinstance(one.envelope.event, ActClosed | ActAbandoned):
                yield Ended(one.position, msgspec.Raw(one.leaf))
