"""Duplicates: claims that share an occasion, an output, a certificate or another paper, since when, and how they stand.

    occasion     one study, claimed more than once by one person (E 10; AMB-30)
    output       one paper, project or patent, claimed by one person twice or by several people (D03)
    certificate  one certificate or card, the same file to the byte, for two claims or two people (D01, D02)
    paper        any other evidence for two claims of one person; among people, a notice or a schedule is rightly common

A group is something to look at, not a finding: co-authors share an output, a roster may show one file for all. What was
withdrawn no longer belongs to it; what was refused does where another person uses the same, since a forged certificate
that one office refused may come back elsewhere. A revoked claim stays, as its certificate does.

Certificate numbers are sealed and reserved under an HMAC that holds the person, so that none can be used twice by one
person; across people they cannot be compared from what stands open in the log, and are not compared here. Of one claim
it can be asked who else has reserved its number (`ledger.ledger.Ledger.find_each`), as things stand now.

`tests/projections/test_duplicates.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import msgspec

from ledger.events.actor import Scope
from ledger.events.claim import (
    ClaimCorrected,
    ClaimRefused,
    ClaimReopened,
    ClaimRevised,
    ClaimSubmitted,
    ClaimWithdrawn,
    Evidence,
    Study,
)
from projections.basis import Axes
from projections.entries_reading import read_claim
from projections.facts import shown
from projections.files.projection import HOLDS, Effect, Projection, Rows, Table
from projections.pages import Page, paged
from projections.reach import reaches

if TYPE_CHECKING:
    from projections.opened import Files

KINDS: Final = ("occasion", "output", "certificate", "paper")
OF_ONE_PERSON: Final = frozenset({"certificate", "card"})
"""Evidence that names whoever it was given to: seen with two people, one of them is not that person."""
MEMBERS_MOST: Final = 100
GROUPS_MOST: Final = 1_000


class Key(NamedTuple):
    """What claims may share; the owner is empty where people are compared with each other."""

    kind: str
    value: str
    owner: str


# Folding


_KEY: Final[dict[str, type]] = dict.fromkeys(Key._fields, str)
_CLAIMS: Final = Table(
    {"claim": str, "person": str, "unit": str, "region": str, "sector": str, "keys": str}, ("claim", "from_position"))
_OF_KEY: Final = Table({**_KEY, "claim": str, "refused": int, "since": int}, (*Key._fields, "from_position"))
_SHARERS: Final = Table({**_KEY, "person": str, "claims": int}, (*Key._fields, "person", "from_position"))
_PERSON, _KEYS = _CLAIMS.places("person", "keys")
_CLAIM, _REFUSED, _SINCE = _OF_KEY.places("claim", "refused", "since")
(_SHARES,) = _SHARERS.places("claims")

_encode = msgspec.json.Encoder().encode
_keys = msgspec.json.Decoder(list[Key]).decode


def keys_of(person: str, study: Study, evidence: Sequence[Evidence]) -> list[Key]:
    """Everything by which a claim may be the same as another, each once."""
    keys = [Key("certificate", one.sha256, "") if one.kind in OF_ONE_PERSON else Key("paper", one.sha256, person)
            for one in evidence]
    if study.occasion is not None:
        keys.append(Key("occasion", study.occasion, person))
    if study.output is not None:
        keys.append(Key("output", study.output, ""))
    return keys if len(keys) < 2 else list(dict.fromkeys(keys))


def _submitted(rows: Rows, effect: Effect) -> None:
    event: ClaimSubmitted = effect.event
    claim, person, position = event.claim, event.person, effect.position
    keys = keys_of(person, event.study, event.evidence)
    rows.dated["claims"].hold(claim, [
        claim, person, event.unit, event.region, event.sector, _encode(keys).decode(), position, None])
    for key in keys:
        _take(rows, position, key, claim, person)


def _restated(rows: Rows, effect: Effect) -> None:
    event: ClaimRevised | ClaimCorrected = effect.event
    held = _held(rows, event.claim)
    wanted = keys_of(event.person, event.study, event.evidence)
    if isinstance(event, ClaimCorrected) and not event.evidence:  # A correction that shows nothing new leaves papers.
        wanted += [key for key in held if key.kind in ("certificate", "paper")]
    if set(wanted) == set(held) or (claim := rows.dated["claims"].succeed(event.claim, effect.position)) is None:
        return
    claim[_KEYS] = _encode(wanted).decode()
    for key in held:
        if key not in wanted:
            _drop(rows, effect.position, key, event.claim)
    for key in wanted:
        if key not in held:
            _take(rows, effect.position, key, event.claim, event.person)


def _withdrawn(rows: Rows, effect: Effect) -> None:
    claim: str = effect.event.claim
    for key in _held(rows, claim):
        _drop(rows, effect.position, key, claim)
    rows.dated["claims"].cease(claim, effect.position)


def _refused(rows: Rows, effect: Effect) -> None:
    _mark(rows, effect, refused=1)


def _reopened(rows: Rows, effect: Effect) -> None:
    _mark(rows, effect, refused=0)


def _mark(rows: Rows, effect: Effect, *, refused: int) -> None:
    """Let a claim count among those that share a key, or not."""
    event: ClaimRefused | ClaimReopened = effect.event
    for key in _held(rows, event.claim):
        one = {**key._asdict(), "claim": event.claim}
        if rows.change("held", effect.position, one, {"refused": refused}):
            _count(rows, effect.position, key, claims=1 - 2 * refused)
        else:
            rows.change("keys", effect.position, key._asdict(), {"refused": refused})


def _held(rows: Rows, claim: str) -> list[Key]:
    """Every key that a claim has, alone or with others."""
    row = rows.dated["claims"].holds(claim)
    return [] if row is None else _keys(row[_KEYS])


def _take(rows: Rows, position: int, key: Key, claim: str, person: str) -> None:
    """Let a claim have a key. Nearly every key is one claim's, which costs one look and one row."""
    keys = rows.dated["keys"]
    first = keys.holds(key)
    if first is None:
        keys.hold(key, [*key, claim, 0, position, position, None])
        return
    of_key, other = key._asdict(), first[_CLAIM]
    if other is not None:
        was = {"refused": first[_REFUSED], "since": first[_SINCE]}
        holder = rows.dated["claims"].holds(other)
        assert holder is not None, "whoever has a key stands"
        rows.change("keys", position, of_key, {"claim": None, "refused": 0, "since": position})
        rows.begin("held", position, {**of_key, "claim": other, "person": holder[_PERSON], **was})
        rows.begin("shared", position, {
            **of_key, "claims": 1 - was["refused"], "persons": 1, "since": position})
        _join(rows, position, key, holder[_PERSON])
    rows.begin("held", position, {**of_key, "claim": claim, "person": person, "refused": 0, "since": position})
    _count(rows, position, key, claims=1, persons=_join(rows, position, key, person))


