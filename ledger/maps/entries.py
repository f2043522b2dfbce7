"""The completeness map of the log: which events are a person's, and under which key their entry stands.

A person's events are all whose leaf names them among its subjects, at the positions where they stand: a list of them is
for their eyes, so whoever an event concerns who may not be told (`Event.untold`) is no subject of it. Whether an act
was closed is not asked: a row of an open or abandoned act names the person too, and a list that changed with the end of
an act could hide one. What such a row is worth is for answers to say.

Key and blinding are HMACs under a secret that is derived from the index key: it lies in the vault, is wrapped again and
backed up with it, and no second secret can be lost. Without it the hashes of the tree tell nothing, not even whether an
id is in it. A blind is of one person and one count of events, so that what one statement opens opens no later one.

`ledger.proof.map_proof` has the hashes; `tests/ledger/test_map_file.py` and `tests/ledger/test_fsck_map.py` show it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from ledger.envelope import Envelope
from ledger.events.log import MapCommitted
from ledger.ids import PREFIXES
from ledger.proof.map_proof import FORMAT, hash_value
from ledger.proof.map_tree import Entry
from ledger.proof.text import encode_base64
from ledger.vocabulary import StreamId

_PERSON: Final = PREFIXES["person"]
_BLOCK_BYTES: Final = 64  # Of SHA-256; a shorter key is filled up with zeros.


def people_named(envelope: Envelope) -> Sequence[str]:
    """Name the people whose event this is, each once."""
    found = [subject for subject in envelope.subjects if subject.startswith(_PERSON)]
    return found if len(found) < 2 else tuple(dict.fromkeys(found))


class MapKey:
    """Turns a person into the place and the blinding of their entry."""

    def __init__(self, index_key: bytes) -> None:
        # What is looked up under the index key holds a NUL (`ledger.lookup`): this is no name that anyone reserves.
        self._secret = hmac.digest(index_key, b"xueshi/log.map", "sha256")
        padded = self._secret.ljust(_BLOCK_BYTES, b"\0")
        self._inner, self._outer = (hashlib.sha256(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))
        self.commitment: Final = hashlib.sha256(b"\x07" + self._secret).hexdigest()

    def key_of(self, person: str) -> bytes:
        """The place of a person's entry."""
        return self._keyed(b"key\0" + person.encode())

    def blind_of(self, person: str, count: int) -> bytes:
        """What is mixed into the value of an entry."""
        return self._keyed(b"blind\0%b\0%d" % (person.encode(), count))

    def _keyed(self, data: bytes) -> bytes:
        """HMAC-SHA256 (RFC 2104) from the two hashes begun with the key: a third of what making them anew costs."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(data)
        outer.update(inner.digest())
        return outer.digest()

    def entry(self, person: str, count: int, chain: bytes) -> Entry:
        """The entry of a person whom so many events name."""
        return Entry(self.key_of(person), hash_value(self.blind_of(person, count), count, chain))


def committed(stream: StreamId, key: MapKey, *, size: int, root: bytes, people: int) -> MapCommitted:
    """The event that commits to a map."""
    return MapCommitted(
        map=stream, format=FORMAT, size=size, root=encode_base64(root), people=people, key_sha256=key.commitment
    )
