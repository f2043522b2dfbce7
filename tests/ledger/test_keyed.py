"""What is keyed by two copied states is what the library's HMAC gives, whatever the key and the message."""

from __future__ import annotations

import hmac
import random

from ledger.keyed import Keyed


def test_it_is_the_hmac_of_any_message_under_a_key_of_any_length() -> None:
    chance = random.Random(7)
    for length in (0, 1, 32, 63, 64, 65, 200):
        key = chance.randbytes(length)
        keyed = Keyed(key)
        for size in (0, 1, 55, 64, 3_000):
            message = chance.randbytes(size)
            assert keyed.digest(message) == hmac.digest(key, message, "sha256"), (length, size)
