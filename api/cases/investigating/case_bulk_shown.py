"""The list of an act upon many entries of a case as it is shown: what becomes of each, or why nothing does (P 17).

    preview(house, caller, case, fields) -> Preview | Refusal     everyone on the list is recorded as seen

Each entry is decided as it will be, so that the digest covers what would be refused, too: whatever changes is shown
anew. What is then done is `api.cases.investigating.case_bulk`.

`tests/api/test_case_bulk.py` shows it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, NamedTuple

from api.cases.cases import seen
from api.cases.claiming import same_course
from api.cases.doing import Reading
from api.cases.investigating.case_choosing import chosen_entries, chosen_of, list_digest
from api.cases.investigating.inquiries import reached
from api.cases.standing import SUPERVISOR, acting, present
from api.house import House
from api.operational.callers import Caller
from api.refusals import refusals
from ledger.acts.case_bulk import Bulk
from ledger.errors import Refusal
from ledger.events.case import Chosen
from ledger.streams import case_bulk as bulks
from ledger.streams import claim as claims
from ledger.streams import person as persons
from ledger.streams.case import Case, at_work
from ledger.streams.case_bulk import BULK_MOST, Deed, decide_row, grounds_of, may_begin
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import ClaimId, StreamId, format_hours

_BECOMES: Final = {Deed.HOLD: "frozen", Deed.RELEASE: "approved", Deed.REVOKE: "revoked", Deed.REINSTATE: "approved"}


class Row(NamedTuple):
    """An entry as it is shown: how it stands, and what becomes of it or why nothing does."""

    claim: ClaimId
    version: int
    person: str | None
    status: str | None
    year: int | None
    hours: str | None
    becomes: str | None
    refused: str | None      # The code of the refusal.
    why: str | None          # Its words.

    def view(self) -> dict[str, Any]:
        """The row, by name."""
        return self._asdict()


class Preview(NamedTuple):
    """What an act would do, as everything stands now."""

    case: Case
    version: int             # Of the case.
    deed: Deed
    chosen: Chosen | None
    rows: tuple[Row, ...]
    beyond: int              # Entries that the choice meets and the case does not name: it may be widened by them.
    list_sha256: str

    @property
    def taken(self) -> tuple[Row, ...]:
        """The entries to which it would be done."""
        return tuple(row for row in self.rows if row.refused is None)

    def view(self) -> dict[str, Any]:
        """All of it."""
        refused = Counter(row.refused for row in self.rows if row.refused is not None)
        return {
            "case": self.case.case, "act": self.deed.value, "list_sha256": self.list_sha256,
            "rows": len(self.taken), "refused": len(self.rows) - len(self.taken), "beyond_the_case": self.beyond,
            "refused_by_code": dict(sorted(refused.items())),
            "people": len({row.person for row in self.taken}), "entries": [row.view() for row in self.rows],
        }


def preview(house: House, caller: Caller, case: str, fields: dict[str, Any]) -> Preview | Refusal:
    """Say of each entry what would become of it; everyone on the list is recorded as seen."""
    found = list_as_it_stands(house, caller, case, fields)
    if isinstance(found, Preview):
        actor = acting(house, caller)
        assert isinstance(actor, Actor), "whoever was let in acts"
        people = [row.person for row in found.rows if row.person is not None]
        seen(house, caller, actor, (case, *people), "case_handling", "case_bulk")
    return found


class Entered(NamedTuple):
    """Somebody who works on a case, and the case as they found it."""

    by: Actor
    case: Case
    version: int


def enter(house: House, caller: Caller, case: str, *, version: int | None) -> Entered | Refusal:
    """Give the case to whoever works on it, as it stands; how it stands is not told to others."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    reading = Reading(house.ledger)
    by = present(reading, caller)
    if no := standing(by, SUPERVISOR):
        return no
    reach = reached(reading, case, by)
    found = reach if isinstance(reach, Refusal) else at_work(reach, SUPERVISOR, by, though_closed=True)
    if isinstance(found, Refusal):
        return found
    entered = Entered(by, found, reading.versions[StreamId(case)])
    return entered if version is None or version == entered.version else stale(entered)


def stale(entered: Entered) -> Refusal:
    """Say that the case has gone on since, and to where."""
    return Refusal.because("stale_version", version=entered.version)


