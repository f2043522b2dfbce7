"""The workbench of somebody themselves: their year, and what of theirs is under way and with whom.

`tests/console/test_home.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from api.cases import called, workload, years
from api.cases.belonging import people
from api.cases.claiming import claim_drafts, claim_sheet
from api.cases.statement import statement_shown
from api.console import words
from api.console.claiming import remedies
from api.console.learning import moving
from api.console.learning.learning import own_studies
from api.console.moment import Moment
from api.console.records import place_of
from api.console.screen import Asking, Page, Shown
from api.house import House
from api.words.telling import role as role_name
from api.words.year_page import moment as written
from api.words.year_page import rows, verdict
from ledger.errors import Refusal
from ledger.ids import PREFIXES
from policies.words import base_vocabulary
from projections.workload import days_waited

_UNDER_WAY_MOST: Final = 20


def person(asking: Asking, moment: Moment, position: int, common: dict[str, Any]) -> Shown:
    house, caller = asking.house, asking.caller
    shown = people.see(house, caller, caller.id, None)
    if isinstance(shown, Refusal):
        return shown
    day = workload.counted_on(house, moment.asked["as_of"])
    told = years.answered(house, caller.id, moment.read(), day.year)
    if isinstance(told, Refusal):
        return told
    year = next(iter(told["years"]), None)
    page = years.work(house, caller, role=None, as_of=position, after=None, limit=_UNDER_WAY_MOST)
    if isinstance(page, Refusal):
        return page
    own = claim_sheet.own(house, caller, as_of=position)
    titles = {} if isinstance(own, Refusal) else {one.version.claim: one.title for one in own}
    others = {one.id: called.title_of(house, one, position).title for one in page.items}
    waiting = [_under_way(one, others | titles, day) for one in page.items]
    kept = claim_drafts.every(house, caller, caller.id)
    learned = own_studies(asking, position)
    moved = [] if isinstance(learned, Refusal) else moving.told(asking, learned["bookings"])
    statements = statement_shown.of_person(house, caller, caller.id, None, as_of=position)
    return Page("home_person.html", {
        **common, "person": caller.id, "identity": shown[0]["identity"], "year": day.year,
        "is_restricted": shown[0]["restricted"],
        "view": None if year is None else {"verdict": verdict(year, day), "rows": list(rows(year, day))},
        "belongs": bool(told["affiliations"]), "place": _place(house, told["affiliations"]), "waiting": waiting,
        "lost": remedies.in_time(asking, [] if isinstance(own, Refusal) or not moment.is_now else own),
        "drafts": [] if isinstance(kept, Refusal) else kept["items"], "written": written,
        "statements": [] if isinstance(statements, Refusal) else statements[-1:], "has_claims": bool(titles),
        "words": base_vocabulary(),
        "learning": [] if isinstance(learned, Refusal) else [
            one for one in learned["enrolments"] if one["status"] in ("enrolled", "completed")],
        "moved": moved,
    }, {"year": year, "waiting": waiting, "moved": moved, **common["basis"]})


def _under_way(one: Any, titles: dict[str, str | None], day: date) -> dict[str, Any]:
    return {"id": one.id, "kind": words.KINDS.get(one.kind, one.kind), "is_claim": one.id.startswith(PREFIXES["claim"]),
            "address": place_of(one.id),
            "title": titles.get(one.id) or "", "is_own": one.role == "claimant",
            "holder": "本人，请修改" if one.role == "claimant" else role_name(one.role),
            "days": days_waited(one.since_at, day)}


def _place(house: House, affiliations: list[dict[str, Any]]) -> str:
    """Where somebody belongs, in words."""
    if not affiliations:
        return ""
    unit = house.answers.unit(affiliations[-1]["unit"])
    return "" if unit is None else str(unit.names[-1].name)
