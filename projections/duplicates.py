"""Duplicates: claims that share an occasion, an output, a certificate or another paper, since when, and how they stand.

    occasion     one study, claimed more than once by one person (E 10; AMB-30)
    output       one paper, project or patent, claimed by one person twice or by several people (D03)
    certificate  one certificate or card, the same file to the byte, for two claims or two people (D01, D02)
    paper        any other evidence for two claims of one person; among people, a notice or a schedule is rightly common

A group is something to look at, not a finding: co-authors share an output, a roster may show one file for all. What was
withdrawn no longer belongs to it; what was refused does where another person uses the same, since a forged certificate
that one office refused may come back elsewhere. A revoked claim stays, as its certificate does.

Certificate numbers are sealed and reserved under an HMAC that holds the person, so that none can be used twice by one
person; across people they cannot be compared from what stands open in the log, and are not compared here.

`tests/projections/test_duplicates.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from ledger.events.actor import Scope
from ledger.events.claim import (
    ClaimCorrected,
    ClaimRefused,
    ClaimRevised,
    ClaimSubmitted,
    ClaimWithdrawn,
    Evidence,
    Study,
)
from projections.basis import Axes
from projections.entries import read_claim
from projections.facts import shown
from projections.pages import Page, paged
from projections.projection import HOLDS, Effect, Projection, Rows, Table
from projections.work import reaches

if TYPE_CHECKING:
    from projections.answers import Answers

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


def keys_of(person: str, study: Study, evidence: Sequence[Evidence]) -> set[Key]:
    """Everything by which a claim may be the same as another."""
    keys = {Key("certificate", one.sha256, "") if one.kind in OF_ONE_PERSON else Key("paper", one.sha256, person)
            for one in evidence}
    if study.occasion is not None:
        keys.add(Key("occasion", study.occasion, person))
    if study.output is not None:
        keys.add(Key("output", study.output, ""))
    return keys


def _submitted(rows: Rows, effect: Effect) -> None:
    event: ClaimSubmitted = effect.event
    rows.insert("places", {"claim": event.claim, "unit": event.unit, "region": event.region, "sector": event.sector})
    for key in sorted(keys_of(event.person, event.study, event.evidence)):
        _take(rows, effect.position, key, event.claim, event.person, refused=0)


def _restated(rows: Rows, effect: Effect) -> None:
    event: ClaimRevised | ClaimCorrected = effect.event
    held = {Key._make(row) for row in rows.now("held", Key._fields, {"claim": event.claim})}
    wanted = keys_of(event.person, event.study, event.evidence)
    if isinstance(event, ClaimCorrected) and not event.evidence:  # A correction that shows nothing new leaves papers.
        wanted |= {key for key in held if key.kind in ("certificate", "paper")}
    for key in sorted(held - wanted):
        _drop(rows, effect.position, key, event.claim, event.person)
    for key in sorted(wanted - held):
        _take(rows, effect.position, key, event.claim, event.person, refused=0)


def _withdrawn(rows: Rows, effect: Effect) -> None:
    event: ClaimWithdrawn = effect.event
    for row in sorted(rows.now("held", Key._fields, {"claim": event.claim})):
        _drop(rows, effect.position, Key._make(row), event.claim, event.person)


def _refused(rows: Rows, effect: Effect) -> None:
    event: ClaimRefused = effect.event
    for row in sorted(rows.now("held", Key._fields, {"claim": event.claim})):
        key = Key._make(row)
        _drop(rows, effect.position, key, event.claim, event.person)
        _take(rows, effect.position, key, event.claim, event.person, refused=1)


def _take(rows: Rows, position: int, key: Key, claim: str, person: str, *, refused: int) -> None:
    of_group = key._asdict()
    group = rows.now("shared", ("claims", "persons"), of_group)
    others = rows.now("held", ("person", "refused"), of_group if not group else {**of_group, "person": person})
    if group:
        (claims, persons), = group
        _count(rows, position, key, claims + 1 - refused, persons + (not others))
    elif others:
        claims = sum(1 - each for _, each in others) + 1 - refused
        persons = len({each for each, _ in others} | {person})
        if claims > 1 or persons > 1:
            rows.begin("shared", position, {**of_group, "claims": claims, "persons": persons, "since": position})
    rows.begin("held", position, {**of_group, "claim": claim, "person": person, "refused": refused})


def _drop(rows: Rows, position: int, key: Key, claim: str, person: str) -> None:
    of_group = key._asdict()
    ((refused,),) = rows.now("held", ("refused",), {**of_group, "claim": claim})
    rows.end("held", position, {**of_group, "claim": claim})
    for claims, persons in rows.now("shared", ("claims", "persons"), of_group):
        others = rows.now("held", ("claim",), {**of_group, "person": person})
        _count(rows, position, key, claims - 1 + refused, persons - (not others))


def _count(rows: Rows, position: int, key: Key, claims: int, persons: int) -> None:
    """Say how many there now are; what is one person's one claim is no group."""
    if claims > 1 or persons > 1:
        rows.change("shared", position, key._asdict(), {"claims": claims, "persons": persons})
    else:
        rows.end("shared", position, key._asdict())


