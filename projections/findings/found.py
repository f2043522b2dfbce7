"""Findings as answers: what the patterns found, on what it rests, what speaks against it, since when.

A row of the file (`findings_file`) is a finding in one form: it holds from the position of the run that found it so
until the one that found it otherwise, or no more. So `as_of` is a read, and what ended stays to be seen. `since` goes
through all its forms. The id of a finding follows from its pattern and from what it is about, so every run finds the
same one; what people decided stands in the log under that id (`ledger/streams/finding.py`), with `facts_sha256`, the
digest of what it rested on.

`tests/projections/findings/test_findings_run.py` shows it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from ledger.events.actor import Scope
from ledger.ids import new_id
from projections.errors import NotBuilt, ProjectionError
from projections.files.projection import HOLDS
from projections.findings.findings_file import FindingsFile
from projections.findings.patterns import LISTS, SEVERITIES
from projections.pages import Page, paged
from projections.reach import reaches

if TYPE_CHECKING:
    from projections.answers import Answers


class FindingsBehind(ProjectionError):
    """Somebody asked about a position that the file has not reached."""

    code = "findings_behind"

    def __init__(self, as_of: int, *, position: int) -> None:
        self.as_of, self.position = as_of, position
        super().__init__(f"线索目前检出到事件 {position}，所问的是 {as_of}。"
                         "请稍后重试，或不加记录时间（as_of）查看现有的。")


class Finding(NamedTuple):
    """A finding in one form."""

    finding: str
    pattern: str                 # Its id, D01, and
    version: int                 # its version.
    severity: str
    about: str                   # Its key within the pattern.
    region: str | None           # What the codes of all places have in common.
    sector: str | None           # None where there is more than one.
    persons: tuple[str, ...]
    claims: tuple[str, ...]
    actors: tuple[str, ...]
    organisers: tuple[str, ...]
    events: tuple[int, ...]      # What it rests on, by position.
    counter: Mapping[str, Any]   # What speaks against it,
    figures: Mapping[str, Any]   # and what it is told with.
    facts_sha256: str
    thresholds: Mapping[str, int | str]   # Under which it was found.
    since_position: int          # The position at which it was first found, in any form,
    from_position: int           # at which it was first found in this form,
    until_position: int | None   # and from which on it no longer was.
    run_at: int                  # When the run began that found it so, in microseconds.

    @property
    def name(self) -> str:
        """The pattern with its version, as decisions name it."""
        return f"{self.pattern}/{self.version}"


FIELDS: Final = tuple({"until_position": "to_position"}.get(name, name) for name in Finding._fields)
_JSON: Final = tuple(Finding._fields.index(name) for name in (*LISTS, "events", "counter", "figures", "thresholds"))
_LIST_PLACES: Final = tuple(Finding._fields.index(name) for name in (*LISTS, "events"))


def finding_id(pattern: str, about: str) -> str:
    """Give the id under which a pattern finds something, now and ever again."""
    number = int.from_bytes(hashlib.sha256(f"{pattern}\n{about}".encode()).digest()) >> 146  # The first 110 bits.
    return new_id("finding", now_ms=number >> 60, randbits=lambda _: number & ((1 << 60) - 1))


def facts_sha256(events: str, claims: str, figures: str) -> str:
    """Digest what a finding rests on; these three are its columns as they are stored."""
    return hashlib.sha256(msgspec.json.encode((events, claims, figures))).hexdigest()


# Asking


class Filters(NamedTuple):
    """Which findings are wanted; a filter that is None narrows nothing."""

    pattern: str | None = None
    severity: str | None = None
    region: str | None = None      # What its code begins with.
    sector: str | None = None
    person: str | None = None
    claim: str | None = None
    actor: str | None = None
    organiser: str | None = None
    finding: str | None = None


def position_of(answers: Answers, as_of: int | None = None) -> int:
    """The position that findings are told for: the one that was asked for, or the last that every pattern has seen.

    Raises NotBuilt where none was yet, FindingsBehind.
    """
    reader = answers.found
    position = reader.position()
    if not position:
        raise NotBuilt(FindingsFile.name)
    if as_of is not None and as_of > position:
        raise FindingsBehind(as_of, position=position)
    return position if as_of is None else as_of


def findings(
    answers: Answers, scopes: Iterable[Scope] | None = None, filters: Filters = Filters(), *,  # noqa: B008 - frozen
    as_of: int | None = None, after: tuple[Any, ...] | None = None, limit: int = 50,
) -> Page[Finding]:
    """Those that lie within one of these scopes (their category and unit left aside), or all: gravest, oldest first."""
    at = position_of(answers, as_of)
    values: dict[str, Any] = {"as_of": at, "limit": limit + 1}
    wanted = [HOLDS, *within(scopes, values), *narrowed(filters, values)]
    if after is not None:
        values |= dict(zip(("after_rank", "after_since", "after_finding"), after, strict=True))
        wanted.append("(rank, since_position, finding) > (:after_rank, :after_since, :after_finding)")
    query = (f"SELECT {', '.join(FIELDS)} FROM finding WHERE {' AND '.join(wanted)} "
             "ORDER BY rank, since_position, finding LIMIT :limit")
    page = paged(answers.found.rows(query, values), limit, at,
                 lambda row: (SEVERITIES.index(row[3]), row[Finding._fields.index("since_position")], row[0]))
    return page.of([read(row) for row in page.items])


def finding_of(answers: Answers, finding: str, *, as_of: int | None = None) -> Finding | None:
    """A finding as it stood; one that is found no more in the form that it had last, None if there never was one."""
    values = {"finding": finding, "as_of": position_of(answers, as_of)}
    query = (f"SELECT {', '.join(FIELDS)} FROM finding WHERE finding = :finding AND from_position <= :as_of "
             "ORDER BY from_position DESC LIMIT 1")
    return next((read(row) for row in answers.found.rows(query, values)), None)


def history_of(answers: Answers, finding: str, *, as_of: int | None = None) -> tuple[Finding, ...]:
    """Every form of a finding, oldest first."""
    values = {"finding": finding, "as_of": position_of(answers, as_of)}
    query = (f"SELECT {', '.join(FIELDS)} FROM finding WHERE finding = :finding AND from_position <= :as_of "
             "ORDER BY from_position")
    return tuple(read(row) for row in answers.found.rows(query, values))


def of_claim(answers: Answers, claim: str, *, as_of: int | None = None) -> tuple[Finding, ...]:
    """Every finding that names a claim, gravest first."""
    return _each(answers, Filters(claim=claim), as_of)


def of_person(answers: Answers, person: str, *, as_of: int | None = None) -> tuple[Finding, ...]:
    """Every finding that names a person, gravest first."""
    return _each(answers, Filters(person=person), as_of)


def _each(answers: Answers, filters: Filters, as_of: int | None) -> tuple[Finding, ...]:
    found: list[Finding] = []
    after: tuple[Any, ...] | None = None
    while True:
        page = findings(answers, None, filters, as_of=as_of, after=after, limit=500)
        found += page.items
        if page.next is None:
            return tuple(found)
        after = page.next


def asked(answers: Answers) -> list[dict[str, Any]]:
    """For each pattern: the position of its last run, the first that its findings are known for, how many hold."""
    query = ("SELECT a.pattern, a.version, a.position, a.whole_position, a.run_at, (SELECT count(*) FROM finding f "
             "WHERE f.pattern = a.pattern AND f.to_position IS NULL) FROM asked a ORDER BY a.pattern")
    names = ("pattern", "version", "position", "whole_position", "run_at", "findings")
    return [dict(zip(names, row, strict=True)) for row in answers.found.rows(query)]


def unasked(answers: Answers, as_of: int, pattern: str | None = None) -> dict[str, int]:
    """The patterns that nobody had asked by a position, each with that from which on its findings are known.

    What it would have found before is not known: of that moment an empty list says nothing.
    """
    query = ("SELECT pattern, whole_position FROM asked WHERE whole_position > :as_of "
             "AND (:pattern IS NULL OR pattern = :pattern) ORDER BY pattern")
    return dict(answers.found.rows(query, {"as_of": as_of, "pattern": pattern}))


def within(scopes: Iterable[Scope] | None, values: dict[str, Any], table: str = "finding") -> list[str]:
    """The SQL condition that a finding lies in one of these scopes; one of several sectors lies in a scope of any."""
    if scopes is None:
        return []
    parts = [f"({reaches(number, scope, values, limits=('sector',), table=table)})"
             for number, scope in enumerate(scopes)]
    return [f"({' OR '.join(parts)})"] if parts else ["0"]


def narrowed(filters: Filters, values: dict[str, Any], table: str = "finding") -> list[str]:
    """The SQL conditions of the filters that are set."""
    wanted = []
    for name in ("pattern", "severity", "sector", "finding"):
        if (value := getattr(filters, name)) is not None:
            wanted.append(f"{table}.{name} = :only_{name}")
            values[f"only_{name}"] = value
    for kind in ("person", "claim", "actor", "organiser"):
        if (value := getattr(filters, kind)) is not None:
            wanted.append(f"({table}.finding, {table}.from_position) IN (SELECT finding, from_position FROM member "
                          f"WHERE id = :only_{kind} AND kind = '{kind}')")
            values[f"only_{kind}"] = value
    if filters.region is not None:
        wanted.append(f"substr({table}.region, 1, {len(filters.region)}) = :only_region")
        values["only_region"] = filters.region
    return wanted


def read(row: tuple[Any, ...]) -> Finding:
    """Read a row of `FIELDS`."""
    cells = list(row)
    for place in _JSON:
        cells[place] = json.loads(cells[place])
    for place in _LIST_PLACES:
        cells[place] = tuple(cells[place])
    return Finding._make(cells)
