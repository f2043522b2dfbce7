"""Groups of duplicates as they stand and stood: by scope, of a person, of a file; read from what `duplicates.py` keeps.

`tests/projections/test_duplicates.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from ledger.events.actor import Scope
from projections.basis import Axes
from projections.entries_reading import read_claim
from projections.facts import shown
from projections.files.projection import HOLDS
from projections.pages import Page, paged
from projections.reach import reaches

if TYPE_CHECKING:
    from projections.opened import Files

MEMBERS_MOST: Final = 100
GROUPS_MOST: Final = 1_000

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


def owners_of(files: Files, kind: str, value: str) -> frozenset[str]:
    """Everyone who has a claim that names an occasion or an output, alone or with others, whatever became of it."""
    at = files.settle(Axes())
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
