"""Entries chosen for a case: of a class, an organiser, a hand that decided, a time in which it was decided.

Everything that is asked is met at once. Read from traces, which say of each entry what patterns compare. Chosen is what
is registered or was: whatever waits for a decision or was turned away has nothing that a case could hold or revoke. The
scopes of whoever asks bound it: what lies beyond is not there.

`tests/projections/test_case_desk_answers.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from ledger.events.actor import Scope
from ledger.events.case import Chosen
from ledger.vocabulary import LOCAL, ClaimId

if TYPE_CHECKING:
    from projections.opened import Files

STANDING: Final = ("approved", "frozen", "revoked")


def chosen_claims(
    files: Files, chosen: Chosen, scopes: Iterable[Scope], *, among: Sequence[str] | None = None, most: int
) -> list[ClaimId]:
    """The entries that meet everything that is asked, by their ids; one more than `most` where there are more.

    `among`: only of these, as a finding names them.
    """
    reader, _ = files.file("traces", None)
    values: dict[str, Any] = {"limit": most + 1}
    asked = [f"status IN {STANDING}", "to_position IS NULL", _within(scopes, values)]
    for column, value in (("training_class", chosen.training_class), ("organiser", chosen.organiser),
                          ("decided_by", chosen.approver)):
        if value is not None:
            values[column] = value
            asked.append(f"{column} = :{column}")
    if chosen.decided_from is not None:
        values["since"] = _begins(chosen.decided_from)
        asked.append("decided_at >= :since")
    if chosen.decided_until is not None:
        values["until"] = _begins(chosen.decided_until + timedelta(days=1))
        asked.append("decided_at < :until")
    if among is not None:
        values["among"] = json.dumps(sorted(among))
        asked.append("claim IN (SELECT value FROM json_each(:among))")
    query = f"SELECT DISTINCT claim FROM claim WHERE {' AND '.join(asked)} ORDER BY claim LIMIT :limit"
    return [ClaimId(claim) for claim, in reader.rows(query, values)]


def _within(scopes: Iterable[Scope], values: dict[str, Any]) -> str:
    """Say in SQL which entries some scope reaches: every limit it sets must be met (`ledger.streams.standing`)."""
    reached = []
    for number, scope in enumerate(scopes):
        limits = [f"region >= :region{number} AND region < :beyond{number}"]
        values |= {f"region{number}": scope.region, f"beyond{number}": f"{scope.region}:"}
        for column in ("sector", "category", "unit"):
            if (limit := getattr(scope, column)) is not None:
                values[f"{column}{number}"] = limit
                limits.append(f"{column} = :{column}{number}")
        reached.append(f"({' AND '.join(limits)})")
    return f"({' OR '.join(reached)})" if reached else "0"


def _begins(day: date) -> int:
    return int(datetime.combine(day, time(), LOCAL).timestamp()) * 1_000_000

