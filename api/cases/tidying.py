"""Files that nobody can read any more or that nobody ever cited: cleared away, whoever they belong to.

What cites a file is a claim of a person or a plan or class of a unit, so this stands above both.

`tests/api/test_evidence.py` and `tests/api/test_training_files.py` show it.
"""

from __future__ import annotations

from api.cases.claiming.evidence import shown_in
from api.cases.training.training_files import cited_by_trainings
from api.house import House
from ledger.ids import kind_of


def tidy_evidence(house: House) -> None:
    """Clear away files that nobody can read any more, and those that nobody cited in weeks."""

    def cited(owner: str) -> set[str] | None:
        if house.settled() is not None:  # Answers that lag do not know yet what was cited: it is asked again next hour.
            return None
        if kind_of(owner) == "unit":
            return cited_by_trainings(house, owner)
        return {sha256 for claim in house.answers.claims_of(owner) for sha256 in shown_in(house, claim)}

    house.evidence.tidy(cited, now_s=house.now // 1_000_000, held=house.claim_drafts.papers)
