"""How an import is shown: as it stands, its rows that were set aside, and what a file would come to.

`tests/api/test_http_imports.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

from api.cases.importing.import_rows import Judged
from api.cases.importing.import_words import words_of
from api.law_of import ruling_view
from ledger.events.imports import SetAside
from ledger.streams.imports import Import

TOLD_MOST: Final = 200
"""So many rows are told in an answer; all that were set aside are listed by `GET .../rows`."""


def view(batch: Import) -> dict[str, Any]:
    """An import as it stands, with the first of the rows that were not taken over."""
    opened, closed = batch.opened, batch.closed
    return {
        "batch": batch.batch, "system": opened.system, "status": batch.status.value, "file_sha256": opened.file_sha256,
        "rows": opened.rows, "starts": opened.starts, "ends": opened.ends, "region": opened.region,
        "sector": opened.sector,
        "outcome": None if closed is None else {
            "accepted": closed.accepted, "rejected": closed.rejected, "duplicates": closed.duplicates,
            "result_sha256": closed.result_sha256, "act": closed.act,
        },
        "set_aside": [aside_view(one) for one in batch.set_aside[:TOLD_MOST]],
        "fork_decision": None if batch.decided is None else {
            "outcome": batch.decided.outcome, "document": batch.decided.document},
    }


def aside_view(one: SetAside) -> dict[str, Any]:
    """A row that was not taken over, and why: in the words of its code, since the log keeps no more of it."""
    return {"row": one.row, "record": one.record, "version": one.version, "code": one.code, "claim": one.claim,
            "detail": words_of(one.code)}


def preview(judged: Judged) -> dict[str, Any]:
    """What a file would come to: how many rows are new, corrections, known already or wrong, and why."""
    return {
        "rows": judged.rows,
        "accepted": len(judged.accepted),
        "corrections": judged.corrections,
        "duplicates": judged.duplicates,
        "refused": len(judged.set_aside) - judged.duplicates,
        "set_aside": [{**aside_view(one), "detail": judged.wrongs[one.row].words}
                      for one in judged.set_aside[:TOLD_MOST]],
        "worth": [{**ruling_view(ruling), "rows": rows} for ruling, rows in judged.worth.most_common(TOLD_MOST)],
    }
