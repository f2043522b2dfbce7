"""Every event there is, by wire name; older wire versions are read through upcasters to the newest.

`xueshi events schema` prints these as JSON Schema. To change an event's form: add a class with the next number, keep
the old one in `OLDER` beside a function that makes a new one of it, and put one of each into the golden log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec

from ledger.events import (
    access,
    act,
    actor,
    application,
    case,
    case_bulk,
    claim,
    claim_appeal,
    course,
    exam,
    finding,
    import_source,
    imports,
    log,
    person,
    rulebook,
    statement,
    training,
    transfer,
    unit,
    year,
)
from ledger.events.base import By, Event, wire_type

CURRENT: Final[dict[str, type[Event]]] = {
    wire_type(event): event
    for module in (
        person, transfer, unit, actor, claim, claim_appeal, course, exam, application, case, case_bulk, finding,
        training, imports, import_source, rulebook, statement, act, log, access,
        year,
    )
    for event in vars(module).values()
    if isinstance(event, type)
    and issubclass(event, Event)
    and "/" in wire_type(event)  # Bases have no wire name of that form: they never happen.
    and event.__module__ == module.__name__
}

Upcaster = Callable[[Any], Event]
OLDER: Final[dict[type[Event], Upcaster]] = {}
"""Classes of older wire versions, each with the function that makes the newest of it."""

EVERY: Final[tuple[type[Event], ...]] = (*CURRENT.values(), *OLDER)


def upcast(event: Event) -> Event:
    """Give the newest form of an event."""
    change = OLDER.get(type(event))
    return event if change is None else upcast(change(event))


def privacy(struct: type[msgspec.Struct]) -> dict[str, str | None]:
    """Say for each field of an event, of its parts and of its sealed struct what it tells; None where undeclared."""
    found: dict[str, str | None] = {}
    for name, hint in get_type_hints(struct, include_extras=True).items():
        if name.startswith("_") or name not in struct.__struct_fields__:
            continue
        marks = [mark.extra["privacy"] for mark in getattr(hint, "__metadata__", ()) if mark.extra]
        found[f"{struct.__name__}.{name}"] = marks[0] if len(marks) == 1 else None
        for part in _structs_in(hint):
            found |= privacy(part)
    return found


def _structs_in(hint: Any) -> list[type[msgspec.Struct]]:
    if get_origin(hint) is not None or get_args(hint):
        return [struct for argument in get_args(hint) for struct in _structs_in(argument)]
    return [hint] if isinstance(hint, type) and issubclass(hint, msgspec.Struct) else []


def schemas() -> dict[str, dict[str, Any]]:
    """Give a JSON Schema (2020-12) for each wire name: the event, who did it, and what is sealed beside it."""
    return {name: _schema(name, event) for name, event in sorted(CURRENT.items())}


def _schema(name: str, event: type[Event]) -> dict[str, Any]:
    wanted: list[type[msgspec.Struct]] = [event, By]
    if event.sealed_as is not None:
        wanted.append(event.sealed_as)
    (main, by, *rest), definitions = msgspec.json.schema_components(wanted, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "type": "object",
        "properties": {"event": main, "by": by, "sealed": rest[0] if rest else {"type": "null"}},
        "required": ["event", "by"],
        "$defs": definitions,
    }
