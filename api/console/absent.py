"""What a template may leave unsaid: nothing that its view never gave, and of an answer only what answers leave out.

An answer of the API leaves out what it does not know, so a template may ask whether a mapping has a key (`if one.why`,
`one.why or ''`). To write such a key as if it were there, to go through it, or only to ask about a name that no view
gave, or an attribute that a value does not have, is a mistake of ours: the page fails instead of staying blank there.

`tests/api/test_absent.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined


class Absent(StrictUndefined):
    """What is not there: a key may be asked about, all else is refused."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # There each of these is one function that raises.
        return False if self._is_key() else super().__bool__()

    def __eq__(self, other: Any) -> bool:  # type: ignore[override]
        return type(other) is Absent if self._is_key() else super().__eq__(other)

    def __ne__(self, other: Any) -> bool:  # type: ignore[override]
        return not self == other

    __hash__ = StrictUndefined.__hash__  # type: ignore[assignment]

    def _is_key(self) -> bool:
        return isinstance(self._undefined_obj, Mapping)
