"""One of each event, made from its declared fields alone: a bare one with what must be there, a full one with all."""

from __future__ import annotations

import enum
import types
from datetime import date
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from ledger.events.base import Draft, Event


def sample(hint: Any, *, full: bool) -> Any:
    """Make a value of a field's type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return sample(arguments[0], full=full)
    if origin in (Union, types.UnionType):
        kinds = [kind for kind in arguments if kind is not type(None)]
        return sample(kinds[0], full=full) if full or len(kinds) == len(arguments) else None
    if origin is tuple:
        return (sample(arguments[0], full=full),) * 2 if full else ()
    if origin is dict:
        return {"领域": sample(arguments[1], full=full)} if full else {}
    if hasattr(hint, "__supertype__"):  # A NewType.
        return sample(hint.__supertype__, full=full)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return sample_struct(hint, full=full)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return list(hint)[-1]
    return {str: "字 \"x\"\\\n\u2028😀", bool: True, int: 2**53, date: date(2024, 2, 29)}[hint]


def sample_struct(struct: type[msgspec.Struct], *, full: bool) -> Any:
    """Make a struct; a bare one leaves every field with a default to it."""
    hints = get_type_hints(struct, include_extras=True)
    return struct(**{
        field.name: sample(hints[field.name], full=full)
        for field in msgspec.structs.fields(struct) if full or field.required
    })


def sample_draft(event: type[Event], *, full: bool) -> Draft:
    """Make an event with what is sealed beside it."""
    sealed = None if event.sealed_as is None else sample_struct(event.sealed_as, full=full)
    return Draft(sample_struct(event, full=full), sealed)
