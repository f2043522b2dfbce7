"""What goes after a key: the files, drafts and accounts that the service itself kept of somebody who is forgotten.

Without the key none of it can be read, but it would still open a door, or say that somebody had one. It is taken away
again each hour: a process may have been killed in between, and a copy of the tables may come back.
`tests/api/test_erasure.py` shows it.
"""

from __future__ import annotations

from api.house import House
from ledger.ids import PREFIXES


def purge(house: House, person: str) -> None:
    """Take away what the service itself keeps about somebody who is forgotten; nothing of it is proven anywhere."""
    assert house.ledger.vault.is_destroyed(person), "only what nobody can read any more is thrown away"
    house.operations.forget(person)
    house.accounts.forget(person)
    house.evidence.forget(person)
    house.claim_drafts.tidy(now=house.now)
    house.event_notes.tidy()
    house.factors.tidy(now=house.now)


def purge_all(house: House) -> None:
    """The same of everyone, where it was cut short or a copy came back. What is sealed is tidied by its own keepers."""
    for one in house.ledger.vault.file.destructions():
        if one.owner.startswith(PREFIXES["person"]):
            house.operations.forget(one.owner)
            house.accounts.forget(one.owner)
