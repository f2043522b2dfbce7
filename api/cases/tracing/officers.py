"""The officer's side: how an account decides beside its peers, and where it gave the hours itself, with its reasons.

For whoever supervises it, and for whoever bears it without the comparison: others are none of theirs. Compared is only
with accounts of organisations within the asker's own scopes; of those nobody is named, and so nobody is recorded. Whose
hours an office gave itself is shown, and recorded (P 17, W 16; N 6(1)).

`tests/api/test_http_shared.py` and `tests/console/test_officer_screens.py` show it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from api.cases.log import histories
from api.cases.standing import SUPERVISOR
from api.cases.tracing.shared import supervising
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.base import Words
from ledger.streams.standing import Actor
from ledger.vocabulary import LOCAL
from projections import accounts
from projections.basis import microseconds
from projections.conduct import Conduct
from projections.peers import Compared, Span, compared
from projections.timeline_reading import Wanted

DAYS: Final = 365
"""Over so many days it is compared where no first day is asked for."""
CANDIDATES_MOST: Final = 40
"""So many accounts of the role are asked about, those of the nearest areas first."""
_DAY_US: Final = 86_400_000_000
_ACCOUNTS_AT_ONCE: Final = 200
_ACCOUNTS_MOST: Final = 1_000


class Officer(NamedTuple):
    """How an account decides."""

    conduct: Conduct
    is_all: bool
    beyond: tuple[dict[str, Any], ...]     # Where it gave the hours itself, and why.
    compared: tuple[Compared, ...] | None  # None: not for whoever asks.
    days: tuple[str, str]                  # Between which it was compared, both in.


def officer(
    house: House, caller: Caller, actor: str, wanted: Wanted, purpose: str | None, *, as_of: int
) -> Officer | Refusal:
    """How an account decides, by the newest of its steps."""
    found = histories.conduct_of(house, caller, actor, wanted, purpose, as_of=as_of)
    if isinstance(found, Refusal):
        return found
    first, last = _days(house, wanted, as_of)
    asking = supervising(house, caller)
    beside = None
    if isinstance(asking, Actor) and asking.actor != actor:
        traces = house.answers.file("traces", as_of)[0]
        beside = compared(traces, actor, _candidates(house, asking, actor, as_of), _span(first, last), as_of=as_of)
    return Officer(found.conduct, found.is_all, tuple(_beyond(house, found.conduct)), beside,
                   (first.isoformat(), last.isoformat()))


def _days(house: House, wanted: Wanted, as_of: int) -> tuple[date, date]:
    """The days that are asked about, or the year up to the moment."""
    at = house.answers.reflects(as_of)["as_of_time"]
    today = house.today if at is None else datetime.fromisoformat(at).astimezone(LOCAL).date()
    last = min(wanted.last or today, today)
    return wanted.first or last - timedelta(days=DAYS - 1), last


def _span(first: date, last: date) -> Span:
    begins, ends = (microseconds(datetime(day.year, day.month, day.day, tzinfo=LOCAL)) for day in (first, last))
    return Span(begins, ends + _DAY_US)


def _candidates(house: House, asking: Actor, actor: str, as_of: int) -> list[str]:
    """Accounts with a role of this one's within the asker's scopes, the nearest areas first."""
    scopes = [scope for scope in asking.scopes if scope.role == SUPERVISOR]
    found: list[accounts.Account] = []
    after = ""
    while len(found) < _ACCOUNTS_MOST:
        page = accounts.accounts(house.answers, scopes, day=house.today.isoformat(), as_of=as_of, after=after,
                                 limit=_ACCOUNTS_AT_ONCE)
        found += page.items
        if page.next is None:
            break
        after = page.next[0]
    own = next((one for one in found if one.actor == actor), None)
    if own is None:
        return []
    roles = {held.scope.role for held in own.scopes}
    same = [one for one in found if one.actor != actor and roles & {held.scope.role for held in one.scopes}]
    same.sort(key=lambda one: (_far(one.region, own.region), one.sector != own.sector, one.actor))
    return [one.actor for one in same[:CANDIDATES_MOST]]


def _far(one: str, other: str) -> int:
    """How far two areas lie apart: 0 the same county, 1 the same city, 2 the same province."""
    return next((far for far, digits in enumerate((6, 4, 2)) if one[:digits] == other[:digits]), 3)


def _beyond(house: House, conduct: Conduct) -> Iterable[dict[str, Any]]:
    """Where the account gave the hours itself: how many, what the row ordinarily gives, on which paper, and why."""
    recorded = [house.ledger.at(one["event"]) for one in conduct.beyond]
    standing = [one for one in recorded if one is not None]
    opened = {one.position: said for one, said in zip(standing, house.ledger.opened_each(standing), strict=True)}
    for line in conduct.beyond:
        ruling, said = line["facts"]["ruling"], opened.get(line["event"])
        yield {
            "event": line["event"], "recorded_at": line["recorded_at"], "claim": line["stream"],
            "person": line["facts"].get("person"), "kind": "manual" if ruling["status"] == "manual" else "override",
            "assessed_centi": ruling["assessed_centi"], "ordinary_centi": ruling.get("ordinary_centi"),
            "clauses": list(ruling.get("clauses", ())), "reason": line["by"]["reason"],
            "words": said.words if isinstance(said, Words) else None,
        }


def view(one: Officer) -> dict[str, Any]:
    """What is told of how an account decides."""
    numbers = {name: value for name, value in one.conduct._asdict().items() if name != "beyond"}
    return {
        **numbers, "hours": list(one.conduct.hours), "is_all": one.is_all, "beyond": list(one.beyond),
        "waited_seconds": None if one.conduct.waited_seconds is None else list(one.conduct.waited_seconds),
        "compared_from": one.days[0], "compared_to": one.days[1],
        "peers": None if one.compared is None else [_beside(each) for each in one.compared],
    }


def _beside(one: Compared) -> dict[str, Any]:
    return {**one._asdict(), "measures": [each._asdict() for each in one.measures], "hours": list(one.hours),
            "peers_hours": list(one.peers_hours)}