def _drop(rows: Rows, position: int, key: Key, claim: str) -> None:
    """Let a claim have a key no longer; what is left of a group of two is one claim's alone again."""
    of_key = key._asdict()
    gone = rows.now("held", ("person", "refused"), {**of_key, "claim": claim})
    if not gone:
        rows.end("keys", position, of_key)
        return
    ((person, refused),) = gone
    rows.end("held", position, {**of_key, "claim": claim})
    left = rows.now("held", ("claim", "person", "refused", "since"), of_key) if _least(rows, of_key) else []
    parts = _part(rows, position, key, person)
    if len(left) == 1:
        ((other, whose, was, since),) = left
        _part(rows, position, key, whose)
        rows.end("held", position, {**of_key, "claim": other})
        rows.end("shared", position, of_key)
        rows.change("keys", position, of_key, {"claim": other, "refused": was, "since": since})
        return
    _count(rows, position, key, claims=refused - 1, persons=-parts)


def _join(rows: Rows, position: int, key: Key, person: str) -> int:
    """Count a claim of somebody in a group among people: 1 where it is their first. So nobody counts them all again."""
    if key.owner:
        return 0
    who = (*key, person)
    row = rows.dated["sharers"].succeed(who, position)
    if row is None:
        rows.dated["sharers"].hold(who, [*who, 1, position, None])
        return 1
    row[_SHARES] += 1
    return 0


def _part(rows: Rows, position: int, key: Key, person: str) -> int:
    """The same backwards: 1 where it was their last."""
    if key.owner:
        return 0
    row = rows.dated["sharers"].succeed((*key, person), position)
    assert row is not None, "whoever leaves a group was counted"
    row[_SHARES] -= 1
    if row[_SHARES]:
        return 0
    rows.dated["sharers"].cease((*key, person), position)
    return 1


def _least(rows: Rows, of_key: dict[str, str]) -> bool:
    """Whether a group is small enough that its last but one may be going."""
    ((claims,),) = rows.now("shared", ("claims",), of_key)
    return bool(claims <= 2)


