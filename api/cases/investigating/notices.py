"""Whom a case's decisions concern, and what each has to be told (告知): what changed, on what basis, how to appeal.

What a screen or a command calls:

* `notices(house, caller, case, purpose, as_of=...)` gives the list as JSON has it, or the refusal;
* `notices_table(house, found, as_of=...)` gives the same as a table to be taken away;
* letters, as a page and as PDF, are made of the list by `api.cases.investigating.notice_letters`.

A decision is whatever was done about a claim that the case names since it was opened: revoked, reinstated, corrected,
and released where the case held it. Of a larger act only what is in force counts. Beside it stands what relied on the
claim: statements that are still in use, and applications that were assessed (`projections.reliance`). The words of a
case are for those who may see the case, so the basis is told and the words are not.

Whoever may open the case may see it, for a purpose, and everyone on the list is recorded. Who appeals where and until
when follows from the law of the place (P 17, `policies.appeals`). `tests/api/test_case_notices.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, NamedTuple

from api.cases import cases
from api.cases.belonging.people import sealed_identity
from api.cases.claiming.appeals import remedy, remedy_view
from api.cases.claiming.claims import sealed_details
from api.cases.doing import Reading
from api.cases.investigating.bundle_contents import opened_case
from api.house import House, local_date
from api.operational.callers import Caller
from api.paper.tables_out import Table, Value
from api.words.telling import role as role_name
from api.words.year_page import BASES, region
from ledger.errors import Refusal
from ledger.events.base import By, Event, Words
from ledger.events.claim import ClaimCorrected, ClaimReinstated, ClaimReleased, ClaimRevoked
from ledger.ids import format_verify_code
from ledger.reading import Recorded
from ledger.vocabulary import format_hours
from projections.applications import applications_of
from projections.basis import NOW, Axes
from projections.entries_reading import Version, year_of
from projections.event_kinds import kind_of, words
from projections.reliance import reliance
from projections.statements import statements_of
from projections.still_so import changed_since

PERSONS_MOST: Final = 2_000
DEEDS: Final = {
    "claim.revoked": "撤销", "claim.reinstated": "恢复", "claim.corrected": "更正", "claim.released": "解冻",
}
_KINDS: Final = (ClaimRevoked, ClaimReinstated, ClaimCorrected, ClaimReleased)
_STOOD: Final = ("approved", "frozen")
_NO_HOURS: Final = "revoked"


class _Decided(NamedTuple):
    """Something that was done about a claim, with the claim before and after."""

    event: Event
    position: int
    by: By
    on: date
    before: Version
    after: Version


def notices(
    house: House, caller: Caller, case: str, purpose: str | None, *, as_of: int
) -> dict[str, Any] | Refusal:
    """Everyone whom the case's decisions concern, by id, each with all that they are to be told."""
    opened = opened_case(house, caller, case, purpose, as_of=as_of, what="case_notices")
    if isinstance(opened, Refusal):
        return opened
    actor, shown = opened
    assert purpose is not None, "nobody is let in without one"
    decided: dict[str, list[_Decided]] = {}
    for claim in shown["claims"]:
        for one in _decisions(house, claim, case, shown["events"][0], as_of):
            decided.setdefault(one.after.person, []).append(one)
    if len(decided) > PERSONS_MOST:
        return Refusal.because("list_too_long", most=PERSONS_MOST)
    if decided:
        cases.seen(house, caller, actor, sorted(decided), purpose, "case_notices")
    items = [_notice(house, person, found, as_of) for person, found in sorted(decided.items())]
    return {"case": case, "counts": {
        "persons": len(items), "claims": sum(len({each["claim"] for each in one["decisions"]}) for one in items),
        "statements": sum(len(one["statements"]) for one in items),
        "applications": sum(len(one["applications"]) for one in items),
    }, "items": items}


def _decisions(house: House, claim: str, case: str, since: int, as_of: int) -> Iterator[_Decided]:
    versions = house.answers.claim(claim, as_of)
    for before, after in pairwise(versions):
        position = after.events[-1]
        envelope = house.stored(position).envelope
        event = envelope.event
        if position > since and isinstance(event, _KINDS) and not (
                isinstance(event, ClaimReleased) and event.case != case):
            yield _Decided(event, position, envelope.by, local_date(envelope.recorded_at), before, after)


def _notice(house: House, person: str, decided: Sequence[_Decided], as_of: int) -> dict[str, Any]:
    known, identity = Reading(house.ledger).person(person), sealed_identity(house, person)
    at = None if known is None else known.affiliation_on(house.today)
    unit = None if at is None else house.answers.unit(at.unit, as_of)
    last = {one.after.claim: one.position for one in decided}
    return {
        "person": person, "name": None if identity is None else identity.name,
        "unit": None if at is None else at.unit, "unit_name": None if unit is None else unit.names[-1].name,
        "decisions": [_told(house, one, is_last=last[one.after.claim] == one.position)
                      for one in sorted(decided, key=lambda one: one.position)],
        "years": _years(house, person, decided, as_of),
        "statements": list(_statements(house, person, decided, as_of)),
        "applications": list(_applications(house, person, set(last), as_of)),
    }


