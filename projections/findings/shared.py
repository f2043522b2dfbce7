"""What entries share: from one entry to every other one that shows, names, came from or was decided by the same.

    certificate, number   its certificate by issuer and number; by the number alone, cards and classes too
    evidence              a file, the same to the byte          picture, document   what a file tells of its making
    device, address       whence it was sent
    class, organiser      where it was earned                   approver, hour      who decided it, in which hour

To share is no fault. A class of fifty shares its class, its organiser, its notice and the minute in which its roster
closed; an office approves whatever its area sends in. Where that is so it is said with the count (`guards`) and nothing
is hidden. What is counted, and so far as it is counted, are other entries than those that were begun with.

A second step goes on from whatever was found to what several of those share among themselves. No step goes on from
a crowd: of what more than `FURTHER_MOST` entries share the next step would be half the register, and it says so.

What is sealed is compared by its clue (`clues.py`). Times and places are as of a position; a clue that was forgotten
since then is forgotten. `tests/projections/findings/test_shared.py` shows it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from ledger.events.actor import Scope
from ledger.vocabulary import LOCAL
from projections.basis import microseconds
from projections.duplicates import OF_ONE_PERSON
from projections.reach import reaches

COUNT_MOST: Final = 3_000
"""So many entries of one kind are counted and can be listed; that there are more is said."""
KEYS_MOST: Final = 16
"""So much of what many entries have is followed, whatever most of them have first."""
STARTS_MOST: Final = 400
FURTHER_MOST: Final = 100
FURTHER_CLAIMS_MOST: Final = 400
FURTHER_KEYS_MOST: Final = 12

_COLUMNS: Final = {"class": "c.training_class", "organiser": "c.organiser", "approver": "c.decided_by"}
_CLUES: Final = {
    "certificate": ("certificate",), "number": ("certificate_number", "card_number", "class_number"),
    "picture": ("picture",), "document": ("document",), "device": ("device",), "address": ("address",),
}
DIMENSIONS: Final = ("certificate", "number", "evidence", "picture", "document", "device", "address", "class",
                     "organiser", "approver", "hour")
"""In the order in which they say something by themselves."""
_OF_CLUE: Final = {kind: dimension for dimension, kinds in _CLUES.items() for kind in kinds}
_HOUR: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}", re.ASCII)
_HOUR_US: Final = 3_600_000_000

_DECIDED: Final = "c.from_position <= :as_of"
"""Whether a claim stood by then as its row says; before, it was under review."""
_OWN: Final = ("c.claim", "c.person", "c.unit", "c.region", "c.sector", f"iif({_DECIDED}, c.status, 'under_review')",
               "c.category", "c.route", "c.evidence_on", f"iif({_DECIDED}, c.assessed_centi, NULL)",
               "c.training_class", "c.organiser", f"iif({_DECIDED}, c.decided_by, NULL)",
               f"iif({_DECIDED}, c.decided_at, NULL)", "c.act", "c.submitted_at")


class Asks(Protocol):
    """A file that can be asked (`projections.files.reader.Reader`)."""

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]: ...


class Traced(NamedTuple):
    """Where it is looked, as of when, and within which scopes somebody is told whose it is."""

    traces: Asks
    clues: Asks | None     # None while there are none yet: then nothing sealed is compared, and it is said.
    as_of: int
    scopes: tuple[Scope, ...]


class Key(NamedTuple):
    """Something that entries may share."""

    dimension: str
    value: str


class Member(NamedTuple):
    """An entry that has it."""

    claim: str
    person: str
    unit: str
    region: str
    sector: str
    status: str
    category: str
    route: str
    evidence_on: str
    assessed_centi: int | None
    training_class: str | None
    organiser: str | None
    decided_by: str | None
    decided_at: int | None
    act: str | None
    submitted_at: int
    within: bool           # Within the scopes of whoever asks: of the others only how many there are is told.


class Shared(NamedTuple):
    """Something that was begun with, and who else has it."""

    key: Key
    starts: int            # So many of the entries that were begun with have it.
    claims: int            # So many others,
    persons: int           # of so many other people,
    within: int            # so many of them within sight;
    same_class: int        # so many of the very class that was begun with.
    records: int           # Cards, classes and studies that have it beside entries.
    is_more: bool          # More than are counted.
    guards: tuple[str, ...]

    @property
    def is_telling(self) -> bool:
        """Say whether others have it who have no reason to."""
        return self.claims > 0 and not self.guards


class Further(NamedTuple):
    """Something that several of those found share among themselves, and that was not begun with."""

    key: Key
    through: tuple[Key, ...]   # By which of the first step they were found.
    claims: int
    persons: int


class Pivot(NamedTuple):
    """What was begun with, what it shares, and a step further."""

    starts: tuple[str, ...]
    left: int                          # So many keys of theirs were not followed.
    shared: tuple[Shared, ...]
    further: tuple[Further, ...]
    stopped: tuple[Key, ...]           # From these nothing further was sought: too many have them.
    members: dict[Key, list[Member]]   # Of each key, the others within sight, oldest first.


def pivot(traced: Traced, starts: Sequence[str] = (), keys: Sequence[Key] = ()) -> Pivot:
    """Begin with entries, or with something that entries may have."""
    begun = tuple(dict.fromkeys(starts))[:STARTS_MOST]
    had = Counter(dict.fromkeys(keys, 0)) if keys else _keys_of(traced, begun)
    wanted = _in_order(had)
    own = _of_claims(traced, begun)
    shared, members, stopped = [], {}, []
    with_issuer: list[list[Member]] = []
    for key in wanted[:KEYS_MOST]:
        one, others = _shared(traced, key, had[key], own)
        if key.dimension == "certificate":
            with_issuer.append(others)
        elif key.dimension == "number" and not one.records and others in with_issuer:
            continue  # The number by itself says no more than it does with its issuer.
        shared.append(one)
        members[key] = [each for each in others if each.within]
        if one.claims > FURTHER_MOST:
            stopped.append(key)
    further = _further(traced, shared, members, {*had})
    return Pivot(begun, max(0, len(wanted) - KEYS_MOST), tuple(shared), tuple(further), tuple(stopped), members)


def readable(dimension: str, value: str) -> Key | None:
    """Give a key as somebody wrote it; None where it can be none."""
    if dimension not in DIMENSIONS or not 0 < len(value) <= 400:
        return None
    if dimension == "hour" and (not _HOUR.fullmatch(value) or _hour_began(value) is None):
        return None
    return Key(dimension, value)


def hour_of(decided_at: int) -> str:
    """Within which hour of the clock here something was decided."""
    return (datetime.fromtimestamp(decided_at // 1_000_000, LOCAL)).strftime("%Y-%m-%dT%H")


class Holding(NamedTuple):
    """Everything that has something."""

    members: list[Member]                # Entries, oldest first,
    others: list[tuple[str, str | None]] # and beside them plans, classes, cards and studies, each with whose it is.
    is_more: bool                        # More than are counted.


def holding(traced: Traced, key: Key) -> Holding:
    """Everything that has something; of a unit as an organiser its plans and classes, too."""
    found, records, is_more = _having(traced, key)
    return Holding(sorted(found), [*records, *_arranged_by(traced, key)], is_more)


# What somebody has


def _keys_of(traced: Traced, claims: Sequence[str]) -> Counter[Key]:
    """Everything that these entries have, and how many of them have it."""
    found: Counter[Key] = Counter()
    for one in _of_claims(traced, claims):
        found.update(Key(name, value) for name, value in (
            ("class", one.training_class), ("organiser", one.organiser), ("approver", one.decided_by),
            ("hour", None if one.decided_at is None else hour_of(one.decided_at))) if value)
    found.update(Key("evidence", sha256) for _, sha256 in _papers_of(traced, claims))
    found.update(key for _, key in _clues_of(traced, claims))
    return found


def _in_order(had: Counter[Key]) -> list[Key]:
    """What most of them have first; among equals what says most by itself."""
    return sorted(had, key=lambda key: (-had[key], DIMENSIONS.index(key.dimension), key.value))


def _of_claims(traced: Traced, claims: Sequence[str]) -> list[Member]:
    return _members(traced, _LISTED, {"claims": _listed(claims)}) if claims else []


def _papers_of(traced: Traced, claims: Sequence[str]) -> list[tuple[str, str]]:
    query = ("SELECT DISTINCT p.claim, p.sha256 FROM json_each(:claims) j CROSS JOIN paper p ON p.claim = j.value "
             f"WHERE {_holds('p')}")
    return [(claim, sha256) for claim, sha256 in
            traced.traces.rows(query, {"claims": _listed(claims), "as_of": traced.as_of})]


def _clues_of(traced: Traced, claims: Sequence[str]) -> set[tuple[str, Key]]:
    if traced.clues is None or not claims:
        return set()
    query = ("SELECT k.claim, k.kind, k.value FROM json_each(:claims) j CROSS JOIN clue k ON k.claim = j.value "
             f"WHERE k.kind IN {tuple(_OF_CLUE)} AND k.event <= :as_of")
    return {(claim, Key(_OF_CLUE[kind], value)) for claim, kind, value in
            traced.clues.rows(query, {"claims": _listed(claims), "as_of": traced.as_of})}


# Who has it


def _having(traced: Traced, key: Key) -> tuple[list[Member], list[tuple[str, str | None]], bool]:
    values: dict[str, Any] = {"value": key.value}
    records: list[tuple[str, str | None]] = []
    if key.dimension in _COLUMNS:
        decided = f" AND {_DECIDED}" if key.dimension == "approver" else ""
        part = f"FROM claim c WHERE {_COLUMNS[key.dimension]} = :value{decided}"
    elif key.dimension == "hour":
        began = _hour_began(key.value)
        assert began is not None, "only an hour that can be read is asked about"
        values |= {"began": began, "over": began + _HOUR_US}
        part = f"FROM claim c WHERE c.decided_at >= :began AND c.decided_at < :over AND {_DECIDED}"
    elif key.dimension == "evidence":
        part = ("FROM (SELECT DISTINCT claim FROM paper p WHERE p.sha256 = :value AND "
                f"{_holds('p')}) h CROSS JOIN claim c ON c.claim = h.claim WHERE TRUE")
    else:
        found = _records_of(traced, key)
        records = [one for one in found if not one[0].startswith("clm_")]
        values = {"claims": _listed(record for record, _ in found if record.startswith("clm_"))}
        part = _LISTED
    found_members = _members(traced, part, values)
    return found_members[:COUNT_MOST], records, len(found_members) > COUNT_MOST


def _records_of(traced: Traced, key: Key) -> list[tuple[str, str | None]]:
    if traced.clues is None:
        return []
    kinds = _CLUES[key.dimension]
    query = (f"SELECT DISTINCT claim, person FROM clue WHERE kind IN ({', '.join('?' * len(kinds))}) AND value = ? "
             f"AND event <= ? LIMIT {COUNT_MOST + 1}")
    return [(record, person or None) for record, person in traced.clues.rows(query, (*kinds, key.value, traced.as_of))]


def _arranged_by(traced: Traced, key: Key) -> list[tuple[str, str | None]]:
    """The plans, classes and rosters of a unit; of a class itself, its rosters and cards: the newest of each first."""
    found: dict[str, str | None] = {key.value: None} if key.dimension == "class" else {}
    for part in _ARRANGED.get(key.dimension, ()):
        query = f"SELECT {part} ORDER BY 1 DESC LIMIT {COUNT_MOST}"
        found |= dict(traced.traces.rows(query, {"value": key.value, "as_of": traced.as_of}))
    return list(found.items())


def _members(traced: Traced, part: str, values: dict[str, Any]) -> list[Member]:
    values |= {"as_of": traced.as_of}
    within = " OR ".join(f"({reaches(number, scope, values, limits=('sector', 'unit'), table='c')})"
                         for number, scope in enumerate(traced.scopes)) or "FALSE"
    query = (f"SELECT {', '.join(_OWN)}, ({within}) {part} AND {_holds('c', 'since_position')} "
             f"LIMIT {COUNT_MOST + 1}")
    return [Member._make((*row[:-1], bool(row[-1]))) for row in traced.traces.rows(query, values)]


def _shared(traced: Traced, key: Key, starts: int, own: Sequence[Member]) -> tuple[Shared, list[Member]]:
    """Who else has it, and what there is to say for them."""
    found, records, is_more = _having(traced, key)
    begun, people = {one.claim for one in own}, {one.person for one in own}
    classes = {one.training_class for one in own} - {None}
    others = sorted(one for one in found if one.claim not in begun)
    same_class = sum(one.training_class in classes for one in others)
    shared = Shared(
        key, starts, len(others), len({one.person for one in others} - people), sum(one.within for one in others),
        same_class, len(records), is_more, tuple(_guards(traced, key, own, others, same_class)) if others else ())
    return shared, others


def _guards(
    traced: Traced, key: Key, own: Sequence[Member], others: Sequence[Member], same_class: int
) -> Iterable[str]:
    """What speaks for those who share it, as codes; `GUARDS` says each in Chinese."""
    everyone = [*own, *others]
    if key.dimension in ("class", "organiser", "approver"):
        yield key.dimension
    if key.dimension == "hour":
        yield "one_act" if any(one.act is not None for one in everyone) else "hour"
    if key.dimension in ("device", "address") and len({one.unit for one in everyone}) == 1:
        yield "one_unit"
    if key.dimension == "evidence" and not _is_of_one_person(traced, key.value):
        yield "notice"
    if key.dimension not in ("class", "hour") and same_class == len(others):
        yield "same_class"


GUARDS: Final = {
    "class": "同班的人本就同班。",
    "organiser": "一个主办单位办许多班，参加的人多是常事。",
    "approver": "账号按职责办理本地区、本单位的申报，经其手不说明什么。",
    "hour": "忙时一小时办理很多件是常事。",
    "one_act": "整批登记的在同一时刻生效，不是逐件办理的。",
    "one_unit": "都是同一单位的：一个单位常共用一台电脑、一个网络出口。",
    "notice": "不是写明本人的证书：通知、日程一类的材料，许多人可以出示同一份。",
    "same_class": "都是同一班的：同班的人可以出示同一份材料。",
}


def _is_of_one_person(traced: Traced, sha256: str) -> bool:
    kinds = tuple(sorted(OF_ONE_PERSON))
    query = (f"SELECT 1 FROM paper p WHERE p.sha256 = :value AND p.kind IN {kinds} AND {_holds('p')} LIMIT 1")
    return bool(traced.traces.rows(query, {"value": sha256, "as_of": traced.as_of}))


# A step further


def _further(
    traced: Traced, shared: Sequence[Shared], members: dict[Key, list[Member]], begun: set[Key]
) -> list[Further]:
    """What two or more of the people found have in common, that nobody began with; whatever most of them have first."""
    through: dict[str, list[Key]] = {}
    for key in (each.key for each in shared if 0 < each.claims <= FURTHER_MOST):
        for member in members[key]:
            through.setdefault(member.claim, []).append(key)
    claims = sorted(through)[:FURTHER_CLAIMS_MOST]
    people: dict[str, str] = {}
    by_key: dict[Key, list[str]] = {}
    for one in _of_claims(traced, claims):
        people[one.claim] = one.person
        for key in _own_keys(one):
            by_key.setdefault(key, []).append(one.claim)
    for claim, sha256 in _papers_of(traced, claims) if claims else ():
        by_key.setdefault(Key("evidence", sha256), []).append(claim)
    for claim, key in _clues_of(traced, claims):
        by_key.setdefault(key, []).append(claim)
    found = Counter({key: len(having) for key, having in by_key.items()
                     if key not in begun and len({people.get(claim) for claim in having}) > 1})
    return [_led(key, by_key[key], through, people) for key in _in_order(found)[:FURTHER_KEYS_MOST]]


def _own_keys(one: Member) -> Iterable[Key]:
    if one.training_class:
        yield Key("class", one.training_class)
    if one.organiser:
        yield Key("organiser", one.organiser)
    if one.decided_by:
        yield Key("approver", one.decided_by)


def _led(key: Key, claims: Sequence[str], through: dict[str, list[Key]], people: dict[str, str]) -> Further:
    by = dict.fromkeys(each for claim in claims for each in through[claim])
    return Further(key, tuple(sorted(by, key=lambda one: DIMENSIONS.index(one.dimension))), len(claims),
                   len({people[claim] for claim in claims if claim in people}))


# In SQL


def _hour_began(value: str) -> int | None:
    try:
        began = datetime.strptime(value, "%Y-%m-%dT%H").replace(tzinfo=LOCAL)
        return microseconds(began) if began + timedelta(hours=1) else None
    except (ValueError, OverflowError):
        return None


def _holds(table: str, first: str = "from_position") -> str:
    return f"{table}.{first} <= :as_of AND ({table}.to_position IS NULL OR {table}.to_position > :as_of)"


_LISTED: Final = "FROM json_each(:claims) j CROSS JOIN claim c ON c.claim = j.value WHERE TRUE"

_ARRANGED: Final = {
    "organiser": (
        f"t.plan, NULL FROM plan t WHERE t.organiser = :value AND {_holds('t')}",
        f"t.class, NULL FROM class t WHERE t.organiser = :value AND {_holds('t')}",
        f"r.act, NULL FROM class t CROSS JOIN roster r ON r.class = t.class WHERE t.organiser = :value "
        f"AND {_holds('t')} AND {_holds('r')}"),
    "class": (
        f"t.act, NULL FROM roster t WHERE t.class = :value AND {_holds('t')}",
        f"t.card, t.person FROM card t WHERE t.class = :value AND {_holds('t')}"),
}


def _listed(ids: Iterable[str]) -> str:
    return msgspec.json.encode(list(ids)).decode()
