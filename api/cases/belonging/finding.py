"""People found by what is printed on their documents, hundreds at once: rosters and imports name them in no other way.

One look-up of the names, one of the people, one of what is sealed of them: asked one by one, most of the time of a long
list went into asking. `tests/api/test_finding.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from api.cases.standing import absent, logged_in, look_at
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import identifier
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.base import Name
from ledger.events.person import Identity, IdentityChange, PersonCorrected, PersonRegistered
from ledger.identifiers import id_number, unit_code
from ledger.identifiers.id_number import IdNumber
from ledger.ledger import Ledger
from ledger.reading import Loaded, Recorded
from ledger.stores.append import Guard
from ledger.streams import person as persons
from ledger.streams.person import Person
from ledger.vocabulary import StreamId

AT_ONCE: Final = 500

_One = TypeVar("_One")


class Found(NamedTuple):
    """Whoever has a document, and their name in the form in which names are compared; None when its key is gone."""

    loaded: Loaded[Person]
    name: str | None

    @property
    def person(self) -> Person:
        """As they stand."""
        assert self.loaded.state is not None, "whoever is found is registered"
        return self.loaded.state


def blocks(rows: Sequence[_One], size: int = AT_ONCE) -> Iterator[Sequence[_One]]:
    """Cut a list into as many rows as are looked up at once."""
    return (rows[first:first + size] for first in range(0, len(rows), size))


def by_documents(ledger: Ledger, documents: Iterable[IdNumber]) -> dict[IdNumber, Found]:
    """Whoever has these documents, as they stand now; raises Held while a larger act writes to one of them."""
    asked = {Name("id_number", f"{one.kind}:{one.normalised}"): one for one in documents}
    holders = ledger.find_all(asked)
    said: dict[str, Recorded] = {}
    people: dict[str, Loaded[Person]] = {}
    for stream, leaves in ledger.store.streams(list(holders.values())).items():
        person: Person | None = None
        version, by_act = 0, False
        for position, leaf in leaves:
            envelope = decode(leaf)
            version = envelope.version
            by_act |= envelope.by.act is not None
            person = persons.evolve(person, envelope.event)
            if isinstance(envelope.event, PersonRegistered | PersonCorrected):
                said[stream] = Recorded(position, envelope)
        found = Loaded(person, version, None, (Guard(StreamId(stream), version),))
        if by_act:  # The ledger decides whether what a larger act wrote to them counts.
            found = ledger.load_free(stream, persons.evolve)
        if found.state is not None:
            people[stream] = found
    opened = dict(zip(said, ledger.opened_each(list(said.values())), strict=True))
    names = {stream: _name(one) for stream, one in opened.items()}
    return {asked[name]: Found(people[stream], names.get(stream))
            for name, stream in holders.items() if stream in people}


def _name(sealed: object) -> str | None:
    identity = sealed.identity if isinstance(sealed, IdentityChange) else sealed
    return identity.name_normalised if isinstance(identity, Identity) else None


def person_of(house: House, caller: Caller, kind: str, number: str, purpose: str | None) -> str | Refusal:
    """Whom a document names, if the asker may see them; whoever lies beyond their sight is simply not there."""
    asked = identifier("/id_number", lambda: id_number.parse(kind, number, today=house.today))
    found = by_documents(house.ledger, [asked]).get(asked)
    if found is None:
        return absent(house, caller, "person_absent")
    person = found.person.person
    no = look_at(house, caller, person, purpose, what=("identity",), route="finding")
    return person if no is None else no


def unit_of(house: House, caller: Caller, code: str) -> str | Refusal:
    """Which unit has a credit code; units stand open to whoever is logged in."""
    if no := logged_in(house, caller):
        return no
    asked = identifier("/credit_code", lambda: unit_code.parse(code))
    return house.ledger.find(Name("credit_code", asked.code)) or Refusal.because("unit_absent")
