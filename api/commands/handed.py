"""The head of what another ledger hands over, as far as a command goes by it: how far it is, and in how many parts.

Nothing of it is believed here: that is for whoever brings it in. `tests/province/test_fetching.py` shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.hand_over.file import Header


def header_of(body: bytes) -> Header:
    """The first line of an answer; whoever answers something else is no service of this kind."""
    from api.client import not_this_api
    from ledger.errors import LedgerError
    from ledger.hand_over.file import parse_header

    try:
        return parse_header(body)
    except LedgerError:
        raise not_this_api() from None
