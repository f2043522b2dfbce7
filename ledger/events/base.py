"""What every event is made of: the struct, its three kinds of fields, and who did it.

Every field of every event says what it tells about people (`tests/ledger/test_events.py` refuses one that does not):

* `Open[...]`: nothing about a person; anyone with the right to read the ledger may see it;
* `Pseudonym[...]`: an opaque handle of a person or a thing of theirs, which leads nowhere without the look-up;
* sealed: names, numbers, free text. These stand in the event's `Sealed` struct, never in the event.

The wire name (`claim.approved/1`) is for ever, the class name is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, NamedTuple, TypeVar, dataclass_transform

import msgspec

from ledger.vocabulary import ActId, ActorId, PersonId, StreamId, UnitId

_T = TypeVar("_T")

OPEN = msgspec.Meta(extra={"privacy": "open"}, extra_json_schema={"x-privacy": "open"})
PSEUDONYM = msgspec.Meta(extra={"privacy": "pseudonymous"}, extra_json_schema={"x-privacy": "pseudonymous"})
SEALED = msgspec.Meta(extra={"privacy": "sealed"}, extra_json_schema={"x-privacy": "sealed"})

Open = Annotated[_T, OPEN]
Pseudonym = Annotated[_T, PSEUDONYM]
Secret = Annotated[_T, SEALED]


class By(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Who did it, as what, for whom, why, in which request, caused by what."""

    actor: Pseudonym[ActorId | PersonId | str]
    role: Open[str]
    organisation: Pseudonym[UnitId | str | None] = None
    on_behalf_of: Pseudonym[str | None] = None
    reason: Open[str | None] = None  # A code; the words, if any, are sealed in the event.
    correlation: Open[str | None] = None
    cause: Open[int | None] = None  # The position of the event that led to this one.
    act: Open[ActId | None] = None  # The larger act this belongs to: in force only when that is closed.


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Sealed(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """What an event says of people in clear. It is stored beside the leaf, under the key of its first subject."""


class Words(Sealed):
    """Free text that goes with an act: always sealed, since people write names into it."""

    words: Secret[str]


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """A group of fields that several events share; its fields declare themselves as an event's do."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Event(
    msgspec.Struct,
    frozen=True,
    gc=False,  # Events hold strings, numbers and tuples of them: no cycle can start here, and reading is twice as fast.
    omit_defaults=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
):
    """One thing that happened. Subclasses name their wire type as `tag`."""

    sealed_as: ClassVar[type[Sealed] | None] = None

    @property
    def stream(self) -> StreamId:
        """Name the stream that it belongs to, so that a batch over several streams is a plain tuple of drafts."""
        raise NotImplementedError

    def subjects(self) -> tuple[str, ...]:
        """Name whom it concerns; the first owns the key of what is sealed."""
        raise NotImplementedError

    def untold(self) -> tuple[str, ...]:
        """Name whom else it concerns, who are not told: no list of their events may show it to them."""
        return ()

    def freed(self) -> frozenset[str]:
        """Say which kinds of reserved names its stream no longer holds once this has happened."""
        return frozenset()

    def names(self, sealed: Sealed | None) -> Sequence[Name]:
        """List the names that this event reserves for its stream, after freeing."""
        return ()


class Hand(Part):
    """Whose hand it was, where a later decision asks: what one did, another has to confirm or undo (D14).

    `By` stands in the envelope, which a stream's state never sees; a person may act for several offices, hence both.
    """

    actor: Pseudonym[ActorId]
    person: Pseudonym[PersonId | None] = None


class Name(NamedTuple):
    """A name that only one stream may hold at a time: an ID number, a certificate of an issuer for a person, a card."""

    kind: str
    value: str


class Draft(NamedTuple):
    """An event that is decided but not yet recorded, with what is to be sealed beside it."""

    event: Event
    sealed: Sealed | None = None


def wire_type(event: Event | type[Event]) -> str:
    """Read the wire name of an event or of its class."""
    tag = event.__struct_config__.tag
    assert isinstance(tag, str), f"{event!r} has no wire name"
    return tag
