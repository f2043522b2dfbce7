"""The tables of an export, made of what a replay rests on: entries as they were decided, people as columns.

`schemas.py` says what they hold, `folder.py` writes them. `tests/projections/parquet/test_export.py` shows it.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ledger.arrow import arrow
from policies.law import CATEGORIES, Law
from projections.files.projection import HOLDS
from projections.replay.coded import NOT_SUBMITTED, NOWHERE, Zone
from projections.replay.compiled import NONE, compile_over
from projections.replay.content import weighed
from projections.replay.gathered import Gathered, holds, read_under
from projections.replay.held import APPROVED, FROZEN, REVOKED, Statement
from projections.replay.reading import Snapshot
from projections.replay.spread import EPOCH, rows_of

_STATUS: Final = {APPROVED: "approved", FROZEN: "frozen", REVOKED: "revoked"}
_FACTS: Final = ("category", "route", "level", "days_half", "subjects", "courses", "characters", "minutes",
                 "hours_centi", "rank", "completed_by")
_DECIDED: Final = (
    "SELECT v.claim, v.origin, v.decision_event, d.assessed_centi, d.status, d.rulebook, d.clauses, d.flags "
    f"FROM (SELECT * FROM claims WHERE {HOLDS}) v JOIN decisions d ON d.event = v.decision_event "
    "WHERE v.status IN ('approved', 'frozen', 'revoked')"
)
_WORDS: Final = ("origin", "ruling", "rulebook", "clauses", "flags")
_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of each entry, in the order of their ids; words as numbers of a list of them."""

    entry: NDArray[np.bytes_]
    numbers: dict[str, NDArray[np.int64]]
    words: dict[str, tuple[str | None, ...]]


def read_decided(snapshot: Snapshot, as_of: int) -> Decided:
    """Read it from the projection as of a position."""
    known: dict[str, dict[str | None, int]] = {name: {} for name in _WORDS}
    columns = {name: array("q") for name in ("decided", "assessed_centi", *known)}
    entries: list[NDArray[np.bytes_]] = []
    cursor = snapshot.entries.execute(_DECIDED, {"as_of": as_of})
    while rows := cursor.fetchmany(_AT_ONCE):
        claims, origin, decided, assessed, *words = zip(*rows, strict=True)
        entries.append(np.array(claims, dtype="S26"))
        columns["decided"].extend(decided)
        columns["assessed_centi"].extend(assessed)
        for name, values in zip(known, (origin, *words), strict=True):
            number = known[name]
            columns[name].extend(number.setdefault(value, len(number)) for value in values)
    ids = np.concatenate([np.zeros(0, "S26"), *entries])
    order = np.argsort(ids, kind="stable")
    return Decided(ids[order], {name: np.array(column, dtype=np.int64)[order] for name, column in columns.items()},
                   {name: tuple(words) for name, words in known.items()})


def canonical(gathered: Gathered) -> Gathered:
    """The same with places and cases numbered by what they are, in whatever order they were read."""
    coded, statements = gathered.coded, gathered.held.statements
    used = np.unique(np.concatenate([gathered.zone, coded.belonging, coded.standing[coded.standing != NOWHERE]]))
    ordered = sorted(used.tolist(), key=lambda at: tuple(word or "" for word in coded.zones[at]))
    zone_of = np.zeros(len(coded.zones) + 1, dtype=np.int32)   # The last one is NOWHERE's.
    zone_of[ordered], zone_of[NOWHERE] = np.arange(len(ordered)), NOWHERE
    senses = [(zone, _facts(one), *map(repr, one[1:])) for zone, one in zip(
        zone_of[gathered.zone].tolist(), (statements[at] for at in gathered.statement.tolist()), strict=True)]
    first: dict[tuple[Any, ...], int] = {}
    for at, sense in enumerate(senses):
        first.setdefault(sense, at)
    kept = [first[sense] for sense in sorted(first)]
    number = {sense: at for at, sense in enumerate(sorted(first))}
    case_of = np.array([number[sense] for sense in senses], dtype=np.int32)
    return replace(
        gathered, statement=gathered.statement[kept], zone=zone_of[gathered.zone[kept]],
        coded=replace(coded, zones=tuple(coded.zones[at] for at in ordered), case=case_of[coded.case],
                      standing=zone_of[coded.standing], belonging=zone_of[coded.belonging]))


def _facts(statement: Statement) -> str:
    return json.dumps(weighed(statement), sort_keys=True, ensure_ascii=False)


def entries(gathered: Gathered, decided: Decided) -> Iterator[tuple[int, Any]]:
    """A table for each year: whatever was registered of it, by person, day and registration."""
    claims = gathered.held.claims
    rows = np.flatnonzero(holds(claims, gathered.as_of))
    zone = np.full(len(claims["day"]), NONE, dtype=np.int64)
    zone[gathered.claims] = gathered.zone[gathered.coded.case]
    years = claims["year"][rows]
    for year in np.unique(years).tolist():
        yield year, _entries(gathered, decided, rows[years == year], zone)


