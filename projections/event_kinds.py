"""The kinds of events: one word each for programs, and what it is called in Chinese.

A kind is the wire name without its version, so that a new form of an event is no new kind to whoever reads about it.
`event_kinds.toml` holds the Chinese words.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Final

from ledger.events.base import Event, wire_type
from ledger.events.catalogue import CURRENT


def kind_of(event: Event | type[Event]) -> str:
    """What kind of event it is, for programs and for ever."""
    return wire_type(event).partition("/")[0]


KIND_OF: Final = {event: kind_of(event) for event in CURRENT.values()}


@cache
def words() -> dict[str, str]:
    """What each kind of event is called in Chinese."""
    text = resources.files(__package__).joinpath("event_kinds.toml").read_text(encoding="utf-8")
    return {f"{family}.{name}": said for family, names in tomllib.loads(text).items() for name, said in names.items()}
