"""What is done to many entries of a case at once: held, released, revoked, reinstated (P 17, W 16).

The list is fixed before anything is done: each entry with the version that was shown, in parts, all in the append that
opens the larger act (`ledger.events.act`). So what remains to be done of an act that was killed stands in the log, and
nothing is ever done to an entry that has changed since it was shown.

`tests/ledger/streams/test_case_bulk_stream.py` shows it.
"""

from __future__ import annotations

from ledger.events.base import Hand, Open, Pseudonym, Words
from ledger.events.case import CaseEvent, Chosen
from ledger.vocabulary import ActId, ClaimId


class BulkOpened(CaseEvent, tag="case.bulk_opened/1"):
    """What will be done, to how many, on what basis; the list follows in the same append."""

    sealed_as = Words

    act: Pseudonym[ActId]
    effect: Open[str]                    # hold, release, revoke, reinstate
    rows: Open[int]
    list_sha256: Open[str]               # Of what was shown: each entry, its version, what becomes of it or why not.
    hand: Pseudonym[Hand]
    basis: Open[str | None] = None
    chosen: Open[Chosen | None] = None


class BulkListed(CaseEvent, tag="case.bulk_listed/1"):
    """A part of the list, in the order in which it is written."""

    act: Pseudonym[ActId]
    claims: Pseudonym[tuple[ClaimId, ...]]
    versions: Open[tuple[int, ...]]      # Of each, as it was shown.


class BulkClosed(CaseEvent, tag="case.bulk_closed/1"):
    """Every row stands: all take effect here, at once."""

    act: Pseudonym[ActId]
    rows: Open[int]
    hand: Pseudonym[Hand]


class BulkAbandoned(CaseEvent, tag="case.bulk_abandoned/1"):
    """It will not be finished: none of its rows ever takes effect."""

    sealed_as = Words

    act: Pseudonym[ActId]
    rows_done: Open[int]
    hand: Pseudonym[Hand]