def _told(house: House, one: _Decided, *, is_last: bool) -> dict[str, Any]:
    details = sealed_details(house, one.after.claim, as_of=one.position)
    kind, organisation = kind_of(one.event), one.by.organisation
    office = None if organisation is None else house.answers.unit(organisation)
    return {
        "claim": one.after.claim, "title": None if details is None else details.title,
        "route": one.after.study.route, "year": year_of(one.after), "year_before": year_of(one.before),
        "kind": kind, "what": words()[kind], "event": one.position, "on": one.on.isoformat(),
        "basis": getattr(one.event, "basis", None), "words": _words(house, one),
        "hours_before": format_hours(_hours(one.before)), "hours_after": format_hours(_hours(one.after)),
        "role": one.by.role, "organisation": organisation,
        "organisation_name": None if office is None else office.names[-1].name,
        "appeal": _appeal(house, one) if is_last else None,
    }


def _hours(version: Version) -> int:
    """The hours that an office gave, as long as they stand."""
    return 0 if version.status == _NO_HOURS or version.decision is None else version.decision.assessed_centi


def _words(house: House, one: _Decided) -> str | None:
    """What was said of it to its claimant; what a case says is for those who may see the case."""
    if getattr(one.event, "case", None) is not None:
        return None
    opened = house.ledger.opened(Recorded(one.position, house.stored(one.position).envelope))
    return opened.words if isinstance(opened, Words) else getattr(opened, "correction_reason", None)


def _appeal(house: House, one: _Decided) -> dict[str, Any] | None:
    """Where and until when it can be appealed against, if this decision is the one in force."""
    found = remedy(house, one.after.claim) if isinstance(one.event, ClaimRevoked | ClaimCorrected) else None
    return None if found is None or found.decision != one.position else remedy_view(house, found)


def _years(house: House, person: str, decided: Sequence[_Decided], as_of: int) -> list[dict[str, Any]]:
    """The totals of each year that was touched, before the first decision and now; both by the law of now."""
    first = min(one.after.from_position for one in decided)
    touched = sorted({year for one in decided for year in (year_of(one.before), year_of(one.after))})
    was, now = (_totals(house, person, position, as_of) for position in (first - 1, as_of))
    return [{"year": year, "before": was.get(year), "after": now.get(year)} for year in touched]


def _totals(house: House, person: str, position: int, as_of: int) -> dict[int, dict[str, Any]]:
    found = house.answers.years(person, Axes(position, law=NOW, head=as_of))
    return {} if found is None else {
        one["year"]: {name: one["decided"][name] for name in ("total", "met")} for one in found["years"]}


def _statements(
    house: House, person: str, decided: Sequence[_Decided], as_of: int
) -> Iterator[dict[str, Any]]:
    """The statements still in use that contain an entry that was decided on after they were issued."""
    for one in statements_of(house.answers, person, as_of=as_of):
        relied = {each.after.claim: None for each in decided
                  if one.status == "issued" and one.as_of < each.after.from_position
                  and _stood(house, each.after.claim, one.as_of, one.years)}
        if relied:
            since = changed_since(house.answers, one, as_of=as_of)
            yield {"statement": one.statement, "code": format_verify_code(one.code), "years": list(one.years),
                   "event": one.events[0], "claims": list(relied), "corrected": since["corrected"]}


def _stood(house: House, claim: str, as_of: int, years: Iterable[int]) -> bool:
    versions = house.answers.claim(claim, as_of)
    return bool(versions) and versions[-1].status in _STOOD and year_of(versions[-1]) in years


def _applications(house: House, person: str, claims: set[str], as_of: int) -> Iterator[dict[str, Any]]:
    """The applications whose assessment rested on an entry that has changed, and whether it would still hold."""
    for one in applications_of(house.answers, person, as_of=as_of):
        found = reliance(house.answers, one, as_of=as_of)
        changed = [] if found is None else [each["claim"] for each in found["changes"]
                                            if each["used"] and each["claim"] in claims]
        if found is not None and changed:
            yield {"application": one.application, "level": one.level, "applied_on": one.applied_on,
                   "status": one.status, "obtained_on": one.obtained_on, "event": found["assessed"]["event"],
                   "claims": changed, "holds": found["holds"]}


# As a table


def notices_table(house: House, found: Mapping[str, Any], *, as_of: int) -> Table:
    """The list as it is taken away: a row for each decision."""
    heads = ("人员", "姓名", "单位", "学时编号", "项目名称", "年度", "处理", "决定日期", "事件", "处理前学时",
             "处理后学时", "依据", "申诉机构", "申诉截止", "受影响的情况表", "受影响的申报")
    rows: list[Sequence[Value]] = [
        (one["person"], one["name"], one["unit_name"], each["claim"], each["title"], each["year"],
         DEEDS[each["kind"]], date.fromisoformat(each["on"]), each["event"], Decimal(each["hours_before"]),
         Decimal(each["hours_after"]), basis_words(each["basis"]), office_words(each["appeal"]),
         None if each["appeal"] is None else date.fromisoformat(each["appeal"]["until"]),
         "、".join(relying["code"] for relying in one["statements"] if each["claim"] in relying["claims"]),
         "、".join(relying["application"] for relying in one["applications"] if each["claim"] in relying["claims"]))
        for one in found["items"] for each in one["decisions"]]
    return Table("case-notices", "案件处理告知名单", heads, rows, as_of, house.answers.reflects(as_of)["as_of_time"],
                 {"案件": found["case"]})


def basis_words(basis: str | None) -> str | None:
    """A basis in words; one that no list names is a text that somebody wrote, an article or a document."""
    return None if basis is None else BASES.get(basis, basis)


def office_words(appeal: Mapping[str, Any] | None) -> str | None:
    """Which office hears an appeal, in words."""
    return None if appeal is None else f"{region(appeal['region'])}{role_name(appeal['office'])}"