def _entries(gathered: Gathered, decided: Decided, rows: NDArray[np.int64], zone: NDArray[np.int64]) -> Any:
    pa = arrow()
    held, claims = gathered.held, gathered.held.claims
    own = claims["claim"][rows]
    at = np.searchsorted(decided.entry, own)
    assert np.array_equal(decided.entry[at], own), "whatever is registered was decided"
    statements, of = np.unique(claims["statement"][rows], return_inverse=True)
    facts = [json.loads(held.statements[each].study) for each in statements.tolist()]
    submitted = claims["submitted"][rows]
    places = [*((one.region or None, one.sector or None) for one in gathered.coded.zones), (None, None)]

    def told(name: str) -> Any:
        words: list[Any] = list(decided.words[name])
        if name in ("clauses", "flags"):
            words = [None if word is None else json.loads(word) for word in words]
        kind = pa.list_(pa.string()) if name in ("clauses", "flags") else pa.string()
        return pa.array(words, kind).take(pa.array(decided.numbers[name][at]))

    return pa.table({
        "entry": text(own), "person": text(held.people[claims["person"][rows]]),
        "status": pa.array([_STATUS.get(each) for each in range(REVOKED + 1)]).take(pa.array(claims["status"][rows])),
        "evidence_on": days(claims["day"][rows]),
        **{name: pa.array([one.get(name) for one in facts],
                          pa.string() if name in ("category", "route", "level", "completed_by") else pa.int32())
           .take(pa.array(of)) for name in _FACTS},
        "confirmed_centi": pa.array([held.statements[each].confirmed_centi for each in statements.tolist()],
                                    pa.int32()).take(pa.array(of)),
        **{name: pa.array([place[number] for place in places], pa.string()).take(pa.array(zone[rows] % len(places)))
           for number, name in enumerate(("region", "sector"))},
        "assessed_centi": pa.array(decided.numbers["assessed_centi"][at]),
        **{name: told(name) for name in _WORDS},
        "submitted_on": days(submitted, submitted == NOT_SUBMITTED),
        "registered": pa.array(claims["registered"][rows]), "decided": pa.array(decided.numbers["decided"][at]),
    })


def coded(gathered: Gathered, buckets: int) -> Iterator[tuple[int, Any]]:
    """Everyone, whole, each in the bucket that the hash of their id says."""
    pa = arrow()
    table = rows_of(gathered.coded, entry=text(gathered.held.claims["claim"][gathered.claims]))
    bucket = np.array([bucket_of(person, buckets) for person in gathered.coded.people], dtype=np.int64)
    for each in np.unique(bucket).tolist():
        yield each, table.filter(pa.array(bucket == each))


def bucket_of(person: str, buckets: int) -> int:
    """The bucket of a person, the same in every export: nobody's place depends on who else there is."""
    return int.from_bytes(sha256(person.encode()).digest()[:8], "big") % buckets


def cases(gathered: Gathered) -> Any:
    """What the numbers of cases and zones mean."""
    pa = arrow()
    zones = [gathered.coded.zones[at] for at in gathered.zone.tolist()]
    statements = [gathered.held.statements[at] for at in gathered.statement.tolist()]
    rows = [{
        "case": number, "zone": at, **_place(zone), "facts": _facts(one),
        "confirmed_centi": one.confirmed_centi, "overridden": one.is_override, "lead": one.lead,
    } for number, (at, zone, one) in enumerate(zip(gathered.zone.tolist(), zones, statements, strict=True))]
    return pa.Table.from_pylist(rows, schema=_plain("cases"))


def _place(zone: Zone) -> dict[str, str | None]:
    return {"region": zone.region or None, "sector": zone.sector or None, "major": zone.major}


def rulings(gathered: Gathered, law: Law) -> Any:
    """What each case that was observed is worth under a law, in each stretch of dates in which it was."""
    compiled = compile_over(law, read_under(gathered, law))
    stretches, late = len(compiled.edges) + 1, len(compiled.deadlines)
    edges = [None, *(date.fromordinal(edge) for edge in compiled.edges.tolist()), None]
    rows = []
    for cell in np.flatnonzero(compiled.exact != NONE).tolist():
        case, within = divmod(cell, stretches << late)
        stretch, missed = within >> late, within & ((1 << late) - 1)
        ruling, ends = compiled.reasons[int(compiled.exact[cell])], edges[stretch + 1]
        rows.append({
            "case": case, "begins": edges[stretch], "ends": ends and ends - timedelta(1), "late": missed,
            "status": ruling.status, "rulebook": ruling.rulebook, "article": ruling.article, "counts": ruling.counts,
            "category": CATEGORIES[ruling.category], "hours_centi": ruling.assessed, "bucket": ruling.bucket,
            "cap_centi": ruling.cap,
        })
    return arrow().Table.from_pylist(rows, schema=_plain("rulings"))


def _plain(name: str) -> Any:
    from projections.parquet.schemas import schema

    return schema(name).remove_metadata()


def text(values: NDArray[np.bytes_]) -> Any:
    """Ids as text."""
    pa = arrow()
    return pa.array(values, pa.binary()).cast(pa.string())


def days(ordinals: Any, missing: Sequence[bool] | NDArray[np.bool_] | None = None) -> Any:
    """Ordinal days as dates; what is missing is none."""
    pa = arrow()
    return pa.array(np.asarray(ordinals, dtype=np.int32) - np.int32(EPOCH), mask=missing).cast(pa.date32())
