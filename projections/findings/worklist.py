"""Findings as work: what was found (`found.py`) together with what people decided about it (`decided.py`).

A decision counts where its facts are those that are found now, so a status is never stored: it is asked for. Whoever
supervises is told of what lies within their scopes and is not about them, in counts as in lists.

`tests/projections/findings/test_worklist.py` shows it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.events.actor import Scope
from ledger.events.finding import FindingEvent, Upon
from projections.errors import Unreadable
from projections.files.places import doubt, is_damage
from projections.files.projection import HOLDS
from projections.findings.decided import Decided, decided_of, read_decided
from projections.findings.found import FIELDS, Filters, Finding, finding_of, narrowed, position_of, read, within
from projections.findings.patterns import SEVERITIES, patterns
from projections.pages import Page, paged

if TYPE_CHECKING:
    from projections.answers import Answers

OF_STAFF: Final = ("D07", "D08", "D14")
"""Patterns of what an account did. In any other the accounts that are named decided upon what others put forward."""
OF_ORGANISERS: Final = ("D06", "D13")
"""Patterns of what an organiser did. In any other the organisers that are named taught those whom it is about."""
NOBODY: Final = "nobody"


class View(NamedTuple):
    """What somebody may be told of, and on which day."""

    scopes: tuple[Scope, ...]
    own: tuple[str, ...]          # Themselves and their account: what names these is not theirs.
    organisation: str             # Nor is what it is suspected of,
    colleagues: tuple[str, ...]   # or one of its accounts.
    today: date


class Wanted(NamedTuple):
    """What a list is narrowed to."""

    pattern: str | None = None
    severity: str | None = None
    status: str | None = None
    owner: str | None = None      # An account, or nobody.
    person: str | None = None
    claim: str | None = None
    case: str | None = None
    is_overdue: bool = False


class Line(NamedTuple):
    """A finding as it stands: found, and dealt with."""

    found: Finding
    decided: Decided | None
    today: date
    is_found: bool = True   # As of the moment that is asked about.

    @property
    def status(self) -> str:
        """What it comes to, on the facts as they are."""
        return "pending" if self.decided is None else self.decided.standing(self.found.facts_sha256)

    @property
    def is_new_facts(self) -> bool:
        """Say whether something was decided on other facts than these."""
        return self.decided is not None and self.decided.decided_on not in (None, self.found.facts_sha256)

    @property
    def due(self) -> str | None:
        """Until when somebody has it in hand."""
        return None if self.decided is None else self.decided.due

    @property
    def owner(self) -> str | None:
        """In whose hand it is, or who decided on these facts."""
        is_theirs = self.decided is not None and (self.due is not None or self.status != "pending")
        return self.decided.owner if self.decided is not None and is_theirs else None

    @property
    def is_overdue(self) -> bool:
        """Say whether the day has passed."""
        return self.due is not None and self.due < self.today.isoformat() and self.is_found


# In SQL

_STATUS: Final = "CASE WHEN d.decided_on = finding.facts_sha256 THEN d.status ELSE 'pending' END"
_OWNER: Final = f"CASE WHEN d.due IS NOT NULL OR {_STATUS} <> 'pending' THEN d.owner END"
_LATE: Final = "coalesce(d.due < :today, 0)"
_TOLD: Final = tuple(f"its_{name}" if name in FIELDS else name for name in Decided._fields)
_DECIDED: Final = (
    f"WITH d({', '.join(_TOLD)}) AS (SELECT {', '.join(Decided._fields)} FROM work.decided "
    f"WHERE {HOLDS.replace(':as_of', ':decided_at')}) "
)
_FROM: Final = "FROM finding LEFT JOIN d ON d.its_finding = finding.finding"
_ABOUT: Final = (
    "(finding.finding, finding.from_position) NOT IN "
    "(SELECT finding, from_position FROM member WHERE id IN (SELECT value FROM json_each(:{})){})"
)
_COLUMNS: Final = ", ".join((*(f"finding.{name}" for name in FIELDS), *(f"d.{name}" for name in _TOLD)))


class _Asked(NamedTuple):
    """A question in SQL, before it is narrowed to what of it is decided how."""

    parts: list[str]
    values: dict[str, Any]


def _ask(answers: Answers, view: View, wanted: Wanted, at: int, as_of: int | None) -> _Asked:
    _, decided_at = answers.file("decided", as_of)
    values: dict[str, Any] = {
        "as_of": at, "decided_at": decided_at, "today": view.today.isoformat(), "own": json.dumps(view.own),
        "colleagues": json.dumps(view.colleagues), "organisation": json.dumps([view.organisation]),
    }
    suspected = [f"(finding.pattern NOT IN ({', '.join(map(repr, ids))}) OR {_ABOUT.format(name, kind)})"
                 for ids, name, kind in ((OF_STAFF, "colleagues", " AND kind = 'actor'"),
                                         (OF_ORGANISERS, "organisation", " AND kind = 'organiser'"))]
    filters = Filters(person=wanted.person, claim=wanted.claim)
    holds = "finding.to_position IS NULL" if at == answers.found.position() else HOLDS  # The one goes by an index.
    parts = [holds, *within(view.scopes, values), *narrowed(filters, values), _ABOUT.format("own", ""), *suspected]
    if wanted.case is not None:
        parts.append("finding.finding IN (SELECT finding FROM work.linked WHERE case_id = :of_case)")
        values["of_case"] = wanted.case
    return _Asked(parts, values)


def _rows(answers: Answers, query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Ask both files at once; each is opened for the question, since either may be swapped for a newer one."""
    found, work = answers.found.path, answers.file("decided")[0].path
    try:
        with closing(sqlite3.connect(f"{found.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            connection.execute("ATTACH ? AS work", (f"{work.absolute().as_uri()}?mode=ro",))
            return connection.execute(_DECIDED + query, values).fetchall()
    except sqlite3.Error as error:
        if is_damage(error):
            doubt(found)
        raise Unreadable(found, error) from error


def _line(row: tuple[Any, ...], today: date) -> Line:
    own, theirs = row[:len(FIELDS)], row[len(FIELDS):]
    return Line(read(own), None if theirs[0] is None else read_decided(theirs), today)


def lines(
    answers: Answers, view: View, wanted: Wanted, *, as_of: int, after: tuple[Any, ...] | None = None,
    limit: int = 50,
) -> Page[Line]:
    """What was found and is not about whoever asks: the gravest, and of these the oldest first.

    Found is as of where the patterns were asked, which may be a little before `as_of`; decided is as of that. Each
    further page is of the same two.
    """
    at, *place = after or (min(as_of, position_of(answers)),)
    parts, values = _ask(answers, view, wanted, at, as_of)
    values["limit"] = limit + 1
    for name, expression in (("pattern", "finding.pattern"), ("severity", "finding.severity"), ("status", _STATUS)):
        if (value := getattr(wanted, name)) is not None:
            parts.append(f"{expression} = :wanted_{name}")
            values[f"wanted_{name}"] = value
    if wanted.owner is not None:
        parts.append(f"{_OWNER} IS :wanted_owner")
        values["wanted_owner"] = None if wanted.owner == NOBODY else wanted.owner
    if wanted.is_overdue:
        parts.append(_LATE)
    if place:
        parts.append("(rank, since_position, finding.finding) > (:rank, :since, :last)")
        values |= dict(zip(("rank", "since", "last"), place, strict=True))
    query = (f"SELECT {_COLUMNS} {_FROM} WHERE {' AND '.join(parts)} "
             "ORDER BY rank, since_position, finding.finding LIMIT :limit")
    found = [_line(row, view.today) for row in _rows(answers, query, values)]
    return paged(found, limit, as_of, lambda one: (
        at, SEVERITIES.index(one.found.severity), one.found.since_position, one.found.finding))


# How many


class _Group(NamedTuple):
    """So many findings of one kind in one state."""

    pattern: str
    severity: str
    status: str
    owner: str | None
    is_overdue: int
    many: int


def _groups(answers: Answers, view: View, wanted: Wanted, as_of: int | None) -> list[_Group]:
    at = position_of(answers) if as_of is None else min(as_of, position_of(answers))
    parts, values = _ask(answers, view, wanted, at, as_of)
    query = (f"SELECT finding.pattern, finding.severity, {_STATUS}, {_OWNER}, {_LATE}, count(*) {_FROM} "
             f"WHERE {' AND '.join(parts)} GROUP BY 1, 2, 3, 4, 5")
    return [_Group._make(row) for row in _rows(answers, query, values)]


def facets(
    answers: Answers, view: View, wanted: Wanted, *, own: str | None = None, as_of: int | None = None
) -> dict[str, Any]:
    """How many there are of each pattern, severity and status, and in whose hand; each without its own narrowing."""
    groups = _groups(answers, view, wanted, as_of)

    def counted(name: str, among: Iterable[_Group]) -> dict[str, int]:
        found: Counter[str] = Counter()
        for one in among:
            found[getattr(one, name)] += one.many
        return dict(sorted(found.items()))

    of_owner = [one for one in groups if _fits(one, wanted, but="owner")]
    return {
        "all": sum(one.many for one in groups if _fits(one, wanted)),
        **{name: counted(name, [one for one in groups if _fits(one, wanted, but=name)])
           for name in ("pattern", "severity", "status")},
        "owner": {"me": sum(one.many for one in of_owner if own is not None and one.owner == own),
                  NOBODY: sum(one.many for one in of_owner if one.owner is None)},
        "overdue": sum(one.many for one in groups if one.is_overdue and _fits(one, wanted, but="is_overdue")),
    }


def _fits(one: _Group, wanted: Wanted, but: str = "") -> bool:
    """Say whether a group is wanted, whatever is said of the one name."""
    owner = None if wanted.owner == NOBODY else wanted.owner
    return (all(name == but or getattr(wanted, name) in (None, getattr(one, name))
                for name in ("pattern", "severity", "status"))
            and (but == "owner" or wanted.owner is None or one.owner == owner)
            and (but == "is_overdue" or not wanted.is_overdue or bool(one.is_overdue)))


def by_pattern(answers: Answers, view: View) -> dict[str, dict[str, int]]:
    """How many of each pattern stand how."""
    found: dict[str, dict[str, int]] = {}
    for one in _groups(answers, view, Wanted(), None):
        counts = found.setdefault(one.pattern, {})
        counts[one.status] = counts.get(one.status, 0) + one.many
    return found


# One of them


def line(answers: Answers, finding: str, today: date, *, as_of: int | None = None) -> Line | None:
    """A finding as it stands or stood; one that is found no more as it was, or as it was decided upon last."""
    at = position_of(answers) if as_of is None else min(as_of, position_of(answers))
    decided, found = decided_of(answers, finding, as_of=as_of), finding_of(answers, finding, as_of=at)
    if found is None and decided is not None:  # Of a file that was made anew: what was decided upon stands in the log.
        return Line(_decided_upon(answers, decided), decided, today, False)
    if found is None:
        return None
    return Line(found, decided, today, found.until_position is None or found.until_position > at)


def _decided_upon(answers: Answers, decided: Decided) -> Finding:
    stands = answers.ledger.at(decided.events[-1])
    assert stands is not None, "its events are in the log"
    event = stands.envelope.event
    assert isinstance(event, FindingEvent), "a finding's stream holds what was done about it"
    upon: Upon = event.upon
    id_, _, version = upon.pattern.partition("/")
    known = patterns().get(id_)
    return Finding(
        finding=decided.finding, pattern=id_, version=int(version), severity="low" if known is None else known.severity,
        about="", region=upon.region, sector=upon.sector, persons=upon.persons, claims=(), actors=upon.actors,
        organisers=upon.organisers, events=upon.events, counter={}, figures={}, facts_sha256=upon.facts_sha256,
        thresholds={}, since_position=decided.events[0], from_position=decided.events[0],
        until_position=decided.events[-1], run_at=stands.envelope.recorded_at)


def beside(answers: Answers, view: View, finding: Finding, *, most: int) -> list[Line]:
    """Other findings that name an entry, a person, an account or an organiser of one: the closest first."""
    parts, values = _ask(answers, view, Wanted(), position_of(answers), None)
    shared = ("SELECT finding AS same, from_position AS form, "
              "min(CASE kind WHEN 'claim' THEN 0 WHEN 'person' THEN 1 ELSE 2 END) AS how FROM member "
              "WHERE id IN (SELECT value FROM json_each(:shared)) "
              "AND kind IN ('claim', 'person', 'actor', 'organiser') GROUP BY 1, 2")
    query = (f"SELECT {_COLUMNS} {_FROM} JOIN ({shared}) ON same = finding.finding AND "
             f"form = finding.from_position WHERE {' AND '.join(parts)} AND finding.finding <> :itself "
             "ORDER BY how, rank, since_position, finding.finding LIMIT :most")
    ids = [*finding.claims, *finding.persons, *finding.actors, *finding.organisers]
    values |= {"shared": json.dumps(ids), "itself": finding.finding, "most": most}
    return [_line(row, view.today) for row in _rows(answers, query, values)]