def list_as_it_stands(house: House, caller: Caller, case: str, fields: dict[str, Any]) -> Preview | Refusal:
    """The list as everything stands now, each entry decided as it will be."""
    entered = enter(house, caller, case, version=None)
    if isinstance(entered, Refusal):
        return entered
    deed, basis = Deed(fields["act"]), fields.get("basis")
    begun = may_begin(entered.case, deed, SUPERVISOR, entered.by)
    if isinstance(begun, Refusal):
        return begun
    listed = _listed(house, entered, fields)
    if isinstance(listed, Refusal):
        return listed
    names, beyond = listed
    if len(names) > BULK_MOST:
        return Refusal.because("too_many_entries", rows=len(names), most=BULK_MOST)
    on = grounds_of(entered.case, deed, SUPERVISOR, fields.get("words") or "-", basis or "-")
    rows = _rows(house, on, names, entered.by)
    lines = (f"{row.claim} {row.version} {row.refused or '-'}" for row in rows)
    digest = list_digest(f"{case} {deed}", lines)
    return Preview(entered.case, entered.version, deed, chosen_of(fields), rows, beyond, digest)


def _listed(
    house: House, entered: Entered, fields: dict[str, Any]
) -> tuple[tuple[ClaimId, ...], int] | Refusal:
    """Which entries are asked about, and how many more a choice meets that the case does not name."""
    named = entered.case.concerned.claims
    if "claims" in fields:
        return tuple(dict.fromkeys(fields["claims"])), 0
    if chosen_of(fields) is None:
        return named, 0
    met = chosen_entries(house, entered.by, fields)
    if isinstance(met, Refusal):
        return met
    wanted = frozenset(met)
    kept = tuple(one for one in named if one in wanted)
    return kept, len(wanted) - len(kept)


def _rows(house: House, on: bulks.Grounds, names: tuple[ClaimId, ...], by: Actor) -> tuple[Row, ...]:
    entries = house.ledger.load_each(names, claims.evolve)
    whose = dict.fromkeys(one.state.person for name, one in entries.items()
                          if one.state is not None and name in on.named)
    people = house.ledger.load_each(list(whose), persons.evolve)
    rows, taken = [], dict[tuple[str, str], ClaimId]()
    for name in names:
        loaded = entries[name]
        entry = loaded.state
        if name not in on.named or entry is None:  # What it is, is told of the case's own entries alone.
            rows.append(_refused(name, 0, None, Refusal.because("claim_not_of_case")))
            continue
        person = people[entry.person]
        if loaded.held_by is not None or person.state is None or person.held_by is not None:
            rows.append(_refused(name, loaded.version, entry, Refusal.because("held_by_act")))
            continue
        decided = decide_row(on, entry, person.state, by)
        if on.deed is Deed.REINSTATE and not isinstance(decided, Refusal):
            decided = _second(house, entry, taken) or decided
        rows.append(_refused(name, loaded.version, entry, decided) if isinstance(decided, Refusal)
                    else _row(name, loaded.version, entry)._replace(becomes=_BECOMES[on.deed]))
    return tuple(rows)


def second_of(house: House, reading: Reading, bulk: Bulk) -> Refusal | None:
    """The same of a list before it takes force: somebody may have earned a course's hours anew while it was written."""
    entries = (one.state for one in house.ledger.load_each(bulk.claims, claims.evolve).values())
    for entry in entries if bulk.deed is Deed.REINSTATE else ():
        if entry is None or not same_course.is_of_a_course(entry.study):
            continue
        other = same_course.beside(house, reading, entry.claim, entry.person, entry.study)
        if other is not None:
            return other if isinstance(other, Refusal) else claims.registered_beside(other)
    return None


def _second(house: House, entry: claims.Claim, taken: dict[tuple[str, str], ClaimId]) -> Refusal | None:
    """Say that a course has its hours already: as a claim that stands, or as one that this list puts back."""
    if not same_course.is_of_a_course(entry.study):
        return None
    course = (entry.person, str(entry.study.occasion))
    if (first := taken.get(course)) is not None:
        return Refusal.because("course_registered_twice", claim=first)
    other = same_course.beside(house, Reading(house.ledger), entry.claim, entry.person, entry.study)
    if other is None:
        taken[course] = entry.claim
        return None
    return other if isinstance(other, Refusal) else claims.registered_beside(other)


def _refused(name: ClaimId, version: int, entry: claims.Claim | None, no: Refusal) -> Row:
    line = refusals.line_of(no) if no.code in refusals.lines() else None
    return _row(name, version, entry)._replace(refused=no.code, why=None if line is None else line.detail)


def _row(name: ClaimId, version: int, entry: claims.Claim | None) -> Row:
    if entry is None:
        return Row(name, version, None, None, None, None, None, None, None)
    hours = None if entry.ruling is None else format_hours(entry.ruling.assessed_centi)
    return Row(name, version, entry.person, str(entry.status), entry.year, hours, None, None, None)
