"""Those who were registered for a class by its rosters, to be taken away: as registered, and as it stands (W 13, P 15).

What was registered is read from the log, between where a roster was opened and where it was closed; what became of it
since, from the answers. Names and numbers are masked, as on every list; whoever takes it says what for, and everyone on
it is recorded as seen. Whom a class was registered for by hand alone stands with their cards.

`tests/api/test_roster_exports.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from api.cases.belonging.finding import blocks
from api.cases.belonging.unit_years import identities
from api.cases.looked import record_looks
from api.cases.standing import by_actor, looking, may_see, seeing_scopes
from api.cases.training.trainings import matter_of_class
from api.house import House
from api.operational.callers import Caller
from api.paper.sheets import ROWS_MOST
from api.paper.tables_out import Table, Value
from api.words.telling import RESULTS, state
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.claim import ClaimApproved, ClaimSubmitted
from ledger.events.study import StudyDetails
from ledger.reading import Recorded
from ledger.stores.append import EVENTS_MAX
from projections.files.projection import HOLDS
from projections.trainings_reading import Roster, TrainingClass, cards, training_class

_HEADS: Final = ("人员", "姓名", "证件号码", "出勤天数", "登记学时", "年度", "登记卡号", "考核", "现状", "现认定学时")
_NOW: Final = (
    "SELECT c.claim, c.status, d.assessed_centi FROM claims c LEFT JOIN decisions d ON d.event = c.decision_event "
    f"WHERE c.claim IN (%s) AND {HOLDS}"
)


class _Row(NamedTuple):
    """A row as it was registered."""

    submitted: Recorded
    approved: ClaimApproved


def class_roster(
    house: House, caller: Caller, query: Mapping[str, Any], *, as_of: int, training_class: str
) -> Table | Refusal:
    """Everyone on the rosters of a class that were closed by then."""
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    held = _class(house, training_class, as_of)
    if held is None:
        return Refusal.because("class_absent")
    if no := may_see(asking, matter_of_class(held)):
        return no
    purpose = query.get("purpose")
    if purpose is None:
        return Refusal.because("purpose_missing")
    closed = [one for one in held.rosters if one.status == "closed"]
    if sum(one.rows for one in closed) > ROWS_MOST:
        return Refusal.because("list_too_long", most=ROWS_MOST)
    found = [row for roster in closed for row in _rows(house, roster)]
    people = list(dict.fromkeys(row.approved.person for row in found))
    record_looks(house, by_actor(caller, asking, seeing_scopes(asking)[0].role), people, purpose,
                 what=("claims", "identity"), route="roster")
    narrowed = {"班次": training_class, "名称": held.filed.title, "举办单位": held.filed.organiser_name}
    when = house.answers.reflects(as_of)["as_of_time"]
    return Table("roster", "名单", _HEADS, list(_told(house, held, found, as_of)), as_of, when, narrowed)


def _class(house: House, name: str, as_of: int) -> TrainingClass | None:
    return training_class(house.answers, name, as_of=as_of)


def _rows(house: House, roster: Roster) -> Iterator[_Row]:
    """The rows of a roster as they were registered, in the order of the list."""
    first, last = roster.events[0], roster.events[-1]
    submitted: Recorded | None = None
    for after in range(first, last, EVENTS_MAX):
        for position, leaf in enumerate(house.ledger.store.leaves(after, min(EVENTS_MAX, last - after)), after + 1):
            envelope = decode(leaf)
            if envelope.by.act != roster.act:
                continue  # Somebody else's, in between.
            if isinstance(envelope.event, ClaimSubmitted):
                submitted = Recorded(position, envelope)
            elif isinstance(envelope.event, ClaimApproved):
                assert submitted is not None, "a row is submitted and approved in one breath"
                yield _Row(submitted, envelope.event)


def _told(house: House, held: TrainingClass, found: Sequence[_Row], as_of: int) -> Iterator[Sequence[Value]]:
    results = {one.person: one.result for one in cards(house.answers, training_class=held.training_class, as_of=as_of)
               if one.status == "issued"}
    for some in blocks(found):
        known = dict(identities(house, [row.approved.person for row in some]))
        now = _standing(house, [row.approved.claim for row in some], as_of)
        opened = house.ledger.opened_each([row.submitted for row in some])
        for row, details in zip(some, opened, strict=True):
            event: ClaimSubmitted = row.submitted.envelope.event
            status, assessed = now[event.claim]
            who, result = known[event.person], results.get(event.person)
            yield (
                event.person, who["name"], who["id_number"], Decimal(event.study.days_half or 0) / 2,
                _hours(row.approved.ruling.assessed_centi), row.approved.year,
                details.certificate_number if isinstance(details, StudyDetails) else None,
                RESULTS.get(result or "", result), state(status), _hours(assessed))


def _standing(house: House, claims: Sequence[str], as_of: int) -> dict[str, tuple[str, int]]:
    """How claims stand, and what they were decided to be worth last."""
    reader, at = house.answers.file("entries", as_of)
    names = {f"claim{number}": claim for number, claim in enumerate(claims)}
    rows = reader.rows(_NOW % ", ".join(f":{name}" for name in names), {**names, "as_of": at})
    return {claim: (status, assessed) for claim, status, assessed in rows}


def _hours(centi: int) -> Decimal:
    return Decimal(centi) / 100