def _count(rows: Rows, position: int, key: Key, *, claims: int = 0, persons: int = 0) -> None:
    """Say how many there now are, and since when that is more than one person's one claim."""
    ((had, whose, since),) = rows.now("shared", ("claims", "persons", "since"), key._asdict())
    begins = not _is_group(had, whose) and _is_group(had + claims, whose + persons)
    rows.change("shared", position, key._asdict(), {
        "claims": had + claims, "persons": whose + persons, "since": position if begins else since})


def _is_group(claims: int, persons: int) -> bool:
    return claims > 1 or persons > 1


class Duplicates(Projection):
    """The fold."""

    name: ClassVar = "duplicates"
    version: ClassVar = 4  # Until 3 each page read and sorted every group there is.
    weight: ClassVar = 6
    tables: ClassVar = {
        "claims": _CLAIMS,   # Where each was submitted, and what it shows.
        "keys": _OF_KEY,     # The one claim that has a key; none where several do, and the next three tell.
        "held": Table({**_KEY, "claim": str, "person": str, "refused": int, "since": int},
                      (*Key._fields, "claim", "from_position"), (("person",),)),
        "shared": Table({**_KEY, "claims": int, "persons": int, "since": int}, (*Key._fields, "from_position"),
                        (("since", *Key._fields),)),  # A page is read in its order, and no further.
        "sharers": _SHARERS,
    }
    handlers: ClassVar = {
        ClaimSubmitted: _submitted,
        ClaimRevised: _restated,
        ClaimCorrected: _restated,
        ClaimWithdrawn: _withdrawn,
        ClaimRefused: _refused,
        ClaimReopened: _reopened,
    }


# Reading

_SHARED: Final = (
    "SELECT since, kind, value, owner, claims, persons FROM shared g WHERE (claims > 1 OR persons > 1) AND "
)
_HELD: Final = (
    "SELECT claim, since FROM held "
    f"WHERE kind = :kind AND value = :value AND owner = :owner AND {HOLDS} ORDER BY since, claim LIMIT :most"
)
_SAME: Final = "h.kind = g.kind AND h.value = g.value AND h.owner = g.owner"


class Group(NamedTuple):
    """Claims that share something, as counted."""

    since: int
    kind: str
    value: str
    owner: str
    claims: int
    persons: int


def duplicate_groups(
    files: Files, scopes: Iterable[Scope], *, kind: str | None = None, across: bool = False,
    as_of: int | None = None, after: tuple[int, str, str, str] | None = None, limit: int = 50,
) -> Page[dict[str, Any]]:
    """The groups of which a claim lies within one of these scopes, longest standing first; `across`: among people."""
    at = files.settle(Axes(as_of))
    values: dict[str, Any] = {"as_of": at, "kind": kind}
    reached = _places(scopes, values)
    if not reached:
        return Page((), None, at)
    inside = (
        f"EXISTS (SELECT 1 FROM held h JOIN claims p ON p.claim = h.claim WHERE {_SAME} AND {_holds('h')} "
        f"AND {_holds('p')} AND ({' OR '.join(reached)}))"
    )
    parts = [_holds("g"), inside, *(["kind = :kind"] if kind else []), *(["persons > 1"] if across else [])]
    return _page(files, parts, values, at, after, limit)


def duplicates_of(files: Files, person: str, *, as_of: int | None = None) -> list[dict[str, Any]]:
    """Every group that a claim of a person belongs to, longest standing first."""
    at = files.settle(Axes(as_of))
    theirs = f"SELECT h.kind, h.value, h.owner FROM held h WHERE h.person = :person AND {_holds('h')}"
    parts = [_holds("g"), f"(g.kind, g.value, g.owner) IN ({theirs})"]
    return list(_page(files, parts, {"as_of": at, "person": person}, at, None, GROUPS_MOST).items)


def claimed_twice(files: Files, persons: Iterable[str], *, as_of: int | None = None) -> frozenset[str]:
    """Of these people the claims that name an occasion or an output which another of their own claims names too.

    What several people made together is nothing odd; what was withdrawn or refused is in nobody's way.
    """
    at = files.settle(Axes(as_of))
    own = (f"SELECT claim, kind, value, person FROM held WHERE person IN (SELECT value FROM json_each(:persons)) "
           f"AND kind IN ('occasion', 'output') AND refused = 0 AND {HOLDS}")
    query = (f"WITH own AS ({own}) SELECT DISTINCT claim FROM own WHERE (kind, value, person) IN "
             "(SELECT kind, value, person FROM own GROUP BY kind, value, person HAVING count(*) > 1)")
    values = {"persons": msgspec.json.encode(sorted(set(persons))).decode(), "as_of": at}
    return frozenset(claim for claim, in files.file("duplicates", at)[0].rows(query, values))


