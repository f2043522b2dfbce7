"""What entries share, asked about: by those who supervise, for a purpose, of an entry or of something that it may have.

Whoever is named is recorded as seen. The first page says who they are, masked; whoever pages on through a crowd reads
ids. Of entries beyond the asker's scopes only how many there are is told (P 17, W 16).

`tests/api/test_http_shared.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from api.cases.belonging.unit_years import identities
from api.cases.claiming.claims import visible
from api.cases.investigating import findings
from api.cases.looked import record_looks
from api.cases.standing import SUPERVISOR, acting, by_actor
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.streams.standing import Actor, standing
from projections.basis import written_time
from projections.files.reader import Reader
from projections.findings import alike
from projections.findings.clue_file import clue_of, clues_in
from projections.findings.having import Key, Member, Traced, holding, readable
from projections.findings.shared import GUARDS, Pivot, Shared, pivot

ROUTE: Final = "shared"
_After = tuple[Any, ...] | None


class Seen(NamedTuple):
    """What was begun with, what it shares, and some of those who share it, in order."""

    pivot: Pivot
    has_clues: bool          # Whether what is sealed was compared: without, numbers and devices are not known here.
    items: tuple[dict[str, Any], ...]
    next: tuple[Any, ...] | None
    as_of: int


def of_claim(
    house: House, caller: Caller, claim: str, purpose: str | None, *, only: str | None, as_of: int, after: _After,
    limit: int,
) -> Seen | Refusal:
    """Begin with an entry that the asker may look at."""
    asking = supervising(house, caller)
    if isinstance(asking, Refusal):
        return asking
    seen = visible(house, caller, claim, purpose, what=("claim", "shared"))
    if isinstance(seen, Refusal):
        return seen
    return _seen(house, caller, asking, (claim,), (), purpose, only=only, as_of=as_of, after=after, limit=limit)


def of_finding(
    house: House, caller: Caller, finding: str, purpose: str | None, *, only: str | None, as_of: int, after: _After,
    limit: int,
) -> Seen | Refusal:
    """Begin with the entries of a finding, to whom there is one; everyone in it is recorded where it is opened."""
    asking, found = supervising(house, caller), findings.finding(house, caller, finding, purpose)
    if isinstance(asking, Refusal):
        return asking
    if isinstance(found, Refusal):
        return found
    return _seen(house, caller, asking, found["claims"], (), purpose, only=only, as_of=as_of, after=after, limit=limit)


def of_key(
    house: House, caller: Caller, dimension: str, value: str, purpose: str | None, *, as_of: int, after: _After,
    limit: int,
) -> Seen | Refusal:
    """Begin with something that entries may have."""
    asking = supervising(house, caller)
    if isinstance(asking, Refusal):
        return asking
    key = key_of(dimension, value)
    if purpose is None:
        return Refusal.because("purpose_missing")
    return _seen(house, caller, asking, (), (key,), purpose, only=None, as_of=as_of, after=after, limit=limit)


def key_of(dimension: str, value: str) -> Key:
    """Read what somebody asks about; raises what is wrong with it."""
    key = readable(dimension, value)
    if key is None:
        words = "读不成这一种：时辰写如 2026-03-05T09，其他的按原样填写。"
        raise BadFields([Fault("/value", "shared_unreadable", words)])
    return key


def certificate_key(house: House, issuer: str | None, number: str) -> Key | None:
    """What a certificate's number is compared by, as somebody typed it; None of one that says nothing."""
    read, known = alike.number(number), alike.words(issuer)
    if read is None or (known is None and not alike.is_telling(read)):
        return None
    if known is None:
        return Key("number", clue_of(house.ledger.lookup, "certificate_number", read))
    return Key("certificate", clue_of(house.ledger.lookup, "certificate", f"{known}\n{read}"))


def is_held(house: House, caller: Caller, key: Key) -> bool:
    """Say whether anything within sight of whoever supervises has something; nobody else is told."""
    asking = supervising(house, caller)
    if isinstance(asking, Refusal) or house.settled() is not None:
        return False
    return any(one.within for one in holding(traced(house, asking, as_of=house.answers.position()), key).members)