_KEY: Final[dict[str, type]] = dict.fromkeys(Key._fields, str)


class Duplicates(Projection):
    """The fold."""

    name: ClassVar = "duplicates"
    version: ClassVar = 1
    tables: ClassVar = {
        "held": Table({**_KEY, "claim": str, "person": str, "refused": int},
                      (*Key._fields, "claim", "from_position"), (("claim",), ("person",))),
        "shared": Table({**_KEY, "claims": int, "persons": int, "since": int}, (*Key._fields, "from_position")),
        "places": Table({"claim": str, "unit": str, "region": str, "sector": str}, ("claim",), dated=False),
    }
    handlers: ClassVar = {
        ClaimSubmitted: _submitted,
        ClaimRevised: _restated,
        ClaimCorrected: _restated,
        ClaimWithdrawn: _withdrawn,
        ClaimRefused: _refused,
    }


# Reading

_SHARED: Final = "SELECT since, kind, value, owner, claims, persons FROM shared g WHERE "
_HELD: Final = (
    "SELECT claim, person, refused, from_position FROM held "
    f"WHERE kind = :kind AND value = :value AND owner = :owner AND {HOLDS} ORDER BY from_position, claim LIMIT :most"
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
    answers: Answers, scopes: Iterable[Scope], *, kind: str | None = None, across: bool = False,
    as_of: int | None = None, after: tuple[int, str, str, str] | None = None, limit: int = 50,
) -> Page[dict[str, Any]]:
    """The groups of which a claim lies within one of these scopes, longest standing first; `across`: among people."""
    at = answers.settle(Axes(as_of))
    values: dict[str, Any] = {"as_of": at, "kind": kind}
    # A scope's category is left aside, as where somebody's year is looked at.
    reached = [f"({reaches(number, scope, values, limits=('sector', 'unit'), table='p')})"
               for number, scope in enumerate(scopes)]
    if not reached:
        return Page((), None, at)
    inside = (
        f"EXISTS (SELECT 1 FROM held h JOIN places p ON p.claim = h.claim WHERE {_SAME} AND {_holds('h')} "
        f"AND ({' OR '.join(reached)}))"
    )
    parts = [_holds("g"), inside, *(["kind = :kind"] if kind else []), *(["persons > 1"] if across else [])]
    return _page(answers, parts, values, at, after, limit)


def duplicates_of(answers: Answers, person: str, *, as_of: int | None = None) -> list[dict[str, Any]]:
    """Every group that a claim of a person belongs to, longest standing first."""
    at = answers.settle(Axes(as_of))
    theirs = f"SELECT h.kind, h.value, h.owner FROM held h WHERE h.person = :person AND {_holds('h')}"
    parts = [_holds("g"), f"(g.kind, g.value, g.owner) IN ({theirs})"]
    return list(_page(answers, parts, {"as_of": at, "person": person}, at, None, GROUPS_MOST).items)


def _page(
    answers: Answers, parts: list[str], values: dict[str, Any], as_of: int,
    after: tuple[int, str, str, str] | None, limit: int,
) -> Page[dict[str, Any]]:
    if after is not None:
        values |= dict(zip(("after", "after_kind", "after_value", "after_owner"), after, strict=True))
        parts.append("(since, kind, value, owner) > (:after, :after_kind, :after_value, :after_owner)")
    query = f"{_SHARED}{' AND '.join(parts)} ORDER BY since, kind, value, owner LIMIT :limit"
    rows = answers.file("duplicates", as_of)[0].rows(query, {**values, "limit": limit + 1})
    page = paged([Group._make(row) for row in rows], limit, as_of, lambda one: tuple(one[:4]))
    return page.of([_told(answers, one, as_of) for one in page.items])


def _told(answers: Answers, group: Group, as_of: int) -> dict[str, Any]:
    values = {"kind": group.kind, "value": group.value, "owner": group.owner, "as_of": as_of, "most": MEMBERS_MOST}
    held = answers.file("duplicates", as_of)[0].rows(_HELD, values)
    return {
        "kind": group.kind, "value": group.value, "since": group.since, "claims": group.claims,
        "persons": group.persons, "members": [_member(answers, claim, as_of, since) for claim, _, _, since in held],
    }


def _member(answers: Answers, claim: str, as_of: int, since: int) -> dict[str, Any]:
    """A claim of a group as it stands: whose, where, what it says, and since when it belongs to the group."""
    version = read_claim(answers.file("entries", as_of)[0], claim, as_of)[-1]
    place = answers.file("duplicates", as_of)[0].rows(
        "SELECT unit, region, sector FROM places WHERE claim = :claim", {"claim": claim})[0]
    study = version.study
    return {
        "claim": claim, "person": version.person, "status": version.status, "since": since,
        **dict(zip(("unit", "region", "sector"), place, strict=True)),
        "origin": version.origin, "study": shown(study), "participants": study.participants,
        "joint_first": study.joint_first, "events": list(version.events),
    }


def _holds(table: str) -> str:
    return f"{table}.from_position <= :as_of AND ({table}.to_position IS NULL OR {table}.to_position > :as_of)"