def owners_of(files: Files, kind: str, value: str, *, as_of: int | None = None) -> frozenset[str]:
    """Everyone who has a claim that names an occasion or an output, alone or with others, whatever became of it."""
    at = files.settle(Axes(as_of))
    named = f"SELECT owner FROM keys WHERE kind = :kind AND value = :value AND {HOLDS}"
    values = {"kind": kind, "value": value, "as_of": at}
    return frozenset(owner for owner, in files.file("duplicates", at)[0].rows(named, values))


def claims_showing(
    files: Files, sha256: str, scopes: Iterable[Scope], *, as_of: int | None = None
) -> tuple[list[dict[str, Any]], int]:
    """The claims within these scopes that show a file, alone or with others, and how many show it beyond them."""
    at = files.settle(Axes(as_of))
    values: dict[str, Any] = {"as_of": at, "value": sha256}
    reached = " OR ".join(_places(scopes, values)) or "FALSE"
    shown = " UNION ALL ".join(
        f"SELECT h.kind, h.claim, h.since, ({reached}) FROM {table} h JOIN claims p ON p.claim = h.claim "
        f"WHERE h.kind IN ('certificate', 'paper') AND h.value = :value AND {_holds('h')} AND {_holds('p')}"
        for table in ("keys", "held"))
    rows = files.file("duplicates", at)[0].rows(f"{shown} ORDER BY 3, 2, 1", values)
    inside = [{"kind": kind, **member_of(files, claim, at, since)} for kind, claim, since, within in rows if within]
    return inside, len({claim for _, claim, _, within in rows if not within})


def _page(
    files: Files, parts: list[str], values: dict[str, Any], as_of: int,
    after: tuple[int, str, str, str] | None, limit: int,
) -> Page[dict[str, Any]]:
    if after is not None:
        values |= dict(zip(("after", "after_kind", "after_value", "after_owner"), after, strict=True))
        parts.append("(since, kind, value, owner) > (:after, :after_kind, :after_value, :after_owner)")
    query = f"{_SHARED}{' AND '.join(parts)} ORDER BY since, kind, value, owner LIMIT :limit"
    rows = files.file("duplicates", as_of)[0].rows(query, {**values, "limit": limit + 1})
    page = paged([Group._make(row) for row in rows], limit, as_of, lambda one: tuple(one[:4]))
    return page.of([_told(files, one, as_of) for one in page.items])


def _told(files: Files, group: Group, as_of: int) -> dict[str, Any]:
    values = {"kind": group.kind, "value": group.value, "owner": group.owner, "as_of": as_of, "most": MEMBERS_MOST}
    held = files.file("duplicates", as_of)[0].rows(_HELD, values)
    return {
        "kind": group.kind, "value": group.value, "since": group.since, "claims": group.claims,
        "persons": group.persons, "members": [member_of(files, claim, as_of, since) for claim, since in held],
    }


def member_of(files: Files, claim: str, as_of: int, since: int) -> dict[str, Any]:
    """A claim of a group as it stands: whose, where, what it says, and since when it belongs to the group."""
    version = read_claim(files.file("entries", as_of)[0], claim, as_of)[-1]
    place = files.file("duplicates", as_of)[0].rows(
        "SELECT unit, region, sector FROM claims WHERE claim = :claim", {"claim": claim})[0]
    study = version.study
    return {
        "claim": claim, "person": version.person, "status": version.status, "since": since,
        **dict(zip(("unit", "region", "sector"), place, strict=True)),
        "origin": version.origin, "study": shown(study), "participants": study.participants,
        "joint_first": study.joint_first, "events": list(version.events),
    }


def _holds(table: str) -> str:
    return f"{table}.from_position <= :as_of AND ({table}.to_position IS NULL OR {table}.to_position > :as_of)"


def _places(scopes: Iterable[Scope], values: dict[str, Any]) -> list[str]:
    """Say in SQL which places scopes reach. Their category is left aside, as where somebody's year is looked at."""
    return [f"({reaches(number, scope, values, limits=('sector', 'unit'), table='p')})"
            for number, scope in enumerate(scopes)]
