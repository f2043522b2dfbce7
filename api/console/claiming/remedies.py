"""How somebody can appeal against what was decided about a claim of theirs: until when, and at which office.

Said where the decision is read, where the appeal is written, and on the workbench as long as there is time: whoever is
never told of a term misses it. `tests/console/test_claim.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from api.cases.claiming.appeals import remedy, remedy_view
from api.cases.claiming.claim_sheet import Own
from api.cases.investigating.notices import office_words
from api.console import words
from api.console.screen import Asking

_LOST: Final = ("refused", "revoked")
_MOST: Final = 10
"""Of so many, the latest, the log is asked who decided: more than that are not lost within one term."""


def of_claim(asking: Asking, claim: str) -> dict[str, Any] | None:
    """Until when and where, to the claimant; None for others, and where nothing can be appealed against any more."""
    found = remedy(asking.house, claim) if asking.capacity.is_person else None
    if found is None or found.is_made:
        return None
    view = remedy_view(asking.house, found)
    return {**view, "at": office_words(view), "is_over": found.until < asking.house.today}


def in_time(asking: Asking, own: Iterable[Own]) -> list[dict[str, Any]]:
    """What was refused or taken away that can be appealed against now, the earliest term first."""
    lost = sorted((one for one in own if one.version.status in _LOST), key=lambda one: -one.version.from_position)
    told = [(one, of_claim(asking, one.version.claim)) for one in lost[:_MOST]]
    found = [{"claim": one.version.claim, "title": one.title, "state": words.state(one.version.status), **said}
             for one, said in told if said is not None and not said["is_over"]]
    return sorted(found, key=lambda one: one["until"])
