"""The vault: seals what events say of people, each under the key of its owner, and opens it while that key is there.

What is sealed is bound to its place, so that it cannot be moved to another event of the same person. The keys
themselves are `ledger.keys.ring`'s. `tests/ledger/test_vault.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.exceptions import InvalidTag

from ledger.envelope import SALT_BYTES, Envelope, NotText, Random, SealedPart
from ledger.events.base import Sealed
from ledger.keys.makes import BY_RECORD, make_of, open_master
from ledger.keys.master import NONCE_BYTES, WrongKey
from ledger.keys.ring import KeyRing
from ledger.vocabulary import StreamId

if TYPE_CHECKING:
    from ledger.keys.makes import Place

SEAL_CHANCE_BYTES: Final = NONCE_BYTES + SALT_BYTES


class Absent(Enum):
    """Why a sealed part cannot be read."""

    DESTROYED = "已销毁"  # The key is gone, for good.
    REDACTED = "已遮盖"   # This copy was made without it.


class Vault(KeyRing):
    """Seals and opens what events say of people."""

    def seal(
        self, owner: str, sealed: Sealed, *, stream: StreamId, version: int, random: Random | None = None
    ) -> SealedPart:
        """Encrypt a sealed struct for its place in the log; the owner's key must have been prepared."""
        chance = (random or self.random)(SEAL_CHANCE_BYTES)
        nonce, salt = chance[:NONCE_BYTES], chance[NONCE_BYTES:]
        try:
            text = msgspec.json.encode(sealed)
        except UnicodeEncodeError:
            raise NotText from None  # The cause would carry the text along.
        ciphertext = self._key(owner).encrypt(nonce, text, _place(stream, version))
        return SealedPart(salt, nonce + ciphertext)

    def open(self, envelope: Envelope, part: SealedPart | None) -> Sealed | Absent | None:
        """Decrypt what is sealed beside an event; None where the event has nothing sealed."""
        return self._open(envelope, part, self.is_destroyed)

    def seal_bytes(self, owner: str, data: bytes, *, place: str) -> bytes:
        """Encrypt what lies outside the log, for a place of its own; the owner's key must have been prepared."""
        nonce = self.random(NONCE_BYTES)
        return nonce + self._key(owner).encrypt(nonce, data, place.encode())

    def open_bytes(self, owner: str, sealed: bytes, *, place: str) -> bytes | Absent:
        """Decrypt what lies outside the log; raises WrongKey where it is not what was sealed for this place."""
        if self.is_destroyed(owner):
            return Absent.DESTROYED
        try:
            return self._key(owner).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise WrongKey(f"{owner} 的 {place}") from error

    def open_all(
        self, sealed: Sequence[tuple[Envelope, SealedPart | None]]
    ) -> list[Sealed | Absent | None]:
        """The same of hundreds at once: their keys are looked up together, and so is whether they were destroyed."""
        owners = dict.fromkeys(owner for envelope, _ in sealed if (owner := envelope.key_owner) is not None)
        destroyed = self._look_up(owners)
        return [self._open(envelope, part, destroyed.__contains__) for envelope, part in sealed]

    def open_each(
        self, sealed: Iterable[tuple[Envelope, SealedPart | None]]
    ) -> Iterator[Sealed | Absent | None]:
        """Decrypt what is sealed beside several events; of each owner is asked once whether the key was destroyed."""
        is_destroyed = cache(self.is_destroyed)
        return (self._open(envelope, part, is_destroyed) for envelope, part in sealed)

    def _open(
        self, envelope: Envelope, part: SealedPart | None, is_destroyed: Callable[[str], bool]
    ) -> Sealed | Absent | None:
        if envelope.sealed is None:
            return None
        if part is None:
            return Absent.REDACTED
        owner, form = envelope.key_owner, envelope.event.sealed_as
        assert owner is not None and form is not None, "a sealed event names its owner and its form"
        if is_destroyed(owner):
            return Absent.DESTROYED
        where = f"{envelope.stream} 第 {envelope.version} 版的密封部分"
        if part.digest() != envelope.sealed:  # Whoever has the key could have sealed other words for the same place.
            raise WrongKey(where)
        nonce, ciphertext = part.ciphertext[:NONCE_BYTES], part.ciphertext[NONCE_BYTES:]
        try:
            text = self._key(owner).decrypt(nonce, ciphertext, _place(envelope.stream, envelope.version))
        except (InvalidTag, ValueError) as error:
            raise WrongKey(where) from error
        found: Sealed = msgspec.json.decode(text, type=form)
        return found


def open_vault(place: Place, setting: str = BY_RECORD) -> Vault:
    """Open a vault under the master key that a setting names."""
    folder = place.parent if isinstance(place, Path) else place.folder
    master = open_master(make_of(place, setting), folder)
    try:
        return Vault(place, master)
    except BaseException:
        master.close()
        raise


def _place(stream: StreamId, version: int) -> bytes:
    """Bind a ciphertext to where it stands, so that it cannot be moved to another event of the same person."""
    return f"{stream}/{version}".encode()