def supervising(house: House, caller: Caller) -> Actor | Refusal:
    """Give the supervisor who asks, or say why somebody is none."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    return standing(actor, SUPERVISOR) or actor


def traced(house: House, asking: Actor, *, as_of: int) -> Traced:
    """Where whoever supervises looks, and how far they see."""
    scopes = tuple(one for one in asking.scopes if one.role == SUPERVISOR)
    return Traced(house.answers.file("traces", as_of)[0], clues_of(house), as_of, scopes)


def clues_of(house: House) -> Reader | None:
    """What is sealed, made comparable; None while that has not been made."""
    return clues_in(house.register.folder.projections, house.ledger)


def record_seen(
    house: House, caller: Caller, asking: Actor, persons: Iterable[str], purpose: str, what: str = "shared"
) -> None:
    """Record everyone who is named, before they are."""
    record_looks(house, by_actor(caller, asking, SUPERVISOR), persons, purpose, what=(what,), route=ROUTE)


def _seen(
    house: House, caller: Caller, asking: Actor, claims: Sequence[str], keys: Sequence[Key], purpose: str | None, *,
    only: str | None, as_of: int, after: _After, limit: int,
) -> Seen | Refusal:
    assert purpose is not None, "nobody is shown anything without one"
    where = traced(house, asking, as_of=as_of)
    found = pivot(where, claims, keys)
    every = [one for one in _together(found) if only is None or only in {key.dimension for key in one[1]}]
    begins = 0 if after is None else int(after[0])
    page = every[begins:begins + limit]
    people = dict.fromkeys(member.person for member, _ in page)
    record_seen(house, caller, asking, people, purpose)
    named = dict(identities(house, list(people))) if begins == 0 else {}
    items = tuple(_item(member, keys, named.get(member.person)) for member, keys in page)
    following = begins + limit if begins + limit < len(every) else None
    return Seen(found, where.clues is not None, items, None if following is None else (following,), as_of)


def _together(found: Pivot) -> list[tuple[Member, list[Key]]]:
    """Every entry that shares something, with all that it shares; first whatever shares most that says something."""
    sharing: dict[Member, list[Key]] = {}
    for one in found.shared:
        for member in found.members[one.key]:
            sharing.setdefault(member, []).append(one.key)
    telling = {one.key for one in found.shared if one.is_telling}
    return sorted(sharing.items(), key=lambda one: (
        -sum(key in telling for key in one[1]), -len(one[1]), one[0].claim))


def _item(one: Member, keys: Sequence[Key], who: dict[str, str | None] | None) -> dict[str, Any]:
    return {
        "claim": one.claim, "person": one.person, "name": None if who is None else who["name"],
        "shares": [_key(key) for key in keys], **member_view(one),
    }


def member_view(one: Member) -> dict[str, Any]:
    """What is told of an entry, beside whose it is."""
    return {
        "unit": one.unit, "region": one.region, "sector": one.sector, "status": one.status, "category": one.category,
        "route": one.route, "evidence_on": one.evidence_on, "assessed_centi": one.assessed_centi,
        "training_class": one.training_class, "organiser": one.organiser, "decided_by": one.decided_by,
        "decided_at": None if one.decided_at is None else written_time(one.decided_at), "act": one.act,
    }


def view(found: Seen) -> dict[str, Any]:
    """What is told of a pivot, beside its members."""
    one = found.pivot
    return {
        "starts": list(one.starts), "dimensions": [shared_view(each) for each in one.shared],
        "left": one.left, "compares_sealed": found.has_clues,
        "further": [{"dimension": each.key.dimension, "value": each.key.value, "claims": each.claims,
                     "persons": each.persons, "through": [_key(by) for by in each.through]} for each in one.further],
        "stopped": [_key(each) for each in one.stopped],
    }


def shared_view(one: Shared) -> dict[str, Any]:
    """What is told of something that is shared."""
    return {
        **_key(one.key), "starts": one.starts, "claims": one.claims, "persons": one.persons,
        "beyond": one.claims - one.within, "same_class": one.same_class, "records": one.records,
        "is_more": one.is_more, "is_telling": one.is_telling,
        "guards": [{"code": code, "words": GUARDS[code]} for code in one.guards],
    }


def _key(key: Key) -> dict[str, str]:
    return {"dimension": key.dimension, "value": key.value}

