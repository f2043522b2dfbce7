"""What goes after a key: the files, drafts and accounts that the service itself kept of somebody who is forgotten.

Without the key none of it can be read, but it would still open a door, or say that somebody had one. It is taken away
again each hour: a process may have been killed in between, and a copy of the tables may come back. So may a copy of the
vault, put in place by hand: whom the log says is forgotten is forgotten again first.
`tests/api/test_erasure.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from api.house import House
from ledger.ids import PREFIXES
from projections.errors import NotBuilt
from projections.people_reading import read_erasures

_READ_AT_ONCE: Final = 500


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
    house.ledger.end_destructions(_came_back(house))
    for one in house.ledger.vault.file.destructions():
        if one.owner.startswith(PREFIXES["person"]):
            house.operations.forget(one.owner)
            house.accounts.forget(one.owner)


def _came_back(house: House) -> Iterator[str]:
    """Whom the answers know to be forgotten, and the vault does not; answers that are being made know the next hour."""
    known = {one.owner for one in house.ledger.vault.file.destructions()}
    try:
        reader, as_of = house.answers.file("people")
    except NotBuilt:
        return
    before = as_of + 1
    while rows := read_erasures(reader, as_of, before=before, limit=_READ_AT_ONCE):
        yield from (one.person for one in rows if one.status == "destroyed" and one.person not in known)
        before = rows[-1].event
