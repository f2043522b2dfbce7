"""Claims as they stand and stood: read from what `entries.py` keeps, as of any position.

`tests/projections/test_entries.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from ledger.events.study import Study
from policies.assess import OVERRIDDEN, RULED, Override
from projections.files.projection import HOLDS
from projections.files.reader import Reader

_study = msgspec.json.Decoder(Study).decode
_events = msgspec.json.Decoder(tuple[int, ...]).decode


class Decision(NamedTuple):
    """What was decided: the hours an office saw, and the law that gave them."""

    event: int
    assessed_centi: int
    status: str
    rulebook: str | None
    digest: str | None
    clauses: tuple[str, ...]
    flags: tuple[str, ...]
    year: int | None

    @property
    def override(self) -> Override | None:
        """What an authority gave where the row leaves it room: the document stands last of what the ruling rests on."""
        if self.status != RULED or OVERRIDDEN not in self.flags:
            return None
        return Override(self.assessed_centi, self.clauses[-1])


class Source(NamedTuple):
    """Where an imported claim stood before, and when it was recorded there, if that is known."""

    system: str
    recorded_at: str | None


class Version(NamedTuple):
    """A claim between two positions."""

    claim: str
    person: str
    status: str
    revision: int
    endorsed: int
    origin: str
    submitted_on: str          # The local date of the event.
    registered: int | None     # Where its first approval took effect,
    registered_event: int | None   # and where that stands.
    events: tuple[int, ...]    # Every event of it so far.
    study: Study
    study_event: int
    decision: Decision | None
    from_position: int
    to_position: int | None
    source: Source | None = None


def year_of(version: Version) -> int:
    """The year a claim was attributed to: as decided, else as claimed, else that of its evidence.

    Reading: the office fixed it (E 10), and no answer doubts it.
    """
    decided = None if version.decision is None else version.decision.year
    return decided or version.study.year or version.study.evidence_on.year


_VERSION: Final = (
    "SELECT v.claim, v.person, v.status, v.revision, v.endorsed, v.origin, v.submitted_on, v.registered, "
    "v.registered_event, v.events, v.from_position, v.to_position, s.event, s.study, d.event, d.assessed_centi, "
    "d.status, d.rulebook, d.digest, d.clauses, d.flags, d.year, o.system, o.recorded_at, v.since_position "
    "FROM claims v JOIN studies s ON s.event = v.study_event LEFT JOIN decisions d ON d.event = v.decision_event "
    "LEFT JOIN sources o ON o.claim = v.claim "
)
_STOOD: Final = (
    f"{_VERSION} WHERE v.person {{}} AND v.status IN ('approved', 'frozen', 'revoked') AND {HOLDS} "
    "ORDER BY v.registered, v.registered_event"
)
_OF_ONE, _OF_ALL = _STOOD.format("= :person"), _STOOD.format("IN (SELECT value FROM json_each(:persons))")
_BETWEEN: Final = _OF_ALL.replace(HOLDS, "from_position <= :upto AND (to_position IS NULL OR to_position > :after)")
_OF_PERSON: Final = "SELECT DISTINCT claim FROM claims WHERE person = :person ORDER BY claim"
_CLAIM: Final = f"{_VERSION} WHERE v.claim = :claim AND v.since_position <= :as_of ORDER BY v.from_position"
_EACH: Final = (
    f"{_VERSION} WHERE v.claim IN (SELECT value FROM json_each(:claims)) AND v.since_position <= :as_of AND "
    "(v.to_position IS NULL OR v.to_position > :as_of) ORDER BY v.claim"
)
_REVOKED: Final = (
    "SELECT events FROM claims WHERE claim = :claim AND from_position <= :as_of AND from_position > (SELECT "
    "max(from_position) FROM claims WHERE claim = :claim AND from_position <= :as_of AND status <> 'revoked') "
    "ORDER BY from_position LIMIT 1"
)


def read_registered(reader: Reader, person: str, as_of: int) -> list[Version]:
    """Every claim of a person that stood in the register, revoked ones too, in the order of registration."""
    return [_read(row) for row in reader.rows(_OF_ONE, {"person": person, "as_of": as_of})]


def read_registered_of_all(reader: Reader, persons: Iterable[str], as_of: int) -> list[Version]:
    """The same of several people at once, each one's in the order of registration."""
    return [_read(row) for row in reader.rows(_OF_ALL, {"persons": json.dumps(list(persons)), "as_of": as_of})]


def read_stood_between(reader: Reader, persons: Iterable[str], after: int, upto: int) -> list[Version]:
    """Every version of theirs that stood in the register as of a position or any past it, up to another."""
    asked = {"persons": json.dumps(list(persons)), "after": after, "upto": upto}
    return [_read(row) for row in reader.rows(_BETWEEN, asked)]


def read_claims_of(reader: Reader, person: str) -> list[str]:
    """The id of every claim that a person ever made, oldest first."""
    return [claim for (claim,) in reader.rows(_OF_PERSON, {"person": person})]


def read_revoked_at(reader: Reader, claim: str, as_of: int) -> int:
    """The event that revoked a claim which is revoked; an appeal against it comes later and takes nothing away."""
    (events,) = next(iter(reader.rows(_REVOKED, {"claim": claim, "as_of": as_of})))
    return int(json.loads(events)[-1])


def read_claim(reader: Reader, claim: str, as_of: int) -> list[Version]:
    """Every version of a claim up to a position, oldest first; the last may have ended since."""
    rows = reader.rows(_CLAIM, {"claim": claim, "as_of": as_of})
    return [one for row in rows for one in (*_passed(row), _read(row)) if one.from_position <= as_of]


def read_each(reader: Reader, claims: Iterable[str], as_of: int) -> list[Version]:
    """Several claims as they stood, by their ids; those that there were not yet are left out."""
    rows = reader.rows(_EACH, {"claims": json.dumps(list(claims)), "as_of": as_of})
    return [next(one for one in (_read(row), *reversed(_passed(row))) if one.from_position <= as_of) for row in rows]


def _passed(row: tuple[Any, ...]) -> list[Version]:
    """What a claim was before its row went on, oldest first: stated, and then endorsed by one event after the other."""
    now, since = _read(row), row[-1]
    if since == now.from_position:
        return []
    first, last = now.events.index(since), now.events.index(now.from_position)
    return [now._replace(
        status="under_review", endorsed=at - first, registered=None, registered_event=None, decision=None,
        events=now.events[:at + 1], from_position=now.events[at], to_position=now.events[at + 1])
        for at in range(first, last)]


@lru_cache(maxsize=10_000)  # 24 MB. Of few rows many are read: a person's page is looked at again and again.
def _read(row: tuple[Any, ...]) -> Version:
    (claim, person, status, revision, endorsed, origin, submitted_on, registered, registered_event, events, first,
     last, study_event, study, event, assessed, ruled, rulebook, digest, clauses, flags, year, system, at_source,
     _) = row
    decision = None
    if event is not None:
        decision = Decision(event, assessed, ruled, rulebook, digest, _texts(clauses), _texts(flags), year)
    return Version(claim, person, status, revision, endorsed, origin, submitted_on, registered, registered_event,
                   _events(events), _study(study), study_event, decision, first, last,
                   None if system is None else Source(system, at_source))


@lru_cache(maxsize=4_096)  # Of few kinds many were decided.
def _texts(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))
