"""What is recorded of a study when an office decides: the ruling of the law as of now, or an authority's word.

Where no rulebook has a row, an authority confirms the hours with a document, and the ruling rests on that. Where the
words of a row leave room (一般, AMB-21), an authority may give more than is ordinary, with reason and document, up to
what the row gives without them.

`tests/api/test_four_places.py` and `tests/api/test_overrides.py` show it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from api.cases.claiming.claims import place_of, submitted_on
from api.house import House
from api.law_of import Assessed, assess, bench_now, confirmed, law_now, room_view, walk_of
from ledger.errors import Refusal
from ledger.events.study import Study
from ledger.streams.claim import Claim
from ledger.streams.person import Person
from policies.assess import Override


def ruled(
    house: House, found: Claim, person: Person, study: Study, role: str, fields: dict[str, Any]
) -> Assessed | Refusal:
    """The ruling to record, or why there is none: unruled wants an authority's word, what the law refuses has none."""
    day = submitted_on(house, found.claim)
    assessed = assess(bench_now(house.answers), person, study, day)
    if isinstance(assessed, Refusal):
        return assessed
    if "override" in fields:
        return _overridden(house, found, person, study, role, fields["override"], assessed)
    status, hours = assessed.ruling.status, fields.get("confirmed_hours")
    told = {"rulebook": assessed.ruling.rulebook, "clauses": assessed.ruling.clauses, "why": assessed.why}
    if status == "refused":
        return Refusal.because("not_countable", **told)
    if assessed.needs_a_word and (no := _not_theirs_to_confirm(house, found, person, study, role, day)):
        return no
    if hours is not None:
        if status == "ruled":
            return Refusal.because("confirmation_not_needed", **told)
        return assessed._replace(ruling=confirmed(hours, fields["document"]))
    return Refusal.because("ruling_needed", **told) if status == "unruled" else assessed


def _overridden(
    house: House, found: Claim, person: Person, study: Study, role: str, given: dict[str, Any], assessed: Assessed
) -> Assessed | Refusal:
    """The ruling with what an authority gives past the ordinary, as far as the words of the row leave it room."""
    day, room, ruling = submitted_on(house, found.claim), assessed.room, assessed.ruling
    told = {"rulebook": ruling.rulebook, "clauses": ruling.clauses, "why": assessed.why}
    if room is None:
        return Refusal.because("override_no_room", **told)
    if no := _not_theirs_to_confirm(house, found, person, study, role, day):
        return no
    if not room.ordinary < given["hours"] <= room.most:
        return Refusal.because("override_out_of_bounds", **told, **room_view(room))
    override = Override(given["hours"], given["document"])
    return assess(bench_now(house.answers), person, study, day, override)


def why(fields: dict[str, Any]) -> str | None:
    """Why an authority gives more than is ordinary, where it does."""
    reason: str | None = fields["override"]["reason"] if "override" in fields else None
    return reason


def _not_theirs_to_confirm(
    house: House, found: Claim, person: Person, study: Study, role: str, day: date
) -> Refusal | None:
    """Say that whoever registers here is no authority: a unit has no hours of its own to give (N 8)."""
    law, at, category = law_now(house.answers), place_of(found, person), study.category.value
    last = walk_of(law, at, day, category, confirmed=True).steps[-1]
    if role == last.role or walk_of(law, at, day, category).steps[-1].level is not None:
        return None
    return Refusal.because("confirmation_not_theirs", role=last.role, level=last.level, region=last.region,
                           rulebook=last.rulebook, article=last.article, quote=last.quote)
