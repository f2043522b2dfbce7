"""What is wrong with what was sent, field by field: where it stands, a stable code, and the cure in words.

A field's form is checked at the door; what needs the law's words, a check digit or the calendar is found here.
`tests/api/test_bad_requests.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from ledger.identifiers.errors import BadIdentifier
from policies.errors import BadLine

_Value = TypeVar("_Value")


class Fault(NamedTuple):
    """One thing that is wrong: `pointer` is a JSON Pointer into the body that was sent."""

    pointer: str
    code: str
    detail: str


class BadFields(Exception):
    """What was sent cannot be used; every fault that was found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(", ".join(f"{fault.pointer}: {fault.code}" for fault in self.faults))


def identifier(pointer: str, read: Callable[[], _Value]) -> _Value:
    """Read an identifier; what is wrong with it is told of its field, never its value."""
    try:
        return read()
    except BadIdentifier as bad:
        fault = Fault(pointer, f"{bad.code}_{bad.reason}", str(bad))
    raise BadFields([fault])  # Outside the handler: the exception that knows the value does not travel along.


def of_line(bad: BadLine, inside: str = "/study") -> BadFields:
    """A line of facts that the law cannot read, as a fault of the field it came from."""
    code = "missing" if bad.missing else "not_by_the_words_of_the_law"
    return BadFields([Fault(f"{inside}/{bad.field}" if bad.field != "-" else inside, code, f"{bad}。")])
