"""How often each clause of a rulebook decided something: what offices decided, counted by the clause they rested on.

Approvals and corrections count, whatever became of them later; what an authority confirmed by hand rests on no clause.
Counted when somebody asks, over the newest decisions up to a bound, and said to be so: a page is not kept waiting for a
million of them. Reading: a decision that came with a larger act is counted from where it stands in the log.

`tests/projections/test_clause_counts.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.vocabulary import HoursCenti

if TYPE_CHECKING:
    from projections.answers import Answers

MOST: Final = 50_000
_COUNTS: Final = (
    "SELECT CASE WHEN digest = :digest THEN clauses END AS article, count(*), sum(assessed_centi) FROM "
    "(SELECT digest, clauses, assessed_centi FROM decisions WHERE event <= :as_of ORDER BY event DESC LIMIT :most) "
    "GROUP BY article"
)


class Count(NamedTuple):
    """How often a clause decided, and how many hours it gave."""

    decisions: int
    assessed: HoursCenti


class Counted(NamedTuple):
    """The counts by clause, and what they were counted among."""

    by_clause: Mapping[str, Count]
    among: int           # So many decisions were looked at,
    is_every: bool       # which are all that there were, or the newest of them,
    as_of: int           # up to here.


def count_clauses(answers: Answers, digest: str, as_of: int | None = None, most: int = MOST) -> Counted:
    """Count what a rulebook's clauses decided, by the digest that the decisions cite."""
    reader, at = answers.file("entries", as_of)
    found: dict[str, Count] = {}
    among = 0
    for clauses, decisions, assessed in reader.rows(_COUNTS, {"digest": digest, "as_of": at, "most": most}):
        among += decisions
        for clause in json.loads(clauses or "[]")[:1]:  # A document that gave the rest may stand after it.
            before = found.get(clause, Count(0, HoursCenti(0)))
            found[clause] = Count(before.decisions + decisions, HoursCenti(before.assessed + assessed))
    return Counted(found, among, among < most, at)
