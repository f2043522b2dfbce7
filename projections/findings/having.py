"""Who has what: what entries show, name and came from, and everything that has one of these, as of a position.

What is sealed is compared by its clue (`clue_file.py`). Times and places are as of a position; a clue that was
forgotten since then is forgotten. `tests/projections/findings/test_shared.py` shows it.
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
    found, records, is_more = having(traced, key)
    return Holding(sorted(found), [*records, *_arranged_by(traced, key)], is_more)


# What somebody has


def keys_of(traced: Traced, claims: Sequence[str]) -> Counter[Key]:
    """Everything that these entries have, and how many of them have it."""
    found: Counter[Key] = Counter()
    for one in of_claims(traced, claims):
        found.update(Key(name, value) for name, value in (
            ("class", one.training_class), ("organiser", one.organiser), ("approver", one.decided_by),
            ("hour", None if one.decided_at is None else hour_of(one.decided_at))) if value)
    found.update(Key("evidence", sha256) for _, sha256 in papers_of(traced, claims))
    found.update(key for _, key in clues_of(traced, claims))
    return found


def of_claims(traced: Traced, claims: Sequence[str]) -> list[Member]:
    return _members(traced, _LISTED, {"claims": _listed(claims)}) if claims else []


def papers_of(traced: Traced, claims: Sequence[str]) -> list[tuple[str, str]]:
    query = ("SELECT DISTINCT p.claim, p.sha256 FROM json_each(:claims) j CROSS JOIN paper p ON p.claim = j.value "
             f"WHERE {_holds('p')}")
    return [(claim, sha256) for claim, sha256 in
            traced.traces.rows(query, {"claims": _listed(claims), "as_of": traced.as_of})]


def clues_of(traced: Traced, claims: Sequence[str]) -> set[tuple[str, Key]]:
    if traced.clues is None or not claims:
        return set()
    query = ("SELECT k.claim, k.kind, k.value FROM json_each(:claims) j CROSS JOIN clue k ON k.claim = j.value "
             f"WHERE k.kind IN {tuple(_OF_CLUE)} AND k.event <= :as_of")
    return {(claim, Key(_OF_CLUE[kind], value)) for claim, kind, value in
            traced.clues.rows(query, {"claims": _listed(claims), "as_of": traced.as_of})}


# Who has it


def having(traced: Traced, key: Key) -> tuple[list[Member], list[tuple[str, str | None]], bool]:
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


def is_of_one_person(traced: Traced, sha256: str) -> bool:
    kinds = tuple(sorted(OF_ONE_PERSON))
    query = (f"SELECT 1 FROM paper p WHERE p.sha256 = :value AND p.kind IN {kinds} AND {_holds('p')} LIMIT 1")
    return bool(traced.traces.rows(query, {"value": sha256, "as_of": traced.as_of}))


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
